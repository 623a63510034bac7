"""The tables of `passphrase report`, from two logs of any size."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import pyarrow as pa
import pyarrow.compute as pc

from passphrase.bulk.attribution import (
    PERSON,
    add_up,
    attribute,
    branch,
    branch_issued,
    people,
    steps,
    uses,
)
from passphrase.bulk.logs import (
    EVENTS,
    ISSUED,
    REQUIRED_OF_EVENTS,
    REQUIRED_OF_ISSUED,
    read_events,
    read_issued,
)
from passphrase.cli.forms import FORMS, MALFORMED, Columns
from passphrase.cli.gather import gathered
from passphrase.cli.outputs import opened
from passphrase.cli.tasks import as_column
from passphrase.cli.world import Stop

LATER: Final = "later"  # the error of an event after the end of the log
_NO_RESULTS: Final = pa.schema([])
_UNUSED: Final = "\0"  # prefix of no column of the input, which is not written back

View = Callable[[pa.Table, pa.Table], pa.Table]  # of what `attribute` returns, and of ISSUED


class Kind(NamedTuple):
    """What a log holds: its columns, those that it must have, and how to read them."""

    schema: pa.Schema
    required: Sequence[str]
    read: Callable[[pa.Table], pa.Table]


KINDS: Final = {
    "events": Kind(EVENTS, REQUIRED_OF_EVENTS, read_events),
    "issued": Kind(ISSUED, REQUIRED_OF_ISSUED, read_issued),
}


class Log:
    """One input file.

    Args:
        kind: What it holds.
        path: Where it is; None for standard input.
        form: Its format.
        prefix: Prefix of the names of its columns.
        group: The only group to read; None for all.
        until: The latest moment of an event, and the end of the log; None if the command has none.
        now: The latest moment of an event without `until`.
        report: Called after each batch with the amount read and the total.

    Attributes:
        counts: Number of rows by error; None counts rows without an error.
        end: The end of the log: `until`, or else the latest moment of an event, once all are read.
    """

    def __init__(  # noqa: PLR0913  # one for each option
        self,
        kind: Kind,
        path: Path | None,
        form: str,
        *,
        prefix: str,
        group: str | None,
        until: datetime | None,
        now: datetime,
        report: Callable[[int, int | None], None],
    ) -> None:
        self.counts = Counter[str | None]()
        self.end = self._limit = min(until or now, now)
        self._last: datetime | None = None
        self._kind, self._path, self._form, self._prefix = kind, path, form, prefix
        self._group, self._is_end_given, self._report = group, until is not None, report

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows without an error.

        Raises:
            click.ClickException: The file cannot be read, or a column is missing.
        """
        with opened(self._path) as file:
            try:
                yield from self._tables(file)
            except click.UsageError as error:
                raise click.UsageError(self._named(error)) from None
            except Stop as error:
                raise Stop(self._named(error), error.exit_code) from None

    def _named(self, error: click.ClickException) -> str:
        return f"{self._path or 'standard input'}: {error.message}"

    def _tables(self, file: Any) -> Iterator[pa.Table]:  # noqa: ANN401
        names = {self._prefix + name: name for name in self._kind.schema.names}
        required = [self._prefix + name for name in self._kind.required]
        optional = [name for name in names if name not in required]
        columns = Columns(required, optional, None, _NO_RESULTS)
        source = FORMS[self._form](file, BytesIO(), columns, _UNUSED, bom=False)
        with closing(source) as form:
            for rows, found in form.batches():
                table = pa.table({names[name]: as_column(found[name]) for name in found})
                self.counts[MALFORMED] += len(rows) - len(table)
                yield self._good(self._kind.read(table))
                self._report(form.position, form.size)

    def _good(self, read: pa.Table) -> pa.Table:
        """Count the rows of a table by error, and return those without one."""
        good = read.filter(pc.is_null(read["error"])).drop_columns("error")
        for count in read["error"].value_counts().to_pylist():
            self.counts[count["values"]] += count["counts"]
        if "at" in good.column_names:
            in_time = good.filter(pc.less_equal(good["at"], self._limit))
            self.counts[LATER] += (late := len(good) - len(in_time))
            self.counts[None] -= late
            good = in_time
            self._last = max(filter(None, [pc.max(good["at"]).as_py(), self._last]), default=None)
            self.end = self._limit if self._is_end_given else self._last or self._limit
        return good if self._group is None else good.filter(pc.equal(good["group_id"], self._group))


def tables_of(
    view: View, events: Log, issued: Log, *, days: Sequence[int], folder: Path
) -> Iterator[pa.Table]:
    """Yield the tables of a view; the first one is empty, and has the columns.

    Args:
        view: What to make of the rows of some groups.
        events: The log of events.
        issued: The log of passphrases.
        days: As in `steps`.
        folder: Where to write what does not fit into the memory.
    """
    empty = steps(EVENTS.empty_table(), events.end, days)
    nothing = ISSUED.empty_table()
    yield view(attribute(empty, nothing), nothing)
    parts = gathered([(EVENTS, events.tables())], PERSON, folder / "people")
    # All events are read before the first part comes, so `end` is that of the whole log.
    done = (steps(part, events.end, days) for (part,) in parts)
    streams = [(empty.schema, done), (ISSUED, issued.tables())]
    for some, known in gathered(streams, PERSON[:1], folder / "groups"):
        yield view(attribute(some, known), known)


def people_view(attributed: pa.Table, _issued: pa.Table) -> pa.Table:
    """Return who invited whom."""
    return people(attributed)


uses_view: Final[View] = uses


def branch_view(inviter: str) -> View:
    """Return the people below an inviter."""

    def view(attributed: pa.Table, _issued: pa.Table) -> pa.Table:
        return branch(people(attributed), inviter)

    return view


def fingerprints_view(inviter: str) -> View:
    """Return what an inviter and the people of their branch issued."""

    def view(attributed: pa.Table, issued: pa.Table) -> pa.Table:
        return branch_issued(issued, branch(people(attributed), inviter), inviter)

    return view


def summed(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Add the tables of `uses_view` up, one at a time."""
    total = next(tables)
    for table in tables:
        total = add_up([total, table])
    yield total
