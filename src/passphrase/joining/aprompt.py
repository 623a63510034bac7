"""`join_prompt` for async backends: the same popup, from methods that may be sync or async.

A room of its own, because asyncio takes longer to import than all the rest of the library.

Shapes:
    round  names of facts that are asked at the same time
"""

import asyncio
from collections.abc import Coroutine
from inspect import isawaitable
from itertools import chain
from typing import Any, Final

from passphrase.codec import Decoded
from passphrase.errors import awithout_trace
from passphrase.joining.facts import AsyncLookups, ask, check_lookups, with_answers
from passphrase.joining.prompt import JoinPrompt, check_texts, make_prompt
from passphrase.joining.rules import Case, Facts, Policy, Visit, case_of, decide, needed
from passphrase.languages import Locale
from passphrase.languages.language import PopupTexts

# Does the passphrase still hold; may this person come in; and last the social graph, which costs
# most. Within a round nobody waits; between rounds, a refusal spares the queries that follow.
ROUNDS: Final = (
    ("generation", "revoked", "spent"),
    ("member", "banned", "inviter_is_member", "group_full"),
    ("mutual_follow",),
)
ONE_BY_ONE: Final = tuple((name,) for name in chain(*ROUNDS))


@awithout_trace
async def ajoin_prompt(  # noqa: PLR0913  # those of `join_prompt`
    decoded: Decoded,
    visit: Visit,
    facts: Facts | AsyncLookups,
    *,
    concurrent: bool = True,
    policy: Policy | None = None,
    locale: Locale = "zh-Hans",
    group_name: str | None = None,
    inviter_name: str | None = None,
    popup_texts: PopupTexts | None = None,
) -> JoinPrompt:
    """Make the popup that a pasted passphrase leads to, with facts that are awaited.

    Facts are asked in at most three rounds: is the passphrase still good, may the viewer come into
    the group, and do the two follow each other. A round asks only facts on which the outcome may
    depend, all at the same time.

    Args:
        decoded: As for `join_prompt`, like all others that are not named here.
        visit: Who has pasted it, when, and where it was copied.
        facts: An object with a method for each fact, sync or async; or `Facts`.
        concurrent: False asks one fact after the other. That is needed where the methods share a
            connection, as in a transaction, since it can answer only one query at a time.
        policy: What the product allows.
        locale: "zh-Hans", "zh-Hant" or "en".
        group_name: The group's name as it is now.
        inviter_name: The inviter's name as it is now.
        popup_texts: Popup texts of your own for some outcomes.

    Raises:
        TypeError, ValueError: As for `join_prompt`.
        Exception: What a method raises. The other methods of its round are cancelled first.
    """
    popups = check_texts(decoded, locale, popup_texts)
    case = case_of(decoded.invite, visit, Facts(), policy)
    if isinstance(facts, Facts):
        case = case._replace(facts=facts)
    else:
        case = await _look_up(case, decoded, facts, ROUNDS if concurrent else ONE_BY_ONE)
    left = decoded.invite.expires_at - visit.now
    return make_prompt(decoded, case, left, (group_name, inviter_name), popups, locale)


async def _look_up(
    case: Case, decoded: Decoded, lookups: object, rounds: tuple[tuple[str, ...], ...]
) -> Case:
    """Ask round after round, until a rule decides or the fact that it lacks is not known."""
    check_lookups(lookups)
    for names in rounds:
        if {*decide(case).missing} & {*names}:
            asked = [name for name in needed(case) if name in names]
            answers = await _together([_ask(name, case, decoded, lookups) for name in asked])
            case = with_answers(case, dict(zip(asked, answers, strict=True)))
    return case


async def _ask(name: str, case: Case, decoded: Decoded, lookups: object) -> object:
    answer = ask(name, case, decoded, lookups)
    return await answer if isawaitable(answer) else answer


async def _together(asked: list[Coroutine[Any, Any, object]]) -> list[object]:
    """Await all at the same time; when one fails, cancel the others and wait for their end."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
