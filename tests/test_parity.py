"""Parity: the code of SLIP-0039 with another target, against two other implementations."""

import hashlib
import random
from itertools import pairwise, product
from typing import Any

import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from reedsolo import RSCodec
from shamir_mnemonic import rs1024
from support import CODEC, INVITE, codeword_of, replaced, symbols

from passphrase.format.layout import WORD_SIZES, WORD_SYMBOLS
from passphrase.format.parity import (
    _POWERS,
    TARGET_REMAINDER,
    blank_syndrome,
    contribution,
    contributions,
    divide,
    fitting,
    likely_sound,
    locate,
    multiply,
    parity,
    partners,
    solve,
    tails,
    value_at,
)
from passphrase.format.parity import is_sound as is_sound_word
from passphrase.format.parity import protect as protect_data
from passphrase.format.symbols import merge, split

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
    assert _POWERS[: 2 * 1023] == (*powers, *powers)
    assert not any(_POWERS[2 * 1023 :])
    assert powers[10] == 0b1001
    assert multiply(0, 5) == multiply(5, 0) == multiply(0, 0) == divide(0, 5) == 0
    assert all(divide(multiply(power, 5), 5) == power for power in powers)
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


@given(row=st.lists(symbols, min_size=60, max_size=300), data=st.data())
def test_any_part_of_a_long_row_is_likely_sound_as_the_first_part_of_its_syndrome_says(
    row: list[int], data: st.DataObject
) -> None:
    """Of random symbols, and of some that are a codeword."""
    size = data.draw(st.sampled_from(WORD_SIZES))
    if size <= len(row) and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(row) - size))
        row[at : at + size] = protect(tuple(row[at : at + size - 3]))
    before = data.draw(st.sampled_from([0, 1000, 1023, 1500]))  # the powers of x repeat
    parts = [(at, size) for size in WORD_SIZES for at in range(len(row) - size + 1)]
    words = [(before + at, size) for at, size in parts]
    likely = {*likely_sound([0] * before + row, words, 1)}
    doubled = [symbol for symbol in [0] * before + row for _ in "12"]
    twice = {(2 * at + odd, size) for at, size in words for odd in range(2)}
    assert {*likely_sound(doubled, twice, 2)} == {
        (2 * at + odd, size) for at, size in likely for odd in range(2)
    }
    for first, count in parts:
        word = tuple(row[first : first + count])
        is_likely = (before + first, count) in likely
        assert is_likely == (syndrome_of(word) >> 20 == 0)
        assert is_likely or not is_sound(word)


# --- Syndromes ----------------------------------------------------------------------------------


def syndrome_of(codeword: tuple[int, ...]) -> int:
    syndrome = blank_syndrome(len(codeword))
    for place, symbol in enumerate(codeword):
        syndrome ^= contribution(symbol, len(codeword) - 1 - place)
    return syndrome


def made(values: dict[int, int]) -> int:
    """Return what symbols at some exponents make, added one by one."""
    syndrome = 0
    for exponent, value in values.items():
        syndrome ^= contribution(value, exponent)
    return syndrome


@given(data_symbols=data)
def test_a_codeword_has_no_syndrome(data_symbols: tuple[int, ...]) -> None:
    """Syndrome and remainder agree on what is sound."""
    assert syndrome_of(protect(data_symbols)) == 0
    assert (syndrome_of(data_symbols) == 0) == is_sound(data_symbols)


def test_contributions_are_those_of_each_symbol() -> None:
    for size in WORD_SIZES:
        for place, table in enumerate(contributions(size)):
            exponent = size - 1 - place
            assert table == tuple(contribution(symbol, exponent) for symbol in range(1024))


@given(
    data_symbols=data,
    errors=st.dictionaries(st.integers(0, 23), st.integers(1, 1023), min_size=1, max_size=3),
)
def test_solve_finds_what_was_added(data_symbols: tuple[int, ...], errors: dict[int, int]) -> None:
    """At known places, one to three values; at an unknown one, place and value."""
    codeword = damaged = protect(data_symbols)
    for place, error in errors.items():
        damaged = replaced(damaged, place, damaged[place] ^ error)
    exponents = [len(codeword) - 1 - place for place in errors]
    assert solve(syndrome_of(damaged), exponents) == tuple(errors.values())
    located = [*locate(syndrome_of(damaged))]
    if len(errors) == 1:
        assert located == [(exponents[0], *errors.values())]
        assert value_at(syndrome_of(damaged), exponents[0]) in errors.values()
    elif len(errors) == 2:
        assert not {exponent for exponent, _ in located} & {*exponents}


def test_solve_has_nothing_to_say_where_parity_contradicts() -> None:
    assert solve(1, [0]) == solve(1, [0, 1]) == solve(1, []) == ()
    for first, second, third in product((0, 5), repeat=3):  # one symbol shows in all three
        located = [*locate(first << 20 | second << 10 | third)]
        assert located == ([(0, 5)] if first and second and third else [])


@given(
    pair=st.lists(st.integers(0, 42), min_size=2, max_size=2, unique=True),
    values=st.lists(st.integers(1, 1023), min_size=2, max_size=2),
)
def test_of_two_wrong_symbols_one_leads_to_the_other(pair: list[int], values: list[int]) -> None:
    """From either place to the other; and from a third one to no two that are within a word."""
    syndrome = made(dict(zip(pair, values, strict=True)))
    assert [*partners(syndrome, pair)] == [(pair[0], pair[1]), (pair[1], pair[0])]
    for exponent, other in partners(syndrome, range(43)):
        assert solve(syndrome, [exponent, other])
    assert fitting(syndrome, pair[0], tails([0], [pair[1]])) == [0]
    assert fitting(0, pair[0], tails([syndrome], [pair[1]])) == [0]


@given(
    exponent=st.integers(0, 42),
    others=st.lists(st.integers(0, 42), max_size=20),
    seed=st.integers(0, 2**32),
)
def test_fitting_syndromes_are_those_that_are_solved(
    exponent: int, others: list[int], seed: int
) -> None:
    """Made of two symbols, of one, of three or of nothing; one or both of them may be 0."""
    draw = random.Random(seed)
    others = [other for other in others if other != exponent]
    symbol = [0, 1, 5, 1023]
    syndromes = [
        made({exponent: draw.choice(symbol), other: draw.choice(symbol)})
        ^ draw.choice([0, 0, 0, made({43: draw.choice(symbol)}), draw.randrange(2**30)])
        for other in others
    ]
    solved = [
        at
        for at, (syndrome, other) in enumerate(zip(syndromes, others, strict=True))
        if solve(syndrome, [exponent, other])
    ]
    head = draw.randrange(2**30)
    parts = tails([syndrome ^ head for syndrome in syndromes], others)
    assert fitting(head, exponent, parts) == solved


@pytest.mark.parametrize("value", [1, 2, 1023])
def test_one_wrong_symbol_has_no_partner(value: int) -> None:
    """What one symbol makes, no two of it make at two places."""
    for exponent in range(43):
        pairs = [*partners(made({exponent: value}), range(43))]
        assert not any(exponent == place for place, _ in pairs)
        assert all(not all(solve(made({exponent: value}), pair)) for pair in pairs)


def test_against_reedsolo() -> None:
    """Another implementation of the code finds the same wrong symbol; ours is its coset by C."""
    coder: Any = RSCodec(3, nsize=1023, c_exp=10, prim=0x409, fcr=1)
    draw = random.Random(39)
    for _ in range(50):
        drawn = [draw.randrange(1024) for _ in range(27)]
        plain = [*coder.encode(drawn)]
        word = protect(tuple(drawn))
        offset = [a ^ b for a, b in zip(plain[-3:], word[-3:], strict=True)]
        damaged = [*word]
        damaged[draw.randrange(30)] ^= draw.randrange(1, 1024)
        shifted = damaged[:27] + [a ^ b for a, b in zip(damaged[27:], offset, strict=True)]
        assert [*coder.decode(shifted)[0]] == drawn
