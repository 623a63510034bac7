"""Group invites as a sealed, signed row of emoji that survives WeChat and QQ.

`Codec` mints passphrases and reads them out of pasted text; `find` and `recognize` need no key;
`share` makes the message that carries one, and `join_prompt` the popup that it leads to.
Names are loaded when they are first used, so that a client which only recognises pays for no more.
"""

from importlib import import_module

from passphrase._version import __version__

TYPE_CHECKING = False  # as type checkers know it; to import `typing` would double the cost of this

if TYPE_CHECKING:
    from passphrase.admission import Action, Facts, Policy, Reason, needed_facts
    from passphrase.clipboard import Candidate, find, recognize
    from passphrase.codec import Codec, Decoded
    from passphrase.diagnosis import Client, Diagnosis, Finding, explain
    from passphrase.errors import (
        AmbiguousError,
        DamagedError,
        KeyringError,
        NotFoundError,
        PassphraseError,
        SignatureError,
        TextTooLongError,
        VersionError,
    )
    from passphrase.invite import Invite, Origin, parse_id
    from passphrase.keys import Keyring
    from passphrase.mend import Repair
    from passphrase.prompt import JoinPrompt, join_prompt
    from passphrase.repair import Damage
    from passphrase.scripts.script import Script
    from passphrase.sharing import Problem, Trouble, lint, open_url, share, spells_none_of
    from passphrase.words import Words

_HOMES = {
    "Action": "admission",
    "AmbiguousError": "errors",
    "Candidate": "clipboard",
    "Client": "diagnosis",
    "Codec": "codec",
    "Damage": "repair",
    "DamagedError": "errors",
    "Decoded": "codec",
    "Diagnosis": "diagnosis",
    "Facts": "admission",
    "Finding": "diagnosis",
    "Invite": "invite",
    "JoinPrompt": "prompt",
    "Keyring": "keys",
    "KeyringError": "errors",
    "NotFoundError": "errors",
    "Origin": "invite",
    "PassphraseError": "errors",
    "Policy": "admission",
    "Problem": "sharing",
    "Reason": "admission",
    "Repair": "mend",
    "Script": "scripts.script",
    "SignatureError": "errors",
    "TextTooLongError": "errors",
    "Trouble": "sharing",
    "VersionError": "errors",
    "Words": "words",
    "explain": "diagnosis",
    "find": "clipboard",
    "join_prompt": "prompt",
    "lint": "sharing",
    "needed_facts": "admission",
    "open_url": "sharing",
    "parse_id": "invite",
    "recognize": "clipboard",
    "share": "sharing",
    "spells_none_of": "sharing",
}

__all__ = [
    "Action",
    "AmbiguousError",
    "Candidate",
    "Client",
    "Codec",
    "Damage",
    "DamagedError",
    "Decoded",
    "Diagnosis",
    "Facts",
    "Finding",
    "Invite",
    "JoinPrompt",
    "Keyring",
    "KeyringError",
    "NotFoundError",
    "Origin",
    "PassphraseError",
    "Policy",
    "Problem",
    "Reason",
    "Repair",
    "Script",
    "SignatureError",
    "TextTooLongError",
    "Trouble",
    "VersionError",
    "Words",
    "__version__",
    "explain",
    "find",
    "join_prompt",
    "lint",
    "needed_facts",
    "open_url",
    "parse_id",
    "recognize",
    "share",
    "spells_none_of",
]


if not TYPE_CHECKING:  # a type checker would take it for every name there can be

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
