"""Unwrapped text -> rows of one script's glyphs, each character folded by a frozen table.

Source: docs/format.md, "Reading", steps 2 and 3, and "Foreign words". Text is not normalised,
because that is quadratic on combining marks, and not case-folded, because that would accept foreign
letters.

Shapes:
    row  glyphs and marks of one script, with nothing but ignorable characters between them
"""

import re
from codecs import charmap_encode
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import chain, compress
from typing import Final, NamedTuple

from passphrase.errors import Span
from passphrase.format.layout import CODEWORD_SIZES, PARITY_SYMBOLS
from passphrase.reading.characters import IGNORABLE_RANGES, MARK_RANGES, PICTURE_RANGES, codes
from passphrase.reading.markup import Unwrapped
from passphrase.reading.row import MARK, Row, digit_values
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script

_BASIC_PLANE_LAST: Final = 0xFFFF
_ASTRAL_GAP: Final = 256
# A row with at least this many readable symbols may be a damaged codeword.
ROW_SYMBOLS_MIN: Final = CODEWORD_SIZES[0] - PARITY_SYMBOLS
# How many characters of each core are in the sample of a text, by the number of glyphs to a symbol.
# One of 1024 glyphs is seldom a character of ordinary text, and one of 32 often is.
_SAMPLES_MIN: Final = {1: 2, 2: 5}
_OPENING: Final = r"(\[{（［｛【「『《〈〔“‘"
_CLOSING: Final = r")\]}）］｝】」』》〉〕”’"
_WORD_CHARS_MAX: Final = 20  # docs/format.md, "Foreign words", `word`
_NO_WORD: Final = (0, 0)


def rows(
    unwrapped: Unwrapped, scripts: Iterable[Script], symbols_min: int = ROW_SYMBOLS_MIN
) -> list[Row]:
    """Return every row with glyphs for at least `symbols_min` symbols, in order, script by script.

    One foreign character or word between two runs is a mark, and joins them. One of the two runs
    must have glyphs and marks for at least ``symbols_min / 2`` symbols.
    """
    found: list[Row] = []
    plain = unwrapped.text
    for script in scripts:
        folding = folding_of(script, symbols_min)
        if folding.sample.search(plain[:: folding.stride_chars]):
            found += chain.from_iterable(
                _joined(runs, folding, unwrapped) for runs in _chains(plain, folding)
            )
    return found


class _Run(NamedTuple):
    """Glyphs and marks of a script, with nothing but ignorable characters between them.

    Attributes:
        digits: As in `Row`.
        places: As in `Row`.
        spelling: As in `Row`.
        word: Start and end of the foreign word between this run and the next; (0, 0) without one.
    """

    digits: bytes
    places: Sequence[int]
    spelling: str
    word: Span


_NO_RUN: Final = _Run(b"", (), "", _NO_WORD)


def _chains(plain: str, folding: "Folding") -> Iterator[list[_Run]]:
    """Yield lists of runs that foreign words join, if together they may be a row."""
    linked: list[re.Match[str]] = []
    chars_linked = chars_before = 0
    for match in chain(folding.run.finditer(plain), (None,)):
        chars = match.end(1) - match.start() if match else 0
        is_linked = linked and linked[-1].end(2) >= 0
        is_core = max(chars_before, chars) >= folding.core_glyphs
        if linked and not (match and is_linked and is_core):
            # With a mark between each two.
            if chars_linked + len(linked) > folding.row_glyphs_min:
                yield [*chain.from_iterable(_runs(plain, each, folding) for each in linked)]
            linked, chars_linked = [], 0
        if match:
            linked.append(match)
            chars_linked, chars_before = chars_linked + chars, chars


def _runs(plain: str, match: "re.Match[str]", folding: "Folding") -> Iterator[_Run]:
    """Fold a match of the pattern: one run, or several with foreign characters between them."""
    text, start = match[1], match.start()
    word = match.span(2) if match.end(2) >= 0 else _NO_WORD
    try:
        # The type says ints, but bytes work too.
        digits, _ = charmap_encode(text, "strict", folding.table)  # pyright: ignore[reportArgumentType]
    except UnicodeEncodeError:
        yield from _broken(plain, range(start, match.end(1)), word, folding)
        return
    width = folding.script.digits_per_glyph
    places: Sequence[int] = range(start, start + len(text))
    spelling = ""
    if len(digits) < width * len(text):
        values = map(folding.table.__getitem__, map(ord, text))
        places = [*compress(range(start, start + len(text)), values)]
    elif not (folding.script.group or MARK in digits or folding.alias.search(text)):
        spelling = text
    yield _Run(digits, places, spelling, word)


def _broken(plain: str, stretch: range, word: Span, folding: "Folding") -> Iterator[_Run]:
    """Fold a match that contains foreign characters, and split it there.

    Above U+FFFF the pattern is wider than the script.
    """
    digits: list[bytes] = []
    places: list[int] = []
    for place in stretch:
        value = folding.table.get(ord(plain[place]))
        if value is None:
            yield _Run(b"".join(digits), places, "", (place, place + 1))
            digits, places = [], []
        elif value:
            digits.append(value)
            places.append(place)
    yield _Run(b"".join(digits), places, "", word)


def _joined(runs: Iterable[_Run], folding: "Folding", unwrapped: Unwrapped) -> Iterator[Row]:
    """Join runs into rows. A foreign word joins two runs if one of them is long."""
    width = folding.script.digits_per_glyph
    linked: list[_Run] = []
    for run in chain(runs, (_NO_RUN,)):
        if linked:
            sizes = len(linked[-1].digits), len(run.digits)
            is_core = max(sizes) >= folding.core_glyphs * width
            if not (all(sizes) and is_core) or linked[-1].word == _NO_WORD:
                yield from _row(linked, folding, unwrapped)
                linked = []
        linked.append(run)


def _row(runs: Sequence[_Run], folding: "Folding", unwrapped: Unwrapped) -> Iterator[Row]:
    """Join runs into one row, with a mark between each two, if it is long enough."""
    width = folding.script.digits_per_glyph
    mark = MARK * width
    digits = mark.join(run.digits for run in runs)
    if len(digits) - digits.count(MARK) < width * folding.row_glyphs_min:
        return
    places, spelling, gaps = runs[0].places, runs[0].spelling, {}
    if len(runs) > 1:
        gaps = dict(run.word for run in runs[:-1])
        spelling = ""
        places = [*chain.from_iterable((*run.places, run.word[0]) for run in runs)][:-1]
    yield Row(folding.script, digits, places, unwrapped.bounds, spelling, gaps)


class Folding(NamedTuple):
    """The table and the patterns that find and fold the characters of a script.

    Attributes:
        script: The script.
        table: By code point, the digits of a glyph or a mark; empty for an ignorable character.
        run: Matches a run, and the foreign word after it if another run follows. The run can
            contain foreign characters above U+FFFF.
        row_glyphs_min: The least number of glyphs in a row.
        core_glyphs: The least number of glyphs and marks in one of its runs.
        stride_chars: The distance between the characters of a text that are in its sample.
        sample: Matches a core in the sample of a text.
        core_run: Matches a core in the text, and the ignorable characters after it.
        alias: Matches a glyph that the script does not write itself.
    """

    script: Script
    table: dict[int, bytes]
    run: re.Pattern[str]
    row_glyphs_min: int
    core_glyphs: int
    stride_chars: int
    sample: re.Pattern[str]
    core_run: re.Pattern[str]
    alias: re.Pattern[str]


@lru_cache(maxsize=16)
def spelled_digits(script: Script) -> dict[int, bytes]:
    """Map the code point of each glyph to its digits, and that of the separator to nothing."""
    spelled = [*digit_values(script.digits_per_glyph)]
    glyphs = {ord(glyph): spelled[value] for value, glyph in enumerate(script.glyphs)}
    return glyphs | {ord(separator): b"" for separator in script.separators[:1]}


@lru_cache(maxsize=32)
def folding_of(script: Script, symbols_min: int = ROW_SYMBOLS_MIN) -> Folding:
    """Make the table that folds the characters of a script, and the patterns that find them."""
    width = script.digits_per_glyph
    marks = codes(*MARK_RANGES, *(PICTURE_RANGES if script.name == "emoji" else ()))
    table = dict.fromkeys(marks, MARK * width)
    table |= dict.fromkeys(chain(codes(*IGNORABLE_RANGES), map(ord, script.separators)), b"")
    spelled = spelled_digits(script)
    table |= {
        ord(glyph): spelled[ord(script.glyphs[value])] for glyph, value in script.values.items()
    }
    core_symbols = (symbols_min + 1) // 2  # 11 of 21: docs/format.md, "Foreign words"
    core_glyphs = core_symbols * script.glyphs_per_symbol
    stride_chars = max(1, core_glyphs // _SAMPLES_MIN[script.glyphs_per_symbol])
    aliases = {*map(ord, script.values)} - {*map(ord, script.glyphs)}
    shown = {code for code, digits in table.items() if digits}
    ignored = table.keys() - shown
    characters = _class(table)
    return Folding(
        script,
        table,
        re.compile(f"({_class(shown)}{characters}*+)(?:{_word(shown, ignored)})?"),
        symbols_min * script.glyphs_per_symbol,
        core_glyphs,
        stride_chars,
        re.compile(f"{characters}{{{core_glyphs // stride_chars}}}"),
        re.compile(f"{_class(shown)}{characters}{{{core_glyphs - 1},}}+"),
        re.compile(_class(aliases)),
    )


def _word(shown: AbstractSet[int], ignored: AbstractSet[int]) -> str:
    """Write a pattern for a foreign word (in brackets, in colons, after a slash) or character.

    Args:
        shown: Code points of glyphs and marks. One of them must follow the word.
        ignored: Code points of ignorable characters, which can come between.
    """
    foreign = f"[^{_class(shown | ignored, astral_gap=1)[1:]}"
    follows = f"{_class(ignored, astral_gap=1)}*+{_class(shown, astral_gap=1)}"
    return (
        rf"([{_OPENING}][^{_OPENING}{_CLOSING}\r\n]{{1,{_WORD_CHARS_MAX}}}[{_CLOSING}]"
        rf"|([:：]){foreign}{{1,{_WORD_CHARS_MAX}}}\3"
        rf"|[/／]{foreign}{{1,{_WORD_CHARS_MAX}}}|{foreign})(?={follows})"
    )


def _class(codes: Iterable[int], astral_gap: int = _ASTRAL_GAP) -> str:
    """Write code points as a character class. Without code points, it matches nothing.

    Args:
        codes: The code points.
        astral_gap: Above U+FFFF, ranges with at most this distance are joined into one.
    """
    ranges: list[list[int]] = [[-2, -2]]
    for code in sorted(codes):
        # The engine has a bitmap up to U+FFFF, but tries the ranges above it one by one.
        gap = astral_gap if code > _BASIC_PLANE_LAST else 1
        if code - ranges[-1][1] <= gap:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    ends = [[re.escape(chr(code)) for code in sorted({*ends})] for ends in ranges[1:]]
    return f"[{''.join(map('-'.join, ends))}]" if ends else "(?!)"


@lru_cache(maxsize=16)
def check_script(script: Script) -> None:
    """Refuse a script of the caller whose glyphs would not be read back.

    Raises:
        ValueError: The script has the name of a built-in one; or one of its glyphs is ignorable, a
            mark, part of markup, or a glyph or separator of a built-in script.
    """
    taken = {chr(code) for code in codes(*IGNORABLE_RANGES, *MARK_RANGES)} | {*"<>[]&%."}
    for built_in in map(load_script, SCRIPT_NAMES):
        taken |= {*built_in.values, *built_in.separators}
    if script.name in SCRIPT_NAMES:
        msg = f"{script.name!r} is the name of a built-in script"
        raise ValueError(msg)
    for glyph in (*script.values, *script.separators):
        if glyph in taken:
            msg = f"a script cannot use U+{ord(glyph):04X}: it has another meaning in a pasted text"
            raise ValueError(msg)
