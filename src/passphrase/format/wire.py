"""`Invite` <-> header and body: each invite has one layout, and any other is refused.

Source: docs/format.md, "Header" and "Body".

Shapes:
    header  see `passphrase.format.layout.Header`
    body    a number of 14 to 38 bytes: BODY_FIELDS, group id, inviter id
    fixed   BODY_FIELDS, as a number of 48 bits; a column of them is shifted and masked at once
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from passphrase.errors import Span, VersionError
from passphrase.format.layout import (
    BODY_FIELDS,
    GENERATIONS,
    HEADER_SYMBOLS,
    ID_BYTES,
    VARIANTS,
    VERSION,
    Header,
    field_shifts,
)
from passphrase.invite import EPOCH, Invite, Origin, trusted

ORIGINS: Final = (Origin.IN_APP, Origin.WECHAT, Origin.QQ)  # by code
UUID_WIDTH: Final = ID_BYTES.index(16)
_ID_BITS: Final = tuple(8 * length for length in ID_BYTES)
_WIDE: Final = 1  # width code of an int that does not fit 4 bytes
_NARROW: Final = range(1 << _ID_BITS[0])
_ID_MASKS: Final = tuple((1 << bits) - 1 for bits in _ID_BITS)
_MINUTE: Final = timedelta(minutes=1)
(
    _EXPIRY_SHIFT,
    _ORIGIN_SHIFT,
    _MUTUAL_FOLLOW_SHIFT,
    _APPROVAL_SHIFT,
    _SINGLE_USE_SHIFT,
    _RESERVED_SHIFT,
    _GENERATION_SHIFT,
    _,
) = field_shifts(BODY_FIELDS)
_ORIGIN_MASK: Final = (1 << dict(BODY_FIELDS)["origin"]) - 1

Numbers = tuple[int, int | UUID, int | UUID]  # the fixed fields as one number, and both ids


def fixed_of(invite: Invite) -> int:
    """Return the fields of an invite before the ids, as one number."""
    return (
        (invite.expires_at - EPOCH) // _MINUTE << _EXPIRY_SHIFT
        | ORIGINS.index(invite.origin) << _ORIGIN_SHIFT
        | invite.mutual_follow << _MUTUAL_FOLLOW_SHIFT
        | invite.approval << _APPROVAL_SHIFT
        | invite.single_use << _SINGLE_USE_SHIFT
        | invite.generation << _GENERATION_SHIFT
        | invite.variant
    )


def numbers_of(invite: Invite) -> Numbers:
    """Return the fields of a valid invite as numbers. Inverse: `invite_of`."""
    return fixed_of(invite), invite.group_id, invite.inviter_id


def join_body(numbers: Numbers, key_id: int) -> tuple[int, int]:
    """Return the header symbol and the body of valid fields. Inverse: `split_body`."""
    fixed, group_id, inviter_id = numbers
    group_width, group_number = _number(group_id)
    inviter_width, inviter_number = _number(inviter_id)
    group_bits, inviter_bits = _ID_BITS[group_width], _ID_BITS[inviter_width]
    body = (fixed << group_bits | group_number) << inviter_bits | inviter_number
    return HEADER_SYMBOLS[VERSION, key_id, group_width, inviter_width], body


def split_body(header: Header, body: int, span: Span | None = None) -> Numbers:
    """Return the fixed fields and the ids in a verified body. Inverse: `join_body`.

    Raises:
        VersionError: A field has a value that version 1 refuses. The tag was good, so a newer app
            of the same family signed it. The error names `span`.
    """
    version, _, group_width, inviter_width = header
    inviter = body & _ID_MASKS[inviter_width]
    body >>= _ID_BITS[inviter_width]
    group = body & _ID_MASKS[group_width]
    fixed = body >> _ID_BITS[group_width]
    if not fixed >> _EXPIRY_SHIFT:
        raise VersionError("expiry", version, span)
    if fixed >> _ORIGIN_SHIFT & _ORIGIN_MASK >= len(ORIGINS):
        raise VersionError("origin", version, span)
    if fixed >> _RESERVED_SHIFT & 1:
        raise VersionError("reserved", version, span)
    if group_width == _WIDE and group in _NARROW:
        raise VersionError("group_width", version, span)
    if inviter_width == _WIDE and inviter in _NARROW:
        raise VersionError("inviter_width", version, span)
    return (
        fixed,
        group if group_width < UUID_WIDTH else UUID(int=group),
        inviter if inviter_width < UUID_WIDTH else UUID(int=inviter),
    )


def invite_of(fixed: int, group_id: int | UUID, inviter_id: int | UUID) -> Invite:
    """Return the invite of fields that `split_body` has checked. Inverse: `numbers_of`."""
    return trusted(
        {
            "group_id": group_id,
            "inviter_id": inviter_id,
            "expires_at": EPOCH + (fixed >> _EXPIRY_SHIFT) * _MINUTE,
            "origin": ORIGINS[fixed >> _ORIGIN_SHIFT & _ORIGIN_MASK],
            "mutual_follow": fixed >> _MUTUAL_FOLLOW_SHIFT & 1 == 1,
            "approval": fixed >> _APPROVAL_SHIFT & 1 == 1,
            "single_use": fixed >> _SINGLE_USE_SHIFT & 1 == 1,
            "generation": fixed >> _GENERATION_SHIFT & GENERATIONS - 1,
            "variant": fixed & VARIANTS - 1,
        }
    )


def _number(identity: int | UUID) -> tuple[int, int]:
    """Return the width code of an id, the narrowest for an int, and the id as a number."""
    if isinstance(identity, UUID):
        return UUID_WIDTH, identity.int
    return (0 if identity in _NARROW else _WIDE), identity
