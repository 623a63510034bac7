"""The popup: texts for every outcome, correct times, and nothing for strangers."""

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any, cast

import pydantic
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import CODEC, INVITE, invites, moments
from test_names import names

from passphrase import Invite, JoinPrompt, Keyring, Origin, Policy, Reason, Visit, join_prompt
from passphrase.codec import Codec
from passphrase.decoded import Decoded
from passphrase.joining.prompt import join_line
from passphrase.joining.rules import Action, Facts, needed_facts
from passphrase.languages import LOCALES, Locale, PopupText, load_language
from passphrase.sharing.names import isolated, one_line

TEXT = CODEC.encode(INVITE)
NOW = INVITE.expires_at - timedelta(days=2, hours=23, minutes=59, seconds=59)
GOOD = Facts(generation=0, member=False, banned=False, inviter_is_member=True, group_full=False)
COUNTS = {"generation", "uses_left"}
facts = st.fixed_dictionaries(
    {
        name: st.none() | (st.integers(0, 1000) if name in COUNTS else st.booleans())
        for name in Facts.model_fields
    }
).map(Facts.model_validate)
switches = [name for name, field in Policy.model_fields.items() if field.annotation is bool]
policies = st.fixed_dictionaries(
    {
        "origins": st.frozensets(st.sampled_from(Origin)),
        "icebreakers": st.lists(st.text(), max_size=3),
        "max_lifetime": st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=30)),
        "when_full": st.sampled_from(("none", "request", "wait")),
        **dict.fromkeys(switches, st.booleans()),
    }
).map(Policy.model_validate)


def popup(decoded: Decoded | None = None, facts: Any = GOOD, **changed: Any) -> JoinPrompt:
    said = {"viewer_id": 42, "now": NOW, "source": "wechat"}
    visit = Visit.model_validate({name: changed.pop(name, said[name]) for name in said})
    names: dict[str, Any] = {"group_name": "火锅小分队", "inviter_name": "老王"}
    return join_prompt(decoded or CODEC.decode(TEXT), visit, facts, **names | changed)


def test_a_popup_to_join() -> None:
    """The JSON for a client: ids are strings, `seconds_left` is rounded down, the text up."""
    prompt = popup(policy=Policy(icebreakers=("hotpot", "wave")))
    assert json.loads(prompt.model_dump_json()) == {
        "action": "join",
        "reason": None,
        "title": "加入「火锅小分队」？",
        "message": "「老王」邀请你加入。有效期还剩 3 天。",
        "button": "加入群聊",
        "locale": "zh-Hans",
        "confirm": False,
        "group_id": "6824193837465920001",
        "inviter_id": "102938475610293847",
        "expires_at": "2026-11-29T12:00:00Z",
        "seconds_left": 259199,
        "icebreakers": ["hotpot", "wave"],
        "uses_left": None,
        "missing": [],
    }


@given(
    invite=invites,
    case=st.fixed_dictionaries(
        {
            "facts": facts,
            "policy": policies,
            "source": st.none() | st.sampled_from(Origin),
            "viewer_id": st.sampled_from((42, None)),
            "locale": st.sampled_from(LOCALES),
            "now": moments,
        }
    ),
)
def test_every_popup(invite: Invite, case: dict[str, Any]) -> None:
    """Every popup survives JSON and is consistent, and a refusal shows strangers no group."""
    decoded = CODEC.decode(CODEC.encode(invite))
    now, policy = case["now"], case["policy"]
    prompt = popup(decoded, **case, group_name="GROUP", inviter_name="INVITER")
    assert JoinPrompt.model_validate_json(prompt.model_dump_json()) == prompt
    assert (prompt.reason is None) is (prompt.action is Action.JOIN)
    assert (prompt.missing != ()) is (prompt.reason is Reason.UNDECIDED)
    assert now + timedelta(seconds=prompt.seconds_left) <= max(invite.expires_at, now)
    assert prompt.icebreakers == (policy.icebreakers if prompt.action is Action.JOIN else ())
    offers = prompt.action in {Action.JOIN, Action.REQUEST, Action.WAIT}
    if not offers and prompt.reason is not Reason.ALREADY_MEMBER:
        told = prompt.model_dump_json()
        assert "GROUP" not in told
        assert "INVITER" not in told
        assert prompt.group_id is None
        assert prompt.inviter_id is None
    else:
        assert prompt.group_id == invite.group_id
    assert not {"{", "}"} & {*prompt.title, *prompt.message, *prompt.button}


HOSTILE = "a\nb|a\u202eb\u2066|{left}{0}|\ud800|\x00\u2029| |\u3164"


def test_names_are_optional_and_put_on_one_line() -> None:
    """Names are optional; a name cannot break the popup or act as a placeholder."""
    bare = popup(group_name=None, inviter_name=None, locale="en")
    assert (bare.title, bare.message[:8]) == ("Join a group chat?", "A friend")
    for hostile in (
        "a\nb",
        "a\u202eb\u2066",
        "{left}{0}",
        "\ud800",
        "\x00\u2029",
        " ",
        "\u3164",
        "x" * 999,
    ):
        prompt = popup(group_name=hostile, inviter_name=hostile)
        assert prompt.title.isprintable()
        assert prompt.message.isprintable()
    assert popup(group_name="{left}").title == "加入「{left}」？"
    assert "👨‍👩‍👧" in popup(group_name="👨‍👩‍👧 一家").title


QUOTES = {"zh-Hans": ("「", "」"), "zh-Hant": ("「", "」"), "en": ("“", "”")}


@given(group=names, inviter=names, locale=st.sampled_from(LOCALES))
@example("官方客服」？已核验，请放心加入「", "【抖音官方】」", "zh-Hans")
@example("Support” — verified by Douyin. Join “Friends", "\u05d0”", "en")
def test_names_stay_inside_their_quotation_marks(group: str, inviter: str, locale: Locale) -> None:
    """Names stay inside their quotation marks; the text around them is always the same."""
    prompt = popup(group_name=group, inviter_name=inviter, locale=locale)
    opening, closing = QUOTES[locale]
    usual = popup(group_name="GROUP", inviter_name="INVITER", locale=locale)
    for text, model, name, word in (
        (prompt.title, usual.title, one_line(group), "GROUP"),
        (prompt.message, usual.message, one_line(inviter), "INVITER"),
    ):
        if name:
            assert (text.count(opening), text.count(closing)) == (1, 1)
            assert text == model.replace(word, isolated(name))
        else:
            assert opening not in text


@pytest.mark.parametrize(
    ("locale", "line", "nameless"),
    [
        ("zh-Hans", "「老王」邀请「小李」加入了群聊", "好友邀请新成员加入了群聊"),
        ("zh-Hant", "「老王」邀請「小李」加入了群組", "好友邀請新成員加入了群組"),
        (
            "en",
            "“老王” invited “小李” to the group.",
            "A friend invited a new member to the group.",
        ),
    ],
)
def test_the_line_after_a_join(locale: Locale, line: str, nameless: str) -> None:
    assert join_line(inviter_name="老王", newcomer_name="小李", locale=locale) == line
    for missing in (None, "", "\u3164\u200b"):
        told = join_line(inviter_name=missing, newcomer_name=missing, locale=locale)
        assert told == nameless


@given(inviter=names, newcomer=names, locale=st.sampled_from(LOCALES))
@example("「小李」加入了群聊\n官方", "{inviter}", "zh-Hans")
def test_names_stay_inside_the_line(inviter: str, newcomer: str, locale: Locale) -> None:
    """A name cannot end its quotation marks, break the line or stand for another name."""
    line = join_line(inviter_name=inviter, newcomer_name=newcomer, locale=locale)
    model = join_line(inviter_name="INVITER", newcomer_name="NEWCOMER", locale=locale)
    shown = [name for name in (one_line(inviter), one_line(newcomer)) if name]
    opening, closing = QUOTES[locale]
    assert (line.count(opening), line.count(closing)) == (len(shown), len(shown))
    assert len(line.splitlines()) == 1
    if len(shown) == 2:
        first, rest = model.split("INVITER")
        assert line == first + isolated(shown[0]) + rest.replace("NEWCOMER", isolated(shown[1]))


def test_a_name_from_right_to_left_does_not_turn_the_popup() -> None:
    """It is isolated in title and message; one that reads as the popup does has nothing unseen."""
    prompt = popup(group_name="שלום", inviter_name="سلام", locale="en")
    assert prompt.title == "Join “\u2068שלום\u2069”?"
    assert prompt.message.startswith("“\u2068سلام\u2069” invites you.")
    assert popup(group_name="Wang's 群").title.isprintable()


@pytest.mark.parametrize(
    ("pasted", "confirm"),
    [
        (TEXT, False),
        (TEXT[:9] + TEXT[10:], False),
        (TEXT[:9] + "?" + TEXT[10:], False),
        (TEXT[:9] + "??" + TEXT[11:], True),
        (TEXT[:9] + TEXT[10] + TEXT[9] + TEXT[11:], True),
    ],
    ids=["exact", "one lost", "one unreadable", "two unreadable", "two swapped"],
)
def test_two_repaired_glyphs_ask_for_confirmation(pasted: str, confirm: bool) -> None:
    """Two repaired glyphs set `confirm`, and add a sentence if the viewer can join."""
    decoded = CODEC.decode(pasted)
    prompt = popup(decoded)
    assert prompt.confirm is confirm
    assert ("已自动修复" in prompt.message) is confirm
    assert "已自动修复" not in popup(decoded, source=Origin.QQ).message


def test_swapped_glyphs_are_two() -> None:
    """A swap counts as two repaired glyphs."""
    swapped = CODEC.decode(TEXT[:9] + TEXT[10] + TEXT[9] + TEXT[11:])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("passphrase.joining.prompt.CONFIRM_GLYPHS_MIN", 3)
        assert not popup(swapped).confirm


def test_the_inviter_may_know() -> None:
    prompt = popup(viewer_id=INVITE.inviter_id)
    assert (prompt.reason, prompt.group_id) == (Reason.SELF_INVITE, INVITE.group_id)


@pytest.mark.parametrize(
    ("invite", "facts", "policy", "reason"),
    [
        ({}, {"member": None, "banned": None}, {}, "not_signed_in"),
        ({"approval": True, "mutual_follow": True}, {}, {}, "not_signed_in"),
        ({}, {"generation": 1}, {}, "revoked"),
        ({"single_use": True}, {"spent": True}, {}, "used_up"),
        ({}, {}, {"origins": {Origin.QQ}}, "origin_not_allowed"),
        ({}, {"inviter_is_member": False}, {}, "inviter_left"),
        ({}, {"group_full": True}, {}, "group_full"),
        ({}, {"group_full": None}, {}, "undecided"),
    ],
)
@pytest.mark.parametrize("locale", LOCALES)
def test_nobody_is_signed_in(
    invite: Any, facts: Any, policy: Any, reason: str, locale: Locale
) -> None:
    """Without a viewer, rules about one are left out, and no name or id is told."""
    decoded = CODEC.decode(CODEC.encode(INVITE.model_copy(update=invite)))
    known = GOOD.model_copy(update=facts)
    prompt = popup(decoded, known, viewer_id=None, policy=Policy(**policy), locale=locale)
    assert prompt.reason == reason
    assert (prompt.action is Action.SIGN_IN) is (reason == "not_signed_in")
    assert (prompt.group_id, prompt.inviter_id, prompt.icebreakers) == (None, None, ())
    assert "老王" not in prompt.model_dump_json()
    assert "火锅小分队" not in prompt.model_dump_json()


@pytest.mark.parametrize(
    ("when_full", "facts", "invite", "outcome"),
    [
        ("none", {}, {}, ("none", "group_full")),
        ("request", {}, {}, ("request", "group_full")),
        ("wait", {}, {}, ("wait", "group_full")),
        ("wait", {"mutual_follow": False}, {"mutual_follow": True}, ("none", "not_mutual")),
        ("wait", {"banned": True}, {}, ("none", "banned")),
        ("wait", {"member": True}, {}, ("none", "already_member")),
        ("wait", {}, {"approval": True}, ("wait", "group_full")),
        ("wait", {"group_full": False}, {"approval": True}, ("request", "needs_approval")),
        ("wait", {"group_full": None}, {}, ("none", "undecided")),
    ],
)
def test_a_full_group(when_full: Any, facts: Any, invite: Any, outcome: Any) -> None:
    """It offers what the policy says, and only to those who could join if it had room."""
    decoded = CODEC.decode(CODEC.encode(INVITE.model_copy(update=invite)))
    known = GOOD.model_copy(update={"group_full": True} | facts)
    prompt = popup(decoded, known, policy=Policy(when_full=when_full))
    assert (prompt.action, prompt.reason) == outcome
    assert prompt.icebreakers == ()
    named = prompt.action is not Action.NONE or prompt.reason is Reason.ALREADY_MEMBER
    assert ("火锅小分队" in prompt.title) is named
    unknown = popup(decoded, known, policy=Policy(when_full=when_full), viewer_id=None)
    assert (unknown.action is Action.SIGN_IN) is (when_full != "none")


def test_the_longest_lifetime() -> None:
    """An invite is refused as long as more than that is left, before any query."""
    policy = Policy(max_lifetime=timedelta(days=1))
    for more, reason in ((0, None), (1, "runs_too_long")):
        now = INVITE.expires_at - timedelta(days=1, microseconds=more)
        prompt = popup(policy=policy, now=now)
        assert (prompt.reason, prompt.group_id is None) == (reason, reason is not None)
        visit = Visit(viewer_id=42, now=now, source=None)
        assert (needed_facts(INVITE, visit, policy=policy) == ()) is (reason is not None)


def test_the_inviter_signs_in_too() -> None:
    """The id of nobody is not the inviter's."""
    none = INVITE.model_copy(update={"inviter_id": 0})
    decoded = CODEC.decode(CODEC.encode(none))
    assert popup(decoded, viewer_id=None).action is Action.SIGN_IN
    assert popup(decoded, viewer_id=0).reason is Reason.SELF_INVITE


def test_popup_texts_of_your_own() -> None:
    """Your own texts replace some popups; refusals get no names; unknown placeholders fail."""
    texts = {
        (Action.JOIN, None): PopupText("{group}!", "{inviter} {left} {ago} {origin}", "{{go}}"),
        ("none", "banned"): PopupText("{group}", "{inviter}", "no"),
    }
    prompt = popup(popup_texts=texts, locale="en")
    assert (prompt.title, prompt.button) == ("“火锅小分队”!", "{go}")
    banned = popup(popup_texts=texts, facts=GOOD.model_copy(update={"banned": True}))
    assert (banned.title, banned.message) == ("群聊", "好友")
    assert popup(popup_texts=texts, source=None, facts=Facts()).reason is Reason.UNDECIDED
    every = dict.fromkeys(load_language("zh-Hans").popups, PopupText("", "", "all the same"))
    assert popup(popup_texts=every).button == "all the same"
    for wrong in (
        "{name}",
        "{0}",
        "{group.secret}",
        "{}",
        "{",
        "{group!x}",
        "{group!r}",
        "{group:9}",
        "{group:{left}}",
    ):
        with pytest.raises(ValueError, match=r"placeholder|Single|expected|conversion"):
            popup(popup_texts={("request", "not_mutual"): PopupText(wrong, "", "")})
    with pytest.raises(ValueError, match="pair of action and reason"):
        popup(popup_texts={(Action.REQUEST, None): PopupText("", "", "")})


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="zh-Hans, zh-Hant, en"):
        popup(locale="fr")
    with pytest.raises(ValueError, match="zh-Hans, zh-Hant, en"):
        join_line(inviter_name=None, newcomer_name=None, locale=cast("Any", "fr"))
    with pytest.raises(TypeError):
        popup(cast("Any", INVITE))
    with pytest.raises(pydantic.ValidationError):
        JoinPrompt.model_validate_json("{}")


UNITS = {"天": 86_400, "小时": 3_600, "分钟": 60}


def said(seconds: int) -> int:
    """The seconds that the words for a time add up to; 0 in the last minute."""
    told = load_language("zh-Hans").time_left(seconds)
    if told == "还剩不到 1 分钟":
        return 0
    words = told.removeprefix("还剩 ").split()
    assert len(words) <= 4
    pairs = zip(words[::2], words[1::2], strict=True)
    return sum(int(count) * UNITS[unit] for count, unit in pairs)


@given(st.integers(0, 10**10))
def test_the_words_are_close_to_the_time(seconds: int) -> None:
    """At most two units, two minutes too long, or with days an hour too short."""
    assert said(seconds) - seconds < 120
    assert seconds - said(seconds) < (3_600 if seconds >= 86_400 else 60)
    assert (said(seconds) == 0) is (seconds < 60)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_words_never_say_more_later(seconds: int, later: int) -> None:
    assert said(seconds) <= said(seconds + later)


@given(
    since=st.timedeltas(timedelta(), timedelta(days=20_000)),
    lifetime=st.integers(1, 400).map(lambda count: timedelta(days=count))
    | st.integers(1, 99).map(lambda count: timedelta(hours=count)),
    later=st.integers(0, 59),
)
def test_a_new_invite_says_its_lifetime(since: timedelta, lifetime: timedelta, later: int) -> None:
    """For a minute after it is made, though its end is rounded down to the minute."""
    minted = NOW + since
    invite = INVITE.model_copy(update={"expires_at": minted + lifetime})
    decoded = CODEC.decode(CODEC.encode(Invite.model_validate(invite.model_dump())))
    prompt = popup(decoded, now=minted + timedelta(seconds=later))
    left = lifetime // timedelta(seconds=1)
    assert said(left) == left
    assert load_language("zh-Hans").time_left(left) in prompt.message


@pytest.mark.parametrize(
    ("seconds", "left", "ago"),
    [
        (0, "Less than a minute left", "just now"),
        (59, "Less than a minute left", "just now"),
        (60, "1 minute left", "1 minute ago"),
        (61, "2 minutes left", "1 minute ago"),
        (3_480, "58 minutes left", "58 minutes ago"),
        (3_481, "1 hour left", "58 minutes ago"),
        (7_080, "1 hour 58 minutes left", "1 hour ago"),
        (7_081, "2 hours left", "1 hour ago"),
        (7_201, "2 hours 1 minute left", "2 hours ago"),
        (7 * 86_400 - 119, "7 days left", "6 days ago"),
        (7 * 86_400 - 120, "6 days 23 hours left", "6 days ago"),
        (86_400 + 58 * 60, "1 day left", "1 day ago"),
        (71 * 3_600, "2 days 23 hours left", "2 days ago"),
    ],
)
def test_words_for_time(seconds: int, left: str, ago: str) -> None:
    english = load_language("en")
    assert (english.time_left(seconds), english.time_ago(seconds)) == (left, ago)


def test_how_long_ago_it_expired() -> None:
    ends = INVITE.expires_at
    for late, told in ((0, "刚刚过期"), (3_599.5, "59 分钟前过期"), (3_600, "1 小时前过期")):
        assert told in popup(now=ends + timedelta(seconds=late)).message


def test_one_family_of_apps() -> None:
    """Douyin and Duoshan share an audience and open the same passphrase; a stranger cannot."""
    keyring = Keyring({1: bytes(range(32))})
    douyin, duoshan = (Codec(keyring, audience="douyin-family") for _ in range(2))
    text = douyin.encode(INVITE)
    assert popup(duoshan.decode(text)) == popup(douyin.decode(text))
    for stranger in (
        Codec(keyring, audience="douyin"),
        Codec(Keyring({1: bytes(32)}), audience="douyin-family"),
    ):
        with pytest.raises(ValueError, match="signature"):
            stranger.decode(text)


def test_the_page_and_the_schema_are_fresh() -> None:
    subprocess.run([sys.executable, "tools/make_admission.py", "--check"], check=True)
