"""An undamaged codeword: `Codeword` within this package, `Candidate` for the caller.

Source: docs/format.md, "Reading", step 4.

Shapes:
    span  [start, end) in the pasted text, in characters
"""

from dataclasses import dataclass
from typing import NamedTuple

from passphrase.errors import Span
from passphrase.format.layout import HEADERS, Header
from passphrase.format.symbols import split

__all__ = ["Candidate"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A codeword that was found in a text. Its parity is correct; its signature is NOT checked.

    Attributes:
        codeword: 24 to 43 symbols, ints in [0, 1024). Equal in every script.
        text: Its canonical spelling in the script in which it was found.
        script: Name of that script.
        span: Where it is in the text: [start, end), in characters.
    """

    codeword: tuple[int, ...]
    text: str
    script: str
    span: Span

    @property
    def header(self) -> Header:
        """Version and key id, each in [0, 8), and id widths: they can be read without a key."""
        return HEADERS[self.codeword[0]]


class Codeword(NamedTuple):
    """A codeword that was found in a text, as one number.

    Attributes:
        number: The codeword as one number, below 2^(10 * size).
        size: Number of symbols, 24 to 43.
        text: Its canonical spelling.
        script: Name of the script.
        span: Where it is in the text.
        repairs: Always empty, because it was not damaged.
    """

    number: int
    size: int
    text: str
    script: str
    span: Span
    repairs: tuple[()] = ()

    @property
    def candidate(self) -> Candidate:
        """The codeword for the caller."""
        return Candidate(split(self.number, self.size), self.text, self.script, self.span)
