"""Count the instructions that long hostile texts cost: twice the length must cost about twice.

    python tools/count_instructions.py              some minutes; needs valgrind
    python tools/count_instructions.py --corpora tags words

Seconds differ from run to run; instructions do not. Valgrind's cachegrind runs one process for each
function. It forks for each text: one child reads the text, and another one does nothing. Prints for
each function the corpus with the steepest growth. Exits 1 if a ratio is above 2.1.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from measure_reading import hostile

from passphrase import Codec, Keyring, PassphraseError, explain, recognize
from passphrase.sharing.lint import lint

LENGTHS: Final = (15_000, 30_000, 60_000)
GROWTH_MAX: Final = 2.1
CODEC: Final = Codec(Keyring({1: bytes(range(32))}), audience="growth", max_chars=LENGTHS[-1])
FUNCTIONS: Final[dict[str, Callable[[str], object]]] = {
    "recognize": partial(recognize, max_chars=LENGTHS[-1]),
    "decode, exact": partial(CODEC.decode, repair="exact"),
    "decode, standard": CODEC.decode,
    "decode, thorough": partial(CODEC.decode, repair="thorough"),
    "explain": partial(explain, codec=CODEC),
    "lint": lint,
}


class Growth(NamedTuple):
    """How the cost of a corpus grows: instructions at each length."""

    corpus: str
    counts: list[int]

    @property
    def ratio(self) -> float:
        """The steepest doubling."""
        return max(after / before for before, after in pairwise(self.counts))


def read(function: str, text: str) -> None:
    """Let a function read a text, or refuse it."""
    with suppress(PassphraseError):
        FUNCTIONS[function](text)


def forked(action: Callable[[], None]) -> int:
    """Do something in a child, and return its process id."""
    child = os.fork()
    if not child:
        action()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        msg = f"the child ended with {status}"
        raise ChildProcessError(msg)
    return child


def work(function: str, corpora: Iterable[str]) -> None:
    """Print two process ids for each text: of the child that reads it, and of one that does not."""
    for name in corpora:
        for length in LENGTHS:
            text = hostile_texts[name](length)
            read(function, text[:100])  # tables and patterns are made at the first use
            print(forked(partial(read, function, text)), forked(lambda: None), flush=True)


def counted(function: str, corpora: list[str]) -> list[Growth]:
    """Run a function over corpora in a process whose instructions are counted."""
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder)
        ran = subprocess.run(  # noqa: S603  # our own
            ["valgrind", "--tool=cachegrind", "--cache-sim=no",  # noqa: S607
             f"--cachegrind-out-file={counts}/%p", sys.executable, __file__,
             "--function", function, "--corpora", *corpora],
            env={**os.environ, "PYTHONHASHSEED": "0"}, check=True, capture_output=True, text=True,
        )  # fmt: skip

        def costs() -> Iterator[int]:
            for line in ran.stdout.splitlines():
                reading, idle = (summary(counts / process) for process in line.split())
                yield reading - idle

        each = costs()
        return [Growth(name, [next(each) for _ in LENGTHS]) for name in corpora]


def summary(profile: Path) -> int:
    """Return the instructions that a process has run, with those of its parent before the fork."""
    found = re.search(r"^summary: (\d+)$", profile.read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        msg = f"{profile} has no summary"
        raise ValueError(msg)
    return int(found[1])


def main() -> int:
    """Count, print the steepest growth of each function, and return how the process ends."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--corpora", nargs="+", default=[*hostile_texts], metavar="NAME")
    arguments.add_argument("--function", choices=FUNCTIONS, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.function:
        work(options.function, options.corpora)
        return 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        found = [*threads.map(partial(counted, corpora=options.corpora), FUNCTIONS)]
    print("| function | steepest for | 15k to 30k | 30k to 60k | instructions a character |")
    print("|---|---|---|---|---|")
    for function, growths in zip(FUNCTIONS, found, strict=True):
        worst = max(growths, key=lambda growth: growth.ratio)
        first, second, third = worst.counts
        steps = f"{second / first:.2f} | {third / second:.2f}"
        print(f"| {function} | {worst.corpus} | {steps} | {third // LENGTHS[-1]} |")
    return int(any(growth.ratio > GROWTH_MAX for growths in found for growth in growths))


hostile_texts: Final = hostile()

if __name__ == "__main__":
    sys.exit(main())
