"""Compare what the JavaScript client finds with what `find` finds, over many random texts.

    python tools/compare_js.py                  100,000 texts
    python tools/compare_js.py --texts 2000     fewer
    python tools/compare_js.py --seed 7         others

Needs node. Texts go as JSON lines of ASCII to one process of tools/js_find.mjs. Script, span,
spelling, version, key id and the refusal of long texts must be the same. A string of
JavaScript cannot tell a character beyond U+FFFF from two surrogates, so Python is asked about the
text with its surrogates joined, and its spans are counted in UTF-16 units; how often it would
have answered otherwise about the text as it was is printed too.

Prints the counts and exits with 1 if there was a disagreement; the first ten are shown.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate
from pathlib import Path
from random import Random
from tempfile import TemporaryFile
from typing import Final

from vector_parts import chunk, protect, spell

from passphrase import TextTooLongError, find
from passphrase.format.layout import (
    HEADER_FIELDS,
    HEADER_SYMBOLS,
    ID_BYTES,
    KEY_IDS,
    PARITY_SYMBOLS,
    SYMBOL_BITS,
    TAG_BYTES,
    VERSION,
    Header,
    read_header,
)
from passphrase.reading.characters import IGNORABLE_RANGES, MARK_RANGES, PICTURE_RANGES
from passphrase.reading.find import MAX_CHARS
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.testing.strategies import DAMAGE, HARMLESS

CLIENT: Final = Path(__file__).with_name("js_find.mjs")
SHOWN_MAX: Final = 10
OFTEN: Final = 0.7
SELDOM: Final = 0.1
HARDLY: Final = 1 / 1000
VERSION_BITS: Final = dict(HEADER_FIELDS)["version"]
BASIC_PLANE_LAST: Final = 0xFFFF

Draw = Random
Word = tuple[int, ...]
Found = list[list[str | int]]  # script, start, end, spelling, version, key id

PROSE: Final = (
    "",
    "周末一起爬山吗？进群说：",
    "3 复制这条消息，打开抖音，加入「火锅小分队」",
    "let me know when the train leaves, i will be there at 7",
    "love <3 -> ",
    "好的好的。",
    "100% sure",
    "\n",
    " ",
)
SCRAPS: Final = (
    *("<", ">", "</", "<b", "<br/>", "<br />", "<span", "</span>", "</span class=emoji>", "<a =]"),
    *("<i emoji1f433>", "<font emoji=1>", "<p x=emoji1f433f0>", "<img class='emoji1f60'>", "<b_=>"),
    *(
        "[",
        "]",
        "[emoji1f433]",
        "[emoji2",
        "[CQ:emoji,id=128051]",
        "[CQ:emoji,id=12345678]",
        "[微笑]",
    ),
    *(
        "[]",
        "[\n]",
        "[\u2028]",
        "&",
        "&amp;",
        "&amp;amp;",
        "amp;",
        "&#128051;",
        "&#x1F433;",
        "#x41;",
    ),
    *(
        "&lt;",
        "&amp;gt;",
        "&nbsp;",
        "&quot",
        "&#55357;",
        "&#56371;",
        "&#99999999;",
        "&#x110000;",
        "&#0;",
    ),
    *("%", "%20", "%F0%9F%90%B3", "%f0%9f", "%ED%A0%80", "%C0%80", "%F4%90%80%80", "%4", "%E4%B8"),
    *(
        "%F0%9F%8D%BB%ef%b8%8f",
        "%00",
        ".",
        "..",
        "...",
        "\ud83d",
        "\udc33",
        "\ud83d\udc33",
        "\ue001",
    ),
    *(
        '<img class="emoji" alt="🍚">',
        "<IMG title='❤\ufe0f'>",
        '<g-emoji a="">',
        "<名",
        "<o:p>",
        "<h1 ",
    ),
    *(
        "<!--",
        "-->",
        "<!-- 释 -->",
        "<faceType=1>",
        "&lt;i x=emoji1f433&gt;",
        "&zwj;",
        "&SHY;",
        "&amp;lt;",
    ),
    *(
        "[CQ:face,id=1,raw=[object Object]]",
        "[CQ:at,qq=1]",
        "[CQ:",
        "[object Object]",
        "%25F0%259F",
    ),
    *(
        "%ud83c",
        "%udf7b",
        "\\ud83c",
        "\\udf7b",
        "\\\\udf7b",
        "\\",
        "\\n",
        "\\U0001f37b",
        "\\u{1f37b}",
    ),
    *(
        "\\xf0\\x9f\\x8d\\xbb",
        "\\xa0",
        "\\x8d",
        "\\x",
        "/Emoji127867",
        "/emoji9",
        "&#xd83c;&#57211;",
    ),
    *("👨\u200d👩\u200d👦", "👩 \ufe0f\u200d❤", "\u200d💋", "\u200d👨", "🏻", "👨"),
    *("emoji", "1f433", ";", "=", "-", "u", "U", "\ufe0f", "\u200d", "？", "□", "\r\n"),
)


def any_word(draw: Draw) -> Word:
    """Draw a codeword of any header that opens one, most often of version 1."""
    version = VERSION if draw.random() < OFTEN else draw.randrange(1 << VERSION_BITS)
    widths = draw.randrange(len(ID_BYTES)), draw.randrange(len(ID_BYTES))
    header = Header(version, draw.choice(KEY_IDS), *widths)
    symbol = HEADER_SYMBOLS[header]
    return protect(chunk(symbol, draw.randbytes(header.body_bytes + TAG_BYTES)))


def near_miss(draw: Draw) -> Word:
    """Draw what is a codeword but for its header, length, parity or padding."""
    word = any_word(draw)
    data = word[:-PARITY_SYMBOLS]
    at = draw.randrange(len(word))
    more = draw.choices(range(1 << SYMBOL_BITS), k=draw.randrange(1, 4))
    misses: tuple[Word, ...] = (
        protect((more[0], *data[1:])),  # another header: often another length, or none
        protect((*data[:-1], data[-1] | 1 << draw.randrange(8))),  # padding
        protect((*data, *more)),  # more data than the header says
        (*word[:at], word[at] ^ 1 << draw.randrange(SYMBOL_BITS), *word[at + 1 :]),
        (*word[:at], *word[at + 1 :]),
        (*word[:at], *more, *word[at:]),
        word[::-1],
    )
    return draw.choice(misses)


def spelled(word: Word, draw: Draw) -> str:
    """Spell a codeword in any script; at times in aliases, or with a glyph before that touches."""
    script = load_script(draw.choice(SCRIPT_NAMES))
    text = spell(word, script.name)
    if draw.random() < SELDOM:
        text = draw.choice(script.glyphs) + draw.choice(("", "", " ", "-", "\ufe0f", "?")) + text
    if draw.random() < SELDOM:
        text += draw.choice(script.glyphs)
    return text


def whole(draw: Draw) -> str:
    """Draw a passphrase, or one that follows another closely."""
    return draw.choice(("", "", " ", ",")).join(
        spelled(any_word(draw), draw) for _ in range(draw.choice((1, 1, 1, 2)))
    )


def missed(draw: Draw) -> str:
    """Draw a near miss."""
    return spelled(near_miss(draw), draw)


def damaged(draw: Draw) -> str:
    """Draw a passphrase with damage that a reader with a key would repair."""
    _, change = draw.choice([*DAMAGE.values()])
    return change(spelled(any_word(draw), draw), draw)


def chatter(draw: Draw) -> str:
    """Draw glyphs of a script, aliases too, at any length."""
    script = load_script(draw.choice(SCRIPT_NAMES))
    return "".join(draw.choices([*script.values, *script.separators], k=draw.randrange(100)))


def markup(draw: Draw) -> str:
    """Draw scraps of markup, whole and broken, at times between the glyphs of a passphrase."""
    scraps = draw.choices(SCRAPS, k=draw.randrange(1, 12))
    if draw.random() < OFTEN:
        return "".join(scraps)
    glyphs = [*spelled(any_word(draw), draw)]
    for scrap in scraps[:2]:
        glyphs.insert(draw.randrange(len(glyphs) + 1), scrap)
    return "".join(glyphs)


def as_markup(draw: Draw) -> str:
    """Draw a passphrase, some glyphs of which are written as markup."""
    often = draw.random()
    forms: tuple[Callable[[str], str], ...] = (
        lambda char: f"&#{ord(char)};",
        lambda char: f"&amp;#x{ord(char):X};",
        lambda char: f"[emoji{ord(char):04x}]",
        lambda char: f"[CQ:emoji,id={ord(char)}]",
        lambda char: f'<img class="emoji emoji{ord(char):04x}" />',
        lambda char: f"</p emoji{ord(char):04x}=>",
        lambda char: "".join(f"%{byte:02x}" for byte in char.encode()),
        lambda char: char.encode("utf-16-be").decode("utf-16-be") if char < "\U00010000" else (
            chr(0xD7C0 + (ord(char) >> 10)) + chr(0xDC00 + (ord(char) & 0x3FF))
        ),
    )  # fmt: skip
    form = draw.choice(forms)
    text = spelled(any_word(draw), draw)
    return "".join(form(char) if draw.random() < often else char for char in text)


def noise(draw: Draw) -> str:
    """Draw any code points, or those at the edges of the ranges that are read in a special way."""
    edges = [code for pair in (*IGNORABLE_RANGES, *MARK_RANGES, *PICTURE_RANGES) for code in pair]
    codes = [
        draw.choice(
            (
                draw.randrange(0x110000),
                draw.randrange(0x80),
                draw.randrange(0xD800, 0xE000),
                draw.choice(edges) + draw.randrange(-1, 2),
            )
        )
        for _ in range(draw.randrange(30))
    ]
    return "".join(map(chr, codes))


def riddled(draw: Draw) -> str:
    """Draw a passphrase with characters from the edges of all ranges in it."""
    glyphs = [*spelled(any_word(draw), draw)]
    for char in noise(draw)[: draw.randrange(1, 4)]:
        glyphs.insert(draw.randrange(len(glyphs)), char)
    return "".join(glyphs)


PIECES: Final[tuple[Callable[[Draw], str], ...]] = (
    whole,
    whole,
    missed,
    missed,
    damaged,
    chatter,
    markup,
    markup,
    as_markup,
    noise,
    riddled,
    lambda draw: draw.choice(PROSE),
)


def any_text(draw: Draw) -> str:
    """Draw a text of some pieces, mangled as chat apps do or by a blow at random."""
    text = "".join(draw.choice(PIECES)(draw) for _ in range(draw.choice((1, 1, 2, 3))))
    for name in draw.sample([*HARMLESS], draw.choice((0, 0, 1, 1, 2, 3))):
        text = HARMLESS[name](text, draw)
    if text and draw.random() < SELDOM:
        start = draw.randrange(len(text))
        text = text[:start] + text[start + draw.randrange(4) :]
    if draw.random() < HARDLY:
        text += draw.choice(" 😂字") * (MAX_CHARS - len(text) + draw.randrange(-3, 4))
    return text


def joined(text: str) -> str:
    """Join every high surrogate to the low one behind it, as a string of JavaScript has them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def expected(text: str) -> tuple[bool, bool, Found]:
    """Ask Python: whether a text is too long, whether it is recognised, and what is found."""
    try:
        candidates = find(text)
    except TextTooLongError:
        return True, False, []
    if not candidates:
        return False, False, []
    units = (2 if ord(char) > BASIC_PLANE_LAST else 1 for char in text)
    before = [*accumulate(units, initial=0)]
    return (
        False,
        True,
        [
            [
                candidate.script,
                before[candidate.span[0]],
                before[candidate.span[1]],
                candidate.text,
                read_header(candidate.codeword[0]).version,
                read_header(candidate.codeword[0]).key_id,
            ]
            for candidate in candidates
        ],
    )


def compare(texts: Iterable[str]) -> Counter[str]:
    """Ask both about every text, show where they disagree, and count."""
    counts: Counter[str] = Counter()
    with TemporaryFile("w+", encoding="ascii") as lines:
        held = [*texts]
        lines.writelines(f"{json.dumps(text)}\n" for text in held)
        lines.seek(0)
        with subprocess.Popen(  # noqa: S603 - our own script
            ["node", str(CLIENT)],  # noqa: S607 - whichever node is on the path
            stdin=lines,
            stdout=subprocess.PIPE,
            encoding="ascii",
        ) as client:
            for text, line in zip(held, client.stdout or (), strict=True):
                whole_text = joined(text)
                ours = expected(whole_text)
                theirs = tuple(json.loads(line))
                if ours != theirs:
                    counts["disagreements"] += 1
                    if counts["disagreements"] <= SHOWN_MAX:
                        print(f"{text!a}\n  Python {ours}\n  node   {theirs}", file=sys.stderr)
                counts["texts"] += 1
                counts["recognised by both"] += ours[1] and theirs[1]
                counts["passphrases found by both"] += len(ours[2]) if ours == theirs else 0
                for script, *_, version, _ in ours[2]:
                    counts[f"  in {script}"] += 1
                    counts["  of another version"] += version != VERSION
                counts["too long for both"] += ours[0] and theirs[0]
                counts["texts with lone surrogates"] += any(map(is_surrogate, whole_text))
                if text != whole_text:
                    counts["texts with paired surrogates"] += 1
                    counts["  read otherwise if not joined"] += expected(text) != ours
    if client.returncode:
        counts["disagreements"] += 1
    return counts


def is_surrogate(char: str) -> bool:
    """Tell whether a character is a surrogate."""
    return "\ud800" <= char <= "\udfff"


ROWS: Final = (
    "texts",
    "recognised by both",
    "passphrases found by both",
    *(f"  in {name}" for name in SCRIPT_NAMES),
    "  of another version",
    "too long for both",
    "texts with lone surrogates",
    "texts with paired surrogates",
    "  read otherwise if not joined",
    "disagreements",
)


def main() -> int:
    """Compare, print the counts, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1024)
    arguments = parser.parse_args()
    draw = Random(arguments.seed)  # noqa: S311 - no secret
    counts = compare(any_text(draw) for _ in range(arguments.texts))
    for row in ROWS:
        print(f"{row:32}{counts[row]:9,}")
    return int(counts["disagreements"] > 0)


if __name__ == "__main__":
    sys.exit(main())
