"""Names: any text at all becomes one line that breaks neither a popup nor a message."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from passphrase import find
from passphrase.names import NAME_CHARS_MAX, harmless, one_line
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


@given(names)
def test_one_line(name: str) -> None:
    """Nothing that is seen is lost, and nothing unseen is kept but what joins pictures."""
    line = one_line(name)
    assert one_line(line) == line
    assert len(line.splitlines()) <= 1
    seen = [c for c in name if not c.isspace() and unicodedata.category(c)[0] not in "CZ"]
    assert [c for c in line if not c.isspace() and c != "\u200d"] == [
        c for c in name if c in seen or unicodedata.category(c) == "Cn"
    ]


@given(st.text(st.characters(categories=["L", "M", "N"]), min_size=30, max_size=60))
def test_it_is_cut_where_a_grapheme_ends(name: str) -> None:
    """By the segmentation of the regex module; what was joined there stays whole or goes."""
    line = harmless(name)
    whole = one_line("".join(character for character in name if harmless(f"a{character}") != "a"))
    if line.endswith("…"):
        kept = line[:-1]
        assert whole.startswith(kept)
        boundaries = {match.end() for match in regex.finditer(r"\X", whole)}
        assert len(kept) in boundaries


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("火锅小分队", "火锅小分队"),
        ("  Python  交流群\n2 群 ", "Python 交流群 2 群"),
        ("🍻🍻 老友 🍻", "老友"),
        ("🍻🍻🍻", ""),
        ("/:rose [微笑] 吃/喝", "／:rose ［微笑］ 吃／喝"),
        ("一二三四五六七八九十一二三四五六七八九十一二", "一二三四五六七八九十一二三四五六七八九…"),
        ("e" + "\u0301" * 40, ""),
        ("等等...", "等等"),
        ("今天吃什么？<晚>", "今天吃什么？〈晚〉"),
    ],
)
def test_names_as_people_give_them(name: str, line: str) -> None:
    assert harmless(name) == line
