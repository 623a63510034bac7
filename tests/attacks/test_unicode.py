"""Unicode: one frozen table says which characters are glyphs, on every Python."""

import hashlib
import sys
import unicodedata
from functools import cache

import pytest
from attacks.attacks_support import outcome, watch, with_and_without_tags
from hypothesis import given
from hypothesis import strategies as st
from support import CODEC, INVITE, SCRIPTS, invites, scripts

from passphrase import Invite, find
from passphrase.reading.fold import rows
from passphrase.reading.markup import Unwrapped, unwrap
from passphrase.scripts import load_script

pytestmark = pytest.mark.slow

TEXTS = {script: CODEC.encode(INVITE, script=script) for script in SCRIPTS}
IGNORED, MARK, FOREIGN = -2, -1, None
# What each script reads each of all code points as. Measured on 3.11 (Unicode 14), 3.12 (15) and
# 3.13 (15.1), whose own tables say different things of thousands of them.
GOLDEN = {
    "emoji": (4_199, 10_860, "ea5d28c2d40064a5bf9cbd20b46ebfce8e4cdbb1748da7a905bfb9694e57bc30"),
    "hanzi": (4_199, 8_454, "4e9f9943c5e5e1ab62cdd5da248de4393122e1d763820283ff514f57dfe565ee"),
    "base32": (4_217, 8_454, "5d401d05251ac91d61a32f6845579ed6dc2e4a036643bb1a6603ece416326402"),
}


@cache
def readings(name: str) -> dict[int, int]:
    """Read every code point between glyphs: its value, a mark, or ignored; foreign ones not.

    A single foreign one is a mark there, and the row says where it ends.
    """
    script = load_script(name)
    glyphs = script.glyphs[5] * 3
    text = "".join(f"。\n。{glyphs}{chr(code)}{glyphs}" for code in range(sys.maxunicode + 1))
    places = Unwrapped(text, range(len(text) + 1))
    found: dict[int, int] = {}
    for row in rows(places, [script], 6 // script.glyphs_per_symbol):
        code = ord(text[row.places[0] + 3])
        if not row.gaps:
            found[code] = row.glyphs[3] if len(row.places) == 7 else IGNORED
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_code_point_is_read_as_it_always_was(name: str) -> None:
    """Every code point is read as always, with any version of Unicode."""
    found = readings(name)
    values = [*found.values()]
    lines = "\n".join(f"{code:X} {value}" for code, value in sorted(found.items()))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    assert (values.count(IGNORED), values.count(MARK), digest) == GOLDEN[name]
    assert {code for code, value in found.items() if value >= 0} == {
        *map(ord, load_script(name).values)
    }


def test_a_character_is_a_glyph_of_one_script_at_most() -> None:
    """Each character is a glyph of at most one script."""
    for code in range(sys.maxunicode + 1):
        values = [readings(name).get(code) for name in SCRIPTS]
        glyphs = [value for value in values if value is not None and value >= 0]
        assert len(glyphs) <= 1
        assert not glyphs or IGNORED not in values


@pytest.mark.parametrize("letter", "ıſ\u212aİßﬁﬀªº²³¹ⅠⅧ①⑴𝐀𝟎🄰\u0391\u0410\uff25\u0301Å")
def test_no_letter_is_let_in_by_folding_case(letter: str) -> None:
    """Letters that case folding or (?i) would map to ASCII, such as ı and ſ, are foreign."""
    is_wide = 0xFF01 <= ord(letter) <= 0xFF5E
    assert (ord(letter) in readings("base32")) is is_wide
    assert ord(letter) not in readings("hanzi")


def test_digits_of_other_alphabets_are_foreign() -> None:
    """Of the digits outside ASCII that `int` accepts, only full-width ones are glyphs."""
    digits = [code for code in range(128, sys.maxunicode + 1) if chr(code).isdigit()]
    assert len(digits) > 600
    read = {code for code in digits if readings("base32").get(code, IGNORED) >= 0}
    assert read == {*range(0xFF10, 0xFF1A)}


@pytest.mark.parametrize("name", SCRIPTS)
def test_white_space_and_format_characters(name: str) -> None:
    """Invisible characters are skipped or foreign, never glyphs or marks."""
    shows_nothing = [
        code
        for code in range(sys.maxunicode + 1)
        if chr(code).isspace() or unicodedata.category(chr(code)) == "Cf"
    ]
    assert len(shows_nothing) > 180
    assert {readings(name).get(code) for code in shows_nothing} <= {IGNORED, FOREIGN}
    spaces = [code for code in shows_nothing if chr(code).isspace()]
    assert {readings(name).get(code) for code in spaces} == {IGNORED}


@given(text=st.text(st.sampled_from([*"".join(TEXTS.values()), *"<br>&#x;[]%.? \u200b"])))
def test_unwrapping_makes_no_text_longer(text: str) -> None:
    """Unwrapping never makes a text longer, unlike NFKC."""
    assert len(unwrap(text).text) <= len(text)


# --- Texts that were cut and recoded ------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("errors", ["replace", "ignore", "surrogate"])
@with_and_without_tags
def test_cut_at_every_unit(
    monkeypatch: pytest.MonkeyPatch, script: str, encoding: str, errors: str, *, trusted: bool
) -> None:
    """A text cut within a glyph is read as the invite or refused."""
    reached = watch(monkeypatch, trusted=trusted)
    how = errors.replace("surrogate", "surrogateescape" if encoding == "utf-8" else "surrogatepass")
    units = TEXTS[script].encode(encoding)
    step = 1 if encoding == "utf-8" else 2
    read = 0
    for cut in range(step, len(units), step):
        for part in (units[:cut], units[cut:], units[:cut] + units[cut + step :]):
            text = part.decode(encoding, how)
            before = outcome(text)
            assert before == INVITE or isinstance(before, type)
            read += before == INVITE
    assert reached["repair"] > reached["tag"] >= read > 0


OLD = ["gb18030", "gbk", "gb2312", "big5", "big5hkscs", "cp950", "shift_jis", "euc_kr", "cp1252"]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("encoding", OLD)
@with_and_without_tags
def test_old_encodings_make_no_other_invite(
    monkeypatch: pytest.MonkeyPatch, script: str, encoding: str, *, trusted: bool
) -> None:
    """A text that was recoded in old encodings is never read as another invite."""
    reached = watch(monkeypatch, trusted=trusted)
    text = f"口令：{TEXTS[script]}。"
    for how in ("replace", "ignore", "xmlcharrefreplace", "backslashreplace"):
        written = text.encode(encoding, how)
        for reader in {encoding, "utf-8", "gbk", "latin-1"}:
            read = outcome(written.decode(reader, "replace"))
            assert read == INVITE or isinstance(read, type)
    for reader in ("gbk", "gb18030", "big5", "latin-1"):
        read = outcome(text.encode().decode(reader, "replace"))
        assert read == INVITE or isinstance(read, type)
    assert reached["tag"] > 0


@given(invite=invites, script=scripts)
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_normal_forms_change_nothing(form: str, invite: Invite, script: str) -> None:
    """Unicode normalisation of a message does not change its passphrase."""
    text = CODEC.encode(invite, script=script)
    assert unicodedata.normalize(form, text) == text  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    wide = "".join(chr(ord(g) + 0xFEE0) if "!" <= g <= "~" else g for g in text)
    (found,) = find(wide)
    assert found.text == text
