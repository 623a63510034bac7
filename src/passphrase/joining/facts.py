"""A backend's methods -> `Facts`: each called only if the outcome depends on its answer.

Source: docs/admission.md, "Facts". A backend writes one method for each fact. While the deciding
rule lacks a fact, the method of that fact is called.

Shapes:
    answer  what a method returns; None or a value of the wrong type means "unknown"
"""

from collections.abc import Awaitable
from inspect import isawaitable, isclass, iscoroutine
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from passphrase.joining.rules import Case, Facts, Visit, lacking

if TYPE_CHECKING:
    from passphrase.decoded import Decoded

__all__ = ["AsyncLookups", "Lookups"]

FACT_NAMES: Final = tuple(Facts.model_fields)
Count_co = TypeVar("Count_co", covariant=True)
Truth_co = TypeVar("Truth_co", covariant=True)


class FactMethods(Protocol[Count_co, Truth_co]):
    """The methods that every backend needs; without them nobody can join. For type checkers.

    `revoked`, `spent`, `uses_left` and `mutual_follow` are missing here, because a `Protocol`
    cannot have optional methods. They are called only if the policy or the invite needs them.
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
        """Return whether the group is full."""
        ...


Lookups = FactMethods[int | None, bool | None]
AsyncLookups = FactMethods[
    int | None | Awaitable[int | None],
    bool | None | Awaitable[bool | None],
]


def look_up(case: Case, decoded: "Decoded", lookups: object) -> Facts:
    """Look up one fact after another, until the popup lacks none or its fact stays unknown.

    Args:
        case: A case without facts.
        decoded: The passphrase; each method is called with it and the visit.
        lookups: An object with one method for each fact that the backend knows.

    Returns:
        The facts that were asked for. An answer of the wrong type is kept; the rules ignore it.

    Raises:
        TypeError: `lookups` has no such method, or a method is async.
        Exception: Any exception of a method.
    """
    check_lookups(lookups)
    asked: set[str] = set()
    while (missing := lacking(case)) and asked.isdisjoint(missing):
        asked.update(missing)
        case = with_answers(case, {name: ask(name, case, decoded, lookups) for name in missing})
    return case.facts


def check_lookups(lookups: object) -> None:
    """Refuse an object without any method that is named after a fact.

    Raises:
        TypeError: The object has no such method, or it is a class instead of an instance.
    """
    if isclass(lookups) or not any(callable(getattr(lookups, name, None)) for name in FACT_NAMES):
        kind = lookups.__name__ if isclass(lookups) else type(lookups).__name__
        msg = f"facts must be Facts or an object with a method for each fact, not {kind}"
        raise TypeError(msg)


def ask(name: str, case: Case, decoded: "Decoded", lookups: object) -> object:
    """Return the answer of a fact's method; None if the method is missing."""
    method = getattr(lookups, name, None)
    return method(decoded, case.visit) if callable(method) else None


def with_answers(case: Case, answers: dict[str, object]) -> Case:
    """Add answers to the facts of a case, unchecked: the rules ignore answers of the wrong type.

    Raises:
        TypeError: An answer is awaitable.
    """
    for name, answer in answers.items():
        if isawaitable(answer):
            if iscoroutine(answer):
                answer.close()  # otherwise Python warns that it was never awaited
            msg = f"the method {name} is async: call ajoin_prompt"
            raise TypeError(msg)
    return case._replace(facts=case.facts.model_copy(update=answers))
