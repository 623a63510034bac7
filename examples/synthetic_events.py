"""Write a made-up log of events and of issued passphrases, to try `passphrase report` with.

python examples/synthetic_events.py 100000 events.parquet issued.parquet

The log is unkind. Requests are retried, and events are out of order. People leave who never joined,
come back by other invites, and invite each other in circles. Ids are UUIDs or above 2^63. Some
fingerprints are missing, or belong to passphrases that nobody issued.
"""

import random
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.csv import CSVWriter

from passphrase.bulk import EVENTS, ISSUED

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
LOG_DAYS: Final = 60
EVENTS_OF_GROUP: Final = 50  # on average
ISSUED_OF_GROUP: Final = 5
PEOPLE_OF_GROUP: Final = 12
BATCH_ROWS: Final = 1 << 16
_KINDS: Final = {"opened": 5, "refused": 1, "joined": 4, "left": 2}
_ORIGINS: Final = ("wechat", "qq", "in_app")
_LABELS: Final = (None, "spring", "春节")


def person(number: int) -> str:
    """Return an id: a UUID, or a number that a signed 64-bit int cannot hold."""
    return str(UUID(int=number)) if number % 3 == 0 else str(2**63 + number)


def fingerprint(group: int, issuer: int) -> str:
    """Return the fingerprint of the invite of one member of a group."""
    return f"1-{group:012x}{issuer:08x}"


def make_issued(rows: int, groups: int | None = None) -> Iterator[pa.Table]:
    """Yield the passphrases for a log of n events, in batches."""
    groups = groups or 1 + rows // EVENTS_OF_GROUP
    issued: list[tuple[object, ...]] = []
    for number in range(_share(rows, groups, ISSUED_OF_GROUP) * groups):
        issuer, group = divmod(number, groups)
        ends = START + timedelta(days=7 + group % 60)
        origin, label = _ORIGINS[issuer % 3], _LABELS[(group + issuer) % 3]
        row = (fingerprint(group, issuer), person(group), person(issuer), origin, ends, label)
        issued.append(row)
        if len(issued) == BATCH_ROWS:
            yield _table(ISSUED, issued)
            issued = []
    yield _table(ISSUED, issued)


def make_events(rows: int, groups: int | None = None) -> Iterator[pa.Table]:
    """Yield a log of n events, the same for the same number, in batches."""
    draw = random.Random(rows)  # noqa: S311  # the same log again
    groups = groups or 1 + rows // EVENTS_OF_GROUP
    issuers, people = (_share(rows, groups, n) for n in (ISSUED_OF_GROUP, PEOPLE_OF_GROUP))
    for start in range(0, rows, BATCH_ROWS):
        events: list[tuple[object, ...]] = []
        for row in range(start, min(start + BATCH_ROWS, rows)):
            if events and draw.random() < 0.05:  # noqa: PLR2004  # a retry
                events.append(events[draw.randrange(len(events))])
                continue
            group = draw.randrange(groups)
            issuer = draw.randrange(issuers + 1)  # the last one issued nothing
            seconds = int((row + draw.randrange(-100, 100)) / rows * LOG_DAYS * 86_400)
            at = START + timedelta(seconds=seconds)
            (kind,) = draw.choices([*_KINDS], [*_KINDS.values()])
            known = kind != "left" and draw.random() < 0.95  # noqa: PLR2004
            by = fingerprint(group, issuer) if known else None
            user = person(draw.randrange(people))
            events.append((at, kind, person(group), user, by))
        yield _table(EVENTS, events)


def _share(rows: int, groups: int, of_group: int) -> int:
    """Return how many of something are in each group: `of_group` for the usual number of groups."""
    return max(of_group, rows * of_group // EVENTS_OF_GROUP // groups)


def _table(schema: pa.Schema, rows: list[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.table([*columns], schema)


def write(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write a Parquet file, or CSV if the name of the file says so."""
    writer = CSVWriter if path.suffix == ".csv" else pq.ParquetWriter
    with writer(path, schema) as file:
        for table in tables:
            file.write_table(table)


def main() -> None:
    """Write both files."""
    rows, events, issued = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    write(events, EVENTS, make_events(rows))
    write(issued, ISSUED, make_issued(rows))


if __name__ == "__main__":
    main()
