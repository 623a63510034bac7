"""The keys of a command: where they are found, and how a file of them is made and rotated."""

import os
import secrets
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

import click

import passphrase
from passphrase.cli.drafts import draft
from passphrase.cli.world import (
    EXIT_KEYS,
    EXIT_NO_INPUT,
    EXIT_OUTPUT,
    Stop,
    decoded,
    plain,
    read_name,
)
from passphrase.errors import KeyringError

if TYPE_CHECKING:
    from passphrase import Codec, Keyring

SECRET_BYTES: Final = 32
KEYS_BYTES_MAX: Final = 1 << 20
WAIT_SECONDS: Final = 10  # for other runs that add to the same file
_Command = TypeVar("_Command", bound=Callable[..., object])


def keyed(command: _Command) -> _Command:
    """Add the options that find the keys. No option takes a key: shells remember options."""
    for option in (
        click.option(
            "--audience",
            envvar="PASSPHRASE_AUDIENCE",
            required=True,
            callback=read_name,
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


def make_secret() -> bytes:
    """Draw a secret; but for variants, the only random source of this package."""
    return secrets.token_bytes(SECRET_BYTES)


@click.command()
@click.option(
    "--keys-file", metavar="FILE", help="Create FILE, or add a key to it and activate it."
)
@click.option(
    "--standby",
    is_flag=True,
    help="Add a key that verifies but does not sign yet: move the ! behind it when every server "
    "has the file.",
)
def keygen(keys_file: str | None, *, standby: bool) -> None:
    """Make a key: on stdout, or into a file that only you can read."""
    if keys_file is not None:
        _check_target(keys_file)
    if standby and not (keys_file and Path(keys_file).exists()):
        raise click.UsageError("--standby adds to the keys of a --keys-file, and one of them signs")
    secret = make_secret()
    if keys_file is None:
        click.echo(passphrase.Keyring({1: secret}).reveal())
        return
    with _replacement(keys_file) as (file, path):
        before = _read_file(path) if path.exists() else None
        try:
            keyring = (
                before.rotated(secret, standby=standby)
                if before
                else passphrase.Keyring({1: secret})
            )
        except KeyringError as error:
            raise Stop(f"{keys_file}: {error}", EXIT_KEYS) from None
        file.write(f"{keyring.reveal()}\n".encode())
    if not before:
        said = f"made in {keys_file}; keep it secret and backed up; it signs from now on"
    elif standby:
        said = f"added to {keys_file} on standby; {keyring.active_id} still signs"
    else:
        old = ", ".join(map(str, before.ids))
        said = (
            f"added to {keys_file} beside {old}, which still verify what they have signed; "
            "it signs from now on"
        )
    (key_id,) = {*keyring.ids} - {*(before.ids if before else ())}
    click.echo(plain(f"key {key_id} {said}"), err=True)


def load_codec(keys_file: str | None, audience: str) -> "Codec":
    """Make the codec of a keys file, or of the keys in the environment."""
    keyring = _read_file(Path(keys_file)) if keys_file else _keys_of_environment()
    try:
        return passphrase.Codec(keyring, audience=audience)
    except ValueError as error:
        raise click.UsageError(f"--audience: {error}") from None


def has_keys() -> bool:
    """Tell whether the environment holds keys."""
    return bool(os.environ.get("PASSPHRASE_KEYS"))


def _keys_of_environment() -> "Keyring":
    keys = os.environ.get("PASSPHRASE_KEYS")
    if not keys:
        raise Stop(
            "no keys: make some with `passphrase keygen --keys-file FILE` and name the file with "
            "--keys-file or PASSPHRASE_KEYS_FILE",
            EXIT_KEYS,
        )
    return _parse(keys, "PASSPHRASE_KEYS")


def _parse(text: str, source: str) -> "Keyring":
    try:
        return passphrase.Keyring.parse(text)
    except KeyringError as error:
        raise Stop(f"{source}: {error}", EXIT_KEYS) from None


def _read_file(path: Path) -> "Keyring":
    try:
        with open(path, "rb", opener=_open_at_once) as file:  # Path has no opener
            _check_source(path, os.fstat(file.fileno()).st_mode)
            raw = file.read(KEYS_BYTES_MAX + 1)
    except FileNotFoundError:
        raise Stop(f"{path}: no such file; `passphrase keygen` makes it", EXIT_NO_INPUT) from None
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_KEYS) from None
    if len(raw) > KEYS_BYTES_MAX:
        raise Stop(f"{path}: more than {KEYS_BYTES_MAX} bytes; not a keys file", EXIT_KEYS)
    return _parse(decoded(raw), str(path))


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for somebody who writes into a pipe; a writer is waited for."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    with suppress(AttributeError):  # on Windows, where nothing is opened without waiting
        os.set_blocking(descriptor, True)
    return descriptor


def _check_source(path: Path, mode: int) -> None:
    """Refuse to read keys from a device, or from what others can read or change."""
    # A pipe is what a shell makes of <(command) and of /dev/stdin.
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise Stop(f"{path}: not a file", EXIT_KEYS)
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise Stop(
            f"{path}: others can read or change it; chmod 600 it, and rotate if one may have",
            EXIT_KEYS,
        )


def _check_target(keys_file: str) -> None:
    """Refuse to make or replace what is not a regular file, or is named as a directory."""
    path = Path(keys_file)
    if os.path.basename(keys_file) in {"", os.curdir, os.pardir} or path.is_dir():  # noqa: PTH119
        raise click.UsageError(f"--keys-file takes the name of a file, not {keys_file!r}")
    if path.exists() and not path.is_file():
        raise Stop(f"{keys_file}: not a regular file", EXIT_KEYS)


@contextmanager
def _replacement(keys_file: str) -> Generator[tuple[BinaryIO, Path]]:
    """Open what will replace a file at once, and tell the file; only its owner can ever read it.

    It is opened before the file is read: of two that rotate at once, the second waits here.
    """
    path = Path(os.path.realpath(keys_file))
    fresh = path.with_name(path.name + ".new")
    try:
        with draft(path, fresh, mode=0o600, wait_seconds=WAIT_SECONDS) as file:
            if os.name == "posix" and path.exists():  # root keeps it readable for the service
                os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
            yield file, path
    except OSError as error:
        raise Stop(f"{keys_file}: {error.strerror}", EXIT_OUTPUT) from None
