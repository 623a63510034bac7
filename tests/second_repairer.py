"""The repair of passphrase format version 1, written from docs/format.md alone.

Every damage that the page names is undone at every place that it allows. What is then unknown of a
codeword is solved for, not guessed: parity is linear.

What it had to ask is on the page now.
"""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from itertools import combinations, groupby, product
from typing import Final, Literal, NamedTuple, TypeAlias

from second_reader import (
    MARK,
    MAX_CODEWORDS,
    PARITY_SYMBOLS,
    PARITY_TARGET,
    Codeword,
    Glyph,
    Proposal,
    Read,
    Run,
    Script,
    Stretch,
    fields,
    parse_header,
    read,
    symbol_at,
)
from shamir_mnemonic.rs1024 import _polymod

Level: TypeAlias = Literal["exact", "standard", "thorough"]

STRETCHES: Final = {"exact": 0, "standard": 16, "thorough": 4}
SURPLUSES: Final = ((1, 0, -1), (2, 1, 0, -1, -2))  # of each round, in glyphs and marks
LENGTHS: Final = (24, 27, 30, 33, 36, 43)
MAX_GUESSES: Final = 24
MAX_MISSING: Final = 3


class Guess(NamedTuple):
    """A place of a stretch, where a codeword of so many symbols may begin."""

    place: int
    length: int
    is_header: bool  # what stands there prescribes the length


class Step(NamedTuple):
    """What was done to the next glyphs of a codeword, what is left of them, and what they were."""

    kind: Literal["", "wrong", "unreadable", "lost", "extra", "swapped"]
    read: Run
    values: tuple[int | None, ...]  # None is unknown


Damage: TypeAlias = tuple[tuple[str, int], ...]  # kinds and places


def is_unreadable(glyph: Glyph) -> bool:
    """Tell a mark from a glyph."""
    return glyph.value == MARK


# --- Parity -------------------------------------------------------------------------------------


@cache
def parity_of(shift: int, value: int) -> int:
    """Return what a value, so many bits before the end of a codeword, adds to its polymod."""
    if value > 1:
        bits = range(value.bit_length())
        low, *high = (parity_of(shift + bit, 1) for bit in bits if value >> bit & 1)
        for part in high:
            low ^= part
        return low
    symbols = [value << shift % 10, *[0] * (shift // 10)]
    return int(_polymod(symbols) ^ _polymod([0] * len(symbols)))


def reduce(rest: int, bits: int, rows: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
    """Take from a remainder what rows can, and put their bits in."""
    while rest and (row := rows.get(rest.bit_length())):
        rest, bits = rest ^ row[0], bits ^ row[1]
    return rest, bits


@cache
def rows_of(shifts: tuple[int, ...], width: int) -> dict[int, tuple[int, int]]:
    """Return the remainders that unknown glyphs can make, with their bits, by highest bit."""
    rows: dict[int, tuple[int, int]] = {}
    for shift in shifts:
        for bit in range(shift, shift + width):
            rest, bits = reduce(parity_of(bit, 1), 1 << bit, rows)
            rows[rest.bit_length()] = rest, bits
    return rows


@cache
def parity_of_nothing(length: int) -> int:
    """Return what is missing to the target if all symbols are 0."""
    return PARITY_TARGET ^ int(_polymod([0] * length))


def solve(values: list[int | None], length: int) -> Codeword | None:
    """Find the one codeword of a size that has these glyphs, of which some are unknown."""
    size = len(values) // length
    width = 10 // size
    if len({at // size for at, value in enumerate(values) if value is None}) > PARITY_SYMBOLS:
        return None
    shifts = range(10 * length - width, -1, -width)
    known = [(value, shift) for value, shift in zip(values, shifts, strict=True) if value]
    unknown = [shift for value, shift in zip(values, shifts, strict=True) if value is None]
    rest = parity_of_nothing(length)
    for value, shift in known:
        rest ^= parity_of(shift, value)
    rest, number = reduce(rest, 0, rows_of(tuple(unknown), width))
    if rest:
        return None
    for value, shift in known:
        number |= value << shift
    word = tuple(fields(number, *[10] * length))
    header = parse_header(word[0])
    return word if header and (header.version, header.length) == (1, length) else None


# --- Damage -------------------------------------------------------------------------------------


def list_damages(length: int, size: int, surplus: int, is_thorough: bool) -> list[Damage]:
    """List, in the order of the page, what a round undoes if so many glyphs are too many."""
    glyphs = length * size
    extra = [("extra", at) for at in range(glyphs + surplus)]
    lost = [("lost", at) for at in range(glyphs)]
    wrong = [("wrong", at) for at in range(0, glyphs, size)]
    swapped = [("swapped", at) for at in range(size - 1, glyphs - 1, size)]  # else it is wrong
    if not is_thorough:
        return [(one,) for one in {1: extra, 0: wrong + swapped, -1: lost}.get(surplus, [])]
    if surplus == -1:
        return [(a, b) for a, b in product(lost, wrong) if a[1] // size != b[1] // size]
    return list(combinations({2: extra, 0: wrong, -2: lost}.get(surplus, []), 2))


def intact(run: Run) -> list[Step]:
    """Take glyphs as they were read."""
    return [Step("", [glyph], (glyph.value,)) for glyph in run]


def undo(damage: Damage, undamaged: list[Step], size: int) -> list[Step]:
    """Say what the glyphs were before a damage."""
    steps = undamaged.copy()
    for kind, at in sorted(damage):  # lost before wrong, whose place counts it
        if kind == "lost":
            steps.insert(at, Step("lost", [], (None,)))
        elif kind == "extra":
            steps[at] = Step("extra", steps[at].read, ())
        elif kind == "swapped":
            one, two = steps[at : at + 2]
            steps[at : at + 2] = [Step("swapped", one.read + two.read, two.values + one.values)]
        else:
            wrong = [Step("wrong", step.read, (None,)) for step in steps[at : at + size]]
            steps[at : at + size] = wrong
    return steps


def share_out(missing: int, groups: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to share out glyphs among groups of marks, the first ones' fewest first."""
    for shares in product(range(missing + 1), repeat=min(groups, 3)):
        if sum(shares) == missing:
            yield *shares, *[0] * (groups - 3)


def undo_marks(taken: Run, glyphs: int) -> Iterator[list[Step]]:
    """Yield the ways in which marks may stand for glyphs or for nothing."""
    groups = [(is_mark, list(run)) for is_mark, run in groupby(taken, is_unreadable)]
    missing = glyphs - sum(len(run) for is_mark, run in groups if not is_mark)
    marks = [run for is_mark, run in groups if is_mark]
    if len(taken) == glyphs:
        ways = [tuple(len(run) for run in marks)]
    elif 0 <= missing <= MAX_MISSING:
        ways = list(share_out(missing, len(marks)))
    else:
        ways = []
    for way in ways:
        shares = iter(way)
        steps: list[Step] = []
        for is_mark, run in groups:
            if is_mark:
                read = [run[min(k, len(run) - 1)] for k in range(next(shares))]
                steps += [Step("unreadable", [mark], (None,)) for mark in read]
            else:
                steps += intact(run)
        yield steps


def list_steps(
    script: Script, stretch: Run, guess: Guess, is_thorough: bool
) -> Iterator[list[Step]]:
    """Yield, in the order of the page, all that may have happened behind a place."""
    size, glyphs = script.size, guess.length * script.size
    rest = stretch[guess.place :]
    numbers = [glyphs + surplus for surplus in SURPLUSES[is_thorough]]
    if any(map(is_unreadable, stretch)):
        numbers.append(len(rest))
    for taken in [rest[:number] for number in numbers if number <= len(rest)]:
        readable = [glyph for glyph in taken if not is_unreadable(glyph)]
        if len(readable) < len(taken):
            yield from undo_marks(taken, glyphs)
            if len(readable) != glyphs:
                continue
        undamaged = intact(readable)
        for damage in list_damages(guess.length, size, len(readable) - glyphs, is_thorough):
            if guess.is_header or min(at for _, at in damage) < size:
                yield undo(damage, undamaged, size)


# --- Proposals ----------------------------------------------------------------------------------


def list_guesses(script: Script, stretch: Run) -> list[Guess]:
    """List where a codeword may begin: first where a header was read."""
    readable: list[Guess] = []
    others: list[Guess] = []
    for place, glyph in enumerate(stretch):
        symbol = stretch[place : place + script.size]
        if len(symbol) == script.size and not any(map(is_unreadable, symbol)):
            header = parse_header(symbol_at(stretch, place, script))
            if header is not None and header.version == 1:
                readable.append(Guess(place, header.length, is_header=True))
        if place == 0 or not glyph.is_touched:
            others += [Guess(place, length, is_header=False) for length in LENGTHS]
    return readable[:MAX_GUESSES] + others[:MAX_GUESSES]


def list_repairs(steps: list[Step], word: Codeword, script: Script, stretch: Run) -> list[Read]:
    """Say what was repaired."""
    width = 10 // script.size
    meant = "".join(script.table[v] for s in word for v in fields(s, *[width] * script.size))
    repairs: list[Read] = []
    first = min(glyph.start for step in steps for glyph in step.read)
    position = 0
    for i, (kind, run, values) in enumerate(steps):
        end = position + len(values)
        if kind == "lost":
            before = max([g.end for step in steps[:i] for g in step.read], default=first)
            start = min([g.start for g in stretch if g.start >= before], default=before)
            span = [start, start]
        else:
            span = [run[0].start, run[-1].end]
        was = "".join(script.table[glyph.value] for glyph in run if not is_unreadable(glyph))
        found = {"kind": kind, "position": position, "span": span}
        if kind and was != meant[position:end]:
            repairs.append({**found, "read": was, "meant": meant[position:end]})
        position = end
    return repairs


def propose(script: Script, stretch: Run, level: Level) -> Iterator[Proposal]:
    """Yield what a stretch may have been, each codeword once."""
    proposed: set[Codeword] = set()
    guesses = list_guesses(script, stretch)
    for is_thorough in (False, True)[: 1 + (level == "thorough")]:
        for guess in guesses:
            for steps in list_steps(script, stretch, guess, is_thorough):
                word = solve([value for step in steps for value in step.values], guess.length)
                if word is not None and word not in proposed:
                    proposed.add(word)
                    glyphs = [glyph for step in steps for glyph in step.read]
                    span = [glyphs[0].start, glyphs[-1].end]
                    yield word, span, list_repairs(steps, word, script, stretch)


def mend(stretches: list[Stretch], tags: int, level: Level) -> Iterator[Proposal]:
    """Yield proposals for the stretches, as long as their tags may be compared."""
    for script, stretch in stretches[: STRETCHES[level]]:
        for proposal in propose(script, stretch, level):
            if tags == MAX_CODEWORDS:
                return
            tags += 1
            yield proposal


def repair(text: str, keys: Mapping[int, bytes], audience: str, level: Level) -> Read:
    """Read the one invite in a text, as `second_reader.read` does, and repair it."""
    return read(text, keys, audience, partial(mend, level=level))
