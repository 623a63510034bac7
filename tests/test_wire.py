"""The layout: each invite has one, and every other is refused."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import pack
from support import INVITE, invites

from passphrase import Invite, Origin, VersionError
from passphrase.format.layout import Header
from passphrase.format.wire import invite_of, split_body
from passphrase.invite import EPOCH


def unpack(header: Header, body: bytes) -> Invite:
    """Return the invite in a body."""
    return invite_of(*split_body(header, int.from_bytes(body, "big")))


@given(invite=invites, key_id=st.integers(0, 7))
def test_round_trip(invite: Invite, key_id: int) -> None:
    """Unpacking gives the packed invite, and the body has the length in the header."""
    header, body = pack(invite, key_id)
    assert (header.version, header.key_id) == (1, key_id)
    assert len(body) == header.body_bytes
    assert unpack(header, body) == invite


@given(
    body=st.binary(min_size=14, max_size=38),
    group_width=st.integers(0, 2),
    inviter_width=st.integers(0, 2),
)
def test_one_layout_per_invite(body: bytes, group_width: int, inviter_width: int) -> None:
    """A body is refused, or is the only one of its invite."""
    header = Header(1, 1, group_width, inviter_width)
    body = body.ljust(38, b"\x01")[: header.body_bytes]
    try:
        invite = unpack(header, body)
    except VersionError:
        return
    assert pack(invite, 1) == (header, body)


@given(one=invites, other=invites)
def test_different_invites_differ(one: Invite, other: Invite) -> None:
    """The layout is injective: what is signed names one invite."""
    assert (pack(one, 1) == pack(other, 1)) == (one == other)


@pytest.mark.parametrize(
    ("group_id", "inviter_id", "header", "ids"),
    [
        (5, 7, (1, 1, 0, 0), "00000005" "00000007"),
        (2**32 - 1, 0, (1, 1, 0, 0), "ffffffff" "00000000"),
        (2**32, 7, (1, 1, 1, 0), "0000000100000000" "00000007"),
        (5, 2**64 - 1, (1, 1, 0, 1), "00000005" "ffffffffffffffff"),
        (UUID(int=5), 7, (1, 1, 2, 0), "00000000000000000000000000000005" "00000007"),
    ],
)  # fmt: skip
def test_known_layouts(
    group_id: int | UUID, inviter_id: int | UUID, header: tuple[int, ...], ids: str
) -> None:
    """Bit positions by hand: 25 bits of expiry, 3 of origin, 4 flags, generation, variant, ids."""
    invite = Invite(
        group_id=group_id,
        inviter_id=inviter_id,
        expires_at=EPOCH + timedelta(minutes=6, seconds=59),
        origin=Origin.QQ,
        approval=True,
        generation=3,
        variant=255,
    )
    bits = f"{6:025b}" + "010" + "0100" + f"{3:08b}" + "11111111"
    expected = int(bits, 2).to_bytes(6, "big") + bytes.fromhex(ids)
    assert pack(invite, 1) == (header, expected)


@pytest.mark.parametrize(
    ("field", "at"),
    [("mutual_follow", 28), ("approval", 29), ("single_use", 30), ("reserved", 31)],
)
def test_flag_positions(field: str, at: int) -> None:
    """Flags stand in the bits after the origin; the reserved one is refused."""
    header, body = pack(INVITE, 1)
    flipped = (int.from_bytes(body, "big") ^ 1 << len(body) * 8 - 1 - at).to_bytes(len(body), "big")
    if field == "reserved":
        with pytest.raises(VersionError) as caught:
            unpack(header, flipped)
        assert (caught.value.field, caught.value.version) == (field, 1)
    else:
        assert unpack(header, flipped) == INVITE.model_copy(update={field: True})


@pytest.mark.parametrize("code", range(8))
def test_origin_codes(code: int) -> None:
    """0 in-app, 1 WeChat, 2 QQ; the rest is refused, 6 and 7 too: nobody can name private ones."""
    header, body = pack(INVITE, 1)
    first = int.from_bytes(body[:4], "big") & ~(0b111 << 4) | code << 4
    changed = first.to_bytes(4, "big") + body[4:]
    if code < 3:
        assert unpack(header, changed).origin == ["in_app", "wechat", "qq"][code]
    else:
        with pytest.raises(VersionError) as caught:
            unpack(header, changed)
        assert (caught.value.field, caught.value.version) == ("origin", 1)


@pytest.mark.parametrize(
    ("field", "header", "body"),
    [
        ("expiry", Header(1, 1, 0, 0), "000000100000" "00000001" "00000001"),
        ("group_width", Header(1, 1, 1, 0), "000000900000" "00000000ffffffff" "00000001"),
        ("inviter_width", Header(1, 1, 0, 1), "000000900000" "00000001" "0000000000000000"),
        ("inviter_width", Header(1, 1, 0, 1), "000000900000" "00000001" "00000000ffffffff"),
    ],
)  # fmt: skip
def test_a_body_of_another_layout_is_refused(field: str, header: Header, body: str) -> None:
    with pytest.raises(VersionError) as caught:
        unpack(header, bytes.fromhex(body))
    assert (caught.value.field, caught.value.version) == (field, 1)
