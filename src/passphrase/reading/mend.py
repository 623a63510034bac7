"""Damaged rows of a text -> the codewords that they may have been: one budget for a text.

Source: docs/format.md, "Repair". This module guesses where a codeword begins, the likeliest place
first. `repair` says which codewords explain a guess. The caller checks their tags.

Shapes:
    row     a `passphrase.reading.row.Row`
    guess   a place in a row and a size
    window  the glyphs of a guess, with one way to read its marks; the budget counts windows
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, compress, islice, product
from typing import Final, NamedTuple

from passphrase.errors import Span
from passphrase.format.layout import CODEWORD_SIZES, SIZES_BY_HEADER
from passphrase.format.symbols import merge
from passphrase.reading.chatter import unlike_prose
from passphrase.reading.repair import (
    STANDARD,
    THOROUGH,
    Damage,
    Edit,
    Part,
    Window,
    propose,
)
from passphrase.reading.row import UNREADABLE, Row

__all__ = ["Repair"]

WINDOWS_MAX: Final = 24  # with a header that was read, and again with any header
THOROUGH_WINDOWS_MAX: Final = 16  # for the damages that only "thorough" has
PROPOSALS_MAX: Final = 48
MARKS_MAX: Final = 64  # that can stand between the glyphs of one codeword
# A guess costs a fraction of a window. It has one window, or none, or one for each way to read its
# marks.
_GUESSES_MAX: Final = 384
_ROW_GUESSES_MAX: Final = 192
_GLYPHS_MAX: Final = 8192  # and marks
_ROW_GLYPHS_MAX: Final = 512
_BEGINS_MAX: Final = 16  # of a row, where a header is damaged
MISSING_GLYPHS_MAX: Final = 3  # for which marks can stand
_GROUPS_MAX: Final = 3  # of marks that stand for glyphs


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
        number: The codeword as one number.
        edits: The damages that lead from it to what was read, in order; `at` counts in the row.
        start: Where the part begins in the row.
        end: Where it ends.
    """

    row: Row
    codeword: tuple[int, ...]
    number: int
    edits: tuple[Edit, ...]
    start: int
    end: int

    @property
    def size(self) -> int:
        """How many symbols it has."""
        return len(self.codeword)

    @property
    def text(self) -> str:
        """Its one canonical spelling."""
        return self.row.script.spell(self.number, self.size)

    @property
    def script(self) -> str:
        """Name of the script."""
        return self.row.script.name

    @property
    def span(self) -> Span:
        """Where it stands in the pasted text."""
        return self.row.start(self.start), self.row.end(self.end - 1)

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was repaired where, in the words of the script."""
        read = self.row.glyphs
        values = self.row.script.split_glyphs(self.codeword)
        return tuple(_repair(self.row, read, values, edit) for edit in self.edits)


class _Guess(NamedTuple):
    """Where a codeword may be.

    Attributes:
        row: The row.
        glyphs: All glyphs of the row.
        start: Index of the first glyph of the guess.
        size: How many symbols the codeword would have.
        places: As in `Window`: 1 if the header was not read, because it is damaged.
        surplus: As in `Window`. None if marks may stand for glyphs, in one way or several.
    """

    row: Row
    glyphs: list[int]
    start: int
    size: int
    places: int
    surplus: int | None


class _Reading(NamedTuple):
    """A guess with one way to read its marks: each stands for a glyph, or is left out.

    Attributes:
        window: The glyphs that are left.
        origins: For each glyph of the window, its index after the start of the guess; and the end.
    """

    window: Window
    origins: Sequence[int]


class _Place:
    """The glyphs and marks after one place in a row, read once for all guesses there."""

    def __init__(self, guess: _Guess) -> None:
        width = guess.row.script.glyphs_per_symbol
        longest = width * CODEWORD_SIZES[-1] + MARKS_MAX
        self.part: Final = Part(guess.glyphs[guess.start : guess.start + longest], width)

    @cached_property
    def readable(self) -> list[int]:
        """The indices of the readable glyphs; marks are left out."""
        glyphs = self.part.glyphs
        return [*compress(range(len(glyphs)), map(UNREADABLE.__ne__, glyphs))]

    @cached_property
    def groups(self) -> list[list[int]]:
        """The indices of the marks, one list for neighbours; at most `_GROUPS_MAX` lists."""
        groups: list[list[int]] = []
        glyphs = self.part.glyphs
        for at in compress(range(len(glyphs)), map(UNREADABLE.__eq__, glyphs)):
            if groups and groups[-1][-1] == at - 1:
                groups[-1].append(at)
            elif len(groups) < _GROUPS_MAX:
                groups.append([at])
            else:
                break
        return groups

    @cached_property
    def without_marks(self) -> Part:
        """The glyphs without the marks."""
        return Part([*map(self.part.glyphs.__getitem__, self.readable)], self.part.width)


def mend(rows: Iterable[Row], *, thorough: bool) -> Iterator[Mended]:
    """Yield the possible codewords of damaged rows, without repeating one for the same row.

    The budget limits them.

    Args:
        rows: In the order of the text.
        thorough: Look only for the damages that "standard" does not repair.
    """
    yield from islice(_proposals(rows, thorough=thorough), PROPOSALS_MAX)


def _proposals(rows: Iterable[Row], *, thorough: bool) -> Iterator[Mended]:
    damages = THOROUGH if thorough else STANDARD
    seen: set[tuple[int, tuple[int, ...]]] = set()
    for guess, (window, origins) in _windows(rows, thorough=thorough):
        row, start = guess.row, guess.start
        for symbols, edits in propose(window, damages):
            codeword = tuple(symbols)
            if SIZES_BY_HEADER.get(codeword[0]) == guess.size and (id(row), codeword) not in seen:
                seen.add((id(row), codeword))
                moved = tuple(edit._replace(at=start + origins[edit.at]) for edit in edits)
                first, last = start + origins[0], start + origins[-2]
                yield Mended(row, codeword, merge(codeword), moved, first, last + 1)


def _windows(rows: Iterable[Row], *, thorough: bool) -> Iterator[tuple[_Guess, _Reading]]:
    """Yield the windows of the guesses, until the budget of both kinds is used up."""
    budget = THOROUGH_WINDOWS_MAX if thorough else WINDOWS_MAX
    left = {False: budget, True: budget}
    places: dict[tuple[int, int], _Place] = {}
    for guess in _guesses(rows, thorough=thorough):
        is_known = guess.places > 1
        if not any(left.values()):
            return
        if left[is_known]:
            key = (id(guess.glyphs), guess.start)
            if key not in places:
                places[key] = _Place(guess)
            readings = _readings(guess, places[key], thorough=thorough)
            for reading in islice(readings, left[is_known]):
                left[is_known] -= 1
                yield guess, reading


def _guesses(rows: Iterable[Row], *, thorough: bool) -> Iterator[_Guess]:
    """Yield guesses, the likeliest first: those without another glyph before or after them."""
    ranks: list[list[_Guess]] = [[] for _ in range(4)]
    guesses = (
        islice(_guesses_in(row, thorough=thorough), _ROW_GUESSES_MAX) for row in _first(rows)
    )
    for rank, guess in islice(chain.from_iterable(guesses), _GUESSES_MAX):
        ranks[rank].append(guess)
    return chain.from_iterable(ranks)


def _first(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows that are long enough for a codeword, until there are too many glyphs."""
    room = _GLYPHS_MAX
    for row in rows:
        length = min(len(row.places), _ROW_GLYPHS_MAX)
        if length >= CODEWORD_SIZES[0] * row.script.glyphs_per_symbol - MISSING_GLYPHS_MAX:
            room -= length
            if room < 0:
                return
            yield row.part(0, length)


def _guesses_in(row: Row, *, thorough: bool) -> Iterator[tuple[int, _Guess]]:
    """Yield (rank, guess) in one row: guesses at a header, then guesses at other beginnings.

    The rank is 0 if no glyph of the script touches either end, 1 if marks decide where it ends, 2
    if a glyph touches one end, 3 if glyphs touch both.
    """
    glyphs, width, begins = row.glyphs, row.script.glyphs_per_symbol, row.begins
    length = len(glyphs)
    starts, marks = {*begins}, [*compress(range(length), map(UNREADABLE.__eq__, glyphs))]
    ends = {*begins, *marks, length}
    symbols = glyphs if width == 1 else row.symbols
    headers = compress(range(length), map(SIZES_BY_HEADER.__contains__, symbols))
    at_headers = ((at, SIZES_BY_HEADER[symbols[at]], True) for at in headers)
    if width > 1:  # the words of prose before it are begins too
        before = unlike_prose(row.digits)
        reach = CODEWORD_SIZES[0] * width
        begins.sort(key=lambda at: before[at] - before[min(at + reach, length)])
    at_begins = ((at, size, False) for at in begins[:_BEGINS_MAX] for size in CODEWORD_SIZES)
    slack = 2 if thorough else 1
    for start, size, is_known in chain(at_headers, at_begins):
        end = start + size * width
        if end - MISSING_GLYPHS_MAX > length:
            continue
        is_open = start not in starts
        places = size if is_known else 1
        before_mark = bisect_left(marks, start)
        mark = marks[before_mark] if before_mark < len(marks) else length
        for surplus in range(min(slack, length - end), -slack - 1, -1):
            if end + surplus > mark and (surplus or thorough):
                continue  # a guess that contains marks has a surplus of None or 0
            open_ends = is_open + (end + surplus not in ends)
            yield (0, 2, 3)[open_ends], _Guess(row, glyphs, start, size, places, surplus)
        if marks:
            yield 3 if is_open else 1, _Guess(row, glyphs, start, size, places, None)


def _readings(guess: _Guess, place: _Place, *, thorough: bool) -> Iterable[_Reading]:
    """Return a window for each way to read the marks of a guess.

    With `thorough`, marks are left out: "standard" has tried what they can stand for.
    """
    _, glyphs, start, size, places, surplus = guess
    part = place.part
    count = size * part.width + (surplus or 0)
    if surplus or (surplus == 0 and UNREADABLE not in glyphs[start : start + count]):
        return (_Reading(Window(part, size, surplus, places), range(count + 1)),)
    # If marks stand for glyphs, there is no other damage: the header was read, or has a mark.
    may_be_marks = not thorough and (places > 1 or UNREADABLE in part.glyphs[: part.width])
    if surplus is None:
        return _marked(place, size, places, MISSING_GLYPHS_MAX if may_be_marks else 0)
    if may_be_marks:
        return (_Reading(Window(part, size, None, places), range(count + 1)),)
    return ()


def _marked(place: _Place, size: int, places: int, most: int) -> Iterator[_Reading]:
    """Yield a window for each way to share out missing glyphs among groups of marks.

    Args:
        place: The glyphs and marks.
        size: As in `Window`.
        places: As in `Window`.
        most: How many glyphs the marks can stand for, all together.
    """
    width, glyphs, readable = place.part.width, place.part.glyphs, place.readable
    count = size * width
    if not place.groups or place.groups[0][0] > count + 1:
        return
    length = min(len(glyphs), count + MARKS_MAX)
    available = bisect_left(readable, length)
    for missing in range(most + 1):
        read = count - missing
        if available < read:
            continue
        end = readable[read] if available > read else length
        groups = [group for group in place.groups if group[0] < end]
        for shares in _shares(missing, len(groups)):
            taken = readable[:read]
            if not missing:
                yield _Reading(Window(place.without_marks, size, 0, places), [*taken, end])
                continue
            for group, share in zip(groups, shares, strict=True):
                taken += [group[min(index, len(group) - 1)] for index in range(share)]
            taken.sort()
            part = Part([*map(glyphs.__getitem__, taken)], width)
            yield _Reading(Window(part, size, None, places), [*taken, end])


@cache
def _shares(missing: int, groups: int) -> list[tuple[int, ...]]:
    """Return the ways to share out missing glyphs among one or more groups of marks."""
    ways = product(range(missing + 1), repeat=groups)
    return [shares for shares in ways if sum(shares) == missing and groups]


def _repair(row: Row, read: list[int], values: list[int], edit: Edit) -> Repair:
    """Return one edit in terms of the text."""
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
