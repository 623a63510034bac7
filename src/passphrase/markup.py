"""What chat apps write instead of a character -> the character, and where it stood.

Source: docs/format.md, "Markup". Web clients of WeChat put tags or bracketed codes for emoji, bot
frameworks codes of their own, browsers entities and percent-encoding; a UTF-16 reader leaves pairs
of surrogates. Each is found by one pattern in which no repetition can overlap another: linear.

Shapes:
    text    any str
    bounds  one int a character of the unwrapped text and one more: where it began in the text
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

UNREADABLE_MARK: Final = "\ufffd"
_IGNORABLE: Final = " "
_MARKUP: Final = re.compile(
    r"<(?P<tag>/?(?:a|b|br|div|em|font|i|img|li|p|span|strong|u|wbr)\b[ -;=?-~]{0,300})>"
    r"|\[(?:emoji(?P<code>[0-9A-Fa-f]{4,6})|CQ:emoji,id=(?P<cq>[0-9]{1,7})|(?P<face>[^][\r\n]{1,20}))\]"
    r"|&(?:amp;)*(?:#(?P<decimal>[0-9]{1,7})|#[xX](?P<hex>[0-9A-Fa-f]{1,6})|(?P<name>amp|lt|gt|quot|nbsp));"
    r"|(?P<percent>(?:%[0-389A-Fa-f][0-9A-Fa-f])+)"  # %4 to %7 may be the head of a passphrase
    r"|(?P<pair>[\ud800-\udbff][\udc00-\udfff])"
    r"|(?P<dots>\.\.)"
)
_DOTS: Final = ".."
_HINT: Final = re.compile("[<[&%\ud800-\udbff]")  # every other markup begins with one
_BARE_TAG: Final = re.compile(r"/?[a-z]+ ?/?")
_TAG_EMOJI: Final = re.compile(r"emoji([0-9A-Fa-f]{4,6})")
_BYTES: Final = "surrogateescape"  # a byte that is no UTF-8 becomes a lone surrogate, so a mark
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "nbsp": " "}
_CODE_POINTS: Final = range(0x110000)


class Unwrapped(NamedTuple):
    """A text without its markup.

    Attributes:
        text: As many characters as it means.
        bounds: Where each began in the pasted text, and where the last ended.
    """

    text: str
    bounds: Sequence[int]


def unwrap(text: str) -> Unwrapped:
    """Put a character for each markup that stands for one, and a mark for what is a face."""
    if _DOTS not in text and not _HINT.search(text):
        return Unwrapped(text, range(len(text) + 1))
    pieces: list[str] = []
    bounds: list[int] = []
    done = 0
    for match in _MARKUP.finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        bounds.extend(range(done, start))
        for character, at in _characters(match):
            pieces.append(character)
            bounds.append(at)
        done = end
    if not pieces:
        return Unwrapped(text, range(len(text) + 1))
    pieces.append(text[done:])
    bounds.extend(range(done, len(text) + 1))
    return Unwrapped("".join(pieces), bounds)


def _characters(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Yield what one markup stands for, and where each character of it begins."""
    start = match.start()
    kind, inside = match.lastgroup, match[match.lastgroup or 0]
    if kind == "percent":
        at = start
        for character in unquote_to_bytes(inside).decode("utf-8", _BYTES):
            yield character, at
            at += len("%HH") * len(character.encode("utf-8", _BYTES))
    elif kind == "tag" and "=" not in inside and not _BARE_TAG.fullmatch(inside):
        yield from ((character, start + at) for at, character in enumerate(match[0]))
    elif kind == "tag":
        code = _TAG_EMOJI.search(inside)
        opens_face = "emoji" in inside and not inside.startswith("/")
        face = UNREADABLE_MARK if opens_face else _IGNORABLE
        yield _character(int(code[1], 16)) if code else face, start
    elif kind in {"code", "hex"}:
        yield _character(int(inside, 16)), start
    elif kind in {"cq", "decimal"}:
        yield _character(int(inside)), start
    elif kind == "name":
        yield _ENTITIES[inside], start
    elif kind == "pair":
        yield inside.encode("utf-16-le", "surrogatepass").decode("utf-16-le"), start
    else:  # a face in brackets, or the two dots that an old client writes for what it cannot show
        yield UNREADABLE_MARK, start


def _character(code: int) -> str:
    return chr(code) if code in _CODE_POINTS else UNREADABLE_MARK
