"""People who use a ledger at the same time, in threads and processes, and write down each call.

Each process runs this module and the team's own factory, and needs no Hypothesis. A call is written
before it is made and after it is answered, so that a process that is killed leaves what it did.
"""

import asyncio
import io
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from inspect import isawaitable
from math import inf
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple
from uuid import UUID

from passphrase.ledger import Claim, Ticket, Uses
from passphrase.testing.laws import START, Call

NOW_SECONDS: Final = 60.0  # the moment of all races, after START
HOLD_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = 60.0  # until a call that does not return is given up
MakeLedger = Callable[[], Any]


class Hand:
    """One handle of a ledger, sync or async, and what was asked through it.

    Args:
        make_ledger: Opens the ledger.
        write: Gets each call twice: when it is made, and when it is answered.
        by: Who uses the handle.

    Each `now` is in seconds after START.
    """

    def __init__(self, make_ledger: MakeLedger, write: Callable[[Call], None], by: str) -> None:
        self._make_ledger = make_ledger
        self._write = write
        self._by = by
        self._runner = asyncio.Runner()
        self._ledger: Any = None
        self._open = False

    def claim(
        self,
        ticket: Ticket,
        viewer: int | UUID,
        now: float = NOW_SECONDS,
        hold_seconds: float = HOLD_SECONDS,
    ) -> str:
        """Claim a use until `hold_seconds` after `now`, and return the answer as text."""
        until = now + hold_seconds
        arguments = (ticket, viewer, moment(now), moment(until))
        return self._ask("claim", arguments, ticket=ticket, viewer=viewer, now=now, until=until)

    def settle(self, ticket: Ticket, viewer: int | UUID, now: float = NOW_SECONDS) -> str:
        """Settle a claim, and return the answer as text."""
        arguments = (ticket, viewer, moment(now))
        return self._ask("settle", arguments, ticket=ticket, viewer=viewer, now=now)

    def give_back(self, ticket: Ticket, viewer: int | UUID) -> str:
        """Give a claim back, and return the answer as text."""
        return self._ask("give_back", (ticket, viewer), ticket=ticket, viewer=viewer)

    def uses(self, ticket: Ticket, viewer: int | UUID, now: float = NOW_SECONDS) -> str:
        """Ask what is known of an invite and a person, and return it as text."""
        arguments = (ticket, viewer, moment(now))
        return self._ask("uses", arguments, ticket=ticket, viewer=viewer, now=now)

    def revoke(self, ticket: Ticket) -> str:
        """Revoke an invite, and return the answer as text."""
        return self._ask("revoke", (ticket.fingerprint,), ticket=ticket)

    def reset(self, group: int | UUID) -> str:
        """Reset the invites of a group, and return the answer as text."""
        return self._ask("reset", (group,), group=group)

    def ban(self, group: int | UUID, viewer: int | UUID) -> str:
        """Ban a person from a group, and return the answer as text."""
        return self._ask("ban", (group, viewer), group=group, viewer=viewer)

    def unban(self, group: int | UUID, viewer: int | UUID) -> str:
        """Lift a ban, and return the answer as text."""
        return self._ask("unban", (group, viewer), group=group, viewer=viewer)

    def close(self) -> None:
        """Close the ledger if it has a `close`, and ignore the exceptions of that."""
        with suppress(Exception):
            if self._open and hasattr(self._ledger, "close"):
                self._await(self._ledger.close())
        self._open = False

    def end(self) -> None:
        """Close, and end the event loop."""
        self.close()
        self._runner.close()

    def _ask(  # noqa: PLR0913  # all that a call has
        self,
        verb: str,
        arguments: tuple[Any, ...],
        *,
        ticket: Ticket | None = None,
        group: int | UUID | None = None,
        viewer: int | UUID | None = None,
        now: float | None = None,
        until: float | None = None,
    ) -> str:
        fingerprint = ticket.fingerprint if ticket else None
        where = str(ticket.group_id if ticket else group)
        who = None if viewer is None else str(viewer)
        start = time.monotonic_ns()
        call = Call(verb, fingerprint, where, who, now, until, start, inf, None, self._by)
        self._write(call)
        try:
            if not self._open:
                self._ledger = self._await(self._make_ledger())
                self._open = True
            answer = _text(self._await(getattr(self._ledger, verb)(*arguments)))
        except Exception as error:  # noqa: BLE001  # any one means that the ledger did not answer
            answer = f"raised {type(error).__name__}: {error}"
            self._write(call._replace(answer=answer))
            self.close()
        else:
            self._write(call._replace(answer=answer, end=time.monotonic_ns()))
        return answer

    def _await(self, answer: Any) -> Any:
        async def wait() -> Any:
            return await answer

        return self._runner.run(wait()) if isawaitable(answer) else answer


def moment(seconds: float) -> Any:
    """Turn seconds after the kit's start into a moment."""
    return START + timedelta(seconds=seconds)


def _text(answer: Any) -> str:
    if isinstance(answer, Uses):
        told = (answer.settled, answer.pending, answer.own, answer.revoked, answer.banned)
        return " ".join(map(str, (*told, answer.generation)))
    return answer.value if isinstance(answer, Claim) else repr(answer)


class Plan(NamedTuple):
    """What everybody does at the same time.

    Attributes:
        race: A key of `RACES`.
        tickets: One invite a round.
        viewers: One person a seat.
        seed: Of the random choices.
        together: All begin each round at the same moment.
        pace_seconds: How long a join takes in a storm, on average.
    """

    race: str
    tickets: tuple[Ticket, ...]
    viewers: tuple[int | UUID, ...]
    seed: int
    together: bool = True
    pace_seconds: float = 0.0


def _join(hand: Hand, ticket: Ticket, viewer: int | UUID, draw: Random) -> None:
    """Claim and settle; now and then an answer is lost, and the call is made again."""
    answers = [hand.claim(ticket, viewer) for _ in range(draw.choice((1, 2)))]
    if answers[-1] == "claimed":
        for _ in range(draw.choice((1, 2))):
            hand.settle(ticket, viewer)


def _last_use(hand: Hand, plan: Plan, seat: int, ticket: Ticket, draw: Random) -> None:
    _join(hand, ticket, plan.viewers[seat], draw)


def _one_person(hand: Hand, plan: Plan, seat: int, ticket: Ticket, draw: Random) -> None:  # noqa: ARG001  # a race
    _join(hand, ticket, plan.viewers[0], draw)


def _give_back(hand: Hand, plan: Plan, seat: int, ticket: Ticket, draw: Random) -> None:
    if hand.claim(ticket, plan.viewers[seat]) == "claimed":
        hand.give_back(ticket, plan.viewers[seat])
    _join(hand, ticket, plan.viewers[seat], draw)


def _owner(hand: Hand, plan: Plan, seat: int, ticket: Ticket, draw: Random) -> None:
    """The first seat takes the invite back, or bans the second, while the others join."""
    if seat == 0:
        time.sleep(draw.random() / 500)
        act: Callable[[], str] = {
            "revoke": lambda: hand.revoke(ticket),
            "reset": lambda: hand.reset(ticket.group_id),
            "ban": lambda: hand.ban(ticket.group_id, plan.viewers[1]),
        }[plan.race]
        act()
        hand.claim(ticket, plan.viewers[1])
    else:
        _join(hand, ticket, plan.viewers[seat], draw)


def _storm(hand: Hand, plan: Plan, seat: int, ticket: Ticket, draw: Random) -> None:
    """Join while processes are killed and the store goes down; try again until it answers."""
    end = time.monotonic() + PATIENCE_SECONDS
    while hand.claim(ticket, plan.viewers[seat]).startswith("raised") and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(2 * plan.pace_seconds * draw.random())  # long enough to be killed
    if draw.random() < 0.9:  # noqa: PLR2004  # the others crash between claim and join
        hand.settle(ticket, plan.viewers[seat])


RACES: Final = {
    "last use": _last_use,
    "one person": _one_person,
    "give back": _give_back,
    "revoke": _owner,
    "reset": _owner,
    "ban": _owner,
    "storm": _storm,
}


def sit(make_ledger: MakeLedger, log: Path, plan: Plan, seat: int, barrier: Any) -> None:
    """Take part in all rounds of a plan; append each call to a file."""
    draw = Random(f"{plan.seed} {seat}")  # noqa: S311  # not a secret
    with io.FileIO(log, "a") as file:
        hand = Hand(make_ledger, lambda call: _append(file, call), f"contender {seat}")
        tickets = plan.tickets if plan.together else draw.sample(plan.tickets, len(plan.tickets))
        try:
            for ticket in tickets:
                if plan.together:
                    barrier.wait(PATIENCE_SECONDS)
                RACES[plan.race](hand, plan, seat, ticket, draw)
        except threading.BrokenBarrierError:
            return
        finally:
            hand.end()


def _append(file: Any, call: Call) -> None:
    file.write(json.dumps(call).encode() + b"\n")


def sit_in_threads(
    make_ledger: MakeLedger, folder: Path, plan: Plan, seats: range, barrier: Any
) -> None:
    """Let some seats take part, each in a thread with a handle of its own."""
    threads = [
        threading.Thread(
            target=sit, args=(make_ledger, folder / f"{seat}.log", plan, seat, barrier)
        )
        for seat in seats
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def serve(
    make_ledger: MakeLedger, folder: Path, seats: range, barrier: Any, orders: Connection
) -> None:
    """Carry out plans until there are no more: what each process runs."""
    while plan := orders.recv():
        sit_in_threads(make_ledger, folder, plan, seats, barrier)
        orders.send(True)


class Crew:
    """Processes of some threads each; without processes, threads of this one.

    Args:
        make_ledger: Opens the ledger; a function at the top of a module, if there are processes.
        folder: Where the calls are written.
        processes: How many, 0 or more.
        threads: How many in each, at least 1.
    """

    def __init__(self, make_ledger: MakeLedger, folder: Path, processes: int, threads: int) -> None:
        self.seats: Final = max(processes, 1) * threads
        self._make_ledger = make_ledger
        self._folder = folder
        self._context = get_context("spawn")
        self._threads = threads
        self._barrier: Any = (
            self._context.Barrier(self.seats) if processes else threading.Barrier(self.seats)
        )
        self._processes = [self._start(at) for at in range(processes)]

    def _start(self, at: int) -> tuple[Any, Any]:
        ours, theirs = self._context.Pipe()
        seats = range(at * self._threads, (at + 1) * self._threads)
        arguments = (self._make_ledger, self._folder, seats, self._barrier, theirs)
        process = self._context.Process(target=serve, args=arguments, daemon=True)
        process.start()
        theirs.close()
        return process, ours

    def run(self, plan: Plan, meanwhile: Callable[[], None] = lambda: None) -> list[Call]:
        """Let everybody carry out a plan, and return all calls in the order of their ends.

        Raises:
            RuntimeError: A process ended by itself.
        """
        for log in self._folder.glob("*.log"):
            log.unlink()
        for _, pipe in self._processes:
            pipe.send(plan)
        here = () if self._processes else (range(self.seats),)
        people = [self._sit_here(plan, seats) for seats in here]
        meanwhile()
        for person in people:
            person.join()
        for _, pipe in self._processes:
            try:
                pipe.recv()
            except (EOFError, ConnectionError):
                raise RuntimeError("a process ended: check that it imports make_ledger") from None
        return read(self._folder)

    def _sit_here(self, plan: Plan, seats: range) -> threading.Thread:
        where = (self._make_ledger, self._folder, plan, seats, self._barrier)
        thread = threading.Thread(target=sit_in_threads, args=where)
        thread.start()
        return thread

    def kill(self, draw: Random, plan: Plan) -> None:
        """Kill one process at any of its statements; a new one begins the plan again."""
        at = draw.randrange(len(self._processes))
        process, pipe = self._processes[at]
        process.kill()
        process.join()
        pipe.close()
        self._processes[at] = self._start(at)
        self._processes[at][1].send(plan)

    def close(self) -> None:
        """End all processes."""
        for process, pipe in self._processes:
            process.kill()
            process.join()
            pipe.close()


def read(folder: Path) -> list[Call]:
    """Read what was written: one call for each that was made, in the order of their ends."""
    calls: dict[tuple[str, int], Call] = {}
    for log in folder.glob("*.log"):
        for line in log.read_bytes().splitlines():
            call = Call(*json.loads(line))
            calls[call.by, call.start] = call
    return sorted(calls.values(), key=lambda call: (call.end, call.start))
