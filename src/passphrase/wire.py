"""`Invite` <-> header and body: the one layout an invite has, and the refusal of any other.

Source: docs/format.md, "Header" and "Body".

Shapes:
    header  see `passphrase.layout.Header`
    body    14 to 38 bytes: BODY_FIELDS, group id, inviter id, big-endian
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from passphrase.errors import VersionError
from passphrase.invite import EPOCH, Invite, Origin, trusted
from passphrase.layout import (
    BODY_FIELDS,
    FIXED_BYTES,
    ID_BYTES,
    VERSION,
    Header,
    field_shifts,
)

ORIGINS: Final = (Origin.IN_APP, Origin.WECHAT, Origin.QQ)  # by code
UUID_WIDTH: Final = ID_BYTES.index(16)
_ORIGIN_CODES: Final = {origin: code for code, origin in enumerate(ORIGINS)}
_MINUTE: Final = timedelta(minutes=1)
(_EXPIRY, _ORIGIN, _MUTUAL_FOLLOW, _APPROVAL, _SINGLE_USE, _RESERVED, _GENERATION, _) = (
    field_shifts(BODY_FIELDS)
)
_ORIGIN_MASK: Final = (1 << dict(BODY_FIELDS)["origin"]) - 1
_BYTE_MASK: Final = 0xFF


def pack(invite: Invite, key_id: int) -> tuple[Header, bytes]:
    """Lay an invite out as header and body. Inverse: `unpack`."""
    header = Header(VERSION, key_id, _width(invite.group_id), _width(invite.inviter_id))
    fixed = (
        (invite.expires_at - EPOCH) // _MINUTE << _EXPIRY
        | _ORIGIN_CODES[invite.origin] << _ORIGIN
        | invite.mutual_follow << _MUTUAL_FOLLOW
        | invite.approval << _APPROVAL
        | invite.single_use << _SINGLE_USE
        | invite.generation << _GENERATION
        | invite.variant
    )
    body = (
        fixed.to_bytes(FIXED_BYTES, "big")
        + _id_bytes(invite.group_id, header.group_bytes)
        + _id_bytes(invite.inviter_id, header.inviter_bytes)
    )
    return header, body


def unpack(header: Header, body: bytes) -> Invite:
    """Read the invite out of header and body, whose tag has been verified. Inverse: `pack`.

    Raises:
        VersionError: A value that version 1 does not know. The tag was good, so a newer app of the
            same family signed it: update this one.
    """
    fixed = int.from_bytes(body[:FIXED_BYTES], "big")
    end_of_group = FIXED_BYTES + ID_BYTES[header.group_width]
    group_id = _read_id(header.group_width, body[FIXED_BYTES:end_of_group])
    inviter_id = _read_id(header.inviter_width, body[end_of_group:])
    minutes = fixed >> _EXPIRY
    origin = fixed >> _ORIGIN & _ORIGIN_MASK
    refused = (
        (not minutes and "expiry")
        or (origin >= len(ORIGINS) and "origin")
        or (fixed >> _RESERVED & 1 and "reserved")
        or (header.group_width != _width(group_id) and "group_width")
        or (header.inviter_width != _width(inviter_id) and "inviter_width")
    )
    if refused:
        raise VersionError(refused, header.version)
    return trusted({
        "group_id": group_id,
        "inviter_id": inviter_id,
        "expires_at": EPOCH + timedelta(0, 60 * minutes),
        "origin": ORIGINS[origin],
        "mutual_follow": fixed >> _MUTUAL_FOLLOW & 1 == 1,
        "approval": fixed >> _APPROVAL & 1 == 1,
        "single_use": fixed >> _SINGLE_USE & 1 == 1,
        "generation": fixed >> _GENERATION & _BYTE_MASK,
        "variant": fixed & _BYTE_MASK,
    })


def _width(identity: int | UUID) -> int:
    """Return the only width code that an id may have: a UUID's own, or an int's narrowest."""
    if isinstance(identity, UUID):
        return UUID_WIDTH
    return 0 if identity < 1 << 8 * ID_BYTES[0] else 1


def _id_bytes(identity: int | UUID, length: int) -> bytes:
    number = identity.int if isinstance(identity, UUID) else identity
    return number.to_bytes(length, "big")


def _read_id(width: int, encoded: bytes) -> int | UUID:
    return UUID(bytes=encoded) if width == UUID_WIDTH else int.from_bytes(encoded, "big")
