"""The bit tables: what is joined is split again, and the sizes are those of the format's page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passphrase.format.layout import (
    BODY_FIELDS,
    HEADER_FIELDS,
    WORD_SYMBOLS,
    Header,
    header_symbol,
    join_fields,
    read_header,
    split_fields,
)


@given(number=st.integers(0, 2**48 - 1))
def test_body_fields_tile_48_bits(number: int) -> None:
    """Every 48-bit number splits into fields that join to the same number."""
    assert join_fields(BODY_FIELDS, split_fields(BODY_FIELDS, number)) == number


def test_every_header_symbol_is_its_parts() -> None:
    """A header symbol is version*128 + key_id*16 + group_width*4 + inviter_width."""
    for symbol in range(1024):
        header = read_header(symbol)
        version, key_id, group_width, inviter_width = header
        assert header_symbol(header) == symbol
        assert symbol == version * 128 + key_id * 16 + group_width * 4 + inviter_width


@pytest.mark.parametrize(("name", "bits"), HEADER_FIELDS)
def test_a_value_too_large_for_its_field_is_refused(name: str, bits: int) -> None:
    fields = Header(1, 1, 0, 0)._asdict()
    with pytest.raises(ValueError, match=name):
        join_fields(HEADER_FIELDS, fields | {name: 1 << bits})
    with pytest.raises(ValueError, match=name):
        join_fields(HEADER_FIELDS, fields | {name: -1})


@pytest.mark.parametrize(
    ("group_width", "inviter_width", "symbols"),
    [
        *[(0, 0, 24), (0, 1, 27), (1, 0, 27), (1, 1, 30), (0, 2, 33), (2, 0, 33)],
        *[(1, 2, 36), (2, 1, 36), (2, 2, 43), (3, 0, 0), (0, 3, 0), (3, 3, 0), (2, 3, 0)],
    ],
)
def test_word_sizes(group_width: int, inviter_width: int, symbols: int) -> None:
    """The sizes of docs/format.md; a width that does not exist opens no codeword."""
    for version in range(8):
        header = Header(version, 5, group_width, inviter_width)
        assert WORD_SYMBOLS[header_symbol(header)] == symbols
