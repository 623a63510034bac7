"""What `passphrase batch` does with a file of rows, whatever its form; and Parquet.

Shapes:
    batch    some 10,000 rows or some megabytes, so that memory does not grow with the file
    results  the columns that a task adds; each is written under its name with the prefix before
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Protocol, cast

import click
import pyarrow as pa
import pyarrow.parquet as pq

from passphrase.bulk.columns import is_text
from passphrase.cli.world import EXIT_NO_INPUT, Stop

if TYPE_CHECKING:
    from passphrase import Codec

# What pyarrow makes of a file that is no Parquet file, or no longer a whole one.
_DAMAGES: Final = (pa.ArrowException, OSError, UnicodeDecodeError)
MALFORMED: Final = "malformed"  # the result column, and the error, of what is no row
ROWS_MAX: Final = 1 << 16  # of a batch
BYTES_MAX: Final = 1 << 25  # of a batch, once a row has been read that goes past it
# Of Parquet at a time: a long text that stands once in the file may stand in all of them.
ROWS_READ: Final = 1 << 9

Record = Mapping[str, object]  # the cells of a row that a task takes, by column
Counts = Counter[str | None]  # rows by error; None are those that succeeded


class Task(NamedTuple):
    """What is done with each batch.

    Attributes:
        required: The columns that it cannot do without.
        optional: The columns that it takes where they are.
        texts: Those of them that must hold texts.
        results: What it adds.
        gather: Makes of records what `work` takes, and tells which of its results each record gets.
        select: Makes the same of an Arrow batch, a result a row.
        keep: Makes of the codec what `work` takes first, once in each process.
        work: Does it.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    texts: tuple[str, ...]
    results: pa.Schema
    gather: Callable[[list[Record]], tuple[Any, list[int]]]
    select: Callable[[pa.RecordBatch], Any]
    work: Callable[[Any, Any], pa.Table]
    keep: Callable[["Codec"], Any]


class Table(Protocol):
    """A file that is read and another that is written."""

    def batches(self) -> Iterator[tuple[Any, Any]]:
        """Yield batch by batch what `write` takes, and what the task's `work` takes."""
        ...

    def write(self, batch: Any, results: pa.Table) -> Counts:  # noqa: ANN401  # what it yielded
        """Write a batch with its results."""
        ...

    def close(self) -> None:
        """Write what a file ends with."""
        ...

    def position(self) -> int:
        """Return how much of the input has been read, in bytes or in rows."""
        ...

    @property
    def size(self) -> int | None:
        """How much there is to be read, if that is known."""
        ...


class Files(NamedTuple):
    """Where rows come from and go to.

    Attributes:
        source: Bytes that are read once, or a file for Parquet.
        target: Where bytes are written.
        size: Bytes in the source, if it is a file.
        bom: Whether a text begins with the byte-order mark.
    """

    source: BinaryIO
    target: BinaryIO
    size: int | None
    bom: bool


def check_names(columns: Sequence[str], task: Task, names: Mapping[str, str]) -> None:
    """Refuse columns with which the task cannot be done.

    Raises:
        click.UsageError: One is missing, or is there twice, or has the name of a result.
    """
    for name in task.required:
        if name not in columns:
            advice = "; --column names another" if name in task.texts else ""
            msg = f"there is no column {name!r} in the input{advice}"
            raise click.UsageError(msg)
    for name in (*task.required, *task.optional):
        if columns.count(name) > 1:
            msg = f"there are two columns {name!r} in the input"
            raise click.UsageError(msg)
    for name in names.values():
        if name in columns:
            msg = f"the input has a column {name!r}, as a result; choose another --prefix"
            raise click.UsageError(msg)


def _check_indices(array: pa.Array) -> None:
    """Refuse an index that points out of its dictionary; to follow it ends the process.

    Raises:
        pyarrow.ArrowInvalid: There is one.
    """
    if pa.types.is_dictionary(array.type):
        pa.DictionaryArray.from_arrays(array.indices, array.dictionary)
    elif pa.types.is_struct(array.type):
        for field in array.flatten():
            _check_indices(field)
    elif pa.types.is_nested(array.type):
        _check_indices(array.flatten())


def _merged(pieces: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches of up to ROWS_MAX rows of the small ones that were read."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for piece in pieces:
        for column in piece.columns:
            _check_indices(column)
        held.append(piece)
        rows += piece.num_rows
        size += sum(map(_own_bytes, piece.columns))
        if size >= BYTES_MAX or rows + ROWS_READ > ROWS_MAX:
            yield _joined(held)
            held, rows, size = [], 0, 0
    if held:
        yield _joined(held)


def _own_bytes(column: pa.Array) -> int:
    """Count the bytes of a piece of a column, without the dictionary that all pieces share."""
    own = column.indices if pa.types.is_dictionary(column.type) else column
    return cast("int", own.nbytes)


def _joined(pieces: list[pa.RecordBatch]) -> pa.RecordBatch:
    (batch,) = pa.Table.from_batches(pieces).combine_chunks().to_batches()
    return batch


class ParquetTable:
    """A Parquet file; its own columns keep their types."""

    def __init__(self, files: Files, task: Task, names: Mapping[str, str]) -> None:
        try:
            self._file = pq.ParquetFile(files.source)
            schema = self._file.schema_arrow
        except _DAMAGES:
            raise Stop("the input is no Parquet file, or is cut", EXIT_NO_INPUT) from None
        check_names(schema.names, task, names)
        for name in task.texts:
            if not is_text(schema.field(name).type):
                msg = f"column {name!r} holds {schema.field(name).type}, not texts"
                raise click.UsageError(msg)
        self._task = task
        self._rows_read = 0
        self._schema = schema
        for field in task.results:
            self._schema = self._schema.append(field.with_name(names[field.name]))
        self._writer = pq.ParquetWriter(files.target, self._schema)

    def batches(self) -> Iterator[tuple[pa.RecordBatch, Any]]:
        """Yield batch by batch what `write` takes, and what the task's `work` takes."""
        try:
            for batch in _merged(self._file.iter_batches(min(ROWS_READ, ROWS_MAX))):
                self._rows_read += batch.num_rows
                yield batch, self._task.select(batch)
        except MemoryError:  # an ArrowException too
            raise
        except _DAMAGES:
            raise Stop("the Parquet file is damaged", EXIT_NO_INPUT) from None

    def write(self, batch: pa.RecordBatch, results: pa.Table) -> Counts:
        """Write a batch with its results."""
        columns = [*batch.columns, *results.columns]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        return Counts(
            {item["values"]: item["counts"] for item in results["error"].value_counts().to_pylist()}
        )

    def close(self) -> None:
        """Write the footer, without which a Parquet file is none."""
        self._writer.close()

    def position(self) -> int:
        """Return how much of the input has been read, in rows."""
        return self._rows_read

    @property
    def size(self) -> int:
        """Rows in the input."""
        return cast("int", self._file.metadata.num_rows)
