"""Group invites as a sealed, signed row of emoji that survives WeChat and QQ.

`Codec` mints passphrases and reads them out of pasted text; `find` and `recognize` need no key.
Names are loaded when they are first used, so that a client which only recognises pays for no more.
"""

from importlib import import_module

from passphrase._version import __version__

TYPE_CHECKING = False  # as type checkers know it; to import `typing` would double the cost of this

if TYPE_CHECKING:
    from passphrase.clipboard import Candidate, Repair, find, recognize
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
    from passphrase.repair import Damage
    from passphrase.scripts.script import Script

_HOMES = {
    "AmbiguousError": "errors",
    "Candidate": "clipboard",
    "Client": "diagnosis",
    "Codec": "codec",
    "Damage": "repair",
    "DamagedError": "errors",
    "Decoded": "codec",
    "Diagnosis": "diagnosis",
    "Finding": "diagnosis",
    "Invite": "invite",
    "Keyring": "keys",
    "KeyringError": "errors",
    "NotFoundError": "errors",
    "Origin": "invite",
    "PassphraseError": "errors",
    "Repair": "clipboard",
    "Script": "scripts.script",
    "SignatureError": "errors",
    "TextTooLongError": "errors",
    "VersionError": "errors",
    "explain": "diagnosis",
    "find": "clipboard",
    "parse_id": "invite",
    "recognize": "clipboard",
}

__all__ = [
    "AmbiguousError",
    "Candidate",
    "Client",
    "Codec",
    "Damage",
    "DamagedError",
    "Decoded",
    "Diagnosis",
    "Finding",
    "Invite",
    "Keyring",
    "KeyringError",
    "NotFoundError",
    "Origin",
    "PassphraseError",
    "Repair",
    "Script",
    "SignatureError",
    "TextTooLongError",
    "VersionError",
    "__version__",
    "explain",
    "find",
    "parse_id",
    "recognize",
]


if not TYPE_CHECKING:  # a type checker would take it for every name there can be

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
