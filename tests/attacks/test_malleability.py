"""Malleability: an invite has one codeword for each key, and a text is read as one invite."""

import random
from base64 import b64encode, urlsafe_b64encode
from itertools import permutations, product

import pytest
from attacks.attacks_support import outcome, spell_raw, watch, with_and_without_tags
from hypothesis import given
from hypothesis import strategies as st
from reference import pack, protect, seal, spell
from support import (
    AUDIENCE,
    CODEC,
    INVITE,
    KEYS,
    SCRIPTS,
    SECRET,
    codeword_of,
    invites,
    replaced,
    scripts,
    sealed_word,
)

from passphrase import Codec, Invite, Keyring, KeyringError, PassphraseError, SignatureError
from passphrase.format.layout import HEADER_SYMBOLS, Header
from passphrase.scripts import load_script

pytestmark = pytest.mark.slow

WORD = codeword_of(INVITE)
OTHER = codeword_of(INVITE.model_copy(update={"variant": 1}))
LEVELS = ("exact", "standard", "thorough")


def is_harmless(text: str, *allowed: Invite, repair: str = "standard") -> bool:
    """Tell whether a text is read as one of the minted invites, or refused."""
    read = outcome(text, repair=repair)
    return isinstance(read, type) or read in (allowed or (INVITE,))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("zero", [0, 1, 1023])
def test_symbols_before_and_behind_make_no_other_word(script: str, zero: int) -> None:
    """Zeros before or after a codeword make no other codeword, unlike in bech32."""
    for count in range(6):
        for before in range(count + 1):
            padding = (zero,) * before, (zero,) * (count - before)
            text = spell((*padding[0], *WORD, *padding[1]), script)
            assert outcome(text, repair="exact") == INVITE
            assert CODEC.decode(text).text == spell(WORD, script)
    for at in range(1, 30, 4):
        for count in (1, 2, 3):
            assert is_harmless(spell((*WORD[:at], *(zero,) * count, *WORD[at:]), script))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_doubled_word_is_one(script: str) -> None:
    """A passphrase pasted twice without a gap is one invite with one fingerprint."""
    for times in (2, 3, 7):
        (decoded,) = CODEC.decode_all(spell(WORD * times, script))
        assert (decoded.invite, decoded.repairs) == (INVITE, ())


@with_and_without_tags
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_truncated_word_is_it_or_nothing(
    monkeypatch: pytest.MonkeyPatch, script: str, *, trusted: bool
) -> None:
    """A truncated codeword is read as itself or refused, never as another invite."""
    reached = watch(monkeypatch, trusted=trusted)
    text = spell(WORD, script)
    for cut in range(1, len(text)):
        assert outcome(text[cut:], repair="exact") != INVITE
        assert outcome(text[:-cut], repair="exact") != INVITE
        for part in (text[cut:], text[:-cut], text[cut:] + text[:cut]):
            assert is_harmless(part)
    assert min(reached["repair"], reached["tag"]) > 0


@pytest.mark.parametrize(
    ("level", "trusted"), [*product(LEVELS[:2], (False, True)), ("thorough", False)]
)
def test_two_halves_of_two_words(
    monkeypatch: pytest.MonkeyPatch, level: str, *, trusted: bool
) -> None:
    """The head of one passphrase with the tail of another is neither, or one that was repaired.

    Two damages away from any symbols is some codeword: there the tag alone must hold.
    """
    reached = watch(monkeypatch, trusted=trusted)
    for at in range(1, 30, 3):
        for text in (WORD[:at] + OTHER[at:], OTHER[:at] + WORD[at:], WORD[:at] + OTHER):
            other = INVITE.model_copy(update={"variant": 1})
            assert is_harmless(spell(text), INVITE, other, repair=level)
    assert reached["tag"] > 0
    assert (reached["repair"] > 0) is (level != "exact")


@with_and_without_tags
@pytest.mark.parametrize(("one", "other"), [*permutations(SCRIPTS, 2)])
def test_a_glyph_of_another_script(
    monkeypatch: pytest.MonkeyPatch, one: str, other: str, *, trusted: bool
) -> None:
    """A glyph of another script is foreign, so it is never read as its symbol."""
    reached = watch(monkeypatch, trusted=trusted)
    for at in range(30):
        mixed = spell(WORD[:at], one) + spell(WORD[at : at + 1], other) + spell(WORD[at + 1 :], one)
        assert isinstance(outcome(mixed, repair="exact"), type)
        assert is_harmless(mixed)
    assert reached["repair"] > 0


def remade() -> dict[str, list[str]]:
    """Make words of minted ones, as above, but with their parity made good: only the tag is not."""
    header, body = pack(INVITE, 1)
    symbol = HEADER_SYMBOLS[header]
    raw = seal(KEYS, symbol, body)
    data, other = WORD[:-3], OTHER[:-3]
    narrow = [Header(1, 1, *widths) for widths in ((0, 0), (0, 1), (1, 0))]
    kept = [(HEADER_SYMBOLS[each], each.body_bytes) for each in narrow]
    return {
        "two halves": [spell(protect(data[:at] + other[at:])) for at in range(2, 27)],
        "truncated": [
            spell_raw(short, hidden + raw[-10:])
            for short, count in kept
            for hidden in (raw[:count], raw[len(body) - count : -10])
        ],
        "one symbol": [spell(protect(replaced(data, at, data[at] ^ 512))) for at in range(1, 27)],
        "turned": [spell_raw(symbol, raw[at:] + raw[:at]) for at in range(1, len(raw))],
        "reversed": [spell_raw(symbol, raw[::-1]), spell_raw(symbol, raw[-11::-1] + raw[-10:])],
    }


@with_and_without_tags
@pytest.mark.parametrize("name", remade())
def test_where_parity_is_sound_the_tag_holds(
    monkeypatch: pytest.MonkeyPatch, name: str, *, trusted: bool
) -> None:
    """Changed codewords with corrected parity are refused by their tag, checked once each."""
    reached = watch(monkeypatch, trusted=trusted)
    texts = remade()[name]
    for text in texts:
        assert (outcome(text) is SignatureError) is not trusted
    assert reached == {"tag": len(texts)}


@given(invite=invites, seed=st.integers(0, 2**32))
def test_case_and_width_of_base32_say_nothing(invite: Invite, seed: int) -> None:
    """Case, width and aliases in base 32 do not change codeword and fingerprint."""
    canonical = CODEC.encode(invite, script="base32")
    aliases: dict[int, list[str]] = {}
    for form, value in load_script("base32").values.items():
        aliases.setdefault(value, []).append(form)
    draw = random.Random(seed)
    values = load_script("base32").values
    text = "".join(draw.choice(aliases[values[g]]) if g in values else g for g in canonical)
    one, other = CODEC.decode(canonical), CODEC.decode(text)
    assert (other.invite, other.text, other.repairs) == (invite, canonical, ())
    assert other.fingerprint == one.fingerprint


@given(invite=invites, script=scripts, data=st.data())
def test_reading_again_what_was_read_changes_nothing(
    invite: Invite, script: str, data: st.DataObject
) -> None:
    """Reading the canonical spelling of a result gives the same result."""
    text = CODEC.encode(invite, script=script)
    at = data.draw(st.integers(1, len(text) - 2))
    noise = data.draw(st.sampled_from(["", "?", "\u200b", " ", text[at], text[at - 1]]))
    once = CODEC.decode(text[:at] + noise + text[at + 1 :])
    again = CODEC.decode(once.text, repair="exact")
    assert (again.invite, again.text, again.fingerprint) == (invite, text, once.fingerprint)


# --- A second codeword for one invite -----------------------------------------------------------


def other_words() -> list[tuple[int, ...]]:
    """Build, with the key in hand, every near word that could say the same invite once more."""
    words: list[tuple[int, ...]] = []
    invite = INVITE.model_copy(update={"group_id": 5, "inviter_id": 7})
    header, body = pack(invite, 1)
    numbers = {"group": body[6:10], "inviter": body[10:14]}
    for group_width in range(3):
        for inviter_width in range(3):
            if (group_width, inviter_width) != (0, 0):
                wide = Header(1, 1, group_width, inviter_width)
                ids = numbers["group"].rjust(wide.group_bytes, b"\0"), numbers["inviter"]
                padded = ids[0] + ids[1].rjust(wide.inviter_bytes, b"\0")
                words.append(sealed_word(HEADER_SYMBOLS[wide], body[:6] + padded))
    symbol = HEADER_SYMBOLS[header]
    words.extend(sealed_word(symbol ^ 1 << bit, body) for bit in range(4, 10))  # version, key id
    words.append(sealed_word(symbol, bytes((*body[:3], body[3] | 1, *body[4:]))))  # reserved
    return words


@pytest.mark.parametrize("word", other_words(), ids=lambda word: str(word[0]))
def test_no_second_word_says_the_same(word: tuple[int, ...]) -> None:
    """A second codeword for an invite is refused even under a good tag.

    But an id of 16 bytes is a UUID, which is another id and so another invite.
    """
    read = outcome(spell(word))
    assert isinstance(read, type) or "-" in f"{read.group_id}{read.inviter_id}"
    if not isinstance(read, type):
        assert codeword_of(read) == word


def test_spare_bits_say_nothing() -> None:
    """Each value of the spare bits but zero, with parity made good: no word, whoever signed it."""
    for size, (group_id, inviter_id) in {30: (2**32, 2**32), 24: (1, 1), 27: (2**32, 1)}.items():
        word = codeword_of(
            INVITE.model_copy(update={"group_id": group_id, "inviter_id": inviter_id})
        )
        assert len(word) == size
        spare = {30: 4, 24: 8, 27: 6}[size]
        for bits in range(1, 1 << spare):
            padded = protect(replaced(word[:-3], size - 4, word[size - 4] | bits))
            assert isinstance(outcome(spell(padded), repair="exact"), type)


def test_a_word_cannot_be_moved_to_another_key_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """With another key id of the keyring, a sealed body and its tag are refused."""
    secrets = {key_id: bytes([key_id]) * 32 for key_id in range(8)}
    codec = Codec(Keyring(secrets | {1: SECRET}, 1), audience=AUDIENCE)
    raw = seal(KEYS, WORD[0], pack(INVITE, 1)[1])
    reached = watch(monkeypatch, trusted=False)
    told = [outcome(spell_raw(133 + 16 * key_id, raw), codec) for key_id in range(8)]
    assert told == [SignatureError, INVITE, *[SignatureError] * 6]
    assert reached == {"tag": 8}


def test_a_search_for_a_second_spelling() -> None:
    """20,000 random edits of a passphrase: each result has the minted spelling."""
    draw = random.Random(16)
    texts = {script: spell(WORD, script) for script in SCRIPTS}
    noise = [*"\u200b -\ufe0f\n*?Il1oO0Uu", *spell(OTHER)[:4], *spell(OTHER, "hanzi")[:4]]
    read = 0
    for _ in range(20_000):
        script = draw.choice(SCRIPTS)
        glyphs = [*texts[script]]
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(glyphs))
            glyphs[at : at + draw.randrange(3)] = draw.choices(noise + glyphs, k=draw.randrange(3))
        try:
            decoded = CODEC.decode("".join(glyphs), repair="exact")
        except PassphraseError:
            continue
        read += 1
        assert (decoded.invite, decoded.text) == (INVITE, texts[script])
    assert read > 1_000  # the search is not empty


# --- Where bytes are written as text: the keys --------------------------------------------------

ENCODED = urlsafe_b64encode(b"\xff" * 31 + b"\x01").decode().rstrip("=")
SPELLINGS = {
    "other trailing bits": [ENCODED[:-1] + last for last in "FGH"],
    "the other alphabet": [b64encode(b"\xff" * 31 + b"\x01").decode().rstrip("=")],
    "junk inside": [ENCODED[:4] + junk + ENCODED[4:] for junk in ("!", "\0", "=", "é", "A==")],
    "too much padding": [ENCODED + "===", "=" + ENCODED],
    "a byte order mark": ["\ufeff" + ENCODED],
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_secret_has_one_spelling(name: str) -> None:
    """A secret has one spelling in base64, without the variants of lenient decoders."""
    assert Keyring.parse(f"1:{ENCODED}").reveal() == f"1:{ENCODED}!"
    for spelling in SPELLINGS[name]:
        with pytest.raises(KeyringError):
            Keyring.parse(f"1:{spelling}")


def test_white_space_around_a_secret_is_ignored() -> None:
    """White space around a secret is ignored: a file ends in a line break."""
    for text in (f"1:{ENCODED}\n", f" 1:{ENCODED}\r\n", f"1:{ENCODED}\u3000"):
        assert Keyring.parse(text).reveal() == f"1:{ENCODED}!"
    assert Keyring({1: SECRET}).reveal() != Keyring({1: SECRET + b"\n"}).reveal()
