"""Build the test vectors of format version 1, tests/vectors/v1.json, from a seed.

    python tools/make_vectors.py            write the file
    python tools/make_vectors.py --check    exit with 1 if the file is out of date

Shape: that of the Wycheproof project, as docs/format.md, "Test vectors" describes it.
"""

import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote
from uuid import UUID

import repair_vectors
from generated import write_or_check
from vector_parts import (
    AUDIENCE,
    INVITE,
    KEYS,
    OTHER_AUDIENCE,
    OTHER_KEYS,
    OTHER_SECRETS,
    SECRETS,
    Test,
    Word,
    among,
    changed,
    chunk,
    derive,
    hexed,
    intermediate,
    invalid,
    layout,
    protect,
    seal,
    spell,
    valid,
    with_field,
    word_of,
)

from passphrase import Keyring, KeyringError, Origin
from passphrase.format.layout import HEADER_SYMBOLS, PARITY_SYMBOLS, TAG_BYTES, Header
from passphrase.format.parity import TARGET_REMAINDER
from passphrase.format.symbols import merge, split
from passphrase.invite import EPOCH, EXPIRY_MINUTES_MAX
from passphrase.reading.characters import IGNORABLE_RANGES, MARK_RANGES, PICTURE_RANGES
from passphrase.reading.markup import COUPLES
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.compat_table import ALIASES as COMPAT
from passphrase.scripts.softbank_table import ALIASES as SOFTBANK

VECTORS: Final = Path(__file__).parents[1] / "tests" / "vectors" / "v1.json"

TAG_NAMES: Final = "a b BR Div em font h1 img o:p pre TD tg-emoji wbr abcdefghijklmnop"
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
    "Monotone": "Asked for at thorough, and read at standard already.",
    "Repair": "Damage that parity and tag undo, at the level that is named.",
    "Limit": "A bound on the work that a reader does.",
    "Writer": "What a writer refuses.",
    "Keyring": "The text form of keyrings.",
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
    """Changes to a spelling that a reader must accept."""
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
        **{
            f"base 32 with {pause!r} between groups": base32.replace("-", pause)
            for pause in (".", ",", "，", "、", "·", "/", ":", ". ", " ， ")
        },
        "wrapped over three lines": f"{emoji[:10]}\r\n{emoji[10:20]}\n{emoji[20:]}",
        "all kinds of spaces": f"{hanzi[:9]} {hanzi[9:19]}\u00a0{hanzi[19:]}\u3000",
        "zero-width characters and variation selectors": "\u200b".join(emoji[:15])
        + "\ufe0f".join(emoji[15:]),
        "skin tones and a byte order mark": f"\ufeff{emoji[:8]}\U0001f3fd{emoji[8:]}\U0001f3fb",
        "between 20 glyphs of its own script": spell(word[:20]) + emoji + spell(word[5:25]),
    }.items():
        yield valid(comment, "Reading", INVITE, text)
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
    yield valid("4,096 characters", "Limit", INVITE, emoji.rjust(4_096))
    words = [protect(chunk(symbol, derive(f"forged {n}", 32))) for n in range(255)]
    crowd = "，".join(spell(w, "hanzi") for w in words)
    yield valid("256 codewords, the last of which verifies", "Limit", INVITE, f"{crowd}，{hanzi}")
    twice = f"{crowd}，{crowd}，{hanzi}"
    yield valid("511 codewords, 256 of them different", "Limit", INVITE, twice)
    newer = spell(protect((word[0] | 1 << 8, *word[1:27])), "hanzi")
    illegal = spell(word_of(symbol, with_field("reserved", 1)), "base32")
    yield valid("beside one of another version", "Several", INVITE, f"{newer}，{emoji}")
    yield valid("beside one with an unknown field", "Several", INVITE, f"{illegal}，{emoji}")
    yield valid("twice, hanzi before emoji", "Several", INVITE, f"{hanzi}，{emoji}")
    yield valid("the same twice, in two scripts", "Several", INVITE, f"{emoji}，{hanzi}")
    yield valid("behind a forged one", "Several", INVITE, f"{forged}，{emoji}")
    one_wrong = f"{emoji[:9]}{emoji[8]}{emoji[10:]}"
    yield valid("behind itself with one wrong glyph", "Several", INVITE, f"{one_wrong}，{emoji}")
    ends_so = next(
        forged_word
        for n in range(1 << 14)
        for forged_word in [protect(chunk(symbol, derive(f"overlap {n}", 32)))]
        if forged_word[-1] == word[0]
    )
    overlap = spell(ends_so) + emoji[1:]
    yield valid("its first glyph is the last of a forged one", "Several", INVITE, overlap)
    yield valid("behind a damaged one", "Several", INVITE, f"{emoji[:25]}，{emoji}")


def is_surrogate(code: int) -> bool:
    """Tell whether a code point is one, which JSON parsers do not agree on."""
    return 0xD800 <= code <= 0xDFFF  # noqa: PLR2004


def marks() -> Iterator[Test]:
    """Marks that replace glyphs, and texts with too few glyphs to be damaged."""
    word = word_of(*layout(INVITE))
    emoji, hanzi = (spell(word, name) for name in ("emoji", "hanzi"))
    base32 = spell(word, "base32").replace("-", "")
    kinds = [chr(end) for ends in MARK_RANGES for end in ends if not is_surrogate(end)]
    pictures = [chr(end) for ends in PICTURE_RANGES for end in ends]
    for comment, text, inside in (
        ("marks of every range among hanzi", hanzi, kinds),
        ("marks of every range among base 32", base32, kinds),
        ("pictures at the ends of their ranges", emoji, pictures),
        ("a SoftBank code that means nothing", emoji, ["\ue538"]),
        ("a SoftBank code among hanzi", hanzi, ["\ue415"]),
    ):
        marked = "".join(inside).join((text[:12], text[12:-8]))
        yield invalid(comment, "Reading", "damaged", marked)
    for comment, text, foreign in (
        ("a character just outside of the pictures", emoji, "\u22ff"),
        ("a symbol that is no picture", emoji, "\u2460"),
        ("a picture among hanzi", hanzi, "\U0001f600"),
        ("a hanzi among emoji", emoji, "的"),
        ("a hyphen among hanzi", hanzi, "-"),
        ("a compatibility ideograph that is no glyph", hanzi, "\uf900"),
    ):
        yield invalid(comment, "Reading", "not_found", parted(text, foreign))
    yield invalid("42 characters of base 32", "Reading", "damaged", base32[:42])
    yield invalid("41 characters of base 32", "Reading", "not_found", base32[:41])
    glyphs = load_script("hanzi").glyphs[300:]
    for count, different, error in (
        (21, 10, "not_found"),
        (21, 11, "damaged"),
        (22, 10, "not_found"),
        (22, 11, "damaged"),
        (43, 21, "not_found"),
        (43, 22, "damaged"),
        (80, 21, "not_found"),
        (80, 22, "damaged"),
    ):
        text = (glyphs[:different] * 8)[:count]
        yield invalid(f"{count} hanzi, {different} different", "Reading", error, text)
    digits = load_script("base32").glyphs
    hexadecimal = "".join(digits[n // 2 % 16] + digits[n * 5 % 16] for n in range(36))
    for letters, error in ((8, "not_found"), (9, "damaged")):
        text = hexadecimal[letters:] + digits[16 : 16 + letters]
        comment = f"72 characters of base 32, {letters} of them past F"
        yield invalid(comment, "Reading", error, text)
    prose = "".join(digits[10 + n] + digits[31 - n] for n in range(22))
    yield invalid("base 32 without 2 to 9", "Reading", "not_found", prose)
    yield invalid("base 32 with one 2", "Reading", "not_found", f"{prose[:-1]}2")
    yield invalid("base 32 with 29 side by side", "Reading", "not_found", f"{prose[:-2]}29")
    yield invalid("base 32 with 2 and 9", "Reading", "damaged", f"9{prose[1:-1]}2")
    yield invalid("base 32 with 1 and 0", "Reading", "not_found", f"0{prose[1:-1]}1")
    bytes_of = derive("dump", 40)
    for comment, text in {
        "bytes as Python writes them": repr(b"\xe7\x81" * 9 + bytes_of),
        "a list of bytes in hexadecimal": " ".join(f"0x{byte:02x}" for byte in bytes_of),
    }.items():
        yield invalid(comment, "Reading", "not_found", text)
    for comment, text, error in (
        ("a fifth of X", "4NRGX1E2RXJ8GPX9KM9XMGJ8XQHEMXV4FSXN62YXE62EX", "not_found"),
        ("X is not past F", "4X1EN2X8998XE4RFX62E6X2EGFX3976XC2R0X4AA4XB7J0C9", "not_found"),
        ("a tag that hides most of it", f"<b x={base32[:42]}>", "not_found"),
        ("runs of 10 with stops", f"{emoji[:10]}。{emoji[10:20]}。{emoji[20:]}", "not_found"),
        ("runs of 11, 2 and 9", f"{emoji[:11]}。{emoji[11:13]}。{emoji[13:22]}", "not_found"),
        ("a picture after a stop", f"{hanzi[:15]}。🎎{hanzi[15:]}", "not_found"),
        ("brackets after a stop", f"{emoji[:15]}。[]{emoji[15:]}", "not_found"),
        (
            "eleven pictures in a tag",
            f'{emoji[:10]}<img alt="{emoji[10:21]}">{emoji[21:]}',
            "not_found",
        ),
    ):
        yield invalid(comment, "Reading", error, text)
    yield invalid("20 glyphs and a mark", "Reading", "not_found", f"{emoji[:10]}?{emoji[10:20]}")
    dashes = {0x2D, *range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D}
    for script, piece, more in (
        ("emoji", emoji[:20], {*codes(PICTURE_RANGES)}),
        ("hanzi", hanzi[:20], set[int]()),
        ("base32", base32[:40], dashes),
    ):
        ranged = {*codes(IGNORABLE_RANGES), *codes(MARK_RANGES)} | more
        known = ranged | {ord(glyph) for glyph in load_script(script).values}
        beside = {code + step for code in ranged for step in (-1, 1)} - known
        text = piece + "".join(chr(code) + piece for code in sorted(beside))
        comment = f"what stands just outside of every range, {script}"
        yield invalid(comment, "Reading", "not_found", text)


def parted(text: str, foreign: str) -> str:
    """Put something foreign into a text after a full stop: were it read, the stop would join."""
    return f"{text[:15]}。{foreign}{text[15:]}"


def units(character: str) -> list[int]:
    """List the UTF-16 units of a character."""
    return [*memoryview(character.encode("utf-16-le")).cast("H")]


def codes(ranges: Iterable[tuple[int, int]]) -> Iterator[int]:
    """List the code points of ranges."""
    return chain.from_iterable(range(first, last + 1) for first, last in ranges)


def as_marks() -> Iterator[Test]:
    """Markup that is read as a mark which replaces no glyph."""
    emoji = spell(word_of(*layout(INVITE)))
    for comment, mark in {
        "a face": "[微笑]",
        "a face of 20 characters": f"[{'笑' * 20}]",
        "two dots": "..",
        "a picture in a tag": '<img class="emoji" src="a.gif">',
        "an entity of the first surrogate": "&#xD800;",
        "an entity of the last surrogate": "&#xDFFF;",
        "a code point of three digits in a tag": '<img x="emoji0ad">',
        "a tag with emoji before an end": '<i class="emoji"></i>',
        "a code point of three digits in brackets": "[emoji0ad]",
        "a code point of seven digits in brackets": "[emoji00000ad]",
        "a CQ code of eight figures": "[CQ:emoji,id=00000173]",
        "a CQ code of a face": "[CQ:face,id=178,raw=[object Object]]",
        "a CQ code of a face with parameters": "[CQ:face,id=123,sub_type=1,large=0]",
        "a CQ code of a bought face": "[CQ:mface,url=https://example.org/a.gif]",
        "a CQ code in capitals": "[CQ:AT,qq=1]",
        "a face of a bot of QQ": '<faceType=1,faceId="13",ext="eyJ0ZXh0Ijoi">',
        "a tag with emoji and nothing after": '<span class="emoji"></span>',
        "a tag with emoji that ends": '<emoji id="4"/>',
        "an attribute of 11 pictures": f'<img class="emoji" alt="{"😂" * 11}">',
        "an attribute with a picture and a word": '<img class="emoji" alt="😂笑">',
        "an escape beyond Unicode": r"\U00110000",
        "an entity beyond Unicode": "&#x110000;",
        "bytes that are no UTF-8": "%F0%9F",
    }.items():
        text = f"{emoji[:15]}{mark}{emoji[15:]}"
        yield repair_vectors.repaired(f"{comment}, which is a mark", "standard", text)


def couples() -> Iterator[Test]:
    """Couples and families written as sequences, with tones and without."""
    variants = [changed(variant=variant) for variant in range(256)]
    spelled = {spell(word_of(*layout(invite))): invite for invite in variants}
    for parts, couple in COUPLES.items():
        text, invite = next(pair for pair in spelled.items() if couple in pair[0])
        for comment, joiner in (("joined", "\u200d"), ("with a tone", "\U0001f3fe\ufe0f\u200d")):
            sequence = text.replace(couple, joiner.join(parts))
            yield valid(
                f"{comment}: {' '.join(map(hex, map(ord, parts)))}", "Markup", invite, sequence
            )
    parts, couple = next(iter(COUPLES.items()))
    text, invite = next(pair for pair in spelled.items() if couple in pair[0])
    first, rest = parts[0], parts[1:]
    for comment, joiner in (("four selectors", "\ufe0f" * 4 + "\u200d"), ("an entity", "&zwj;")):
        sequence = text.replace(couple, first + joiner + "\u200d".join(rest))
        yield valid(f"joined with {comment}", "Markup", invite, sequence)
    far = text.replace(couple, first + "\ufe0f" * 5 + "\u200d" + "\u200d".join(rest))
    yield invalid("joined with five selectors", "Markup", "damaged", far)


def markup() -> Iterator[Test]:
    """Characters written in other ways."""
    word = word_of(*layout(INVITE))
    emoji, hanzi, base32 = (spell(word, name) for name in SCRIPT_NAMES)

    def each(pattern: str) -> str:
        return "".join(pattern.format(glyph, code=ord(glyph)) for glyph in emoji)

    def units(pattern: str) -> str:
        return "".join(map(pattern.format, memoryview(emoji.encode("utf-16-le")).cast("H")))

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
    names = TAG_NAMES.split()
    tags = [f"<{name}>" for name in names] + [f"</{name} />" for name in names[:1]]
    long = f'<a href="{"长" * 993}">'
    for comment, text in {
        "tags of every name": "".join(map("".join, zip(emoji, [*tags, *[""] * 15], strict=True))),
        "a tag of 1,000 characters": f"{emoji[:9]}{long}{emoji[9:]}",
        "a tag in Chinese": each('<img class="emoji{code:x}" text="[流汗]_web" src="s.gif" />'),
        "one glyph in such a tag": f'{emoji[:9]}<i x="emoji{ord(emoji[9]):x} 汗">{emoji[10:]}',
        "a picture in an attribute": each('<img class="emoji" alt="{}" src="1f35a.png">'),
        "a picture in single quotes": each("<IMG alt='{}\ufe0f'>"),
        "the first of two pictures": each('<img alt="{}" title="😂">'),
        "elements for emoji": each('<tg-emoji emoji-id="536832">{}</tg-emoji>'),
        "styled text": f'<P style="font-family:微软雅黑">{hanzi[:9]}</P><P>{hanzi[9:]}</P>',
        "table cells": "<TD>" + base32.replace("-", "</TD><TD\t>"),
        "comments": f"<!---->{emoji[:9]}<!-- 注\n释 > -->{emoji[9:]}",
        "a comment of 1,000 characters": f"{emoji[:9]}<!--{'释' * 1000}-->{emoji[9:]}",
        "CQ codes between": f"[CQ:reply,id=-1234567890123]{emoji[:9]}[CQ:at,qq=1]{emoji[9:]}",
        "a CQ code of 1,000 characters": f"{emoji[:9]}[CQ:json,{'卡' * 1000}]{emoji[9:]}",
        "entities that cannot be seen": "&shy;&zwj;&ensp;&ZeroWidthSpace;&LRM;".join(emoji),
        "an entity in capitals": f"{emoji[:9]}&GT;&AMP;AMP;gt;{emoji[9:]}",
        "surrogates as entities": units("&#{};"),
        "surrogates as hexadecimal entities": units("&#x{:X};"),
        "escaped tags": each("&lt;span class=&quot;emoji{code:x}&quot;&gt;&lt;/span&gt;"),
        "tags in JSON of Go": each(r"\u003ci class=\"emoji{code:x}\"\u003e\u003c/i\u003e"),
        "JSON of emoji": json.dumps(emoji),
        "JSON of hanzi": json.dumps(hanzi),
        "JSON of lines": json.dumps("\r\n".join(emoji)),
        "JSON in JSON in JSON": json.dumps(json.dumps(json.dumps(emoji))),
        "escapes of eight digits": each("\\U{code:08x}"),
        "four backslashes before the first": f"\\\\\\\\U{ord(emoji[0]):08x}{emoji[1:]}",
        "escapes in braces": each("\\u{{{code:X}}}"),
        "escape of JavaScript": units("%u{:04X}"),
        "names of QQ": each("/Emoji{code}"),
        "percent-encoding, twice": quote(quote(emoji)),
        "bytes of Python": repr(hanzi.encode()),
        "Latin-1 in escapes": f"{hanzi[:9]}\\xa0\\xad{hanzi[9:]}",
        "inside of a tag": f"<b x={base32}>",
        "inside of an attribute": f'<a title="{emoji}">点此</a>',
        "like an escape": f"\\n{base32}",
        "code points in capitals": "".join(f"[emoji{ord(g):X}]" for g in emoji),
        "code points with zeros": "".join(f"&#x{ord(g):06x};" for g in emoji),
        "a code point in any tag": "".join(f"</p emoji{ord(g):x}=>" for g in emoji),
        "entities with a capital X": "".join(f"&#X{ord(g):x};" for g in emoji),
        "decimals of seven figures": "".join(f"&#{ord(g):07};" for g in emoji),
        "six digits in a tag, more behind": "".join(f'<i x="emoji{ord(g):06x}ff">' for g in emoji),
        "two code points in a tag": "".join(f'<i x="emoji{ord(g):x} emoji0041">' for g in emoji),
        "a closing tag with emoji": f'{emoji[:9]}</span class="emoji">{emoji[9:]}',
        "a tag with a space and nothing": f"{emoji[:9]}<b >{emoji[9:]}",
        "a tag with a tilde": f"{emoji[:9]}<b ~=>{emoji[9:]}",
        "inside of what is no tag for want of an equals sign": f"<b {base32}>",
        "a figure in percent-encoding": f"%{ord(base32[0]):x}{base32[1:]}",
        "entities that are ignorable": f"{emoji[:9]}&gt;&nbsp;&amp;amp;gt;{emoji[9:]}",
        "entities escaped three times": "".join(f"&amp;amp;amp;#{ord(g)};" for g in emoji),
        "ignorables in percent-encoding": f"%EF%BB%BF{hanzi}%E2%80%8B",
    }.items():
        yield valid(comment, "Markup", INVITE, text)
    for comment, inside in {
        "three layers of markup": "&#38;#38;#62;",
        "four backslashes before a capital U": r"\\\\U000000ad",
        "two parts of a CQ code": f"[CQ:image,{'a' * 600}[object Object]{'a' * 600}]",
        "a low line in the kind of a CQ code": "[CQ:some_thing]",
        "nine escapes of an entity": f"&{'amp;' * 9}#62;",
        "a picture in a tag that is not an image": '<b title="⏳"/>',
    }.items():
        yield valid(comment, "Markup", INVITE, f"{emoji[:15]}{inside}{emoji[15:]}")
    text = f"{emoji[:15]}<!---->{emoji[15:]}-->"
    yield valid("a comment as short as it can be", "Markup", INVITE, text)
    second = spell(word_of(*layout(INVITE, 2), KEYS[2]), "base32")
    for comment, text in {
        "a per cent sign before two figures": f"满100%{second}",
        "percent-encoding that ends before 5": f"%20%{second}",
    }.items():
        yield valid(comment, "Markup", INVITE, text, (2, KEYS[2]))
    yield from couples()
    markup_inside = f"<b x={among(base32, '&#45;')}>"
    yield invalid("markup inside of a tag", "Markup", "not_found", markup_inside)
    for comment, text in {
        "markup inside of what is no tag": f"<b {among(base32, '&#45;')}>",
        "markup in markup": f"{emoji[:9]}&amp;#38;gt;{emoji[9:]}",
    }.items():
        yield valid(comment, "Markup", INVITE, text)
    for comment, foreign in {
        "one dot": ".",
        "brackets with 21 characters": f"[{'笑' * 21}]",
        "brackets over two lines": "[微\n笑]",
        "brackets over a carriage return": "[微\r笑]",
        "brackets in brackets": "[微[笑]",
        "empty brackets": "[]",
        "a tag without a space after its name": "<b=1>",
        "a tag with a low line in its name": "<b_ x=1>",
        "a tag whose name is too long": "<abcdefghijklmnopq>",
        "a tag whose name of 17 has figures": "<a2345678901234567>",
        "a tag of 1,001 characters with a space": f"<b a={'a' * 999}>",
        "four layers of markup": "&#38;#38;#38;#62;",
        "a tag with a figure for a name": "<1>",
        "a tag with a hanzi for a name": "<粗>",
        "a tag in a tag": "<b <b=",
        "a tag over two lines": "<b\nx=1>",
        "an entity of seven hexadecimal digits": "&#x0000020;",
        "a tag with words and no equals sign": "<b bold>",
        "a tag of 1,001 characters": long.replace("长", "长长", 1),
        "an address in angle brackets": "<https://example.org/?a=b>",
        "a comment of 1,001 characters": f"<!--{'释' * 1001}-->",
        "a comment that does not end": "<!-- 释 <b> -- >",
        "a CQ code of 1,001 characters": f"[CQ:json,{'卡' * 1001}]",
        "a face of a bot of 1,001 characters": f"<faceType={'x' * 1001}>",
        "an escape of three digits": r"\u020",
        "a capital after a per cent sign": "%U0020",
        "a name of QQ with three figures": "/Emoji032",
        "a name of QQ in capitals": "/EMOJI0032",
        "a letter that folds to one of ASCII": "&\u017fhy;",
        "a fourth layer of markup": quote(quote(quote(quote("\u200b")))),
        "an entity that is a foreign character": "&lt;",
        "an entity without its semicolon": "&gt",
        "an entity of eight figures": "&#00000062;",
        "percent-encoding that begins with 4": "%4A",
        "markup in markup in markup in markup": "&#38;#38;#38;#62;",
    }.items():
        text = parted(emoji, foreign)
        yield invalid(f"{comment}, which is foreign", "Markup", "not_found", text)


def unopened(comment: str, flag: str, word: Word) -> Test:
    """Return a test of a codeword whose tag is wrong."""
    return invalid(comment, flag, "signature", spell(word), symbols=list(word))


def wrong_tags() -> Iterator[Test]:
    """Sound parity, but the tag does not fit."""
    symbol, body = layout(INVITE)
    sealed = seal(KEYS[1], symbol, body)
    hidden, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]

    def refuse(comment: str, flag: str, raw: bytes, header: int = symbol) -> Test:
        return unopened(comment, flag, protect(chunk(header, raw)))

    for bit in (*range(0, 80, 2), 79):
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
    for bit in (*range(0, 176, 4), 25, 27, 29, 31, 47, 111):
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
        yield unopened(f"for the audience {audience}", "WrongKey", word_of(symbol, body, keys))
    keys = Keyring({1: derive("a stranger's secret")}).derive(AUDIENCE)[1]
    yield unopened("under another secret", "WrongKey", word_of(symbol, body, keys))


def unknown_values() -> Iterator[Test]:
    """A good tag on values that version 1 refuses."""
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
    glyph = load_script("hanzi").glyphs[9]
    for comment, before, error in (
        ("touched by a glyph", glyph, "damaged"),
        ("touched by an ignorable character", f"{glyph}\u200b", "version"),
        ("touched by a tag", f"{glyph}<br>", "version"),
        ("touched by a mark", f"{glyph}?", "version"),
        ("touched by a glyph of another script", "😂", "version"),
    ):
        text = before + spell(newer, "hanzi")
        yield invalid(f"version 3, {comment}", "NewerFormat", error, text)
    older = protect((symbol & 0x7F, *word_of(symbol, body)[1:27]))
    text = glyph + spell(older, "hanzi")
    yield invalid("version 0, touched by a glyph", "NewerFormat", "damaged", text)
    padded = protect((*newer[:26], newer[26] | 1))
    yield invalid("version 3, a spare bit is set", "NewerFormat", "version", spell(padded))
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
        values = intermediate(HEADER_SYMBOLS[wide_header], wide)
        text = values["spellings"]["emoji"]
        yield invalid(comment, "NonCanonical", "version", text, **values)


def damages() -> Iterator[Test]:
    """Rows that are not a codeword, or no longer one."""
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
        "a foreign character after every seventh", "Damage", "not_found", among(emoji, "。")
    )
    u_inside = among(spell(word, "base32").replace("-", ""), "U")
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
        "one hanzi many times": "的" * 40,
        "English prose": "let me know when the train leaves and i will be there at the show",
        "a SHA-256 digest": derive("digest").hex(),
    }.items():
        yield invalid(comment, "Reading", "not_found", text)
    other = spell(word_of(*layout(changed(variant=1))))
    forged = spell(protect(chunk(symbol, derive("forged", 32))))
    text = f"{spell(five_wrong, 'hanzi')}，{forged}"
    yield invalid("a damaged one before a forged one", "Several", "signature", text)
    yield invalid("two different ones", "Several", "ambiguous", f"{emoji}，{other}")
    yield invalid("4,097 characters", "Limit", "too_long", emoji.ljust(4_097))
    tagged = "<br/>" * 814 + emoji
    yield invalid("4,100 characters, fewer without their tags", "Limit", "too_long", tagged)
    words = [protect(chunk(symbol, derive(f"forged {n}", 32))) for n in range(256)]
    crowd = "，".join(spell(w, "hanzi") for w in [*words, word])
    yield invalid("257 codewords, the last of which verifies", "Limit", "ambiguous", crowd)
    newer = [protect((w[0] | 1 << 8, *w[1:27])) for w in words]
    crowd = "，".join(spell(w, "hanzi") for w in [*newer, word])
    yield invalid("256 of another version, then one", "Limit", "ambiguous", crowd)
    strangers = [protect((w[0] | 0b100 << 4, *w[1:27])) for w in words]
    crowd = "，".join(spell(w, "hanzi") for w in [*strangers, word])
    yield invalid("256 under an unknown key id, then one", "Limit", "ambiguous", crowd)


def other_keys() -> Iterator[Test]:
    """The second group."""
    for key_id, keys in OTHER_KEYS.items():
        yield valid(f"key id {key_id}", "Layout", INVITE, key=(key_id, keys))
    yield unopened("of the first group", "WrongKey", word_of(*layout(INVITE)))
    word = word_of(*layout(INVITE, 3), KEYS[1])
    yield unopened("of the first group, with a key id of the second", "WrongKey", word)


def written() -> Iterator[Test]:
    """Invites that a writer spells, and invites that it refuses."""
    for test in islice(layouts(), 0, None, 6):
        kept = ("comment", "flags", "invite", "headerSymbol", "spellings", "fingerprint", "result")
        yield {name: test[name] for name in kept} | {"comment": f"{test['comment']}, written"}
    usual = INVITE.model_dump(mode="json")
    for comment, field, value in (
        ("a group id of 2^64", "group_id", str(2**64)),
        ("a group id below 0", "group_id", "-1"),
        ("an inviter id of 2^64", "inviter_id", str(2**64)),
        ("an inviter id below 0", "inviter_id", "-1"),
        ("the epoch as expiry", "expires_at", "2026-01-01T00:00:00Z"),
        ("a second before the first minute", "expires_at", "2026-01-01T00:00:59Z"),
        ("an expiry before the epoch", "expires_at", "2025-12-31T23:59:00Z"),
        (
            "an expiry after the last minute",
            "expires_at",
            (EPOCH + timedelta(minutes=EXPIRY_MINUTES_MAX + 1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        ),
        ("generation 256", "generation", 256),
        ("generation -1", "generation", -1),
        ("variant 256", "variant", 256),
        ("variant -1", "variant", -1),
        ("an origin without a code", "origin", "telegram"),
    ):
        yield unwritten(comment, usual | {field: value}, AUDIENCE)
    for comment, audience in (
        ("an audience of 65 bytes", "a" * 65),
        ("an empty audience", ""),
        ("an audience that begins with a space", " douyin"),
        ("an audience that ends with a line break", "douyin\n"),
        ("an audience with a control character", "dou\x07yin"),
        ("an audience with a control character past ASCII", "dou\x80yin"),
        ("an audience with a zero-width space", "dou\u200byin"),
        ("an audience with a mark of direction", "dou\u200fyin"),
        ("an audience with an override of direction", "dou\u202eyin"),
        ("an audience with an isolate of direction", "dou\u2066yin"),
        ("an audience with a byte order mark", "dou\ufeffyin"),
        ("an audience with a word joiner", "dou\u2060yin"),
        ("an audience that ends with a wide space", "douyin\u3000"),
    ):
        yield unwritten(comment, usual, audience)


def unwritten(comment: str, invite: Test, audience: str) -> Test:
    """Return a test that a writer must refuse."""
    told = {} if audience == AUDIENCE else {"audience": audience}
    return {
        "comment": comment,
        "flags": ["Writer"],
        "invite": invite,
        **told,
        "result": "invalid",
        "error": "refused",
    }


def keyrings() -> Iterator[Test]:
    """The text form of keyrings."""
    one, two, long = derive("keyring 1"), derive("keyring 2"), derive("keyring 3", 65)
    first, second, third, hashed = map(encoded, (one, two, long, sha256(long).digest()))
    block = derive("keyring 5", 64)
    for comment, text, ids, active in (
        ("one key", f"1:{first}", [1], 1),
        ("one key with a mark", f"1:{first}!", [1], 1),
        ("two keys", f"1:{first},2:{second}!", [1, 2], 2),
        ("a padded key", f"1:{first}=", [1], 1),
        ("a padded key with a mark", f"1:{first}=!", [1], 1),
        ("on lines", f"\n 1:{first}!\r\n\t7:{second}\n", [1, 7], 1),
        ("a comma and a space", f"0:{first} , 3:{second}!", [0, 3], 3),
        ("a secret of 65 bytes", f"0:{third}", [0], 0),
        (
            "a secret of 64 bytes and its SHA-256, which differ",
            f"0:{encoded(block)}!,1:{encoded(sha256(block).digest())}",
            [0, 1],
            0,
        ),
    ):
        ring = Keyring.parse(text)
        if (sorted(ring.ids), ring.active_id) != (ids, active):
            raise ValueError(comment)
        yield {
            "comment": comment,
            "flags": ["Keyring"],
            "text": text,
            "ids": ids,
            "active": active,
            "result": "valid",
        }
    spare = first[:-1] + chr(ord(first[-1]) + 1)
    for comment, text in {
        "no key": "",
        "white space": " \n",
        "id 8": f"8:{first}",
        "an id of two digits": f"01:{first}",
        "no id": first,
        "a secret of 31 bytes": f"1:{encoded(one[:31])}",
        "two signs of padding where one is due": f"1:{first}==",
        "a sign of padding where none is due": f"1:{encoded(derive('keyring 4', 33))}=",
        "a spare bit of a secret": f"1:{spare}",
        "a character of base64 and not of base64url": f"1:{first[:9]}+{first[10:]}",
        "a space in a secret": f"1:{first[:9]} {first[9:]}",
        "two marks": f"1:{first}!,2:{second}!",
        "two keys and no mark": f"1:{first},2:{second}",
        "a mark before the padding": f"1:{first}!=",
        "an id twice": f"1:{first}!,1:{second}",
        "a secret twice": f"1:{first}!,2:{first}",
        "a secret and the same with a zero byte": f"1:{first}!,2:{encoded(one + bytes(1))}",
        "a secret of 65 bytes and its SHA-256": f"1:{third}!,2:{hashed}",
        "a comma at the end": f"1:{first},",
        "a comma at the beginning": f",1:{first}",
        "a semicolon between": f"1:{first}!;2:{second}",
        "quotation marks around a secret": f'1:"{first}"',
        "an equals sign for the colon": f"1={first}",
    }.items():
        try:
            Keyring.parse(text)
        except KeyringError:
            pass
        else:
            raise ValueError(comment)
        yield {
            "comment": f"keyring: {comment}",
            "flags": ["Keyring"],
            "text": text,
            "result": "invalid",
            "error": "keyring",
        }


def encoded(secret: bytes) -> str:
    """Write a secret as a keyring does."""
    return urlsafe_b64encode(secret).decode().rstrip("=")


def group(
    kind: str, audience: str, secrets: dict[int, bytes], tests: list[Test]
) -> dict[str, object]:
    """Return a test group."""
    return {
        "type": f"InvitePassphrase{kind}",
        "audience": audience,
        "keys": {str(key_id): hexed(secret) for key_id, secret in secrets.items()},
        "tests": tests,
    }


def aliases(name: str) -> dict[str, str]:
    """Return the aliases of a script."""
    script = load_script(name)
    return {
        alias: script.glyphs[value]
        for alias, value in script.values.items()
        if alias != script.glyphs[value]
    }


def hexadecimal(ranges: Iterable[tuple[int, int]]) -> list[list[str]]:
    """Write ranges of code points."""
    return [[f"{code:04X}" for code in ends] for ends in ranges]


def build() -> str:
    """Return the whole file, a vector a line."""
    families = (layouts, readings, marks, markup, wrong_tags, unknown_values, damages)
    groups = [
        group("Decode", AUDIENCE, SECRETS, [test for family in families for test in family()]),
        group("Decode", OTHER_AUDIENCE, OTHER_SECRETS, [*other_keys()]),
        group("Repair", AUDIENCE, SECRETS, [*repair_vectors.tests(), *as_marks()]),
        group("Encode", AUDIENCE, SECRETS, [*written()]),
        group("Keyring", AUDIENCE, {}, [*keyrings()]),
    ]
    tests: list[Test] = [test for each in groups for test in cast("list[Test]", each["tests"])]
    for number, test in enumerate(tests, start=1):
        test["tcId"] = number
    pauses = [(ord(each), ord(each)) for each in load_script("base32").separators]
    document = {
        "algorithm": "invite-passphrase",
        "schema": "v1.schema.json",
        "formatVersion": 1,
        "numberOfTests": len(tests),
        "header": ["Built by tools/make_vectors.py. The secrets are public: never use them."],
        "notes": NOTES,
        "scripts": {name: load_script(name).glyphs for name in SCRIPT_NAMES},
        "aliases": {name: aliases(name) for name in SCRIPT_NAMES},
        "ranges": {
            "marks": hexadecimal(MARK_RANGES),
            "pictures": hexadecimal(PICTURE_RANGES),
            "ignorable": hexadecimal(IGNORABLE_RANGES),
            "base32": hexadecimal(pauses),
        },
    }
    head = "".join(f"{json.dumps(name)}: {json.dumps(document[name])},\n" for name in document)
    body = ",\n".join(map(lines_of, groups))
    return f'{{\n{head}"testGroups": [\n{body}\n]\n}}\n'


def lines_of(group: dict[str, object]) -> str:
    """Write a group: its head on one line, and a vector on each."""
    head = json.dumps({name: group[name] for name in group if name != "tests"})[:-1]
    tests = ",\n".join(map(json.dumps, cast("list[Test]", group["tests"])))
    return f'{head}, "tests": [\n{tests}\n]}}'


def main() -> int:
    """Write or check the file."""
    return write_or_check(__doc__, {VECTORS: build()})


if __name__ == "__main__":
    sys.exit(main())
