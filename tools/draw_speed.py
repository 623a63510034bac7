"""Draw docs/img/speed.svg out of benchmarks/speed.json, which benchmarks/speed.py has written.

    python benchmarks/speed.py --json benchmarks/speed.json
    python tools/draw_speed.py                      draw it
    python tools/draw_speed.py --check              exit with 1 if it is out of date

The same file makes the same picture, to the byte.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

ROOT: Final = Path(__file__).parents[1]
MEASURED: Final = ROOT / "benchmarks" / "speed.json"
PICTURE: Final = ROOT / "docs" / "img" / "speed.svg"
HEADINGS: Final = {
    "encode": "Encode an invite",
    "decode, bare": "Decode the bare passphrase or token",
    "decode, message": "Decode a message of 400 characters (the peers' bare tokens above)",
}
LEFT: Final = 250
UNIT: Final = 110  # pixels for the time of the fastest peer
LINE: Final = 22
WIDTH: Final = 760
LONGEST: Final = 4.0
OURS: Final = "#c2410c"
THEIRS: Final = "#64748b"


def _bars(rows: list[dict[str, Any]], top: int) -> Iterator[str]:
    for at, row in enumerate(rows):
        y = top + at * LINE
        name = row["who"].replace("*", "").replace("`", "")
        color = OURS if row["who"].startswith("**") else THEIRS
        length, low, high = (UNIT * min(row[key], LONGEST) for key in ("ratio", "low", "high"))
        middle = y + LINE / 2 - 2
        yield f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{LINE - 5}" fill="{color}"/>'
        yield (
            f'<path d="M{LEFT + low:.1f} {middle:.1f}H{LEFT + high:.1f}" stroke="#0f172a" '
            'stroke-width="1.5"/>'
        )
        label = f"{row['ratio']:.2f}"
        yield f'<text x="{LEFT + max(length, high) + 6:.1f}" y="{y + 13}">{label}</text>'


def picture(measured: dict[str, Any]) -> str:
    """Write the picture."""
    body: list[str] = []
    top = 40
    for what, heading in HEADINGS.items():
        rows = [row for row in measured["rows"] if row["what"] == what]
        body.append(f'<text x="16" y="{top}" font-weight="bold">{escape(heading)}</text>')
        body += _bars(rows, top + 10)
        top += 10 + LINE * len(rows) + 30
    one = LEFT + UNIT
    body.append(f'<path d="M{one} 46V{top - 30}" stroke="#0f172a" stroke-dasharray="3 3"/>')
    body.append(f'<text x="{one}" y="{top - 12}" text-anchor="middle">the fastest peer</text>')
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" '
            f'width="{WIDTH}" height="{top}" font-family="sans-serif" font-size="13">',
            "<title>Time as a multiple of the fastest peer's, less is better</title>",
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
            *body,
            "</svg>\n",
        ]
    )


def main() -> int:
    """Draw, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of drawing")
    check = parser.parse_args().check
    drawn = picture(json.loads(MEASURED.read_text(encoding="utf-8")))
    if check:
        return int(PICTURE.read_text(encoding="utf-8") != drawn)
    PICTURE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
