"""A part of a damaged row -> the codewords it may have been: parity proposes, the tag decides.

Source: docs/format.md, "Repair". A proposal agrees with parity and differs from what was read by
the damage that it names; it proves nothing. No keys here.

Shapes:
    glyphs    what was read: one int a glyph, UNREADABLE for a mark that stands where a glyph was
    width     glyphs to a symbol, 1 or 2
    place     index of a symbol in the codeword
    shift     how many glyphs are missing before a glyph; negative: how many are extra
    sum       see `passphrase.format.parity`, also for the syndrome
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import accumulate, compress, count, repeat
from operator import getitem
from typing import Final, NamedTuple

from passphrase.format.layout import CODEWORD_SIZES, SYMBOL_BITS
from passphrase.format.parity import (
    addends,
    fitting,
    locate,
    locate_pair,
    lone_symbols,
    partners,
    solve,
    sound_sum,
    tails,
)
from passphrase.reading.row import UNREADABLE

__all__ = ["Damage"]

ERASED_SYMBOLS_MAX: Final = 3
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


class Part:
    """The glyphs and marks that follow one place, read as symbols with any shift.

    The symbols of each shift are read and summed once, for all windows that begin at the place.

    Args:
        glyphs: At least as many as the longest window needs, or all that there are.
        width: Glyphs to a symbol.
    """

    def __init__(self, glyphs: Sequence[int], width: int) -> None:
        self.glyphs: Final = glyphs
        self.width: Final = width
        self._symbols: Final[dict[int, list[int]]] = {}
        self._sums: Final[dict[int, list[int]]] = {}

    def symbols(self, shift: int) -> list[int]:
        """Return the symbol at each place, read as if `shift` glyphs were missing at the beginning.

        A symbol with a mark in it is below 0.
        """
        if shift not in self._symbols:
            moved = [*[0] * shift, *self.glyphs[max(0, -shift) :]]
            if self.width > 1:
                high = map(int.__lshift__, moved[::2], repeat(_HALF_BITS))
                moved = [*map(int.__or__, high, moved[1::2])]
            self._symbols[shift] = moved[: CODEWORD_SIZES[-1]]
        return self._symbols[shift]

    def sums(self, shift: int) -> list[int]:
        """Return the sum of the symbols before each place, and last the sum of all."""
        if shift not in self._sums:
            added = map(getitem, addends(), self.symbols(shift))
            self._sums[shift] = [*accumulate(added, int.__xor__, initial=0)]
        return self._sums[shift]


class Window(NamedTuple):
    """The glyphs that are tried as one damaged codeword.

    Attributes:
        part: The glyphs from the beginning of the window on.
        size: How many symbols the codeword would have.
        surplus: How many glyphs the window has beyond those of the codeword, from -2 to 2. None if
            it has as many, and marks stand for some of them.
        places: How many symbols can hold the first damage, counted from the beginning: 1 or `size`.
    """

    part: Part
    size: int
    surplus: int | None
    places: int

    @property
    def syndrome(self) -> int:
        """The syndrome of the symbols, read without a shift."""
        return sound_sum(self.size) ^ self.part.sums(0)[self.size]

    @property
    def symbols(self) -> list[int]:
        """The symbols of the window, read without a shift."""
        return self.part.symbols(0)[: self.size]


Found = tuple[list[int], list[Edit]]  # a codeword, and the damages that lead from it to the window
Undo = Callable[[Window], Iterator[Found]]
Damages = Mapping[int | None, Sequence[Undo]]  # by the surplus of the windows that they explain


def propose(window: Window, damages: Damages) -> Iterator[Found]:
    """Yield codewords by each damage that explains the number of glyphs in a window.

    Args:
        window: What was read.
        damages: STANDARD, or THOROUGH for what it adds.
    """
    for undo in damages.get(window.surplus, ()):
        yield from undo(window)


# --- What became of the glyphs of one symbol ----------------------------------------------------


def _lost_glyph(part: Part, symbol: int, place: int, shift: int) -> list[Edit]:
    """Return the edit for a symbol that has lost one of its glyphs.

    Returns:
        One edit; empty if the glyph that is left is not one of the symbol's.
    """
    at = place * part.width - shift
    if part.width == 1 or symbol & _HALF_MASK == part.glyphs[at]:
        return [Edit(Damage.LOST, place * part.width, at)]
    if symbol >> _HALF_BITS == part.glyphs[at]:
        return [Edit(Damage.LOST, place * part.width + 1, at + 1)]
    return []


def _wrong_glyphs(part: Part, symbol: int, place: int, shift: int = 0) -> list[Edit]:
    """Compare the glyphs of a symbol with those read, and return an edit for each difference."""
    meant = (symbol,) if part.width == 1 else (symbol >> _HALF_BITS, symbol & _HALF_MASK)
    first = place * part.width
    read = part.glyphs[first - shift : first - shift + part.width]
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
    """Yield the codeword if marks replaced glyphs of one to three symbols."""
    known = window.symbols
    places = [*compress(count(), map((0).__gt__, known))]
    if len(places) > ERASED_SYMBOLS_MAX:
        return
    syndrome = window.syndrome
    for place in places:  # take out of the sum what the mark was looked up as
        syndrome ^= addends()[place][known[place]]
    values = solve(syndrome, places)
    for place, value in zip(places, values, strict=False):
        known[place] = value
    edits = [edit for place in places for edit in _wrong_glyphs(window.part, known[place], place)]
    if values and all(edit.kind is Damage.UNREADABLE for edit in edits):
        yield known, edits


def _whole(window: Window) -> Iterator[Found]:
    """Yield the codeword if the glyphs are right, and only marks stood between them."""
    if not window.syndrome:
        yield window.symbols, []


def _wrong(window: Window) -> Iterator[Found]:
    """Yield the codeword if one wrong symbol explains the window."""
    if located := locate(window.syndrome):
        place, error = located
        if place < window.places:
            symbols = window.symbols
            symbols[place] ^= error
            yield symbols, _wrong_glyphs(window.part, symbols[place], place)


def _swapped(window: Window) -> Iterator[Found]:
    """Yield the codeword if two neighbouring glyphs of different symbols have changed places.

    Both symbols change by the same difference. If a symbol has two glyphs, it is in the low half of
    the first symbol and in the high half of the second.
    """
    glyphs, width = window.part.glyphs, window.part.width
    high = (width - 1) * _HALF_BITS
    if located := locate_pair(window.syndrome, 1 << high):
        place, change = located
        at = place * width + width - 1
        if place < min(window.places, window.size - 1) and glyphs[at] ^ glyphs[at + 1] == change:
            symbols = window.symbols
            symbols[place] ^= change
            symbols[place + 1] ^= change << high
            yield symbols, [Edit(Damage.SWAPPED, at, at)]


def _lost(window: Window) -> Iterator[Found]:
    """Yield each codeword that has lost one glyph, so that the glyphs after it have moved up."""
    for symbols, place in _without_symbol(window, 1):
        if edits := _lost_glyph(window.part, symbols[place], place, 0):
            yield symbols, edits


def _without_symbol(window: Window, lost: int) -> Iterator[tuple[list[int], int]]:
    """Yield each codeword in which one symbol has lost `lost` glyphs, and the symbol's place."""
    part, size = window.part, window.size
    before, after = part.sums(0), part.sums(lost)
    rest = sound_sum(size) ^ after[size]
    syndromes = map(int.__xor__, before[: window.places], after[1 : size + 1])
    for place, symbol in lone_symbols(map(rest.__xor__, syndromes)):
        yield [*part.symbols(0)[:place], symbol, *part.symbols(lost)[place + 1 : size]], place


def _extra(window: Window) -> Iterator[Found]:
    """Yield each codeword with one extra glyph, which has moved the glyphs after it down."""
    after = window.part.sums(-1)
    goal = sound_sum(window.size) ^ after[window.size]
    for at, head in enumerate(_heads(window, 0, after)):
        if head == goal:
            yield _without(window, at)


def _heads(window: Window, shift: int, after: Sequence[int]) -> list[int]:
    """Return, for each glyph that could be extra, the sum before it plus `after` up to it.

    If that glyph is left out, the sum of the whole codeword is this plus the last of `after`.

    Args:
        window: A window with one or two extra glyphs.
        shift: The shift before the glyph: 0, or -1 if an earlier glyph is extra too.
        after: The sums with the shift after the glyph.
    """
    part, places = window.part, window.places
    sums = part.sums(shift)[: places + 1]
    at_symbols = [*map(int.__xor__, sums[:places], after)]
    if part.width == 1:
        return at_symbols
    cuts = [*map(int.__xor__, map(int.__xor__, sums, after[1:]), _cut(part, shift, 1, places))]
    return [head for both in zip(at_symbols, cuts, strict=True) for head in both]


def _cut(part: Part, shift: int, left_out: int, places: int) -> Iterator[int]:
    """Yield, for each place, the addend of its symbol if glyphs between its two are left out."""
    glyphs = part.glyphs[-shift:]
    high = map(int.__lshift__, glyphs[: 2 * places : 2], repeat(_HALF_BITS))
    cut = map(int.__or__, high, glyphs[1 + left_out :: 2])
    return map(getitem, addends(), cut)


def _without(window: Window, *extra: int) -> Found:
    """Return the codeword without the extra glyphs, and their edits."""
    part = window.part
    kept = Part([glyph for at, glyph in enumerate(part.glyphs) if at not in extra], part.width)
    edits = [Edit(Damage.EXTRA, at - before, at) for before, at in enumerate(extra)]
    return kept.symbols(0)[: window.size], edits


# --- What "thorough" adds -----------------------------------------------------------------------


def _two_wrong(window: Window) -> Iterator[Found]:
    """Yield each codeword in which two wrong symbols explain the window."""
    syndrome = window.syndrome
    for pair in partners(syndrome, range(window.places)):
        place, other = pair
        errors = solve(syndrome, pair) if place < other < window.size else (0,)
        if all(errors):
            symbols = window.symbols
            for at, error in zip(pair, errors, strict=True):
                symbols[at] ^= error
            yield symbols, [e for at in pair for e in _wrong_glyphs(window.part, symbols[at], at)]


def _lost_and_wrong(window: Window) -> Iterator[Found]:
    """Yield each codeword that has lost one glyph, and in which another symbol is wrong."""
    part, size = window.part, window.size
    before, after = part.sums(0), part.sums(1)
    rest = sound_sum(size) ^ after[size]
    for place in range(size):
        syndrome = rest ^ before[place] ^ after[place + 1]
        for pair in partners(syndrome, [place]):
            other = pair[1]
            if other >= size or min(pair) >= window.places:
                continue
            lost, error = solve(syndrome, pair)
            symbols = [*part.symbols(0)[:place], lost, *part.symbols(1)[place + 1 : size]]
            symbols[other] ^= error
            if edits := _lost_glyph(part, lost, place, 0):
                edits += _wrong_glyphs(part, symbols[other], other, int(other > place))
                yield symbols, sorted(edits, key=lambda edit: edit.glyph)


def _two_lost(window: Window) -> Iterator[Found]:
    """Yield each codeword that has lost two glyphs, of two symbols or of the same one."""
    part, size = window.part, window.size
    read = [part.symbols(shift) for shift in range(3)]
    sums = [part.sums(shift) for shift in range(3)]
    rest = sums[2][size] ^ sound_sum(size)
    ends = [rest ^ sums[1][at] ^ sums[2][at + 1] for at in range(size)]
    others = tails(ends)
    for place in range(min(window.places, size - 1)):
        head = sums[0][place] ^ sums[1][place + 1]
        for at in fitting(head, place, others[place + 1 :]):
            other = place + 1 + at
            one, two = solve(head ^ ends[other], [place, other])
            edits = _lost_glyph(part, one, place, 0)
            more = _lost_glyph(part, two, other, 1)
            if edits and more:
                middle = [one, *read[1][place + 1 : other], two]
                yield [*read[0][:place], *middle, *read[2][other + 1 : size]], edits + more
    if part.width > 1:  # or both glyphs of one symbol
        for symbols, place in _without_symbol(window, 2):
            at = place * part.width
            yield symbols, [Edit(Damage.LOST, at, at), Edit(Damage.LOST, at + 1, at)]


def _two_extra(window: Window) -> Iterator[Found]:
    """Yield each codeword with two extra glyphs."""
    part, size = window.part, window.size
    between, after = part.sums(-1), part.sums(-2)
    goal = sound_sum(size) ^ after[size]
    ends: dict[int, list[int]] = {}
    for at, tail in enumerate(_heads(window._replace(places=size), -1, after)):
        ends.setdefault(goal ^ tail, []).append(at + 1)
    for at, head in enumerate(_heads(window, 0, between)):
        for other in filter(at.__lt__, ends.get(head, ())):
            yield _without(window, at, other)
    if part.width > 1:  # both may have slipped into one symbol, between its glyphs
        cuts = _cut(part, 0, 2, window.places)
        heads = map(int.__xor__, part.sums(0), after[1:])
        for place, head in enumerate(map(int.__xor__, heads, cuts)):
            if head == goal:
                yield _without(window, 2 * place + 1, 2 * place + 2)


STANDARD: Final[Damages] = {
    None: (_unreadable,),
    0: (_whole, _wrong, _swapped),
    -1: (_lost,),
    1: (_extra,),
}
THOROUGH: Final[Damages] = {
    0: (_two_wrong,),
    -1: (_lost_and_wrong,),
    -2: (_two_lost,),
    2: (_two_extra,),
}
