"""What FastAPI does and Flask and Django do not: check a body, and parse it without quoting it."""

import json
from typing import TypeVar

from pydantic import BaseModel
from service.bodies import MAX_BODY_BYTES, RefusedError, User
from service.sessions import Sessions

_Model = TypeVar("_Model", bound=BaseModel)


def check_head(content_type: str | None, transfer_encoding: str | None) -> None:
    """Refuse a body that is not JSON, or of unknown length, before it is read.

    A framework parses forms by itself and may put them into error reports. It may also truncate a
    body of unknown length.

    Raises:
        RefusedError: 415 or 411.
    """
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "not_json", "Send JSON, and say so.")
    if transfer_encoding:
        raise RefusedError(411, "no_length", "Say how long the body is.")


def parse(model: type[_Model], body: bytes) -> _Model:
    """Parse the body of a request. The error quotes nothing of it.

    Python parses the JSON: pydantic's own parser refuses half a surrogate pair.

    Raises:
        RefusedError: 400, the body is not JSON of this kind.
    """
    try:
        return model.model_validate(json.loads(body))
    except (ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        raise RefusedError(400, "bad_request", "The request is not understood.") from None


def too_large() -> RefusedError:
    """Return the refusal of a body that is too long."""
    return RefusedError(413, "too_large", f"A request has at most {MAX_BODY_BYTES} bytes.")


def signed_in(sessions: Sessions, header: str | None) -> User:
    """Return who asks.

    Raises:
        RefusedError: 401, nobody is signed in.
    """
    user = sessions.user(header)
    if user is None:
        raise RefusedError(401, "unknown_user", "Sign in first.")
    return user
