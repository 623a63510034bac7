"""`Decoded`, `Visit` and facts -> `JoinPrompt`: the popup, as JSON for a client.

Source: docs/admission.md. Names come from the caller, never from the pasted text.

Shapes:
    seconds_left  whole seconds, rounded down, 0 or more
"""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, Field

from passphrase.codec import Decoded
from passphrase.errors import without_trace
from passphrase.invite import Id, Invite
from passphrase.joining.facts import Lookups, look_up
from passphrase.joining.rules import Action, Case, Facts, Policy, Reason, Visit, case_of, decide
from passphrase.languages import Locale, load_language
from passphrase.languages.language import Language, PopupText, PopupTexts, fill
from passphrase.reading.repair import Damage
from passphrase.sharing.names import isolated, one_line

CONFIRM_GLYPHS_MIN: Final = 2
PLACEHOLDERS: Final = ("group", "inviter", "origin", "left", "ago")
SECOND: Final = timedelta(seconds=1)
PlainText = Annotated[str, Field(description="plain text, never HTML: show it by textContent")]
# Reasons whose popup may carry the ids: the viewer knows them.
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
    visit: Visit,
    facts: Facts | Lookups,
    *,
    policy: Policy | None = None,
    locale: Locale = "zh-Hans",
    group_name: str | None = None,
    inviter_name: str | None = None,
    popup_texts: PopupTexts | None = None,
) -> JoinPrompt:
    """Make the popup that a pasted passphrase leads to.

    Args:
        decoded: What the codec has read and verified.
        visit: Who has pasted it, when, and where it was copied.
        facts: An object with a method for each fact, such as `def member(self, decoded, visit)`.
            Only facts on which the outcome depends are asked, each once, in the order of the rules.
            A missing method, None or a value of another type admits nobody. If you look facts up
            yourself: `Facts`, for which `needed_facts` names those worth a query.
        policy: What the product allows; the defaults of `Policy` if left out.
        locale: "zh-Hans", "zh-Hant" or "en".
        group_name: The group's name as it is now.
        inviter_name: The inviter's name as it is now.
        popup_texts: Popup texts of your own for some outcomes, in the language of `locale`, with
            the placeholders of `PopupText`. Keys are pairs of action and reason.

    Raises:
        TypeError: An argument is of another type, or a method of `facts` is async.
        ValueError: There is no such locale, or a popup text of your own is for an unknown outcome
            or has an unknown placeholder.
        Exception: What a method of `facts` raises.
    """
    popups = check_texts(decoded, locale, popup_texts)
    case = case_of(decoded.invite, visit, Facts(), policy)
    known = facts if isinstance(facts, Facts) else look_up(case, decoded, facts)
    left = decoded.invite.expires_at - visit.now
    names = group_name, inviter_name
    return make_prompt(decoded, case._replace(facts=known), left, names, popups, locale)


def make_prompt(  # noqa: PLR0913, PLR0917  # two callers, which have all of it at hand
    decoded: Decoded,
    case: Case,
    left: timedelta,
    names: tuple[str | None, str | None],
    popups: PopupTexts,
    locale: Locale,
) -> JoinPrompt:
    """Make the popup of a case, all of whose facts have been asked that are to be asked.

    Args:
        decoded: What the codec has read.
        case: The invite with visit, facts and policy.
        left: Time until the invite expires; below 0 afterwards.
        names: Those of the group and of the inviter.
        popups: What `check_texts` returned.
        locale: The language of `popups`.
    """
    verdict, invite, language = decide(case), decoded.invite, load_language(locale)
    offers = verdict.action is not Action.NONE
    may_know = offers or verdict.reason in _KNOWING
    if not offers and verdict.reason is not Reason.ALREADY_MEMBER:
        names = None, None
    fields = _fields(invite, language, *names, left=left)
    text = PopupText(*(fill(part, fields) for part in popups[verdict.action, verdict.reason]))
    confirm = _glyphs_changed(decoded) >= CONFIRM_GLYPHS_MIN
    return JoinPrompt(
        action=verdict.action,
        reason=verdict.reason,
        title=text.title,
        message=text.message + language.confirm * (confirm and offers),
        button=text.button,
        locale=locale,
        confirm=confirm,
        group_id=invite.group_id if may_know else None,
        inviter_id=invite.inviter_id if may_know else None,
        expires_at=invite.expires_at,
        seconds_left=max(left, timedelta()) // SECOND,
        icebreakers=case.policy.icebreakers if verdict.action is Action.JOIN else (),
        missing=verdict.missing,
    )


def check_texts(decoded: Decoded, locale: Locale, own: PopupTexts | None) -> PopupTexts:
    """Return the popup texts, those of the caller's own in place; check all before a query.

    Raises:
        TypeError, ValueError: As `join_prompt` says of these arguments.
    """
    if not isinstance(decoded, Decoded):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("decoded is not what a codec has decoded")
    popups = load_language(locale).popups
    if not own:
        return popups
    if not own.keys() <= popups.keys():
        raise ValueError("popup_texts has a key that is not a pair of action and reason")
    for text in own.values():
        for part in text:
            fill(part, dict.fromkeys(PLACEHOLDERS, ""))
    return {**popups, **own}


def _glyphs_changed(decoded: Decoded) -> int:
    return sum(2 if repair.kind is Damage.SWAPPED else 1 for repair in decoded.repairs)


def _fields(
    invite: Invite, language: Language, group: str | None, inviter: str | None, *, left: timedelta
) -> dict[str, str]:
    """Return the placeholders; a group or inviter without a name gets a word for what it is."""
    return {
        "group": language.quote(isolated(one_line(group or ""))) or language.group,
        "inviter": language.quote(isolated(one_line(inviter or ""))) or language.inviter,
        "origin": language.origins[invite.origin],
        "left": language.time_left(left // SECOND),
        "ago": language.time_ago(-left // SECOND),
    }
