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
from passphrase.invite import EPOCH, Invite, Origin
from passphrase.layout import (
    BODY_FIELDS,
    FIXED_BYTES,
    ID_BYTES,
    VERSION,
    Header,
    join_fields,
    split_fields,
)

ORIGINS: Final = (Origin.IN_APP, Origin.WECHAT, Origin.QQ)  # by code
UUID_WIDTH: Final = ID_BYTES.index(16)


def pack(invite: Invite, key_id: int) -> tuple[Header, bytes]:
    """Lay an invite out as header and body. Inverse: `unpack`."""
    header = Header(VERSION, key_id, _width(invite.group_id), _width(invite.inviter_id))
    fields = {
        "expiry": (invite.expires_at - EPOCH) // timedelta(minutes=1),
        "origin": ORIGINS.index(invite.origin),
        "mutual_follow": invite.mutual_follow,
        "approval": invite.approval,
        "single_use": invite.single_use,
        "reserved": 0,
        "generation": invite.generation,
        "variant": invite.variant,
    }
    body = (
        join_fields(BODY_FIELDS, fields).to_bytes(FIXED_BYTES, "big")
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
    fields = split_fields(BODY_FIELDS, int.from_bytes(body[:FIXED_BYTES], "big"))
    end_of_group = FIXED_BYTES + header.group_bytes
    group_id = _read_id(header.group_width, body[FIXED_BYTES:end_of_group])
    inviter_id = _read_id(header.inviter_width, body[end_of_group:])
    refusals = {
        "expiry": fields["expiry"] == 0,
        "origin": fields["origin"] >= len(ORIGINS),
        "reserved": fields["reserved"] != 0,
        "group_width": header.group_width != _width(group_id),
        "inviter_width": header.inviter_width != _width(inviter_id),
    }
    for field, refused in refusals.items():
        if refused:
            raise VersionError(field, header.version)
    return Invite(
        group_id=group_id,
        inviter_id=inviter_id,
        expires_at=EPOCH + timedelta(minutes=fields["expiry"]),
        origin=ORIGINS[fields["origin"]],
        mutual_follow=bool(fields["mutual_follow"]),
        approval=bool(fields["approval"]),
        single_use=bool(fields["single_use"]),
        generation=fields["generation"],
        variant=fields["variant"],
    )


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
