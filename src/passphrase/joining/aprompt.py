"""`ajoin_prompt`: `join_prompt` for backends whose methods are async.

A separate module, because importing asyncio takes longer than importing the rest of the library.

Shapes:
    round  the facts that are looked up at the same time
"""

import asyncio
from collections.abc import Coroutine
from inspect import isawaitable
from itertools import chain
from typing import Any, Final

from passphrase.decoded import Decoded
from passphrase.errors import awithout_trace
from passphrase.joining.facts import AsyncLookups, ask, check_lookups, with_answers
from passphrase.joining.prompt import JoinPrompt, check_texts, make_prompt
from passphrase.joining.rules import Case, Facts, Policy, Visit, case_of, lacking, needed
from passphrase.languages import Locale
from passphrase.languages.language import PopupTexts

# Is the passphrase still valid? Can the viewer join? Do the two follow each other? The last query
# costs most. A refusal in one round saves the queries of the next.
ROUNDS: Final = (
    ("generation", "revoked", "spent"),
    ("uses_left", "member", "banned", "inviter_is_member", "group_full"),
    ("mutual_follow",),
)
ONE_BY_ONE: Final = tuple((name,) for name in chain(*ROUNDS))


@awithout_trace
async def ajoin_prompt(  # noqa: PLR0913  # the parameters of `join_prompt`
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
    """Make the popup for a pasted passphrase, awaiting the facts. Async form of `join_prompt`.

    Facts are looked up in at most three rounds: is the passphrase still valid, can the viewer join
    the group, do viewer and inviter follow each other. A round asks, at the same time, only for
    facts that can change the outcome.

    Args:
        decoded: The result of `Codec.decode`.
        visit: Who pasted it, when, and where it was copied.
        facts: An object with one method for each fact, sync or async; or `Facts`.
        concurrent: False asks for one fact after another. Use it if the methods share a
            connection, as in a transaction: a connection answers one query at a time.
        policy: As in `join_prompt`.
        locale: "zh-Hans", "zh-Hant" or "en".
        group_name: The current name of the group.
        inviter_name: The current name of the inviter.
        popup_texts: As in `join_prompt`.

    Raises:
        TypeError, ValueError: As in `join_prompt`.
        Exception: Any exception of a method, once the others of its round are cancelled.
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
    """Look up facts in rounds, until the popup lacks none or its fact stays unknown."""
    check_lookups(lookups)
    for names in rounds:
        if {*lacking(case)} & {*names}:
            asked = [name for name in needed(case) if name in names]
            answers = await _together([_ask(name, case, decoded, lookups) for name in asked])
            case = with_answers(case, dict(zip(asked, answers, strict=True)))
    return case


async def _ask(name: str, case: Case, decoded: Decoded, lookups: object) -> object:
    answer = ask(name, case, decoded, lookups)
    return await answer if isawaitable(answer) else answer


async def _together(asked: list[Coroutine[Any, Any, object]]) -> list[object]:
    """Await all coroutines at the same time. If one fails, cancel and await the others."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
