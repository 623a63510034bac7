"""The numbers of an invite <-> its sealed and signed codeword: all stages of `format`, in order.

Source: docs/format.md, "In one screen".

Shapes:
    numbers  BODY_FIELDS as one number, and both ids: see `passphrase.format.wire`
    number   a codeword; its size is how many symbols it has, 24 to 43
"""

from passphrase.errors import SignatureError, Span, VersionError
from passphrase.format.cipher import DerivedKeys, Masked
from passphrase.format.layout import (
    CODEWORD_SYMBOLS,
    HEADERS,
    PARITY_SYMBOLS,
    SYMBOL_BITS,
    VERSION,
)
from passphrase.format.parity import protect, unprotect
from passphrase.format.seal import seal, tag_of, unseal
from passphrase.format.symbols import chunk, unchunk
from passphrase.format.wire import Numbers, join_body, split_body


class Codewords(Masked):
    """Makes codewords with the active key of an app, and reads those of all its keys.

    Args:
        keys: The derived keys by id.
        active_id: The id of the key that signs.
    """

    __slots__ = ("_active_id", "_keys")

    def __init__(self, keys: dict[int, DerivedKeys], active_id: int) -> None:
        self._keys = keys
        self._active_id = active_id

    def __repr__(self) -> str:
        return "Codewords(...)"

    def make(self, numbers: Numbers) -> tuple[int, int]:
        """Return the number and the size of the codeword of a valid invite. Inverse: `read`."""
        symbol, body = join_body(numbers, self._active_id)
        data = chunk(symbol, seal(self._keys[self._active_id], symbol, body))
        size = CODEWORD_SYMBOLS[symbol]
        return protect(data, size - PARITY_SYMBOLS), size

    def read(self, number: int, size: int, span: Span) -> tuple[Numbers, int, str]:
        """Return the numbers in a codeword, the id of its key, and its fingerprint.

        Args:
            number: A codeword with sound parity. Inverse: `make`.
            size: How many symbols it has.
            span: Where it stands in the text, for the error.

        Raises:
            VersionError: Its version is not 1, or a field has a value that version 1 refuses.
            SignatureError: The key is unknown, or the tag is wrong.
            PaddingError: A padding bit is not zero, as in some proposals of a repair.
        """
        symbol = number >> SYMBOL_BITS * (size - 1)
        version, key_id, _, _ = header = HEADERS[symbol]
        if version != VERSION:
            raise VersionError("version", version, span)
        if key_id not in self._keys:
            raise SignatureError(key_id, span)
        sealed = unchunk(unprotect(number), size)
        body = unseal(self._keys[key_id], symbol, sealed, span)
        return split_body(header, body, span), key_id, f"{key_id}-{tag_of(sealed)}"


def fingerprint_of(number: int, size: int) -> str:
    """Name a passphrase by its key id and its tag."""
    key_id = HEADERS[number >> SYMBOL_BITS * (size - 1)].key_id
    return f"{key_id}-{tag_of(unchunk(unprotect(number), size))}"
