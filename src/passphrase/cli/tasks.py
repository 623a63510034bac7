"""The two tasks of `passphrase batch`, and how a file goes through one of them.

Shapes:
    records  what a task takes of each row of a text file, by column; values are those of JSON
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from passphrase.bulk import COLUMNS, REQUIRED, Remembering, decode_column, encode_table
from passphrase.cli.lines import CsvTable, JsonlTable
from passphrase.cli.outputs import opened, replaced
from passphrase.cli.tables import MALFORMED, Counts, Files, ParquetTable, Record, Table, Task
from passphrase.cli.world import EXIT_BUG, Stop
from passphrase.columns import DECODED, ENCODED
from passphrase.processes import spread

if TYPE_CHECKING:
    from passphrase import Codec
    from passphrase.codec import Level

_NO_TEXT: Final = 0  # stands for whatever a JSON object has instead of a text
_TABLES: Final[Mapping[str, Callable[[Files, Task, Mapping[str, str]], Table]]] = {
    "csv": CsvTable,
    "jsonl": JsonlTable,
    "parquet": ParquetTable,
}


def decoding(column: str, repair: "Level") -> Task:
    """Make the task that reads the passphrase in one column."""
    return Task(
        required=(column,),
        optional=(),
        texts=(column,),
        results=DECODED,
        gather=partial(_gather_texts, column),
        select=partial(_select_texts, column),
        work=partial(decode_column, repair=repair),
        keep=Remembering,
    )


def encoding() -> Task:
    """Make the task that mints a passphrase of each row."""
    return Task(
        required=REQUIRED,
        optional=COLUMNS[len(REQUIRED) :],
        texts=(),
        results=ENCODED,
        gather=_gather_invites,
        select=_select_invites,
        work=_mint,
        keep=_as_it_is,
    )


class Places(NamedTuple):
    """Where rows come from and go to, and in which form.

    Attributes:
        source: The input; None is standard input.
        target: The output; None is standard output.
        form: "csv", "jsonl" or "parquet".
        prefix: What the names of the results begin with.
        force: Whether an output that exists may be replaced.
    """

    source: Path | None
    target: Path | None
    form: str
    prefix: str
    force: bool


def process(
    task: Task,
    places: Places,
    codec_factory: "Callable[[], Codec]",
    *,
    processes: int,
    report: Callable[[int, int | None], None],
) -> Counts:
    """Take a file through a task, batch by batch, and count its rows by their errors.

    Raises:
        Stop: A file cannot be read or written, or a process was killed.
        click.UsageError: The input has not the columns for it, or the output is not to be replaced.
    """
    results = [*task.results.names, *([] if places.form == "parquet" else [MALFORMED])]
    names = {name: places.prefix + name for name in results}
    with (
        opened(places.source) as source,
        replaced(places.target, source=places.source, force=places.force) as target,
        closing(
            _TABLES[places.form](Files(source, target, _size(places.source)), task, names)
        ) as table,
    ):
        counts = Counts()
        for batch, made in _worked(task, table, codec_factory, processes):
            counts += table.write(batch, made)
            report(table.position(), table.size)
    return counts


def _worked(
    task: Task, table: Table, codec_factory: "Callable[[], Codec]", processes: int
) -> Iterator[tuple[Any, pa.Table]]:
    """Yield each batch of a table with what was made of it."""
    waiting: deque[Any] = deque()

    def inputs() -> Iterator[Any]:
        for batch, taken in table.batches():
            waiting.append(batch)
            yield taken

    keep = partial(_keep, task.keep, codec_factory)
    try:
        for made in spread(task.work, inputs(), keep, processes=processes):
            yield waiting.popleft(), made
    except BrokenProcessPool:
        raise Stop("a process was killed (is there enough memory?)", EXIT_BUG) from None


def _keep(keep: "Callable[[Codec], Any]", codec_factory: "Callable[[], Codec]") -> object:
    return keep(codec_factory())


def _as_it_is(codec: "Codec") -> "Codec":
    return codec


def _size(path: Path | None) -> int | None:
    return path.stat().st_size if path and path.is_file() else None


def _gather_texts(column: str, records: list[Record]) -> tuple[list[object], list[int]]:
    """Return the different texts, and which of them each record holds."""
    index: dict[object, int] = {}
    texts = (_as_text(record.get(column)) for record in records)
    places = [index.setdefault(text, len(index)) for text in texts]
    return [*index], places


def _as_text(value: object) -> object:
    """Return what a codec is given of a value; bytes that are no UTF-8 are read as U+FFFD."""
    if not isinstance(value, str):
        return None if value is None else _NO_TEXT
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return value  # half an emoji, escaped in JSON: a codec knows what to make of it


def _select_texts(column: str, batch: pa.RecordBatch) -> pa.Array:
    # A batch of a file is a slice of more, and pickle would write all of that.
    return pa.concat_arrays([batch.column(column)])


def _gather_invites(records: list[Record]) -> tuple[pa.Table, list[int]]:
    """Return the fields of the invites as texts; each record has a result of its own."""
    columns = {name: [_as_field(record.get(name)) for record in records] for name in COLUMNS}
    return pa.table(columns), [*range(len(records))]


def _as_field(value: object) -> str | None:
    """Write a value of JSON as a CSV file would have it."""
    return None if value is None else str(value).encode("utf-8", "replace").decode()


def _select_invites(batch: pa.RecordBatch) -> pa.Table:
    present = [name for name in COLUMNS if name in batch.schema.names]
    return pa.table({name: pa.concat_arrays([batch.column(name)]) for name in present})


def _mint(codec: "Codec", table: pa.Table) -> pa.Table:
    return encode_table(codec, table).select(ENCODED.names)
