"""The fuzzers' corpus without a fuzzer: the laws hold, and each broken guard breaks one."""

from collections import Counter
from functools import cache
from typing import Any

import pytest
from corpus import FOLDER, read_corpus
from draw import Draw
from targets import TARGETS

from passphrase import Client, Codec, Damage, DamagedError, Finding, Reason, Trouble, admission
from passphrase.errors import without_trace
from passphrase.fold import Row
from passphrase.layout import WORD_SIZES

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
    | {f"width {size}" for size in WORD_SIZES}
    | {f"verdict {reason}" for reason in (*Reason, "join")}
    | {f"version {field}" for field in ("expiry", "origin", "reserved", "version")}
    | {"version group_width", "version inviter_width", "signature", "damaged", "not_found"},
}


@pytest.mark.parametrize("name", TARGETS)
def test_the_laws_hold(name: str) -> None:
    """On every input, and every outcome is among them: none is held for want of a case."""
    assert REACHED[name] - replayed(name).keys() == set()
    TARGETS[name](b"")


def test_the_corpus_is_small() -> None:
    """It is in git, and every test run reads it."""
    assert {path.stem for path in FOLDER.iterdir()} == {*TARGETS}
    inputs = [data for name in TARGETS for data in read_corpus(name)]
    assert 100 < len(inputs) < 300
    assert max(map(len, inputs)) <= 512


def test_what_is_drawn() -> None:
    """Each choice reads the bytes behind the last one, and the end reads as zeros."""
    draw = Draw(bytes([7, 1, 0, 255, 9]))
    assert [draw.below(4), draw.below(300), draw.flag()] == [3, 256, True]
    assert (draw.bytes(3), bool(draw), draw.one_of("ab")) == (b"\x09\0\0", False, "a")


# --- Guards broken by hand ----------------------------------------------------------------------


def always(*_: object) -> bool:
    return True


def never(*_: object) -> bool:
    return False


def quoting(self: Row) -> DamagedError:
    return DamagedError(self.span, self.digits.decode())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def one_behind(self: Row, at: int) -> int:
    return self.bounds[self.places[at]] + 1


def first_of(codec: Codec, text: str, *, repair: Any = "standard") -> Any:
    return codec._open_all(text, repair)[0]


RULES = admission.RULES
ROOM_FOR_ALL = tuple(rule for rule in RULES if rule.fact != "group_full")
GUARDS: dict[str, tuple[str, str, Any]] = {
    "the tag is not compared": ("words", "keys.DerivedKeys.verify", always),
    "the parity is not checked": ("words", "clipboard.is_sound", always),
    "the padding is not checked": ("words", "clipboard.is_padded", always),
    "more tags than 256": ("words", "codec.TAG_CHECKS_MAX", 10_000),
    "one of several is chosen": ("words", "codec.Codec.decode", without_trace(first_of)),
    "a newer version may touch": ("words", "fold.Row.is_touched", never),
    "a span begins one too late": ("words", "fold.Row.start", one_behind),
    "frames are kept": ("words", "codec.Codec.decode_all", Codec.decode_all.__wrapped__),  # type: ignore[attr-defined]
    "an error quotes the text": ("words", "fold.Row.damage", quoting),
    "a code point that is none": ("texts", "markup._CODE_POINTS", range(1 << 32)),
    "brackets stay in a name": ("texts", "names._WIDE", {}),
    "names are not cut": ("texts", "names.NAME_CHARS_MAX", 10_000),
    "a reserved bit is read over": ("sealed", "wire._RESERVED", 200),
    "a wide id may be narrow": ("sealed", "wire._NARROW", range(0)),
    "half an origin": ("sealed", "wire._ORIGIN_MASK", 3),
    "a refusal tells the group": ("sealed", "prompt._KNOWING", frozenset(Reason)),
    "a full group": ("sealed", "admission.RULES", ROOM_FOR_ALL),
    "what has expired": ("sealed", "admission.RULES", RULES[1:]),
}  # fmt: skip


@pytest.mark.parametrize("guard", GUARDS)
def test_a_broken_guard_is_seen(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each guard is taken out in turn, and some input of the corpus breaks a law."""
    name, place, broken = GUARDS[guard]
    monkeypatch.setattr(f"passphrase.{place}", broken)
    with pytest.raises((AssertionError, ValueError)):
        replayed.__wrapped__(name)
