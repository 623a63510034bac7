"""Packing: bytes become symbols in one way, and spare bits must be zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passphrase.errors import PaddingError
from passphrase.layout import TAG_BYTES, WORD_SYMBOLS, read_header
from passphrase.symbols import chunk, join

headers = st.sampled_from([symbol for symbol in range(1024) if WORD_SYMBOLS[symbol]])


@given(symbol=headers, entropy=st.binary(min_size=48, max_size=48))
def test_round_trip(symbol: int, entropy: bytes) -> None:
    """As many symbols as the header says, the header first, and the bytes come back."""
    raw = entropy[: read_header(symbol).body_bytes + TAG_BYTES]
    data_symbols = chunk(symbol, raw)
    assert len(data_symbols) == WORD_SYMBOLS[symbol] - 3
    assert join(data_symbols) == (symbol, raw)


@given(symbol=headers, rest=st.lists(st.integers(0, 1023), min_size=39, max_size=39))
def test_one_spelling_per_codeword(symbol: int, rest: list[int]) -> None:
    """Symbols are refused, or are the only ones that spell their bytes."""
    data_symbols = (symbol, *rest[: WORD_SYMBOLS[symbol] - 4])
    try:
        header_symbol, raw = join(data_symbols)
    except PaddingError:
        return
    assert chunk(header_symbol, raw) == data_symbols


@pytest.mark.parametrize(
    ("symbol", "spare_bits"),
    [(128, 8), (129, 6), (132, 6), (133, 4), (130, 2), (136, 2), (134, 0), (137, 0), (138, 6)],
)
def test_each_spare_bit_must_be_zero(symbol: int, spare_bits: int) -> None:
    """The sizes of docs/format.md: how many bits are spare for each pair of widths."""
    data_symbols = chunk(symbol, bytes(read_header(symbol).body_bytes + TAG_BYTES))
    for bit in range(10):
        changed = (*data_symbols[:-1], 1 << bit)
        if bit < spare_bits:
            with pytest.raises(PaddingError):
                join(changed)
        else:
            assert chunk(*join(changed)) == changed


def test_bits_run_from_high_to_low() -> None:
    """The first byte fills the high eight bits of the second symbol."""
    data_symbols = chunk(128, b"\xff\x00\x01" + bytes(21))
    assert data_symbols[:4] == (128, 0b1111111100, 0b0000000000, 0b0001000000)
