"""Parity: the code of SLIP-0039 with another target, against two other implementations."""

import hashlib
from itertools import pairwise

import reference
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic import rs1024
from support import CODEC, INVITE, codeword_of, replaced, symbols

from passphrase.layout import WORD_SYMBOLS
from passphrase.parity import _POWERS, TARGET_REMAINDER, multiply, parity
from passphrase.parity import is_sound as is_sound_word
from passphrase.parity import protect as protect_data
from passphrase.symbols import merge, split

data = st.lists(symbols, min_size=21, max_size=40).map(tuple)


def test_target_is_the_hash_it_says() -> None:
    digest = hashlib.sha256(b"passphrase/v1").digest()
    assert int.from_bytes(digest, "big") >> 226 == TARGET_REMAINDER


def protect(data_symbols: tuple[int, ...]) -> tuple[int, ...]:
    """Protect symbols."""
    word = protect_data(merge(data_symbols), len(data_symbols))
    return split(word, len(data_symbols) + 3)


def is_sound(codeword: tuple[int, ...]) -> bool:
    """Tell whether the parity of symbols holds."""
    return is_sound_word(merge(codeword), len(codeword))


@given(data_symbols=st.lists(symbols, min_size=1, max_size=40).map(tuple))
def test_parity_against_slip39(data_symbols: tuple[int, ...]) -> None:
    """Looked up byte by byte it is what `shamir_mnemonic` computes symbol by symbol."""
    expected = reference.remainder((*data_symbols, 0, 0, 0)) ^ TARGET_REMAINDER
    assert parity(merge(data_symbols), len(data_symbols)) == expected
    assert protect(data_symbols) == reference.protect(data_symbols)


@given(codeword=st.lists(symbols, min_size=4, max_size=43).map(tuple))
def test_soundness_against_slip39(codeword: tuple[int, ...]) -> None:
    """Any symbols are sound here if they are sound there."""
    assert is_sound(codeword) == reference.is_sound(codeword)


def test_field_against_its_definition() -> None:
    """Multiplication is of polynomials modulo x^10 + x^3 + 1, and alpha has order 1023."""
    powers = [1]
    while (power := multiply(powers[-1], 2)) != 1:
        powers.append(power)
    assert len(powers) == 1023 == len(set(powers))
    assert (*powers,) == _POWERS
    assert powers[10] == 0b1001
    assert multiply(0, 5) == multiply(5, 0) == 0
    for place, (here, there) in enumerate(pairwise(powers)):
        assert multiply(here, there) == powers[(2 * place + 1) % 1023]


@given(data_symbols=data)
def test_round_trip(data_symbols: tuple[int, ...]) -> None:
    """Protected symbols are sound and come back."""
    codeword = protect(data_symbols)
    assert len(codeword) == len(data_symbols) + 3
    assert is_sound(codeword)
    assert codeword[:-3] == data_symbols


@given(data_symbols=data, changes=st.dictionaries(st.integers(0), symbols, min_size=1, max_size=3))
def test_up_to_three_changes_are_detected(
    data_symbols: tuple[int, ...], changes: dict[int, int]
) -> None:
    """The distance of the code is four."""
    codeword = changed = protect(data_symbols)
    for at, symbol in changes.items():
        changed = replaced(changed, at % len(codeword), symbol)
    if changed == codeword:
        return
    assert not is_sound(changed)


def test_no_symbol_can_be_slipped_in_or_lost() -> None:
    """What broke bech32: with target 1 a zero slips in at the front; here no length is confused."""
    codeword = codeword_of(INVITE)
    for at in range(len(codeword) + 1):
        for symbol in range(1024):
            assert not is_sound((*codeword[:at], symbol, *codeword[at:]))
    for at in range(len(codeword)):
        assert not is_sound((*codeword[:at], *codeword[at + 1 :]))
    slip39 = (5, *rs1024.create_checksum((5,), b""))
    assert rs1024._polymod(slip39) == 1
    for extra in range(1, 6):
        assert not is_sound((*(0,) * extra, *codeword))


def test_every_one_symbol_change_is_unsound() -> None:
    """All 30 x 1023 of them."""
    codeword = codeword_of(INVITE)
    assert len(codeword) == WORD_SYMBOLS[codeword[0]] == len(CODEC.encode(INVITE)) == 30
    assert not any(
        is_sound(replaced(codeword, at, codeword[at] ^ change))
        for at in range(30)
        for change in range(1, 1024)
    )
