"""The kit itself: processes, threads, outages, and what cannot be tried."""

import threading
from contextlib import closing, nullcontext
from functools import partial
from multiprocessing import Pipe
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import Mock

import pytest
import wrong_ledgers as wrong

from passphrase.ledger import Ticket
from passphrase.testing.laws import BrokenInvariantError
from passphrase.testing.ledgers import check_ledger
from passphrase.testing.machine import WEEK_SECONDS
from passphrase.testing.races import NOW_SECONDS, RACES, Crew, Plan, moment, read, serve, sit

QUICK: dict[str, Any] = {"rounds": 2, "examples": 1, "pass_time": bool}  # it has no clock
CRASH = {2, 8}  # seeds whose second number is 0.9 or more
PLAN = Plan("last use", (Ticket("1-" + "0" * 20, 5, 0, moment(WEEK_SECONDS), 1),), (7,), 0)


class Awaited:
    """A ledger that is opened, asked and closed with `await`."""

    def __init__(self, path: Path) -> None:
        self._ledger = wrong.Fast(path)

    def __getattr__(self, verb: str) -> Any:
        async def call(*arguments: Any) -> Any:
            return getattr(self._ledger, verb)(*arguments)

        return call


async def open_awaited(path: Path) -> Awaited:
    return Awaited(path)


@pytest.mark.slow
def test_processes(tmp_path: Path) -> None:
    """Two of them, one of which is killed while they join."""
    make = partial(wrong.Fast, tmp_path / "db")
    assert check_ledger(make, processes=2, threads=1, kills=1, **QUICK).calls > 100


@pytest.mark.slow
def test_an_outage_under_load(tmp_path: Path) -> None:
    """All invariants are tried, and the reference keeps them."""
    path = tmp_path / "db"
    make = partial(wrong.Switched, path)
    assert not check_ledger(make, processes=0, outage=partial(wrong.down, path), **QUICK).unchecked


@pytest.mark.slow
def test_a_full_disk(tmp_path: Path) -> None:
    """A store that refuses what it cannot write keeps all invariants; one that writes is told."""
    path = tmp_path / "db"
    many: dict[str, Any] = QUICK | {"rounds": 20, "processes": 0}
    make = partial(wrong.Switched, path)
    check_ledger(make, full_disk=partial(wrong.down, path), **many)
    with pytest.raises(ValueError, match="make full_disk fill its disk"):
        check_ledger(make, full_disk=nullcontext, **many)


def test_an_async_ledger(tmp_path: Path) -> None:
    check_ledger(partial(open_awaited, tmp_path / "db"), processes=0, **QUICK)


def test_a_ledger_without_close(tmp_path: Path) -> None:
    """One that connects for each verb has nothing to close."""

    class Brief:
        def __getattr__(self, verb: str) -> Any:
            if verb == "close":
                raise AttributeError

            def call(*arguments: Any) -> Any:
                with closing(wrong.Fast(tmp_path / "db")) as ledger:
                    return getattr(ledger, verb)(*arguments)

            return call

    check_ledger(Brief, processes=0, **QUICK)


def test_nobody_races_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two"):
        check_ledger(partial(wrong.Fast, tmp_path / "db"), processes=0, threads=1)


def test_a_factory_that_stays_here(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="at the top of a module"):
        check_ledger(lambda: wrong.Fast(tmp_path / "db"), processes=1, **QUICK)


def test_a_factory_that_fails(tmp_path: Path) -> None:
    make = partial(wrong.Fast, tmp_path / "missing" / "db")
    with pytest.raises(BrokenInvariantError, match="claim raised OperationalError: unable"):
        check_ledger(make, **QUICK)


def test_what_a_process_runs(tmp_path: Path) -> None:
    """It carries out plans until it is told nothing more."""
    ours, theirs = Pipe()
    ours.send(PLAN)
    ours.send(None)
    make = partial(wrong.Fast, tmp_path / "db")
    serve(make, tmp_path, range(1), threading.Barrier(1), theirs)
    assert ours.recv() is True
    first = read(tmp_path)[0]
    assert (first.verb, first.viewer, first.now, first.answer) == (
        "claim",
        "7",
        NOW_SECONDS,
        "claimed",
    )


def test_who_waits_for_nobody(tmp_path: Path) -> None:
    """When a ledger hangs, the others stop waiting at the barrier."""
    barrier = threading.Barrier(2)
    barrier.abort()
    sit(partial(wrong.Fast, tmp_path / "db"), tmp_path / "0.log", PLAN, 0, barrier)
    assert read(tmp_path) == []


@pytest.mark.parametrize("seed", range(20))
def test_who_joins_in_a_storm(seed: int) -> None:
    """They claim until the store answers, and settle, unless they crash."""
    hand = Mock()
    hand.claim.side_effect = ["raised ConnectionError", "claimed"]
    RACES["storm"](hand, PLAN, 0, PLAN.tickets[0], Random(seed))
    assert (hand.claim.call_count, hand.settle.call_count) == (2, seed not in CRASH)


def test_a_process_that_ends(tmp_path: Path) -> None:
    crew = Crew(partial(wrong.Fast, tmp_path / "db"), tmp_path, 1, 1)
    with pytest.raises(RuntimeError, match="check that it imports make_ledger"):
        crew.run(PLAN._replace(race="none"), meanwhile=crew._processes[0][0].kill)
    crew.close()
