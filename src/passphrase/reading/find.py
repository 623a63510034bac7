"""Any pasted text -> the codewords in it, with their spans: linear, bounded, and without a key.

Source: docs/format.md, "Reading". A codeword is found by what it is (header, length and parity),
never by what stands around it.

Shapes:
    text  any str; longer than `max_chars` is refused unread
    span  start and end in the text, in characters
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import Final, NamedTuple

from passphrase.errors import (
    DamagedError,
    NotFoundError,
    TextTooLongError,
    without_trace,
)
from passphrase.format.layout import (
    HEADERS,
    SYMBOL_BITS,
    VERSION,
    WORD_SIZES,
    WORD_SYMBOLS,
)
from passphrase.format.parity import is_sound, likely_sound
from passphrase.format.symbols import is_padded
from passphrase.reading.chatter import is_chatter
from passphrase.reading.codeword import Candidate, Codeword
from passphrase.reading.fold import ROW_SYMBOLS_MIN, check_script, rows
from passphrase.reading.glance import glance
from passphrase.reading.markup import readings
from passphrase.reading.row import MARK, Row
from passphrase.scripts import built_in_scripts
from passphrase.scripts.script import Script

MAX_CHARS: Final = 1 << 12

_OPENINGS_FEW: Final = 4

# A word of version 1 may begin anywhere. A newer one, which can only be reported, must not touch a
# glyph before it: otherwise seven of eight glyphs in a chat would be looked at as its beginning.
_OPENS: Final = {symbol for symbol, size in enumerate(WORD_SYMBOLS) if size}
_NEWER: Final = {symbol for symbol in _OPENS if HEADERS[symbol].version != VERSION}
_KNOWN: Final = _OPENS - _NEWER


class Contents(NamedTuple):
    """What a text holds: codewords, and rows that may be damaged ones, each in order."""

    codewords: list[Codeword]
    damaged: list[Row]

    @property
    def candidates(self) -> list[Candidate]:
        """The codewords, for the caller."""
        return [codeword.candidate for codeword in self.codewords]

    @property
    def refusal(self) -> DamagedError | NotFoundError:
        """The error to raise if nothing here can be read: the longest damaged row decides."""
        longest = max(self.damaged, key=lambda row: row.readable, default=None)
        return longest.damage() if longest else NotFoundError()


@without_trace
def find(
    text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS
) -> list[Candidate]:
    """Find every undamaged codeword in a text by its parity, in order. Needs no key.

    Ordinary text gives a false alarm once in about 2^30 rows of glyphs that are long enough.

    Args:
        text: Any text.
        scripts: Scripts of your own to look for, besides the built-in ones.
        max_chars: The longest text that is read, in characters, at least 1.

    Raises:
        TypeError: The text, a script or `max_chars` is of another type.
        TextTooLongError: The text has more than `max_chars` characters.
        ValueError: `max_chars` is below 1, or a script of your own would not survive the reading.
    """
    return scan(text, scripts=scripts, max_chars=max_chars).candidates


@without_trace
def recognize(text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS) -> bool:
    """Tell whether a text holds an undamaged codeword, and so is worth sending to the backend.

    Args and errors are those of `find`.
    """
    return bool(find(text, scripts=scripts, max_chars=max_chars))


def scan(
    text: str,
    *,
    scripts: Sequence[Script] = (),
    max_chars: int = MAX_CHARS,
    codewords_max: int | None = None,
) -> Contents:
    """Find every codeword in a text, and every row that may be a damaged one.

    Args and errors are those of `find`, and:
        codewords_max: The scan ends where more different codewords than this have been found.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("text must be a str")
    check_max_chars(max_chars)
    if len(text) > max_chars:
        raise TextTooLongError(len(text), max_chars)
    known = built_in_scripts()
    if scripts != ():
        _check_scripts(scripts)
        known = (*known, *scripts)
    if (seen := glance(text, known)) is not None:
        return Contents(seen, [])
    found: dict[Codeword, None] = {}
    damaged: list[Row] = []
    numbers: set[int] = set()
    for reading in readings(text):
        damaged.clear()  # the rows of the last reading count
        for row in rows(reading, known):
            for codeword in _look(row, damaged):
                found[codeword] = None
                numbers.add(codeword.number)
                if codewords_max and len(numbers) > codewords_max:
                    return _sorted(found, [])
    return _sorted(found, damaged)


def _sorted(codewords: Iterable[Codeword], damaged: list[Row]) -> Contents:
    return Contents(
        sorted(codewords, key=lambda codeword: codeword.span),
        sorted(damaged, key=lambda row: row.span),
    )


def _check_scripts(scripts: Sequence[Script]) -> None:
    """Refuse what is not a sequence of scripts that survive the reading."""
    if not isinstance(scripts, Sequence) or not all(isinstance(each, Script) for each in scripts):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("scripts must be a sequence of Script")
    for script in scripts:
        check_script(script)


def check_max_chars(max_chars: int) -> None:
    """Refuse a limit of characters that is not a positive int.

    Raises:
        TypeError: It is not an int.
        ValueError: It is below 1, so that every text would be refused.
    """
    if type(max_chars) is not int:
        raise TypeError("max_chars must be an int")
    if max_chars < 1:
        raise ValueError("max_chars must be at least 1")


def _look(row: Row, damaged: list[Row]) -> Iterator[Codeword]:
    """Yield the codewords in a row; collect what may be damaged ones between them."""
    rest = 0
    for codeword, first, last in _codewords(row):
        yield codeword
        if rest < first:
            _keep(row.part(rest, first), damaged)
        rest = max(rest, last)
    if rest < len(row.places):
        _keep(row.part(rest, len(row.places)), damaged)


def _keep(row: Row, damaged: list[Row]) -> None:
    """Collect a row unless it is chatter."""
    if not is_chatter(row, ROW_SYMBOLS_MIN):
        damaged.append(row)


def _codewords(row: Row) -> Iterator[tuple[Codeword, int, int]]:
    """Yield the codewords in a row, wherever they begin, and which glyphs of it they are."""
    script, digits, spelling = row.script, row.digits, row.spelling
    digits_per_glyph, width = script.digits_per_glyph, script.glyphs_per_symbol
    symbols = row.symbols
    openings = _openings(row, symbols)
    if len(openings) > _OPENINGS_FEW:  # they may share their symbols
        openings = likely_sound(symbols, openings, width)
    for first, size in openings:
        last = first + size * width
        spelled = digits[first * digits_per_glyph : last * digits_per_glyph]
        if MARK in spelled:
            continue
        number = int(spelled, 32)
        if not is_sound(number, size):
            continue
        if is_padded(number, size) or number >> SYMBOL_BITS * (size - 1) in _NEWER:
            text = spelling[first:last] or script.spell_word(number, size)
            span = (row.start(first), row.end(last - 1))
            yield Codeword(number, size, text, script.name, span), first, last


def _openings(row: Row, symbols: list[int]) -> list[tuple[int, int]]:
    """Find the glyphs where a header stands, and how many symbols the word has that it opens."""
    width = row.script.glyphs_per_symbol
    length = len(row.places)
    headers = symbols[: max(0, length - width * WORD_SIZES[0] + 1)]
    starts = [*compress(range(length), map(_KNOWN.__contains__, headers))]
    begins = row.begins if not row.spelling else [0]
    newer = [at for at in begins if at < len(headers) and headers[at] in _NEWER]
    starts = sorted(starts + newer) if newer else starts
    sized = [(at, WORD_SYMBOLS[symbols[at]]) for at in starts]
    return [(at, size) for at, size in sized if at + width * size <= length]
