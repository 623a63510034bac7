"""A signed token for each user. Replace it by your own sessions."""

import os
from typing import Final, Self

from itsdangerous import BadSignature, URLSafeTimedSerializer
from service.bodies import RefusedError, User

from passphrase import parse_id

LIFETIME_SECONDS: Final = 24 * 60 * 60


class Sessions:
    """Make and read tokens.

    Args:
        secret: At least 32 random characters; not a key of passphrases.
    """

    def __init__(self, secret: str) -> None:
        self._serializer: Final = URLSafeTimedSerializer(secret, salt="session")

    @classmethod
    def from_environment(cls) -> Self:
        """Read the secret from the environment."""
        return cls(os.environ["SESSION_SECRET"])

    def token(self, user: User) -> str:
        """Make the token of a user."""
        return str(self._serializer.dumps(str(user)))

    def user(self, header: str | None) -> User | None:
        """Return the user of an `Authorization` header; None if nobody is signed in.

        Raises:
            RefusedError: 401, the token is false or too old.
        """
        if not header:
            return None
        token = header.removeprefix("Bearer ")
        try:
            return parse_id(self._serializer.loads(token, max_age=LIFETIME_SECONDS))
        except BadSignature:
            raise RefusedError(401, "unknown_user", "Sign in again.") from None
