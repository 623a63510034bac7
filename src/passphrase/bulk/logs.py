"""Two logs of any types -> EVENTS and ISSUED, with the error of each row.

Source: docs/attribution.md, "The two logs".

Shapes:
    EVENTS   n rows: who did what, when, in which group, and by which passphrase
    ISSUED   m rows: the passphrases; a fingerprint can repeat
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from passphrase.bulk.columns import is_text
from passphrase.format.layout import FINGERPRINT
from passphrase.invite import INT_ID_MAX, Origin

MOMENT: Final = pa.timestamp("us", "UTC")
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)  # other years are mistakes, or not datetimes
_END: Final = datetime(2200, 1, 1, tzinfo=UTC)
EVENTS: Final = pa.schema(
    {
        "at": MOMENT,
        "event": pa.string(),
        "group_id": pa.string(),
        "user_id": pa.string(),
        "fingerprint": pa.string(),
    }
)
ISSUED: Final = pa.schema(
    {
        "fingerprint": pa.string(),
        "group_id": pa.string(),
        "inviter_id": pa.string(),
        "origin": pa.string(),
        "expires_at": MOMENT,
        "label": pa.string(),
    }
)
REQUIRED_OF_EVENTS: Final = ("at", "event", "group_id", "user_id")
REQUIRED_OF_ISSUED: Final = ("fingerprint", "group_id", "inviter_id", "origin")
_EVENT_WORDS: Final = pa.array(["joined", "left", "opened", "refused"])
_ID: Final = r"^(0|[1-9][0-9]{0,19}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
_FINGERPRINT: Final = f"^{FINGERPRINT}$"


def read_events(table: pa.Table) -> pa.Table:
    """Read a log of events.

    Args:
        table: n rows with the columns of EVENTS; only `fingerprint` is optional. Ids are ints or
            text; moments are timestamps with a zone, or ISO 8601 text with one.

    Returns:
        EVENTS and `error`, n rows. `error` is "missing_" or "invalid_" followed by the name of
        the column; then the other columns are null.

    Raises:
        ValueError: A required column is missing.
    """
    return _read(table, EVENTS, REQUIRED_OF_EVENTS)


def read_issued(table: pa.Table) -> pa.Table:
    """Read a log of passphrases, as `read_events` reads events. Returns ISSUED and `error`.

    `expires_at` and `label` are optional.

    Raises:
        ValueError: A required column is missing.
    """
    return _read(table, ISSUED, REQUIRED_OF_ISSUED)


def _read(table: pa.Table, schema: pa.Schema, required: Sequence[str]) -> pa.Table:
    """Read each column of a schema. A row with an error has only that."""
    if missing := [name for name in required if name not in table.column_names]:
        msg = f"the table has no column {', '.join(missing)}"
        raise ValueError(msg)
    error = pa.nulls(len(table), pa.string())
    columns: list[Any] = []
    for name in reversed(schema.names):  # so the error of the first column stays
        given = table[name] if name in table.column_names else pa.nulls(len(table), pa.string())
        column = _READ[name](given)
        absent = pc.is_null(given)
        if is_text(given.type):
            absent = pc.or_kleene(absent, pc.equal(given.cast(pa.large_binary()), b""))
        bad = pc.if_else(pc.is_null(column), f"invalid_{name}", error)
        error = pc.if_else(absent, f"missing_{name}" if name in required else error, bad)
        columns.insert(0, pc.if_else(absent, pa.scalar(None, column.type), column))
    good = pc.is_null(error)
    kept = [pc.if_else(good, column, pa.scalar(None, column.type)) for column in columns]
    return pa.table([*kept, error], schema.append(pa.field("error", pa.string())))


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts and ints as texts, and nulls for other types."""
    if is_text(column.type) or pa.types.is_integer(column.type):
        return column.cast(pa.string())
    return pa.nulls(len(column), pa.string())


def _ids(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write each id as ``str(parse_id(id))`` would; null for a text that is not an id."""
    texts = pc.ascii_lower(_texts(column))
    most = str(INT_ID_MAX)
    is_large = pc.and_(pc.equal(pc.binary_length(texts), len(most)), pc.greater(texts, most))
    return _only(texts, pc.and_not(pc.match_substring_regex(texts, _ID), is_large))


def _moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return moments in UTC, rounded down to the microsecond; null without a zone."""
    if pa.types.is_timestamp(column.type) and column.type.tz:
        moments = column.cast(MOMENT, safe=False)
    elif is_text(column.type):
        moments = _read_moments(column.cast(pa.string()))
    else:
        moments = pa.nulls(len(column), MOMENT)
    in_range = pc.and_(pc.greater_equal(moments, _FIRST), pc.less(moments, _END))
    return pc.if_else(in_range, moments, pa.scalar(None, MOMENT))


def _read_moments(texts: pa.ChunkedArray) -> Any:  # noqa: ANN401  # an Arrow column
    with suppress(pa.ArrowInvalid):  # the quick way, if all of them are valid
        return texts.cast(MOMENT)
    return pa.array(map(_moment, texts.cast(pa.binary()).to_pylist()), MOMENT)


def _moment(text: bytes | None) -> datetime | None:
    """Read ISO 8601 with a zone; None for other texts."""
    try:
        moment = datetime.fromisoformat((text or b"").decode())
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _fingerprints(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = _texts(column)
    return _only(texts, pc.match_substring_regex(texts, _FINGERPRINT))


def _event_words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = _texts(column)
    return _only(texts, pc.is_in(texts, value_set=_EVENT_WORDS))


def _origins(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = _texts(column)
    return _only(texts, pc.is_in(texts, value_set=pa.array([*map(str, Origin)])))


def _only(texts: pa.ChunkedArray, valid: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(valid, texts, pa.scalar(None, pa.string()))


_READ: Final[Mapping[str, Callable[[pa.ChunkedArray], pa.ChunkedArray]]] = {
    "at": _moments,
    "event": _event_words,
    "group_id": _ids,
    "user_id": _ids,
    "inviter_id": _ids,
    "fingerprint": _fingerprints,
    "origin": _origins,
    "expires_at": _moments,
    "label": _texts,
}
