"""Any name that a person gave a group or themselves -> a name that breaks no popup and no message.

Names are the freest text that there is: they come with line breaks, invisible and bidirectional
characters, markup, passphrases. Nothing here refuses one; a name of nothing else becomes empty.

Shapes:
    name  any str
"""

import re
import unicodedata
from functools import cache
from typing import Final

from passphrase.fold import IGNORABLE_RANGES, PICTURE_RANGES
from passphrase.layout import PARITY_SYMBOLS, WORD_SIZES
from passphrase.scripts import load_script

POPUP_NAME_CHARS_MAX: Final = 64
# Fewer characters than the smallest codeword has after every repair: a name cannot be read as one.
NAME_CHARS_MAX: Final = WORD_SIZES[0] - PARITY_SYMBOLS - 1
ELLIPSIS: Final = "…"
_PICTURE_JOINERS: Final = "\u200d\ufe0f"  # unseen, but they make one picture of several characters
_BLANK: Final = "\u2800"  # a Braille pattern without a dot
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
# Written wide, these look the same and no chat app makes markup or a face of them.
_WIDE: Final = str.maketrans(
    "<>[]【】「」“”&%/\\*`|~_@#", "〈〉［］［］『』‘’＆％／＼＊｀｜～＿＠＃"
)
_BOXES: Final = re.compile("[\u25a1\u25af\ufffc\ufffd]")
_VIRAMA: Final = 9  # canonical combining class of what joins two Indic letters
# Spacing letters that belong to the one before them, and signs that belong to the one behind.
_TRAILING: Final = re.compile("[\u0e33\u0eb3\uff9e\uff9f\u1160-\u11ff\ud7b0-\ud7fb]")
_LEADING: Final = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u1100-\u115f\ua960-\ua97c"
    "\U000110bd\U000110cd\U000111c2\U000111c3\U0001193f\U00011941\U00011a84-\U00011a89"
    "\U00011d46\U00011f02]"
)

_SKIN_TONES: Final = (0x1F3FB, 0x1F3FF)  # a reader skips them, and a person sees them
# Parts of one picture: in a popup's name, pictures stay.
_MODIFIERS: Final = re.compile("[\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff]")


def one_line(name: str) -> str:
    """Make a name that stands on one line and shows all there is to it, as a popup needs it."""
    seen = " ".join("".join(map(_seen, name)).split())
    return _cut(seen, POPUP_NAME_CHARS_MAX) if seen.strip(_PICTURE_JOINERS + " ") else ""


def harmless(name: str) -> str:
    """Make a name that can stand in a message beside a passphrase, whatever chat apps do to it.

    Pictures go, since the passphrase must be the only row of them. Hanzi and letters stay, although
    they are glyphs of other scripts: the name is cut, where a grapheme ends, to so few characters
    that it cannot be taken for a passphrase.
    """
    letters = _BOXES.sub("", _pictures().sub("", " ".join("".join(map(_seen, name)).split())))
    line = " ".join(letters.translate(_WIDE).split()).strip(" .")
    line = re.sub(r"\.{2,}", ".", line)
    line = re.sub(r"\.(?=[A-Za-z])", "．", line)  # so that it is no address of a site
    return _cut(line, NAME_CHARS_MAX)


def _seen(character: str) -> str:
    """Return what is seen of a character: itself, a space, or nothing."""
    if character.isspace():
        return " "
    return "" if is_unseen(character) and character not in _PICTURE_JOINERS else character


def is_unseen(character: str) -> bool:
    """Tell whether a character is not ASCII and shows nothing, a control character, or no text."""
    return unicodedata.category(character) in _INVISIBLE or bool(_unseen().match(character))


@cache
def _unseen() -> re.Pattern[str]:
    """Match what a reader of passphrases skips although it is not ASCII, and a blank."""
    skipped = {bounds for bounds in IGNORABLE_RANGES if not chr(bounds[0]).isascii()}
    return re.compile(f"[{_BLANK}{character_class(*skipped - {_SKIN_TONES})}]")


@cache
def _pictures() -> re.Pattern[str]:
    """Match what is, or looks like, a part of a row of pictures, and what joins them."""
    glyphs = "".join(map(re.escape, load_script("emoji").digits))
    pictures = character_class(*PICTURE_RANGES, _SKIN_TONES)
    return re.compile(f"[{glyphs}{_PICTURE_JOINERS}{pictures}]")


def character_class(*ranges: tuple[int, int]) -> str:
    """Write ranges of code points as a regular expression does, without its brackets."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _cut(line: str, chars_max: int) -> str:
    """Shorten a line where a grapheme ends, so that nobody sees half a letter."""
    if len(line) <= chars_max:
        return line
    end = chars_max - len(ELLIPSIS)
    while end and _joins(line[end - 1], line[end]):
        end -= 1
    return line[:end].rstrip() + ELLIPSIS if end else ""


def _joins(before: str, after: str) -> bool:
    """Tell whether two characters may belong to one grapheme (UAX 29); rather too often."""
    return (
        unicodedata.category(after)[0] == "M"
        or unicodedata.combining(before) == _VIRAMA
        or bool(_TRAILING.match(after) or _LEADING.match(before))
        or before in _PICTURE_JOINERS
        or after in _PICTURE_JOINERS
        or bool(_MODIFIERS.match(after))
    )
