"""A second reader and writer, written only from the format page and the tables of the vectors.

It is plain, not fast, and shares no line with the library. `second_repairer` adds repair.
"""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

_DATA = json.loads((Path(__file__).parent / "vectors" / "v1.json").read_text("utf-8"))
SCRIPTS = ("emoji", "hanzi", "base32")
WIDTH = {"emoji": 1, "hanzi": 1, "base32": 2}  # glyphs of a symbol
SIZES = {8: 24, 12: 27, 16: 30, 20: 33, 24: 36, 32: 43}  # bytes of both ids: symbols
ID_BYTES = (4, 8, 16)
TAG_BYTES = 10
PARITY = 3
TARGET = 0x1E09AEB9
GENERATOR = (14, 56, 64)
VERSION = 1
ORIGINS = ("in_app", "wechat", "qq")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
LAST_MINUTE = 2**25 - 1
LIMIT = 4096
MOST_CODEWORDS = 256
LEAST_SYMBOLS = 21  # of a damaged stretch
LEAST_JOINED = 11  # symbols of the longer of two runs that a foreign word joins
LONGEST_WORD = 20
FREQUENT = (0, 1, 10, 14, 17, 21, 24, 25, 26)
RARE = (2, 3, 4, 5, 6, 7, 8, 9, 18, 19, 23, 27, 29, 31)
MARK, IGNORABLE, FOREIGN = -1, -2, -3  # a glyph is its value, 0 or more
UNTOLD = "\ufffd"

Codeword: TypeAlias = tuple[int, ...]
Result: TypeAlias = dict[str, Any]


class Refused(Exception):  # noqa: N818
    """A text, an invite or a keyring that is refused, and the code of why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# --- Field, parity, header


def times(a: int, b: int) -> int:
    """The product of two elements of GF(1024)."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x400:
            a ^= 0x409
        b >>= 1
    return product


_SHIFTED = [
    times(top, GENERATOR[0]) << 20 | times(top, GENERATOR[1]) << 10 | times(top, GENERATOR[2])
    for top in range(1024)
]


def polymod(symbols: Codeword) -> int:
    """The remainder that is the parity target if the symbols are a codeword."""
    rest = 1
    for symbol in symbols:
        rest = ((rest & 0xFFFFF) << 10 | symbol) ^ _SHIFTED[rest >> 20]
    return rest


def prescribed(header: int) -> int | None:
    """The number of symbols that a header prescribes; None if a width is refused."""
    group, inviter = header >> 2 & 3, header & 3
    if 3 in (group, inviter):
        return None
    return SIZES[ID_BYTES[group] + ID_BYTES[inviter]]


def payload(codeword: Codeword) -> tuple[bytes, bytes, int]:
    """The sealed body, the tag and the padding of a codeword."""
    header = codeword[0]
    size = 6 + ID_BYTES[header >> 2 & 3] + ID_BYTES[header & 3] + TAG_BYTES
    bits = 0
    for symbol in codeword[1:-PARITY]:
        bits = bits << 10 | symbol
    spare = 10 * (len(codeword) - 1 - PARITY) - 8 * size
    whole = (bits >> spare).to_bytes(size, "big")
    return whole[:-TAG_BYTES], whole[-TAG_BYTES:], bits & ((1 << spare) - 1)


# --- Keys, seal, fields


def _mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"".join(parts), "sha256")


def _keystream(key: bytes, info: bytes, size: int) -> bytes:
    first = _mac(key, info, b"\x01")
    return (first + _mac(key, first, info, b"\x02"))[:size]


@cache
def _derived(secret: bytes, audience: str) -> tuple[bytes, bytes]:
    name = audience.encode()
    return _mac(secret, b"passphrase/v1/sign/", name), _mac(secret, b"passphrase/v1/seal/", name)


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _id_text(raw: bytes) -> str:
    if len(raw) == 16:
        return str(uuid.UUID(bytes=raw))
    number = int.from_bytes(raw, "big")
    if len(raw) == 8 and number < 2**32:
        raise Refused("version")
    return str(number)


def _fields(header: int, body: bytes) -> Result:
    bits = int.from_bytes(body[:4], "big")
    minutes, origin = bits >> 7, bits >> 4 & 7
    if not minutes or origin >= len(ORIGINS) or bits & 1:
        raise Refused("version")
    middle = 6 + ID_BYTES[header >> 2 & 3]
    return {
        "group_id": _id_text(body[6:middle]),
        "inviter_id": _id_text(body[middle:]),
        "expires_at": (EPOCH + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "origin": ORIGINS[origin],
        "mutual_follow": bool(bits & 8),
        "approval": bool(bits & 4),
        "single_use": bool(bits & 2),
        "generation": body[4],
        "variant": body[5],
    }


def fingerprint(codeword: Codeword) -> str:
    """The key id and the tag of a codeword."""
    return f"{codeword[0] >> 4 & 7}-{payload(codeword)[1].hex()}"


def open_codeword(codeword: Codeword, keys: Mapping[int, bytes], audience: str) -> Result:
    """The invite of a codeword, or the refusal `version` or `signature`."""
    header = codeword[0]
    if header >> 7 != VERSION:
        raise Refused("version")
    if header >> 4 & 7 not in keys:
        raise Refused("signature")
    signing, sealing = _derived(keys[header >> 4 & 7], audience)
    sealed, tag, _ = payload(codeword)
    header2 = header.to_bytes(2, "big")
    body = _xor(sealed, _keystream(sealing, header2 + tag, len(sealed)))
    if not hmac.compare_digest(_mac(signing, header2, body)[:TAG_BYTES], tag):
        raise Refused("signature")
    return _fields(header, body)


# --- Markup

_HEX = "[0-9A-Fa-f]"
_NAMES = {
    "amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "shy": "\xad",
    "ensp": "\u2002", "emsp": "\u2003", "thinsp": "\u2009", "zerowidthspace": "\u200b",
    "zwnj": "\u200c", "zwj": "\u200d", "lrm": "\u200e", "rlm": "\u200f",
}  # fmt: skip
_NAMED = "|".join(f"(?ai:{name})" for name in _NAMES)
_RULES = re.compile(
    rf"""
    (?P<tag></?[A-Za-z][A-Za-z0-9:-]{{0,15}}
        (?:[ \t](?=[^<>=\r\n]*=)[^<>\r\n]{{1,1000}}|[ \t]?/?)>)
  | (?P<blank><!--[^<]{{0,1000}}?-->|\\{{1,4}}[fnrtv])
  | \[emoji(?P<hex1>{_HEX}{{4,6}})\]
  | \[CQ:emoji,id=(?P<dec1>[0-9]{{1,7}})\]
  | (?:\\{{1,4}}|%)u(?P<hex2>{_HEX}{{4}})
  | \\{{1,4}}U(?P<hex3>{_HEX}{{8}})
  | \\{{1,4}}[ux]\{{(?P<hex4>{_HEX}{{1,6}})\}}
  | /[Ee]moji(?P<dec2>[0-9]{{4,6}})
  | \[CQ:(?P<kind>[a-z_]{{1,20}})
        (?:,[^\[\]]{{0,1000}}(?:\[object\ Object\][^\[\]]{{0,1000}})?)?\]
  | (?P<face>\[[^\[\]\r\n]{{1,20}}\]|<faceType=[^<>\r\n]{{0,1000}}>|\.\.)
  | &(?:[Aa][Mm][Pp];)*
        (?:\#(?P<dec3>[0-9]{{1,7}})|\#[xX](?P<hex5>{_HEX}{{1,6}})|(?P<named>{_NAMED}));
  | (?P<bytes>(?:%[0-389A-Fa-f]{_HEX})+|(?:\\{{1,4}}x{_HEX}{_HEX})+)
  | (?P<pair>[\ud800-\udbff][\udc00-\udfff])
    """,
    re.VERBOSE,
)
_TAG_CODE = re.compile(f"emoji({_HEX}{{4,6}})")
_IMG = re.compile(r"<[Ii][Mm][Gg][ \t/>]")
_PICTURES = re.compile(
    "=([\"'])([\u2000-\u2fff\ufe00-\ufe0f\U0001f000-\U000effff]{1,10})\\1",
)
_UTF8 = re.compile(  # one well-formed character, as RFC 3629 has it
    "[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]"
    "|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    "|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}",
)
_COUPLES = {
    "👨👩👦": "👪", "🧑🧑🧒": "👪", "👩🤝👨": "👫", "👨🤝👨": "👬", "👩🤝👩": "👭",
    "👩❤👨": "💑", "🧑❤🧑": "💑", "👩❤💋👨": "💏", "🧑❤💋🧑": "💏",
}  # fmt: skip
_JOINER = "[ \ufe0e\ufe0f\U0001f3fb-\U0001f3ff]{0,4}\u200d"
_COUPLE = re.compile("|".join(f"({_JOINER.join(parts)})" for parts in _COUPLES))
MOST_LAYERS = 3


class Reading(NamedTuple):
    """One reading of a text: its characters and where each stands in the pasted text."""

    chars: str
    starts: list[int]
    ends: list[int]


def _character(number: int) -> str:
    return chr(number) if number <= 0x10FFFF else UNTOLD


def _tag(text: str, match: re.Match[str]) -> list[tuple[int, str]]:
    tag, start = match[0], match.start()
    if code := _TAG_CODE.search(tag):
        return [(start, _character(int(code[1], 16)))]
    img = _IMG.match(tag)
    if img and (value := _PICTURES.search(tag)):
        return [(start + value.start(2) + i, picture) for i, picture in enumerate(value[2])]
    told = tag.endswith("/>") or text.startswith("</", match.end())
    if not tag.startswith("</") and "emoji" in tag and (img or told):
        return [(start, UNTOLD)]
    return [(start, " ")]


def _bytes(match: re.Match[str]) -> list[tuple[int, str]]:
    raw, percent = match[0], match[0].startswith("%")
    numbers = ""
    places: list[int] = []
    for one in re.finditer(f"[%x]({_HEX}{_HEX})", raw):
        numbers += chr(int(one[1], 16))
        slashes = one.start() - len(raw[: one.start()]) + len(raw[: one.start()].rstrip("\\"))
        places.append(match.start() + (one.start() if percent else slashes))
    found: list[tuple[int, str]] = []
    at = 0
    while at < len(numbers):
        whole = _UTF8.match(numbers, at)
        if whole:
            character = whole[0].encode("latin-1").decode()
        else:
            character = UNTOLD if percent else numbers[at]
        found.append((places[at], character))
        at = whole.end() if whole else at + 1
    return found


def _written(text: str, match: re.Match[str]) -> list[tuple[int, str]]:
    """The characters that a markup stands for, each with the place where it is written."""
    rule, start = match.lastgroup or "", match.start()
    if rule == "tag":
        return _tag(text, match)
    if rule == "bytes":
        return _bytes(match)
    if rule == "named":
        character = _NAMES[match["named"].lower()]
    elif rule[:3] in ("hex", "dec"):
        character = _character(int(match[rule], 16 if rule[0] == "h" else 10))
    elif rule == "pair":
        character = match[0].encode("utf-16", "surrogatepass").decode("utf-16")
    elif rule == "kind":
        character = UNTOLD if match[rule] == "emoji" or "face" in match[rule] else " "
    else:
        character = UNTOLD if rule == "face" else " "
    return [(start, character)]


def _replaced(reading: Reading, pattern: re.Pattern[str], *, couples: bool = False) -> Reading:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0

    def keep(until: int) -> None:
        chars.append(reading.chars[at:until])
        starts.extend(reading.starts[at:until])
        ends.extend(reading.ends[at:until])

    for match in pattern.finditer(reading.chars):
        keep(match.start())
        if couples:
            couple = list(_COUPLES.values())[(match.lastindex or 1) - 1]
            written = [(match.start(), couple)]
        else:
            written = _written(reading.chars, match)
        places = [match.start(), *(place for place, _ in written[1:])]
        begins = [reading.starts[place] for place in places]
        chars.extend(character for _, character in written)
        starts.extend(begins)
        ends.extend([*begins[1:], reading.ends[match.end() - 1]])
        at = match.end()
    keep(len(reading.chars))
    return Reading("".join(chars), starts, ends)


_PAIR = re.compile("(?P<pair>[\ud800-\udbff][\udc00-\udfff])")


def readings(text: str) -> list[Reading]:
    """All readings of a text, from as it stands to without its markup and couples."""
    size = range(len(text))
    found = [_replaced(Reading(text, list(size), [i + 1 for i in size]), _PAIR)]
    for _ in range(MOST_LAYERS):
        found.append(_replaced(found[-1], _RULES))
    found.append(_replaced(found[-1], _COUPLE, couples=True))
    return [one for i, one in enumerate(found) if not i or one.chars != found[i - 1].chars]


# --- Fold, runs, foreign words

_OPEN = "([{（［｛【「『《〈〔“‘"
_CLOSE = ")]}）］｝】」』》〉〕”’"
_BRACKETED = re.compile(
    rf"[{re.escape(_OPEN)}]"
    rf"[^{re.escape(_OPEN + _CLOSE)}\r\n]{{1,{LONGEST_WORD}}}"
    rf"[{re.escape(_CLOSE)}]"
)


def _in_ranges(name: str, point: int) -> bool:
    return any(int(first, 16) <= point <= int(last, 16) for first, last in _DATA["ranges"][name])


def table(script: str) -> str:
    """The glyphs of a script in the order of their values."""
    return str(_DATA["scripts"][script])


@cache
def _values(script: str) -> dict[str, int]:
    values = {glyph: value for value, glyph in enumerate(table(script))}
    return values | {alias: values[glyph] for alias, glyph in _DATA["aliases"][script].items()}


@cache
def fold(script: str, character: str) -> int:
    """The value of a glyph, or which of the other three things a character is to a script."""
    point = ord(character)
    if character in _values(script):
        return _values(script)[character]
    if _in_ranges("marks", point) or (script == "emoji" and _in_ranges("pictures", point)):
        return MARK
    if _in_ranges("ignorable", point) or (script == "base32" and _in_ranges("base32", point)):
        return IGNORABLE
    return FOREIGN


class Item(NamedTuple):
    """A glyph or a mark of a run; `free` if no glyph stands directly before it."""

    value: int
    start: int
    end: int
    free: bool


Run: TypeAlias = list[Item]


def _take_run(reading: Reading, kinds: list[int], at: int) -> tuple[Run, int]:
    run: Run = []
    while at < len(kinds) and kinds[at] != FOREIGN:
        if kinds[at] != IGNORABLE:
            free = at == 0 or kinds[at - 1] < 0
            run.append(Item(kinds[at], reading.starts[at], reading.ends[at], free))
        at += 1
    return run, at


def _skip(kinds: list[int], at: int, kind: int) -> int:
    while at < len(kinds) and kinds[at] == kind:
        at += 1
    return at


def _word_end(chars: str, kinds: list[int], at: int) -> int | None:
    """The glyph or mark that follows the foreign word that begins at a place, or None."""
    word = _BRACKETED.match(chars, at)
    after = _skip(kinds, word.end(), IGNORABLE) if word else at
    if after < len(kinds) and kinds[after] != FOREIGN:
        return after
    end = _skip(kinds, at, FOREIGN)
    after = _skip(kinds, end, IGNORABLE)
    size, first, last = end - at, chars[at], chars[end - 1]
    colons = first == last and first in ":：" and 3 <= size <= LONGEST_WORD + 2
    slash = first in "/／" and 2 <= size <= LONGEST_WORD + 1
    follows = after < len(kinds) and kinds[after] != FOREIGN
    return after if follows and (colons or slash or size == 1) else None


def runs(reading: Reading, script: str, *, words: bool) -> Iterator[Run]:
    """The runs of a script; with `words`, those that foreign words join are one."""
    kinds = [fold(script, character) for character in reading.chars]
    least = LEAST_JOINED * WIDTH[script]
    at = 0
    while at < len(kinds):
        run, after = _take_run(reading, kinds, at)
        at, size = after, len(run)  # of the last run alone, before any is joined
        while words and run and at < len(kinds):
            end = _word_end(reading.chars, kinds, at)
            more, after = _take_run(reading, kinds, end) if end else ([], at)
            if not end or max(size, len(more)) < least:
                break
            free = kinds[at - 1] < 0
            word = Item(MARK, reading.starts[at], reading.ends[end - 1], free)
            run += [word, *more]
            at, size = after, len(more)
        if run:
            yield run
        at += 1


# --- Candidates, stretches


class Candidate(NamedTuple):
    """A codeword with sound parity, and where it stands."""

    start: int
    end: int
    script: str
    codeword: Codeword


def symbol_at(run: Run, at: int, width: int) -> int:
    """The symbol that begins at a place of a run, or a mark."""
    if width == 1:
        return run[at].value if at < len(run) else MARK
    high, low = (run[i].value if i < len(run) else MARK for i in (at, at + 1))
    return high << 5 | low if high >= 0 and low >= 0 else MARK


def sound(codeword: Codeword) -> bool:
    """Whether symbols are a codeword: size, parity and, for version 1, padding."""
    return (
        prescribed(codeword[0]) == len(codeword)
        and polymod(codeword) == TARGET
        and (codeword[0] >> 7 != VERSION or not payload(codeword)[2])
    )


def whole(run: Run, script: str) -> Iterator[tuple[int, int, Codeword]]:
    """Each candidate of a run: the place of its first glyph, that after its last, symbols."""
    width = WIDTH[script]
    symbols = [symbol_at(run, at, width) for at in range(len(run))]
    for at, header in enumerate(symbols):
        if header < 0 or (header >> 7 != VERSION and not run[at].free):
            continue
        size = prescribed(header)
        if size is None or at + size * width > len(run):
            continue
        codeword = tuple(symbols[at : at + size * width : width])
        if min(codeword) >= 0 and sound(codeword):
            yield at, at + size * width, codeword


def candidates(all_readings: list[Reading]) -> list[Candidate]:
    """The candidates of all readings in the order in which they begin."""
    found = {
        Candidate(run[at].start, run[end - 1].end, script, codeword)
        for reading in all_readings
        for script in SCRIPTS
        for run in runs(reading, script, words=False)
        for at, end, codeword in whole(run, script)
    }
    return sorted(found)


def _prose(values: list[int]) -> bool:
    places = sum(
        2 <= value <= 9 and not (i and 2 <= values[i - 1] <= 9) for i, value in enumerate(values)
    )
    high = sum(value > 15 and value != 29 for value in values)
    starts = range(0, max(0, len(values) - 54) + 18, 18)
    plain = all(
        sum(value in FREQUENT for value in values[at : at + 54])
        >= 3 * sum(value in RARE for value in values[at : at + 54])
        for at in starts
    )
    return places < 2 or plain or 8 * high < len(values) or 5 * values.count(29) >= len(values)


def damaged(stretch: Run, script: str) -> bool:
    """Whether a stretch has glyphs enough and is not chatter."""
    values = [item.value for item in stretch if item.value >= 0]
    width = WIDTH[script]
    count = len(values) // width
    if count < LEAST_SYMBOLS or (width == 2 and _prose(values)):
        return False
    symbols = {tuple(values[i : i + width]) for i in range(0, count * width, width)}
    return 2 * len(symbols) >= min(count, 43)


def stretches(reading: Reading) -> list[tuple[str, Run]]:
    """The damaged stretches of a reading, each with its script."""
    found: list[tuple[str, Run]] = []
    for script in SCRIPTS:
        for run in runs(reading, script, words=True):
            taken = [False] * len(run)
            for at, end, _ in whole(run, script):
                taken[at:end] = [True] * (end - at)
            left: Run = []
            for item, gone in zip([*run, None], [*taken, True], strict=True):
                if not gone and item:
                    left.append(item)
                elif left:
                    found.append((script, left))
                    left = []
    return [(script, left) for script, left in found if damaged(left, script)]


# --- Outcomes


class Survey(NamedTuple):
    """What a text holds: what verified, why the first other did not, what is damaged."""

    verified: dict[Codeword, Result]
    reason: str | None
    tags: int
    stretches: list[tuple[str, Run]]


def _all_readings(text: str, limit: int) -> list[Reading]:
    if len(text) > limit:
        raise Refused("too_long")
    return readings(text)


def recognize(text: str, limit: int = LIMIT) -> list[Candidate]:
    """The candidates of a text, which needs no key."""
    return candidates(_all_readings(text, limit))


def result(invite: Result, codeword: Codeword, span: list[int], repairs: list[Result]) -> Result:
    """What a reader gives for one codeword."""
    return {
        "invite": invite,
        "span": span,
        "codeword": list(codeword),
        "fingerprint": fingerprint(codeword),
        "repairs": repairs,
    }


def survey(text: str, keys: Mapping[int, bytes], audience: str, limit: int) -> Survey:
    """Steps 1 to 5 of reading, and the damaged stretches."""
    all_readings = _all_readings(text, limit)
    first: dict[Codeword, Candidate] = {}
    for candidate in candidates(all_readings):
        first.setdefault(candidate.codeword, candidate)
    if len(first) > MOST_CODEWORDS:
        raise Refused("ambiguous")
    verified: dict[Codeword, Result] = {}
    reasons: list[str] = []
    for codeword, candidate in first.items():
        try:
            invite = open_codeword(codeword, keys, audience)
        except Refused as refusal:
            reasons.append(refusal.code)
        else:
            span = [candidate.start, candidate.end]
            verified[codeword] = result(invite, codeword, span, [])
    tags = sum(c[0] >> 7 == VERSION and c[0] >> 4 & 7 in keys for c in first)
    reason = reasons[0] if reasons else None
    return Survey(verified, reason, tags, stretches(all_readings[-1]))


def outcome(found: Survey) -> Result:
    """The row of the table of outcomes that fits."""
    if len(found.verified) == 1:
        return next(iter(found.verified.values()))
    if found.verified:
        raise Refused("ambiguous")
    raise Refused(found.reason or ("damaged" if found.stretches else "not_found"))


def read(text: str, keys: Mapping[int, bytes], audience: str, *, limit: int = LIMIT) -> Result:
    """What an exact reader makes of a text: an invite with its place, or a refusal."""
    return outcome(survey(text, keys, audience, limit))


# --- Writer


def _id_bytes(text: str) -> bytes:
    if "-" in text[1:]:
        return uuid.UUID(text).bytes
    number = int(text)
    if not 0 <= number < 2**64:
        raise Refused("refused")
    return number.to_bytes(4 if number < 2**32 else 8, "big")


_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


def _check_audience(audience: str) -> None:
    size = len(audience.encode())
    if not 1 <= size <= 64 or audience.strip() != audience or _UNSEEN.search(audience):
        raise Refused("refused")


def _packed(invite: Result) -> bytes:
    """The first 6 bytes of the body of an invite."""
    expiry = datetime.fromisoformat(invite["expires_at"]) - EPOCH
    if not timedelta(minutes=1) <= expiry <= timedelta(minutes=LAST_MINUTE):
        raise Refused("refused")
    if invite["origin"] not in ORIGINS:
        raise Refused("refused")
    if not all(0 <= invite[field] <= 255 for field in ("generation", "variant")):
        raise Refused("refused")
    bits: int = expiry // timedelta(minutes=1) << 7 | ORIGINS.index(invite["origin"]) << 4
    bits |= invite["mutual_follow"] << 3 | invite["approval"] << 2 | invite["single_use"] << 1
    return bits.to_bytes(4, "big") + bytes([invite["generation"], invite["variant"]])


def spell(codeword: Codeword, script: str) -> str:
    """The one spelling of a codeword in a script."""
    glyphs = table(script)
    if WIDTH[script] == 1:
        return "".join(glyphs[symbol] for symbol in codeword)
    digits = "".join(glyphs[symbol >> 5] + glyphs[symbol & 31] for symbol in codeword)
    return "-".join(re.findall(".{1,6}", digits))


def encode(
    invite: Result, key_id: int, keys: Mapping[int, bytes], audience: str, script: str
) -> str:
    """The passphrase of an invite under one key."""
    _check_audience(audience)
    if len(keys[key_id]) < 32:
        raise Refused("refused")
    group, inviter = _id_bytes(invite["group_id"]), _id_bytes(invite["inviter_id"])
    widths = ID_BYTES.index(len(group)) << 2 | ID_BYTES.index(len(inviter))
    header = VERSION << 7 | key_id << 4 | widths
    header2 = header.to_bytes(2, "big")
    body = _packed(invite) + group + inviter
    signing, sealing = _derived(keys[key_id], audience)
    tag = _mac(signing, header2, body)[:TAG_BYTES]
    whole_payload = _xor(body, _keystream(sealing, header2 + tag, len(body))) + tag
    count = SIZES[len(group) + len(inviter)] - 1 - PARITY
    bits = int.from_bytes(whole_payload, "big") << 10 * count - 8 * len(whole_payload)
    data = (header, *(bits >> 10 * i & 1023 for i in reversed(range(count))))
    parity = polymod((*data, 0, 0, 0)) ^ TARGET
    return spell((*data, parity >> 20, parity >> 10 & 1023, parity & 1023), script)


# --- Keyring

_ENTRY = re.compile(r"([0-7]):([A-Za-z0-9_-]{43,})(={0,2})(!?)")
_KEYRING = re.compile(rf"[ \t\r\n]*{_ENTRY.pattern}(?:[ \t\r\n,]+{_ENTRY.pattern})*[ \t\r\n]*")


def _secret(digits: str, padding: str) -> bytes:
    due = "=" * (-len(digits) % 4)
    if len(due) == 3 or padding not in ("", due):
        raise Refused("keyring")
    secret = base64.urlsafe_b64decode(digits + due)
    if base64.urlsafe_b64encode(secret).decode() != digits + due:
        raise Refused("keyring")
    return secret


def parse_keyring(text: str) -> tuple[list[int], int]:
    """The key ids of a keyring in their order, and the active one."""
    if not _KEYRING.fullmatch(text):
        raise Refused("keyring")
    entries = _ENTRY.findall(text)
    ids = [int(entry[0]) for entry in entries]
    secrets = [_secret(digits, padding) for _, digits, padding, _ in entries]
    as_keys = {
        (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
        for secret in secrets
    }
    active = [int(entry[0]) for entry in entries if entry[3]]
    if len(ids) == 1:
        active = ids
    if len(active) != 1 or len(set(ids)) != len(ids) or len(as_keys) != len(ids):
        raise Refused("keyring")
    return ids, active[0]
