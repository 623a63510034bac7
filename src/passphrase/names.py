"""Any name that a person gave a group or themselves -> a name that breaks no popup and no message.

Names are the freest text that there is: they come with line breaks, invisible and bidirectional
characters, markup, passphrases. Nothing here refuses one; a name of nothing else becomes empty.

Shapes:
    name  any str
"""

import unicodedata
from typing import Final

from passphrase.fold import IGNORABLE_RANGES, MARK_RANGES, PICTURE_RANGES
from passphrase.layout import PARITY_SYMBOLS, WORD_SIZES
from passphrase.scripts import load_script

# Fewer characters than the smallest codeword has after every repair: a name cannot be read as one.
NAME_CHARS_MAX: Final = WORD_SIZES[0] - PARITY_SYMBOLS - 1
ELLIPSIS: Final = "…"
_ZERO_WIDTH_JOINER: Final = "\u200d"  # which makes one picture of several
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
_SPACES: Final = frozenset({"Zs", "Zl", "Zp"})
# Written wide, these look the same and no chat app makes markup, a face or a link of them.
_WIDE: Final = str.maketrans("<>[]【】&%/\\*`|~_", "〈〉［］［］＆％／＼＊｀｜～＿")
_JAMO: Final = range(0x1100, 0x1200)  # letters that join to one Korean syllable


def one_line(name: str) -> str:
    """Make a name that stands on one line and shows all there is to it, as a popup needs it."""
    kept = (
        " " if character.isspace() or unicodedata.category(character) in _SPACES else character
        for character in name
        if character.isspace()
        or character == _ZERO_WIDTH_JOINER
        or unicodedata.category(character) not in _INVISIBLE
    )
    return " ".join("".join(kept).split())


def harmless(name: str) -> str:
    """Make a name that can stand in a message beside a passphrase, whatever chat apps do to it.

    Pictures go, since the passphrase must be the only row of them. Hanzi and letters stay, although
    they are glyphs of other scripts: the name is cut, where a grapheme ends, to so few characters
    that it cannot be taken for a passphrase.
    """
    letters = "".join(character for character in name if not _is_picture(character))
    line = one_line(letters).translate(_WIDE).strip(" .")
    while ".." in line:
        line = line.replace("..", ".")
    if len(line) <= NAME_CHARS_MAX:
        return line
    end = NAME_CHARS_MAX - len(ELLIPSIS)
    while end and _joins(line[end - 1], line[end]):
        end -= 1
    return line[:end].rstrip() + ELLIPSIS if end else ""


def _is_picture(character: str) -> bool:
    """Tell whether a character is, or looks like, part of a row of pictures."""
    if character.isspace() or character.isascii() or character == "？":
        return False
    ranges = (*PICTURE_RANGES, *MARK_RANGES, *IGNORABLE_RANGES)
    code = ord(character)
    return character in load_script("emoji").digits or any(a <= code <= b for a, b in ranges)


def _joins(before: str, after: str) -> bool:
    """Tell whether two characters may belong to one grapheme; too often rather than too seldom."""
    return unicodedata.category(after)[0] == "M" or (
        ord(before) in _JAMO or ord(after) in _JAMO or unicodedata.combining(after) > 0
    )
