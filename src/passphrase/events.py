"""What happened to an invite, as a small value for metrics and logs.

Source: docs/events.md. One function makes each event, and none of them changes an outcome. No event
has an id, a name or a text, so a label has few values, however many users there are.
"""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from passphrase.errors import PassphraseError, SignatureError
from passphrase.format.layout import FINGERPRINT
from passphrase.invite import Origin, OriginWord
from passphrase.joining.prompt import JoinPrompt
from passphrase.joining.rules import Action
from passphrase.scripts import SCRIPT_NAMES

if TYPE_CHECKING:
    from passphrase.decoded import Decoded
    from passphrase.minting import Minted

__all__ = ["Event", "Kind", "joined", "left", "minted", "opened", "refused", "repaired"]

REPAIRS_MAX: Final = 3  # more repaired glyphs count as 3
OWN_SCRIPT: Final = "own"


class Kind(StrEnum):
    """What happened."""

    MINTED = "minted"
    OPENED = "opened"  # a popup that offers something
    REFUSED = "refused"  # a text that cannot be read, or a popup that offers nothing
    REPAIRED = "repaired"
    JOINED = "joined"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. What is not known is an empty string.

    Attributes:
        kind: What happened.
        reason: A `Reason`, or the code of an error.
        origin: The signed origin: "wechat", "qq" or "in_app".
        script: "emoji", "hanzi", "base32", or "own" for a script of yours.
        repairs: How many glyphs were repaired: "0", "1", "2", or "3" for three or more.
        key_id: The key that signed the passphrase, or that an unreadable one names: "0" to "7".
    """

    kind: Kind
    reason: str = ""
    origin: str = ""
    script: str = ""
    repairs: str = ""
    key_id: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """All attributes by name, as plain strings: the labels of a metric."""
        return {name: str(label) for name, label in asdict(self).items()}


def minted(made: "Minted") -> Event:
    """Return the event of a new passphrase."""
    return Event(
        Kind.MINTED,
        origin=str(made.invite.origin),
        script=_script(made.script),
        key_id=str(made.key_id),
    )


def opened(decoded: "Decoded", prompt: JoinPrompt) -> Event:
    """Return the event of a popup, OPENED or, if the popup offers nothing, REFUSED."""
    kind = Kind.REFUSED if prompt.action is Action.NONE else Kind.OPENED
    return _read(kind, decoded, str(prompt.reason or ""))


def refused(error: PassphraseError) -> Event:
    """Return the event of a text that could not be read."""
    key_id = str(error.key_id) if isinstance(error, SignatureError) else ""
    return Event(Kind.REFUSED, reason=error.code, key_id=key_id)


def repaired(decoded: "Decoded") -> Event:
    """Return the event of a passphrase that was read; log it if `decoded.repairs` is not empty."""
    return _read(Kind.REPAIRED, decoded)


def joined(decoded: "Decoded") -> Event:
    """Return the event of a person who has become a member."""
    return _read(Kind.JOINED, decoded)


def left(fingerprint: str, origin: OriginWord) -> Event:
    """Return the event of a member who has left or was removed.

    Args:
        fingerprint: Of the invite by which they had joined, from your ledger, as in `Decoded`.
        origin: Of the same invite.

    Raises:
        ValueError: `fingerprint` is not a fingerprint, or `origin` is unknown. Send no event.
    """
    if not re.fullmatch(FINGERPRINT, fingerprint):
        raise ValueError("fingerprint must be a fingerprint as in Decoded")
    return Event(Kind.LEFT, origin=str(Origin(origin)), key_id=fingerprint[0])


def _read(kind: Kind, decoded: "Decoded", reason: str = "") -> Event:
    return Event(
        kind,
        reason,
        str(decoded.invite.origin),
        _script(decoded.script),
        str(min(len(decoded.repairs), REPAIRS_MAX)),
        str(decoded.key_id),
    )


def _script(name: str) -> str:
    """Return the name of a built-in script; an empty name, of a stored request, stays empty."""
    return name if name in SCRIPT_NAMES or not name else OWN_SCRIPT
