"""A part of a damaged row -> the codewords it may have been: parity proposes, the tag decides.

Source: docs/format.md, "Repair". A proposal agrees with parity and differs from what was read by
the damage that it names; it proves nothing. No keys here.

Shapes:
    glyphs    what was read: one int a glyph, UNREADABLE for a mark that stands where a glyph was
    width     glyphs to a symbol, 1 or 2
    place     index of a symbol in the codeword
    shift     by how many glyphs what follows has moved up (or, below 0, down)
    syndrome  0 if parity is sound; the sum of what each symbol adds to it
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import accumulate, repeat
from operator import getitem
from typing import Final, NamedTuple

from passphrase.format.layout import SYMBOL_BITS
from passphrase.format.parity import (
    blank_syndrome,
    contributions,
    fitting,
    locate,
    partners,
    solve,
    tails,
    value_at,
)
from passphrase.reading.row import UNREADABLE

ERASURES_MAX: Final = 3
_HALF_BITS: Final = SYMBOL_BITS // 2
_HALF_MASK: Final = (1 << _HALF_BITS) - 1


class Damage(StrEnum):
    """What happened to a glyph between copying and pasting."""

    WRONG = "wrong"
    UNREADABLE = "unreadable"
    LOST = "lost"
    EXTRA = "extra"
    SWAPPED = "swapped"


class Edit(NamedTuple):
    """One damage.

    Attributes:
        kind: What happened.
        glyph: Index of the glyph in the spelling of the codeword; of the first of two swapped ones.
        at: Index of the glyph or mark that was read; of the next one if the glyph is lost.
    """

    kind: Damage
    glyph: int
    at: int


class Window(NamedTuple):
    """What was read, to be taken for a codeword of n symbols.

    Attributes:
        glyphs: As many as the codeword has, or up to two more or fewer.
        width: Glyphs to a symbol.
        size: n.
        first_places: Where the first damage may be.
    """

    glyphs: Sequence[int]
    width: int
    size: int
    first_places: range

    def symbols(self, shift: int) -> list[int]:
        """Read the symbol of each place as if the glyphs before it were `shift` too few.

        A symbol with a mark in it is below 0.
        """
        moved = [*[0] * shift, *self.glyphs[max(0, -shift) :]]
        if self.width > 1:
            high = map(int.__lshift__, moved[::2], repeat(_HALF_BITS))
            moved = [*map(int.__or__, high, moved[1::2])]
        return [*moved, *[0] * self.size][: self.size]

    def sums(self, symbols: Sequence[int]) -> list[int]:
        """Return for each place, and the end, what all symbols before it add to the syndrome."""
        added = map(getitem, contributions(self.size), symbols)
        return [*accumulate(added, int.__xor__, initial=0)]

    def exponent(self, place: int) -> int:
        """Return the power of x that a place stands for. Its own inverse."""
        return self.size - 1 - place


Found = tuple[list[int], list[Edit]]  # a codeword, and the damages that lead from it to the window
Undo = Callable[[Window], Iterator[Found]]


def propose(window: Window, damages: "Sequence[tuple[int, Undo]]") -> Iterator[Found]:
    """Yield codewords by each damage that explains the number of glyphs in a window.

    Args:
        window: Where there are marks in it, as many glyphs and marks as the codeword has.
        damages: STANDARD, or THOROUGH for what it adds.
    """
    if UNREADABLE in window.glyphs:
        yield from _unreadable(window)
        return
    missing = window.size * window.width - len(window.glyphs)
    for explained, undo in damages:
        if explained == missing:
            yield from undo(window)


# --- What became of the glyphs of one symbol ----------------------------------------------------


def _lost_glyph(window: Window, symbol: int, place: int, shift: int) -> list[Edit]:
    """Say which glyph of a symbol was lost, given the other one that is still there.

    Returns:
        One edit; nothing if the symbol is not made with the glyph that is there.
    """
    at = place * window.width - shift
    if window.width == 1 or symbol & _HALF_MASK == window.glyphs[at]:
        return [Edit(Damage.LOST, place * window.width, at)]
    if symbol >> _HALF_BITS == window.glyphs[at]:
        return [Edit(Damage.LOST, place * window.width + 1, at + 1)]
    return []


def _wrong_glyphs(window: Window, symbol: int, place: int, shift: int = 0) -> list[Edit]:
    """Say which glyphs of a place are other ones than were read."""
    meant = (symbol,) if window.width == 1 else (symbol >> _HALF_BITS, symbol & _HALF_MASK)
    first = place * window.width
    read = window.glyphs[first - shift : first - shift + window.width]
    return [
        Edit(
            Damage.UNREADABLE if was == UNREADABLE else Damage.WRONG,
            first + offset,
            first + offset - shift,
        )
        for offset, (was, glyph) in enumerate(zip(read, meant, strict=True))
        if was != glyph
    ]


# --- Damages of "standard" ----------------------------------------------------------------------


def _unreadable(window: Window) -> Iterator[Found]:
    """Marks stand where the glyphs of one to three symbols were."""
    symbols = window.symbols(0)
    places = [place for place, symbol in enumerate(symbols) if symbol < 0]
    if len(places) > ERASURES_MAX:
        return
    known = [*symbols]
    for place in places:
        known[place] = 0
    syndrome = blank_syndrome(window.size) ^ window.sums(known)[-1]
    values = solve(syndrome, [window.exponent(place) for place in places])
    for place, value in zip(places, values, strict=False):
        known[place] = value
    edits = [edit for place in places for edit in _wrong_glyphs(window, known[place], place)]
    if values and all(edit.kind is Damage.UNREADABLE for edit in edits):
        yield known, edits


def _whole(window: Window) -> Iterator[Found]:
    """Nothing is wrong but the marks that were left out."""
    symbols = window.symbols(0)
    if blank_syndrome(window.size) == window.sums(symbols)[-1]:
        yield symbols, []


def _wrong(window: Window) -> Iterator[Found]:
    """One symbol is another one."""
    symbols = window.symbols(0)
    syndrome = blank_syndrome(window.size) ^ window.sums(symbols)[-1]
    for exponent, error in locate(syndrome):
        place = window.exponent(exponent)
        if place in window.first_places and place >= 0:
            symbols[place] ^= error
            yield symbols, _wrong_glyphs(window, symbols[place], place)


def _swapped(window: Window) -> Iterator[Found]:
    """Two neighbours have changed places; within a symbol that is a wrong one."""
    symbols, tables = window.symbols(0), contributions(window.size)
    syndrome = blank_syndrome(window.size) ^ window.sums(symbols)[-1]
    glyphs, width = window.glyphs, window.width
    for at in range(width - 1, min(window.first_places.stop * width, len(glyphs) - 1), width):
        place, change = at // width, glyphs[at] ^ glyphs[at + 1]
        other = change << (width - 1) * _HALF_BITS
        if change and tables[place][change] ^ tables[place + 1][other] == syndrome:
            symbols[place] ^= change
            symbols[place + 1] ^= other
            yield symbols, [Edit(Damage.SWAPPED, at, at)]
            return  # a syndrome tells the place and the change of the one swap that makes it


def _lost(window: Window) -> Iterator[Found]:
    """One glyph is missing, and the rest has moved up."""
    for symbols, place in _without_symbol(window, 1):
        if edits := _lost_glyph(window, symbols[place], place, 0):
            yield symbols, edits


def _without_symbol(window: Window, lost: int) -> Iterator[tuple[list[int], int]]:
    """Yield codewords of which one symbol has lost glyphs, and the place of that symbol."""
    before, behind = window.symbols(0), window.symbols(lost)
    sums, sums_behind = window.sums(before), window.sums(behind)
    rest, tables = blank_syndrome(window.size) ^ sums_behind[-1], contributions(window.size)
    for place in window.first_places:
        syndrome = rest ^ sums[place] ^ sums_behind[place + 1]
        symbol = value_at(syndrome, window.exponent(place))
        if tables[place][symbol] == syndrome:
            yield [*before[:place], symbol, *behind[place + 1 :]], place


def _extra(window: Window) -> Iterator[Found]:
    """One glyph has slipped in, and the rest has moved down."""
    behind = window.symbols(-1)
    sums_behind = window.sums(behind)
    goal = blank_syndrome(window.size) ^ sums_behind[-1]
    for at, head in enumerate(_heads(window, 0, sums_behind)):
        if head == goal:
            glyphs = [*window.glyphs[:at], *window.glyphs[at + 1 :]]
            yield window._replace(glyphs=glyphs).symbols(0), [Edit(Damage.EXTRA, at, at)]


def _heads(window: Window, shift: int, sums_behind: Sequence[int]) -> Iterator[int]:
    """Yield for each glyph what changes in the syndrome if it is left out and the rest moves down.

    Args:
        window: With one glyph more than it should have, or two.
        shift: Of the glyphs before; 0, or -1 where one more was left out before.
        sums_behind: Of the glyphs after the one that is left out.
    """
    glyphs, width, tables = window.glyphs[-shift:], window.width, contributions(window.size)
    sums = window.sums(window.symbols(shift))
    for at in range(min(window.first_places.stop, window.size) * width):
        place = at // width
        if at % width:  # the cut runs through a symbol
            cut = tables[place][glyphs[at - 1] << _HALF_BITS | glyphs[at + 1]]
            yield sums[place] ^ cut ^ sums_behind[place + 1]
        else:
            yield sums[place] ^ sums_behind[place]


# --- What "thorough" adds -----------------------------------------------------------------------


def _two_wrong(window: Window) -> Iterator[Found]:
    """Two symbols are other ones."""
    symbols = window.symbols(0)
    syndrome = blank_syndrome(window.size) ^ window.sums(symbols)[-1]
    for exponents in partners(syndrome, map(window.exponent, window.first_places)):
        place, other = map(window.exponent, exponents)
        values = solve(syndrome, exponents) if place < other else ()
        if values and all(values):
            repaired = [*symbols]
            for at, value in zip((place, other), values, strict=True):
                repaired[at] ^= value
            yield (
                repaired,
                [e for at in (place, other) for e in _wrong_glyphs(window, repaired[at], at)],
            )


def _lost_and_wrong(window: Window) -> Iterator[Found]:
    """One glyph is missing and another symbol wrong."""
    before, behind = window.symbols(0), window.symbols(1)
    sums, sums_behind = window.sums(before), window.sums(behind)
    rest = blank_syndrome(window.size) ^ sums_behind[-1]
    for place in range(window.size):
        syndrome = rest ^ sums[place] ^ sums_behind[place + 1]
        for exponents in partners(syndrome, [window.exponent(place)]):
            other = window.exponent(exponents[1])
            if other < 0 or min(place, other) not in window.first_places:
                continue
            lost, error = solve(syndrome, exponents)
            symbols = [*before[:place], lost, *behind[place + 1 :]]
            symbols[other] ^= error
            edits = _lost_glyph(window, lost, place, 0)
            if edits:
                edits += _wrong_glyphs(window, symbols[other], other, int(other > place))
                yield symbols, sorted(edits, key=lambda edit: edit.glyph)


def _two_lost(window: Window) -> Iterator[Found]:
    """Two glyphs are missing, of two symbols or both of one."""
    read = [window.symbols(shift) for shift in range(3)]
    sums = [window.sums(symbols) for symbols in read]
    exponents = [*reversed(range(window.size))]
    rest = sums[2][-1] ^ blank_syndrome(window.size)
    ends = [sums[1][at] ^ sums[2][at + 1] ^ rest for at in range(window.size)]
    others = tails(ends, exponents)
    for place in window.first_places:
        head, exponent = sums[0][place] ^ sums[1][place + 1], exponents[place]
        for at in fitting(head, exponent, others[place + 1 :]):
            other = place + 1 + at
            one, two = solve(head ^ ends[other], [exponent, exponents[other]])
            edits = _lost_glyph(window, one, place, 0)
            more = _lost_glyph(window, two, other, 1)
            if edits and more:
                middle = [one, *read[1][place + 1 : other], two]
                yield [*read[0][:place], *middle, *read[2][other + 1 :]], edits + more
    if window.width > 1:  # or both glyphs of one symbol
        for symbols, place in _without_symbol(window, 2):
            at = place * window.width
            yield symbols, [Edit(Damage.LOST, at, at), Edit(Damage.LOST, at + 1, at)]


def _two_extra(window: Window) -> Iterator[Found]:
    """Two glyphs have slipped in."""
    wide = window._replace(first_places=range(window.size))
    between, behind = window.symbols(-1), window.symbols(-2)
    sums_between, sums_behind = window.sums(between), window.sums(behind)
    goal = blank_syndrome(window.size) ^ sums_behind[-1]
    ends: dict[int, list[int]] = {}
    for at, tail in enumerate(_heads(wide, -1, sums_behind)):
        ends.setdefault(goal ^ tail, []).append(at + 1)
    pairs = [
        (at, other)
        for at, head in enumerate(_heads(window, 0, sums_between))
        for other in ends.get(head, ())
        if other > at
    ]
    if window.width > 1:  # both may have slipped into one symbol, between its glyphs
        glyphs, tables = window.glyphs, contributions(window.size)
        sums = window.sums(window.symbols(0))
        for place in window.first_places:
            at = 2 * place + 1
            cut = tables[place][glyphs[at - 1] << _HALF_BITS | glyphs[at + 2]]
            if sums[place] ^ cut ^ sums_behind[place + 1] == goal:
                pairs.append((at, at + 1))
    for at, other in pairs:
        kept = [*window.glyphs[:at], *window.glyphs[at + 1 : other], *window.glyphs[other + 1 :]]
        for symbols, _ in _whole(window._replace(glyphs=kept)):
            yield symbols, [Edit(Damage.EXTRA, at, at), Edit(Damage.EXTRA, other - 1, other)]


# By how many glyphs the window has too few.
STANDARD: Final[Sequence[tuple[int, Undo]]] = (
    (0, _whole),
    (0, _wrong),
    (1, _lost),
    (-1, _extra),
    (0, _swapped),
)
THOROUGH: Final[Sequence[tuple[int, Undo]]] = (
    (0, _two_wrong),
    (1, _lost_and_wrong),
    (2, _two_lost),
    (-2, _two_extra),
)
