"""The vectors: fresh, more of them invalid than valid, and both implementations agree with them."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from passphrase import Codec, Invite, Keyring, PassphraseError, recognize
from passphrase.keys import DerivedKeys
from passphrase.layout import header_symbol
from passphrase.parity import protect
from passphrase.scripts import load_script
from passphrase.seal import seal
from passphrase.symbols import chunk
from passphrase.wire import pack

DOCUMENT = json.loads(Path("tests/vectors/v1.json").read_text(encoding="ascii"))
(GROUP,) = DOCUMENT["testGroups"]
SECRETS = {int(key_id): bytes.fromhex(secret) for key_id, secret in GROUP["keys"].items()}
CODEC = Codec(Keyring(SECRETS, 1), audience=GROUP["audience"])
TESTS: list[dict[str, Any]] = GROUP["tests"]
VALID = [test for test in TESTS if test["result"] == "valid"]
INVALID = [test for test in TESTS if test["result"] == "invalid"]


def name(test: dict[str, Any]) -> str:
    return f"{test['tcId']} {test['comment']}"


def test_the_file_is_fresh() -> None:
    """It is what the tool writes, so nobody edits it and no change of format goes unseen."""
    done = subprocess.run([sys.executable, "tools/make_vectors.py", "--check"], check=False)
    assert done.returncode == 0


def test_more_invalid_than_valid() -> None:
    assert DOCUMENT["numberOfTests"] == len(TESTS)
    assert len(INVALID) > len(VALID) > 50
    assert [test["tcId"] for test in TESTS] == [*range(1, len(TESTS) + 1)]
    assert max(Counter(test["comment"] for test in TESTS).values()) == 1
    assert {flag for test in TESTS for flag in test["flags"]} == {*DOCUMENT["notes"]}
    assert {test["error"] for test in INVALID} == {
        *("signature", "version", "damaged", "not_found", "ambiguous", "too_long")
    }


@pytest.mark.parametrize("test", VALID, ids=name)
def test_valid(test: dict[str, Any]) -> None:
    """Every value on the way from the invite to its spellings, and back from the text."""
    invite = TypeAdapter(Invite).validate_json(json.dumps(test["invite"]))
    key_id = int(test["fingerprint"][0])
    header, body = pack(invite, key_id)
    symbol = header_symbol(header)
    keys = DerivedKeys(SECRETS[key_id], GROUP["audience"].encode())
    sealed = seal(keys, symbol, body)
    word = protect(chunk(symbol, sealed))
    assert (symbol, body.hex()) == (test["headerSymbol"], test["body"])
    assert (keys._signing.hex(), keys._sealing.hex()) == (test["signingKey"], test["sealingKey"])
    assert sealed.hex() == test["sealed"] + test["tag"]
    assert [*word] == test["symbols"]
    assert {s: load_script(s).spell(word) for s in test["spellings"]} == test["spellings"]
    for decoded in (CODEC.decode(test["text"]), CODEC.decode(test["spellings"]["hanzi"])):
        assert (decoded.invite, decoded.fingerprint) == (invite, test["fingerprint"])
    assert [*CODEC.decode(test["text"]).span] == test["span"]
    assert recognize(test["text"])


@pytest.mark.parametrize("test", INVALID, ids=name)
def test_invalid(test: dict[str, Any]) -> None:
    """One broken rule, one reason."""
    with pytest.raises(PassphraseError) as caught:
        CODEC.decode(test["text"])
    assert caught.value.code == test["error"]
