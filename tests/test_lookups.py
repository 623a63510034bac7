"""Facts from methods: the same popup as with all facts, and no unnecessary query."""

import asyncio
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import CODEC, INVITE, invites
from test_prompt import facts, policies

from passphrase import Invite, JoinPrompt, Origin, Policy, Reason, Visit, ajoin_prompt, join_prompt
from passphrase.joining.aprompt import ROUNDS
from passphrase.joining.facts import FACT_NAMES
from passphrase.joining.rules import RULES, Facts, needed_facts

DECODED = CODEC.decode(CODEC.encode(INVITE))
NOW = INVITE.expires_at - timedelta(days=1)
VISIT = Visit(viewer_id=42, now=NOW, source="wechat")
GOOD = {
    "generation": 0, "revoked": False, "spent": False, "uses_left": 3, "member": False,
    "banned": False, "inviter_is_member": True, "group_full": False, "mutual_follow": True,
}  # fmt: skip
STRANGE = (1, 0, "yes", -1, 1.0, [True], object())


def backend(
    answers: dict[str, Any], asked: list[str], is_async: Callable[[str], bool] = lambda _: False
) -> Any:
    """Make an object with a method for each answer, which records its calls."""

    def method(name: str) -> Callable[..., Any]:
        def answer(_self: object, decoded: object, visit: object) -> Any:
            assert (type(decoded), visit) == (type(DECODED), visit)
            asked.append(name)
            return answers[name]

        async def later(self: object, decoded: object, visit: object) -> Any:
            await asyncio.sleep(0)
            return answer(self, decoded, visit)

        return later if is_async(name) else answer

    return type("Backend", (), {name: method(name) for name in answers})()


def awaited(*args: Any, **how: Any) -> JoinPrompt:
    return asyncio.run(ajoin_prompt(*args, **how))


@given(
    invite=invites,
    facts=facts,
    policy=policies,
    visit=st.tuples(
        st.sampled_from([timedelta(days=-1), timedelta(0)]),
        st.none() | st.sampled_from(Origin),
        st.booleans(),
    ),
    how=st.tuples(st.booleans(), st.frozensets(st.sampled_from(FACT_NAMES))),
)
def test_methods_and_facts_make_the_same_popup(
    invite: Invite, facts: Facts, policy: Policy, visit: Any, how: Any
) -> None:
    """Each is asked once at most, and only while `needed_facts` names it; sync and async agree."""
    (when, source, is_own), (concurrent, late) = visit, how
    viewer = invite.inviter_id if is_own else 42
    visit = Visit(viewer_id=viewer, now=invite.expires_at + when, source=source)
    decoded = CODEC.decode(CODEC.encode(invite))
    expected = join_prompt(decoded, visit, facts, policy=policy)
    answers = facts.model_dump()
    asked: list[str] = []
    assert join_prompt(decoded, visit, backend(answers, asked), policy=policy) == expected
    known = Facts()
    for name in asked:
        assert needed_facts(invite, visit, known, policy=policy)[0] == name
        known = known.model_copy(update={name: answers[name]})
    assert len({*asked}) == len(asked)
    assert not asked or when < timedelta(0)
    asked_late: list[str] = []
    methods = backend(answers, asked_late, late.__contains__)
    made = awaited(decoded, visit, methods, policy=policy, concurrent=concurrent)
    assert made == expected
    assert len({*asked_late}) == len(asked_late)
    assert {*asked} <= {*asked_late}
    assert concurrent or asked == asked_late
    for names in ROUNDS if concurrent else ():
        known = Facts.model_validate(
            {n: answers[n] for n in asked_late if FACT_NAMES.index(n) < FACT_NAMES.index(names[0])}
        )
        needed = needed_facts(invite, visit, known, policy=policy)
        assert {*asked_late} & {*names} in (set(), {*needed} & {*names})


def test_the_rounds_follow_the_rules() -> None:
    order = dict.fromkeys(rule.fact for rule in RULES if rule.fact)
    asked = [name for names in ROUNDS for name in names]
    assert asked == [*FACT_NAMES]
    assert [*order] == [name for name in asked if name != "uses_left"]  # it decides nothing


@pytest.mark.parametrize("answer", [None, *STRANGE], ids=repr)
@pytest.mark.parametrize("name", [name for name in FACT_NAMES if name != "uses_left"])
def test_an_invalid_answer_admits_nobody(name: str, answer: Any) -> None:
    """None, a wrong type or a missing method ends in UNDECIDED, and `missing` names the fact."""
    invite = INVITE.model_copy(update={"mutual_follow": True, "single_use": True})
    decoded = CODEC.decode(CODEC.encode(invite))
    policy = Policy(deny_list=True)
    if name == "generation" and type(answer) is int and answer >= 0:
        answer = None
    for answers in (GOOD | {name: answer}, {n: good for n, good in GOOD.items() if n != name}):
        for prompt in (
            join_prompt(decoded, VISIT, backend(answers, []), policy=policy),
            awaited(decoded, VISIT, backend(answers, [], str.islower), policy=policy),
        ):
            assert (prompt.reason, prompt.missing) == (Reason.UNDECIDED, (name,))


@pytest.mark.parametrize("answer", [None, 17, 1, 0, -1, True, "17"], ids=repr)
@pytest.mark.parametrize("counted", [True, False])
def test_the_inviter_is_told_what_is_left(answer: Any, counted: bool) -> None:
    """A number of uses is told to the inviter alone, if uses are counted; others are not asked."""
    own = VISIT.model_copy(update={"viewer_id": INVITE.inviter_id})
    policy = Policy(count_uses=counted)
    told = answer if counted and type(answer) is int and answer >= 0 else None
    for visit, left in ((own, told), (VISIT, None)):
        asked: list[str] = []
        prompt = join_prompt(
            DECODED, visit, backend(GOOD | {"uses_left": answer}, asked), policy=policy, locale="en"
        )
        late = backend(GOOD | {"uses_left": answer}, [], str.islower)
        assert awaited(DECODED, visit, late, policy=policy, locale="en") == prompt
        assert prompt.uses_left == left
        assert ("uses_left" in asked) is (counted and visit is own)
        words = {0: "0 more people", 1: "1 more person", 17: "17 more people"}
        assert (words.get(left or 0, "?") in prompt.message) is (left is not None)


def test_only_what_the_rules_need_is_written() -> None:
    """A class needs only the methods for facts that its policy and invites use."""
    usual = {name: GOOD[name] for name in ROUNDS[1]} | {"generation": 0}
    assert join_prompt(DECODED, VISIT, backend(usual, [])).action == "join"


@pytest.mark.parametrize("facts", [None, {"member": True}, object(), "generation", Facts, 1])
def test_what_cannot_be_asked(facts: Any) -> None:
    """An object without any method, or a class instead of an instance, is a TypeError."""
    with pytest.raises(TypeError, match="facts must be Facts or an object with a method"):
        join_prompt(DECODED, VISIT, facts)
    with pytest.raises(TypeError, match="facts must be Facts or an object with a method"):
        awaited(DECODED, VISIT, facts)


def test_facts_of_ones_own_are_taken_by_both() -> None:
    known = Facts.model_validate(GOOD)
    assert awaited(DECODED, VISIT, known) == join_prompt(DECODED, VISIT, known)


def test_sync_code_names_the_async_call() -> None:
    """The error for an async method names `ajoin_prompt`, and no coroutine is left unawaited."""

    class Later:
        def __await__(self) -> Iterator[None]:
            yield

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for methods in (backend(GOOD, [], str.islower), backend({"generation": Later()}, [])):
            with pytest.raises(TypeError, match=r"^the method generation is async: call ajoin_"):
                join_prompt(DECODED, VISIT, methods)


class Stumbling:
    """A backend with one failing query, while others wait."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    async def generation(self, *_: object) -> int:
        return 0

    async def member(self, *_: object) -> bool:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            self.ended.append("member")
        return False

    async def banned(self, *_: object) -> bool:
        await asyncio.sleep(0)
        raise LookupError("no connection")

    def inviter_is_member(self, *_: object) -> bool:
        self.ended.append("inviter_is_member")
        return True

    async def group_full(self, *_: object) -> bool:
        return False


def test_a_failure_ends_the_other_queries() -> None:
    """The exception is raised after the other queries were cancelled and have ended."""
    stumbling = Stumbling()

    async def fails() -> int:
        with pytest.raises(LookupError, match="no connection"):
            await ajoin_prompt(DECODED, VISIT, stumbling)
        return len(asyncio.all_tasks())

    assert asyncio.run(fails()) == 1
    assert {*stumbling.ended} == {"member", "inviter_is_member"}


def test_who_no_longer_waits_ends_the_queries() -> None:
    """Cancelling a request leaves no query running."""
    stumbling = Stumbling()

    async def gives_up() -> int:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ajoin_prompt(DECODED, VISIT, Patient()), 0.01)
        return len(asyncio.all_tasks())

    class Patient(Stumbling):
        async def banned(self, *_: object) -> bool:
            return await stumbling.member()

        async def member(self, *_: object) -> bool:
            return await stumbling.member()

    assert asyncio.run(gives_up()) == 1
    assert stumbling.ended == ["member", "member"]


def test_a_round_is_asked_at_the_same_time() -> None:
    """All methods of a round run at the same time: each waits for the others."""

    class Together:
        def __init__(self) -> None:
            self.everybody = asyncio.Barrier(4)

        async def generation(self, *_: object) -> int:
            return 0

        async def member(self, *_: object) -> bool:
            return not await self.everybody.wait() >= 0

        banned = group_full = member

        async def inviter_is_member(self, *_: object) -> bool:
            return await self.everybody.wait() >= 0

    async def joined(*, concurrent: bool) -> str:
        asked = ajoin_prompt(DECODED, VISIT, Together(), concurrent=concurrent)
        return (await asyncio.wait_for(asked, 0.1)).action

    assert asyncio.run(joined(concurrent=True)) == "join"
    with pytest.raises(TimeoutError):
        asyncio.run(joined(concurrent=False))


def test_wrong_arguments_are_refused_before_a_query() -> None:
    """A misspelt locale or an unknown placeholder costs no query, sync or async."""
    hows: list[Any] = [{"locale": "fr"}, {"popup_texts": {("join", None): ("{x}", "", "")}}]
    for how in hows:
        for call in (join_prompt, awaited):
            asked: list[str] = []
            with pytest.raises(ValueError, match=r"locale|placeholders"):
                call(DECODED, VISIT, backend(GOOD, asked), **how)
            assert asked == []
