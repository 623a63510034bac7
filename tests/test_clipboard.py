"""Finding: codewords are found anywhere in a text, and ordinary text is not taken for one."""

import random
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import protect, spell
from support import (
    AUDIENCE,
    CODEC,
    INVITE,
    SCRIPTS,
    SECRET,
    YI,
    codeword_of,
    invites,
    replaced,
    scripts,
)

from passphrase import (
    Codec,
    DamagedError,
    Invite,
    Keyring,
    NotFoundError,
    TextTooLongError,
    explain,
    find,
    recognize,
)
from passphrase.format.layout import HEADER_SYMBOLS, Header
from passphrase.format.symbols import merge, split
from passphrase.reading.characters import IGNORABLE_RANGES
from passphrase.reading.codeword import Candidate
from passphrase.reading.find import scan
from passphrase.scripts import load_script
from passphrase.sharing.lint import lint

WORD = codeword_of(INVITE)
QUOTING = "*>\\_`|~＞"
IGNORABLE = [chr(c) for first, last in IGNORABLE_RANGES for c in range(first, last + 1)]
FOREIGN = "，。！：（）【】「」“”,.!:;()[]{}</@#uU"


def spelled(name: str) -> str:
    return spell(WORD, name)


@given(
    invite=invites,
    script=scripts,
    before=st.text(max_size=40),
    after=st.text(max_size=40),
    noise=st.lists(st.tuples(st.integers(0), st.sampled_from(IGNORABLE)), max_size=8),
)
def test_found_in_any_message(
    invite: Invite, script: str, before: str, after: str, noise: list[tuple[int, str]]
) -> None:
    """Any text before and after, any ignorable characters inside; the span is where it stands."""
    text = canonical = CODEC.encode(invite, script=script)
    for at, character in noise:
        place = 1 + at % (len(text) - 1)
        text = text[:place] + character + text[place:]
    (found,) = find(f"{before}【{text}】{after}")
    assert found.codeword == codeword_of(invite)
    assert (found.script, found.text) == (script, canonical)
    assert found.span == (len(before) + 1, len(before) + 1 + len(text))
    assert found.header == (1, 1, *found.header[2:])


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("left", [0, 1, 2, 31])
@pytest.mark.parametrize("right", [0, 1, 2, 31])
def test_found_between_glyphs_of_its_own_script(script: str, left: int, right: int) -> None:
    """Prose in the same script may touch it, on either side, at either alignment."""
    draw = random.Random(left * 100 + right)
    glyphs = load_script(script).glyphs
    before, after = ("".join(draw.choices(glyphs, k=count)) for count in (left, right))
    (found,) = find(before + spelled(script) + after)
    assert found.codeword == WORD
    assert found.span == (left, left + len(spelled(script)))


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_foreign_character_inside_breaks_it(script: str, foreign: str) -> None:
    """A foreign character breaks a codeword, which is then reported as damaged.

    But people write some characters between groups that are read out to them.
    """
    text = spelled(script)
    broken = text[:6] + foreign + text[6:]
    if foreign in load_script(script).separators:
        assert recognize(broken)
        return
    assert not recognize(broken)
    assert isinstance(scan(broken).refusal, DamagedError)


@pytest.mark.parametrize("between", [*".,，、·/:-", ". ", ", ", " / ", " · "])
@given(invite=invites)
def test_groups_that_are_read_out(between: str, invite: Invite) -> None:
    """Base 32 with a point, comma or stroke between its groups, as said on a telephone."""
    text = CODEC.encode(invite, script="base32")
    pasted = f"口令是 {text.replace('-', between)}。"
    decoded = CODEC.decode(pasted, repair="exact")
    assert (decoded.invite, decoded.text) == (invite, text)
    assert decoded.span == (4, len(pasted) - 1)


@pytest.mark.parametrize(
    "text",
    [
        "let me know when the train leaves at 7 and i will be there in time for the show at 9",
        "The meeting is at 5:30 on Monday, please bring 3 copies of the report and the slides.",
        "My flight lands at 6:45, gate 22, can you pick me up?",
        "see you at 7, platform 9, bring the tickets and a warm coat please",
        "Order 4471: 3 pizzas, 2 salads, deliver to 25 Main Street before 8pm please",
        "2 tickets for row 4, or 3 for row 9 if there are none left: see you there at 8 then. " * 9,
    ],
)
def test_prose_with_numbers_is_not_damaged(text: str) -> None:
    """Commas, points and single foreign letters make one row of it."""
    assert isinstance(scan(text).refusal, NotFoundError)
    assert explain(text).finding == "not_found"


@given(invite=invites, before=st.integers(0, 60), after=st.integers(0, 60))
def test_a_damaged_one_in_prose_is_read(invite: Invite, before: int, after: int) -> None:
    """It is read at any place in a long row of words, unless it is much like words itself.

    In 1 of some 4,000, figures and letters that are rare in English are so few.
    """
    prose = (
        "hey all, this is the one for the new group, see me there at 7 or at 9, thanks a lot. " * 2
    )
    text = CODEC.encode(invite, script="base32")
    damaged = f"{text[:9]}{text[10:]}"
    assume(sum(glyph in "23456789JKQVXZ" for glyph in damaged) >= 16)
    assert CODEC.decode(f"{prose[before:]}{damaged} {prose[: -after - 1]}").invite == invite


DUMPS: dict[str, Callable[[bytes], str]] = {
    "repr": repr,
    "inside a repr": lambda raw: repr(raw)[2:-1],
    "escapes": lambda raw: "".join(f"\\x{byte:02x}" for byte in raw),
    "hexadecimal list": lambda raw: ", ".join(f"0x{byte:02X}" for byte in raw),
    "hexadecimal numbers": lambda raw: " ".join(f"0x{byte:02x}" for byte in raw),
    "decimal list": lambda raw: ",".join(map(str, raw)),
    "hex": bytes.hex,
    "spaced hex": lambda raw: raw.hex(" "),
    "fingerprint": lambda raw: raw.hex(":").upper(),
    "words of hex": lambda raw: raw.hex("-", 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DUMPS)
def test_dumps_of_bytes_are_not_damaged(name: str) -> None:
    """Dumps of bytes, as programmers paste them, are not reported as damaged: 200 of 200."""
    dump, draw = DUMPS[name], random.Random(200)
    for _ in range(200):
        raw = draw.randbytes(draw.choice([20, 32, 64, 200]))
        assert isinstance(scan(dump(raw)).refusal, NotFoundError)
    for text in (CODEC.encode(INVITE, script=script) for script in SCRIPTS[:2]):
        assert isinstance(scan(dump(text.encode())).refusal, NotFoundError)


@pytest.mark.parametrize("script", SCRIPTS)
def test_several_are_found_in_order(script: str) -> None:
    """Each occurrence is a candidate; the codec tells whether they are the same."""
    other = spell(codeword_of(INVITE.model_copy(update={"variant": 1})), "base32")
    found = find(f"{spelled(script)}，{other}。{spelled('emoji')}")
    assert [c.script for c in found] == [script, "base32", "emoji"]
    assert [c.span for c in found] == sorted(c.span for c in found)
    assert isinstance(found[0], Candidate)


@pytest.mark.parametrize("one", SCRIPTS)
@pytest.mark.parametrize("other", SCRIPTS)
def test_a_mixture_of_scripts_is_not_a_codeword(one: str, other: str) -> None:
    """A codeword is spelled in one script."""
    head, tail = (spell(part, name) for name, part in ((one, WORD[:15]), (other, WORD[15:])))
    assert recognize(head + tail) == (one == other)


@pytest.mark.parametrize("script", SCRIPTS)
def test_one_wrong_symbol_is_reported_as_damage(script: str) -> None:
    """A codeword with one wrong symbol is reported as damaged, not as anything else."""
    for at in range(30):
        text = spell(replaced(WORD, at, WORD[at] ^ 1), script)
        findings = scan(f"看，{text}。")
        assert findings.candidates == []
        assert isinstance(findings.refusal, DamagedError)
        assert findings.refusal.span == (2, 2 + len(text))
        assert findings.refusal.readable == 30


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "😂" * 60,
        "哈" * 60,
        "0" * 100,
        "4" * 100,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "let me know when the train leaves and i will be there in time for the show",
        "老王: 3 快来!大家好,今天晚上一起去吃火锅吧,不见不散!地址是人民路123号,电话13800138000",
        "\x00\ud800\udfff\U0010ffff",
    ],
)
def test_ordinary_text_is_not_found_and_not_damaged(text: str) -> None:
    """Ordinary text has no candidates and no damaged rows."""
    findings = scan(text)
    assert findings.candidates == []
    assert isinstance(findings.refusal, NotFoundError)


@pytest.mark.parametrize("script", SCRIPTS)
def test_padding_must_be_zero(script: str) -> None:
    """In version 1, the padding must be zero too."""
    padded = protect(replaced(WORD[:-3], 26, WORD[26] | 1))
    assert not recognize(spell(padded, script))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("version", [0, 2, 7])
def test_another_version_is_found_where_no_glyph_touches_it(script: str, version: int) -> None:
    """Another version is only reported, so it is found only without a glyph directly before it."""
    newer = protect((HEADER_SYMBOLS[Header(version, 3, 1, 1)], *WORD[1:27]))
    text = spell(newer, script)
    (found,) = find(f"快来【{text}】")
    assert found.header.version == version
    assert recognize(f"{load_script(script).glyphs[5]} {text}")
    assert not recognize(load_script(script).glyphs[5] + text)
    assert not recognize(f"?{load_script(script).glyphs[5]}{text}")


@pytest.mark.parametrize("widths", [(3, 0), (0, 3), (3, 3), (2, 3)])
def test_a_width_that_does_not_exist_opens_nothing(widths: tuple[int, int]) -> None:
    symbol = HEADER_SYMBOLS[Header(1, 1, *widths)]
    for length in range(20, 60):
        assert not recognize(spell(protect((symbol, *range(length)))))


@pytest.mark.parametrize("script", ["emoji", "hanzi"])
def test_a_codeword_begins_at_a_glyph(script: str) -> None:
    """With half a glyph before it and half a one behind, its digits make a row of no codeword."""
    shifted = split(merge(codeword_of(INVITE)) << 5, 31)
    assert find(spell(shifted, script)) == []


def test_the_limit() -> None:
    """A longer text is refused unread; the limit can be moved."""
    text = spelled("emoji")
    assert recognize(text.rjust(4_096))
    for function in (find, recognize, scan):
        with pytest.raises(TextTooLongError) as caught:
            function(text.rjust(4_097))
        assert (caught.value.chars, caught.value.chars_max) == (4_097, 4_096)
        with pytest.raises(TextTooLongError):
            function(text, max_chars=29)
        assert function(text.rjust(65_536), max_chars=65_536)


@pytest.mark.parametrize("max_chars", ["x", None, 2.5, True, 0, -5])
def test_invalid_limits(max_chars: Any) -> None:
    """A limit that is not a positive int is refused, whatever the text."""
    error = ValueError if type(max_chars) is int else TypeError
    for function in (find, recognize, scan):
        with pytest.raises(error, match=r"^max_chars must be"):
            function("", max_chars=max_chars)


@pytest.mark.parametrize("scripts", [None, 5, "yi", YI, [5], ["emoji"], iter([YI])])
def test_invalid_scripts(scripts: Any) -> None:
    """An iterator would be empty after the check."""
    for function in (find, recognize, scan, lint):
        with pytest.raises(TypeError, match=r"^scripts must be a sequence of Script$"):
            function("", scripts=scripts)


@pytest.mark.parametrize("text", [None, b"bytes", 5, ["a"]])
def test_values_that_are_not_text(text: object) -> None:
    with pytest.raises(TypeError, match="must be a str"):
        find(text)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_ignorable_characters_are_what_unicode_says() -> None:
    """All white space, all format characters but those that print, and nothing that prints."""
    ignorable = {*IGNORABLE}
    for code in range(0x110000):
        character = chr(code)
        category = unicodedata.category(character)
        if character.isspace():
            assert character in ignorable
        elif category == "Cf":
            assert (character in ignorable) or not _is_default_ignorable(code)
        elif character in ignorable:
            assert category in {"Mn", "Me", "Sk", "Lo", "Cn"} or character in QUOTING


def _is_default_ignorable(code: int) -> bool:
    """Tell format characters that show nothing from Arabic, Kaithi, Egyptian and music signs."""
    shown = [
        *[(0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2)],
        *[(0x110BD, 0x110CD), (0x13430, 0x1345F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A)],
    ]
    return not any(first <= code <= last for first, last in shown)


def test_only_version_1_says_what_its_padding_is() -> None:
    """A newer word with spare bits set is still found, so that it can be reported."""
    newer = protect((HEADER_SYMBOLS[Header(2, 0, 1, 1)], *range(5, 31)))
    assert newer[26] & 0b1111
    assert recognize(spell(newer))


@pytest.mark.parametrize(
    ("text", "is_damaged"),
    [
        (load_script("emoji").glyphs[300:324] + "😂" * 24, True),
        (load_script("emoji").glyphs[300:321] + "😂" * 27, True),
        (load_script("emoji").glyphs[300:320] + "😂" * 28, False),
        ("1A4B4C" + "GHJKMN" + "ABCDFDBFCFDBCEDBFCDACBFDBFDCFBFCDBDB", True),
        ("1A1B4C" + "GHJKMN" + "ABCDFDBFCFDBCEDBFCDACBFDBFDCFBFCDBDB", False),
        ("1A44BC" + "GHJKMN" + "ABCDFDBFCFDBCEDBFCDACBFDBFDCFBFCDBDB", False),
        ("1A4B4C" + "GHJKMX" + "ABCDFDBFCFDBCEDBFCDACBFDBFDCFBFCDBDB", False),
        ("1X4X4C" + "GHJKMN" + "XBXDXFXCXBDFADBECFBADCEAFXBCXFEBACDE", True),
        ("1X4X4C" + "GHJKMN" + "XBXDXFXCXBDFADBECFBADCEAFXBCXFEBACXE", False),
        ("1A4B4C" + "GHJKMN" + "ABCDFEBACFDBCEDBFCDACBFDEBDCFBFCDEDB", True),
        ("1A4B4C" + "GHJKMN" + "ABCDFEBACFDBCEDBFCDACBFDEBDCFBFCDEAB", False),
    ],
)
def test_the_bounds_of_chatter(text: str, *, is_damaged: bool) -> None:
    """Half of 43 symbols differ; of 48 characters 6 are letters past F, 9 are X; with 2 numbers.

    Of frequent letters there are fewer than thrice the rare ones and figures, 4.
    """
    assert len(text) == 48
    assert isinstance(scan(text).refusal, DamagedError) == is_damaged


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    "around",
    [
        *[("<", ">"), ("我<3你 ", "\n> 引用"), ("3<5 ", " -> 打开"), ("满100%", "%"), ("%", "")],
        *[("[", "]"), ("a<b ", " c>d"), ("&", ";"), ("..", ".."), ("?", "?"), ("<p>", "</p>")],
    ],
)
def test_punctuation_around_it_is_not_markup(script: str, around: tuple[str, str]) -> None:
    """Whatever people write around it: hearts, arrows, per cent signs, half a tag."""
    for key_id in range(8):
        codec = Codec(Keyring({key_id: SECRET}), audience=AUDIENCE)
        text = codec.encode(INVITE, script=script)
        decoded = codec.decode(around[0] + text + around[1], repair="exact")
        assert decoded.span == (len(around[0]), len(around[0]) + len(text))
