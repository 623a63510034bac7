"""`explain`: pasted text -> what happened to its passphrase, and a sentence for the person.

Source: docs/reading.md, "Say what happened". For support staff and for a client's error popup. A
diagnosis quotes nothing from the text and contains no key, tag or id, so it is safe to log.

Shapes:
    span  [start, end) in the pasted text, in characters
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from passphrase.errors import (
    NotFoundError,
    PassphraseError,
    Span,
    TextTooLongError,
    without_trace,
)
from passphrase.format.layout import CODEWORD_SIZES, SIZES_BY_HEADER, VERSION
from passphrase.languages import LOCALES, load_language
from passphrase.reading.chatter import is_chatter
from passphrase.reading.find import Contents, scan
from passphrase.reading.fold import rows
from passphrase.reading.markup import unwrap
from passphrase.reading.recoding import decoded_rightly, unescaped
from passphrase.reading.repair import Damage
from passphrase.reading.row import Row
from passphrase.scripts import load_script

if TYPE_CHECKING:
    from passphrase.codec import Codec
    from passphrase.decoded import Decoded

__all__ = ["Client", "Diagnosis", "Finding", "explain"]


class Finding(StrEnum):
    """What was found in a text."""

    VALID = "valid"
    EXPIRED = "expired"
    UNVERIFIED = "unverified"
    DAMAGED = "damaged"
    EMOJI_LOST = "emoji_lost"
    MOJIBAKE = "mojibake"
    ESCAPED = "escaped"
    NOT_FOUND = "not_found"
    SIGNATURE = "signature"
    VERSION = "version"
    AMBIGUOUS = "ambiguous"
    TOO_LONG = "too_long"


class Client(StrEnum):
    """A chat client that leaves recognisable traces in a text."""

    OLD_WECHAT = "old_wechat"
    WEB_WECHAT = "web_wechat"
    QQ_ON_WINDOWS = "qq_on_windows"
    QQ_BOT = "qq_bot"
    COMPUTER = "computer"


TRACES: Final[Mapping[Client, re.Pattern[str]]] = {
    Client.OLD_WECHAT: re.compile("[\ue001-\ue537]"),
    Client.WEB_WECHAT: re.compile(r"<(?:span|img)\b[^<>]{0,200}emoji|\[emoji[0-9A-Fa-f]{4,6}\]"),
    # A carriage return without a line feed. The text must have no other control characters:
    # they would mean binary data.
    Client.QQ_ON_WINDOWS: re.compile(r"\A(?=[^\x00-\x08\x0e-\x1f\x7f]*\Z)[\s\S]*?\r(?!\n)"),
    Client.QQ_BOT: re.compile(r"\[CQ:"),
}
FRAGMENT_GLYPHS_MIN: Final = 8  # emoji that begin like a passphrase
FRAGMENT_SYMBOLS_MIN: Final = 16  # hanzi or base 32, since ordinary text has shorter rows
# Empty brackets, or a row of replacement marks and nothing else.
_EMPTIED: Final = re.compile(
    r"【\s*】|「\s*」|《\s*》|(?:(?:[?\uff1f\u25a1\ufffd]|\[[^][\r\n]{1,20}\])\s{0,9}){20}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What happened to the passphrase in a text.

    Attributes:
        finding: What was found.
        script: Name of the script; None if nothing was found.
        span: Where the passphrase is in the text: [start, end), in characters; None if unknown.
        readable: Number of readable symbols, 0 or more. If a codec read the passphrase, this is 0,
            and the next three are empty.
        expected: Number of symbols by the header, 24 to 43; if it is unreadable, the nearest valid
            size.
        surplus: Number of extra symbols; negative if some are missing. Marks count as symbols.
        unreadable: Spans of the marks, such as "?" or "□", that replaced glyphs.
        repairs: The kind of each repair, if a codec repaired the passphrase.
        clients: Chat clients that left traces in the text.
        version: Format version, in [0, 8); None if unknown.
        expires_at: When the invite expires, an aware datetime in UTC, if a codec read it.
        encoding: With MOJIBAKE, the wrong encoding in which the text was decoded.
    """

    finding: Finding
    script: str | None = None
    span: Span | None = None
    readable: int = 0
    expected: int | None = None
    surplus: int = 0
    unreadable: tuple[Span, ...] = ()
    repairs: tuple[Damage, ...] = ()
    clients: tuple[Client, ...] = ()
    version: int | None = None
    expires_at: datetime | None = None
    encoding: str | None = None

    @property
    def sentences(self) -> Mapping[str, str]:
        """The sentence for the person, by locale."""
        return {locale: load_language(locale).refusals[self.finding] for locale in LOCALES}


@without_trace
def explain(
    text: str,
    codec: "Codec | None" = None,
    *,
    now: datetime | None = None,
    outcome: "Decoded | PassphraseError | None" = None,
) -> Diagnosis:
    """Return what happened to the passphrase in a text. Never raises a `PassphraseError`.

    Args:
        text: Any text.
        codec: Checks signatures and repairs damage. Without one, neither is done.
        now: The current time, an aware datetime. Without it, expiry is not checked.
        outcome: The result of `Codec.decode`, or the error that it raised. Saves decoding the text
            again.

    Raises:
        TypeError: The text is not a str, or `now` is naive. Give it a time zone.
        ValueError: `outcome` is an error that `decode` does not raise.
    """
    if now is not None and now.tzinfo is None:
        raise TypeError("now must have a time zone")
    codes = (*Finding, TextTooLongError.code)
    if isinstance(outcome, Exception) and getattr(outcome, "code", "") not in codes:
        raise ValueError("outcome must be what Codec.decode returned or raised")
    try:
        if outcome is None and codec:
            outcome = _outcome(text, codec)
        diagnosis = _judged(text, codec, outcome, now)
    except TextTooLongError:
        return Diagnosis(finding=Finding.TOO_LONG)
    if diagnosis.finding in {Finding.NOT_FOUND, Finding.DAMAGED}:
        diagnosis = _meant(text, diagnosis)
    clients = [client for client, trace in TRACES.items() if trace.search(text)]
    if diagnosis.finding is Finding.NOT_FOUND and _EMPTIED.search(text):
        lost = (*clients, Client.COMPUTER)
        return replace(diagnosis, finding=Finding.EMOJI_LOST, clients=lost)
    return replace(diagnosis, clients=tuple(clients))


def _seen(text: str, contents: Contents) -> Diagnosis:
    """Diagnose a text without a key."""
    if contents.candidates:
        first = contents.candidates[0]
        known = first.header.version == VERSION
        return Diagnosis(
            finding=Finding.UNVERIFIED if known else Finding.VERSION,
            script=first.script,
            span=first.span,
            readable=len(first.codeword),
            expected=len(first.codeword),
            version=first.header.version,
        )
    rest = contents.damaged or _fragments(text)
    return (
        _damaged(max(rest, key=lambda row: len(row.glyphs)))
        if rest
        else Diagnosis(finding=Finding.NOT_FOUND)
    )


def _meant(text: str, diagnosis: Diagnosis) -> Diagnosis:
    """Return MOJIBAKE or ESCAPED if undoing that damage shows much more of a passphrase.

    One more symbol is not enough: damaged hanzi can show one by chance in another encoding.
    """
    ways = [(Finding.MOJIBAKE, encoding, plain) for encoding, plain in decoded_rightly(text)]
    ways += [(Finding.ESCAPED, "", plain) for plain in unescaped(text)]
    best = diagnosis
    for finding, encoding, plain in ways:
        seen = _seen(plain, scan(plain, max_chars=len(plain)))
        more = seen.readable > max(best.readable, 2 * diagnosis.readable - 1)
        if seen.script != "base32" and more:
            best = replace(
                seen, finding=finding, encoding=encoding or None, span=None, unreadable=()
            )
    return best


def _fragments(text: str) -> list[Row]:
    """Find remains of a passphrase that are too short or too scattered to repair."""
    unwrapped = unwrap(text)
    emoji = rows(unwrapped, [load_script("emoji")], FRAGMENT_GLYPHS_MIN)
    begun = [row for row in emoji if row.glyphs[0] in SIZES_BY_HEADER]
    others = [load_script("hanzi"), load_script("base32")]
    pieces = rows(unwrapped, others, FRAGMENT_GLYPHS_MIN)
    least = {"emoji": 1, "hanzi": FRAGMENT_SYMBOLS_MIN, "base32": FRAGMENT_SYMBOLS_MIN}
    return [row for row in begun + pieces if not is_chatter(row, least[row.script.name])]


def _damaged(row: Row) -> Diagnosis:
    damage = row.damage()
    symbols = len(row.glyphs) // row.script.glyphs_per_symbol
    header = row.script.join_glyphs(row.glyphs)[0]
    size = SIZES_BY_HEADER.get(header, 0)
    expected = size or min(CODEWORD_SIZES, key=lambda known: abs(known - symbols))
    return Diagnosis(
        finding=Finding.DAMAGED,
        script=row.script.name,
        span=damage.span,
        readable=damage.readable,
        expected=expected,
        surplus=symbols - expected,
        unreadable=damage.unreadable,
        version=VERSION if size else None,
    )


def _contents(text: str, codec: "Codec | None") -> Contents:
    return scan(text, scripts=codec.scripts, max_chars=codec.max_chars) if codec else scan(text)


def _outcome(text: str, codec: "Codec") -> "Decoded | PassphraseError":
    try:
        return codec.decode(text)
    except PassphraseError as error:
        return error


def _judged(
    text: str,
    codec: "Codec | None",
    outcome: "Decoded | PassphraseError | None",
    now: datetime | None,
) -> Diagnosis:
    """Diagnose a text from the outcome of decoding it, if there is one."""
    if isinstance(outcome, TextTooLongError):
        raise outcome
    if outcome is None or isinstance(outcome, PassphraseError):
        seen = _seen(text, _contents(text, codec))
        if outcome is None or isinstance(outcome, NotFoundError):
            return seen  # fragments that `decode` does not report
        return replace(seen, finding=Finding(outcome.code))
    is_over = now is not None and outcome.invite.is_expired(now)
    return Diagnosis(
        finding=Finding.EXPIRED if is_over else Finding.VALID,
        script=outcome.script,
        span=outcome.span,
        version=VERSION,
        repairs=tuple(repair.kind for repair in outcome.repairs),
        expires_at=outcome.invite.expires_at,
    )
