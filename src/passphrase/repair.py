"""A damaged row of glyphs -> the codewords it may have been: parity proposes, the tag decides.

Source: docs/format.md, "Repair". A proposal agrees with parity and differs from what was read by
the damage that it names; it proves nothing. No keys here.

Shapes:
    row       what was read: one int a glyph in the order of the text, UNREADABLE for a mark that
              stands where a glyph was
    width     glyphs to a symbol, 1 or 2
    place     index of a symbol in the codeword
    shift     how many glyphs were lost (or, below 0, slipped in) before some place
    piece     (first place, behind the last place, shift): symbols that are read as they stand
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from itertools import accumulate, chain, groupby, islice, pairwise, product, zip_longest
from typing import Final, NamedTuple

from passphrase.layout import SYMBOL_BITS, VERSION, WORD_SIZES, WORD_SYMBOLS, read_header
from passphrase.parity import blank_syndrome, contribution, locate, solve

UNREADABLE: Final = -1
ERASURES_MAX: Final = 3
GUESSES_MAX: Final = 24  # at where a codeword begins in a row, of each kind; it bounds the work
_HALF_BITS: Final = SYMBOL_BITS // 2
_HALF_MASK: Final = (1 << _HALF_BITS) - 1

Piece = tuple[int, int, int]


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
        at: Index in the row of the glyph or mark; of the next one if the glyph is lost.
    """

    kind: Damage
    glyph: int
    at: int


class Proposal(NamedTuple):
    """A codeword that a part of a row may have been.

    Attributes:
        codeword: 24 to 43 symbols whose parity is sound.
        edits: The damages that lead from it to what was read, in order.
        start: Where the part begins in the row.
        end: Where it ends.
    """

    codeword: tuple[int, ...]
    edits: tuple[Edit, ...]
    start: int
    end: int


def propose(
    row: Sequence[int], width: int, *, thorough: bool, begins: Sequence[int] = (0,)
) -> Iterator[Proposal]:
    """Propose codewords that parts of a row may have been, the likelier damage first.

    Args:
        row: What was read, any number of glyphs.
        width: Glyphs to a symbol.
        thorough: Also two damages of a kind, and one lost with one wrong glyph.
        begins: Where no glyph stands directly before: a codeword may begin there, whatever its
            header has become.
    """
    seen: set[tuple[int, ...]] = set()
    for damages, slack in ((STANDARD, 1), (THOROUGH, 2))[: 1 + thorough]:
        for start, end, size, is_header_wrong in _windows(row, width, slack, begins):
            first_places = range(1 if is_header_wrong else size)
            for part, origins in _readings(row[start:end], size * width):
                window = _Window(part, width, size, first_places)
                for symbols, edits in window.propose(damages):
                    codeword = tuple(symbols)
                    if codeword not in seen and _opens(codeword[0], size):
                        seen.add(codeword)
                        moved = (edit._replace(at=start + origins[edit.at]) for edit in edits)
                        yield Proposal(
                            codeword, tuple(moved), start + origins[0], start + origins[-2] + 1
                        )


def _opens(header_symbol: int, size: int) -> bool:
    """Tell whether a header symbol of this version opens a codeword of so many symbols."""
    return WORD_SYMBOLS[header_symbol] == size and read_header(header_symbol).version == VERSION


def _windows(
    row: Sequence[int], width: int, slack: int, begins: Sequence[int]
) -> Iterator[tuple[int, int, int, bool]]:
    """Choose parts of a row: start, end, symbols, and whether only a wrong header explains it.

    A codeword begins at a symbol that can be its header or, whatever its header has become, where
    no glyph stands directly before. It has at most `slack` glyphs more or less than its header
    says; where there are marks, whose number may not be that of the glyphs they stand for, it may
    also end with the row.
    """
    behind_marks = len(row) - [*reversed(row), UNREADABLE].index(UNREADABLE)
    headers = (_symbol(row[start : start + width], width) for start in range(len(row)))
    known = (
        (start, size, False)
        for start, header in enumerate(headers)
        for size in WORD_SIZES
        if header != UNREADABLE and _opens(header, size)
    )
    unknown = ((start, size, True) for start in begins for size in WORD_SIZES)
    for guesses in (known, unknown):
        for start, size, is_header_wrong in islice(guesses, GUESSES_MAX):
            # More glyphs first: an extra one is explained by none that is made up.
            ends = [start + size * width + extra for extra in range(slack, -slack - 1, -1)]
            ends += [len(row)] if start < behind_marks and len(row) not in ends else []
            for end in ends:
                if end <= len(row):
                    yield start, end, size, is_header_wrong


def _readings(part: Sequence[int], glyphs: int) -> Iterator[tuple[list[int], list[int]]]:
    """Say how many glyphs the marks stand for: one each, or any split of what is missing.

    Returns:
        The part with as many marks as glyphs, and for each of its glyphs where it stands in the
        part as it was; one more than it has, for the end.
    """
    marks = part.count(UNREADABLE)
    missing = glyphs - len(part) + marks
    are_split = marks and missing != marks
    if are_split and not 0 <= missing <= ERASURES_MAX:
        return  # before the part, which may be as long as the text, is looked at more closely
    runs = [(value, [at for at, _ in run]) for value, run in groupby(enumerate(part), _value)]
    marked = [index for index, (value, _) in enumerate(runs) if value == UNREADABLE]
    splits: Iterator[tuple[int, ...]] = iter([tuple(len(runs[index][1]) for index in marked)])
    if are_split:
        every = product(range(missing + 1), repeat=min(len(marked), ERASURES_MAX))
        splits = (split for split in every if sum(split) == missing)
    for split in splits:
        counts = dict(zip_longest(marked, split, fillvalue=0))
        origins = chain.from_iterable(
            _stretched(places, counts[index]) if index in counts else places
            for index, (_, places) in enumerate(runs)
        )
        places = [*origins]
        yield [part[at] for at in places], [*places, len(part)]


def _stretched(places: list[int], count: int) -> list[int]:
    """Give so many glyphs places among the marks that stand for them."""
    return [places[min(index, len(places) - 1)] for index in range(count)]


def _value(numbered: tuple[int, int]) -> int:
    return numbered[1]


def _symbol(glyphs: Sequence[int], width: int) -> int:
    """Read one symbol, or UNREADABLE if a glyph of it is."""
    if len(glyphs) < width or UNREADABLE in glyphs:
        return UNREADABLE
    return glyphs[0] if width == 1 else glyphs[0] << _HALF_BITS | glyphs[1]


Found = tuple[list[int], list[Edit]]


class _Window:
    """A part of a row, to be read as a codeword of a given size.

    Args:
        part: As many glyphs as the codeword has, or up to two more or less.
        width: Glyphs to a symbol.
        size: Symbols in the codeword.
        first_places: Where the first damage may be.
    """

    def __init__(self, part: list[int], width: int, size: int, first_places: range) -> None:
        self.part = part
        self.width = width
        self.size = size
        self.first_places = first_places
        self.blank = blank_syndrome(size)
        self.sums = cache(self._sums)

    def propose(self, damages: "Damages") -> Iterator[Found]:
        """Propose codewords by each damage that explains the number of glyphs."""
        missing = self.size * self.width - len(self.part)
        if UNREADABLE in self.part:
            yield from self.unreadable()
            return
        for explained, damage in damages:
            if explained == missing:
                yield from damage(self)

    # What the window says

    def symbol(self, place: int, shift: int) -> int:
        """Read the symbol of a place if its glyphs have moved."""
        first = place * self.width - shift
        return _symbol(self.part[first : first + self.width] if first >= 0 else (), self.width)

    def exponent(self, place: int) -> int:
        """Return the power of x that a place stands for."""
        return self.size - 1 - place

    def _sums(self, shift: int) -> list[int]:
        """Return for each place what all symbols before it add to the syndrome."""
        added = (
            contribution(max(self.symbol(place, shift), 0), self.exponent(place))
            for place in range(self.size)
        )
        return [0, *accumulate(added, int.__xor__)]

    def syndrome(self, pieces: Sequence[Piece]) -> int:
        """Return the syndrome of pieces, nothing standing in the places between them."""
        syndrome = self.blank
        for first, last, shift in pieces:
            sums = self.sums(shift)
            syndrome ^= sums[last] ^ sums[first]
        return syndrome

    def fill(
        self, pieces: Sequence[Piece], places: Sequence[int], known: Sequence[tuple[int, int]] = ()
    ) -> list[int]:
        """Make the codeword of pieces, known (place, symbol)s, and what parity adds at places.

        Returns:
            The symbols; nothing if no symbols at those places make parity sound.
        """
        syndrome = self.syndrome(pieces)
        for place, symbol in known:
            syndrome ^= contribution(symbol, self.exponent(place))
        values = solve(syndrome, [self.exponent(place) for place in places])
        if len(values) < len(places) or (not places and syndrome):
            return []
        symbols = [0] * self.size
        for first, last, shift in pieces:
            symbols[first:last] = (self.symbol(place, shift) for place in range(first, last))
        for place, symbol in (*known, *zip(places, values, strict=True)):
            symbols[place] ^= symbol
        return symbols

    def lost_glyph(self, symbols: list[int], place: int, shift: int) -> list[Edit]:
        """Say which glyph of a symbol was lost, given the other one that is still there.

        Returns:
            One edit; nothing if the symbol is not made with the glyph that is there.
        """
        at = place * self.width - shift
        if self.width == 1 or symbols[place] & _HALF_MASK == self.part[at]:
            return [Edit(Damage.LOST, place * self.width, at)]
        if symbols[place] >> _HALF_BITS == self.part[at]:
            return [Edit(Damage.LOST, place * self.width + 1, at + 1)]
        return []

    def wrong_glyphs(self, symbols: list[int], place: int, shift: int) -> list[Edit]:
        """Say which glyphs of a place are other ones than were read."""
        edits: list[Edit] = []
        for offset in range(self.width):
            at = place * self.width + offset - shift
            glyph = symbols[place] >> _HALF_BITS * (self.width - 1 - offset)
            glyph &= _HALF_MASK if self.width > 1 else ~0
            if glyph != self.part[at]:
                kind = Damage.UNREADABLE if self.part[at] == UNREADABLE else Damage.WRONG
                edits.append(Edit(kind, at + shift, at))
        return edits

    # Standard damages

    def unreadable(self) -> Iterator[Found]:
        """Marks stand where one to three glyphs were."""
        places = [place for place in range(self.size) if self.symbol(place, 0) == UNREADABLE]
        if len(places) > ERASURES_MAX:
            return
        bounds = [-1, *places, self.size]
        symbols = self.fill([(a + 1, b, 0) for a, b in pairwise(bounds)], places)
        if symbols:
            edits = [edit for place in places for edit in self.wrong_glyphs(symbols, place, 0)]
            if all(edit.kind is Damage.UNREADABLE for edit in edits):
                yield symbols, edits

    def whole(self) -> Iterator[Found]:
        """Nothing is wrong but the marks that were left out of the part."""
        symbols = self.fill([(0, self.size, 0)], [])
        if symbols:
            yield symbols, []

    def wrong(self) -> Iterator[Found]:
        """One glyph is another one."""
        whole = [(0, self.size, 0)]
        exponent, error = locate(self.syndrome(whole))
        place = self.exponent(exponent)
        if error and place in self.first_places:
            symbols = self.fill(whole, [place])
            yield symbols, self.wrong_glyphs(symbols, place, 0)

    def lost(self) -> Iterator[Found]:
        """One glyph is missing, and the rest has moved up."""
        for place in self.first_places:
            symbols = self.fill([(0, place, 0), (place + 1, self.size, 1)], [place])
            if symbols and (edits := self.lost_glyph(symbols, place, 0)):
                yield symbols, edits

    def extra(self) -> Iterator[Found]:
        """One glyph has slipped in, and the rest has moved down."""
        for at in range(self.first_places.stop * self.width):
            pieces, known = self.dropped(at)
            symbols = self.fill(pieces, [], known)
            if symbols:
                yield symbols, [Edit(Damage.EXTRA, at, at)]

    def swapped(self) -> Iterator[Found]:
        """Two neighbours have changed places."""
        for at in range(min(self.first_places.stop * self.width, len(self.part) - 1)):
            place, next_place = at // self.width, (at + 1) // self.width
            part = [*self.part]
            part[at], part[at + 1] = part[at + 1], part[at]
            if place == next_place or part == self.part:
                continue  # within a symbol it is a wrong symbol; of equal glyphs it is none
            known = [
                (p, _symbol(part[p * self.width : (p + 1) * self.width], self.width))
                for p in (place, next_place)
            ]
            symbols = self.fill([(0, place, 0), (next_place + 1, self.size, 0)], [], known)
            if symbols:
                yield symbols, [Edit(Damage.SWAPPED, at, at)]

    def dropped(self, *dropped: int) -> tuple[list[Piece], list[tuple[int, int]]]:
        """Cut the window into pieces without some glyphs, and symbols that the cuts run through."""
        kept = [at for at in range(len(self.part)) if at not in dropped]
        bounds = [at - index for index, at in enumerate(dropped)]
        pieces: list[Piece] = []
        known: dict[int, int] = {}
        first = 0
        for index, bound in enumerate(bounds):
            place, inside = divmod(bound, self.width)
            pieces.append((first, max(first, place), -index))
            if inside:
                glyphs = [self.part[at] for at in kept[place * self.width :][: self.width]]
                known[place] = _symbol(glyphs, self.width)
            first = max(first, place + (inside > 0))
        pieces.append((min(first, self.size), self.size, -len(dropped)))
        return pieces, [*known.items()]

    # Thorough damages

    def two_wrong(self) -> Iterator[Found]:
        """Two glyphs are other ones."""
        whole = [(0, self.size, 0)]
        for place, other in self.pairs():
            symbols = self.fill(whole, [place, other])
            if symbols:
                edits = [e for p in (place, other) for e in self.wrong_glyphs(symbols, p, 0)]
                yield symbols, edits

    def lost_and_wrong(self) -> Iterator[Found]:
        """One glyph is missing and another one wrong."""
        for place in range(self.size):
            pieces = [(0, place, 0), (place + 1, self.size, 1)]
            for other in range(self.size):
                if other == place or not {place, other} & {*self.first_places}:
                    continue
                symbols = self.fill(pieces, [place, other])
                if symbols and (lost := self.lost_glyph(symbols, place, 0)):
                    wrong = self.wrong_glyphs(symbols, other, int(other > place))
                    yield symbols, sorted(lost + wrong, key=_glyph)

    def two_lost(self) -> Iterator[Found]:
        """Two glyphs are missing."""
        for place, other in self.pairs():
            pieces = [(0, place, 0), (place + 1, other, 1), (other + 1, self.size, 2)]
            symbols = self.fill(pieces, [place, other])
            if not symbols:
                continue
            lost, also_lost = self.lost_glyph(symbols, place, 0), self.lost_glyph(symbols, other, 1)
            if lost and also_lost:
                yield symbols, lost + also_lost
        for place in self.first_places if self.width > 1 else ():
            symbols = self.fill([(0, place, 0), (place + 1, self.size, 2)], [place])
            if symbols:
                at = place * self.width
                yield symbols, [Edit(Damage.LOST, at, at), Edit(Damage.LOST, at + 1, at)]

    def two_extra(self) -> Iterator[Found]:
        """Two glyphs have slipped in."""
        for at in range(self.first_places.stop * self.width):
            for other in range(at + 1, len(self.part)):
                pieces, known = self.dropped(at, other)
                symbols = self.fill(pieces, [], known)
                if symbols:
                    edits = [Edit(Damage.EXTRA, at, at), Edit(Damage.EXTRA, other - 1, other)]
                    yield symbols, edits

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Return every two places, the first of them one where a damage may be."""
        return ((a, b) for a in self.first_places for b in range(a + 1, self.size))


def _glyph(edit: Edit) -> int:
    return edit.glyph


Damages = Sequence[tuple[int, Callable[[_Window], Iterator[Found]]]]

# By how many glyphs the window has too few.
STANDARD: Final[Damages] = (
    (0, _Window.whole),
    (0, _Window.wrong),
    (1, _Window.lost),
    (-1, _Window.extra),
    (0, _Window.swapped),
)
THOROUGH: Final[Damages] = (
    (0, _Window.two_wrong),
    (1, _Window.lost_and_wrong),
    (2, _Window.two_lost),
    (-2, _Window.two_extra),
)
