"""The history of some invites, judged; and random calls, as a state machine of Hypothesis."""

from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from passphrase.ledger import CLOCK_ERROR, Ticket
from passphrase.testing.laws import BrokenInvariantError, Call, Judge, seconds
from passphrase.testing.races import NOW_SECONDS, Hand, MakeLedger, moment

# Ids that collide in a ledger that keeps only 63 bits, a float, or the number of a UUID.
VIEWERS: Final = (7, UUID(int=7), 2**64 - 1, 2**64 - 2, 2**63 - 1)
WEEK_SECONDS: Final = 7 * 86_400.0
CLOCK_STEP_SECONDS: Final = (61.0, -61.0, 61.0, -61.0, 3_599.0, -3_599.0, 86_400.0)
OTHERS: Final = ("give_back", "give_back", "reopen", "revoke", "reset", "ban", "unban")
_NO_EFFECT: Final = {"settled", "used_up", "revoked", "banned", "expired", "False"}
_NAMES: Final = {
    str(VIEWERS[1]): "UUID(int=7)",
    str(2**64 - 1): "2^64 - 1",
    str(2**64 - 2): "2^64 - 2",
    str(2**63 - 1): "2^63 - 1",
}


class World:
    """Invites with ids that no other history has, and all calls about them."""

    def __init__(self) -> None:
        salt = uuid4().int % 2**62
        self.groups = (2**64 - 1 - 2 * salt, 2**64 - 2 - 2 * salt, UUID(int=salt))
        self.tickets: list[Ticket] = []
        self.calls: dict[tuple[str, int], Call] = {}
        self._salt = salt

    def add(
        self, uses_max: int, lifetime: float = WEEK_SECONDS, *, group: int = 0, key: int = 1
    ) -> Ticket:
        """Mint an invite; those of one index and two keys differ in the key alone."""
        tag = self._salt * 8 + len({ticket.fingerprint[2:] for ticket in self.tickets}) * (key == 1)
        name = f"{key}-{tag:020x}"
        ticket = Ticket(name, self.groups[group], 0, moment(lifetime), uses_max)
        self.tickets.append(ticket)
        return ticket

    def write(self, call: Call) -> None:
        """Keep a call; its second record, with the answer, replaces the first."""
        self.calls[call.by, call.start] = call

    def judge(self, calls: Iterable[Call] | None = None, *, tolerant: bool = False) -> None:
        """Judge `calls` (default: all of them) against the whole history.

        Raises:
            BrokenInvariantError: A call breaks an invariant.
        """
        tickets = {ticket.fingerprint: ticket for ticket in self.tickets}
        history = sorted(self.calls.values(), key=lambda call: (call.end, call.start))
        judge = Judge(tickets, history)
        for call in history if calls is None else calls:
            try:
                judge.check(call, tolerant=tolerant)
            except BrokenInvariantError as error:
                lines = self._lines(history, call)
                raise BrokenInvariantError(error.invariant, error.what, lines) from None

    def _lines(self, history: list[Call], last: Call) -> list[str]:
        """Describe the last call, and those before it that changed something."""
        names = _NAMES | {
            ticket.fingerprint: f"invite {at} (uses_max={ticket.uses_max})"
            for at, ticket in enumerate(self.tickets, start=1)
        }
        names |= {str(group): f"group {at}" for at, group in enumerate(self.groups, start=1)}
        kept: dict[tuple[object, ...], Call] = {}
        for call in history:
            if call.start < last.end and call.verb != "uses" and call.answer not in _NO_EFFECT:
                kept.setdefault((*call[:6], call.answer), call)  # a retry changed nothing
        return [call.line(names) for call in (*kept.values(), last) if call is not last] + [
            last.line(names)
        ]


def act(hand: Hand, verb: str, ticket: Ticket, viewer: int | UUID, now: float) -> None:
    """Call a verb by its name."""
    acts: dict[str, Callable[[], object]] = {
        "claim": lambda: hand.claim(ticket, viewer, now),
        "settle": lambda: hand.settle(ticket, viewer, now),
        "uses": lambda: hand.uses(ticket, viewer, now),
        "give_back": lambda: hand.give_back(ticket, viewer),
        "revoke": lambda: hand.revoke(ticket),
        "reset": lambda: hand.reset(ticket.group_id),
        "ban": lambda: hand.ban(ticket.group_id, viewer),
        "unban": lambda: hand.unban(ticket.group_id, viewer),
        "reopen": hand.close,
    }
    acts[verb]()


class LedgerMachine(RuleBasedStateMachine):
    """Makes random calls through two handles, and judges each. The clock can step back."""

    make_ledger: MakeLedger
    broken: BrokenInvariantError | None = None
    calls = 0

    # Most bugs need several calls about one invite and two people.
    invites = st.sampled_from((0, 0, 0, 0, 1, 2))
    viewers = st.sampled_from((*VIEWERS[:2] * 3, *VIEWERS))
    handles = st.integers(0, 1)

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        for uses_max, lifetime, group in (
            (1, WEEK_SECONDS, 0),
            (2, 2 * 3_600.0, 0),
            (1, WEEK_SECONDS, 1),
        ):
            self.world.add(uses_max, lifetime, group=group)
        make = type(self).__dict__["make_ledger"]
        self.hands = [Hand(make, self.world.write, f"handle {at}") for at in (1, 2)]
        self.now = self.latest = NOW_SECONDS
        self.judged: set[tuple[str, int]] = set()

    @rule(at=invites, viewer=viewers, handle=handles, hold_seconds=st.sampled_from((60.0, 600.0)))
    def claim(self, at: int, viewer: int | UUID, handle: int, hold_seconds: float) -> None:
        """Claim a use."""
        ticket = self.world.tickets[at]
        self.hands[handle].claim(ticket, viewer, self.now, hold_seconds)
        self._judge(ticket, viewer, handle)

    @rule(at=invites, viewer=viewers, handle=handles)
    def settle(self, at: int, viewer: int | UUID, handle: int) -> None:
        """Settle a claim, unless the ledger may have forgotten the invite."""
        ticket = self.world.tickets[at]
        if self._is_known(ticket):
            self.hands[handle].settle(ticket, viewer, self.now)
            self._judge(ticket, viewer, handle)

    @rule(at=invites, viewer=viewers, handle=handles, verb=st.sampled_from(OTHERS))
    def other(self, at: int, viewer: int | UUID, handle: int, verb: str) -> None:
        """Give back, or do what an owner does; rarer, because it ends what others begin."""
        act(self.hands[handle], verb, self.world.tickets[at], viewer, self.now)
        self._judge(self.world.tickets[at], viewer, handle)

    @rule(step=st.sampled_from(CLOCK_STEP_SECONDS))
    def clock(self, step: float) -> None:
        """Step forth, or back by less than a clock may be wrong."""
        self.now = max(self.now + step, self.latest - CLOCK_ERROR.total_seconds() + 1, 1.0)
        self.latest = max(self.latest, self.now)

    def _is_known(self, ticket: Ticket) -> bool:
        return self.latest < seconds(ticket.expires_at + CLOCK_ERROR)

    def _judge(self, ticket: Ticket, viewer: int | UUID, handle: int) -> None:
        """Judge the last call, and what the other handle then knows."""
        if self._is_known(ticket):
            self.hands[1 - handle].uses(ticket, viewer, self.now)
        calls = [call for key, call in self.world.calls.items() if key not in self.judged]
        self.judged.update(self.world.calls)
        type(self).calls += len(calls)
        try:
            self.world.judge(calls)
        except BrokenInvariantError as error:
            type(self).broken = error
            raise

    def teardown(self) -> None:
        """Close what is open."""
        for hand in self.hands:
            hand.end()
