"""The exceptions of this library: one root class, and one subclass for each remedy.

Attributes hold the evidence. No exception holds the pasted text, a key or a tag, so all of them are
safe to log.

Shapes:
    span    the pair of places [start, end) in the pasted text, in characters
    key id  an int in [0, 8)
"""

import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, ClassVar, Final, ParamSpec, TypeVar

Span = tuple[int, int]
P = ParamSpec("P")
R = TypeVar("R")
_LIBRARIES: Final = sys.stdlib_module_names | {"pydantic", "itsdangerous"}  # what we call


class PassphraseError(ValueError):
    """Base class of each refusal of a text, a keyring or an invite to mint.

    Wrong arguments raise TypeError or ValueError instead. Each subclass says what to do.

    Attributes:
        code: A short string for programs, the same for all errors of a class. The command line
            prints it in JSON.
    """

    code: ClassVar[str] = "passphrase"


class NotFoundError(PassphraseError):
    """The text contains nothing that looks like a passphrase. Ask for the whole message."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "no passphrase in this text; copy the whole message that carries it"


class DamagedError(PassphraseError):
    """A passphrase has wrong or missing glyphs. Ask for the message to be copied again.

    Attributes:
        span: Where the damaged row of glyphs is.
        readable: Number of symbols in it that could be read, 1 or more.
        unreadable: Spans of the marks, such as "?" or "□", that replaced glyphs, in order.
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
    """The passphrase was written in a newer format. Update the app.

    Attributes:
        field: The field of docs/format.md whose value this library does not know: "version",
            "expiry", "origin", "reserved", "group_width" or "inviter_width".
        version: The format version that the passphrase names, in [0, 8).
        span: Where the passphrase is in the text; None if it did not come from a text.
    """

    code = "version"

    def __init__(self, field: str, version: int, span: Span | None = None) -> None:
        super().__init__(field, version, span)
        self.field = field
        self.version = version
        self.span = span

    def __str__(self) -> str:
        return (
            f"a passphrase of a newer format (version {self.version}, unknown {self.field}); "
            "update the app"
        )


class SignatureError(PassphraseError):
    """The tag is wrong: a forgery, or a passphrase of another key or another audience.

    The error is the same for all three, on purpose. Ask the inviter for a new passphrase.

    Attributes:
        key_id: The key id that the passphrase names.
        span: Where the passphrase is in the text; None if it did not come from a text.
    """

    code = "signature"

    def __init__(self, key_id: int, span: Span | None = None) -> None:
        super().__init__(key_id, span)
        self.key_id = key_id
        self.span = span

    def __str__(self) -> str:
        return (
            f"the signature is wrong (key id {self.key_id}): forged, made for another app, or "
            "signed with a key that was removed; ask for a new invite"
        )


class AmbiguousError(PassphraseError):
    """The text contains several different passphrases. Ask for one message to be copied.

    Attributes:
        spans: Where the passphrases are, two or more, in the order of the text.
    """

    code = "ambiguous"

    def __init__(self, spans: tuple[Span, ...]) -> None:
        super().__init__(spans)
        self.spans = spans

    def __str__(self) -> str:
        return f"{len(self.spans)} different passphrases in this text; copy only one message"


class TextTooLongError(PassphraseError):
    """The text is longer than ``max_chars``, so it was not read. Shorten it or raise the limit.

    Attributes:
        chars: How long the text is, in characters.
        chars_max: The longest text that is read, in characters.
    """

    code = "too_long"

    def __init__(self, chars: int, chars_max: int) -> None:
        super().__init__(chars, chars_max)
        self.chars = chars
        self.chars_max = chars_max

    def __str__(self) -> str:
        return f"the text has {self.chars} characters; the limit is {self.chars_max}; shorten it"


class PaddingError(PassphraseError):
    """The padding bits at the end of a codeword are not zero: nobody minted it. Ask for another."""

    code = "damaged"  # to a person who pasted it, this is the same

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "the padding bits of the codeword are not zero; ask for another passphrase"


class LimitError(PassphraseError):
    """An invite to mint breaks a limit of your `MintPolicy`. Ask for an invite within the limit.

    Attributes:
        limit: "expires_at" if it has expired, or the setting of `MintPolicy` that refuses it:
            "max_lifetime", "origins", "required_flags" or "allowed_flags".
    """

    code = "limit"

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return f"the minting policy does not allow this invite: {self.limit}"


class KeyringError(PassphraseError):
    """The keys cannot be used. Correct the keys file or the variable.

    Nothing in it quotes a key.

    Attributes:
        rule: What is wrong with the keyring, or with the entry.
        entry: The number of the entry in the text form, from 1; None if it is not about one.
        key_id: The key id of the wrong key; None if it is unknown.
    """

    code = "keyring"

    def __init__(self, rule: str, entry: int | None = None, key_id: int | None = None) -> None:
        super().__init__(rule, entry, key_id)
        self.rule = rule
        self.entry = entry
        self.key_id = key_id

    def __str__(self) -> str:
        return f"entry {self.entry} of the keyring {self.rule}" if self.entry else self.rule


def without_trace(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function so that its exceptions leave without this package's frames.

    Error trackers record the local variables of every frame. Ours hold keys, tags and clipboard
    text. Frames of the caller's code, such as a failing callback, stay.

    An exception other than TypeError and ValueError that only our frames raised is a bug in this
    package. It keeps its frames, so that the bug can be found.
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
    """Decorate a coroutine function as `without_trace` decorates a function."""

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
    """Remove our frames, except that of `call`, from an exception and its causes and contexts."""
    ours = error.__traceback__
    if ours is None or not (isinstance(error, TypeError | ValueError) or _has_theirs(ours)):
        return
    ours.tb_next = _theirs(ours.tb_next)
    _strip_links(error, {id(error): error})


def _marked(trace: TracebackType | None) -> list[tuple[TracebackType, bool]]:
    """Return each step of a traceback, and whether its frame belongs to the caller's code."""
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
    """Return the caller's part of a traceback, and clear the local variables of our frames."""
    kept: TracebackType | None = None
    for step, is_theirs in reversed(_marked(trace)):
        if is_theirs:
            step.tb_next = kept
            kept = step
        else:
            try:  # noqa: SIM105  # entering `suppress` costs more than the rest of the step
                step.tb_frame.clear()  # a frame can still be reached from its neighbours
            except RuntimeError:  # a running frame cannot be cleared
                pass
    return kept


def _strip_links(error: BaseException, known: dict[int, BaseException | None]) -> None:
    """Strip our frames from the cause and the context.

    Drop a cause or context whose traceback has only our frames.
    """
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
