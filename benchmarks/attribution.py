"""Measure `passphrase report` on made-up logs: time, and the highest memory.

    pip install -e '.[bulk,cli]'
    python benchmarks/attribution.py 100000 1000000 10000000
    python benchmarks/attribution.py --form csv --view people 1000000
    python benchmarks/attribution.py --groups 1 1000000

For each number of events, the logs of examples/synthetic_events.py are written, and a new process
makes a report. `--groups 1` is the worst case: all people are in one group, and in memory at once.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from synthetic_events import make_events, make_issued, person, write  # as above

from passphrase.bulk import EVENTS, ISSUED

VIEWS: Final = {"people": (), "uses": (), "branch": ("--inviter", person(1))}
_CODE: Final = (
    "import resource, sys; from passphrase.__main__ import main; code = main();"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
)


def measured(events: Path, issued: Path, view: str) -> tuple[float, int]:
    """Make a report in a new process; return the seconds and the megabytes."""
    target = events.with_name(f"report{events.suffix}")
    command = [sys.executable, "-c", _CODE, "report", view, str(events), str(issued)]
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603  # our own command
        [*command, "-o", str(target), "--force", *VIEWS[view]], stdout=subprocess.PIPE, check=True
    )
    return time.perf_counter() - start, int(done.stdout) // 1024


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="+", help="numbers of events")
    parser.add_argument("--form", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--view", choices=[*VIEWS], nargs="*", default=[*VIEWS])
    parser.add_argument("--groups", type=int, help="default: one for 50 events")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        events, issued = (Path(folder, f"{name}.{arguments.form}") for name in ("events", "issued"))
        for rows in arguments.rows:
            write(events, EVENTS, make_events(rows, arguments.groups))
            write(issued, ISSUED, make_issued(rows, arguments.groups))
            for view in arguments.view:
                seconds, megabytes = measured(events, issued, view)
                print(f"{rows} events, {view}: {seconds:.1f} s, {megabytes} MB", flush=True)


if __name__ == "__main__":
    main()
