"""`Invite`, `Visit` and `Facts` -> `Verdict`: all rules about who may join, in one table.

Source: docs/admission.md, whose table is printed from RULES. Nothing here looks anything up. Only
True is true and only False is false, so a fact that is missing or strange never admits anybody.

Shapes:
    fact  an attribute of `Facts`; None if it is not known
"""

from collections.abc import Callable
from enum import StrEnum
from itertools import takewhile
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from passphrase.errors import without_trace
from passphrase.invite import Id, Invite, Origin, OriginWord, plain

_LAX: Final = Field(strict=False)  # a settings file has lists
GENERATIONS: Final = 256  # a passphrase carries the group's count of resets modulo this


class Action(StrEnum):
    """What the popup offers."""

    JOIN = "join"
    REQUEST = "request"
    NONE = "none"


class Reason(StrEnum):
    """Why the popup offers no more."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    USED_UP = "used_up"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    ORIGIN_MISMATCH = "origin_mismatch"
    SELF_INVITE = "self_invite"
    ALREADY_MEMBER = "already_member"
    BANNED = "banned"
    INVITER_LEFT = "inviter_left"
    GROUP_FULL = "group_full"
    NOT_MUTUAL = "not_mutual"
    NEEDS_APPROVAL = "needs_approval"
    UNDECIDED = "undecided"


class Facts(BaseModel, frozen=True, extra="forbid", strict=True):
    """What the backend knows about passphrase, group and people; None is not known.

    Attributes:
        generation: How often the group has reset its invites; compared modulo 256.
        revoked: The passphrase's fingerprint is on the deny-list.
        spent: This single-use passphrase is spent, and not by a viewer who is still a member.
        member: The viewer is in the group.
        banned: The viewer is banned from the group.
        inviter_is_member: The inviter is in the group.
        group_full: The group takes no more members.
        mutual_follow: Viewer and inviter follow each other.

    Raises:
        pydantic.ValidationError: A fact is unknown or of another type; 1 is not True.
    """

    generation: Annotated[int, Field(ge=0)] | None = None
    revoked: bool | None = None
    spent: bool | None = None
    member: bool | None = None
    banned: bool | None = None
    inviter_is_member: bool | None = None
    group_full: bool | None = None
    mutual_follow: bool | None = None


class Policy(BaseModel, frozen=True, extra="forbid", strict=True, revalidate_instances="always"):
    """What a product allows; the defaults are those of Douyin in 2020.

    Attributes:
        origins: Apps that may carry a passphrase: "wechat", "qq" or both. The direct pull inside
            the app needs no entry: it has a rule of its own.
        strict_source: Refuse a passphrase that was copied in another app than it was signed for.
        require_source: Refuse a passphrase also when the client does not say where it was copied.
        require_mutual_follow: Ask for mutual follow, whatever the invite says.
        request_when_not_mutual: Offer a join request to those who do not mutually follow.
        deny_list: There is a deny-list of fingerprints: ask for the fact `revoked`.
        icebreakers: Ids of greeting stickers, as the client knows them, offered after a join.

    Raises:
        pydantic.ValidationError: A switch is unknown or of another type.
    """

    origins: Annotated[frozenset[OriginWord], _LAX] = frozenset({Origin.WECHAT, Origin.QQ})
    strict_source: bool = True
    require_source: bool = False
    require_mutual_follow: bool = False
    request_when_not_mutual: bool = False
    deny_list: bool = False
    icebreakers: Annotated[tuple[str, ...], _LAX] = ()


class Visit(BaseModel, frozen=True, extra="forbid", strict=True, revalidate_instances="always"):
    """Who has pasted a passphrase, when, and where it was copied.

    Attributes:
        viewer_id: Who has pasted it, as in `Invite`; from the session, never from the text.
        now: An aware datetime.
        source: Where the client says that the text was copied: "wechat", "qq", "in_app"; None if
            it does not say.

    Raises:
        pydantic.ValidationError: A field is missing, unknown or of another type; `now` is naive.
    """

    viewer_id: Id
    now: Annotated[AwareDatetime, AfterValidator(plain)]
    source: OriginWord | None


class Case(NamedTuple):
    """All that the rules look at. What is not known yet is taken not to refuse."""

    invite: Invite
    visit: Visit | None
    facts: Facts
    policy: Policy


class Rule(NamedTuple):
    """One row of the table.

    Attributes:
        number: Rows of one number share a condition.
        when: The condition in words.
        asks: Whether the condition can hold in a case at all; this needs no fact.
        fact: Name of the fact that decides; None if `asks` decides alone.
        refuses_on: The value of the fact for which the condition holds.
        action: What the popup then offers.
        reason: Why it offers no more.
    """

    number: int
    when: str
    asks: Callable[[Case], bool]
    fact: str | None
    refuses_on: bool
    action: Action
    reason: Reason | None

    def holds(self, case: Case) -> bool | None:
        """Tell whether the condition holds; None if the fact that decides is missing."""
        if not self.asks(case):
            return False
        if self.fact is None:
            return True
        known = _fact(case, self.fact)
        return None if known is None else known is self.refuses_on


def _fact(case: Case, name: str) -> bool | None:
    """Return a fact: True or False; None if it is missing or strange."""
    known = getattr(case.facts, name)
    if name == "generation":
        is_count = type(known) is int and known >= 0
        return known % GENERATIONS == case.invite.generation if is_count else None
    return known if known is True or known is False else None


def _always(_case: Case) -> bool:
    return True


def _is_expired(case: Case) -> bool:
    return case.visit is not None and case.invite.is_expired(case.visit.now)


def _has_deny_list(case: Case) -> bool:
    return case.policy.deny_list


def _is_single_use(case: Case) -> bool:
    return case.invite.single_use


def _is_foreign(case: Case) -> bool:
    origin = case.invite.origin
    return origin is not Origin.IN_APP and origin not in case.policy.origins


def _is_misrouted(case: Case) -> bool:
    if case.visit is None:
        return False
    if case.visit.source is None:
        return case.policy.require_source
    return case.policy.strict_source and case.visit.source is not case.invite.origin


def _is_self(case: Case) -> bool:
    return case.visit is not None and case.visit.viewer_id == case.invite.inviter_id


def _asks_mutual_follow(case: Case) -> bool:
    return (
        case.invite.origin is Origin.IN_APP
        or case.invite.mutual_follow
        or case.policy.require_mutual_follow
    )


def _lets_strangers_ask(case: Case) -> bool:
    return case.policy.request_when_not_mutual and _asks_mutual_follow(case)


def _asks_approval(case: Case) -> bool:
    return case.invite.approval


# The first rule that holds decides; the first whose fact is missing ends in UNDECIDED.
RULES: Final = (
    Rule(1, "the invite has expired", _is_expired, None, True, Action.NONE, Reason.EXPIRED),
    Rule(2, "the group has reset its invites since", _always, "generation", False,
         Action.NONE, Reason.REVOKED),
    Rule(3, "the policy has a deny-list, and the passphrase is on it", _has_deny_list, "revoked",
         True, Action.NONE, Reason.REVOKED),
    Rule(3, "it is for single use, and spent", _is_single_use, "spent", True,
         Action.NONE, Reason.USED_UP),
    Rule(4, "the policy does not allow the app it was signed for (in-app is left to rule 8)",
         _is_foreign, None, True, Action.NONE, Reason.ORIGIN_NOT_ALLOWED),
    Rule(5, "it came another way than it was signed for, or an unknown one where the policy "
         "requires it to be known", _is_misrouted, None, True,
         Action.NONE, Reason.ORIGIN_MISMATCH),
    Rule(6, "the viewer is the inviter", _is_self, None, True, Action.NONE, Reason.SELF_INVITE),
    Rule(6, "the viewer is a member already", _always, "member", True,
         Action.NONE, Reason.ALREADY_MEMBER),
    Rule(7, "the viewer is banned", _always, "banned", True, Action.NONE, Reason.BANNED),
    Rule(7, "the inviter is no longer a member", _always, "inviter_is_member", False,
         Action.NONE, Reason.INVITER_LEFT),
    Rule(7, "the group is full", _always, "group_full", True, Action.NONE, Reason.GROUP_FULL),
    Rule(8, "mutual follow is asked for (by an in-app pull, the invite or the policy) and there "
         "is none, and the policy then lets people ask to join", _lets_strangers_ask,
         "mutual_follow", False, Action.REQUEST, Reason.NOT_MUTUAL),
    Rule(8, "the same, and the policy does not let people ask", _asks_mutual_follow,
         "mutual_follow", False, Action.NONE, Reason.NOT_MUTUAL),
    Rule(9, "the invite asks for approval", _asks_approval, None, True,
         Action.REQUEST, Reason.NEEDS_APPROVAL),
    Rule(10, "none of the above", _always, None, True, Action.JOIN, None),
)  # fmt: skip


class Verdict(NamedTuple):
    """What the rules say.

    Attributes:
        action: What the popup offers.
        reason: Why it offers no more; None with JOIN.
        missing: The fact that the deciding rule lacked; empty unless UNDECIDED.
        passed: The rules that were looked at, in order; the last one decided.
    """

    action: Action
    reason: Reason | None
    missing: tuple[str, ...]
    passed: tuple[Rule, ...]


@without_trace
def judge(invite: Invite, visit: Visit, facts: Facts, *, policy: Policy | None = None) -> Verdict:
    """Apply the rules: the first that holds decides.

    Args:
        invite: What a verified passphrase says.
        visit: Who has pasted it, when, and where it was copied.
        facts: What the backend has looked up.
        policy: What the product allows; the defaults of `Policy` if left out.

    Raises:
        TypeError: An argument is of another type.
        pydantic.ValidationError: An argument was changed and holds what it must not.
    """
    return decide(case_of(invite, visit, facts, policy))


@without_trace
def needed_facts(
    invite: Invite,
    visit: Visit | None = None,
    facts: Facts | None = None,
    *,
    policy: Policy | None = None,
) -> tuple[str, ...]:
    """Name the facts that are worth a query: those not known yet on which the outcome may depend.

    They come in the order of the rules: the cheapest first, the social graph last. Look one up and
    ask again with it, or look all of them up at once. `join_prompt` does the former by itself.

    Args and errors are those of `judge`. Give what you know: with a visit, an expired passphrase
    costs no query. Without one, no rule about time, viewer or source refuses.
    """
    known = Facts() if facts is None else facts
    return needed(case_of(invite, visit, known, policy, needs_visit=False))


def decide(case: Case) -> Verdict:
    """Apply the rules to a case whose types have been checked; the last one always holds."""
    answers = ((index, rule, rule.holds(case)) for index, rule in enumerate(RULES, start=1))
    index, rule, holds = next(answer for answer in answers if answer[2] is not False)
    if holds is None and rule.fact:
        return Verdict(Action.NONE, Reason.UNDECIDED, (rule.fact,), RULES[:index])
    return Verdict(rule.action, rule.reason, (), RULES[:index])


def needed(case: Case) -> tuple[str, ...]:
    """Name the missing facts that come before the first rule that holds, in order."""
    answers = ((rule.fact, rule.holds(case)) for rule in RULES)
    before = takewhile(lambda answer: answer[1] is not True, answers)
    return tuple(dict.fromkeys(fact for fact, holds in before if fact and holds is None))


def case_of(
    invite: Invite,
    visit: Visit | None,
    facts: Facts,
    policy: Policy | None,
    *,
    needs_visit: bool = True,
) -> Case:
    """Make a case of arguments of the right types: a wrong one must not slip through a rule.

    Raises:
        TypeError, pydantic.ValidationError: As `judge` says.
    """
    policy = Policy() if policy is None else policy
    given: list[tuple[str, object, type]] = [
        ("invite", invite, Invite), ("facts", facts, Facts), ("policy", policy, Policy)
    ]  # fmt: skip
    if needs_visit or visit is not None:
        given.append(("visit", visit, Visit))
    for name, value, wanted in given:
        if not isinstance(value, wanted):
            msg = f"{name} must be {wanted.__name__}, not {type(value).__name__}"
            raise TypeError(msg)
    # `model_copy` checks nothing: a flag that is None must not count as one that is off.
    visit = visit and Visit.model_validate(visit)
    return Case(Invite.model_validate(invite), visit, facts, Policy.model_validate(policy))
