"""Header symbol and bytes <-> data: big-endian base 1024.

Source: docs/format.md, "Symbols".

A codeword is one number, with its first symbol in the highest bits. Python shifts and compares a
number of 300 bits as fast as it reads one symbol from a list.

Shapes:
    header symbol  an int in [0, 1024)
    raw            a number of 24 to 48 bytes, as the header says: the sealed body and the tag
    data           a number of 21 to 40 symbols, the header first; 0 to 8 padding bits at the end
    number         a codeword: the data, followed by 3 parity symbols
    size           how many symbols a codeword has, 24 to 43
"""

from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import Final

from passphrase.errors import PaddingError
from passphrase.format.layout import (
    BODY_BYTES,
    PARITY_SYMBOLS,
    RAW_BYTES,
    SYMBOL_BITS,
    SYMBOL_MASK,
    TAG_BYTES,
)

# By the size of the codeword: number of padding bits; their mask in the codeword; mask of raw.
_PADDING_BITS: Final = {size: -8 * length % SYMBOL_BITS for size, length in RAW_BYTES.items()}
_PADDING_MASKS: Final = {
    size: (1 << bits) - 1 << SYMBOL_BITS * PARITY_SYMBOLS for size, bits in _PADDING_BITS.items()
}
_MASKS: Final = {size: (1 << 8 * length) - 1 for size, length in RAW_BYTES.items()}
DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"  # of `int(text, 32)`, two for each symbol
DIGIT_BITS: Final = 5
PAIRS: Final = tuple(map("".join, product(DIGITS, repeat=2)))  # of digits, by symbol


def chunk(header_symbol: int, raw: int) -> int:
    """Combine header and raw into data. Inverse: `unchunk`."""
    bits = 8 * (BODY_BYTES[header_symbol] + TAG_BYTES)
    return (header_symbol << bits | raw) << -bits % SYMBOL_BITS


def unchunk(data: int, size: int) -> int:
    """Return raw: what data holds after the header. Inverse: `chunk`.

    Args:
        data: A codeword without its parity.
        size: How many symbols the codeword has.

    Raises:
        PaddingError: A padding bit is not zero.
    """
    bits = _PADDING_BITS[size]
    if data & (1 << bits) - 1:
        raise PaddingError
    return data >> bits & _MASKS[size]


def is_padded(number: int, size: int) -> bool:
    """Return whether all padding bits of a codeword are zero."""
    return not number & _PADDING_MASKS[size]


@cache
def shifts(count: int) -> tuple[int, ...]:
    """Return the number of bits below each of `count` symbols, the first symbol first."""
    return tuple(SYMBOL_BITS * after for after in reversed(range(count)))


def split(number: int, count: int) -> tuple[int, ...]:
    """Split a number into `count` symbols. Inverse: `merge`."""
    return tuple([number >> shift & SYMBOL_MASK for shift in shifts(count)])


def merge(symbols: Iterable[int]) -> int:
    """Combine symbols into one number. Inverse: `split`."""
    return int("0" + "".join([PAIRS[symbol] for symbol in symbols]), 32)
