"""Any pasted text -> the codewords in it, with their spans: linear, bounded, and without a key.

Source: docs/format.md, "Reading". A codeword is found by what it is (header, length and parity),
never by what stands around it.

Shapes:
    text  any str; longer than `max_chars` is refused unread
    span  start and end in the text, in characters
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from passphrase.errors import (
    DamagedError,
    NotFoundError,
    PaddingError,
    Span,
    TextTooLongError,
    without_trace,
)
from passphrase.fold import Row, check_script, rows
from passphrase.layout import (
    HEADERS,
    PARITY_SYMBOLS,
    VERSION,
    WORD_SIZES,
    WORD_SYMBOLS,
    Header,
)
from passphrase.markup import unwrap
from passphrase.parity import is_sound
from passphrase.repair import UNREADABLE, Damage, Proposal
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script
from passphrase.symbols import join

MAX_CHARS: Final = 1 << 16

_FIGURES: Final = range(2, 10)  # 0 and 1 may be the O, I or L of prose
_LETTERS_PAST_F: Final = range(16, 32)
# A row with so many readable symbols and no codeword is taken for a damaged one.
_DAMAGED_SYMBOLS_MIN: Final = WORD_SIZES[0] - PARITY_SYMBOLS


@dataclass(frozen=True, slots=True)
class Candidate:
    """A codeword found in a text: its parity is sound, its tag is not checked.

    Attributes:
        codeword: 24 to 43 symbols.
        text: Its one canonical spelling in the script it was found in.
        script: Name of that script.
        span: Where it stands in the text, in characters.
    """

    codeword: tuple[int, ...]
    text: str
    script: str
    span: Span

    @property
    def header(self) -> Header:
        """Version, key id and id widths: all that can be read without a key."""
        return HEADERS[self.codeword[0]]


class Findings(NamedTuple):
    """What a text holds: codewords, and rows that may be damaged ones, each in order."""

    candidates: list[Candidate]
    suspects: list[Row]

    @property
    def refusal(self) -> DamagedError | NotFoundError:
        """What is to be said if nothing here will do: damage, of the longest row, or nothing."""
        damages = [row.damage() for row in self.suspects]
        return max(damages, key=_readable, default=NotFoundError())


def _readable(damage: DamagedError) -> int:
    return damage.readable


@without_trace
def find(
    text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS
) -> list[Candidate]:
    """Find every undamaged codeword in a text by its parity, in order. Needs no key.

    Ordinary text gives a false alarm once in about 2^30 rows of glyphs that are long enough.

    Args:
        text: Any text.
        scripts: Scripts of your own to look for, besides the built-in ones.
        max_chars: The longest text that is read, in characters.

    Raises:
        TypeError: The text is no str.
        TextTooLongError: It has more than `max_chars` characters.
        ValueError: A script of your own would not survive the reading.
    """
    return scan(text, scripts=scripts, max_chars=max_chars).candidates


@without_trace
def recognize(text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS) -> bool:
    """Tell whether a text holds an undamaged codeword, and so is worth sending to the backend.

    Args and errors are those of `find`.
    """
    return bool(find(text, scripts=scripts, max_chars=max_chars))


@without_trace
def scan(text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS) -> Findings:
    """Find every codeword in a text, and every row that may be a damaged one.

    Args and errors are those of `find`.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("text must be a str")
    if len(text) > max_chars:
        raise TextTooLongError(len(text), max_chars)
    for script in scripts:
        check_script(script)
    unwrapped = unwrap(text)
    findings = Findings([], [])
    for script in chain(map(load_script, SCRIPT_NAMES), scripts):
        for row in rows(unwrapped, script, _DAMAGED_SYMBOLS_MIN * script.glyphs_per_symbol):
            rest = 0
            for candidate, first, last in _candidates(row):
                findings.candidates.append(candidate)
                findings.suspects.extend(_suspects(row.part(rest, first)))
                rest = max(rest, last)
            findings.suspects.extend(_suspects(row.part(rest, len(row.glyphs))))
    findings.candidates.sort(key=lambda candidate: candidate.span)
    findings.suspects.sort(key=lambda row: row.span)
    return findings


def _candidates(row: Row) -> Iterator[tuple[Candidate, int, int]]:
    """Find the codewords in a row, wherever they begin, and which glyphs of it they are."""
    script = row.script
    step = script.glyphs_per_symbol
    for phase in range(step):
        symbols = script.read(row.glyphs[phase:])
        for start, symbol in enumerate(symbols):
            first = phase + start * step
            size = WORD_SYMBOLS[symbol] if symbol >= 0 else 0
            if not 0 < size <= len(symbols) - start or not _may_begin(symbol, first, row):
                continue
            codeword = symbols[start : start + size]
            if _is_word(codeword):
                last = first + size * step
                span = (row.starts[first], row.ends[last - 1])
                yield Candidate(codeword, script.spell(codeword), script.name, span), first, last


def _may_begin(symbol: int, first: int, row: Row) -> bool:
    """Tell whether a codeword may begin here.

    Version 1 may begin anywhere. A newer one, which can only be reported, must not touch a glyph
    before it: otherwise seven of eight glyphs in a chat would be looked at as its beginning.
    """
    if HEADERS[symbol].version == VERSION:
        return True
    touched = first > 0 and row.ends[first - 1] == row.starts[first]
    return not touched or row.glyphs[first - 1] == UNREADABLE


def _is_word(codeword: tuple[int, ...]) -> bool:
    """Tell whether parity holds and, in version 1, the padding is zero."""
    if min(codeword) < 0 or not is_sound(codeword):
        return False
    if HEADERS[codeword[0]].version != VERSION:
        return True
    try:
        join(codeword[:-PARITY_SYMBOLS])
    except PaddingError:
        return False
    return True


def _suspects(row: Row) -> Iterator[Row]:
    """Tell a damaged codeword from chatter: glyphs vary; base 32 is no prose and no hex dump."""
    script = row.script
    readable = [glyph for glyph in row.glyphs if glyph != UNREADABLE]
    symbols = script.read(readable)
    different = min(len(symbols), WORD_SIZES[-1]) / 2
    if len(symbols) < _DAMAGED_SYMBOLS_MIN or len(set(symbols)) < different:
        return
    if script.glyphs_per_symbol > 1:
        has_figures = any(glyph in _FIGURES for glyph in readable)
        letters = sum(glyph in _LETTERS_PAST_F for glyph in readable)
        if not has_figures or 8 * letters < len(readable):
            return
    yield row


@dataclass(frozen=True, slots=True)
class Repair:
    """One damage that was repaired.

    Attributes:
        kind: "wrong", "unreadable", "lost", "extra" or "swapped".
        position: Index of the glyph in the spelling of the codeword, hyphens not counted.
        span: Where the damage stands in the text; empty where a glyph was lost.
        read: The glyphs that were read; empty if lost or unreadable.
        meant: The glyphs that were meant; empty if extra.
    """

    kind: Damage
    position: int
    span: Span
    read: str
    meant: str


def repaired(row: Row, proposal: Proposal) -> Candidate:
    """Make a candidate of a codeword that a part of a row may have been."""
    span = row.part(proposal.start, proposal.end).span
    spelling = row.script.spell(proposal.codeword)
    return Candidate(proposal.codeword, spelling, row.script.name, span)


def repairs(row: Row, proposal: Proposal) -> tuple[Repair, ...]:
    """Say what was repaired where, in the words of the script."""
    glyphs = row.script.glyphs
    values = row.script.values(proposal.codeword)
    told: list[Repair] = []
    for kind, glyph, at in proposal.edits:
        count = 2 if kind is Damage.SWAPPED else 1
        read = "".join(glyphs[value] for value in row.glyphs[at : at + count])
        meant = "".join(glyphs[value] for value in values[glyph : glyph + count])
        if kind is Damage.LOST:
            place = row.starts[at] if at < len(row.starts) else row.ends[-1]
            span, read = (place, place), ""
        else:
            span = (row.starts[at], row.ends[at + count - 1])
        told.append(
            Repair(
                kind,
                glyph,
                span,
                "" if kind is Damage.UNREADABLE else read,
                "" if kind is Damage.EXTRA else meant,
            )
        )
    return tuple(told)
