"""Build the tables of the JavaScript client, clients/js/tables.js, from those of the library.

    python tools/make_js_tables.py            write the file
    python tools/make_js_tables.py --check    exit with 1 if the file is out of date

Numbers, ranges and glyphs are copied and never computed anew, so that the two readers cannot drift
apart. clients/js/package.json is checked, not written: its version is the library's.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from generated import write_or_check

from passphrase import __version__
from passphrase.format.layout import FIXED_BYTES, ID_BYTES, PARITY_SYMBOLS, TAG_BYTES, VERSION
from passphrase.format.parity import FIELD_POLYNOMIAL, TARGET_REMAINDER
from passphrase.reading.characters import IGNORABLE_RANGES
from passphrase.reading.find import MAX_CHARS
from passphrase.reading.markup import COUPLES
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script

CLIENT: Final = Path(__file__).parents[1] / "clients" / "js"
TABLES: Final = CLIENT / "tables.js"
PACKAGE: Final = CLIENT / "package.json"
PER_LINE: Final = 8
GLYPHS_PER_LINE: Final = 32

Ranges = Iterable[tuple[int, int]]

HEAD: Final = """\
// The numbers, ranges and glyphs of format version 1: docs/format.md.
// Built by tools/make_js_tables.py from the tables of the Python library; not edited by hand.
//
// Shapes:
//   ranges   first, last, first, last, ... code points, inclusive and rising
//   couples  [code, parts...]: code points that stand for one, joined by U+200D
//   aliases  [code, glyphs] runs: the code point code + i is read as the glyph glyphs[i]
"""


def merged(ranges: Ranges) -> list[tuple[int, int]]:
    """Sort ranges and join those that touch."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def array(items: Iterable[str], indent: str) -> str:
    """Write items as an array of several lines."""
    listed = [*items]
    lines = (listed[at : at + PER_LINE] for at in range(0, len(listed), PER_LINE))
    inside = "".join(f"{indent}  {', '.join(line)},\n" for line in lines)
    return f"[\n{inside}{indent}]" if listed else "[]"


def ranges_array(ranges: Ranges, indent: str = "") -> str:
    """Write ranges as one flat array."""
    return array((f"0x{first:04x}, 0x{last:04x}" for first, last in merged(ranges)), indent)


def string(text: str) -> str:
    """Write glyphs as a string; none of them needs an escape."""
    return json.dumps(text, ensure_ascii=False)


def glyph_lines(glyphs: str) -> str:
    """Write a table of glyphs as one string over several lines."""
    lines = (glyphs[at : at + GLYPHS_PER_LINE] for at in range(0, len(glyphs), GLYPHS_PER_LINE))
    return " +\n".join(f"      {string(line)}" for line in lines)


def alias_runs(aliases: Mapping[int, str]) -> Iterator[str]:
    """Write what neighbouring code points are read as, one run an item."""
    first, glyphs = -1, ""
    for code in [*sorted(aliases), sys.maxunicode + 1]:
        if code == first + len(glyphs) and code in aliases:
            glyphs += aliases[code]
            continue
        if glyphs:
            yield f"[0x{first:04x}, {string(glyphs)}]"
        first, glyphs = code, aliases.get(code, "")


def script_object(script: Script) -> str:
    """Write one script."""
    aliases = {
        ord(char): script.glyphs[value]
        for char, value in script.values.items()
        if char not in script.glyphs
    }
    separators = ((ord(char), ord(char)) for char in script.separators)
    return f"""\
  {{
    name: {string(script.name)},
    glyphs:
{glyph_lines(script.glyphs)},
    glyphsPerSymbol: {script.glyphs_per_symbol},
    group: {script.group},
    separator: {string(script.separators[:1])},
    aliases: {array(alias_runs(aliases), "    ")},
    alsoIgnorable: {ranges_array(separators, "    ")},
  }},
"""


def couples() -> Iterator[str]:
    """Write each couple and the parts that stand for it as code points."""
    for parts, couple in COUPLES.items():
        yield f"[{', '.join(f'0x{ord(char):04x}' for char in couple + parts)}]"


def build() -> str:
    """Return the whole module."""
    scripts = "".join(script_object(load_script(name)) for name in SCRIPT_NAMES)
    return f"""{HEAD}
export const VERSION = {VERSION};
export const PARITY_SYMBOLS = {PARITY_SYMBOLS};
export const TAG_BYTES = {TAG_BYTES};
export const FIXED_BYTES = {FIXED_BYTES};
export const ID_BYTES = {json.dumps(ID_BYTES)};
export const FIELD_POLYNOMIAL = 0x{FIELD_POLYNOMIAL:x};
export const TARGET_REMAINDER = 0x{TARGET_REMAINDER:x};
export const MAX_CHARS = {MAX_CHARS};

export const COUPLES = {array(couples(), "")};

export const IGNORABLE_RANGES = {ranges_array(IGNORABLE_RANGES)};

export const SCRIPTS = [
{scripts}];
"""


def npm_version(version: str) -> str:
    """Write a version as npm does: 0.1.0.dev0 is 0.1.0-dev.0.

    Raises:
        ValueError: It is neither a release nor a development version.
    """
    match = re.fullmatch(r"(\d+\.\d+\.\d+)(?:\.(dev)(\d+))?", version)
    if not match:
        raise ValueError("npm knows no such version")
    release, word, number = match.groups()
    return f"{release}-{word}.{number}" if word else release


def main() -> int:
    """Write or check the tables, and check the version."""
    status = write_or_check(__doc__, {TABLES: build()})
    written = json.loads(PACKAGE.read_text(encoding="utf-8"))["version"]
    if written != npm_version(__version__):
        print(f"{PACKAGE.name} must have the version {npm_version(__version__)}", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
