"""Python values <-> Arrow columns, and the schemas of the columns.

Shapes:
    INVITE, ENCODED, DECODED, FOUND  schemas; see `passphrase.bulk.table`
    row                              one value for each column, in the order of a schema
    ids                              strings, for UUIDs and ints above 2^63; see `parse_id`
    spans                            start and end, in characters

Parquet, pandas and Spark all support the types: no unsigned ints, no lists of fixed size.
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, TypeAlias, cast

import pyarrow as pa

from passphrase.invite import KINDS, Byte, Id, Moment, OriginWord

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
        "length": pa.int64(),
        "limit": pa.int64(),
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


def table_of(schema: pa.Schema, rows: list[Record]) -> pa.Table:
    """Make a table of rows."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.Table.from_pydict(dict(zip(schema.names, columns, strict=True)), schema)


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
        return datetime.max.replace(tzinfo=zone)  # out of range for `Invite` too


def _strings(column: pa.Array | pa.ChunkedArray) -> list[object]:
    """Return a column of texts; bytes that are not UTF-8 become U+FFFD."""
    raw = column.cast(pa.large_binary()).to_pylist()
    return [text if text is None else text.decode("utf-8", "replace") for text in raw]
