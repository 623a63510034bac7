"""Body <-> sealed body and tag, by SIV composition: encryption adds no bytes.

Source: docs/format.md, "Tag and seal"; Rogaway and Shrimpton 2006; RFC 5297 for AES. The tag is a
PRF of header and body. It authenticates them and seeds the keystream.

Shapes:
    header symbol  an int in [0, 1024), authenticated, not encrypted
    body           a number of 14 to 38 bytes, as the header says; sealed, it has the same size
    tag            10 bytes
"""

from typing import Final

from passphrase.errors import SignatureError, Span
from passphrase.format.cipher import DerivedKeys
from passphrase.format.layout import BODY_BYTES, HEADERS, TAG_BYTES

_TAG_BITS: Final = 8 * TAG_BYTES
_TAG_MASK: Final = (1 << _TAG_BITS) - 1


def seal(keys: DerivedKeys, header_symbol: int, body: int) -> int:
    """Return the sealed body, followed by the tag, as one number. Inverse: `unseal`."""
    header, length = header_symbol.to_bytes(2), BODY_BYTES[header_symbol]
    tag = keys.tag(header + body.to_bytes(length))
    keystream = keys.keystream(header + tag, length)
    return (body ^ int.from_bytes(keystream)) << _TAG_BITS | int.from_bytes(tag)


def unseal(keys: DerivedKeys, header_symbol: int, sealed: int, span: Span | None = None) -> int:
    """Return the body, after checking the tag in constant time. Inverse: `seal`.

    Raises:
        SignatureError: The tag is wrong. No part of the body is returned. It names `span`.
    """
    header, length = header_symbol.to_bytes(2), BODY_BYTES[header_symbol]
    tag = (sealed & _TAG_MASK).to_bytes(TAG_BYTES)
    keystream = keys.keystream(header + tag, length)
    body = sealed >> _TAG_BITS ^ int.from_bytes(keystream)
    if not keys.verify(header + body.to_bytes(length), tag):
        raise SignatureError(HEADERS[header_symbol].key_id, span)
    return body


def tag_of(sealed: int) -> str:
    """Return the tag after a sealed body, in hex."""
    return (sealed & _TAG_MASK).to_bytes(TAG_BYTES).hex()
