"""Names: any text at all becomes one line that breaks neither a popup nor a message."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from passphrase import find
from passphrase.names import (
    NAME_CHARS_MAX,
    POPUP_NAME_CHARS_MAX,
    harmless,
    is_unseen,
    one_line,
)
from passphrase.scripts import load_script

any_text = st.text(st.characters(exclude_categories=()), max_size=80)
glyphs = st.sampled_from(load_script("emoji").glyphs + load_script("hanzi").glyphs + "ABC019-")
CHAT = "/: [ ] / .. 汉 &#65; <br> \u0301 A \u202e 각 %41 【 ? \U0001f468\u200d \U0001f1e8\U0001f1f3"
chat = st.lists(st.sampled_from([*CHAT.split(), "\n", " "]))
names = any_text | st.text(glyphs, max_size=100) | chat.map("".join)


@given(names)
def test_a_harmless_name(name: str) -> None:
    """One line, short, no picture, nothing that a chat app or the reader makes something of."""
    line = harmless(name)
    assert len(line) <= NAME_CHARS_MAX
    assert not {*line} & {*load_script("emoji").digits}
    assert not {*line} & {*"<>[]&%/\\*`|~_【】\u200d\ufe0f\ufffd"}
    assert ".." not in line
    assert line == line.strip()
    assert not any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        for character in line
    )
    assert harmless(line) == line
    assert find(line) == []


UNSEEN = "\u200b\u200d\u3164\u2800\u115f\u034f\ufe0f\u202e\u2066\x00\ue001\ud800\U000e0041"


@given(names)
def test_one_line(name: str) -> None:
    """Letters and pictures are kept in order, and nothing unseen but what joins pictures."""
    line = one_line(name)
    assert one_line(line) == line
    assert len(line.splitlines()) <= 1
    assert len(line) <= POPUP_NAME_CHARS_MAX
    assert not {*line} & {*UNSEEN} - {*"\u200d\ufe0f"}
    kept = [c for c in line.removesuffix("…") if unicodedata.category(c)[0] in "LNPS"]
    meant = [c for c in name if unicodedata.category(c)[0] in "LNPS" and not is_unseen(c)]
    assert kept == meant[: len(kept)] or line.endswith("……")
    assert len(line) > POPUP_NAME_CHARS_MAX - 9 or len(kept) >= len(meant) - 1 or not line


@given(st.text(st.sampled_from(UNSEEN + " \n"), max_size=80))
def test_a_name_of_nothing_is_empty(name: str) -> None:
    """So that a popup can say "a friend" instead of showing a blank."""
    assert one_line(name) == ""
    assert harmless(name) == ""
    assert one_line(f"a{name}b").replace(" ", "").strip("\u200d\ufe0f")[0] == "a"


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
    st.text(st.characters(categories=["L", "M", "N"]), max_size=22),
)
def test_it_is_cut_where_a_grapheme_ends(clusters: str, start: str) -> None:
    """By the segmentation of the regex module; what was joined there stays whole or goes."""
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
    """A popup shows pictures; one that is made of several characters stays or goes."""
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
        ("🍻🍻🍻", ""),
        ("👍🏽 老友 🏽", "老友"),
        ("☎ 老友 🧿", "老友"),
        ("/:rose [微笑] 吃/喝", "／:rose ［微笑］ 吃／喝"),
        ("一二三四五六七八九十一二三四五六七八九十一二", "一二三四五六七八九十一二三四五六七八九…"),
        ("e" + "\u0301" * 40, ""),
        ("等等...", "等等"),
        ("evil.com 2.0 「家」@all", "evil．com 2.0 『家』＠all"),
        ("EVIL.CN", "EVIL．CN"),
        ("Xbox Xing X", "Xbox Xing X"),
        ("a..1 b...", "a.1 b"),
        ("看\u25a1到\ufffd", "看到"),
        ("一二三四五六七八九十一二三四五六七八 后面还有", "一二三四五六七八九十一二三四五六七八…"),
        ("今天吃什么？<晚>", "今天吃什么？〈晚〉"),
    ],
)
def test_names_as_people_give_them(name: str, line: str) -> None:
    assert harmless(name) == line
