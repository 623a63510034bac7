"""Laws for a ledger of your own: a state machine against a model, and races of processes.

    from passphrase.testing.ledgers import check_ledger

    def test_my_ledger():
        check_ledger(make_ledger)

Source: docs/ledger.md. Needs the extra ``testing``; pytest is not needed.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from pickle import PicklingError
from random import Random
from typing import Any, Final

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from passphrase.ledger import Ticket
from passphrase.testing.laws import BrokenInvariantError, Call
from passphrase.testing.machine import VIEWERS, WEEK_SECONDS, LedgerMachine, World, act
from passphrase.testing.races import HOLD_SECONDS, NOW_SECONDS, RACES, Crew, Hand, MakeLedger, Plan

__all__ = ["Checked", "check_ledger"]

STEPS_MAX: Final = 25
STORM_SECONDS: Final = 1.0
FULL_DISK_SECONDS: Final = 4.0
SHORTER_TRIES: Final = 3  # races to find a shorter history
REAL_WAIT_SECONDS: Final = 2.2  # a store that counts whole ones has then forgotten what had 1
# What known bugs need, one invite each: a verb, a person, the second at which it happens.
STORIES: Final = (
    (1, "claim 0 60; settle 0 60; claim 2 60; settle 2 60"),
    (5, "claim 0 60; claim 1 60; claim 2 60; claim 3 60; claim 4 60; settle 2 60; settle 3 60"),
    (
        1,
        f"claim 0 {WEEK_SECONDS - 1}; settle 0 {WEEK_SECONDS + 9}; claim 1 {WEEK_SECONDS}; "
        f"uses 0 {WEEK_SECONDS + 9}",
    ),
    (1, f"claim 0 {WEEK_SECONDS}"),
    (1, "claim 0 60; claim 0 60; settle 0 60; settle 0 60; claim 0 60; claim 1 60"),
    (2, "claim 0 60; claim 0 60; claim 1 60; settle 0 60; settle 0 60; settle 1 60"),
    (1, "claim 0 60; claim 1 121; settle 1 121; settle 0 121"),
    (1, "claim 0 60; claim 1 121; settle 0 60; settle 1 60"),
    (1, "claim 0 60; claim 0 100; claim 1 130; settle 0 130"),
    (1, "claim 0 60; give_back 1 60; settle 0 60; give_back 0 60; claim 1 60; uses 0 60"),
    (1, "claim 0 60; give_back 0 60; settle 0 60; claim 1 60; settle 1 60"),
    (1, "claim 0 60; revoke 0 60; settle 0 60; claim 1 60"),
    (1, "claim 0 60; reset 0 60; settle 0 60; claim 1 60; reset 0 60"),
    (2, "claim 0 60; claim 1 60; ban 0 60; settle 0 60; settle 1 60; unban 0 60; claim 0 200"),
    (2, "ban 0 60; ban 1 60; unban 0 60; claim 0 60; claim 1 60"),
)
Outage = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was tried, without a broken invariant.

    Attributes:
        calls: How many calls were judged.
        unchecked: Invariants that were not tried for lack of an argument.
    """

    calls: int
    unchecked: tuple[str, ...]


def check_ledger(  # noqa: PLR0913  # each with a default
    make_ledger: MakeLedger,
    *,
    outage: Outage | None = None,
    full_disk: Outage | None = None,
    pass_time: Callable[[timedelta], None] | None = None,
    processes: int = 4,
    threads: int = 2,
    rounds: int = 25,
    examples: int = 60,
    kills: int = 4,
    seed: int = 0,
) -> Checked:
    """Try to break each invariant of docs/ledger.md in a ledger, sync or async.

    Args:
        make_ledger: Opens the ledger, over the same store each time. With processes it is a
            function at the top of a module, or a `functools.partial` of one. The store may hold
            other invites.
        outage: Makes a context in which the store is down, such as a server that was killed.
            Without it, I5 is not tried.
        full_disk: Makes a context in which the store cannot write; it may still answer reads. The
            kit makes two: one before people begin, and one while they hold claims.
        pass_time: Moves the store's own clock, if you can. Without it the kit waits for 2 seconds,
            and cannot see that a store forgets after hours.
        processes: How many take part in races; 0 for threads alone.
        threads: How many in each process, each with a ledger that it opens for itself.
        rounds: Invites in each race.
        examples: Histories that the state machine tries.
        kills: Processes that are killed while they join.
        seed: Of the races.

    Raises:
        BrokenInvariantError: An invariant is broken; it names the invariant and the history.
        TypeError: `make_ledger` cannot be sent to other processes.
        ValueError: There are fewer than two threads in all: raise `processes` or `threads`. Or no
            call was refused on the full disk: make `full_disk` fill it.
    """
    if max(processes, 1) * threads < 2:  # noqa: PLR2004  # a race needs two
        raise ValueError("a race needs two threads in all: raise `processes` or `threads`")
    with (
        closing(_Kit(make_ledger, Random(seed))) as kit,  # noqa: S311  # not a secret
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
    ):
        kit.check_keys()
        kit.tell_stories()
        kit.run_machine(examples)
        kit.check_memory(pass_time)
        crew = _crew(make_ledger, Path(folder), processes, threads)
        try:
            for race in RACES:
                if race != "storm":
                    kit.race(crew, race, rounds)
            if processes and kills:
                kit.kill_while_joining(crew, rounds, kills)
            if outage:
                kit.check_outage(outage)
                kit.go_down_while_joining(crew, rounds, outage)
            if full_disk:
                kit.check_full_disk(crew, rounds, full_disk)
        finally:
            crew.close()
    return Checked(kit.calls, () if outage else ("I5",))


def _crew(make_ledger: MakeLedger, folder: Path, processes: int, threads: int) -> Crew:
    try:
        return Crew(make_ledger, folder, processes, threads)
    except (AttributeError, PicklingError, TypeError) as error:
        msg = "make_ledger must be a function at the top of a module; or pass processes=0"
        raise TypeError(msg) from error


class _Kit:
    """All that `check_ledger` tries, one method each."""

    def __init__(self, make_ledger: MakeLedger, draw: Random) -> None:
        self.calls = 0
        self._make_ledger = make_ledger
        self._draw = draw
        self._hands: list[Hand] = []

    def close(self) -> None:
        """Close what a broken invariant has left open."""
        for hand in self._hands:
            hand.end()

    def run_machine(self, examples: int) -> None:
        """Try histories of single calls, and shorten the one that breaks an invariant."""
        members = {"make_ledger": self._make_ledger}
        machine: Any = type("LedgerMachine", (LedgerMachine,), members)
        how = settings(
            max_examples=examples,
            stateful_step_count=STEPS_MAX,
            deadline=None,
            database=None,
            derandomize=True,
            print_blob=False,
            report_multiple_bugs=False,
            verbosity=Verbosity.quiet,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=[*HealthCheck],  # pyright: ignore[reportArgumentType]
        )
        try:
            run_state_machine_as_test(machine, settings=how)
        except (BrokenInvariantError, Flaky):
            raise machine.broken from None
        self.calls += machine.calls

    def tell_stories(self) -> None:
        """Play what known bugs need, through two handles in turn."""
        for uses_max, story in STORIES:
            world, first = self._begin()
            second = self._hand(world, "handle 2")
            ticket = world.add(uses_max)
            for step in story.split("; "):
                verb, person, now = step.split()
                act(first, verb, ticket, VIEWERS[int(person)], float(now))
                first, second = second, first
                first.uses(ticket, VIEWERS[int(person)], float(now))
                world.judge()
            second.end()
            self._hands.remove(second)
            self._end(world, first)

    def check_keys(self) -> None:
        """The same tag under two keys is two invites."""
        world, hand = self._begin()
        first, second = (world.add(1, key=key) for key in (1, 2))
        hand.claim(first, 1)
        hand.settle(first, 1)
        world.judge()
        hand.claim(second, 2)
        try:
            self._end(world, hand)
        except BrokenInvariantError as error:
            raise BrokenInvariantError("I7", error.what, error.history) from None

    def check_memory(self, pass_time: Callable[[timedelta], None] | None) -> None:
        """What was used, revoked or banned is remembered until every clock is past the expiry."""
        world, hand = self._begin()
        lives = WEEK_SECONDS if pass_time else NOW_SECONDS + 1
        used, revoked = (world.add(1, lives) for _ in range(2))
        hand.claim(used, VIEWERS[0], hold_seconds=1)
        hand.settle(used, VIEWERS[0])
        hand.revoke(revoked)
        if pass_time:
            pass_time(timedelta(seconds=WEEK_SECONDS - NOW_SECONDS))
        else:
            time.sleep(REAL_WAIT_SECONDS)
        now = lives - 0.5  # the clock of another worker, or of the store, is wrong by 2 seconds
        try:
            for ticket in (used, revoked):
                hand.claim(ticket, VIEWERS[2], now)
                hand.uses(ticket, VIEWERS[0], now)
            self._end(world, hand)
        except BrokenInvariantError as error:
            what = f"The store forgot before the invite had expired. {error.what}"
            raise BrokenInvariantError("I6", what, error.history) from None

    def check_outage(self, outage: Outage) -> None:
        """While the store is down every verb raises; afterwards, no use is lost."""
        world, hand = self._begin()
        ticket, other = world.add(2), world.add(1)
        group, viewer = world.groups[1], VIEWERS[2]
        hand.claim(ticket, VIEWERS[0])
        verbs: list[Callable[[Hand], object]] = [
            lambda hand: hand.settle(ticket, VIEWERS[0]),
            lambda hand: hand.claim(ticket, viewer),
            lambda hand: hand.uses(ticket, viewer),
            lambda hand: hand.give_back(ticket, viewer),
            lambda hand: hand.revoke(other),
            lambda hand: hand.reset(group),
            lambda hand: hand.ban(group, viewer),
            lambda hand: hand.unban(group, viewer),
        ]
        hands = [Hand(self._make_ledger, world.write, verb) for verb in "12345678"]
        for each in hands:
            each.uses(ticket, viewer)
        before = len(world.calls)
        with outage():
            for verb, each in zip(verbs, hands, strict=True):
                verb(each)
                each.end()
        for call in [*world.calls.values()][before:]:
            if not (call.answer or "").startswith("raised"):
                line = call.line({ticket.fingerprint: "invite 1", other.fingerprint: "invite 2"})
                what = f"The store is down, and {call.verb} does not raise."
                raise BrokenInvariantError("I5", what, [line])
        self._use_what_is_left(hand, ticket)
        self._end(world, hand, tolerant=True)

    def race(self, crew: Crew, race: str, rounds: int) -> None:
        """Let all contenders do the same at the same moment, once for each invite.

        If that breaks an invariant, invites with one use may break it too, by fewer calls.
        """
        caps = (1, 1, 2, max(crew.seats - 1, 1))
        try:
            self._race(crew, race, [caps[at % len(caps)] for at in range(rounds)])
        except BrokenInvariantError as error:
            shortest = error
        else:
            return
        for _ in range(SHORTER_TRIES):
            try:
                self._race(crew, race, [1] * rounds)
            except BrokenInvariantError as error:
                shortest = min(shortest, error, key=lambda each: len(each.history))
        raise shortest

    def _race(self, crew: Crew, race: str, caps: list[int]) -> None:
        worlds = self._worlds(caps)
        plan = self._plan(crew, race, worlds)
        self._judge_all(worlds, crew.run(plan), plan)

    def kill_while_joining(self, crew: Crew, rounds: int, kills: int) -> None:
        """Let people join while processes are killed."""

        def meanwhile(plan: Plan) -> None:
            for _ in range(kills):
                time.sleep(self._draw.uniform(0.05, 0.4))
                crew.kill(self._draw, plan)

        self._storm(crew, rounds, STORM_SECONDS * (1 + kills / 4), meanwhile)

    def go_down_while_joining(self, crew: Crew, rounds: int, outage: Outage) -> None:
        """Let people join while the store goes down."""

        def meanwhile(_: Plan) -> None:
            time.sleep(self._draw.uniform(0.05, 0.4))
            with outage():
                time.sleep(0.2)

        self._storm(crew, rounds, STORM_SECONDS, meanwhile)

    def check_full_disk(self, crew: Crew, rounds: int, full_disk: Outage) -> None:
        """Let people join while the store cannot write; some of their calls must be refused."""
        with ExitStack() as stack:
            stack.enter_context(full_disk())

            def free_and_fill(_: Plan) -> None:
                time.sleep(FULL_DISK_SECONDS / 4)
                stack.close()
                with full_disk():  # and fill it while they hold claims
                    time.sleep(FULL_DISK_SECONDS / 4)

            calls = self._storm(crew, rounds, FULL_DISK_SECONDS, free_and_fill)
        if not any((call.answer or "").startswith("raised") for call in calls):
            raise ValueError("the store refused no call: make full_disk fill its disk")

    def _storm(
        self, crew: Crew, rounds: int, seconds: float, meanwhile: Callable[[Plan], None]
    ) -> list[Call]:
        worlds = self._worlds([crew.seats // 2 + 1] * rounds)
        plan = self._plan(crew, "storm", worlds)
        plan = plan._replace(together=False, pace_seconds=seconds / rounds)
        calls = crew.run(plan, lambda: meanwhile(plan))
        self._judge_all(worlds, calls, plan, tolerant=True)
        return calls

    def _judge_all(
        self, worlds: list[World], calls: list[Call], plan: Plan, *, tolerant: bool = False
    ) -> None:
        """Give each call to its invite; use up what is left; judge all."""
        of_invite = {world.tickets[0].fingerprint: world for world in worlds}
        of_group = {str(world.groups[0]): world for world in worlds}
        for call in calls:
            (of_invite[call.fingerprint] if call.fingerprint else of_group[call.group]).write(call)
        for world in worlds:
            hand = self._hand(world, "afterwards")
            hand.uses(world.tickets[0], plan.viewers[-1])
            if plan.race in {"storm", "last use", "give back"}:
                self._use_what_is_left(hand, world.tickets[0])
            self._end(world, hand, tolerant=tolerant)

    def _use_what_is_left(self, hand: Hand, ticket: Ticket) -> None:
        """Let one person more than there are uses join, when all claims have lapsed."""
        later = NOW_SECONDS + 2 * HOLD_SECONDS
        for person in range(1_000, 1_001 + ticket.uses_max):
            hand.claim(ticket, person, later)
            hand.settle(ticket, person, later)
        hand.uses(ticket, 1_000, later)

    def _plan(self, crew: Crew, race: str, worlds: list[World]) -> Plan:
        tickets = tuple(world.tickets[0] for world in worlds)
        people = tuple((*VIEWERS, *range(100, 100 + crew.seats))[: crew.seats])
        return Plan(race, tickets, people, self._draw.randrange(2**32))

    def _worlds(self, caps: list[int]) -> list[World]:
        worlds = [World() for _ in caps]
        for world, cap in zip(worlds, sorted(caps), strict=True):  # the shortest histories first
            world.add(cap)
        return worlds

    def _begin(self) -> tuple[World, Hand]:
        world = World()
        return world, self._hand(world, "handle 1")

    def _hand(self, world: World, by: str) -> Hand:
        hand = Hand(self._make_ledger, world.write, by)
        self._hands.append(hand)
        return hand

    def _end(self, world: World, hand: Hand, *, tolerant: bool = False) -> None:
        hand.end()
        self._hands.remove(hand)
        self.calls += len(world.calls)
        world.judge(tolerant=tolerant)
