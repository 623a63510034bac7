r"""A text that was read in a wrong encoding, or is written in escapes -> what was meant.

For `explain` alone, which says what went wrong and does not read on. Work is bounded: the head of
the text, a fixed number of ways.

Shapes:
    text  any str; its first HEAD_CHARS characters count
"""

import re
from collections.abc import Iterator
from typing import Final

HEAD_CHARS: Final = 1024
_SHOWN_MIN: Final = 21  # fewer cannot be a passphrase, and most wrong guesses show 0
_WRONG_ENCODINGS: Final = ("gbk", "gb18030", "latin-1", "cp1252", "cp437", "mac_roman")
_TRUE_ENCODINGS: Final = ("utf-8", "gb18030")
# Browsers show a byte that cp1252 lacks as Latin-1 does: with these it is cp1252 all the same.
_CP1252: Final = {
    ord(character): byte
    for byte in range(0x80, 0xA0)
    for character in bytes([byte]).decode("cp1252", "ignore")
}
_ESCAPES: Final = re.compile(r"(?:\\[0-3][0-7]{2})+|(?:=\r?\n|=[0-9A-F]{2})+")
_ESCAPE: Final = re.compile(r"\\([0-7]{3})|=([0-9A-F]{2})")


def decoded_rightly(text: str) -> Iterator[tuple[str, str]]:
    """Yield each wrong encoding that a text may have been read in, and the text as it was meant.

    Bytes that the wrong encoding has lost are marks.
    """
    head = text[:HEAD_CHARS]
    if head.isascii():
        return
    for wrong in _WRONG_ENCODINGS:
        is_cp1252 = wrong == "cp1252"
        raw = (head.translate(_CP1252) if is_cp1252 else head).encode(
            "latin-1" if is_cp1252 else wrong, "replace"
        )
        for true in _TRUE_ENCODINGS:
            plain = raw.decode(true, "replace")
            shown = sum(map("\u2000".__lt__, plain)) - plain.count("\ufffd")
            if true != wrong and shown >= _SHOWN_MIN:
                yield wrong, plain


def unescaped(text: str) -> Iterator[str]:
    r"""Yield a text with escapes that no decoder takes: \360\237 of C and git, =F0=9F of mails."""
    head = text[:HEAD_CHARS]
    if _ESCAPES.search(head):
        yield _ESCAPES.sub(_meant, head)


def _meant(match: re.Match[str]) -> str:
    codes = (
        int(octal, 8) if octal else int(hexadecimal, 16)
        for octal, hexadecimal in _ESCAPE.findall(match[0])
    )
    return bytes(codes).decode("utf-8", "replace")
