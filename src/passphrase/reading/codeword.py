"""An undamaged codeword: `Codeword` within this package, `Candidate` for the caller."""

from dataclasses import dataclass
from typing import NamedTuple

from passphrase.errors import Span
from passphrase.format.layout import HEADERS, SYMBOL_BITS, Header
from passphrase.format.symbols import split


@dataclass(frozen=True, slots=True)
class Candidate:
    """A codeword that was found in a text. Its parity is correct; its signature is NOT checked.

    Attributes:
        codeword: 24 to 43 symbols, ints in [0, 1024). Equal in every script.
        text: Its canonical spelling in the script in which it was found.
        script: Name of that script.
        span: Start and end in the text, in characters.
    """

    codeword: tuple[int, ...]
    text: str
    script: str
    span: Span

    @property
    def header(self) -> Header:
        """Version, key id and id widths, which can be read without a key."""
        return HEADERS[self.codeword[0]]


class Codeword(NamedTuple):
    """A codeword that was found in a text, as one number.

    Attributes:
        number: The codeword as one number.
        size: Number of symbols.
        text: Its canonical spelling.
        script: Name of the script.
        span: Start and end in the text, in characters.
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
        """Empty, because the codeword was undamaged."""
        return ()

    @property
    def candidate(self) -> Candidate:
        """The codeword for the caller."""
        return Candidate(split(self.number, self.size), self.text, self.script, self.span)
