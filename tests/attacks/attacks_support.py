"""Shared by the attacks: forged codewords, outcomes, and counters instead of a clock."""

import random
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from support import CODEC, PACKAGE

from passphrase import Codec, Invite, PassphraseError
from passphrase.format.cipher import DerivedKeys
from passphrase.format.layout import CODEWORD_SYMBOLS
from passphrase.format.parity import protect
from passphrase.format.symbols import chunk
from passphrase.reading.mend import Mended, mend
from passphrase.reading.repair import Damages, Found, Window, propose
from passphrase.reading.row import Row
from passphrase.scripts import load_script

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "passphrase"
MODULES = sorted(SOURCE.rglob("*.py"))
BODY_BYTES = 22  # of two 64-bit ids
Outcome = Invite | type[PassphraseError]


def spell_raw(symbol: int, raw: bytes, script: str = "emoji") -> str:
    """Spell any header symbol, sealed body and tag, with sound parity."""
    size = CODEWORD_SYMBOLS[symbol]
    return load_script(script).spell(
        protect(chunk(symbol, int.from_bytes(raw, "big")), size - 3), size
    )


def forged(draw: random.Random, key_id: int = 1, script: str = "emoji") -> str:
    """Spell a word of two 64-bit ids whose body and tag are random."""
    return spell_raw(133 + 16 * key_id, draw.randbytes(BODY_BYTES + 10), script)


def outcome(text: str, codec: Codec = CODEC, **how: Any) -> Outcome:
    """Return the invite that a text is read as, or the class of its refusal."""
    try:
        return codec.decode(text, **how).invite
    except PassphraseError as error:
        return type(error)


# A test that is run twice: as it is, and with every tag good, so that parity alone must hold.
with_and_without_tags = pytest.mark.parametrize("trusted", [False, True], ids=["tags", "parity"])


def watch(monkeypatch: pytest.MonkeyPatch, *, trusted: bool) -> Counter[str]:
    """Count the rows that reach "repair" and the words that reach a "tag" check from now on.

    Args:
        monkeypatch: What undoes it.
        trusted: Let every tag be good.
    """
    reached: Counter[str] = Counter()
    verify = DerivedKeys.verify

    def checked(self: DerivedKeys, message: bytes, tag: bytes) -> bool:
        reached["tag"] += 1
        return trusted or verify(self, message, tag)

    def repaired(rows: Sequence[Row], *, thorough: bool) -> Iterator[Mended]:
        reached["repair"] += len(rows)
        return mend(rows, thorough=thorough)

    monkeypatch.setattr(DerivedKeys, "verify", checked)
    monkeypatch.setattr("passphrase.opening.mend", repaired)
    return reached


def count_windows(monkeypatch: pytest.MonkeyPatch) -> list[Window]:
    """Record every part of a row that repair looks at from now on."""
    windows: list[Window] = []

    def counted(window: Window, damages: Damages) -> Iterator[Found]:
        windows.append(window)
        return propose(window, damages)

    monkeypatch.setattr("passphrase.reading.mend.propose", counted)
    return windows


@contextmanager
def counted_calls() -> Generator[list[int]]:
    """Count the calls of Python and built-in functions: work that no busy machine changes."""
    calls = [0]

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        if event in {"call", "c_call"}:
            calls[0] += 1

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def locals_of_ours(error: BaseException) -> str:
    """Return the local variables of our frames that an error tracker would record."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown: list[str] = []
    link: traceback.TracebackException | None = report
    while link is not None:
        ours = [frame for frame in link.stack if frame.filename.startswith(PACKAGE)]
        shown += [value for frame in ours for value in (frame.locals or {}).values()]
        link = link.__cause__ or link.__context__
    return "\n".join(shown)


def failing(function: Callable[[], object]) -> BaseException:
    """Return the exception that a call raises."""
    with pytest.raises((ValueError, TypeError)) as caught:
        function()
    return caught.value
