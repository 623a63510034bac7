"""Unwrapped text -> rows of one script's glyphs, each character folded by a frozen table.

Source: docs/format.md, "Reading", fold and run. No normalisation, whose cost is quadratic on
combining marks, and no case folding, which lets foreign letters in.

Shapes:
    row  glyphs of one script, and marks for unreadable ones, with nothing but ignorable characters
         between them
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from passphrase.errors import DamagedError, Span
from passphrase.markup import Unwrapped
from passphrase.repair import UNREADABLE
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script

# What may stand between two glyphs and means nothing there. A newer Unicode changes nothing.
IGNORABLE_RANGES: Final = (
    (0x0009, 0x000D), (0x001C, 0x0020), (0x0085, 0x0085), (0x00A0, 0x00A0),  # spaces, breaks
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160),  # soft hyphen, joiners
    (0x1680, 0x1680), (0x17B4, 0x17B5), (0x180B, 0x180F),  # Ogham space, Khmer, Mongolian selectors
    (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F),  # spaces, zero width, line breaks, bidi
    (0x20E3, 0x20E3), (0x3000, 0x3000), (0x3164, 0x3164),  # keycap, ideographic space, filler
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB),  # selectors, BOM
    (0x1F3FB, 0x1F3FF), (0xE0000, 0xE0FFF),  # skin tones, tags and more selectors
    (0x002A, 0x002A), (0x003E, 0x003E), (0x005C, 0x005C), (0x005F, 0x0060),  # * > \ _ `
    (0x007C, 0x007C), (0x007E, 0x007E), (0xFF1E, 0xFF1E),  # | ~ and the wide >
)  # fmt: skip
# What stands where a glyph was: question marks, boxes, lone surrogates, private use.
MARK_RANGES: Final = (
    (0x003F, 0x003F), (0xFF1F, 0xFF1F), (0x25A1, 0x25A1), (0x25AF, 0x25AF), (0xFFFC, 0xFFFD),
    (0xD800, 0xDFFF), (0xE000, 0xF8FF),
)  # fmt: skip
# In the emoji script also every picture that is not in its table.
PICTURE_RANGES: Final = (
    (0x2300, 0x23FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F000, 0x1F3FA), (0x1F400, 0x1FAFF)
)  # fmt: skip
_BASIC_PLANE_LAST: Final = 0xFFFF
_ASTRAL_GAP: Final = 256
_IGNORED: Final = -2
_FOREIGN: Final = -3


class Row(NamedTuple):
    """Glyphs and marks of one script, one after another.

    Attributes:
        script: Their script.
        glyphs: The value of each, or UNREADABLE.
        starts: Where each begins in the pasted text.
        ends: Where each ends.
    """

    script: Script
    glyphs: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]

    def part(self, first: int, last: int) -> "Row":
        """Return the glyphs in [first, last) as a row."""
        inside = slice(first, last)
        return Row(self.script, self.glyphs[inside], self.starts[inside], self.ends[inside])

    @property
    def span(self) -> Span:
        """Where it stands, from its first glyph to its last."""
        return self.starts[0], self.ends[-1]

    @property
    def begins(self) -> list[int]:
        """Indices of glyphs that no glyph touches before."""
        return [
            at
            for at, start in enumerate(self.starts)
            if at == 0 or self.glyphs[at - 1] == UNREADABLE or self.ends[at - 1] < start
        ]

    def damage(self) -> DamagedError:
        """Return the refusal that is due if it cannot be repaired."""
        marks = [at for at, glyph in enumerate(self.glyphs) if glyph == UNREADABLE]
        readable = (len(self.glyphs) - len(marks)) // self.script.glyphs_per_symbol
        spans = tuple((self.starts[at], self.ends[at]) for at in marks)
        return DamagedError(self.span, readable, spans)


def rows(unwrapped: Unwrapped, script: Script, shortest: int) -> Iterator[Row]:
    """Cut out every row of at least `shortest` glyphs and marks, in order."""
    pattern, fold = _folding(script)
    plain, bounds = unwrapped
    for stretch in pattern.finditer(plain):
        start, end = stretch.span()
        if end - start < shortest:
            continue
        glyphs: list[int] = []
        places: list[int] = []
        for place in range(start, end + 1):
            value = fold.get(plain[place], _FOREIGN) if place < end else _FOREIGN
            if value >= UNREADABLE:
                glyphs.append(value)
                places.append(place)
            elif value == _FOREIGN:
                if len(glyphs) >= shortest:
                    yield Row(
                        script,
                        glyphs,
                        [bounds[at] for at in places],
                        [bounds[at + 1] for at in places],
                    )
                glyphs, places = [], []


def _codes(*ranges: tuple[int, int]) -> Iterator[int]:
    return chain.from_iterable(range(first, last + 1) for first, last in ranges)


@lru_cache(maxsize=16)
def _folding(script: Script) -> tuple[re.Pattern[str], dict[str, int]]:
    """Make the frozen table that folds characters, and a pattern for stretches worth folding.

    The table gives a glyph's value, UNREADABLE or _IGNORED. The pattern is one character class that
    holds the whole table and, beyond the basic plane, a little more.
    """
    marks = _codes(*MARK_RANGES, *(PICTURE_RANGES if script.name == "emoji" else ()))
    fold = dict.fromkeys(map(chr, marks), UNREADABLE)
    fold |= dict.fromkeys(chain(map(chr, _codes(*IGNORABLE_RANGES)), script.separators), _IGNORED)
    fold |= script.digits
    ranges: list[list[int]] = [[-2, -2]]
    for code in sorted(map(ord, fold)):
        # The engine has a bitmap for the basic plane, but tries ranges beyond it one by one.
        gap = _ASTRAL_GAP if code > _BASIC_PLANE_LAST else 1
        if code - ranges[-1][1] <= gap:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    inside = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges[1:])
    return re.compile(f"[{inside}]+"), fold


@lru_cache(maxsize=16)
def check_script(script: Script) -> None:
    """Refuse a script of the caller's whose glyphs the folding would not leave alone.

    Raises:
        ValueError: A glyph is ignorable, a mark, or a glyph or separator of a built-in script.
    """
    taken = {chr(code) for code in _codes(*IGNORABLE_RANGES, *MARK_RANGES)} | {*"<>[]&%."}
    for built_in in map(load_script, SCRIPT_NAMES):
        taken |= {*built_in.digits, *built_in.separators}
    if script.name in SCRIPT_NAMES or not taken.isdisjoint({*script.digits, *script.separators}):
        raise ValueError("the name, or a glyph, is ignorable, a mark, or taken by another script")
