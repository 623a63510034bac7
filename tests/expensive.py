"""Recipe -> an expensive text: `tools/search_expensive.py` searches for the worst one.

A text of any length is made of parts, and a part of rows of one kind; nothing else is stored.
"""

import random
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Final, NamedTuple

from passphrase.format.layout import (
    CODEWORD_SIZES,
    CODEWORD_SYMBOLS,
    HEADERS,
    PARITY_SYMBOLS,
    RAW_BYTES,
    SYMBOL_BITS,
    VERSION,
)
from passphrase.format.parity import protect
from passphrase.format.symbols import merge, split
from passphrase.scripts import load_script

HEADERS_OF_SIZE: Final = {
    size: [
        symbol
        for symbol, header in enumerate(HEADERS)
        if header.version == VERSION and CODEWORD_SYMBOLS[symbol] == size
    ]
    for size in CODEWORD_SIZES
}
NEWER: Final = [s for s in range(1024) if CODEWORD_SYMBOLS[s] and HEADERS[s].version != VERSION]
UNPADDED: Final = 36  # symbols of a word that has no spare bits, and a multiple of 4


class Part(NamedTuple):
    """Rows of one kind.

    Attributes:
        kind: A name in `KINDS`: how the symbols of a row are drawn.
        script: What they are written in.
        size: Symbols of the codewords that headers announce.
        length: Symbols in a row.
        wrong: Of "forged", wrong symbols of each word.
        lost: Of "forged", lost symbols of each word, or extra ones if it is below 0.
        drift: How many symbols each next row has more, up to 8, then from the beginning.
        between: What stands between two glyphs.
        every: After how many glyphs it does.
        mark: What stands where a glyph was.
        marks: How many glyphs of 100 it replaces.
        gap: What stands between two rows.
    """

    kind: str = "random"
    script: str = "emoji"
    size: int = 30
    length: int = 80
    wrong: int = 0
    lost: int = 0
    drift: int = 0
    between: str = ""
    every: int = 1
    mark: str = "?"
    marks: int = 0
    gap: str = "。"


class Recipe(NamedTuple):
    """A text.

    Attributes:
        parts: Those that it is made of, in turns.
        chars: How many characters each turn has.
        before: What it begins with.
        seed: Draws everything else.
    """

    parts: tuple[Part, ...]
    chars: int = 1 << 16
    before: str = ""
    seed: int = 1


def written(recipe: Recipe, chars: int) -> str:
    """Write the first characters of a text."""
    draw = random.Random(recipe.seed)  # the same text each time
    rows = [_rows(part, draw) for part in recipe.parts]
    text = recipe.before
    for turn in cycle(rows):
        end = min(chars, len(text) + recipe.chars)
        while len(text) < end:
            text += next(turn)
        text = text[:end]
        if end == chars:
            return text[:chars]
    raise AssertionError


def _rows(part: Part, draw: random.Random) -> Iterator[str]:
    """Write rows without end, each with what stands after it."""
    script = load_script(part.script)
    for count in cycle(range(8)):
        symbols = KINDS[part.kind](part, draw, part.length + count * part.drift)
        glyphs = [script.glyphs[value] for value in script.split_glyphs(symbols)]
        pieces = [part.mark if draw.randrange(100) < part.marks else glyph for glyph in glyphs]
        for at in range(part.every, len(pieces), part.every):
            pieces[at] = part.between + pieces[at]
        yield "".join(pieces) + part.gap


def _random(_: Part, draw: random.Random, count: int) -> list[int]:
    return draw.choices(range(1024), k=count)


def _headed(part: Part, draw: random.Random, count: int) -> list[int]:
    return [draw.choice(HEADERS_OF_SIZE[part.size]), *draw.choices(range(1024), k=count - 1)]


def _headers(part: Part, draw: random.Random, count: int) -> list[int]:
    return draw.choices(HEADERS_OF_SIZE[part.size], k=count)


def _newer(_: Part, draw: random.Random, count: int) -> list[int]:
    return draw.choices(NEWER, k=count)


def _prose(_: Part, draw: random.Random, count: int) -> list[int]:
    """Draw from a few symbols, as people do."""
    return draw.choices(draw.choices(range(1024), k=40), k=count)


def _forged(part: Part, draw: random.Random, count: int) -> list[int]:
    """Draw words with sound parity, then damage each."""
    symbols: list[int] = []
    while len(symbols) < count:
        word = _sound(_headed(part, draw, part.size - PARITY_SYMBOLS), part.size)
        for at in draw.sample(range(1, len(word)), part.wrong):
            word[at] ^= draw.randrange(1, 1024)
        for _ in range(part.lost):
            word.pop(draw.randrange(1, len(word)))
        for _ in range(-part.lost):
            word.insert(draw.randrange(1, len(word)), draw.randrange(1024))
        symbols += word
    return symbols[:count]


def _overlapping(_: Part, draw: random.Random, count: int) -> list[int]:
    """Draw words with sound parity of which every fourth symbol is the header of another."""
    symbols: list[int] = []
    while len(symbols) < count:
        symbols.append(draw.choice(HEADERS_OF_SIZE[UNPADDED]))
        begun = len(symbols) - UNPADDED + PARITY_SYMBOLS
        if begun >= 0:
            symbols += _sound(symbols[begun:], UNPADDED)[-PARITY_SYMBOLS:]
        else:
            symbols += draw.choices(range(1024), k=PARITY_SYMBOLS)
    return symbols


def _sound(data: list[int], size: int) -> list[int]:
    """Append their parity to data symbols, whose padding is made zero."""
    spare_bits = -8 * RAW_BYTES[size] % SYMBOL_BITS
    padded = [*data[:-1], data[-1] & -(1 << spare_bits)]
    return [*split(protect(merge(padded), size - PARITY_SYMBOLS), size)]


KINDS: Final[dict[str, Callable[[Part, random.Random, int], list[int]]]] = {
    "random": _random,
    "headed": _headed,
    "headers": _headers,
    "newer": _newer,
    "prose": _prose,
    "forged": _forged,
    "overlapping": _overlapping,
}

# The most expensive ones that `tools/search_expensive.py` has found.
EXPENSIVE: Final = (
    Recipe((Part("random", "base32", length=4096),)),
    Recipe((Part("headed", "emoji", length=80, between="\u200b"),)),
    Recipe(  # marks everywhere: each window is another way to share them out
        (
            Part(
                "random", "base32", 33, 80, drift=2, between="🏽", every=30, mark="\ud83d", marks=30
            ),
        ),
        before="ADD-ME-",
        seed=317,
    ),
    Recipe(  # headers of newer versions, set off from each other, and gaps of several kinds
        (
            Part("newer", "base32", 36, between="\ufe0f", mark="??", marks=4, gap="%F0%9F"),
            Part("random", "hanzi", 33, drift=2, mark="..", marks=8, gap="\U00020001"),
        ),
        chars=100,
        before="ADD-ME-",
        seed=281,
    ),
    Recipe(  # thirteen short rows of two scripts, each with several groups of marks
        (
            Part(
                "random",
                "emoji",
                43,
                drift=2,
                between="？",
                every=30,
                mark="?\u200b?",
                marks=30,
                gap="\u200d",
            ),
            Part(
                "random",
                "hanzi",
                43,
                700,
                drift=2,
                between="🏽",
                every=30,
                mark="x",
                marks=30,
                gap="\U00020001",
            ),
        ),
        chars=40,
        before="[",
        seed=844,
    ),
    Recipe(  # 256 tags to check, and four layers of markup to read them in
        (Part("overlapping", "hanzi", length=4096, drift=2),),
        before="&#38;#38;lt;b&#38;gt;",
        seed=960,
    ),
)
