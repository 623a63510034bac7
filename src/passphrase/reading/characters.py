"""Ranges of characters that are ignored, that mark a lost glyph, or that are pictures.

Source: docs/format.md, "Reading". The ranges are frozen: a newer Unicode changes nothing.

Shapes:
    ranges  pairs of the first and the last code point
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final

# Ignored between two glyphs.
IGNORABLE_RANGES: Final = (
    (0x0009, 0x000D), (0x001C, 0x0020), (0x0085, 0x0085), (0x00A0, 0x00A0),  # spaces, breaks
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160),  # soft hyphen, joiners
    (0x1680, 0x1680), (0x17B4, 0x17B5), (0x180B, 0x180F),  # Ogham space, Khmer, Mongolian selectors
    (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F),  # spaces, zero width, line breaks, bidi
    (0x20E3, 0x20E3), (0x3000, 0x3000), (0x3164, 0x3164),  # keycap, ideographic space, filler
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB),  # selectors, BOM
    (0x1F3FB, 0x1F3FF), (0xE0000, 0xE0FFF),  # skin tones, tags and more selectors
    (0x002A, 0x002A), (0x003E, 0x003E), (0x005C, 0x005C), (0x005F, 0x0060),  # * > \ _ `
    (0x007C, 0x007C), (0x007E, 0x007E), (0xFF1E, 0xFF1E),  # | ~ and the wide >
)  # fmt: skip
# Each replaces a lost glyph: question marks, boxes, lone surrogates, private use.
MARK_RANGES: Final = (
    (0x003F, 0x003F), (0xFF1F, 0xFF1F), (0x25A1, 0x25A1), (0x25AF, 0x25AF), (0xFFFC, 0xFFFD),
    (0xD800, 0xDFFF), (0xE000, 0xF8FF),
)  # fmt: skip
# Pictures. One that is not in the table of the emoji script also marks a lost emoji.
PICTURE_RANGES: Final = (
    (0x2300, 0x23FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F000, 0x1F3FA), (0x1F400, 0x1FAFF)
)  # fmt: skip


def codes(*ranges: tuple[int, int]) -> Iterator[int]:
    """Yield all code points in ranges."""
    return chain.from_iterable(range(first, last + 1) for first, last in ranges)
