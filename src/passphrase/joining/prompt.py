"""`Decoded`, `Visit` and facts -> `JoinPrompt`: the popup, and the line after a join.

Source: docs/admission.md. Names come from the caller, never from the pasted text.

Shapes:
    seconds_left  whole seconds, rounded down, 0 or more
"""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, Field

from passphrase.decoded import Decoded
from passphrase.errors import without_trace
from passphrase.invite import Id, Invite
from passphrase.joining.facts import Lookups, look_up
from passphrase.joining.rules import (
    Action,
    Case,
    Facts,
    Policy,
    Reason,
    Visit,
    case_of,
    decide,
    uses_left,
)
from passphrase.languages import Locale, load_language
from passphrase.languages.language import Language, PopupText, PopupTexts, fill
from passphrase.reading.repair import Damage
from passphrase.sharing.names import isolated, one_line

__all__ = ["JoinPrompt", "join_line", "join_prompt"]

CONFIRM_GLYPHS_MIN: Final = 2
PLACEHOLDERS: Final = ("group", "inviter", "origin", "left", "ago")
SECOND: Final = timedelta(seconds=1)
PlainText = Annotated[str, Field(description="plain text, never HTML: show it by textContent")]
# Refusals that still carry the ids, because the viewer knows them already.
_KNOWING: Final = frozenset({Reason.SELF_INVITE, Reason.ALREADY_MEMBER})
_OFFERS: Final = frozenset(
    {Action.JOIN, Action.REQUEST, Action.WAIT}
)  # these name group and inviter


class JoinPrompt(BaseModel, frozen=True, extra="forbid", strict=True):
    """The popup for a client. A refusal tells outsiders the reason, and nothing about the group.

    Attributes:
        action: What the button does: join, ask to join, wait, sign in, or nothing.
        reason: Why the button does not join; null if it does.
        title: One line. Title, message and button are plain text, never HTML.
        message: One or two sentences.
        button: The label of the button.
        locale: The language of title, message and button.
        confirm: Two or more glyphs were repaired: ask the person to check group and inviter.
        group_id: The group; null if the viewer must not know it.
        inviter_id: The inviter; null if the viewer must not know it.
        expires_at: The first moment at which the invite has expired.
        seconds_left: Whole seconds until then, 0 or more.
        icebreakers: Ids of greeting stickers to offer after a join; otherwise empty.
        uses_left: How many more people can join with it: for the inviter only, and if you count.
        missing: The fact that the deciding rule lacked, for the backend's log.
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
    uses_left: Annotated[int, Field(ge=0)] | None
    missing: tuple[str, ...]


@without_trace
def join_prompt(  # noqa: PLR0913  # everything that the popup depends on, by keyword
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
    """Make the popup for a pasted passphrase: may this viewer join?

    Args:
        decoded: The result of `Codec.decode`.
        visit: Who pasted it, when, and where it was copied.
        facts: An object with one method for each fact, such as `def member(self, decoded, visit)`.
            Methods are called in the order of the rules, each at most once, and only if the
            outcome depends on it. A missing method, None or a value of the wrong type admits
            nobody. If you look facts up yourself, give a `Facts`; see `needed_facts`.
        policy: The rules of your product; by default `Policy()`.
        locale: "zh-Hans", "zh-Hant" or "en".
        group_name: The current name of the group.
        inviter_name: The current name of the inviter.
        popup_texts: Your own texts in the language of `locale`, by (action, reason). See
            `PopupText` for the placeholders.

    Raises:
        TypeError: An argument has the wrong type; or a method of `facts` is async: await
            `ajoin_prompt`.
        ValueError: The locale is unknown, or one of your texts has an unknown key or placeholder:
            see `PopupText`.
        Exception: Any exception of a method of `facts`.
    """
    popups = check_texts(decoded, locale, popup_texts)
    case = case_of(decoded.invite, visit, Facts(), policy)
    known = facts if isinstance(facts, Facts) else look_up(case, decoded, facts)
    left = decoded.invite.expires_at - visit.now
    names = group_name, inviter_name
    return make_prompt(decoded, case._replace(facts=known), left, names, popups, locale)


@without_trace
def join_line(
    *, inviter_name: str | None, newcomer_name: str | None, locale: Locale = "zh-Hans"
) -> str:
    """Make the line that the group reads after a join: who invited whom.

    Args:
        inviter_name: The current name of the inviter.
        newcomer_name: The current name of the person who joined.
        locale: The language of the reader: "zh-Hans", "zh-Hant" or "en".

    Returns:
        One line of plain text, never HTML. Names are made harmless, as in a popup.

    Raises:
        ValueError: The locale is unknown.
    """
    language = load_language(locale)
    fields = {
        "inviter": _quoted(language, inviter_name) or language.inviter,
        "newcomer": _quoted(language, newcomer_name) or language.newcomer,
    }
    return fill(language.joined, fields)


def make_prompt(  # noqa: PLR0913, PLR0917  # private, with two callers
    decoded: Decoded,
    case: Case,
    left: timedelta,
    names: tuple[str | None, str | None],
    popups: PopupTexts,
    locale: Locale,
) -> JoinPrompt:
    """Make the popup of a case whose facts have been looked up.

    Args:
        decoded: The result of `Codec.decode`.
        case: Invite, visit, facts and policy.
        left: Time until the invite expires; negative if it has expired.
        names: Name of the group and name of the inviter.
        popups: The result of `check_texts`.
        locale: The language of `popups`.
    """
    verdict, invite, language = decide(case), decoded.invite, load_language(locale)
    offers = verdict.action in _OFFERS
    may_know = offers or verdict.reason in _KNOWING
    if not offers and verdict.reason is not Reason.ALREADY_MEMBER:
        names = None, None
    fields = _fields(invite, language, *names, left=left)
    text = PopupText(*(fill(part, fields) for part in popups[verdict.action, verdict.reason]))
    confirm = _glyphs_changed(decoded) >= CONFIRM_GLYPHS_MIN
    left_over = uses_left(verdict.passed[-1], case)
    added = language.confirm if confirm and offers else language.uses_left(left_over)
    return JoinPrompt(
        action=verdict.action,
        reason=verdict.reason,
        title=text.title,
        message=text.message + added,
        button=text.button,
        locale=locale,
        confirm=confirm,
        group_id=invite.group_id if may_know else None,
        inviter_id=invite.inviter_id if may_know else None,
        expires_at=invite.expires_at,
        seconds_left=max(left, timedelta()) // SECOND,
        icebreakers=case.policy.icebreakers if verdict.action is Action.JOIN else (),
        uses_left=left_over,
        missing=verdict.missing,
    )


def check_texts(decoded: Decoded, locale: Locale, own: PopupTexts | None) -> PopupTexts:
    """Check these arguments before any query, and return the popup texts with the caller's.

    Raises:
        TypeError, ValueError: As in `join_prompt`.
    """
    if not isinstance(decoded, Decoded):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("decoded must be a Decoded, as Codec.decode returns it")
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
    """Return the value of each placeholder.

    A missing name becomes "a group chat" or "a friend".
    """
    return {
        "group": _quoted(language, group) or language.group,
        "inviter": _quoted(language, inviter) or language.inviter,
        "origin": language.origins[invite.origin],
        "left": language.time_left(left // SECOND),
        "ago": language.time_ago(-left // SECOND),
    }


def _quoted(language: Language, name: str | None) -> str:
    """Make a name harmless and put it in quotation marks; empty if nothing is left of it."""
    return language.quote(isolated(one_line(name or "")))
