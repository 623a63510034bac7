"""Mint and read whole Arrow columns of passphrases (the extra `bulk`)."""
# pyarrow has no type stubs.
# pyright: reportUnknownVariableType=false

from passphrase.bulk.columns import DECODED, ENCODED, FOUND, INVITE
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
    "FOUND",
    "INVITE",
    "CachingCodec",
    "Variants",
    "decode_column",
    "encode_table",
    "find_column",
    "spread",
]
