"""Errors: one root, evidence that survives copying, and a remedy in every message."""

import asyncio
import copy
import gc
import inspect
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from types import FrameType, TracebackType
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import AUDIENCE, CODEC, INVITE, KEYRING, PACKAGE, YI

from passphrase import (
    Codec,
    Keyring,
    Script,
    Visit,
    ajoin_prompt,
    errors,
    explain,
    find,
    join_prompt,
    open_url,
    share,
)
from passphrase.errors import (
    AmbiguousError,
    DamagedError,
    KeyringError,
    LimitError,
    NotFoundError,
    PaddingError,
    PassphraseError,
    SignatureError,
    TextTooLongError,
    VersionError,
)
from passphrase.joining.rules import Facts
from passphrase.languages import PopupText
from passphrase.sharing.lint import avoids

EXAMPLES: list[tuple[PassphraseError, str, str]] = [
    (LimitError("origins"), "limit", "the minting policy does not allow this invite: origins"),
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
        VersionError("version", 2, (0, 30)),
        "version",
        "a passphrase of a newer format (version 2, unknown version); update the app",
    ),
    (
        SignatureError(1, (0, 30)),
        "signature",
        "the signature is wrong (key id 1): forged, made for another app, or signed with a key "
        "that was removed; ask for a new invite",
    ),
    (
        AmbiguousError(((0, 30), (31, 61))),
        "ambiguous",
        "2 different passphrases in this text; copy only one message",
    ),
    (
        TextTooLongError(70_000, 65_536),
        "too_long",
        "the text has 70000 characters; the limit is 65536; shorten it",
    ),
    (
        PaddingError(),
        "damaged",
        "the padding bits of the codeword are not zero; ask for another passphrase",
    ),
    (
        KeyringError("repeats key id 1", 2, 1),
        "keyring",
        "entry 2 of the keyring repeats key id 1",
    ),
]
DECODED = CODEC.decode(CODEC.encode(INVITE))
VISIT = Visit(viewer_id=1, now=INVITE.expires_at - timedelta(days=1), source=None)
MISUSES: dict[str, Callable[[], object]] = {
    "text must be a str": partial(find, cast("Any", b"")),
    "origin must be wechat or qq; an in-app invite needs no message": partial(
        open_url, cast("Any", "in_app")
    ),
    "locale must be one of zh-Hans, zh-Hant, en": partial(
        share, DECODED.text, locale=cast("Any", "fr")
    ),
    "text is not a passphrase as Codec.encode spells it": partial(share, "口令"),
    "the template has no placeholder {passphrase}; add it": partial(
        share, DECODED.text, template="{group}"
    ),
    "outcome must be what Codec.decode returned or raised": lambda: explain(
        "口令", outcome=LimitError("origins")
    ),
    "words must be a list of str, not a single str": partial(avoids, "oil"),
    "a word is empty": partial(avoids, ["-"]),
    "script must be one of emoji, hanzi, base32": partial(CODEC.encode, INVITE, script="yi"),
    "glyphs must be 1024 different characters, or 32": partial(Script, "mine", "ab"),
    "aliases must be single characters for glyphs, separators must not be glyphs, and group needs "
    "separators": partial(
        Script, "mine", YI.glyphs, group=5
    ),
    "decoded must be a Decoded, as Codec.decode returns it": partial(
        join_prompt, cast("Any", INVITE), VISIT, Facts()
    ),
    "facts must be Facts or an object with a method for each fact, not dict": partial(
        join_prompt, DECODED, VISIT, cast("Any", {"member": False})
    ),
    "facts must be Facts or an object with a method for each fact, not Failing": lambda: (
        join_prompt(DECODED, VISIT, cast("Any", Failing))
    ),
    "popup_texts has a key that is not a pair of action and reason": partial(
        join_prompt, DECODED, VISIT, Facts(), popup_texts={("request", None): PopupText("", "", "")}
    ),
}  # fmt: skip


def test_a_codec_without_a_script() -> None:
    """None is not the default, as it is in `encode`: it may be a setting that is missing."""
    with pytest.raises(ValueError, match=r"^script must be one of emoji, hanzi, base32$"):
        Codec(KEYRING, audience=AUDIENCE, script=cast("Any", None))


@pytest.mark.parametrize("message", MISUSES)
def test_a_misuse_is_named(message: str) -> None:
    """Each misuse has a message of one sentence."""
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
    """Every error of the library is a `PassphraseError`, and so a ValueError."""
    classes = {
        cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)
    }
    assert {type(error) for error, _, _ in EXAMPLES} == classes - {PassphraseError}
    assert all(issubclass(type(error), PassphraseError) for error, _, _ in EXAMPLES)
    assert issubclass(PassphraseError, ValueError)


# --- Tracebacks ---------------------------------------------------------------------------------


class OwnError(Exception):
    """An exception class of the caller."""


CLASSES: list[type[Exception]] = [ValueError, TypeError, KeyError, OwnError, NotFoundError]
HOWS = ["plain", "from", "during", "from none", "library", "again"]


class Failing:
    """A caller's callback that fails in one of several ways, two frames deep."""

    def __init__(self, kind: type[Exception], how: str) -> None:
        self.kind, self.how = kind, how
        self.raised: list[BaseException] = []

    def fail(self, *_: object, **__: object) -> Any:
        self.fail_deeper()

    def fail_deeper(self) -> None:
        error = self.kind()
        self.raised.append(error)
        if self.how in {"plain", "library"}:
            if self.how == "library":
                re.compile("(")
            raise error
        try:
            first_fault(self.raised, calls_us=self.how == "again")
        except ValueError as fault:
            if self.how == "during":
                raise error  # noqa: B904  # what happens by itself
            raise error from (None if self.how == "from none" else fault)


def first_fault(raised: list[BaseException], *, calls_us: bool) -> None:
    try:
        CODEC.decode("nothing") if calls_us else int("x")
    except ValueError as error:
        raised.append(error)
        raise


def _facts_of(failing: Failing) -> Any:
    return type("Methods", (), {"generation": failing.fail})()


def _mapping(failing: Failing) -> object:
    class Secrets(dict[int, bytes]):
        __getitem__ = failing.fail

    return Keyring(Secrets({1: b"x" * 32}))


def _sequence(failing: Failing) -> object:
    class Scripts(list[Script]):
        __iter__ = failing.fail

    return find(DECODED.text, scripts=Scripts([YI]))


# Each way in which this library runs code of the caller's.
WAYS: dict[str, Callable[[Failing], object]] = {
    "accept": lambda failing: CODEC.mint(INVITE, accept=failing.fail),
    "facts": lambda failing: join_prompt(DECODED, VISIT, _facts_of(failing)),
    "mapping": _mapping,
    "sequence": _sequence,
}


def steps_of(error: BaseException) -> list[tuple[FrameType, int]]:
    return [*traceback.walk_tb(error.__traceback__)]


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from chain_of(error.__cause__)
        yield from chain_of(error.__context__)


def frames_behind(trace: TracebackType | None) -> Iterator[FrameType]:
    """Return every frame that a traceback leads to, also by `f_back`, below this test."""
    while trace is not None:
        frame: FrameType | None = trace.tb_frame
        while frame is not None:
            yield frame
            frame = frame.f_back
        trace = trace.tb_next


@given(
    way=st.sampled_from([*WAYS]),
    kind=st.sampled_from(CLASSES),
    how=st.sampled_from(HOWS),
    handling=st.booleans(),
)
def test_the_callers_frames_stay(way: str, kind: type[Exception], how: str, handling: bool) -> None:
    """An exception of the caller's code keeps its class, its frames, its cause and its context.

    And no frame of this package that it leads to holds anything but the function that was called.
    """
    failing = Failing(kind, how)
    outside = OwnError("outside")
    caught: BaseException = outside
    try:
        if handling:
            try:
                raise outside
            except OwnError:
                WAYS[way](failing)
        WAYS[way](failing)
    except Exception as error:  # noqa: BLE001  # whatever it is
        caught = error
    names = [frame.f_code.co_name for frame, _ in steps_of(caught)]
    assert names[-2:] == ["fail", "fail_deeper"] or how == "library"
    assert "fail_deeper" in names
    assert caught is failing.raised[0] or how == "library"
    if how in {"from", "during", "again"}:
        assert caught.__context__ is failing.raised[1]
        assert (caught.__cause__ is failing.raised[1]) is (how != "during")
        assert caught.__suppress_context__ is (how != "during")
        assert steps_of(failing.raised[1])[-1][0].f_code.co_name == "first_fault"
    if handling and how != "library":
        assert outside in [*chain_of(caught)]
    for link in chain_of(caught):
        for frame in frames_behind(link.__traceback__):
            if frame.f_code.co_filename.startswith(PACKAGE):
                assert {*frame.f_locals} <= {"function"}


@pytest.mark.parametrize("how", HOWS)
def test_the_callers_frames_stay_in_async_code(how: str) -> None:
    """In async code too, the caller's frames stay and those of this package are removed."""
    failing = Failing(OwnError, how)
    with pytest.raises(re.error if how == "library" else OwnError) as caught:
        asyncio.run(ajoin_prompt(DECODED, VISIT, _facts_of(failing)))
    frames = [frame for frame, _ in steps_of(caught.value)]
    assert "fail_deeper" in [frame.f_code.co_name for frame in frames]
    for frame in frames:
        if frame.f_code.co_filename.startswith(PACKAGE):
            assert {*frame.f_locals} <= {"function"}


def test_a_mistake_of_ours_keeps_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception of this package keeps its frames, so that it can be debugged."""

    def mistaken(*_: object) -> None:
        raise LookupError

    monkeypatch.setitem(mistaken.__globals__, "__name__", "passphrase.format.seal")
    monkeypatch.setattr("passphrase.format.codewords.unseal", mistaken)
    with pytest.raises(LookupError) as caught:
        Codec(KEYRING, audience=AUDIENCE).decode(DECODED.text)
    assert [frame.f_code.co_name for frame, _ in steps_of(caught.value)][-2:] == [
        "read",
        "mistaken",
    ]


def test_a_refusal_keeps_nothing_alive() -> None:
    """An error makes no reference cycle, which would keep the caller's text alive."""

    def refused() -> None:
        for decode in (CODEC.decode, CODEC.decode_all, explain):
            with suppress(PassphraseError):
                decode("x" * 65_537)

    refused()
    gc.collect()
    gc.disable()
    try:
        refused()
        assert gc.collect() == 0
    finally:
        gc.enable()
