"""The numbers of format version 1, for writing and for reading.

Source: docs/format.md, "Header", "Body" and "Sizes". This module imports no keys, models or glyphs,
so a client that only recognises loads little.

Shapes:
    header symbol  an int in [0, 1024), HEADER_FIELDS from high bits to low
    body           BODY_FIELDS from high bits to low, then the two ids, big-endian
"""

from typing import Final, NamedTuple

VERSION: Final = 1
SYMBOL_BITS: Final = 10
PARITY_SYMBOLS: Final = 3
TAG_BYTES: Final = 10

Fields = tuple[tuple[str, int], ...]  # (name, bits), from high bits to low

HEADER_FIELDS: Final[Fields] = (
    ("version", 3),
    ("key_id", 3),
    ("group_width", 2),
    ("inviter_width", 2),
)
BODY_FIELDS: Final[Fields] = (
    ("expiry", 25),
    ("origin", 3),
    ("mutual_follow", 1),
    ("approval", 1),
    ("single_use", 1),
    ("reserved", 1),
    ("generation", 8),
    ("variant", 8),
)
KEY_IDS: Final = range(8)
ID_BYTES: Final = (4, 8, 16)  # by width code; width code 3 is refused
FIXED_BYTES: Final = sum(bits for _, bits in BODY_FIELDS) // 8


class Header(NamedTuple):
    """The fields of the first symbol of a codeword."""

    version: int
    key_id: int
    group_width: int
    inviter_width: int

    @property
    def group_bytes(self) -> int:
        """Size of the group id in bytes."""
        return ID_BYTES[self.group_width]

    @property
    def inviter_bytes(self) -> int:
        """Size of the inviter id in bytes."""
        return ID_BYTES[self.inviter_width]

    @property
    def body_bytes(self) -> int:
        """Size of the body in bytes: the fixed fields and both ids."""
        return FIXED_BYTES + self.group_bytes + self.inviter_bytes


def field_shifts(fields: Fields) -> tuple[int, ...]:
    """Return the number of bits below each field, from high fields to low."""
    sizes = [bits for _, bits in fields]
    return tuple(sum(sizes[at + 1 :]) for at in range(len(sizes)))


def header_symbol(header: Header) -> int:
    """Return the symbol of a header. Inverse: `read_header`."""
    return HEADER_SYMBOLS[header]


def read_header(symbol: int) -> Header:
    """Return the header of a symbol, unchecked. Inverse: `header_symbol`."""
    fields = zip(field_shifts(HEADER_FIELDS), HEADER_FIELDS, strict=True)
    return Header(*(symbol >> shift & (1 << bits) - 1 for shift, (_, bits) in fields))


def _word_symbols(header: Header) -> int:
    if max(header.group_width, header.inviter_width) >= len(ID_BYTES):
        return 0
    bits = SYMBOL_BITS + 8 * (header.body_bytes + TAG_BYTES)
    return -(-bits // SYMBOL_BITS) + PARITY_SYMBOLS


# By header symbol: its header, and the number of symbols in its codeword; 0 for width code 3.
HEADERS: Final = tuple(map(read_header, range(1 << SYMBOL_BITS)))
HEADER_SYMBOLS: Final = {header: symbol for symbol, header in enumerate(HEADERS)}
WORD_SYMBOLS: Final = tuple(map(_word_symbols, HEADERS))
# The number of symbols in a codeword of this version, by header symbol.
SIZES: Final = {
    symbol: size
    for symbol, (header, size) in enumerate(zip(HEADERS, WORD_SYMBOLS, strict=True))
    if size and header.version == VERSION
}
RAW_BYTES: Final = {  # size of sealed body and tag, by the number of symbols in the codeword
    size: header.body_bytes + TAG_BYTES
    for header, size in zip(HEADERS, WORD_SYMBOLS, strict=True)
    if size
}
WORD_SIZES: Final = tuple(sorted({size for size in WORD_SYMBOLS if size}))
