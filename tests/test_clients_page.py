"""docs/clients.md: its JavaScript runs, and its script is the client without modules."""

import json
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import cast

import pytest
from reference import pack, spell
from support import CODEC, INVITE, SCRIPTS, codeword_of, sealed_word

from passphrase import AmbiguousError, PassphraseError
from passphrase.format.layout import HEADER_SYMBOLS
from passphrase.reading.find import Contents, scan

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "clients.md").read_text()
CLIENT = (ROOT / "clients" / "js" / "passphrase.js").as_uri()
NODE = shutil.which("node")
BASH = shutil.which("bash")
TEXT = CODEC.encode(INVITE)
OTHER = CODEC.encode(INVITE.model_copy(update={"variant": 1}), script="hanzi")
SAME = CODEC.encode(INVITE, script="base32")
CODEWORD = ",".join(map(str, codeword_of(INVITE)))
LOST = f"{TEXT[:9]}{TEXT[10:]}"
MARKED = f"{TEXT[:3]}?{TEXT[4:9]}[微笑]{TEXT[10:]}"
NEWER = spell(sealed_word(HEADER_SYMBOLS[pack(INVITE, 1)[0]] + 128, pack(INVITE, 1)[1]))

pytestmark = pytest.mark.skipif(NODE is None, reason="needs node")


def block(language: str, marker: str) -> str:
    """Return the one block of the page that holds a marker."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (found,) = (block for block in blocks if marker in block)
    return found


def node(folder: Path, name: str, source: str) -> object:
    """Run a program, and return what it prints as JSON."""
    assert NODE
    (folder / name).write_text(source)
    done = subprocess.run(  # noqa: S603  # our own sample
        [NODE, folder / name], capture_output=True, text=True, check=True, cwd=folder
    )
    return json.loads(done.stdout)


def look(tmp_path: Path, texts: list[str], handled: list[str]) -> object:
    """Return what the sample does with each text."""
    sample = block("js", "function look").replace('"./passphrase.js"', json.dumps(CLIENT))
    call = f"{json.dumps(texts)}.map((text) => look(text, new Set({json.dumps(handled)})))"
    return node(tmp_path, "look.mjs", f"{sample}\nconsole.log(JSON.stringify({call}));\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "handled", "expected"),
    [
        ("晚上吃什么", [], {"action": "nothing"}),
        (f"老王: {TEXT[:9]} {TEXT[9:]} 快来", [], {"action": "send", "text": TEXT}),
        (f"老王: {TEXT} 快来", [CODEWORD], {"action": "nothing"}),
        (f"老王: {SAME} 快来", [CODEWORD], {"action": "nothing"}),
        (f"{TEXT}。{OTHER}", [CODEWORD], {"action": "send", "text": OTHER}),
        (f"{TEXT}。{SAME}", [], {"action": "send", "text": TEXT}),
        (f"{LOST}。{OTHER}", [], {"action": "send", "text": f"{LOST}。{OTHER}"}),
        (f"{OTHER}{MARKED}", [], {"action": "send", "text": f"{OTHER}{MARKED}"}),
        (LOST, [], {"action": "nothing"}),
        (f"{TEXT}。{OTHER}", [], {"action": "several"}),
        (f"{TEXT}。{TEXT}", [], {"action": "send", "text": TEXT}),
        (NEWER, [], {"action": "update"}),
        (f"{TEXT}。{NEWER}", [CODEWORD], {"action": "update"}),
    ],
)
def test_only_what_is_new_is_sent(
    tmp_path: Path, text: str, handled: list[str], expected: object
) -> None:
    """Chatter and the inviter's own passphrase stay on the device; a newer one asks for an update."""  # noqa: E501
    assert look(tmp_path, [text], handled) == [expected]


def damaged(draw: Random, text: str) -> str:
    """Damage a passphrase in a way that the backend repairs."""
    at = draw.randrange(1, len(text) - 2)
    pair = text[at + 1] + text[at]
    return draw.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + draw.choice(["?", "[微笑]", text[0]]) + text[at + 1 :],
            text[: at + 1] + text[0] + text[at + 1 :],
            text[:at] + pair + text[at + 2 :],
            re.sub(rf"^(.{{3}}).(.{{{at % 9}}}).(.{{8}}).", r"\1?\2?\3?", text),
        ]
    )


def test_what_is_ambiguous_is_never_sent_in_part(tmp_path: Path) -> None:
    """A whole passphrase beside a damaged one opens neither; chatter beside it is not sent."""
    draw = Random(13)
    texts: list[str] = []
    for _ in range(300):
        ours, theirs = (
            CODEC.encode(INVITE.model_copy(update={"variant": i}), script=draw.choice(SCRIPTS))
            for i in draw.sample(range(256), 2)
        )
        parts = draw.sample([damaged(draw, ours), theirs], 2)
        texts.append(f"老王: {parts[0]}，晚上7点见{parts[1]} 快来")
    decisions = cast("list[dict[str, str]]", look(tmp_path, texts, []))
    ambiguous = 0
    for text, decision in zip(texts, decisions, strict=True):
        with suppress(PassphraseError):
            try:
                CODEC.decode(text)
            except AmbiguousError:
                ambiguous += 1
                assert decision in ({"action": "send", "text": text}, {"action": "several"})
    assert ambiguous > 250


def test_chatter_beside_a_passphrase_stays_on_the_device(tmp_path: Path) -> None:
    """The lines of the project's Chinese pages, with the passphrase after each."""
    pages = [page.read_text("utf-8") for page in (ROOT / "docs" / "zh").glob("*.md")]
    lines = [line for page in pages for line in page.splitlines() if re.search("[一-龥]", line)]
    lines = [line for line in lines if not re.search("`|    ", line)]
    lines = [line for line in lines if scan(line) == Contents([], [])]  # not a table of glyphs
    assert len(lines) > 500
    decisions = look(tmp_path, [f"{line}：{OTHER}" for line in lines], [])
    assert decisions == [{"action": "send", "text": OTHER}] * len(lines)


def test_the_script_needs_nothing_but_the_language(tmp_path: Path) -> None:
    """Made as the page says, it runs in a context without modules, console or web functions."""
    assert BASH
    command = block("sh", "passphrase.script.js").replace("clients/js", str(ROOT / "clients/js"))
    subprocess.run([BASH, "-euc", command], cwd=tmp_path, check=True)  # noqa: S603
    found = node(
        tmp_path,
        "run.cjs",
        'const vm = require("vm"), fs = require("fs");\n'
        "const context = vm.createContext(Object.create(null));\n"
        'vm.runInContext(fs.readFileSync("passphrase.script.js", "utf8"), context);\n'
        f"const texts = {json.dumps([TEXT, OTHER, '晚上吃什么'])};\n"
        "console.log(JSON.stringify(texts.map((text) => context.recognize(text))));\n",
    )
    assert found == [True, True, False]
