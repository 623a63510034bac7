"""Attribute joins on Spark: read two logs in Parquet, write who invited whom and who stayed.

    pip install -c constraints.txt -e '.[spark]'      # Spark 4 needs Java 17
    cd examples
    spark-submit --py-files spark_decode.py,synthetic_events.py spark_report.py uses A B OUT
    python spark_report.py verify 100000

A and B are the logs of events and of issued passphrases. No keys are needed. Rows with the same
hash of the group come to one executor, which calls the functions of `passphrase.bulk`. More
`--buckets` need less memory at a time.

The last form makes logs, starts two executors on this machine, and compares people and uses with
those of one process.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import functions
from pyspark.sql.pandas.types import from_arrow_schema
from spark_decode import TWO_EXECUTORS, executors, start
from synthetic_events import make_events, make_issued, write

from passphrase.bulk import (
    EVENTS,
    ISSUED,
    add_up,
    attribute,
    people,
    read_events,
    read_issued,
    steps,
    uses,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Report = Callable[[pa.Table, pa.Table], pa.Table]  # of what `attribute` returns, and of ISSUED


def people_of(attributed: pa.Table, _issued: pa.Table) -> pa.Table:
    """Return who invited whom."""
    return people(attributed)


REPORTS: Final[Mapping[str, Report]] = {"people": people_of, "uses": uses}


def good(
    frame: "DataFrame", schema: pa.Schema, read: Callable[[pa.Table], pa.Table]
) -> "DataFrame":
    """Return the rows of a log that can be read."""

    def read_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = read(pa.Table.from_batches([batch]))
            yield from rows.filter(pc.is_null(rows["error"])).select(schema.names).to_batches()

    return frame.mapInArrow(read_batches, from_arrow_schema(schema))


def report_frame(
    name: str, events: "DataFrame", issued: "DataFrame", days: Sequence[int], buckets: int
) -> "DataFrame":
    """Make a report of two frames; the log ends with its last event."""
    events, issued = good(events, EVENTS, read_events), good(issued, ISSUED, read_issued)
    (last,) = events.agg(functions.unix_micros(functions.max("at"))).collect()[0]
    until = pa.scalar(last, EVENTS.field("at").type).as_py()
    report = REPORTS[name]

    def of_groups(some: pa.Table, known: pa.Table) -> pa.Table:
        known = known.select(ISSUED.names).cast(ISSUED)
        done = attribute(steps(some.select(EVENTS.names).cast(EVENTS), until, days), known)
        return report(done, known)

    bucket = functions.pmod(functions.hash("group_id"), functions.lit(buckets)).alias("bucket")
    schema = of_groups(EVENTS.empty_table(), ISSUED.empty_table()).schema
    made = (
        events.groupBy(bucket)
        .cogroup(issued.groupBy(bucket))
        .applyInArrow(of_groups, from_arrow_schema(schema))
    )
    if name == "people":
        return made
    keys, counts = schema.names[:2], schema.names[2:]
    return made.groupBy(*keys).agg(*(functions.sum(count).alias(count) for count in counts))


def run(
    session: "SparkSession", name: str, paths: Sequence[str], days: Sequence[int], buckets: int
) -> None:
    """Read two logs, and write a report."""
    events, issued, target = paths
    read = session.read
    frame = report_frame(name, read.parquet(events), read.parquet(issued), days, buckets)
    frame.write.parquet(target)


def verify(rows: int, master: str) -> bool:
    """Compare Spark with this process on a log of n events; say what was compared."""
    days = (1, 7)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder, name)) for name in ("events", "issued", *REPORTS)}
        write(Path(paths["events"]), EVENTS, make_events(rows))
        write(Path(paths["issued"]), ISSUED, make_issued(rows))
        session = start(master)
        try:
            workers = executors(session)
            for name in REPORTS:
                files = [paths[each] for each in ("events", "issued", name)]
                run(session, name, files, days, buckets=8)
        finally:
            session.stop()
        written = {name: pq.read_table(paths[name]) for name in REPORTS}
    events, issued = (pa.concat_tables(made(rows)) for made in (make_events, make_issued))
    done = attribute(steps(events, pc.max(events["at"]).as_py(), days), issued)
    order = [("group_id", "ascending"), ("user_id", "ascending")]
    one = people(done).sort_by(order)
    same = written["people"].sort_by(order).cast(one.schema).equals(one)
    counted = uses(done, issued)
    same = same and add_up([written["uses"]]).cast(counted.schema).equals(counted)
    print(f"{rows} events from {workers} executors, {len(one)} people; ", end="")
    print("equal to one machine" if same else "NOT EQUAL to one machine")
    return bool(same)


def main() -> int:
    """Run the job, or verify it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", choices=[*REPORTS, "verify"])
    parser.add_argument("paths", nargs="+", help="EVENTS ISSUED TARGET; or a number of events")
    parser.add_argument("--days", type=int, nargs="*", default=[7])
    parser.add_argument("--buckets", type=int, default=512)
    parser.add_argument("--master", help="by default what spark-submit says")
    arguments = parser.parse_args()
    if arguments.report == "verify":
        return 0 if verify(int(arguments.paths[0]), arguments.master or TWO_EXECUTORS) else 1
    session = start(arguments.master)
    run(session, arguments.report, arguments.paths, arguments.days, arguments.buckets)
    session.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
