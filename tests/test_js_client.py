"""The JavaScript client: up-to-date tables, its own tests, and the same answers as `find`."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reference import protect, spell
from support import CODEC, INVITE, codeword_of, replaced, scripts, symbols

from passphrase import TextTooLongError, find, recognize
from passphrase.format.layout import CODEWORD_SIZES, CODEWORD_SYMBOLS, PARITY_SYMBOLS
from passphrase.reading.characters import IGNORABLE_RANGES, MARK_RANGES, PICTURE_RANGES
from passphrase.reading.find import MAX_CHARS
from passphrase.testing.strategies import MARKUP, Mangling, Message, invites, manglings, messages

ROOT = Path(__file__).parents[1]
NODE = shutil.which("node")
EDGES = sorted(
    {
        code
        for pair in (*IGNORABLE_RANGES, *MARK_RANGES, *PICTURE_RANGES)
        for end in pair
        for code in (end - 1, end, end + 1)
    }
)
SCRAPS = (
    *("<", ">", "</", "<b", "<br/>", "<br />", "<span", "</span>", "<a =]", "<p x=emoji1f433>"),
    *("<i emoji=>", "</p emoji=>", "[", "]", "[emoji1f433]", "[emoji1f4]", "[微笑]", "&", "&amp;"),
    *("[CQ:emoji,id=128051]", "amp;", "&#128051;", "&#x1F433;", "&#55357;", "&lt;", "&nbsp;", "%"),
    *("%20", "%F0%9F%90%B3", "%F0%9F", "%ED%A0%80", "%4", ".", "..", ";", "=", "-", "u", "0", "🍻"),
    *(
        '<img class="emoji" alt="🍚">',
        "<名",
        "<!--",
        "-->",
        "<faceType=1>",
        "&lt;",
        "&gt;",
        "&zwj;",
    ),
    *("[CQ:face,id=1,raw=[object Object]]", "[CQ:", "[object Object]", "%25", "%ud83c", "\\ud83c"),
    *(
        "\\udf7b",
        "\\",
        "\\n",
        "\\U0001f37b",
        "\\xf0\\x9f\\x8d\\xbb",
        "\\xa0",
        "/Emoji127867",
        "👨\u200d👩",
    ),
    *("的", "\ue001", "\ufe0f", "？", "□", "😂", "\ud83d", "\udc33"),
)
BEFORE = ("", "。", " ", "?", "[微笑]", "&nbsp;", "🍻", "的", "A", "🍻 ", "A-", "<b>")

needs_node = pytest.mark.skipif(NODE is None, reason="needs node")
thorough = settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow])


class Client:
    """One node process that answers what the JavaScript client finds in a text."""

    def __init__(self) -> None:
        assert NODE
        self.process = subprocess.Popen(  # noqa: S603  # our own script
            [NODE, str(ROOT / "tools" / "js_find.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="ascii",
        )

    def ask(self, text: str) -> tuple[bool, bool, list[list[Any]]]:
        """Return whether it is too long, whether it is recognised, and what is found."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{json.dumps(text)}\n")
        self.process.stdin.flush()
        too_long, recognised, found = json.loads(self.process.stdout.readline())
        return too_long, recognised, found


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client()
    with client.process:
        yield client
        assert client.process.stdin
        client.process.stdin.close()
    assert client.process.returncode == 0


def joined(text: str) -> str:
    """Join surrogates to characters, as any string of JavaScript has them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def ours(text: str) -> tuple[bool, bool, list[list[Any]]]:
    """Answer in Python, with spans in UTF-16 units."""
    try:
        found = find(text)
    except TextTooLongError:
        return True, False, []
    units = [*accumulate((2 if char > "\uffff" else 1 for char in text), initial=0)]
    answers: list[list[Any]] = [
        [
            candidate.script,
            *(units[place] for place in candidate.span),
            candidate.text,
            candidate.header.version,
            candidate.header.key_id,
        ]
        for candidate in found
    ]
    return False, recognize(text), answers


@pytest.mark.slow
@needs_node
@thorough
@given(message=messages(CODEC), mangling=manglings())
def test_messages(client: Client, message: Message, mangling: Mangling) -> None:
    """Both clients find the passphrase of a mangled message at the same place."""
    text = mangling(message.text)
    answer = client.ask(text)
    assert answer == ours(joined(text))
    assert answer[1]
    assert message.passphrase in {found[3] for found in answer[2]}


@pytest.mark.slow
@needs_node
@thorough
@given(message=messages(CODEC), mangling=manglings(damage=3))
def test_damaged_messages(client: Client, message: Message, mangling: Mangling) -> None:
    """Both clients recognise the same in damaged messages."""
    text = mangling(message.text)
    assert client.ask(text) == ours(joined(text))


@st.composite
def codewords(draw: st.DrawFn) -> str:
    """Draw sound parity under any header, legal or not, with and without spare bits."""
    header = draw(symbols)
    size = (CODEWORD_SYMBOLS[header] or CODEWORD_SIZES[0]) - PARITY_SYMBOLS
    word = [header, *draw(st.lists(symbols, min_size=size - 1, max_size=size - 1))]
    word[-1] &= draw(st.sampled_from([0x300, 0x3FF]))
    spelling = spell(protect(tuple(word)), draw(scripts))
    return draw(st.sampled_from(BEFORE)) + spelling


@pytest.mark.slow
@needs_node
@thorough
@given(text=codewords())
def test_any_codeword(client: Client, text: str) -> None:
    """Header, sizes, padding, and what may stand before a codeword of another version."""
    assert client.ask(text) == ours(text)


@st.composite
def hostile_texts(draw: st.DrawFn) -> str:
    """Draw scraps of markup, edges of ranges and surrogates, around or inside a passphrase."""
    scraps = st.sampled_from(SCRAPS)
    edges = st.sampled_from(EDGES).map(chr)
    anything = st.text(st.characters(exclude_categories=()), max_size=5)
    pieces = st.lists(scraps | edges | anything, max_size=9).map("".join)
    word = CODEC.encode(draw(invites()), script=draw(scripts))
    at = draw(st.integers(0, len(word)))
    return draw(pieces) + word[:at] + draw(st.just("") | pieces) + word[at:] + draw(pieces)


@pytest.mark.slow
@needs_node
@thorough
@given(text=hostile_texts())
@example(text="\ud83d\udc33\ud83d")
def test_hostile_texts(client: Client, text: str) -> None:
    assert client.ask(text) == ours(joined(text))


@pytest.mark.slow
@needs_node
@settings(max_examples=300)
@given(message=messages(CODEC), name=st.sampled_from([*MARKUP]), seed=st.integers(0, 2**32))
def test_paired_surrogates(client: Client, message: Message, name: str, seed: int) -> None:
    """Python finds the same in a str of paired surrogates: its spans are then UTF-16 units."""
    text = Mangling(name, 0, (MARKUP[name], MARKUP["surrogates"]), seed)(message.text)
    answer = client.ask(text)
    assert answer == ours(joined(text)) == ours(text)
    spans = [[*candidate.span] for candidate in find(text)]
    assert [found[1:3] for found in answer[2]] == spans


@needs_node
def test_one_wrong_symbol(client: Client) -> None:
    """Parity is the same in both: no single symbol can change unseen."""
    word = codeword_of(INVITE)
    for at in range(len(word)):
        text = spell(replaced(word, at, word[at] ^ 1 << at % 10), "hanzi")
        assert client.ask(text) == ours(text) == (False, False, [])


@needs_node
@pytest.mark.parametrize("filler", [" ", "😂", "的"])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_longest_text(client: Client, filler: str, more: int) -> None:
    """The limit is of code points, on both sides."""
    text = CODEC.encode(INVITE, script="base32")
    text = text.ljust(MAX_CHARS + more, filler)
    answer = client.ask(text)
    assert answer == ours(text)
    assert answer[:2] == (more > 0, more <= 0)


@pytest.mark.slow
@needs_node
def test_its_own_tests() -> None:
    """`node --test`: the vectors, each stage, hostile texts, linear work."""
    done = subprocess.run(  # noqa: S603  # our own tests
        [str(NODE), "--test", "clients/js/test/"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()[-5000:]


@pytest.mark.slow
@needs_node
def test_the_tool() -> None:
    """`tools/compare_js.py` compares, and would say so if the two disagreed."""
    done = subprocess.run(
        [sys.executable, "tools/compare_js.py", "--texts", "500", "--seed", "3"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    counts = {
        line[:32].strip(): int(line[32:].replace(",", "")) for line in done.stdout.splitlines()
    }
    assert counts["texts"] == 500
    assert counts["disagreements"] == 0
    assert counts["recognised by both"] > 100


def test_the_tables_are_fresh() -> None:
    """They are what the tool builds, and the version is that of the library."""
    done = subprocess.run(
        [sys.executable, "tools/make_js_tables.py", "--check"], cwd=ROOT, check=False
    )
    assert done.returncode == 0


def test_no_dependencies() -> None:
    package = json.loads((ROOT / "clients/js/package.json").read_text(encoding="utf-8"))
    assert not {key for key in package if "ependencies" in key}
    assert "private" not in package
    for name in package["files"]:
        assert (ROOT / "clients" / "js" / name).exists()
