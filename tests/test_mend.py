"""Mending: it proposes exactly the codewords within one named damage, within one budget."""

import gc
import random
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations, groupby, product
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import remainder
from support import CODEC, INVITE, SCRIPTS, codeword_of, row_of

import passphrase
from passphrase import PassphraseError
from passphrase.format.layout import CODEWORD_SIZES, CODEWORD_SYMBOLS, HEADERS
from passphrase.format.parity import TARGET_REMAINDER
from passphrase.opening import LEVELS, Level
from passphrase.reading.mend import PROPOSALS_MAX, THOROUGH_WINDOWS_MAX, WINDOWS_MAX, mend
from passphrase.reading.repair import Window, propose
from passphrase.reading.row import UNREADABLE, Row
from passphrase.scripts import load_script

WORD = codeword_of(INVITE)
Glyphs = list[int]  # UNREADABLE is to be solved for
Codeword = tuple[int, ...]


# --- The set that docs/format.md, "Repair", defines, by trying all of it -------------------------


@cache
def bit_rows(unknown: tuple[int, ...], size: int) -> dict[int, tuple[int, int]]:
    """Return what the unknown bits of a word make of its remainder, in steps, by highest bit."""
    rows: dict[int, tuple[int, int]] = {}
    blank = remainder([0] * size)
    for bit in unknown:
        place, shift = divmod(bit, 10)
        symbols = [0] * size
        symbols[place] = 1 << shift
        made, bits = reduced(remainder(symbols) ^ blank, 1 << bit, rows)
        rows[made.bit_length()] = made, bits
    return rows


def reduced(made: int, bits: int, rows: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Cancel what the rows can."""
    while made and (row := rows.get(made.bit_length())):
        made, bits = made ^ row[0], bits ^ row[1]
    return made, bits


def solved(glyphs: Glyphs, size: int) -> Iterator[Codeword]:
    """Yield the one codeword of version 1 with these glyphs, at most 3 symbols of them unknown."""
    width = len(glyphs) // size
    bits = 10 // width
    unknown = [at for at, glyph in enumerate(glyphs) if glyph == UNREADABLE]
    if len({at // width for at in unknown}) > 3:
        return
    symbols = [0] * size
    for at, glyph in enumerate(glyphs):
        symbols[at // width] |= max(glyph, 0) << bits * (width - 1 - at % width)
    lowest = [10 * (at // width) + bits * (width - 1 - at % width) for at in unknown]
    rows = bit_rows(tuple(low + bit for low in lowest for bit in range(bits)), size)
    rest, found = reduced(remainder(symbols) ^ TARGET_REMAINDER, 0, rows)
    word = tuple(symbol ^ found >> 10 * at & 1023 for at, symbol in enumerate(symbols))
    if not rest and HEADERS[word[0]].version == 1 and CODEWORD_SYMBOLS[word[0]] == size:
        yield word


def one_undone(part: Glyphs, count: int, width: int) -> Iterator[tuple[int, Glyphs]]:
    """Yield the glyph where a damage begins, and what n glyphs were before it."""
    if len(part) == count:
        yield 0, part
        for at in range(0, count, width):
            yield at, [*part[:at], *[UNREADABLE] * width, *part[at + width :]]
        for at in range(count - 1):
            yield at, [*part[:at], part[at + 1], part[at], *part[at + 2 :]]
    elif len(part) == count + 1:
        for at in range(count + 1):
            yield at, [*part[:at], *part[at + 1 :]]
    elif len(part) == count - 1:
        for at in range(count):
            yield at, [*part[:at], UNREADABLE, *part[at:]]


def two_undone(part: Glyphs, count: int, width: int) -> Iterator[tuple[int, Glyphs]]:
    """Yield the same for two of a kind, and for one lost and one wrong."""
    firsts = range(0, count, width)
    if len(part) == count:
        for one, other in combinations(firsts, 2):
            places = {*range(one, one + width), *range(other, other + width)}
            yield one, [UNREADABLE if at in places else g for at, g in enumerate(part)]
    elif len(part) == count + 2:
        for one, other in combinations(range(count + 2), 2):
            yield one, [*part[:one], *part[one + 1 : other], *part[other + 1 :]]
    elif len(part) == count - 2:
        for one, other in combinations(range(count), 2):
            yield one, [*part[:one], UNREADABLE, *part[one : other - 1], UNREADABLE,
                        *part[other - 1 :]]  # fmt: skip
    elif len(part) == count - 1:
        for lost, wrong in product(range(count), firsts):
            if lost // width != wrong // width:
                whole = [*part[:lost], UNREADABLE, *part[lost:]]
                whole[wrong : wrong + width] = [UNREADABLE] * width
                yield min(lost, wrong), whole


def undone(part: Glyphs, count: int, width: int, *, thorough: bool) -> Iterator[tuple[int, Glyphs]]:
    yield from one_undone(part, count, width)
    if thorough:
        yield from two_undone(part, count, width)


def shared_out(rest: Glyphs, count: int) -> Iterator[Glyphs]:
    """Yield n glyphs in which the first three groups of marks stand for at most 3."""
    readable = [at for at, glyph in enumerate(rest) if glyph != UNREADABLE]
    for missing in range(4):
        read = count - missing
        if read > len(readable):
            continue
        end = readable[read] if read < len(readable) else len(rest)
        groups = [[*group] for _, group in groupby(rest[:end], lambda g: g == UNREADABLE)]
        marked = [at for at, group in enumerate(groups) if UNREADABLE in group]
        for shares in product(range(missing + 1), repeat=min(3, len(marked))):
            if sum(shares) == missing:
                share = dict(zip(marked, shares, strict=False))
                yield [
                    glyph
                    for at, group in enumerate(groups)
                    for glyph in ([UNREADABLE] * share.get(at, 0) if at in marked else group)
                ]


def within_damage(row: Row, *, thorough: bool) -> set[Codeword]:
    """Return each codeword that lies within one named damage of a part of a row."""
    glyphs, width = row.glyphs, row.script.glyphs_per_symbol
    found: set[Codeword] = set()
    for start, size, is_known in guesses(row):
        count, rest = size * width, glyphs[start:]
        for surplus in range(-2, 3):
            part = rest[: count + surplus]
            if len(part) < count + surplus:
                continue
            if UNREADABLE not in part:
                found.update(codewords(part, size, width, is_known=is_known, thorough=thorough))
            elif not surplus:
                found.update(solved(part, size))
        for part in shared_out(rest, count) if UNREADABLE in glyphs else ():
            if UNREADABLE in part:
                found.update(solved(part, size))
            else:
                found.update(codewords(part, size, width, is_known=is_known, thorough=thorough))
    return found


def codewords(
    part: Glyphs, size: int, width: int, *, is_known: bool, thorough: bool
) -> Iterable[Codeword]:
    """Return what a part without marks may have been; the first symbol damaged, or known."""
    for first, glyphs in undone(part, size * width, width, thorough=thorough):
        if is_known or first < width:
            yield from solved(glyphs, size)


def guesses(row: Row) -> Iterator[tuple[int, int, bool]]:
    """Yield where a codeword may begin, its size, and whether that is read or guessed."""
    glyphs, width = row.glyphs, row.script.glyphs_per_symbol
    for at in range(len(glyphs) - width + 1):
        if UNREADABLE not in (symbol := glyphs[at : at + width]):
            header = symbol[0] if width == 1 else symbol[0] << 5 | symbol[1]
            if HEADERS[header].version == 1 and CODEWORD_SYMBOLS[header]:
                yield at, CODEWORD_SYMBOLS[header], True
    for at in row.begins:
        yield from ((at, size, False) for size in CODEWORD_SIZES)


def proposed(row: Row, *, thorough: bool) -> set[Codeword]:
    levels = (False, True)[: 1 + thorough]
    return {found.codeword for level in levels for found in mend([row], thorough=level)}


def struck(draw: random.Random, glyphs: Glyphs, symbols: int, times: int) -> Glyphs:
    """Damage glyphs, at random or at the beginning, where it costs the header."""
    for _ in range(times):
        at = draw.choice([0, draw.randrange(len(glyphs) - 1)])
        one, *rest = glyphs[at:]
        other = draw.randrange(symbols)
        after = [[other, *rest], rest, [other, one, *rest], [rest[0], one, *rest[1:]],
                 [UNREADABLE, *rest], [UNREADABLE, one, *rest]]  # fmt: skip
        glyphs = [*glyphs[:at], *draw.choice(after)]
    return glyphs


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be left out for want of a budget."""
    for limit in (
        "WINDOWS_MAX",
        "THOROUGH_WINDOWS_MAX",
        "PROPOSALS_MAX",
        "_GUESSES_MAX",
        "_ROW_GUESSES_MAX",
    ):
        monkeypatch.setattr(f"passphrase.reading.mend.{limit}", 1 << 30)


@pytest.mark.slow
@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("thorough", [False, True])
def test_what_is_within_a_named_damage_is_proposed_and_nothing_else(
    script: str, seed: int, *, thorough: bool
) -> None:
    """Against a search that tries each damage at each place, by another way to solve parity."""
    draw = random.Random(f"{script} {seed}")
    spelled = load_script(script)
    symbols = len(spelled.glyphs)
    before, after = ([draw.randrange(symbols) for _ in range(draw.randrange(4))] for _ in "12")
    glyphs = [*spelled.split_glyphs(WORD)]
    damaged = struck(draw, glyphs, symbols, draw.randrange(1, 3 + thorough))
    row = row_of([*before, *damaged, *after], script, gaps=draw.choice([[], [len(before)]]))
    found = proposed(row, thorough=thorough)
    assert found == within_damage(row, thorough=thorough)


# --- The budget of a text -----------------------------------------------------------------------


def hostile_rows(script: str, count: int) -> dict[str, list[Row]]:
    """Make rows in which a codeword may begin everywhere, or marks stand everywhere."""
    draw = random.Random(script)
    spelled = load_script(script)
    symbols = len(spelled.glyphs)
    headers = [s for s in range(1024) if HEADERS[s].version == 1 and CODEWORD_SYMBOLS[s]]
    glyphs = {
        "any": [draw.randrange(symbols) for _ in range(60 * count)],
        "headers": spelled.split_glyphs(draw.choices(headers, k=60 * count)),
        "marks": [draw.choice([UNREADABLE, draw.randrange(symbols)]) for _ in range(60 * count)],
    }
    word = spelled.split_glyphs(WORD)
    lost = [*word[:9], *word[10:]]
    gaps = [UNREADABLE, UNREADABLE], [UNREADABLE], [UNREADABLE]
    blotted = [*word[:3], *gaps[0], *word[4:9], *gaps[1], *word[10:21], *gaps[2], *word[22:]]
    set_off = range(1, 60 * count, 2)
    return {name: [row_of(row, script)] for name, row in glyphs.items()} | {
        "many": [row_of(glyphs["any"], script)] * 20,
        "no header": [row_of([*range(900, 1000)] * 5, "emoji")] * 40,
        "short": [row_of(glyphs["any"][:20], script)] * 20,
        "set off": [row_of(glyphs["any"], script, gaps=set_off)],
        "marks, set off": [row_of(glyphs["marks"], script, gaps=set_off)],
        "lost": [row_of(lost, script) for _ in range(count)],
        "blotted": [row_of(blotted, script) for _ in range(count)],
    }


@pytest.mark.slow
@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("script", SCRIPTS)
def test_windows_and_proposals_are_bounded(
    monkeypatch: pytest.MonkeyPatch, script: str, *, thorough: bool
) -> None:
    """Of all rows of a text together, however many and however long."""
    windows: list[Window] = []

    def counted(window: Window, damages: Any) -> Any:
        windows.append(window)
        return propose(window, damages)

    monkeypatch.setattr("passphrase.reading.mend.propose", counted)
    spent: list[tuple[bool, bool]] = []
    budget = THOROUGH_WINDOWS_MAX if thorough else WINDOWS_MAX
    assert (WINDOWS_MAX, THOROUGH_WINDOWS_MAX) == (24, 16)
    for rows in hostile_rows(script, 40).values():
        windows.clear()
        found = [*mend(rows, thorough=thorough)]
        known = sum(window.places > 1 for window in windows)
        assert known <= budget
        assert len(windows) - known <= budget
        assert len(found) <= PROPOSALS_MAX == 48
        assert all(abs(w.surplus or 0) <= 1 + thorough for w in windows)
        with monkeypatch.context() as patched:
            patched.setattr("passphrase.reading.mend.PROPOSALS_MAX", 12)
            spent.append((known == budget, len([*mend(rows, thorough=thorough)]) == 12))
    assert any(no_windows for no_windows, _ in spent)
    assert thorough or any(no_proposals for _, no_proposals in spent)


def test_the_likeliest_place_is_looked_at_first() -> None:
    """One that something sets off at both ends is found among headers that would spend it all."""
    draw = random.Random(5)
    headers = [s for s in range(1024) if HEADERS[s].version == 1 and CODEWORD_SYMBOLS[s]]
    noise = row_of(draw.choices(headers, k=900), "emoji")
    damaged = row_of([*WORD[:7], *WORD[8:]], "hanzi")
    before, after = (draw.choices(headers, k=300) for _ in "12")
    touching = row_of([*before, *damaged.glyphs, *after], "hanzi")
    for rows in ([noise, damaged], [damaged] + [noise] * 9):
        assert WORD in {found.codeword for found in mend(rows, thorough=False)}
    assert WORD not in {found.codeword for found in mend([noise, touching], thorough=False)}


def test_a_row_proposes_a_codeword_once_and_each_row_its_own() -> None:
    row = row_of([*WORD[:7], *WORD[8:]], "emoji", gaps=[2])
    found = [*mend([row, row_of(row.glyphs, "hanzi")], thorough=False)]
    assert [each.script for each in found if each.codeword == WORD] == ["emoji", "hanzi"]


def test_thorough_does_not_solve_for_marks_again() -> None:
    """What marks stand for is "standard"; here it only reads over them."""
    blotted = row_of([*WORD[:7], UNREADABLE, *WORD[8:]], "emoji")
    assert WORD in {found.codeword for found in mend([blotted], thorough=False)}
    assert WORD not in {found.codeword for found in mend([blotted], thorough=True)}


# --- What standard reads, thorough reads --------------------------------------------------------


@given(seed=st.integers(0, 2**32))
def test_what_standard_reads_thorough_reads(seed: int) -> None:
    """The same and no other, of any number of passphrases with any damage; also what is refused."""
    draw = random.Random(seed)
    pieces: list[str] = []
    for _ in range(draw.randrange(1, 4)):
        script = load_script(draw.choice(SCRIPTS))
        invite = INVITE.model_copy(update={"variant": draw.randrange(2)})
        glyphs = [*script.split_glyphs(codeword_of(invite))]
        size = len(script.glyphs)
        damaged = struck(draw, glyphs, size, draw.randrange(4))
        pieces += ["?" if glyph == UNREADABLE else script.glyphs[glyph] for glyph in damaged]
        pieces.append(draw.choice(["", "。", "。。", " ", "鸡", script.glyphs[3], "\n"]))
    text = "".join(pieces)
    every = read_all(text, "standard")
    if not isinstance(every, PassphraseError) or every.code == "ambiguous":
        assert repr(read_all(text, "thorough")) == repr(every)


def read_all(text: str, level: Level) -> list[passphrase.Decoded] | PassphraseError:
    try:
        return CODEC.decode_all(text, repair=level)
    except PassphraseError as error:
        return error


# --- Memory -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_repair_leaves_nothing_for_the_garbage_collector(level: Level) -> None:
    """No object of ours, and no frame, refers to itself: it goes as soon as it is not used."""
    text = CODEC.encode(INVITE)
    pasted = [text, text[:5] + text[6:], text[:5] + "??" + text[7:], text[:3] + text[9:], "x"]
    [read_all(each, level) for each in pasted]  # tables are made at the first use
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(50):
            for each in pasted:
                read_all(each, level)
        gc.collect()
        assert [each for each in gc.garbage if not isinstance(each, ModuleType)] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("text", [
    "Hey, are you coming on Friday? We meet at 7 pm in the usual place. Here is the code: {} Copy "
    "it and open the app, then tell Anna and bring 3 friends.",
    "ok so I talked to them and they said it is fine, {} , see you tomorrow then, love you",
    "{} this is for the hiking group, please join before Sunday and do not share it",
])  # fmt: skip
def test_a_damaged_header_is_repaired_in_prose(text: str, place: int) -> None:
    """Each word before a passphrase in base 32 is a place where one may begin."""
    for variant in range(8):
        invite = INVITE.model_copy(update={"variant": variant})
        glyphs = [*CODEC.encode(invite, script="base32")]
        glyphs[place] = "T" if glyphs[place] != "T" else "J"
        assert CODEC.decode(text.format("".join(glyphs))).invite == invite
