"""The scripts: frozen, disjoint, and checked against the data of Unicode and OpenCC."""

import hashlib
import random
import unicodedata
from itertools import combinations, pairwise
from pathlib import Path
from typing import Literal

import emoji
import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import spell
from support import SCRIPTS, scripts, symbols

from passphrase.reading.characters import IGNORABLE_RANGES
from passphrase.scripts import load_script
from passphrase.scripts.script import Script

FROZEN = {
    "emoji": "d4a677a2aef03b5f26b41c7c302763045d1bdfa76cd05b9eed807a2fbb99a4d2",
    "hanzi": "6862ef015dec28c2d9a35d33e13764e6111cc0a058bab6520a7bed5705639aef",
    "base32": "28f0d8533c700b55926eaef9262af9098d72cbe0493763b4475bf11cd5c1acac",
}
FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
EMOJI = load_script("emoji").glyphs
HANZI = load_script("hanzi").glyphs
# Newest version that a phone of 2020 draws; what is newer only fills the last places.
EMOJI_VERSION = 13


@pytest.mark.parametrize(("name", "sha256"), FROZEN.items())
def test_tables_are_frozen(name: str, sha256: str) -> None:
    """The table of a script never changes, because existing passphrases use it."""
    glyphs = load_script(name).glyphs
    assert hashlib.sha256(glyphs.encode()).hexdigest() == sha256
    assert len(set(glyphs)) == len(glyphs) == (32 if name == "base32" else 1024)
    assert sha256 in Path("docs/format.md").read_text(encoding="utf-8")


@given(name=scripts, codeword=st.lists(symbols, min_size=24, max_size=43))
def test_round_trip(name: str, codeword: list[int]) -> None:
    """A spelling is read back as the same codeword."""
    script = load_script(name)
    digits = [script.values[glyph] for glyph in spell(codeword, script) if glyph != "-"]
    assert script.join_glyphs(digits) == tuple(codeword)


def test_base32_spelling() -> None:
    """Two characters for each symbol, high bits first, in groups of six."""
    script = load_script("base32")
    assert spell([0, 1, 31, 32, 1023], script) == "00010Z-10ZZ"
    for symbol in range(1024):
        alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        assert spell([symbol], script) == alphabet[symbol >> 5] + alphabet[symbol & 31]


def test_base32_reads_what_people_type() -> None:
    """Either case, Crockford's I L O and full width are read, but no other letters."""
    digits = load_script("base32").values
    for typed, meant in {
        "i": 1,
        "I": 1,
        "l": 1,
        "L": 1,
        "o": 0,
        "O": 0,
        "z": 31,
        "Ｚ": 31,
        "ｌ": 1,
    }.items():
        assert digits[typed] == meant
    for foreign in "uUıſİßﬁ٣³Ⅷ\u212a":
        assert foreign not in digits
    assert len(digits) == 2 * (10 + 2 * 25)


def test_repertoires_are_disjoint() -> None:
    """No glyph is in two scripts, and no glyph is ignorable."""
    repertoires = [{*load_script(name).values, *load_script(name).separators} for name in SCRIPTS]
    ignorable = {chr(c) for first, last in IGNORABLE_RANGES for c in range(first, last + 1)}
    for one, other in combinations([*repertoires, ignorable], 2):
        assert not one & other


def test_unknown_script() -> None:
    with pytest.raises(ValueError, match="emoji, hanzi, base32"):
        load_script("klingon")


@pytest.mark.parametrize("group", [-1, 4])
def test_groups_need_separators(group: int) -> None:
    with pytest.raises(ValueError, match="group"):
        Script("digits", "0123456789abcdefghijklmnopqrstuv", group=group)


def test_glyphs_are_stable() -> None:
    """One code point, unchanged by every normal form."""
    for glyph in EMOJI + HANZI:
        assert len(glyph) == 1
        assert {unicodedata.normalize(form, glyph) for form in FORMS} == {glyph}


def test_emoji_against_unicode() -> None:
    """Each is a fully qualified emoji by itself; nearly all are of Emoji 13 or older."""
    newer = 0
    for glyph in EMOJI:
        known = emoji.EMOJI_DATA[glyph]
        assert known["status"] == emoji.STATUS["fully_qualified"]
        newer += known["E"] > EMOJI_VERSION
    assert newer <= 64
    assert not {*EMOJI} & {chr(c) for c in range(0x1F1E6, 0x1F200)}
    assert not {*EMOJI} & {chr(c) for c in range(0x1F3FB, 0x1F400)}


def test_no_two_emoji_make_a_sequence() -> None:
    """No recommended emoji sequence consists only of glyphs, so adjacent glyphs do not merge."""
    members = {*EMOJI}
    assert not [s for s in emoji.EMOJI_DATA if len(s) > 1 and members.issuperset(s)]


CONFIGS = sorted(path.name for path in Path(opencc.__file__).parent.rglob("*2*.json"))


@pytest.mark.parametrize("config", CONFIGS)
def test_hanzi_against_opencc(config: str) -> None:
    """No conversion that OpenCC ships alters a random passphrase, in either direction."""
    draw = random.Random(2020)
    words = ["".join(draw.choices(HANZI, k=30)) for _ in range(2_000)]
    text = "\n".join([*words, *HANZI])
    assert opencc.OpenCC(config).convert(text) == text  # pyright: ignore[reportUnknownMemberType]


def test_opencc_ships_its_conversions() -> None:
    """The test above is not empty."""
    assert {"s2t.json", "t2s.json", "s2twp.json", "tw2sp.json", "s2hk.json"} <= {*CONFIGS}


def test_hanzi_survive_old_encodings() -> None:
    """Each is in GB 2312 and in Big5, so neither an old Windows nor an old phone loses one."""
    for codec in ("gb2312", "big5", "gbk", "gb18030"):
        assert HANZI.encode(codec).decode(codec) == HANZI


def test_tables_have_one_order() -> None:
    """Tables are ordered so that header symbols, 128 to 255, are well-known characters."""
    assert all(emoji.EMOJI_DATA[g]["E"] <= 1 for g in EMOJI[128:256])
    versions = [emoji.EMOJI_DATA[g]["E"] for g in EMOJI]
    assert all(here <= there for here, there in pairwise(versions))
