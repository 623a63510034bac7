"""Header symbol and bytes <-> data symbols: big-endian base 1024.

Source: docs/format.md, "Symbols".

Shapes:
    header symbol  an int in [0, 1024)
    raw            24 to 48 bytes, the sealed body and the tag, as long as the header says
    data symbols   21 to 40 ints in [0, 1024), the header first; 0 to 8 spare bits at the end, all
                   zero
"""

from typing import Final

from passphrase.errors import PaddingError
from passphrase.layout import SYMBOL_BITS, TAG_BYTES, read_header

_MASK: Final = (1 << SYMBOL_BITS) - 1


def chunk(header_symbol: int, raw: bytes) -> tuple[int, ...]:
    """Cut header and bytes into data symbols. Inverse: `join`."""
    count = -(-8 * len(raw) // SYMBOL_BITS)
    padded = int.from_bytes(raw, "big") << SYMBOL_BITS * count - 8 * len(raw)
    shifts = range(SYMBOL_BITS * (count - 1), -1, -SYMBOL_BITS)
    return (header_symbol, *(padded >> shift & _MASK for shift in shifts))


def join(data_symbols: tuple[int, ...]) -> tuple[int, bytes]:
    """Put data symbols together to header symbol and bytes. Inverse: `chunk`.

    Raises:
        PaddingError: A spare bit is set; no passphrase is written that way.
    """
    header_symbol, *rest = data_symbols
    padded = 0
    for symbol in rest:
        padded = padded << SYMBOL_BITS | symbol
    length = read_header(header_symbol).body_bytes + TAG_BYTES
    spare_bits = SYMBOL_BITS * len(rest) - 8 * length
    if padded & ((1 << spare_bits) - 1):
        raise PaddingError
    return header_symbol, (padded >> spare_bits).to_bytes(length, "big")
