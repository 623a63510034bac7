"""`Decoded`: what was read from a text. `Packed`: the same for a row of a column.

Source: docs/backend.md, "Open".
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from passphrase.errors import Span
from passphrase.format.wire import Numbers, invite_of
from passphrase.invite import Invite
from passphrase.reading.mend import Repair


@dataclass(frozen=True, slots=True)
class Decoded:
    """A passphrase that was read from a text, with a verified signature.

    Attributes:
        invite: Its content. It may have expired: see `Invite.is_expired`.
        text: Its canonical spelling in the script in which it was found. `repr` hides it: anyone
            who has it can join, and error reports record local variables.
        script: Name of that script.
        span: Where it is in the pasted text: [start, end), in characters.
        repairs: The repaired glyphs, in the order of the text; empty if nothing was damaged.
        key_id: The key that signed it, in [0, 8).
        fingerprint: Key id and tag, such as ``1-0123456789abcdef0123``. Equal in every script,
            and different for different invites. Use it as the key in ledgers and deny-lists.
    """

    invite: Invite
    text: str = field(repr=False)
    script: str
    span: Span
    repairs: tuple[Repair, ...]
    key_id: int
    fingerprint: str


class Packed(NamedTuple):
    """The content of a `Decoded` with numbers for the invite: columns need no objects.

    Attributes:
        numbers: The fields of the invite before the ids, as one number; and both ids. The others
            are those of `Decoded`.
    """

    numbers: Numbers
    text: str
    script: str
    span: Span
    repairs: tuple[Repair, ...]
    key_id: int
    fingerprint: str

    def __repr__(self) -> str:
        return "Packed(...)"  # as `Decoded` hides its text


def decoded_of(  # noqa: PLR0913, PLR0917  # the fields of `Packed`
    numbers: Numbers,
    text: str,
    script: str,
    span: Span,
    repairs: tuple[Repair, ...],
    key_id: int,
    fingerprint: str,
) -> Decoded:
    """Return the objects for the caller. Args are the fields of `Packed`."""
    return Decoded(invite_of(*numbers), text, script, span, repairs, key_id, fingerprint)
