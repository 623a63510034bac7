"""The message: it decodes and is safe in chat apps, whatever the name of the group."""

import re
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CODEC, INVITE, KEYRING, SCRIPTS, YI, invites, scripts
from test_names import names

from passphrase import Codec, Invite, Origin, PassphraseError, find, open_url, share
from passphrase.format.layout import SIZES_BY_HEADER, VARIANTS
from passphrase.languages import LOCALES, Locale
from passphrase.minting import WORDINGS
from passphrase.scripts import load_script
from passphrase.scripts.dull import DULL
from passphrase.sharing.lint import ADVICE, MESSAGE_CHARS_MAX, Trouble, avoids, lint

TEXT = CODEC.encode(INVITE)
OTHER = CODEC.encode(INVITE.model_copy(update={"variant": 1}))
PAGE = "https://go.example.com/i"
wordings = {
    "locale": st.sampled_from(LOCALES),
    "group_name": st.none() | names,
    "app_name": st.none() | names,
}
urls = st.from_regex(
    r"https://[a-z0-9-]{1,9}\.[a-z]{2,4}(:[0-9]{1,5})?(/[0-9A-Za-z_~.+=&?#:-]{0,40}){0,2}",
    fullmatch=True,
)


@pytest.mark.slow
@settings(max_examples=max(1_000, 2 * settings().max_examples))  # 10,000 with profile "deep"
@given(
    invite=invites,
    how=st.fixed_dictionaries(wordings),
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


def read(message: str) -> Invite | str:
    """Return the invite of a message, or the code of its error."""
    try:
        return CODEC.decode(message).invite
    except PassphraseError as error:
        return error.code


@pytest.mark.slow
@settings(max_examples=max(300, settings().max_examples))
@given(
    invite=invites,
    how=st.fixed_dictionaries(wordings),
    script=st.sampled_from(SCRIPTS),
    url=urls,
    at=st.integers(0, 20),
)
def test_a_url_beside_the_passphrase(
    invite: Invite, how: dict[str, Any], script: str, url: str, at: int
) -> None:
    """The message decodes as without it, damaged or not; or else `lint` says why it is refused."""
    text = CODEC.encode(invite, script=script)
    plain = share(text, **how)
    try:
        message = share(text, **how, url=url)
    except ValueError:
        assert lint(f"{plain} {url}") or not url[-1].isalnum()
        return
    assert message == f"{plain} {url}"
    assert lint(message) == ()
    assert len(message) < 200
    assert len(message.splitlines()) == 1
    assert re.match(r"[0-9].*[A-Za-z]:/ ", message)
    decoded = CODEC.decode(message, repair="exact")
    assert (decoded.invite, decoded.text) == (invite, text)
    assert CODEC.decode(message, repair="thorough").invite == invite
    damaged = text.replace(text[at], "?", 1)
    assert read(message.replace(text, damaged)) == read(plain.replace(text, damaged))


@given(invite=invites, lost=st.lists(st.integers(0, 40), max_size=4), script=scripts)
def test_a_url_is_not_read_as_a_passphrase(invite: Invite, lost: list[int], script: str) -> None:
    """A code in a URL that looks like another passphrase is refused, or changes nothing."""
    code = [*CODEC.encode(invite, script="base32").replace("-", "")]
    for at in lost:
        code[at] = "x" if code[at] != "X" else "y"
    text = CODEC.encode(INVITE, script=script)
    try:
        message = share(text, url=f"{PAGE}/{''.join(code)}")
    except ValueError:
        return
    assert lost
    assert CODEC.decode(message, repair="exact").invite == INVITE
    assert CODEC.decode(message, repair="thorough").invite == INVITE


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
        (f"3 p:/ https://cn.example 【{TEXT}】", "address", "."),
        (f"3 p:/ 【{TEXT}】https://cn.example", "address", "."),
        (f"3 p:/ 【{TEXT}】 http://cn.example", "address", "."),
        (f"3 p:/ 【{TEXT}】 https://cn.example快来", "address", "."),
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
NO_PLACEHOLDER = ValueError("the template has no placeholder {passphrase}; add it")
OTHER_PLACEHOLDER = ValueError("the placeholders are {passphrase}, {group}, {app}")


NOT_PLAIN = ValueError(
    "url must be a plain https address of less than 200 characters, without percent escapes"
)
BAD_URLS = (
    *("", "https://", "http://go.example.com/", "javascript:alert(1)", "//go.example.com/i"),
    *(
        f"{PAGE}{bad}"
        for bad in (" ", "\n", "\t", "\0", "\u200b", "\u202e", "\ud800", "🍻", "的", "é")
    ),
    *(f"{PAGE}/{bad}" for bad in ("%F0%9F%8D%BB", "<b>", "[x]", "'", "?", ".", "a" * 4096)),
    *(f" {PAGE}", "https://me@go.example.com/", "https://红包.中国/", "https://-"),
)


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
        ({"url": PAGE.encode()}, TypeError("url must be a str")),
        *(({"url": url}, NOT_PLAIN) for url in BAD_URLS),
        *(
            ({"url": url}, ValueError())
            for url in ("https://x/:8", "https://a..b/", PAGE + "x" * 130)
        ),
        ({"url": PAGE, "template": "3 p:/ {passphrase}"}, ValueError()),
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
    """A listed word is avoided by another variant."""
    first = CODEC.encode(invite, script=script)
    plain = "".join(glyph for glyph in first if glyph != "-")
    at = data.draw(st.integers(2, len(plain) - 3))  # every wording begins with the same header
    accept = avoids([plain[at : at + 3], "不会出现"])
    assert not accept(first)
    text = CODEC.mint(invite, accept=accept, script=script).text
    assert accept(text)
    read = CODEC.decode(text).invite
    assert read.variant != invite.variant
    assert read == invite.model_copy(update={"variant": read.variant})


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
        CODEC.mint(INVITE.model_copy(update={"variant": 200}), accept=refuse)
    variants = [CODEC.decode(text).invite.variant for text in tried]
    assert variants == [*range(200, 256), *range(200)]
    with pytest.raises(ValueError, match="empty"):
        avoids(["word", " - "])
    for wrong in ("oil", [b"oil"]):
        with pytest.raises(TypeError):
            avoids(wrong)  # type: ignore[arg-type]


# --- Pleasant wordings --------------------------------------------------------------------------


@given(invite=invites, script=st.sampled_from(SCRIPTS))
def test_minting_returns_what_must_be_kept(invite: Invite, script: str) -> None:
    """What `decode` would say, with no other difference to the invite than the variant."""
    minted = CODEC.mint(invite, script=script)
    decoded = CODEC.decode(minted.text)
    for name in ("invite", "text", "script", "key_id", "fingerprint"):
        assert getattr(minted, name) == getattr(decoded, name)
    assert minted.invite == invite.model_copy(update={"variant": minted.invite.variant})
    assert minted.text not in repr(minted)
    assert CODEC.mint(invite, script=script, wordings=1).text == CODEC.encode(invite, script=script)
    if script != "emoji":
        assert minted.invite == invite  # no dull glyphs, so the first wording


@given(invite=invites)
def test_the_least_dull_wording_is_chosen(invite: Invite) -> None:
    """The first of the fewest dull glyphs; nothing depends on anything but the invite."""
    dull: list[int] = []
    for step in range(WORDINGS):
        variant = (invite.variant + step) % VARIANTS
        text = CODEC.encode(invite.model_copy(update={"variant": variant}))
        dull.append(len(DULL & {*text}))
    step = dull.index(min(dull))
    assert CODEC.mint(invite).invite.variant == (invite.variant + step) % VARIANTS
    assert CODEC.mint(invite) == CODEC.mint(invite)


@pytest.mark.parametrize(
    ("inviter_id", "tried_at_most", "share_at_least"),
    [(7, 6, 1), (2**63, 10, 0.99), (UUID(int=2**127), 20, 0.9)],
)
def test_how_often_a_wording_is_pleasant(
    inviter_id: int | UUID, tried_at_most: float, share_at_least: float
) -> None:
    """How many wordings are tried on average, and how often one without a dull glyph is found."""
    fields = INVITE.model_dump() | {"inviter_id": inviter_id, "variant": 0}
    fields["group_id"] = inviter_id
    tried = pleasant = 0
    for generation in range(200):
        minted = CODEC.mint(Invite.model_validate(fields | {"generation": generation}))
        is_pleasant = not DULL & {*minted.text}
        pleasant += is_pleasant
        tried += minted.invite.variant + 1 if is_pleasant else WORDINGS
    assert pleasant / 200 >= share_at_least
    assert tried / 200 <= tried_at_most


def test_the_dull_glyphs() -> None:
    """Each is an emoji of the script; none begins a passphrase, under any key."""
    glyphs = load_script("emoji").glyphs
    assert {*glyphs} >= DULL
    assert not DULL & {glyphs[symbol] for symbol in SIZES_BY_HEADER}
    for page in ("docs/scripts.md", "docs/zh/scripts.md"):
        text = Path(page).read_text(encoding="utf-8")
        table = text[text.index("♈") :].partition("\n\n")[0]
        listed = [glyph for glyph in table if glyph in glyphs]
        assert sorted(listed) == sorted(DULL)
        numbers = re.findall(r"\| (\d+) \|", text[text.index("♈") - 60 :])[:4]
        assert sum(map(int, numbers)) == len(DULL)


def test_the_picture_shows_a_pleasant_wording() -> None:
    (found,) = find(Path("docs/img/chat.html").read_text(encoding="utf-8"))
    assert not DULL & {*found.text}


def test_wordings_are_limited() -> None:
    for wordings in (0, 257, -1):
        with pytest.raises(ValueError, match=r"^wordings must be in \[1, 256\]$"):
            CODEC.mint(INVITE, wordings=wordings)
    with pytest.raises(TypeError, match="invite must be an Invite"):
        CODEC.mint(cast("Any", "invite"))
