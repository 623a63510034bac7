"""The bit tables: joining and splitting are inverse, and the sizes are those of docs/format.md."""

import pytest

from passphrase.format.layout import (
    BODY_FIELDS,
    CODEWORD_SYMBOLS,
    GENERATIONS,
    HEADER_SYMBOLS,
    KEY_IDS,
    VARIANTS,
    Header,
    field_shifts,
    read_header,
)
from passphrase.invite import EXPIRY_MINUTES_MAX, Invite


def test_body_fields_tile_48_bits() -> None:
    """Each field begins where the one after it ends, and the last one ends with the last bit."""
    assert sum(bits for _, bits in BODY_FIELDS) == 48
    ends = field_shifts(BODY_FIELDS)
    begins = [shift + bits for shift, (_, bits) in zip(ends, BODY_FIELDS, strict=True)]
    assert [*begins, 0] == [48, *ends]


def test_ranges_follow_from_the_fields() -> None:
    """Each field holds what `Invite`, which does not import the layout, allows."""
    limits = Invite.model_json_schema()["properties"]
    assert range(limits["generation"]["maximum"] + 1) == range(GENERATIONS) == range(256)
    assert range(limits["variant"]["maximum"] + 1) == range(VARIANTS) == range(256)
    assert EXPIRY_MINUTES_MAX == (1 << dict(BODY_FIELDS)["expiry"]) - 1 == 2**25 - 1
    assert range(8) == KEY_IDS


def test_every_header_symbol_is_its_parts() -> None:
    """A header symbol is version*128 + key_id*16 + group_width*4 + inviter_width."""
    for symbol in range(1024):
        header = read_header(symbol)
        version, key_id, group_width, inviter_width = header
        assert HEADER_SYMBOLS[header] == symbol
        assert symbol == version * 128 + key_id * 16 + group_width * 4 + inviter_width


@pytest.mark.parametrize(
    ("group_width", "inviter_width", "symbols"),
    [
        *[(0, 0, 24), (0, 1, 27), (1, 0, 27), (1, 1, 30), (0, 2, 33), (2, 0, 33)],
        *[(1, 2, 36), (2, 1, 36), (2, 2, 43), (3, 0, 0), (0, 3, 0), (3, 3, 0), (2, 3, 0)],
    ],
)
def test_word_sizes(group_width: int, inviter_width: int, symbols: int) -> None:
    """The sizes of docs/format.md; width code 3 has no codeword."""
    for version in range(8):
        header = Header(version, 5, group_width, inviter_width)
        assert CODEWORD_SYMBOLS[HEADER_SYMBOLS[header]] == symbols
