"""The corpus of the fuzzers: all laws hold, and without each guard, some law is broken."""

from collections import Counter
from functools import cache

import pytest
from corpus import FOLDER, read_corpus
from draw import Draw
from guards import GUARDS, breaks
from targets import TARGETS

from passphrase import Reason
from passphrase.diagnosis import Client, Finding
from passphrase.format.layout import CODEWORD_SIZES
from passphrase.reading.repair import Damage
from passphrase.sharing.lint import Trouble

pytestmark = pytest.mark.slow

SCRIPTS = ("emoji", "hanzi", "base32")
REFUSALS = {"not_found", "damaged", "signature", "version", "ambiguous", "too_long"}


@cache
def replayed(name: str) -> Counter[str]:
    """Run a target on its whole corpus, and count what it reaches."""
    return Counter(reached for data in read_corpus(name) for reached in TARGETS[name](data))


READ = {
    *(f"{how} {script}" for how in ("found", "read", "mended") for script in SCRIPTS),
    *(f"repaired {damage}" for damage in Damage),
    "whole",
}
REACHED = {
    "words": READ
    | REFUSALS
    | {"several", "whole between marks", "seen version", "seen unverified", "seen damaged"},
    "texts": READ
    | REFUSALS - {"ambiguous"}
    | {"several", "lint safe", "verdict join"}
    | {f"lint {trouble}" for trouble in Trouble}
    | {f"trace {client}" for client in Client}
    | {f"seen {Finding.EMOJI_LOST}"},
    "sealed": READ
    | {f"width {size}" for size in CODEWORD_SIZES}
    | {f"verdict {reason}" for reason in (*Reason, "join")}
    | {f"version {field}" for field in ("expiry", "origin", "reserved", "version")}
    | {"version group_width", "version inviter_width", "signature", "damaged", "not_found"},
}


@pytest.mark.parametrize("name", TARGETS)
def test_the_laws_hold(name: str) -> None:
    """The laws hold for every input, and the corpus reaches every outcome."""
    assert REACHED[name] - replayed(name).keys() == set()
    TARGETS[name](b"")


def test_the_corpus_is_small() -> None:
    """It is in git, and every test run reads it."""
    assert {path.stem for path in FOLDER.iterdir()} == {*TARGETS}
    inputs = [data for name in TARGETS for data in read_corpus(name)]
    assert 100 < len(inputs) < 500
    assert max(map(len, inputs)) <= 512


def test_what_is_drawn() -> None:
    """Each choice reads the next bytes; after the end, bytes are zero."""
    draw = Draw(bytes([7, 1, 0, 255, 9]))
    assert [draw.below(4), draw.below(300), draw.flag()] == [3, 256, True]
    assert (draw.bytes(3), bool(draw), draw.one_of("ab")) == (b"\x09\0\0", False, "a")


@pytest.mark.parametrize("guard", GUARDS)
def test_a_broken_guard_is_seen(guard: str) -> None:
    """Without each guard, some input of the corpus breaks a law."""
    target = GUARDS[guard].target
    assert any(breaks(guard, data) for data in read_corpus(target))
