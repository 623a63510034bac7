"""Diagnosis: what happened, which client did it, what to tell the person; no clipboard text."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import pack, protect, spell
from support import (
    AUDIENCE,
    CODEC,
    INVITE,
    OTHER_SECRET,
    SCRIPTS,
    codeword_of,
    count_tag_checks,
    sealed_word,
)

from passphrase import Codec, Decoded, Diagnosis, Keyring, PassphraseError, explain
from passphrase.diagnosis import Client, Finding
from passphrase.format.layout import HEADER_SYMBOLS
from passphrase.reading.repair import Damage
from passphrase.scripts import load_script
from passphrase.testing.strategies import HARMLESS, Mangling

TEXT = CODEC.encode(INVITE)
WORD = codeword_of(INVITE)
NEWER = spell(protect((WORD[0] | 1 << 8, *WORD[1:27])))
STRANGERS = Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE)
OTHER = CODEC.encode(INVITE.model_copy(update={"variant": 1}))


@pytest.mark.parametrize(
    ("text", "keyless", "with_keys"),
    [
        (TEXT, Finding.UNVERIFIED, Finding.VALID),
        (STRANGERS, Finding.UNVERIFIED, Finding.SIGNATURE),
        (NEWER, Finding.VERSION, Finding.VERSION),
        (f"{TEXT}，{OTHER}", Finding.UNVERIFIED, Finding.AMBIGUOUS),
        (TEXT[1:], Finding.DAMAGED, Finding.VALID),
        (TEXT[5:], Finding.DAMAGED, Finding.DAMAGED),
        ("今天吃什么", Finding.NOT_FOUND, Finding.NOT_FOUND),
        ("3 复制这条消息，打开抖音【】", Finding.EMOJI_LOST, Finding.EMOJI_LOST),
        ("x" * 4_097, Finding.TOO_LONG, Finding.TOO_LONG),
    ],
    ids=["valid", "forged", "newer", "two", "lost", "cut", "nothing", "emoji lost", "too long"],
)
def test_findings(text: str, keyless: Finding, with_keys: Finding) -> None:
    """What can be seen without a key, and what the keys add."""
    assert explain(text).finding == keyless
    assert explain(text, CODEC).finding == with_keys


def test_the_whole_of_it() -> None:
    """Every attribute has the value that can be known."""
    text, ends = f"看 {TEXT}", INVITE.expires_at
    seen = Diagnosis(
        finding=Finding.UNVERIFIED,
        script="emoji",
        span=(2, 32),
        readable=30,
        expected=30,
        version=1,
    )
    assert explain(text) == seen
    assert explain(text, CODEC) == Diagnosis(
        finding=Finding.VALID, script="emoji", span=(2, 32), version=1, expires_at=ends
    )
    assert explain(text, CODEC, now=ends) == replace(explain(text, CODEC), finding=Finding.EXPIRED)
    assert explain(f"看 {STRANGERS}", CODEC) == replace(seen, finding=Finding.SIGNATURE)
    for codec in (None, CODEC):
        assert explain(f"看 {NEWER}", codec) == replace(seen, finding=Finding.VERSION, version=3)


def test_a_good_tag_on_what_is_not_known_asks_for_an_update() -> None:
    """Only a codec finds this; without keys, it looks like a passphrase of version 1."""
    header, body = pack(INVITE, 1)
    reserved = int.from_bytes(body, "big") | 1 << 8 * len(body) - 32
    word = sealed_word(HEADER_SYMBOLS[header], reserved.to_bytes(len(body), "big"))
    text = spell(word)
    assert explain(text).finding is Finding.UNVERIFIED
    assert explain(text, CODEC) == replace(explain(text), finding=Finding.VERSION, version=1)


def test_the_longest_of_the_damaged_is_explained() -> None:
    short, long = TEXT[:26], CODEC.encode(INVITE, script="hanzi")[:28]
    for text in (f"{short}，{long}", f"{long}，{short}"):
        assert (explain(text).script, explain(text).readable) == ("hanzi", 28)


def test_a_picture_is_a_mark_among_emoji_only() -> None:
    """A phone that lacks an emoji may show another; among hanzi only a single one is a mark."""
    hanzi = CODEC.encode(INVITE, script="hanzi")
    for text in (TEXT, hanzi):
        assert explain(f"{text[:5]}☎{text[6:]}").unreadable == ((5, 6),)
    assert explain(f"{TEXT[:5]}☎☎{TEXT[6:]}").unreadable == ((5, 6), (6, 7))
    assert explain(f"{hanzi[:5]}☎☎{hanzi[6:]}").unreadable == ()


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_foreign_word_is_one_mark(script: str) -> None:
    """A foreign word is one mark, and its span includes the brackets."""
    text = CODEC.encode(INVITE, script=script).replace("-", "")
    found = explain(f"看，{text[:7]}【é】{text[8:]}")
    assert (found.finding, found.unreadable) == (Finding.DAMAGED, ((9, 12),))


@pytest.mark.parametrize("text", [TEXT, TEXT[1:], TEXT[:15], STRANGERS, NEWER, "x", "x" * 4_097])
@pytest.mark.parametrize("codec", [None, CODEC])
def test_what_was_decoded_is_not_decoded_again(
    monkeypatch: pytest.MonkeyPatch, text: str, codec: Codec | None
) -> None:
    """With `outcome`, the diagnosis is the same, and no tag is compared."""
    outcome = decoded(text)
    expected = explain(text, CODEC), explain(text, CODEC, now=INVITE.expires_at)
    checks = count_tag_checks(monkeypatch)
    monkeypatch.delattr(Codec, "decode")
    told = (
        explain(text, codec, outcome=outcome),
        explain(text, codec, now=INVITE.expires_at, outcome=outcome),
    )
    assert (told, checks) == (expected, [])


def decoded(text: str) -> Decoded | PassphraseError:
    try:
        return CODEC.decode(text)
    except PassphraseError as error:
        return error


def test_half_a_symbol_does_not_count() -> None:
    text = CODEC.encode(INVITE, script="base32").replace("-", "")
    found = explain(text[: 2 * 26 + 1])
    assert (found.readable, found.surplus) == (26, -4)


@pytest.mark.parametrize("kept", [10, 15, 20, 23])
def test_the_keys_say_no_less(kept: int) -> None:
    """A passphrase that is too short to repair is `damaged`, with and without keys."""
    text = f"看【{TEXT[:kept]}】"
    assert explain(text, CODEC) == explain(text)
    assert explain(text).finding is Finding.DAMAGED


def test_chatter_repeats_itself() -> None:
    """A fragment has at least half as many different glyphs as glyphs."""
    assert explain(TEXT[:5] + TEXT[4] * 5).finding is Finding.DAMAGED
    assert explain(TEXT[:5] + TEXT[4] * 6).finding is Finding.NOT_FOUND


def test_now_has_a_time_zone() -> None:
    with pytest.raises(TypeError, match=r"^now must have a time zone$"):
        explain(TEXT, now=INVITE.expires_at.replace(tzinfo=None))


def test_a_valid_one_ends() -> None:
    """Expiry is reported only if `now` is given."""
    ends = INVITE.expires_at
    assert explain(TEXT, CODEC).expires_at == ends
    assert explain(TEXT, CODEC, now=ends).finding is Finding.EXPIRED
    assert explain(TEXT, CODEC, now=ends - timedelta(seconds=1)).finding is Finding.VALID


@pytest.mark.parametrize("script", SCRIPTS)
def test_damage_in_numbers(script: str) -> None:
    """Readable, expected and surplus symbols, and the spans of the marks."""
    text = CODEC.encode(INVITE, script=script)
    glyphs = text.replace("-", "")
    per_symbol = len(glyphs) // 30
    cut = explain("看 " + glyphs[: 26 * per_symbol])
    assert (cut.script, cut.readable, cut.expected, cut.surplus) == (script, 26, 30, -4)
    assert cut.span == (2, 2 + 26 * per_symbol)
    assert cut.version == 1
    headless = explain(glyphs[4 * per_symbol :])
    assert headless.expected in {24, 27, 30}
    blotted = explain("?" + glyphs[1:5] + "□□" + glyphs[7:])
    assert blotted.unreadable == ((0, 1), (5, 6), (6, 7))
    assert explain(glyphs[:5] + glyphs[6:], CODEC).repairs == (Damage.LOST,)


def test_a_row_without_a_known_header() -> None:
    """Without a known header, `expected` is the nearest size."""
    found = explain(load_script("emoji").glyphs[300:328])
    assert (found.finding, found.expected, found.surplus, found.version) == (
        Finding.DAMAGED, 27, 1, None
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "client"),
    [
        ("SoftBank codes", Client.OLD_WECHAT),
        ("span tags", Client.WEB_WECHAT),
        ("img tags", Client.WEB_WECHAT),
        ("bracketed codes", Client.WEB_WECHAT),
        ("CQ codes", Client.QQ_BOT),
    ],
)
def test_clients_leave_traces(name: str, client: Client) -> None:
    for text in (TEXT, TEXT[6:]):
        mangled = Mangling(name, 0, (HARMLESS[name],), 1)(text)
        assert client in explain(mangled).clients


@given(noise=st.binary(min_size=99, max_size=999))
def test_noise_is_not_a_client(noise: bytes) -> None:
    """A carriage return alone is a trace of QQ in text, and not between controls."""
    told = explain((noise + b"\r\0").decode("utf-8", "replace"))
    assert Client.QQ_ON_WINDOWS not in told.clients


def test_more_traces() -> None:
    assert explain("a\rb").clients == (Client.QQ_ON_WINDOWS,)
    assert explain("a\r\nb").clients == ()
    assert explain("打开抖音【 】").clients == (Client.COMPUTER,)
    for lost in ("?" * 30, "□ " * 30, "[表情]" * 30):
        assert explain(f"看【{lost}】").finding is Finding.EMOJI_LOST
    for chat in ("please copy that file", "口令是什么", "真的吗？？？"):
        assert explain(chat).finding is Finding.NOT_FOUND


@given(text=st.text(st.characters(), min_size=1, max_size=80), cut=st.integers(0, 30))
def test_nothing_of_the_clipboard_is_repeated(text: str, cut: int) -> None:
    """Its record can be logged: no text, id, tag or fingerprint is in it, whatever is pasted."""
    for codec in (None, CODEC):
        record = json.dumps(
            asdict(explain(text + TEXT[cut:], codec)), default=str, ensure_ascii=False
        )
        assert not {*TEXT} & {*record}
        assert str(INVITE.group_id) not in record
        assert not {c for c in text if not c.isascii()} & {*record}


@pytest.mark.parametrize("finding", Finding)
def test_every_finding_has_a_sentence_in_three_languages(finding: Finding) -> None:
    assert {*Diagnosis(finding=finding).sentences} == {"zh-Hans", "zh-Hant", "en"}


def test_only_text_is_explained() -> None:
    with pytest.raises(TypeError):
        explain(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("kept", [8, 15, 20])
def test_a_fragment_says_how_much_is_missing(kept: int) -> None:
    """A fragment that begins like a passphrase says how much is missing."""
    found = explain(f"看【{TEXT[:kept]}】")
    assert (found.finding, found.readable, found.surplus) == (Finding.DAMAGED, kept, kept - 30)
    assert explain(f"看【{TEXT[1 : kept + 1]}】").finding in {Finding.NOT_FOUND, Finding.DAMAGED}
    assert explain(TEXT[0] * 12).finding is Finding.NOT_FOUND


def test_a_symbol_more_in_another_encoding_is_chance() -> None:
    """Read as GBK, these hanzi show 61 symbols and not 60; they are damaged all the same."""
    damaged = (
        "悠淌暇羊蹦踢鞠企振煮思震掀承承滔梆衡涮洗敞附萍棕-商啃踩正芽箱玉仁刨沸烈羚遣漾靴昔粟健漏雪亢庇校撒奉貌薪迭崇粟皿沛院舟使刨"
        "\u200b👟🤠🦣?望"
    )
    assert explain(damaged, CODEC).finding is Finding.DAMAGED
