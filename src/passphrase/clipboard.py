"""Any pasted text -> the codewords in it, with their spans: linear, bounded, and without a key.

Source: docs/format.md, "Reading". Characters are folded by frozen tables, one at a time; no
normalisation, whose cost is quadratic on combining marks. A word is found by what it is (header,
length and parity), never by what stands around it.

Shapes:
    text  any str; longer than `max_chars` is refused unread
    span  start and end in the text, in characters
    run   the digits of one script with nothing but ignorable characters between them
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from passphrase.errors import (
    DamagedError,
    NotFoundError,
    PaddingError,
    PassphraseError,
    Span,
    TextTooLongError,
    without_trace,
)
from passphrase.layout import (
    PARITY_SYMBOLS,
    SHORTEST_WORD_SYMBOLS,
    VERSION,
    WORD_SYMBOLS,
    Header,
    read_header,
)
from passphrase.parity import is_sound
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script
from passphrase.symbols import join

MAX_CHARS: Final = 1 << 16

# What may stand between two glyphs and means nothing there. A newer Unicode changes nothing.
IGNORABLE_RANGES: Final = (
    (0x0009, 0x000D), (0x001C, 0x0020), (0x0085, 0x0085), (0x00A0, 0x00A0),  # spaces, breaks
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160),  # soft hyphen, joiners
    (0x1680, 0x1680), (0x17B4, 0x17B5), (0x180B, 0x180F),  # Ogham space, Khmer, Mongolian selectors
    (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F),  # spaces, zero width, line breaks, bidi
    (0x20E3, 0x20E3), (0x3000, 0x3000), (0x3164, 0x3164),  # keycap, ideographic space, filler
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB),  # selectors, BOM
    (0x1F3FB, 0x1F3FF), (0xE0000, 0xE0FFF),  # skin tones, tags and more selectors
)  # fmt: skip
_IGNORABLE: Final = frozenset(
    chr(code) for first, last in IGNORABLE_RANGES for code in range(first, last + 1)
)
_FIGURES: Final = range(2, 10)  # 0 and 1 may be the O, I or L of prose
_LETTERS_PAST_F: Final = range(16, 32)
_IGNORED: Final = -1
_FOREIGN: Final = -2
# A run this long without a codeword in it is taken for a damaged one.
_DAMAGED_SYMBOLS_MIN: Final = SHORTEST_WORD_SYMBOLS - PARITY_SYMBOLS


@dataclass(frozen=True, slots=True)
class Candidate:
    """A codeword found in a text: its parity is sound, its tag is not checked.

    Attributes:
        codeword: 24 to 43 symbols.
        script: Name of the script it is spelled in.
        span: Where it stands in the text, in characters.
    """

    codeword: tuple[int, ...]
    script: str
    span: Span

    @property
    def header(self) -> Header:
        """Version, key id and id widths: all that can be read without a key."""
        return read_header(self.codeword[0])

    @property
    def text(self) -> str:
        """Its one canonical spelling."""
        return load_script(self.script).spell(self.codeword)


class _Run(NamedTuple):
    digits: list[int]
    positions: list[int]


class Findings(NamedTuple):
    """What a text holds: its codewords in order, and the refusal that is due if none will do."""

    candidates: list[Candidate]
    refusal: PassphraseError


@without_trace
def find(text: str, *, max_chars: int = MAX_CHARS) -> list[Candidate]:
    """Find every codeword in a text by its parity, in order. Needs no key.

    Ordinary text gives a false alarm once in about 2^30 rows of glyphs that are long enough.

    Raises:
        TypeError: The text is no str.
        TextTooLongError: It has more than `max_chars` characters.
    """
    return scan(text, max_chars=max_chars).candidates


@without_trace
def recognize(text: str, *, max_chars: int = MAX_CHARS) -> bool:
    """Tell whether a text holds a codeword, and so is worth sending to the backend.

    Raises:
        TypeError: The text is no str.
        TextTooLongError: It has more than `max_chars` characters.
    """
    return bool(find(text, max_chars=max_chars))


@without_trace
def scan(text: str, *, max_chars: int = MAX_CHARS) -> Findings:
    """Find every codeword in a text; where there is none, tell what is there instead.

    Raises:
        TypeError: The text is no str.
        TextTooLongError: It has more than `max_chars` characters.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("text must be a str")
    if len(text) > max_chars:
        raise TextTooLongError(len(text), max_chars)
    candidates: list[Candidate] = []
    damaged: list[DamagedError] = []
    for script in map(load_script, SCRIPT_NAMES):
        for run in _runs(text, script):
            found = list(_candidates(run, script))
            candidates += found
            if not found and _looks_damaged(run, script):
                span = (run.positions[0], run.positions[-1] + 1)
                damaged.append(DamagedError(span, len(run.digits) // script.glyphs_per_symbol))
    candidates.sort(key=lambda candidate: candidate.span)
    longest = max(damaged, key=lambda error: error.readable, default=NotFoundError())
    return Findings(candidates, longest)


def _runs(text: str, script: Script) -> Iterator[_Run]:
    """Cut out every run that is long enough to matter, in order."""
    shortest = _DAMAGED_SYMBOLS_MIN * script.glyphs_per_symbol
    pattern, fold = _folding(script)
    for stretch in pattern.finditer(text):
        start, end = stretch.span()
        if end - start < shortest:
            continue
        run = _Run([], [])
        for position in range(start, end):
            digit = fold.get(text[position], _FOREIGN)
            if digit >= 0:
                run.digits.append(digit)
                run.positions.append(position)
            elif digit == _FOREIGN:
                if len(run.digits) >= shortest:
                    yield run
                run = _Run([], [])
        if len(run.digits) >= shortest:
            yield run


@cache
def _folding(script: Script) -> tuple[re.Pattern[str], dict[str, int]]:
    """Make the frozen table that folds characters, and a pattern for stretches worth folding.

    The table gives a glyph's digit, or _IGNORED. The pattern is one character class that holds the
    whole table and not much else: characters less than 256 apart make one range, which the regex
    engine matches far faster than the exact set.
    """
    fold = dict.fromkeys(_IGNORABLE.union(script.separators), _IGNORED) | dict(script.digits)
    codes = sorted(map(ord, fold))
    ranges: list[list[int]] = [[codes[0], codes[0]]]
    for code in codes:
        if code - ranges[-1][1] < 1 << 8:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    inside = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
    return re.compile(f"[{inside}]+"), fold


def _candidates(run: _Run, script: Script) -> Iterator[Candidate]:
    """Find the codewords in a run, wherever they begin."""
    step = script.glyphs_per_symbol
    for phase in range(step):
        symbols = script.read(run.digits[phase:])
        for start, symbol in enumerate(symbols):
            first = phase + start * step
            length = WORD_SYMBOLS[symbol]
            codeword = symbols[start : start + length]
            if (
                len(codeword) == length > 0
                and _may_begin(symbol, first, run)
                and _is_word(codeword)
            ):
                last = first + length * step - 1
                span = (run.positions[first], run.positions[last] + 1)
                yield Candidate(codeword, script.name, span)


def _may_begin(symbol: int, first: int, run: _Run) -> bool:
    """Tell whether a codeword may begin here.

    Version 1 may begin anywhere. A newer one, which can only be reported, must not touch a glyph
    before it: otherwise seven of eight glyphs in a chat would be looked at as its beginning.
    """
    if read_header(symbol).version == VERSION:
        return True
    return first == 0 or run.positions[first - 1] + 1 < run.positions[first]


def _is_word(codeword: tuple[int, ...]) -> bool:
    """Tell whether parity holds and, in version 1, the padding is zero."""
    if not is_sound(codeword):
        return False
    if read_header(codeword[0]).version != VERSION:
        return True
    try:
        join(codeword[:-PARITY_SYMBOLS])
    except PaddingError:
        return False
    return True


def _looks_damaged(run: _Run, script: Script) -> bool:
    """Tell a damaged codeword from chatter: glyphs vary; base 32 is no prose and no hex dump."""
    symbols = script.read(run.digits)
    if 2 * len(set(symbols)) < len(symbols):
        return False
    if script.glyphs_per_symbol == 1:
        return True
    figures = sum(digit in _FIGURES for digit in run.digits)
    letters = sum(digit in _LETTERS_PAST_F for digit in run.digits)
    return 16 * figures >= len(run.digits) <= 8 * letters
