"""Data symbols <-> codeword: three parity symbols of a Reed-Solomon code over GF(1024).

Source: docs/format.md, "Parity"; field and generator are those of SLIP-0039. No keys here: anyone
can check parity, and only the tag decides.

Shapes:
    data symbols  21 to 40 ints in [0, 1024)
    codeword      the same and 3 more
    remainder     a 30-bit int, three symbols with the first in the high bits
"""

from collections.abc import Iterable
from typing import Final

from passphrase.errors import ParityError
from passphrase.layout import PARITY_SYMBOLS, SYMBOL_BITS

FIELD_POLYNOMIAL: Final = 0x409  # x^10 + x^3 + 1
# The first 30 bits of SHA-256(b"passphrase/v1"). Not 1, so that no symbol can slip in before the
# end unseen, as one could in bech32.
TARGET_REMAINDER: Final = 0x1E09AEB9

_SYMBOL_MASK: Final = (1 << SYMBOL_BITS) - 1
_LOW_BITS: Final = SYMBOL_BITS * (PARITY_SYMBOLS - 1)
_LOW_MASK: Final = (1 << _LOW_BITS) - 1


def _times_alpha(element: int) -> int:
    doubled = element << 1
    return doubled ^ FIELD_POLYNOMIAL if doubled >> SYMBOL_BITS else doubled


def multiply(left: int, right: int) -> int:
    """Multiply two elements of GF(1024)."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = _times_alpha(left)
        right >>= 1
    return product


def _generator() -> tuple[int, ...]:
    """Coefficients of (x - a)(x - a^2)(x - a^3) below x^3, highest first; a is 2."""
    coefficients = [1]
    root = 1
    for _ in range(PARITY_SYMBOLS):
        root = _times_alpha(root)
        shifted = [*coefficients, 0]
        scaled = [0, *(multiply(root, coefficient) for coefficient in coefficients)]
        coefficients = [high ^ low for high, low in zip(shifted, scaled, strict=True)]
    return tuple(coefficients[1:])


def _remainder_table() -> tuple[int, ...]:
    """For each symbol s, the remainder of s x^3."""
    generator = _generator()
    table: list[int] = []
    for symbol in range(1 << SYMBOL_BITS):
        packed = 0
        for coefficient in generator:
            packed = packed << SYMBOL_BITS | multiply(symbol, coefficient)
        table.append(packed)
    return tuple(table)


_REMAINDERS: Final = _remainder_table()


def remainder(symbols: Iterable[int]) -> int:
    """Return the remainder of 1, symbols... as a polynomial, modulo the generator, 30 bits."""
    rest = 1
    for symbol in symbols:
        rest = (rest & _LOW_MASK) << SYMBOL_BITS ^ symbol ^ _REMAINDERS[rest >> _LOW_BITS]
    return rest


def protect(data_symbols: tuple[int, ...]) -> tuple[int, ...]:
    """Append the parity symbols that make a codeword of data symbols. Inverse: `check`."""
    parity = remainder((*data_symbols, *(0,) * PARITY_SYMBOLS)) ^ TARGET_REMAINDER
    return (
        *data_symbols,
        *(
            parity >> SYMBOL_BITS * place & _SYMBOL_MASK
            for place in reversed(range(PARITY_SYMBOLS))
        ),
    )


def is_sound(codeword: tuple[int, ...]) -> bool:
    """Tell whether the parity of a codeword holds."""
    return remainder(codeword) == TARGET_REMAINDER


def check(codeword: tuple[int, ...]) -> tuple[int, ...]:
    """Return the data symbols of a codeword whose parity holds. Inverse: `protect`.

    Raises:
        ParityError: At least one symbol is wrong.
    """
    if not is_sound(codeword):
        raise ParityError(remainder(codeword) ^ TARGET_REMAINDER)
    return codeword[:-PARITY_SYMBOLS]
