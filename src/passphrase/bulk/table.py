"""Tables of invites -> columns of passphrases, and columns of pasted texts -> tables of invites.

Source: docs/bulk.md, "Mint a campaign" and "Attribute a log".
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
# pyright: reportPrivateUsage=false

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any, Final, TypeVar
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from passphrase.bulk.columns import (
    DECODED,
    ENCODED,
    FOUND,
    INVITE,
    ROWS_AT_ONCE,
    SHIFTS,
    Texts,
    decoded_columns,
    distinct,
    distinct_values,
    fixed_expiries,
    table_of_pieces,
    values,
)
from passphrase.codec import Codec
from passphrase.decoded import Decoded, Packed, decoded_of
from passphrase.errors import PassphraseError, without_trace
from passphrase.format.layout import VARIANTS
from passphrase.format.wire import Numbers, fixed_of, numbers_of
from passphrase.invite import (
    EPOCH,
    INT_ID_MAX,
    KINDS,
    Byte,
    Id,
    Invite,
    Moment,
    Origin,
    OriginWord,
    parse_id,
)
from passphrase.opening import LEVELS, Level
from passphrase.reading.codeword import Candidate
from passphrase.reading.find import scan

REQUIRED: Final = tuple(n for n, field in Invite.model_fields.items() if field.is_required())
COLUMNS: Final = (*INVITE.names, "script")  # the columns that `encode_table` reads

# How often each column name can occur in the input.
_COUNT_MAX: Final = {**dict.fromkeys(COLUMNS, 1), **dict.fromkeys(ENCODED.names, 0)}
CACHED_CHARS_MAX: Final = 1 << 9
NO_VARIANT: Final = "used_up"  # written as the variant when all 256 are taken
_ERRORS: Final[Mapping[object, str]] = {("variant", NO_VARIANT): "variants_used_up"}
_HASH_BYTES: Final = 3  # so there are 2^24 counters
T = TypeVar("T")
_Minted = tuple[Numbers, tuple[int, int], str]
_Read = tuple[Numbers, Any] | str  # the numbers and the script of a row, or its error
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
        [read] = self._decode_each((text,), repair=repair)
        if isinstance(read, PassphraseError):
            raise copy(read)  # a traceback would keep its frames alive
        return decoded_of(*read)

    def _decode_each(
        self, texts: Iterable[str], *, repair: Level = "standard"
    ) -> Iterator[Packed | PassphraseError]:
        """Yield for each text what `Codec._decode_each` does."""
        for text in texts:
            is_short = len(text) <= CACHED_CHARS_MAX
            yield self._cached(text, repair) if is_short else self._read(text, repair)

    def _read(self, text: str, repair: Level) -> Packed | PassphraseError:
        [read] = self._codec._decode_each((text,), repair=repair)
        return read


@without_trace
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
    read = partial(codec._decode_each, repair=repair)
    return _read_each(texts, DECODED, read, _opened_columns)


@without_trace
def find_column(texts: Texts) -> pa.Table:
    """Find the undamaged passphrases in each text without a key: signatures are NOT checked.

    Returns:
        FOUND, n rows: the candidates, or in `error` the reason for the refusal.

    Raises:
        TypeError: `texts` is an Arrow array of another type.
    """
    return _read_each(texts, FOUND, _find_each, lambda found: [found])


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
        _check_names(table)
        names = values(table["variant"]) if "variant" in table.column_names else [None] * len(table)
        shown = [None if name is None else str(name) for name in names]
        if "single_use" in table.column_names:
            shown = [*map(self._variant, numbers_each(table), shown)]
        variants = pa.array(shown, pa.string())
        if "variant" not in table.column_names:
            return table.append_column("variant", variants)
        return table.set_column(table.column_names.index("variant"), "variant", variants)

    def _variant(self, read: _Read, shown: str | None) -> str | None:
        """Return the variant of a row: its own, or a new one if it is single-use."""
        if isinstance(read, str) or not read[0][0] >> SHIFTS["single_use"] & 1:
            return shown
        fixed, group_id, inviter_id = read[0]
        variant = fixed % VARIANTS
        packed = repr((fixed - variant, group_id, inviter_id)).encode()
        at = int.from_bytes(blake2b(packed, digest_size=_HASH_BYTES).digest())
        used = self._next[at]
        if shown:
            self._next[at] = max(used, variant + 1)
            self.clashes += variant < used
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
        table: n rows. The columns in REQUIRED must be there; those in COLUMNS may be. All other
            columns are copied to the result. Values have the types of INVITE, or are text: decimal
            or UUID ids, ISO 8601 with a zone, true or false. Ids can also be ints. A null or empty
            optional value means the default.

    Returns:
        The same table with the columns ENCODED. `error` is "missing_" or "invalid_" followed by
        the name of the column, or "variants_used_up".

    Raises:
        ValueError: A required column is missing, a column occurs twice, or `text` or `error`
            exists already.
    """
    _check_names(table)
    pieces = (
        _mint_piece(codec, table.slice(at, ROWS_AT_ONCE))
        for at in range(0, len(table), ROWS_AT_ONCE)
    )
    minted = table_of_pieces(ENCODED, pieces)
    for name in ENCODED.names:
        table = table.append_column(name, minted[name])
    return table


def _mint_piece(codec: Codec, table: pa.Table) -> tuple[list[str | None], list[str | None]]:
    """Return the texts and the errors of some rows."""
    texts: list[str | None] = []
    errors: list[str | None] = []
    for made in mint_each(codec, table):
        text, error = (None, made) if isinstance(made, str) else (made[-1], None)
        texts.append(text)
        errors.append(error)
    return texts, errors


def mint_each(codec: Codec, table: pa.Table) -> Iterator[_Minted | str]:
    """Yield the numbers, codeword and passphrase of each row, or its error.

    Args:
        codec: As in `encode_table`.
        table: As in `encode_table`.

    Raises:
        ValueError: As in `encode_table`.
    """
    for read in numbers_each(table):
        if isinstance(read, str):
            yield read
            continue
        numbers, script = read
        try:
            minted = codec._encode_numbers(numbers, None if script == "" else script)
        except ValueError:
            yield "invalid_script"
        else:
            yield numbers, *minted


def numbers_each(table: pa.Table) -> Iterator[_Read]:
    """Yield the numbers and the script of each row, or its error.

    Columns are validated as a whole. A row with an invalid value is then read alone, to name its
    error.

    Raises:
        ValueError: As in `encode_table`.
    """
    _check_names(table)
    for start in range(0, len(table), ROWS_AT_ONCE):
        yield from _numbers_of_piece(table.slice(start, ROWS_AT_ONCE))


def _numbers_of_piece(table: pa.Table) -> Iterator[_Read]:
    """Yield what `numbers_each` does, for some rows."""
    fixed = _fixed_column(table).to_pylist()
    groups, inviters = (_ids(values(table[name])) for name in ("group_id", "inviter_id"))
    scripts = values(table["script"]) if "script" in table.column_names else [None] * len(table)
    all_numbers: Iterator[Any] = zip(fixed, groups, inviters, strict=True)
    rows: list[Mapping[str, object]] = []
    for at, (numbers, script) in enumerate(zip(all_numbers, scripts, strict=True)):
        if None in numbers:
            rows = rows or [*_rows(table)]
            yield _read_alone(rows[at])
        else:
            yield numbers, script


def _read_alone(row: Mapping[str, object]) -> _Read:
    try:
        invite, script = _read_row(row)
    except _RowError as error:
        return str(error)
    return numbers_of(invite), script


def _fixed_column(table: pa.Table) -> pa.Array:
    """Return the fields of each row before the ids, as one number; null unless all are valid."""
    fixed = pa.array([_PLAIN_FIXED] * len(table), pa.int64())
    for name in INVITE.names[2:]:
        if name in table.column_names:
            fixed = pc.bit_wise_xor(fixed, _fixed_part(name, table[name]))
    return fixed


def _fixed_part(name: str, column: pa.ChunkedArray) -> pa.Array:
    """Return for each value the bits in which it differs from the row _PLAIN; null if invalid."""
    if name == "expires_at" and pa.types.is_timestamp(column.type) and column.type.tz:
        return pc.bit_wise_xor(fixed_expiries(column), _PLAIN_FIXED)
    different, places = distinct_values(column)
    return pa.array([_fixed_bits(name, value) for value in different], pa.int64()).take(places)


def _fixed_bits(name: str, value: object) -> int | None:
    try:
        invite, _ = _read_row({**_PLAIN, name: value})
    except _RowError:
        return None
    return fixed_of(invite) ^ _PLAIN_FIXED


def _ids(cells: list[object]) -> list[int | UUID | None]:
    """Return each id; None unless it is valid."""
    return [
        cell if type(cell) is int and 0 <= cell <= INT_ID_MAX else _parsed_id(cell)
        for cell in cells
    ]


def _parsed_id(cell: object) -> int | UUID | None:
    with suppress(ValueError):
        return parse_id(cell) if isinstance(cell, str) else None
    return None


def _rows(table: pa.Table) -> Iterator[Mapping[str, object]]:
    """Yield the values of each row by name, from the columns that describe an invite."""
    present = [name for name in COLUMNS if name in table.column_names]
    columns = [values(table[name]) for name in present]
    return (dict(zip(present, row, strict=True)) for row in zip(*columns, strict=True))


def _check_names(table: pa.Table) -> None:
    """Check the names of the columns.

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


def _read_each(
    texts: Texts,
    schema: pa.Schema,
    read: Callable[[Iterable[str]], Iterator[T | PassphraseError]],
    columns_of: Callable[[list[T | None]], Iterable[object]],
) -> pa.Table:
    """Read each distinct text once, and repeat its row wherever the text occurs."""
    different, places = distinct(texts)
    pieces = (
        _read_piece(different[at : at + ROWS_AT_ONCE], read, columns_of)
        for at in range(0, len(different), ROWS_AT_ONCE)
    )
    return table_of_pieces(schema, pieces).take(places)


def _read_piece(
    texts: list[object],
    read: Callable[[Iterable[str]], Iterator[T | PassphraseError]],
    columns_of: Callable[[list[T | None]], Iterable[object]],
) -> Iterable[object]:
    """Return the columns of a result: those of what was read, the errors and their evidence."""
    results: list[T | None] = [None] * len(texts)
    errors: list[str | None] = ["null" if text is None else "not_text" for text in texts]
    evidence: list[Mapping[str, object] | None] = [None] * len(texts)
    known = {at: text for at, text in enumerate(texts) if isinstance(text, str)}
    for at, answer in zip(known, read(known.values()), strict=True):
        if isinstance(answer, PassphraseError):
            errors[at], evidence[at] = answer.code, vars(answer)
        else:
            results[at], errors[at] = answer, None
    return (*columns_of(results), errors, evidence)


def _opened_columns(rows: list[Packed | None]) -> Iterable[object]:
    """Return the columns of DECODED that hold what was read."""
    *columns, _, key_ids, fingerprints = decoded_columns(rows)
    repairs = [row and [asdict(repair) for repair in row.repairs] for row in rows]
    return (*columns, repairs, key_ids, fingerprints)


def _find_each(texts: Iterable[str]) -> Iterator[list[dict[str, object]] | PassphraseError]:
    """Yield the candidates in each text, or the error."""
    for text in texts:
        try:
            contents = scan(text)
        except PassphraseError as error:
            yield error.with_traceback(None)
            continue
        yield [*map(_candidate, contents.candidates)] or contents.refusal


def _candidate(candidate: Candidate) -> dict[str, object]:
    return {
        "text": candidate.text,
        "script": candidate.script,
        "span": candidate.span,
        "version": candidate.header.version,
        "key_id": candidate.header.key_id,
    }


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

# A valid row of zeros, into which `_fixed_bits` puts one value.
_PLAIN: Final[Mapping[str, object]] = {
    "group_id": 0,
    "inviter_id": 0,
    "expires_at": EPOCH + timedelta(minutes=1),
    "origin": Origin.IN_APP,
}
_PLAIN_FIXED: Final = fixed_of(_read_row(_PLAIN)[0])
