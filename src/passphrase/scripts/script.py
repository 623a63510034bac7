"""Codeword <-> glyphs: one rule of spelling for every script.

Source: docs/format.md, "Scripts".

Shapes:
    codeword  24 to 43 ints in [0, 1024)
    digits    as many, or twice as many in [0, 32)
    spelling  one glyph a digit
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Final

from passphrase.format.layout import SYMBOL_BITS
from passphrase.format.symbols import shifts

_MASK: Final = (1 << SYMBOL_BITS) - 1


class Script:
    """A repertoire of glyphs and the rules for writing and reading them. Immutable.

    Args:
        name: What users call it.
        glyphs: 1024 characters, one a symbol, or 32, two a symbol; the value is the position.
        aliases: Other characters that are read as a glyph.
        group: Glyphs that are written together between separators; 0 writes all in one.
        separators: Characters that may stand between glyphs; the first one is written.
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
            raise ValueError("a script has 1024 different glyphs, or 32")
        strange = {*(aliases or {}).values()} - {*glyphs} | {*separators} & {*glyphs}
        if strange or any(len(alias) != 1 for alias in aliases or ()) or (group and not separators):
            raise ValueError("a script has aliases of its glyphs, and separators between groups")
        self.name: Final = name
        self.glyphs: Final = glyphs
        self.separators: Final = separators
        self.group: Final = group
        self.glyph_bits: Final = len(glyphs).bit_length() - 1
        self.glyphs_per_symbol: Final = SYMBOL_BITS // self.glyph_bits
        digits = {glyph: digit for digit, glyph in enumerate(glyphs)}
        self.digits_per_glyph: Final = self.glyph_bits // 5
        self.digits: Final[Mapping[str, int]] = digits | {
            alias: digits[glyph] for alias, glyph in (aliases or {}).items()
        }

    def __repr__(self) -> str:
        return f"Script({self.name!r})"

    def values(self, codeword: Sequence[int]) -> list[int]:
        """Return the value of every glyph that spells a codeword. Inverse: `read`."""
        mask = (1 << self.glyph_bits) - 1
        shifts = range(SYMBOL_BITS - self.glyph_bits, -1, -self.glyph_bits)
        return [symbol >> shift & mask for symbol in codeword for shift in shifts]

    def read(self, values: Sequence[int]) -> tuple[int, ...]:
        """Put glyphs' values together to symbols. Inverse: `values`.

        A lone glyph at the end is left out; a symbol with a value below 0 in it is below 0.
        """
        if self.glyphs_per_symbol == 1:
            return tuple(values)
        pairs = zip(values[::2], values[1::2], strict=False)
        return tuple(high << self.glyph_bits | low for high, low in pairs)

    def spell_word(self, word: int, size: int) -> str:
        """Write a word of so many symbols in its one spelling."""
        spellings = self._spellings
        spelling = "".join([spellings[word >> shift & _MASK] for shift in shifts(size)])
        if not self.group:
            return spelling
        groups = range(0, len(spelling), self.group)
        return self.separators[0].join([spelling[at : at + self.group] for at in groups])

    @cached_property
    def _spellings(self) -> tuple[str, ...]:
        """Spell every symbol."""
        if self.glyphs_per_symbol == 1:
            return tuple(self.glyphs)
        return tuple(map("".join, product(self.glyphs, repeat=self.glyphs_per_symbol)))
