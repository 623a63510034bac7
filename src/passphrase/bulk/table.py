"""Columns <-> columns: invites minted for a campaign, and a log of pasted texts read back.

One row in, one row out, in the same order, and what stands in a row is what `Codec` and `scan` say
of that row alone. A bad row is never an exception: its `error` says why it was refused. A text that
repeats is read once in each column, which is what makes a log quick to read. pyarrow is the extra
`bulk`; nothing else in this package needs it.

Shapes:
    texts    n strings or nulls: an Arrow array, or any sequence, whose other values are refused
    table    n rows; ENCODED, DECODED and FOUND are the columns that the functions add or make
    evidence the attributes of the refusal, by name; it repeats nothing of a text, a key or a tag
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import pyarrow as pa
from pydantic import ValidationError

from passphrase.bulk.columns import (
    DECODED,
    ENCODED,
    FOUND,
    INVITE,
    Record,
    Texts,
    distinct,
    table_of,
    values,
)
from passphrase.codec import LEVELS, VARIANTS, Codec, Decoded, Level
from passphrase.errors import PassphraseError, without_trace
from passphrase.format.wire import pack
from passphrase.invite import Invite, Origin, parse_id
from passphrase.reading.find import scan

REQUIRED: Final = ("group_id", "inviter_id", "expires_at", "origin")
COLUMNS: Final = (*INVITE.names, "script")  # what `encode_table` reads

_MOST: Final = {**dict.fromkeys(COLUMNS, 1), **dict.fromkeys(ENCODED.names, 0)}  # of each name
CACHED_CHARS_MAX: Final = 1 << 9
NO_VARIANT: Final = "used_up"  # stands for the variant of a row for which none is left
_ERRORS: Final[Mapping[object, str]] = {("variant", NO_VARIANT): "variants_used_up"}
_HASH_BYTES: Final = 3  # of an invite: one of 2^24 counters
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


class CachingCodec:
    """A codec with a cache of the texts that it read last, for texts that repeat between columns.

    Args:
        codec: The codec that reads.
        texts_max: How many texts the cache holds, at some kilobytes each. A text of more than
            CACHED_CHARS_MAX characters is not cached.
    """

    def __init__(self, codec: Codec, texts_max: int = 1 << 14) -> None:
        self._codec: Final = codec
        self._cached: Final = lru_cache(texts_max)(self._read)

    @without_trace
    def decode(self, text: str, *, repair: Level = "standard") -> Decoded:
        """Read the one passphrase out of a text, as `Codec.decode` does."""
        if len(text) > CACHED_CHARS_MAX:
            return self._codec.decode(text, repair=repair)
        read = self._cached(text, repair)
        if isinstance(read, PassphraseError):
            raise copy(read)
        return read

    def _read(self, text: str, repair: Level) -> Decoded | PassphraseError:
        try:
            return self._codec.decode(text, repair=repair)
        except PassphraseError as error:
            return copy(error)  # without the frames of all callers, and what they hold


def decode_column(
    codec: Codec | CachingCodec, texts: Texts, *, repair: Level = "standard"
) -> pa.Table:
    """Read the one passphrase of each text, as `Codec.decode` does. Inverse: `encode_table`.

    Args:
        codec: The keys; a `CachingCodec` where columns share texts.
        texts: n strings; any other value is refused with the error "null" or "not_text".
        repair: As in `Codec.decode`.

    Returns:
        DECODED, n rows. Either `error` is null, or it is the code of the refusal and the rest is
        null but for the evidence.

    Raises:
        TypeError: It is an Arrow array of something else than text.
        ValueError: There is no such level of repair.
    """
    if repair not in LEVELS:
        msg = f"repair must be one of {', '.join(LEVELS)}"
        raise ValueError(msg)
    return _read_each(texts, DECODED, lambda text: _opened(codec.decode(text, repair=repair)))


def find_column(texts: Texts) -> pa.Table:
    """Find the undamaged passphrases of each text without a key: signatures are NOT checked.

    Returns:
        FOUND, n rows: a list of candidates, or the error that `scan` would report.

    Raises:
        TypeError: It is an Arrow array of something else than text.
    """
    return _read_each(texts, FOUND, _found)


class Variants:
    """Gives equal single-use rows different variants, in one table after another.

    Equal invites are one passphrase, and the second of two friends would find it used up. The n-th
    of equal rows gets variant n - 1, so that the same tables make the same passphrases again. Rows
    for many people are left alone: there the same passphrase for each is what is wanted.

    It takes 32 MiB for any number of rows. Rows are counted by a hash, and different rows that
    share a hash count on from each other, which takes variants from both.

    Attributes:
        given: How many rows were given a variant.
        clashes: How many name a variant that an equal row before them has, or may have.
    """

    def __init__(self) -> None:
        self._next: Final = memoryview(bytearray(2 << 8 * _HASH_BYTES)).cast("H")
        self.given = 0
        self.clashes = 0

    def fill(self, table: pa.Table) -> pa.Table:
        """Return a table with a variant, as text, in each single-use row that names none.

        A row that names one keeps it, and equal rows after it count on from there. The 257th of
        equal rows gets NO_VARIANT, which `encode_table` refuses.

        Raises:
            ValueError: As `encode_table`.
        """
        variants = pa.array([self._variant(row) for row in _rows(table)], pa.string())
        if "variant" not in table.column_names:
            return table.append_column("variant", variants)
        return table.set_column(table.column_names.index("variant"), "variant", variants)

    def _variant(self, row: Mapping[str, object]) -> str | None:
        """Return what stands in the column of a row, or is to stand there."""
        named = row.get("variant")
        shown = None if named is None else str(named)
        try:
            invite, _ = _read_row(row)
        except _RowError:
            return shown
        if not invite.single_use:
            return shown
        header, body = pack(invite.model_copy(update={"variant": 0}), 0)
        at = int.from_bytes(blake2b(bytes(header) + body, digest_size=_HASH_BYTES).digest())
        used = self._next[at]
        if shown:
            self._next[at] = max(used, invite.variant + 1)
            self.clashes += invite.variant < used
            return shown
        if used == VARIANTS:
            return NO_VARIANT
        self._next[at] = used + 1
        self.given += 1
        return str(used)


def encode_table(codec: Codec, table: pa.Table) -> pa.Table:
    """Mint the passphrase of each row, as `Codec.encode` does. Inverse: `decode_column`.

    Equal rows make the same passphrase, as equal invites do; see `Variants`.

    Args:
        codec: The keys, and the script where a row names none.
        table: n rows with REQUIRED and any others of COLUMNS, the types of INVITE or text as in a
            CSV file: decimal or UUID ids, ISO 8601 with a zone, true or false. Integer ids will do.
            Where an optional column is null or empty, the default stands. Others are passed on.

    Returns:
        The same with ENCODED added: the text, or as its error "missing_" or "invalid_" and the
        column, or "variants_used_up".

    Raises:
        ValueError: A required column is missing, or one is called as those that are to be added.
    """
    minted = table_of(ENCODED, [_minted(codec, row) for row in _rows(table)])
    for name in ENCODED.names:
        table = table.append_column(name, minted[name])
    return table


def _rows(table: pa.Table) -> Iterator[Mapping[str, object]]:
    """Read what a table says of its invites, row by row.

    Raises:
        ValueError: A required column is missing, or one is called as those that are to be added.
    """
    names = table.column_names
    if missing := [name for name in REQUIRED if name not in names]:
        msg = f"the table has no column {', '.join(missing)}"
        raise ValueError(msg)
    if surplus := [name for name, most in _MOST.items() if names.count(name) > most]:
        msg = f"the table already has a column {', '.join(surplus)}, or has it twice"
        raise ValueError(msg)
    present = [name for name in COLUMNS if name in names]
    columns = [values(table[name]) for name in present]
    return (dict(zip(present, row, strict=True)) for row in zip(*columns, strict=True))


def _read_each(texts: Texts, schema: pa.Schema, read: Callable[[str], Record]) -> pa.Table:
    """Read each different text once and put what was read wherever it stands."""
    different, places = distinct(texts)
    rows = [_row(schema, read, text) for text in different]
    return table_of(schema, rows).take(places)


def _row(schema: pa.Schema, read: Callable[[str], Record], text: object) -> Record:
    """Make one row: what was read, or nothing and the reason."""
    nothing = (None,) * (len(schema) - 2)
    if not isinstance(text, str):
        return (*nothing, "null" if text is None else "not_text", None)
    try:
        return (*read(text), None, None)
    except PassphraseError as error:
        return (*nothing, error.code, vars(error))


def _opened(decoded: Decoded) -> Record:
    """Lay out what was read, in the order of DECODED."""
    invite = decoded.invite
    return (
        str(invite.group_id),
        str(invite.inviter_id),
        invite.expires_at,
        str(invite.origin),
        invite.mutual_follow,
        invite.approval,
        invite.single_use,
        invite.generation,
        invite.variant,
        decoded.text,
        decoded.script,
        decoded.span,
        [asdict(repair) for repair in decoded.repairs],
        decoded.key_id,
        decoded.fingerprint,
    )


def _found(text: str) -> Record:
    """Lay out what was found, in the order of FOUND."""
    contents = scan(text)
    if not contents.candidates:
        raise contents.refusal
    return (
        [
            {
                "text": candidate.text,
                "script": candidate.script,
                "span": candidate.span,
                "version": candidate.header.version,
                "key_id": candidate.header.key_id,
            }
            for candidate in contents.candidates
        ],
    )


def _minted(codec: Codec, row: Mapping[str, object]) -> Record:
    """Lay out what was minted, in the order of ENCODED."""
    try:
        invite, script = _read_row(row)
    except _RowError as error:
        return None, str(error)
    try:
        return codec.encode(invite, script=script), None
    except ValueError:  # a sound invite is refused for its script alone
        return None, "invalid_script"


class _RowError(Exception):
    """A row describes no invite; the message is the error that its result says."""


def _read_row(row: Mapping[str, object]) -> tuple[Invite, str | None]:
    """Read the invite that a row describes, and the script.

    Raises:
        _RowError: The first column that is missing or invalid.
    """
    fields: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or value == "":
            if name in REQUIRED:
                raise _RowError(f"missing_{name}")
            continue
        try:
            fields[name] = _READ[name](value) if isinstance(value, str) else value
        except (ValueError, KeyError):
            raise _RowError(_ERRORS.get((name, value), f"invalid_{name}")) from None
    script = fields.pop("script", None)
    try:
        return Invite(**fields), script
    except ValidationError as error:
        raise _RowError(f"invalid_{error.errors()[0]['loc'][0]}") from None


def _read_byte(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError
    return int(text)


def _read_flag(text: str) -> bool:
    return _FLAGS[text.lower()]


_READ: Final[Mapping[str, Callable[[str], object]]] = {
    "group_id": parse_id,
    "inviter_id": parse_id,
    "expires_at": datetime.fromisoformat,
    "origin": Origin,
    "mutual_follow": _read_flag,
    "approval": _read_flag,
    "single_use": _read_flag,
    "generation": _read_byte,
    "variant": _read_byte,
    "script": str,
}
