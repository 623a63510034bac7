"""The numbers of format version 1, for writing and for reading.

Source: docs/format.md, "Header", "Body" and "Sizes". This module imports no keys, models or glyphs,
so a client that only recognises loads little.

Shapes:
    header symbol  an int in [0, 1024), HEADER_FIELDS from high bits to low
    body           BODY_FIELDS from high bits to low, then the two ids, big-endian
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["Header"]

VERSION: Final = 1
SYMBOL_BITS: Final = 10
SYMBOL_MASK: Final = (1 << SYMBOL_BITS) - 1
PARITY_SYMBOLS: Final = 3
TAG_BYTES: Final = 10
FINGERPRINT: Final = f"[0-7]-[0-9a-f]{{{2 * TAG_BYTES}}}"  # key id and tag, as a pattern

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
KEY_IDS: Final = range(1 << dict(HEADER_FIELDS)["key_id"])
GENERATIONS: Final = 1 << dict(BODY_FIELDS)["generation"]  # resets are counted modulo this
VARIANTS: Final = 1 << dict(BODY_FIELDS)["variant"]  # of one invite, each with its own passphrase
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


def read_header(symbol: int) -> Header:
    """Return the header of a symbol, unchecked. Inverse: `HEADER_SYMBOLS`."""
    fields = zip(field_shifts(HEADER_FIELDS), HEADER_FIELDS, strict=True)
    return Header(*(symbol >> shift & (1 << bits) - 1 for shift, (_, bits) in fields))


def _body_bytes(header: Header) -> int:
    is_known = max(header.group_width, header.inviter_width) < len(ID_BYTES)
    return header.body_bytes if is_known else 0


def _codeword_symbols(body_bytes: int) -> int:
    bits = SYMBOL_BITS + 8 * (body_bytes + TAG_BYTES)
    return -(-bits // SYMBOL_BITS) + PARITY_SYMBOLS if body_bytes else 0


# By header symbol: its header, the size of its body, and the number of symbols in its codeword; 0
# for width code 3.
HEADERS: Final = tuple(map(read_header, range(1 << SYMBOL_BITS)))
HEADER_SYMBOLS: Final[Mapping[tuple[int, int, int, int], int]] = {
    header: symbol for symbol, header in enumerate(HEADERS)
}
BODY_BYTES: Final = tuple(map(_body_bytes, HEADERS))
CODEWORD_SYMBOLS: Final = tuple(map(_codeword_symbols, BODY_BYTES))
# The number of symbols in a codeword of this version, by header symbol.
SIZES_BY_HEADER: Final = {
    symbol: size
    for symbol, (header, size) in enumerate(zip(HEADERS, CODEWORD_SYMBOLS, strict=True))
    if size and header.version == VERSION
}
RAW_BYTES: Final = {  # size of sealed body and tag, by the number of symbols in the codeword
    size: header.body_bytes + TAG_BYTES
    for header, size in zip(HEADERS, CODEWORD_SYMBOLS, strict=True)
    if size
}
CODEWORD_SIZES: Final = tuple(sorted({size for size in CODEWORD_SYMBOLS if size}))
