"""Body <-> sealed body and tag: SIV composition, so that secrecy costs no length.

Source: docs/format.md, "Tag and seal"; Rogaway and Shrimpton 2006, of which RFC 5297 is the AES
instance. The tag is a PRF of header and body; it authenticates them and seeds the keystream.

Shapes:
    header symbol  an int in [0, 1024), in clear, authenticated
    body           14 to 38 bytes, sealed to as many
    tag            10 bytes
"""

from passphrase.errors import SignatureError
from passphrase.format.cipher import DerivedKeys
from passphrase.format.layout import TAG_BYTES, read_header


def seal(keys: DerivedKeys, header_symbol: int, body: bytes) -> bytes:
    """Make the sealed body, followed by its tag. Inverse: `unseal`."""
    header = header_symbol.to_bytes(2)
    tag = keys.tag(header + body)
    return _xor(body, keys.keystream(header + tag, len(body))) + tag


def unseal(keys: DerivedKeys, header_symbol: int, sealed: bytes) -> bytes:
    """Make the body of a sealed body and its tag, compared in constant time. Inverse: `seal`.

    Raises:
        SignatureError: The tag is not this body's under these keys. Nothing of it is returned.
    """
    header = header_symbol.to_bytes(2)
    tag = sealed[-TAG_BYTES:]
    body = _xor(sealed[:-TAG_BYTES], keys.keystream(header + tag, len(sealed) - TAG_BYTES))
    if not keys.verify(header + body, tag):
        raise SignatureError(read_header(header_symbol).key_id)
    return body


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))
