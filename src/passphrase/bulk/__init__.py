"""Mint, read and attribute whole Arrow columns of passphrases (the extra `bulk`)."""
# pyarrow has no type stubs.
# pyright: reportUnknownVariableType=false

from passphrase.bulk.attribution import (
    add_up,
    attribute,
    branch,
    branch_issued,
    people,
    steps,
    uses,
)
from passphrase.bulk.columns import DECODED, ENCODED, FOUND, INVITE
from passphrase.bulk.logs import EVENTS, ISSUED, read_events, read_issued
from passphrase.bulk.processes import spread
from passphrase.bulk.table import (
    CachingCodec,
    Variants,
    decode_column,
    encode_table,
    find_column,
)

__all__ = [
    "DECODED",
    "ENCODED",
    "EVENTS",
    "FOUND",
    "INVITE",
    "ISSUED",
    "CachingCodec",
    "Variants",
    "add_up",
    "attribute",
    "branch",
    "branch_issued",
    "decode_column",
    "encode_table",
    "find_column",
    "people",
    "read_events",
    "read_issued",
    "spread",
    "steps",
    "uses",
]
