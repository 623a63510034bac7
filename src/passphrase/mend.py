"""Damaged rows of a text -> the words they may have been, with their repairs: one budget for all.

Source: docs/format.md, "Repair". Where a codeword may begin is guessed, the likeliest place first;
`repair` says what it was if a guess is right, and the caller whether the tag agrees.

Shapes:
    row     glyphs and marks of one script, as `passphrase.fold.Row`
    guess   a place in a row and a size
    window  a part of a row from that place on, read in one way; the unit of the budget
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, pairwise, product
from typing import Final, NamedTuple

from passphrase.errors import Span
from passphrase.fold import Row
from passphrase.layout import HEADERS, VERSION, WORD_SIZES, WORD_SYMBOLS
from passphrase.repair import (
    ERASURES_MAX,
    STANDARD,
    THOROUGH,
    UNREADABLE,
    Damage,
    Edit,
    Window,
    join,
    propose,
)
from passphrase.symbols import merge

WINDOWS_MAX: Final = 96
PROPOSALS_MAX: Final = 64
MARKS_MAX: Final = 64  # of one codeword; so many more glyphs and marks are looked at
_GUESSES_MAX: Final = 4 * WINDOWS_MAX  # some have no window, and cost a fraction of one
_GROUPS_MAX: Final = 3  # of marks that stand for glyphs
# The symbols in a codeword of this version, by its header symbol.
_OPENED: Final = {
    symbol: size
    for symbol, (header, size) in enumerate(zip(HEADERS, WORD_SYMBOLS, strict=True))
    if size and header.version == VERSION
}


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


class Mended(NamedTuple):
    """A codeword that a part of a row may have been.

    Attributes:
        row: The row.
        codeword: 24 to 43 symbols whose parity is sound.
        edits: The damages that lead from it to what was read, in order; `at` counts in the row.
        start: Where the part begins in the row.
        end: Where it ends.
    """

    row: Row
    codeword: tuple[int, ...]
    edits: tuple[Edit, ...]
    start: int
    end: int

    @property
    def header_symbol(self) -> int:
        """The first symbol."""
        return self.codeword[0]

    @property
    def size(self) -> int:
        """How many symbols it has."""
        return len(self.codeword)

    @property
    def text(self) -> str:
        """Its one canonical spelling."""
        return self.row.script.spell_word(self.number, self.size)

    @property
    def script(self) -> str:
        """Name of the script."""
        return self.row.script.name

    @property
    def number(self) -> int:
        """The codeword as one number."""
        return merge(self.codeword)

    @property
    def span(self) -> Span:
        """Where it stands in the pasted text."""
        return self.row.start(self.start), self.row.end(self.end - 1)

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was repaired where, in the words of the script."""
        read = self.row.glyphs
        values = self.row.script.values(self.codeword)
        return tuple(_repair(self.row, read, values, edit) for edit in self.edits)


class _Guess(NamedTuple):
    """Where a codeword may begin: a place in a row, n symbols, and where its first damage may be.

    Attributes:
        row: The row.
        glyphs: Those of the row.
        start: A place in it.
        size: n.
        first_places: Symbols; only the first one where only a damaged header explains the guess.
    """

    row: Row
    glyphs: list[int]
    start: int
    size: int
    first_places: range


class _Reading(NamedTuple):
    """A part of a row in which each mark stands for one glyph, or for none and is left out.

    Attributes:
        glyphs: What is to be taken for a codeword.
        origins: Where each stands in the row, and where the part ends.
    """

    glyphs: list[int]
    origins: list[int]


def mend(rows: Sequence[Row], *, thorough: bool) -> Iterator[Mended]:
    """Yield what damaged rows may have been, each codeword once, within the budget of a text.

    Args:
        rows: In the order of the text.
        thorough: Look only for the damages that "thorough" adds.
    """
    yield from islice(_proposals(rows, thorough=thorough), PROPOSALS_MAX)


def _proposals(rows: Sequence[Row], *, thorough: bool) -> Iterator[Mended]:
    damages = THOROUGH if thorough else STANDARD
    seen: set[tuple[int, tuple[int, ...]]] = set()
    guesses = islice(_guesses(rows), _GUESSES_MAX)
    windows = (
        (guess, reading) for guess in guesses for reading in _readings(guess, thorough=thorough)
    )
    for guess, (glyphs, origins) in islice(windows, WINDOWS_MAX):
        row, size = guess.row, guess.size
        window = Window(glyphs, row.script.glyphs_per_symbol, size, guess.first_places)
        for symbols, edits in propose(window, damages):
            codeword = tuple(symbols)
            if _OPENED.get(codeword[0]) == size and (id(row), codeword) not in seen:
                seen.add((id(row), codeword))
                moved = tuple(edit._replace(at=origins[edit.at]) for edit in edits)
                yield Mended(row, codeword, moved, origins[0], origins[-2] + 1)


class _Places(NamedTuple):
    """Where codewords may begin in a row.

    Attributes:
        row: The row.
        glyphs: Those of the row.
        known: The place of each header that was read, and the symbols that it announces.
        begins: Places that no glyph touches before: a header there may be damaged.
        edges: The same, and the end of the row.
        ends: Where a codeword would be bounded, with a glyph more or fewer.
    """

    row: Row
    glyphs: list[int]
    known: list[tuple[int, int]]
    begins: list[int]
    edges: set[int]
    ends: set[int]

    def guesses(self, rank: int, *, is_known: bool) -> Iterator[_Guess]:
        """Yield guesses of which so many ends are bounded by nothing.

        Args:
            rank: How many ends, 0 to 2.
            is_known: Where a header was read; otherwise where it may be damaged.
        """
        glyphs, width = self.glyphs, self.row.script.glyphs_per_symbol
        has_marks = UNREADABLE in glyphs  # which may stand for any number of glyphs
        for start, size in self.known if is_known else product(self.begins, WORD_SIZES):
            end = start + size * width
            is_bounded = start in self.edges, has_marks or end in self.ends
            if is_bounded.count(False) == rank and end <= len(glyphs) + ERASURES_MAX:
                yield _Guess(self.row, glyphs, start, size, range(size if is_known else 1))


def _places(row: Row) -> _Places:
    glyphs, one_glyph = row.glyphs, row.script.glyphs_per_symbol == 1
    headers = glyphs if one_glyph else [join(*pair) for pair in pairwise(glyphs)]
    known = [(at, _OPENED[symbol]) for at, symbol in enumerate(headers) if symbol in _OPENED]
    edges = {*row.begins, len(glyphs)}
    ends = {edge + off for edge in edges for off in (-1, 0, 1)}
    return _Places(row, glyphs, known, row.begins, edges, ends)


def _guesses(rows: Sequence[Row]) -> Iterator[_Guess]:
    """Yield where codewords may begin, the likeliest first: bounded by something at both ends."""
    places = [*map(_places, rows)]
    for rank, is_known in product(range(3), (True, False)):
        for each in places:
            yield from each.guesses(rank, is_known=is_known)


def _readings(guess: _Guess, *, thorough: bool) -> Iterator[_Reading]:
    """Yield the parts of a row that a guess may mean, and what the marks in them may stand for.

    At "thorough" they stand for nothing: what they stand for, "standard" has looked at.
    """
    glyphs, start = guess.glyphs, guess.start
    width = guess.row.script.glyphs_per_symbol
    count, slack = guess.size * width, 2 if thorough else 1
    # If marks are the damage, the header stands as it was read, or they are in it.
    may_be_marks = not thorough and (
        len(guess.first_places) > 1 or UNREADABLE in glyphs[start : start + width]
    )
    for surplus in range(slack, -slack - 1, -1):
        end = start + count + surplus
        part = glyphs[start:end]
        if end <= len(glyphs) and (UNREADABLE not in part or (may_be_marks and not surplus)):
            yield _Reading(part, [*range(start, end + 1)])
    near = glyphs[start : start + count + MARKS_MAX]
    if UNREADABLE in near[: count + slack]:
        yield from _marked(near, start, count, ERASURES_MAX if may_be_marks else 0)


def _marked(near: list[int], start: int, count: int, most: int) -> Iterator[_Reading]:
    """Yield the ways in which groups of marks stand for some of n glyphs, or for none.

    Args:
        near: The glyphs and marks from a place on.
        start: That place.
        count: n.
        most: How many glyphs they may stand for.
    """
    readable = [at for at, glyph in enumerate(near) if glyph != UNREADABLE]
    for missing in range(most + 1):
        read = count - missing
        if len(readable) < read:
            continue
        end = readable[read] if len(readable) > read else len(near)
        groups = [
            [at for at, _ in group]
            for is_mark, group in groupby(enumerate(near[:end]), lambda pair: pair[1] == UNREADABLE)
            if is_mark
        ]
        some = groups[:_GROUPS_MAX]
        for shares in product(range(missing + 1), repeat=len(some)):
            if sum(shares) == missing and some:
                taken = [at for at in readable if at < end]
                for group, share in zip(some, shares, strict=True):
                    taken += [group[min(index, len(group) - 1)] for index in range(share)]
                taken.sort()
                origins = [start + at for at in taken] + [start + end]
                yield _Reading([near[at] for at in taken], origins)


def _repair(row: Row, read: list[int], values: list[int], edit: Edit) -> Repair:
    """Say what one edit means in the text."""
    kind, glyph, at = edit
    count, last = 1, at
    if kind is Damage.SWAPPED:  # marks between the two stand for nothing
        count, last = 2, next(i for i in range(at + 1, len(read)) if read[i] != UNREADABLE)
    glyphs = row.script.glyphs
    meant = "".join(glyphs[value] for value in values[glyph : glyph + count])
    if kind is Damage.LOST:
        place = row.start(at) if at < len(row.places) else row.end(-1)
        return Repair(kind, glyph, (place, place), "", meant)
    was = "".join(glyphs[value] for value in read[at : last + 1] if value != UNREADABLE)
    span = (row.start(at), row.end(last))
    return Repair(kind, glyph, span, was, "" if kind is Damage.EXTRA else meant)
