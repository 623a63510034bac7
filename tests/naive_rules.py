"""A second, simple implementation of the rules of joining: an oracle for tests and fuzzers."""

from typing import NamedTuple

Answer = tuple[str, str | None]  # action and reason
# By name of `Facts`; of the generation, whether the group's is the invite's. None if unknown.
Row = tuple[bool | None, ...]


class Situation(NamedTuple):
    """Everything that the rules depend on and that needs no query."""

    expired: bool
    too_long: bool
    own: bool
    signed_in: bool
    origin: str
    source: str | None
    mutual_follow: bool
    approval: bool
    single_use: bool
    strict_source: bool
    require_source: bool
    require_mutual_follow: bool
    request_when_not_mutual: bool
    deny_list: bool
    count_uses: bool
    when_full: str
    origins: frozenset[str]


def naive(case: Situation, row: Row) -> Answer:  # noqa: C901, PLR0911, PLR0912
    """Apply the rules of the product, written as plain code instead of a table."""
    current, revoked, spent, member, banned, inviter_in, full, mutual = row
    none = "none"
    if case.expired:
        return none, "expired"
    if case.too_long:
        return none, "runs_too_long"
    if current is None:
        return none, "undecided"
    if not current:
        return none, "revoked"
    if case.deny_list:
        if revoked is None:
            return none, "undecided"
        if revoked:
            return none, "revoked"
    if case.single_use or case.count_uses:
        if spent is None:
            return none, "undecided"
        if spent:
            return none, "used_up"
    if case.origin != "in_app" and case.origin not in case.origins:
        return none, "origin_not_allowed"
    if case.source is None:
        if case.require_source:
            return none, "origin_mismatch"
    elif case.strict_source and case.source != case.origin:
        return none, "origin_mismatch"
    if case.own and case.signed_in:
        return none, "self_invite"
    for fact, bad, reason in (
        (member, True, "already_member"),
        (banned, True, "banned"),
        (inviter_in, False, "inviter_left"),
        (full, True, "group_full"),
    ):
        if reason == "group_full" and case.when_full != none:
            continue
        if case.signed_in or reason in {"inviter_left", "group_full"}:
            if fact is None:
                return none, "undecided"
            if fact is bad:
                return none, reason
    if not case.signed_in:
        return "sign_in", "not_signed_in"
    if case.origin == "in_app" or case.mutual_follow or case.require_mutual_follow:
        if mutual is None:
            return none, "undecided"
        if not mutual:
            return ("request" if case.request_when_not_mutual else none), "not_mutual"
    if case.when_full != none:
        if full is None:
            return none, "undecided"
        if full:
            return case.when_full, "group_full"
    return ("request", "needs_approval") if case.approval else ("join", None)
