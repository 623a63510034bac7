"""The judge of histories: a wrong answer breaks one invariant; what may be so is not blamed."""

import pickle
from dataclasses import replace
from math import inf

import pytest

from passphrase.ledger import Ticket
from passphrase.testing.laws import INVARIANTS, START, BrokenInvariantError, Call, Judge
from passphrase.testing.races import moment

TICKET = Ticket("1-00", 5, 0, moment(1_000), 1)


def calls(story: str, *, overlap: bool = False) -> list[Call]:
    """Read calls such as "claim 1 60 claimed"; those with an exclamation mark have no end."""
    found: list[Call] = []
    for at, line in enumerate(story.split("; ")):
        verb, who, now, *answer = line.split(" ", 3)
        is_cut = answer[0].endswith("!")
        of_group = verb in {"reset", "ban", "unban"}
        found.append(
            Call(
                verb,
                None if of_group else TICKET.fingerprint,
                "5",
                None if who == "-" else who,
                float(now),
                float(now) + 60 if verb == "claim" else None,
                0 if overlap else 2 * at,
                inf if is_cut else 2 * at + 1,
                None if is_cut else answer[0],
                f"seat {at}",
            )
        )
    return found


def broken(story: str, *, uses_max: int = 1, overlap: bool = False) -> str | None:
    """Judge all calls of a story; return the first broken invariant."""
    history = calls(story, overlap=overlap)
    judge = Judge({TICKET.fingerprint: replace(TICKET, uses_max=uses_max)}, history)
    try:
        for call in history:
            judge.check(call, tolerant=True)
    except BrokenInvariantError as error:
        return error.invariant
    return None


@pytest.mark.parametrize(
    ("story", "invariant"),
    [
        ("claim 1 60 claimed; claim 2 60 claimed", "I1"),
        ("claim 1 60 claimed; claim 2 60 used_up; settle 1 60 True; settle 1 60 True", None),
        ("claim 1 60 claimed; settle 1 60 True; uses 1 60 0 0 None False False 0", "I2"),
        ("claim 1 60 claimed; uses 1 60 0 0 None False False 0", "I2"),
        ("claim 1 60 claimed; settle 1 60 True; claim 1 60 claimed", "I3"),
        ("claim 1 60 claimed; settle 1 60 True; claim 1 60 used_up", "I3"),
        ("claim 1 60 claimed; settle 1 60 True; settle 1 60 False", "I3"),
        ("claim 1 60 claimed; claim 1 60 used_up", "I3"),
        ("revoke - 60 None; claim 1 60 claimed", "I4"),
        ("claim 1 60 claimed; reset - 60 1; settle 1 60 True", "I4"),
        ("claim 1 60 claimed; ban 1 60 None; settle 1 60 True", "I4"),
        ("claim 1 60 claimed; ban 1 60 None; unban 1 60 None; settle 1 60 True", None),
        ("revoke - 60 None; uses 1 60 0 0 None False False 0", "I4"),
        ("claim 1 1000 claimed", "I6"),
        ("claim 1 930 claimed; settle 1 1001 True", "I6"),
        ("claim 1 930 claimed; settle 1 995 True", None),
        ("claim 1 60 settled", "I8"),
        ("settle 1 60 True", "I8"),
        ("claim 1 60 claimed; give_back 1 60 None; settle 1 60 True", "I8"),
        ("reset - 60 2", "I8"),
        ("reset - 60 True", "I8"),
        ("uses 1 60 1 0 None False False 0", "I8"),
        ("uses 1 60 0 1 None False False 0", "I8"),
        ("claim 1 60 used_up", "I9"),
        ("claim 1 60 banned", "I9"),
        ("claim 1 60 expired", "I9"),
        ("claim 1 60 None", "I9"),
        ("claim 1 1000 expired", None),
        ("claim 1 60 claimed; settle 1 60 False", "I9"),
        ("settle 1 60 None", "I9"),
        ("claim 1 60 !; claim 2 60 used_up; settle 1 60 True", None),
        ("claim 1 60 !; claim 2 60 claimed", None),
        ("claim 1 60 claimed; give_back 1 60 !; settle 1 60 False", None),
        ("claim 1 60 claimed; give_back 1 60 !; claim 2 60 claimed", None),
    ],
)
def test_one_after_the_other(story: str, invariant: str | None) -> None:
    assert broken(story) == invariant


@pytest.mark.parametrize(
    ("story", "invariant"),
    [
        ("claim 1 60 claimed; claim 2 60 claimed", "I1"),
        ("revoke - 60 None; claim 1 60 claimed; claim 2 60 revoked", None),
        ("ban 1 60 None; claim 1 60 claimed", None),
        ("ban 1 60 None; claim 1 60 banned", None),
        ("reset - 60 1; claim 1 60 revoked", None),
        ("give_back 1 60 None; claim 1 60 claimed; claim 2 60 claimed", None),
        ("claim 1 60 claimed; settle 1 60 True; claim 2 60 used_up", None),
    ],
)
def test_at_the_same_time(story: str, invariant: str | None) -> None:
    """What overlaps may have happened in either order."""
    assert broken(story, overlap=True) == invariant


def test_a_healthy_store_answers() -> None:
    [call] = calls("claim 1 60 !")
    for answer, says in ((None, "claim hangs"), ("raised KeyError: 1", "claim raised KeyError: 1")):
        judge = Judge({TICKET.fingerprint: TICKET}, [call])
        with pytest.raises(BrokenInvariantError, match=says) as error:
            judge.check(call._replace(answer=answer))
        assert error.value.invariant == "I9"


def test_a_message_names_the_invariant() -> None:
    error = BrokenInvariantError("I1", "Two have it.", ("[a] claim", "[b] claim"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    assert (
        str(again)
        == str(error)
        == f"I1, {INVARIANTS['I1']}.\nTwo have it.\n   1  [a] claim\n   2  [b] claim"
    )
    assert moment(0) == START
