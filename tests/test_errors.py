"""Errors: one root, evidence that survives copying, and a remedy in every message."""

import copy
import inspect
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
from support import CODEC, INVITE, YI

from passphrase import (
    Action,
    Facts,
    Origin,
    Script,
    errors,
    find,
    join_prompt,
    open_url,
    share,
    spells_none_of,
)
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
from passphrase.words import Words

EXAMPLES: list[tuple[PassphraseError, str, str]] = [
    (
        NotFoundError(),
        "not_found",
        "no passphrase in this text; copy the whole message that carries it",
    ),
    (
        DamagedError((3, 33), 29),
        "damaged",
        "a damaged passphrase: 29 symbols at 3-33 can be read, but some are wrong or missing; copy "
        "the message again",
    ),
    (
        VersionError("version", 2),
        "version",
        "a passphrase of a newer format (version 2, unknown version); update the app",
    ),
    (
        SignatureError(1, (0, 30)),
        "signature",
        "the signature does not fit (key id 1): forged, or made for another app or under a retired "
        "key; ask for a new invite",
    ),
    (
        AmbiguousError(((0, 30), (31, 61))),
        "ambiguous",
        "2 different passphrases in this text; copy only one message",
    ),
    (
        TextTooLongError(70_000, 65_536),
        "too_long",
        "the text has 70000 characters, more than the 65536 that are read",
    ),
    (PaddingError(), "damaged", "the padding bits of the codeword are not zero"),
]
DECODED = CODEC.decode(CODEC.encode(INVITE))
MISUSES: dict[str, Callable[[], object]] = {
    "text must be a str": partial(find, cast("Any", b"")),
    "to must be an Origin": partial(open_url, cast("Any", "qq")),
    "a message goes to WeChat or QQ; an in-app pull needs none": partial(open_url, Origin.IN_APP),
    "locale must be one of zh-Hans, zh-Hant, en": partial(
        share, DECODED.text, to=Origin.QQ, locale=cast("Any", "fr")
    ),
    "text is no passphrase as Codec.encode spells it": partial(share, "口令", to=Origin.QQ),
    "the template has no placeholder {passphrase}": partial(
        share, DECODED.text, to=Origin.QQ, template="{group}"
    ),
    "words are a list of str": partial(spells_none_of, "oil"),
    "a word is empty": partial(spells_none_of, ["-"]),
    "script must be one of emoji, hanzi, base32": partial(CODEC.encode, INVITE, script="yi"),
    "a script has 1024 different glyphs, or 32": partial(Script, "mine", "ab"),
    "a script has aliases of its glyphs, and separators between groups": partial(
        Script, "mine", YI.glyphs, group=5
    ),
    "decoded is not what a codec has decoded": partial(
        join_prompt, cast("Any", INVITE), viewer_id=1,
        now=INVITE.expires_at, source=None, facts=Facts()
    ),
    "words are for outcomes that there are: pairs of action and reason": partial(
        join_prompt, DECODED, viewer_id=1, now=INVITE.expires_at, source=None, facts=Facts(),
        words={(Action.REQUEST, None): Words("", "", "")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("message", MISUSES)
def test_a_misuse_is_named(message: str) -> None:
    """In one sentence, to whoever wrote the call."""
    with pytest.raises((TypeError, ValueError)) as caught:
        MISUSES[message]()
    assert str(caught.value) == message


@pytest.mark.parametrize(("error", "code", "message"), EXAMPLES)
def test_evidence_survives(error: PassphraseError, code: str, message: str) -> None:
    """Copies and pickles carry the same evidence; the message says what to do."""
    assert error.code == code
    assert str(error) == message
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
