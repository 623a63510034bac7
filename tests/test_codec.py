"""The main path: minted passphrases are read, and everything else is refused for its reason."""

import os
import random
import re
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from reference import chunk, pack, protect, spell
from support import (
    AUDIENCE,
    CODEC,
    INVITE,
    KEYRING,
    KEYS,
    LONG,
    OTHER_SECRET,
    PACKAGE,
    SCRIPTS,
    SECRET,
    YI,
    codeword_of,
    count_tag_checks,
    invites,
    replaced,
    scripts,
    sealed_word,
    symbols,
)

from passphrase import (
    AmbiguousError,
    Codec,
    DamagedError,
    Invite,
    Keyring,
    NotFoundError,
    PassphraseError,
    Script,
    SignatureError,
    TextTooLongError,
    VersionError,
    explain,
    find,
    recognize,
)
from passphrase.format.layout import BODY_FIELDS, HEADER_SYMBOLS, Header, field_shifts

WORD = codeword_of(INVITE)
FORGED_WORDS = int(os.environ.get("FORGED_WORDS", "100000"))


@given(invite=invites, script=scripts, key_id=st.integers(0, 7), before=st.text(max_size=20))
def test_round_trip(invite: Invite, script: str, key_id: int, before: str) -> None:
    """A minted passphrase is read from a text, with its script, span and fingerprint."""
    codec = Codec(Keyring({key_id: SECRET}), audience=AUDIENCE, script=script)
    text = codec.encode(invite)
    decoded = codec.decode(f"{before}《{text}》")
    assert decoded.invite == invite
    assert decoded.text == text == codec.encode(decoded.invite)
    assert (decoded.script, decoded.repairs, decoded.key_id) == (script, (), key_id)
    assert decoded.span == (len(before) + 1, len(before) + 1 + len(text))


@pytest.mark.parametrize(
    ("group_id", "inviter_id", "glyphs"),
    [
        (1, 2**32 - 1, 24),
        (2**32, 1, 27),
        (1, 2**64 - 1, 27),
        (2**64 - 1, 2**32, 30),
        (UUID(int=1), 1, 33),
        (2**63, UUID(int=2), 36),
        (UUID(int=1), UUID(int=2), 43),
    ],
)
def test_lengths(group_id: int | UUID, inviter_id: int | UUID, glyphs: int) -> None:
    """The lengths that docs/format.md prescribes for every pair of widths."""
    invite = INVITE.model_copy(update={"group_id": group_id, "inviter_id": inviter_id})
    for script in SCRIPTS:
        text = CODEC.encode(invite, script=script)
        assert len(text.replace("-", "")) == glyphs * (2 if script == "base32" else 1)
        assert CODEC.decode(text).invite == invite


@given(invite=invites)
def test_one_codeword_in_every_script(invite: Invite) -> None:
    """Only the spelling depends on the script; codeword and fingerprint stay the same."""
    spelled = [CODEC.decode(CODEC.encode(invite, script=script)) for script in SCRIPTS]
    assert len({decoded.fingerprint for decoded in spelled}) == 1
    assert len({decoded.text for decoded in spelled}) == 3


@given(one=invites, other=invites)
def test_fingerprints_tell_invites_apart(one: Invite, other: Invite) -> None:
    fingerprints = {CODEC.decode(CODEC.encode(invite)).fingerprint for invite in (one, other)}
    assert len(fingerprints) == (1 if one == other else 2)


def test_fingerprint_is_key_id_and_tag() -> None:
    header, body = pack(INVITE, 1)
    tag = KEYS.tag(HEADER_SYMBOLS[header].to_bytes(2, "big") + body)
    assert CODEC.decode(CODEC.encode(INVITE)).fingerprint == f"1-{tag.hex()}"


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_forged_words_are_refused() -> None:
    """Words with sound parity and a random body and tag: none is accepted."""
    draw = random.Random(80)
    accepted = 0
    spans = set[object]()
    for _ in range(FORGED_WORDS):
        forged = chunk(WORD[0], draw.randbytes(32))
        try:
            CODEC.decode(spell(protect(forged)))
            accepted += 1
        except SignatureError as error:
            spans.add(error.span)
    assert (accepted, spans) == (0, {(0, 30)})


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_changed_bit_is_refused(script: str) -> None:
    """Each bit of a sealed word is flipped and parity made good again: none is accepted."""
    for at in range(27):
        for bit in range(10):
            changed = protect(replaced(WORD[:-3], at, WORD[at] ^ 1 << bit))
            with pytest.raises(PassphraseError) as caught:
                CODEC.decode(spell(changed, script))
            if at == 0 and bit >= 7:
                expected: type[PassphraseError] = VersionError
            elif at in {0, 26} and bit < 4:  # other widths want another size; spare bits are zero
                expected = DamagedError
            else:
                expected = SignatureError
            assert type(caught.value) is expected


@given(at=st.integers(0, 29), symbol=symbols, script=scripts)
def test_a_one_symbol_change_is_never_misread(at: int, symbol: int, script: str) -> None:
    """It is read right, or refused when no repair is asked for."""
    if symbol == WORD[at]:
        return
    text = spell(replaced(WORD, at, symbol), script)
    assert CODEC.decode(text).invite == INVITE
    with pytest.raises(DamagedError):
        CODEC.decode(text, repair="exact")


@given(text=st.text(st.characters(), max_size=200))
def test_any_text_is_refused_or_read(text: str) -> None:
    """Only a `PassphraseError` leaves, whatever the clipboard holds."""
    for function in (CODEC.decode, CODEC.decode_all):
        with pytest.raises(PassphraseError):
            function(text)


@given(
    text=st.lists(
        st.sampled_from([*SCRIPTS, "\ud83d", "\0", "\r", "〖", "\u0315\u0300", "4", "🎉🎉"]),
        max_size=60,
    )
)
def test_any_mixture_is_refused_or_read_right(text: list[str]) -> None:
    """Passphrases among fragments: only minted ones are read."""
    pasted = "".join(
        CODEC.encode(INVITE, script=piece) if piece in SCRIPTS else piece for piece in text
    )
    try:
        assert CODEC.decode(pasted).invite == INVITE
    except PassphraseError:
        assert not {*SCRIPTS} & {*text}


@pytest.mark.parametrize("key_id", [0, 2, 7])
def test_unknown_key_wrong_audience_and_forgery_are_one_error(key_id: int) -> None:
    """The error is the same for all three, except for the key id, which is public."""
    text = Codec(Keyring({key_id: SECRET}), audience=AUDIENCE).encode(INVITE)
    with pytest.raises(SignatureError) as unknown:
        CODEC.decode(f"? {text}")
    assert (unknown.value.key_id, unknown.value.span) == (key_id, (2, 32))
    messages: set[str] = set()
    for keyring, audience in (
        (KEYRING, "douyi"),
        (KEYRING, "douyin2"),
        (Keyring({1: OTHER_SECRET}), AUDIENCE),
    ):
        with pytest.raises(SignatureError) as caught:
            CODEC.decode(Codec(keyring, audience=audience).encode(INVITE))
        assert caught.value.span == (0, 30)
        messages.add(str(caught.value))
    assert len(messages) == 1


def _illegal(field: str, value: int) -> tuple[int, ...]:
    header, body = pack(INVITE, 1)
    names, bits = zip(*BODY_FIELDS, strict=True)
    at = names.index(field)
    shift = field_shifts(BODY_FIELDS)[at]
    cleared = int.from_bytes(body[:6]) & ~((1 << bits[at]) - 1 << shift)
    return sealed_word(HEADER_SYMBOLS[header], (cleared | value << shift).to_bytes(6) + body[6:])


@pytest.mark.parametrize(
    ("field", "value"),
    [("expiry", 0), ("reserved", 1), *[("origin", code) for code in range(3, 8)]],
)
def test_a_good_tag_on_an_unknown_field_asks_for_an_update(field: str, value: int) -> None:
    """A good tag on an unknown field means a newer format, so the app must be updated."""
    with pytest.raises(VersionError) as caught:
        CODEC.decode(f"看{spell(_illegal(field, value))}")
    assert caught.value.args == (field, 1, (1, 31))


@pytest.mark.parametrize(("group_width", "inviter_width"), [(1, 0), (0, 1)])
def test_a_good_tag_on_a_wide_id_is_refused(group_width: int, inviter_width: int) -> None:
    """An int has one width; otherwise one invite would have two passphrases."""
    header = Header(1, 1, group_width, inviter_width)
    _, body = pack(INVITE, 1)
    word = sealed_word(HEADER_SYMBOLS[header], body[:6] + bytes(header.body_bytes - 6))
    with pytest.raises(VersionError) as caught:
        CODEC.decode(spell(word))
    assert caught.value.field == ("group_width" if group_width else "inviter_width")


@pytest.mark.parametrize("version", [0, 2, 3, 4, 5, 6, 7])
def test_another_version_is_never_opened(version: int) -> None:
    """Not even under a good tag."""
    header, body = pack(INVITE, 1)
    word = sealed_word(HEADER_SYMBOLS[header._replace(version=version)], body)
    with pytest.raises(VersionError) as caught:
        CODEC.decode(f"看{spell(word)}")
    assert caught.value.args == ("version", version, (1, 31))


def test_splices_are_refused() -> None:
    """The body of one with the tag of another, for 30 passphrases of one inviter."""
    words = [codeword_of(INVITE.model_copy(update={"variant": v})) for v in range(30)]
    for one in words:
        for other in words:
            if one != other:
                spliced = protect((*one[:19], *other[19:27]))
                with pytest.raises(SignatureError):
                    CODEC.decode(spell(spliced))


def test_the_reason_is_the_first_candidates() -> None:
    """A forgery before a newer one is reported as a forgery, and the other way round."""
    newer = spell(protect((WORD[0] | 1 << 8, *WORD[1:27])))
    forged = Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE)
    for first, second, expected in ((forged, newer, SignatureError), (newer, forged, VersionError)):
        with pytest.raises(expected):
            CODEC.decode(f"{first}, {second}")


# --- Several ------------------------------------------------------------------------------------


def test_the_same_passphrase_twice_is_one() -> None:
    """The same passphrase twice is one result, at its first place, in any scripts."""
    text = "，".join(CODEC.encode(INVITE, script=script) for script in (*SCRIPTS, *SCRIPTS))
    decoded = CODEC.decode(text)
    assert (decoded.invite, decoded.span) == (INVITE, (0, 30))
    assert CODEC.decode_all(text) == [decoded]


def test_two_different_ones_are_ambiguous() -> None:
    """The library does not choose; `decode_all` returns both in order."""
    old, new = INVITE, INVITE.model_copy(update={"generation": 1})
    text = f"{CODEC.encode(old)} 旧的，新的: {CODEC.encode(new, script='hanzi')}"
    with pytest.raises(AmbiguousError) as caught:
        CODEC.decode(text)
    first, second = CODEC.decode_all(text)
    assert caught.value.spans == (first.span, second.span)
    assert (first.invite, second.invite) == (old, new)


def test_the_one_that_verifies_is_taken() -> None:
    """The passphrase that verifies is read beside a stranger's, a damaged and a newer one."""
    forged = Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE)
    newer = spell(protect((WORD[0] | 1 << 8, *WORD[1:27])))
    damaged = spell(replaced(WORD, 3, WORD[3] ^ 1))
    text = "，".join((forged, newer, damaged, CODEC.encode(INVITE, script="base32")))
    assert CODEC.decode(text).invite == INVITE
    assert [decoded.invite for decoded in CODEC.decode_all(text)] == [INVITE]


def test_at_most_256_tags_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """256 different codewords are all checked; of more, none is, and 257 spans are reported."""
    checks = count_tag_checks(monkeypatch)
    draw = random.Random(256)
    forged = [spell(protect(chunk(WORD[0], draw.randbytes(32)))) for _ in range(300)]
    text = CODEC.encode(INVITE)
    assert LONG.decode("，".join([*forged[:255], text, *forged[:255]])).invite == INVITE
    assert len(checks) == 256
    checks.clear()
    for function in (LONG.decode, LONG.decode_all):
        with pytest.raises(AmbiguousError) as caught:
            function("，".join([*forged, text]))
        assert len(caught.value.spans) == 257
        with pytest.raises(AmbiguousError):
            function("，".join([*forged[:256], text]))
    assert checks == []


def test_words_that_cost_no_tag_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown key and another version are refused before any tag is computed."""
    checks = count_tag_checks(monkeypatch)
    for header in (WORD[0] ^ 1 << 4, WORD[0] | 1 << 8):
        with pytest.raises(PassphraseError):
            CODEC.decode(spell(protect((header, *WORD[1:27]))))
    assert checks == []


# --- The caller ---------------------------------------------------------------------------------


def test_limit_of_the_text() -> None:
    text = CODEC.encode(INVITE)
    with pytest.raises(TextTooLongError):
        CODEC.decode(text.ljust(4_097))
    longer = Codec(KEYRING, audience=AUDIENCE, max_chars=65_536)
    assert longer.decode(text.ljust(65_536)).invite == INVITE


@pytest.mark.parametrize("invite", [None, "invite", 5, dict(INVITE)], ids=["0", "1", "2", "3"])
def test_only_an_invite_is_minted(invite: object) -> None:
    with pytest.raises(TypeError, match=r"^invite must be an Invite$"):
        CODEC.encode(invite)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "update",
    [{"generation": 256}, {"group_id": True}, {"group_id": 2**64}, {"origin": "sms"},
     {"expires_at": INVITE.expires_at + timedelta(days=40_000)}],
)  # fmt: skip
def test_an_invite_changed_behind_the_models_back_is_refused(update: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CODEC.encode(INVITE.model_copy(update=update))


def test_seconds_slipped_in_behind_the_models_back_are_floored() -> None:
    later = INVITE.model_copy(update={"expires_at": INVITE.expires_at + timedelta(seconds=59)})
    assert CODEC.decode(CODEC.encode(later)).invite == INVITE


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError, match=r"^keyring must be a Keyring$"):
        Codec({1: SECRET}, audience=AUDIENCE)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"^max_chars must be an int$"):
        Codec(KEYRING, audience=AUDIENCE, max_chars="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    for max_chars in (0, -5):
        with pytest.raises(ValueError, match=r"^max_chars must be at least 1$"):
            Codec(KEYRING, audience=AUDIENCE, max_chars=max_chars)
    for script in ("klingon", "", "EMOJI", "yi", YI, ["emoji"], 5):
        given: Any = script
        with pytest.raises(ValueError, match=r"^script must be one of emoji, hanzi, base32$"):
            CODEC.encode(INVITE, script=given)
        with pytest.raises(ValueError, match=r"^script must be one of emoji, hanzi, base32$"):
            CODEC.mint(INVITE, script=given)
        if script is not YI:
            with pytest.raises(ValueError, match=r"^script must be one of emoji, hanzi, base32$"):
                Codec(KEYRING, audience=AUDIENCE, script=given)
    with pytest.raises(TypeError, match="str"):
        CODEC.decode(b"bytes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_it_says_what_it_mints_for() -> None:
    """`repr` shows key ids, audience and script, but no key."""
    codec = Codec(Keyring({1: SECRET, 5: OTHER_SECRET}, active_id=5), audience="qq", script=YI)
    assert repr(codec) == "Codec(ids=(1, 5), active_id=5, audience='qq', script='yi')"


def test_a_scan_is_of_its_own_script_and_length() -> None:
    """`find` with the codec's scripts and limit finds what `decode` would open."""
    text = Codec(KEYRING, audience=AUDIENCE, script=YI).encode(INVITE)
    codec = Codec(KEYRING, audience=AUDIENCE, script=YI, max_chars=len(text))
    assert [found.script for found in find(text, scripts=codec.scripts)] == ["yi"]
    with pytest.raises(TextTooLongError):
        codec.decode(f"{text} ")


def test_threads_share_a_codec() -> None:
    words = [INVITE.model_copy(update={"variant": variant}) for variant in range(64)]
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(CODEC.encode, words))
        assert [decoded.invite for decoded in pool.map(CODEC.decode, texts)] == words


FAILURES: dict[str, tuple[type[PassphraseError], Callable[[], str]]] = {
    "forged": (SignatureError, lambda: spell(protect((*WORD[:5], WORD[5] ^ 1, *WORD[6:27])))),
    "damaged": (DamagedError, lambda: spell(WORD[4:])),
    "nothing": (NotFoundError, lambda: "SECRETTEXT"),
    "too long": (TextTooLongError, lambda: CODEC.encode(INVITE) * 3000),
    "several": (
        AmbiguousError,
        lambda: "，".join(
            CODEC.encode(INVITE.model_copy(update={"variant": v % 256, "generation": v // 256}))
            for v in range(300)
        ),
    ),
    "two": (
        AmbiguousError,
        lambda: CODEC.encode(INVITE) + CODEC.encode(INVITE.model_copy(update={"variant": 1})),
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_traceback_shows_the_clipboard_or_a_tag(name: str) -> None:
    """No frame of ours keeps the text, the body or a tag when the error leaves."""
    error, make = FAILURES[name]
    codec = LONG if name == "several" else CODEC
    functions: list[Callable[[str], object]] = [codec.decode, codec.decode_all, find, recognize]
    functions = (
        functions[:1] if name == "two" else functions if name == "too long" else functions[:2]
    )
    for function in functions:
        with pytest.raises(error) as caught:
            function(make())
        report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        frames = [frame for frame in report.stack if frame.filename.startswith(PACKAGE)]
        assert [{*(frame.locals or {})} - {"function", "refusal"} for frame in frames] == [set()]
        assert make()[:30] not in str(caught.value)
        assert caught.value.__context__ is None


# --- Scripts of the caller's own ----------------------------------------------------------------


@given(invite=invites, seed=st.integers(0, 2**32))
def test_a_custom_script(invite: Invite, seed: int) -> None:
    """1024 glyphs of the caller's spell, are found, are repaired; the built-in ones still work."""
    codec = Codec(KEYRING, audience=AUDIENCE, script=YI)
    text = codec.encode(invite)
    at = seed % len(text)
    for pasted in (
        f"a{text}b",
        text[:at] + text[at + 1 :],
        f"「{text[:at]}\u200b?{text[at + 1 :]}」",
    ):
        decoded = codec.decode(pasted)
        assert (decoded.invite, decoded.script, decoded.text) == (invite, "yi", text)
    assert codec.decode(CODEC.encode(invite)).invite == invite
    assert codec.encode(invite, script="hanzi") == CODEC.encode(invite, script="hanzi")
    assert recognize(text, scripts=[YI])
    for script in (YI, codec.decode(text).script):
        assert codec.encode(invite, script=script) == text
        assert codec.mint(invite, script=script).text == text
    with pytest.raises(ValueError, match=r"^script must be one of emoji, hanzi, base32, yi$"):
        codec.encode(invite, script=Script("yi", YI.glyphs))
    assert not recognize(text)
    assert explain(text, codec).finding == "valid"
    with pytest.raises(NotFoundError):
        CODEC.decode(text)


@pytest.mark.parametrize(
    "taken", [" ", "?", "🍻", "的", "Z", "z", "-", "\ufe0f", *"<>[]&%.", "\ue001"]
)
def test_a_script_that_would_not_survive_is_refused(taken: str) -> None:
    """A glyph must not be ignorable, a mark, part of markup, or a glyph of another script."""
    wrong = f"a script cannot use U+{ord(taken):04X}: it has another meaning in a pasted text"
    with pytest.raises(ValueError, match=f"^{re.escape(wrong)}$"):
        Codec(KEYRING, audience=AUDIENCE, script=Script("mine", YI.glyphs[:-1] + taken))


@pytest.mark.parametrize("glyphs", ["", "ab", YI.glyphs[:1023], YI.glyphs[:1023] + YI.glyphs[0]])
def test_a_script_has_1024_different_glyphs(glyphs: str) -> None:
    with pytest.raises(ValueError, match="different characters"):
        Script("mine", glyphs)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "emoji"},
        {"group": 5},
        {"separators": YI.glyphs[0]},
        {"separators": " "},
        {"aliases": {"x": "y"}},
        {"aliases": {"xy": YI.glyphs[0]}},
        {"aliases": {"?": YI.glyphs[0]}},
    ],
    ids=str,
)
def test_a_script_keeps_its_rules(wrong: dict[str, Any]) -> None:
    """Names, groups, separators and aliases that could not be read again."""
    given: dict[str, Any] = {"name": "mine", "glyphs": YI.glyphs} | wrong
    with pytest.raises(ValueError, match=r"script|aliases must"):
        Codec(KEYRING, audience=AUDIENCE, script=Script(**given))


@given(invite=invites)
def test_a_fingerprint_needs_no_passphrase(invite: Invite) -> None:
    """`fingerprint` gives the same value as decoding the passphrase."""
    assert CODEC.fingerprint(invite) == CODEC.decode(CODEC.encode(invite)).fingerprint


@pytest.mark.parametrize("place", [1, 5, 21, 41])
def test_two_glyphs_between_those_of_one_symbol(place: int) -> None:
    """In base 32 a symbol has two glyphs, and both extra ones may have slipped in between."""
    glyphs = CODEC.encode(INVITE, script="base32").replace("-", "")
    text = f"{glyphs[:place]}W5{glyphs[place:]}"
    assert CODEC.decode(text, repair="thorough").invite == INVITE
