"""A ledger in SQLite, to copy. Share its connection with your own tables.

In a transaction of yours, its verbs take part in that: claim, make the member, settle, commit.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from passphrase.ledger import Claim, Ticket, Uses

# Ids are text: an integer column ends at 2^63. `until` is NULL once a use is settled.
SCHEMA = """
CREATE TABLE IF NOT EXISTS invite_uses (
    fingerprint TEXT, viewer TEXT, until REAL, PRIMARY KEY (fingerprint, viewer)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invite_revoked (fingerprint TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS invite_groups (id TEXT PRIMARY KEY, generation INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS invite_bans (group_id TEXT, viewer TEXT, PRIMARY KEY (group_id, viewer));
"""
KNOWN = """
SELECT count(*) FILTER (WHERE until IS NULL), count(*) FILTER (WHERE until > :now),
    max(CASE WHEN viewer <> :viewer THEN NULL WHEN until IS NULL THEN 'settled'
        WHEN until > :now THEN 'pending' END),
    EXISTS (SELECT 1 FROM invite_revoked WHERE fingerprint = :fingerprint),
    EXISTS (SELECT 1 FROM invite_bans WHERE group_id = :group AND viewer = :viewer),
    coalesce((SELECT generation FROM invite_groups WHERE id = :group), 0)
FROM invite_uses WHERE fingerprint = :fingerprint
"""


class SqliteLedger:
    """One connection, for one thread at a time."""

    def __init__(self, path: Path | str, synchronous: str = "FULL", timeout: float = 30) -> None:
        self.db = sqlite3.connect(
            path, isolation_level=None, timeout=timeout, check_same_thread=False
        )
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute(f"PRAGMA synchronous = {synchronous}")
        self.db.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Take the write lock before anything is read, unless your transaction has it."""
        if self.db.in_transaction:
            yield
            return
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        finally:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")

    def claim(self, ticket: Ticket, viewer_id: int | UUID, now: datetime, until: datetime) -> Claim:
        if now >= ticket.expires_at:
            return Claim.EXPIRED
        with self.transaction():
            known = self.uses(ticket, viewer_id, now)
            if refused := ticket.refusal(known):
                return refused
            # A lapsed claim that stayed would be held again when a clock steps back.
            lapsed = "DELETE FROM invite_uses WHERE fingerprint = ? AND until <= ?"
            self.db.execute(lapsed, (ticket.fingerprint, now.timestamp()))
            row = (ticket.fingerprint, str(viewer_id), until.timestamp())
            self.db.execute("INSERT OR REPLACE INTO invite_uses VALUES (?, ?, ?)", row)
            return Claim.CLAIMED

    def settle(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> bool:
        with self.transaction():
            known = self.uses(ticket, viewer_id, now)
            if ticket.may_settle(known):
                update = "UPDATE invite_uses SET until = NULL WHERE fingerprint = ? AND viewer = ?"
                self.db.execute(update, (ticket.fingerprint, str(viewer_id)))
                return True
            return known.own == "settled"

    def give_back(self, ticket: Ticket, viewer_id: int | UUID) -> None:
        self._write(
            "DELETE FROM invite_uses WHERE fingerprint = ? AND viewer = ? AND until IS NOT NULL",
            (ticket.fingerprint, str(viewer_id)),
        )

    def revoke(self, fingerprint: str) -> None:
        self._write("INSERT OR IGNORE INTO invite_revoked VALUES (?)", (fingerprint,))

    def reset(self, group_id: int | UUID) -> int:
        with self.transaction():
            [(generation,)] = self.db.execute(
                "INSERT INTO invite_groups VALUES (?, 1)"
                " ON CONFLICT DO UPDATE SET generation = generation + 1 RETURNING generation",
                (str(group_id),),
            ).fetchall()
        return int(generation)

    def ban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        row = (str(group_id), str(viewer_id))
        self._write("INSERT OR IGNORE INTO invite_bans VALUES (?, ?)", row)

    def unban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        row = (str(group_id), str(viewer_id))
        self._write("DELETE FROM invite_bans WHERE group_id = ? AND viewer = ?", row)

    def uses(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> Uses:
        asked = {
            "fingerprint": ticket.fingerprint, "group": str(ticket.group_id),
            "viewer": str(viewer_id), "now": now.timestamp(),
        }  # fmt: skip
        [(settled, pending, own, revoked, banned, generation)] = self.db.execute(KNOWN, asked)
        return Uses(settled, pending, own, bool(revoked), bool(banned), generation)

    def _write(self, statement: str, values: tuple[str, ...]) -> None:
        with self.transaction():
            self.db.execute(statement, values)

    def close(self) -> None:
        self.db.close()
