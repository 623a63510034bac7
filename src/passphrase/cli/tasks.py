"""The two tasks of `passphrase batch`, and how one is applied to a file."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from passphrase.bulk.columns import DECODED, SHIFTS, distinct, table_of, values
from passphrase.bulk.processes import spread
from passphrase.bulk.table import (
    COLUMNS,
    REQUIRED,
    CachingCodec,
    Variants,
    decode_column,
    mint_each,
)
from passphrase.cli.forms import MALFORMED, Columns, Form
from passphrase.cli.world import EXIT_MEMORY, Stop
from passphrase.format.codewords import fingerprint_of
from passphrase.format.layout import VARIANTS
from passphrase.format.wire import Numbers, invite_of
from passphrase.invite import EPOCH, Origin
from passphrase.sharing.message import share

if TYPE_CHECKING:
    from passphrase import Codec
    from passphrase.opening import Level

GROUP_NAME: Final = "group_name"  # the column with names of groups for messages
PIECE_ROWS: Final = 1 << 9  # half a second of work if each row needs repair
SHARED_PIECE_ROWS: Final = 1 << 12  # keeps the processes busy while a batch is written
_MINTED: Final = pa.schema(
    {
        "text": pa.string(),
        "variant": pa.int16(),
        "fingerprint": pa.string(),
        "error": pa.string(),
    }
)
_MESSAGES: Final = _MINTED.insert(3, pa.field("message", pa.string()))

Wording = Mapping[str, str | None]  # keyword arguments of `passphrase.share`
Inputs = Mapping[str, Any]  # columns by name: sequences, or Arrow columns


class Task(NamedTuple):
    """The work on each batch.

    Attributes:
        columns: Columns to read and to add.
        prepare: Returns the input of `work` for a batch, and for each row the index of its result.
        work: Returns the results, given a codec and an input. Runs in any process.
        is_caching: Whether `work` takes a `CachingCodec`.
    """

    columns: Columns
    prepare: Callable[[Inputs], tuple[Any, pa.Array]]
    work: Callable[[Any, Any], pa.Table]
    is_caching: bool


def decoding(column: str, repair: "Level") -> Task:
    """Make the task that reads the passphrases in one column, each distinct text once."""
    return Task(
        Columns(required=(column,), optional=(), text=column, results=DECODED),
        prepare=partial(_texts, column),
        work=partial(decode_column, repair=repair),
        is_caching=True,
    )


def encoding(variants: Variants, now: datetime, wording: Wording | None) -> Task:
    """Make the task that mints a passphrase for each row, and with `wording` also a message."""
    optional = (*COLUMNS[len(REQUIRED) :], *([GROUP_NAME] if wording else []))
    return Task(
        Columns(REQUIRED, optional, text=None, results=_MESSAGES if wording else _MINTED),
        prepare=partial(_invites, variants),
        work=partial(_mint, now=now, wording=wording),
        is_caching=False,
    )


def process(
    task: Task,
    form: Form,
    codec_factory: "Callable[[], Codec]",
    *,
    processes: int,
    report: Callable[[int, int | None], None],
) -> Counter[str | None]:
    """Apply a task to a file. Return the number of rows for each error; None is for no error.

    After each piece, call `report` with the position in the file and its size, in the unit of the
    form: bytes or rows. The size is None if it is unknown.

    Raises:
        Stop: A file cannot be read or written, or a process was killed.
    """
    size = PIECE_ROWS if processes == 1 else SHARED_PIECE_ROWS
    waiting: deque[tuple[Any, pa.Array, int, int]] = deque()

    def pieces() -> Iterator[Any]:
        for rows, columns in form.batches():
            inputs, places = task.prepare(columns)
            starts = range(0, max(len(inputs), 1), size)
            waiting.append((rows, places, len(starts), form.position))
            for at in starts:
                yield _cut_out(inputs[at : at + size])

    factory = partial(_caching, codec_factory) if task.is_caching else codec_factory
    counts = Counter[str | None]()
    made: list[pa.Table] = []
    start = 0
    try:
        for part in spread(task.work, pieces(), factory, processes=processes):
            made.append(part)
            rows, places, count, end = waiting[0]
            report(start + (end - start) * len(made) // count, form.size)
            if len(made) == count:
                results = pa.concat_tables(made)
                form.write(rows, results, places)
                counts.update(results["error"].take(places).to_pylist())
                counts.update([MALFORMED] * (len(rows) - len(places)))
                waiting.popleft()
                made, start = [], end
    except BrokenProcessPool:
        raise Stop("a process was killed, perhaps for lack of memory", EXIT_MEMORY) from None
    return counts


def _cut_out(inputs: Any) -> Any:  # noqa: ANN401  # a list or a table
    """Copy a slice of a table: pickling a slice would send the whole table."""
    if not isinstance(inputs, pa.Table):
        return inputs
    columns = [pa.concat_arrays(column.chunks) for column in inputs.columns]
    return pa.table(columns, names=inputs.column_names)


def _caching(codec_factory: "Callable[[], Codec]") -> CachingCodec:
    return CachingCodec(codec_factory())


def _texts(column: str, inputs: Inputs) -> tuple[list[object], pa.Array]:
    """Return the distinct texts of a batch, and for each row the index of its text."""
    different, places = distinct(inputs[column])
    return [_readable(text) for text in different], places


def _readable(text: object) -> object:
    """Replace the bytes of a text that are not UTF-8 with U+FFFD."""
    if not isinstance(text, str):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text  # an unpaired surrogate from JSON, which a codec can read


def _invites(variants: Variants, inputs: Inputs) -> tuple[pa.Table, pa.Array]:
    """Return the invites of a batch with variants, and for each row its own index."""
    columns = {name: as_column(column) for name, column in inputs.items()}
    table = variants.fill(pa.table(columns))
    return table, pa.array(range(len(table)), pa.int64())


def as_column(cells: Any) -> Any:  # noqa: ANN401  # a list, or an Arrow column
    """Return the values of a file as an Arrow column; those of CSV and JSON as texts."""
    if isinstance(cells, pa.ChunkedArray):
        return cells
    try:
        return pa.array(cells, pa.string())
    except (pa.ArrowException, UnicodeEncodeError):  # JSON has other types, and half an emoji
        return pa.array(map(_as_field, cells), pa.string())


def _as_field(value: object) -> str | None:
    """Write a JSON value as the text that a CSV file would have."""
    return None if value is None else str(value).encode("utf-8", "replace").decode()


def _mint(codec: "Codec", table: pa.Table, *, now: datetime, wording: Wording | None) -> pa.Table:
    """Mint each row of a table. A row that has expired already gets the error "expired"."""
    variants = values(table["variant"])
    has_names = GROUP_NAME in table.column_names
    names = values(table[GROUP_NAME]) if has_names else [None] * len(table)
    schema = _MINTED if wording is None else _MESSAGES
    nothing = (None,) * (len(schema) - 1)
    first = (now - EPOCH) // timedelta(minutes=1) + 1 << SHIFTS["expiry"]
    rows: list[tuple[object, ...]] = []
    for minted, variant, group_name in zip(mint_each(codec, table), variants, names, strict=True):
        if isinstance(minted, str):
            rows.append((*nothing, minted))
            continue
        numbers, codeword, text = minted
        if numbers[0] < first:
            rows.append((*nothing, "expired"))
            continue
        named = (numbers[0] % VARIANTS, fingerprint_of(*codeword)) if variant else (None, None)
        messages = () if wording is None else (_message(text, numbers, group_name, wording),)
        rows.append((text, *named, *messages, None))
    return table_of(schema, rows)


def _message(text: str, numbers: Numbers, group_name: object, wording: Wording) -> str | None:
    """Make the message to paste; None for an in-app invite, which needs no message."""
    if invite_of(*numbers).origin == Origin.IN_APP:
        return None
    own = {"group_name": group_name} if group_name and isinstance(group_name, str) else {}
    words: Any = {**wording, **own}
    return share(text, **words)
