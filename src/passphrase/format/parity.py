"""Data symbols <-> codeword: three parity symbols of a Reed-Solomon code over GF(1024).

Source: docs/format.md, "Parity"; field and generator are those of SLIP-0039. No keys here: anyone
can check parity, and only the tag decides.

Shapes:
    data symbols  21 to 40 ints in [0, 1024)
    codeword      the same and 3 more
    remainder     a 30-bit int, three symbols with the first in the high bits
    place         i for symbol i, whatever the size; its locator z is a^-i
    sum           a 30-bit int: the sums of symbol * z, symbol * z^2 and symbol * z^3, ten bits each
    syndrome      the sum of some symbols, XOR the sum that every codeword of their size has
"""

from collections.abc import Iterable, Sequence
from functools import cache, reduce
from itertools import accumulate, cycle, pairwise
from operator import add, getitem
from typing import Final

from passphrase.format.layout import CODEWORD_SIZES, PARITY_SYMBOLS, SYMBOL_BITS, SYMBOL_MASK

FIELD_POLYNOMIAL: Final = 0x409  # x^10 + x^3 + 1
# The first 30 bits of SHA-256(b"passphrase/v1"). Not 1: with 1, as in bech32, a symbol inserted
# before the end could go unnoticed.
TARGET_REMAINDER: Final = 0x1E09AEB9

ORDER: Final = SYMBOL_MASK  # of the element a, which is 2: its powers are all symbols but 0

_PARITY_BITS: Final = SYMBOL_BITS * PARITY_SYMBOLS
_PARITY_MASK: Final = (1 << _PARITY_BITS) - 1
_BYTES_MAX: Final = (
    SYMBOL_BITS * (CODEWORD_SIZES[-1] - PARITY_SYMBOLS) // 8 + 1
)  # and a 1 before it
_LOW_BITS: Final = SYMBOL_BITS * (PARITY_SYMBOLS - 1)
_LOW_MASK: Final = (1 << _LOW_BITS) - 1


def _times_alpha(element: int) -> int:
    doubled = element << 1
    return doubled ^ FIELD_POLYNOMIAL if doubled >> SYMBOL_BITS else doubled


def _powers() -> tuple[int, ...]:
    powers = [1]
    for _ in range(ORDER - 1):
        powers.append(_times_alpha(powers[-1]))
    return tuple(powers)


# The sum of two logarithms is looked up without a modulo. The logarithm of 0 is so large that a sum
# with it falls among the zeros at the end.
_LOG_OF_ZERO: Final = 2 * ORDER
_POWERS: Final = (*_powers() * 2, *[0] * (2 * ORDER + 1))
_LOGS: Final = (_LOG_OF_ZERO, *map(_powers().index, range(1, ORDER + 1)))


def multiply(left: int, right: int) -> int:
    """Multiply two elements of GF(1024)."""
    return _POWERS[_LOGS[left] + _LOGS[right]]


def divide(left: int, right: int) -> int:
    """Divide one element of GF(1024) by another that is not 0."""
    return _POWERS[_LOGS[left] + ORDER - _LOGS[right]]


def _generator() -> tuple[int, ...]:
    """Coefficients of (x - a)(x - a^2)(x - a^3) below x^3, highest first; a is 2."""
    coefficients = [1]
    root = 1
    for _ in range(PARITY_SYMBOLS):
        root = _times_alpha(root)
        padded = [0, *coefficients, 0]
        coefficients = [here ^ multiply(root, before) for before, here in pairwise(padded)]
    return tuple(coefficients[1:])


_GENERATOR: Final = _generator()


def _scaled(symbols: Iterable[int], factor: int) -> int:
    """Multiply three symbols by an element and make them a remainder."""
    packed = 0
    for symbol in symbols:
        packed = packed << SYMBOL_BITS | multiply(symbol, factor)
    return packed


@cache
def _tables() -> list[list[int]]:
    """Return one table for each byte of the data, last byte first: byte value -> its parity.

    Parity is linear: the parity of all data is the sum of the parities of its bytes. Made at the
    first use, in less than a millisecond.
    """
    tables = [[0] for _ in range(_BYTES_MAX)]
    power = _scaled(_GENERATOR, 1)  # x^3 modulo the generator: its lower coefficients
    for at in range(8 * _BYTES_MAX):
        bit = at % SYMBOL_BITS
        if at and not bit:
            over = _scaled(_GENERATOR, power >> _LOW_BITS)
            power = (power & _LOW_MASK) << SYMBOL_BITS ^ over
        added = _scaled(_parts(power), 1 << bit)
        tables[at // 8] += [entry ^ added for entry in tables[at // 8]]
    return tables


def parity(number: int, count: int) -> int:
    """Return the three parity symbols of `count` data symbols. Both are single numbers."""
    led = 1 << SYMBOL_BITS * count | number
    symbols = TARGET_REMAINDER
    for part in map(getitem, _tables(), led.to_bytes(SYMBOL_BITS * count // 8 + 1, "little")):
        symbols ^= part
    return symbols


def protect(number: int, count: int) -> int:
    """Append parity to `count` data symbols, given as one number. Inverse: `unprotect`."""
    return number << _PARITY_BITS | parity(number, count)


def unprotect(number: int) -> int:
    """Remove the parity from a codeword. Inverse: `protect`; `is_sound` checks it."""
    return number >> _PARITY_BITS


def is_sound(number: int, size: int) -> bool:
    """Return whether a number of `size` symbols ends in the parity that `protect` adds."""
    return parity(unprotect(number), size - PARITY_SYMBOLS) == number & _PARITY_MASK


def likely_sound(
    symbols: Sequence[int], candidates: Iterable[tuple[int, int]], width: int
) -> list[tuple[int, int]]:
    """Return the possible codewords in a long row that are sound, and 1 in 1024 of the others.

    Only the first part of the sums is compared. It is summed up once for the whole row: the sum of
    a possible codeword is the difference between the sums at its two ends.

    Args:
        symbols: The symbol that begins at each glyph. A symbol below 0 makes every result that
            contains it meaningless.
        candidates: For each possible codeword, the index of its first glyph and its size.
        width: Glyphs to a symbol.
    """
    sums = [0] * (len(symbols) + width)
    for first in range(width):
        turns = cycle(range(ORDER, 0, -1))  # x^-i at place i, so that it counts alike in each word
        terms = map(
            _POWERS.__getitem__, map(add, map(_LOGS.__getitem__, symbols[first::width]), turns)
        )
        sums[first::width] = accumulate(terms, int.__xor__, initial=0)
    goals = {size: _LOGS[sound_sum(size) >> _LOW_BITS] for size in CODEWORD_SIZES}
    powers = _POWERS
    return [
        (at, size)
        for at, size in candidates
        if sums[at] ^ sums[at + width * size] == powers[(goals[size] - at // width) % ORDER]
    ]


# --- Sums and syndromes -------------------------------------------------------------------------


def addend(symbol: int, place: int) -> int:
    """Return what a symbol adds to a sum."""
    if not symbol:
        return 0
    log = _LOGS[symbol]
    packed = 0
    for power in range(1, PARITY_SYMBOLS + 1):
        packed = packed << SYMBOL_BITS | _POWERS[(log - power * place) % ORDER]
    return packed


@cache
def addends() -> tuple[tuple[int, ...], ...]:
    """Return for each place what each symbol there adds to a sum.

    Made when a passphrase is first repaired: some milliseconds and two megabytes.
    """
    tables: list[tuple[int, ...]] = []
    for place in range(CODEWORD_SIZES[-1]):
        table = [0]
        for bit in range(SYMBOL_BITS):
            added = addend(1 << bit, place)
            table += [entry ^ added for entry in table]
        tables.append(tuple(table))
    return tuple(tables)


@cache
def sound_sum(size: int) -> int:
    """Return the one sum that all codewords of `size` symbols have."""
    total = addend(1, -1)  # the 1 that leads the data
    for after in range(PARITY_SYMBOLS):
        symbol = TARGET_REMAINDER >> SYMBOL_BITS * after & SYMBOL_MASK
        total ^= addend(symbol, size - 1 - after)
    return total


def symbol_at(syndrome: int, place: int) -> int:
    """Return the only symbol at a place that can explain a syndrome. The caller checks it."""
    return _POWERS[_LOGS[syndrome >> _LOW_BITS] + place]


def locate(syndrome: int) -> tuple[int, int] | None:
    """Return the place, in [0, 1023), and the value of the one symbol that explains a syndrome.

    Returns:
        None if no single symbol explains it.
    """
    first, second, third = _parts(syndrome)
    if first and second and third and multiply(second, second) == multiply(first, third):
        place = (_LOGS[first] - _LOGS[second]) % ORDER
        return place, symbol_at(syndrome, place)
    return None


def locate_pair(syndrome: int, factor: int) -> tuple[int, int] | None:
    """Return (place, symbol) if a symbol and its multiple at the next place explain a syndrome.

    Args:
        syndrome: Of a word in which two neighbours changed places, for example.
        factor: The symbol at place + 1 is the symbol at place, times this; not a, a^2 or a^3.

    Returns:
        None if no such pair explains it.
    """
    packed = 0
    for power, part in enumerate(_parts(syndrome), 1):
        both = 1 ^ _POWERS[(_LOGS[factor] - power) % ORDER]
        packed = packed << SYMBOL_BITS | divide(part, both)
    return locate(packed)


def lone_symbols(syndromes: Iterable[int]) -> list[tuple[int, int]]:
    """Return (i, symbol) for each i at which one symbol alone explains ``syndromes[i]``.

    Args:
        syndromes: The syndrome at index i is the one to explain at place i.
    """
    powers, logs, tables = _POWERS, _LOGS, addends()
    return [
        (place, symbol)
        for place, syndrome in enumerate(syndromes)
        if tables[place][symbol := powers[logs[syndrome >> _LOW_BITS] + place]] == syndrome
    ]


def partners(syndrome: int, places: Iterable[int]) -> list[tuple[int, int]]:
    """Return the pairs (place, second place) at which two wrong symbols would explain a syndrome.

    Multiply each part of the syndrome by the locator of the known place, and add it to the next
    part: the known symbol cancels. The quotient of the two results is the locator of the second
    place.

    Args:
        syndrome: A syndrome.
        places: The known places to try.
    """
    first, second, third = _parts(syndrome)
    powers, logs = _POWERS, _LOGS
    log_first, log_second = logs[first] + ORDER, logs[second] + ORDER
    found: list[tuple[int, int]] = []
    for place in places:
        lower = second ^ powers[log_first - place]
        higher = third ^ powers[log_second - place]
        if lower and higher:
            other = (logs[lower] - logs[higher]) % ORDER
            if other != place:
                found.append((place, other))
    return found


Tail = tuple[int, int, int]


def tails(syndromes: Iterable[int]) -> list[Tail]:
    """Prepare, for `fitting`, the part of a syndrome that belongs to each place."""
    prepared: list[Tail] = []
    for place, syndrome in enumerate(syndromes):
        first, second, third = _parts(syndrome)
        exponent = ORDER - place
        lower = second ^ _POWERS[_LOGS[first] + exponent]
        prepared.append((third ^ _POWERS[_LOGS[second] + exponent], _LOGS[lower], exponent))
    return prepared


def fitting(head: int, place: int, others: Iterable[Tail]) -> list[int]:
    """Return the indices of the tails whose sum with a head is explained by two symbols.

    Two symbols with locators x and y explain a syndrome if its parts satisfy
    third + (x + y) second + xy first = 0. This is linear in head and tail. So `tails` computes most
    products once for each tail, and two are left for each pair.

    Args:
        head: The first part of a sum that makes the syndrome.
        place: The place of the first symbol.
        others: The tails, made by `tails`; each brings the place of the second symbol.
    """
    first, second, third = _parts(head)
    powers, exponent = _POWERS, ORDER - place
    lower = _LOGS[second ^ powers[_LOGS[first] + exponent]]
    higher = third ^ powers[_LOGS[second] + exponent]
    return [
        at
        for at, (part, log, other) in enumerate(others)
        if part ^ powers[log + exponent] ^ powers[lower + other] == higher
    ]


def solve(syndrome: int, places: Sequence[int]) -> tuple[int, ...]:
    """Return the symbols that explain a syndrome if only one to three given places are wrong.

    Returns:
        One symbol for each place; empty if no symbols explain it.
    """
    first, second, third = _parts(syndrome)
    points = [_POWERS[ORDER - place] for place in places]
    match points:
        case [x]:
            terms: tuple[int, ...] = (first,)
        case [x, y]:
            term = divide(second ^ multiply(first, y), x ^ y)
            terms = (term, first ^ term)
        case [x, y, z]:
            terms = tuple(
                divide(
                    third ^ multiply(second, b ^ c) ^ multiply(first, multiply(b, c)),
                    multiply(a ^ b, a ^ c),
                )
                for a, b, c in ((x, y, z), (y, z, x), (z, x, y))
            )
        case _:
            return ()
    values = tuple(map(divide, terms, points))
    made = map(addend, values, places)
    return values if reduce(int.__xor__, made) == syndrome else ()


def _parts(syndrome: int) -> tuple[int, int, int]:
    return (
        syndrome >> _LOW_BITS,
        syndrome >> SYMBOL_BITS & SYMBOL_MASK,
        syndrome & SYMBOL_MASK,
    )
