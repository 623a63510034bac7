"""docs/clients.md: its JavaScript runs, and its script is the client without modules."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import CODEC, INVITE, sealed_word

from passphrase.layout import header_symbol
from passphrase.scripts import load_script
from passphrase.wire import pack

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "clients.md").read_text()
CLIENT = (ROOT / "clients" / "js" / "passphrase.js").as_uri()
NODE = shutil.which("node")
BASH = shutil.which("bash")
TEXT = CODEC.encode(INVITE)
OTHER = CODEC.encode(INVITE.model_copy(update={"variant": 1}), script="hanzi")
NEWER = load_script("emoji").spell(
    sealed_word(header_symbol(pack(INVITE, 1)[0]) + 128, pack(INVITE, 1)[1])
)

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


def look(tmp_path: Path, text: str, handled: list[str]) -> object:
    """Ask the sample what to do with a text."""
    sample = block("js", "function look").replace('"./passphrase.js"', json.dumps(CLIENT))
    call = f"look({json.dumps(text)}, new Set({json.dumps(handled)}))"
    return node(tmp_path, "look.mjs", f"{sample}\nconsole.log(JSON.stringify({call}));\n")


@pytest.mark.parametrize(
    ("text", "handled", "expected"),
    [
        ("晚上吃什么", [], {"action": "nothing"}),
        (f"老王: {TEXT[:9]} {TEXT[9:]} 快来", [], {"action": "send", "text": TEXT}),
        (f"老王: {TEXT} 快来", [TEXT], {"action": "nothing"}),
        (f"{TEXT}。{OTHER}", [TEXT], {"action": "send", "text": OTHER}),
        (f"{TEXT}。{OTHER}", [], {"action": "several"}),
        (f"{TEXT}。{TEXT}", [], {"action": "send", "text": TEXT}),
        (NEWER, [], {"action": "update"}),
        (f"{TEXT}。{NEWER}", [TEXT], {"action": "update"}),
    ],
)
def test_only_what_is_new_is_sent(
    tmp_path: Path, text: str, handled: list[str], expected: object
) -> None:
    """Chatter and the inviter's own passphrase stay on the device; a newer one asks for an update."""  # noqa: E501
    assert look(tmp_path, text, handled) == expected


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
