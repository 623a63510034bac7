"""The code of docs/backend.md with a database in a file, and the processes that attack it."""

import ast
import os
import random
import re
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import redis

PAGE = Path(__file__).parents[1] / "docs" / "backend.md"
WANG = 1  # a member of every group
SETTINGS = {"keyring", "codec", "policy", "limits", "SCHEMA"}


class _Connection(sqlite3.Connection):
    """A connection that is closed with the page that opened it."""

    def __del__(self) -> None:
        self.close()


def load_page(path: Path) -> Any:
    """Run the definitions of the page, without its demonstration, on a database at a path.

    Processes are killed, but not the machine, so nothing waits for the disk.
    """
    pieces = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    code = ast.parse("".join(pieces))
    kept = [node for node in code.body if isinstance(node, _DEFINITIONS) or _sets(node)]
    page: dict[str, Any] = {}
    exec(compile(ast.Module(kept, []), PAGE, "exec"), page)  # noqa: S102  # our own page
    page |= {"PATH": path, "sqlite3": SimpleNamespace(connect=_connect)}
    db = _connect(path)
    db.executescript(page["SCHEMA"].replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
    return SimpleNamespace(**page, db=db, namespace=page)


def _connect(path: Path, **_options: Any) -> sqlite3.Connection:
    """Connect as the page does, but wait longer for a lock, and do not wait for the disk."""
    how: dict[str, Any] = {"factory": _Connection, "check_same_thread": False}  # any may collect it
    db: sqlite3.Connection = sqlite3.connect(path, isolation_level=None, timeout=60, **how)
    db.execute("PRAGMA synchronous = off")
    return db


_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def _sets(node: ast.stmt) -> bool:
    """Return whether a statement is one of the settings of the page."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in SETTINGS


def add_groups(page: Any, groups: range) -> None:
    """Make groups with one member each."""
    page.db.execute("BEGIN")
    for group in map(str, groups):
        page.db.execute("INSERT INTO groups (id, name) VALUES (?, '火锅')", (group,))
        page.db.execute("INSERT INTO members VALUES (?, ?)", (group, str(WANG)))
    page.db.execute("COMMIT")


def mint_bursts(path: Path, seed: int, bursts: int, told: Any) -> None:
    """Mint bursts of 20 single-use invites of one inviter, with those of other groups between."""
    page, draw = load_page(path), random.Random(seed)
    messages: list[str] = []
    for _ in range(bursts):
        for _ in range(20):
            messages.append(page.mint(0, WANG, page.Origin.QQ, single_use=True))
            for _ in range(draw.choice((0, 0, 1, 6))):
                page.mint(draw.randrange(1, 9), WANG, page.Origin.WECHAT)
    told.put(messages)


def join_and_log(path: Path, texts: list[str], viewer: int, log: Path) -> None:
    """Join with each text, and mint after each, some twice; log each answer before the next."""
    page, draw = load_page(path), random.Random()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for at in draw.sample(range(len(texts)), len(texts)):
        for _ in range(draw.choice((1, 1, 2))):
            prompt = page.join(texts[at], viewer, page.Origin.QQ)
            os.write(file, f"{at} {viewer} {prompt['reason'] or prompt['action']}\n".encode())
        text = page.mint(0, WANG, page.Origin.QQ, single_use=True)
        os.write(file, f"minted {viewer} {page.codec.decode(text).fingerprint}\n".encode())


def approve_all(path: Path, requests: list[tuple[str, int]], barrier: Any, told: Any) -> None:
    """Approve each request at the same moment as all other processes."""
    page = load_page(path)
    done: list[str] = []
    for fingerprint, viewer in requests:
        barrier.wait(60)
        try:
            prompt = page.approve(fingerprint, viewer)
        except LookupError:
            continue
        if prompt.action is page.Action.REQUEST:
            done.append(fingerprint)
    told.put(done)


def spend_all(path: Path, how: dict[str, Any], case: tuple[list[str], int, Any], told: Any) -> None:
    """Claim each invite twice in Redis, at the same moment as all other processes."""
    page, client = load_page(path), redis.Redis(**how)
    texts, viewer, barrier = case
    won: list[str] = []
    for text in texts:
        decoded = page.codec.decode(text)
        barrier.wait(60)
        first, again = (
            page.spend_in_redis(client, decoded, viewer, page.datetime.now(page.UTC))
            for _ in range(2)
        )
        assert first == again
        if first:
            won.append(text)
            page.settle_in_redis(client, decoded, viewer)
    told.put(won)
