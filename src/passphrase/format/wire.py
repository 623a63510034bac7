"""`Invite` <-> header and body: each invite has one layout, and any other is refused.

Source: docs/format.md, "Header" and "Body".

Shapes:
    header  see `passphrase.format.layout.Header`
    body    14 to 38 bytes: BODY_FIELDS, group id, inviter id, big-endian
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from passphrase.errors import VersionError
from passphrase.format.layout import (
    BODY_FIELDS,
    FIXED_BYTES,
    ID_BYTES,
    VERSION,
    Header,
    field_shifts,
)
from passphrase.invite import EPOCH, Invite, Origin, trusted

ORIGINS: Final = (Origin.IN_APP, Origin.WECHAT, Origin.QQ)  # by code
UUID_WIDTH: Final = ID_BYTES.index(16)
_ORIGIN_CODES: Final[dict[str, int]] = {origin: code for code, origin in enumerate(ORIGINS)}
_ID_BITS: Final = tuple(8 * length for length in ID_BYTES)
_WIDE: Final = 1  # width code of an int that does not fit 4 bytes
_NARROW: Final = range(1 << _ID_BITS[0])
_ID_MASKS: Final = tuple((1 << bits) - 1 for bits in _ID_BITS)
_MINUTE: Final = timedelta(minutes=1)
(_EXPIRY, _ORIGIN, _MUTUAL_FOLLOW, _APPROVAL, _SINGLE_USE, _RESERVED, _GENERATION, _) = (
    field_shifts(BODY_FIELDS)
)
_ORIGIN_MASK: Final = (1 << dict(BODY_FIELDS)["origin"]) - 1
_BYTE_MASK: Final = 0xFF


def pack(invite: Invite, key_id: int) -> tuple[Header, bytes]:
    """Return the header and the body of an invite. Inverse: `unpack`."""
    group_width, group_number = _number(invite.group_id)
    inviter_width, inviter_number = _number(invite.inviter_id)
    fixed = (
        (invite.expires_at - EPOCH) // _MINUTE << _EXPIRY
        | _ORIGIN_CODES[invite.origin] << _ORIGIN
        | invite.mutual_follow << _MUTUAL_FOLLOW
        | invite.approval << _APPROVAL
        | invite.single_use << _SINGLE_USE
        | invite.generation << _GENERATION
        | invite.variant
    )
    group_bits, inviter_bits = _ID_BITS[group_width], _ID_BITS[inviter_width]
    body = (fixed << group_bits | group_number) << inviter_bits | inviter_number
    length = FIXED_BYTES + (group_bits + inviter_bits) // 8
    header = Header(VERSION, key_id, group_width, inviter_width)
    return header, body.to_bytes(length)


def unpack(header: Header, body: bytes) -> Invite:
    """Return the invite of a header and a verified body. Inverse: `pack`.

    Raises:
        VersionError: A field has a value that version 1 refuses. The tag was good, so a newer app
            of the same family signed it.
    """
    version, _, group_width, inviter_width = header
    number = int.from_bytes(body)
    inviter = number & _ID_MASKS[inviter_width]
    number >>= _ID_BITS[inviter_width]
    group = number & _ID_MASKS[group_width]
    fixed = number >> _ID_BITS[group_width]
    minutes = fixed >> _EXPIRY
    origin = fixed >> _ORIGIN & _ORIGIN_MASK
    if not minutes:
        raise VersionError("expiry", version)
    if origin >= len(ORIGINS):
        raise VersionError("origin", version)
    if fixed >> _RESERVED & 1:
        raise VersionError("reserved", version)
    if group_width == _WIDE and group in _NARROW:
        raise VersionError("group_width", version)
    if inviter_width == _WIDE and inviter in _NARROW:
        raise VersionError("inviter_width", version)
    return trusted(
        {
            "group_id": group if group_width < UUID_WIDTH else UUID(int=group),
            "inviter_id": inviter if inviter_width < UUID_WIDTH else UUID(int=inviter),
            "expires_at": EPOCH + minutes * _MINUTE,
            "origin": ORIGINS[origin],
            "mutual_follow": fixed >> _MUTUAL_FOLLOW & 1 == 1,
            "approval": fixed >> _APPROVAL & 1 == 1,
            "single_use": fixed >> _SINGLE_USE & 1 == 1,
            "generation": fixed >> _GENERATION & _BYTE_MASK,
            "variant": fixed & _BYTE_MASK,
        }
    )


def _number(identity: int | UUID) -> tuple[int, int]:
    """Return the width code of an id, the narrowest for an int, and the id as a number."""
    if isinstance(identity, UUID):
        return UUID_WIDTH, identity.int
    return (0 if identity in _NARROW else _WIDE), identity
