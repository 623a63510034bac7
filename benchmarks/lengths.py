"""Compare the length of one invite in our scripts and in other signed tokens.

    pip install -e '.[bench]'
    python benchmarks/lengths.py                    print the table
    python benchmarks/lengths.py --check FILE...    exit with 1 if a file shows others

`peers.py` makes the tokens. Characters are code points; bytes are UTF-8.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from peers import INVITE, OURS, PEERS

ENGLISH: Final = ("no", "yes")
LANGUAGES: Final = (ENGLISH, ("否", "是"))


def tokens() -> Iterator[tuple[str, bool, str]]:
    """Yield the name of each form, whether it hides the ids, and the invite in it."""
    for form in (*OURS, *PEERS):
        yield form.name, form.hides, form.encode(INVITE)


def table(language: tuple[str, str]) -> str:
    """Return the rows as Markdown; no header, which each README writes in its language."""
    return "\n".join(
        f"| {name} | {len(token)} | {len(token.encode())} | {language[hides]} |"
        for name, hides, token in tokens()
    )


def is_stale(path: Path) -> bool:
    """Tell whether a file does not show the table, in whatever language."""
    text = path.read_text(encoding="utf-8")
    return not any(table(language) in text for language in LANGUAGES)


def main() -> int:
    """Print the table, or compare it with the files that show it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", nargs="+", type=Path, metavar="FILE", default=[])
    stale = [path for path in parser.parse_args().check if is_stale(path)]
    for path in stale:
        print(f"{path} shows other lengths than benchmarks/lengths.py", file=sys.stderr)
    print(table(ENGLISH))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
