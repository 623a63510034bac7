"""`Row`: glyphs of one script that stand together in a text, and marks for those that are lost.

Shapes:
    digits  the value of each glyph in base 32, one digit or two; "?" for each digit of a mark
    glyph   that value as an int, or UNREADABLE for a mark
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
    """Glyphs and marks of one script, one after another.

    Attributes:
        script: Their script.
        digits: The value of each in base 32, one digit or two; "?" for each digit of a mark.
        places: Where each stands in the unwrapped text.
        bounds: Where the characters of the unwrapped text stand in the pasted one.
        spelling: The row in the unwrapped text, if each glyph is as the script writes it and
            nothing else stands there; otherwise empty.
        gaps: Where each foreign word that is a mark ends in the unwrapped text, by its place.
    """

    script: Script
    digits: bytes
    places: Sequence[int]
    bounds: Sequence[int]
    spelling: str
    gaps: Mapping[int, int] = MappingProxyType({})

    def start(self, at: int) -> int:
        """Return where a glyph begins in the pasted text."""
        return self.bounds[self.places[at]]

    def end(self, at: int) -> int:
        """Return where it ends."""
        place = self.places[at]
        return self.bounds[self.gaps.get(place, place + 1)]

    @property
    def glyphs(self) -> list[int]:
        """The value of each, or UNREADABLE."""
        width = self.script.digits_per_glyph
        return [*map(glyph_numbers(width).__getitem__, cast_digits(self.digits, width))]

    @property
    def symbols(self) -> list[int]:
        """The symbol that begins at each glyph, below 0 with a mark; none at half a last one."""
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
        """How many symbols can be read."""
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
        """Where it stands, from its first glyph to its last."""
        return self.start(0), self.end(-1)

    @property
    def begins(self) -> list[int]:
        """Indices of glyphs and marks that no glyph of the script touches before."""
        begins = {0}
        if not isinstance(self.places, range):
            steps = map(sub, self.places[1:], self.places)
            begins |= {*compress(count(1), map(ne, steps, repeat(1)))}
        if MARK in self.digits:
            begins |= {*compress(range(1, len(self.places)), map(UNREADABLE.__eq__, self.glyphs))}
        return sorted(begins)

    def damage(self) -> DamagedError:
        """Return the refusal that is due if it cannot be repaired."""
        unreadable = map(UNREADABLE.__eq__, self.glyphs if MARK in self.digits else ())
        marks = compress(self.places, unreadable)
        bounds, gaps = self.bounds, self.gaps
        spans = tuple([(bounds[at], bounds[gaps.get(at, at + 1)]) for at in marks])
        return DamagedError(self.span, self.readable, spans)


@cache
def digit_values(width: int) -> dict[bytes, int]:
    """Return what each glyph or mark of one digit or two is worth, in the order of the values."""
    glyphs = map(bytes, product(DIGITS.encode(), repeat=width))
    return {digits: value for value, digits in enumerate(glyphs)} | {MARK * width: UNREADABLE}


def cast_digits(digits: bytes, width: int) -> "memoryview[int]":
    """Read digits, one or two at a time, as numbers of the machine."""
    view = memoryview(digits)
    return view if width == 1 else view.cast("H")


@cache
def glyph_numbers(width: int) -> dict[int, int]:
    """Return the same, by the digits as a number of the machine."""
    return {cast_digits(digits, width)[0]: at for digits, at in digit_values(width).items()}
