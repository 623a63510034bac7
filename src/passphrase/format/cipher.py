"""A secret and an audience -> the derived keys for signing and sealing.

Source: docs/format.md, "Keys" and "Tag and seal". itsdangerous derives the keys.

Shapes:
    secret       32 bytes or more, random
    audience     1 to 64 bytes of UTF-8
    derived key  32 bytes
"""

from hashlib import sha256
from hmac import compare_digest
from typing import Final, NoReturn, Self

from itsdangerous import Signer

from passphrase.format.layout import TAG_BYTES

_BLOCK_BYTES: Final = 64  # the block size of SHA-256; the pads are from RFC 2104
_INNER_PAD: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD: Final = bytes(byte ^ 0x5C for byte in range(256))


class Masked:
    """Base class of objects that hold keys: they cannot be printed or pickled; a copy is itself."""

    __slots__ = ()

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        msg = f"{type(self).__name__} holds secrets and cannot be pickled; pass on its text form"
        raise TypeError(msg)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self


def hmac_block(key: bytes) -> bytes:
    """Return the block that HMAC makes of a key: a long key is hashed, a short one is padded."""
    return (sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")


class HmacKey(Masked):
    """A key of HMAC-SHA-256 (RFC 2104) that hashes its two padded blocks once, not at every use.

    Copies of `hmac.new(key)` are slower: see docs/speed.md.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        """Hash the blocks. `digest` copies the hashes, so threads can share a key."""
        block = hmac_block(key)
        self._inner = sha256(block.translate(_INNER_PAD))
        self._outer = sha256(block.translate(_OUTER_PAD))

    def __repr__(self) -> str:
        return "HmacKey(...)"

    def digest(self, message: bytes) -> bytes:
        """Return the 32-byte HMAC of a message."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


def derived(secret: bytes, purpose: bytes, audience: bytes) -> bytes:
    """Derive the key of one purpose, "sign" or "seal", for one audience."""
    salt = b"passphrase/v1/" + purpose + b"/" + audience
    # itsdangerous defaults to SHA-1 and to an ambiguous concatenation, so name everything.
    return Signer(secret, salt, key_derivation="hmac", digest_method=sha256).derive_key()


class DerivedKeys(Masked):
    """The signing key and the sealing key of one secret for one audience."""

    __slots__ = ("_sign", "_stream")

    def __init__(self, secret: bytes, audience: bytes) -> None:
        self._sign = HmacKey(derived(secret, b"sign", audience)).digest
        self._stream = HmacKey(derived(secret, b"seal", audience)).digest

    def __repr__(self) -> str:
        return "DerivedKeys(...)"

    def tag(self, message: bytes) -> bytes:
        """Return the 10-byte tag of a message."""
        return self._sign(message)[:TAG_BYTES]

    def verify(self, message: bytes, tag: bytes) -> bool:
        """Return in constant time whether a message has this tag."""
        return compare_digest(self.tag(message), tag)

    def keystream(self, seed: bytes, length: int) -> bytes:
        """Return `length` bytes from a seed: HKDF-Expand with SHA-256 (RFC 5869, section 2.3)."""
        stream = block = self._stream(seed + b"\1")
        counter = 1
        while len(stream) < length:
            counter += 1
            block = self._stream(block + seed + bytes((counter,)))
            stream += block
        return stream[:length]
