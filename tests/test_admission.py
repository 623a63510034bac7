"""The rules agree with a second, simple implementation, and need no unnecessary query."""

import json
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, islice, product
from typing import Any
from uuid import UUID

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_rules import Answer, Row, Situation, naive
from support import INVITE, invites

from passphrase import Invite, Origin, Policy, Visit
from passphrase.joining.rules import (
    RULES,
    Action,
    Case,
    Facts,
    Reason,
    Verdict,
    decide,
    judge,
    needed,
    needed_facts,
)

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
VIEWER, INVITER = 42, 7
NAMES = tuple(name for name in Facts.model_fields if name != "uses_left")  # it decides nothing
SOURCES = (*Origin, None)


def visit_of(now: datetime = NOW, source: Any = Origin.WECHAT, viewer_id: Any = VIEWER) -> Visit:
    return Visit(viewer_id=viewer_id, now=now, source=source)


def case_of(situation: Situation) -> Case:
    """Return a situation as a case without facts."""
    invite = Invite(
        group_id=1,
        inviter_id=VIEWER if situation.own else INVITER,
        expires_at=NOW if situation.expired else NOW + timedelta(minutes=1),
        origin=Origin(situation.origin),
        mutual_follow=situation.mutual_follow,
        approval=situation.approval,
        single_use=situation.single_use,
        generation=3,
    )
    policy = Policy.model_validate(
        {name: getattr(situation, name) for name in situation._fields[9:]}
        | {"max_lifetime": timedelta(seconds=59) if situation.too_long else None}
    )
    viewer_id = VIEWER if situation.signed_in else None
    return Case(invite, visit_of(NOW, situation.source, viewer_id), Facts(), policy)


BOOLEANS = (False, True)
CARRIERS = frozenset({Origin.WECHAT, Origin.QQ})
ORIGINS = (CARRIERS, frozenset({Origin.QQ}))
FULL = ("none", "request", "wait")
DOMAINS: list[Any] = [Origin, SOURCES, *[BOOLEANS] * 9, FULL, ORIGINS]
REST = tuple(product(*DOMAINS))
VALID, STRANGER = (False, False), (False, True)
PEOPLE = (STRANGER, (True, True), (False, False))  # the inviter, nobody
SITUATIONS = (
    *(Situation(*VALID, *STRANGER, *rest) for rest in REST),
    # These meet fewer rules, so a part of the others is enough; 5 and 97 divide no domain.
    *(Situation(*VALID, *person, *rest) for person, rest in product(PEOPLE[1:], REST[::5])),
    *(Situation(*life, *person, *rest)
      for life, person, rest in product(((True, False), (False, True)), PEOPLE, REST[::97])),
)  # fmt: skip
# By name "yes" is the fact itself; of the generation it is that the group's is the invite's.
ROWS = tuple(product((True, False, None), repeat=len(NAMES)))
GOOD = (True, False, False, False, False, True, False, True)


def facts_of(row: Row) -> Facts:
    generation, *rest = row
    number = None if generation is None else 3 + 256 * 5 if generation else 4
    return Facts.model_validate({"generation": number, **dict(zip(NAMES[1:], rest, strict=True))})


def answer(verdict: Verdict) -> Answer:
    return verdict.action.value, verdict.reason.value if verdict.reason else None


def check(situation: Situation, rows: Sequence[int]) -> int:
    """Check the laws for the rows of one situation, and count them."""
    whole = case_of(situation)
    asked = [NAMES.index(name) for name in needed(whole) if name in NAMES]
    unneeded = [at for at in range(len(NAMES)) if at not in asked]
    verdicts: dict[Row, Verdict] = {}
    for index in rows:
        row = ROWS[index]
        verdict = decide(whole._replace(facts=FACTS[index]))
        assert answer(verdict) == naive(situation, row)
        only_needed = without(row, unneeded)
        if only_needed not in verdicts:
            verdicts[only_needed] = decide(whole._replace(facts=FACTS[INDEX[only_needed]]))
            for at in asked:
                withheld = FACTS[INDEX[without(only_needed, [at])]]
                assert decide(whole._replace(facts=withheld)).action is not Action.JOIN
        assert verdict == verdicts[only_needed]
    return len(rows)


def without(row: Row, places: Iterable[int]) -> Row:
    """Remove the facts at some places."""
    kept = [*row]
    for at in places:
        kept[at] = None
    return tuple(kept)


FACTS = tuple(map(facts_of, ROWS))
INDEX = {row: index for index, row in enumerate(ROWS)}
FEW_BAD = tuple(
    INDEX[tuple(changed.get(at, good) for at, good in enumerate(GOOD))]
    for count in range(2)
    for places in combinations(range(len(GOOD)), count)
    for values in product((True, False, None), repeat=count)
    for changed in [dict(zip(places, values, strict=True))]
)
ALL = os.environ.get("ADMISSION_ROWS") == "all"  # 354 million, an hour


@pytest.mark.slow
def test_every_situation_with_every_single_fact_amiss() -> None:
    """53,896 situations, each with each fact missing or bad, beside different other facts."""
    checked = 0
    for number, situation in enumerate(SITUATIONS):
        some = islice(range(len(ROWS)), number % 1_201, None, 1_201)
        rows = range(len(ROWS)) if ALL else [*FEW_BAD, *some]
        checked += check(situation, rows)
    assert (len(SITUATIONS), checked) == (53_896, 1_641_900) or ALL


@pytest.mark.slow
def test_every_combination_of_facts() -> None:
    """6,561 of yes, no and unknown under every origin and flag, policy as delivered."""
    switches = (True, False, False, False, False, False, "none", CARRIERS)
    usual = [s for s in SITUATIONS if s[9:] == switches and s.source is s.origin
             and s[:4] == (*VALID, False, True)]  # fmt: skip
    assert len(usual) == 24
    assert sum(check(situation, range(len(ROWS))) for situation in usual) == 24 * 6_561


@pytest.mark.slow
def test_every_outcome_is_reached() -> None:
    """Each rule can decide, and the popup has texts for exactly these outcomes."""
    reached = {
        answer(decide(case_of(situation)._replace(facts=FACTS[index])))
        for situation in SITUATIONS[::17]
        for index in FEW_BAD
    }
    expected = {(rule.action.value, rule.reason and rule.reason.value) for rule in RULES}
    assert reached == expected | {("none", "undecided")}


@given(
    invite=invites,
    origins=st.frozensets(st.sampled_from(Origin)),
    source=st.sampled_from(SOURCES),
)
def test_only_allowed_apps_carry(
    invite: Invite, origins: frozenset[Origin], source: Origin | None
) -> None:
    """Rule 4 comes before rule 5, and leaves in-app to rule 8."""
    visit = visit_of(datetime.min.replace(tzinfo=UTC), source, UUID(int=1))
    facts = Facts(generation=invite.generation, spent=False)
    verdict = judge(invite, visit, facts, policy=Policy(origins=origins))
    allowed = invite.origin in {*origins, Origin.IN_APP}
    assert (verdict.reason is Reason.ORIGIN_NOT_ALLOWED) is not allowed


@given(invite=invites)
def test_it_ends_at_its_expiry(invite: Invite) -> None:
    """An invite ends at its expiry, and needs no query from then on."""
    just_before = invite.expires_at - timedelta(microseconds=1)
    for now, expired in ((invite.expires_at, True), (just_before, False)):
        assert invite.is_expired(now) is expired
        visit = visit_of(now, invite.origin, UUID(int=1))
        verdict = judge(invite, visit, Facts())
        assert (verdict.reason is Reason.EXPIRED) is expired
        assert (needed_facts(invite, visit) == ()) is expired


def test_facts_are_asked_for_one_by_one() -> None:
    """Known facts are not needed again, and neither are facts that they make irrelevant."""
    assert needed_facts(INVITE) == (
        "generation", "member", "banned", "inviter_is_member", "group_full"
    )  # fmt: skip
    assert needed_facts(INVITE, facts=Facts(member=True)) == ("generation",)
    assert needed_facts(INVITE, facts=Facts(generation=1)) == ()
    listed = Policy(deny_list=True)
    assert needed_facts(INVITE, facts=Facts(generation=0), policy=listed)[0] == "revoked"
    single = INVITE.model_copy(update={"single_use": True, "mutual_follow": True})
    counted = Policy(count_uses=True)
    assert needed_facts(single)[1] == needed_facts(INVITE, policy=counted)[1] == "spent"
    own = visit_of(viewer_id=INVITE.inviter_id)
    assert needed_facts(INVITE, own, policy=counted) == ("generation", "spent", "uses_left")
    assert needed_facts(single, own, Facts(generation=0, spent=True)) == ()
    assert needed_facts(single, own, Facts(generation=0, spent=False)) == ("uses_left",)
    assert needed_facts(single, own, Facts(generation=0, spent=False, uses_left=1)) == ()
    assert needed_facts(single)[-1] == "mutual_follow"
    assert needed_facts(INVITE, visit_of(viewer_id=INVITE.inviter_id)) == ("generation",)
    required = Policy(require_source=True)
    assert needed_facts(INVITE, visit_of(source=None), policy=required) == ("generation",)
    assert len(needed_facts(INVITE, policy=required)) == 5


@pytest.mark.parametrize("strange", [1, 0, "yes", "false", [], object(), float("nan")])
@pytest.mark.parametrize("name", NAMES)
def test_only_true_is_true(name: str, strange: object) -> None:
    """A fact of the wrong type is refused, and admits nobody even past the validation."""
    invite = INVITE.model_copy(update={"mutual_follow": True, "single_use": True})
    usual: dict[str, Any] = dict(facts_of(GOOD)) | {"generation": 0}
    if name != "generation" or type(strange) is not int:
        with pytest.raises(pydantic.ValidationError):
            Facts.model_validate({name: strange})
        smuggled = Facts.model_construct(None, **usual | {name: strange})
        verdict = judge(invite, visit_of(), smuggled, policy=Policy(deny_list=True))
        assert (verdict.reason, verdict.missing) == (Reason.UNDECIDED, (name,))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("visit", None, "visit must be Visit, not NoneType"),
        ("visit", {"viewer_id": 42}, "visit must be Visit, not dict"),
        ("facts", {"member": False}, "facts must be Facts, not dict"),
        ("facts", None, "facts must be Facts, not NoneType"),
        ("policy", {}, "policy must be Policy, not dict"),
        ("invite", "🍻", "invite must be Invite, not str"),
    ],
)
def test_arguments_of_another_type(name: str, value: object, message: str) -> None:
    """None of them can slip through a rule."""
    usual: Any = {"invite": INVITE, "visit": visit_of(), "facts": Facts(), "policy": Policy()}
    with pytest.raises(TypeError, match=f"^{message}$"):
        judge(**usual | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("viewer_id", viewer) for viewer in ("42", True, 42.0, -1, 2**64)],
        *[("now", now) for now in (NOW.replace(tzinfo=None), NOW.date(), None, 0, NOW.isoformat())],
        *[("source", source) for source in ("WeChat", "", "email", 1, True, ...)],
    ],
)
def test_a_visit_of_another_type(name: str, value: object) -> None:
    """None of them can slip through a comparison: "42" is not 42, and True is not 1."""
    usual: Any = {"viewer_id": 42, "now": NOW, "source": None}
    with pytest.raises(pydantic.ValidationError, match=name):
        Visit(**usual | {name: value})
    with pytest.raises(pydantic.ValidationError, match="Field required"):
        Visit(**{key: given for key, given in usual.items() if key != name})


@pytest.mark.parametrize("origin", Origin)
def test_an_origin_is_accepted_as_its_string(origin: Origin) -> None:
    """In Python and in JSON, a string is accepted and stored as an `Origin`."""
    word: Any = origin.value
    visit = visit_of(source=word)
    assert visit == visit_of(source=origin)
    assert type(visit.source) is Origin
    assert Visit.model_validate_json(visit.model_dump_json()) == visit
    policy = Policy(origins=frozenset([word]))
    assert policy == Policy.model_validate_json(json.dumps({"origins": [word]}))
    assert [*map(type, policy.origins)] == [Origin]


@pytest.mark.parametrize(
    "smuggled",
    [
        {"invite": INVITE.model_copy(update={"mutual_follow": None})},
        {"policy": Policy().model_copy(update={"strict_source": 0})},
        {"policy": Policy().model_copy(update={"require_mutual": True})},
        {"visit": visit_of().model_copy(update={"now": NOW.replace(tzinfo=None)})},
    ],
    ids=["invite", "policy", "misspelt", "visit"],
)
def test_changed_models_are_validated_again(smuggled: dict[str, Any]) -> None:
    """`model_copy` checks nothing, and a flag that is None must not count as off."""
    usual: Any = {"invite": INVITE, "visit": visit_of(), "facts": Facts()}
    with pytest.raises(pydantic.ValidationError):
        judge(**usual | smuggled)


@pytest.mark.parametrize("origin", Origin)
def test_every_way_is_allowed_by_default(origin: Origin) -> None:
    invite = INVITE.model_copy(update={"origin": origin})
    verdict = judge(invite, visit_of(source=origin), Facts(generation=0))
    assert verdict.missing == ("member",)


def test_the_default_policy() -> None:
    """By default, only `strict_source` is on, and both apps carry passphrases."""
    switched = {name: switch for name, switch in Policy().model_dump().items() if switch}
    assert switched.pop("when_full") == "none"
    assert switched == {"origins": {Origin.WECHAT, Origin.QQ}, "strict_source": True}


def test_mutual_follow_joins_without_asking() -> None:
    """A policy that lets strangers ask to join lets those who follow each other in."""
    for mutual, lets_ask, action in (
        (True, True, Action.JOIN), (False, True, Action.REQUEST), (False, False, Action.NONE)
    ):  # fmt: skip
        policy = Policy(require_mutual_follow=True, request_when_not_mutual=lets_ask)
        facts = facts_of(GOOD).model_copy(update={"generation": 0, "mutual_follow": mutual})
        verdict = judge(INVITE, visit_of(), facts, policy=policy)
        assert verdict.action is action


def test_no_fact_is_known_before_it_is_looked_up() -> None:
    assert {*Facts().model_dump().values()} == {None}


def test_models_are_strict() -> None:
    """A policy can come from a settings file; a misspelt switch cannot."""
    assert Policy.model_validate({"origins": ["qq"]}).origins == {Origin.QQ}
    for wrong in ({"strict": True}, {"strict_source": "no"}, {"origins": "qq"}):
        with pytest.raises(pydantic.ValidationError):
            Policy.model_validate(wrong)
    for unknown in ({"members": True}, {"generation": -1}):
        with pytest.raises(pydantic.ValidationError):
            Facts.model_validate(unknown)


@pytest.mark.parametrize(
    ("facts", "numbers", "missing"),
    [
        (Facts(generation=0), [1, 1, 2, 3, 3, 4, 5], ()),
        (Facts(), [1, 1, 2], ("generation",)),
    ],
)
def test_the_rules_that_were_tried(
    facts: Facts, numbers: list[int], missing: tuple[str, ...]
) -> None:
    """The last rule in `passed` is the one that decided, or that lacked its fact."""
    verdict = judge(INVITE, visit_of(source=Origin.QQ), facts)
    assert [rule.number for rule in verdict.passed] == numbers
    assert verdict.missing == missing
    assert verdict.passed[-1].reason is verdict.reason or missing
