"""Group invites as an encrypted, signed row of emoji that survives WeChat and QQ.

`Codec` mints passphrases and reads them from pasted text. `find` and `recognize` need no key.
`share` makes the message to send. `join_prompt` makes the popup that the reader sees.

Each name is imported when it is first used, so a client that only recognises loads no more.
"""

from importlib import import_module

from passphrase._version import __version__

TYPE_CHECKING = False  # type checkers read it as True; importing `typing` would take twice as long

if TYPE_CHECKING:
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
    from passphrase.format.keyring import Keyring
    from passphrase.invite import Invite, Origin, parse_id
    from passphrase.joining.aprompt import ajoin_prompt
    from passphrase.joining.prompt import JoinPrompt, join_prompt
    from passphrase.joining.rules import Action, Facts, Policy, Reason, Visit, needed_facts
    from passphrase.languages.language import PopupText
    from passphrase.reading.codeword import Candidate
    from passphrase.reading.find import find, recognize
    from passphrase.reading.mend import Repair
    from passphrase.reading.repair import Damage
    from passphrase.scripts.script import Script
    from passphrase.sharing.lint import Problem, Trouble, avoids, lint
    from passphrase.sharing.message import open_url, share

_HOMES = {
    "Action": "joining.rules",
    "AmbiguousError": "errors",
    "Candidate": "reading.codeword",
    "Client": "diagnosis",
    "Codec": "codec",
    "Damage": "reading.repair",
    "DamagedError": "errors",
    "Decoded": "codec",
    "Diagnosis": "diagnosis",
    "Facts": "joining.rules",
    "Finding": "diagnosis",
    "Invite": "invite",
    "JoinPrompt": "joining.prompt",
    "Keyring": "format.keyring",
    "KeyringError": "errors",
    "NotFoundError": "errors",
    "Origin": "invite",
    "PassphraseError": "errors",
    "Policy": "joining.rules",
    "PopupText": "languages.language",
    "Problem": "sharing.lint",
    "Reason": "joining.rules",
    "Repair": "reading.mend",
    "Script": "scripts.script",
    "SignatureError": "errors",
    "TextTooLongError": "errors",
    "Trouble": "sharing.lint",
    "VersionError": "errors",
    "Visit": "joining.rules",
    "ajoin_prompt": "joining.aprompt",
    "avoids": "sharing.lint",
    "explain": "diagnosis",
    "find": "reading.find",
    "join_prompt": "joining.prompt",
    "lint": "sharing.lint",
    "needed_facts": "joining.rules",
    "open_url": "sharing.message",
    "parse_id": "invite",
    "recognize": "reading.find",
    "share": "sharing.message",
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
    "PopupText",
    "Problem",
    "Reason",
    "Repair",
    "Script",
    "SignatureError",
    "TextTooLongError",
    "Trouble",
    "VersionError",
    "Visit",
    "__version__",
    "ajoin_prompt",
    "avoids",
    "explain",
    "find",
    "join_prompt",
    "lint",
    "needed_facts",
    "open_url",
    "parse_id",
    "recognize",
    "share",
]


if not TYPE_CHECKING:  # type checkers would accept every name

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
