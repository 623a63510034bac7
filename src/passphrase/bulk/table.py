"""Tables of invites -> columns of passphrases, and columns of pasted texts -> tables of invites.

Each input row makes one output row, in the same order, with the result that `Codec` or `find` gives
for it alone. A bad row raises nothing: its `error` says why it was refused. A text that repeats
within a column is read once.

Shapes:
    texts    n strings or nulls: an Arrow array or any sequence
    table    n rows; ENCODED, DECODED and FOUND are the schemas of the results
    evidence the attributes of the error, by name; it quotes no text, key or tag
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
from passphrase.invite import KINDS, Byte, Id, Invite, Moment, Origin, OriginWord, parse_id
from passphrase.reading.find import scan

REQUIRED: Final = tuple(n for n, field in Invite.model_fields.items() if field.is_required())
COLUMNS: Final = (*INVITE.names, "script")  # the columns that `encode_table` reads

# How often each column name can occur in the input.
_COUNT_MAX: Final = {**dict.fromkeys(COLUMNS, 1), **dict.fromkeys(ENCODED.names, 0)}
CACHED_CHARS_MAX: Final = 1 << 9
NO_VARIANT: Final = "used_up"  # written as the variant when all 256 are taken
_ERRORS: Final[Mapping[object, str]] = {("variant", NO_VARIANT): "variants_used_up"}
_HASH_BYTES: Final = 3  # so there are 2^24 counters
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


class CachingCodec:
    """A codec that caches the results of recent texts, for texts that repeat between columns.

    Args:
        codec: The codec that reads.
        texts_max: Number of texts in the cache; each takes a few kilobytes. Texts of more than
            CACHED_CHARS_MAX characters are not cached.
    """

    def __init__(self, codec: Codec, texts_max: int = 1 << 14) -> None:
        self._codec: Final = codec
        self._cached: Final = lru_cache(texts_max)(self._read)

    @without_trace
    def decode(self, text: str, *, repair: Level = "standard") -> Decoded:
        """Read the passphrase in a text, as `Codec.decode` does."""
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
            return copy(error)  # a copy has no traceback, which would keep its frames alive


def decode_column(
    codec: Codec | CachingCodec, texts: Texts, *, repair: Level = "standard"
) -> pa.Table:
    """Read the passphrase in each text, as `Codec.decode` does. Inverse: `encode_table`.

    Args:
        codec: The codec; a `CachingCodec` if several columns share texts.
        texts: n strings. Other values get the error "null" or "not_text".
        repair: As in `Codec.decode`.

    Returns:
        DECODED, n rows. In a refused row `error` is the code of the error, `evidence` its
        attributes, and the other columns are null.

    Raises:
        TypeError: `texts` is an Arrow array of another type.
        ValueError: The repair level is unknown.
    """
    if repair not in LEVELS:
        msg = f"repair must be one of {', '.join(LEVELS)}"
        raise ValueError(msg)
    return _read_each(texts, DECODED, lambda text: _opened(codec.decode(text, repair=repair)))


def find_column(texts: Texts) -> pa.Table:
    """Find the undamaged passphrases in each text without a key: signatures are NOT checked.

    Returns:
        FOUND, n rows: the candidates, or in `error` the reason for the refusal.

    Raises:
        TypeError: `texts` is an Arrow array of another type.
    """
    return _read_each(texts, FOUND, _found)


class Variants:
    """Gives equal single-use rows different variants, over any number of tables.

    Equal invites make the same passphrase, so the second friend would find it used up. The n-th of
    equal rows gets variant n - 1; the same tables always make the same passphrases. Rows that are
    not single-use are unchanged.

    The counters take 32 MiB. They are indexed by a hash of the row, so different rows can share a
    counter and skip variants.

    Attributes:
        given: Number of rows that were given a variant.
        clashes: Number of rows whose own variant an earlier equal row has, or may have.
    """

    def __init__(self) -> None:
        self._next: Final = memoryview(bytearray(2 << 8 * _HASH_BYTES)).cast("H")
        self.given = 0
        self.clashes = 0

    def fill(self, table: pa.Table) -> pa.Table:
        """Return the table with a variant, as text, in each single-use row without one.

        A row with a variant keeps it, and later equal rows continue after it. The 257th of equal
        rows gets NO_VARIANT, which `encode_table` refuses.

        Raises:
            ValueError: As in `encode_table`.
        """
        variants = pa.array([self._variant(row) for row in _rows(table)], pa.string())
        if "variant" not in table.column_names:
            return table.append_column("variant", variants)
        return table.set_column(table.column_names.index("variant"), "variant", variants)

    def _variant(self, row: Mapping[str, object]) -> str | None:
        """Return the variant of a row: its own, or a new one if it is single-use."""
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

    Equal rows make the same passphrase; for single-use invites see `Variants`.

    Args:
        codec: The codec. Its script is used for rows without one.
        table: n rows with the columns REQUIRED and any others of COLUMNS. Values have the types of
            INVITE, or are text: decimal or UUID ids, ISO 8601 with a zone, true or false. Ids can
            also be ints. A null or empty optional value means the default. Other columns are kept.

    Returns:
        The same table with the columns ENCODED. `error` is "missing_" or "invalid_" followed by
        the name of the column, or "variants_used_up".

    Raises:
        ValueError: A required column is missing, a column occurs twice, or `text` or `error`
            exists already.
    """
    rows: list[Record] = [
        (None, made) if isinstance(made, str) else (made[1], None)
        for made in mint_each(codec, table)
    ]
    minted = table_of(ENCODED, rows)
    for name in ENCODED.names:
        table = table.append_column(name, minted[name])
    return table


def mint_each(codec: Codec, table: pa.Table) -> Iterator[tuple[Invite, str] | str]:
    """Yield the invite and the passphrase of each row, or the error; args are of `encode_table`.

    Raises:
        ValueError: As `encode_table`.
    """
    return (_minted(codec, row) for row in _rows(table))


def _rows(table: pa.Table) -> Iterator[Mapping[str, object]]:
    """Yield the values of each row by name, from the columns that describe an invite.

    Raises:
        ValueError: As in `encode_table`.
    """
    names = table.column_names
    if missing := [name for name in REQUIRED if name not in names]:
        msg = f"the table has no column {', '.join(missing)}"
        raise ValueError(msg)
    if surplus := [name for name, most in _COUNT_MAX.items() if names.count(name) > most]:
        msg = f"the table already has a column {', '.join(surplus)}, or has it twice"
        raise ValueError(msg)
    present = [name for name in COLUMNS if name in names]
    columns = [values(table[name]) for name in present]
    return (dict(zip(present, row, strict=True)) for row in zip(*columns, strict=True))


def _read_each(texts: Texts, schema: pa.Schema, read: Callable[[str], Record]) -> pa.Table:
    """Read each distinct text once, and repeat its row wherever the text occurs."""
    different, places = distinct(texts)
    rows = [_row(schema, read, text) for text in different]
    return table_of(schema, rows).take(places)


def _row(schema: pa.Schema, read: Callable[[str], Record], text: object) -> Record:
    """Make one row of a result: what was read, or the error and its evidence."""
    nothing = (None,) * (len(schema) - 2)
    if not isinstance(text, str):
        return (*nothing, "null" if text is None else "not_text", None)
    try:
        return (*read(text), None, None)
    except PassphraseError as error:
        return (*nothing, error.code, vars(error))


def _opened(decoded: Decoded) -> Record:
    """Return the values of a decoded passphrase, in the order of DECODED."""
    group_id, inviter_id, *others = vars(decoded.invite).values()
    return (
        str(group_id),
        str(inviter_id),
        *others,
        decoded.text,
        decoded.script,
        decoded.span,
        [asdict(repair) for repair in decoded.repairs],
        decoded.key_id,
        decoded.fingerprint,
    )


def _found(text: str) -> Record:
    """Return the candidates in a text, in the order of FOUND."""
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


def _minted(codec: Codec, row: Mapping[str, object]) -> tuple[Invite, str] | str:
    """Return the invite of a row and its passphrase, or the error."""
    try:
        invite, script = _read_row(row)
    except _RowError as error:
        return str(error)
    try:
        return invite, codec.encode(invite, script=script)
    except ValueError:  # the invite is valid, so the codec refused the script
        return "invalid_script"


class _RowError(Exception):
    """A row does not describe an invite. The message goes into its column `error`."""


def _read_row(row: Mapping[str, object]) -> tuple[Invite, str | None]:
    """Read the invite and the script of a row.

    Raises:
        _RowError: A value is missing or invalid; the error names the first one.
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


_READ_KIND: Final[Mapping[object, Callable[[str], object]]] = {
    Id: parse_id,
    Moment: datetime.fromisoformat,
    OriginWord: Origin,
    bool: _read_flag,
    Byte: _read_byte,
}
_READ: Final[Mapping[str, Callable[[str], object]]] = {
    "script": str,
    **{name: _READ_KIND[kind] for name, kind in KINDS.items()},
}
