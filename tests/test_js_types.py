"""The npm package: what is published, and its types, as a program in TypeScript sees them."""

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
CLIENT: Final = ROOT / "clients" / "js"
CONSUMER: Final = Path(__file__).with_name("js_consumer.ts")
TYPESCRIPT: Final = "typescript@5.9.3"
STRICT: Final = ("--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom")
STRICTER: Final = ("--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes")
MODES: Final = {
    "nodenext": ("--module", "nodenext"),
    "bundler": ("--module", "esnext", "--moduleResolution", "bundler"),
}
PUBLISHED: Final = {
    *("LICENSE", "README.md", "package.json"),
    *("passphrase.d.ts", "passphrase.js", "tables.d.ts", "tables.js"),
}

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
needs_npm = pytest.mark.skipif(shutil.which("npx") is None, reason="needs npm")


def run(folder: Path, *command: str) -> str:
    """Run a program in a folder, and return what it prints."""
    done = subprocess.run(  # noqa: S603  # Node's own programs
        [shutil.which(command[0]) or command[0], *command[1:]],
        cwd=folder,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compile_strictly(folder: Path, *arguments: str) -> None:
    """Let the TypeScript compiler check files, with every strict rule."""
    run(folder, "npx", "--yes", "--package", TYPESCRIPT, "tsc", *STRICT, *arguments)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package in a folder as npm would, and return the folder."""
    folder = tmp_path_factory.mktemp("program")
    run(CLIENT, "npm", "pack", "--pack-destination", str(folder))
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (folder / "node_modules").mkdir()
    (folder / "package").rename(folder / "node_modules" / "invite-passphrase")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


@needs_node
@pytest.mark.parametrize("name", ["passphrase", "tables"])
def test_the_types_have_the_names_of_the_module(name: str) -> None:
    """Every export has a type, and no type is of something that is not there."""
    keys = f"import('./{name}.js').then((m) => console.log(JSON.stringify(Object.keys(m))))"
    exported = json.loads(run(CLIENT, "node", "--eval", keys))
    types = (CLIENT / f"{name}.d.ts").read_text(encoding="utf-8")
    declared = re.findall(r"^export (?:const|function) (\w+)", types, re.MULTILINE)
    for group in re.findall(r"^export \{(.+?)\}", types, re.MULTILINE):
        declared += group.replace(" ", "").split(",")
    assert sorted(declared) == sorted(exported)


def test_its_license_is_the_librarys() -> None:
    assert (CLIENT / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.slow
@needs_npm
def test_what_is_published() -> None:
    """The two modules, their types, and what describes them; no page and no test."""
    (packed,) = json.loads(run(CLIENT, "npm", "pack", "--dry-run", "--json"))
    assert {file["path"] for file in packed["files"]} == PUBLISHED
    assert packed["filename"].startswith("invite-passphrase-")


@pytest.mark.slow
@needs_npm
@pytest.mark.parametrize("mode", MODES)
def test_a_program_in_typescript(mode: str, package: Path) -> None:
    """Right uses of every export compile; each wrong one is an error."""
    shutil.copy(CONSUMER, package)
    compile_strictly(package, *STRICTER, *MODES[mode], CONSUMER.name)
    used = re.findall(r"\btables\.(\w+)", CONSUMER.read_text(encoding="utf-8"))
    named = re.findall(
        r"^export const (\w+)", (CLIENT / "tables.d.ts").read_text("utf-8"), re.MULTILINE
    )
    assert {*named} <= {*used}


@pytest.mark.slow
@needs_npm
def test_the_types_are_those_of_the_code(tmp_path: Path) -> None:
    """The compiler reads the same types from the code and its comments."""
    for folder, names in (
        ("written", ("passphrase.js", "tables.js", "tables.d.ts")),
        ("told", ("passphrase.d.ts", "tables.d.ts")),
    ):
        (tmp_path / folder).mkdir()
        for name in names:
            shutil.copy(CLIENT / name, tmp_path / folder)
    (tmp_path / "same.ts").write_text(
        'import * as written from "./written/passphrase.js";\n'
        'import type * as told from "./told/passphrase.js";\n'
        "export const same: typeof told = written;\n"
    )
    compile_strictly(tmp_path, *MODES["bundler"], "--allowJs", "--checkJs", "same.ts")
