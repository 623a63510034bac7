"""The two tasks of `passphrase batch`, and how a file goes through one of them.

Shapes:
    records  what a task takes of each row of a text file, by column; values are those of JSON
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from passphrase.bulk.columns import DECODED, ENCODED, table_of, values
from passphrase.bulk.processes import spread
from passphrase.bulk.table import (
    COLUMNS,
    REQUIRED,
    CachingCodec,
    Variants,
    decode_column,
    encode_table,
)
from passphrase.cli.lines import CsvTable, JsonlTable
from passphrase.cli.outputs import opened, replaced
from passphrase.cli.tables import MALFORMED, Counts, Files, ParquetTable, Record, Table, Task
from passphrase.cli.world import EXIT_MEMORY, Stop
from passphrase.invite import Origin
from passphrase.sharing.message import share

if TYPE_CHECKING:
    from passphrase import Codec
    from passphrase.codec import Level
    from passphrase.languages.words import Locale

GROUP_NAME: Final = "group_name"  # the column of the names that stand in messages
PIECE_ROWS: Final = 1 << 9  # of a batch: half a second, if each has to be repaired
SHARED_PIECE_ROWS: Final = 1 << 12  # enough for processes to do while a batch is written
_MINTED: Final = pa.schema(
    {
        "text": pa.string(),
        "variant": pa.int16(),
        "fingerprint": pa.string(),
        "error": pa.string(),
    }
)
_MESSAGES: Final = _MINTED.insert(3, pa.field("message", pa.string()))
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
        keep=CachingCodec,
    )


class Wording(NamedTuple):
    """What stands in the messages, as `passphrase.share` takes it."""

    group_name: str | None  # where a row has no name in GROUP_NAME
    app_name: str | None
    template: str | None
    locale: "Locale"


def encoding(variants: Variants, now: datetime, wording: Wording | None) -> Task:
    """Make the task that mints a passphrase of each row, and a message where one is worded."""
    columns = (*COLUMNS, GROUP_NAME) if wording else COLUMNS
    return Task(
        required=REQUIRED,
        optional=columns[len(REQUIRED) :],
        texts=(),
        results=_MESSAGES if wording else _MINTED,
        gather=partial(_gather_invites, columns, variants),
        select=partial(_select_invites, columns, variants),
        work=partial(_mint, now=now, wording=wording),
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
        bom: Whether the output begins with the byte-order mark.
    """

    source: Path | None
    target: Path | None
    form: str
    prefix: str
    force: bool
    bom: bool = False


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
            _TABLES[places.form](
                Files(source, target, _size(places.source), places.bom), task, names
            )
        ) as table,
    ):
        counts = Counts()
        for batch, made in _worked(task, table, codec_factory, processes, report):
            counts += table.write(batch, made)
    return counts


def _worked(
    task: Task,
    table: Table,
    codec_factory: "Callable[[], Codec]",
    processes: int,
    report: Callable[[int, int | None], None],
) -> Iterator[tuple[Any, pa.Table]]:
    """Yield each batch of a table with what was made of it; report after each of its pieces."""
    size = PIECE_ROWS if processes == 1 else SHARED_PIECE_ROWS
    waiting: deque[tuple[Any, int, int]] = deque()  # a batch, its pieces, and where it ends

    def inputs() -> Iterator[Any]:
        for batch, taken in table.batches():
            pieces = [*_pieces(taken, size)]
            waiting.append((batch, len(pieces), table.position()))
            yield from pieces

    keep = partial(_keep, task.keep, codec_factory)
    made: list[pa.Table] = []
    start = 0
    try:
        for part in spread(task.work, inputs(), keep, processes=processes):
            made.append(part)
            batch, pieces, end = waiting[0]
            report(start + (end - start) * len(made) // pieces, table.size)
            if len(made) == pieces:
                waiting.popleft()
                yield batch, pa.concat_tables(made)
                made, start = [], end
    except BrokenProcessPool:
        raise Stop("a process was killed (is there enough memory?)", EXIT_MEMORY) from None


def _pieces(taken: Any, size: int) -> Iterator[Any]:  # noqa: ANN401  # a list, an array or a table
    """Cut what `work` takes from a batch, so that a person sees it move."""
    for at in range(0, max(len(taken), 1), size):
        piece = taken[at : at + size]
        if isinstance(piece, pa.Array):
            piece = _cut_out(piece)
        elif isinstance(piece, pa.Table):
            columns = [_cut_out(*column.chunks) for column in piece.columns]
            piece = pa.table(columns, names=piece.column_names)
        yield piece


def _cut_out(*slices: pa.Array) -> pa.Array:
    # A slice is part of something larger, and pickle would write all of that.
    return pa.concat_arrays(slices)


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
    return batch.column(column)


def _gather_invites(
    names: Sequence[str], variants: Variants, records: list[Record]
) -> tuple[pa.Table, list[int]]:
    """Return the fields of the invites as texts; each record has a result of its own."""
    columns = {name: [_as_field(record.get(name)) for record in records] for name in names}
    schema = pa.schema(dict.fromkeys(names, pa.string()))
    return variants.fill(pa.table(columns, schema)), [*range(len(records))]


def _as_field(value: object) -> str | None:
    """Write a value of JSON as a CSV file would have it."""
    return None if value is None else str(value).encode("utf-8", "replace").decode()


def _select_invites(names: Sequence[str], variants: Variants, batch: pa.RecordBatch) -> pa.Table:
    present = [name for name in names if name in batch.schema.names]
    return variants.fill(pa.Table.from_batches([batch.select(present)]))


def _mint(codec: "Codec", table: pa.Table, *, now: datetime, wording: Wording | None) -> pa.Table:
    """Mint each row of a table, which is refused as "expired" where it would be over already."""
    columns = [values(table[name]) for name in ("expires_at", "variant", "origin")]
    names = values(table[GROUP_NAME]) if GROUP_NAME in table.column_names else [None] * len(table)
    minted = encode_table(codec, table).select(ENCODED.names).to_pylist()
    rows: list[tuple[object, ...]] = []
    for row, expires_at, variant, origin, name in zip(minted, *columns, names, strict=True):
        text, error = row.values()
        if text and _is_over(expires_at, now):
            text, error = None, "expired"
        decoded = codec.decode(text, repair="exact") if text and variant else None
        numbers = (decoded.invite.variant, decoded.fingerprint) if decoded else (None, None)
        messages = () if wording is None else (_message(text, origin, name, wording),)
        rows.append((text, *numbers, *messages, error))
    return table_of(_MESSAGES if wording else _MINTED, rows)


def _is_over(expires_at: Any, now: datetime) -> bool:  # noqa: ANN401  # as a row has it
    """Tell whether an invite that could be minted ends, with its minute, by now."""
    moment = datetime.fromisoformat(expires_at) if isinstance(expires_at, str) else expires_at
    return moment.replace(second=0, microsecond=0) <= now


def _message(text: str | None, origin: object, name: object, wording: Wording) -> str | None:
    """Make the message that carries a passphrase; an in-app pull needs none."""
    if text is None or origin == Origin.IN_APP:
        return None
    group_name = name if name and isinstance(name, str) else wording.group_name
    return share(text, to=Origin(str(origin)), **wording._replace(group_name=group_name)._asdict())
