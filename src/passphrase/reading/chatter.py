"""`is_chatter`: is a row a damaged passphrase, or repeated emoji, prose or a dump of bytes?

Source: docs/format.md, "Chatter".

Shapes:
    digits    those of a `Row`: base 32, one byte each; "?" for each digit of a mark
    readable  the same digits without the marks
"""

import re
from itertools import accumulate
from typing import Final

from passphrase.format.layout import CODEWORD_SIZES
from passphrase.format.symbols import DIGITS
from passphrase.reading.row import MARK, Row

_FIGURES: Final = re.compile(b"[2-9]+")  # not 0 and 1, which can be the O, I or L of prose
_FIGURE_GROUPS_MIN: Final = 2  # prose can have one number
# The glyphs of E T A O I N S H R L, which are seven of ten letters in English text; and glyphs that
# are rare there: J K Q V X Z and figures.
_FREQUENT: Final = b"01aehlopq"
_RARE: Final = b"23456789ijnrtv"
_IS_RARE: Final = bytes(byte in _RARE + MARK for byte in range(256))
_PROSE_GLYPHS: Final = 54  # most of one such part is inside a damaged codeword amid prose
_PROSE_STEP_GLYPHS: Final = 18
_PROSE_FREQUENT_PER_RARE: Final = 3
_GLYPHS_PER_LETTER: Final = 8  # "Hexadecimal"
_GLYPHS_PER_X: Final = 5  # "Escaped bytes"
_X: Final = DIGITS[29].encode()  # also the x of 0x1F
_UP_TO_F: Final = DIGITS[:16].encode()


def is_chatter(row: Row, symbols_min: int) -> bool:
    """Return whether a row is too short, repeats itself or, in base 32, is prose or hexadecimal.

    Args:
        row: Any row.
        symbols_min: The least number of readable symbols in a damaged codeword, 1 or more.
    """
    script = row.script
    readable = row.digits.replace(MARK, b"")
    symbols = memoryview(readable[: len(readable) // 2 * 2]).cast("H")
    different = min(len(symbols), CODEWORD_SIZES[-1]) / 2
    if len(symbols) < symbols_min or len({*symbols}) < different:
        return True
    if script.glyphs_per_symbol == 1:
        return False
    groups = len(_FIGURES.findall(readable))
    letters = len(readable.translate(None, _UP_TO_F + _X))
    return (
        groups < _FIGURE_GROUPS_MIN
        or _is_prose(readable)
        or _GLYPHS_PER_LETTER * letters < len(readable)
        or _GLYPHS_PER_X * readable.count(_X) >= len(readable)
    )


def _is_prose(readable: bytes) -> bool:
    """Return whether every part of a row has far more frequent letters than rare ones."""
    last = max(0, len(readable) - _PROSE_GLYPHS)
    starts = range(0, last + _PROSE_STEP_GLYPHS, _PROSE_STEP_GLYPHS)
    parts = (readable[at : at + _PROSE_GLYPHS] for at in starts)
    return all(
        _PROSE_FREQUENT_PER_RARE * _count(part, _RARE) <= _count(part, _FREQUENT) for part in parts
    )


def unlike_prose(digits: bytes) -> list[int]:
    """Return how many marks and rare glyphs, together, come before each place and the end.

    Returns:
        n + 1 running totals for n digits; the first is 0.
    """
    return [*accumulate(digits.translate(_IS_RARE), initial=0)]


def _count(digits: bytes, some: bytes) -> int:
    """Return how many digits are among `some`."""
    return len(digits) - len(digits.translate(None, some))
