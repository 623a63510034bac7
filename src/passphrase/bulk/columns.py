"""Python values <-> Arrow columns, and the schemas of the columns.

Source: docs/bulk.md.

Shapes:
    INVITE, ENCODED, DECODED, FOUND  schemas; see `passphrase.bulk.table`
    row                              one value for each column, in the order of a schema
    fixed                            int64: the fields of invites before the ids; see `wire`
    ids                              strings, for UUIDs and ints above 2^63; see `parse_id`
    spans                            start and end, in characters

Parquet, pandas and Spark all support the types: no unsigned ints, no lists of fixed size.
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Final, TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc

from passphrase.decoded import Packed
from passphrase.format.layout import BODY_FIELDS, field_shifts
from passphrase.format.wire import ORIGINS
from passphrase.invite import (
    EPOCH,
    EXPIRY_MINUTES_MAX,
    KINDS,
    Byte,
    Id,
    Moment,
    OriginWord,
)

_SPAN: Final = pa.list_(pa.int32())
_REPAIR: Final = pa.struct(
    {
        "kind": pa.string(),
        "position": pa.int32(),
        "span": _SPAN,
        "read": pa.string(),
        "meant": pa.string(),
    }
)
_EVIDENCE: Final = pa.struct(
    {
        "span": _SPAN,
        "spans": pa.list_(_SPAN),
        "readable": pa.int32(),
        "unreadable": pa.list_(_SPAN),
        "field": pa.string(),
        "version": pa.int16(),
        "key_id": pa.int16(),
        "chars": pa.int64(),
        "chars_max": pa.int64(),
    }
)
_CANDIDATE: Final = pa.struct(
    {
        "text": pa.string(),
        "script": pa.string(),
        "span": _SPAN,
        "version": pa.int16(),
        "key_id": pa.int16(),
    }
)
_TYPE_OF_KIND: Final[Mapping[object, pa.DataType]] = {
    Id: pa.string(),
    Moment: pa.timestamp("us", "UTC"),
    OriginWord: pa.string(),
    bool: pa.bool_(),
    Byte: pa.int16(),
}
INVITE: Final = pa.schema({name: _TYPE_OF_KIND[kind] for name, kind in KINDS.items()})
ENCODED: Final = pa.schema({"text": pa.string(), "error": pa.string()})
DECODED: Final = pa.schema(
    [
        *INVITE,
        pa.field("text", pa.string()),
        pa.field("script", pa.string()),
        pa.field("span", _SPAN),
        pa.field("repairs", pa.list_(_REPAIR)),
        pa.field("key_id", pa.int16()),
        pa.field("fingerprint", pa.string()),
        pa.field("error", pa.string()),
        pa.field("evidence", _EVIDENCE),
    ]
)
FOUND: Final = pa.schema(
    {"candidates": pa.list_(_CANDIDATE), "error": pa.string(), "evidence": _EVIDENCE}
)
ROWS_AT_ONCE: Final = 1 << 12  # as Python objects, which take many times the memory of columns
_NO_FIELDS: Final = ((None,) * 3, *(None,) * (len(Packed._fields) - 1))
_EXPIRY: Final = BODY_FIELDS[0][0]
SHIFTS: Final = dict(zip(dict(BODY_FIELDS), field_shifts(BODY_FIELDS), strict=True))
_MINUTE_MICROSECONDS: Final = 60 * 10**6
_EPOCH_SECONDS: Final = int(EPOCH.timestamp())
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

Texts: TypeAlias = pa.Array | pa.ChunkedArray | Sequence[object]
Record = tuple[object, ...]


def is_text(column_type: pa.DataType) -> bool:
    """Return whether a column of this type can hold texts. The null type can."""
    if pa.types.is_dictionary(column_type):
        column_type = column_type.value_type
    return column_type in {pa.string(), pa.large_string(), pa.string_view(), pa.null()}


def distinct(texts: Texts) -> tuple[list[object], pa.Array]:
    """Return the distinct texts, and for each row the index of its text among them."""
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        if not is_text(texts.type):
            msg = f"texts must be strings, not {texts.type}"
            raise TypeError(msg)
        whole = pa.chunked_array(
            texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts], texts.type
        )
        if pa.types.is_dictionary(whole.type):
            used, places = _used(whole.combine_chunks())
            return _strings(used), places
        encoded = whole.cast(pa.large_binary()).combine_chunks().dictionary_encode("encode")
        return _strings(encoded.dictionary), encoded.indices
    index: dict[object, int] = {}
    known = (text if text is None or isinstance(text, str) else NotImplemented for text in texts)
    places = [index.setdefault(text, len(index)) for text in known]
    return [*index], pa.array(places, pa.int64())


def distinct_values(column: pa.ChunkedArray) -> tuple[list[object], pa.Array]:
    """Return values that include every one of a column, and for each row the index of its value.

    A value can repeat, except in columns of texts, integers and flags.
    """
    if is_text(column.type):
        return distinct(column)
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        encoded = column.combine_chunks().dictionary_encode("encode")
        return encoded.dictionary.to_pylist(), encoded.indices
    return values(column), pa.array(range(len(column)), pa.int32())


def table_of(schema: pa.Schema, rows: Iterable[Record]) -> pa.Table:
    """Make a table of rows, some thousand at a time."""
    rest = iter(rows)
    pieces = iter(lambda: [*islice(rest, ROWS_AT_ONCE)], [])
    return table_of_pieces(schema, (zip(*some, strict=True) for some in pieces))


def table_of_pieces(schema: pa.Schema, pieces: Iterable[Iterable[object]]) -> pa.Table:
    """Make one table of pieces. A piece is its columns in order: sequences or Arrow arrays."""
    batches = [
        pa.RecordBatch.from_pydict(dict(zip(schema.names, columns, strict=True)), schema)
        for columns in pieces
    ]
    return pa.Table.from_batches(batches, schema).combine_chunks()


def decoded_columns(rows: Iterable[Packed | None]) -> Iterator[object]:
    """Yield the columns of DECODED, but not `error` and `evidence`; None is a row of nulls."""
    numbers, *others = zip(*[row or _NO_FIELDS for row in rows], strict=True)
    packed, groups, inviters = zip(*numbers, strict=True)
    fixed = pa.array(packed, pa.int64())
    yield from ([None if one is None else str(one) for one in ids] for ids in (groups, inviters))
    minutes = pc.multiply(_field(fixed, _EXPIRY), _MINUTE_MICROSECONDS)
    yield pc.add(minutes, _EPOCH_SECONDS * 10**6).cast(INVITE.field("expires_at").type)
    yield pa.array(ORIGINS, pa.string()).take(_field(fixed, "origin"))
    yield from (_field(fixed, column.name).cast(column.type) for column in [*INVITE][4:])
    yield from others


def _field(fixed: pa.Array, name: str) -> pa.Array:
    """Return one of BODY_FIELDS."""
    return pc.bit_wise_and(pc.shift_right(fixed, SHIFTS[name]), (1 << dict(BODY_FIELDS)[name]) - 1)


def fixed_expiries(moments: pa.ChunkedArray) -> pa.Array:
    """Return the expiry in each fixed field, for timestamps with a zone; null out of range."""
    ticks = pc.divide(moments.cast(pa.int64()).combine_chunks(), _PER_SECOND[moments.type.unit])
    minutes = pc.divide(pc.subtract_checked(ticks, _EPOCH_SECONDS), 60)
    is_valid = pc.and_(pc.greater(minutes, 0), pc.less_equal(minutes, EXPIRY_MINUTES_MAX))
    return pc.shift_left(pc.if_else(is_valid, minutes, None), SHIFTS[_EXPIRY])


def values(column: pa.ChunkedArray) -> list[object]:
    """Return a column as Python values; NotImplemented for types that no field accepts."""
    if pa.types.is_dictionary(column.type):
        used, at = _used(column.combine_chunks())
        known = values(pa.chunked_array([used]))
        return [known[place] for place in at.to_pylist()]
    if is_text(column.type):
        return _strings(column)
    if pa.types.is_timestamp(column.type):
        zone = UTC if column.type.tz else None
        ticks = column.cast(pa.int64()).to_pylist()
        return [_moment(tick, _PER_SECOND[column.type.unit], zone) for tick in ticks]
    if pa.types.is_temporal(column.type) or pa.types.is_nested(column.type):
        # Python has no value for some of these.
        return [None if null else NotImplemented for null in column.is_null().to_pylist()]
    return cast("list[object]", column.to_pylist())


def _used(column: pa.DictionaryArray) -> tuple[pa.Array, pa.Array]:
    """Return the distinct values that a column uses, and for each row the index of its value.

    Expanding the dictionary instead could take a thousand times the memory.
    """
    encoded = column.indices.dictionary_encode("encode")
    return column.dictionary.take(encoded.dictionary), encoded.indices


def _moment(tick: int | None, per_second: int, zone: tzinfo | None) -> datetime | None:
    """Return an Arrow timestamp as a datetime, rounded down to the microsecond.

    Out of range, return `datetime.max`, which `Invite` refuses.
    """
    if tick is None:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=zone) + timedelta(
            microseconds=tick * 10**6 // per_second
        )
    except OverflowError:
        return datetime.max.replace(tzinfo=zone)


def _strings(column: pa.Array | pa.ChunkedArray) -> list[object]:
    """Return a column of texts; bytes that are not UTF-8 become U+FFFD."""
    raw = column.cast(pa.large_binary()).to_pylist()
    return [text if text is None else text.decode("utf-8", "replace") for text in raw]
