"""Wrong ledgers: what people write. Each breaks an invariant, and the kit has to say which."""

import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import redis
from ledgers.redis_lua import RedisLedger
from ledgers.sqlite import SqliteLedger

from passphrase.ledger import Claim, Ticket, Uses

Id = int | UUID


class Fast(SqliteLedger):
    """The reference, which does not wait for the disk: no test cuts the power."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, synchronous="OFF", timeout=5)


class Switched(Fast):
    """The reference, whose store is down while there is a certain file."""

    def __init__(self, path: Path) -> None:
        self.switch = path.with_suffix(".down")
        self._check()
        super().__init__(path)

    def _check(self) -> None:
        if self.switch.exists():
            raise ConnectionError("the store is down")

    @contextmanager
    def transaction(self) -> Generator[None]:
        self._check()
        with super().transaction():
            yield

    def uses(self, ticket: Ticket, viewer_id: Id, now: datetime) -> Uses:
        self._check()
        return super().uses(ticket, viewer_id, now)


@contextmanager
def down(path: Path) -> Generator[None]:
    """Let the store of a `Switched` be down."""
    switch = path.with_suffix(".down")
    switch.touch()
    yield
    switch.unlink()


class ErrorsSwallowed(Switched):
    """Lets people in when the store does not answer, so that nobody waits."""

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        try:
            return super().claim(ticket, viewer_id, now, until)
        except ConnectionError:
            return Claim.CLAIMED

    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        try:
            return super().settle(ticket, viewer_id, now)
        except ConnectionError:
            return True


class RevokeSwallowed(Switched):
    """Says nothing when a revocation is not written."""

    def revoke(self, fingerprint: str) -> None:
        with suppress(ConnectionError):
            super().revoke(fingerprint)


class CheckThenUpdate(Fast):
    """Reads, decides, writes, each by itself."""

    def transaction(self) -> Any:
        return nullcontext()


class Deferred(Fast):
    """Begins to read, and asks for the write lock when somebody else has written."""

    @contextmanager
    def transaction(self) -> Generator[None]:
        self.db.execute("BEGIN DEFERRED")
        try:
            yield
            self.db.execute("COMMIT")
        finally:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")


class CountedInMemory(Fast):
    """Keeps its tables in the memory of the process."""

    def __init__(self, path: Path) -> None:
        del path
        super().__init__(Path(":memory:"))


class NotCommitted(Fast):
    """Leaves the commit to somebody else."""

    @contextmanager
    def transaction(self) -> Generator[None]:
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")
        yield

    def close(self) -> None:
        self.db.rollback()
        super().close()


class RetryIsAnotherPerson(Fast):
    """Counts the claim of the person who asks again as somebody else's."""

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        known = self.uses(ticket, viewer_id, now)
        if known.own == "pending" and known.settled + known.pending >= ticket.uses_max:
            return Claim.USED_UP
        return super().claim(ticket, viewer_id, now, until)


class CountedAgain(Fast):
    """Keeps a counter beside the rows, which a lost acknowledgement raises once more."""

    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        with self.transaction():
            is_settled = super().settle(ticket, viewer_id, now)
            if is_settled:
                self.db.execute("CREATE TABLE IF NOT EXISTS counts (fingerprint)")
                self.db.execute("INSERT INTO counts VALUES (?)", (ticket.fingerprint,))
            return is_settled

    def uses(self, ticket: Ticket, viewer_id: Id, now: datetime) -> Uses:
        self.db.execute("CREATE TABLE IF NOT EXISTS counts (fingerprint)")
        query = "SELECT count(*) FROM counts WHERE fingerprint = ?"
        [(settled,)] = self.db.execute(query, (ticket.fingerprint,)).fetchall()
        return replace(super().uses(ticket, viewer_id, now), settled=settled)


class GiveBackFreesAnother(Fast):
    """Frees any claim of the invite."""

    def give_back(self, ticket: Ticket, viewer_id: Id) -> None:  # noqa: ARG002
        delete = "DELETE FROM invite_uses WHERE fingerprint = ? AND until IS NOT NULL"
        self._write(delete, (ticket.fingerprint,))


class GiveBackFreesSettled(Fast):
    """Frees a use whose person is a member."""

    def give_back(self, ticket: Ticket, viewer_id: Id) -> None:
        delete = "DELETE FROM invite_uses WHERE fingerprint = ? AND viewer = ?"
        self._write(delete, (ticket.fingerprint, str(viewer_id)))


class RevokeForgetsPending(Fast):
    """Looks at the deny-list when a use is claimed, and not when it is settled."""

    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        update = "UPDATE invite_uses SET until = NULL WHERE fingerprint = ? AND viewer = ?"
        with self.transaction():
            row = (ticket.fingerprint, str(viewer_id))
            known = self.uses(ticket, viewer_id, now)
            return known.own is not None and self.db.execute(update, row).rowcount == 1


class DenyListInACache(Fast):
    """Asks for the deny-list once, and remembers the answer."""

    def uses(self, ticket: Ticket, viewer_id: Id, now: datetime) -> Uses:
        known = super().uses(ticket, viewer_id, now)
        cache = self.__dict__.setdefault("cache", {})
        return replace(known, revoked=cache.setdefault(ticket.fingerprint, known.revoked))


class UnbanLiftsAll(Fast):
    """Lifts every ban of the group."""

    def unban(self, group_id: Id, viewer_id: Id) -> None:  # noqa: ARG002
        self._write("DELETE FROM invite_bans WHERE group_id = ?", (str(group_id),))


class NeverLapses(Fast):
    """Holds a claim until it is settled or given back."""

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        return super().claim(ticket, viewer_id, now, until + timedelta(days=3_650))


class LapsedComesBack(Fast):
    """Leaves lapsed claims where they are, and a clock steps back."""

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        if now >= ticket.expires_at:
            return Claim.EXPIRED
        with self.transaction():
            if refused := ticket.refusal(self.uses(ticket, viewer_id, now)):
                return refused
            row = (ticket.fingerprint, str(viewer_id), until.timestamp())
            self.db.execute("INSERT OR REPLACE INTO invite_uses VALUES (?, ?, ?)", row)
            return Claim.CLAIMED


class OneMore(Fast):
    """Compares with <= where < is meant."""

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        more = replace(ticket, uses_max=ticket.uses_max + 1)
        return super().claim(more, viewer_id, now, until)


class SettlesWithoutClaim(Fast):
    """Writes down whoever has become a member."""

    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        super().claim(ticket, viewer_id, now, now + timedelta(seconds=9))
        return super().settle(ticket, viewer_id, now)


class ExpiryIgnored(Fast):
    """Leaves it to the popup to know what has expired."""

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        late = replace(ticket, expires_at=ticket.expires_at + timedelta(days=36_500))
        return super().claim(late, viewer_id, now, until)


class KeyDropped(Fast):
    """Keeps the tag, and not the key that it is made with."""

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        short = replace(ticket, fingerprint=ticket.fingerprint[2:])
        return super().claim(short, viewer_id, now, until)

    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        short = replace(ticket, fingerprint=ticket.fingerprint[2:])
        return super().settle(short, viewer_id, now)


class BigintIds(Fast):
    """Keeps ids in a signed column of 64 bits, and so only 63 of their bits."""

    def short(self, given: Id) -> int:
        return int(given) & (2**63 - 1)

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        return super().claim(ticket, self.short(viewer_id), now, until)

    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        return super().settle(ticket, self.short(viewer_id), now)

    def uses(self, ticket: Ticket, viewer_id: Id, now: datetime) -> Uses:
        return super().uses(ticket, self.short(viewer_id), now)


class FloatIds(BigintIds):
    """Keeps ids as JSON numbers, as JavaScript reads them."""

    def short(self, given: Id) -> int:
        return int(float(int(given)))


class FloatGroups(Fast):
    """Keeps ids of groups as JSON numbers."""

    def reset(self, group_id: Id) -> int:
        return super().reset(int(float(int(group_id))))

    def uses(self, ticket: Ticket, viewer_id: Id, now: datetime) -> Uses:
        group = int(float(int(ticket.group_id)))
        return super().uses(replace(ticket, group_id=group), viewer_id, now)

    def ban(self, group_id: Id, viewer_id: Id) -> None:
        super().ban(int(float(int(group_id))), viewer_id)

    def unban(self, group_id: Id, viewer_id: Id) -> None:
        super().unban(int(float(int(group_id))), viewer_id)


class BigintRaises(BigintIds):
    """Hands ids to a signed column of 64 bits, which refuses the larger half."""

    def short(self, given: Id) -> int:
        if int(given) >= 2**63:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        return int(given) - isinstance(given, UUID)  # two columns


# --- Redis --------------------------------------------------------------------------------------


class Redis(RedisLedger):
    """The reference at a port."""

    def __init__(self, port: int) -> None:
        super().__init__(redis.Redis(port=port, decode_responses=True))


class WithoutLua(Redis):
    """Looks first and writes then, in two commands."""

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        if now >= ticket.expires_at:
            return Claim.EXPIRED
        if refused := ticket.refusal(self.uses(ticket, viewer_id, now)):
            return refused
        pending = f"invite:{ticket.fingerprint}:pending"
        self.client.zremrangebyscore(pending, "-inf", now.timestamp())
        self.client.zadd(pending, {str(viewer_id): until.timestamp()})
        return Claim.CLAIMED


class LivesAsLongAsAClaim(Redis):
    """Gives the key the lifetime of a claim, and leaves that when it is settled."""

    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        is_settled = super().settle(ticket, viewer_id, now)
        self.client.expire(f"invite:{ticket.fingerprint}:settled", 1)
        return is_settled


class LivesForADay(Fast):
    """Forgets after a day of the store's own clock, whatever the invite says."""

    day = 86_400.0
    offset = 0.0

    def uses(self, ticket: Ticket, viewer_id: Id, now: datetime) -> Uses:
        with self.transaction():
            self.db.execute("CREATE TABLE IF NOT EXISTS touched (fingerprint PRIMARY KEY, at REAL)")
            clock = time.time() + type(self).offset
            row = (ticket.fingerprint, clock)
            self.db.execute("INSERT OR IGNORE INTO touched VALUES (?, ?)", row)
            old = "(SELECT fingerprint FROM touched WHERE at < ?)"
            delete = f"DELETE FROM invite_uses WHERE fingerprint IN {old}"  # noqa: S608
            self.db.execute(delete, (clock - self.day,))
        return super().uses(ticket, viewer_id, now)
