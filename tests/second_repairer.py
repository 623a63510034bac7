"""A second repairer, written only from the format page: the set of codewords that it defines.

Each part of a damaged stretch and each damage of it are gone through. What is unknown follows
from the three syndromes, so that nothing is guessed. A *position* counts glyphs of the codeword,
a *place* counts glyphs and marks of the stretch.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from typing import NamedTuple

import second_reader as reader
from second_reader import Codeword, Refused, Result, Run, Survey

MOST_TAGS = 256
MOST_UNKNOWN = 3  # glyphs that groups stand for, and groups that stand for any
MOST_MORE = 64  # glyphs and marks of a part past the glyphs of a codeword
LEVELS = ("exact", "standard", "thorough")
FIELD_ORDER = 1023

EXP = [1] * (2 * FIELD_ORDER)
for _power in range(1, 2 * FIELD_ORDER):
    EXP[_power] = reader.times(EXP[_power - 1], 2)
LOG = {EXP[power]: power for power in range(FIELD_ORDER)}


def mul(a: int, b: int) -> int:
    """The product of two elements, by logarithms."""
    return EXP[LOG[a] + LOG[b]] if a and b else 0


def div(a: int, b: int) -> int:
    """The quotient of two elements, the second not zero."""
    return EXP[LOG[a] - LOG[b] + FIELD_ORDER] if a else 0


def _target_at(power: int) -> int:
    parts = (reader.TARGET >> 20, reader.TARGET >> 10 & 1023, reader.TARGET & 1023)
    return mul(parts[0], EXP[2 * power]) ^ mul(parts[1], EXP[power]) ^ parts[2]


class Shape:
    """Where glyphs of a codeword of n symbols stand, and what each adds to the syndrome.

    The syndrome is one number of three times 10 bits, at α, α² and α³; it is 0 for a codeword.
    """

    def __init__(self, size: int, width: int) -> None:
        self.size, self.width, self.glyphs = size, width, size * width
        self.at = [EXP[size - 1 - i] for i in range(size)]  # the place of each symbol: α^(n-1-i)
        self.base = 0
        for j in (1, 2, 3):
            self.base = self.base << 10 | EXP[size * j % FIELD_ORDER] ^ _target_at(j)
        digits = 32 if width == 2 else 1024
        self.rows: list[list[int]] = []
        for position in range(self.glyphs):
            high = 5 if width == 2 and position % 2 == 0 else 0
            x = self.at[position // width]
            self.rows.append([spread(value << high, x) for value in range(digits)])


def spread(symbol: int, x: int) -> int:
    """What a symbol at the place x adds to the syndrome."""
    first = mul(symbol, x)
    second = mul(first, x)
    return first << 20 | second << 10 | mul(second, x)


def split(syndrome: int) -> tuple[int, int, int]:
    """The syndromes at α, α² and α³."""
    return syndrome >> 20, syndrome >> 10 & 1023, syndrome & 1023


_SHAPES: dict[tuple[int, int], Shape] = {}


def shape(size: int, width: int) -> Shape:
    """The shape of a size in a script of a width, made once."""
    return _SHAPES.setdefault((size, width), _SHAPES.get((size, width)) or Shape(size, width))


class Fix(NamedTuple):
    """One repaired row: its glyphs, and what was done to which position."""

    values: list[int]
    damages: tuple[tuple[str, int], ...]


class Row:
    """The glyphs of a part and the sums of what they add, moved by -2 to 3 positions."""

    def __init__(self, values: list[int], form: Shape) -> None:
        self.values, self.form = values, form
        self._sums: dict[int, list[int]] = {}

    def sums(self, moved: int) -> list[int]:
        """Entry k: what the first k glyphs add if each stands `moved` positions further on."""
        if moved not in self._sums:
            total, sums, rows = 0, [0], self.form.rows
            for position, value in enumerate(self.values, moved):
                if 0 <= position < len(rows):
                    total ^= rows[position][value]
                sums.append(total)
            self._sums[moved] = sums
        return self._sums[moved]

    def between(self, moved: int, first: int, last: int) -> int:
        """What the glyphs from `first` up to `last` add if they are moved."""
        sums = self.sums(moved)
        return sums[first] ^ sums[last]

    def syndrome(self, holes: tuple[int, ...]) -> int:
        """The syndrome with zero glyphs put in at these positions, in ascending order."""
        total, at = self.form.base, 0
        for moved, hole in enumerate(holes):
            total ^= self.between(moved, at, hole - moved)
            at = hole - moved
        return total ^ self.between(len(holes), at, len(self.values))

    def filled(self, holes: tuple[int, ...]) -> list[int]:
        """The glyphs with zero glyphs put in."""
        values = list(self.values)
        for hole in holes:
            values.insert(hole, 0)
        return values


def _changed(values: list[int], form: Shape, symbol: int, error: int) -> list[int]:
    """The glyphs with an error added to one symbol."""
    changed = list(values)
    if form.width == 1:
        changed[symbol] ^= error
    else:
        changed[2 * symbol] ^= error >> 5
        changed[2 * symbol + 1] ^= error & 31
    return changed


def _one_error(syndrome: int, form: Shape) -> tuple[int, int] | None:
    """The symbol and the error that alone make a syndrome."""
    first, second, third = split(syndrome)
    if not first or not second:
        return None
    x = div(second, first)
    symbol = form.size - 1 - LOG[x]
    if mul(second, x) != third or symbol < 0:
        return None
    return symbol, div(first, x)


def _other_error(syndrome: int, form: Shape, known: int) -> tuple[int, int, int] | None:
    """With one wrong symbol known: its error, the other wrong symbol and the error of that."""
    first, second, third = split(syndrome)
    x = form.at[known]
    one, two = mul(x, first) ^ second, mul(x, second) ^ third
    if not one or not two:
        return None
    y = div(two, one)
    other = form.size - 1 - LOG[y]
    if other < 0 or other == known:
        return None
    error = div(one, mul(y, x ^ y))
    return div(first ^ mul(error, y), x), other, error


def solved(syndrome: int, symbols: list[int], form: Shape) -> list[int] | None:
    """The errors of 1 to 3 known symbols that make a syndrome, or None."""
    rows = [
        [mul(form.at[s], 1 if j == 0 else EXP[j * LOG[form.at[s]] % FIELD_ORDER]) for s in symbols]
        + [split(syndrome)[j]]
        for j in range(3)
    ]
    for i in range(len(symbols)):
        pivot = next(r for r in range(i, 3) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [div(value, rows[i][i]) for value in rows[i]]
        for r in range(3):
            if r != i and rows[r][i]:
                factor = rows[r][i]
                rows[r] = [a ^ mul(factor, b) for a, b in zip(rows[r], rows[i], strict=True)]
    if any(row[-1] for row in rows[len(symbols) :]):
        return None
    return [rows[i][-1] for i in range(len(symbols))]


def with_holes(row: Row, holes: tuple[int, ...]) -> Iterator[Fix]:
    """The row with unreadable glyphs at known positions, if three symbols hold them."""
    form = row.form
    symbols = sorted({hole // form.width for hole in holes})
    if len(symbols) > MOST_UNKNOWN:
        return
    errors = solved(row.syndrome(holes), symbols, form)
    if errors is None:
        return
    before = after = row.filled(holes)
    for symbol, error in zip(symbols, errors, strict=True):
        after = _changed(after, form, symbol, error)
    if all(a == b for i, (a, b) in enumerate(zip(before, after, strict=True)) if i not in holes):
        yield Fix(after, tuple(("unreadable", hole) for hole in holes))


# --- Damages of a row without marks. `first`: the first damage is in the first symbol.


def wrong(row: Row, *, first: bool) -> Iterator[Fix]:
    """One wrong symbol, or two neighbouring glyphs swapped."""
    form, values, width = row.form, row.values, row.form.width
    syndrome = row.syndrome(())
    one = _one_error(syndrome, form)
    if one and (one[0] == 0 or not first):
        yield Fix(_changed(values, form, *one), (("wrong", one[0] * width),))
    for at in range(width if first else len(values) - 1):
        change = values[at] ^ values[at + 1]
        if change and form.rows[at][change] ^ form.rows[at + 1][change] == syndrome:
            swapped = [*values[:at], values[at + 1], values[at], *values[at + 2 :]]
            yield Fix(swapped, (("swapped", at),))


def lost(row: Row, *, first: bool) -> Iterator[Fix]:
    """One glyph lost."""
    form = row.form
    for hole in range(form.width if first else form.glyphs):
        one = _one_error(row.syndrome((hole,)), form)
        if one and one[0] == hole // form.width:
            fixed = _changed(row.filled((hole,)), form, *one)
            if _only_holes(fixed, row, (hole,)):
                yield Fix(fixed, (("lost", hole),))
        elif row.syndrome((hole,)) == 0:
            yield Fix(row.filled((hole,)), (("lost", hole),))


def _only_holes(values: list[int], row: Row, holes: tuple[int, ...]) -> bool:
    return [v for i, v in enumerate(values) if i not in holes] == row.values


def extra(row: Row, *, first: bool) -> Iterator[Fix]:
    """One glyph extra."""
    size = len(row.values)
    for at in range(row.form.width if first else size):
        if row.form.base == row.between(0, 0, at) ^ row.between(-1, at + 1, size):
            yield Fix(row.values[:at] + row.values[at + 1 :], (("extra", at),))


def two_wrong(row: Row, *, first: bool) -> Iterator[Fix]:
    """Two wrong symbols."""
    form, syndrome = row.form, row.syndrome(())
    for known in range(1 if first else form.size):
        other = _other_error(syndrome, form, known)
        if other and other[0] and known < other[1]:
            fixed = _changed(row.values, form, known, other[0])
            fixed = _changed(fixed, form, other[1], other[2])
            yield Fix(fixed, (("wrong", known * form.width), ("wrong", other[1] * form.width)))


def lost_and_wrong(row: Row, *, first: bool) -> Iterator[Fix]:
    """One glyph lost and one symbol wrong, of two symbols."""
    form = row.form
    for hole in range(form.glyphs):
        syndrome = row.syndrome((hole,))
        mine = hole // form.width
        found = _other_error(syndrome, form, mine)
        if not found or (first and mine and found[1]):
            continue
        with_lost = _changed(row.filled((hole,)), form, mine, found[0])
        if _only_holes(with_lost, row, (hole,)):
            fixed = _changed(with_lost, form, found[1], found[2])
            yield Fix(fixed, (("lost", hole), ("wrong", found[1] * form.width)))


def two_lost(row: Row, *, first: bool) -> Iterator[Fix]:
    """Two glyphs lost."""
    form, width, size = row.form, row.form.width, len(row.values)
    head, middle, tail = row.sums(0), row.sums(1), row.sums(2)
    end = form.base ^ tail[size]
    for one in range(width if first else form.glyphs - 1):
        x = form.at[one // width]
        start = end ^ head[one] ^ middle[one]
        for two in range(one + 1, form.glyphs):
            syndrome = start ^ middle[two - 1] ^ tail[two - 1]
            y = form.at[two // width]
            if x != y:
                second, third = syndrome >> 10 & 1023, syndrome & 1023
                if mul(y, mul(x, syndrome >> 20) ^ second) != mul(x, second) ^ third:
                    continue
            for fix in with_holes(row, (one, two)):
                yield Fix(fix.values, (("lost", one), ("lost", two)))


def two_extra(row: Row, *, first: bool) -> Iterator[Fix]:
    """Two glyphs extra."""
    size, values = len(row.values), row.values
    head, middle, tail = row.sums(0), row.sums(-1), row.sums(-2)
    ends: dict[int, list[int]] = {}
    for two in range(size):
        ends.setdefault(middle[two] ^ tail[two + 1] ^ tail[size] ^ row.form.base, []).append(two)
    for one in range(row.form.width if first else size):
        for two in ends.get(head[one] ^ middle[one + 1], []):
            if one < two:
                left = values[:one] + values[one + 1 : two] + values[two + 1 :]
                yield Fix(left, (("extra", one), ("extra", two)))


# --- Parts


class Part(NamedTuple):
    """One window: glyphs, where unreadable ones are put in, and where it stands."""

    start: int
    end: int
    size: int
    values: tuple[int, ...]
    holes: tuple[int, ...]
    first: bool
    marks: bool


def _places(stretch: Run, width: int) -> Iterator[tuple[int, int, bool]]:
    """Where a codeword may begin, of which size, and whether its first symbol is damaged."""
    for at, item in enumerate(stretch):
        header = reader.symbol_at(stretch, at, width)
        size = reader.prescribed(header) if header >> 7 == reader.VERSION else None
        if size:
            yield at, size, False
        if at == 0 or item.free:
            for other in reader.SIZES.values():
                if other != size:
                    yield at, other, True


def _shares(groups: list[int], total: int) -> set[tuple[int, ...]]:
    """The ways in which the first three groups stand for `total` glyphs.

    A group is the number of glyphs before it. A share is the position of each glyph stood for.
    """
    shares: set[tuple[int, ...]] = {()} if total == 0 else set()
    for count in (1, 2, 3):
        if total and len(groups[:MOST_UNKNOWN]) >= count:
            for chosen in combinations(groups[:MOST_UNKNOWN], count):
                for parts in _compositions(total, count):
                    spots = [g for g, n in zip(chosen, parts, strict=True) for _ in range(n)]
                    shares.add(tuple(spot + i for i, spot in enumerate(spots)))
    return shares


def _compositions(total: int, count: int) -> Iterator[tuple[int, ...]]:
    for cuts in combinations(range(1, total), count - 1):
        edges = (0, *cuts, total)
        yield tuple(b - a for a, b in pairwise(edges))


def _rows(stretch: Run, at: int, most: int) -> Iterator[tuple[int, list[int], list[int]]]:
    """Each row from a place on: its end, its glyphs, and its groups of marks."""
    values: list[int] = []
    groups: list[int] = []
    for end in range(at, min(len(stretch), at + most)):
        item = stretch[end]
        if item.value >= 0:
            values.append(item.value)
        elif not groups or groups[-1] != len(values):
            groups.append(len(values))
        yield end + 1, values, groups


def parts(stretch: Run, width: int, slack: int) -> Iterator[Part]:
    """Each part of a stretch, once for each of its windows; `slack` is glyphs lost or extra."""
    for at, size, first in _places(stretch, width):
        glyphs = size * width
        seen: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
        marked = any(item.value < 0 for item in stretch[at : at + width])
        for end, values, groups in _rows(stretch, at, glyphs + MOST_MORE):
            row = tuple(values)
            if not groups and abs(len(row) - glyphs) <= slack:
                yield Part(at, end, size, row, (), first, marks=False)
            if groups and len(row) <= glyphs:
                for holes in _holes(stretch[at:end], groups, glyphs, stands=marked or not first):
                    if (row, holes) not in seen:
                        seen.add((row, holes))
                        yield Part(at, end, size, row, holes, first, marks=True)
            if len(row) == glyphs + slack:
                break


def _holes(
    items: Run, groups: list[int], glyphs: int, *, stands: bool
) -> Iterator[tuple[int, ...]]:
    """Each way in which the marks of a part stand for glyphs; `stands` if for more than none."""
    marks = tuple(i for i, item in enumerate(items) if item.value < 0)
    missing = glyphs - len(items) + len(marks)
    if missing <= MOST_UNKNOWN and (stands or not missing):
        yield from sorted(_shares(groups, missing))
    if stands and len(items) == glyphs:
        yield marks


def fixes(part: Part, width: int, level: str) -> Iterator[Fix]:
    """What a part may have been, by the damages of a level alone."""
    form = shape(part.size, width)
    row = Row(list(part.values), form)
    less, first = form.glyphs - len(row.values), part.first
    if part.holes:
        yield from with_holes(row, part.holes) if level == "standard" else ()
    elif part.marks and level == "standard" and row.syndrome(()) == 0:
        yield Fix(row.values, ())
    damages = {
        ("standard", 0): (wrong,), ("standard", 1): (lost,), ("standard", -1): (extra,),
        ("thorough", 0): (two_wrong,), ("thorough", 1): (lost_and_wrong,),
        ("thorough", 2): (two_lost,), ("thorough", -2): (two_extra,),
    }  # fmt: skip
    if not part.holes and (not part.marks or not less):
        for damage in damages.get((level, less), ()):
            yield from damage(row, first=first)


def count_windows(text: str, level: str, limit: int = reader.LIMIT) -> int:
    """How many windows the damaged stretches of a text have at a level."""
    reading = reader.readings(text)[-1] if len(text) <= limit else None
    slack = LEVELS.index(level)
    return sum(
        1
        for script, stretch in (reader.stretches(reading) if reading and slack else ())
        for _ in parts(stretch, reader.WIDTH[script], slack)
    )


class _Search:
    """The tags that are left, and what was found."""

    def __init__(self, found: Survey, keys: Mapping[int, bytes], audience: str) -> None:
        self.found, self.keys, self.audience = found, keys, audience
        self.left = MOST_TAGS - found.tags
        self.tried: set[Codeword] = set()
        self.whole = set(found.verified)

    def try_fix(self, stretch: Run, part: Part, fix: Fix, width: int) -> None:
        """Verify a fix, if it is a codeword that was not tried yet."""
        values = fix.values
        digits = iter(values)
        codeword = tuple(
            values if width == 1 else (a << 5 | b for a, b in zip(digits, digits, strict=True))
        )
        known = codeword in self.tried or codeword in self.whole
        if known or codeword[0] >> 7 != reader.VERSION or not reader.sound(codeword):
            return
        if codeword[0] >> 4 & 7 not in self.keys or not self.left:
            return
        self.tried.add(codeword)
        self.left -= 1
        try:
            invite = reader.open_codeword(codeword, self.keys, self.audience)
        except Refused:
            return
        items = [item for item in stretch[part.start : part.end] if item.value >= 0 or part.holes]
        span = [items[0].start, items[-1].end]
        repairs: list[Result] = [{"kind": k, "position": p} for k, p in fix.damages]
        self.found.verified[codeword] = reader.result(invite, codeword, span, repairs)

    def run(self, level: str) -> None:
        """Try all fixes of all parts at a level."""
        for script, stretch in self.found.stretches:
            width = reader.WIDTH[script]
            for part in parts(stretch, width, LEVELS.index(level)):
                for fix in fixes(part, width, level):
                    self.try_fix(stretch, part, fix, width)


def repair(
    text: str, keys: Mapping[int, bytes], audience: str, level: str, limit: int = reader.LIMIT
) -> Result:
    """What a repairer makes of a text at a level: an invite with its place, or a refusal."""
    found = reader.survey(text, keys, audience, limit)
    search = _Search(found, keys, audience)
    for step in LEVELS[1 : LEVELS.index(level) + 1]:
        search.run(step)
        if found.verified:
            break
    return reader.outcome(found)
