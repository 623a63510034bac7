"""Body <-> sealed body and tag, by SIV composition: encryption adds no bytes.

Source: docs/format.md, "Tag and seal"; Rogaway and Shrimpton 2006; RFC 5297 for AES. The tag is a
PRF of header and body. It authenticates them and seeds the keystream.

Shapes:
    header symbol  an int in [0, 1024), authenticated, not encrypted
    body           14 to 38 bytes; the sealed body has the same size
    tag            10 bytes
"""

from passphrase.errors import SignatureError
from passphrase.format.cipher import DerivedKeys
from passphrase.format.layout import TAG_BYTES, read_header


def seal(keys: DerivedKeys, header_symbol: int, body: bytes) -> bytes:
    """Return the sealed body, followed by the tag. Inverse: `unseal`."""
    header = header_symbol.to_bytes(2)
    tag = keys.tag(header + body)
    return _xor(body, keys.keystream(header + tag, len(body))) + tag


def unseal(keys: DerivedKeys, header_symbol: int, sealed: bytes) -> bytes:
    """Return the body, after checking the tag in constant time. Inverse: `seal`.

    Raises:
        SignatureError: The tag is wrong. No part of the body is returned.
    """
    header = header_symbol.to_bytes(2)
    tag = sealed[-TAG_BYTES:]
    body = _xor(sealed[:-TAG_BYTES], keys.keystream(header + tag, len(sealed) - TAG_BYTES))
    if not keys.verify(header + body, tag):
        raise SignatureError(read_header(header_symbol).key_id)
    return body


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))
