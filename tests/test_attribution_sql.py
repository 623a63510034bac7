"""The SQL of docs/attribution.md says what the column functions say, on SQLite and PostgreSQL."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import ledger_stores as stores
import pyarrow as pa
import pytest
from synthetic_events import make_events, make_issued, person

from passphrase.bulk import (
    attribute,
    branch,
    branch_issued,
    people,
    read_events,
    read_issued,
    steps,
    uses,
)

PAGE = Path(__file__).parents[1] / "docs" / "attribution.md"
SQL = re.findall(r"^```sql\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
ROOT = person(1)
ROWS = 3_000

Run = Callable[..., list[tuple[Any, ...]]]


def on_sqlite(check: Callable[[Run], None]) -> None:
    with closing(sqlite3.connect(":memory:")) as db:

        def run(statement: str, *rows: tuple[object, ...]) -> list[tuple[Any, ...]]:
            if rows:
                db.executemany(statement, rows)
                return []
            return db.execute(statement).fetchall()

        check(run)


def on_postgres(check: Callable[[Run], None]) -> None:
    with stores.postgres_server() as server, stores.postgres(server.port) as db:

        def run(statement: str, *rows: tuple[object, ...]) -> list[tuple[Any, ...]]:
            with db.cursor() as cursor:
                if rows:
                    cursor.executemany(statement.replace("?", "%s").encode(), rows)
                    return []
                cursor.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []

        check(run)


@pytest.mark.parametrize("store", [on_sqlite, pytest.param(on_postgres, marks=pytest.mark.slow)])
def test_sql_says_what_the_columns_say(store: Callable[[Callable[[Run], None]], None]) -> None:
    if store is on_postgres and not stores.found("postgres"):
        pytest.skip("needs postgres")
    store(check)


def values(table: pa.Table, *names: str) -> list[tuple[Any, ...]]:
    """Return columns as rows of a database: moments are microseconds, flags 0 or 1."""
    columns: list[Any] = []
    for name in names or table.column_names:
        column = table[name]
        if pa.types.is_timestamp(column.type) or pa.types.is_boolean(column.type):
            column = column.cast(pa.int64())
        columns.append(column.to_pylist())
    return [*zip(*columns, strict=True)]


def in_order(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=str)


def check(run: Run) -> None:
    tables, views, stayed, used, below, listed = (
        part.replace("102938475610293847", ROOT) for part in SQL
    )
    events = read_events(pa.concat_tables(make_events(ROWS))).drop_columns("error")
    issued = read_issued(pa.concat_tables(make_issued(ROWS))).drop_columns("error")
    for statement in f"{tables}{views}{below}".split(";")[:-1]:
        run(statement)
    for name, table in (("events", events), ("issued", issued)):
        names = ", ".join(table.column_names)
        marks = ", ".join("?" * table.num_columns)
        run(f"INSERT INTO {name} ({names}) VALUES ({marks})", *values(table))  # noqa: S608
    attributed = attribute(steps(events, max(events["at"].to_pylist())), issued)
    found = people(attributed)
    branched = branch(found, ROOT)
    assert len(branched) > 10
    assert in_order(run(stayed)) == in_order(values(found))
    assert in_order(run("SELECT group_id, user_id, depth FROM branch")) == in_order(
        values(branched, "group_id", "user_id", "depth")
    )
    denied = branch_issued(issued, branched, ROOT)
    assert in_order(run(listed)) == in_order(values(denied, "fingerprint", "expires_at"))
    counted = [
        (row["origin"], row["label"], name, row[name])
        for row in uses(attributed, issued).to_pylist()
        for name in ("opened", "refused", "joined", "returned")
        if row[name]
    ]
    assert in_order(run(used)) == in_order(counted)
