"""Columns of results -> lines of CSV and JSON.

Whole columns become text at once. Only repairs, evidence and unusual texts become Python objects.

Shapes:
    results  a record batch of n rows
    lines    n lines in UTF-8, with their line breaks
    values   n texts; null where the result is null
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

import csv
import json
from collections.abc import Iterable
from io import StringIO
from itertools import chain
from typing import Any, Final, cast

import pyarrow as pa
import pyarrow.compute as pc

_CR_LF: Final = "\r\n"
_QUOTED: Final = '[",\r\n]'  # with one of these, a cell of CSV stands in quotes
_ESCAPED: Final = r'["\\\x00-\x1f]'  # JSON escapes these in a text
_NUMBERS: Final = pa.list_(pa.int32())
_SECONDS: Final = pa.timestamp("s", "UTC")
_to_json: Final = json.JSONEncoder(ensure_ascii=False).encode


def csv_line(cells: Iterable[str]) -> str:
    """Return one line of CSV without a line break."""
    file = StringIO(newline="")
    csv.writer(file, lineterminator=_CR_LF).writerow(cells)  # so cells with CR or LF are quoted
    return file.getvalue().removesuffix(_CR_LF)


def csv_lines(results: pa.RecordBatch, start: str, end: str) -> list[bytes]:
    """Return each row as a line of CSV. No result looks like a formula to a spreadsheet.

    Args:
        results: At least two columns; a null is an empty cell.
        start: The text before the first cell.
        end: The text after the last cell, with the line break.
    """
    lines = pc.binary_join_element_wise(
        *map(_cell, results.columns), ",", null_handling="replace", null_replacement=""
    )
    return _joined([start, lines, end])


def json_lines(results: pa.RecordBatch, prefix: str, start: str) -> list[bytes]:
    """Return each row as a line of JSON.

    Args:
        results: At least one column.
        prefix: Prefix of the names of the columns.
        start: The text before the first name.
    """
    names = [_to_json(prefix + name) for name in results.schema.names]
    marks = [f"{start}{names[0]}: ", *(f", {name}: " for name in names[1:])]
    values = [pc.fill_null(_json(column), "null") for column in results.columns]
    return _joined([*chain.from_iterable(zip(marks, values, strict=True)), "}\n"])


def _joined(parts: list[Any]) -> list[bytes]:
    """Join texts and columns of texts, row by row."""
    lines = pc.binary_join_element_wise(*parts, "")
    return cast("list[bytes]", lines.cast(pa.binary()).to_pylist())


def _cell(column: pa.Array) -> pa.Array:
    """Return a column as cells of CSV; null for null."""
    is_text = column.type == pa.string()
    values = column if is_text else _plain(column)
    if not is_text and not pa.types.is_nested(column.type):
        return values
    is_quoted = pc.match_substring_regex(values, _QUOTED)
    if not pc.any(is_quoted).as_py():
        return values
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(values, '"', '""'), '"', "")
    return pc.if_else(is_quoted, quoted, values)


def _json(column: pa.Array) -> pa.Array:
    """Return a column as JSON values; null for null."""
    is_text = column.type == pa.string()
    if is_text and pc.any(pc.match_substring_regex(column, _ESCAPED)).as_py():
        return _each(column)
    if is_text or pa.types.is_timestamp(column.type):
        return pc.binary_join_element_wise('"', _plain(column), '"', "")
    return _plain(column)


def _plain(column: pa.Array) -> pa.Array:
    """Return a column as JSON values, but texts and moments without quotes; null for null."""
    if pa.types.is_timestamp(column.type):  # from 1970 on, so this rounds down
        return pc.strftime(column.cast(_SECONDS, safe=False), "%Y-%m-%dT%H:%M:%SZ")
    if column.type == _NUMBERS:
        numbers = pc.binary_join(column.cast(pa.list_(pa.string())), ", ")
        return pc.binary_join_element_wise("[", numbers, "]", "")
    return _each(column) if pa.types.is_nested(column.type) else column.cast(pa.string())


def _each(column: pa.Array) -> pa.Array:
    """Return a column as JSON values, made one by one; null for null."""
    return pa.array(map(_shown, column.to_pylist()), pa.string())


def _shown(value: object) -> str | None:
    """Return a value as JSON. Evidence has only the attributes that are not null."""
    if isinstance(value, dict):
        value = {name: item for name, item in value.items() if item is not None}
    if value == []:  # in almost every row
        return "[]"
    return None if value is None else _to_json(value)
