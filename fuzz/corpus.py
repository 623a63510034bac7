"""The inputs that are kept in git: a file for each target, one input a line, in hexadecimal.

The shortest comes first, so that the file is the same whoever writes it. Made by `run.py --merge`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "corpus"


def read_corpus(target: str) -> list[bytes]:
    """Read the inputs of a target. Inverse: `write_corpus`."""
    lines = (FOLDER / f"{target}.txt").read_text(encoding="ascii").splitlines()
    return [bytes.fromhex(line) for line in lines]


def write_corpus(target: str, inputs: Iterable[bytes]) -> None:
    """Write the inputs of a target, each once. Inverse: `read_corpus`."""
    lines = (f"{data.hex()}\n" for data in in_order(inputs))
    path = FOLDER / f"{target}.txt"
    path.write_text("".join(lines), encoding="ascii", newline="\n")


def in_order(inputs: Iterable[bytes]) -> list[bytes]:
    """Sort inputs, the shortest first, each once."""
    return sorted({*inputs}, key=lambda data: (len(data), data))
