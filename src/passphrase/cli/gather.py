"""Tables in any order -> tables in which all rows with one key are together, by way of the disk.

Up to ROWS_MAX rows stay in memory. Of more rows, each goes to one of PARTS files by a hash of its
key, and each file is gathered alone. So only the rows of one key can be more than ROWS_MAX.
"""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

ROWS_MAX: Final = 1 << 17  # rows in memory
ROWS_WRITTEN: Final = 1 << 16  # rows that are written at once, at least
_PART_BITS: Final = 7
PARTS: Final = 1 << _PART_BITS
_LEVEL_MAX: Final = 32 // _PART_BITS - 1  # then the bits of the hash are used up
_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="lz4")

# The schema of some tables, and the tables.
Stream = tuple[pa.Schema, Iterable[pa.Table]]


def gathered(
    streams: Sequence[Stream], keys: Sequence[str], folder: Path, level: int = 0
) -> Iterator[Sequence[pa.Table]]:
    """Yield one table of each stream, until all rows are yielded.

    Rows with the same key are yielded together, also across streams. All streams are read to their
    ends before the first table is yielded.

    Args:
        streams: The schema and the tables of each.
        keys: Columns of texts that all streams have.
        folder: A new folder for the files. No file is left in it.
        level: How often the rows were cut before.
    """
    held: list[Stream] = []
    rows = 0
    for schema, tables in streams:
        first: list[pa.Table] = []
        rest = iter(tables)
        for table in rest:
            first.append(table)
            rows += len(table)
            if rows > ROWS_MAX and level <= _LEVEL_MAX:
                break
        held.append((schema, _drained(first, rest)))
    if rows <= ROWS_MAX or level > _LEVEL_MAX:
        yield [pa.concat_tables([schema.empty_table(), *tables]) for schema, tables in held]
        return
    folder.mkdir()
    names = [folder / f"stream-{number}" for number in range(len(held))]
    for name, stream in zip(names, held, strict=True):
        _scatter(stream, keys, name, level)
    for part in map(str, range(PARTS)):
        paths = [name / part for name in names]
        if any(path.exists() for path in paths):
            schemas = [schema for schema, _ in held]
            pieces = [*zip(schemas, map(_read, paths), strict=True)]
            yield from gathered(pieces, keys, folder / part, level + 1)
        for path in paths:
            path.unlink(missing_ok=True)


def _scatter(stream: Stream, keys: Sequence[str], folder: Path, level: int) -> None:
    """Write each row of a stream to the file of its part."""
    schema, tables = stream
    folder.mkdir()
    writers: dict[int, Any] = {}
    with ExitStack() as files:
        for table in _joined(tables):
            places = _parts(table, keys, level)
            for part in places.unique().to_pylist():
                if part not in writers:
                    file = files.enter_context(pa.OSFile(str(folder / str(part)), "wb"))
                    writer = pa.ipc.new_stream(file, schema, options=_OPTIONS)
                    writers[part] = files.enter_context(writer)
                writers[part].write_table(table.filter(pc.equal(places, part)).combine_chunks())


def _drained(first: list[pa.Table], rest: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield tables, and let go of each."""
    while first:
        yield first.pop(0)
    yield from rest


def _joined(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Join small tables: each table costs a write to every file."""
    held: list[pa.Table] = []
    for table in chain(tables, [None]):
        if table is not None:
            held.append(table)
        if held and (table is None or sum(map(len, held)) >= ROWS_WRITTEN):
            yield pa.concat_tables(held)
            held = []


def _parts(table: pa.Table, keys: Sequence[str], level: int) -> pa.Array:
    """Return the part of each row, by the bits of a hash of its key that belong to the level."""
    joined = pc.binary_join_element_wise(*(table[key] for key in keys), "/")
    encoded = joined.combine_chunks().cast(pa.binary()).dictionary_encode()
    shift = level * _PART_BITS
    parts = [crc32(key) >> shift & PARTS - 1 for key in encoded.dictionary.to_pylist()]
    return pa.array(parts, pa.uint8()).take(encoded.indices)


def _read(path: Path) -> Iterator[pa.Table]:
    """Yield the tables of a file; nothing if it does not exist."""
    if path.exists():
        with pa.OSFile(str(path)) as file:
            for batch in pa.ipc.open_stream(file):
                yield pa.Table.from_batches([batch])
