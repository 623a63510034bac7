"""`lint`: what chat apps could break in a message; `avoids`: unwanted words in a passphrase.

Source: docs/sharing.md.

Shapes:
    message  any str of at most 4,096 characters
    span     [start, end) in the message, in characters
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

__all__ = ["Problem", "Trouble", "avoids", "lint"]

MESSAGE_CHARS_MAX: Final = 199
# Next to a passphrase, a reader skips these or takes them for a lost glyph.
_SKIPPED: Final = re.compile(f"[{character_class(*IGNORABLE_RANGES, *MARK_RANGES)}]")
_PICTURE: Final = re.compile(f"[{character_class(*PICTURE_RANGES)}]")


class Trouble(StrEnum):
    """A kind of problem with a message."""

    NO_PASSPHRASE = "no_passphrase"  # noqa: S105  # not a password
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
    """One problem with a message.

    Attributes:
        trouble: The kind of problem.
        span: Where it is in the message: [start, end), in characters. (0, 0) if something is
            missing.
    """

    trouble: Trouble
    span: Span

    @property
    def advice(self) -> str:
        """What would go wrong, and what to do, in English."""
        return ADVICE[self.trouble]


ADVICE: Final[Mapping[Trouble, str]] = {
    Trouble.NO_PASSPHRASE: "no passphrase can be found; put {passphrase} into the template",
    Trouble.SEVERAL: "the message has more than one passphrase, so a reader would refuse it",
    Trouble.TOUCHED: "the character beside the passphrase could be read as part of it; put the "
    "passphrase into brackets such as 【】",
    Trouble.TOO_LONG: "200 characters or more; chat apps split or cut long messages",
    Trouble.LINE_BREAK: "a line break; chat apps drop it or copy only one line",
    Trouble.INVISIBLE: "an invisible character; some chat apps show or drop it",
    Trouble.FACE: "chat apps turn this into a face",
    Trouble.MARKUP: "a reader would take this for markup",
    Trouble.ADDRESS: "chat apps may turn this into a link; write · or a space for the dot",
    Trouble.NO_NUMBER: "the message does not begin with a digit, so an iOS app cannot detect it "
    "without reading the clipboard",
    Trouble.NO_PATTERN: "the message has no letter before `:/ `, so an iOS app cannot detect it "
    "without reading the clipboard",
}
_FACE: Final = re.compile(r"\[[^][\r\n]{1,20}\]|/:|/[\u3400-\u9fff]")
_LINE_BREAK: Final = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# An ideographic full stop also ends sentences, so it counts only between ASCII letters or digits.
_ADDRESS: Final = re.compile(
    rf"(?<=\S)[{DOTS}](?={LETTER})|(?<=[0-9A-Za-z])[{IDEOGRAPHIC_DOTS}](?=[A-Za-z])|{NUMBERS}"
)
# A URL in characters that readers and chat apps leave unchanged (RFC 3986, without escapes). It
# does not end in punctuation, which chat apps leave out of a link.
LINK: Final = re.compile(
    r"https://[0-9A-Za-z][0-9A-Za-z.-]*(?::[0-9]+)?(?:[/?#][0-9A-Za-z/?#=+&,.:~_-]*)?(?<![.,:?#&])"
)
_LAST_LINK: Final = re.compile(rf" {LINK.pattern}\Z")
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
    """Return what chat apps could break in a message: an empty tuple if it is safe to send.

    A plain https address after a space at the end is not a problem: it is meant to be a link.

    Args:
        message: The whole message, with its passphrase.
        scripts: Your own scripts in which the passphrase may be spelled.

    Returns:
        The problems in the order of the message; `advice` says how to mend each.

    Raises:
        TypeError: The message is not a str.
        TextTooLongError: The message has more than 4,096 characters. Shorten it.
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
    """Yield the problems that do not depend on the passphrase."""
    if len(message) > MESSAGE_CHARS_MAX:
        yield Problem(Trouble.TOO_LONG, (MESSAGE_CHARS_MAX, len(message)))
    unlinked = _LAST_LINK.sub("", message)
    for trouble, pattern in _PATTERNS:
        searched = unlinked if trouble == Trouble.ADDRESS else message
        for match in pattern.finditer(searched):
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
    """Yield each neighbour of a passphrase that could be read as part of it."""
    own = (script for script in scripts if script.name == codeword.script)
    script = next(own, None) or load_script(codeword.script)
    start, end = codeword.span
    for at in {start - 1, end} & {*range(len(message))}:
        beside = message[at]
        is_part = beside in script.values or beside in script.separators
        is_picture = script.name == "emoji" and _PICTURE.match(beside)
        is_mark = unicodedata.category(beside)[0] == "M"
        if is_part or is_picture or is_mark or _SKIPPED.match(beside):
            yield Problem(Trouble.TOUCHED, (at, at + 1))


def avoids(words: Iterable[str], *, scripts: Sequence[Script] = ()) -> Callable[[str], bool]:
    """Make a predicate for `Codec.mint`: False if a passphrase contains a listed word.

    A word is compared as each script reads it, in either case and across hyphens. Base 32 reads
    I, L and O as digits, so "oil" is found as "011". Spaces, hyphens and invisible characters in a
    word are ignored. A word that no script can spell is never found.

    Args:
        words: The words to avoid, each of one character or more.
        scripts: Your own scripts, in addition to the built-in ones.

    Raises:
        TypeError: `words` is a single str, or contains something that is not a str.
        ValueError: A word is empty, or has only characters that are ignored. Leave it out.
    """
    if isinstance(words, str):
        raise TypeError("words must be a list of str, not a single str")
    listed = [_bare(word) for word in words]
    spellings: dict[str, set[str]] = {}
    for script in (*map(load_script, SCRIPT_NAMES), *scripts):
        for word in listed:
            if {*word} <= script.values.keys():
                spelling = "".join(script.glyphs[script.values[glyph]] for glyph in word)
                spellings.setdefault(script.separators, set()).add(spelling)

    def is_acceptable(text: str) -> bool:
        for separators, unwanted in spellings.items():
            bare = text.translate(dict.fromkeys(map(ord, separators)))
            if any(word in bare for word in unwanted):
                return False
        return True

    return is_acceptable


def _bare(word: str) -> str:
    """Remove the characters from a word that a reader skips."""
    bare = _SKIPPED.sub("", word)
    for script in map(load_script, SCRIPT_NAMES):
        bare = bare.translate(dict.fromkeys(map(ord, script.separators)))
    if not bare:
        raise ValueError("a word is empty")
    return bare
