"""A second reader of passphrase format version 1, written from docs/format.md alone.

It is slow and plain on purpose: an oracle for tests. It reads whole codewords, also out of markup;
`second_repairer` adds the repair.
"""

import json
import re
import runpy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from shamir_mnemonic.rs1024 import _polymod

VECTORS: Final = Path(__file__).parent / "vectors" / "v1.json"  # lists the aliases
SCRIPTS: Final = Path(__file__).parents[1] / "src" / "passphrase" / "scripts"
BASE32: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DASHES: Final = "002D 2010-2015 2212 FE58 FE63 FF0D"
IGNORABLE: Final = """
    0009-000D 001C-0020 0085 00A0 00AD 034F 061C 115F-1160 1680 17B4-17B5 180B-180F 2000-200F
    2028-202F 205F-206F 20E3 3000 3164 FE00-FE0F FEFF FFA0 FFF9-FFFB 1F3FB-1F3FF E0000-E0FFF
    002A 003E 005C 005F-0060 007C 007E FF1E
"""
MARKS: Final = "003F FF1F 25A1 25AF FFFC-FFFD D800-DFFF E000-F8FF"
PICTURES: Final = "2300-23FF 2600-27BF 2B00-2BFF 1F000-1F3FA 1F400-1FAFF"
MARK: Final = -1
A_MARK: Final = "\ufffd"
A_SPACE: Final = " "
NAMED: Final = {
    "amp": 0x26, "lt": 0x3C, "gt": 0x3E, "quot": 0x22, "apos": 0x27, "nbsp": 0x20, "shy": 0xAD,
    "ensp": 0x2002, "emsp": 0x2003, "thinsp": 0x2009, "zerowidthspace": 0x200B, "zwnj": 0x200C,
    "zwj": 0x200D, "lrm": 0x200E, "rlm": 0x200F,
}  # fmt: skip
MARKUP: Final = re.compile(
    r"""
    <(?P<slash>/?)(?P<tag>[A-Za-z][A-Za-z0-9:-]{0,15})
        (?:[ \t]?(?P<bare>/?)|[ \t](?P<attrs>[^<>\r\n]{1,1000}))>
    | <!--(?P<comment>[^<]{0,1000}?)-->
    | \[(?:emoji(?P<hex>[0-9A-Fa-f]{4,6})|CQ:emoji,id=(?P<id>[0-9]{1,7}))\]
    | \[CQ:(?P<kind>[a-z_]{1,20})(?:,[^][]{0,1000}(?:\[object[ ]Object\][^][]{0,1000})?)?\]
    | (?P<face>\[[^][\r\n]{1,20}\]|<faceType=[^<>\r\n]{0,1000}>|\.\.)
    | &(?:[aA][mM][pP];)*(?:\#(?P<decimal>[0-9]{1,7})|\#[xX](?P<xhex>[0-9A-Fa-f]{1,6})
        |(?P<name>(?ai:NAMES)));
    | (?P<bytes>(?:%[0-389A-Fa-f][0-9A-Fa-f])+|(?:\\{1,4}x[0-9A-Fa-f]{2})+)
    | (?:\\{1,4}|%)u(?P<unit>[0-9A-Fa-f]{4})
    | \\{1,4}(?:U(?P<long>[0-9A-Fa-f]{8})|[ux]{(?P<braced>[0-9A-Fa-f]{1,6})})
    | \\{1,4}(?P<control>[fnrtv])
    | /[Ee]moji(?P<figures>[0-9]{4,6})
    | (?P<pair>[\ud800-\udbff][\udc00-\udfff])
    """.replace("NAMES", "|".join(NAMED)),
    re.VERBOSE,
)
LAYERS: Final = 3
PICTURE: Final = "[\u2000-\u2fff\ufe00-\ufe0f\U0001f000-\U000effff]"
COUPLES: Final = """
    1F468 1F469 1F466 = 1F46A
    1F9D1 1F9D1 1F9D2 = 1F46A
    1F469 1F91D 1F468 = 1F46B
    1F468 1F91D 1F468 = 1F46C
    1F469 1F91D 1F469 = 1F46D
    1F469 2764 1F468 = 1F491
    1F9D1 2764 1F9D1 = 1F491
    1F469 2764 1F48B 1F468 = 1F48F
    1F9D1 2764 1F48B 1F9D1 = 1F48F
"""
MAX_TEXT: Final = 65536
MAX_CODEWORDS: Final = 256
MIN_RUN: Final = 21
PARITY_SYMBOLS: Final = 3
PARITY_TARGET: Final = 0x1E09AEB9
TAG_BYTES: Final = 10
UUID_WIDTH: Final = 2
ID_BYTES: Final = {0: 4, 1: 8, UUID_WIDTH: 16}
ORIGINS: Final = ("in_app", "wechat", "qq")

Codeword: TypeAlias = tuple[int, ...]
Candidate: TypeAlias = tuple[int, int, Codeword]  # with start and end
Read: TypeAlias = dict[str, object]


class Refused(Exception):  # noqa: N818  # the word of the page
    """No invite: `code` is signature, version, damaged, not_found, ambiguous or too_long."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


class Place(NamedTuple):
    """A character of the unwrapped text, and where it stands in the pasted one."""

    start: int
    end: int
    character: str


class Glyph(NamedTuple):
    """A glyph or mark of a run: where it stands, its value, and whether a glyph touches it."""

    start: int
    end: int
    value: int
    is_touched: bool  # by a glyph of the script directly before it


Run: TypeAlias = list[Glyph]


class Script(NamedTuple):
    """Its table, what each glyph stands for, how many spell a symbol, what is skipped or a mark."""

    table: str
    values: dict[str, int]
    size: int
    ignorable: frozenset[str]
    marks: frozenset[str]


Stretch: TypeAlias = tuple[Script, Run]
Proposal: TypeAlias = tuple[Codeword, list[int], list[Read]]  # with its span and the repairs
Mend: TypeAlias = Callable[[list[Stretch], int], Iterable[Proposal]]


class Header(NamedTuple):
    """The fields of a header symbol, and the sizes that follow from them."""

    version: int
    key_id: int
    group_width: int
    inviter_width: int
    body_bytes: int
    padding: int
    length: int  # n, the number of symbols of the codeword


class Opened(NamedTuple):
    """All that opening computes. The body may be used only if the tag is good."""

    header: Header
    signing_key: bytes
    sealing_key: bytes
    sealed: bytes
    tag: bytes
    keystream: bytes
    body: bytes
    is_good: bool


def fields(number: int, *widths: int) -> list[int]:
    """Cut a number into fields of so many bits, from high to low."""
    values: list[int] = []
    for width in reversed(widths):
        values.insert(0, number & ((1 << width) - 1))
        number >>= width
    return values


def parse_header(symbol: int) -> Header | None:
    """Read a header symbol; None if it has a width that is refused."""
    version, key_id, group, inviter = fields(symbol, 3, 3, 2, 2)
    if group not in ID_BYTES or inviter not in ID_BYTES:
        return None
    body_bytes = 6 + ID_BYTES[group] + ID_BYTES[inviter]
    bits = 10 + 8 * (body_bytes + TAG_BYTES)
    padding = -bits % 10
    length = (bits + padding) // 10 + PARITY_SYMBOLS
    return Header(version, key_id, group, inviter, body_bytes, padding, length)


def code_points(ranges: str) -> frozenset[str]:
    """List the characters of ranges in hexadecimal."""
    pairs = [item.partition("-") for item in ranges.split()]
    return frozenset(chr(c) for a, _, b in pairs for c in range(int(a, 16), int(b or a, 16) + 1))


@cache
def load_scripts() -> list[Script]:
    """Load emoji, hanzi and base 32."""
    scripts: list[Script] = []
    aliases = json.loads(VECTORS.read_text(encoding="ascii"))["aliases"]
    for name, marks in (("emoji", MARKS + " " + PICTURES), ("hanzi", MARKS)):
        table = runpy.run_path(str(SCRIPTS / f"{name}_table.py"))["GLYPHS"]
        values = {glyph: symbol for symbol, glyph in enumerate(table)}
        values |= {alias: values[glyph] for alias, glyph in aliases[name].items()}
        scripts.append(Script(table, values, 1, code_points(IGNORABLE), code_points(marks)))
    values = {glyph: value for value, glyph in enumerate(BASE32)}
    values |= {glyph.lower(): value for glyph, value in values.items()}
    values |= dict.fromkeys("IiLl", 1) | dict.fromkeys("Oo", 0)
    values |= {chr(0xFF01 + ord(glyph) - 0x21): value for glyph, value in values.items()}
    scripts.append(Script(BASE32, values, 2, code_points(IGNORABLE + DASHES), code_points(MARKS)))
    return scripts


def character_of(number: int) -> str:
    """Read a number of markup."""
    return chr(number) if number <= 0x10FFFF else A_MARK


def decode_bytes(written: str) -> Iterator[tuple[int, str]]:
    """Read bytes as UTF-8, with where in the markup each character ends."""
    ends = [found.end() for found in re.finditer(r"(?:%|\\+x)..", written)]
    raw = bytes(int(written[end - 2 : end], 16) for end in ends)
    at = 0
    while at < len(raw):
        for size in range(1, 5):
            try:
                character = raw[at : at + size].decode()
            except UnicodeDecodeError:
                continue
            break
        else:
            size, character = 1, A_MARK if written[0] == "%" else chr(raw[at])
        at += size
        yield ends[at - 1], character


def read_tag(found: re.Match[str]) -> list[tuple[int, str]]:
    """Read a tag: characters, with where in the markup each ends; nothing if it is no tag."""
    inside = found[0][1:-1]
    attrs = found["attrs"] or ""
    if found["bare"] is None and "=" not in attrs:
        return []
    if code := re.search("emoji([0-9A-Fa-f]{4,6})", inside):
        return [(len(found[0]), character_of(int(code[1], 16)))]
    is_image = not found["slash"] and attrs and found["tag"].lower() == "img"
    value = re.search(f"=\"({PICTURE}{{1,10}})\"|='({PICTURE}{{1,10}})'", attrs)
    if is_image and value:
        first = found.start("attrs") - found.start() + max(value.start(1), value.start(2))
        pictures = value[1] or value[2]
        ends = [*range(first + 1, first + len(pictures)), len(found[0])]
        return [*zip(ends, pictures, strict=True)]
    is_shown = is_image or inside.endswith("/") or found.string.startswith("</", found.end())
    is_face = "emoji" in inside and not found["slash"] and is_shown
    return [(len(found[0]), A_MARK if is_face else A_SPACE)]


def character_of_markup(found: re.Match[str]) -> str:
    """Read markup that stands for one character."""
    for group in ("hex", "xhex", "unit", "long", "braced"):
        if found[group]:
            return character_of(int(found[group], 16))
    for group in ("id", "decimal", "figures"):
        if found[group]:
            return character_of(int(found[group]))
    if found["pair"]:
        return found["pair"].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    if found["name"]:
        return chr(NAMED[found["name"].lower()])
    kind = found["kind"] or ""
    return A_MARK if found["face"] or kind == "emoji" or "face" in kind else A_SPACE


def read_markup(found: re.Match[str]) -> list[tuple[int, str]]:
    """Read any markup: characters, with where in it each ends; nothing if it is no tag."""
    if found["bytes"]:
        return [*decode_bytes(found["bytes"])]
    if found["tag"]:
        return read_tag(found)
    return [(len(found[0]), character_of_markup(found))]


def unwrap(places: list[Place]) -> list[Place]:
    """Read one layer of markup, from left to right."""
    text = "".join(place.character for place in places)
    unwrapped: list[Place] = []
    at = 0
    while at < len(text):
        found = MARKUP.match(text, at)
        characters = read_markup(found) if found else []
        first = at
        for end, character in characters:
            unwrapped.append(Place(places[first].start, places[at + end - 1].end, character))
            first = at + end
        if not characters:
            unwrapped.append(places[at])
            first += 1
        at = first
    return unwrapped


def join_couples(places: list[Place]) -> list[Place]:
    """Read each sequence that stands for a couple or a family as that."""
    text = "".join(place.character for place in places)
    joined: list[Place] = []
    at = 0
    while at < len(text):
        end, character = at + 1, text[at]
        for line in COUPLES.strip().splitlines():
            parts, _, couple = line.partition(" = ")
            between = "[ \ufe0e\ufe0f\U0001f3fb-\U0001f3ff]{0,4}\u200d"
            sequence = between.join(chr(int(part, 16)) for part in parts.split())
            if found := re.compile(sequence).match(text, at):
                end, character = found.end(), chr(int(couple, 16))
        joined.append(Place(places[at].start, places[end - 1].end, character))
        at = end
    return joined


def readings_of(text: str) -> list[list[Place]]:
    """List all ways to read a text: as it stands, unwrapped, with couples joined."""
    readings: list[list[Place]] = [[]]
    for pair in re.finditer("[\ud800-\udbff][\udc00-\udfff]|(?s:.)", text):
        units = pair[0].encode("utf-16-le", "surrogatepass")
        character = units.decode("utf-16-le", "surrogatepass")
        readings[0].append(Place(pair.start(), pair.end(), character))
    for read in [unwrap] * LAYERS + [join_couples]:
        changed = read(readings[-1])
        if changed != readings[-1]:
            readings.append(changed)
    return readings


def find_runs(reading: list[Place], script: Script) -> Iterator[Run]:
    """Yield the runs of a script, in the order of the text."""
    run: Run = []
    is_touched = False
    for start, end, character in reading:
        if character in script.values:
            run.append(Glyph(start, end, script.values[character], is_touched))
        elif character in script.marks and character not in script.ignorable:
            run.append(Glyph(start, end, MARK, is_touched))
        elif character not in script.ignorable:
            yield run
            run = []
        is_touched = character in script.values
    yield run


def values_of(run: Run) -> list[int]:
    """List the values of glyphs and marks."""
    return [glyph.value for glyph in run]


def symbol_at(run: Run, first: int, script: Script) -> int:
    """Read the symbol that begins at a glyph of a run."""
    high = run[first].value
    return high if script.size == 1 else high << 5 | run[first + 1].value


def spare_bits(word: Codeword, header: Header) -> int:
    """Read the padding of a codeword, which is 0 if it is legal."""
    return word[-PARITY_SYMBOLS - 1] & ((1 << header.padding) - 1)


def candidates_of(run: Run, script: Script) -> Iterator[Candidate]:
    """Yield the candidates of a run."""
    for first in range(len(run) - script.size + 1):
        if MARK in values_of(run[first : first + script.size]):
            continue
        header = parse_header(symbol_at(run, first, script))
        if header is None or (header.version != 1 and run[first].is_touched):
            continue
        end = first + header.length * script.size
        if end > len(run) or MARK in values_of(run[first:end]):
            continue
        word = tuple(symbol_at(run, i, script) for i in range(first, end, script.size))
        is_padded = header.version != 1 or not spare_bits(word, header)
        if is_padded and _polymod(word) == PARITY_TARGET:
            yield run[first].start, run[end - 1].end, word


def find_candidates(text: str) -> list[Candidate]:
    """List all candidates, in the order of the text."""
    return sorted(
        {
            candidate
            for reading in readings_of(text)
            for script in load_scripts()
            for run in find_runs(reading, script)
            for candidate in candidates_of(run, script)
        }
    )


def looks_like_chatter(run: Run, script: Script) -> bool:
    """Tell whether a run of 21 symbols or more, without its marks, is no damaged passphrase."""
    starts = range(0, len(run) - script.size + 1, script.size)
    symbols = [symbol_at(run, first, script) for first in starts]
    if len(set(symbols)) < min(len(symbols), 43) / 2:
        return True
    figures = sum(2 <= value <= 9 for value in values_of(run))
    letters = sum(value > 0xF for value in values_of(run))
    return script.size == 2 and (figures == 0 or letters < len(run) / 8)


def leftovers_of(run: Run, script: Script) -> Iterator[Run]:
    """Yield what its own candidates leave of a run: the page does not speak of other scripts."""
    spans = [range(start, end) for start, end, _ in candidates_of(run, script)]
    covered = set(chain.from_iterable(spans))
    for is_covered, group in groupby(run, lambda glyph: glyph.start in covered):
        if not is_covered:
            yield list(group)


def find_stretches(text: str) -> list[Stretch]:
    """List what may once have been a passphrase and is none now, in the order of the text."""
    found: list[Stretch] = []
    reading = readings_of(text)[-1]
    for script in load_scripts():
        for run in find_runs(reading, script):
            for stretch in leftovers_of(run, script):
                glyphs = [glyph for glyph in stretch if glyph.value != MARK]
                is_long = len(glyphs) >= MIN_RUN * script.size
                if is_long and not looks_like_chatter(glyphs, script):
                    found.append((script, stretch))
    return sorted(found, key=lambda pair: pair[1][0].start)


def mac(key: bytes, message: bytes) -> bytes:
    """Compute HMAC-SHA-256."""
    state = HMAC(key, SHA256())
    state.update(message)
    return state.finalize()


def unseal(word: Codeword, header: Header, secret: bytes, audience: str) -> Opened:
    """Open a codeword of version 1 with a secret."""
    signing_key = mac(secret, b"passphrase/v1/sign/" + audience.encode())
    sealing_key = mac(secret, b"passphrase/v1/seal/" + audience.encode())
    bits = "".join(f"{symbol:010b}" for symbol in word[1:-PARITY_SYMBOLS])
    message = (int(bits, 2) >> header.padding).to_bytes(header.body_bytes + TAG_BYTES)
    sealed, tag = message[: header.body_bytes], message[header.body_bytes :]
    header2 = word[0].to_bytes(2)
    keystream = HKDFExpand(SHA256(), header.body_bytes, header2 + tag).derive(sealing_key)
    body = bytes(a ^ b for a, b in zip(sealed, keystream, strict=True))
    is_good = bytes_eq(mac(signing_key, header2 + body)[:TAG_BYTES], tag)
    return Opened(header, signing_key, sealing_key, sealed, tag, keystream, body, is_good)


def parse_id(value: int, width: int) -> str:
    """Write an id as JSON has it, or refuse an int that has a narrower width."""
    if width == UUID_WIDTH:
        return str(UUID(int=value))
    if width == 1 and value < 1 << 32:
        raise Refused("version")
    return str(value)


def parse_body(header: Header, body: bytes) -> dict[str, object]:
    """Read the fields of a body whose tag is good, or refuse them."""
    id_bits = [8 * ID_BYTES[width] for width in (header.group_width, header.inviter_width)]
    numbers = fields(int.from_bytes(body), 25, 3, 1, 1, 1, 1, 8, 8, *id_bits)
    expiry, origin, mutual, approval, single, reserved, generation, variant, *ids = numbers
    if expiry == 0 or origin >= len(ORIGINS) or reserved:
        raise Refused("version")
    expires_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=expiry)
    return {
        "group_id": parse_id(ids[0], header.group_width),
        "inviter_id": parse_id(ids[1], header.inviter_width),
        "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "origin": ORIGINS[origin],
        "mutual_follow": bool(mutual),
        "approval": bool(approval),
        "single_use": bool(single),
        "generation": generation,
        "variant": variant,
    }


def verify(word: Codeword, keys: Mapping[int, bytes], audience: str) -> Read:
    """Open a codeword with the key it names, or refuse it as `signature` or `version`."""
    header = parse_header(word[0])
    if header is None or header.version != 1 or spare_bits(word, header):
        raise Refused("version")
    if header.key_id not in keys:
        raise Refused("signature")
    opened = unseal(word, header, keys[header.key_id], audience)
    if not opened.is_good:
        raise Refused("signature")
    invite = parse_body(header, opened.body)
    return {"invite": invite, "fingerprint": f"{header.key_id}-{opened.tag.hex()}"}


def read(
    text: str, keys: Mapping[int, bytes], audience: str, mend: Mend = lambda _stretches, _tags: ()
) -> Read:
    """Read the one invite in a text.

    Args:
        text: Any text.
        keys: The secret of each key id.
        audience: The family of apps that may open the passphrase.
        mend: Proposes what stretches may have been, after so many tags.

    Returns:
        The `invite` as in the test vectors, its `span`, `codeword`, `fingerprint` and `repairs`.

    Raises:
        Refused: There is no invite, or more than one.
    """
    if len(text) > MAX_TEXT:
        raise Refused("too_long")
    places: dict[Codeword, list[int]] = {}
    for start, end, word in find_candidates(text):
        places.setdefault(word, [start, end])
    if len(places) > MAX_CODEWORDS:
        raise Refused("ambiguous")
    found: dict[Codeword, Read] = {}
    refused: list[Refused] = []
    for word, span in places.items():
        try:
            found[word] = verify(word, keys, audience) | {"span": span, "repairs": []}
        except Refused as refusal:
            refused.append(refusal)
    stretches = find_stretches(text)
    for word, span, repairs in mend(stretches, len(places)):
        with suppress(Refused):
            invite = verify(word, keys, audience)
            found.setdefault(word, invite | {"span": span, "repairs": repairs})
    if len(found) > 1:
        raise Refused("ambiguous")
    for word, one in found.items():
        return one | {"codeword": list(word)}
    if refused:
        raise refused[0]
    raise Refused("damaged" if stretches else "not_found")


def recognize(text: str) -> bool:
    """Tell without a key whether a text holds a candidate of any version."""
    return len(text) <= MAX_TEXT and bool(find_candidates(text))
