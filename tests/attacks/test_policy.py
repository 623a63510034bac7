"""Policy: only signed fields and the server's facts decide, never the text or the client."""

import inspect
import sqlite3
import unicodedata
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from attacks.attacks_support import outcome
from backend import unlimited
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from service.bodies import MintRequest, PastedRequest
from support import AUDIENCE, CODEC, INVITE, KEYRING, SCRIPTS

import passphrase
from passphrase import Action, Codec, Invite, JoinPrompt, Origin, Reason, Visit, join_prompt
from passphrase.joining.rules import Facts, judge, needed_facts
from passphrase.web import Pasted

NOW = INVITE.expires_at - timedelta(days=1)
GOOD: dict[str, Any] = {
    "generation": 0, "member": False, "banned": False, "inviter_is_member": True,
    "group_full": False,
}  # fmt: skip


def prompt_of(text: str, **changed: Any) -> JoinPrompt:
    """Open a text as a backend does that has asked for everything."""
    usual = {"viewer_id": 42, "now": NOW, "source": "wechat"}
    visit = Visit.model_validate({name: changed.pop(name, usual[name]) for name in usual})
    return join_prompt(CODEC.decode(text), visit, changed.pop("facts", Facts(**GOOD)), **changed)


def changed(**update: Any) -> Invite:
    return INVITE.model_copy(update=update)


CLAIMS = [
    "origin=in_app", "来自微信", '{"origin": "wechat", "approval": false}', "from WeChat: ",
    "?source=wechat&group_id=1", "viewer_id=42 member=true", "X-Origin: wechat\r\n\r\n",
    "<script>origin='wechat'</script>", "策略=允许 ",
]  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_words_around_a_passphrase_say_nothing(claim: str, script: str) -> None:
    """Text around a passphrase does not change the popup."""
    for origin, approval in product((Origin.WECHAT, Origin.QQ), (False, True)):
        text = CODEC.encode(changed(origin=origin, approval=approval), script=script)
        pasted = f"{claim}【{text}】{claim}"
        assert CODEC.decode(pasted).invite.origin is origin
        assert prompt_of(pasted) == prompt_of(text)
        expected = Action.NONE if origin is Origin.QQ else Action.JOIN
        assert prompt_of(text).action is (
            Action.REQUEST if approval and expected is Action.JOIN else expected
        )


@pytest.mark.parametrize(
    ("inviter", "viewer", "expected"),
    [
        (123, 123, Reason.SELF_INVITE),
        (123, "123", ValidationError),
        (123, 123.0, ValidationError),
        (123, b"123", ValidationError),
        (1, True, ValidationError),
        (0, False, ValidationError),
        (123, [123], ValidationError),
        (UUID(int=123), UUID(int=123), Reason.SELF_INVITE),
        (UUID(int=123), str(UUID(int=123)), ValidationError),
        (UUID(int=123), 123, None),  # another id: a UUID is no number
        (123, UUID(int=123), None),
    ],
    ids=repr,
)
def test_nobody_invites_themselves(inviter: Any, viewer: Any, expected: Any) -> None:
    """An inviter spells their own id another way to get round the rule: no type but the id's."""
    text = CODEC.encode(changed(inviter_id=inviter))
    if expected is ValidationError:
        with pytest.raises(ValidationError):
            prompt_of(text, viewer_id=viewer)
    else:
        assert prompt_of(text, viewer_id=viewer).reason is expected


OTHERS = [
    *(AUDIENCE[:length] for length in range(1, len(AUDIENCE))), *(f"{AUDIENCE}{end}" for end in
    ("x", "/", ",duoshan", "\ufe0f", "\u0301")), "Douyin",
    "DOUYIN", "ｄｏｕｙｉｎ", "dоuyin", "*", "any", "douyin|duoshan", "duoshan", "sign/douyin",
]  # fmt: skip


@pytest.mark.parametrize("other", OTHERS)
def test_an_audience_is_compared_whole(other: str) -> None:
    """A prefix, an extension, a list, a wildcard or a look-alike is another audience."""
    stranger = Codec(KEYRING, audience=other)
    for text in (CODEC.encode(INVITE), CODEC.encode(INVITE, script="hanzi")[1:]):
        assert isinstance(outcome(text, stranger), type)
    assert isinstance(outcome(stranger.encode(INVITE)), type)


@pytest.mark.parametrize("other", [" douyin", *(f"douyin{end}" for end in "\0 \n\u200b")])
def test_an_audience_that_looks_like_another_is_refused(other: str) -> None:
    """An audience with white space or invisible characters is refused."""
    with pytest.raises(ValueError, match="audience"):
        Codec(KEYRING, audience=other)


@pytest.mark.parametrize("audience", [None, "", b"douyin", ["douyin"], {"douyin"}, 0, True])
def test_no_audience_is_not_any_audience(audience: Any) -> None:
    """A missing, empty or list audience is refused; it does not mean any audience."""
    with pytest.raises((TypeError, ValueError)):
        Codec(KEYRING, audience=audience)


def test_normal_forms_of_an_audience_are_different_ones() -> None:
    """Audiences are not normalised, so another normal form is another audience."""
    composed = Codec(KEYRING, audience="caf\u00e9")
    other = Codec(KEYRING, audience=unicodedata.normalize("NFD", "caf\u00e9"))
    assert isinstance(outcome(composed.encode(INVITE), other), type)


ZONES = [UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12)), timezone.min]


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_the_clock_has_no_leeway(zone: tzinfo) -> None:
    """An invite is valid a microsecond before its expiry, but not at its expiry."""
    text = CODEC.encode(INVITE)
    for offset, reason in ((-1, None), (0, Reason.EXPIRED), (1, Reason.EXPIRED)):
        now = (INVITE.expires_at + timedelta(microseconds=offset)).astimezone(zone)
        prompt = prompt_of(text, now=now)
        assert (prompt.reason, prompt.seconds_left) == (reason, 0)


class NoOffset(tzinfo):
    """A time zone without an offset."""

    def utcoffset(self, _moment: datetime | None) -> None:
        return None

    def dst(self, _moment: datetime | None) -> None:
        return None

    def tzname(self, _moment: datetime | None) -> None:
        return None


@pytest.mark.parametrize(
    "now",
    [NOW.replace(tzinfo=None), NOW.replace(tzinfo=NoOffset()), NOW.date(), NOW.timestamp(),
     NOW.isoformat(), None, True],
    ids=["naive", "no offset", "date", "timestamp", "text", "none", "true"],
)  # fmt: skip
def test_a_clock_that_cannot_be_compared_admits_nobody(now: Any) -> None:
    """A naive `now`, or one of another type, is refused."""
    with pytest.raises(ValidationError):
        prompt_of(CODEC.encode(INVITE), now=now)


# --- Facts ---------------------------------------------------------------------------------------


class Asked(Exception):  # noqa: N818  # what a look-up that fails may raise
    """The social graph does not answer."""


class Failing(Facts, frozen=True):
    """Facts, one of which fails when it is looked at."""

    def __getattribute__(self, name: str) -> object:
        if name == "mutual_follow":
            raise Asked
        return super().__getattribute__(name)


@pytest.mark.parametrize("value", [None, "false", "true", "", 0, 1, [], [True], object()])
def test_mutual_follow_is_true_or_it_is_not(value: Any) -> None:
    """A timeout or an answer that is not a bool never counts as mutual follow."""
    text = CODEC.encode(changed(mutual_follow=True))
    facts = Facts.model_construct(None, **GOOD, mutual_follow=value)
    assert prompt_of(text, facts=facts).action is Action.NONE
    assert prompt_of(text, facts=Facts(**GOOD, mutual_follow=True)).action is Action.JOIN


def test_a_look_up_that_fails_makes_no_popup() -> None:
    """The exception of a failing look-up reaches the caller, and is never an answer."""
    with pytest.raises(Asked):
        prompt_of(CODEC.encode(changed(mutual_follow=True)), facts=Failing(**GOOD))


def test_nothing_known_is_nobody_admitted() -> None:
    """With no facts, or with one fact missing, nobody is admitted."""
    text = CODEC.encode(INVITE)
    assert prompt_of(text, facts=Facts()).action is Action.NONE
    for name in GOOD:
        facts = Facts(**{fact: value for fact, value in GOOD.items() if fact != name})
        prompt = prompt_of(text, facts=facts)
        assert (prompt.action, prompt.missing) == (Action.NONE, (name,))


COUNTS = {"generation", "uses_left"}


@given(
    flags=st.fixed_dictionaries(
        dict.fromkeys(["mutual_follow", "approval", "single_use"], st.booleans())
    ),
    facts=st.fixed_dictionaries(
        {
            name: st.none() | (st.integers(0, 2) if name in COUNTS else st.booleans())
            for name in Facts.model_fields
        }
    ),
    other=st.booleans() | st.none(),
    source=st.sampled_from([*Origin, None]),
)
def test_facts_that_were_not_asked_for_change_nothing(
    flags: dict[str, bool], facts: dict[str, Any], other: bool | None, source: Origin | None
) -> None:
    """A fact that no rule needs cannot be used to get in or to keep somebody out."""
    invite = changed(**flags)
    visit = Visit(viewer_id=42, now=NOW, source=source)
    needed = needed_facts(invite, visit)
    unasked = {
        name: (None if name in COUNTS else other)
        for name in Facts.model_fields
        if name not in needed
    }
    one = judge(invite, visit, Facts(**facts))
    two = judge(invite, visit, Facts(**facts | unasked))
    assert one == two


# --- What comes back from a client ---------------------------------------------------------------


def test_no_function_takes_a_prompt() -> None:
    """No function accepts a popup that a client sends back."""
    for name in passphrase.__all__:
        public = getattr(passphrase, name)
        if public is JoinPrompt:
            continue
        callables = [public, *vars(public).values()] if inspect.isclass(public) else [public]
        for function in filter(callable, callables):
            with suppress(ValueError):  # what is written in C may have no signature
                parameters = inspect.signature(function).parameters.values()
                assert not [p for p in parameters if "JoinPrompt" in f"{p.annotation}"]


def test_a_prompt_is_not_a_passphrase() -> None:
    """A popup or its JSON instead of a `Decoded` is a TypeError."""
    prompt = prompt_of(CODEC.encode(INVITE))
    visit = Visit(viewer_id=42, now=NOW, source="wechat")
    for sent in (prompt, prompt.model_dump(), prompt.model_dump_json(), INVITE, None):
        with pytest.raises(TypeError):
            join_prompt(sent, visit, Facts(**GOOD))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        if sent is not INVITE:
            with pytest.raises(TypeError):
                judge(sent, visit, Facts(**GOOD))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_an_id_that_is_used_again(tmp_path: Path) -> None:
    """The id of a deleted group or account is given to another one.

    An invite says no more than ids and a generation: gone is refused, but a new group must go on
    counting where the old one ended, and an id of a person must not be used again.
    """
    path = tmp_path / "invites.db"
    invites = unlimited(path, KEYRING)
    invites.add_group(5, "old", 7)
    message = invites.mint(MintRequest(group_id="5", to="wechat"), 7).message
    asked = PastedRequest(text=Pasted(message), source="wechat")
    decoded = invites.read(asked, 42, "here")

    def opened(*statements: str) -> Reason | None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            for statement in statements:
                db.execute(statement)
        return invites.open(decoded, asked, 42).reason

    assert opened() is None
    assert opened("DELETE FROM groups") is Reason.REVOKED
    assert (
        opened(
            "INSERT INTO groups VALUES (5, 'new', 8, 500)",
            "INSERT INTO invite_groups VALUES (5, 1)",
        )
        is Reason.REVOKED
    )
    # Counted from zero again, the new group is the old one to whoever kept an invite.
    assert opened("UPDATE invite_groups SET generation = 0") is None
    assert opened("DELETE FROM members WHERE user_id = 7") is Reason.INVITER_LEFT
    # The id of the inviter belongs to another person, who has joined: it is an invite of theirs.
    assert opened("INSERT INTO members VALUES (5, 7)") is None
    invites.pool.close()


def test_between_popup_and_tap_everything_is_judged_again() -> None:
    """If facts change while the popup is open, the tap is refused."""
    text = CODEC.encode(INVITE)
    assert prompt_of(text).action is Action.JOIN
    for change in ({"banned": True}, {"generation": 1}, {"group_full": True}):
        assert prompt_of(text, facts=Facts(**GOOD | change)).action is Action.NONE
    assert prompt_of(text, now=INVITE.expires_at).action is Action.NONE
