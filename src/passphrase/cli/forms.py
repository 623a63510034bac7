"""Files of rows <-> batches: CSV, JSON Lines and Parquet, read and written as streams.

Each input row becomes one output row, in the same order, with the results after its own columns. A
malformed line is copied into the result column "malformed", with the error "malformed". The lines
after it are read as usual. `writing` makes a file without input rows.

Shapes:
    batch    at most some 10,000 rows or some megabytes, whatever the size of the file
    results  m rows, for a batch of n well-formed rows
    places   n indices into the results, one for each row
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import codecs
import csv
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from io import SEEK_END, StringIO
from itertools import chain
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

import click
import pyarrow as pa
import pyarrow.parquet as pq

from passphrase.bulk.columns import is_text
from passphrase.cli.cells import csv_line, csv_lines, json_lines
from passphrase.cli.world import EXIT_NO_INPUT, MARK_BYTES_MAX, NOT_UTF8, Stop, encoding_of, say

MALFORMED: Final = "malformed"  # the result column, and the error, of a malformed line
TEXT_ROWS_MAX: Final = 1 << 15  # in a batch of CSV or JSON Lines
TEXT_CHARS_MAX: Final = 1 << 22  # in such a batch, without its last lines
LINE_CHARS_MAX: Final = 1 << 20  # a longer line is split
ROW_LINES_MAX: Final = 1 << 10  # a row of CSV with more lines is malformed
ROW_CHARS_MAX: Final = 1 << 22  # in all lines of a row but the last
BLOCK_BYTES: Final = 1 << 14
PARQUET_ROWS_MAX: Final = 1 << 16  # in a batch of Parquet
PARQUET_BYTES_MAX: Final = 1 << 25  # in such a batch, without its last read
# Rows of Parquet in one read. Small, because a file can repeat one long text in every row.
ROWS_READ: Final = 1 << 9
# pyarrow's exceptions for a damaged file, or for a file that is not Parquet.
_DAMAGES: Final = (pa.ArrowException, OSError, UnicodeDecodeError)
_BOM: Final = "\ufeff"
_CR_LF: Final = "\r\n"

# The text of a line or row, and its values; None if it is malformed.
_Row: TypeAlias = tuple[str, Sequence[Any] | None]


class Columns(NamedTuple):
    """The columns that a task reads and adds.

    Attributes:
        required: Columns that the input must have.
        optional: Columns that are read if the input has them.
        text: The required column that must hold texts, if the task has one.
        results: Columns that are added.
    """

    required: Sequence[str]
    optional: Sequence[str]
    text: str | None
    results: pa.Schema


class _TextForm(ABC):
    """CSV or JSON Lines. The text of a row is copied, and its result written after it."""

    _newline: str  # the argument `newline` of `open`
    _at: Mapping[str, int]  # for each column that the task reads, its index in the values of a row

    def __init__(
        self, source: BinaryIO, target: BinaryIO, columns: Columns, prefix: str, *, bom: bool
    ) -> None:
        self.position = 0  # number of bytes read
        self.size = _size(source)
        self._source, self._target, self._columns, self._prefix = source, target, columns, prefix
        self._results = [prefix + name for name in (*columns.results.names, MALFORMED)]
        self._is_utf8 = True
        self._chars = 0  # number of characters read
        lines = self._read_lines()
        first = next(lines, "")
        self._mark = _BOM if bom or first.startswith(_BOM) else ""
        self._lines = chain(filter(None, [first.removeprefix(_BOM)]), lines)

    def _read_lines(self) -> Iterator[str]:
        """Yield the lines of the input; long lines are split.

        A byte-order mark decides the encoding, and stays at the start of the first line.
        """
        head = self._source.read(MARK_BYTES_MAX)
        encoding = encoding_of(head)
        # Bytes that are not UTF-8 are written back unchanged. The output is UTF-8, so for other
        # encodings this is impossible.
        errors = "surrogateescape" if encoding == "utf-8" else "replace"
        decoder = codecs.getincrementaldecoder(encoding)(errors)
        held = ""
        for raw in chain([head], iter(partial(self._source.read, BLOCK_BYTES), b""), [b""]):
            text = held + decoder.decode(raw, final=not raw)
            self._chars += len(text) - len(held)
            lines = StringIO(text, self._newline).readlines()
            if len(text) > LINE_CHARS_MAX:
                lines = [piece for line in lines for piece in _cut(line)]
            # The last line can continue in the next block, and a CR LF can be split by it.
            held = lines.pop() if raw and lines else ""
            yield from lines

    def batches(self) -> Iterator[tuple[list[_Row], dict[str, list[Any]]]]:
        """Yield the rows of each batch, and the columns that the task reads from its valid rows."""
        rows: list[_Row] = []
        limit = TEXT_CHARS_MAX
        for row in chain(self._rows(), [None]):
            if row:
                rows.append(row)
            if rows and (not row or len(rows) >= TEXT_ROWS_MAX or self._chars >= limit):
                self.position = self._source.tell() if self.size else 0
                values = [values for _, values in rows if values is not None]
                yield rows, {name: [row[at] for row in values] for name, at in self._at.items()}
                rows, limit = [], self._chars + TEXT_CHARS_MAX

    def write(self, rows: list[_Row], results: pa.Table, places: pa.Array) -> None:
        """Write each row of a batch, followed by its result."""
        shown = [line for piece in results.to_batches() for line in self._shown(piece)]
        place = iter(places.to_pylist())
        self._target.writelines(
            self._encoded(self._malformed(kept))
            if values is None
            else self._encoded(kept) + shown[next(place)]
            for kept, values in rows
        )

    def close(self) -> None:
        """Flush the output."""
        self._target.flush()

    def _encoded(self, text: str) -> bytes:
        try:
            return text.encode()
        except UnicodeEncodeError:
            if self._is_utf8:  # say it once
                say(f"the input {NOT_UTF8}")
            self._is_utf8 = False
            return text.encode("utf-8", "surrogateescape")

    @abstractmethod
    def _rows(self) -> Iterator[_Row]:
        """Read the rows."""

    @abstractmethod
    def _shown(self, results: pa.RecordBatch) -> list[bytes]:
        """Return what follows each row in the output, with the line break."""

    @abstractmethod
    def _malformed(self, line: str) -> str:
        """Return the output row for a malformed line."""


class Csv(_TextForm):
    """CSV with a header and commas. A byte-order mark and line ends are kept."""

    _newline = ""

    def __init__(
        self, source: BinaryIO, target: BinaryIO, columns: Columns, prefix: str, *, bom: bool
    ) -> None:
        super().__init__(source, target, columns, prefix, bom=bom)
        window = self._window([])
        reader = csv.reader(window, strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            msg = f"the header is not CSV: {error}"
            raise click.UsageError(msg) from None
        _check_names(header, columns, self._results)
        self._width = len(header)
        names = (*columns.required, *columns.optional)
        self._at = {name: header.index(name) for name in names if name in header}
        taken = "".join(window[: reader.line_num])
        self._end = _CR_LF if taken.endswith(_CR_LF) else "\n"
        self._lines = chain(window[reader.line_num :], self._lines)
        head = f"{self._mark}{taken.rstrip(_CR_LF)},{csv_line(self._results)}{self._end}"
        target.write(self._encoded(head))

    def _window(self, window: list[str]) -> list[str]:
        """Append lines to `window`, until it can hold the longest allowed row."""
        chars = sum(map(len, window))
        while len(window) < ROW_LINES_MAX and chars < ROW_CHARS_MAX:
            line = next(self._lines, "")
            if not line:
                break
            window.append(line)
            chars += len(line)
        return window

    def _rows(self) -> Iterator[_Row]:
        window: list[str] = []
        while self._window(window):
            reader = csv.reader(window, strict=True)
            read = 0
            with suppress(csv.Error):
                for cells in reader:
                    if len(cells) != self._width:
                        break
                    yield "".join(window[read : reader.line_num]).rstrip(_CR_LF), cells
                    read = reader.line_num
            if not read:  # malformed, such as an open quote: give up one line, not all
                yield window[0].rstrip(_CR_LF), None
                read = 1
            del window[:read]

    def _shown(self, results: pa.RecordBatch) -> list[bytes]:
        return csv_lines(results, ",", "," + self._end)

    def _malformed(self, line: str) -> str:
        names = self._columns.results.names
        cells = [*(MALFORMED if name == "error" else "" for name in names), line]
        return f"{',' * self._width}{csv_line(cells)}{self._end}"


class Jsonl(_TextForm):
    """One JSON object on each line. Its text is copied unchanged.

    Writing the parsed object would lose long numbers and repeated keys.
    """

    _newline = "\n"

    def _rows(self) -> Iterator[_Row]:
        self._target.write(self._mark.encode())
        results = {*self._results}
        names = (*self._columns.required, *self._columns.optional)
        self._at = {name: at for at, name in enumerate(names)}
        for line in self._lines:
            try:
                parsed = json.loads(line)
            except (ValueError, RecursionError):
                parsed = None
            if not isinstance(parsed, dict) or not results.isdisjoint(parsed):
                yield line.rstrip(_CR_LF), None
            else:
                kept = line.strip()[:-1] + (", " if parsed else "")
                yield kept, [parsed.get(name) for name in names]

    def _shown(self, results: pa.RecordBatch) -> list[bytes]:
        return json_lines(results, self._prefix, "")

    def _malformed(self, line: str) -> str:
        row = {self._results[-1]: line, self._prefix + "error": MALFORMED}
        return json.dumps(row, ensure_ascii=False) + "\n"


class Parquet:
    """A Parquet file; its own columns keep their types."""

    def __init__(
        self, source: BinaryIO, target: BinaryIO, columns: Columns, prefix: str, **_: bool
    ) -> None:
        try:
            self._file = pq.ParquetFile(source, pre_buffer=False)  # a buffer keeps the whole file
            schema = self._file.schema_arrow
        except _DAMAGES:
            raise Stop("the input is not a complete Parquet file", EXIT_NO_INPUT) from None
        _check_names(schema.names, columns, [prefix + name for name in columns.results.names])
        if columns.text and not is_text(schema.field(columns.text).type):
            msg = f"column {columns.text!r} holds {schema.field(columns.text).type}, not texts"
            raise click.UsageError(msg)
        self._names = [n for n in (*columns.required, *columns.optional) if n in schema.names]
        results = [field.with_name(prefix + field.name) for field in columns.results]
        self._writer = pq.ParquetWriter(target, pa.schema([*schema, *results], schema.metadata))
        self.position = 0  # number of rows read
        self.size = self._file.metadata.num_rows

    def batches(self) -> Iterator[tuple[pa.Table, dict[str, pa.ChunkedArray]]]:
        """Yield the rows of each batch, and the columns that the task reads."""
        try:
            for pieces in self._reads():
                rows = pa.Table.from_batches(pieces).combine_chunks()
                self.position += len(rows)
                yield rows, {name: rows[name] for name in self._names}
        except MemoryError:  # pyarrow's is also an ArrowException
            raise
        except _DAMAGES:
            raise Stop("the Parquet file is damaged", EXIT_NO_INPUT) from None

    def _reads(self) -> Iterator[list[pa.RecordBatch]]:
        """Yield small reads, in lists that together are one batch."""
        held: list[pa.RecordBatch] = []
        size = 0
        for piece in self._file.iter_batches(ROWS_READ):
            for column in piece.columns:
                check_indices(column)
                # Reads share a dictionary, so only its indices count.
                own = column.indices if pa.types.is_dictionary(column.type) else column
                size += own.nbytes
            held.append(piece)
            if size >= PARQUET_BYTES_MAX or len(held) >= PARQUET_ROWS_MAX // ROWS_READ:
                yield held
                held, size = [], 0
        if held:
            yield held

    def write(self, rows: pa.Table, results: pa.Table, places: pa.Array) -> None:
        """Write each row of a batch, followed by its result."""
        columns = [*rows.columns, *results.take(places).columns]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._writer.schema))

    def close(self) -> None:
        """Write the footer; without it the file cannot be read."""
        self._writer.close()


Form: TypeAlias = Csv | Jsonl | Parquet
FORMS: Final[Mapping[str, Callable[..., Form]]] = {
    "csv": Csv,
    "jsonl": Jsonl,
    "parquet": Parquet,
}


@contextmanager
def writing(
    form: str, target: BinaryIO, schema: pa.Schema, *, bom: bool
) -> Generator[Callable[[pa.Table], object]]:
    """Open a new file of rows; the result writes a table to it."""
    if form == "parquet":
        with pq.ParquetWriter(target, schema) as writer:
            yield writer.write_table
        return

    if form == "csv":
        target.write(f"{_BOM if bom else ''}{csv_line(schema.names)}\n".encode())
        shown = partial(csv_lines, start="", end="\n")
    else:
        shown = partial(json_lines, prefix="", start="{")

    def write(table: pa.Table) -> None:
        for piece in table.to_batches():
            target.writelines(shown(piece))

    yield write
    target.flush()


def _size(source: BinaryIO) -> int | None:
    """Return the size of an input in bytes; None if it is not seekable."""
    if not source.seekable():
        return None
    start = source.tell()
    size = source.seek(0, SEEK_END)
    source.seek(start)
    return size


def _cut(line: str) -> Iterator[str]:
    return (line[at : at + LINE_CHARS_MAX] for at in range(0, len(line), LINE_CHARS_MAX))


def _check_names(names: Sequence[str], columns: Columns, results: Sequence[str]) -> None:
    """Refuse an input without the columns that the task needs.

    Raises:
        click.UsageError: A column is missing, occurs twice, or has the name of a result.
    """
    for name in columns.required:
        if name not in names:
            advice = "; name another with --column" if columns.text else ""
            msg = f"the input has no column {name!r}{advice}"
            raise click.UsageError(msg)
    for name in (*columns.required, *columns.optional):
        if names.count(name) > 1:
            msg = f"the input has two columns {name!r}"
            raise click.UsageError(msg)
    for name in results:
        if name in names:
            msg = (
                f"the input already has a column {name!r}, which the result would overwrite; "
                "choose another --prefix"
            )
            raise click.UsageError(msg)


def check_indices(array: pa.Array) -> None:
    """Refuse an index outside its dictionary, because following it would crash the process.

    Raises:
        pyarrow.ArrowInvalid: An index is outside its dictionary.
    """
    if pa.types.is_dictionary(array.type):
        pa.DictionaryArray.from_arrays(array.indices, array.dictionary)
    elif pa.types.is_struct(array.type):
        for field in array.flatten():
            check_indices(field)
    elif pa.types.is_nested(array.type):
        check_indices(array.flatten())
