"""Results that are written by the column are those that Python's csv and json would write."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import csv
import io
import json
from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from passphrase.bulk.columns import DECODED
from passphrase.cli.cells import csv_line, csv_lines, json_lines

texts = st.text(st.sampled_from("a好🎈,\"\r\n\\\x00\x1f\x7f\u2028='")) | st.text(
    st.characters(codec="utf-8")
)


def values(kind: pa.DataType) -> st.SearchStrategy[object]:
    """Draw a value of an Arrow type."""
    if pa.types.is_struct(kind):
        drawn: st.SearchStrategy[object] = st.fixed_dictionaries(
            {field.name: st.none() | values(field.type) for field in kind}
        )
    elif pa.types.is_list(kind):
        drawn = st.lists(values(kind.value_type), max_size=2)
    elif pa.types.is_timestamp(kind):
        last = datetime(2200, 1, 1)  # noqa: DTZ001  # in `timezones`
        drawn = st.datetimes(datetime(1970, 1, 1), last, timezones=st.just(UTC))  # noqa: DTZ001
    elif pa.types.is_boolean(kind):
        drawn = st.booleans()
    elif pa.types.is_integer(kind):
        drawn = st.integers(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
    else:
        drawn = texts
    return drawn


rows = st.lists(
    st.fixed_dictionaries({field.name: st.none() | values(field.type) for field in DECODED}),
    max_size=3,
)


def plain(value: object) -> object:
    """Return a value as `json` takes it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if item is not None}
    return value


def cell(value: object) -> str:
    """Return a value as the cell of CSV."""
    shown = plain(value)
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)


@given(rows)
def test_columns_are_written_as_rows_would_be(rows: list[dict[str, object]]) -> None:
    """Every type and text of a result: nulls, quotes, line breaks, control characters, lists."""
    results = pa.RecordBatch.from_pylist(rows, DECODED)
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    expected = []
    for row in results.to_pylist():
        file.seek(0)
        file.truncate()
        writer.writerow("" if value is None else cell(value) for value in row.values())
        expected.append(b",%b,\n" % file.getvalue()[:-2].encode())
    assert csv_lines(results, ",", ",\n") == expected
    assert json_lines(results, "x_", "{") == [
        json.dumps({f"x_{n}": plain(v) for n, v in row.items()}, ensure_ascii=False).encode()
        + b"\n"
        for row in results.to_pylist()
    ]


def test_a_line_of_cells_has_its_quotes() -> None:
    assert csv_line(["a", "b\r", 'c"', ""]) == 'a,"b\r","c""",'
