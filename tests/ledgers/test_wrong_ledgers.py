"""The kit finds what is wrong with each wrong ledger, names the invariant, and is short."""

import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import wrong_ledgers as wrong

from passphrase.testing.laws import INVARIANTS, BrokenInvariantError
from passphrase.testing.ledgers import check_ledger

LINES_MAX = 9
ALONE = (  # one person after the other is enough
    (wrong.CountedInMemory, "I2"),
    (wrong.NotCommitted, "I2"),
    (wrong.RetryIsAnotherPerson, "I3"),
    (wrong.CountedAgain, "I8"),
    (wrong.GiveBackFreesAnother, "I2"),
    (wrong.GiveBackFreesSettled, "I2"),
    (wrong.RevokeForgetsPending, "I4"),
    (wrong.DenyListInACache, "I4"),
    (wrong.UnbanLiftsAll, "I4"),
    (wrong.NeverLapses, "I9"),
    (wrong.LapsedComesBack, "I1"),
    (wrong.OneMore, "I1"),
    (wrong.SettlesWithoutClaim, "I8"),
    (wrong.ExpiryIgnored, "I6"),
    (wrong.KeyDropped, "I7"),
    (wrong.BigintIds, "I1 I2 I8"),
    (wrong.FloatIds, "I1 I2 I8"),
    (wrong.FloatGroups, "I1 I4 I8 I9"),  # no story has two groups; the machine finds it
    (wrong.BigintRaises, "I9"),
)
# Two people can get the last use, and one person two: whichever a race shows first.
TOGETHER = ((wrong.CheckThenUpdate, "I1 I3"), (wrong.Deferred, "I9"))


def caught(make: Any, invariants: str, **how: Any) -> BrokenInvariantError:
    """Run the kit, and hold what it says."""
    start = time.perf_counter()
    with pytest.raises(BrokenInvariantError) as broken:
        check_ledger(make, **how)
    error = broken.value
    took = time.perf_counter() - start
    print(f"\n{make} {took:.1f} s\n{error}")  # noqa: T201  # docs/ledger.md; shown by -s
    assert took < 60
    assert error.invariant in invariants.split()
    assert str(error).startswith(f"{error.invariant}, {INVARIANTS[error.invariant]}.\n")
    assert 0 < len(error.history) <= LINES_MAX
    return error


@pytest.mark.parametrize(
    ("make", "invariants"), ALONE, ids=lambda case: getattr(case, "__name__", "")
)
def test_alone(make: Any, invariants: str, tmp_path: Path) -> None:
    caught(partial(make, tmp_path / "db"), invariants, processes=0)


@pytest.mark.parametrize("make", [wrong.ErrorsSwallowed, wrong.RevokeSwallowed])
def test_a_store_that_is_down(make: Any, tmp_path: Path) -> None:
    path = tmp_path / "db"
    outage = partial(wrong.down, path)
    how: dict[str, Any] = {"processes": 0, "rounds": 1, "examples": 1, "pass_time": bool}
    caught(partial(make, path), "I5", outage=outage, **how)


def test_a_store_that_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store whose clock can be moved shows what it forgets after a day."""

    def pass_time(by: timedelta) -> None:
        monkeypatch.setattr(wrong.LivesForADay, "offset", by.total_seconds())

    make = partial(wrong.LivesForADay, tmp_path / "db")
    caught(make, "I6", pass_time=pass_time, processes=0, examples=1)


@pytest.mark.slow
@pytest.mark.parametrize(("make", "invariants"), TOGETHER, ids=["check-then-update", "deferred"])
def test_together(make: Any, invariants: str, tmp_path: Path) -> None:
    caught(partial(make, tmp_path / "db"), invariants, examples=1)
