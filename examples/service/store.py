"""Groups, people, invites and requests, beside a ledger and in its database.

The SQL is what SQLite and PostgreSQL share. Ids are text, because BIGINT ends at 2^63.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from typing import Any, Final, NamedTuple

import psycopg
from ledgers.postgresql import SCHEMA as POSTGRES_LEDGER
from ledgers.postgresql import PostgresLedger
from ledgers.sqlite import SqliteLedger
from service.bodies import User

from passphrase import parse_id
from passphrase.ledger import USES_MAX, Claim, Ticket

HOLD: Final = timedelta(minutes=2)  # longer than a join takes
SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS groups"
    " (id TEXT PRIMARY KEY, name TEXT NOT NULL, owner_id TEXT NOT NULL, size INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS members"
    " (group_id TEXT, user_id TEXT, PRIMARY KEY (group_id, user_id))",
    "CREATE TABLE IF NOT EXISTS follows"
    " (user_id TEXT, followed_id TEXT, PRIMARY KEY (user_id, followed_id))",
    "CREATE TABLE IF NOT EXISTS issued (fingerprint TEXT PRIMARY KEY, group_id TEXT NOT NULL,"
    " inviter_id TEXT NOT NULL, cap INTEGER, generation INTEGER NOT NULL, ends TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS requests (fingerprint TEXT, user_id TEXT, group_id TEXT NOT NULL,"
    " invite TEXT NOT NULL, source TEXT, PRIMARY KEY (fingerprint, user_id))",
)


class Group(NamedTuple):
    """A row of `groups`."""

    name: str
    owner_id: str
    size: int


class Issued(NamedTuple):
    """A row of `issued`: what is kept of an invite. Nobody can join by it."""

    fingerprint: str
    group_id: str
    inviter_id: str
    cap: int | None
    generation: int
    ends: str

    def ticket(self) -> Ticket:
        """Return what the ledger needs of it."""
        expires_at = datetime.fromisoformat(self.ends)
        cap = self.cap or USES_MAX
        group_id = parse_id(self.group_id)
        return Ticket(self.fingerprint, group_id, self.generation, expires_at, cap)


class Store:
    """One connection, for one thread at a time.

    Args:
        ledger: Its verbs take part in the transactions of this class.
        mark: Of a parameter in SQL.
    """

    def __init__(self, ledger: SqliteLedger | PostgresLedger, mark: str) -> None:
        self.ledger = ledger
        self._mark = mark

    def __call__(self, sql: str, *values: object) -> Any:  # noqa: ANN401  # a driver's own
        """Run a statement whose parameters are question marks."""
        return self.ledger.db.execute(sql.replace("?", self._mark), values)

    def transaction(self) -> AbstractContextManager[object]:
        """Undo everything if the block raises."""
        ledger = self.ledger
        return ledger.transaction() if isinstance(ledger, SqliteLedger) else ledger.db.transaction()

    def close(self) -> None:
        """Close the connection."""
        self.ledger.close()

    # --- What is asked ---------------------------------------------------------------------------

    def is_member(self, group_id: object, user_id: object) -> bool:
        """Return whether a person is in a group."""
        query = "SELECT 1 FROM members WHERE group_id = ? AND user_id = ?"
        return self(query, str(group_id), str(user_id)).fetchone() is not None

    def members(self, group_id: object) -> int:
        """Count the members of a group."""
        query = "SELECT count(*) FROM members WHERE group_id = ?"
        return int(self(query, str(group_id)).fetchone()[0])

    def member_names(self, group_id: object) -> list[str]:
        """Return the names of the members, at most 100."""
        query = (
            "SELECT name FROM members JOIN people ON id = user_id WHERE group_id = ?"
            " ORDER BY name LIMIT 100"
        )
        return [str(name) for (name,) in self(query, str(group_id)).fetchall()]

    def follow_each_other(self, one: object, other: object) -> bool:
        """Return whether two people follow each other."""
        query = "SELECT count(*) FROM follows WHERE (user_id, followed_id) IN ((?, ?), (?, ?))"
        a, b = str(one), str(other)
        return int(self(query, a, b, b, a).fetchone()[0]) == 2  # noqa: PLR2004  # both ways

    def group(self, group_id: object) -> Group | None:
        """Return a group; None if it does not exist."""
        row = self("SELECT name, owner_id, size FROM groups WHERE id = ?", str(group_id)).fetchone()
        return row and Group(*row)

    def name(self, user_id: object) -> str | None:
        """Return the name of a person."""
        row = self("SELECT name FROM people WHERE id = ?", str(user_id)).fetchone()
        return row and str(row[0])

    def issued(self, fingerprint: str) -> Issued | None:
        """Return what is kept of an invite; None if it was not minted here."""
        row = self("SELECT * FROM issued WHERE fingerprint = ?", fingerprint).fetchone()
        return row and Issued(*row)

    def requests(self, group_id: object) -> list[tuple[str, str, str | None]]:
        """Return fingerprint, id and name of everybody who waits for the owner."""
        query = (
            "SELECT fingerprint, user_id, name FROM requests LEFT JOIN people ON id = user_id"
            " WHERE group_id = ? ORDER BY user_id LIMIT 100"
        )
        return list(self(query, str(group_id)).fetchall())

    # --- What is changed -------------------------------------------------------------------------

    def lock_group(self, group_id: object) -> None:
        """Let nobody else change the group until the transaction ends."""
        self("UPDATE groups SET size = size WHERE id = ?", str(group_id))

    def issue(self, issued: Issued) -> bool:
        """Keep a new invite; return False if an equal one was issued before."""
        query = "INSERT INTO issued VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        return bool(self(query, *issued).rowcount)

    def admit(self, ticket: Ticket, user_id: User, now: datetime) -> Claim:
        """Claim, make the member and settle, in the caller's transaction."""
        answer = self.ledger.claim(ticket, user_id, now, now + HOLD)
        if answer is Claim.CLAIMED:
            self.add_member(ticket.group_id, user_id)
            self.ledger.settle(ticket, user_id, now)
        return answer

    def ask(self, fingerprint: str, user_id: object, invite: str, source: str | None) -> None:
        """Keep a request to join, without the text: whoever reads a text can join by it."""
        group_id = "(SELECT group_id FROM issued WHERE fingerprint = ?)"
        query = f"INSERT INTO requests VALUES (?, ?, {group_id}, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608
        self(query, fingerprint, str(user_id), fingerprint, invite, source)

    def take_request(
        self, group_id: object, fingerprint: str, user_id: object
    ) -> tuple[str, str | None] | None:
        """Remove a request, and return its invite and source; None if nobody asked."""
        query = (
            "DELETE FROM requests WHERE group_id = ? AND fingerprint = ? AND user_id = ?"
            " RETURNING invite, source"
        )
        rows = self(query, str(group_id), fingerprint, str(user_id)).fetchall()
        return rows[0] if rows else None

    def add_member(self, group_id: object, user_id: object) -> None:
        """Make a person a member."""
        query = "INSERT INTO members VALUES (?, ?) ON CONFLICT DO NOTHING"
        self(query, str(group_id), str(user_id))

    def add_person(self, user_id: object, name: str) -> None:
        """Make a person."""
        self("INSERT INTO people VALUES (?, ?) ON CONFLICT DO NOTHING", str(user_id), name)

    def follow(self, one: object, other: object, *, mutual: bool) -> None:
        """Let two people follow each other, or no longer."""
        for a, b in ((str(one), str(other)), (str(other), str(one))):
            if mutual:
                self("INSERT INTO follows VALUES (?, ?) ON CONFLICT DO NOTHING", a, b)
            else:
                self("DELETE FROM follows WHERE user_id = ? AND followed_id = ?", a, b)

    def add_group(self, group_id: object, name: str, owner_id: object, size: int = 500) -> None:
        """Make a group whose one member is its owner."""
        self("INSERT INTO groups VALUES (?, ?, ?, ?)", str(group_id), name, str(owner_id), size)
        self.add_member(group_id, owner_id)


class Pool:
    """Connections, each opened when it is first needed; one that fails is closed.

    Args:
        open_store: Opens one.
        size: How many there are at most. Whoever needs one more waits.
        one_writer: Threads of this process take turns to write. SQLite has one writer in any case,
            and those who find it busy sleep for longer and longer.
    """

    def __init__(
        self, open_store: Callable[[], Store], size: int = 8, *, one_writer: bool = False
    ) -> None:
        self._open = open_store
        self._writer: AbstractContextManager[object] = Lock() if one_writer else nullcontext()
        self._idle: LifoQueue[Store | None] = LifoQueue()
        for _ in range(size):
            self._idle.put(None)
        self._size = size

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Lend a connection."""
        store = self._idle.get()
        try:
            store = store or self._open()
            yield store
        except (sqlite3.Error, psycopg.Error):
            if store:
                store.close()
            store = None
            raise
        finally:
            self._idle.put(store)

    @contextmanager
    def changing(self) -> Iterator[Store]:
        """Lend a connection in a transaction."""
        with self._writer, self.store() as store, store.transaction():
            yield store

    def close(self) -> None:
        """Close all connections, once they are back."""
        for _ in range(self._size):
            if store := self._idle.get():
                store.close()


def make_pool(place: str) -> Pool:
    """Make the pool of a database: a PostgreSQL URL, or the path of a file for SQLite."""
    if place.startswith(("postgresql://", "postgres://")):
        pool = Pool(lambda: _postgres(place))
        with pool.store() as store:
            store.ledger.db.execute("SELECT pg_advisory_lock(1)")  # one server makes the tables
            for statement in (*POSTGRES_LEDGER.split(";"), *SCHEMA):
                store(statement)
            store.ledger.db.execute("SELECT pg_advisory_unlock(1)")
        return pool
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    pool = Pool(lambda: Store(SqliteLedger(path), "?"), one_writer=True)
    with pool.store() as store:
        for statement in SCHEMA:
            store(statement)
    return pool


def _postgres(url: str) -> Store:
    return Store(PostgresLedger(psycopg.connect(url, autocommit=True)), "%s")
