"""Compare the straight path with the full reading: `python tools/compare_paths.py --texts 1000000`.

Texts are passphrases with and without damage in any frame, chat messages, and the most expensive
texts that are known. Exits 1 if the two find different things in a text.
"""

import argparse
import random
import sys
from collections import Counter
from itertools import starmap
from pathlib import Path

from passphrase.reading import find
from passphrase.reading.codeword import Codeword
from passphrase.reading.glance import glance
from passphrase.scripts import built_in_scripts

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from compare_readers import FRAMES, SEED, random_text, spelled
from expensive import EXPENSIVE, written

MINTED = 500


def text_of(rng: random.Random, minted: list[str]) -> str:
    """Draw a text: half of them hold one passphrase that is whole, in a frame."""
    kind = rng.randrange(20)
    if kind == 0:
        return written(rng.choice(EXPENSIVE), rng.choice((30, 60, 100, 400)))
    if kind < 10:  # noqa: PLR2004
        return random_text(rng)
    before, after = rng.choice(FRAMES)
    return before + rng.choice(minted) + after


def main() -> int:
    """Compare, tell each difference, and return how the process ends."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--texts", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=SEED)
    options = arguments.parse_args()
    rng = random.Random(options.seed)  # noqa: S311
    minted = ["".join(spelled(rng, script)) for script in ("emoji", "hanzi", "base32")
              for _ in range(MINTED)]  # fmt: skip
    known = built_in_scripts()
    answers: Counter[str] = Counter()
    for _ in range(options.texts):
        text = text_of(rng, minted)
        seen = glance(text, known)
        answers["left to the full reading" if seen is None else f"{len(seen)} found"] += 1
        found = None if seen is None else find.Contents([*starmap(Codeword, seen)], [])
        if found and find.read_in_full(text, known) != found:
            answers["different"] += 1
            print(repr(text))
    print(dict(answers))
    return int(answers["different"] > 0)


if __name__ == "__main__":
    sys.exit(main())
