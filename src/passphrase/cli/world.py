"""What every command shares: exit codes, the pasted message, the clock, how to print."""

import json
import os
import re
import select
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import click

import passphrase
from passphrase.errors import PassphraseError

if TYPE_CHECKING:
    from uuid import UUID

EXIT_NONE: Final = 1
EXIT_USAGE: Final = 2
EXIT_EXPIRED: Final = 3
EXIT_NO_INPUT: Final = 66
EXIT_BUG: Final = 70
EXIT_OUTPUT: Final = 74
EXIT_KEYS: Final = 78
EXIT_INTERRUPTED: Final = 130
EXIT_CLOSED_PIPE: Final = 141
PASTE_SECONDS: Final = 0.1  # within which the lines of a paste follow each other
STDIN_BYTES_MAX: Final = 1 << 19  # of UTF-8, always more characters than a codec reads
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
    help="The language of the words.",
)


class Stop(click.ClickException):
    """One line for the person and an exit code for the program."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click's own way, typed as a constant


def say(message: str, exit_code: int = 0) -> int:
    """Say one line on stderr and return the exit code."""
    click.echo(f"passphrase: {' '.join(message.split())}", err=True)
    return exit_code


def clock() -> datetime:
    """Return the moment that it is: the only clock of this package."""
    return datetime.now(UTC)


def read_id(_context: click.Context, _option: click.Parameter, text: str) -> "int | UUID":
    """Read an id, as an option's callback."""
    try:
        return passphrase.parse_id(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def read_name(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """Read a name, as an option's callback."""
    return None if text is None else _decoded(text)


def _decoded(argument: str) -> str:
    """Read an argument as UTF-8: under another locale, Python hides its bytes in surrogates."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def read_moment(text: str, now: datetime, option: str) -> datetime:
    """Read a lifetime that begins now, or an ISO 8601 moment with its zone."""
    lifetime = _LIFETIME.fullmatch(text)
    try:
        if lifetime:
            return now + timedelta(**{_UNITS[lifetime[2]]: int(lifetime[1])})
        moment = datetime.fromisoformat(text)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)  # which is out of range all the same
    except ValueError:
        msg = f"{option} takes 7d, 12h, 30m or an ISO 8601 moment"
        raise click.UsageError(msg) from None
    if moment.tzinfo is None:
        msg = f"{option} needs a zone, such as 2026-12-01T20:00+08:00"
        raise click.UsageError(msg)
    return moment


def read_message(text: str | None) -> str:
    """Return the pasted message from the argument or from standard input."""
    if text is not None and text != "-":
        if os.path.isfile(text):  # noqa: PTH113  # takes any str
            say(f"TEXT is the message itself; the file {text} is read with < {text}")
        return _decoded(text)
    if sys.stdin and sys.stdin.isatty():
        say("paste the message; an empty line or Ctrl-D ends it")
        return b"".join(_pasted_lines(sys.stdin.buffer)).decode("utf-8", "replace")
    piped = sys.stdin.buffer.read(STDIN_BYTES_MAX) if sys.stdin else b""
    return piped.decode("utf-8", "replace")


def _pasted_lines(terminal: BinaryIO) -> Iterator[bytes]:
    """Yield what is pasted, up to an empty line after which nothing waits.

    What came with the paste is not left to the shell, which would run it.
    """
    for line in iter(partial(terminal.readline, STDIN_BYTES_MAX), b""):
        if not line.strip() and not _has_more(terminal):
            return
        yield line
        if not line.endswith(b"\n"):  # Ctrl-D, twice
            return


def _has_more(terminal: BinaryIO) -> bool:
    """Tell whether a terminal holds another line already; False where one cannot know."""
    try:
        return bool(select.select([terminal], [], [], PASTE_SECONDS)[0])
    except (OSError, ValueError):
        return False


def refuse(error: PassphraseError, *, as_json: bool) -> int:
    """Print why no passphrase was read."""
    if as_json:
        print_json({"ok": False, "error": error.code, "message": str(error)})
        return EXIT_NONE
    return say(str(error), EXIT_NONE)


def print_json(report: Json) -> None:
    """Print one object on one line."""
    click.echo(json.dumps(report, ensure_ascii=False))


def print_table(report: Json) -> None:
    """Print a name and a value a line."""
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
