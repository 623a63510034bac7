"""The straight path: a text with one undamaged codeword and nothing else to read, or with none.

Source: docs/format.md, "Reading". Most texts are of these two kinds. The full reading, `find.scan`,
takes every other text, and finds the same in these. So damage and ambiguity are not judged here.

Shapes:
    digits  the value of each glyph in base 32, ASCII: one digit or two; two for each symbol
"""

from codecs import charmap_encode
from functools import lru_cache
from typing import Final

from passphrase.format.layout import SIZES, WORD_SIZES, WORD_SYMBOLS
from passphrase.format.parity import is_sound
from passphrase.format.symbols import DIGITS, is_padded
from passphrase.reading.codeword import Codeword
from passphrase.reading.fold import folding_of, spelled_digits
from passphrase.reading.markup import is_plain
from passphrase.reading.row import MARK
from passphrase.scripts.script import Script

_BARE_CHARS_MAX: Final = 2 * WORD_SIZES[-1] + WORD_SIZES[-1] // 3  # half a symbol each, in groups
# The symbols in a codeword, by the digits of its header symbol: of any version, and of this one.
_SIZES: Final = {
    (DIGITS[symbol >> 5] + DIGITS[symbol & 31]).encode(): size
    for symbol, size in enumerate(WORD_SYMBOLS)
    if size
}
_KNOWN_SIZES: Final = {digits: size for digits, size in _SIZES.items() if int(digits, 32) in SIZES}
# By the size of a codeword, the headers of shorter ones, as numbers of the machine.
_SHORTER: Final = {
    size: frozenset(
        memoryview(digits).cast("H")[0] for digits, inner in _KNOWN_SIZES.items() if inner < size
    )
    for size in WORD_SIZES
}


def glance(text: str, scripts: tuple[Script, ...]) -> list[Codeword] | None:
    """Return the codeword in a text as a list of one, or an empty list if the text has none.

    Args:
        text: Any text.
        scripts: The scripts to look for.

    Returns:
        None if the text must be read in full to tell.
    """
    # A passphrase as it was minted, and nothing else.
    if len(text) <= _BARE_CHARS_MAX and (bare := _by_first_glyph(scripts).get(text[:1])):
        script, table = bare
        try:
            digits, _ = charmap_encode(text, "strict", table)  # pyright: ignore[reportArgumentType]
        except UnicodeEncodeError:  # it begins a message
            pass
        else:
            return _read(script, digits, text, 0)
    return _alone(text, scripts) if is_plain(text) else None


def _alone(text: str, scripts: tuple[Script, ...]) -> list[Codeword] | None:
    """Read the only run of glyphs in a message that is long enough for half a codeword."""
    only = None
    for folding in map(folding_of, scripts):
        # Each row has a core of at least `core` glyphs, and a sample of the text shows some.
        sample, stride = text[:: folding.stride], folding.stride
        if (hit := folding.sample.search(sample)) and (
            run := folding.core_run.search(text, max(0, (hit.start() - 1) * stride + 1))
        ):
            end = run.end()
            if only or (
                folding.sample.search(sample, -(-end // stride))
                and folding.core_run.search(text, end)
            ):
                return None
            only = folding, run
    if not only:
        return []
    folding, run = only
    script, glyphs = folding.script, run[0]
    try:
        digits, _ = charmap_encode(glyphs, "strict", folding.table)  # pyright: ignore[reportArgumentType]
    except UnicodeEncodeError:  # beyond the basic plane the pattern is wider
        return None
    if len(digits) < len(glyphs) * script.digits_per_glyph:
        glyphs = glyphs.rstrip(folding.ignored)
    if not script.group and folding.alias.search(glyphs):
        return None
    return _read(script, digits, glyphs, run.start())


def _read(script: Script, digits: bytes, text: str, start: int) -> list[Codeword] | None:
    """Return the codeword that digits make, if the text is its spelling and has no other one."""
    size = _KNOWN_SIZES.get(digits[:2], 0)
    if len(digits) != 2 * size or not size or MARK in digits:
        return None
    number = int(digits, 32)
    if (
        is_sound(number, size)
        and is_padded(number, size)
        and (
            text == script.spell(number, size)
            if script.group
            else script.digits_per_glyph * len(text) == len(digits)
        )
        and not _holds_another(script, digits)
    ):
        return [Codeword(number, size, text, script.name, (start, start + len(text)))]
    return None


def _holds_another(script: Script, digits: bytes) -> bool:
    """Return whether a shorter codeword begins after the first glyph.

    A codeword of a newer version can begin only after a separator.
    """
    step, group = script.digits_per_glyph, script.group
    sizes = _SIZES if group else _KNOWN_SIZES
    places = range(step, len(digits) - 2 * WORD_SIZES[0] + 1, step)
    if not group:
        symbols = memoryview(digits).cast("H")
        if _SHORTER[len(symbols)].isdisjoint(symbols[1 : len(places) + 1]):
            return False
    for at in [at for at in places if digits[at : at + 2] in sizes]:
        size = (_KNOWN_SIZES if group and at % group else sizes).get(digits[at : at + 2], 0)
        inner = digits[at : at + 2 * size]
        if size and len(inner) == 2 * size and is_sound(int(inner, 32), size):
            return True
    return False


@lru_cache(maxsize=16)
def _by_first_glyph(scripts: tuple[Script, ...]) -> dict[str, tuple[Script, dict[int, bytes]]]:
    """Return for each glyph its script and what its glyphs and the separator are as digits."""
    return {
        glyph: (script, table)
        for script in scripts
        for table in [spelled_digits(script)]
        for glyph in script.glyphs
    }
