"""Shared by the tests: Hypothesis strategies, a codec with known keys, and raw codewords."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from reference import chunk, pack, protect, seal

import passphrase
from passphrase import Codec, Invite, Keyring, Origin, Script
from passphrase.format.cipher import DerivedKeys, derived
from passphrase.format.layout import HEADER_SYMBOLS
from passphrase.format.symbols import DIGITS
from passphrase.invite import EPOCH, EXPIRY_MINUTES_MAX
from passphrase.reading.row import MARK, UNREADABLE, Row
from passphrase.scripts import load_script
from passphrase.testing import strategies

PACKAGE = str(Path(passphrase.__file__).parent)  # of the source, or of an installed wheel
SCRIPTS = ("emoji", "hanzi", "base32")
SECRET = bytes(range(32))
OTHER_SECRET = bytes(range(1, 33))
KEYRING = Keyring({1: SECRET})
AUDIENCE = "douyin"
YI = Script("yi", "".join(map(chr, range(0xA000, 0xA400))))  # a script of one's own
CODEC = Codec(KEYRING, audience=AUDIENCE)
LONG = Codec(KEYRING, audience=AUDIENCE, max_chars=1 << 20)  # for what takes many words
KEYS = KEYRING.derive(AUDIENCE)[1]
DERIVED = [derived(SECRET, purpose, AUDIENCE.encode()) for purpose in (b"sign", b"seal")]
INVITE = Invite(
    group_id=6824193837465920001,
    inviter_id=102938475610293847,
    expires_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    origin=Origin.WECHAT,
)

moments = st.integers(1, EXPIRY_MINUTES_MAX).map(lambda m: EPOCH + timedelta(minutes=m))
scripts = st.sampled_from(SCRIPTS)
symbols = st.integers(0, 1023)
secrets = st.binary(min_size=32, max_size=64)
invites = strategies.invites()


def codeword_of(invite: Invite) -> tuple[int, ...]:
    """Make the codeword of an invite under the known key."""
    header, body = pack(invite, 1)
    symbol = HEADER_SYMBOLS[header]
    return protect(chunk(symbol, seal(KEYS, symbol, body)))


def sealed_word(symbol: int, body: bytes) -> tuple[int, ...]:
    """Make the codeword of any header symbol and body, legal or not, with a good tag."""
    return protect(chunk(symbol, seal(KEYS, symbol, body)))


def row_of(glyphs: Sequence[int], script: str, *, gaps: Sequence[int] = ()) -> Row:
    """Make a row of glyphs and marks, with a space before those at some indices."""
    spelled = load_script(script)
    digits = "".join(
        MARK.decode() * spelled.digits_per_glyph
        if glyph == UNREADABLE
        else "".join(
            DIGITS[glyph >> shift & 31] for shift in (5, 0)[2 - spelled.digits_per_glyph :]
        )
        for glyph in glyphs
    )
    places = [at + sum(gap <= at for gap in gaps) for at in range(len(glyphs))]
    return Row(spelled, digits.encode(), places, range(len(glyphs) + len(gaps) + 1), "")


def replaced(codeword: Sequence[int], at: int, symbol: int) -> tuple[int, ...]:
    """Return the codeword with one symbol replaced."""
    return (*codeword[:at], symbol, *codeword[at + 1 :])


def stopped(moment: datetime) -> type[datetime]:
    """Make a `datetime` whose clock stands still."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:  # noqa: ARG003
            return moment

    return Stopped


def count_tag_checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Record the tag of every check that is made from now on."""
    checks: list[bytes] = []
    verify = DerivedKeys.verify

    def count(self: DerivedKeys, message: bytes, tag: bytes) -> bool:
        checks.append(tag)
        return verify(self, message, tag)

    monkeypatch.setattr(DerivedKeys, "verify", count)
    return checks
