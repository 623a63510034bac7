"""Search for the texts that cost most to read, by hill climbing; compare with an honest repair.

    python tools/search_expensive.py                        each level and length, ten minutes each
    python tools/search_expensive.py --level standard --chars 400 --seconds 60
    python tools/search_expensive.py --stored               only measure what tests/expensive.py has

The unit is the repair of one honest passphrase in a short message, at the same level: one wrong
emoji, or two at "thorough". "in all" is a whole `decode`; "added" is what it takes beyond "exact".

A machine that does other things must not change the answer, so work is counted and not timed: each
step of the interpreter, each character in each reading of the text, and each glyph in a row, by
weights fitted to callgrind, right within a factor of two. `--confirm` lets valgrind count too,
and shows processor time, for the worst text.
"""

import argparse
import ast
import random
import re
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import monotonic, thread_time
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, get_args

from passphrase import Codec, Keyring, PassphraseError
from passphrase.format.layout import CODEWORD_SIZES
from passphrase.opening import LEVELS, Level
from passphrase.reading.find import MAX_CHARS
from passphrase.reading.fold import rows
from passphrase.reading.markup import readings
from passphrase.scripts import SCRIPT_NAMES, built_in_scripts, load_script

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from expensive import EXPENSIVE, KINDS, Part, Recipe, written
from support import INVITE

if TYPE_CHECKING:
    from _typeshed import TraceFunction

LENGTHS: Final = (400, 1_000, MAX_CHARS, 1 << 16)
CODEC: Final = Codec(Keyring({1: bytes(range(32))}), audience="douyin", max_chars=LENGTHS[-1])
# Instructions for a step of the interpreter, a character of a reading, and a glyph of a row.
STEP: Final = 90
CHARACTER: Final = 400
GLYPH: Final = 6500
RUNS: Final = 5
PARTS_MAX: Final = 3
KNOWN_MAX: Final = 6
FAILURES_MAX: Final = 25
LIMIT: Final = 10

# What a mutation puts between two glyphs, for a glyph, between two rows, or before the first.
BETWEEN: Final = ("", "", "\u200b", " ", "-", "\ufe0f", "，", "？", "\n> ", "🏽", "\u0301", "/")
MARKS: Final = ("?", "??", "?\u200b?", "[微笑]", "..", "%F0", "\ud83d", "鸡", ":rice:", "x")
GAPS: Final = (
    "", "。", "，", "\n", "鸡", "鸡肉", "x", " ok ", "【图】", ":rice:", "[x]", "?", "-", "<b>",
    "&amp;lt;", "&#38;#38;", "%F0%9F", "\\u4e2d", "\u200d", "\U00020001",
)  # fmt: skip
BEFORE: Final = ("", "", "", "&#38;#38;lt;b&#38;gt;", "👩\u200d❤\u200d👨", "ADD-ME-", "[")
LENGTHS_OF_ROWS: Final = (21, 22, 23, 24, 26, 28, 30, 31, 33, 43, 45, 60, 80, 86, 200, 700, 4096)


def honest(level: Level) -> str:
    """Write a short message with one wrong emoji, or two if that is what the level repairs."""
    text = CODEC.encode(INVITE)
    for at in (5, 15)[: 2 if level == "thorough" else 1]:
        text = text[:at] + load_script("emoji").glyphs[700 + at] + text[at + 1 :]
    return f"老王: 快来一起!【{text}】复制打开"


def decode(text: str, level: Level) -> None:
    """Decode a text, whatever comes out."""
    with suppress(PassphraseError):
        CODEC.decode(text, repair=level)


def steps(text: str, level: Level) -> int:
    """Count the steps of the interpreter in one `decode`."""
    count = 0

    def step(_frame: FrameType, event: str, _argument: object) -> "TraceFunction":
        nonlocal count
        count += event == "opcode"
        return step

    def enter(frame: FrameType, _event: str, _argument: object) -> "TraceFunction":
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        decode(text, level)
    finally:
        sys.settrace(before)
    return count


def work(text: str, level: Level) -> int:
    """Estimate the instructions of one `decode`, whose tables have been made."""
    decode(text, level)
    read = readings(text)
    glyphs = sum(len(row.places) for each in read for row in rows(each, built_in_scripts()))
    characters = sum(len(each.text) for each in read)
    return STEP * steps(text, level) + CHARACTER * characters + GLYPH * glyphs


@cache
def unit(level: Level) -> int:
    """Return the work of an honest repair."""
    return work(honest(level), level)


def ratios(text: str, level: Level) -> tuple[float, float]:
    """Return how many honest repairs a text costs: in all, and what repair adds to the reading."""
    exact, whole = work(text, "exact"), work(text, level)
    return whole / unit(level), (whole - exact) / unit(level)


def drawn(draw: random.Random) -> Recipe:
    """Draw any recipe."""
    return Recipe((changed(Part(), draw, 6),), seed=draw.randrange(1000))


def changed(part: Part, draw: random.Random, times: int) -> Part:
    """Change some of what makes a part."""
    for _ in range(times):
        values: dict[str, Any] = {
            "kind": draw.choice([*KINDS]),
            "script": draw.choice(SCRIPT_NAMES),
            "size": draw.choice(CODEWORD_SIZES),
            "length": draw.choice([*LENGTHS_OF_ROWS, max(1, part.length + draw.randint(-3, 3))]),
            "wrong": draw.randrange(4),
            "lost": draw.randint(-2, 2),
            "drift": draw.randrange(3),
            "between": draw.choice(BETWEEN),
            "every": draw.choice([1, 1, 2, 3, 6, 11, 24, 30]),
            "mark": draw.choice(MARKS),
            "marks": draw.choice([0, 0, 2, 4, 8, 15, 30, 60]),
            "gap": draw.choice(GAPS),
        }
        name = draw.choice([*values])
        part = part._replace(**{name: values[name]})
    return part


def mutated(recipe: Recipe, draw: random.Random) -> Recipe:
    """Change a recipe a little."""
    parts = [*recipe.parts]
    at = draw.randrange(len(parts))
    match draw.randrange(10):
        case 0:
            return recipe._replace(before=draw.choice(BEFORE))
        case 1:
            return recipe._replace(seed=draw.randrange(1000))
        case 2 if len(parts) < PARTS_MAX:
            parts.append(changed(parts[at], draw, 4))
        case 3 if len(parts) > 1:
            del parts[at]
        case 4:
            return recipe._replace(chars=draw.choice([40, 100, 250, 1000, 3000, 1 << 16]))
        case _:
            parts[at] = changed(parts[at], draw, draw.randint(1, 3))
    return recipe._replace(parts=tuple(parts))


def climb(
    level: Level, chars: int, seconds: float, seed: int, *, added: bool
) -> tuple[float, Recipe]:
    """Search for the recipe whose text costs most; begin anew where nothing gets better."""
    draw = random.Random(f"{level} {chars} {seed} {added}")  # noqa: S311  # no secret
    end = monotonic() + seconds
    starts = [*EXPENSIVE, *(Recipe((Part(kind),)) for kind in KINDS)]

    def cost(recipe: Recipe) -> float:
        return ratios(written(recipe, chars), level)[added]

    known = sorted(((cost(recipe), recipe) for recipe in starts), reverse=True)[:KNOWN_MAX]
    while monotonic() < end:
        fresh = drawn(draw)
        best = draw.choice([*known, (cost(fresh), fresh)])
        failures = 0
        while failures < FAILURES_MAX and monotonic() < end:
            recipe = mutated(best[1], draw)
            better = (cost(recipe), recipe)
            failures = 0 if better > best else failures + 1
            best = max(best, better)
        known = sorted({*known, best}, reverse=True)[:KNOWN_MAX]
    return known[0]


def instructions(text: str, level: Level) -> float:
    """Let callgrind count the instructions of one `decode`, as the difference of two runs."""
    counts: list[int] = []
    for times in (0, 3):
        command = [sys.executable, __file__, "--level", level, "--times", str(times)]
        valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        ran = subprocess.run(  # noqa: S603  # our own command
            [*valgrind, *command], input=ascii(text), capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": "0"},
        )  # fmt: skip
        counts.append(int(re.findall(r"Collected : (\d+)", ran.stderr)[0]))
    return (counts[1] - counts[0]) / 3


def seconds(text: str, level: Level) -> float:
    """Return the least processor time of some calls of `decode`."""
    times: list[float] = []
    for _ in range(RUNS):
        begun = thread_time()
        decode(text, level)
        times.append(thread_time() - begun)
    return min(times)


def report(recipe: Recipe, level: Level, chars: int, *, confirm: bool) -> bool:
    """Print what a text costs, and tell whether that is within the limit."""
    text = written(recipe, chars)
    whole, added = ratios(text, level)
    print(f"{level:9} {chars:6} characters: {whole:6.1f} in all {added:6.1f} added  {recipe}")
    if confirm:
        for name, measure in (("callgrind", instructions), ("seconds", seconds)):
            one, exact, most = (
                measure(each, how)
                for each, how in ((honest(level), level), (text, "exact"), (text, level))
            )
            print(f"{name:>26}: {most / one:6.1f} in all {(most - exact) / one:6.1f} added")
    return added <= LIMIT


def main() -> int:
    """Print the worst text of each level and length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", choices=get_args(Level))
    parser.add_argument("--chars", type=int)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stored", action="store_true", help="measure what is known, and no more")
    parser.add_argument("--confirm", action="store_true", help="count with valgrind too")
    parser.add_argument("--times", type=int, help=argparse.SUPPRESS)  # what `instructions` runs
    options = parser.parse_args()
    if options.times is not None:
        text = ast.literal_eval(sys.stdin.read())
        for _ in range(1 + options.times):
            decode(text, options.level)
        return 0
    is_within = True
    for level in [options.level] if options.level else LEVELS[1:]:
        for chars in [options.chars] if options.chars else LENGTHS:
            recipes = [*EXPENSIVE]
            if not options.stored:
                halves = (
                    climb(level, chars, options.seconds / 2, options.seed, added=added)
                    for added in (False, True)
                )
                recipes = [recipe for _, recipe in halves]
            for recipe in recipes:
                is_within &= report(recipe, level, chars, confirm=options.confirm)
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
