"""A ledger with SQLAlchemy 2, sync and async, to copy. Share its session with your own tables.

For databases that lock rows, such as PostgreSQL and MariaDB, at READ COMMITTED. To make claim,
member and settling one step, call the methods of `Verbs` with your own session, then commit.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import String, and_, case, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from passphrase.ledger import Claim, Ticket, Uses

Id = int | UUID
Own = Literal["pending", "settled"] | None


class Base(DeclarativeBase):
    """The tables. Ids are text: BIGINT ends at 2^63."""


class Row(Base):
    """An invite or a group, which is locked while its uses are counted."""

    __tablename__ = "invite_rows"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(default=0)  # of resets, or 1 if the invite is revoked


class Use(Base):
    """`until` is NULL once the use is settled."""

    __tablename__ = "invite_uses"
    fingerprint: Mapped[str] = mapped_column(String(22), primary_key=True)
    viewer: Mapped[str] = mapped_column(String(36), primary_key=True)
    until: Mapped[float | None]


class Ban(Base):
    """Who is kept out of a group."""

    __tablename__ = "invite_bans"
    group_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    viewer: Mapped[str] = mapped_column(String(36), primary_key=True)


class Verbs:
    """All verbs, in a session of yours."""

    def __init__(self, session: Session) -> None:
        self.db = session

    def lock(self, name: str) -> Row:
        """Make a row unless it exists, and lock it until the transaction ends."""
        query = select(Row).where(Row.name == name).with_for_update()
        if (row := self.db.scalar(query)) is None:
            try:
                with self.db.begin_nested():
                    self.db.add(Row(name=name, number=0))
            except IntegrityError:
                pass  # somebody else made it
            row = self.db.scalars(query).one()
        return row

    def claim(self, ticket: Ticket, viewer_id: Id, now: datetime, until: datetime) -> Claim:
        if now >= ticket.expires_at:
            return Claim.EXPIRED
        self.lock(ticket.fingerprint)
        if refused := ticket.refusal(self.uses(ticket, viewer_id, now)):
            return refused
        # A lapsed claim that stayed would be held again when a clock steps back.
        lapsed = Use.fingerprint == ticket.fingerprint, Use.until <= now.timestamp()
        self.db.execute(delete(Use).where(*lapsed))
        self.db.merge(Use(fingerprint=ticket.fingerprint, viewer=str(viewer_id),
                          until=until.timestamp()))  # fmt: skip
        return Claim.CLAIMED

    def settle(self, ticket: Ticket, viewer_id: Id, now: datetime) -> bool:
        self.lock(ticket.fingerprint)
        known = self.uses(ticket, viewer_id, now)
        if ticket.may_settle(known):
            self.db.get_one(Use, (ticket.fingerprint, str(viewer_id))).until = None
            return True
        return known.own == "settled"

    def give_back(self, ticket: Ticket, viewer_id: Id) -> None:
        self.lock(ticket.fingerprint)
        own = Use.fingerprint == ticket.fingerprint, Use.viewer == str(viewer_id)
        self.db.execute(delete(Use).where(*own, Use.until.is_not(None)))

    def revoke(self, fingerprint: str) -> None:
        self.lock(fingerprint).number = 1

    def reset(self, group_id: Id) -> int:
        row = self.lock(f"g-{group_id}")
        row.number += 1
        return row.number

    def ban(self, group_id: Id, viewer_id: Id) -> None:
        self.lock(f"g-{group_id}")
        self.db.merge(Ban(group_id=str(group_id), viewer=str(viewer_id)))

    def unban(self, group_id: Id, viewer_id: Id) -> None:
        banned = Ban.group_id == str(group_id), Ban.viewer == str(viewer_id)
        self.db.execute(delete(Ban).where(*banned))

    def uses(self, ticket: Ticket, viewer_id: Id, now: datetime) -> Uses:
        viewer, group = str(viewer_id), str(ticket.group_id)
        is_settled, is_pending = Use.until.is_(None), Use.until > now.timestamp()
        is_own = Use.viewer == viewer
        cases = is_settled, is_pending, and_(is_own, is_settled), and_(is_own, is_pending)
        counts = [func.count(case((each, 1))) for each in cases]
        query = select(*counts).where(Use.fingerprint == ticket.fingerprint)
        settled, pending, own_settled, own_pending = self.db.execute(query).tuples().one()
        names = ticket.fingerprint, f"g-{group}"
        rows = select(Row.name, Row.number).where(Row.name.in_(names))
        numbers = dict(self.db.execute(rows).tuples().all())
        own: Own = "settled" if own_settled else "pending" if own_pending else None
        ban = select(Ban).where(Ban.group_id == group, Ban.viewer == viewer)
        banned = self.db.execute(ban).first() is not None
        revoked, generation = bool(numbers.get(names[0])), numbers.get(names[1], 0)
        return Uses(settled, pending, own, revoked, banned, generation)


class SqlAlchemyLedger:
    """Each verb in a transaction of its own; threads can share one."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            with self._sessions.begin() as session:
                return getattr(Verbs(session), verb)(*arguments)

        return call


class AsyncSqlAlchemyLedger:
    """The same, awaited; tasks can share one."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        async def call(*arguments: Any) -> Any:
            async with self._sessions.begin() as session:
                return await session.run_sync(lambda db: getattr(Verbs(db), verb)(*arguments))

        return call
