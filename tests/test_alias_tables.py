"""The alias tables: frozen, outside every script, and what Unicode's normal forms say of them."""

import hashlib
import sys
import unicodedata
from pathlib import Path

import pytest
from support import SCRIPTS

from passphrase import scripts
from passphrase.scripts import compat_table, load_script, softbank_table

TABLES = {"emoji": softbank_table, "hanzi": compat_table}
FROZEN = {
    "softbank_table.py": "36a3d1793a226152af87879cad0a51ddcc5663f737a6127d90082266ca2f1739",
    "compat_table.py": "28c164fb2a9dac526ca9b2f11840db5c3aa794a5e1a818ee8a00f7859a830e28",
}
SOFTBANK_CODES = range(0xE001, 0xE538)
# Circled, parenthesised and squared ideographs are signs of their own, and some are emoji.
ENCLOSED = (range(0x3200, 0x3300), range(0x1F200, 0x1F300))


@pytest.mark.parametrize(("name", "sha256"), FROZEN.items())
def test_tables_are_frozen(name: str, sha256: str) -> None:
    """What is read today is read for ever: a file never changes."""
    path = Path(scripts.__path__[0]) / name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256


@pytest.mark.parametrize("name", TABLES)
def test_aliases_stand_outside_every_script(name: str) -> None:
    """An alias is one character that no script writes; what it stands for is a glyph."""
    written = {char for script in map(load_script, SCRIPTS) for char in script.glyphs}
    written |= {char for script in map(load_script, SCRIPTS) for char in script.separators}
    aliases = TABLES[name].ALIASES
    assert list(aliases) == sorted(aliases)
    assert {len(alias) for alias in aliases} == {1}
    assert written.isdisjoint(aliases)
    assert {*aliases.values()} <= {*load_script(name).glyphs}


def test_the_tables_are_disjoint() -> None:
    """An alias tells its script."""
    assert softbank_table.ALIASES.keys().isdisjoint(compat_table.ALIASES)


def test_softbank_codes() -> None:
    """Carrier codes are private use, each of an emoji of its own, and these are well known."""
    aliases = softbank_table.ALIASES
    assert {*map(ord, aliases)} <= {*SOFTBANK_CODES}
    assert {*map(unicodedata.category, aliases)} == {"Co"}
    assert len({*aliases.values()}) == len(aliases) == 343
    for alias, glyph in {"\ue001": "👦", "\ue00e": "👍", "\ue057": "😃", "\ue415": "😄"}.items():
        assert aliases[alias] == glyph
    assert "\ue04a" not in aliases  # the sun, which is no glyph: it needs a selector


def test_compat_characters_are_all_that_normalise() -> None:
    """Of all code points, just those that NFC or NFKC turns into a glyph, and are no signs."""
    glyphs = {*load_script("hanzi").glyphs}
    found: dict[str, str] = {}
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        for form in ("NFC", "NFKC"):
            glyph = unicodedata.normalize(form, char)
            if char != glyph in glyphs and not any(code in block for block in ENCLOSED):
                assert found.setdefault(char, glyph) == glyph
    assert found == compat_table.ALIASES
    assert len(found) == 167
