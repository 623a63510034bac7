"""Keys: a key verifies only while it is in the keyring."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from attacks.attacks_support import SOURCE, outcome
from support import (
    AUDIENCE,
    CODEC,
    INVITE,
    KEYRING,
    KEYS,
    OTHER_SECRET,
    PACKAGE,
    SCRIPTS,
    SECRET,
    count_tag_checks,
)

from passphrase import Codec, Keyring, KeyringError, SignatureError
from passphrase.format.cipher import DerivedKeys
from passphrase.format.codewords import Codewords
from passphrase.format.parity import _tables
from passphrase.format.seal import unseal
from passphrase.format.wire import Numbers
from passphrase.reading.fold import folding_of, spelled_digits

OLD = Keyring({1: SECRET})
BOTH = Keyring({1: SECRET, 2: OTHER_SECRET}, 2)
NEW = Keyring({2: OTHER_SECRET})


def test_a_retired_key_is_refused_at_once() -> None:
    """Without a key, everything that it signed is refused at once, in every script.

    Also as a copy that was kept of the ring, of what it was made of, or of its derived keys.
    """
    secrets = {1: SECRET, 2: OTHER_SECRET}
    ring = Keyring(secrets, 2)
    codec = Codec(ring, audience=AUDIENCE)
    texts = [Codec(OLD, audience=AUDIENCE).encode(INVITE, script=script) for script in SCRIPTS]
    assert {outcome(text, codec) for text in texts} == {INVITE}
    retired = Codec(ring.without(1), audience=AUDIENCE)
    for text in (*texts, texts[0][1:], "，".join(texts)):
        assert isinstance(outcome(text, retired, repair="thorough"), type)
    assert [outcome(text, retired) for text in texts] == [SignatureError] * 3
    secrets.clear()
    ring.derive(AUDIENCE).clear()
    assert (ring.ids, outcome(texts[0], codec)) == ((1, 2), INVITE)


def test_a_taken_key_id_is_another_key() -> None:
    """With a new secret for an id, passphrases of the old secret are refused."""
    again = Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE)
    assert outcome(CODEC.encode(INVITE), again) is SignatureError
    assert outcome(again.encode(INVITE)) is SignatureError


def test_a_word_is_checked_under_the_key_it_names_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the named key is tried, so eight keys give no more guesses."""
    secrets = {key_id: bytes([key_id]) * 32 for key_id in range(8)}
    ring = Codec(Keyring(secrets, 0), audience=AUDIENCE)
    checks = count_tag_checks(monkeypatch)
    for key_id, secret in secrets.items():
        text = Codec(Keyring({key_id: secret}), audience=AUDIENCE).encode(INVITE)
        checks.clear()
        assert outcome(text, ring) == INVITE
        assert len(checks) == 1
        stranger = Codec(Keyring({key_id: SECRET}), audience=AUDIENCE).encode(INVITE)
        checks.clear()
        assert outcome(stranger, ring) is SignatureError
        assert len(checks) == 1


@pytest.mark.parametrize(
    "secrets",
    [
        {0: memoryview(SECRET)}, {None: SECRET}, {0.0: SECRET}, {False: SECRET}, {0: ""},
        [(0, SECRET)], {0: [SECRET]}, {0: SECRET.hex()}, {0: SECRET, 1: SECRET, 2: OTHER_SECRET},
    ],
    ids=["view", "none", "float", "bool", "empty", "pairs", "list", "hex", "twice"],
)  # fmt: skip
def test_strange_keys_make_no_ring(secrets: Any) -> None:
    """A key of another type, or the same key under two ids, is refused."""
    with pytest.raises(KeyringError):
        Keyring(secrets)
    with pytest.raises(KeyringError):
        Keyring(secrets, 0)
    with pytest.raises(KeyringError):
        Keyring.parse(secrets)


def test_a_ring_does_not_change() -> None:
    """A keyring cannot be changed after it was made."""
    for name in ("ids", "active_id", "anything"):
        with pytest.raises(AttributeError):
            setattr(KEYRING, name, 2)


@contextmanager
def giving_way() -> Generator[None]:
    """Let every new thread give way to the others before each line where keys are used."""
    rooms = ("codec", "opening", "format/codewords", "format/seal", "format/cipher")
    places = {str(Path(PACKAGE, f"{name}.py")) for name in rooms}

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            time.sleep(0)
        return trace if frame.f_code.co_filename in places else None

    before = threading.gettrace()
    threading.settrace(trace)
    try:
        yield
    finally:
        threading.settrace(before)  # pyright: ignore[reportArgumentType]


def read_while_rings_are_swapped() -> None:
    """Let 32 threads read by rings that they swap, tables not yet made; see that each was whole."""
    codecs = [Codec(ring, audience=AUDIENCE) for ring in (OLD, BOTH, NEW)]
    texts = [codecs[0].encode(INVITE), codecs[2].encode(INVITE)]
    expected = {codec: [outcome(texts[0], codec), outcome(texts[1], codec)] for codec in codecs}
    assert [*expected.values()] == [
        [INVITE, SignatureError], [INVITE, INVITE], [SignatureError, INVITE]
    ]  # fmt: skip
    for cached in (_tables, folding_of, spelled_digits):
        cached.cache_clear()
    interval = sys.getswitchinterval()
    in_use = [codecs[0]]
    barrier = threading.Barrier(32)

    def read(seed: int) -> int:
        draw = random.Random(seed)
        barrier.wait(30)
        for _ in range(15):
            codec = in_use[0]
            assert [outcome(text, codec) for text in texts] == expected[codec]
            in_use[0] = draw.choice(codecs)
        return 1

    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(32) as pool:
            assert sum(pool.map(read, range(32))) == 32
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.slow
def test_threads_and_a_ring_that_is_swapped() -> None:
    """32 threads read while keys are rotated: each uses one consistent keyring."""
    with giving_way():
        read_while_rings_are_swapped()


def share_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the keys of the codec that reads where every codec looks for them."""
    in_use: list[dict[int, DerivedKeys]] = [{}]
    read_one = Codewords.read

    def read_by_shared(
        self: Codewords, number: int, size: int, span: tuple[int, int]
    ) -> tuple[Numbers, int, str]:
        in_use[0] = self._keys
        time.sleep(0)  # the thread may be stopped here; it is not traced
        return read_one(Codewords(in_use[0], 1), number, size, span)

    monkeypatch.setattr(Codewords, "read", read_by_shared)


def share_the_chosen_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the one key that a word is opened with where every thread looks for it."""
    in_use: list[DerivedKeys] = [KEYS]

    def unseal_by_shared(
        keys: DerivedKeys, header_symbol: int, sealed: int, span: tuple[int, int]
    ) -> int:
        in_use[0] = keys
        time.sleep(0)
        return unseal(in_use[0], header_symbol, sealed, span)

    monkeypatch.setattr("passphrase.format.codewords.unseal", unseal_by_shared)


@pytest.mark.slow
@pytest.mark.parametrize("share", [share_the_keys, share_the_chosen_key])
def test_the_threads_see_what_is_shared(
    monkeypatch: pytest.MonkeyPatch, share: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """The test above notices a codec whose keys another thread can change."""
    share(monkeypatch)
    with pytest.raises(AssertionError):
        read_while_rings_are_swapped()


SCRIPT = """
import json, os, sys
sys.path[:0] = json.loads(sys.argv[1])
from support import AUDIENCE, CODEC, INVITE, SCRIPTS
from passphrase import Codec, Keyring, explain
texts = [CODEC.encode(INVITE, script=script) for script in SCRIPTS]
def report():
    told = []
    for text in (*texts, texts[0][:7] + texts[0][8:], texts[1] + texts[2], texts[0][4:], ""):
        told.append([text, repr(explain(text, CODEC)), repr(explain(text))])
    told.append(CODEC.decode(texts[1][1:]).fingerprint)
    return json.dumps(told)
before = report()
read, write = os.pipe()
if os.fork():
    os.close(write)
    child = os.fdopen(read).read()
    os.wait()
    assert child == before
    print(before)
else:
    os.write(write, report().encode())
    os._exit(0)
"""


@pytest.mark.slow
def test_processes_agree(tmp_path: Path) -> None:
    """Forks and new interpreters, with any hash seed, mint and read the same."""
    paths = [str(SOURCE.parent), str(Path(__file__).parents[1])]
    (tmp_path / "agree.py").write_text(SCRIPT, encoding="utf-8")
    told: set[str] = set()
    for seed in ("0", "1", "random"):
        done = subprocess.run(  # noqa: S603  # our own interpreter and script
            [sys.executable, "-W", "error", str(tmp_path / "agree.py"), json.dumps(paths)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        told.add(done.stdout.decode())
    assert len(told) == 1
    assert CODEC.encode(INVITE) == json.loads(told.pop())[0][0]
