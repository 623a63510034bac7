"""Header symbol and bytes <-> data: big-endian base 1024.

Source: docs/format.md, "Symbols".

A word is kept as one number, its first symbol in the highest bits: Python shifts and compares a
number of 300 bits as fast as it looks at one symbol.

Shapes:
    header symbol  an int in [0, 1024)
    raw            24 to 48 bytes, the sealed body and the tag, as long as the header says
    data           a number of 21 to 40 symbols, the header first; 0 to 8 spare bits at the end, all
                   zero
    word           the same with 3 more symbols, of parity
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from passphrase.errors import PaddingError
from passphrase.format.layout import PARITY_SYMBOLS, RAW_BYTES, SYMBOL_BITS

_MASK: Final = (1 << SYMBOL_BITS) - 1
# By the symbols in a word: the bits behind its bytes, which are spare and parity; the spare ones
# among them; and the bytes.
_BELOW: Final = {
    size: SYMBOL_BITS * PARITY_SYMBOLS + -8 * length % SYMBOL_BITS
    for size, length in RAW_BYTES.items()
}
_SPARE_MASKS: Final = {
    size: (1 << below) - (1 << SYMBOL_BITS * PARITY_SYMBOLS) for size, below in _BELOW.items()
}
_MASKS: Final = {size: (1 << 8 * length) - 1 for size, length in RAW_BYTES.items()}
DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"  # those of `int` in base 32, two a symbol


def chunk(header_symbol: int, raw: bytes) -> int:
    """Put header and bytes into one number of data symbols. Inverse: `join`."""
    bits = 8 * len(raw)
    return (header_symbol << bits | int.from_bytes(raw)) << -bits % SYMBOL_BITS


def join(word: int, size: int) -> bytes:
    """Take the bytes out of a word of so many symbols. Inverse: `chunk`.

    Raises:
        PaddingError: A spare bit is set; no passphrase is written that way.
    """
    if word & _SPARE_MASKS[size]:
        raise PaddingError
    return (word >> _BELOW[size] & _MASKS[size]).to_bytes(RAW_BYTES[size])


def is_padded(word: int, size: int) -> bool:
    """Tell whether the spare bits of a word of so many symbols are zero, as they must be."""
    return not word & _SPARE_MASKS[size]


@cache
def shifts(count: int) -> tuple[int, ...]:
    """Return how far to the left each of so many symbols stands, the first one first."""
    return tuple(SYMBOL_BITS * behind for behind in reversed(range(count)))


def split(number: int, count: int) -> tuple[int, ...]:
    """Cut a number into so many symbols. Inverse: `merge`."""
    return tuple([number >> shift & _MASK for shift in shifts(count)])


def merge(symbols: Iterable[int]) -> int:
    """Put symbols together to a number. Inverse: `split`."""
    number = 0
    for symbol in symbols:
        number = number << SYMBOL_BITS | symbol
    return number
