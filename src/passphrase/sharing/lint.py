"""What could break a message on its way, or what a passphrase spells.

Source: docs/sharing.md.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from passphrase.errors import Span, without_trace
from passphrase.reading.characters import IGNORABLE_RANGES, MARK_RANGES, PICTURE_RANGES
from passphrase.reading.codeword import Codeword
from passphrase.reading.find import scan
from passphrase.reading.markup import unwrap
from passphrase.reading.mend import mend
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script
from passphrase.sharing.names import (
    DOTS,
    IDEOGRAPHIC_DOTS,
    LETTER,
    NUMBERS,
    character_class,
    is_unseen,
)

MESSAGE_CHARS_MAX: Final = 199
# Beside a passphrase, what a reader skips or takes for a glyph that was lost.
_SKIPPED: Final = re.compile(f"[{character_class(*IGNORABLE_RANGES, *MARK_RANGES)}]")
_PICTURE: Final = re.compile(f"[{character_class(*PICTURE_RANGES)}]")


class Trouble(StrEnum):
    """What could break a message on its way."""

    NO_PASSPHRASE = "no_passphrase"  # noqa: S105  # no password, its name
    SEVERAL = "several"
    TOUCHED = "touched"
    TOO_LONG = "too_long"
    LINE_BREAK = "line_break"
    INVISIBLE = "invisible"
    FACE = "face"
    MARKUP = "markup"
    ADDRESS = "address"
    NO_NUMBER = "no_number"
    NO_PATTERN = "no_pattern"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that could break.

    Attributes:
        trouble: What it is.
        span: Where, in characters; empty where something is missing.
    """

    trouble: Trouble
    span: Span

    @property
    def advice(self) -> str:
        """What would break, and what to do."""
        return ADVICE[self.trouble]


ADVICE: Final[Mapping[Trouble, str]] = {
    Trouble.NO_PASSPHRASE: "no passphrase can be found; put {passphrase} into the template",
    Trouble.SEVERAL: "more than one passphrase is found, and a reader would refuse to choose",
    Trouble.TOUCHED: "the passphrase touches a glyph of its script, or something that a reader "
    "skips or takes for a lost glyph; set it off with brackets such as 【】",
    Trouble.TOO_LONG: "200 characters or more; chat apps split or cut long messages",
    Trouble.LINE_BREAK: "a line break; chat apps drop them or copy one line only",
    Trouble.INVISIBLE: "an invisible character; some chat apps show or drop it",
    Trouble.FACE: "chat apps turn this into a face",
    Trouble.MARKUP: "this is read as markup",
    Trouble.ADDRESS: "chat apps may make this the link of a site; write · or a space for the dot",
    Trouble.NO_NUMBER: "does not begin with a digit; iOS then does not tell an app that the "
    "clipboard holds a number",
    Trouble.NO_PATTERN: "has no letter before `:/ `; iOS then does not tell an app that the "
    "clipboard is worth reading",
}
_FACE: Final = re.compile(r"\[[^][\r\n]{1,20}\]|/:|/[\u3400-\u9fff]")
_LINE_BREAK: Final = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# A dot of Chinese ends sentences too, so it counts between two letters of ASCII only.
_ADDRESS: Final = re.compile(
    rf"(?<=\S)[{DOTS}](?={LETTER})|(?<=[0-9A-Za-z])[{IDEOGRAPHIC_DOTS}](?=[A-Za-z])|{NUMBERS}"
)
_PATTERNS: Final = (
    (Trouble.LINE_BREAK, _LINE_BREAK),
    (Trouble.FACE, _FACE),
    (Trouble.ADDRESS, _ADDRESS),
)
_HINTS: Final = (
    (Trouble.NO_NUMBER, re.compile("^[0-9]")),
    (Trouble.NO_PATTERN, re.compile("[A-Za-z]:/ ")),
)


@without_trace
def lint(message: str, *, scripts: Sequence[Script] = ()) -> tuple[Problem, ...]:
    """Tell what could break a message on its way; nothing if it is safe to send.

    Args:
        message: As it would be sent.
        scripts: Scripts of your own that its passphrase may be spelled in.

    Raises:
        TypeError: The message is not a str.
        TextTooLongError: It has more than 4,096 characters.
    """
    found, damaged = scan(message, scripts=scripts)
    repaired = mend(damaged, thorough=False)
    others = [*(codeword.span for codeword in found[1:]), *(each.span for each in repaired)]
    problems = [Problem(Trouble.SEVERAL, span) for span in others]
    if found:
        problems += _touching(message, found[0], scripts)
    else:
        problems.append(Problem(Trouble.NO_PASSPHRASE, (0, 0)))
    return tuple(sorted([*problems, *_problems(message)], key=_place))


def _place(problem: Problem) -> tuple[Span, str]:
    return problem.span, problem.trouble


def _problems(message: str) -> Iterator[Problem]:
    """Find what is wrong with a message, whatever passphrase it holds."""
    if len(message) > MESSAGE_CHARS_MAX:
        yield Problem(Trouble.TOO_LONG, (MESSAGE_CHARS_MAX, len(message)))
    for trouble, pattern in _PATTERNS:
        for match in pattern.finditer(message):
            yield Problem(trouble, match.span())
    for at, character in enumerate(message):
        if is_unseen(character) and not _LINE_BREAK.match(character):
            yield Problem(Trouble.INVISIBLE, (at, at + 1))
    for trouble, pattern in _HINTS:
        if not pattern.search(message):
            yield Problem(trouble, (0, 0))
    plain, bounds = unwrap(message)
    for character, span in zip(plain, pairwise(bounds), strict=True):
        written = message[slice(*span)]
        if written != character and not _FACE.fullmatch(written):
            yield Problem(Trouble.MARKUP, span)


def _touching(message: str, codeword: Codeword, scripts: Sequence[Script]) -> Iterator[Problem]:
    """Find what stands at the ends of a passphrase and could be taken for part of it."""
    own = (script for script in scripts if script.name == codeword.script)
    script = next(own, None) or load_script(codeword.script)
    start, end = codeword.span
    for at in {start - 1, end} & {*range(len(message))}:
        beside = message[at]
        is_part = beside in script.digits or beside in script.separators
        is_picture = script.name == "emoji" and _PICTURE.match(beside)
        is_mark = unicodedata.category(beside)[0] == "M"
        if is_part or is_picture or is_mark or _SKIPPED.match(beside):
            yield Problem(Trouble.TOUCHED, (at, at + 1))


def avoids(words: Iterable[str], *, scripts: Sequence[Script] = ()) -> Callable[[str], bool]:
    """Make a predicate for `Codec.encode_acceptable`: False for what spells a listed word.

    A word counts in any way in which a script reads it: base 32 has no I, L, O, so "oil" is found
    as "011", in either case and across hyphens. Spaces, hyphens and what cannot be seen in a word
    do not count. A word that no script can spell is never found.

    Args:
        words: The list.
        scripts: Scripts of your own, besides the built-in ones.

    Raises:
        TypeError: The words are one str, or one of them is not a str.
        ValueError: A word is empty.
    """
    if isinstance(words, str):
        raise TypeError("words are a list of str")
    listed = [_bare(word) for word in words]
    spellings: dict[str, set[str]] = {}
    for script in (*map(load_script, SCRIPT_NAMES), *scripts):
        for word in listed:
            if {*word} <= script.digits.keys():
                spelling = "".join(script.glyphs[script.digits[glyph]] for glyph in word)
                spellings.setdefault(script.separators, set()).add(spelling)

    def is_acceptable(text: str) -> bool:
        for separators, unwanted in spellings.items():
            bare = text.translate(dict.fromkeys(map(ord, separators)))
            if any(word in bare for word in unwanted):
                return False
        return True

    return is_acceptable


def _bare(word: str) -> str:
    """Leave out of a word what no reader counts."""
    bare = _SKIPPED.sub("", word)
    for script in map(load_script, SCRIPT_NAMES):
        bare = bare.translate(dict.fromkeys(map(ord, script.separators)))
    if not bare:
        raise ValueError("a word is empty")
    return bare
