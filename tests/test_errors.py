"""Errors: one root, evidence that survives copying, and a remedy in every message."""

import copy
import inspect
import pickle

import pytest

from passphrase import errors
from passphrase.errors import (
    AmbiguousError,
    DamagedError,
    KeyringError,
    NotFoundError,
    PaddingError,
    PassphraseError,
    SignatureError,
    TextTooLongError,
    VersionError,
)

EXAMPLES: list[tuple[PassphraseError, str, str]] = [
    (NotFoundError(), "not_found", "copy the whole message"),
    (DamagedError((3, 33), 29), "damaged", "29 symbols at 3-33"),
    (VersionError("version", 2), "version", "update the app"),
    (SignatureError(1, (0, 30)), "signature", "key id 1"),
    (AmbiguousError(((0, 30), (31, 61))), "ambiguous", "2 different"),
    (TextTooLongError(70_000, 65_536), "too_long", "70000 characters"),
    (PaddingError(), "damaged", "padding"),
]


@pytest.mark.parametrize(("error", "code", "message"), EXAMPLES)
def test_evidence_survives(error: PassphraseError, code: str, message: str) -> None:
    """Copies and pickles carry the same evidence; the message says what to do."""
    assert error.code == code
    assert message in str(error)
    for again in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert type(again) is type(error)
        assert (again.args, vars(again), str(again)) == (error.args, vars(error), str(error))


def test_one_root() -> None:
    """Every error of the library is a `PassphraseError`, but for unusable keys."""
    classes = {
        cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)
    }
    assert {type(error) for error, _, _ in EXAMPLES} == classes - {PassphraseError, KeyringError}
    assert all(issubclass(type(error), PassphraseError) for error, _, _ in EXAMPLES)
    assert issubclass(PassphraseError, ValueError)


def test_unusable_keys_are_not_quoted_by_pydantic() -> None:
    """A settings class turns a ValueError into a message with the input in it; this is none."""
    assert issubclass(KeyringError, TypeError)
    assert not issubclass(KeyringError, ValueError)
