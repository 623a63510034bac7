"""Build the emoji table, src/passphrase/scripts/emoji_table.py, from data of the package `emoji`.

    python tools/make_emoji_table.py            write the table
    python tools/make_emoji_table.py --check    exit with 1 if the file is out of date

The table is every emoji that passes the rules below and was not excluded by hand, by Emoji version
and then by code point. It is frozen, so --check only proves its origin. It needs the version of the
data with which the table was built: emoji 2.16.0.
"""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import emoji
from generated import write_or_check

TABLE: Final = Path(__file__).parents[1] / "src" / "passphrase" / "scripts" / "emoji_table.py"
GLYPHS: Final = 1024
LINE_GLYPHS: Final = 32
NEWEST_VERSION: Final = 15
FORMS: Final[tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...]] = ("NFC", "NFD", "NFKC", "NFKD")
CLOCK_FACES: Final = range(0x1F550, 0x1F568)

# Not acceptable in a family group, each judged by eye on a sheet of Noto Color Emoji.
EXCLUDED: Final = {
    "letters in a square": "🆎🆑🆒🆓🆔🆕🆖🆗🆘🆙🆚",
    "made of words, letters or numbers": "🏧💯🔙🔚🔛🔜🔝🔞🔟🔠🔡🔢🔣🔤🀄🚾",
    "flags": "🎌🏁🏴🚩",
    "religion": "⛪📿🔯🕋🕌🕍🕎🛐🛕🪬🪯",
    "weapons and war": "💣🔪🔫🪓🪖",
    "drugs, blood, illness and medicine": "💉💊🚬🩸🏥🚑😷🤒🤕🩹🩺🩻🩼🦠",
    "death": "🪦",
    "rude, or rude as slang": "🍆🍑💩🖕🤬🤮🤢👎👅💦🏩🤡🫦🫵",
    "underwear and bare skin": "👙👯🩱🩲🫃🫄",
    "sad": "😭😢😿💔🥀😞😔😥😩😫😖🫥",
    "angry": "😡😠👿😾💢",
    "frightening": "💀👹👺🧟🧌",
    "politics": "🗾🗽🪧",
    "gambling": "🎰",
    "vermin": "🪳",
}


def known() -> Iterator[str]:
    """Yield every single code point that shows as an emoji without a selector."""
    for glyph, facts in emoji.EMOJI_DATA.items():
        if len(glyph) == 1 and facts["status"] == emoji.STATUS["fully_qualified"]:
            yield glyph


def version(glyph: str) -> float:
    """Return the Emoji version that brought a glyph."""
    return float(emoji.EMOJI_DATA[glyph]["E"])


def is_stable(glyph: str) -> bool:
    """Return whether all Unicode normal forms leave a glyph unchanged."""
    return all(unicodedata.normalize(form, glyph) == glyph for form in FORMS)


def passes(glyph: str) -> bool:
    """Return whether a glyph passes the rules that need no human judgement."""
    return is_stable(glyph) and ord(glyph) not in CLOCK_FACES and version(glyph) <= NEWEST_VERSION


def build() -> str:
    """Return the table as a module."""
    excluded = "".join(EXCLUDED.values())
    glyphs = [glyph for glyph in known() if passes(glyph) and glyph not in excluded]
    if len(glyphs) != GLYPHS:
        msg = f"{len(glyphs)} emoji pass, not {GLYPHS}"
        raise SystemExit(msg)
    glyphs.sort(key=lambda glyph: (version(glyph), glyph))
    lines = ("".join(glyphs[at : at + LINE_GLYPHS]) for at in range(0, GLYPHS, LINE_GLYPHS))
    return (
        '"""The glyphs of the emoji script, in order, built by tools/make_emoji_table.py."""\n\n'
        "from typing import Final\n\nGLYPHS: Final = (\n"
        + "".join(f'    "{line}"\n' for line in lines)
        + ")\n"
    )


def main() -> int:
    """Write or check the table."""
    return write_or_check(__doc__, {TABLE: build()})


if __name__ == "__main__":
    sys.exit(main())
