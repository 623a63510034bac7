"""A ledger in MariaDB or MySQL with PyMySQL, to copy. Share its connection with your own tables.

To make claim, member and settling one step, do all three inside one `transaction()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from passphrase.ledger import Claim, Ticket, Uses

# Ids are text: BIGINT ends at 2^63. `until` is NULL once a use is settled.
SCHEMA = """
CREATE TABLE IF NOT EXISTS invites (
    fingerprint VARCHAR(22) PRIMARY KEY, revoked BOOLEAN NOT NULL);
CREATE TABLE IF NOT EXISTS invite_uses (
    fingerprint VARCHAR(22), viewer VARCHAR(36), until DOUBLE, PRIMARY KEY (fingerprint, viewer));
CREATE TABLE IF NOT EXISTS invite_groups (id VARCHAR(36) PRIMARY KEY, generation BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS invite_bans (
    group_id VARCHAR(36), viewer VARCHAR(36), PRIMARY KEY (group_id, viewer))
"""
# Make the invite's row unless it exists, and lock it until the transaction ends.
LOCK = "INSERT INTO invites VALUES (%s, 0) ON DUPLICATE KEY UPDATE fingerprint = fingerprint"
KNOWN = """
SELECT coalesce(sum(until IS NULL), 0), coalesce(sum(until > %(now)s), 0),
    max(CASE WHEN viewer <> %(viewer)s THEN NULL WHEN until IS NULL THEN 'settled'
        WHEN until > %(now)s THEN 'pending' END),
    coalesce((SELECT revoked FROM invites WHERE fingerprint = %(fingerprint)s), 0),
    EXISTS (SELECT 1 FROM invite_bans WHERE group_id = %(group)s AND viewer = %(viewer)s),
    coalesce((SELECT generation FROM invite_groups WHERE id = %(group)s), 0)
FROM invite_uses WHERE fingerprint = %(fingerprint)s
"""
CLAIM = "INSERT INTO invite_uses VALUES (%s, %s, %s) ON DUPLICATE KEY UPDATE until = VALUES(until)"
GENERATION = "LAST_INSERT_ID(generation + 1)"  # what the connection then knows as its last id


class MariaLedger:
    """One connection with `autocommit=True`; each thread has its own."""

    def __init__(self, connection: Any) -> None:
        self.db = connection
        # REPEATABLE READ, the default, would count in a snapshot from before the lock.
        self._run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        self._is_open = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin a transaction, unless yours is open already."""
        if self._is_open:
            yield
            return
        self.db.begin()
        self._is_open = True
        try:
            yield
            self.db.commit()
        except BaseException:
            self.db.rollback()
            raise
        finally:
            self._is_open = False

    def claim(self, ticket: Ticket, viewer_id: int | UUID, now: datetime, until: datetime) -> Claim:
        if now >= ticket.expires_at:
            return Claim.EXPIRED
        with self.transaction():
            self._run(LOCK, ticket.fingerprint)
            if refused := ticket.refusal(self.uses(ticket, viewer_id, now)):
                return refused
            # A lapsed claim that stayed would be held again when a clock steps back.
            lapsed = "DELETE FROM invite_uses WHERE fingerprint = %s AND until <= %s"
            self._run(lapsed, ticket.fingerprint, now.timestamp())
            self._run(CLAIM, ticket.fingerprint, str(viewer_id), until.timestamp())
            return Claim.CLAIMED

    def settle(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> bool:
        update = "UPDATE invite_uses SET until = NULL WHERE fingerprint = %s AND viewer = %s"
        with self.transaction():
            self._run(LOCK, ticket.fingerprint)
            known = self.uses(ticket, viewer_id, now)
            if ticket.may_settle(known):
                self._run(update, ticket.fingerprint, str(viewer_id))
                return True
            return known.own == "settled"

    def give_back(self, ticket: Ticket, viewer_id: int | UUID) -> None:
        delete = "DELETE FROM invite_uses WHERE fingerprint = %s AND viewer = %s"
        with self.transaction():
            self._run(LOCK, ticket.fingerprint)
            self._run(f"{delete} AND until IS NOT NULL", ticket.fingerprint, str(viewer_id))

    def revoke(self, fingerprint: str) -> None:
        self._run(
            "INSERT INTO invites VALUES (%s, 1) ON DUPLICATE KEY UPDATE revoked = 1", fingerprint
        )

    def reset(self, group_id: int | UUID) -> int:
        upsert = "INSERT INTO invite_groups VALUES (%s, LAST_INSERT_ID(1)) ON DUPLICATE KEY UPDATE"
        with self.transaction():
            self._run(f"{upsert} generation = {GENERATION}", str(group_id))
            return int(self._run("SELECT LAST_INSERT_ID()")[0])

    def ban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        self._run("INSERT IGNORE INTO invite_bans VALUES (%s, %s)", str(group_id), str(viewer_id))

    def unban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        delete = "DELETE FROM invite_bans WHERE group_id = %s AND viewer = %s"
        self._run(delete, str(group_id), str(viewer_id))

    def uses(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> Uses:
        asked = {
            "fingerprint": ticket.fingerprint, "group": str(ticket.group_id),
            "viewer": str(viewer_id), "now": now.timestamp(),
        }  # fmt: skip
        with self.db.cursor() as cursor:
            cursor.execute(KNOWN, asked)
            known = cursor.fetchone()
        settled, pending, own, revoked, banned, generation = known
        return Uses(int(settled), int(pending), own, bool(revoked), bool(banned), generation)

    def _run(self, statement: str, *values: Any) -> Any:
        with self.db.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()

    def close(self) -> None:
        self.db.close()
