"""The vectors: up to date, mostly invalid, and a second reader agrees on all."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import second_reader
import second_repairer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from reference import chunk, pack, protect, seal, spell
from support import AUDIENCE, CODEC, INVITE, SCRIPTS, SECRET, invites, scripts

from passphrase import (
    Codec,
    DamagedError,
    Invite,
    Keyring,
    KeyringError,
    PassphraseError,
    SignatureError,
    recognize,
)
from passphrase.format.cipher import DerivedKeys, derived
from passphrase.format.layout import HEADER_SYMBOLS
from passphrase.opening import Level
from passphrase.reading.characters import IGNORABLE_RANGES, MARK_RANGES, PICTURE_RANGES
from passphrase.reading.find import MAX_CHARS
from passphrase.scripts import load_script

DOCUMENT = json.loads(Path("tests/vectors/v1.json").read_text(encoding="ascii"))


class Vector(NamedTuple):
    """A test and the keys of its group."""

    test: dict[str, Any]
    secrets: dict[int, bytes]
    audience: str

    @property
    def codec(self) -> Codec:
        ring = Keyring(self.secrets, min(self.secrets))
        return Codec(ring, audience=self.audience, max_chars=self.limit)

    @property
    def limit(self) -> int:
        return int(self.test.get("maxChars", MAX_CHARS))


def vectors(kind: str) -> list[Vector]:
    """List the tests of all groups of a type."""
    return [
        Vector(
            test, {int(k): bytes.fromhex(v) for k, v in group["keys"].items()}, group["audience"]
        )
        for group in DOCUMENT["testGroups"]
        for test in group["tests"]
        if group["type"] == kind
    ]


VECTORS = vectors("InvitePassphraseDecode")
REPAIRS = vectors("InvitePassphraseRepair")
WRITTEN = vectors("InvitePassphraseEncode")
KEYRINGS = vectors("InvitePassphraseKeyring")
TESTS = [vector.test for vector in VECTORS + REPAIRS + WRITTEN + KEYRINGS]
VALID = [vector for vector in VECTORS if vector.test["result"] == "valid"]
INVALID = [vector for vector in VECTORS if vector.test["result"] == "invalid"]


LIMITS = (
    "WINDOWS_MAX",
    "THOROUGH_WINDOWS_MAX",
    "PROPOSALS_MAX",
    "_GUESSES_MAX",
    "_ROW_GUESSES_MAX",
)
WORDS = [
    piece
    for script in SCRIPTS
    for variant in (0, 1)
    for text in [CODEC.encode(INVITE.model_copy(update={"variant": variant}), script=script)]
    for piece in (text, text[:-9], text[7:], text[::-1])
]


def name(vector: Vector) -> str:
    return f"{vector.test['tcId']} {vector.test['comment']}"


@pytest.mark.slow
def test_the_file_is_fresh() -> None:
    """The file is what the tool writes, so no change of the format goes unnoticed."""
    done = subprocess.run([sys.executable, "tools/make_vectors.py", "--check"], check=False)
    assert done.returncode == 0


def test_more_invalid_than_valid() -> None:
    assert DOCUMENT["numberOfTests"] == len(TESTS)
    results = Counter(test["result"] for test in TESTS)
    assert results["invalid"] > results["valid"]
    figures = Path("docs/figures.md").read_text("utf-8")
    assert f"of which {results['invalid']} are refusals | {len(TESTS)} |" in figures
    assert min(len(INVALID), len(VALID), len(REPAIRS)) > 100
    assert [test["tcId"] for test in TESTS] == [*range(1, len(TESTS) + 1)]
    assert max(Counter(test["comment"] for test in TESTS).values()) == 1
    assert {flag for test in TESTS for flag in test["flags"]} == {*DOCUMENT["notes"]}
    assert {vector.test["error"] for vector in INVALID} == {
        *("signature", "version", "damaged", "not_found", "ambiguous", "too_long")
    }


@pytest.mark.parametrize("vector", VALID, ids=name)
def test_valid(vector: Vector) -> None:
    """Every intermediate value from the invite to its spellings, and back from the text."""
    test, secrets, audience = vector
    invite = TypeAdapter(Invite).validate_json(json.dumps(test["invite"]))
    key_id = int(test["fingerprint"][0])
    header, body = pack(invite, key_id)
    symbol = HEADER_SYMBOLS[header]
    keys = DerivedKeys(secrets[key_id], audience.encode())
    sealed = seal(keys, symbol, body)
    word = protect(chunk(symbol, sealed))
    assert (symbol, body.hex()) == (test["headerSymbol"], test["body"])
    for purpose, key in ((b"sign", "signingKey"), (b"seal", "sealingKey")):
        assert derived(secrets[key_id], purpose, audience.encode()).hex() == test[key]
    assert sealed.hex() == test["sealed"] + test["tag"]
    assert [*word] == test["symbols"]
    assert {s: spell(word, s) for s in test["spellings"]} == test["spellings"]
    codec = vector.codec
    for decoded in (codec.decode(test["text"]), codec.decode(test["spellings"]["hanzi"])):
        assert (decoded.invite, decoded.fingerprint) == (invite, test["fingerprint"])
    assert [*codec.decode(test["text"]).span] == test["span"]
    assert recognize(test["text"], max_chars=vector.limit)


@pytest.mark.parametrize("vector", INVALID, ids=name)
def test_invalid(vector: Vector) -> None:
    """Each invalid text breaks one rule and is refused for that reason."""
    with pytest.raises(PassphraseError) as caught:
        vector.codec.decode(vector.test["text"])
    assert caught.value.code == vector.test["error"]


@pytest.mark.parametrize("vector", REPAIRS, ids=name)
def test_repair(vector: Vector) -> None:
    """The result of repair at a level, and that no lower level reads the text."""
    test, codec = vector.test, vector.codec
    level: Level = test["repair"]
    if test["result"] == "invalid":
        with pytest.raises(PassphraseError) as caught:
            codec.decode(test["text"], repair=level)
        assert caught.value.code == test["error"]
        return
    decoded = codec.decode(test["text"], repair=level)
    assert decoded.invite.model_dump(mode="json") == test["invite"]
    assert [*decoded.span] == test["span"]
    assert [asdict(repair) | {"span": [*repair.span]} for repair in decoded.repairs] == test[
        "repairs"
    ]
    if test["flags"] == ["Monotone"]:
        return
    with pytest.raises((DamagedError, SignatureError)):
        codec.decode(test["text"], repair="exact" if level == "standard" else "standard")


@pytest.mark.parametrize("vector", WRITTEN, ids=name)
def test_written(vector: Vector) -> None:
    """The spellings of an invite in every script, or the refusal."""
    test, secrets, audience = vector
    json_of = TypeAdapter(Invite).validate_json
    ring = Keyring(secrets, int(test.get("fingerprint", "1")[0]))
    if test["result"] == "invalid":
        with pytest.raises(ValueError, match=r"invite|audience|Invite|Input|origin"):
            Codec(ring, audience=test.get("audience", audience)).encode(
                json_of(json.dumps(test["invite"]))
            )
        return
    codec = Codec(ring, audience=audience)
    invite = json_of(json.dumps(test["invite"]))
    assert {s: codec.encode(invite, script=s) for s in test["spellings"]} == test["spellings"]


@pytest.mark.parametrize("vector", KEYRINGS, ids=name)
def test_keyring(vector: Vector) -> None:
    """The text form of a keyring, and its refusal."""
    test = vector.test
    if test["result"] == "invalid":
        with pytest.raises(KeyringError):
            Keyring.parse(test["text"])
        return
    ring = Keyring.parse(test["text"])
    assert ([*ring.ids], ring.active_id) == (test["ids"], test["active"])


def test_strict_parsers_read_the_file() -> None:
    """No text holds a lone surrogate, on which parsers of JSON do not agree."""
    for test in TESTS:
        test.get("text", "").encode()


def test_the_tables_are_those_of_the_scripts() -> None:
    """The file alone is enough to read every script, in the tables' order."""
    for name in SCRIPTS:
        script = load_script(name)
        table, aliases = DOCUMENT["scripts"][name], DOCUMENT["aliases"][name]
        values = {glyph: value for value, glyph in enumerate(table)}
        assert values | {alias: values[glyph] for alias, glyph in aliases.items()} == script.values
        assert not values.keys() & aliases.keys()


def test_the_ranges_are_those_of_the_reader() -> None:
    """The file alone is enough to fold every character."""
    told = {
        name: tuple((int(first, 16), int(last, 16)) for first, last in ranges)
        for name, ranges in DOCUMENT["ranges"].items()
    }
    pauses = tuple((ord(each), ord(each)) for each in load_script("base32").separators)
    assert told == {
        "marks": MARK_RANGES,
        "pictures": PICTURE_RANGES,
        "ignorable": IGNORABLE_RANGES,
        "base32": pauses,
    }


# --- The second implementation, which was written from docs/format.md alone --------------------


@pytest.mark.slow
@pytest.mark.parametrize("vector", VECTORS + REPAIRS, ids=name)
def test_the_second_reader(vector: Vector) -> None:
    """The second reader agrees on every vector, except for the report of repairs."""
    test, secrets, audience = vector
    level: Level = test.get("repair", "standard")
    if test["result"] == "invalid":
        with pytest.raises(second_reader.Refused) as caught:
            second_repairer.repair(test["text"], secrets, audience, level, vector.limit)
        assert caught.value.code == test["error"]
        return
    read = second_repairer.repair(test["text"], secrets, audience, level, vector.limit)
    told = {name: read[name] for name in ("invite", "codeword", "fingerprint")}
    assert told == {
        "invite": test["invite"],
        "codeword": test["symbols"],
        "fingerprint": test["fingerprint"],
    }
    if "repair" not in test:
        assert read["span"] == test["span"]
        assert second_reader.recognize(test["text"], vector.limit)
    elif test["flags"] != ["Monotone"]:
        below: Level = "exact" if level == "standard" else "standard"
        with pytest.raises(second_reader.Refused):
            second_repairer.repair(test["text"], secrets, audience, below, vector.limit)


@pytest.mark.slow
@pytest.mark.parametrize("vector", WRITTEN, ids=name)
def test_the_second_writer(vector: Vector) -> None:
    """The second writer writes and refuses the same as the library."""
    test, secrets, audience = vector
    key_id = int(test.get("fingerprint", "1")[0])
    audience = test.get("audience", audience)
    if test["result"] == "invalid":
        with pytest.raises(second_reader.Refused):
            second_reader.encode(test["invite"], key_id, secrets, audience, "emoji")
        return
    for script, spelling in test["spellings"].items():
        assert second_reader.encode(test["invite"], key_id, secrets, audience, script) == spelling


@pytest.mark.slow
@pytest.mark.parametrize("vector", KEYRINGS, ids=name)
def test_the_second_keyring(vector: Vector) -> None:
    test = vector.test
    if test["result"] == "invalid":
        with pytest.raises(second_reader.Refused):
            second_reader.parse_keyring(test["text"])
        return
    assert second_reader.parse_keyring(test["text"]) == (test["ids"], test["active"])


@pytest.mark.slow
@given(invite=invites, script=scripts, before=st.text(max_size=9), after=st.text(max_size=9))
def test_the_second_reader_reads_what_we_mint(
    invite: Invite, script: str, before: str, after: str
) -> None:
    """The second reader reads every passphrase of the library."""
    text = before + CODEC.encode(invite, script=script) + after
    read = second_reader.read(text, {1: SECRET}, AUDIENCE)
    assert read["invite"] == invite.model_dump(mode="json")
    assert read["fingerprint"] == CODEC.decode(text).fingerprint


@pytest.mark.slow
@given(fragments=st.lists(st.sampled_from([*WORDS, *"。 4Uu\ufe0f", "🎉" * 9]), max_size=8))
def test_the_second_reader_refuses_what_we_refuse(fragments: list[str]) -> None:
    """Both give the same result or refusal for texts of passphrases and fragments."""
    text = "".join(fragments)
    assert our_outcome(text, "exact") == their_outcome(text, "exact")


def our_outcome(text: str, level: Level) -> object:
    """Return what we read without a budget, or the code of our refusal."""
    with pytest.MonkeyPatch.context() as patch:
        for limit in LIMITS:
            patch.setattr(f"passphrase.reading.mend.{limit}", sys.maxsize)
        try:
            decoded = CODEC.decode(text, repair=level)
        except PassphraseError as error:
            return error.code
    return decoded.invite.model_dump(mode="json"), decoded.fingerprint


def their_outcome(text: str, level: Level) -> object:
    """Return the same of the second reader."""
    try:
        read = second_repairer.repair(text, {1: SECRET}, AUDIENCE, level)
    except second_reader.Refused as refusal:
        return refusal.code
    return read["invite"], read["fingerprint"]


def harm(glyphs: list[str], kind: str, at: int, glyph: str) -> None:
    """Do one damage to a passphrase; "parted" are two swapped with something between them."""
    at %= len(glyphs)
    glyphs[at : at + 2] = {
        "wrong": [glyph, *glyphs[at + 1 : at + 2]],
        "lost": glyphs[at + 1 : at + 2],
        "extra": [glyph, *glyphs[at : at + 2]],
        "swapped": glyphs[at : at + 2][::-1],
        "parted": [*glyphs[at + 1 : at + 2], glyph, glyphs[at]],
    }[kind]


@pytest.mark.slow
@given(data=st.data(), invite=invites, script=scripts)
def test_the_second_reader_repairs_what_we_repair(
    data: st.DataObject, invite: Invite, script: str
) -> None:
    """Both give the same result or refusal for any damage in any text."""
    glyph = st.sampled_from([*DOCUMENT["scripts"][script]])
    mark = st.sampled_from(["?", "??", "\ufffd", "[笑]", "..", "%FF", '<img class="emoji">'])
    frame = st.lists(st.sampled_from([*"。 ?-Uu\ufe0f4🍻祝", "<br>"]) | glyph, max_size=3)
    kinds = st.sampled_from(["wrong", "lost", "extra", "swapped", "parted"])
    glyphs = [*CODEC.encode(invite, script=script)]
    for _ in range(data.draw(st.integers(1, 3))):
        harm(glyphs, data.draw(kinds), data.draw(st.integers(0, 99)), data.draw(glyph | mark))
    text = "".join([*data.draw(frame), *glyphs, *data.draw(frame)])
    level: Level = data.draw(st.sampled_from(["standard", "standard", "thorough"]))
    assert our_outcome(text, level) == their_outcome(text, level)
