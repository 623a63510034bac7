"""The straight path: a text with one undamaged codeword and nothing else to read, or with none.

Source: docs/format.md, "Reading". Most texts are of these two kinds. The full reading,
`find.read_in_full`, takes every other text, and finds the same in these. So damage and ambiguity
are not judged here.

Shapes:
    digits  the value of each glyph in base 32, ASCII: one digit or two; two for each symbol
"""

import re
from codecs import charmap_encode
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Final

from passphrase.format.layout import CODEWORD_SIZES, CODEWORD_SYMBOLS, SIZES_BY_HEADER
from passphrase.format.parity import is_sound
from passphrase.format.symbols import PAIRS, is_padded
from passphrase.reading.codeword import Codeword
from passphrase.reading.fold import folding_of, spelled_digits
from passphrase.reading.markup import is_plain
from passphrase.reading.row import MARK
from passphrase.scripts.script import Script

_Seek = Callable[[bytes, int, int], re.Match[bytes] | None]

# Of the longest codeword: two characters a symbol, and hyphens between groups.
_BARE_CHARS_MAX: Final = 2 * CODEWORD_SIZES[-1] + CODEWORD_SIZES[-1] // 3
# The number of symbols in a codeword, by the digits of its header: all versions, this one, others.
_SIZES: Final = {
    PAIRS[symbol].encode(): size for symbol, size in enumerate(CODEWORD_SYMBOLS) if size
}
_KNOWN_SIZES: Final = {
    digits: size for digits, size in _SIZES.items() if int(digits, 32) in SIZES_BY_HEADER
}
_NEWER_SIZES: Final = {
    digits: size for digits, size in _SIZES.items() if digits not in _KNOWN_SIZES
}


@cache
def _seekers(size: int) -> tuple[_Seek, _Seek]:
    """Return what finds a header of a shorter codeword, in digits and in pairs of digits."""
    shorter = [digits for digits, inner in _KNOWN_SIZES.items() if inner < size]
    header = b"[%s][%s]" % tuple(bytes({*ends}) for ends in zip(*shorter, strict=True))
    return re.compile(header).search, re.compile(b"(?:..)*?" + header).match


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
        # Each row has a core of at least `core_glyphs` glyphs, and a sample of the text shows some.
        stride = folding.stride_chars
        sample = text[::stride]
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
        end = len(glyphs)  # without the ignorable characters after the last glyph
        while not folding.table[ord(glyphs[end - 1])]:
            end -= 1
        glyphs = glyphs[:end]
    if folding.alias.search(glyphs):
        return None
    return _read(script, digits, glyphs, run.start())


def _read(script: Script, digits: bytes, text: str, start: int) -> list[Codeword] | None:
    """Return the codeword that digits make, if the text is its spelling and has no other one."""
    size = _KNOWN_SIZES.get(digits[:2], 0)
    if not size or len(digits) != 2 * size or MARK in digits:
        return None
    count, group = 2 * size // script.digits_per_glyph, script.group
    if group:
        separators = script.separators[0] * ((count - 1) // group)
        if len(text) != count + len(separators) or text[group :: group + 1] != separators:
            return None
    elif len(text) != count:
        return None
    number = int(digits, 32)
    if not is_sound(number, size) or not is_padded(number, size) or _holds_another(script, digits):
        return None
    return [Codeword(number, size, text, script.name, (start, start + len(text)))]


def _holds_another(script: Script, digits: bytes) -> bool:
    """Return whether a shorter codeword begins after the first glyph.

    A codeword of a newer version can begin only after a separator.
    """
    step, group = script.digits_per_glyph, script.group
    end = len(digits) - 2 * CODEWORD_SIZES[0] + 1
    if end <= step:
        return False
    groups = range(group * step, end, group * step) if group else ()
    places = [at for at in groups if digits[at : at + 2] in _NEWER_SIZES]
    if not places and not _seekers(len(digits) // 2)[step - 1](digits, step, end + 1):
        return False
    places += [at for at in range(step, end, step) if digits[at : at + 2] in _KNOWN_SIZES]
    for at in places:
        size = _SIZES[digits[at : at + 2]]
        inner = digits[at : at + 2 * size]
        if len(inner) == 2 * size and is_sound(int(inner, 32), size):
            return True
    return False


@lru_cache(maxsize=16)
def _by_first_glyph(scripts: tuple[Script, ...]) -> dict[str, tuple[Script, dict[int, bytes]]]:
    """Map each glyph to its script and to the table of that script, as in `spelled_digits`."""
    return {
        glyph: (script, table)
        for script in scripts
        for table in [spelled_digits(script)]
        for glyph in script.glyphs
    }
