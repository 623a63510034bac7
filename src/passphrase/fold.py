"""Unwrapped text -> rows of one script's glyphs, each character folded by a frozen table.

Source: docs/format.md, "Reading", fold and run. No normalisation, whose cost is quadratic on
combining marks, and no case folding, which lets foreign letters in.

Shapes:
    row  glyphs of one script, and marks for unreadable ones, with nothing but ignorable characters
         between them
"""

import re
from codecs import charmap_encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, product
from typing import Final, NamedTuple

from passphrase.errors import DamagedError, Span
from passphrase.markup import Unwrapped
from passphrase.repair import UNREADABLE
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script
from passphrase.symbols import DIGITS

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
_STRIDE: Final = 5
PURE_CHARS_MAX: Final = 64  # a codeword has at most 43 glyphs, or 86 of half a symbol
MARK: Final = b"?"


class Row(NamedTuple):
    """Glyphs and marks of one script, one after another.

    Attributes:
        script: Their script.
        digits: The value of each in base 32, one digit or two; "?" for each digit of a mark.
        places: Where each stands in the unwrapped text.
        bounds: Where the characters of the unwrapped text stand in the pasted one.
        spelling: The row in the unwrapped text, if each glyph is as the script writes it and
            nothing else stands there; otherwise empty.
    """

    script: Script
    digits: bytes
    places: Sequence[int]
    bounds: Sequence[int]
    spelling: str

    def start(self, at: int) -> int:
        """Return where a glyph begins in the pasted text."""
        return self.bounds[self.places[at]]

    def end(self, at: int) -> int:
        """Return where it ends."""
        return self.bounds[self.places[at] + 1]

    @property
    def glyphs(self) -> list[int]:
        """The value of each, or UNREADABLE."""
        digits, width = self.digits, self.script.digits_per_glyph
        values = _values(width)
        return [values[digits[at : at + width]] for at in range(0, len(digits), width)]

    def part(self, first: int, last: int) -> "Row":
        """Return the glyphs in [first, last) as a row."""
        width = self.script.digits_per_glyph
        digits = self.digits[first * width : last * width]
        return Row(
            self.script, digits, self.places[first:last], self.bounds, self.spelling[first:last]
        )

    @property
    def span(self) -> Span:
        """Where it stands, from its first glyph to its last."""
        return self.start(0), self.end(-1)

    @property
    def begins(self) -> list[int]:
        """Indices of glyphs that no glyph touches before."""
        return [at for at in range(len(self.places)) if not self.is_touched(at)]

    def is_touched(self, at: int) -> bool:
        """Tell whether another glyph, and no mark, stands directly before a glyph."""
        width = self.script.digits_per_glyph
        return (
            at > 0
            and MARK not in self.digits[(at - 1) * width : at * width]
            and self.end(at - 1) >= self.start(at)
        )

    def damage(self) -> DamagedError:
        """Return the refusal that is due if it cannot be repaired."""
        glyphs = self.glyphs
        marks = [at for at, glyph in enumerate(glyphs) if glyph == UNREADABLE]
        readable = (len(glyphs) - len(marks)) // self.script.glyphs_per_symbol
        spans = tuple((self.start(at), self.end(at)) for at in marks)
        return DamagedError(self.span, readable, spans)


def pure_rows(text: str, scripts: Iterable[Script]) -> list[Row]:
    """Return a short text as one row if it is glyphs of one script, as it writes them, and no more.

    That is what a client sends that has found the passphrase itself. `rows` would find the same.
    """
    if len(text) > PURE_CHARS_MAX:
        return []
    for script in scripts:
        if text[:1] in script.digits and not script.group:
            try:
                digits, _ = charmap_encode(text, "strict", _spelled(script))  # pyright: ignore[reportArgumentType]
            except UnicodeEncodeError:
                return []
            return [Row(script, digits, range(len(text)), range(len(text) + 1), text)]
    return []


def rows(unwrapped: Unwrapped, scripts: Iterable[Script], symbols: int) -> list[Row]:
    """Cut out every row with glyphs and marks for so many symbols, in order for each script."""
    found: list[Row] = []
    plain = unwrapped.text
    few = plain[::_STRIDE]
    for script in scripts:
        folding = _folding(script, symbols)
        # A stretch that is long enough is also one in every fifth character. Most texts hold none,
        # and a fifth of them is all that is looked at.
        for sample in folding.sample.finditer(few):
            first, last = sample.span()
            before = max(0, (first - 1) * _STRIDE + 1)
            for stretch in folding.stretch.finditer(plain, before, last * _STRIDE):
                if stretch.end() - stretch.start() >= folding.shortest:
                    found += _read(stretch, folding, unwrapped)
    return found


def _read(stretch: re.Match[str], folding: "_Folding", unwrapped: Unwrapped) -> list[Row]:
    """Cut the rows out of a stretch: one of all its glyphs, but where a foreign one is inside."""
    text, (start, end) = stretch[0], stretch.span()
    try:
        # It takes bytes as well as the ints that it is typed for.
        digits, _ = charmap_encode(text, "strict", folding.table)  # pyright: ignore[reportArgumentType]
    except UnicodeEncodeError:
        return [*_broken(range(start, end), folding, unwrapped)]
    width = folding.script.digits_per_glyph
    if len(digits) < width * folding.shortest:
        return []
    places: Sequence[int] = range(start, end)
    spelling = ""
    if len(digits) < width * len(text):
        ignored = folding.ignored
        places = [at for at, character in enumerate(text, start) if character not in ignored]
    elif not (folding.script.group or MARK in digits or folding.alias.search(text)):
        spelling = text
    return [Row(folding.script, digits, places, unwrapped.bounds, spelling)]


def _broken(stretch: range, folding: "_Folding", unwrapped: Unwrapped) -> Iterator[Row]:
    """Cut the rows out of a stretch with foreign characters in it, beyond the basic plane."""
    plain, bounds = unwrapped
    digits: list[bytes] = []
    places: list[int] = []
    for place in (*stretch, None):
        value = None if place is None else folding.table.get(ord(plain[place]))
        if place is None or value is None:
            if len(digits) >= folding.shortest:
                yield Row(folding.script, b"".join(digits), places, bounds, "")
            digits, places = [], []
        elif value:
            digits.append(value)
            places.append(place)


class _Folding(NamedTuple):
    """How the characters of a script are found and folded.

    Attributes:
        script: The script.
        table: The digits of a glyph or a mark, or none if it is ignorable, by code point.
        ignored: The characters that are ignorable.
        stretch: A stretch worth folding. It may hold foreign characters beyond the basic plane.
        shortest: How many glyphs and marks a row has, at least.
        sample: A stretch in a sample of the text, with that many fewer characters.
        alias: What the script does not write, in a stretch that is all glyphs.
    """

    script: Script
    table: dict[int, bytes]
    ignored: frozenset[str]
    stretch: re.Pattern[str]
    shortest: int
    sample: re.Pattern[str]
    alias: re.Pattern[str]


@cache
def _values(width: int) -> dict[bytes, int]:
    """Return what each glyph or mark of one digit or two is worth, in the order of the values."""
    glyphs = map(bytes, product(DIGITS.encode(), repeat=width))
    return {digits: value for value, digits in enumerate(glyphs)} | {MARK * width: UNREADABLE}


@lru_cache(maxsize=16)
def _spelled(script: Script) -> dict[int, bytes]:
    """Return the digits of each glyph, by code point."""
    spelled = [*_values(script.digits_per_glyph)]
    return {ord(glyph): spelled[value] for value, glyph in enumerate(script.glyphs)}


def _codes(*ranges: tuple[int, int]) -> Iterator[int]:
    return chain.from_iterable(range(first, last + 1) for first, last in ranges)


@lru_cache(maxsize=32)
def _folding(script: Script, symbols: int) -> _Folding:
    """Make the frozen table that folds characters, and patterns for stretches worth folding."""
    width = script.digits_per_glyph
    marks = _codes(*MARK_RANGES, *(PICTURE_RANGES if script.name == "emoji" else ()))
    table = dict.fromkeys(marks, MARK * width)
    table |= dict.fromkeys(chain(_codes(*IGNORABLE_RANGES), map(ord, script.separators)), b"")
    spelled = _spelled(script)
    table |= {
        ord(glyph): spelled[ord(script.glyphs[value])] for glyph, value in script.digits.items()
    }
    shortest = symbols * script.glyphs_per_symbol
    aliases = {*map(ord, script.digits)} - {*map(ord, script.glyphs)}
    characters = _class(table)
    return _Folding(
        script,
        table,
        frozenset(chr(code) for code, digits in table.items() if not digits),
        re.compile(f"{characters}+"),
        shortest,
        re.compile(f"{characters}{{{shortest // _STRIDE},}}"),
        re.compile(_class(aliases)),
    )


def _class(codes: Iterable[int]) -> str:
    """Write code points as a character class; one that nothing matches if there are none."""
    ranges: list[list[int]] = [[-2, -2]]
    for code in sorted(codes):
        # The engine has a bitmap for the basic plane, but tries ranges beyond it one by one.
        gap = _ASTRAL_GAP if code > _BASIC_PLANE_LAST else 1
        if code - ranges[-1][1] <= gap:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    ends = [[re.escape(chr(code)) for code in sorted({*ends})] for ends in ranges[1:]]
    return f"[{''.join(map('-'.join, ends))}]" if ends else "(?!)"


@lru_cache(maxsize=16)
def check_script(script: Script) -> None:
    """Refuse a script of the caller's whose glyphs the folding would not leave alone.

    Raises:
        ValueError: It has the name of a built-in script; or a glyph is ignorable, a mark, or a
            glyph or separator of a built-in script.
    """
    taken = {chr(code) for code in _codes(*IGNORABLE_RANGES, *MARK_RANGES)} | {*"<>[]&%."}
    for built_in in map(load_script, SCRIPT_NAMES):
        taken |= {*built_in.digits, *built_in.separators}
    if script.name in SCRIPT_NAMES:
        msg = f"the name {script.name!r} is that of a built-in script"
        raise ValueError(msg)
    for glyph in (*script.digits, *script.separators):
        if glyph in taken:
            msg = f"U+{ord(glyph):04X} is ignorable, a mark, or taken by a built-in script"
            raise ValueError(msg)
