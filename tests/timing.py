"""Measures whether time grows linearly with a text, also on a busy machine."""

from collections.abc import Callable
from time import thread_time

ROUNDS = 5


def grows_linearly(function: Callable[[str], object], text: str) -> bool:
    """Tell whether the time for a text grows as its length does, and not as the square of it.

    16 times the text takes 16 times as long if it is linear, and 256 times if it is quadratic; the
    limit is 48. Long and short alternate, the fastest of each counts.
    """
    short = text[: len(text) // 16]
    rounds = [(seconds(function, short), seconds(function, text)) for _ in range(ROUNDS)]
    return min(long for _, long in rounds) < 48 * min(short for short, _ in rounds)


def seconds(function: Callable[[str], object], text: str) -> float:
    """Return the processor time that one call takes."""
    begun = thread_time()
    function(text)
    return thread_time() - begun
