"""Parts of the test vectors: secrets, codewords, and tests that a decoder reads or refuses."""

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from passphrase import Invite, Keyring, Origin, find
from passphrase.format.cipher import DerivedKeys, derived
from passphrase.format.layout import (
    BODY_BYTES,
    BODY_FIELDS,
    FIXED_BYTES,
    PARITY_SYMBOLS,
    SYMBOL_BITS,
    TAG_BYTES,
    field_shifts,
    read_header,
)
from passphrase.format.parity import protect as protected
from passphrase.format.seal import seal as seal_number
from passphrase.format.symbols import merge, split
from passphrase.format.wire import join_body, numbers_of
from passphrase.reading.find import MAX_CHARS
from passphrase.scripts import SCRIPT_NAMES, load_script

LONG_CHARS: Final = 1 << 16
Word = tuple[int, ...]
Test = dict[str, Any]


def derive(name: str, length: int = 32) -> bytes:
    """Make reproducible bytes that look random."""
    return hashlib.shake_256(b"passphrase test vectors v1/" + name.encode()).digest(length)


SECRETS: Final = {1: derive("secret 1"), 2: derive("secret 2")}
AUDIENCE: Final = "douyin"
KEYS: Final = Keyring(SECRETS, 1).derive(AUDIENCE)
# The second group: other key ids, a longer secret, an audience of 64 bytes that is not ASCII.
OTHER_SECRETS: Final = {0: derive("secret 0"), 7: derive("secret 7", 64), 3: derive("secret 3", 33)}
OTHER_AUDIENCE: Final = "多闪" * 10 + "duo!"
OTHER_KEYS: Final = Keyring(OTHER_SECRETS, 0).derive(OTHER_AUDIENCE)
# Vectors show what the library hides.
DERIVED: Final = {
    keys[key_id]: [derived(secret, name, audience.encode()) for name in (b"sign", b"seal")]
    for secrets, audience, keys in (
        (SECRETS, AUDIENCE, KEYS),
        (OTHER_SECRETS, OTHER_AUDIENCE, OTHER_KEYS),
    )
    for key_id, secret in secrets.items()
}
INVITE: Final = Invite(
    group_id=6824193837465920001,
    inviter_id=102938475610293847,
    expires_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    origin=Origin.WECHAT,
)


def changed(**fields: object) -> Invite:
    """Return the usual invite with some fields changed."""
    return Invite.model_validate(dict(INVITE) | fields)


def layout(invite: Invite, key_id: int = 1) -> tuple[int, bytes]:
    """Return header symbol and body."""
    symbol, body = join_body(numbers_of(invite), key_id)
    return symbol, body.to_bytes(BODY_BYTES[symbol], "big")


def with_field(field: str, value: int) -> bytes:
    """Return the usual body with one field set to any value."""
    _, body = layout(INVITE)
    names, bits = zip(*BODY_FIELDS, strict=True)
    at = names.index(field)
    shift = 8 * (len(body) - FIXED_BYTES) + field_shifts(BODY_FIELDS)[at]
    cleared = int.from_bytes(body) & ~((1 << bits[at]) - 1 << shift)
    return int(cleared | value << shift).to_bytes(len(body))


def chunk(symbol: int, raw: bytes) -> Word:
    """Return the data symbols of a header and bytes, whose size may be another than it says."""
    bits = 8 * len(raw)
    return (
        symbol,
        *split(int.from_bytes(raw, "big") << -bits % SYMBOL_BITS, -(-bits // SYMBOL_BITS)),
    )


def seal(keys: DerivedKeys, symbol: int, body: bytes) -> bytes:
    """Return the sealed body of a header, and the tag."""
    sealed = seal_number(keys, symbol, int.from_bytes(body, "big"))
    return sealed.to_bytes(len(body) + TAG_BYTES, "big")


def protect(data: Word) -> Word:
    """Return the codeword of any number of data symbols."""
    return split(protected(merge(data), len(data)), len(data) + PARITY_SYMBOLS)


def word_of(symbol: int, body: bytes, keys: DerivedKeys | None = None) -> Word:
    """Return the codeword of any header and body, legal or not, under a good tag."""
    return protect(chunk(symbol, seal(keys or KEYS[1], symbol, body)))


def spell(word: Word, script: str = "emoji") -> str:
    """Spell a codeword."""
    return load_script(script).spell(merge(word), len(word))


def hexed(raw: bytes) -> str:
    """Return lower-case hex."""
    return raw.hex()


def intermediate(symbol: int, body: bytes, keys: DerivedKeys | None = None) -> Test:
    """Return every value between an invite and its spellings."""
    keys = keys or KEYS[1]
    sealed = seal(keys, symbol, body)
    tag = sealed[-TAG_BYTES:]
    word = protect(chunk(symbol, sealed))
    return {
        "headerSymbol": symbol,
        "body": hexed(body),
        "signingKey": hexed(DERIVED[keys][0]),
        "sealingKey": hexed(DERIVED[keys][1]),
        "tag": hexed(tag),
        "keystream": hexed(keys.keystream(symbol.to_bytes(2, "big") + tag, len(body))),
        "sealed": hexed(sealed[:-TAG_BYTES]),
        "symbols": list(word),
        "spellings": {name: spell(word, name) for name in SCRIPT_NAMES},
        "fingerprint": f"{read_header(symbol).key_id}-{hexed(tag)}",
    }


def limit(text: str) -> Test:
    """Return the limit that a reader needs for a text, if it is longer than the usual one."""
    return {"maxChars": LONG_CHARS} if len(text) > MAX_CHARS else {}


def valid(
    comment: str,
    flag: str,
    invite: Invite,
    text: str | None = None,
    key: tuple[int, DerivedKeys] = (1, KEYS[1]),
) -> Test:
    """Return a test that a decoder must read."""
    symbol, body = layout(invite, key[0])
    values = intermediate(symbol, body, key[1])
    text = values["spellings"]["emoji"] if text is None else text
    word = tuple(values["symbols"])
    found = find(text, max_chars=LONG_CHARS)
    span = next(candidate.span for candidate in found if candidate.codeword == word)
    return {
        "comment": comment,
        "flags": [flag],
        "invite": invite.model_dump(mode="json"),
        **values,
        **limit(text),
        "text": text,
        "span": list(span),
        "result": "valid",
    }


def invalid(comment: str, flag: str, error: str, text: str, **values: object) -> Test:
    """Return a test that a decoder must refuse."""
    return {
        "comment": comment,
        "flags": [flag],
        **values,
        **({} if error == "too_long" else limit(text)),
        "text": text,
        "result": "invalid",
        "error": error,
    }


def among(text: str, character: str) -> str:
    """Put a character after every seventh of a text."""
    return character.join(text[at : at + 7] for at in range(0, len(text), 7))
