"""`Row`: consecutive glyphs of one script in a text, and marks that replaced lost glyphs.

Source: docs/format.md, "Reading", step 3, where a row is a "run" or "stretch".

Shapes:
    digits  the value of each glyph in base 32, one digit or two; "?" for each digit of a mark
    glyph   the value as an int; UNREADABLE for a mark
"""

from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import compress, count, product, repeat
from operator import ne, sub
from types import MappingProxyType
from typing import Final, NamedTuple

from passphrase.errors import DamagedError, Span
from passphrase.format.symbols import DIGITS
from passphrase.scripts.script import Script

MARK: Final = b"?"
UNREADABLE: Final = -1
_DIGIT_VALUES: Final = bytes.maketrans(DIGITS.encode() + MARK, bytes(range(33)))


class Row(NamedTuple):
    """Consecutive glyphs and marks of one script.

    Attributes:
        script: Their script.
        digits: The value of each in base 32, one digit or two; "?" for each digit of a mark.
        places: The index of each in the unwrapped text.
        bounds: For each index in the unwrapped text, the index in the pasted text.
        spelling: The row as it is in the unwrapped text, if that is its canonical spelling;
            otherwise empty.
        gaps: For a foreign word that is a mark: its place -> its end in the unwrapped text.
    """

    script: Script
    digits: bytes
    places: Sequence[int]
    bounds: Sequence[int]
    spelling: str
    gaps: Mapping[int, int] = MappingProxyType({})

    def start(self, at: int) -> int:
        """Return the start of a glyph in the pasted text."""
        return self.bounds[self.places[at]]

    def end(self, at: int) -> int:
        """Return the end of a glyph in the pasted text."""
        place = self.places[at]
        return self.bounds[self.gaps.get(place, place + 1)]

    @property
    def glyphs(self) -> list[int]:
        """The value of each glyph; UNREADABLE for a mark."""
        width = self.script.digits_per_glyph
        values = _glyph_values(width)
        return [values[integer] for integer in _integers(self.digits, width)]

    @property
    def symbols(self) -> list[int]:
        """The symbol that begins at each glyph; negative with a mark. Half a symbol is left out."""
        glyphs = self.glyphs
        if self.script.glyphs_per_symbol == 1:
            return glyphs
        return [
            *map(
                int.__or__, map(int.__lshift__, glyphs, repeat(self.script.glyph_bits)), glyphs[1:]
            )
        ]

    @property
    def readable(self) -> int:
        """Number of readable symbols, 0 or more."""
        marks = self.digits.count(MARK) // self.script.digits_per_glyph
        return (len(self.places) - marks) // self.script.glyphs_per_symbol

    def part(self, first: int, last: int) -> "Row":
        """Return the glyphs in [first, last) as a row."""
        if not first and last == len(self.places):
            return self
        width = self.script.digits_per_glyph
        return self._replace(
            digits=self.digits[first * width : last * width],
            places=self.places[first:last],
            spelling=self.spelling[first:last],
        )

    @property
    def span(self) -> Span:
        """[start, end) in the pasted text, in characters."""
        return self.start(0), self.end(-1)

    @property
    def begins(self) -> list[int]:
        """Indices of glyphs and marks without a glyph of the script directly before them."""
        begins = {0}
        if not isinstance(self.places, range):
            steps = map(sub, self.places[1:], self.places)
            begins |= {*compress(count(1), map(ne, steps, repeat(1)))}
        if MARK in self.digits:
            begins |= {*compress(range(1, len(self.places)), map(UNREADABLE.__eq__, self.glyphs))}
        return sorted(begins)

    def damage(self) -> DamagedError:
        """Return the error to raise if the row cannot be repaired."""
        unreadable = map(UNREADABLE.__eq__, self.glyphs if MARK in self.digits else ())
        marks = compress(self.places, unreadable)
        bounds, gaps = self.bounds, self.gaps
        spans = tuple([(bounds[at], bounds[gaps.get(at, at + 1)]) for at in marks])
        return DamagedError(self.span, self.readable, spans)


@cache
def digit_values(width: int) -> dict[bytes, int]:
    """Map the digits of each glyph, and of a mark, to its value, in the order of the values."""
    glyphs = map(bytes, product(DIGITS.encode(), repeat=width))
    return {digits: value for value, digits in enumerate(glyphs)} | {MARK * width: UNREADABLE}


def _integers(digits: bytes, width: int) -> Sequence[int]:
    """Return the values of the digits, one or two in each machine integer."""
    values = digits.translate(_DIGIT_VALUES)
    return values if width == 1 else array("H", values)


@cache
def _glyph_values(width: int) -> list[int]:
    """Return the value of each glyph, and of a mark, by the machine integer of its digits."""
    values = [UNREADABLE] * (1 + max(_integers(MARK * 2, width)))
    for digits, value in digit_values(width).items():
        values[_integers(digits, width)[0]] = value
    return values
