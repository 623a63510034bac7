"""What a ledger is asked about an invite, and what admission asks a ledger."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers.sqlite import SqliteLedger
from support import CODEC, INVITE, invites

from passphrase import Decoded, Invite, Policy, Visit, ajoin_prompt, join_prompt
from passphrase.format.layout import GENERATIONS
from passphrase.joining.ledger_facts import AsyncLedgerFacts, LedgerFacts
from passphrase.ledger import CLOCK_ERROR, USES_MAX, Claim, Ledger, Ticket, Uses

NOW = INVITE.expires_at - timedelta(days=1)
UNTIL = NOW + timedelta(minutes=1)
OWN: tuple[Any, ...] = (None, "pending", "settled")
counts = st.integers(0, 3)


def read(**fields: Any) -> Decoded:
    return CODEC.decode(CODEC.encode(INVITE.model_copy(update=fields)))


@given(invite=invites, uses_max=st.integers(1, USES_MAX))
def test_a_ticket_holds_no_text(invite: Invite, uses_max: int) -> None:
    """Only what a ledger needs; a single-use invite has one use, whatever the cap."""
    text = CODEC.encode(invite)
    ticket = Ticket.of(CODEC.decode(text), uses_max)
    assert text not in repr(ticket)
    assert ticket.fingerprint == CODEC.fingerprint(invite)
    assert (ticket.group_id, ticket.generation) == (invite.group_id, invite.generation)
    assert ticket.expires_at == invite.expires_at
    assert ticket.uses_max == (1 if invite.single_use else uses_max)


@pytest.mark.parametrize("uses_max", [0, -1, USES_MAX + 1])
def test_a_cap_is_refused(uses_max: int) -> None:
    with pytest.raises(ValueError, match="uses_max"):
        Ticket.of(read(), uses_max)


@given(
    settled=counts,
    pending=counts,
    own=st.sampled_from(OWN),
    revoked=st.booleans(),
    banned=st.booleans(),
    generation=st.sampled_from([7, 7 + GENERATIONS, 7 + 2 * GENERATIONS]) | st.integers(0, 600),
)
def test_a_refusal(  # noqa: PLR0913, PLR0917  # all that a ledger knows
    settled: int,
    pending: int,
    own: Any,
    revoked: bool,
    banned: bool,
    generation: int,
) -> None:
    """One is refused who may not come, has come, or comes when all uses are taken."""
    ticket = Ticket.of(read(generation=7), 2)
    refused = ticket.refusal(Uses(settled, pending, own, revoked, banned, generation))
    may = not revoked and not banned and generation % GENERATIONS == 7
    assert (refused in {None, Claim.SETTLED, Claim.USED_UP}) is may
    known = Uses(settled, pending, own, revoked, banned, generation)
    assert ticket.may_settle(known) is (may and own == "pending")
    if may:
        expected = None if own == "pending" or settled + pending < 2 else Claim.USED_UP
        assert refused is (Claim.SETTLED if own == "settled" else expected)


def test_how_long_a_ledger_remembers() -> None:
    """The hour of docs/ledger.md, "The invariants"."""
    assert timedelta(hours=1) == CLOCK_ERROR


class Members:
    """A group in memory."""

    members: set[int | UUID]

    def inviter_is_member(self, decoded: Decoded, visit: Visit) -> bool:  # noqa: ARG002
        return True

    def group_full(self, decoded: Decoded, visit: Visit) -> bool:  # noqa: ARG002
        return False


class Facts(Members, LedgerFacts):
    def member(self, decoded: Decoded, visit: Visit) -> bool:  # noqa: ARG002
        return visit.viewer_id in self.members


class AsyncFacts(Members, AsyncLedgerFacts):
    async def member(self, decoded: Decoded, visit: Visit) -> bool:  # noqa: ARG002
        return visit.viewer_id in self.members


COUNTED = Policy(count_uses=True)


class Awaited:
    """A ledger that is awaited."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, verb: str) -> Any:
        async def call(*arguments: Any) -> Any:
            return getattr(self._ledger, verb)(*arguments)

        return call


def reasons(ledger: Ledger, decoded: Decoded, viewer: int | None, members: set[int | UUID]) -> Any:
    """Ask for the popup both ways, which must agree."""
    awaited: Any = Awaited(ledger)
    facts, waiting = Facts(ledger, 2), AsyncFacts(awaited, 2)
    facts.members = waiting.members = members
    visit = Visit(viewer_id=viewer, now=NOW, source="wechat")
    prompt = join_prompt(decoded, visit, facts, policy=COUNTED)
    waited = ajoin_prompt(decoded, visit, waiting, policy=COUNTED, concurrent=False)
    assert asyncio.run(waited) == prompt
    assert facts.revoked(decoded, visit) is asyncio.run(waiting.revoked(decoded, visit))
    return prompt.reason


def test_a_ledger_is_a_source_of_facts(tmp_path: Path) -> None:
    """A member, somebody who left, a stranger, the banned, and all after a reset."""
    ledger, decoded = SqliteLedger(tmp_path / "db"), read(single_use=True)
    ticket = Ticket.of(decoded)
    assert reasons(ledger, decoded, 5, set()) is None
    assert reasons(ledger, decoded, None, set()) == "not_signed_in"
    assert ledger.claim(ticket, 5, NOW, UNTIL) is Claim.CLAIMED
    assert reasons(ledger, decoded, 5, set()) is None
    assert ledger.settle(ticket, 5, NOW)
    assert reasons(ledger, decoded, 5, {5}) == "already_member"
    assert reasons(ledger, decoded, 5, set()) == "used_up"
    assert reasons(ledger, decoded, 6, {5}) == "used_up"
    assert reasons(ledger, decoded, None, {5}) == "used_up"
    ledger.ban(INVITE.group_id, 6)
    assert reasons(ledger, read(), 6, set()) == "banned"
    ledger.reset(INVITE.group_id)
    assert reasons(ledger, read(), 7, set()) == "revoked"
    ledger.close()


def test_a_cap_is_not_single_use(tmp_path: Path) -> None:
    """Each of two once: they are members after that, and a third finds it used up."""
    ledger, decoded = SqliteLedger(tmp_path / "db"), read()
    ticket, members = Ticket.of(decoded, 2), set[int | UUID]()
    for viewer, left in ((5, 1), (6, 0)):
        assert reasons(ledger, decoded, viewer, members) is None
        assert ledger.claim(ticket, viewer, NOW, UNTIL) is Claim.CLAIMED
        assert ledger.settle(ticket, viewer, NOW)
        members.add(viewer)
        assert ticket.left(ledger.uses(ticket, viewer, NOW)) == left
        assert reasons(ledger, decoded, viewer, members) == "already_member"
        visit = Visit(viewer_id=INVITE.inviter_id, now=NOW, source="wechat")
        facts, waiting = Facts(ledger, 2), AsyncFacts(cast("Any", Awaited(ledger)), 2)
        assert facts.uses_left(decoded, visit) == left
        assert asyncio.run(waiting.uses_left(decoded, visit)) == left
    assert Facts(ledger).uses_left(decoded, visit) is None
    assert asyncio.run(AsyncFacts(cast("Any", Awaited(ledger))).uses_left(decoded, visit)) is None
    assert reasons(ledger, decoded, 7, members) == "used_up"
    lower = Ticket.of(decoded, 1)  # somebody lowers the cap
    known = ledger.uses(lower, 7, NOW)
    assert (lower.left(known), lower.refusal(known)) == (0, Claim.USED_UP)
    assert reasons(ledger, decoded, 5, {6}) == "used_up"
    ledger.close()
