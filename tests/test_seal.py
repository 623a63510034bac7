"""Sealing: a sealed body opens, a changed one does not, and the body is hidden."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import pack, seal
from support import CODEC, INVITE, KEYS, codeword_of, invites, scripts

from passphrase import Invite, SignatureError
from passphrase.format.layout import BODY_BYTES, HEADER_SYMBOLS
from passphrase.format.seal import unseal as unseal_number

known = [symbol for symbol in range(1024) if BODY_BYTES[symbol]]
bodies = st.sampled_from(known).flatmap(
    lambda symbol: st.tuples(
        st.just(symbol),
        st.binary(min_size=BODY_BYTES[symbol], max_size=BODY_BYTES[symbol]),
    )
)


def unseal(symbol: int, sealed: bytes) -> bytes:
    """Open a sealed body and its tag."""
    body = unseal_number(KEYS, symbol, int.from_bytes(sealed, "big"))
    return body.to_bytes(BODY_BYTES[symbol], "big")


@given(sample=bodies)
def test_round_trip(sample: tuple[int, bytes]) -> None:
    """A sealed body opens to the same body, and only the tag is added."""
    symbol, body = sample
    sealed = seal(KEYS, symbol, body)
    assert len(sealed) == len(body) + 10
    assert unseal(symbol, sealed) == body


@given(sample=bodies, bit=st.integers(0))
def test_every_changed_bit_is_refused(sample: tuple[int, bytes], bit: int) -> None:
    """Any bit of sealed body and tag, any other header of the same widths, any shifted tag."""
    symbol, body = sample
    sealed = seal(KEYS, symbol, body)
    flipped = int.from_bytes(sealed, "big") ^ 1 << bit % (8 * len(sealed))
    changed = flipped.to_bytes(len(sealed), "big")
    refused = partial(pytest.raises, SignatureError)
    with refused() as caught:
        unseal(symbol, changed)
    assert caught.value.key_id == symbol >> 4 & 7
    with refused():
        unseal(symbol ^ 16 << bit % 6, sealed)
    with refused():
        unseal(symbol, b"\0" + sealed[:-1])


@pytest.mark.parametrize("tag", [bytes(10), b"\xff" * 10, KEYS.tag(b"")], ids=["0", "1", "empty"])
def test_special_tags_are_refused(tag: bytes) -> None:
    """All zeros, all ones, the tag of nothing; and the true tag with its halves swapped."""
    sealed = seal(KEYS, 149, b"twenty-two bytes of it")
    for forged in (tag, sealed[-5:] + sealed[-10:-5]):
        with pytest.raises(SignatureError):
            unseal(149, sealed[:-10] + forged)


@given(one=invites, other=invites, script=scripts)
def test_two_invites_of_one_group_share_nothing_but_the_header(
    one: Invite, other: Invite, script: str
) -> None:
    """Two invites into one group have only the header in common."""
    other = other.model_copy(update={"group_id": one.group_id, "inviter_id": one.inviter_id})
    if one == other:
        assert CODEC.encode(one, script=script) == CODEC.encode(other, script=script)
        return
    header, body = pack(one, 1)
    sealed = seal(KEYS, HEADER_SYMBOLS[header], body)
    other_header, other_body = pack(other, 1)
    other_sealed = seal(KEYS, HEADER_SYMBOLS[other_header], other_body)
    assert header == other_header
    same = sum(a == b for a, b in zip(sealed, other_sealed, strict=True))
    # Of 24 to 48 independent byte pairs, 10 are alike once in 2^50 tries.
    assert same < 10
    assert other_body[6:] not in other_sealed


def test_variants_of_one_invite_look_unrelated() -> None:
    """Another variant changes the whole codeword after the header."""
    words = [codeword_of(INVITE.model_copy(update={"variant": v})) for v in range(256)]
    assert len({word[0] for word in words}) == 1
    for place in {*range(1, 30)} - {26}:  # symbol 26 has four bits of padding
        assert len({word[place] for word in words}) > 180
