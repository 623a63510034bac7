"""Attribute a log on Spark: read Parquet, decode one column on every executor, write Parquet.

    pip install -c constraints.txt -e '.[spark]'      # Spark 4 needs Java 17
    export PASSPHRASE_KEYS_FILE=/etc/invites.keys PASSPHRASE_AUDIENCE=douyin
    spark-submit examples/spark_decode.py LOG.parquet DECODED.parquet --column text
    python examples/spark_decode.py --verify 1000000

The job does not contain keys. Each executor reads the file that PASSPHRASE_KEYS_FILE names on its
own machine; only that path and the audience are in the job's settings, which Spark shows to
everybody who can see its web page. Put the file there as you put any secret on a machine.

The second form makes a log and keys of its own, starts two executors on this machine, each a
process with one core, and compares what Spark wrote with what `decode_column` says here.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructField, StructType

import passphrase
from passphrase import Codec, Invite, Keyring, Origin
from passphrase.bulk import DECODED, CachingCodec, decode_column

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

HERE: Final = Path(passphrase.__file__).parent.parent  # where executors of this machine find it
PREFIX: Final = "passphrase_"
TWO_EXECUTORS: Final = "local-cluster[2,1,1024]"  # each with 1 core and 1024 MiB


def codec_of_this_machine() -> Codec:
    """Make the codec of the keys file and the audience that the environment names."""
    keys = Path(os.environ["PASSPHRASE_KEYS_FILE"]).read_text(encoding="ascii")
    return Codec(Keyring.parse(keys), audience=os.environ["PASSPHRASE_AUDIENCE"])


def decode_frame(frame: "DataFrame", column: str) -> "DataFrame":
    """Add the result of `decode_column` for one column to a frame."""

    def decode_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        codec = CachingCodec(codec_of_this_machine())  # once for each task, on the executor
        for batch in batches:
            results = decode_column(codec, batch.column(column))
            names = [*batch.schema.names, *(PREFIX + name for name in results.column_names)]
            whole = pa.Table.from_arrays([*batch.columns, *results.columns], names=names)
            yield from whole.to_batches()

    results = [
        StructField(PREFIX + field.name, field.dataType) for field in from_arrow_schema(DECODED)
    ]
    return frame.mapInArrow(decode_batches, StructType([*frame.schema.fields, *results]))


def start(master: str | None, **environment: str) -> SparkSession:
    """Start Spark: on a cluster, as `spark-submit` says; or with executors on this machine.

    Args:
        master: Where to run; None for what `spark-submit` says.
        environment: Variables of the executors.
    """
    builder: Any = SparkSession.builder.appName("passphrase")
    if master:
        os.environ["PYSPARK_PYTHON"] = sys.executable  # not another Python that has no Arrow
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        builder = builder.master(master).config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.executorEnv.PYTHONPATH", str(HERE))
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.ui.enabled", False)
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.execution.arrow.maxRecordsPerBatch": 50_000,  # a text that repeats is read once
        **{f"spark.executorEnv.{name}": value for name, value in environment.items()},
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    return session


def start_with_keys(master: str | None) -> SparkSession:
    """Start Spark. Its settings have the path of the keys, and no key."""
    names = ("PASSPHRASE_KEYS_FILE", "PASSPHRASE_AUDIENCE")
    return start(master, **{name: os.environ[name] for name in names})


def write_log(path: Path, codec: Codec, rows: int) -> pa.Table:
    """Write and return a log in which some texts repeat often, and some are damaged or chatter."""
    draw = random.Random(rows)  # noqa: S311  # the same log again
    invite = Invite(
        group_id=1,
        inviter_id=2**40,
        expires_at=datetime(2026, 12, 1, tzinfo=UTC),
        origin=Origin.QQ,
    )
    pasted: list[str | None] = [None, "", "明天见"]
    for number in range(1 + rows // 50):
        text = codec.encode(invite.model_copy(update={"group_id": number}))
        pasted.append(f"老王: 快来!【{text}】复制打开抖音")
        pasted.append(text[:7] + text[8:])
    often = [1 / (1 + place) for place in range(len(pasted))]
    texts = draw.choices(pasted, often, k=rows)
    log = pa.table({"id": pa.array(range(rows), pa.int64()), "text": pa.array(texts, pa.string())})
    pq.write_table(log, path, row_group_size=1 + rows // 8)
    return log


def executors(session: SparkSession) -> int:
    """Count the executor processes that do work: the daemon of each has its own process id."""

    def parents(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            yield pa.record_batch({"id": pa.array([os.getppid()], pa.int64())})

    frame = session.range(0, 8, numPartitions=8).mapInArrow(parents, "id long")
    return int(frame.distinct().count())


def verify(rows: int, master: str) -> bool:
    """Compare Spark with this process on a log of n rows; say what was compared."""
    with tempfile.TemporaryDirectory() as folder:
        keys, source, target = (Path(folder, name) for name in ("keys", "log", "decoded"))
        keys.touch(mode=0o600)
        keys.write_text(Keyring({1: os.urandom(32)}).reveal(), encoding="ascii")
        os.environ |= {"PASSPHRASE_KEYS_FILE": str(keys), "PASSPHRASE_AUDIENCE": "douyin"}
        codec = codec_of_this_machine()
        log = write_log(source, codec, rows)
        expected = decode_column(codec, log["text"])
        session = start_with_keys(master)
        try:
            workers = executors(session)
            frame = session.read.parquet(str(source))
            decode_frame(frame, "text").write.parquet(str(target))
        finally:
            session.stop()
        written = pq.read_table(target).sort_by("id")
    results = written.select([PREFIX + name for name in DECODED.names])
    same_log = bool(written.select(["id", "text"]).equals(log))
    same = bool(results.rename_columns(DECODED.names).cast(DECODED).equals(expected)) and same_log
    opened = expected["error"].null_count
    print(f"{written.num_rows} rows from {workers} executors, {opened} opened; ", end="")
    print("equal to one machine" if same else "NOT EQUAL to one machine")
    return same


def main() -> int:
    """Run the job, or verify it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", help="Parquet, one file or a folder")
    parser.add_argument("target", nargs="?", help="folder that Spark makes")
    parser.add_argument("--column", default="text")
    parser.add_argument("--verify", type=int, metavar="ROWS")
    parser.add_argument("--master", help="by default what spark-submit says")
    arguments = parser.parse_args()
    if arguments.verify:
        return 0 if verify(arguments.verify, arguments.master or TWO_EXECUTORS) else 1
    if not arguments.target:
        parser.error("name the log and the folder to write")
    session = start_with_keys(arguments.master)
    frame = session.read.parquet(arguments.source)
    decode_frame(frame, arguments.column).write.parquet(arguments.target)
    session.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
