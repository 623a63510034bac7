"""`Decoded`, facts and policy -> `JoinPrompt`: the popup, as JSON for a client.

Source: docs/admission.md. The caller looks up the names; they never come from the
pasted text.

Shapes:
    seconds_left  whole seconds, rounded down, 0 or more
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from passphrase.codec import Decoded
from passphrase.errors import without_trace
from passphrase.invite import Id, Invite, Origin, plain
from passphrase.joining.rules import Action, Facts, Policy, Reason, judge
from passphrase.languages.words import (
    LANGUAGES,
    LOCALES,
    POPUPS,
    Locale,
    Outcome,
    Words,
    fill,
    quoted,
    time_ago,
    time_left,
)
from passphrase.reading.repair import Damage
from passphrase.sharing.names import isolated, one_line

CONFIRM_GLYPHS_MIN: Final = 2
PLACEHOLDERS: Final = ("group", "inviter", "origin", "left", "ago")
SECOND: Final = timedelta(seconds=1)
PlainText = Annotated[str, Field(description="plain text, never HTML: show it by textContent")]
# Whom a refusal may tell which group it is about: they know its id already.
_KNOWING: Final = frozenset({Reason.SELF_INVITE, Reason.ALREADY_MEMBER})


class JoinPrompt(BaseModel, frozen=True, extra="forbid", strict=True):
    """The popup. A refusal tells somebody outside the group nothing of it but the reason.

    Attributes:
        action: What the button does: join, ask to join, or nothing.
        reason: Why it does no more; null with join.
        title: One line of plain text, as are the next two: never HTML.
        message: One or two sentences.
        button: The word on the button.
        locale: The language of these words.
        confirm: Two glyphs or more were repaired: let the person check group and inviter.
        group_id: The group; null where the viewer is not to know.
        inviter_id: Who invites; null where the viewer is not to know.
        expires_at: First moment at which the invite is no longer valid.
        seconds_left: Whole seconds until then, 0 or more.
        icebreakers: Greeting stickers to offer after the join; empty without one.
        missing: The fact that the deciding rule lacked; for the backend's log.
    """

    action: Action
    reason: Reason | None
    title: PlainText
    message: PlainText
    button: PlainText
    locale: Locale
    confirm: bool
    group_id: Id | None
    inviter_id: Id | None
    expires_at: AwareDatetime
    seconds_left: Annotated[int, Field(ge=0)]
    icebreakers: tuple[str, ...]
    missing: tuple[str, ...]


@without_trace
def join_prompt(  # noqa: PLR0913  # all that a popup depends on, by name
    decoded: Decoded,
    *,
    viewer_id: int | UUID,
    now: datetime,
    source: Origin | None,
    facts: Facts,
    policy: Policy | None = None,
    locale: Locale = "zh-Hans",
    group_name: str | None = None,
    inviter_name: str | None = None,
    words: Mapping[Outcome, Words] | None = None,
) -> JoinPrompt:
    """Make the popup that a pasted passphrase leads to.

    Args:
        decoded: What the codec has read and verified.
        viewer_id: Who has pasted it; from the session, never from the text.
        now: An aware datetime.
        source: Where the client says that the text was copied from; None if it does not say.
        facts: What the backend has looked up; `needed_facts` names what is worth it.
        policy: What the product allows; the defaults of `Policy` if left out.
        locale: "zh-Hans", "zh-Hant" or "en".
        group_name: The group's name as it is now.
        inviter_name: The inviter's name as it is now.
        words: Words of your own for some outcomes, in the language of `locale`, with the
            placeholders of `Words`.

    Raises:
        TypeError: An argument is of another type, or `now` is naive.
        ValueError: There is no such locale, or words of your own are for an outcome that there is
            not, or have an unknown placeholder.
    """
    policy = Policy() if policy is None else policy
    if not isinstance(decoded, Decoded):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("decoded is not what a codec has decoded")
    if locale not in LOCALES:
        msg = f"locale must be one of {', '.join(LOCALES)}"
        raise ValueError(msg)
    popups = _popups(locale, words)
    invite = decoded.invite
    verdict = judge(invite, viewer_id=viewer_id, now=now, source=source, facts=facts, policy=policy)
    offers = verdict.action is not Action.NONE
    may_know = offers or verdict.reason in _KNOWING
    if not offers and verdict.reason is not Reason.ALREADY_MEMBER:
        group_name = inviter_name = None
    left = invite.expires_at - plain(now)
    fields = _fields(invite, locale, group_name, inviter_name, left=left)
    spoken = Words(*(fill(part, fields) for part in popups[verdict.action, verdict.reason]))
    confirm = _glyphs_changed(decoded) >= CONFIRM_GLYPHS_MIN
    caution = LANGUAGES[locale].confirm
    return JoinPrompt(
        action=verdict.action,
        reason=verdict.reason,
        title=spoken.title,
        message=spoken.message + caution if confirm and offers else spoken.message,
        button=spoken.button,
        locale=locale,
        confirm=confirm,
        group_id=invite.group_id if may_know else None,
        inviter_id=invite.inviter_id if may_know else None,
        expires_at=invite.expires_at,
        seconds_left=max(left, timedelta()) // SECOND,
        icebreakers=policy.icebreakers if verdict.action is Action.JOIN else (),
        missing=verdict.missing,
    )


def _popups(locale: Locale, words: Mapping[Outcome, Words] | None) -> Mapping[Outcome, Words]:
    """Put words of the caller's own in place, all of them checked before one is needed."""
    if not words:
        return POPUPS[locale]
    if not words.keys() <= POPUPS[locale].keys():
        raise ValueError("words are for outcomes that there are: pairs of action and reason")
    for own in words.values():
        for part in own:
            fill(part, dict.fromkeys(PLACEHOLDERS, ""))
    return {**POPUPS[locale], **words}


def _glyphs_changed(decoded: Decoded) -> int:
    return sum(2 if repair.kind is Damage.SWAPPED else 1 for repair in decoded.repairs)


def _fields(
    invite: Invite, locale: Locale, group: str | None, inviter: str | None, *, left: timedelta
) -> dict[str, str]:
    """Return the placeholders; a group or inviter without a name gets a word for what it is."""
    language = LANGUAGES[locale]
    return {
        "group": quoted(isolated(one_line(group or "")), locale) or language.group,
        "inviter": quoted(isolated(one_line(inviter or "")), locale) or language.inviter,
        "origin": language.origins[invite.origin],
        "left": time_left(left // SECOND, locale),
        "ago": time_ago(-left // SECOND, locale),
    }
