"""A history of what a ledger was asked and answered -> nothing, or the invariant that it breaks.

Source: docs/ledger.md, "The invariants". An answer is judged by what is certain: calls that overlap
may have happened in either order, and a call that was cut off may have happened or not.

Shapes:
    moment      seconds after the kit's own start, as the caller's clock had it
    start, end  nanoseconds of one clock that all processes share; the end is infinite if the call
                was cut off or raised, because it may still be done
    answer      text of what was returned, "raised" and the exception, or None if it was cut off
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import inf
from typing import Final, NamedTuple, NoReturn

from passphrase.format.layout import GENERATIONS
from passphrase.invite import EPOCH
from passphrase.ledger import Ticket

__all__ = ["BrokenInvariantError"]

INVARIANTS: Final = {
    "I1": "never N + 1: settled uses and held claims together stay within the cap",
    "I2": "what was answered is kept: for every process, whatever is killed",
    "I3": "one person is one use: a retry gets the same answer",
    "I4": "after revoke, reset or ban returned, nothing more is claimed or settled",
    "I5": "a store that is down admits nobody and raises",
    "I6": "nothing is claimed after expiry, and what was used is remembered for longer",
    "I7": "keys rotate: fingerprints of two keys are two invites",
    "I8": "what is counted is what was granted",
    "I9": "a free use of a valid invite is granted while the store is healthy",
}
START: Final = EPOCH + timedelta(days=300)
_WRITERS: Final = {"claim", "give_back", "settle"}


class BrokenInvariantError(AssertionError):
    """A ledger broke an invariant.

    Attributes:
        invariant: Its key in `INVARIANTS`.
        history: The shortest history that was found, one call a line.
    """

    def __init__(self, invariant: str, what: str, history: Sequence[str] = ()) -> None:
        super().__init__(invariant, what, history)
        self.invariant = invariant
        self.what = what
        self.history = tuple(history)

    def __str__(self) -> str:
        lines = (f"{at:4}  {line}" for at, line in enumerate(self.history, start=1))
        head = f"{self.invariant}, {INVARIANTS[self.invariant]}.\n{self.what}"
        return "\n".join((head, *lines))


class Call(NamedTuple):
    """One call of a verb, and its answer."""

    verb: str
    fingerprint: str | None
    group: str
    viewer: str | None
    now: float | None
    until: float | None
    start: int
    end: float
    answer: str | None
    by: str

    def line(self, names: dict[str, str]) -> str:
        """Describe the call on one line, with short names for invites, groups and people."""
        what = names.get(self.fingerprint or self.group, self.fingerprint or self.group)
        who = f" by {names.get(self.viewer, self.viewer)}" if self.viewer else ""
        when = "" if self.now is None else f" at {self.now:g} s"
        held = "" if self.until is None else f" until {self.until:g} s"
        answer = "no answer" if self.answer is None else self.answer
        return f"[{self.by}] {self.verb} {what}{who}{when}{held}: {answer}"


def seconds(moment: datetime) -> float:
    """Turn a moment of the caller's clock into seconds after the kit's start."""
    return (moment - START).total_seconds()


class Judge:
    """Judges calls by the whole history, in which they may overlap.

    Args:
        tickets: All invites of the history, by fingerprint.
        history: All calls, in the order of their ends.
    """

    def __init__(self, tickets: dict[str, Ticket], history: Sequence[Call]) -> None:
        self._tickets = tickets
        self._history = history

    def check(self, call: Call, *, tolerant: bool = False) -> None:
        """Raise if the answer of a call breaks an invariant.

        Without `tolerant`, a call without an answer also breaks one.

        Raises:
            BrokenInvariantError: The call breaks an invariant.
        """
        if call.end == inf and not tolerant:
            _broken("I9", f"The store is healthy, and {call.verb} {call.answer or 'hangs'}.")
        judge = getattr(self, f"_check_{call.verb}", None)
        if judge and call.end < inf:
            judge(call)

    # --- What is certain, and what is possible ---------------------------------------------------

    def _before(self, call: Call, verbs: set[str], viewer: str | None = None) -> list[Call]:
        """Return the calls on the same invite or group that may have happened before this one."""
        return [
            each
            for each in self._history
            if each.verb in verbs
            and each is not call
            and each.start < call.end
            and (each.viewer == viewer or viewer is None)
            and (
                each.fingerprint == call.fingerprint
                if each.fingerprint
                else each.group == call.group
            )
        ]

    def _viewers(self, call: Call) -> set[str]:
        return {each.viewer for each in self._before(call, _WRITERS) if each.viewer}

    def _is_settled(self, call: Call, viewer: str, *, surely: bool) -> bool:
        """Return whether a use was certainly (`surely`) or possibly counted before a call."""
        settles = self._before(call, {"settle"}, viewer)
        if surely:
            return any(each.answer == "True" and each.end < call.start for each in settles)
        return any(each.answer in {"True", None} or each.end == inf for each in settles)

    def _holds(self, call: Call, viewer: str, *, surely: bool) -> bool:
        """Return whether a person certainly (`surely`) or possibly held a claim during a call."""
        verbs = {"claim", "give_back", "ban"} if surely else {"claim", "give_back"}
        writes = [
            each
            for each in self._before(call, verbs, viewer)
            if each.verb != "claim" or each.answer == "claimed" or each.end == inf
        ]
        last = _last(writes, call)
        if not surely:
            now = -inf if call.now is None else call.now
            return any(each.until is not None and each.until > now for each in last)
        moments = [each.now for each in self._history if each.start < call.end and each.now]
        latest = max((*moments, call.now or 0))
        return any(each.end < call.start for each in last) and all(
            each.until is not None and each.until > latest for each in last
        )

    def _taken(self, call: Call, viewers: Iterable[str], *, surely: bool) -> list[str]:
        return [
            viewer
            for viewer in sorted(viewers)
            if self._is_settled(call, viewer, surely=surely)
            or self._holds(call, viewer, surely=surely)
        ]

    def _refusals(self, call: Call, *, surely: bool) -> set[str]:
        """Return what certainly (`surely`) or possibly refused a claim when the call was made."""
        found: set[str] = set()
        ticket = self._tickets[call.fingerprint or ""]
        revokes = self._before(call, {"revoke"})
        if any(each.end < call.start for each in revokes) if surely else revokes:
            found.add("revoked")
        resets = self._before(call, {"reset"})
        least = sum(each.end < call.start for each in resets)
        stale = [_is_stale(ticket, count) for count in range(least, len(resets) + 1)]
        if all(stale) if surely else any(stale):
            found.add("revoked")
        bans = _last(self._before(call, {"ban", "unban"}, call.viewer), call)
        banned = [each.verb == "ban" for each in bans]
        if (banned and all(banned) and any(each.end < call.start for each in bans)) or (
            any(banned) and not surely
        ):
            found.add("banned")
        return found

    # --- Answers ---------------------------------------------------------------------------------

    def _check_claim(self, call: Call) -> None:
        ticket, viewer = self._tickets[call.fingerprint or ""], call.viewer or ""
        expired = (call.now or 0) >= seconds(ticket.expires_at)
        if call.answer == "claimed":
            self._check_claimed(call, expired=expired)
        elif call.answer == "used_up":
            self._check_used_up(call, ticket)
        elif call.answer == "settled":
            if not self._is_settled(call, viewer, surely=False):
                _broken("I8", "The answer is settled, but this person has settled nothing.")
        else:
            refusals = self._refusals(call, surely=False)
            if call.answer not in refusals and not (expired and call.answer == "expired"):
                _broken("I9", f"The answer is {call.answer}, and that is not so.")

    def _check_claimed(self, call: Call, *, expired: bool) -> None:
        self._refuse_what_has_ended(call)
        if expired:
            _broken("I6", "A claim was granted after the invite had expired.")
        if self._is_settled(call, call.viewer or "", surely=True):
            _broken("I3", "A person whose use is settled was granted another one.")
        self._check_cap(call)

    def _check_used_up(self, call: Call, ticket: Ticket) -> None:
        viewer = call.viewer or ""
        if self._is_settled(call, viewer, surely=True):
            _broken("I3", "The person whose use is settled was told that it is used up.")
        if self._holds(call, viewer, surely=True) and not self._refusals(call, surely=False):
            _broken("I3", "The person who holds a claim asked again, and was told it is used up.")
        taken = self._taken(call, self._viewers(call) - {viewer}, surely=False)
        if len(taken) < ticket.uses_max:
            counts = f"{len(taken)} of {ticket.uses_max} uses can be taken"
            _broken("I9", f"The answer is used up, but at most {counts}.")

    def _refuse_what_has_ended(self, call: Call) -> None:
        for reason in self._refusals(call, surely=True):
            _broken("I4", f"{call.verb} succeeded, though it started after {reason} was done.")

    def _check_cap(self, call: Call) -> None:
        """Count who certainly has a use right after a call was granted."""
        ticket = self._tickets[call.fingerprint or ""]
        after = call._replace(start=int(call.end) + 1, end=call.end + 1)
        taken = self._taken(after, self._viewers(after), surely=True)
        if len(taken) > ticket.uses_max:
            claims = [each.viewer for each in self._before(after, {"claim"}) if each.end < inf]
            again = " Who claims again holds until the new moment." * (len(claims) > len({*claims}))
            cap = f"{len(taken)} people have a use of an invite for {ticket.uses_max}"
            _broken("I1", f"{cap}.{again}")

    def _check_settle(self, call: Call) -> None:
        viewer = call.viewer or ""
        if call.answer not in {"True", "False"}:
            _broken("I9", f"settle must return True or False, not {call.answer}.")
        if self._is_settled(call, viewer, surely=True):
            if call.answer == "False":
                _broken("I3", "A use was settled; asked again, settle says no.")
            return
        held = self._holds(call, viewer, surely=True)
        if call.answer == "False":
            if held and not self._refusals(call, surely=False):
                _broken("I9", "A claim is held until later, nothing ended it, and settle says no.")
            return
        self._refuse_what_has_ended(call)
        ever = self._holds(call._replace(now=None), viewer, surely=False)
        if not ever and not self._is_settled(call, viewer, surely=False):
            _broken("I8", "A use was settled for a person who holds no claim.")
        lapsed = not self._holds(call, viewer, surely=False)
        expires_at = seconds(self._tickets[call.fingerprint or ""].expires_at)
        if lapsed and (call.now or 0) >= expires_at:
            _broken("I6", "A claim that had lapsed was settled after the invite expired.")
        self._check_cap(call)

    def _check_reset(self, call: Call) -> None:
        resets = self._before(call, {"reset"})
        least = sum(each.end < call.start for each in resets)
        if (
            not (call.answer or "").isdigit()
            or not least < int(call.answer or 0) <= len(resets) + 1
        ):
            _broken("I8", f"reset returned {call.answer} after {least} resets.")

    def _check_uses(self, call: Call) -> None:
        viewer, viewers = call.viewer or "", self._viewers(call)
        settled, pending, own, revoked, banned, generation = (call.answer or "").split()
        sure = [each for each in viewers if self._is_settled(call, each, surely=True)]
        may = [each for each in viewers if self._is_settled(call, each, surely=False)]
        maybe, surely = self._refusals(call, surely=False), self._refusals(call, surely=True)
        if int(settled) < len(sure) or (viewer in sure and own != "settled"):
            _broken("I2", f"{len(sure)} uses were settled; the ledger knows {settled}.")
        if int(settled) > len(may) or (own == "settled" and viewer not in may):
            _broken("I8", f"At most {len(may)} uses were settled; the ledger counts {settled}.")
        held = self._taken(call, viewers - {*may}, surely=True)
        if not maybe and (int(pending) < len(held) or (viewer in held and own != "pending")):
            _broken("I2", f"{len(held)} claims are held; the ledger knows {pending}.")
        possible = self._taken(call, viewers - {*sure}, surely=False)
        if int(pending) > len(possible) or (own == "pending" and viewer not in possible):
            _broken("I8", f"At most {len(possible)} claims are held; the ledger counts {pending}.")
        stale = _is_stale(self._tickets[call.fingerprint or ""], int(generation))
        told = {"revoked": revoked == "True" or stale, "banned": banned == "True"}
        refusals = {name for name, is_told in told.items() if is_told}
        if not surely <= refusals <= maybe:
            _broken("I4", f"revoked is {revoked}, banned {banned}, generation {generation}.")


def _is_stale(ticket: Ticket, resets: int) -> bool:
    return resets % GENERATIONS != ticket.generation


def _last(calls: Sequence[Call], before: Call) -> list[Call]:
    """Keep the calls after which, for certain, none of the others happened."""
    done = [call for call in calls if call.end < before.start]
    return [call for call in calls if not any(call.end < other.start for other in done)]


def _broken(invariant: str, what: str) -> NoReturn:
    raise BrokenInvariantError(invariant, what)
