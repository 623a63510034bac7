"""The message: it decodes and is safe in chat apps, whatever the name of the group."""

import re
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CODEC, INVITE, KEYRING, SCRIPTS, YI, invites
from test_names import names

from passphrase import Codec, Invite, Origin, Trouble, avoids, lint, open_url, share
from passphrase.languages import LOCALES, Locale
from passphrase.scripts import load_script
from passphrase.sharing.lint import ADVICE, MESSAGE_CHARS_MAX

TEXT = CODEC.encode(INVITE)
OTHER = CODEC.encode(INVITE.model_copy(update={"variant": 1}))


@pytest.mark.slow
@settings(max_examples=max(1_000, 2 * settings().max_examples))  # 10,000 with profile "deep"
@given(
    invite=invites,
    how=st.fixed_dictionaries(
        {
            "locale": st.sampled_from(LOCALES),
            "group_name": st.none() | names,
            "app_name": st.none() | names,
        }
    ),
    script=st.sampled_from(SCRIPTS),
)
def test_every_message_decodes(invite: Invite, how: dict[str, Any], script: str) -> None:
    """Every message decodes without repair: one line, under 200 characters, no faces."""
    text = CODEC.encode(invite, script=script)
    message = share(text, **how)
    decoded = CODEC.decode(message, repair="exact")
    assert (decoded.invite, decoded.text) == (invite, text)
    assert CODEC.decode(message) == decoded
    assert lint(message) == ()
    assert len(message) < 200
    assert len(message.splitlines()) == 1
    assert not re.search(r"\[[^]]*\]|/:|/[\u3400-\u9fff]", message)
    assert re.match(r"[0-9].*[A-Za-z]:/ ", message)


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        ("zh-Hans", "3 p:/ 复制这条消息，打开抖音，加入「火锅小分队」【{}】"),
        ("zh-Hant", "3 p:/ 複製這則訊息，打開抖音，加入「火锅小分队」【{}】"),
        ("en", "3 p:/ Copy this message, open 抖音, join “火锅小分队”【{}】"),
    ],
)
def test_the_message(locale: Locale, message: str) -> None:
    shared = share(TEXT, locale=locale, group_name="火锅小分队", app_name="抖音")
    assert shared == message.format(TEXT)
    assert "「" not in share(TEXT, locale="zh-Hans", group_name="🍻")


def test_a_group_cannot_be_called_like_a_passphrase() -> None:
    """A group's name cannot contain a passphrase, which would lead into another group."""
    other = INVITE.model_copy(update={"group_id": 7, "inviter_id": 8})
    for script in SCRIPTS:
        text = CODEC.encode(other, script=script)
        message = share(TEXT, group_name=text, app_name=text)
        assert CODEC.decode(message, repair="thorough").invite == INVITE


def test_a_template_of_your_own() -> None:
    template = "{passphrase}，{app}：{group}"
    message = share(TEXT, template=template, group_name="火锅")
    assert message == f"{TEXT}，应用：「火锅」"
    assert [problem.trouble for problem in lint(message)] == ["no_number", "no_pattern"]
    assert share(TEXT, template="{passphrase}，{group}") == f"{TEXT}，群聊"


def test_a_script_of_your_own() -> None:
    codec = Codec(KEYRING, audience="own", script=YI)
    text = codec.encode(INVITE)
    message = share(text, scripts=[YI])
    assert codec.decode(message).invite == INVITE
    assert lint(message, scripts=[YI]) == ()
    assert [problem.trouble for problem in lint(message)] == ["no_passphrase"]


@pytest.mark.parametrize(
    ("message", "trouble", "struck"),
    [
        ("3 p:/ hello", "no_passphrase", ""),
        (f"3 p:/ 【{TEXT}】【{CODEC.encode(INVITE, script='hanzi')}】", "several", None),
        (f"3 p:/ 🍻{TEXT}】", "touched", "🍻"),
        (f"3 p:/ 【{TEXT} 】", "touched", " "),
        (f"3 p:/ {TEXT}", "touched", " "),
        (f"3 p:/ 【{TEXT}？】", "touched", "？"),
        (f"3 p:/ 🆗{TEXT}】", "touched", "🆗"),
        (f"3 p:/ 【{TEXT}\u0301】", "touched", "\u0301"),
        (f"3 p:/ 看{OTHER[:9] + OTHER[10:]}。【{TEXT}】", "several", OTHER[:9] + OTHER[10:]),
        (f"3 p:/ 【{CODEC.encode(INVITE, script='base32')}-】", "touched", "-"),
        (f"3 p:/ 【{TEXT}】{'长' * 170}", "too_long", "长" * 9),
        (f"3 p:/ 【{TEXT}】\n看", "line_break", "\n"),
        *(
            (f"3 p:/ 看{unseen}【{TEXT}】", "invisible", unseen)
            for unseen in "\u200b\u202a\u202e\u2060\u206f\x00\ufe0f\u00a0\ue001\u3164\ud800"
        ),
        *((f"3 p:/ 看{end}【{TEXT}】", "line_break", end) for end in "\r\v\f\x1c\x85\u2028\u2029"),
        (f"3 p:/ [微笑]【{TEXT}】", "face", "[微笑]"),
        (f"3 p:/ /:rose【{TEXT}】", "face", "/:"),
        (f"3 p:/ /玫瑰【{TEXT}】", "face", "/玫"),
        (f"3 p:/ &amp;【{TEXT}】", "markup", "&amp;"),
        (f"3 p:/ ..【{TEXT}】", "markup", ".."),
        (f"3 p:/ 红包.中国【{TEXT}】", "address", "."),
        (f"3 p:/ x․cn【{TEXT}】", "address", "․"),
        (f"3 p:/ evil．com【{TEXT}】", "address", "．"),
        (f"3 p:/ evil。com【{TEXT}】", "address", "。"),
        (f"3 p:/ 1.2.3.4:80【{TEXT}】", "address", "1.2.3.4"),
        (f"p:/ 【{TEXT}】", "no_number", ""),
        (f"看3 p:/ 【{TEXT}】", "no_number", ""),
        (f"3 :/ 【{TEXT}】", "no_pattern", ""),
        (f"3 p:/X【{TEXT}】", "no_pattern", ""),
    ],
)
def test_lint(message: str, trouble: str, struck: str | None) -> None:
    """Each case breaks one rule, and the span shows where."""
    (problem,) = lint(message)
    start, end = problem.span
    assert problem.trouble == trouble
    assert struck is None or message[start:end] == struck
    assert struck or (start, end) == (0, 0) or trouble == "several"
    assert problem.advice


@pytest.mark.parametrize(
    "words", ["复制这条消息。打开", "用App。加入", "v1.2 3.14. Go", "1.2.3", "吃吧.【"]
)
def test_a_dot_that_makes_no_address(words: str) -> None:
    """The end of a sentence, a version, a decimal."""
    assert lint(f"3 p:/ {words}。【{TEXT}】") == ()


@given(names)
def test_lint_takes_any_text(text: str) -> None:
    """Problems are in order, with spans inside the text, and a message without problems decodes."""
    problems = lint(f"3 p:/ {text}【{TEXT}】")
    assert [*problems] == sorted(problems, key=lambda problem: problem.span)
    for problem in problems:
        start, end = problem.span
        assert 0 <= start <= end
    if not problems:
        assert CODEC.decode(f"3 p:/ {text}【{TEXT}】").invite == INVITE


def test_every_trouble_has_advice() -> None:
    assert {*ADVICE} == {*Trouble}


def test_how_long_a_message_may_be() -> None:
    message = f"3 p:/ 【{TEXT}】".ljust(MESSAGE_CHARS_MAX, "长")
    assert len(message) == 199
    assert lint(message) == ()
    assert [problem.trouble for problem in lint(message + "长")] == ["too_long"]


NO_PASSPHRASE = ValueError("text is not a passphrase as Codec.encode spells it")
NO_PLACEHOLDER = ValueError("the template has no placeholder {passphrase}")
OTHER_PLACEHOLDER = ValueError("the placeholders are {passphrase}, {group}, {app}")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"locale": "fr"}, ValueError("locale must be one of zh-Hans, zh-Hant, en")),
        ({"text": ""}, NO_PASSPHRASE),
        ({"text": TEXT[:-1]}, NO_PASSPHRASE),
        ({"text": f"看{TEXT}"}, NO_PASSPHRASE),
        ({"text": TEXT * 2}, NO_PASSPHRASE),
        ({"text": TEXT.encode()}, TypeError("text must be a str")),
        ({"template": "{group}"}, NO_PLACEHOLDER),
        ({"template": "{passphrase}{name}"}, OTHER_PLACEHOLDER),
        ({"template": "{passphrase}{"}, ValueError()),
        ({"template": ""}, NO_PLACEHOLDER),
        ({"template": "{passphrase:.5}"}, ValueError()),
        ({"template": "{passphrase}{group:{app}}"}, ValueError()),
        ({"template": "{passphrase}{group:9999999999}"}, ValueError()),
    ],
    ids=repr,
)
def test_what_cannot_be_shared(arguments: dict[str, Any], error: Exception) -> None:
    """Each refusal of `share` has its own message."""
    usual: dict[str, Any] = {"text": TEXT}
    with pytest.raises(type(error)) as caught:
        share(**usual | arguments)
    assert str(error) in ("", str(caught.value))


def test_where_to_go() -> None:
    assert (open_url(Origin.WECHAT), open_url(Origin.QQ)) == ("weixin://", "mqq://")
    assert (open_url("wechat"), open_url("qq")) == ("weixin://", "mqq://")
    for other in (Origin.IN_APP, "in_app", "WeChat", "", None, 1):
        with pytest.raises(ValueError, match=r"^origin must be wechat or qq; an in-app"):
            open_url(cast("Any", other))


# --- Wordings -----------------------------------------------------------------------------------


@given(invite=invites, script=st.sampled_from(SCRIPTS), data=st.data())
def test_a_listed_word_is_avoided(invite: Invite, script: str, data: st.DataObject) -> None:
    """A listed word is avoided by another variant; an acceptable passphrase keeps its variant."""
    first = CODEC.encode(invite, script=script)
    plain = "".join(glyph for glyph in first if glyph != "-")
    at = data.draw(st.integers(2, len(plain) - 3))  # every wording begins with the same header
    accept = avoids([plain[at : at + 3], "不会出现"])
    assert not accept(first)
    text = CODEC.encode_acceptable(invite, accept, script=script)
    assert accept(text)
    read = CODEC.decode(text).invite
    assert read.variant != invite.variant
    assert read == invite.model_copy(update={"variant": read.variant})
    assert CODEC.encode_acceptable(invite, avoids([]), script=script) == first


def test_a_word_counts_as_a_script_reads_it() -> None:
    """In base 32, O, I, L, case and hyphens do not hide a listed word."""
    accept = avoids(["oil", "Taxi"])
    for text in ("ABCD01-1XYZ", "AAAATA-X1BBBB", "011"):
        assert not accept(text)
        for listed in (["o-il", "tax i"], (word for word in ("oil\n", "Taxi\ufe0f"))):
            assert not avoids(listed)(text)
    assert accept("0-2-1-ABC")
    assert not avoids([load_script("hanzi").glyphs[:2]])(load_script("hanzi").glyphs)


def test_nothing_is_acceptable() -> None:
    """If nothing is acceptable, all variants are tried, from the invite's own on."""
    tried: list[str] = []

    def refuse(text: str) -> bool:
        tried.append(text)
        return False

    with pytest.raises(ValueError, match=r"^accept refused all 256 variants of this invite$"):
        CODEC.encode_acceptable(INVITE.model_copy(update={"variant": 200}), refuse)
    variants = [CODEC.decode(text).invite.variant for text in tried]
    assert variants == [*range(200, 256), *range(200)]
    with pytest.raises(ValueError, match="empty"):
        avoids(["word", " - "])
    for wrong in ("oil", [b"oil"]):
        with pytest.raises(TypeError):
            avoids(wrong)  # type: ignore[arg-type]
