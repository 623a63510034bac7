"""The functions that `test_processes` runs; pickle finds them by name in this module."""

from support import AUDIENCE, SECRET

from passphrase import Codec, Keyring


def make_codec() -> Codec:
    """Make a codec with the known key."""
    return Codec(Keyring({1: SECRET}), audience=AUDIENCE)


def make_none() -> Codec:
    """Find no keys."""
    raise FileNotFoundError


def read(codec: Codec, batch: list[str]) -> list[str]:
    """Read a batch of texts."""
    return [codec.decode(text).fingerprint for text in batch]
