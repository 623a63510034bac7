"""Shared by all commands: exit codes, options, the clock, reading the message, printing."""

import codecs
import errno
import io
import json
import os
import re
import select
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn, cast

import click

import passphrase
from passphrase.errors import NotFoundError, PassphraseError, TextTooLongError

if TYPE_CHECKING:
    from uuid import UUID

EXIT_NONE: Final = 1
EXIT_USAGE: Final = 2
EXIT_EXPIRED: Final = 3
EXIT_NO_INPUT: Final = 66
EXIT_BUG: Final = 70
EXIT_MEMORY: Final = 71
EXIT_OUTPUT: Final = 74
EXIT_KEYS: Final = 78
EXIT_INTERRUPTED: Final = 130
EXIT_CLOSED_PIPE: Final = 141
PASTE_SECONDS: Final = 0.1  # the longest pause between two lines of one paste
STDIN_BYTES_MAX: Final = 1 << 19  # always more characters than a codec reads
MARKS: Final = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # must come before UTF-16, whose mark is its prefix
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",  # written by > in PowerShell
    codecs.BOM_UTF16_BE: "utf-16-be",
}
MARK_BYTES_MAX: Final = max(map(len, MARKS))
_CUT: Final = "passphrase.cut"  # key in click's context: standard input was too long
NOT_UTF8: Final = "is not UTF-8; convert it first, for example with iconv -f GB18030 -t UTF-8"
_UNSEEN: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # Unicode categories that control a terminal
_LIFETIME: Final = re.compile(r"([1-9][0-9]*)([dhm])")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}
Json = Mapping[str, object]

text_argument = click.argument("text", required=False, metavar="[TEXT|-]")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
repair_option = click.option(
    "--repair",
    type=click.Choice(["exact", "standard", "thorough"]),
    default="standard",
    show_default=True,
    help="How much damage to repair.",
)
locale_option = click.option(
    "--locale",
    type=click.Choice(["zh-Hans", "zh-Hant", "en"]),
    default="zh-Hans",
    show_default=True,
    help="Language of the text.",
)


class Stop(click.ClickException):
    """Ends the command with one line on stderr and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click documents this, but types it Final


def say(message: str, exit_code: int = 0) -> int:
    """Print one line on stderr and return the exit code."""
    click.echo(f"passphrase: {plain(message)}", err=True)
    return exit_code


def plain(message: str) -> str:
    """Return a message as one line, with control characters escaped: file names can have them."""
    return "".join(
        ascii(char)[1:-1] if unicodedata.category(char) in _UNSEEN else char
        for char in " ".join(message.split())
    )


class _Closed(io.RawIOBase):
    """Stands for a standard output that was closed before the command started."""

    def writable(self) -> bool:
        return True

    def write(self, _written: object) -> NoReturn:
        raise OSError(errno.EBADF, "standard output is closed")


def settle_streams() -> None:
    """Replace each closed standard stream, and write in UTF-8.

    Without this, the next file to be opened, such as the keys, would get the number of the closed
    stream, and printed lines would go into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # gets the lowest free number
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(cast("io.BufferedWriter", _Closed()), write_through=True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # never closed
    for stream in (sys.stdout, sys.stderr):
        cast("io.TextIOWrapper", stream).reconfigure(encoding="utf-8", errors="backslashreplace")


def clock() -> datetime:
    """Return the current time. Nothing else in this package reads the time of day."""
    return datetime.now(UTC)


def read_id(_context: click.Context, _option: click.Parameter, text: str) -> "int | UUID":
    """Read an id, as the callback of an option."""
    try:
        return passphrase.parse_id(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def read_name(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """Read a name, as the callback of an option."""
    return None if text is None else _decoded(text)


def _decoded(argument: str) -> str:
    """Decode an argument as UTF-8.

    If the locale is not UTF-8, Python keeps the bytes of an argument as surrogates.
    """
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def read_moment(text: str, now: datetime, option: str) -> datetime:
    """Read a lifetime, counted from `now`, or an ISO 8601 time with its zone."""
    lifetime = _LIFETIME.fullmatch(text)
    try:
        if lifetime:
            return now + timedelta(**{_UNITS[lifetime[2]]: int(lifetime[1])})
        moment = datetime.fromisoformat(text)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)  # also out of range for an invite
    except ValueError:
        msg = (
            f"{option} must be a lifetime such as 7d, 12h or 30m, "
            "or a time such as 2030-12-01T20:00+08:00"
        )
        raise click.UsageError(msg) from None
    if moment.tzinfo is None:
        msg = f"{option} needs a time zone, such as 2030-12-01T20:00+08:00"
        raise click.UsageError(msg)
    return moment


def read_message(text: str | None) -> str:
    """Return the pasted message from the argument or from standard input."""
    if text is not None and text != "-":
        if os.path.isfile(text):  # noqa: PTH113  # takes any str
            command = click.get_current_context().command_path
            say(f"TEXT is read as the message itself; to read the file: {command} < {text}")
        return _decoded(text)
    if sys.stdin is None:
        raise Stop("standard input is closed", EXIT_NO_INPUT)
    if sys.stdin.isatty():
        say("paste the message, then press Enter on an empty line, or Ctrl-D")
        return b"".join(_pasted_lines(sys.stdin.buffer)).decode("utf-8", "replace")
    return _piped(sys.stdin.buffer.read(STDIN_BYTES_MAX + 1))


def _piped(raw: bytes) -> str:
    """Decode standard input, cut it if it is too long, and warn if it is not UTF-8."""
    if len(raw) > STDIN_BYTES_MAX:
        click.get_current_context().meta[_CUT] = True
        raw = raw[:STDIN_BYTES_MAX]
    elif not is_encoded(raw):
        say(f"standard input {NOT_UTF8}")
    return decoded(raw)


def encoding_of(head: bytes) -> str:
    """Return the encoding named by a byte-order mark; UTF-8 without one."""
    return next((name for mark, name in MARKS.items() if head.startswith(mark)), "utf-8")


def decoded(raw: bytes) -> str:
    """Decode text by its byte-order mark, and drop the mark. Invalid bytes become U+FFFD."""
    return raw.decode(encoding_of(raw), "replace").removeprefix("\ufeff")


def is_encoded(raw: bytes) -> bool:
    """Return whether a text is valid in the encoding of its byte-order mark."""
    try:
        raw.decode(encoding_of(raw))
    except UnicodeDecodeError:
        return False
    return True


def _pasted_lines(terminal: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a paste, up to an empty line that ends it.

    An empty line within the paste does not: the shell would run the lines after it.
    """
    for line in iter(partial(terminal.readline, STDIN_BYTES_MAX), b""):
        if not line.strip() and not _has_more(terminal):
            return
        yield line
        if not line.endswith(b"\n"):  # Ctrl-D, twice
            return


def _has_more(terminal: BinaryIO) -> bool:
    """Return whether a terminal has another line ready; False if the system cannot say."""
    try:
        return bool(select.select([terminal], [], [], PASTE_SECONDS)[0])
    except (OSError, ValueError):
        return False


def refuse(error: PassphraseError, text: str, *, as_json: bool) -> int:
    """Print an error of reading a text, and return the exit code."""
    message = str(error)
    if isinstance(error, TextTooLongError) and _CUT in click.get_current_context().meta:
        message = f"standard input has more than {STDIN_BYTES_MAX} bytes; copy only the message"
    elif isinstance(error, NotFoundError):
        message = _why_nothing(text) or message
    if as_json:
        print_json({"ok": False, "error": error.code, "message": message})
        return EXIT_NONE
    return say(message, EXIT_NONE)


def _why_nothing(text: str) -> str:
    """Return why a text without a passphrase has none; empty if nothing special is seen."""
    if not text.strip():
        return "the input is empty"
    seen = passphrase.explain(text)
    if seen.finding == "damaged" and seen.surplus < 0:
        part = f"{seen.readable} of {seen.expected} symbols"
        return f"only part of a passphrase: {part}; copy the whole message"
    return ""


def print_json(report: Json) -> None:
    """Print a report as JSON, on one line."""
    click.echo(json.dumps(report, ensure_ascii=False))


def print_table(report: Json) -> None:
    """Print a report as lines of a name and a value."""
    for name, value in _rows(report):
        shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
        if isinstance(value, tuple):
            shown = "-".join(map(str, cast("Iterable[object]", value)))
        click.echo(f"{name:<14} {shown}")
    click.echo()


def _rows(report: Json) -> Iterable[tuple[str, object]]:
    for name, value in report.items():
        if isinstance(value, Mapping):
            yield from cast("Json", value).items()
        elif name == "repairs":
            yield name, len(cast("list[object]", value))
        elif name != "ok":
            yield name, value
