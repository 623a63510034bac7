"""Imports point one way, only `cli` and `testing` do I/O, and names load when used."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

import passphrase
from passphrase import (
    Codec,
    Invite,
    Keyring,
    MintPolicy,
    Origin,
    Policy,
    Visit,
    explain,
    find,
    join_prompt,
)
from passphrase.events import joined
from passphrase.joining.rules import Facts
from passphrase.sharing.lint import lint

SOURCE = Path(passphrase.__file__).parent
DOCS = Path(__file__).parents[1] / "docs"
# Packages and modules in the order in which data flows; each imports only from earlier ones.
HOUSE = """
_version errors invite
format: layout symbols parity wire cipher seal codewords keyring
scripts: script compat_table softbank_table emoji_table hanzi_table emoji hanzi base32 dull
reading: characters markup row fold chatter codeword glance find repair mend recoding
decoded minting opening codec
languages: language zh_hans zh_hant en
diagnosis
web
sharing: names lint message
ledger
joining: rules facts ledger_facts prompt aprompt
events
bulk: processes columns table logs attribution
testing: entry strategies laws races machine ledgers
"""
COMMANDS = [
    "world",
    "drafts",
    "keys",
    "read",
    "mint",
    "share",
    "popup",
    "files",
    "outputs",
    "cells",
    "forms",
    "tasks",
    "gather",
    "views",
    "batch",
    "report",
    "demo",
]
OUTSIDE = {
    "bulk.attribution": {"pyarrow"},
    "bulk.columns": {"pyarrow"},
    "bulk.logs": {"pyarrow"},
    "bulk.processes": {"concurrent", "multiprocessing", "signal", "threading"},
    "bulk.table": {"pyarrow"},
    "errors": {"sys"},  # for the names of the standard library's modules
    "format.cipher": {"itsdangerous"},
    "testing.entry": {"hypothesis"},
    "testing.machine": {"hypothesis", "random"},  # ids that no other run has
    "testing.ledgers": {"hypothesis", "pathlib", "random", "tempfile", "time"},
    # Processes, and what they write down.
    "testing.races": {"io", "multiprocessing", "pathlib", "random", "threading", "time"},
    "testing.strategies": {"hypothesis", "random"},
}
# The clock, random numbers, the environment, files, and other ways out of a function.
IMPURE = {"io", "os", "pathlib", "random", "secrets", "socket", "subprocess", "tempfile", "time"}
WORLDLY = IMPURE | {"concurrent", "multiprocessing", "signal", "sys", "threading"}
# docs/page.md, "Section" and "Section", steps 1 and 2
CITED = re.compile(r'docs/(\w+\.md)((?:(?:, (?:and )?| and )(?:"[^"]+"|steps? \d|\d))+)')
EXTRAS = {"click", "hypothesis", "itsdangerous", "pyarrow"}


def rooms() -> Iterator[str]:
    """Yield the dotted name of each module in the list."""
    for line in HOUSE.strip().splitlines():
        wing, _, names = line.rpartition(":")
        yield from (f"{wing}.{name}".lstrip(".") for name in names.split())


ROOMS = [*rooms()]


def room(path: Path) -> str:
    """Return the dotted name of a file's module."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


COMMAND = ("__main__", "__init__", "cli.")  # and what makes the names of the package
LIBRARY = [path for path in sorted(SOURCE.rglob("*.py")) if not room(path).startswith(COMMAND)]


def imported(path: Path) -> set[str]:
    """Name every module that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names.add(node.module or "")
    return names


def test_the_house_is_complete() -> None:
    assert sorted(room(path) for path in LIBRARY if path.stem != "__init__") == sorted(ROOMS)


def test_the_page_names_every_module_in_order() -> None:
    """Each wing in the order of its modules; and the top level, which the page shows first."""
    page = (DOCS / "architecture.md").read_text("utf-8")
    named: list[str] = []
    wing = ""
    for line in page.partition("## Results")[0].splitlines():
        if section := re.match(r"## (?:`(\w+)`:)?", line):
            wing = section[1] or ""
        elif cell := re.match(r"\| (`[^|]+`) \|", line):
            named += [f"{wing}.{name}".lstrip(".") for name in re.findall(r"`([\w.]+)`", cell[1])]
    wings: dict[str, list[str]] = {}
    for name in ROOMS[1:]:
        wings.setdefault(name.rpartition(".")[0], []).append(name)
    assert sorted(named) == sorted([*ROOMS[1:], "cli"])
    for names in wings.values():
        assert [name for name in named if name in names] == names


def test_cited_sections_exist() -> None:
    """Each section that the source cites after the name of a page is a heading of that page."""
    missing: list[tuple[str, str, str]] = []
    cited = 0
    for path in sorted(SOURCE.rglob("*.py")):
        words = " ".join(path.read_text("utf-8").replace("#", " ").split())
        for page, names in CITED.findall(words):
            headings = re.findall(r"^#+ (.+)$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
            sections = re.findall(r'"([^"]+)"', names)
            cited += len(sections)
            missing += [(room(path), page, each) for each in sections if each not in headings]
    assert (missing, cited > 40) == ([], True)


@pytest.mark.parametrize("path", LIBRARY, ids=room)
def test_imports_point_one_way(path: Path) -> None:
    """Modules import only earlier ones; few import other packages or do I/O."""
    name = room(path)
    before = ROOMS if path.stem == "__init__" else ROOMS[: ROOMS.index(name)]
    wings = {at.partition(".")[0] for at in before} & {"scripts", "languages"}
    for module in imported(path):
        package, _, rest = module.partition(".")
        if package == "passphrase":
            assert rest in {*before, *wings, "_version"}
        elif package in EXTRAS | WORLDLY:
            assert package in OUTSIDE.get(name, set())
        else:
            assert package in {*sys.stdlib_module_names, "pydantic", "pydantic_core"}


def test_the_command_points_one_way() -> None:
    """Modules of the command import only earlier ones of it, and all of the library."""
    assert sorted([*COMMANDS, "__init__"]) == sorted(
        path.stem for path in (SOURCE / "cli").glob("*.py")
    )
    for at, name in enumerate(COMMANDS):
        for module in imported(SOURCE / "cli" / f"{name}.py"):
            if module.startswith("passphrase.cli."):
                assert module.removeprefix("passphrase.cli.") in COMMANDS[:at]


def test_only_the_command_and_the_kit_are_impure() -> None:
    """Only `cli` and `testing` use the clock, random numbers, the environment or files.

    `__main__` starts the command.
    """
    impure = {
        room(path).partition(".")[0]
        for path in SOURCE.rglob("*.py")
        if {module.partition(".")[0] for module in imported(path)} & IMPURE
    }
    assert impure == {"cli", "testing", "__main__"}


@pytest.mark.parametrize("path", LIBRARY, ids=room)
def test_no_clock_and_no_normalisation(path: Path) -> None:
    """`now` comes in as an argument; Unicode normalisation is quadratic and never runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    named = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    banned = {"utcnow", "today", "normalize", "casefold", "IGNORECASE", "open"}
    if "random" not in OUTSIDE.get(room(path), set()):
        banned |= {"uuid1", "uuid4"}
    methods = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not (attributes | called | named) & banned
    assert "now" not in methods | called


def test_one_place_judges_expiry() -> None:
    """`Invite` compares; the command asks besides whether an end was floored to now.

    The model of a ledger in `testing` has a clock of its own.
    """
    orders = ast.Lt | ast.LtE | ast.Gt | ast.GtE
    compared = [
        room(path)
        for path in sorted(SOURCE.rglob("*.py"))
        if not room(path).startswith("testing.")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], orders)
        if re.search(r"\bnow\b|\.expires_at\b", ast.unparse(node))
    ]
    assert compared == ["cli.mint", "invite", "invite"]


def loaded_by(statement: str) -> set[str]:
    """Name the modules that a fresh interpreter has loaded after a statement."""
    done = subprocess.run(  # noqa: S603  # our own interpreter and statement
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {*done.stdout.split()}


def test_import_loads_next_to_nothing() -> None:
    loaded = loaded_by("import passphrase")
    assert {name for name in loaded if name.startswith("passphrase")} == {
        "passphrase",
        "passphrase._version",
    }
    assert not loaded & {"typing", "re", "enum", "dataclasses"}


def test_a_keyless_client_loads_no_key_code() -> None:
    """`recognize` and `find` run where no secret and no model is."""
    loaded = loaded_by("from passphrase import find, recognize; recognize('x')")
    assert not loaded & {
        "pydantic",
        "itsdangerous",
        "passphrase.format.keyring",
        "passphrase.format.seal",
        "hmac",
    }


def test_a_script_loads_only_its_own_table() -> None:
    loaded = loaded_by("from passphrase.scripts import load_script; load_script('base32')")
    assert not loaded & {"passphrase.scripts.emoji_table", "passphrase.scripts.hanzi_table"}


def test_a_name_is_looked_up_once() -> None:
    """The second access is that of any module: `__getattr__` is not called."""
    for name in passphrase.__all__:
        value = getattr(passphrase, name)
        assert vars(passphrase)[name] is value


def test_public_names() -> None:
    """`__all__` is sorted, its names exist, and there are no others."""
    assert passphrase.__all__ == sorted(passphrase.__all__)
    for name in passphrase.__all__:
        assert getattr(passphrase, name) is not None
    assert dir(passphrase) == sorted(passphrase.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(passphrase, "nothing")  # noqa: B009  # type checkers know that it is not there


def public_rooms() -> dict[str, list[str]]:
    """Return the names in the `__all__` of each module that has one, except the package itself."""
    found: dict[str, list[str]] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                found[room(path).removesuffix("__init__").rstrip(".")] = ast.literal_eval(
                    node.value
                )
    del found[""]
    return found


def test_the_page_lists_every_public_name() -> None:
    """docs/api.md has exactly the names of every `__all__`, each once, where it is imported."""
    page = (DOCS / "api.md").read_text("utf-8")
    listed = re.findall(r"^::: passphrase\.(\S+)$", page, re.MULTILINE)
    public = [*passphrase.__all__]
    for module, names in public_rooms().items():
        for name in names:
            assert hasattr(import_module(f"passphrase.{module}"), name)
        public += [f"{module}.{name}" for name in names if name not in passphrase.__all__]
    assert sorted(listed) == sorted(public)


def test_the_pages_list_every_public_room() -> None:
    """docs/api.md and docs/architecture.md each name every public module once."""
    api = (DOCS / "api.md").read_text("utf-8").partition("## ")[0]
    cells = "".join(re.findall(r"^\| (`passphrase\..*?) \|", api, re.MULTILINE))
    assert sorted(re.findall(r"`passphrase\.([\w.]+)`", cells)) == sorted(public_rooms())
    page = (DOCS / "architecture.md").read_text("utf-8")
    listed = page.partition("`__all__` has more of them: ")[2].partition("\n[")[0]
    assert sorted(re.findall(r"`([\w.]+)`", listed)) == sorted(public_rooms())


def test_results_are_of_one_style() -> None:
    """Each is frozen, and becomes JSON and comes back in one way: docs/architecture.md, Results."""
    codec = Codec(Keyring({1: bytes(32)}), audience="test")
    now = datetime(2026, 12, 1, tzinfo=UTC)
    invite = Invite(group_id=5, inviter_id=7, expires_at=now + timedelta(1), origin=Origin.QQ)
    text = codec.encode(invite)
    decoded = codec.decode(f"{text[:3]}?{text[4:]}")
    visit, facts = Visit(viewer_id=9, now=now, source="qq"), Facts()
    results = [
        *(
            codec.mint(invite),
            joined(decoded),
            decoded,
            *decoded.repairs,
            *find(text),
            *lint(text),
            explain(text, codec, now=now),
        ),
        *(invite, MintPolicy(), visit, facts, Policy(), join_prompt(decoded, visit, facts)),
    ]
    assert len({type(result) for result in results}) == 13
    for result in results:
        adapter = TypeAdapter[object](type(result))
        assert adapter.validate_json(adapter.dump_json(result)) == result
        with pytest.raises((FrozenInstanceError, ValidationError)):
            setattr(result, next(iter(type(result).__annotations__)), None)


def test_one_version() -> None:
    assert version("invite-passphrase") == passphrase.__version__
    changelog = Path("CHANGELOG.md").read_text(encoding="utf-8")
    newest, released = re.findall(r"^## \[(.+?)\](?: - (.+))?$", changelog, re.MULTILINE)[0]
    assert newest == "Unreleased" or (newest, bool(released)) == (passphrase.__version__, True)
