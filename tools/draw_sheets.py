"""Draw a glyph table as a picture sheet, docs/img/emoji.png or docs/img/hanzi.png.

    python tools/draw_sheets.py emoji
    python tools/draw_sheets.py hanzi

Needs Pillow and, from Debian, fonts-noto-color-emoji and fonts-noto-cjk.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from passphrase.scripts import load_script

FONTS: Final = Path("/usr/share/fonts")
FACES: Final = {  # file, index of the face in it, size in pixels
    "emoji": (
        FONTS / "truetype/noto/NotoColorEmoji.ttf",
        0,
        109,
    ),  # its bitmaps have this size only
    "hanzi": (FONTS / "opentype/noto/NotoSansCJK-Regular.ttc", 2, 96),
}
IMAGES: Final = Path(__file__).parents[1] / "docs" / "img"
COLUMNS: Final = 32
CELL_PIXELS: Final = 34
GLYPH_PIXELS: Final = 28
MARGIN_PIXELS: Final = 48
COLOURS: Final = 128


def draw(name: str) -> Image.Image:
    """Return the sheet of a table, the index of the first glyph before each row."""
    path, index, size = FACES[name]
    font = ImageFont.truetype(path, size, index=index)
    glyphs = load_script(name).glyphs
    rows = -(-len(glyphs) // COLUMNS)
    sheet = Image.new("RGB", (MARGIN_PIXELS + COLUMNS * CELL_PIXELS, rows * CELL_PIXELS), "white")
    pen = ImageDraw.Draw(sheet)
    for place, glyph in enumerate(glyphs):
        tile = Image.new("RGBA", (136, 136), (255, 255, 255, 0))
        ImageDraw.Draw(tile).text((68, 68), glyph, "black", font, "mm", embedded_color=True)
        tile = tile.resize((GLYPH_PIXELS, GLYPH_PIXELS), Image.Resampling.LANCZOS)
        row, column = divmod(place, COLUMNS)
        left, top = MARGIN_PIXELS + column * CELL_PIXELS, row * CELL_PIXELS
        sheet.paste(tile, (left + 3, top + 3), tile)
        if column == 0:
            pen.text((6, top + 10), str(place), "gray")
    return sheet.quantize(COLOURS)


def main() -> int:
    """Draw one sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=sorted(FACES))
    name: str = parser.parse_args().table
    IMAGES.mkdir(parents=True, exist_ok=True)
    draw(name).save(IMAGES / f"{name}.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
