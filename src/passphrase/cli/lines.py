"""Rows of text <-> batches: CSV and JSON Lines, read and written as a stream.

Every row of the input is a row of the output, in the same order, with the results behind. What is
no row is kept as it is in the result "malformed", and its "error" is "malformed": a line that is no
JSON object or already has a name of a result; in CSV a blank line, a row with too few or too many
fields, with an open quote, or with a field of more than 131,072 characters. A quote that is not
closed costs one line: those behind it are read afresh.
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import csv
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import SEEK_END, BufferedReader, RawIOBase, StringIO, TextIOWrapper
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

import click
import pyarrow as pa

from passphrase.cli.tables import MALFORMED, Counts, Files, Record, Task, check_names
from passphrase.cli.world import MARK_BYTES_MAX, NOT_UTF8, encoding_of, say

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ROWS_MAX: Final = 1 << 15  # of a batch
CHARS_MAX: Final = 1 << 24  # of a batch
LINE_CHARS_MAX: Final = 1 << 20  # a longer line is taken in pieces
BUFFER_BYTES: Final = 1 << 16
_CR_LF: Final = "\r\n"
_BOM: Final = "\ufeff"


class _Row(NamedTuple):
    """A row of a text file: what is written back, and what the task takes of it if it is one."""

    kept: Any
    record: Record | None
    chars: int


class _Rejoined(RawIOBase):
    """A source whose beginning has been read already, and comes again."""

    def __init__(self, head: bytes, source: BinaryIO) -> None:
        self._head = head
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        room = memoryview(buffer).cast("B")
        piece = self._head or self._source.read(len(room))
        self._head = b""
        room[: len(piece)] = piece
        return len(piece)


class _Lines:
    """The lines of a text file; those that were taken for one row can be had again."""

    def __init__(self, source: BinaryIO, newline: str) -> None:
        head = source.read(MARK_BYTES_MAX)
        encoding = encoding_of(head)
        # Bytes that are not UTF-8 come out as they went in; the output has no place for others.
        errors = "surrogateescape" if encoding == "utf-8" else "replace"
        whole = BufferedReader(_Rejoined(head, source), BUFFER_BYTES)
        text = TextIOWrapper(whole, encoding, errors, newline=newline)
        self._file = text  # which would close the source if it were let go
        self._fresh = iter(lambda: text.readline(LINE_CHARS_MAX), "")
        self._again: list[str] = []
        self.taken: list[str] = []
        first = next(self._fresh, "")
        self.has_bom: Final = first.startswith(_BOM)
        self._again += filter(None, [first.removeprefix(_BOM)])

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._fresh)
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """Return the first line that was taken; the rest will come again."""
        first, *rest = self.taken
        self._again += reversed(rest)
        return first


class _TextTable(ABC):
    """What CSV and JSON Lines have in common."""

    def __init__(self, files: Files, task: Task, names: Mapping[str, str], newline: str) -> None:
        self._task = task
        self._names = names
        self._wanted = {*task.required, *task.optional}
        self._lines = _Lines(files.source, newline)
        self._files = files
        self._text = StringIO(_BOM if self._lines.has_bom or files.bom else "")
        self._is_utf8 = True
        self._text.seek(0, SEEK_END)

    def batches(self) -> Iterator[tuple[Any, Any]]:
        """Yield rows with the places of their results, and what the task's `work` takes."""
        rows: list[_Row] = []
        chars = 0
        for row in chain(self._rows(), [None]):
            if row:
                rows.append(row)
                chars += row.chars
            if rows and (row is None or len(rows) == ROWS_MAX or chars >= CHARS_MAX):
                records = [row.record for row in rows if row.record is not None]
                taken, places = self._task.gather(records)
                yield (rows, places), taken
                rows, chars = [], 0

    def write(self, batch: tuple[list[_Row], list[int]], results: pa.Table) -> Counts:
        """Write a batch with its results."""
        rows, places = batch
        shown = [self._show(result) for result in results.to_pylist()]
        errors = results["error"].to_pylist()
        malformed = self._show({"error": MALFORMED})
        counts = Counts()
        place = iter(places)
        for row in rows:
            if row.record is None:
                counts[MALFORMED] += 1
                self._write_malformed(row.kept, malformed)
            else:
                at = next(place)
                counts[errors[at]] += 1
                self._write_row(row.kept, shown[at])
        self.close()
        return counts

    def close(self) -> None:
        """Write what is not written yet: of a file without rows, its header."""
        text = self._text.getvalue()
        try:
            self._files.target.write(text.encode())
        except UnicodeEncodeError:
            self._files.target.write(text.encode("utf-8", "surrogateescape"))
            if self._is_utf8:  # said once
                say(f"the input {NOT_UTF8}")
            self._is_utf8 = False
        self._text.seek(0)
        self._text.truncate()

    @property
    def size(self) -> int | None:
        """Bytes in the input, if that is known."""
        return self._files.size

    def position(self) -> int:
        """Return how much of the input has been read, in bytes."""
        return self._files.source.tell() if self._files.size else 0

    @abstractmethod
    def _rows(self) -> Iterator[_Row]:
        """Read the rows."""

    @abstractmethod
    def _show(self, result: Record) -> Any:  # noqa: ANN401  # what the two below take
        """Make of a result what stands behind a row."""

    @abstractmethod
    def _write_row(self, kept: Any, shown: Any) -> None:  # noqa: ANN401
        """Write a row and what stands behind it."""

    @abstractmethod
    def _write_malformed(self, line: str, shown: Any) -> None:  # noqa: ANN401
        """Write what is no row in the column for that."""


class _Ended(NamedTuple):
    """Where lines are written that end in CR LF, with another ending."""

    text: StringIO
    ending: str

    def write(self, line: str) -> object:
        """Write one line."""
        return self.text.write(line.removesuffix(_CR_LF) + self.ending)


class CsvTable(_TextTable):
    """Rows under a header, with commas, in UTF-8; the byte-order mark and line ends stay."""

    def __init__(self, files: Files, task: Task, names: Mapping[str, str]) -> None:
        super().__init__(files, task, names, newline="")
        self._reader = csv.reader(self._lines, strict=True)
        try:
            header = next(self._reader, [])
        except csv.Error as error:
            msg = f"the header is no CSV: {error}"
            raise click.UsageError(msg) from None
        check_names(header, task, names)
        self._width = len(header)
        self._places = {name: at for at, name in enumerate(header) if name in self._wanted}
        ending = _CR_LF if self._lines.taken[-1].endswith(_CR_LF) else "\n"
        # Told to end lines in one of the two, it would leave the other unquoted in a cell.
        self._writer = csv.writer(_Ended(self._text, ending), lineterminator=_CR_LF)
        self._writer.writerow([*header, *names.values()])

    def _rows(self) -> Iterator[_Row]:
        while True:
            self._lines.taken.clear()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                cells = []
            chars = sum(map(len, self._lines.taken))
            if len(cells) == self._width:
                record = {name: cells[at] for name, at in self._places.items()}
                yield _Row(cells, record, chars)
            else:
                yield _Row(self._lines.give_back().rstrip("\r\n"), None, chars)

    def _show(self, result: Record) -> list[str]:
        return [_show_cell(result.get(name)) for name in self._names if name != MALFORMED]

    def _write_row(self, kept: list[str], shown: list[str]) -> None:
        self._writer.writerow([*kept, *shown, ""])

    def _write_malformed(self, line: str, shown: list[str]) -> None:
        self._writer.writerow([*[""] * self._width, *shown, line])


class JsonlTable(_TextTable):
    """One JSON object a line, in UTF-8; its own characters stay as they are."""

    def __init__(self, files: Files, task: Task, names: Mapping[str, str]) -> None:
        super().__init__(files, task, names, newline="\n")

    def _rows(self) -> Iterator[_Row]:
        taken = {*self._names.values()}
        for line in self._lines:
            self._lines.taken.clear()
            try:
                parsed = json.loads(line)
            except (ValueError, RecursionError):
                parsed = None
            if not isinstance(parsed, dict) or taken & parsed.keys():
                yield _Row(line.rstrip("\r\n"), None, len(line))
            else:
                # The line is written back without its brace, not what was understood of it:
                # long numbers and repeated names stay as they are.
                kept = line.strip()[:-1] + (", " if parsed else "")
                record = {name: parsed[name] for name in self._wanted & parsed.keys()}
                yield _Row(kept, record, len(line))

    def _show(self, result: Record) -> str:
        values = {self._names[name]: _show_value(value) for name, value in result.items()}
        return json.dumps(values, ensure_ascii=False)[1:] + "\n"

    def _write_row(self, kept: str, shown: str) -> None:
        self._text.write(kept + shown)

    def _write_malformed(self, line: str, shown: str) -> None:
        raw = json.dumps({self._names[MALFORMED]: line}, ensure_ascii=False)
        self._text.write(f"{raw[:-1]}, {shown}")


def _show_value(value: object) -> object:
    """Make JSON of a result; of the evidence, only what there is."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if item is not None}
    return value


def _show_cell(value: object) -> str:
    """Make a cell of a result: none begins with what a spreadsheet takes for a formula."""
    shown = _show_value(value)
    if shown is None or isinstance(shown, str):
        return shown or ""
    return json.dumps(shown, ensure_ascii=False)
