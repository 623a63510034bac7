"""The world -> the library: arguments, clock, random source, environment, files, exit codes.

Data goes to stdout and words to stderr, in UTF-8 whatever the locale. Exit codes: 0 a valid
passphrase (which may have expired), 1 none, 2 usage, 66 no such keys file, 78 bad keys; and, as
everywhere, 70 a bug, 74 an output that cannot be written, 130 interrupted, 141 a closed pipe.
"""

import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar, cast

import click

import passphrase
from passphrase.clipboard import scan
from passphrase.errors import KeyringError, PassphraseError
from passphrase.scripts import SCRIPT_NAMES

if TYPE_CHECKING:
    from io import TextIOWrapper
    from uuid import UUID

    from passphrase import Codec, Decoded, Invite, Keyring
    from passphrase.codec import Level

EXIT_NONE: Final = 1
EXIT_USAGE: Final = 2
EXIT_NO_INPUT: Final = 66
EXIT_BUG: Final = 70
EXIT_OUTPUT: Final = 74
EXIT_KEYS: Final = 78
EXIT_INTERRUPTED: Final = 130
EXIT_CLOSED_PIPE: Final = 141
SECRET_BYTES: Final = 32
STDIN_BYTES_MAX: Final = 1 << 19  # of UTF-8, always more characters than a codec reads
_LIFETIME: Final = re.compile(r"([1-9][0-9]*)([dhm])")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}
_Command = TypeVar("_Command", bound=Callable[..., object])
Json = Mapping[str, object]


class Stop(click.ClickException):
    """One line for the person and an exit code for the program."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click's own way, typed as a constant


class _Commands(click.Group):
    """The commands, in the order of their story."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name them as they stand in this file."""
        return [*self.commands]

    def invoke(self, ctx: click.Context) -> object:
        """Run one; when a reader such as `head` has gone, click would end in 1, which says none."""
        try:
            return cast("object", super().invoke(ctx))
        except BrokenPipeError:
            # Python flushes stdout once more at exit; give it somewhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_CLOSED_PIPE


def _read_id(_context: click.Context, _option: click.Parameter, text: str) -> "int | UUID":
    try:
        return passphrase.parse_id(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def run() -> int:  # noqa: PLR0911  # one return an exit code
    """Run the command line; whatever happens, end in an exit code and at most one line about it."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # a closed one is None
        cast("TextIOWrapper", stream).reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return main.main(prog_name="passphrase", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "passphrase"
        return _say(f"{error.format_message()} (see `{path} --help`)", EXIT_USAGE)
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except OSError as error:
        return _say(error.strerror or "an input or output error", EXIT_OUTPUT)
    except Exception as error:  # noqa: BLE001  # a traceback may hold a key or the clipboard
        return _say(f"internal error ({type(error).__name__}); please report it", EXIT_BUG)


def _say(message: str, exit_code: int) -> int:
    click.echo(f"passphrase: {' '.join(message.split())}", err=True)
    return exit_code


def _keyed(command: _Command) -> _Command:
    """Add the options that find the keys. No option takes a key: shells remember options."""
    for option in (
        click.option(
            "--audience",
            envvar="PASSPHRASE_AUDIENCE",
            required=True,
            show_envvar=True,
            help="The app family that may open the passphrase.",
        ),
        click.option(
            "--keys-file",
            envvar="PASSPHRASE_KEYS_FILE",
            metavar="FILE",
            show_envvar=True,
            help="File that `keygen` made. Without it, PASSPHRASE_KEYS holds the keys.",
        ),
    ):
        command = option(command)
    return command


_text_argument = click.argument("text", required=False, metavar="[TEXT|-]")
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(passphrase.__version__)
def main() -> None:
    """Group invites as a row of emoji, hanzi or base 32 that survives WeChat and QQ.

    Start with `passphrase demo`. Exit codes: 0 a valid passphrase (look at "expired"), 1 none,
    2 usage, 66 no such keys file, 78 bad keys.
    """


@main.command()
@click.option(
    "--keys-file", metavar="FILE", help="Create FILE, or add a key to it and activate it."
)
def keygen(keys_file: str | None) -> None:
    """Make a key: on stdout, or into a file that only you can read."""
    secret = secrets.token_bytes(SECRET_BYTES)
    if keys_file is None:
        click.echo(passphrase.Keyring({1: secret}).reveal())
        return
    path = Path(os.path.realpath(keys_file))
    with _replacement(path) as file:
        before = _read_keys_file(path) if path.exists() else None
        try:
            keyring = before.rotated(secret) if before else passphrase.Keyring({1: secret})
        except KeyringError as error:
            raise Stop(f"{path}: {error}", EXIT_KEYS) from None
        file.write(keyring.reveal() + "\n")
    verb = f"made in {keys_file}; keep it secret and backed up"
    if before:
        old = ", ".join(map(str, before.ids))
        verb = f"added to {keys_file} beside {old}, which still verify what they have signed"
    click.echo(f"key {keyring.active_id} {verb}; it signs from now on", err=True)


@main.command()
@click.option(
    "--group",
    "group_id",
    required=True,
    metavar="ID",
    callback=_read_id,
    help="Decimal below 2^64, or UUID.",
)
@click.option(
    "--inviter", "inviter_id", required=True, metavar="ID", callback=_read_id, help="The same."
)
@click.option(
    "--expires",
    required=True,
    metavar="7d|12h|30m|ISO",
    help="Lifetime, or a moment with its zone such as 2026-12-01T20:00+08:00.",
)
@click.option(
    "--origin",
    required=True,
    type=click.Choice(["wechat", "qq", "in_app"], case_sensitive=False),
    help="The app that carries it, or in_app for a direct pull.",
)
@click.option("--script", type=click.Choice(SCRIPT_NAMES), default="emoji", show_default=True)
@click.option("--mutual-follow", is_flag=True, help="Only for mutual follows of the inviter.")
@click.option("--approval", is_flag=True, help="Joining asks the group's owner first.")
@click.option("--single-use", is_flag=True, help="The first join spends it (needs a ledger).")
@click.option(
    "--generation", type=click.IntRange(0, 255), default=0, help="The group's own count of resets."
)
@click.option(
    "--variant", type=click.IntRange(0, 255), default=0, help="Another wording of the same."
)
@_json_option
@_keyed
def encode(  # noqa: PLR0913  # one parameter an option
    *,
    keys_file: str | None,
    audience: str,
    script: str,
    expires: str,
    origin: str,
    as_json: bool,
    **fields: Any,  # noqa: ANN401  # what click has checked
) -> None:
    """Mint the passphrase of an invite."""
    now = datetime.now(UTC)
    codec = _codec(keys_file, audience)
    try:
        invite = passphrase.Invite(
            expires_at=_moment(expires, now), origin=passphrase.Origin(origin), **fields
        )
    except ValueError:  # the options have checked every other field
        raise click.UsageError("--expires must lie between 2026-01-01 and 2089-10-18") from None
    if invite.expires_at <= now:
        _say("this invite has already expired", 0)
    text = codec.encode(invite, script=script)
    if as_json:
        _print_json(_success(codec.decode(text), now))
    else:
        click.echo(text)


@main.command()
@_text_argument
@_json_option
@click.option(
    "--repair",
    type=click.Choice(["exact", "standard", "thorough"]),
    default="standard",
    show_default=True,
    help="How much damage to repair.",
)
@click.option(
    "--all", "every", is_flag=True, help="Every passphrase that verifies; with --json one a line."
)
@_keyed
def decode(  # noqa: PLR0913  # one parameter an option
    *,
    text: str | None,
    keys_file: str | None,
    audience: str,
    as_json: bool,
    every: bool,
    repair: "Level",
) -> int:
    """Read the passphrase out of a pasted message.

    The message is TEXT, or standard input in UTF-8 when TEXT is - or missing.
    """
    message = _message(text)
    codec = _codec(keys_file, audience)
    try:
        if every:
            found = codec.decode_all(message, repair=repair)
        else:
            found = [codec.decode(message, repair=repair)]
    except PassphraseError as error:
        return _refuse(error, as_json=as_json)
    for decoded in found:
        report = _success(decoded, datetime.now(UTC))
        _print_json(report) if as_json else _print_table(report)
    return 0


@main.command()
@_text_argument
@_json_option
def find(*, text: str | None, as_json: bool) -> int:
    """Find passphrases without a key: their signature is NOT checked.

    The message is TEXT, or standard input in UTF-8 when TEXT is - or missing.
    """
    try:
        findings = scan(_message(text))
        if not findings.candidates:
            raise findings.refusal
    except PassphraseError as error:
        return _refuse(error, as_json=as_json)
    for candidate in findings.candidates:
        report = {
            "script": candidate.script,
            "span": candidate.span,
            "version": candidate.header.version,
            "key_id": candidate.header.key_id,
            "text": candidate.text,
        }
        if as_json:
            _print_json({"ok": True, **report})
        else:
            _print_table(report)
    return 0


@main.command()
@_text_argument
@_json_option
@click.option(
    "--audience", envvar="PASSPHRASE_AUDIENCE", help="With keys: also check the signature."
)
@click.option(
    "--keys-file", envvar="PASSPHRASE_KEYS_FILE", metavar="FILE", help="File of `keygen`."
)
def explain(*, text: str | None, as_json: bool, audience: str | None, keys_file: str | None) -> int:
    """Say what became of a passphrase, and what to tell the person.

    Repeats nothing of the text. The message is TEXT, or standard input in UTF-8.
    """
    message = _message(text)
    given = click.get_current_context().get_parameter_source("keys_file")
    if given is click.core.ParameterSource.COMMANDLINE and not audience:
        raise click.UsageError("--keys-file needs --audience")
    codec = _codec(keys_file, audience) if audience else None
    diagnosis = passphrase.explain(message, codec, now=datetime.now(UTC))
    report = {**asdict(diagnosis), "sentences": dict(diagnosis.sentences)}
    if diagnosis.expires_at:
        report["expires_at"] = f"{diagnosis.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    _print_json(report) if as_json else _print_table(report)
    return 0 if diagnosis.finding in {"valid", "expired", "unverified"} else EXIT_NONE


@main.command()
def demo() -> None:
    """Tell the whole story on one screen, with a key made on the spot."""
    codec = passphrase.Codec(
        passphrase.Keyring({1: secrets.token_bytes(SECRET_BYTES)}), audience="demo"
    )
    invite = passphrase.Invite(
        group_id=6824193837465920001,
        inviter_id=102938475610293847,
        expires_at=datetime.now(UTC) + timedelta(days=7),
        origin=passphrase.Origin.WECHAT,
    )
    text = codec.encode(invite)
    message = f"3 复制这条消息，打开抖音，加入「火锅小分队」【{text}】"
    pasted = f"老王: {message[:28]}\n{message[28:40]}\u200b\n{message[40:]} 快来!"
    stranger = passphrase.Codec(
        passphrase.Keyring({1: secrets.token_bytes(SECRET_BYTES)}), audience="demo"
    )
    decoded = codec.decode(pasted)
    for heading, lines in (
        ("An invite", [_line(invite)]),
        ("in three spellings", [codec.encode(invite, script=script) for script in SCRIPT_NAMES]),
        ("The message to paste", [message]),
        ("as a chat gives it back", pasted.splitlines()),
        (
            f"is found at {decoded.span[0]}-{decoded.span[1]}, verified and read",
            [_line(decoded.invite)],
        ),
        ("A stranger's forgery is refused", [_refusal(codec, stranger.encode(invite))]),
    ):
        click.secho(heading, bold=True)
        for line in lines:
            click.echo(f"  {line}")


def _line(invite: "Invite") -> str:
    return (
        f"group {invite.group_id}, from {invite.inviter_id}, by {invite.origin}, "
        f"until {invite.expires_at:%Y-%m-%d %H:%M}Z"
    )


def _refusal(codec: "Codec", text: str) -> str:
    try:
        codec.decode(text)
    except PassphraseError as error:
        return f"{error.code}: {error}"
    raise Stop("the forgery was accepted", EXIT_BUG)


def _moment(expires: str, now: datetime) -> datetime:
    """Read a lifetime or an ISO 8601 moment."""
    lifetime = _LIFETIME.fullmatch(expires)
    try:
        if lifetime:
            return now + timedelta(**{_UNITS[lifetime[2]]: int(lifetime[1])})
        moment = datetime.fromisoformat(expires)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)  # which is out of range all the same
    except ValueError:
        raise click.UsageError("--expires takes 7d, 12h, 30m or an ISO 8601 moment") from None
    if moment.tzinfo is None:
        raise click.UsageError("--expires needs a zone, such as 2026-12-01T20:00+08:00")
    return moment


def _message(text: str | None) -> str:
    """Return the pasted message from the argument or from standard input."""
    if text is not None and text != "-":
        # Under a locale that is not UTF-8, Python hides the bytes of arguments in surrogates.
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if text is None and sys.stdin and sys.stdin.isatty():
        raise click.exceptions.NoArgsIsHelpError(click.get_current_context())
    piped = sys.stdin.buffer.read(STDIN_BYTES_MAX) if sys.stdin else b""
    return piped.decode("utf-8", "replace")


def _codec(keys_file: str | None, audience: str) -> "Codec":
    keyring = _read_keys_file(Path(keys_file)) if keys_file else _keys_of_environment()
    try:
        return passphrase.Codec(keyring, audience=audience)
    except ValueError as error:
        raise click.UsageError(f"--audience: {error}") from None


def _keys_of_environment() -> "Keyring":
    keys = os.environ.get("PASSPHRASE_KEYS")
    if not keys:
        raise Stop(
            "no keys: make some with `passphrase keygen --keys-file FILE` and name the file with "
            "--keys-file or PASSPHRASE_KEYS_FILE",
            EXIT_KEYS,
        )
    return _parse_keys(keys, "PASSPHRASE_KEYS")


def _parse_keys(text: str, source: str) -> "Keyring":
    try:
        return passphrase.Keyring.parse(text)
    except KeyringError as error:
        raise Stop(f"{source}: {error}", EXIT_KEYS) from None


def _read_keys_file(path: Path) -> "Keyring":
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise Stop(
                    f"{path}: others can read it; chmod 600 it, and add a key if one may have",
                    EXIT_KEYS,
                )
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        raise Stop(f"{path}: no such file; `passphrase keygen` makes it", EXIT_NO_INPUT) from None
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_KEYS) from None
    return _parse_keys(text, str(path))


@contextmanager
def _replacement(path: Path) -> Generator[TextIO]:
    """Open what will replace a file at once; only its owner can ever read it.

    It is opened before the file is read: of two that rotate at once, the second stops here.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Stop(
            f"{fresh} is in the way: another keygen is running, or died; then delete it", EXIT_KEYS
        ) from None
    except OSError as error:
        raise Stop(f"{fresh}: {error.strerror}", EXIT_KEYS) from None
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_KEYS) from None
    finally:
        fresh.unlink(missing_ok=True)


def _success(decoded: "Decoded", now: datetime) -> Json:
    return {
        "ok": True,
        "invite": decoded.invite.model_dump(mode="json"),
        "text": decoded.text,
        "script": decoded.script,
        "span": decoded.span,
        "repairs": [asdict(repair) for repair in decoded.repairs],
        "key_id": decoded.key_id,
        "fingerprint": decoded.fingerprint,
        "expired": decoded.invite.expires_at <= now,
    }


def _refuse(error: PassphraseError, *, as_json: bool) -> int:
    if as_json:
        _print_json({"ok": False, "error": error.code, "message": str(error)})
        return EXIT_NONE
    return _say(str(error), EXIT_NONE)


def _print_json(report: Json) -> None:
    click.echo(json.dumps(report, ensure_ascii=False))


def _print_table(report: Json) -> None:
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
