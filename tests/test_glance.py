"""The straight path: what it says of a text, the whole reading says too."""

import random
from collections.abc import Callable
from itertools import combinations, starmap

import pytest
from expensive import EXPENSIVE, written
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CODEC, INVITE, SCRIPTS, YI, codeword_of, invites, scripts

from passphrase import Invite
from passphrase.format.layout import CODEWORD_SIZES, CODEWORD_SYMBOLS, HEADERS
from passphrase.format.parity import protect
from passphrase.format.symbols import merge, split
from passphrase.reading.codeword import Codeword
from passphrase.reading.find import Contents, scan
from passphrase.reading.glance import glance
from passphrase.scripts import built_in_scripts, load_script
from passphrase.scripts.script import Script
from passphrase.testing.strategies import Mangling, Message, manglings, messages

KNOWN = (*built_in_scripts(), YI)


def nothing(_text: str, _scripts: object) -> None:
    """Leave every text to the whole reading."""


def check(text: str) -> list[Codeword] | None:
    """Look at a text in both ways; return what the straight path says."""
    fields = glance(text, KNOWN)
    seen = None if fields is None else [*starmap(Codeword, fields)]
    if seen is not None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("passphrase.reading.find.glance", nothing)
            whole = scan(text, scripts=[YI], max_chars=max(1, len(text)))
        assert whole == Contents(seen, [])
    return seen


def minted(invite: Invite, script: str) -> str:
    return CODEC.encode(invite, script=script)


def glyphs(script: Script, values: list[int]) -> str:
    return "".join(script.glyphs[value % len(script.glyphs)] for value in values)


PIECES = st.one_of(
    st.builds(minted, invites, scripts),
    st.sampled_from([
        "老王邀请你", " ", "\n", "。", "，", "【", "】", "?", "🎉", "鸡", ".", "..", "/", "<b>",
        "\u200b", "\ufe0f", "\u200d", "-", "ok", "%41", "\U00020001", "https://a.cn/?b",
    ]),
    st.text(max_size=30),
    st.builds(glyphs, st.sampled_from(KNOWN), st.lists(st.integers(0, 1023), max_size=50)),
)  # fmt: skip


@settings(max_examples=500)
@given(pieces=st.lists(PIECES, max_size=6))
def test_any_text(pieces: list[str]) -> None:
    """Passphrases and runs of glyphs, between anything."""
    check("".join(pieces))


@given(message=messages(CODEC), mangling=manglings(damage=1), harmless=manglings())
def test_messages_from_real_clients(
    message: Message, mangling: Mangling, harmless: Mangling
) -> None:
    check(message.text)
    check(harmless(message.text))
    check(mangling(message.text))


@pytest.mark.slow
@pytest.mark.parametrize("chars", [60, 100, 400, 4096])
def test_hostile_texts(chars: int) -> None:
    for recipe in EXPENSIVE:
        check(written(recipe, chars))


# --- Whatever is near a whole codeword -----------------------------------------------------------


def header(size: int, version: int) -> int:
    """Return a header symbol that opens codewords of n symbols."""
    sizes = enumerate(CODEWORD_SYMBOLS)
    return next(at for at, n in sizes if n == size and HEADERS[at].version == version)


def nested(script: Script, outer: int, inner: int, at: int, version: int) -> str:
    """Write a sound codeword with another one among its data symbols, which is sound too."""
    word = [header(outer, 1), *random.Random(at).choices(range(1024), k=outer - 4)]
    word[-1] = 0  # the padding
    word[at] = header(inner, version)
    part = protect(merge(word[at : at + inner - 3]), inner - 3)
    word[at : at + inner] = split(part, inner)
    return script.spell(protect(merge(word), outer - 3), outer)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("version", [1, 2])
def test_another_codeword_inside_is_not_overlooked(script: str, version: int) -> None:
    """Nobody can make both verify, but a client finds both."""
    for outer, inner in combinations(reversed(CODEWORD_SIZES), 2):
        for at in range(1, outer - 3 - inner):
            seen = check(nested(load_script(script), outer, inner, at, version))
            assert version > 1 or seen is None


@given(invite=invites, script=scripts)
def test_a_passphrase_alone_is_seen(invite: Invite, script: str) -> None:
    """Bare, or in a message without markup; so that the path is not there for nothing."""
    text = CODEC.encode(invite, script=script)
    for before, after in (
        ("", ""),
        ("快来 ", " 复制打开"),
        ("【", "】"),
        ("《群》\n", "\n。"),
        ("快来【", "】 See you there, don't be late! "),
    ):
        seen = check(before + text + after)
        start = len(before)
        assert seen
        assert [(c.text, c.script, c.span) for c in seen] == [
            (text, script, (start, start + len(text)))
        ]
    assert check("今晚一起吃火锅吗") == check("") == []


UNSURE: dict[str, Callable[[str], str]] = {
    "a wrong glyph": lambda text: text[:9] + text[8] + text[10:],
    "a glyph lost": lambda text: text[:9] + text[10:],
    "a mark": lambda text: text[:9] + "?" + text[10:],
    "a second one": lambda text: f"{text}。。{text}",
    "a second part": lambda text: f"{text}。。{text[:25]}",
    "a glyph before": lambda text: text[5] + text,
    "markup": lambda text: f"<b>{text}</b>",
    "a space inside": lambda text: f"{text[:9]} {text[9:]}",
    "a separator moved": lambda text: text[:4] + text[5] + text[4] + text[6:],
}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("change", UNSURE)
def test_what_may_be_something_else_is_left_to_the_whole_reading(change: str, script: str) -> None:
    text = UNSURE[change](CODEC.encode(INVITE, script=script))
    assert [check(text), check(f"看 {text} 吧")] == [None, None]


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_the_script_does_not_write_is_left_to_the_whole_reading(name: str) -> None:
    script = load_script(name)
    aliases = {ord(script.glyphs[digit]): alias for alias, digit in script.values.items()}
    for variant in range(20):
        text = CODEC.encode(INVITE.model_copy(update={"variant": variant}), script=name)
        changed = text.translate(aliases)
        assert changed == text or check(f"看 {changed} 吧") is None


def test_a_custom_script() -> None:
    """Also where foreign characters beyond the basic plane lie between its glyphs."""
    text = YI.spell(merge(codeword_of(INVITE)), len(codeword_of(INVITE)))
    assert [c.script for c in check(text) or ()] == ["yi"]
    assert glance(text, built_in_scripts()) == []
    sparse = Script("sparse", "".join(chr(0x20000 + 2 * at) for at in range(1024)))
    text = f"看{glyphs(sparse, [*range(30)])}"
    assert glance(f"{text[:9]}\U00020001{text[9:]}", (sparse,)) is None
