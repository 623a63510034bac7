"""Every refusal of this library: one root, one class for each thing a person can do about it.

An error carries evidence as attributes. It never carries the pasted text, a key or a tag, so it can
be logged as it is. Its ``code`` is the word that programs and the command line use for it.

A span is the pair ``(start, end)`` of character positions in the pasted text.
"""

import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from types import TracebackType
from typing import Any, ClassVar, Final, ParamSpec, TypeVar

Span = tuple[int, int]
P = ParamSpec("P")
R = TypeVar("R")
_LIBRARIES: Final = sys.stdlib_module_names | {"pydantic", "itsdangerous"}  # what we call


class PassphraseError(ValueError):
    """The root. Each subclass says what went wrong and what to do about it."""

    code: ClassVar[str] = "passphrase"


class NotFoundError(PassphraseError):
    """The text holds nothing like a passphrase. Ask for the whole message to be copied."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "no passphrase in this text; copy the whole message that carries it"


class DamagedError(PassphraseError):
    """A row of glyphs is almost a passphrase, but its parity is broken. Ask for a fresh copy.

    Attributes:
        span: Where the row stands.
        readable: How many symbols of it could be read.
        unreadable: Where marks stand instead of glyphs.
    """

    code = "damaged"

    def __init__(self, span: Span, readable: int, unreadable: tuple[Span, ...] = ()) -> None:
        super().__init__(span, readable, unreadable)
        self.span = span
        self.readable = readable
        self.unreadable = unreadable

    def __str__(self) -> str:
        return (
            f"a damaged passphrase: {self.readable} symbols at {self.span[0]}-{self.span[1]} can "
            "be read, but some are wrong or missing; copy the message again"
        )


class VersionError(PassphraseError):
    """The passphrase follows a newer format than this library knows. Update the app.

    Attributes:
        field: The field of docs/format.md whose value is not known here.
        version: The format version that the passphrase names.
    """

    code = "version"

    def __init__(self, field: str, version: int) -> None:
        super().__init__(field, version)
        self.field = field
        self.version = version

    def __str__(self) -> str:
        return (
            f"a passphrase of a newer format (version {self.version}, unknown {self.field}); "
            "update the app"
        )


class SignatureError(PassphraseError):
    """The tag does not fit: forged, or signed under another key or for another audience.

    The three cannot be told apart, and must not be. Ask the inviter for a new passphrase.

    Attributes:
        key_id: The key id that the passphrase names, in [0, 8).
        span: Where it stands; None when it was not read out of a text.
    """

    code = "signature"

    def __init__(self, key_id: int, span: Span | None = None) -> None:
        super().__init__(key_id, span)
        self.key_id = key_id
        self.span = span

    def __str__(self) -> str:
        return (
            f"the signature does not fit (key id {self.key_id}): forged, or made for another app "
            "or under a retired key; ask for a new invite"
        )


class AmbiguousError(PassphraseError):
    """The text holds several passphrases, and the library will not choose. Copy only one message.

    Attributes:
        spans: Where they stand, in the order of the text.
    """

    code = "ambiguous"

    def __init__(self, spans: tuple[Span, ...]) -> None:
        super().__init__(spans)
        self.spans = spans

    def __str__(self) -> str:
        return f"{len(self.spans)} different passphrases in this text; copy only one message"


class TextTooLongError(PassphraseError):
    """The text is longer than the limit and was not looked at. Cut it, or raise ``max_chars``.

    Attributes:
        length: Characters in the text.
        limit: Characters that are read at most.
    """

    code = "too_long"

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(length, limit)
        self.length = length
        self.limit = limit

    def __str__(self) -> str:
        return f"the text has {self.length} characters, more than the {self.limit} that are read"


class PaddingError(PassphraseError):
    """The spare bits at the end of a codeword are not zero: no passphrase is spelled this way."""

    code = "damaged"

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "the padding bits of the codeword are not zero"


class KeyringError(PassphraseError):
    """The keys are not usable; the message says which rule they break, and quotes no key."""

    code = "keyring"


def without_trace(function: Callable[P, R]) -> Callable[P, R]:
    """Strip this package's frames from the exceptions that leave a function.

    Error trackers record the local variables of every frame of a traceback. Here these are keys,
    tags and what somebody had on the clipboard. Frames of the caller's own code, such as a callback
    that fails, stay. An error of another class that no such frame has raised is a mistake in this
    package: it keeps its frames, so that it can be found.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            del args, kwargs
            _strip(error)
            raise

    return call


def awithout_trace(
    function: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Do for a coroutine function what `without_trace` does for a function."""

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(*args, **kwargs)
        except Exception as error:
            del args, kwargs
            _strip(error)
            raise

    return call


def _strip(error: Exception) -> None:
    """Strip the frames below the one of `call`, which comes first, and those of linked errors."""
    ours = error.__traceback__
    if ours is None or not (isinstance(error, TypeError | ValueError) or _has_theirs(ours)):
        return
    ours.tb_next = _theirs(ours.tb_next)
    _strip_links(error, {id(error): error})


def _marked(trace: TracebackType | None) -> list[tuple[TracebackType, bool]]:
    """Pair each step of a traceback with whether its frame is the caller's."""
    marked: list[tuple[TracebackType, bool]] = []
    is_ours = False
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0]
        is_ours = module == __package__ or (is_ours and module in _LIBRARIES)
        marked.append((trace, not is_ours))
        trace = trace.tb_next
    return marked


def _has_theirs(trace: TracebackType) -> bool:
    return any(is_theirs for _, is_theirs in _marked(trace))


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that is the caller's; empty the other frames."""
    kept: TracebackType | None = None
    for step, is_theirs in reversed(_marked(trace)):
        if is_theirs:
            step.tb_next = kept
            kept = step
        else:
            with suppress(RuntimeError):  # it still runs
                step.tb_frame.clear()  # the caller's frames still lead to it
    return kept


def _strip_links(error: BaseException, known: dict[int, BaseException | None]) -> None:
    """Strip the cause and the context of an error; leave out what only this package has raised."""
    cause, context, is_suppressed = error.__cause__, error.__context__, error.__suppress_context__
    error.__cause__ = _stripped(cause, known)
    error.__context__ = _stripped(context, known)
    error.__suppress_context__ = is_suppressed


def _stripped(
    error: BaseException | None, known: dict[int, BaseException | None]
) -> BaseException | None:
    if error is None or id(error) in known:
        return known.get(id(error))
    known[id(error)] = error
    trace = error.__traceback__
    error.__traceback__ = _theirs(trace)
    _strip_links(error, known)
    if trace is not None and error.__traceback__ is None:
        known[id(error)] = error.__context__
    return known[id(error)]
