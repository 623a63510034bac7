"""Markup: each markup becomes its character, and spans still point into the pasted text."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import protect, spell
from support import CODEC, INVITE, codeword_of, replaced
from timing import grows_linearly

from passphrase import find
from passphrase.format.layout import PARITY_SYMBOLS
from passphrase.reading.find import Contents, scan
from passphrase.reading.markup import COUPLES, readings, unwrap
from passphrase.scripts import load_script

E, H, B = (CODEC.encode(INVITE, script=script) for script in ("emoji", "hanzi", "base32"))
LONG = "长" * 998
CASES = {
    # Tags
    '<span class="emoji emoji1f433"></span>': "🐳 ",
    '<img class="emoji emoji26a0" text="_web" src="a.gif">': "⚠",
    '<img class="emoji emoji1f685" text="[流汗]_web" src="s.gif" />': "🚅",
    '<img class="qqemoji qqemoji0" />': "\ufffd",
    '<img class="emoji" draggable="false" alt="🍚" src="https://a/1f35a.png">': "🍚",
    "<IMG alt='❤️' title=\"🍚\">": "❤️",
    '<img alt="🍚粥" class="emoji">': "\ufffd",
    '<img alt="🍚" class="emoji emoji1f433">': "🐳",
    '<img alt="12345678901" title="🍚🍚🍚🍚🍚🍚🍚🍚🍚🍚🍚">': " ",
    '<a title="🍚">': " ",
    '<tg-emoji emoji-id="536832">🍚</tg-emoji>': " 🍚 ",
    '<g-emoji class="g-emoji">🍚</g-emoji>': " 🍚 ",
    '<span class="emoji"></span>': "\ufffd ",
    '<emoji id="4"/>': "\ufffd",
    "<emoji>": " ",
    "<br/>": " ",
    "<BR>": " ",
    "</TD><TD>": "  ",
    "<h1>": " ",
    "<o:p>": " ",
    "<a\tb=c>": " ",
    '<p style="font-family:微软雅黑">': " ",
    f"<b {LONG}=x>": " ",
    f"<b {LONG}=xx>": f"<b {LONG}=xx>",
    "</span class=\"emoji\">": " ",
    "<span emoji1f433>": "<span emoji1f433>",
    "<bZ=>": "<bZ=>",
    "<b-=>": "<b-=>",
    "<b_ x=>": "<b_ x=>",
    "<abcdefghijklmnop>": " ",
    "<abcdefghijklmnopq>": "<abcdefghijklmnopq>",
    "<3 a>": "<3 a>",
    "<b 🍻>": "<b 🍻>",
    "<b x=\n>": "<b x=\n>",
    "<b x=\r>": "<b x=\r>",
    "<b <b>": "<b  ",
    "<名 x=>": "<名 x=>",
    "<https://a.b/?c=d>": "<https://a.b/?c=d>",
    "<!---->": " ",
    "<!-- 注\n释 > -->-->": " -->",
    f"<!--{LONG}xx-->": " ",
    f"<!--{LONG}xxx-->": f"<!--{LONG}xxx-->",
    "<!-- <b> -->": " ",
    '<faceType=1,faceId="13",ext="eyJ0">': "\ufffd",
    f"<faceType={LONG}xxx>": f"<faceType={LONG}xxx>",
    # Brackets
    "[emoji1f49e]": "💞",
    "[CQ:emoji,id=128051]": "🐳",
    "[CQ:emoji,id=12345678]": "\ufffd",
    "[CQ:face,id=14]": "\ufffd",
    "[CQ:face,id=178,raw=[object Object]]": "\ufffd",
    "[CQ:face,id=123,raw=[object Object],sub_type=1]": "\ufffd",
    "[CQ:mface,summary=&#91;笑&#93;,url=https://gxh.example.org/a/b/c.gif]": "\ufffd",
    "[CQ:at,qq=10001]": " ",
    "[CQ:reply,id=-1234567890123456]": " ",
    "[CQ:shake]": " ",
    f"[CQ:a,{LONG}\n,]": " ",
    f"[CQ:a,{LONG}\n,x]": f"[CQ:a,{LONG}\n,x]",
    "[CQ:a,[object Object][object Object]]": " ",
    "[CQ:AT,qq=1]": "\ufffd",
    "[微笑]": "\ufffd",
    # Entities
    "&#128051;": "🐳",
    "&#x1F433;": "🐳",
    "&amp;#128051;": "🐳",
    "&AMP;amp;#X1f433;": "🐳",
    "&amp;": "&",
    "&nbsp;&NBSP;": "  ",
    "&lt;&gt;&quot;&apos;": "<>\"'",
    "&shy;&ensp;&emsp;&thinsp;": "\u00ad\u2002\u2003\u2009",
    "&ZeroWidthSpace;&zwnj;&zwj;&lrm;&rlm;": "\u200b\u200c\u200d\u200e\u200f",
    "&\u017fhy;": "&\u017fhy;",
    "&#99999999;": "&#99999999;",
    "&#9999999;": "\ufffd",
    "[emojiffffff]": "\ufffd",
    "&#55357;&#56371;": "🐳",
    "&#xd83d;&#xDC33;": "🐳",
    # Bytes and escapes
    "%F0%9F%90%B3%20a": "🐳 a",
    "%F0%9F%90": "\ufffd\ufffd\ufffd",
    "%45XG": "%45XG",
    "%25F0%259F%2590%25B3": "🐳",
    "%ud83d%uDC33": "🐳",
    "%u795d": "祝",
    "%U795d": "%U795d",
    r"\xf0\x9f\x90\xb3": "🐳",
    r"\\xe7\\xa5\\x9d": "祝",
    r"\xa0\xad": "\u00a0\u00ad",
    r"\x3a": ":",
    r"\ud83d\udc33": "🐳",
    r"\\ud83d\\udc33": "🐳",
    r"\\\\u795d": "祝",
    r"\u{1F433}\x{1f433}": "🐳🐳",
    r"\U0001f433": "🐳",
    r"\U0010ffff": "\U0010ffff",
    r"\U00110000": "\ufffd",
    r"\f\n\r\t\v": "     ",
    r"\a\u795\U0001f43\u{}": r"\a\u795\U0001f43\u{}",
    "/Emoji128051/emoji9748": "🐳☔",
    "/EMOJI128051/Emoji123": "/EMOJI128051/Emoji123",
    # Layers
    "&lt;span class=&quot;emoji emoji1f433&quot;&gt;&lt;/span&gt;": "🐳 ",
    r"\u003cspan class=\"emoji emoji1f433\"\u003e\u003c/span\u003e": "🐳 ",
    "%252525F0%252525": "%F0%",
    # Others
    "👩\u200d❤\ufe0f\u200d💋\u200d👨": "💏",
    "👩🏻\u200d🤝\u200d👨🏿": "👫🏿",
    "👨 \u200d👩\u200d👦": "👪",
    "👨    \u200d👩\u200d👦": "👪",
    "👨     \u200d👩\u200d👦": "👨     \u200d👩\u200d👦",
    "👨👩👦": "👨👩👦",
    "\ud83d\udc33": "🐳",
    "..": "\ufffd",
    "[longer in brackets than any face]": "[longer in brackets than any face]",
    "<": "<",
    "100% ": "100% ",
    "\ud83d": "\ud83d",
    "plain": "plain",
}  # fmt: skip


@pytest.mark.parametrize(("markup", "plain"), CASES.items())
def test_cases(markup: str, plain: str) -> None:
    """Each case alone and within other text, with the correct bounds."""
    assert unwrap(markup).text == plain
    text, bounds = unwrap(f"ab{markup}cd")
    assert text == f"ab{plain}cd"
    assert len(bounds) == len(text) + 1
    assert [*bounds[:3]] == [0, 1, 2]
    assert [*bounds[-3:]] == [2 + len(markup), 3 + len(markup), 4 + len(markup)]
    assert sorted(bounds) == [*bounds]


PIECES = st.sampled_from([*CASES, "&lt;", "&gt;", "%25", "\\", "\\u00", "\u200d", "amp;", "="])


@given(
    text=st.text(st.characters() | st.sampled_from("<>[]&#;%\\/.0aFux\ud83d\udc33"), max_size=60)
)
def test_any_text(text: str) -> None:
    """The bounds cover all of any text, in order."""
    check_readings(text)


@given(text=st.lists(PIECES | st.text(max_size=2), max_size=12).map("".join))
def test_any_markup(text: str) -> None:
    """The bounds are right for adjacent markup too, and no reading is longer than the last."""
    check_readings(text)


def check_readings(text: str) -> None:
    found = readings(text)
    assert 1 <= len(found) <= 5
    for before, (plain, bounds) in zip(found, found[1:] + found[-1:], strict=True):
        assert len(bounds) == len(plain) + 1
        assert bounds[-1] == len(text)
        assert [*bounds] == sorted({*bounds})
        assert {*bounds} <= {*before.bounds}


HEADS = (
    *(
        "<",
        "<a",
        "<a ",
        "<img ",
        "<b x=",
        "<img ='⌚",
        "<!--",
        "<!---",
        "<faceType=",
        "[",
        "[a",
        "[CQ:",
    ),
    *(
        "[CQ:a,",
        "[CQ:a,[object Object]",
        "[object Object]",
        "&",
        "&amp;",
        "&lt;",
        "&#1",
        "%F0",
        "%25",
    ),
    *("%u", "%ud83d", "\\", "\\x", "\\xf0", "\\u", "\\ud83d", "\\u{1", "\\n", "/Emoji", "/Emoji12"),
    *(".", "..", "\ud83d", "👨\u200d", "👩 \u200d❤", "&#55357;&#56371;", "%2525"),
    f"<img ={'=' * 900}",
)


@pytest.mark.slow
@pytest.mark.parametrize("unit", HEADS)
def test_cost_is_linear(unit: str) -> None:
    """Unfinished markup takes linear time."""
    text = (unit * 60_000)[:60_000] + "<"
    assert unwrap(text).bounds[-1] == len(text)
    assert grows_linearly(unwrap, text[:24_000])


# --- One invite, as apps and programs write it --------------------------------------------------


def each(pattern: str, text: str) -> str:
    return "".join(pattern.format(glyph, code=ord(glyph)) for glyph in text)


def units(text: str) -> list[int]:
    return [*memoryview(text.encode("utf-16-le")).cast("H")]


WRITTEN = {
    "web WeChat": each('<img class="emoji emoji{code:x}" text="[流汗]_web" src="s.gif" />', E),
    "one of it": E[:9] + each('<img class="emoji{code:x}" text="[流汗]_web" />', E[9]) + E[10:],
    "Twemoji": each('<img class="emoji" alt="{}" src="https://a.b/72x72/{code:x}.png">', E),
    "GitHub": each('<g-emoji class="g-emoji" alias="rice">{}</g-emoji>', E),
    "Telegram": each('<tg-emoji emoji-id="5368324170671202286">{}</tg-emoji>', E),
    "an editor": each('<span style="font-family:微软雅黑">{}</span>', H),
    "capitals": f"<P>{H[:9]}</P><P>{H[9:]}<BR></P>",
    "table cells": f"<TR><TD>{B.replace('-', '</TD><TD>')}</TD></TR>",
    "comments": "<!-- 注释 -->".join(E),
    "code": f"<pre><code>{B}</code></pre>",
    **{name: f"&{name};".join(E) for name in ("shy", "zwj", "ensp", "ZeroWidthSpace")},
    "json.dumps of emoji": json.dumps(E),
    "json.dumps of hanzi": json.dumps(H),
    "json.dumps of lines": json.dumps("\r\n".join(E)),
    "json.dumps three times": json.dumps(json.dumps(json.dumps(E))),
    "Go's json.Marshal": each(r"\u003cspan class=\"emoji{code:x}\"\u003e\u003c/span\u003e", E),
    "ascii": ascii(E),
    "braces": each("\\u{{{code:X}}}", E),
    "JavaScript's escape": "".join(f"%u{unit:04X}" for unit in units(E)),
    "decimal surrogates": "".join(f"&#{unit};" for unit in units(E)),
    "hexadecimal surrogates": "".join(f"&#x{unit:x};" for unit in units(E)),
    "QQ": each("/Emoji{code}", E),
    "escaped tags": each('&lt;span class="emoji emoji{code:x}"&gt;&lt;/span&gt;', E),
    "percent-encoded twice": quote(quote(E)),
    "repr of bytes": repr(H.encode()),
    "CQ codes between": f"[CQ:reply,id=-9]{E[:9]}[CQ:at,qq=10001]{E[9:]}",
    "inside of an attribute": f'<a title="{E}" href="#">点此</a>',
    "inside of what is no tag": f"<b {B}>",
    "Markdown that looks like an escape": f"\\n{B.replace('-', chr(92) + '-')}",
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_what_apps_write_is_read_exactly(name: str) -> None:
    text = WRITTEN[name]
    decoded = CODEC.decode(f"看 {text}。", repair="exact")
    assert (decoded.invite, decoded.repairs) == (INVITE, ())
    start, end = decoded.span
    assert CODEC.decode(f"看 {text}。"[start:end], repair="exact").span == (0, end - start)


@pytest.mark.parametrize(("parts", "couple"), COUPLES.items())
def test_couples_are_read_as_one(parts: str, couple: str) -> None:
    """A ZWJ sequence is read as the couple, or as its parts if those were minted."""
    script = load_script("emoji")
    word = codeword_of(INVITE)[:-PARITY_SYMBOLS]
    joined = protect(replaced(word, 9, script.values[couple]))
    text = spell(joined, script).replace(couple, "\u200d".join(parts))
    (found,) = find(f"看{text}")
    assert (found.codeword, found.span) == (joined, (1, len(text) + 1))
    values = [script.values[part] for part in parts if part in script.values]
    if len(values) == len(parts):
        apart = protect((*word[:9], *values, *word[9 + len(values) :]))
        spelled = spell(apart, script).replace(parts, "\u200d".join(parts))
        assert find(spelled)[0].codeword == apart


def test_one_in_two_readings_is_one() -> None:
    """A codeword in two readings counts once; different ones both count."""
    other = CODEC.encode(INVITE.model_copy(update={"variant": 1}))
    assert len(find(f"{E}<br>")) == 1
    assert [one.text for one in find(f'<a title="{other}">{E}</a>')] == [other, E]
    damaged = scan(f'<a title="{other[:25]}">{E}</a>')
    assert isinstance(damaged, Contents)
    assert damaged.damaged == []
