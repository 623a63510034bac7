"""Supply chain: what is imported, what is built, and what hides in the source."""

import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tokenize
import tomllib
import unicodedata
import zipfile
from hashlib import sha256
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from attacks.attacks_support import MODULES, ROOT, SOURCE

from passphrase import __version__

OURS = {"pydantic", "itsdangerous"}
# What these two bring along.
BROUGHT = {"annotated-types", "pydantic-core", "typing-extensions", "typing-inspection"}
LIBRARY = """
import sys
before = {*sys.modules}
import datetime
from passphrase import *
from passphrase.joining.rules import Facts
from passphrase.sharing.lint import lint
codec = Codec(Keyring({1: bytes(range(32))}), audience="douyin")
ends = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
invite = Invite(group_id=5, inviter_id=7, expires_at=ends, origin=Origin.WECHAT)
for script in ("emoji", "hanzi", "base32"):
    text = codec.encode(invite, script=script)
    decoded = codec.decode(share(text)[:-2])
explain(text[5:], codec), lint(text), recognize(text)
join_prompt(decoded, Visit(viewer_id=1, now=ends, source=None), Facts())
print(*{name.partition(".")[0] for name in {*sys.modules} - before if name[:11] != "_sysconfigd"})
"""


@pytest.mark.slow
def test_two_packages_are_all_that_runs() -> None:
    """Only pydantic and itsdangerous, and their dependencies, are imported."""
    done = subprocess.run(  # noqa: S603  # our own interpreter and statement
        [sys.executable, "-c", LIBRARY],
        env={**os.environ, "PYTHONPATH": str(SOURCE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    distributions = packages_distributions()
    outside = {*done.stdout.split()} - {*sys.stdlib_module_names} - {"passphrase"}
    brought = {name for package in outside for name in distributions.get(package, [package])}
    assert {name.lower().replace("_", "-") for name in brought} - BROUGHT == OURS


COUNTING = """
import json, re, sys
compiled, compile = [], re.compile
def count(pattern, flags=0):
    if sys._getframe(1).f_globals["__name__"].startswith("passphrase"):
        compiled.append(len(pattern))
    return compile(pattern, flags)
re.compile = count
def told():
    counts = len(compiled), sum(compiled)
    compiled.clear()
    return counts
import passphrase
steps = [told()]
from passphrase.format import parity
from passphrase.reading import find as clipboard, fold
loaded = sorted(name[11:] for name in sys.modules if name.startswith("passphrase."))
made = [cached.cache_info().currsize
        for cached in (fold.folding_of, fold.spelled_digits, parity._tables,
                       clipboard.built_in_scripts)]
steps.append(told())
for _ in range(3):
    clipboard.recognize("\u53e3\u4ee4" * 40)
    steps.append(told())
print(json.dumps([steps, loaded, made]))
"""
FOR_A_CLIENT = [
    "_version", "errors", "format", "format.layout", "format.parity", "format.symbols", "reading",
    "reading.characters", "reading.chatter", "reading.codeword", "reading.find", "reading.fold",
    "reading.glance", "reading.markup", "reading.row", "scripts", "scripts.script",
]  # fmt: skip


def test_an_import_is_cheap() -> None:
    """Counted, not timed: modules, tables and patterns; a process that starts pays for each.

    Big patterns are made at the first text that needs them, and not again at the next.
    """
    done = subprocess.run(  # noqa: S603  # our own interpreter and statement
        [sys.executable, "-c", COUNTING],
        env={**os.environ, "PYTHONPATH": str(SOURCE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    steps, loaded, made = json.loads(done.stdout)
    assert loaded == FOR_A_CLIENT
    assert made == [0, 0, 0, 0]
    package, client, first, *again = steps
    assert package == [0, 0]
    assert (client[0], client[1] < 500) == (5, True)
    assert first[0] > 0
    assert first[1] > 500
    assert again == [[0, 0]] * 2


def test_the_project_asks_for_no_more() -> None:
    """The two, each below its next major version, and pinned for those who test."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split("[<>=]", line)[0] for line in project["dependencies"]}
    assert names == OURS
    assert all(",<" in line for line in project["dependencies"])
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    for name in OURS | BROUGHT:
        assert re.search(rf"^{name}==[0-9.]+$", pinned, re.MULTILINE)


HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "benchmarks", "fuzz"])
def test_no_character_hides_in_the_source(folder: str) -> None:
    """Bidirectional and invisible characters make code that is not what a reviewer sees."""
    joined = "\u200d" if folder == "tests" else ""  # which makes one picture of several
    for path in (ROOT / folder).rglob("*.py"):
        characters = {*path.read_text(encoding="utf-8")} - {"\n", joined}
        hidden = [c for c in characters if unicodedata.category(c) in HIDDEN]
        assert (path.name, [f"U+{ord(c):04X}" for c in hidden]) == (path.name, [])


def test_names_in_the_source_are_ascii() -> None:
    """Names in the source are ASCII, so no two names look alike."""
    for path in MODULES:
        with path.open("rb") as source:
            tokens = [*tokenize.tokenize(source.readline)]
        assert all(token.string.isascii() for token in tokens if token.type == tokenize.NAME)


# --- What is published --------------------------------------------------------------------------

WORKFLOWS = ROOT / ".github" / "workflows"
LOCKED = re.compile(r"([a-z0-9-]+)==([0-9.]+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n")


def jobs(name: str) -> dict[str, str]:
    """Return the jobs of a workflow by name, as they are written."""
    _, _, text = (WORKFLOWS / name).read_text(encoding="utf-8").partition("\njobs:\n")
    parts = re.split(r"^  ([a-z]+):\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


needs_hatchling = pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None, reason="hatchling is not installed"
)
needs_a_checkout = pytest.mark.skipif(not WORKFLOWS.exists(), reason="not a checkout")


@needs_hatchling
@needs_a_checkout
def test_what_builds_is_locked_by_hash() -> None:
    """Hatchling and all that it needs, in the versions that we test with; no host is named."""
    text = (ROOT / ".ci" / "build-requirements.txt").read_text(encoding="utf-8")
    assert LOCKED.sub("", text) == ""
    locked = {name: version for name, version, _ in LOCKED.findall(text)}
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert {f"{name}=={version}" for name, version in locked.items()} <= {*pinned}
    needed, waiting = set[str](), ["hatchling"]
    while waiting:
        needed.add(name := waiting.pop())
        lines = [line for line in requires(name) or [] if "extra ==" not in line]
        names = {re.split("[<>=!~; ]", line)[0].lower() for line in lines if "python_v" not in line}
        waiting += names - needed
    assert {*locked} == needed


@needs_a_checkout
def test_what_is_published_was_built_apart() -> None:
    """The job that builds runs no other tool; the one that publishes takes what it built.

    Any job of a run can replace an artifact: the sums, an output of the job that built, tell.
    """
    ours, theirs = jobs("ci.yml"), jobs("publish.yml")
    steps = re.findall(r"^      - (?:uses|run|id): (.*)$", ours["build"], re.MULTILINE)
    assert [step.partition("@")[0] for step in steps] == [
        "actions/checkout",
        "actions/setup-python",
        '"python -m pip install --require-hashes --no-deps --only-binary :all: '
        '-r .ci/build-requirements.txt"',
        "bash .ci/build dist",
        "sums # another job can replace the artifact, and not this",
        "actions/upload-artifact",
    ]
    others = "".join(text for name, text in ours.items() if name != "build") + theirs["publish"]
    assert "upload-artifact" not in others
    assert "needs: build" in ours["all"]
    assert "DIST: ${{ runner.temp }}/dist" in ours["all"]
    assert 'diff -r "$DIST" "$dist"' in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'sha256sum --check --strict <<< "$SUMS"' in theirs["publish"]
    assert "pip" not in theirs["publish"].replace("pypi", "")


@needs_a_checkout
def test_every_action_is_named_by_its_commit() -> None:
    """Actions are pinned to commits, because tags can be moved."""
    for path in WORKFLOWS.iterdir():
        text = path.read_text(encoding="utf-8")
        used = re.findall(r"uses: (\S+)", text)
        assert all(re.search(r"@[0-9a-f]{40}$", name) for name in used if name[:2] != "./")
        assert "\npermissions: {}\n" in text


# --- What is built -------------------------------------------------------------------------------

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".nox", ".hypothesis", "__pycache__", ".*_cache", "*.egg-info", "dist", "build"
)
INFORMATION = {"METADATA", "WHEEL", "entry_points.txt", "licenses/LICENSE", "RECORD"}
SDIST = {
    "src", "tests", "docs", "tools", "benchmarks", "examples", "clients", "fuzz", "CHANGELOG.md",
    "CONTRIBUTING.md", "SECURITY.md", "README.md", "README.zh-CN.md",
    "constraints.txt", "conftest.py", "pyproject.toml", "LICENSE", "PKG-INFO", ".gitignore",
}  # fmt: skip
PASSPHRASE = re.compile(r"passphrase/(?:[a-z]+/)?[a-z0-9_]+\.py")


def build(tree: Path, moment: int, mode: int) -> dict[str, bytes]:
    """Build a wheel and an sdist of a copy of the project whose files have another age and mode."""
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    for path in tree.rglob("*"):
        if path.is_file():
            path.chmod(mode)
            os.utime(path, (moment, moment))
    subprocess.run(  # our own interpreter
        [sys.executable, "-m", "hatchling", "build", "-d", "built", "-t", "wheel", "-t", "sdist"],
        cwd=tree,
        capture_output=True,
        check=True,
    )
    return {path.suffix: path.read_bytes() for path in (tree / "built").iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return build(tmp_path_factory.mktemp("one") / "tree", 1_600_000_000, 0o644)


@pytest.mark.slow
@needs_hatchling
def test_two_builds_are_one(built: dict[str, bytes], tmp_path: Path) -> None:
    """Two builds are identical, so anybody can check a package against its source."""
    again = build(tmp_path / "other" / "tree", 1_700_000_000, 0o600)
    assert {*built} == {".whl", ".gz"}
    assert {name: sha256(raw).hexdigest() for name, raw in built.items()} == {
        name: sha256(raw).hexdigest() for name, raw in again.items()
    }


@pytest.mark.slow
@needs_hatchling
def test_the_wheel_is_the_source_and_nothing_else(built: dict[str, bytes]) -> None:
    """The wheel contains exactly the source files, unchanged, and the files of its metadata."""
    with zipfile.ZipFile(io.BytesIO(built[".whl"])) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist()}
    modules = {name: raw for name, raw in files.items() if name.startswith("passphrase/")}
    assert modules == {
        path.relative_to(SOURCE.parent).as_posix(): path.read_bytes()
        for path in (*MODULES, SOURCE / "py.typed")
    }
    assert all(PASSPHRASE.fullmatch(name) for name in {*modules} - {"passphrase/py.typed"})
    information = f"invite_passphrase-{__version__}.dist-info/"
    assert {*files} - {*modules} == {information + name for name in INFORMATION}


@pytest.mark.slow
@needs_hatchling
def test_the_sdist_holds_what_was_listed(built: dict[str, bytes]) -> None:
    """The sdist contains only listed files, so no key file or cache is released."""
    with tarfile.open(fileobj=io.BytesIO(built[".gz"])) as sdist:
        names = [Path(member.name).relative_to(f"invite_passphrase-{__version__}")
                 for member in sdist.getmembers()]  # fmt: skip
    assert {name.parts[0] for name in names} == SDIST
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: nothing says which files are the project's")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S607
    files = {Path(name) for name in tracked.stdout.decode().split("\0") if name}
    assert {*names} == {name for name in files if name.parts[0] in SDIST} | {Path("PKG-INFO")}
