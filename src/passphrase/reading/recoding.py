r"""A text that was decoded in a wrong encoding, or written in escapes -> the original text.

Source: docs/reading.md, "Say what happened". Only `explain` uses this; nothing is opened. The work
is bounded: a fixed number of encodings, for the head of the text.

Shapes:
    text  any str; only its first HEAD_CHARS characters are used
"""

import re
from collections.abc import Iterator
from typing import Final

HEAD_CHARS: Final = 1024
_SHOWN_GLYPHS_MIN: Final = 21  # a passphrase has more glyphs; most wrong guesses have none
_WRONG_ENCODINGS: Final = ("gbk", "gb18030", "latin-1", "cp437", "mac_roman")
_TRUE_ENCODINGS: Final = ("utf-8", "gb18030")
# Browsers decode cp1252 with Latin-1 for the bytes that cp1252 lacks; other programs write U+FFFD.
# These tables undo both; in the second, one of these bytes stands for all of them.
_CP1252: Final = {
    ord(character): byte
    for byte in range(0x80, 0xA0)
    for character in bytes([byte]).decode("cp1252", "ignore")
}
_CP1252_GUESSED: Final = _CP1252 | {0xFFFD: 0x8D}
_ESCAPES: Final = re.compile(r"(?:\\[0-3][0-7]{2})+|(?:=\r?\n|=[0-9A-F]{2})+")
_ESCAPE: Final = re.compile(r"\\([0-7]{3})|=([0-9A-F]{2})")


def decoded_rightly(text: str) -> Iterator[tuple[str, str]]:
    """Yield each wrong encoding in which a text may have been decoded, and the original text.

    Bytes that the wrong encoding has lost become marks.
    """
    head = text[:HEAD_CHARS]
    if head.isascii():
        return
    raws = [(wrong, head.encode(wrong, "replace")) for wrong in _WRONG_ENCODINGS]
    raws += [
        ("cp1252", head.translate(table).encode("latin-1", "replace"))
        for table in (_CP1252, _CP1252_GUESSED)
    ]
    for wrong, raw in raws:
        for true in _TRUE_ENCODINGS:
            plain = raw.decode(true, "replace")
            shown = sum(map("\u2000".__lt__, plain)) - plain.count("\ufffd")
            if true != wrong and shown >= _SHOWN_GLYPHS_MIN:
                yield wrong, plain


def unescaped(text: str) -> Iterator[str]:
    r"""Yield a text without escapes that a codec does not read: \360 (C, git) and =F0 (mail)."""
    head = text[:HEAD_CHARS]
    if _ESCAPES.search(head):
        yield _ESCAPES.sub(_meant, head)


def _meant(match: re.Match[str]) -> str:
    codes = (
        int(octal, 8) if octal else int(hexadecimal, 16)
        for octal, hexadecimal in _ESCAPE.findall(match[0])
    )
    return bytes(codes).decode("utf-8", "replace")
