"""Guards of the package, each broken on purpose: some input of the corpus must notice it.

A law that never fails says nothing. `run.py --merge` keeps an input for each of these.
"""

from typing import Any, Final, NamedTuple
from unittest.mock import patch

from targets import TARGETS

from passphrase import Codec, DamagedError, Decoded, Reason
from passphrase.joining import rules
from passphrase.opening import Level
from passphrase.reading.row import Row


class Guard(NamedTuple):
    """A guard.

    Attributes:
        target: The target that must see that it is broken.
        place: What stands in its place is put there, in the package.
        broken: What is put there.
    """

    target: str
    place: str
    broken: Any


def breaks(guard: str, data: bytes) -> bool:
    """Tell whether an input breaks a law while a guard is broken."""
    target, place, broken = GUARDS[guard]
    with patch(f"passphrase.{place}", broken):
        try:
            TARGETS[target](data)
        except (AssertionError, ValueError):
            return True
    return False


def _always(*_: object) -> bool:
    return True


def _everywhere(self: Row) -> list[int]:
    return [*range(len(self.places))]


def _quoting(self: Row) -> DamagedError:
    return DamagedError(self.span, self.digits.decode())  # type: ignore[arg-type]


def _one_behind(self: Row, at: int) -> int:
    return self.bounds[self.places[at]] + 1


def _first(codec: Codec, text: str, *, repair: Level = "standard") -> Decoded:
    return codec.decode_all(text, repair=repair)[0]


EVERYWHERE: Final = property(_everywhere)
FRAMES_KEPT: Final = Codec.decode_all.__wrapped__  # type: ignore[attr-defined]
RULES: Final = rules.RULES
ROOM_FOR_ALL: Final = tuple(rule for rule in RULES if rule.fact != "group_full")
GUARDS: Final = {
    "the tag is not compared": Guard("words", "format.cipher.DerivedKeys.verify", _always),
    "the parity is not checked": Guard("words", "reading.find.is_sound", _always),
    "the padding is not checked": Guard("words", "reading.find.is_padded", _always),
    "more tags than 256": Guard("words", "opening.TAG_CHECKS_MAX", 10_000),
    "one of several is chosen": Guard("words", "codec.Codec.decode", _first),
    "a newer version may touch": Guard("words", "reading.row.Row.begins", EVERYWHERE),
    "a span begins one too late": Guard("words", "reading.row.Row.start", _one_behind),
    "frames are kept": Guard("words", "codec.Codec.decode_all", FRAMES_KEPT),
    "an error quotes the text": Guard("words", "reading.row.Row.damage", _quoting),
    "past the last code point": Guard("texts", "reading.markup._CODE_POINTS", range(1 << 32)),
    "brackets stay in a name": Guard("texts", "sharing.names._WIDE", {}),
    "names are not cut": Guard("texts", "sharing.names.NAME_CHARS_MAX", 10_000),
    "a reserved bit is read over": Guard("sealed", "format.wire._RESERVED_SHIFT", 200),
    "a wide id may be narrow": Guard("sealed", "format.wire._NARROW", range(0)),
    "half an origin": Guard("sealed", "format.wire._ORIGIN_MASK", 3),
    "a refusal tells the group": Guard("sealed", "joining.prompt._KNOWING", frozenset(Reason)),
    "a full group": Guard("sealed", "joining.rules.RULES", ROOM_FOR_ALL),
    "what has expired": Guard("sealed", "joining.rules.RULES", RULES[1:]),
}  # fmt: skip
