"""Markup: what stands for a character becomes one, and every span still points at the paste."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timing import grows_linearly

from passphrase.markup import unwrap

CASES = {
    '<span class="emoji emoji1f433"></span>': "🐳 ",
    '<img class="emoji emoji26a0" text="_web" src="a.gif">': "⚠",
    '<img class="qqemoji qqemoji0" />': "\ufffd",
    "<br/>": " ",
    '</span class="emoji">': " ",
    "<span emoji1f433>": "<span emoji1f433>",
    "<bZ=>": "<bZ=>",
    "[emoji1f49e]": "💞",
    "[CQ:emoji,id=128051]": "🐳",
    "[CQ:face,id=14]": "\ufffd",
    "[微笑]": "\ufffd",
    "&#128051;": "🐳",
    "&#x1F433;": "🐳",
    "&amp;#128051;": "🐳",
    "&amp;": "&",
    "&nbsp;": " ",
    "%F0%9F%90%B3%20a": "🐳 a",
    "%F0%9F%90": "\udcf0\udc9f\udc90",
    "%45XG": "%45XG",
    "<3 a>": "<3 a>",
    "<b 🍻>": "<b 🍻>",
    "\ud83d\udc33": "🐳",
    "..": "\ufffd",
    "&#99999999;": "&#99999999;",
    "&#9999999;": "\ufffd",
    "[emojiffffff]": "\ufffd",
    "[longer in brackets than any face]": "[longer in brackets than any face]",
    "<": "<",
    "100% ": "100% ",
    "\ud83d": "\ud83d",
    "plain": "plain",
}


@pytest.mark.parametrize(("markup", "plain"), CASES.items())
def test_cases(markup: str, plain: str) -> None:
    """Each alone, and between other text, with every boundary where it belongs."""
    assert unwrap(markup).text == plain
    text, bounds = unwrap(f"ab{markup}cd")
    assert text == f"ab{plain}cd"
    assert len(bounds) == len(text) + 1
    assert [*bounds[:3]] == [0, 1, 2]
    assert [*bounds[-3:]] == [2 + len(markup), 3 + len(markup), 4 + len(markup)]
    assert sorted(bounds) == [*bounds]


@given(text=st.text(st.characters() | st.sampled_from("<>[]&#;%.0aF\ud83d\udc33"), max_size=60))
def test_any_text(text: str) -> None:
    """The bounds cover all of any text, in order."""
    plain, bounds = unwrap(text)
    assert len(bounds) == len(plain) + 1
    assert bounds[-1] == len(text)
    assert sorted(bounds) == [*bounds]


@pytest.mark.parametrize("unit", ["<", "[", "&", "&amp;", "%F0", "<a", "[a", "&#1", ".", "\ud83d"])
def test_cost_is_linear(unit: str) -> None:
    """Heads of markup that never ends cost as much as they are long."""
    text = unit * 120_000 + "<"
    assert unwrap(text).bounds[-1] == len(text)
    assert grows_linearly(unwrap, text)
