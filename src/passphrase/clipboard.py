"""Any pasted text -> the codewords in it, with their spans: linear, bounded, and without a key.

Source: docs/format.md, "Reading". A codeword is found by what it is (header, length and parity),
never by what stands around it.

Shapes:
    text  any str; longer than `max_chars` is refused unread
    span  start and end in the text, in characters
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from passphrase.errors import (
    DamagedError,
    NotFoundError,
    Span,
    TextTooLongError,
    without_trace,
)
from passphrase.fold import MARK, Row, check_script, pure_rows, rows
from passphrase.layout import (
    HEADERS,
    PARITY_SYMBOLS,
    SYMBOL_BITS,
    VERSION,
    WORD_SIZES,
    WORD_SYMBOLS,
    Header,
)
from passphrase.markup import unwrap
from passphrase.parity import is_sound
from passphrase.repair import UNREADABLE, Damage, Proposal
from passphrase.scripts import built_in_scripts
from passphrase.scripts.script import Script
from passphrase.symbols import DIGITS, is_padded, merge, split

MAX_CHARS: Final = 1 << 16

_FIGURES: Final = range(2, 10)  # 0 and 1 may be the O, I or L of prose
_LETTERS_PAST_F: Final = range(16, 32)
# A row with so many readable symbols and no codeword is taken for a damaged one.
_DAMAGED_SYMBOLS_MIN: Final = WORD_SIZES[0] - PARITY_SYMBOLS
_DIGITS_MIN: Final = 2 * WORD_SIZES[0]


def _sizes(*, known: bool) -> dict[bytes, int]:
    """Return how many symbols a word has, by the digits of its header."""
    return {
        f"{DIGITS[symbol >> 5]}{DIGITS[symbol & 31]}".encode(): size
        for symbol, (header, size) in enumerate(zip(HEADERS, WORD_SYMBOLS, strict=True))
        if size and (header.version == VERSION) == known
    }


# A word of version 1 may begin anywhere. A newer one, which can only be reported, must not touch a
# glyph before it: otherwise seven of eight glyphs in a chat would be looked at as its beginning.
_SIZES: Final = _sizes(known=True)
_NEWER_SIZES: Final = _sizes(known=False)


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


class Word(NamedTuple):
    """A codeword as it was found, before anybody asks for its symbols.

    Attributes:
        number: The codeword as one number.
        size: How many symbols it has.
        text: Its one canonical spelling.
        script: Name of the script.
        span: Where it stands in the text.
    """

    number: int
    size: int
    text: str
    script: str
    span: Span

    @property
    def header_symbol(self) -> int:
        """The first symbol."""
        return self.number >> SYMBOL_BITS * (self.size - 1)

    @property
    def candidate(self) -> Candidate:
        """What the caller is told of it."""
        return Candidate(split(self.number, self.size), self.text, self.script, self.span)


class Findings(NamedTuple):
    """What a text holds: codewords, and rows that may be damaged ones, each in order."""

    words: list[Word]
    suspects: list[Row]

    @property
    def candidates(self) -> list[Candidate]:
        """The codewords, for the caller."""
        return [word.candidate for word in self.words]

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


def search(text: str, *, scripts: Sequence[Script] = (), max_chars: int = MAX_CHARS) -> Findings:
    """Find every codeword in a text, and every row that may be a damaged one.

    Args and errors are those of `find`.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("text must be a str")
    if len(text) > max_chars:
        raise TextTooLongError(len(text), max_chars)
    for script in scripts:
        check_script(script)
    known = (*built_in_scripts(), *scripts)
    findings = Findings([], [])
    for row in pure_rows(text, known) or rows(unwrap(text), known, _DAMAGED_SYMBOLS_MIN):
        _look(row, findings)
    findings.words.sort(key=_span)
    findings.suspects.sort(key=_span)
    return findings


scan: Final = without_trace(search)


def _look(row: Row, findings: Findings) -> None:
    """Add what a row holds: its codewords, and what may be damaged ones between them."""
    rest = 0
    for word, first, last in _words(row):
        findings.words.append(word)
        if rest < first:
            findings.suspects.extend(_suspects(row.part(rest, first)))
        rest = max(rest, last)
    if rest < len(row.places):
        findings.suspects.extend(_suspects(row.part(rest, len(row.places))))


def _span(found: Word | Row) -> Span:
    return found.span


def _words(row: Row) -> list[tuple[Word, int, int]]:
    """Find the codewords in a row, wherever they begin, and which glyphs of it they are."""
    found: list[tuple[Word, int, int]] = []
    script, digits, places, bounds, spelling = row
    width = script.digits_per_glyph
    for at in range(0, len(digits) - _DIGITS_MIN + 1, width):
        header = digits[at : at + 2]
        is_known = header in _SIZES
        if is_known:
            size = _SIZES[header]
        elif (at and spelling) or header not in _NEWER_SIZES or row.is_touched(at // width):
            continue  # where nothing but glyphs stands, every one but the first touches another
        else:
            size = _NEWER_SIZES[header]
        end = at + 2 * size
        if end > len(digits) or MARK in digits[at:end]:
            continue
        number = int(digits[at:end], 32)
        if is_sound(number, size) and (not is_known or is_padded(number, size)):
            first, last = at // width, end // width
            text = spelling[first:last] or script.spell_word(number, size)
            span = (bounds[places[first]], bounds[places[last - 1] + 1])
            found.append((Word(number, size, text, script.name, span), first, last))
    return found


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


def repaired(row: Row, proposal: Proposal) -> Word:
    """Make a word of a codeword that a part of a row may have been."""
    span = (row.start(proposal.start), row.end(proposal.end - 1))
    number, size = merge(proposal.codeword), len(proposal.codeword)
    return Word(number, size, row.script.spell_word(number, size), row.script.name, span)


def repairs(row: Row, proposal: Proposal) -> tuple[Repair, ...]:
    """Say what was repaired where, in the words of the script."""
    glyphs, read_glyphs = row.script.glyphs, row.glyphs
    values = row.script.values(proposal.codeword)
    told: list[Repair] = []
    for kind, glyph, at in proposal.edits:
        count, last = 1, at
        if kind is Damage.SWAPPED:  # marks between the two stand for nothing
            behind = range(at + 1, len(read_glyphs))
            count, last = 2, next(i for i in behind if read_glyphs[i] != UNREADABLE)
        taken = (value for value in read_glyphs[at : last + 1] if value != UNREADABLE)
        read = "".join(glyphs[value] for value in taken)
        meant = "".join(glyphs[value] for value in values[glyph : glyph + count])
        if kind is Damage.LOST:
            place = row.start(at) if at < len(row.places) else row.end(-1)
            told.append(Repair(kind, glyph, (place, place), "", meant))
        else:
            span = (row.start(at), row.end(last))
            told.append(Repair(kind, glyph, span, read, "" if kind is Damage.EXTRA else meant))
    return tuple(told)
