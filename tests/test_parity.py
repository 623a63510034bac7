"""Parity: the code of SLIP-0039 with another target, compared with two implementations."""

import hashlib
import random
from collections.abc import Iterable
from itertools import pairwise, product
from typing import Any

import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from reedsolo import RSCodec
from shamir_mnemonic import rs1024
from support import CODEC, INVITE, codeword_of, replaced, symbols

from passphrase.format.layout import CODEWORD_SIZES, CODEWORD_SYMBOLS
from passphrase.format.parity import (
    _POWERS,
    TARGET_REMAINDER,
    addend,
    addends,
    divide,
    fitting,
    likely_sound,
    locate,
    locate_pair,
    lone_symbols,
    multiply,
    parity,
    partners,
    solve,
    sound_sum,
    tails,
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
    """As in bech32, target 1 would allow a zero at the front; this target does not."""
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
    assert len(codeword) == CODEWORD_SYMBOLS[codeword[0]] == len(CODEC.encode(INVITE)) == 30
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
    size = data.draw(st.sampled_from(CODEWORD_SIZES))
    if size <= len(row) and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(row) - size))
        row[at : at + size] = protect(tuple(row[at : at + size - 3]))
    before = data.draw(st.sampled_from([0, 1000, 1023, 1500]))  # the powers of x repeat
    parts = [(at, size) for size in CODEWORD_SIZES for at in range(len(row) - size + 1)]
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


def sum_of(symbols: Iterable[int]) -> int:
    """Add symbols up, one by one."""
    return made(dict(enumerate(symbols)))


def made(values: dict[int, int]) -> int:
    """Return the sum of symbols at some places."""
    total = 0
    for place, value in values.items():
        total ^= addend(value, place)
    return total


def syndrome_of(codeword: tuple[int, ...]) -> int:
    return sound_sum(len(codeword)) ^ sum_of(codeword)


@given(symbol=symbols, place=st.integers(0, 42))
def test_an_addend_is_the_symbol_times_powers_of_its_locator(symbol: int, place: int) -> None:
    locator = 1
    for _ in range(place):
        locator = divide(locator, 2)
    parts: list[int] = []
    power = locator
    for _ in range(3):
        parts.append(multiply(symbol, power))
        power = multiply(power, locator)
    assert addend(symbol, place) == merge(parts)


@given(data_symbols=data)
def test_a_codeword_has_no_syndrome(data_symbols: tuple[int, ...]) -> None:
    """Sum and remainder agree on what is sound."""
    assert syndrome_of(protect(data_symbols)) == 0
    assert (syndrome_of(data_symbols) == 0) == is_sound(data_symbols)


def test_addends_are_those_of_each_symbol() -> None:
    for place, table in enumerate(addends()):
        assert table == tuple(addend(symbol, place) for symbol in range(1024))
    assert len(addends()) == CODEWORD_SIZES[-1]


@given(
    data_symbols=data,
    errors=st.dictionaries(st.integers(0, 23), st.integers(1, 1023), min_size=1, max_size=3),
)
def test_solve_finds_what_was_added(data_symbols: tuple[int, ...], errors: dict[int, int]) -> None:
    """At known places, one to three values; at an unknown one, place and value."""
    codeword = damaged = protect(data_symbols)
    for place, error in errors.items():
        damaged = replaced(damaged, place, damaged[place] ^ error)
    assert solve(syndrome_of(damaged), [*errors]) == tuple(errors.values())
    located = locate(syndrome_of(damaged))
    lone = lone_symbols([syndrome_of(damaged)] * len(codeword))
    if len(errors) == 1:
        assert located == (*errors, *errors.values())
        assert lone == [located]
    else:
        assert lone == []
        assert len(errors) > 2 or not located or located[0] not in errors


@given(place=st.integers(0, 41), symbol=st.integers(1, 1023), factor=st.sampled_from([1, 1 << 5]))
def test_a_pair_is_located(place: int, symbol: int, factor: int) -> None:
    syndrome = made({place: symbol, place + 1: multiply(symbol, factor)})
    assert locate_pair(syndrome, factor) == (place, symbol)
    assert locate_pair(0, factor) is None


def test_solve_has_nothing_to_say_where_parity_contradicts() -> None:
    assert solve(1, [0]) == solve(1, [0, 1]) == solve(1, []) == ()
    for first, second, third in product((0, 5), repeat=3):  # one symbol shows in all three
        located = locate(first << 20 | second << 10 | third)
        assert located == ((0, 5) if first and second and third else None)


@given(syndromes=st.lists(st.integers(0, 2**30 - 1), max_size=43), seed=st.integers(0, 2**32))
def test_lone_symbols_are_those_that_are_solved(syndromes: list[int], seed: int) -> None:
    """Random sums, and those of one symbol at their own place."""
    draw = random.Random(seed)
    lone = [
        draw.choice([syndrome, addend(draw.choice([0, 1, 1023]), place)])
        for place, syndrome in enumerate(syndromes)
    ]
    solved = [(place, *solve(syndrome, [place])) for place, syndrome in enumerate(lone)]
    assert lone_symbols(lone) == [each for each in solved if len(each) == 2]


@given(
    pair=st.lists(st.integers(0, 42), min_size=2, max_size=2, unique=True),
    values=st.lists(st.integers(1, 1023), min_size=2, max_size=2),
)
def test_of_two_wrong_symbols_one_leads_to_the_other(pair: list[int], values: list[int]) -> None:
    """From either place to the other; and from a third one to no two that are within a word."""
    syndrome = made(dict(zip(pair, values, strict=True)))
    assert partners(syndrome, pair) == [(pair[0], pair[1]), (pair[1], pair[0])]
    for place, other in partners(syndrome, range(43)):
        assert solve(syndrome, [place, other])
    at = pair[1]
    assert fitting(syndrome, pair[0], tails([0] * 43)[at : at + 1]) == [0]
    assert fitting(0, pair[0], tails([syndrome] * 43)[at : at + 1]) == [0]


@given(place=st.integers(0, 42), seed=st.integers(0, 2**32))
def test_fitting_syndromes_are_those_that_are_solved(place: int, seed: int) -> None:
    """Made of two symbols, of one, of three or of nothing; one or both of them may be 0."""
    draw = random.Random(seed)
    others = [other for other in range(43) if other != place]
    symbol = [0, 1, 5, 1023]
    syndromes = [
        made({place: draw.choice(symbol), other: draw.choice(symbol)})
        ^ draw.choice([0, 0, 0, made({43: draw.choice(symbol)}), draw.randrange(2**30)])
        for other in range(43)
    ]
    solved = [other for other in others if solve(syndromes[other], [place, other])]
    head = draw.randrange(2**30)
    parts = tails([syndrome ^ head for syndrome in syndromes])
    fit = fitting(head, place, parts)
    assert [other for other in fit if other != place] == solved


@pytest.mark.parametrize("value", [1, 2, 1023])
def test_one_wrong_symbol_has_no_partner(value: int) -> None:
    """What one symbol makes, no two of it make at two places."""
    for wrong in range(43):
        pairs = partners(made({wrong: value}), range(43))
        assert not any(wrong == place for place, _ in pairs)
        assert all(not all(solve(made({wrong: value}), pair)) for pair in pairs)


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
