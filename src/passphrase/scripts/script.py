"""Codeword <-> glyphs: one rule of spelling for every script.

Source: docs/format.md, "Scripts".

Shapes:
    codeword  24 to 43 ints in [0, 1024)
    values    one value for each glyph: as many in [0, 1024), or twice as many in [0, 32)
    spelling  one glyph for each value, and separators
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Final

from passphrase.format.layout import SYMBOL_BITS, SYMBOL_MASK
from passphrase.format.symbols import DIGIT_BITS, shifts


class Script:
    """A set of glyphs, and the rules for writing and reading them.

    Do not change one: codecs share it.

    Args:
        name: The name for users.
        glyphs: 1024 characters, one for each symbol, or 32, two for each symbol. The position of
            a glyph is its value.
        aliases: Other characters that are read as glyphs: alias -> glyph.
        group: Number of glyphs between separators; 0 writes no separators.
        separators: Characters that are ignored between glyphs. The first one is written.

    Attributes:
        name: As given.
        glyphs: As given.
        group: As given.
        separators: As given.
        glyph_bits: Bits that a glyph carries, 5 or 10.
        glyphs_per_symbol: 2 or 1.
        digits_per_glyph: Base-32 digits that a glyph carries, 1 or 2.
        values: The value of each glyph and of each alias.

    Raises:
        ValueError: The number of glyphs is wrong, or a glyph occurs twice: replace it. Or an alias
            is not a single character, or does not stand for a glyph: leave it out. Or a separator
            is a glyph: choose another. Or `group` is negative, or has no separators: add one.
    """

    def __init__(
        self,
        name: str,
        glyphs: str,
        *,
        aliases: Mapping[str, str] | None = None,
        group: int = 0,
        separators: str = "",
    ) -> None:
        if len(glyphs) not in {32, 1024} or len({*glyphs}) < len(glyphs):
            raise ValueError("glyphs must be 1024 different characters, or 32")
        strange = {*(aliases or {}).values()} - {*glyphs} | {*separators} & {*glyphs}
        is_long = any(len(alias) != 1 for alias in aliases or ())
        if strange or is_long or group < 0 or (group and not separators):
            raise ValueError(
                "aliases must be single characters for glyphs, separators must not be glyphs, and "
                "group needs separators"
            )
        self.name: Final = name
        self.glyphs: Final = glyphs
        self.separators: Final = separators
        self.group: Final = group
        self.glyph_bits: Final = len(glyphs).bit_length() - 1
        self.glyphs_per_symbol: Final = SYMBOL_BITS // self.glyph_bits
        digits = {glyph: digit for digit, glyph in enumerate(glyphs)}
        self.digits_per_glyph: Final = self.glyph_bits // DIGIT_BITS
        self.values: Final[Mapping[str, int]] = digits | {
            alias: digits[glyph] for alias, glyph in (aliases or {}).items()
        }

    def __repr__(self) -> str:
        return f"Script({self.name!r})"

    def split_glyphs(self, codeword: Sequence[int]) -> list[int]:
        """Return the values of the glyphs that spell a codeword. Inverse: `join_glyphs`."""
        if self.glyphs_per_symbol == 1:
            return [*codeword]
        mask = (1 << self.glyph_bits) - 1
        shifts_of_glyphs = range(SYMBOL_BITS - self.glyph_bits, -1, -self.glyph_bits)
        return [symbol >> shift & mask for symbol in codeword for shift in shifts_of_glyphs]

    def join_glyphs(self, values: Sequence[int]) -> tuple[int, ...]:
        """Combine values of glyphs into symbols. Inverse: `split_glyphs`.

        Half a symbol at the end is left out. A symbol is negative if one of its values is.
        """
        if self.glyphs_per_symbol == 1:
            return tuple(values)
        pairs = zip(values[::2], values[1::2], strict=False)
        return tuple(high << self.glyph_bits | low for high, low in pairs)

    def spell(self, number: int, size: int) -> str:
        """Write a codeword of `size` symbols in its canonical spelling.

        `passphrase.reading.find.scan` finds it again.
        """
        spellings = self._spellings
        spelling = "".join([spellings[number >> shift & SYMBOL_MASK] for shift in shifts(size)])
        if not self.group:
            return spelling
        groups = range(0, len(spelling), self.group)
        return self.separators[0].join([spelling[at : at + self.group] for at in groups])

    @cached_property
    def _spellings(self) -> tuple[str, ...]:
        """The spelling of each symbol."""
        if self.glyphs_per_symbol == 1:
            return tuple(self.glyphs)
        return tuple(map("".join, product(self.glyphs, repeat=self.glyphs_per_symbol)))
