"""Secrets, or their text form <-> `Keyring`: the keys that people store, hand over and rotate.

Source: docs/format.md, "Keys".

Shapes:
    secret    32 bytes or more, random
    key id    an int in [0, 8)
    audience  1 to 64 bytes of UTF-8
"""

import base64
import binascii
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic_core import core_schema

from passphrase.errors import KeyringError, without_trace
from passphrase.format.cipher import DerivedKeys, Masked, hmac_block
from passphrase.format.layout import KEY_IDS

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

SECRET_BYTES_MIN: Final = 32
AUDIENCE_BYTES_MAX: Final = 64
_QUOTES: Final = re.compile("[\"'`\u2018\u2019\u201c\u201d]")
_UNSEEN: Final = re.compile(  # control and zero-width characters, except the joiners
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_ENTRY: Final = re.compile(r"([0-7]):([A-Za-z0-9_-]+)(=?=?)(!?)\Z")


class _Given(Masked):
    """Hides the input of a keyring field from pydantic, which quotes the input in its errors."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "**********"


class Keyring(Masked):
    """Up to eight secrets by key id. The active one signs; all of them verify. Immutable.

    The text form has ``id:base64url`` entries, separated by commas or line breaks. ``!`` follows
    the active entry; a single entry needs none.

    A keyring can be a field of a pydantic model or settings class. It is read from the text form
    and dumped as a mask. If another field of the class is invalid, pydantic quotes the whole input:
    set ``hide_input_in_errors``, and log ``errors(include_input=False)``.

    Args:
        secrets: Secrets of at least 32 random bytes, by key id in [0, 8). They must differ for
            HMAC too: it hashes secrets of more than 64 bytes, and pads shorter ones with zeros.
        active_id: The id of the key that signs. Optional if there is only one secret.

    Raises:
        KeyringError: The secrets or the active id break a rule above. The message names it: correct
            them, or make a keyring with `passphrase keygen`.
    """

    __slots__ = ("_active_id", "_secrets")

    @without_trace
    def __init__(self, secrets: Mapping[int, bytes], active_id: int | None = None) -> None:
        self._secrets: dict[int, bytes] = {}
        self._active_id: int = -1
        _check(secrets, active_id)
        self._secrets = {key_id: secrets[key_id] for key_id in sorted(secrets)}
        self._active_id = next(iter(secrets)) if active_id is None else active_id

    def __repr__(self) -> str:
        return f"Keyring(ids={self.ids}, active_id={self._active_id})"

    @property
    def ids(self) -> tuple[int, ...]:
        """All key ids, in order."""
        return tuple(self._secrets)

    @property
    def active_id(self) -> int:
        """The id of the key that signs."""
        return self._active_id

    @classmethod
    @without_trace
    def parse(cls, text: str) -> Self:
        """Read the text form. Inverse: `reveal`.

        Raises:
            KeyringError: The text breaks a rule. Correct what the message names: an entry by its
                number, a key by its id, or both.
        """
        return cls(*_parse(text))

    def reveal(self) -> str:
        """Return the text form, with readable secrets, one entry on each line. Inverse: `parse`."""
        return "\n".join(
            f"{key_id}:{base64.urlsafe_b64encode(secret).rstrip(b'=').decode()}"
            f"{'!' if key_id == self.active_id else ''}"
            for key_id, secret in self._secrets.items()
        )

    @without_trace
    def rotated(self, secret: bytes, *, standby: bool = False) -> "Keyring":
        """Return a keyring that signs with a new secret and still verifies with the old ones.

        Args:
            secret: The new secret, at least 32 random bytes.
            standby: Keep signing with the active key. The new one only verifies, so that every
                server can load it before one of them signs with it.

        Raises:
            KeyringError: All eight ids are taken (remove one that has no live invites), or the
                secret is too short or not new (take 32 bytes from `secrets.token_bytes`).
        """
        circle = (*KEY_IDS[self.active_id :], *KEY_IDS)
        free = [key_id for key_id in circle if key_id not in self._secrets]
        if not free:
            raise KeyringError(
                "all eight key ids are taken; remove a key that is not active and whose invites "
                "have all expired"
            )
        return Keyring({**self._secrets, free[0]: secret}, self.active_id if standby else free[0])

    def without(self, key_id: int) -> "Keyring":
        """Return a keyring without one key. Everything that this key signed is then refused.

        Raises:
            KeyringError: The id is not in the keyring (see `ids`), or it is the active one (rotate
                first).
        """
        if key_id not in self._secrets or key_id == self.active_id:
            raise KeyringError(
                "the key id is not in the keyring, or it is the active one; to remove the "
                "active one, rotate first"
            )
        kept = {other: secret for other, secret in self._secrets.items() if other != key_id}
        return Keyring(kept, self.active_id)

    def derive(self, audience: str) -> dict[int, DerivedKeys]:
        """Derive the keys of every secret for one audience, by key id. For `Codec`.

        Raises:
            TypeError: The audience is not a str: pass the name of your app.
            ValueError: The audience is empty or has more than 64 bytes of UTF-8: choose another. Or
                it begins or ends with white space, or contains an invisible character or half a
                surrogate pair: remove it.
        """
        if not isinstance(audience, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError("audience must be a str")
        try:
            encoded = audience.encode()
        except UnicodeEncodeError:
            raise ValueError("audience must not contain half a surrogate pair") from None
        if not 1 <= len(encoded) <= AUDIENCE_BYTES_MAX:
            msg = f"audience must have 1 to {AUDIENCE_BYTES_MAX} bytes of UTF-8"
            raise ValueError(msg)
        if audience != audience.strip() or _UNSEEN.search(audience):
            raise ValueError(
                "audience must not begin or end with white space, or contain invisible characters"
            )
        return {key_id: DerivedKeys(secret, encoded) for key_id, secret in self._secrets.items()}

    @classmethod
    @without_trace
    def _coerce(cls, given: _Given) -> Self:
        value: Any = given.value
        return value if isinstance(value, cls) else cls.parse(value)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: "GetCoreSchemaHandler"
    ) -> core_schema.CoreSchema:
        hide = core_schema.no_info_plain_validator_function(
            _Given, json_schema_input_schema=core_schema.str_schema()
        )
        return core_schema.chain_schema(
            [hide, core_schema.no_info_plain_validator_function(cls._coerce)],
            serialization=core_schema.plain_serializer_function_ser_schema(
                repr, return_schema=core_schema.str_schema()
            ),
        )


def _check(secrets: Mapping[int, bytes], active_id: int | None) -> None:
    """Check the rules of `Keyring`."""
    if not isinstance(secrets, Mapping) or not secrets:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise KeyringError("secrets must be a mapping of at least one key id to its secret")
    for key_id, secret in secrets.items():
        if type(key_id) is not int or key_id not in KEY_IDS:
            raise KeyringError("a key id must be an int from 0 to 7")
        if type(secret) is not bytes or len(secret) < SECRET_BYTES_MIN:
            msg = f"the secret of key {key_id} must be at least {SECRET_BYTES_MIN} bytes"
            raise KeyringError(msg, key_id=key_id)
    first_ids: dict[bytes, int] = {}
    for key_id, secret in secrets.items():
        first = first_ids.setdefault(hmac_block(secret), key_id)
        if first != key_id:
            msg = f"keys {first} and {key_id} have the same secret; remove one of them"
            raise KeyringError(msg, key_id=key_id)
    if active_id is None and len(secrets) > 1:
        raise KeyringError(
            "there are several keys: mark the one that signs, in text with ! after it"
        )
    if active_id is not None and (type(active_id) is not int or active_id not in secrets):
        raise KeyringError("the active key id is not in the keyring")


def _parse(text: str) -> tuple[dict[int, bytes], int | None]:
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise KeyringError("the text form of a keyring must be a str")
    text = text.removeprefix("\ufeff").strip()  # some editors write a byte-order mark
    if not text:
        raise KeyringError("the keyring is empty; fill it with the output of `passphrase keygen`")
    secrets: dict[int, bytes] = {}
    active_ids: list[int] = []
    for position, entry in enumerate(re.split(r"[,\s]+", text), start=1):
        match = _ENTRY.match(entry)
        if not match and _QUOTES.search(entry):
            raise KeyringError("has quotation marks; remove them", position)
        if not match:
            raise KeyringError("does not have the form id:base64url", position)
        key_id = int(match[1])
        if key_id in secrets:
            msg = f"repeats key id {key_id}"
            raise KeyringError(msg, position, key_id)
        secrets[key_id] = _decode_secret(match, position)
        active_ids += [key_id] if match[4] else []
    if len(active_ids) > 1:
        raise KeyringError("two keys are marked as active with !; keep one mark")
    return secrets, active_ids[0] if active_ids else None


def _decode_secret(match: "re.Match[str]", position: int) -> bytes:
    key_id, encoded, padding, _ = match.groups()
    with suppress(binascii.Error):
        secret = base64.urlsafe_b64decode(encoded + "===")  # extra padding is ignored
        written = base64.urlsafe_b64encode(secret).decode()
        if encoded + padding in {written, written.rstrip("=")}:
            if len(secret) < SECRET_BYTES_MIN:
                msg = f"has a secret of less than {SECRET_BYTES_MIN} bytes; make one with keygen"
                raise KeyringError(msg, position, int(key_id))
            return secret
    raise KeyringError("is incomplete or mistyped base64url", position, int(key_id))
