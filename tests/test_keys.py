"""Keys: the rules of a keyring, which key signs, and no secret is ever shown."""

import base64
import copy
import hmac
import json
import pickle
import re
import traceback
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import Any, Literal, cast

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as cryptography_hmac
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings
from support import AUDIENCE, DERIVED, INVITE, KEYRING, OTHER_SECRET, PACKAGE, SECRET, secrets

from passphrase import Codec, Keyring, KeyringError, PassphraseError, SignatureError
from passphrase.format.cipher import DerivedKeys, HmacKey
from passphrase.testing.strategies import keyrings


@given(keyring=keyrings())
def test_text_form_round_trip(keyring: Keyring) -> None:
    """`parse` reads the output of `reveal`, also with commas instead of line breaks."""
    for text in (keyring.reveal(), keyring.reveal().replace("\n", ","), f"\n{keyring.reveal()} \n"):
        again = Keyring.parse(text)
        assert again.reveal() == keyring.reveal()
        assert (again.ids, again.active_id) == (keyring.ids, keyring.active_id)


ENCODED = base64.urlsafe_b64encode(SECRET).decode().rstrip("=")
PADDED = base64.urlsafe_b64encode(SECRET + b"\0").decode().rstrip("=")
OTHER = base64.urlsafe_b64encode(OTHER_SECRET).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the keyring is empty; fill it with the output of `passphrase keygen`"),
        (ENCODED, "entry 1 of the keyring does not have the form id:base64url"),
        (f"8:{ENCODED}", "entry 1 of the keyring does not have the form id:base64url"),
        (f"1:{ENCODED},2", "entry 2 of the keyring does not have the form id:base64url"),
        (f"1:{ENCODED},1:{OTHER}!", "entry 2 of the keyring repeats key id 1"),
        (
            f"1:{ENCODED},2:{OTHER}",
            "there are several keys: mark the one that signs, in text with ! after it",
        ),
        (f"1:{ENCODED}!,2:{OTHER}!", "two keys are marked as active with !; keep one mark"),
        (f"1:{ENCODED}!,2:{ENCODED}", "keys 1 and 2 have the same secret; remove one of them"),
        (f"1:{ENCODED}!,2:{PADDED}", "keys 1 and 2 have the same secret; remove one of them"),
        (f"1:{ENCODED[:-1]}", "entry 1 of the keyring is incomplete or mistyped base64url"),
        (f"1:{ENCODED[:-1]}9", "entry 1 of the keyring is incomplete or mistyped base64url"),
        (
            f"1:{ENCODED[:40]}",
            "entry 1 of the keyring has a secret of less than 32 bytes; make one with keygen",
        ),
        (f"1:{ENCODED}!!", "entry 1 of the keyring does not have the form id:base64url"),
        (f"١:{ENCODED}", "entry 1 of the keyring does not have the form id:base64url"),
        (None, "the text form of a keyring must be a str"),
        (ENCODED.encode(), "the text form of a keyring must be a str"),
    ],
)
def test_broken_text_form(text: Any, message: str) -> None:
    """Each error says what is wrong, and in which entry. Its evidence is what the message says."""
    with pytest.raises(KeyringError) as caught:
        Keyring.parse(text)
    error = caught.value
    assert str(error) == message
    entry = re.match(r"entry ([0-9]+) of the keyring ", message)
    assert error.entry == (int(entry[1]) if entry else None)
    named = re.search("repeats|mistyped|a secret of", message)
    assert error.key_id == (1 if named else 2 if "same secret" in message else None)


@given(
    seeds=st.dictionaries(st.integers(0, 7), st.binary(), min_size=1),
    at=st.integers(0, 400),
    typo=st.sampled_from([*'!",:= \n', "", "7:", "\u201c"]),
)
def test_an_error_holds_nothing_of_a_key(seeds: dict[int, bytes], at: int, typo: str) -> None:
    """Neither attributes, nor `repr`, nor a pickle have six characters of a secret in a row."""
    shown = [base64.urlsafe_b64encode(sha256(seed).digest()).decode() for seed in seeds.values()]
    text = "\n".join(f"{key_id}:{secret}" for key_id, secret in zip(seeds, shown, strict=True))
    try:
        Keyring.parse(f"{text[:at]}{typo}{text[at + 1 :]}")
    except KeyringError as error:
        told = f"{error} {error!r} {vars(error)} {pickle.dumps(error)!r}"
        assert not [s for s in shown if any(s[i : i + 6] in told for i in range(len(s) - 5))]


@pytest.mark.parametrize("quoted", ['"{}"', "'{}'", "“{}”", "‘{}’", "`{}`", '{}"', '"{}'])
def test_quotation_marks_are_named(quoted: str) -> None:
    """Quotation marks have their own message, which does not quote the key."""
    with pytest.raises(KeyringError) as caught:
        Keyring.parse(quoted.format(KEYRING.reveal()))
    assert str(caught.value) == "entry 1 of the keyring has quotation marks; remove them"


def test_the_mark_of_an_editor_is_read_over() -> None:
    assert Keyring.parse("\ufeff" + KEYRING.reveal() + "\r\n").reveal() == KEYRING.reveal()
    with pytest.raises(KeyringError, match="empty"):
        Keyring.parse("\ufeff")


def test_padding_of_the_text_form_may_stand() -> None:
    """Other tools write base64 with its padding."""
    assert Keyring.parse(f"1:{ENCODED}=").reveal() == f"1:{ENCODED}!"


@pytest.mark.parametrize(
    ("ring", "active_id"),
    [
        ({}, None), ({8: SECRET}, None), ({-1: SECRET}, None), ({True: SECRET}, None),
        ({"1": SECRET}, None), ({1: SECRET[:31]}, None), ({1: b""}, None), ({1: "x" * 40}, None),
        ({1: [1]}, None),
        ({1: bytearray(SECRET)}, None), ({1: None}, None), ([SECRET], None), (SECRET, None),
        (None, None), ({SECRET}, None), ({1: SECRET, 2: SECRET}, 1), ({1: SECRET}, 2),
        ({1: SECRET}, True), ({1: SECRET}, "1"), ({1: SECRET, 2: OTHER_SECRET}, None),
    ],
)  # fmt: skip
def test_a_ring_keeps_its_rules(ring: Any, active_id: Any) -> None:
    with pytest.raises(KeyringError):
        Keyring(ring, active_id)


@pytest.mark.parametrize(
    ("ring", "active_id", "message"),
    [
        ({}, None, "secrets must be a mapping of at least one key id to its secret"),
        ({8: SECRET}, None, "a key id must be an int from 0 to 7"),
        ({1: SECRET}, 2, "the active key id is not in the keyring"),
    ],
)
def test_the_rule_is_named(ring: Any, active_id: Any, message: str) -> None:
    with pytest.raises(KeyringError) as caught:
        Keyring(ring, active_id)
    assert str(caught.value) == message


SAME_TO_HMAC: list[Callable[[bytes], bytes]] = [
    lambda secret: secret,
    lambda secret: secret + b"\0",
    lambda secret: secret.ljust(64, b"\0"),
    lambda secret: sha256(secret).digest(),
    lambda secret: sha256(secret).digest() + b"\0",
    lambda secret: sha256(secret.ljust(65, b"\0")).digest(),
]


@given(
    secret=st.binary(min_size=32, max_size=130),
    other=st.binary(min_size=32, max_size=130),
    makers=st.lists(st.sampled_from(SAME_TO_HMAC), min_size=1, max_size=2),
)
@example(secret=b"x" * 65, other=b"", makers=SAME_TO_HMAC[3:4])
@example(secret=b"x" * 64, other=b"", makers=SAME_TO_HMAC[3:4])
def test_two_ids_hold_two_keys(
    secret: bytes, other: bytes, makers: list[Callable[[bytes], bytes]]
) -> None:
    """Two secrets are refused exactly if HMAC makes the same key of them."""
    related = secret
    for make in makers:
        related = make(related)
    for second in filter(None, (related, other)):
        same = hmac.digest(secret, b"x", sha256) == hmac.digest(second, b"x", sha256)
        if same:
            with pytest.raises(KeyringError, match=r"^keys [0-7] and [0-7] have the same secret; "):
                Keyring({1: secret, 2: second}, 1)
        else:
            assert Keyring({1: secret, 2: second}, 1).ids == (1, 2)


@pytest.mark.parametrize("audience", ["", "x" * 65, "抖" * 22])
def test_audience_out_of_range(audience: str) -> None:
    with pytest.raises(ValueError, match=r"^audience must have 1 to 64 bytes of UTF-8$"):
        KEYRING.derive(audience)


@given(audience=st.text(min_size=1, max_size=16))
def test_an_audience_is_what_it_looks_like(audience: str) -> None:
    """An accepted audience has no white space at its ends, and no control characters."""
    with suppress(ValueError):
        assert KEYRING.derive(audience)
        assert audience == audience.strip()
        assert not {"Cc", "Zl", "Zp"} & {*map(unicodedata.category, audience)}


@pytest.mark.parametrize(
    "audience",
    [" a", "a\u3000", "a\n", "a\0b", "\ufeffa", "a\u200bb", "\u202ea", "\u2060", "\x9b"],
)
def test_audience_with_something_invisible(audience: str) -> None:
    """An invisible character, perhaps from an editor, would make all passphrases look forged."""
    with pytest.raises(ValueError, match=r"^audience must not begin or end with white space, or "):
        Codec(KEYRING, audience=audience)


def test_audience_that_is_seen() -> None:
    for audience in ("a b", "抖音", "👨\u200d👩\u200d👧", "می\u200cخواهم"):
        assert KEYRING.derive(audience)


def test_audience_that_is_no_text() -> None:
    with pytest.raises(ValueError, match="half a surrogate pair"):
        KEYRING.derive("\ud800")


@pytest.mark.parametrize("audience", [None, b"douyin", ["douyin"]])
def test_audience_of_another_type(audience: Any) -> None:
    with pytest.raises(TypeError, match=r"^audience must be a str$"):
        KEYRING.derive(audience)


@given(secret=secrets, audience=st.text(min_size=1, max_size=16), seed=st.binary(max_size=20))
def test_keys_against_other_implementations(secret: bytes, audience: str, seed: bytes) -> None:
    """Derivation is HMAC-SHA-256 of the salt; tag and keystream are `cryptography`'s."""
    keys = DerivedKeys(secret, audience.encode())
    signing = hmac.digest(secret, b"passphrase/v1/sign/" + audience.encode(), "sha256")
    sealing = hmac.digest(secret, b"passphrase/v1/seal/" + audience.encode(), "sha256")
    mac = cryptography_hmac.HMAC(signing, hashes.SHA256())
    mac.update(seed)
    tag = mac.finalize()[:10]
    assert keys.tag(seed) == tag
    assert keys.verify(seed, tag)
    for length in (0, 14, 32, 33, 38):
        expand = HKDFExpand(hashes.SHA256(), length, info=seed) if length else None
        assert keys.keystream(seed, length) == (expand.derive(sealing) if expand else b"")


@example(key=bytes(range(64)), messages=[b""])
@example(key=bytes(range(65)), messages=[b""])
@given(key=st.binary(max_size=130), messages=st.lists(st.binary(max_size=130), max_size=3))
def test_a_hashed_key_is_the_key(key: bytes, messages: list[bytes]) -> None:
    """Hashing its blocks once gives what `hmac` gives, at every use, however long the key is."""
    hashed = HmacKey(key)
    for message in (*messages, *messages):
        assert hashed.digest(message) == hmac.digest(key, message, "sha256")


def test_a_hashed_key_does_not_show() -> None:
    """A derived key prints as a mask, and cannot be pickled."""
    hashed = HmacKey(SECRET)
    assert repr(hashed) == str(hashed) == f"{hashed}" == "HmacKey(...)"
    assert copy.copy(hashed) is copy.deepcopy(hashed) is hashed
    with pytest.raises(TypeError, match=r"^HmacKey holds secrets and cannot be pickled; pass "):
        pickle.dumps(hashed)
    assert repr(DerivedKeys(SECRET, b"douyin")) == "DerivedKeys(...)"


def test_a_ring_that_was_refused_has_a_name_too() -> None:
    """`repr` works for a keyring whose constructor failed, as a debugger may need it."""
    ring = Keyring.__new__(Keyring)
    with pytest.raises(KeyringError):
        ring.__init__({})  # type: ignore[misc]
    assert repr(ring) == "Keyring(ids=(), active_id=-1)"


def test_known_answer() -> None:
    """Derived keys are pinned, because another derivation would refuse all existing passphrases."""
    keys = DerivedKeys(SECRET, b"douyin")
    assert keys.tag(b"").hex() == "904d0edc79d2f215a6c6"
    assert keys.keystream(b"", 8).hex() == "f44bdc86a0e12176"


@pytest.mark.parametrize("length", [*range(10), *range(11, 33)])
def test_only_a_ten_byte_tag_verifies(length: int) -> None:
    """The length of a tag is never taken from input."""
    keys = KEYRING.derive(AUDIENCE)[1]
    full = keys._sign(b"message")
    assert not keys.verify(b"message", full[:length])
    assert keys.verify(b"message", full[:10])


# --- Rotation ---------------------------------------------------------------------------------


def test_rotation_truth_table() -> None:
    """Old ring, ring that only verifies new, rotated ring, ring without old: who reads whom."""
    old = Keyring({1: SECRET})
    ready = old.rotated(OTHER_SECRET, standby=True)
    rotated = old.rotated(OTHER_SECRET)
    retired = rotated.without(1)
    rings = [old, ready, rotated, retired]
    assert [ring.active_id for ring in rings] == [1, 1, 2, 2]
    assert ready.reveal() == Keyring({1: SECRET, 2: OTHER_SECRET}, 1).reveal()
    reads = [
        [
            _reads(Codec(reader, audience=AUDIENCE), Codec(writer, audience=AUDIENCE))
            for reader in rings
        ]
        for writer in rings
    ]
    assert reads == [
        [True, True, True, False],
        [True, True, True, False],
        [False, True, True, True],
        [False, True, True, True],
    ]


def _reads(reader: Codec, writer: Codec) -> bool:
    try:
        return reader.decode(writer.encode(INVITE)).invite == INVITE
    except SignatureError:
        return False


def test_rotation_takes_the_next_free_id() -> None:
    """Ids are used in a circle, so an id is reused as late as possible."""
    ring = Keyring({6: SECRET})
    for expected in (7, 0, 1, 2, 3, 4, 5):
        ring = ring.rotated(bytes((expected,)) * 32)
        assert ring.active_id == expected
    with pytest.raises(
        KeyringError,
        match=r"^all eight key ids are taken; remove a key that is not active .* expired$",
    ):
        ring.rotated(OTHER_SECRET)
    assert ring.without(6).rotated(OTHER_SECRET).active_id == 6


def test_rotation_refuses_a_bad_secret_and_retiring_the_active_key() -> None:
    with pytest.raises(KeyringError):
        KEYRING.rotated(b"short")
    for key_id in (1, 2):
        with pytest.raises(KeyringError, match=r"^the key id is not in the keyring, or "):
            KEYRING.without(key_id)


# --- Secrets never show -----------------------------------------------------------------------


class Settings(BaseModel):
    """A settings class with a keyring."""

    keys: Keyring


class EnvSettings(BaseSettings, env_prefix="APP_"):
    """A settings class that reads a keyring from the environment."""

    keys: Keyring


def test_a_keyring_is_a_settings_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read from text or taken as it is, dumped as a mask, and has a JSON schema."""
    monkeypatch.setenv("APP_KEYS", KEYRING.reveal())
    from_environment = cast("Callable[[], EnvSettings]", EnvSettings)()
    from_text = Settings.model_validate({"keys": KEYRING.reveal()})
    for settings in (from_environment, from_text, Settings(keys=KEYRING)):
        assert settings.keys.reveal() == KEYRING.reveal()
        assert settings.model_copy(deep=True).keys is settings.keys
        for shown in (repr(settings), settings.model_dump_json(), str(settings.model_dump())):
            assert_no_secret(shown)
    modes: tuple[Literal["validation", "serialization"], ...] = ("validation", "serialization")
    for mode in modes:
        assert Settings.model_json_schema(mode=mode)["properties"]["keys"]["type"] == "string"


@pytest.mark.parametrize("given", ["1:{}!!", "1:{}!,2:{}", "{}", "'1:{}'"])
def test_a_settings_class_quotes_no_key(given: str) -> None:
    """Pydantic quotes the input of a ValueError, but for a keyring it gets a mask."""
    text = given.replace("{}", ENCODED)
    reads: list[Callable[[], object]] = [
        partial(Settings.model_validate, {"keys": text}),
        partial(Settings.model_validate_json, json.dumps({"keys": text})),
    ]
    for read in reads:
        with pytest.raises(ValidationError) as caught:
            read()
        assert "keys" in str(caught.value)
        error = caught.value
        for shown in (str(error), repr(error), repr(error.errors()), error.json()):
            assert_no_secret(shown)
    with pytest.raises(PassphraseError):
        Keyring.parse(text)


def test_a_settings_class_can_hide_its_input() -> None:
    """A model quotes all input when any field fails; this is how to stop it."""

    class Hiding(BaseModel, hide_input_in_errors=True):
        keys: Keyring
        port: int

    with pytest.raises(ValidationError) as caught:
        Hiding.model_validate({"keys": KEYRING.reveal()})
    assert_no_secret(str(caught.value) + repr(caught.value.errors(include_input=False)))


def assert_no_secret(shown: str, secret: bytes = SECRET) -> None:
    """Assert that no usual spelling of the first half of a secret stands in a text."""
    half = secret[:15]
    encoded = base64.b64encode(half).decode()
    for form in (half.hex(), encoded, encoded.translate({43: "-", 47: "_"}), repr(half)[2:-1]):
        assert form.lower() not in shown.lower()


def test_the_assertion_would_see_a_secret() -> None:
    for shown in (repr(SECRET), f"x{SECRET.hex()}", KEYRING.reveal(), repr({1: SECRET[:31]})):
        with pytest.raises(AssertionError):
            assert_no_secret(shown)


@pytest.mark.parametrize(
    "holder", [KEYRING, KEYRING.derive(AUDIENCE)[1], Codec(KEYRING, audience=AUDIENCE)]
)
def test_no_holder_shows_or_pickles_a_secret(holder: object) -> None:
    for secret in (SECRET, *DERIVED):
        for shown in (
            repr(holder),
            str(holder),
            f"{holder}",
            repr(getattr(holder, "__dict__", "")),
        ):
            assert_no_secret(shown, secret)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="holds secrets"):
            pickle.dumps(holder, protocol)
    assert repr(copy.copy(holder)) == repr(copy.deepcopy(holder)) == repr(holder)


FAILURES: dict[str, Callable[[], object]] = {
    "cut": lambda: Keyring.parse(_text(ENCODED[:-1])),
    "repeated id": lambda: Keyring.parse(_text(f"1:{ENCODED},1:{ENCODED}")),
    "shared secret": lambda: Keyring.parse(_text(f"1:{ENCODED},2:{ENCODED}!")),
    "settings": lambda: Settings.model_validate({"keys": _text(f"1:{ENCODED}!!")}),
    "settings of another type": lambda: Settings.model_validate({"keys": 5}),
    "shared secret in a mapping": lambda: Keyring(_ring()),
    "short secret": lambda: KEYRING.rotated(SECRET[:31]),
    "retired key": lambda: KEYRING.without(1),
    "forged": lambda: Codec(KEYRING, audience=AUDIENCE).decode(
        Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE)
    ),
    "secret for an id": lambda: Keyring({1: SECRET}, cast("int", SECRET)),
    "audience": lambda: KEYRING.derive(""),
}


def _text(text: str) -> str:
    return text


def _ring() -> dict[int, bytes]:
    return {1: SECRET, 2: SECRET}


@pytest.mark.parametrize("failure", FAILURES)
def test_no_traceback_shows_a_secret(failure: str) -> None:
    """Error trackers record local variables: none of ours holds a key when an error leaves."""
    with pytest.raises((TypeError, ValueError)) as caught:
        FAILURES[failure]()
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in report.stack if frame.filename.startswith(PACKAGE)]
    assert ours or failure.startswith("settings")  # those frames are pydantic's
    values = [value for frame in ours for value in (frame.locals or {}).values()]
    assert_no_secret("\n".join([str(caught.value), repr(caught.value.args), *values]))
    assert caught.value.__context__ is None
