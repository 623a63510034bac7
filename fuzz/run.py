"""Run the fuzzers: `python fuzz/run.py --minutes 60`, or `--seconds 10` to see them run.

Needs the extra `fuzz` (atheris). Two targets run at a time, each in turns. They start from the
corpus in git and leave it alone, unless told to `--merge`: then it becomes few and short inputs, of
old and new, that reach as much of the package, every two outcomes of the laws that some input
reaches together, and a broken law for each guard that is taken out. New inputs, logs, and what made
a target fail are kept in a directory, which is named at the end; given as `--work`, it is where the
next run goes on.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / part) for part in ("src", "tests")]

from corpus import in_order, read_corpus, write_corpus  # noqa: E402
from guards import GUARDS, breaks  # noqa: E402
from targets import TARGETS  # noqa: E402

JOBS: Final = 2
TURNS: Final = 2  # of each target, so that three of them keep two processes busy to the end
SEEDS: Final = 100
DRAWN: Final = 2000  # when merging
FAILURES_MAX: Final = 10  # of a target in one turn
INPUT_BYTES_MAX: Final = 512
INPUT_SECONDS_MAX: Final = 30
MEMORY_MB_MAX: Final = 1024
_STATUS: Final = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/")
_DONE: Final = re.compile(r"Done (\d+) runs in")


class Turn(NamedTuple):
    """What came of one process.

    Attributes:
        target: Its target.
        runs: Inputs that were run.
        seconds: For how long.
        edges: Edges of the package that were reached, by libFuzzer's count.
        features: The same with how often and in which order of magnitude.
        inputs: Size of the corpus at the end.
        is_clean: It ended by itself, and no law was broken.
    """

    target: str
    runs: int
    seconds: float
    edges: int
    features: int
    inputs: int
    is_clean: bool


def child(target: str, *arguments: str, log: Path) -> int:
    """Run one libFuzzer process to its end, and return its status."""
    command = [sys.executable, str(HERE / "child.py"), target, *arguments]
    with log.open("wb") as file:
        return subprocess.run(command, stdout=file, stderr=file, check=False).returncode  # noqa: S603  # ourselves


def fuzz(target: str, seconds: float, turn: int, work: Path) -> list[Turn]:
    """Fuzz one target for so long, and go on after a failure, some times."""
    turns: list[Turn] = []
    end = monotonic() + seconds
    while (left := end - monotonic()) >= 1 and sum(not t.is_clean for t in turns) < FAILURES_MAX:
        log = work / f"{target}-{turn}-{len(turns)}.log"
        begun = monotonic()
        status = child(
            target,
            f"-max_total_time={round(left)}",
            f"-max_len={INPUT_BYTES_MAX}",
            f"-timeout={INPUT_SECONDS_MAX}",
            f"-report_slow_units={INPUT_SECONDS_MAX}",
            f"-rss_limit_mb={MEMORY_MB_MAX}",
            f"-artifact_prefix={work / 'failures' / target}-",
            "-len_control=20",
            str(work / target),
            log=log,
        )
        text = log.read_text("utf-8", "replace")
        runs, edges, features, inputs = ([(0, 0, 0, 0)] + [
            (int(a), int(b), int(c), int(d)) for a, b, c, d in _STATUS.findall(text)
        ])[-1]  # fmt: skip
        if done := _DONE.search(text):
            runs = int(done[1])
        is_clean = status == 0 and done is not None
        spent = monotonic() - begun
        turns.append(Turn(target, runs, spent, edges, features, inputs, is_clean))
    return turns


def draw_inputs(target: str, count: int) -> list[bytes]:
    """Draw inputs of random bytes, the same every time; each means something, see `draw`."""
    drawn = [Random(f"{target} {number}") for number in range(count)]
    return [draw.randbytes(draw.randrange(4, 80)) for draw in drawn]


def seed(target: str, folder: Path) -> None:
    """Write what a fuzzer starts from: the corpus, and inputs that are drawn."""
    for number, data in enumerate([*read_corpus(target), *draw_inputs(target, SEEDS)]):
        (folder / f"seed{number}").write_bytes(data)


def merge(target: str, work: Path) -> None:
    """Replace the corpus in git by few and short inputs that do as much as all."""
    merged = Path(tempfile.mkdtemp(dir=work))
    status = child(
        target,
        "-merge=1",
        "-use_counters=0",  # edges, but not how often: a corpus a tenth of the size
        f"-max_len={INPUT_BYTES_MAX}",
        f"-rss_limit_mb={MEMORY_MB_MAX}",
        str(merged),
        str(work / target),
        log=work / f"{target}-merge.log",
    )
    if status:
        sys.exit(f"{target}: merging failed, see {work}")
    kept = inputs_of(merged)
    reached = {pair for data in kept for pair in pairs(target, data)}
    # A row of a table has no edge of its own, so libFuzzer keeps no input for it.
    for data in in_order([*inputs_of(work / target), *draw_inputs(target, DRAWN)]):
        more = pairs(target, data) - reached
        if more:
            reached |= more
            kept.append(data)
    for guard in (name for name, guard in GUARDS.items() if guard.target == target):
        seeing = (data for data in [*kept, *inputs_of(work / target)] if breaks(guard, data))
        first = next(seeing, None)
        if first is None:
            sys.exit(f"{target}: no input sees it when this is broken: {guard}")
        kept.append(first)
    write_corpus(target, kept)
    kept = read_corpus(target)
    size = sum(map(len, kept))
    print(f"{target}: {len(kept)} inputs, {size:,} bytes, {len(reached)} pairs of outcomes")


def pairs(target: str, data: bytes) -> set[tuple[str, ...]]:
    """Return every two outcomes that one input reaches together, and each alone.

    What the target says that it wrote is no outcome, and counts alone only.
    """
    reached = TARGETS[target](data)
    wrote = {each for each in reached if each.startswith("wrote")}
    return {
        *combinations_with_replacement(sorted(reached - wrote), 2),
        *((each,) for each in wrote),
    }


def inputs_of(folder: Path) -> list[bytes]:
    """Read the files of a folder, the shortest first."""
    return in_order(path.read_bytes() for path in folder.iterdir())


def report(turns: list[Turn]) -> None:
    """Print one line a target."""
    print("target      runs   a second   edges  features  inputs")
    for target in dict.fromkeys(turn.target for turn in turns):
        own = [turn for turn in turns if turn.target == target]
        runs, seconds = sum(turn.runs for turn in own), sum(turn.seconds for turn in own)
        last = own[-1]
        print(f"{target:8}{runs:8,}{runs / seconds:11.0f}{last.edges:8}{last.features:10}"
              f"{last.inputs:8}")  # fmt: skip
    print(f"all     {sum(turn.runs for turn in turns):8,}")


def main() -> int:
    """Fuzz, report, and merge if asked to.

    Returns:
        The exit status: 1 if a target failed.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=0.0, help="of each target")
    parser.add_argument("--seconds", type=float, default=0.0, help="the same, in seconds")
    parser.add_argument("--target", choices=TARGETS, action="append", help="all, if not given")
    parser.add_argument("--merge", action="store_true", help="then minimise the corpus in git")
    parser.add_argument("--work", type=Path, help="where new inputs and logs go")
    asked = parser.parse_args()
    work = asked.work or Path(tempfile.mkdtemp(prefix="fuzz-"))
    names = asked.target or [*TARGETS]
    (work / "failures").mkdir(parents=True, exist_ok=True)
    for name in names:
        (work / name).mkdir(exist_ok=True)
        seed(name, work / name)
    seconds = 60 * asked.minutes + asked.seconds
    turns: list[Turn] = []
    if seconds:
        with ThreadPoolExecutor(JOBS) as pool:
            waiting = [
                pool.submit(fuzz, name, seconds / TURNS, turn, work)
                for turn in range(TURNS)
                for name in names
            ]
            turns = [turn for each in waiting for turn in each.result()]
        report(turns)
    failures = sorted((work / "failures").iterdir())
    print(f"{len(failures)} failures; inputs and logs are in {work}")
    if failures or not all(turn.is_clean for turn in turns):
        return 1
    if asked.merge:
        for name in names:
            merge(name, work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
