"""Folding: reading by samples and stretches finds the same rows as reading every character."""

from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CODEC, INVITE, SCRIPTS, scripts

from passphrase import Script
from passphrase.reading.characters import IGNORABLE_RANGES, MARK_RANGES, PICTURE_RANGES
from passphrase.reading.fold import check_script, rows
from passphrase.reading.markup import Unwrapped, unwrap
from passphrase.reading.row import UNREADABLE
from passphrase.scripts import load_script

# Every third character from U+20000: what is between them is foreign, but in the same stretch.
SPARSE = Script("sparse", "".join(chr(0x20000 + 3 * n) for n in range(1024)))
OPENING = "([{（［｛【「『《〈〔“‘"
CLOSING = ")]}）］｝】」』》〉〕”’"
IGNORED = -2
Run = list[tuple[int, tuple[int, int]]]
Told = tuple[tuple[int, ...], tuple[tuple[int, int], ...]]


def value(character: str, script: Script) -> int | None:
    """Fold a character as docs/format.md says; -2 is ignorable, None foreign."""
    code = ord(character)
    if character in script.values:
        return script.values[character]
    if character in script.separators or any(a <= code <= b for a, b in IGNORABLE_RANGES):
        return -2
    marks = chain(MARK_RANGES, PICTURE_RANGES if script.name == "emoji" else ())
    return UNREADABLE if any(first <= code <= last for first, last in marks) else None


def word_ends(text: str, folded: list[int | None], at: int) -> Iterator[int]:
    """Yield the possible ends of a foreign word that begins at a place."""
    some = range(at + 2, min(at + 22, len(text)))
    if text[at] in OPENING:
        inside = {*OPENING, *CLOSING, "\r", "\n"}
        closings = [end for end in some if text[end] in CLOSING]
        yield from (end + 1 for end in closings if not inside & {*text[at + 1 : end]})
    if text[at] in ":：":
        closings = [end for end in some if text[end] == text[at]]
        yield from (end + 1 for end in closings if not any_read(folded[at + 1 : end]))
    if text[at] in "/／":
        yield from (end for end in (*some, len(text))[::-1] if not any_read(folded[at:end]))
    yield at + 1


def follows(folded: list[int | None], at: int) -> bool:
    """Return whether a glyph or a mark comes next, after ignorable characters."""
    rest = (each for each in folded[at:] if each != IGNORED)
    return next(rest, None) is not None


def is_linked(folded: list[int | None], word: int, start: int) -> bool:
    """Tell whether nothing but ignorables stand between the end of a word and a run."""
    return 0 < word <= start and {*folded[word:start]} <= {IGNORED}


def any_read(folded: list[int | None]) -> bool:
    return any(each is not None for each in folded)


def reference_rows(unwrapped: Unwrapped, script: Script, symbols: int) -> list[Told]:
    """Return the rows of a text by reading every character."""
    text, bounds = unwrapped
    folded = [value(character, script) for character in text]
    rows: list[list[Run]] = [[]]
    at = word = begun = 0
    while at < len(text):
        if folded[at] in {None, IGNORED}:
            at += 1
            continue
        run: Run = []
        start = at
        while at < len(text) and (each := folded[at]) is not None:
            if each >= UNREADABLE:
                run.append((each, (bounds[at], bounds[at + 1])))
            at += 1
        core = (symbols + 1) // 2 * script.glyphs_per_symbol
        before = rows[-1][-1] if rows[-1] else []
        if is_linked(folded, word, start) and before and run and max(len(before), len(run)) >= core:
            rows[-1] += [[(UNREADABLE, (bounds[begun], bounds[word]))], run]
        else:
            rows.append([run])
        begun = at
        if at < len(text):
            ends = (end for end in word_ends(text, folded, at) if follows(folded, end))
            word = next(ends, 0)
            at = word or at
    joined = [[*chain(*runs)] for runs in rows]
    least = symbols * script.glyphs_per_symbol
    long = [row for row in joined if sum(glyph >= 0 for glyph, _ in row) >= least]
    return [(tuple(glyph for glyph, _ in row), tuple(span for _, span in row)) for row in long]


def pieces(script: Script) -> st.SearchStrategy[str]:
    """Return strategies for stretches of one kind of character."""
    glyphs = st.text(st.sampled_from([*script.values]), min_size=1, max_size=60)
    others = [
        "?",
        "\ue101",
        "\u25a1",
        " ",
        "\n",
        "\ufe0f",
        "-",
        "。",
        "囍",
        "🧿",
        "\U00020001",
        "u",
        "鸡",
        "（表情）",
        "【",
        ":鸡:",
        ":",
        "/鸡鸭",
        "/",
    ]
    return st.one_of(glyphs, glyphs, st.sampled_from([*others, "&amp;", "<br>", "..", "[笑]"]))


@pytest.mark.slow
@given(data=st.data(), symbols=st.sampled_from([8, 21]))
@pytest.mark.parametrize("script", [*map(load_script, SCRIPTS), SPARSE], ids=repr)
def test_rows_against_every_character(script: Script, data: st.DataObject, symbols: int) -> None:
    """Sampling finds exactly the rows of the slow reading."""
    unwrapped = unwrap("".join(data.draw(st.lists(pieces(script), max_size=12))))
    found = rows(unwrapped, [script], symbols)
    told = [
        (tuple(row.glyphs), tuple((row.start(at), row.end(at)) for at in range(len(row.places))))
        for row in found
    ]
    assert told == reference_rows(unwrapped, script, symbols)
    for row in found:
        assert not row.spelling or row.spelling == "".join(script.glyphs[g] for g in row.glyphs)
        part = row.part(3, 5)
        assert (part.glyphs, part.places) == (row.glyphs[3:5], row.places[3:5])
        assert (part.script, part.spelling) == (row.script, row.spelling[3:5])


@given(script=scripts, left=st.integers(0, 40), right=st.integers(0, 40))
def test_no_place_hides_a_row(script: str, left: int, right: int) -> None:
    """A row is found with any number of foreign characters before and after it."""
    text = CODEC.encode(INVITE, script=script)
    (row,) = rows(unwrap("。" * left + text + "。" * right), [load_script(script)], 21)
    assert row.span == (left, left + len(text))


def test_a_custom_script_can_be_sparse() -> None:
    """Characters above U+FFFF between the glyphs of a sparse script are foreign."""
    check_script(SPARSE)
    glyphs = SPARSE.glyphs[:30]
    foreign = "\U00020001"
    joined = f"{glyphs[:24]}\u200b{foreign}{glyphs[24:]}"
    broken = f"{glyphs[:3]}{2 * foreign}{glyphs[:25]}{2 * foreign}{joined}"
    found = rows(unwrap(broken), [SPARSE], 21)
    assert [len(row.places) for row in found] == [25, 31]
    assert [row.spelling for row in found] == ["", ""]
    for length in (20, 21):
        several = f"{glyphs}。。{glyphs[:length]}{2 * foreign}{glyphs[:3]}"
        expected = [30, 21] if length == 21 else [30]
        assert [len(row.places) for row in rows(unwrap(several), [SPARSE], 21)] == expected


def test_what_is_ignorable_does_not_count() -> None:
    glyphs = CODEC.encode(INVITE)
    for length, count in ((20, 0), (21, 1)):
        found = rows(unwrap(" \u200b".join(glyphs[:length])), [load_script("emoji")], 21)
        assert len(found) == count
