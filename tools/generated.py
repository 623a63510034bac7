"""Shared by the tools that generate files: write them, or check that they are up to date."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path


def write_or_check(description: str | None, files: Mapping[Path, str]) -> int:
    """Write each file, or with --check only report the files that are out of date.

    Returns:
        The exit status: 1 if a file is stale.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    stale = 0
    for path, text in files.items():
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale = 1
            print(f"{path.name} is not what {Path(sys.argv[0]).name} builds", file=sys.stderr)
    return stale
