"""`Invite`, `Visit` and `Facts` -> `Verdict`: one table of rules about who can join.

Source: docs/admission.md, whose table is generated from RULES. Nothing here runs a query. Only True
and False count as answers, so a missing fact or a value of another type never admits anybody.

Shapes:
    fact  an attribute of `Facts`; None if it is unknown
"""

from collections.abc import Callable
from enum import StrEnum
from types import NoneType
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from passphrase.errors import without_trace
from passphrase.format.layout import GENERATIONS
from passphrase.invite import Id, Invite, Lifetime, Origin, OriginWord, plain

__all__ = ["Action", "Facts", "Policy", "Reason", "Visit", "needed_facts"]

_LAX: Final = Field(strict=False)  # a settings file can only hold lists


class Action(StrEnum):
    """What the popup offers to do."""

    JOIN = "join"
    REQUEST = "request"
    WAIT = "wait"
    SIGN_IN = "sign_in"
    NONE = "none"


class Reason(StrEnum):
    """Why the popup does not offer to join at once."""

    EXPIRED = "expired"
    RUNS_TOO_LONG = "runs_too_long"
    REVOKED = "revoked"
    USED_UP = "used_up"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    ORIGIN_MISMATCH = "origin_mismatch"
    SELF_INVITE = "self_invite"
    ALREADY_MEMBER = "already_member"
    BANNED = "banned"
    INVITER_LEFT = "inviter_left"
    GROUP_FULL = "group_full"
    NOT_SIGNED_IN = "not_signed_in"
    NOT_MUTUAL = "not_mutual"
    NEEDS_APPROVAL = "needs_approval"
    UNDECIDED = "undecided"


class Facts(BaseModel, frozen=True, extra="forbid", strict=True):
    """What the backend knows about the passphrase, the group and the people; None if unknown.

    Attributes:
        generation: How often the group has reset its invites; compared modulo 256.
        revoked: The passphrase's fingerprint is on the deny-list.
        spent: All uses of the passphrase are taken: the one of a single-use invite, or as many as
            your cap. Of a viewer who has used it: they are not a member any more.
        uses_left: How many more people can join with it. The inviter is told; it decides nothing.
        member: The viewer is in the group.
        banned: The viewer is banned from the group.
        inviter_is_member: The inviter is in the group.
        group_full: The group is full.
        mutual_follow: Viewer and inviter follow each other.

    Raises:
        pydantic.ValidationError: A name is unknown, or a value has the wrong type (1 for True).
    """

    generation: Annotated[int, Field(ge=0)] | None = None
    revoked: bool | None = None
    spent: bool | None = None
    uses_left: Annotated[int, Field(ge=0)] | None = None
    member: bool | None = None
    banned: bool | None = None
    inviter_is_member: bool | None = None
    group_full: bool | None = None
    mutual_follow: bool | None = None


class Policy(BaseModel, frozen=True, extra="forbid", strict=True, revalidate_instances="always"):
    """The settings of a product. The defaults are the rules of Douyin in 2020.

    Attributes:
        origins: Chat apps that may carry passphrases: "wechat", "qq" or both. In-app invites are
            not affected: rule 8 is for them.
        strict_source: Refuse a passphrase that was copied in another app than the one in its
            signed origin.
        require_source: Also refuse if the client does not say where the text was copied.
        require_mutual_follow: Require mutual follow even if the invite does not.
        request_when_not_mutual: Let people without mutual follow ask to join.
        deny_list: You keep a deny-list of fingerprints: look up the fact `revoked`.
        count_uses: Your ledger counts the uses of every invite: look up the fact `spent` of each,
            not only of single-use ones.
        max_lifetime: Refuse an invite that still runs for longer than this. It limits what a leaked
            key can make, and what a careless service mints.
        when_full: What a full group offers: "request" to ask, "wait" for a place on your wait list,
            or "none".
        icebreakers: Ids of greeting stickers that the client offers after a join.

    Raises:
        pydantic.ValidationError: A setting is unknown or has the wrong type.
    """

    origins: Annotated[frozenset[OriginWord], _LAX] = frozenset({Origin.WECHAT, Origin.QQ})
    strict_source: bool = True
    require_source: bool = False
    require_mutual_follow: bool = False
    request_when_not_mutual: bool = False
    deny_list: bool = False
    count_uses: bool = False
    max_lifetime: Lifetime | None = None
    when_full: Literal["none", "request", "wait"] = "none"
    icebreakers: Annotated[tuple[str, ...], _LAX] = ()


class Visit(BaseModel, frozen=True, extra="forbid", strict=True, revalidate_instances="always"):
    """Who pasted a passphrase, when, and where it was copied.

    Attributes:
        viewer_id: The signed-in user who pasted it: an int in [0, 2^64) or a UUID. None if nobody
            is signed in.
        now: The current time, an aware datetime.
        source: Where the client says that the text was copied: "wechat", "qq" or "in_app". None
            if the client does not say.

    Raises:
        pydantic.ValidationError: A field is missing, unknown or of the wrong type, or `now` is
            naive.
    """

    viewer_id: Id | None
    now: Annotated[AwareDatetime, AfterValidator(plain)]
    source: OriginWord | None


class Case(NamedTuple):
    """Everything that the rules depend on. Without a visit, the rules about visits never refuse."""

    invite: Invite
    visit: Visit | None
    facts: Facts
    policy: Policy


class Rule(NamedTuple):
    """One row of the table.

    Attributes:
        number: The number in docs/admission.md; related rows share one.
        when: The condition in words.
        asks: Returns, without any fact, whether the rule applies to a case.
        fact: Name of the fact that decides; None if `asks` decides alone.
        refuses_on: The value of the fact for which the condition holds.
        action: What the popup then offers.
        reason: Why it does not offer to join at once.
    """

    number: int
    when: str
    asks: Callable[[Case], bool]
    fact: str | None
    refuses_on: bool
    action: Action
    reason: Reason | None

    def holds(self, case: Case) -> bool | None:
        """Return whether the condition holds; None if its fact is unknown."""
        if not self.asks(case):
            return False
        if self.fact is None:
            return True
        known = _fact(case, self.fact)
        return None if known is None else known is self.refuses_on


def _fact(case: Case, name: str) -> bool | None:
    """Return a fact as True or False; None if it is missing or has the wrong type."""
    known = getattr(case.facts, name)
    if name == "generation":
        is_count = type(known) is int and known >= 0
        return known % GENERATIONS == case.invite.generation if is_count else None
    return known if known is True or known is False else None


def _always(_case: Case) -> bool:
    return True


def _is_signed_out(case: Case) -> bool:
    return case.visit is not None and case.visit.viewer_id is None


def _has_viewer(case: Case) -> bool:
    return not _is_signed_out(case)


def _is_expired(case: Case) -> bool:
    return case.visit is not None and case.invite.is_expired(case.visit.now)


def _runs_too_long(case: Case) -> bool:
    longest = case.policy.max_lifetime
    visit = case.visit
    return visit is not None and longest is not None and case.invite.outlasts(visit.now, longest)


def _has_deny_list(case: Case) -> bool:
    return case.policy.deny_list


def _counts_uses(case: Case) -> bool:
    return case.invite.single_use or case.policy.count_uses


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


def _turns_away_when_full(case: Case) -> bool:
    return case.policy.when_full == "none"


def _asks_when_full(case: Case) -> bool:
    return case.policy.when_full == "request"


def _lists_when_full(case: Case) -> bool:
    return case.policy.when_full == "wait"


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


# The first rule that holds decides. If a rule before it lacks its fact, the outcome is UNDECIDED.
RULES: Final = (
    Rule(1, "the invite has expired", _is_expired, None, True, Action.NONE, Reason.EXPIRED),
    Rule(1, "the invite runs for longer than the policy allows", _runs_too_long, None, True,
         Action.NONE, Reason.RUNS_TOO_LONG),
    Rule(2, "the group has reset its invites since", _always, "generation", False,
         Action.NONE, Reason.REVOKED),
    Rule(3, "the policy has a deny-list, and the passphrase is on it", _has_deny_list, "revoked",
         True, Action.NONE, Reason.REVOKED),
    Rule(3, "the invite is single-use, or the policy counts uses, and it is used up",
         _counts_uses, "spent", True,
         Action.NONE, Reason.USED_UP),
    Rule(4, "the policy does not allow the origin (in-app invites: see rule 8)",
         _is_foreign, None, True, Action.NONE, Reason.ORIGIN_NOT_ALLOWED),
    Rule(5, "the source is not the origin, or is unknown and the policy requires it",
         _is_misrouted, None, True, Action.NONE, Reason.ORIGIN_MISMATCH),
    Rule(6, "the viewer is the inviter", _is_self, None, True, Action.NONE, Reason.SELF_INVITE),
    Rule(6, "the viewer is already a member", _has_viewer, "member", True,
         Action.NONE, Reason.ALREADY_MEMBER),
    Rule(7, "the viewer is banned", _has_viewer, "banned", True, Action.NONE, Reason.BANNED),
    Rule(7, "the inviter is no longer a member", _always, "inviter_is_member", False,
         Action.NONE, Reason.INVITER_LEFT),
    Rule(7, "the group is full, and the policy offers nothing then", _turns_away_when_full,
         "group_full", True, Action.NONE, Reason.GROUP_FULL),
    Rule(7, "nobody is signed in", _is_signed_out, None, True,
         Action.SIGN_IN, Reason.NOT_SIGNED_IN),
    Rule(8, "mutual follow is required (by the in-app origin, the invite or the policy) but "
         "missing; the policy lets people ask", _lets_strangers_ask,
         "mutual_follow", False, Action.REQUEST, Reason.NOT_MUTUAL),
    Rule(8, "the same, but the policy does not let people ask", _asks_mutual_follow,
         "mutual_follow", False, Action.NONE, Reason.NOT_MUTUAL),
    Rule(9, "the group is full; the policy lets people ask", _asks_when_full, "group_full", True,
         Action.REQUEST, Reason.GROUP_FULL),
    Rule(9, "the group is full; the policy has a wait list", _lists_when_full, "group_full", True,
         Action.WAIT, Reason.GROUP_FULL),
    Rule(10, "the invite requires approval", _asks_approval, None, True,
         Action.REQUEST, Reason.NEEDS_APPROVAL),
    Rule(11, "none of the above", _always, None, True, Action.JOIN, None),
)  # fmt: skip


class Verdict(NamedTuple):
    """The outcome of the rules.

    Attributes:
        action: What the popup offers.
        reason: Why it does not offer to join at once; None with JOIN.
        missing: The fact that the deciding rule lacked; empty unless UNDECIDED.
        passed: The rules that were tried, in order; the last one decided.
    """

    action: Action
    reason: Reason | None
    missing: tuple[str, ...]
    passed: tuple[Rule, ...]


@without_trace
def judge(invite: Invite, visit: Visit, facts: Facts, *, policy: Policy | None = None) -> Verdict:
    """Apply the rules: the first one that holds decides.

    Args:
        invite: The invite of a verified passphrase.
        visit: Who pasted it, when, and where it was copied.
        facts: What the backend looked up.
        policy: The rules of your product; by default `Policy()`.

    Raises:
        TypeError: An argument has the wrong type.
        pydantic.ValidationError: An argument was changed past its validation and is invalid.
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
    """Return the names of the unknown facts that can still change the outcome.

    They are in the order of the rules: the cheapest query first, the social graph last. Look up
    one and call this again, as `join_prompt` does; or look up all of them at once.

    Args and errors are those of `judge`. With a visit, an expired invite needs no facts. Without a
    visit, the rules about time, viewer and source do not refuse.
    """
    known = Facts() if facts is None else facts
    return needed(case_of(invite, visit, known, policy, visit_types=(Visit, NoneType)))


def decide(case: Case) -> Verdict:
    """Apply the rules to a case of checked types. The last rule always holds."""
    answers = ((index, rule, rule.holds(case)) for index, rule in enumerate(RULES, start=1))
    index, rule, holds = next(answer for answer in answers if answer[2] is not False)
    if holds is None and rule.fact:
        return Verdict(Action.NONE, Reason.UNDECIDED, (rule.fact,), RULES[:index])
    return Verdict(rule.action, rule.reason, (), RULES[:index])


def needed(case: Case) -> tuple[str, ...]:
    """Return the unknown facts that the rules ask for, up to the first rule that holds."""
    first = next(index for index, rule in enumerate(RULES) if rule.holds(case))
    names = [rule.fact for rule in RULES[:first] if rule.fact and rule.holds(case) is None]
    return tuple(dict.fromkeys([*names, *_told(RULES[first], case)]))


def lacking(case: Case) -> tuple[str, ...]:
    """Return the fact that the deciding rule lacks, or else the one that its popup lacks."""
    verdict = decide(case)
    return verdict.missing or _told(verdict.passed[-1], case)


def uses_left(rule: Rule, case: Case) -> int | None:
    """Return the fact `uses_left` for the popup of a rule.

    Returns:
        None if this popup does not show it, or if it is unknown.
    """
    known: object = case.facts.uses_left
    return known if _tells_uses(rule, case) and type(known) is int and known >= 0 else None


def _told(rule: Rule, case: Case) -> tuple[str, ...]:
    """Return the unknown fact that the popup of a rule tells, if it tells one."""
    return ("uses_left",) if _tells_uses(rule, case) and case.facts.uses_left is None else ()


def _tells_uses(rule: Rule, case: Case) -> bool:
    return rule.reason is Reason.SELF_INVITE and _counts_uses(case)


def case_of(
    invite: Invite,
    visit: Visit | None,
    facts: Facts,
    policy: Policy | None,
    *,
    visit_types: tuple[type, ...] = (Visit,),
) -> Case:
    """Check the types of the arguments and make a case of them.

    Raises:
        TypeError, pydantic.ValidationError: As in `judge`.
    """
    policy = Policy() if policy is None else policy
    for name, value, wanted in (
        ("invite", invite, (Invite,)),
        ("facts", facts, (Facts,)),
        ("policy", policy, (Policy,)),
        ("visit", visit, visit_types),
    ):
        if not isinstance(value, wanted):
            msg = f"{name} must be {wanted[0].__name__}, not {type(value).__name__}"
            raise TypeError(msg)
    # `model_copy` validates nothing, so a flag could be None; it must not count as False.
    visit = visit and Visit.model_validate(visit)
    return Case(Invite.model_validate(invite), visit, facts, Policy.model_validate(policy))
