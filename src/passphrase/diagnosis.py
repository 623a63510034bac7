"""A text -> what became of the passphrase in it, and one sentence for the person who pasted it.

For support staff and for a client's error popup. A diagnosis repeats nothing of the clipboard and
holds no key, tag or id, so it can be logged as it is.
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
from passphrase.format.layout import HEADERS, VERSION, WORD_SIZES, WORD_SYMBOLS
from passphrase.reading.chatter import is_chatter
from passphrase.reading.find import Contents, scan
from passphrase.reading.fold import rows
from passphrase.reading.markup import unwrap
from passphrase.reading.recoding import decoded_rightly, unescaped
from passphrase.reading.repair import Damage
from passphrase.reading.row import Row
from passphrase.scripts import load_script

if TYPE_CHECKING:
    from passphrase.codec import Codec, Decoded

# The symbols in a codeword of this version, by its header symbol; 0 if it opens none.
_OPENS: Final = tuple(
    size * (header.version == VERSION) for header, size in zip(HEADERS, WORD_SYMBOLS, strict=True)
)


class Finding(StrEnum):
    """What the text holds, in one word."""

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
    """Which client a trace in the text points to."""

    OLD_WECHAT = "old_wechat"
    WEB_WECHAT = "web_wechat"
    QQ_ON_WINDOWS = "qq_on_windows"
    QQ_BOT = "qq_bot"
    COMPUTER = "computer"


TRACES: Final[Mapping[Client, re.Pattern[str]]] = {
    Client.OLD_WECHAT: re.compile("[\ue001-\ue537]"),
    Client.WEB_WECHAT: re.compile(r"<(?:span|img)\b[^<>]{0,200}emoji|\[emoji[0-9A-Fa-f]{4,6}\]"),
    # A carriage return alone, in what is otherwise text: binary noise has controls too.
    Client.QQ_ON_WINDOWS: re.compile(r"\A(?=[^\x00-\x08\x0e-\x1f\x7f]*\Z)[\s\S]*?\r(?!\n)"),
    Client.QQ_BOT: re.compile(r"\[CQ:"),
}
FRAGMENT_GLYPHS_MIN: Final = 8  # of emoji that begin as a passphrase does
FRAGMENT_SYMBOLS_MIN: Final = (
    16  # of hanzi or base 32, which also make up prose: most of a passphrase
)
# Brackets that have lost what they set off, or a row of marks and nothing else.
_EMPTIED: Final = re.compile(
    r"【\s*】|「\s*」|《\s*》|(?:(?:[?\uff1f\u25a1\ufffd]|\[[^][\r\n]{1,20}\])\s{0,9}){20}"
)

SENTENCES: Final[Mapping[Finding, Mapping[str, str]]] = {
    Finding.VALID: {
        "zh-Hans": "口令有效。",
        "zh-Hant": "口令有效。",
        "en": "The passphrase is valid.",
    },
    Finding.EXPIRED: {
        "zh-Hans": "口令已过期，请让对方重新发一个。",
        "zh-Hant": "口令已過期，請對方重新傳一個。",
        "en": "The passphrase has expired; ask for a new one.",
    },
    Finding.UNVERIFIED: {
        "zh-Hans": "已识别到口令。",
        "zh-Hant": "已辨識到口令。",
        "en": "A passphrase was recognised.",
    },
    Finding.DAMAGED: {
        "zh-Hans": "口令不完整或被改动，请回到聊天里长按整条消息重新复制。",
        "zh-Hant": "口令不完整或被改動，請回到聊天裡長按整則訊息重新複製。",
        "en": "The passphrase is damaged; go back to the chat and copy the whole message again.",
    },
    Finding.EMOJI_LOST: {
        "zh-Hans": "消息里的表情丢失了，可能是在电脑上复制的；请在手机上复制，或让对方发汉字口令。",
        "zh-Hant": "訊息裡的表情遺失了，可能是在電腦上複製的；請在手機上複製，或請對方傳漢字口令。",
        "en": "The emoji are gone, probably because the message was copied on a computer; copy it "
        "on a phone, or ask for a passphrase in hanzi.",
    },
    Finding.MOJIBAKE: {
        "zh-Hans": "文字变成了乱码（编码不对），请回到聊天里重新复制原消息。",
        "zh-Hant": "文字變成了亂碼（編碼不對），請回到聊天裡重新複製原訊息。",
        "en": "The text was read in a wrong encoding; go back to the chat and copy the message "
        "again.",
    },
    Finding.ESCAPED: {
        "zh-Hans": "口令被写成了转义代码，请回到聊天里复制原消息。",
        "zh-Hant": "口令被寫成了轉義代碼，請回到聊天裡複製原訊息。",
        "en": "The passphrase is written as escape codes; copy the message itself from the chat.",
    },
    Finding.NOT_FOUND: {
        "zh-Hans": "没有找到口令，请复制整条消息。",
        "zh-Hant": "沒有找到口令，請複製整則訊息。",
        "en": "There is no passphrase; copy the whole message.",
    },
    Finding.SIGNATURE: {
        "zh-Hans": "口令无效，请让对方重新邀请。",
        "zh-Hant": "口令無效，請對方重新邀請。",
        "en": "The passphrase is not valid; ask for a new invite.",
    },
    Finding.VERSION: {
        "zh-Hans": "这是新版口令，请更新应用。",
        "zh-Hant": "這是新版口令，請更新應用程式。",
        "en": "This passphrase is of a newer version; update the app.",
    },
    Finding.AMBIGUOUS: {
        "zh-Hans": "内容里有多个口令，请只复制一条消息。",
        "zh-Hant": "內容裡有多個口令，請只複製一則訊息。",
        "en": "There are several passphrases; copy only one message.",
    },
    Finding.TOO_LONG: {
        "zh-Hans": "粘贴的内容太长，请只复制带口令的那条消息。",
        "zh-Hant": "貼上的內容太長，請只複製含口令的那則訊息。",
        "en": "The text is too long; copy only the message with the passphrase.",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What became of the passphrase in a text.

    Attributes:
        finding: What the text holds, in one word.
        script: Name of the script; None if nothing was found.
        span: Where it stands, in characters.
        readable: Symbols that could be read; 0 with those below when a codec read it all.
        expected: Symbols that it should have, by its header or, failing that, the nearest size.
        surplus: Symbols too many, or too few if below 0; marks count as symbols.
        unreadable: Where marks stand instead of glyphs.
        repairs: What was repaired, by kind, when a codec read it all the same.
        clients: Clients that left their traces in the text.
        version: Format version; None if nothing was found.
        expires_at: When it ends, if a codec could read it.
        encoding: The wrong one in which somebody has read the text, if that is the finding.
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
        """What to tell the person, by language: zh-Hans, zh-Hant, en."""
        return SENTENCES[self.finding]


@without_trace
def explain(
    text: str,
    codec: "Codec | None" = None,
    *,
    now: datetime | None = None,
    outcome: "Decoded | PassphraseError | None" = None,
) -> Diagnosis:
    """Say what became of the passphrase in a text. Never raises a `PassphraseError`.

    Args:
        text: Any text.
        codec: With it signatures are checked and damage is repaired.
        now: With it an expired passphrase is called one; an aware datetime.
        outcome: What `Codec.decode` returned or raised for this text. With it the text is not
            decoded again.

    Raises:
        TypeError: The text is no str, or `now` is naive.
    """
    if now is not None and now.tzinfo is None:
        raise TypeError("now has no time zone")
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
    """Say what can be seen without a key."""
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
    """Say that more of a passphrase shows when a text is decoded rightly, or without escapes."""
    ways = [(Finding.MOJIBAKE, encoding, plain) for encoding, plain in decoded_rightly(text)]
    ways += [(Finding.ESCAPED, "", plain) for plain in unescaped(text)]
    best = diagnosis
    for finding, encoding, plain in ways:
        seen = _seen(plain, scan(plain, max_chars=len(plain)))
        if seen.script != "base32" and seen.readable > best.readable:
            best = replace(
                seen, finding=finding, encoding=encoding or None, span=None, unreadable=()
            )
    return best


def _fragments(text: str) -> list[Row]:
    """Find what is left of a passphrase, too little or too much in pieces to be repaired."""
    unwrapped = unwrap(text)
    emoji = rows(unwrapped, [load_script("emoji")], FRAGMENT_GLYPHS_MIN)
    begun = [row for row in emoji if row.glyphs[0] >= 0 and _OPENS[row.glyphs[0]]]
    others = [load_script("hanzi"), load_script("base32")]
    pieces = rows(unwrapped, others, FRAGMENT_GLYPHS_MIN)
    least = {"emoji": 1, "hanzi": FRAGMENT_SYMBOLS_MIN, "base32": FRAGMENT_SYMBOLS_MIN}
    return [row for row in begun + pieces if not is_chatter(row, least[row.script.name])]


def _damaged(row: Row) -> Diagnosis:
    damage = row.damage()
    symbols = len(row.glyphs) // row.script.glyphs_per_symbol
    header = row.script.read(row.glyphs)[0]
    opens = _OPENS[header] if header >= 0 else 0
    expected = opens or min(WORD_SIZES, key=lambda size: abs(size - symbols))
    return Diagnosis(
        finding=Finding.DAMAGED,
        script=row.script.name,
        span=damage.span,
        readable=damage.readable,
        expected=expected,
        surplus=symbols - expected,
        unreadable=damage.unreadable,
        version=VERSION if opens else None,
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
    """Say what is known of a text, and what only a holder of the keys can say."""
    if isinstance(outcome, TextTooLongError):
        raise outcome
    if outcome is None or isinstance(outcome, PassphraseError):
        seen = _seen(text, _contents(text, codec))
        if outcome is None or isinstance(outcome, NotFoundError):
            return seen  # too short to be repaired is seen all the same
        return replace(seen, finding=Finding(outcome.code))
    ends = outcome.invite.expires_at
    return Diagnosis(
        finding=Finding.EXPIRED if now is not None and ends <= now else Finding.VALID,
        script=outcome.script,
        span=outcome.span,
        version=VERSION,
        repairs=tuple(repair.kind for repair in outcome.repairs),
        expires_at=ends,
    )
