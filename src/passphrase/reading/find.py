"""Pasted text -> the codewords in it, with their spans, in linear time and without a key.

Source: docs/format.md, "Reading". A codeword is found by its header, length and parity, never by
the text around it.

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
    CODEWORD_SIZES,
    CODEWORD_SYMBOLS,
    SIZES_BY_HEADER,
    SYMBOL_BITS,
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

_OPENINGS_MAX: Final = 4  # that are checked one by one

# A codeword of version 1 can begin anywhere. One of another version, which can only be refused,
# must not touch a glyph before it: seven of eight glyphs would be its possible beginning.
_NEWER: Final = {
    symbol for symbol, size in enumerate(CODEWORD_SYMBOLS) if size
} - SIZES_BY_HEADER.keys()


class Contents(NamedTuple):
    """The codewords in a text, and the rows that may be damaged ones, both in order."""

    codewords: list[Codeword]
    damaged: list[Row]

    @property
    def candidates(self) -> list[Candidate]:
        """The codewords, for the caller."""
        return [codeword.candidate for codeword in self.codewords]

    @property
    def refusal(self) -> DamagedError | NotFoundError:
        """The error to raise if nothing can be read: about the longest damaged row, if any."""
        longest = max(self.damaged, key=lambda row: row.readable, default=None)
        return longest.damage() if longest else NotFoundError()


@without_trace
def find(
    text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS
) -> list[Candidate]:
    """Find every undamaged passphrase in a text, in order. Needs no key.

    Signatures are NOT checked. In ordinary text, about one in 2^30 rows of glyphs that are long
    enough is found by mistake.

    Args:
        text: Any text.
        scripts: Your own scripts, in addition to the built-in ones.
        max_chars: The longest text that is read, in characters, at least 1.

    Raises:
        TypeError: The text, a script or `max_chars` has the wrong type.
        TextTooLongError: The text has more than `max_chars` characters. Shorten it, or raise the
            limit.
        ValueError: `max_chars` is below 1, or your script has glyphs that would not be read back.
    """
    return scan(text, scripts=scripts, max_chars=max_chars).candidates


@without_trace
def recognize(text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS) -> bool:
    """Return whether a text contains an undamaged passphrase, so that it is worth sending.

    Args and errors are those of `find`.
    """
    return bool(find(text, scripts=scripts, max_chars=max_chars))


def scan(text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS) -> Contents:
    """Find every codeword in a text, and every row that may be a damaged one.

    It finds what `Script.spell` wrote. Args and errors are those of `find`.
    """
    check_max_chars(max_chars)
    check_text(text, max_chars)
    if scripts != ():
        _check_scripts(scripts)
    known = known_scripts(scripts)
    if (seen := glance(text, known)) is not None:
        return Contents(seen, [])
    return read_in_full(text, known)


def read_in_full(
    text: str, known: tuple[Script, ...], codewords_max: int | None = None
) -> Contents:
    """Do what `scan` does, without the straight path, for checked arguments.

    Args:
        text: Any text.
        known: The scripts to look for.
        codewords_max: Stop when there are more different codewords than this.
    """
    found: dict[Codeword, None] = {}
    damaged: list[Row] = []
    numbers: set[int] = set()
    for reading in readings(text):
        damaged.clear()  # only damaged rows of the last reading are kept
        for row in rows(reading, known):
            for codeword in _look(row, damaged):
                found[codeword] = None
                numbers.add(codeword.number)
                if codewords_max and len(numbers) > codewords_max:
                    return _sorted(found, [])
    return _sorted(found, damaged)


def known_scripts(own: Sequence[Script]) -> tuple[Script, ...]:
    """Return the built-in scripts and `own`."""
    return (*built_in_scripts(), *own) if own else built_in_scripts()


def _sorted(codewords: Iterable[Codeword], damaged: list[Row]) -> Contents:
    return Contents(
        sorted(codewords, key=lambda codeword: codeword.span),
        sorted(damaged, key=lambda row: row.span),
    )


def _check_scripts(scripts: Sequence[Script]) -> None:
    """Check that `scripts` is a sequence of scripts whose glyphs can be read back."""
    if not isinstance(scripts, Sequence) or not all(isinstance(each, Script) for each in scripts):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("scripts must be a sequence of Script")
    for script in scripts:
        check_script(script)


def check_text(text: str, max_chars: int) -> None:
    """Check that `text` is a str with at most `max_chars` characters.

    Raises:
        TypeError: It is not a str.
        TextTooLongError: It is longer.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("text must be a str")
    if len(text) > max_chars:
        raise TextTooLongError(len(text), max_chars)


def check_max_chars(max_chars: int) -> None:
    """Check that `max_chars` is a positive int.

    Raises:
        TypeError: It is not an int.
        ValueError: It is below 1.
    """
    if type(max_chars) is not int:
        raise TypeError("max_chars must be an int")
    if max_chars < 1:
        raise ValueError("max_chars must be at least 1")


def _look(row: Row, damaged: list[Row]) -> Iterator[Codeword]:
    """Yield the codewords in a row, and append the parts between them to `damaged`."""
    rest = 0
    for codeword, first, last in _codewords(row):
        yield codeword
        if rest < first:
            _keep(row.part(rest, first), damaged)
        rest = max(rest, last)
    if rest < len(row.places):
        _keep(row.part(rest, len(row.places)), damaged)


def _keep(row: Row, damaged: list[Row]) -> None:
    """Append a row to `damaged`, unless it is chatter."""
    if not is_chatter(row, ROW_SYMBOLS_MIN):
        damaged.append(row)


def _codewords(row: Row) -> Iterator[tuple[Codeword, int, int]]:
    """Yield the codewords in a row, each with the indices of its first glyph and of its end."""
    script, digits, spelling = row.script, row.digits, row.spelling
    digits_per_glyph, width = script.digits_per_glyph, script.glyphs_per_symbol
    symbols = row.symbols
    openings = _openings(row, symbols)
    if len(openings) > _OPENINGS_MAX:  # together is faster: they share symbols
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
            text = spelling[first:last] or script.spell(number, size)
            span = (row.start(first), row.end(last - 1))
            yield Codeword(number, size, text, script.name, span), first, last


def _openings(row: Row, symbols: list[int]) -> list[tuple[int, int]]:
    """Return the index of each possible header, and the number of symbols in its codeword."""
    width = row.script.glyphs_per_symbol
    length = len(row.places)
    headers = symbols[: max(0, length - width * CODEWORD_SIZES[0] + 1)]
    starts = [*compress(range(length), map(SIZES_BY_HEADER.__contains__, headers))]
    begins = row.begins if not row.spelling else [0]
    newer = [at for at in begins if at < len(headers) and headers[at] in _NEWER]
    starts = sorted(starts + newer) if newer else starts
    sized = [(at, CODEWORD_SYMBOLS[symbols[at]]) for at in starts]
    return [(at, size) for at, size in sized if at + width * size <= length]
