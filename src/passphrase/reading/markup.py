r"""Markup that apps write instead of a character -> the character, and its place.

Source: docs/format.md, "Markup". Web clients write tags for emoji, bot frameworks their own codes,
browsers entities and percent-encoding, programs escapes such as \ud83c. One pattern finds all of
them. It is linear: each repetition is bounded, or ends before the next markup begins.

Shapes:
    text    any str
    bounds  for each index in the unwrapped text, and its end: the index in the pasted text
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Final, NamedTuple

UNREADABLE_MARK: Final = "\ufffd"
_IGNORABLE: Final = " "
_LAYERS_MAX: Final = 3  # markup within markup: an export can escape the markup of a client
_ENTITIES: Final = {
    "amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "shy": "\u00ad",
    "ensp": "\u2002", "emsp": "\u2003", "thinsp": "\u2009", "zerowidthspace": "\u200b",
    "zwnj": "\u200c", "zwj": "\u200d", "lrm": "\u200e", "rlm": "\u200f",
}  # fmt: skip
_HEX: Final = "[0-9A-Fa-f]"
_MARKUP: Final = (  # one alternative for each first character, which is five times as fast
    r"<(?:(?P<tag>/?[A-Za-z][A-Za-z0-9:-]{0,15}"
    r"(?:[ \t](?=[^<>=\r\n]{0,999}=)[^<>\r\n]{1,1000}+|[ \t]?/?))>"
    r"|!--(?P<comment>[^<]{0,1000}?)-->|(?P<qq>faceType=)[^<>\r\n]{0,1000}+>)"
    rf"|\[(?:emoji(?P<code>{_HEX}{{4,6}})\]|CQ:emoji,id=(?P<cq>[0-9]{{1,7}})\]"
    r"|CQ:(?P<kind>[a-z_]{1,20})(?:,[^][]{0,1000}+(?:\[object Object\][^][]{0,1000}+)?)?\]"
    r"|(?P<face>[^][\r\n]{1,20})\])"
    rf"|&(?ai:amp;)*(?:#(?P<decimal>[0-9]{{1,7}})|#[xX](?P<hex>{_HEX}{{1,6}})"
    rf"|(?P<name>(?ai:{'|'.join(_ENTITIES)})));"
    rf"|%(?:u(?P<unit>{_HEX}{{4}})"  # not %4 to %7: a passphrase could begin after a per cent sign
    rf"|(?P<percent>[0-389A-Fa-f]{_HEX}(?:%[0-389A-Fa-f]{_HEX})*))"
    rf"|\\{{1,4}}(?:u(?P<escape>{_HEX}{{4}})|[ux]\{{(?P<braced>{_HEX}{{1,6}})\}}"
    rf"|U(?P<long>{_HEX}{{8}})|(?P<control>[fnrtv])"
    rf"|(?P<bytes>x{_HEX}{{2}}(?:\\{{1,4}}x{_HEX}{{2}})*))"
    r"|/[Ee]moji(?P<figures>[0-9]{4,6})"
    r"|\.(?P<dots>\.)"  # old clients write it for an emoji that they cannot show
    r"|(?P<pair>[\ud800-\udbff][\udc00-\udfff])"
)
_PAIR: Final = "(?P<pair>[\ud800-\udbff][\udc00-\udfff])"
_HINT: Final = re.compile("[<[&%\\\\/.\ud800-\udbff\u200d]")  # first characters of all markup
_TAG_EMOJI: Final = re.compile(r"emoji([0-9A-Fa-f]{4,6})")
_TAG_PICTURE: Final = re.compile(
    "[Ii][Mm][Gg][ \t].*?=([\"'])([\u2000-\u2fff\ufe00-\ufe0f\U0001f000-\U000effff]{1,10})\\1"
)
_BYTE: Final = re.compile(r"(?:%|\\+x)(..)")
_LONE_BYTES: Final = "surrogateescape"  # for bytes that are not part of a character
_CODE_POINTS: Final = range(0x110000)
# Some systems write these emoji as a sequence with U+200D: Unicode, emoji-zwj-sequences.txt.
COUPLES: Final = {
    "👨👩👦": "👪", "🧑🧑🧒": "👪", "👩🤝👨": "👫", "👨🤝👨": "👬", "👩🤝👩": "👭",
    "👩❤👨": "💑", "🧑❤🧑": "💑", "👩❤💋👨": "💏", "🧑❤💋🧑": "💏",
}  # fmt: skip
_JOINED: Final = "[ \ufe0e\ufe0f\U0001f3fb-\U0001f3ff]{0,4}\u200d"
_COUPLE: Final = f"(?P<couple>{'|'.join(map(_JOINED.join, COUPLES))})"


class Unwrapped(NamedTuple):
    """A text without its markup.

    Attributes:
        text: The text, with characters in place of their markup.
        bounds: The start of each character in the pasted text, and the end of the last one.
    """

    text: str
    bounds: Sequence[int]


def is_plain(text: str) -> bool:
    """Return whether a text has no markup, so that it is its only reading."""
    return not _HINT.search(text) or not ("\u200d" in text or _compiled(_MARKUP).search(text))


def unwrap(text: str) -> Unwrapped:
    """Return a text with all its markup read: the last of its `readings`."""
    return readings(text)[-1]


def readings(text: str) -> list[Unwrapped]:
    """Return a text unchanged, then without each layer of its markup, then with couples joined.

    A reading that changes nothing is left out. Earlier readings find a passphrase that is inside
    markup, or that looks like markup.
    """
    plain = Unwrapped(text, range(len(text) + 1))
    if not _HINT.search(text):
        return [plain]
    found = [_replaced(plain, _PAIR) or plain]
    while len(found) <= _LAYERS_MAX and (inner := _replaced(found[-1], _MARKUP)):
        found.append(inner)
    if "\u200d" in found[-1].text and (joined := _replaced(found[-1], _COUPLE)):
        found.append(joined)
    return found


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a big pattern at its first use, because many processes never need it."""
    return re.compile(pattern)


def _replaced(reading: Unwrapped, pattern: str) -> Unwrapped | None:
    """Return the text with each match replaced by its characters; None if nothing matches."""
    text, before = reading
    pieces: list[str] = []
    bounds: list[int] = []
    done = 0
    for match in _compiled(pattern).finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        bounds.extend(before[done:start])
        for character, at in _characters(match):
            pieces.append(character)
            bounds.append(before[at])
        done = end
    if not pieces:
        return None
    pieces.append(text[done:])
    bounds.extend(before[done:])
    return Unwrapped("".join(pieces), bounds)


def _characters(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Yield the characters of one markup, and where each begins."""
    kind = match.lastgroup or ""
    if kind == "tag":
        yield from _of_tag(match)
    elif kind in {"percent", "bytes"}:
        yield from _of_bytes(match)
    else:
        yield _CHARACTERS[kind](match[kind]), match.start()


def _of_tag(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Read a tag: its emoji, a mark for an emoji that it does not name, or a space."""
    inside, start = match["tag"], match.start()
    if code := _TAG_EMOJI.search(inside):
        yield _of_hex(code[1]), start
    elif picture := _TAG_PICTURE.match(inside):
        yield picture[2][0], start
        for at, character in enumerate(picture[2][1:], match.start("tag") + picture.start(2) + 1):
            yield character, at
    else:
        is_empty = inside[:4].lower() in {"img ", "img\t"} or inside.endswith("/")
        is_shown = is_empty or match.string.startswith("</", match.end())
        is_face = "emoji" in inside and inside[0] != "/" and is_shown
        yield UNREADABLE_MARK if is_face else _IGNORABLE, start


def _of_bytes(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    r"""Read bytes as UTF-8. A lone byte is a mark in %A0, but U+00A0 in \xa0, as in Python."""
    raw = bytes(int(byte[1], 16) for byte in _BYTE.finditer(match[0]))
    starts = (match.start() + byte.start() for byte in _BYTE.finditer(match[0]))
    is_percent = match.lastgroup == "percent"
    for character in raw.decode("utf-8", _LONE_BYTES):
        start, *_ = islice(starts, len(character.encode("utf-8", _LONE_BYTES)))
        is_alone = "\udc80" <= character <= "\udcff"
        alone = UNREADABLE_MARK if is_percent else chr(ord(character) & 0xFF)
        yield alone if is_alone else character, start


def _of_hex(digits: str) -> str:
    return _of_code(int(digits, 16))


def _of_code(code: int | str) -> str:
    return chr(int(code)) if int(code) in _CODE_POINTS else UNREADABLE_MARK


def _of_pair(pair: str) -> str:
    return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _of_couple(couple: str) -> str:
    return COUPLES["".join(part for part in couple if part in _PARTS)]


_PARTS: Final = {*"".join(COUPLES)}
_CHARACTERS: Final[Mapping[str, Callable[[str], str]]] = {
    **dict.fromkeys(("code", "hex", "unit", "escape", "long", "braced"), _of_hex),
    **dict.fromkeys(("cq", "decimal", "figures"), _of_code),
    **dict.fromkeys(("face", "qq", "dots"), lambda _: UNREADABLE_MARK),
    **dict.fromkeys(("comment", "control"), lambda _: _IGNORABLE),
    "kind": lambda kind: UNREADABLE_MARK if "face" in kind or kind == "emoji" else _IGNORABLE,
    "name": lambda name: _ENTITIES[name.lower()],
    "pair": _of_pair,
    "couple": _of_couple,
}
