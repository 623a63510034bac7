"""The name of a group or a person -> a name that is safe in a popup or a message.

Source: docs/admission.md, "Names"; docs/sharing.md, "Names".
Names can contain line breaks, invisible and bidirectional characters, markup and passphrases. No
name is refused: characters are removed or replaced, and a name that loses all of them is empty.

Shapes:
    name  any str
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final

from passphrase.format.layout import CODEWORD_SIZES, PARITY_SYMBOLS
from passphrase.reading.characters import IGNORABLE_RANGES, PICTURE_RANGES
from passphrase.scripts import load_script

POPUP_NAME_CHARS_MAX: Final = 64
# Shorter than the smallest codeword with all its lost glyphs, so a name cannot be read as one.
NAME_CHARS_MAX: Final = CODEWORD_SIZES[0] - PARITY_SYMBOLS - 1
ELLIPSIS: Final = "…"
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
# Blank, although Unicode classes them as visible: from Braille, music, hieroglyphs and more.
_BLANKS: Final = "\u2800\U0001bc9d\U0001d159\U00013441\U00013442\U00016fe4"
# Noncharacters, and reserved code points that are ignored in display.
_NOT_TEXT: Final = (
    (0xFDD0, 0xFDEF), (0xFFF0, 0xFFF8),
    *((plane + 0xFFFE, plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)),
)  # fmt: skip
# Quotation marks and characters that look like one. Popups and messages quote names with them.
_QUOTES: Final = dict.fromkeys(
    map(ord, '"“”„‟«»‹›‘’‚‛「」『』〝〞〟﹁﹂﹃﹄＂＇｢｣⹂❛❜❝❞❟❠❮❯🙶🙷🙸″‶〃ʺˮ˝⌈⌉⌊⌋⌜⌝⌞⌟⸢⸣⸤⸥'), "'"
)
# Full-width forms look the same, and chat apps do not turn them into markup or faces.
_WIDE: Final = str.maketrans("<>[]【】&%/\\*`|~_@#", "〈〉［］［］＆％／＼＊｀｜～＿＠＃")
# Dots in domain names by UTS 46, and compatibility forms of a dot.
DOTS: Final = ".․﹒．"
IDEOGRAPHIC_DOTS: Final = "。｡︒"
LETTER: Final = r"(?:[^\W\d_]|[Ⓐ-ⓩ])"
NUMBERS: Final = rf"\d{{1,10}}(?:[{DOTS}{IDEOGRAPHIC_DOTS}]\d{{1,10}}){{3,}}"  # not 3.14
_DOT: Final = re.compile(f"[{DOTS}{IDEOGRAPHIC_DOTS}]")
_ADDRESS: Final = re.compile(rf"(?<!\s){_DOT.pattern}(?={LETTER})|{NUMBERS}")
_BOXES: Final = re.compile("[\u25a1\u25af\ufffc\ufffd]")
_VIRAMA: Final = 9  # canonical combining class of the signs that join two Indic letters
# Spacing characters that belong to the character before them, and those that belong to the next.
_TRAILING: Final = re.compile("[\u0e33\u0eb3\uff9e\uff9f\u1160-\u11ff\ud7b0-\ud7fb]")
_LEADING: Final = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u1100-\u115f\ua960-\ua97c"
    "\U000110bd\U000110cd\U000111c2\U000111c3\U0001193f\U00011941\U00011a84-\U00011a89"
    "\U00011d46\U00011f02]"
)

_SKIN_TONES: Final = (0x1F3FB, 0x1F3FF)  # a passphrase reader skips them, but they are visible
# Skin tones and flag letters, which belong to the picture before them.
_MODIFIERS: Final = re.compile("[\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff]")
_JOINERS: Final = "\u200c\u200d\ufe0f"  # invisible, but they change how their neighbours are drawn
_PICTURES: Final = "©®‼⁉™ℹ↔-↙↩↪Ⓜ▪▫▶◀◻-◾⤴⤵〰〽㊗㊙"  # in addition to PICTURE_RANGES
# Emoji_Presentation of Unicode 17, with reserved code points. Other pictures are text: ★ ✓ ❶.
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
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN", ""})  # "" where Python's Unicode is too old


def one_line(name: str) -> str:
    """Make a name that stands on one line and shows all there is to it, as a popup needs it.

    A quotation mark becomes an apostrophe, so that a name cannot end the quotation it stands in.
    """
    return _cut(_line(name, _shown), POPUP_NAME_CHARS_MAX)


def harmless(name: str) -> str:
    """Make a name that is safe in a message next to a passphrase.

    Emoji are removed, because the passphrase must be the only row of them. Hanzi and letters stay,
    although other scripts use them: the name is too short to be read as a passphrase. It is cut
    where a grapheme ends.
    """
    letters = _BOXES.sub("", _line(name, _sent)).translate(_WIDE)
    line = re.sub(r"\.{2,}", ".", " ".join(letters.split()).strip(" ."))
    line = _ADDRESS.sub(lambda address: _DOT.sub("·", address[0]), line)
    return _cut(line, NAME_CHARS_MAX)


def isolated(name: str) -> str:
    """Put a name with right-to-left characters between FSI and PDI (UAX 9), and no other name."""
    runs_left = any(_direction(each) in _RIGHT_TO_LEFT for each in name)
    return f"\u2068{name}\u2069" if runs_left else name


def _line(name: str, kept: Callable[[re.Match[str]], str]) -> str:
    """Write a name on one line: `kept` of each part, quotation marks as apostrophes."""
    return " ".join(_parts().sub(kept, name).translate(_QUOTES).split())


@cache
def _parts() -> re.Pattern[str]:
    """Match a picture with everything joined to it, or any other character."""
    picture = f"[{_PICTURES}{character_class(*PICTURE_RANGES)}]"
    picture += f"[\ufe0f{character_class(_SKIN_TONES)}]?"
    return re.compile(f"{picture}(?:\u200d{picture})*|.", re.DOTALL)


def _shown(part: re.Match[str]) -> str:
    """Return a part of a name as a popup shows it: unchanged, a space, or empty."""
    return part[0] if len(part[0]) > 1 or _is_needed(part) else _seen(part[0])


def _sent(part: re.Match[str]) -> str:
    """Return a matched part of a name for a message: empty if it is an emoji or invisible."""
    return "" if len(part[0]) > 1 or _emoji().match(part[0]) else _seen(part[0])


def _is_needed(part: re.Match[str]) -> bool:
    """Return whether a part is a joiner that changes how its neighbours look (RFC 5892, A.1)."""
    start, end = part.span()
    before, after = part.string[max(0, start - 1) : start], part.string[end : end + 1]
    if part[0] not in "\u200c\u200d":
        return False
    if _VIRAMA in map(unicodedata.combining, before + after):
        return True
    is_divided = after.isalpha() and bool(_JOINING.match(before))
    return part[0] == "\u200c" and is_divided and _direction(before) == _direction(after)


def _seen(character: str) -> str:
    """Return a visible character unchanged, white space as a space, anything else as empty."""
    if character.isspace():
        return " "
    return "" if is_unseen(character) else character


def is_unseen(character: str) -> bool:
    """Return whether a character is a control character, or shows nothing and is not ASCII."""
    return unicodedata.category(character) in _INVISIBLE or bool(_unseen().match(character))


@cache
def _unseen() -> re.Pattern[str]:
    """Match a blank, or a character outside ASCII that a passphrase reader skips."""
    skipped = {bounds for bounds in IGNORABLE_RANGES if not chr(bounds[0]).isascii()}
    unseen = character_class(*skipped - {_SKIN_TONES}, *_NOT_TEXT)
    return re.compile(f"[{_BLANKS}{unseen}]")


@cache
def _emoji() -> re.Pattern[str]:
    """Match an emoji, or a glyph of the emoji script."""
    return re.compile(f"[{_EMOJI}{''.join(map(re.escape, load_script('emoji').values))}]")


def character_class(*ranges: tuple[int, int]) -> str:
    """Write ranges of code points for a regular expression, without the square brackets."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _cut(line: str, chars_max: int) -> str:
    """Shorten a line, but only where a grapheme ends."""
    if len(line) <= chars_max:
        return line
    end = chars_max - len(ELLIPSIS)
    while end and _joins(line[end - 1], line[end]):
        end -= 1
    return line[:end].rstrip() + ELLIPSIS if end else ""


def _joins(before: str, after: str) -> bool:
    """Return whether two characters could belong to one grapheme (UAX 29).

    Some pairs that never form one grapheme also give True.
    """
    return (
        unicodedata.category(after)[0] == "M"
        or unicodedata.combining(before) == _VIRAMA
        or bool(_TRAILING.match(after) or _LEADING.match(before))
        or before in _JOINERS
        or after in _JOINERS
        or bool(_MODIFIERS.match(after))
    )
