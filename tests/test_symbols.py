"""Packing: bytes have one spelling in symbols, and padding bits must be zero."""

import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from support import symbols

from passphrase.errors import PaddingError
from passphrase.format.layout import CODEWORD_SYMBOLS, RAW_BYTES
from passphrase.format.symbols import chunk, is_padded, merge, split, unchunk

headers = st.sampled_from([symbol for symbol in range(1024) if CODEWORD_SYMBOLS[symbol]])


@given(symbol=headers, entropy=st.binary(min_size=48, max_size=48))
def test_round_trip(symbol: int, entropy: bytes) -> None:
    """As many symbols as the header says, the header first, and the bytes come back."""
    size = CODEWORD_SYMBOLS[symbol]
    raw = entropy[: RAW_BYTES[size]]
    number = int.from_bytes(raw, "big")
    data = chunk(symbol, number)
    assert split(data, size - 3) == reference.chunk(symbol, raw)
    assert is_padded(data << 30, size)
    assert unchunk(data, size) == number


@given(symbol=headers, rest=st.lists(symbols, min_size=42, max_size=42))
def test_one_spelling_per_codeword(symbol: int, rest: list[int]) -> None:
    """A codeword is refused, or is the only one for its bytes."""
    size = CODEWORD_SYMBOLS[symbol]
    codeword = (symbol, *rest[: size - 1])
    word = merge(codeword)
    read_symbol, joined, spare = reference.join(codeword[:-3])
    raw = int.from_bytes(joined, "big")
    assert is_padded(word, size) == (spare == 0) == (chunk(symbol, raw) == word >> 30)
    try:
        assert (read_symbol, raw) == (symbol, unchunk(word >> 30, size))
    except PaddingError:
        assert spare


@given(codeword=st.lists(symbols, min_size=1, max_size=60).map(tuple))
def test_a_number_is_its_symbols(codeword: tuple[int, ...]) -> None:
    """Merging and splitting lose nothing, leading zeros neither."""
    assert split(merge(codeword), len(codeword)) == codeword


@pytest.mark.parametrize(
    ("symbol", "spare_bits"),
    [(128, 8), (129, 6), (132, 6), (133, 4), (130, 2), (136, 2), (134, 0), (137, 0), (138, 6)],
)
def test_each_spare_bit_must_be_zero(symbol: int, spare_bits: int) -> None:
    """The numbers of padding bits in docs/format.md, for each pair of widths."""
    size = CODEWORD_SYMBOLS[symbol]
    word = chunk(symbol, 0) << 30
    for bit in range(30):
        assert is_padded(word | 1 << bit, size)
    for bit in range(10):
        changed = word | 1 << 30 + bit
        assert is_padded(changed, size) == (bit >= spare_bits)
        if bit < spare_bits:
            with pytest.raises(PaddingError):
                unchunk(changed >> 30, size)
        else:
            assert chunk(symbol, unchunk(changed >> 30, size)) << 30 == changed


def test_bits_run_from_high_to_low() -> None:
    """The first byte fills the high eight bits of the second symbol."""
    data = split(chunk(128, 0xFF0001 << 8 * 21), 21)
    assert data[:4] == (128, 0b1111111100, 0b0000000000, 0b0001000000)
