"""Compare the speed of whole columns with a loop over other signed tokens.

    pip install -e '.[bench,bulk,cli]'
    python benchmarks/bulk.py --rows 100000             ratios, with texts that repeat and without
    python benchmarks/bulk.py --memory 100000 1000000   peak memory of `passphrase batch decode`
    python benchmarks/bulk.py --json                    the same for programs

A log is drawn with a long tail: of r rows, r / 20 texts differ, and the n-th of them comes up 1/n
as often as the first. Everybody reads a token into an invite and has its signature checked; the
peers are asked in a plain loop, which is what one writes. "Distinct" is the same with
no text twice. Each figure is rows a second as a multiple of the fastest peer, timed in turns in one
run, the best of `--turns`. A peer with a dict of answers before it would gain from repeats as well.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
from peers import PEERS, SECRET

from passphrase import Codec, Invite, Keyring, Origin
from passphrase.bulk.processes import spread
from passphrase.bulk.table import CachingCodec, decode_column, encode_table

REPEATS: Final = 20  # rows of a log for each text that differs
BATCH_ROWS: Final = 1 << 15
EXPIRES_AT: Final = datetime(2080, 1, 1, tzinfo=UTC)


def make_codec() -> Codec:
    """Make the codec, in whatever process."""
    return Codec(Keyring({1: SECRET}), audience="douyin")


def make_caching_codec() -> CachingCodec:
    """Make a codec that remembers, in whatever process."""
    return CachingCodec(make_codec(), 1 << 16)


def invite(number: int) -> Invite:
    """Make one of many invites."""
    return Invite(
        group_id=2**62 + number, inviter_id=2**61, expires_at=EXPIRES_AT, origin=Origin.WECHAT
    )


def log_of(different: list[str], rows: int) -> list[str]:
    """Draw a log with a long tail of the texts given."""
    draw = random.Random(rows)  # noqa: S311  # the same log again
    often = [1 / (1 + place) for place in range(len(different))]
    return draw.choices(different, often, k=rows)


def batches(column: pa.Array) -> Iterator[pa.Array]:
    """Cut a column as a file would come."""
    for start in range(0, len(column), BATCH_ROWS):
        yield pa.concat_arrays([column[start : start + BATCH_ROWS]])  # not the whole to pickle


def seconds(work: Callable[[], object]) -> float:
    """Time one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def exhaust(steps: Iterator[object]) -> None:
    """Run through."""
    for _ in steps:
        pass


def reading(rows: int) -> Iterator[tuple[str, int, Callable[[], object]]]:
    """Yield the name, the rows, and the work of each way to read."""
    codec = make_codec()
    distinct = [codec.encode(invite(number)) for number in range(rows // REPEATS)]
    log = pa.array(log_of(distinct, rows))
    alone = pa.array(distinct)
    yield "loop over Codec.decode, distinct", len(distinct), lambda: [*map(codec.decode, distinct)]
    yield "decode_column, distinct", len(distinct), lambda: decode_column(codec, alone)
    yield "decode_column, a log", rows, lambda: decode_column(codec, log)
    for processes in (1, 2):
        yield (
            f"spread over {processes} with a cache, a log",
            rows,
            lambda count=processes: exhaust(  # type: ignore[misc]
                spread(decode_column, batches(log), make_caching_codec, processes=count)
            ),
        )
    for peer in PEERS:
        tokens = [peer.encode(invite(number)) for number in range(len(distinct))]
        yield (
            f"peer {peer.name}",
            len(distinct),
            lambda tokens=tokens, read=peer.decode: [*map(read, tokens)],  # type: ignore[misc]
        )


def minting(rows: int) -> Iterator[tuple[str, int, Callable[[], object]]]:
    """Yield the name, the rows, and the work of each way to mint."""
    codec = make_codec()
    count = rows // REPEATS
    table = pa.table(
        {
            "group_id": pa.array(range(2**62, 2**62 + count), pa.int64()),
            "inviter_id": pa.array([2**61] * count, pa.int64()),
            "expires_at": pa.array([EXPIRES_AT] * count),
            "origin": ["wechat"] * count,
        }
    )
    yield "loop over Codec.encode", count, lambda: [codec.encode(invite(n)) for n in range(count)]
    yield "encode_table", count, lambda: encode_table(codec, table)
    for peer in PEERS:
        yield (
            f"peer {peer.name}",
            count,
            lambda mint=peer.encode: [mint(invite(n)) for n in range(count)],  # type: ignore[misc]
        )


def ratios(ways: Iterator[tuple[str, int, Callable[[], object]]], turns: int) -> dict[str, float]:
    """Time all ways in turns; return rows a second as multiples of the fastest peer."""
    named = [*ways]
    best = dict.fromkeys((name for name, _, _ in named), float("inf"))
    for _ in range(turns):
        for name, rows, work in named:
            best[name] = min(best[name], seconds(work) / rows)
    fastest = min(cost for name, cost in best.items() if name.startswith("peer"))
    return {name: round(fastest / cost, 2) for name, cost in best.items()}


def peak_megabytes(rows: int, processes: int) -> int:
    """Run `passphrase batch decode` on a log of `rows` rows; return its highest memory."""
    codec = make_codec()
    distinct = [codec.encode(invite(number)) for number in range(5_000)]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "log.csv"), Path(folder, "read.csv")
        with source.open("w", encoding="utf-8") as file:
            file.write("text\n")
            for start in range(0, rows, BATCH_ROWS):
                part = log_of(distinct, min(BATCH_ROWS, rows - start))
                file.write("".join(text + "\n" for text in part))
        code = (
            "import resource, sys; from passphrase.__main__ import main; code = main();"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
        )
        command = [sys.executable, "-c", code, "batch", "decode", str(source), "-o", str(target)]
        keys = {"PASSPHRASE_KEYS": Keyring({1: SECRET}).reveal(), "PASSPHRASE_AUDIENCE": "douyin"}
        done = subprocess.run(  # noqa: S603  # our own command
            [*command, "--processes", str(processes)],
            env=os.environ | keys,
            stdout=subprocess.PIPE,
            check=True,
        )
    return int(done.stdout) // 1024


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", metavar="ROWS", default=[])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report: dict[str, dict[str, float]] = {}
    if not arguments.memory:
        report["reading, multiples of the fastest peer"] = ratios(
            reading(arguments.rows), arguments.turns
        )
        report["minting, multiples of the fastest peer"] = ratios(
            minting(arguments.rows), arguments.turns
        )
    for rows in arguments.memory:
        report[f"peak megabytes, {rows} rows"] = {
            f"processes {count}": peak_megabytes(rows, count) for count in (1, 2)
        }
    if arguments.json:
        print(json.dumps(report))
        return 0
    for heading, figures in report.items():
        print(heading)
        for name, figure in figures.items():
            print(f"  {name:<44} {figure:>8}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
