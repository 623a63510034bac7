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
AN_IGNORABLE: Final = "\u200b"
MARKUP: Final = re.compile(
    r"""
    <(?P<slash>/?)(?:a|b|br|div|em|font|i|img|li|p|span|strong|u|wbr)
        (?P<rest>(?![A-Za-z0-9_])[ -;=?-~]{0,300})>
    | \[(?:emoji(?P<hex>[0-9A-Fa-f]{4,6})|CQ:emoji,id=(?P<id>[0-9]{1,7}))\]
    | (?P<face>\[[^][\r\n]{1,20}\])
    | &(?:amp;)*\#(?:(?P<decimal>[0-9]{1,7})|[xX](?P<xhex>[0-9A-Fa-f]{1,6}));
    | &(?:amp;)*(?P<name>amp|lt|gt|quot|nbsp);
    | (?P<bytes>(?:%[0-389A-Fa-f][0-9A-Fa-f])+)
    | (?P<pair>[\ud800-\udbff][\udc00-\udfff])
    | (?P<dots>\.\.)
    """,
    re.VERBOSE,
)
NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "nbsp": " "}
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


def decode_bytes(start: int, raw: bytes) -> Iterator[Place]:
    """Read percent-encoding as UTF-8, each byte of it three places long."""
    at = 0
    while at < len(raw):
        for size in range(1, 5):
            try:
                character = raw[at : at + size].decode()
            except UnicodeDecodeError:
                continue
            break
        else:
            size, character = 1, A_MARK
        yield Place(start + 3 * at, start + 3 * (at + size), character)
        at += size


def character_of_tag(slash: str, rest: str) -> str:
    """Read a tag, by what follows its name; nothing if it is no tag."""
    if rest not in {"", " ", "/", " /"} and "=" not in rest:
        return ""
    if found := re.search("emoji([0-9A-Fa-f]{4,6})", rest):
        return character_of(int(found[1], 16))
    return A_MARK if "emoji" in rest and not slash else AN_IGNORABLE


def character_of_markup(found: re.Match[str]) -> str:
    """Read markup that stands for one character; nothing if it is no tag."""
    if found["rest"] is not None:
        return character_of_tag(found["slash"], found["rest"])
    if digits := found["hex"] or found["xhex"]:
        return character_of(int(digits, 16))
    if digits := found["id"] or found["decimal"]:
        return character_of(int(digits))
    if found["pair"]:
        return found["pair"].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    return NAMED[found["name"]] if found["name"] else A_MARK


def unwrap(text: str) -> Iterator[Place]:
    """Read markup, once, from left to right."""
    at = 0
    while at < len(text):
        found = MARKUP.match(text, at)
        end = found.end() if found else at + 1
        if found and found["bytes"]:
            yield from decode_bytes(at, bytes.fromhex(found["bytes"].replace("%", "")))
        elif found and (character := character_of_markup(found)):
            yield Place(at, end, character)
        else:
            yield from (Place(i, i + 1, text[i]) for i in range(at, end))
        at = end


def find_runs(text: str, script: Script) -> Iterator[Run]:
    """Yield the runs of a script, in the order of the text."""
    run: Run = []
    is_touched = False
    for start, end, character in unwrap(text):
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
        candidate
        for script in load_scripts()
        for run in find_runs(text, script)
        for candidate in candidates_of(run, script)
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
    for script in load_scripts():
        for run in find_runs(text, script):
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
