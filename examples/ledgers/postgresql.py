"""A ledger in PostgreSQL with psycopg 3, to copy. Share its connection with your own tables.

In a transaction of yours, its verbs take part in that: claim, make the member, settle, commit.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from passphrase.ledger import Claim, Ticket, Uses

# Ids are text: BIGINT ends at 2^63. `until` is NULL once a use is settled.
SCHEMA = """
CREATE TABLE IF NOT EXISTS invites (fingerprint text PRIMARY KEY, revoked boolean NOT NULL);
CREATE TABLE IF NOT EXISTS invite_uses (
    fingerprint text, viewer text, until double precision, PRIMARY KEY (fingerprint, viewer)
);
CREATE TABLE IF NOT EXISTS invite_groups (id text PRIMARY KEY, generation bigint NOT NULL);
CREATE TABLE IF NOT EXISTS invite_bans (group_id text, viewer text, PRIMARY KEY (group_id, viewer))
"""
# Make the invite's row unless it exists, and lock it until the transaction ends.
LOCK = """
INSERT INTO invites VALUES (%s, false)
ON CONFLICT (fingerprint) DO UPDATE SET fingerprint = EXCLUDED.fingerprint
"""
KNOWN = """
SELECT count(*) FILTER (WHERE until IS NULL), count(*) FILTER (WHERE until > %(now)s),
    max(CASE WHEN viewer <> %(viewer)s THEN NULL WHEN until IS NULL THEN 'settled'
        WHEN until > %(now)s THEN 'pending' END),
    coalesce((SELECT revoked FROM invites WHERE fingerprint = %(fingerprint)s), false),
    EXISTS (SELECT 1 FROM invite_bans WHERE group_id = %(group)s AND viewer = %(viewer)s),
    coalesce((SELECT generation FROM invite_groups WHERE id = %(group)s), 0)
FROM invite_uses WHERE fingerprint = %(fingerprint)s
"""
CLAIM = """
INSERT INTO invite_uses VALUES (%s, %s, %s)
ON CONFLICT (fingerprint, viewer) DO UPDATE SET until = EXCLUDED.until
"""
RESET = """
INSERT INTO invite_groups VALUES (%s, 1)
ON CONFLICT (id) DO UPDATE SET generation = invite_groups.generation + 1 RETURNING generation
"""


class PostgresLedger:
    """One connection with `autocommit=True`, READ COMMITTED; each thread has its own."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.db = connection

    def claim(self, ticket: Ticket, viewer_id: int | UUID, now: datetime, until: datetime) -> Claim:
        if now >= ticket.expires_at:
            return Claim.EXPIRED
        with self.db.transaction():
            self.db.execute(LOCK, (ticket.fingerprint,))
            if refused := ticket.refusal(self.uses(ticket, viewer_id, now)):
                return refused
            # A lapsed claim that stayed would be held again when a clock steps back.
            lapsed = "DELETE FROM invite_uses WHERE fingerprint = %s AND until <= %s"
            self.db.execute(lapsed, (ticket.fingerprint, now.timestamp()))
            self.db.execute(CLAIM, (ticket.fingerprint, str(viewer_id), until.timestamp()))
            return Claim.CLAIMED

    def settle(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> bool:
        with self.db.transaction():
            self.db.execute(LOCK, (ticket.fingerprint,))
            known = self.uses(ticket, viewer_id, now)
            if ticket.may_settle(known):
                update = (
                    "UPDATE invite_uses SET until = NULL WHERE fingerprint = %s AND viewer = %s"
                )
                self.db.execute(update, (ticket.fingerprint, str(viewer_id)))
                return True
            return known.own == "settled"

    def give_back(self, ticket: Ticket, viewer_id: int | UUID) -> None:
        self.db.execute(
            "DELETE FROM invite_uses WHERE fingerprint = %s AND viewer = %s AND until IS NOT NULL",
            (ticket.fingerprint, str(viewer_id)),
        )

    def revoke(self, fingerprint: str) -> None:
        upsert = "INSERT INTO invites VALUES (%s, true) ON CONFLICT (fingerprint) DO UPDATE"
        self.db.execute(f"{upsert} SET revoked = true", (fingerprint,))

    def reset(self, group_id: int | UUID) -> int:
        [(generation,)] = self.db.execute(RESET, (str(group_id),)).fetchall()
        return int(generation)

    def ban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        insert = "INSERT INTO invite_bans VALUES (%s, %s) ON CONFLICT DO NOTHING"
        self.db.execute(insert, (str(group_id), str(viewer_id)))

    def unban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        delete = "DELETE FROM invite_bans WHERE group_id = %s AND viewer = %s"
        self.db.execute(delete, (str(group_id), str(viewer_id)))

    def uses(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> Uses:
        asked = {
            "fingerprint": ticket.fingerprint, "group": str(ticket.group_id),
            "viewer": str(viewer_id), "now": now.timestamp(),
        }  # fmt: skip
        [known] = self.db.execute(KNOWN, asked).fetchall()
        return Uses(*known)

    def close(self) -> None:
        self.db.close()
