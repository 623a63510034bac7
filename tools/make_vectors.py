"""Build the test vectors of format version 1, tests/vectors/v1.json, from a seed.

    python tools/make_vectors.py            write the file
    python tools/make_vectors.py --check    exit with 1 if the file is not what would be written

Shape: that of the Wycheproof project, as docs/format.md, "Test vectors" describes it.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from generated import write_or_check

from passphrase import Invite, Keyring, Origin, find
from passphrase.fold import IGNORABLE_RANGES
from passphrase.invite import EPOCH, EXPIRY_MINUTES_MAX
from passphrase.keys import DerivedKeys
from passphrase.layout import (
    BODY_FIELDS,
    PARITY_SYMBOLS,
    SYMBOL_BITS,
    TAG_BYTES,
    Header,
    header_symbol,
    join_fields,
    read_header,
    split_fields,
)
from passphrase.parity import TARGET_REMAINDER
from passphrase.parity import protect as protected
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.compat_table import ALIASES as COMPAT
from passphrase.scripts.softbank_table import ALIASES as SOFTBANK
from passphrase.seal import seal
from passphrase.symbols import chunk as chunked
from passphrase.symbols import merge, split
from passphrase.wire import pack

VECTORS: Final = Path(__file__).parents[1] / "tests" / "vectors" / "v1.json"
Word = tuple[int, ...]
Test = dict[str, Any]

NOTES: Final = {
    "Layout": "The bits of header and body.",
    "Boundary": "A field at the end of its range.",
    "Reading": "How a spelling is found in a text and read.",
    "Markup": "Characters written as markup, or as an alias of another time or block.",
    "Several": "More than one codeword in a text.",
    "ModifiedTag": "Parity is sound, the tag is not that of the body.",
    "ModifiedBody": "Parity is sound, the body is not that of the tag.",
    "WrongKey": "Signed under another secret, for another audience or with an unknown key id.",
    "NewerFormat": "A value that version 1 does not know; the tag is good where there is one.",
    "NonCanonical": "The tag is good, but the invite has another and only legal layout.",
    "Padding": "Parity and tag are good, but spare bits are set.",
    "Damage": "So much is missing or wrong that no repair by parity could be trusted.",
    "Limit": "A bound on the work that a reader does.",
}


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
    header, body = pack(invite, key_id)
    return header_symbol(header), body


def with_field(field: str, value: int) -> bytes:
    """Return the usual body with one field set to any value."""
    _, body = layout(INVITE)
    fields = split_fields(BODY_FIELDS, int.from_bytes(body[:6], "big")) | {field: value}
    return join_fields(BODY_FIELDS, fields).to_bytes(6, "big") + body[6:]


def chunk(symbol: int, raw: bytes) -> Word:
    """Return the data symbols of a header and the bytes behind it."""
    return split(chunked(symbol, raw), 1 - (-8 * len(raw) // SYMBOL_BITS))


def protect(data: Word) -> Word:
    """Return the codeword of any number of data symbols."""
    return split(protected(merge(data), len(data)), len(data) + PARITY_SYMBOLS)


def word_of(symbol: int, body: bytes, keys: DerivedKeys | None = None) -> Word:
    """Return the codeword of any header and body, legal or not, under a good tag."""
    return protect(chunk(symbol, seal(keys or KEYS[1], symbol, body)))


def spell(word: Word, script: str = "emoji") -> str:
    """Spell a codeword."""
    return load_script(script).spell(word)


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
        "signingKey": hexed(keys._signing),  # noqa: SLF001  # vectors show what the library hides
        "sealingKey": hexed(keys._sealing),  # noqa: SLF001
        "tag": hexed(tag),
        "keystream": hexed(keys.keystream(symbol.to_bytes(2, "big") + tag, len(body))),
        "sealed": hexed(sealed[:-TAG_BYTES]),
        "symbols": list(word),
        "spellings": {name: spell(word, name) for name in SCRIPT_NAMES},
        "fingerprint": f"{read_header(symbol).key_id}-{hexed(tag)}",
    }


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
    span = next(found.span for found in find(text) if found.codeword == word)
    return {
        "comment": comment,
        "flags": [flag],
        "invite": invite.model_dump(mode="json"),
        **values,
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
        "text": text,
        "result": "invalid",
        "error": error,
    }


def layouts() -> Iterator[Test]:
    """Every width pair, boundary, flag and origin."""
    ids: list[tuple[str, int | UUID]] = [
        ("0", 0), ("2^32-1", 2**32 - 1), ("2^32", 2**32), ("2^64-1", 2**64 - 1),
        ("the nil UUID", UUID(int=0)), ("a random UUID", UUID(bytes=derive("uuid", 16))),
    ]  # fmt: skip
    for group_name, group_id in ids:
        for inviter_name, inviter_id in ids:
            invite = changed(group_id=group_id, inviter_id=inviter_id)
            yield valid(f"group {group_name}, inviter {inviter_name}", "Layout", invite)
    for flag in ("mutual_follow", "approval", "single_use"):
        yield valid(f"{flag} is set", "Layout", changed(**{flag: True}))
    for origin in Origin:
        yield valid(f"origin {origin}", "Layout", changed(origin=origin))
    for minutes in (1, EXPIRY_MINUTES_MAX):
        moment = EPOCH + timedelta(minutes=minutes)
        yield valid(f"expiry {minutes}", "Boundary", changed(expires_at=moment))
    for field in ("generation", "variant"):
        yield valid(f"{field} 255", "Boundary", changed(**{field: 255}))
    yield valid("signed under key 2", "Layout", INVITE, key=(2, KEYS[2]))


def readings() -> Iterator[Test]:
    """What may be done to a spelling."""
    symbol, body = layout(INVITE)
    word = word_of(symbol, body)
    emoji, hanzi, base32 = (spell(word, name) for name in SCRIPT_NAMES)
    wide = "".join(chr(ord(c) + 0xFEE0) for c in base32)
    for comment, text in {
        "hanzi": hanzi,
        "base 32": base32,
        "base 32 without hyphens": base32.replace("-", ""),
        "base 32 in lower case": base32.lower(),
        "base 32 with I for 1 and O for 0": base32.replace("1", "I").replace("0", "O"),
        "base 32 with l for 1 and o for 0": base32.replace("1", "l").replace("0", "o"),
        "base 32 in full-width forms": wide,
        "base 32 with other dashes": base32.replace("-", "\u2014", 3).replace("-", "\u2212"),
        "in a message": f"老王: 3 快来!【{emoji}】复制打开抖音",
        "hanzi that touch prose": f"快来{hanzi}复制打开抖音",
        "base 32 that touches prose": f"OPEN{base32}NOW",
        "base 32 behind one more digit": f"7{base32}",
        "wrapped over three lines": f"{emoji[:10]}\r\n{emoji[10:20]}\n{emoji[20:]}",
        "all kinds of spaces": f"{hanzi[:9]} {hanzi[9:19]}\u00a0{hanzi[19:]}\u3000",
        "zero-width characters and variation selectors": "\u200b".join(emoji[:15])
        + "\ufe0f".join(emoji[15:]),
        "skin tones and a byte order mark": f"\ufeff{emoji[:8]}\U0001f3fd{emoji[8:]}\U0001f3fb",
        "between 20 glyphs of its own script": spell(word[:20]) + emoji + spell(word[5:25]),
    }.items():
        yield valid(comment, "Reading", INVITE, text)
    softbank = {glyph: code for code, glyph in SOFTBANK.items()}
    compat = {glyph: code for code, glyph in COMPAT.items()}
    for comment, text in {
        "span tags": "".join(f'<span class="emoji emoji{ord(g):x}"></span>' for g in emoji),
        "img tags": "".join(f'<img class="emoji emoji{ord(g):x}" src="a.gif" />' for g in emoji),
        "bracketed codes": "".join(f"[emoji{ord(g):x}]" for g in emoji),
        "CQ codes": "".join(f"[CQ:emoji,id={ord(g)}]" for g in emoji),
        "decimal entities": "".join(f"&#{ord(g)};" for g in hanzi),
        "hexadecimal entities, escaped": "".join(f"&amp;#x{ord(g):X};" for g in hanzi),
        "percent-encoding": quote(f"看 {emoji}"),
        "SoftBank codes": "".join(softbank.get(g, g) for g in emoji),
        "compatibility ideographs": "".join(compat.get(g, g) for g in hanzi),
        "quoted lines with line break tags": f"> {emoji[:15]}<br/>> {emoji[15:]}",
        "Markdown": f"**`{base32}`**",
        "a heart and an arrow around": f"我<3你 {base32} -> 打开",
        "a per cent sign before": f"满100%{base32}",
    }.items():
        yield valid(comment, "Markup", INVITE, text)
    forged = spell(protect(chunk(symbol, derive("forged", 32))))
    kinds = [chr(first) + chr(last) for first, last in IGNORABLE_RANGES]
    inside = ["".join(kinds[place::29]) for place in range(29)]
    sprinkled = "".join(glyph + kind for glyph, kind in zip(emoji, [*inside, ""], strict=True))
    yield valid("ignorable characters of every range", "Reading", INVITE, sprinkled)
    dashes = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d-"
    dashed = "".join(c + dashes[at % 11] for at, c in enumerate(base32.replace("-", "")))
    yield valid("base 32 with every dash", "Reading", INVITE, dashed)
    wide_aliases = wide.lower().replace("１", "ｌ").replace("０", "Ｏ")
    yield valid("full-width aliases", "Reading", INVITE, wide_aliases)
    yield valid("65,536 characters", "Limit", INVITE, emoji.rjust(65_536))
    words = [protect(chunk(symbol, derive(f"forged {n}", 32))) for n in range(255)]
    crowd = "，".join(spell(w, "hanzi") for w in words)
    yield valid("256 codewords, the last of which verifies", "Limit", INVITE, f"{crowd}，{hanzi}")
    newer = spell(protect((word[0] | 1 << 8, *word[1:27])), "hanzi")
    illegal = spell(word_of(symbol, with_field("reserved", 1)), "base32")
    yield valid("beside one of another version", "Several", INVITE, f"{newer}，{emoji}")
    yield valid("beside one with an unknown field", "Several", INVITE, f"{illegal}，{emoji}")
    yield valid("twice, hanzi before emoji", "Several", INVITE, f"{hanzi}，{emoji}")
    yield valid("the same twice, in two scripts", "Several", INVITE, f"{emoji}，{hanzi}")
    yield valid("behind a forged one", "Several", INVITE, f"{forged}，{emoji}")
    yield valid("behind a damaged one", "Several", INVITE, f"{emoji[:25]}，{emoji}")


def wrong_tags() -> Iterator[Test]:
    """Sound parity, but the tag does not fit."""
    symbol, body = layout(INVITE)
    sealed = seal(KEYS[1], symbol, body)
    hidden, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]

    def refuse(comment: str, flag: str, raw: bytes, header: int = symbol) -> Test:
        word = protect(chunk(header, raw))
        return invalid(comment, flag, "signature", spell(word), symbols=list(word))

    for bit in (0, 1, 7, 8, 39, 40, 78, 79):
        flipped = (int.from_bytes(tag, "big") ^ 1 << 79 - bit).to_bytes(TAG_BYTES, "big")
        yield refuse(f"bit {bit} of the tag flipped", "ModifiedTag", hidden + flipped)
    for comment, forged in {
        "the tag is all zeros": bytes(TAG_BYTES),
        "the tag is all ones": b"\xff" * TAG_BYTES,
        "the tag's halves are swapped": tag[5:] + tag[:5],
        "the tag is reversed": tag[::-1],
        "the tag is that of the empty message": KEYS[1].tag(b""),
        "the tag is that of the body without header": KEYS[1].tag(body),
        "the tag is that of the sealed body": KEYS[1].tag(symbol.to_bytes(2, "big") + hidden),
    }.items():
        yield refuse(comment, "ModifiedTag", hidden + forged)
    for bit in (0, 24, 25, 28, 31, 47, 48, 175):
        flipped = (int.from_bytes(hidden, "big") ^ 1 << 175 - bit).to_bytes(len(hidden), "big")
        yield refuse(f"bit {bit} of the sealed body flipped", "ModifiedBody", flipped + tag)
    yield refuse("the body is not sealed", "ModifiedBody", body + tag)
    other = seal(KEYS[1], symbol, layout(changed(variant=1))[1])
    yield refuse("the sealed body of another invite", "ModifiedBody", other[:-TAG_BYTES] + tag)
    yield refuse("the key id of another key", "WrongKey", sealed, symbol ^ 0b011 << 4)
    yield refuse("a key id that is not in the ring", "WrongKey", sealed, symbol ^ 0b100 << 4)
    yield refuse("the widths of ids swapped in", "ModifiedBody", sealed[:28], symbol ^ 1)
    for audience in ("douyi", "douyin2", "Douyin", "duoshan"):
        keys = Keyring(SECRETS, 1).derive(audience)[1]
        text = spell(word_of(symbol, body, keys))
        yield invalid(f"for the audience {audience}", "WrongKey", "signature", text)
    keys = Keyring({1: derive("a stranger's secret")}).derive(AUDIENCE)[1]
    yield invalid(
        "under another secret", "WrongKey", "signature", spell(word_of(symbol, body, keys))
    )


def unknown_values() -> Iterator[Test]:
    """A good tag on what version 1 does not know."""
    symbol, body = layout(INVITE)
    for version in (0, 2, 3, 4, 5, 6, 7):
        header = symbol & 0x7F | version << 7
        text = spell(word_of(header, body))
        yield invalid(
            f"version {version}", "NewerFormat", "version", text, **intermediate(header, body)
        )
    for field, value in [
        ("reserved", 1),
        ("expiry", 0),
        *(("origin", code) for code in range(3, 8)),
    ]:
        forged = with_field(field, value)
        text = spell(word_of(symbol, forged))
        values = intermediate(symbol, forged)
        yield invalid(f"{field} is {value}", "NewerFormat", "version", text, **values)
    newer = protect((symbol | 1 << 8, *word_of(symbol, body)[1:27]))
    for script in SCRIPT_NAMES:
        text = f"{load_script(script).glyphs[9]} {spell(newer, script)}"
        yield invalid(
            f"version 3, {script}, behind a glyph and a space", "NewerFormat", "version", text
        )
    stranger = protect(chunk(symbol, derive("forged", 32)))
    text = f"{spell(newer, 'hanzi')}，{spell(stranger)}"
    yield invalid("another version before a forged one", "Several", "version", text)
    text = f"{spell(stranger, 'hanzi')}，{spell(newer)}"
    yield invalid("a forged one before another version", "Several", "signature", text)
    small = layout(changed(group_id=5, inviter_id=7))[1]
    for comment, wide_header, ids in (
        ("group id 5 in eight bytes", Header(1, 1, 1, 0), bytes(7) + b"\5" + small[10:]),
        ("inviter id 7 in eight bytes", Header(1, 1, 0, 1), small[6:10] + bytes(7) + b"\7"),
        ("both ids in eight bytes", Header(1, 1, 1, 1), bytes(7) + b"\5" + bytes(7) + b"\7"),
        ("group id 2^32-1 in eight bytes", Header(1, 1, 1, 0), bytes(4) + b"\xff" * 4 + small[10:]),
    ):
        wide = small[:6] + ids
        values = intermediate(header_symbol(wide_header), wide)
        text = values["spellings"]["emoji"]
        yield invalid(comment, "NonCanonical", "version", text, **values)


def damages() -> Iterator[Test]:
    """What is no codeword, or is one no longer."""
    symbol, body = layout(INVITE)
    data = chunk(symbol, seal(KEYS[1], symbol, body))
    word = protect(data)
    for group_id, inviter_id, bits in (
        (1, 1, 8),
        (1, 2**32, 6),
        (2**32, 2**32, 4),
        (1, UUID(int=1), 2),
    ):
        header, raw = layout(changed(group_id=group_id, inviter_id=inviter_id))
        spare = word_of(header, raw)[:-PARITY_SYMBOLS]
        for bit in {0, bits - 1}:
            padded = spell(protect((*spare[:-1], spare[-1] | 1 << bit)))
            yield invalid(f"spare bit {bit} of {bits} is set", "Padding", "damaged", padded)
    for comment, header in (("group", symbol | 0b1100), ("inviter", symbol | 0b0011)):
        text = spell(protect((header, *data[1:])))
        yield invalid(f"the {comment} id has width code 3", "NewerFormat", "damaged", text)
        text = spell(protect((header, *data[1:], *range(13))))
        yield invalid(f"the same for the {comment}, 43 symbols", "NewerFormat", "damaged", text)
    slip39 = merge(word[-PARITY_SYMBOLS:]) ^ TARGET_REMAINDER ^ 1
    parity = split(slip39, PARITY_SYMBOLS)
    yield invalid("the parity target is 1 and not C", "Damage", "damaged", spell((*data, *parity)))
    parity = tuple(p ^ TARGET_REMAINDER & 1023 for p in word[-3:])
    yield invalid("the parity symbols are masked", "Damage", "damaged", spell((*data, *parity)))
    five_wrong = tuple(s ^ 1 if at in {2, 7, 12, 17, 22} else s for at, s in enumerate(word))
    emoji = spell(word)
    for script in SCRIPT_NAMES:
        text = spell(five_wrong, script)
        yield invalid(f"five wrong symbols, {script}", "Damage", "damaged", text)
    yield invalid("four glyphs lost at the end", "Damage", "damaged", emoji[:26])
    yield invalid("four glyphs lost in the middle", "Damage", "damaged", emoji[:12] + emoji[16:])
    yield invalid(
        "a foreign character after every seventh", "Damage", "not_found", foreign(emoji, "。")
    )
    u_inside = foreign(spell(word, "base32").replace("-", ""), "U")
    yield invalid("base 32 with U after every seventh", "Damage", "not_found", u_inside)
    yield invalid("the first 21 glyphs", "Damage", "damaged", emoji[:21])
    yield invalid("the first 20 glyphs", "Damage", "not_found", emoji[:20])
    yield invalid("backwards", "Damage", "damaged", emoji[::-1])
    yield invalid("half of it", "Damage", "not_found", emoji[:15])
    mixed = spell(word[:15]) + spell(word[15:], "hanzi")
    yield invalid("half emoji, half hanzi", "Damage", "not_found", mixed)
    for comment, text in {
        "nothing": "",
        "ordinary text": "今天晚上一起吃火锅吗? See you at 7!",
        "one emoji many times": "😂" * 40,
        "one hanzi many times": "哈" * 40,
        "English prose": "let me know when the train leaves and i will be there at the show",
        "a SHA-256 digest": derive("digest").hex(),
        "a lone surrogate": "\ud83d",
    }.items():
        yield invalid(comment, "Reading", "not_found", text)
    other = spell(word_of(*layout(changed(variant=1))))
    yield invalid("two different ones", "Several", "ambiguous", f"{emoji}，{other}")
    yield invalid("65,537 characters", "Limit", "too_long", emoji.ljust(65_537))
    words = [protect(chunk(symbol, derive(f"forged {n}", 32))) for n in range(256)]
    crowd = "，".join(spell(w, "hanzi") for w in [*words, word])
    yield invalid("257 codewords, the last of which verifies", "Limit", "ambiguous", crowd)


def other_keys() -> Iterator[Test]:
    """The second group."""
    for key_id, keys in OTHER_KEYS.items():
        yield valid(f"key id {key_id}", "Layout", INVITE, key=(key_id, keys))
    text = spell(word_of(*layout(INVITE)))
    yield invalid("of the first group", "WrongKey", "signature", text)
    text = spell(word_of(*layout(INVITE, 3), KEYS[1]))
    yield invalid("of the first group, with a key id of the second", "WrongKey", "signature", text)


def foreign(text: str, character: str) -> str:
    """Put a character after every seventh of a text."""
    return character.join(text[at : at + 7] for at in range(0, len(text), 7))


def group(audience: str, secrets: dict[int, bytes], tests: list[Test]) -> dict[str, object]:
    """Return a test group."""
    return {
        "type": "InvitePassphraseDecode",
        "audience": audience,
        "keys": {str(key_id): hexed(secret) for key_id, secret in secrets.items()},
        "tests": tests,
    }


def build() -> str:
    """Return the whole file."""
    families = (layouts, readings, wrong_tags, unknown_values, damages)
    first = [test for family in families for test in family()]
    second = list(other_keys())
    numbered = [{"tcId": n, **test} for n, test in enumerate([*first, *second], start=1)]
    document = {
        "algorithm": "invite-passphrase",
        "schema": "docs/format.md, Test vectors",
        "formatVersion": 1,
        "numberOfTests": len(numbered),
        "header": ["Built by tools/make_vectors.py. The secrets are public: never use them."],
        "notes": NOTES,
        "scripts": {name: load_script(name).glyphs for name in SCRIPT_NAMES},
        "testGroups": [
            group(AUDIENCE, SECRETS, numbered[: len(first)]),
            group(OTHER_AUDIENCE, OTHER_SECRETS, numbered[len(first) :]),
        ],
    }
    return json.dumps(document, ensure_ascii=True, indent=1) + "\n"


def main() -> int:
    """Write or check the file."""
    return write_or_check(__doc__, {VECTORS: build()})


if __name__ == "__main__":
    sys.exit(main())
