"""Names: any text becomes one line that is safe in a popup and in a message."""

import sys
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from passphrase import find
from passphrase.scripts import load_script
from passphrase.sharing.names import (
    NAME_CHARS_MAX,
    POPUP_NAME_CHARS_MAX,
    harmless,
    is_unseen,
    isolated,
    one_line,
)

any_text = st.text(st.characters(exclude_categories=()), max_size=80)
glyphs = st.sampled_from(load_script("emoji").glyphs + load_script("hanzi").glyphs + "ABC019-")
CHAT = "/: [ ] / .. 汉 &#65; <br> \u0301 A \u202e 각 %41 【 ? \U0001f468\u200d \U0001f1e8\U0001f1f3"
TRAPS = "★ ❶ ❤ \ufe0f \u200c \u200d ب क् 」 ” . 。 ． ․ com 1.2.3.4 □ \U0001d159 \U00016fe4 שלום"
chat = st.lists(st.sampled_from([*CHAT.split(), *TRAPS.split(), "\n", " "]))
EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))
names = any_text | st.text(glyphs, max_size=100) | chat.map("".join)


@given(names)
def test_a_harmless_name(name: str) -> None:
    """One short line without pictures, and without anything that is read as markup or a face."""
    line = harmless(name)
    assert len(line) <= NAME_CHARS_MAX
    assert not {*line} & {*load_script("emoji").values}
    assert not {*line} & {*"<>[]&%/\\*`|~_【】\u200d\ufe0f\ufffd"}
    assert ".." not in line
    assert line == line.strip()
    assert not any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        for character in line
    )
    assert harmless(line) == line
    assert find(line) == []


def every(pattern: str) -> list[str]:
    """Return all characters of Unicode that a pattern matches."""
    found: list[str] = regex.findall(pattern, EVERY_CHARACTER, flags=regex.V1)
    return found


def test_a_message_loses_what_is_an_emoji() -> None:
    """Every emoji by Unicode's data, and every glyph and alias of the script, is removed."""
    for emoji in (*every(r"\p{Emoji_Presentation}"), *load_script("emoji").values):
        assert harmless(f"群{emoji}名") == "群名"
    for picture in every(r"[\p{Emoji}--[0-9#*]]"):
        assert harmless(f"群{picture}\ufe0f名") == "群名"


REWRITTEN = {
    *(
        ("'", mark)
        for mark in '"“”„‟«»‹›‘’‚‛「」『』〝〞〟﹁﹂﹃﹄＂｢｣⹂❛❜❝❞❟❠❮❯🙶🙷🙸″‶〃ʺˮ˝⌈⌉⌊⌋⌜⌝⌞⌟⸢⸣⸤⸥'
    ),
    *zip("〈〉［］［］", "<>[]【】", strict=True),
}


def test_a_message_loses_no_other_character() -> None:
    """Only boxes and invisible characters are removed; some others become wide or apostrophes."""
    gone = {*load_script("emoji").values, *"\u25a1\u25af\ufffc\ufffd"}
    for character in every(r"[[\p{S}\p{P}\p{N}\p{M}]--\p{Emoji_Presentation}]"):
        if character not in gone and not is_unseen(character):
            written = harmless(f"群{character}，").removeprefix("群").removesuffix("，")
            same, kept = (unicodedata.normalize("NFKC", text) for text in (written, character))
            assert same == kept or (written, character) in REWRITTEN


UNSEEN = (
    "\u200b\u200c\u200d\u3164\u2800\u115f\u034f\ufe0f\u202e\u2066\x00\ue001\ud800\U000e0041"
    "\ufff0\ufdd0\uffff\U0001bc9d\U0001d159\U00013441\U00013442\U00016fe4"
)


@given(names)
def test_one_line(name: str) -> None:
    """Letters and pictures stay in order; invisible characters go, except within pictures."""
    line = one_line(name)
    assert one_line(line) == line
    assert len(line.splitlines()) <= 1
    assert len(line) <= POPUP_NAME_CHARS_MAX
    assert not {*line} & {*UNSEEN} - {*"\u200c\u200d\ufe0f"}
    kept = [c for c in line.removesuffix("…") if unicodedata.category(c)[0] in "LNPS"]
    meant = [one_line(c) for c in name if unicodedata.category(c)[0] in "LNPS" and one_line(c)]
    assert kept == meant[: len(kept)] or line.endswith("……")
    assert len(line) > POPUP_NAME_CHARS_MAX - 9 or len(kept) >= len(meant) - 1 or not line


@given(st.text(st.sampled_from(UNSEEN + " \n"), max_size=80))
def test_a_name_without_visible_characters_is_empty(name: str) -> None:
    """A name without visible characters is empty, so the popup says "a friend"."""
    assert one_line(name) == ""
    assert harmless(name) == ""
    for shorten in (one_line, harmless):
        assert shorten(f"a{name}b").replace(" ", "") == "ab"


def test_nothing_unseen_stands_between_letters() -> None:
    """Ignorable characters between letters are removed: `ad<ZWJ>min` becomes `admin`."""
    ignorable = every(r"[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]")
    for character in (*ignorable, *UNSEEN):
        assert one_line(f"ad{character}min") == harmless(f"ad{character}min") == "admin"
        assert one_line(character) == harmless(character) == ""


JOINED = "می\u200cخواهم क्\u200dष क्\u200cष അവന്\u200d র\u200d্য ب\u200cب 👩🏽\u200d🚀 ❤\ufe0f\u200d🔥"


@pytest.mark.parametrize("name", JOINED.split())
def test_a_joiner_stays_where_it_shows(name: str) -> None:
    """In Persian, in Indic letters and in pictures; a message carries none of them."""
    assert one_line(name) == name
    assert not {*harmless(name)} & {*"\u200c\u200d\ufe0f"}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("دا\u200cدا", "دادا"),
        ("می\u200dخو", "میخو"),
        ("ب\u200ca", "بa"),
        ("ب\u200c\u200cب", "بب"),
        ("a\ufe0f", "a"),
        ("👩\u200d", "👩"),
        ("★\u200da", "★a"),
        ("क\u200cम", "कम"),
    ],
)
def test_a_joiner_goes_where_it_does_not(name: str, line: str) -> None:
    """Joiners without a visible effect are removed, so names that look the same are equal."""
    assert one_line(name) == line


def test_what_joins_is_what_unicode_says() -> None:
    """ZWNJ shows after a letter of Joining_Type D, and after no other."""
    scripts = r"\p{Arabic}\p{Syriac}\p{Nko}\p{Mongolian}\p{Hebrew}\p{Thaana}\p{Latin}"
    for letter in every(rf"[[{scripts}]--\p{{Joining_Type=D}}]"):
        assert "\u200c" not in one_line(f"{letter}\u200cب")


def test_no_quotation_mark_stays() -> None:
    """A name cannot end the quotation that it stands in, in any language."""
    for mark in every(r"\p{Quotation_Mark}"):
        assert one_line(f"a{mark}b") == harmless(f"a{mark}b") == "a'b"


HOSTS = [
    ("evil", "com"),
    ("红包", "中国"),
    ("1", "cn"),
    ("é★", "ｃｏｍ"),
    ("x", "ⓒn"),
    ("i❤", "ws"),
]


def test_every_dot_of_a_domain_name() -> None:
    """Whatever NFKC makes a dot of, or the dot of Chinese."""
    dots = [dot for dot in EVERY_CHARACTER if unicodedata.normalize("NFKC", dot) in {".", "。"}]
    assert len(dots) == 7
    for dot in dots:
        for left, right in HOSTS:
            assert harmless(left + dot + right) == f"{left}·{right}"
        assert harmless(dot.join("1234") + ":80") == "1·2·3·4:80"


@pytest.mark.parametrize(
    "name", ["v1.2 讨论组", "3.14", "1.2.3", "第2.5期", "学 .NET", "一。 二", "等。"]
)
def test_a_number_is_not_an_address(name: str) -> None:
    """A version, a decimal and the end of a sentence keep their dots."""
    assert harmless(name) == name


def test_a_name_that_runs_left_is_isolated() -> None:
    """A right-to-left name is put between FSI and PDI, other names are not."""
    for name in ("שלום", "سلام a", "١٢", "a ا"):
        assert isolated(name) == f"\u2068{name}\u2069"
    for name in ("", "火锅", "Wang's 2.0!", "🍻"):
        assert isolated(name) == name


CLUSTERS = [
    "e\u0301",
    "กำ",
    "ﾊﾞ",
    "क्ष",
    "\u0d4eക",
    "가\ud7cb",
    "\u1100\u1161\u11a8",
    "\u0600\u0661",
    "字",
]


@given(
    st.lists(st.sampled_from(CLUSTERS), min_size=30, max_size=40).map("".join),
    st.text(st.characters(categories=["L", "M", "N"], exclude_characters="\ufe0fʺˮ"), max_size=22),
)
def test_it_is_cut_where_a_grapheme_ends(clusters: str, start: str) -> None:
    """A long name is cut only where the regex module ends a grapheme."""
    for name, shorten in ((start + clusters, harmless), (start + clusters * 3, one_line)):
        line = shorten(name)
        if line.endswith("…"):
            kept = line[:-1]
            whole = "".join(c for c in name if not is_unseen(c))
            assert whole.startswith(kept)
            boundaries = {match.end() for match in regex.finditer(r"\X", whole)}
            assert len(kept) in boundaries


@pytest.mark.parametrize("picture", ["👩\u200d🚀", "👍🏽", "🇨🇳", "❤\ufe0f"])
@pytest.mark.parametrize("before", range(56, 64))
def test_a_picture_is_cut_whole(picture: str, before: int) -> None:
    """A picture of several characters is kept or removed as a whole."""
    name = "名" * before + picture * 9
    line = one_line(name)
    assert before <= len(line) <= POPUP_NAME_CHARS_MAX
    assert name.startswith(line[:-1])
    assert len(line) - 1 in {match.end() for match in regex.finditer(r"\X", name)}
    assert one_line(f"{picture} 群") == f"{picture} 群"


def test_a_name_of_one_letter() -> None:
    assert [one_line(letter) for letter in "X x"] == ["X", "", "x"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("火锅小分队", "火锅小分队"),
        ("  Python  交流群\n2 群 ", "Python 交流群 2 群"),
        ("🍻🍻 老友 🍻", "老友"),
        ("✓ team", "✓ team"),
        ("★❶① 群 ♪❤", "★❶① 群 ♪❤"),
        ("❤\ufe0f 群 ☎\ufe0f 🧑\u200d⚕", "群"),
        ("1\ufe0f\u20e3 群", "1 群"),
        ("🍻🍻🍻", ""),
        ("👍🏽 老友 🏽", "老友"),
        ("☎ 老友 🧿", "☎ 老友"),
        ("/:rose [微笑] 吃/喝", "／:rose ［微笑］ 吃／喝"),
        ("一二三四五六七八九十一二三四五六七八九十一二", "一二三四五六七八九十一二三四五六七八九…"),
        ("e" + "\u0301" * 40, ""),
        ("等等...", "等等"),
        ("evil.com 2.0 「家」@all", "evil·com 2.0 '家'＠all"),
        ("EVIL.CN", "EVIL·CN"),
        ("Dr.Who", "Dr·Who"),
        ("大家好。欢迎", "大家好·欢迎"),
        ("Xbox Xing X", "Xbox Xing X"),
        ("a..1 b...", "a.1 b"),
        ("看\u25a1到\ufffd", "看到"),
        ("一二三四五六七八九十一二三四五六七八 后面还有", "一二三四五六七八九十一二三四五六七八…"),
        ("今天吃什么？<晚>", "今天吃什么？〈晚〉"),
    ],
)
def test_names_as_people_give_them(name: str, line: str) -> None:
    assert harmless(name) == line
