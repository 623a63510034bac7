"""A backend's own methods -> `Facts`: asked in the order of the rules, and no more than needed.

Source: docs/admission.md, "Facts". A backend writes one method a fact. The method is called whose
answer the deciding rule lacks, until a rule decides.

Shapes:
    answer  what a method returns; None, or what `Facts` would refuse, counts as not known
"""

from collections.abc import Awaitable
from inspect import isawaitable, isclass, iscoroutine
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from passphrase.joining.rules import Case, Facts, Visit, decide

if TYPE_CHECKING:
    from passphrase.codec import Decoded

FACT_NAMES: Final = tuple(Facts.model_fields)
Count_co = TypeVar("Count_co", covariant=True)
Truth_co = TypeVar("Truth_co", covariant=True)


class FactMethods(Protocol[Count_co, Truth_co]):
    """What a type checker asks of a backend's class: the facts without which nobody can join.

    A `Protocol` has no optional methods, so three are not listed: `revoked`, `spent` and
    `mutual_follow`. They are asked only where the policy or the invite needs them.
    """

    def generation(self, decoded: "Decoded", visit: Visit, /) -> Count_co:
        """Return how often the group has reset its invites."""
        ...

    def member(self, decoded: "Decoded", visit: Visit, /) -> Truth_co:
        """Return whether the viewer is in the group."""
        ...

    def banned(self, decoded: "Decoded", visit: Visit, /) -> Truth_co:
        """Return whether the viewer is banned from the group."""
        ...

    def inviter_is_member(self, decoded: "Decoded", visit: Visit, /) -> Truth_co:
        """Return whether the inviter is in the group."""
        ...

    def group_full(self, decoded: "Decoded", visit: Visit, /) -> Truth_co:
        """Return whether the group takes no more members."""
        ...


Lookups = FactMethods[int | None, bool | None]
AsyncLookups = FactMethods[
    int | None | Awaitable[int | None],
    bool | None | Awaitable[bool | None],
]


def look_up(case: Case, decoded: "Decoded", lookups: object) -> Facts:
    """Ask one fact after the other, until a rule decides or the fact that it lacks is not known.

    Args:
        case: A case whose facts are not known.
        decoded: What the codec has read; each method gets it, and the visit.
        lookups: An object with a method for each fact that the backend knows.

    Returns:
        The facts that were asked. A strange answer stays as it is: no rule takes it for a fact.

    Raises:
        TypeError: `lookups` cannot answer anything, or a method is async.
        Exception: What a method raises.
    """
    check_lookups(lookups)
    asked: set[str] = set()
    while (missing := decide(case).missing) and asked.isdisjoint(missing):
        asked.update(missing)
        case = with_answers(case, {name: ask(name, case, decoded, lookups) for name in missing})
    return case.facts


def check_lookups(lookups: object) -> None:
    """Refuse an object that has not one method named after a fact.

    Raises:
        TypeError: It has none, or it is a class.
    """
    if isclass(lookups) or not any(callable(getattr(lookups, name, None)) for name in FACT_NAMES):
        kind = lookups.__name__ if isclass(lookups) else type(lookups).__name__
        msg = f"facts must be Facts or an object with a method for each fact, not {kind}"
        raise TypeError(msg)


def ask(name: str, case: Case, decoded: "Decoded", lookups: object) -> object:
    """Call the method of a fact; without one, return None."""
    method = getattr(lookups, name, None)
    return method(decoded, case.visit) if callable(method) else None


def with_answers(case: Case, answers: dict[str, object]) -> Case:
    """Add answers to the facts of a case, unchecked: no rule takes a strange one for a fact.

    Raises:
        TypeError: An answer has to be awaited.
    """
    for name, answer in answers.items():
        if isawaitable(answer):
            if iscoroutine(answer):
                answer.close()  # or Python warns that it was never awaited
            msg = f"the method {name} is async: call ajoin_prompt"
            raise TypeError(msg)
    return case._replace(facts=case.facts.model_copy(update=answers))
