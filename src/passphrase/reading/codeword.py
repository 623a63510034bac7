"""A codeword that was found whole: as the reading hands it on, and as the caller is told of it."""

from dataclasses import dataclass
from typing import NamedTuple

from passphrase.errors import Span
from passphrase.format.layout import HEADERS, SYMBOL_BITS, Header
from passphrase.format.symbols import split


@dataclass(frozen=True, slots=True)
class Candidate:
    """A codeword found in a text: its parity is sound, its tag is not checked.

    Attributes:
        codeword: 24 to 43 symbols.
        text: Its one canonical spelling in the script it was found in.
        script: Name of that script.
        span: Where it stands in the text, in characters.
    """

    codeword: tuple[int, ...]
    text: str
    script: str
    span: Span

    @property
    def header(self) -> Header:
        """Version, key id and id widths: all that can be read without a key."""
        return HEADERS[self.codeword[0]]


class Codeword(NamedTuple):
    """A codeword as it was found, before anybody asks for its symbols.

    Attributes:
        number: The codeword as one number.
        size: How many symbols it has.
        text: Its one canonical spelling.
        script: Name of the script.
        span: Where it stands in the text.
    """

    number: int
    size: int
    text: str
    script: str
    span: Span

    @property
    def header_symbol(self) -> int:
        """The first symbol."""
        return self.number >> SYMBOL_BITS * (self.size - 1)

    @property
    def repairs(self) -> tuple[()]:
        """Nothing: it was found whole."""
        return ()

    @property
    def candidate(self) -> Candidate:
        """What the caller is told of it."""
        return Candidate(split(self.number, self.size), self.text, self.script, self.span)
