"""Repair: parity proposes codewords, the tag decides, and nothing is misread."""

import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import is_sound, protect, spell
from support import (
    AUDIENCE,
    CODEC,
    INVITE,
    KEYRING,
    SCRIPTS,
    codeword_of,
    invites,
    row_of,
    scripts,
)

from passphrase import (
    AmbiguousError,
    Codec,
    DamagedError,
    Invite,
    NotFoundError,
    SignatureError,
)
from passphrase.format.layout import CODEWORD_SIZES
from passphrase.reading.mend import Mended, Repair, mend
from passphrase.reading.repair import Damage
from passphrase.reading.row import UNREADABLE
from passphrase.scripts import load_script

WORD = codeword_of(INVITE)
WIDTHS = {"emoji": 1, "hanzi": 1, "base32": 2}
ROWS = {name: load_script(name).split_glyphs(WORD) for name in SCRIPTS}


def spelled(script: str) -> str:
    return spell(WORD, script)


def gb2312_level_1(number: int) -> str:
    """Return one of the 3,755 most frequent hanzi."""
    row, cell = divmod(number, 94)
    return bytes([0xB0 + row, 0xA1 + cell]).decode("gb2312")


def finds(row: list[int], script: str, *, thorough: bool = False) -> bool:
    """Tell whether the word is among the proposals, all of which have sound parity."""
    found = [*mend([row_of(row, script)], thorough=thorough)]
    assert all(is_sound(proposal.codeword) for proposal in found)
    return WORD in {proposal.codeword for proposal in found}


# --- Standard damage, exhaustively --------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_one_wrong_glyph_everywhere(script: str) -> None:
    """At every place of a codeword, several wrong glyphs are repaired."""
    row = ROWS[script]
    size = len(load_script(script).glyphs)
    for at in range(len(row)):
        for change in range(1, size, max(1, size // 7)):
            wrong = [*row[:at], (row[at] + change) % size, *row[at + 1 :]]
            assert finds(wrong, script)


def one_damage(row: list[int], size: int) -> Iterator[list[int]]:
    """Lose, add, swap and blot at every place."""
    for at in range(len(row)):
        yield [*row[:at], *row[at + 1 :]]
        yield [*row[:at], UNREADABLE, *row[at + 1 :]]
        yield [*row[:at], UNREADABLE, UNREADABLE, *row[at + 1 :]]
    for at in range(len(row) + 1):
        yield [*row[:at], (at * 37) % size, *row[at:]]
    for at in range(len(row) - 1):
        yield [*row[:at], row[at + 1], row[at], *row[at + 2 :]]


@pytest.mark.parametrize("script", SCRIPTS)
def test_one_damage_everywhere(script: str) -> None:
    """One lost, one extra, one swap, one mark, or two marks for one glyph, at every place."""
    for row in one_damage(ROWS[script], len(load_script(script).glyphs)):
        assert finds(row, script) or row == ROWS[script]


@pytest.mark.parametrize("script", SCRIPTS)
def test_two_and_three_unreadable_glyphs(script: str) -> None:
    """Every pair of neighbours and a spread of pairs and triples."""
    row = ROWS[script]
    draw = random.Random(3)
    pairs = [*combinations(range(len(row)), 2)]
    triples = [draw.sample(range(len(row)), 3) for _ in range(100)]
    for places in [*draw.sample(pairs, 100), *((a, a + 1) for a in range(29)), *triples]:
        assert finds([UNREADABLE if at in places else g for at, g in enumerate(row)], script)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("damage", ["two wrong", "lost and wrong", "two lost", "two extra"])
def test_thorough(script: str, damage: str) -> None:
    """Two damages of a kind, and one lost with one wrong; not found without `thorough`."""
    row = ROWS[script]
    size = len(load_script(script).glyphs)
    draw = random.Random(damage + script)
    for _ in range(12):
        one, other = sorted(draw.sample(range(len(row)), 2))
        wrong = [
            (g + draw.randrange(1, size)) % size if at == other else g for at, g in enumerate(row)
        ]
        if damage == "two wrong":
            wrong[one] = (wrong[one] + draw.randrange(1, size)) % size
        elif damage == "lost and wrong":
            del wrong[one]
        elif damage == "two lost":
            wrong = [g for at, g in enumerate(row) if at not in {one, other}]
        else:
            wrong = [*row]
            wrong.insert(other, draw.randrange(size))
            wrong.insert(one, draw.randrange(size))
        is_one = script == "base32" and damage == "two wrong" and one // 2 == other // 2
        assert finds(wrong, script, thorough=not is_one)


def test_both_characters_of_a_symbol_lost() -> None:
    """In base 32 the two lost glyphs may be one symbol."""
    row = ROWS["base32"]
    for at in range(0, len(row), 2):
        assert finds([*row[:at], *row[at + 2 :]], "base32", thorough=True)


def test_two_extra_characters_within_a_symbol() -> None:
    """They are neighbours, between the two glyphs of one symbol in base 32."""
    row = ROWS["base32"]
    for at in range(1, len(row), 2):
        assert finds([*row[:at], 7, 21, *row[at:]], "base32", thorough=True)


@given(invite=invites, script=scripts, seed=st.integers(0, 2**32))
def test_every_size_is_repaired(invite: Invite, script: str, seed: int) -> None:
    """One damage of a random kind, in a word of any size, between glyphs of its own script."""
    draw = random.Random(seed)
    alphabet = load_script(script).glyphs
    glyphs = [*CODEC.encode(invite, script=script).replace("-", "")]
    at = draw.randrange(len(glyphs) - 1)
    kind = draw.choice([*Damage])
    if kind is Damage.WRONG:
        glyphs[at] = draw.choice(alphabet)
    elif kind is Damage.UNREADABLE:
        glyphs[at] = "?"
    elif kind is Damage.LOST:
        del glyphs[at]
    elif kind is Damage.EXTRA:
        glyphs.insert(at, draw.choice(alphabet))
    else:
        glyphs[at : at + 2] = glyphs[at + 1], glyphs[at]
    after = "".join(draw.choices(alphabet, k=draw.randrange(4)))
    assert CODEC.decode(f"看【{''.join(glyphs)}{after}】").invite == invite


# --- What is said of it -------------------------------------------------------------------------


def strike(kind: Damage, row: list[int], size: int, draw: random.Random) -> list[int]:
    """Do one damage to a row, anywhere."""
    at = draw.randrange(len(row) - 1)
    glyph, *rest = row[at:]
    after = {
        Damage.WRONG: [(glyph + draw.randrange(1, size)) % size, *rest],
        Damage.UNREADABLE: [UNREADABLE, *rest],
        Damage.LOST: rest,
        Damage.EXTRA: [draw.randrange(size), glyph, *rest],
        Damage.SWAPPED: [rest[0], glyph, *rest[1:]],
    }
    return [*row[:at], *after[kind]]


def struck(row: list[int], size: int, draw: random.Random) -> Iterator[list[int]]:
    """Damage a row in every way and pair of ways that is repaired, each at some places."""
    pairs = [(kind, kind) for kind in Damage if kind is not Damage.SWAPPED]
    for kinds in (*((kind,) for kind in Damage), *pairs, (Damage.WRONG, Damage.LOST)):
        for _ in range(3):
            damaged = row
            for kind in kinds:
                damaged = strike(kind, damaged, size, draw)
            yield damaged
    yield [*row[:12], 5, 7, *row[12:]]
    for at in (0, 12, len(row) - 2):  # both halves of one symbol, or two neighbours
        yield [*row[:at], *row[at + 2 :]]
        yield [*row[:at], *((glyph + 1) % size for glyph in row[at : at + 2]), *row[at + 2 :]]


def readable(glyph: int) -> bool:
    return glyph != UNREADABLE


def replayed(proposal: Mended, row: list[int], script: str) -> list[int]:
    """Do to the codeword, last first, what the proposal says was done to it."""
    glyphs = load_script(script).split_glyphs(proposal.codeword)
    for kind, at, place in reversed(proposal.edits):
        if kind is Damage.LOST:
            del glyphs[at]
        elif kind is Damage.EXTRA:
            glyphs.insert(at, row[place])
        elif kind is Damage.SWAPPED:
            glyphs[at : at + 2] = glyphs[at + 1], glyphs[at]
        else:
            assert (row[place] == UNREADABLE) == (kind is Damage.UNREADABLE)
            glyphs[at] = row[place]
    return glyphs


def check_edits(proposal: Mended, row: list[int], script: str) -> None:
    """In order, each where it says; and only one in the first symbol explains another header."""
    width = WIDTHS[script]
    part = row[proposal.start : proposal.end]
    meant = replayed(proposal, row, script)
    if UNREADABLE in part:  # the number of marks says nothing
        meant, part = ([*filter(readable, glyphs)] for glyphs in (meant, part))
    else:
        shift = proposal.start
        for kind, at, place in proposal.edits:
            assert place == at + shift
            shift += (kind is Damage.EXTRA) - (kind is Damage.LOST)
    assert meant == part
    header = load_script(script).split_glyphs(proposal.codeword)[:width]
    assert part[:width] == header or proposal.edits[0].glyph < width
    assert [*proposal.edits] == sorted(proposal.edits, key=lambda edit: edit.glyph)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("before", [0, 3])
def test_the_edits_lead_from_the_codeword_to_what_was_read(script: str, before: int) -> None:
    """Of all that is proposed for a row, and the word is among it."""
    size = len(load_script(script).glyphs)
    for damaged in struck(ROWS[script], size, random.Random(script)):
        glyphs = [*ROWS[script][7 : 7 + before], *damaged]
        row = row_of(glyphs, script, gaps=[before] if before else [])
        found = [each for thorough in (False, True) for each in mend([row], thorough=thorough)]
        assert WORD in {proposal.codeword for proposal in found}
        for proposal in found:
            check_edits(proposal, glyphs, script)


def test_a_mark_may_stand_for_nothing() -> None:
    """A mark can replace no glyph, also in a fourth group."""
    text = spelled("emoji")
    pieces = text[:3], text[4:9], text[10:15], text[16:22]
    decoded = CODEC.decode("??".join(pieces) + "?" + text[22:])
    assert decoded.invite == INVITE
    assert [repair.position for repair in decoded.repairs] == [3, 9, 15]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("marks", ["?", "?????", "□ □", "??\n??"])
@pytest.mark.parametrize("lost", [1, 2, 3])
def test_marks_stand_for_any_number_of_glyphs(script: str, marks: str, lost: int) -> None:
    """A chat app can write several marks for one glyph, or one for several."""
    text = spelled(script).replace("-", "")
    decoded = CODEC.decode(f"看【{text[:8]}{marks}{text[8 + lost :]}】")
    assert decoded.invite == INVITE
    assert [repair.kind for repair in decoded.repairs] == [Damage.UNREADABLE] * lost
    assert [repair.position for repair in decoded.repairs] == [*range(8, 8 + lost)]
    assert decoded.span == (2, 2 + len(text) - lost + len(marks))


# What a glyph may be turned into that is in no table: another character, or a word for a picture.
FOREIGN_HANZI = sorted({*map(gb2312_level_1, range(3755))} - {*load_script("hanzi").values})
FOREIGN: dict[str, list[str]] = {
    "emoji": ["鸡", ":rice:", "：米饭：", "【表情】", "（表情）", "{x}", "/可爱", "字"],
    "hanzi": ["表", "/rice", "：rice：", "(笑)", "😀", "x"],
    "base32": ["U", "u", "é", "（笑）", "【x】", "哈", "😀"],
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_one_wrong_glyph_that_is_in_no_table(script: str) -> None:
    """At every place, whatever stands there: one unreadable glyph."""
    text = spelled(script)
    glyphs = text.replace("-", "")
    for foreign in FOREIGN[script]:
        for at, glyph in enumerate(glyphs):
            decoded = CODEC.decode(f"看，{glyphs[:at]}{foreign}{glyphs[at + 1 :]}。")
            assert (decoded.invite, decoded.text) == (INVITE, text)
            (repair,) = decoded.repairs
            assert (repair.position, repair.meant) == (at, glyph)


def test_one_hanzi_that_is_in_no_table() -> None:
    """Of those that everybody writes, 226 at random at a random place, and three look-alikes."""
    draw = random.Random(226)
    text = spelled("hanzi")
    assert {*"班壁藉"} <= {*FOREIGN_HANZI}
    for foreign in (*draw.sample(FOREIGN_HANZI, 226), *"班壁藉"):
        at = draw.randrange(len(text))
        decoded = CODEC.decode(f"快来【{text[:at]}{foreign}{text[at + 1 :]}】")
        assert decoded.invite == INVITE


def test_repairs_are_reported() -> None:
    """A repair has the kind, the position, the span, and the glyphs read and meant."""
    text = spelled("emoji")
    cases: dict[str, tuple[Repair, ...]] = {
        text[:4] + "😂" + text[5:]: (Repair(Damage.WRONG, 4, (4, 5), "😂", text[4]),),
        text[:4] + "?" + text[5:]: (Repair(Damage.UNREADABLE, 4, (4, 5), "", text[4]),),
        text[:4] + text[5:]: (Repair(Damage.LOST, 4, (4, 4), "", text[4]),),
        text[:-1]: (Repair(Damage.LOST, 29, (29, 29), "", text[-1]),),
        text[:-1] + "😂": (Repair(Damage.WRONG, 29, (29, 30), "😂", text[-1]),),
        text[:-1] + "?": (Repair(Damage.UNREADABLE, 29, (29, 30), "", text[-1]),),
        text[:-2] + text[-1] + text[-2]: (
            Repair(Damage.SWAPPED, 28, (28, 30), text[-1] + text[-2], text[-2:]),
        ),
        text[:-1] + "😂" + text[-1]: (Repair(Damage.EXTRA, 29, (29, 30), "😂", ""),),
        text[:5] + "??" + text[7:]: (
            Repair(Damage.UNREADABLE, 5, (5, 6), "", text[5]),
            Repair(Damage.UNREADABLE, 6, (6, 7), "", text[6]),
        ),
        text[:5] + "?" + text[5:]: (),
        text[:4] + "😂" + text[4:]: (Repair(Damage.EXTRA, 4, (4, 5), "😂", ""),),
        text[:4] + text[5] + text[4] + text[6:]: (
            Repair(Damage.SWAPPED, 4, (4, 6), text[5] + text[4], text[4:6]),
        ),
        text[:4] + text[5] + "??" + text[4] + text[6:]: (
            Repair(Damage.SWAPPED, 4, (4, 8), text[5] + text[4], text[4:6]),
        ),
    }
    for damaged, expected in cases.items():
        decoded = CODEC.decode(damaged)
        assert decoded.repairs == expected
        assert CODEC.decode(damaged, repair="thorough").repairs == expected
        assert (decoded.text, decoded.script, decoded.invite) == (text, "emoji", INVITE)
        assert decoded.span == (0, len(damaged))
        assert decoded.fingerprint == CODEC.decode(text).fingerprint


def test_repairs_of_base32_are_characters() -> None:
    text = spelled("base32")
    decoded = CODEC.decode(text[:8] + text[9:])
    assert decoded.repairs == (Repair(Damage.LOST, 7, (8, 8), "", text[8]),)
    swapped = text[:3] + text[4] + text[3] + text[5:]
    assert CODEC.decode(swapped).repairs == (
        Repair(Damage.SWAPPED, 3, (3, 5), text[4] + text[3], text[3:5]),
    )
    parted = text[:3] + text[4] + "?" + text[3] + text[5:]
    assert CODEC.decode(parted).repairs == (
        Repair(Damage.SWAPPED, 3, (3, 6), text[4] + text[3], text[3:5]),
    )
    within = text[:4] + text[5] + text[4] + text[6:]  # both characters of one symbol
    assert [repair.kind for repair in CODEC.decode(within).repairs] == [Damage.WRONG] * 2


@pytest.mark.parametrize("script", SCRIPTS)
def test_levels(script: str) -> None:
    """Exact repairs nothing, standard one damage, thorough two; a wrong level is refused."""
    text = spelled(script)
    once = text[:3] + text[4:]
    twice = once[:20] + once[21:]
    assert CODEC.decode(text, repair="exact").repairs == ()
    for damaged, level in ((once, "exact"), (twice, "exact"), (twice, "standard")):
        with pytest.raises(DamagedError):
            CODEC.decode(damaged, repair=level)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert CODEC.decode(once).invite == CODEC.decode(twice, repair="thorough").invite == INVITE
    assert len(CODEC.decode_all(twice, repair="thorough")[0].repairs) == 2
    with pytest.raises(ValueError, match=r"^repair must be one of exact, standard, thorough$"):
        CODEC.decode(text, repair="magic")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_damage_says_what_is_there() -> None:
    """DamagedError has the number of readable symbols and the spans of the marks."""
    text = spelled("emoji")
    with pytest.raises(DamagedError) as caught:
        CODEC.decode("看，" + text[:3] + "??" + text[8:20] + "□" + text[22:])
    error = caught.value
    assert (error.span, error.readable) == ((2, 28), 23)
    assert error.unreadable == ((5, 6), (6, 7), (19, 20))


# --- Never misread ------------------------------------------------------------------------------


@given(script=scripts, seed=st.integers(0, 2**32))
def test_beyond_capacity_it_is_refused(script: str, seed: int) -> None:
    """Four to ten damaged glyphs: refused or, by chance, read correctly; never misread."""
    draw = random.Random(seed)
    glyphs = [*spelled(script).replace("-", "")]
    for _ in range(draw.randrange(4, 10)):
        at = draw.randrange(len(glyphs))
        glyphs[at] = draw.choice(["", "?", *draw.choices(load_script(script).glyphs, k=4)])
    with suppress(DamagedError, NotFoundError):
        assert CODEC.decode("".join(glyphs), repair="thorough").invite == INVITE


def test_a_repaired_forgery_is_still_a_forgery() -> None:
    """Repair adds guesses at the tag, not trust."""
    forged = protect((*WORD[:9], WORD[9] ^ 1, *WORD[10:27]))
    text = spell(forged)
    with pytest.raises(SignatureError):
        CODEC.decode(text)
    with pytest.raises(DamagedError):
        CODEC.decode(text[:5] + text[6:])


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("change", ["?", "", "wrong"])
def test_a_damaged_header_behind_a_word_and_a_space(script: str, change: str) -> None:
    """Prose in the same script stands before it, but does not touch it."""
    text = spelled(script)
    before = {"emoji": "😂🔥", "hanzi": "快看", "base32": "ok"}[script]
    first = load_script(script).glyphs[7] if change == "wrong" else change
    decoded = CODEC.decode(f"{before} {first}{text[1:]}")
    assert decoded.invite == INVITE
    assert decoded.span[1] == len(before) + len(first) + len(text)


def test_a_mark_before_it_is_no_part_of_it() -> None:
    """A question mark of the prose that touches the row is not in the span."""
    text = spelled("emoji")
    assert CODEC.decode("来吗？" + "😂" + text[1:]).span == (3, 33)


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("between", ["\n", " ", "\n> "])
def test_a_damaged_one_pasted_again_and_again(times: int, between: str) -> None:
    """Nothing but white space between, and symbols that repeat."""
    for variant in range(20):
        invite = INVITE.model_copy(update={"variant": variant})
        text = CODEC.encode(invite)
        assert CODEC.decode(between.join([text[:5] + text[6:]] * times)).invite == invite


def test_two_damaged_ones_that_touch_are_two() -> None:
    """The second begins where the first ends: that is no choice between them."""
    texts = [CODEC.encode(INVITE.model_copy(update={"variant": variant})) for variant in range(2)]
    found = CODEC.decode_all("".join(text[:9] + text[10:] for text in texts))
    assert [decoded.invite.variant for decoded in found] == [0, 1]
    assert [decoded.span for decoded in found] == [(0, 29), (29, 58)]


def test_a_damaged_one_beside_a_whole_one() -> None:
    """The same is one, repaired or not; another is ambiguous, and `decode_all` returns both."""
    whole = spelled("emoji")
    other = INVITE.model_copy(update={"variant": 1})
    damaged_other = CODEC.encode(other)[:7] + CODEC.encode(other)[8:]
    assert CODEC.decode(f"{whole}，{whole[:6] + whole[7:]}").repairs == ()
    assert CODEC.decode(f"{whole}{whole[:6] + whole[7:]}").repairs == ()
    with pytest.raises(AmbiguousError):
        CODEC.decode(f"{damaged_other}，{whole}")
    found = CODEC.decode_all(f"{damaged_other}{whole}")
    assert [decoded.invite for decoded in found] == [other, INVITE]
    assert [len(decoded.repairs) for decoded in found] == [1, 0]


def test_sizes_are_those_of_the_format() -> None:
    assert CODEWORD_SIZES == (24, 27, 30, 33, 36, 43)
    assert Codec(KEYRING, audience=AUDIENCE).decode(spelled("hanzi")).invite == INVITE
