"""Bytes -> choices: turns the bytes of a fuzzer into the input of a target.

Each choice reads the next bytes; after the end, bytes are zero. So changing one byte changes one
choice, and any prefix is valid.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A reader of the bytes of one input."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Tell whether any byte is left."""
        return self._at < len(self._data)

    def bytes(self, count: int) -> bytes:
        """Read n bytes."""
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken.ljust(count, b"\0")

    def below(self, limit: int) -> int:
        """Choose a number in [0, limit), from as few bytes as hold it."""
        length = ((limit - 1).bit_length() + 7) // 8
        return int.from_bytes(self.bytes(length), "big") % limit

    def flag(self) -> bool:
        """Choose True or False; zero bytes choose False."""
        return self.below(2) == 1

    def one_of(self, choices: Sequence[T]) -> T:
        """Choose one of several; zero bytes choose the first."""
        return choices[self.below(len(choices))]
