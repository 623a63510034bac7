"""Any name that a person gave a group or themselves -> a name that breaks no popup and no message.

Names are the freest text that there is: they come with line breaks, invisible and bidirectional
characters, markup, passphrases. Nothing here refuses one; a name of nothing else becomes empty.

Shapes:
    name  any str
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final

from passphrase.format.layout import PARITY_SYMBOLS, WORD_SIZES
from passphrase.reading.characters import IGNORABLE_RANGES, PICTURE_RANGES
from passphrase.scripts import load_script

POPUP_NAME_CHARS_MAX: Final = 64
# Fewer characters than the smallest codeword has after every repair: a name cannot be read as one.
NAME_CHARS_MAX: Final = WORD_SIZES[0] - PARITY_SYMBOLS - 1
ELLIPSIS: Final = "…"
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
# Drawn without ink, though Unicode counts them as visible: of Braille, music, hieroglyphs and more.
_BLANKS: Final = "\u2800\U0001bc9d\U0001d159\U00013441\U00013442\U00016fe4"
# Never assigned, or shown as nothing until they are.
_NOT_TEXT: Final = (
    (0xFDD0, 0xFDEF), (0xFFF0, 0xFFF8),
    *((plane + 0xFFFE, plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)),
)  # fmt: skip
# Quotation marks, and what looks like one. A popup and a message set names off with them.
_QUOTES: Final = dict.fromkeys(
    map(ord, '"“”„‟«»‹›‘’‚‛「」『』〝〞〟﹁﹂﹃﹄＂＇｢｣⹂❛❜❝❞❟❠❮❯🙶🙷🙸″‶〃ʺˮ˝⌈⌉⌊⌋⌜⌝⌞⌟⸢⸣⸤⸥'), "'"
)
# Written wide, these look the same and no chat app makes markup or a face of them.
_WIDE: Final = str.maketrans("<>[]【】&%/\\*`|~_@#", "〈〉［］［］＆％／＼＊｀｜～＿＠＃")
# What domain names (UTS 46) and compatibility forms take for a dot.
DOTS: Final = ".․﹒．"
IDEOGRAPHIC_DOTS: Final = "。｡︒"
LETTER: Final = r"(?:[^\W\d_]|[Ⓐ-ⓩ])"
NUMBERS: Final = rf"\d{{1,10}}(?:[{DOTS}{IDEOGRAPHIC_DOTS}]\d{{1,10}}){{3,}}"  # not 3.14
_DOT: Final = re.compile(f"[{DOTS}{IDEOGRAPHIC_DOTS}]")
_ADDRESS: Final = re.compile(rf"(?<!\s){_DOT.pattern}(?={LETTER})|{NUMBERS}")
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
_JOINERS: Final = "\u200c\u200d\ufe0f"  # unseen, but they change how their neighbours are drawn
_PICTURES: Final = "©®‼⁉™ℹ↔-↙↩↪Ⓜ▪▫▶◀◻-◾⤴⤵〰〽㊗㊙"  # besides those of a reader
# Emoji_Presentation, Unicode 17, and what is reserved for more. Other pictures are text: ★ ✓ ❶.
_EMOJI: Final = (
    "⌚⌛⏩-⏬⏰⏳◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓-❕❗➕-➗➰➿⬛⬜⭐⭕🀄🃏🆎"
    "🆑-🆚🇦-🇿🈁🈚🈯🈲-🈶🈸-🈺🉐🉑🌀-🌠🌭-🌵🌷-🍼🍾-🎓🎠-🏊🏏-🏓🏠-🏰🏴🏸-🐾👀👂-📼📿-🔽🕋-🕎🕐-🕧🕺"
    "🖕🖖🖤🗻-🙏🚀-🛅🛌🛐-🛒🛕-🛟🛫-\U0001f6ef🛴-\U0001f6ff🟠-🟰🤌-🤺🤼-🥅🥇-🧿🩰-\U0001faff"
)
# Joining_Type D of Arabic, Syriac, N'Ko and Mongolian: only after these does ZWNJ show.
_JOINING: Final = re.compile(
    "[\u0620\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687"
    "\u069a-\u06bf\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff\u0712-\u0714\u071a-\u071d"
    "\u071f-\u0727\u0729\u072b\u072d\u072e\u0750-\u0758\u075c-\u076a\u076d-\u0770\u0772"
    "\u0775-\u0777\u077a-\u077f\u07ca-\u07ea\u1820-\u1878]"
)
_direction: Final = unicodedata.bidirectional
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN", ""})  # the last is of what Python does not know


def one_line(name: str) -> str:
    """Make a name that stands on one line and shows all there is to it, as a popup needs it.

    A quotation mark becomes an apostrophe, so that a name cannot end the quotation it stands in.
    """
    return _cut(_line(name, _shown), POPUP_NAME_CHARS_MAX)


def harmless(name: str) -> str:
    """Make a name that can stand in a message beside a passphrase, whatever chat apps do to it.

    Emoji go, since the passphrase must be the only row of them. Hanzi and letters stay, although
    they are glyphs of other scripts: the name is cut, where a grapheme ends, to so few characters
    that it cannot be taken for a passphrase.
    """
    letters = _BOXES.sub("", _line(name, _sent)).translate(_WIDE)
    line = re.sub(r"\.{2,}", ".", " ".join(letters.split()).strip(" ."))
    line = _ADDRESS.sub(lambda address: _DOT.sub("·", address[0]), line)
    return _cut(line, NAME_CHARS_MAX)


def isolated(name: str) -> str:
    """Put a name that runs from right to left, or may, between FSI and PDI (UAX 9)."""
    runs_left = any(_direction(each) in _RIGHT_TO_LEFT for each in name)
    return f"\u2068{name}\u2069" if runs_left else name


def _line(name: str, kept: Callable[[re.Match[str]], str]) -> str:
    """Write what is kept of each part of a name on one line, without quotation marks."""
    return " ".join(_parts().sub(kept, name).translate(_QUOTES).split())


@cache
def _parts() -> re.Pattern[str]:
    """Match a picture with all that is joined to it, or any other character."""
    picture = f"[{_PICTURES}{character_class(*PICTURE_RANGES)}]"
    picture += f"[\ufe0f{character_class(_SKIN_TONES)}]?"
    return re.compile(f"{picture}(?:\u200d{picture})*|.", re.DOTALL)


def _shown(part: re.Match[str]) -> str:
    """Return what a popup shows of a part of a name: itself, a space, or nothing."""
    return part[0] if len(part[0]) > 1 or _is_needed(part) else _seen(part[0])


def _sent(part: re.Match[str]) -> str:
    """Return what a message carries of a part of a name: no emoji, and nothing unseen."""
    return "" if len(part[0]) > 1 or _emoji().match(part[0]) else _seen(part[0])


def _is_needed(part: re.Match[str]) -> bool:
    """Tell whether a part is a joiner that its neighbours need to look right (RFC 5892, A.1)."""
    start, end = part.span()
    before, after = part.string[max(0, start - 1) : start], part.string[end : end + 1]
    if part[0] not in "\u200c\u200d":
        return False
    if _VIRAMA in map(unicodedata.combining, before + after):
        return True
    is_divided = after.isalpha() and bool(_JOINING.match(before))
    return part[0] == "\u200c" and is_divided and _direction(before) == _direction(after)


def _seen(character: str) -> str:
    """Return what is seen of a character: itself, a space, or nothing."""
    if character.isspace():
        return " "
    return "" if is_unseen(character) else character


def is_unseen(character: str) -> bool:
    """Tell whether a character is not ASCII and shows nothing, a control character, or no text."""
    return unicodedata.category(character) in _INVISIBLE or bool(_unseen().match(character))


@cache
def _unseen() -> re.Pattern[str]:
    """Match what a reader of passphrases skips although it is not ASCII, and a blank."""
    skipped = {bounds for bounds in IGNORABLE_RANGES if not chr(bounds[0]).isascii()}
    unseen = character_class(*skipped - {_SKIN_TONES}, *_NOT_TEXT)
    return re.compile(f"[{_BLANKS}{unseen}]")


@cache
def _emoji() -> re.Pattern[str]:
    """Match a glyph of the emoji script, or what is an emoji by itself."""
    return re.compile(f"[{_EMOJI}{''.join(map(re.escape, load_script('emoji').digits))}]")


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
        or before in _JOINERS
        or after in _JOINERS
        or bool(_MODIFIERS.match(after))
    )
