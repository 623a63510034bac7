"""Group invites as an encrypted, signed row of emoji that survives WeChat and QQ.

`Codec` mints passphrases and reads them from pasted text. `find` and `recognize` need no key.
`share` makes the message to send. `join_prompt` makes the popup that the reader sees.

Each name is imported when it is first used, so a client that only recognises loads no more.
"""

from importlib import import_module

from passphrase._version import __version__

TYPE_CHECKING = False  # type checkers read it as True; importing `typing` would take twice as long

if TYPE_CHECKING:
    from passphrase.codec import Codec
    from passphrase.decoded import Decoded
    from passphrase.diagnosis import Diagnosis, explain
    from passphrase.errors import (
        AmbiguousError,
        DamagedError,
        KeyringError,
        LimitError,
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
    from passphrase.joining.rules import Action, Policy, Reason, Visit
    from passphrase.minting import Minted, MintPolicy
    from passphrase.reading.find import find, recognize
    from passphrase.scripts.script import Script
    from passphrase.sharing.message import open_url, share

_HOMES = {
    "Action": "joining.rules",
    "AmbiguousError": "errors",
    "Codec": "codec",
    "DamagedError": "errors",
    "Decoded": "decoded",
    "Diagnosis": "diagnosis",
    "Invite": "invite",
    "JoinPrompt": "joining.prompt",
    "Keyring": "format.keyring",
    "KeyringError": "errors",
    "LimitError": "errors",
    "MintPolicy": "minting",
    "Minted": "minting",
    "NotFoundError": "errors",
    "Origin": "invite",
    "PassphraseError": "errors",
    "Policy": "joining.rules",
    "Reason": "joining.rules",
    "Script": "scripts.script",
    "SignatureError": "errors",
    "TextTooLongError": "errors",
    "VersionError": "errors",
    "Visit": "joining.rules",
    "ajoin_prompt": "joining.aprompt",
    "explain": "diagnosis",
    "find": "reading.find",
    "join_prompt": "joining.prompt",
    "open_url": "sharing.message",
    "parse_id": "invite",
    "recognize": "reading.find",
    "share": "sharing.message",
}

__all__ = [
    "Action",
    "AmbiguousError",
    "Codec",
    "DamagedError",
    "Decoded",
    "Diagnosis",
    "Invite",
    "JoinPrompt",
    "Keyring",
    "KeyringError",
    "LimitError",
    "MintPolicy",
    "Minted",
    "NotFoundError",
    "Origin",
    "PassphraseError",
    "Policy",
    "Reason",
    "Script",
    "SignatureError",
    "TextTooLongError",
    "VersionError",
    "Visit",
    "__version__",
    "ajoin_prompt",
    "explain",
    "find",
    "join_prompt",
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
