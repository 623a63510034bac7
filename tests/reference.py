"""The calculations of docs/format.md, done slowly, symbol by symbol: an oracle for the library.

The library keeps a codeword as one number and looks parity up byte by byte. These are its oracles,
and what tests build words with.
"""

from collections.abc import Iterable, Sequence

from shamir_mnemonic import rs1024

from passphrase import Invite
from passphrase.format import seal as numbers
from passphrase.format.cipher import DerivedKeys
from passphrase.format.layout import HEADERS, TAG_BYTES, Header, read_header
from passphrase.format.parity import TARGET_REMAINDER
from passphrase.format.symbols import merge
from passphrase.format.wire import join_body, numbers_of
from passphrase.scripts import load_script
from passphrase.scripts.script import Script


def pack(invite: Invite, key_id: int) -> tuple[Header, bytes]:
    """Return the header of an invite, and its body as bytes."""
    symbol, body = join_body(numbers_of(invite), key_id)
    return HEADERS[symbol], body.to_bytes(HEADERS[symbol].body_bytes, "big")


def seal(keys: DerivedKeys, header_symbol: int, body: bytes) -> bytes:
    """Seal a body of the size that the header names, and append the tag."""
    sealed = numbers.seal(keys, header_symbol, int.from_bytes(body, "big"))
    return sealed.to_bytes(len(body) + TAG_BYTES, "big")


def chunk(header_symbol: int, raw: bytes) -> tuple[int, ...]:
    """Cut header and bytes into data symbols. Inverse: `join`."""
    count = -(-8 * len(raw) // 10)
    padded = int.from_bytes(raw, "big") << 10 * count - 8 * len(raw)
    return (header_symbol, *(padded >> 10 * at & 1023 for at in reversed(range(count))))


def join(data_symbols: tuple[int, ...]) -> tuple[int, bytes, int]:
    """Put data symbols together to header symbol, bytes and spare bits. Inverse: `chunk`."""
    header_symbol, *rest = data_symbols
    padded = 0
    for symbol in rest:
        padded = padded << 10 | symbol
    length = read_header(header_symbol).body_bytes + TAG_BYTES
    spare = 10 * len(rest) - 8 * length
    return header_symbol, (padded >> spare).to_bytes(length, "big"), padded & (1 << spare) - 1


def remainder(symbols: Iterable[int]) -> int:
    """Return the remainder of 1, symbols... modulo the generator, as SLIP-0039's own code does."""
    return int(rs1024._polymod(tuple(symbols)))


def protect(data_symbols: tuple[int, ...]) -> tuple[int, ...]:
    """Append the parity symbols that make a codeword of data symbols."""
    parity = remainder((*data_symbols, 0, 0, 0)) ^ TARGET_REMAINDER
    return (*data_symbols, parity >> 20, parity >> 10 & 1023, parity & 1023)


def is_sound(codeword: tuple[int, ...]) -> bool:
    """Tell whether the parity of a codeword holds."""
    return remainder(codeword) == TARGET_REMAINDER


def spell(codeword: Sequence[int], script: str | Script = "emoji") -> str:
    """Write a codeword in its one spelling."""
    chosen = load_script(script) if isinstance(script, str) else script
    return chosen.spell(merge(codeword), len(codeword))
