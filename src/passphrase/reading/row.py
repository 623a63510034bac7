"""`Row`: consecutive glyphs of one script in a text, and marks that replaced lost glyphs.

Shapes:
    digits  the value of each glyph in base 32, one digit or two; "?" for each digit of a mark
    glyph   the value as an int; UNREADABLE for a mark
"""

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
        return [*map(glyph_numbers(width).__getitem__, cast_digits(self.digits, width))]

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
        """Number of readable symbols."""
        marks = self.digits.count(MARK) // self.script.digits_per_glyph
        return (len(self.places) - marks) // self.script.glyphs_per_symbol

    def part(self, first: int, last: int) -> "Row":
        """Return the glyphs in [first, last) as a row."""
        width = self.script.digits_per_glyph
        return self._replace(
            digits=self.digits[first * width : last * width],
            places=self.places[first:last],
            spelling=self.spelling[first:last],
        )

    @property
    def span(self) -> Span:
        """Start of the first glyph and end of the last one, in the pasted text."""
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


def cast_digits(digits: bytes, width: int) -> "memoryview[int]":
    """Return digits, one or two at a time, as machine integers."""
    view = memoryview(digits)
    return view if width == 1 else view.cast("H")


@cache
def glyph_numbers(width: int) -> dict[int, int]:
    """Map the machine integer of each glyph's digits to its value, like `digit_values`."""
    return {cast_digits(digits, width)[0]: at for digits, at in digit_values(width).items()}
