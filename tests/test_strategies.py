"""The public strategies: harmless manglings are read exactly, damage is repaired or refused."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise, takewhile
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from support import CODEC, INVITE, SCRIPTS

from passphrase import Codec, Invite, Keyring
from passphrase import find as find_passphrases
from passphrase.reading.markup import COUPLES
from passphrase.scripts import load_script
from passphrase.testing.strategies import (
    DAMAGE,
    HARMLESS,
    MARKUP,
    Mangling,
    Message,
    codecs,
    invites,
    keyrings,
    manglings,
    messages,
)


@given(invite=invites(), keyring=keyrings(), codec=codecs())
def test_they_make_what_they_say(invite: Invite, keyring: Keyring, codec: Codec) -> None:
    """Generated keyrings, codecs and invites are valid: a codec reads its own passphrases."""
    assert keyring.active_id in keyring.ids
    assert codec.decode(codec.encode(invite)).invite == invite


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(message=messages(CODEC), mangling=manglings())
def test_harmless_manglings_are_read_exactly(message: Message, mangling: Mangling) -> None:
    """Up to four at once, in every script, with prose around."""
    assert mangling.damage == 0
    names = mangling.name.split(" + ") if mangling.changes else []
    assert [HARMLESS[name] for name in names] == [*mangling.changes]
    assert sorted(names, key=[*HARMLESS].index) == names
    assert len({*names} & {*MARKUP}) <= 1
    assert len({*names}) == len(names) <= 4
    assert 0 <= mangling.seed < 2**32
    decoded = CODEC.decode(mangling(message.text))
    assert (decoded.invite, decoded.repairs) == (message.invite, ())
    assert decoded.text == message.passphrase
    assert decoded.script == message.script


SEARCH = settings(max_examples=2_000, phases=[Phase.generate])


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("damage", [1, 2, 3])
def test_all_there_is_may_happen(script: str, damage: int) -> None:
    """Every combination occurs: four steps, each script, each amount of damage, brackets."""
    search = partial(find, settings=SEARCH)
    assert search(manglings(), lambda each: len(each.changes) == 4).name.count(" + ") == 3
    search(manglings(damage=3), lambda each: each.damage == damage)
    around = search(messages(CODEC), lambda each: each.script == script and "【" in each.text)
    assert f"【{around.passphrase}】" in around.text


FIELDS: dict[str, Callable[[Invite], object]] = {
    "a group id of 32 bits": lambda each: 20 < bits(each.group_id) <= 32,
    "a group id of 64 bits": lambda each: 33 < bits(each.group_id) <= 50,
    "a UUID": lambda each: isinstance(each.group_id, UUID),
    "another id of 32 bits": lambda each: 20 < bits(each.inviter_id) <= 32,
    "another id of 64 bits": lambda each: 50 < bits(each.inviter_id) <= 64,
    "another UUID": lambda each: isinstance(each.inviter_id, UUID),
    "a flag": lambda each: each.mutual_follow and each.approval and each.single_use,
    "no flag": lambda each: not (each.mutual_follow or each.approval or each.single_use),
    "the first generation": lambda each: each.generation == 0,
    "another variant": lambda each: each.variant > 0,
}


def bits(number: int | UUID) -> int:
    return number.bit_length() if isinstance(number, int) else 128


@pytest.mark.parametrize("first", ["hypothesis", "passphrase.testing.strategies", "passphrase"])
def test_hypothesis_and_the_package_are_imported_in_any_order(first: str) -> None:
    code = f"import {first}, hypothesis, passphrase as p; hypothesis.strategies.from_type(p.Invite)"
    subprocess.run([sys.executable, "-W", "error", "-c", f"{code}.validate()"], check=True)  # noqa: S603


@given(st.from_type(Invite))
def test_hypothesis_knows_how_to_make_an_invite(invite: Invite) -> None:
    """Through the entry point of the installed package."""
    assert CODEC.decode(CODEC.encode(invite)).invite == invite


@pytest.mark.parametrize("name", FIELDS)
def test_invites_of_every_kind(name: str) -> None:
    find(invites(), lambda each: bool(FIELDS[name](each)), settings=SEARCH)


@pytest.mark.parametrize("script", SCRIPTS)
def test_codecs_of_every_script(script: str) -> None:
    find(codecs(), lambda codec: f"script={script!r}" in repr(codec), settings=SEARCH)


@given(mangling=manglings(most=2), damaging=manglings(damage=1))
def test_no_more_happens_than_was_asked_for(mangling: Mangling, damaging: Mangling) -> None:
    assert len(mangling.changes) <= 2
    assert damaging.damage == 1


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(message=messages(CODEC), mangling=manglings(damage=3))
def test_damage_is_repaired(message: Message, mangling: Mangling) -> None:
    """One damage that "standard" repairs, under up to four harmless manglings."""
    assert 1 <= mangling.damage <= 3
    assert CODEC.decode(mangling(message.text)).invite == message.invite


@pytest.mark.parametrize("name", [*HARMLESS, *DAMAGE])
@given(message=messages(CODEC), seed=st.integers(0, 2**32))
@settings(max_examples=10)
def test_each_mangling(name: str, message: Message, seed: int) -> None:
    """Each mangling alone; the same seed makes the same changes."""
    damage, change = DAMAGE.get(name, (0, HARMLESS.get(name)))
    assert change
    mangling = Mangling(name, damage, (change,), seed)
    text = mangling(message.text)
    assert text == mangling(message.text)
    assert CODEC.decode(text).invite == message.invite


@cache
def with_couples() -> list[str]:
    """Make a passphrase for each couple that holds it."""
    variants = (INVITE.model_copy(update={"variant": variant}) for variant in range(256))
    texts = [*map(CODEC.encode, variants)]
    couples = sorted({*COUPLES.values()})
    return [next(text for text in texts if couple in text) for couple in couples]


@pytest.mark.parametrize("name", [*HARMLESS])
def test_a_couple_stays_whole(name: str) -> None:
    """Whatever else happens to a message, a couple that was written as a sequence is read."""
    names = sorted({name, "joined couples"}, key=[*HARMLESS].index)
    changes = tuple(HARMLESS[each] for each in names)
    for seed, text in enumerate(with_couples() * 2):
        mangled = Mangling("", 0, changes, seed)(f"加入【{text}】吧")
        assert {each.text for each in find_passphrases(mangled, max_chars=1 << 16)} == {text}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_needs_a_passphrase(name: str) -> None:
    assert Mangling(name, 1, (DAMAGE[name][1],), 0)("没有口令") == "没有口令"


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", DAMAGE)
def test_damage_leaves_markup_alone(name: str, script: str) -> None:
    """Damage does not touch markup, so two manglings in a row still decode."""
    markup = "".join(f"&#{ord(glyph)};" for glyph in CODEC.encode(_invite(), script=script))
    assert Mangling(name, 1, (DAMAGE[name][1],), 0)(markup) == markup


SEEDS = range(600)
SPRINKLED = {
    "line breaks": "\n\r\u2028",
    "spaces": " ",
    "other spaces": "\u00a0\u3000\u2009\t",
    "zero width": "\u200b\u200c\u2060\ufeff\u00ad",
    "bidi": "\u200e\u200f\u202a\u202c\u2066\u2069",
    "variation selectors": "\ufe0e\ufe0f",
    "skin tones": "\U0001f3fb\U0001f3fd\U0001f3ff",
    "joiners": "\u200d",
}
TAGS = {"</code>", '<span style="font-family:微软雅黑">', "<!-- 注释 -->", "&zwj;", "&EMSP;", "<b>"}
REPLACED = {
    "full width": ("A9Z0", "\uff21\uff19\uff3a\uff10"),
    "other dashes": ("-", "\u2014"),
    "compatibility ideographs": ("\u571f", "\u2f1f"),
    "SoftBank codes": ("\U0001f37b", "\ue30c"),
}
EXACT = {
    "CR LF": ("a\nb\n", "a\r\nb\r\n"),
    "breaks lost": ("a\nb\r\n\nc", "abc"),
    "lower case": ("AbZ-9", "abz-9"),
    "joined couples": ("a👫💏", "a👩\u200d🤝\u200d👨👩\u200d❤\ufe0f\u200d💋\u200d👨"),
    "span tags": ("a🍻", 'a<span class="emoji emoji1f37b"></span>'),
    "img tags": ("🍻!", '<img class="emoji emoji1f37b" text="_web" src="spacer.gif" />!'),
    "img tags in Chinese": (
        "🍻!",
        '<img class="emoji emoji1f37b" text="[流汗]_web" src="spacer.gif" />!',
    ),
    "img tags with alt": (
        "🍻!",
        '<img class="emoji" draggable="false" alt="🍻" src="https://example.org/1f37b.png">!',
    ),
    "emoji elements": ("🍻", '<tg-emoji emoji-id="0000000000000127867">🍻</tg-emoji>'),
    "escaped tags": ("🍻", "&lt;span class=&quot;emoji emoji1f37b&quot;&gt;&lt;/span&gt;"),
    "bracketed codes": ("\u2615🍻", "[emoji2615][emoji1f37b]"),
    "CQ codes": ("🍻b", "[CQ:emoji,id=127867]b"),
    "entities": ("口\u2615", "口&#9749;"),
    "escaped entities": ("🍻", "&amp;#127867;"),
    "entities of surrogates": ("a🍻口", "a&#55356;&#57211;&#21475;"),
    "hexadecimal entities of surrogates": ("a🍻口", "a&#xD83C;&#xDF7B;&#x53E3;"),
    "QQ names": ("a🍻", "a/Emoji127867"),
    "percent-encoding twice": ("a ☕", "a%2520%25E2%2598%2595"),
    "JavaScript's escape": ("a🍻口", "a%uD83C%uDF7B%u53E3"),
    "JSON": ("a🍻\n", r'"a\ud83c\udf7b\n"'),
    "JSON in JSON": ("🍻", r'"\"\\ud83c\\udf7b\""'),
    "Python's ascii": ("a🍻口\u00a0", r"'a\U0001f37b\u53e3\xa0'"),
    "Python's bytes": ("a☕\ud83d", r"b'a\xe2\x98\x95?'"),
    "escapes in braces": ("a🍻口", r"a\u{1f37b}\u{53e3}"),
    "percent-encoding": ("a /\ud83d", "a%20%2F%ED%A0%BD"),
    "surrogates": ("a🍻\ud83d口", "a\ud83c\udf7b\ud83d口"),
    "bold": ("a\nb", "**a\nb**"),
    "br tags": ("a\nb", "a<br/>b"),
    "table cells": ("a\nb", "<TABLE><TR><TD>a</TD></TR><TR><TD>b"),
    "HTML clipboard": ("a", "<!--StartFragment--><pre>a</pre><!--EndFragment-->"),
    "bot message": (
        "a",
        "[CQ:reply,id=-1234567890][CQ:at,qq=10001] a[CQ:face,id=178,raw=[object Object]]"
        "[CQ:face,id=123,sub_type=1,large=0]",
    ),
    "quoted lines": ("a\nb", "> a\n> b"),
    "reply": ("a", "「老王：a」\n- - - - - - - - - - - - - - -\n好的"),
    "name and time": ("a", "老王 2026/11/22 10:32\na\n小李 10:33\n收到"),
    "twice": ("a\n", "a\n\na\n"),
}


def _all(name: str, text: str) -> list[str]:
    """Apply a mangling under many seeds."""
    _, change = DAMAGE.get(name, (0, HARMLESS.get(name)))
    assert change
    return [Mangling(name, 0, (change,), seed)(text) for seed in SEEDS]


def test_every_mangling_is_held_by_a_case() -> None:
    assert {
        *(*SPRINKLED, *REPLACED, *EXACT),
        *("delimiters replaced", "tags between"),
    } == {*HARMLESS}


@pytest.mark.parametrize("name", SPRINKLED)
def test_characters_come_between_others(name: str) -> None:
    """Characters are inserted rarely, often or everywhere; nothing else changes."""
    mangled = _all(name, "口" * 100)
    added = [text.replace("口", "") for text in mangled]
    assert {*"".join(added)} == {*SPRINKLED[name]}
    assert all(text.startswith("口") and text.count("口") == 100 for text in mangled)
    shares = [sum(low <= len(each) <= high for each in added) for low, high in SHARES]
    assert min(shares) > len(SEEDS) // 5
    assert sum(shares) == len(SEEDS)


def test_tags_come_between_characters() -> None:
    """Each whole, and each of several."""
    mangled = _all("tags between", "口" * 100)
    for text in mangled:
        added = [piece for piece in text.split("口") if piece]
        assert all(piece[0] + piece[-1] in {"<>", "&;"} for piece in added)
        assert text.count("口") == 100
    assert all(any(f"口{tag}口" in text for text in mangled) for tag in TAGS)


SHARES = ((0, 8), (9, 40), (100, 100))  # around 2, 20 and 100 in 100


@pytest.mark.parametrize("name", REPLACED)
def test_some_characters_are_written_another_way(name: str) -> None:
    """Some or all of the characters are replaced; others stay."""
    before, after = REPLACED[name]
    table = str.maketrans(before, after)
    mangled = _all(name, (before + "中") * 100)
    assert all(each.count("中") == 100 for each in mangled)
    whole = mangled.count((before + "中").translate(table) * 100)
    assert len(SEEDS) // 4 < whole < len(SEEDS) * 3 // 4
    for text in mangled:
        back = str.maketrans(after, before)
        assert text.translate(back) == (before + "中") * 100
        replaced = sum(text.count(glyph) for glyph in after) / len(before)
        assert replaced == 100 or 5 < replaced < 40


@pytest.mark.parametrize("name", EXACT)
def test_what_a_mangling_writes(name: str) -> None:
    before, after = EXACT[name]
    assert {*_all(name, before)} == {after}


def test_delimiters_become_one_of_several() -> None:
    assert {*_all("delimiters replaced", "【a》")} == {f"{each}a{each}" for each in "￥₤#$!。"}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", DAMAGE)
def test_what_damage_does(name: str, script: str) -> None:
    """Damage changes the stated number of glyphs in the stated way, and nothing else."""
    variants = (_invite().model_copy(update={"variant": number}) for number in range(256))
    spelled = (CODEC.encode(invite, script=script) for invite in variants)
    text = next(each for each in spelled if all(a != b for a, b in pairwise(each.replace("-", ""))))
    readable = load_script(script).values
    struck: set[int] = set()
    for mangled in _all(name, f"看{text}。"):
        assert (mangled[0], mangled[-1]) == ("看", "。")
        after = mangled[1:-1]
        edits = _edits(name, text, after)
        struck.update(edits)
    places = {at for at, glyph in enumerate(text) if glyph in readable}
    assert struck == places - ({max(places)} if name == "two swapped" else set[int]())


def _edits(name: str, text: str, after: str) -> list[int]:
    """Hold what has happened, and tell where."""
    count, kind = name.split()
    at = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, after, strict=False)))
    if kind == "lost":
        assert after == text[:at] + text[at + 1 :]
        return [at]
    if kind == "extra":
        assert after == text[:at] + after[at] + text[at:]
        return [at - 1]
    different = [at for at, (old, new) in enumerate(zip(text, after, strict=True)) if old != new]
    if kind == "swapped":
        assert sorted(after) == sorted(text)
        assert len(different) == 2
        return different[:1]
    assert len(different) == {"one": 1, "two": 2, "three": 3}[count]
    unreadable = [at for at in different if after[at] in "?\uff1f\u25a1\ufffd\ud83d"]
    assert unreadable == (different if kind == "unreadable" else [])
    return different


def _invite() -> Invite:
    return Invite.model_validate_json(
        '{"group_id": "12345678901", "inviter_id": "98765432109", "origin": "qq",'
        '"expires_at": "2026-12-01T00:00:00Z"}'
    )


def test_a_step_that_makes_it_too_long_is_left_out() -> None:
    """A step is skipped if its markup would make the text longer than a codec reads."""
    longer = Mangling("longer", 0, (lambda text, _: text * 200, lambda text, _: f"{text}!"), 0)
    assert longer("x" * 30) == "x" * 30 + "!"
