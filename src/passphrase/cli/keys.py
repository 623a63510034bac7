"""Keys for the commands, from a file or the environment; and the command keygen."""

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
WAIT_SECONDS: Final = 10  # for other runs of keygen on the same file
_Command = TypeVar("_Command", bound=Callable[..., object])


def keyed(command: _Command) -> _Command:
    """Add the options that find the keys. No option takes a key: shells record command lines."""
    for option in (
        click.option(
            "--audience",
            envvar="PASSPHRASE_AUDIENCE",
            required=True,
            callback=read_name,
            show_envvar=True,
            help="Name of the app or app family. Only the same name can open the passphrase.",
        ),
        click.option(
            "--keys-file",
            envvar="PASSPHRASE_KEYS_FILE",
            metavar="FILE",
            show_envvar=True,
            help="File made by `keygen`. Default: the keys in PASSPHRASE_KEYS.",
        ),
    ):
        command = option(command)
    return command


def make_secret() -> bytes:
    """Return a random secret."""
    return secrets.token_bytes(SECRET_BYTES)


@click.command()
@click.option(
    "--keys-file",
    metavar="FILE",
    help="Create FILE with a key, or add a key to FILE that signs from now on.",
)
@click.option(
    "--standby",
    is_flag=True,
    help="Add a key that only verifies. When every server has the file, move the ! to it: then it "
    "signs.",
)
def keygen(keys_file: str | None, *, standby: bool) -> None:
    """Make a key, on stdout or in a file that only you can read."""
    if keys_file is not None:
        _check_target(keys_file)
    if standby and not (keys_file and Path(keys_file).exists()):
        raise click.UsageError(
            "--standby needs a --keys-file that exists: one of its keys must sign"
        )
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
        said = f"made in {keys_file}; it signs from now on; keep the file secret and back it up"
    elif standby:
        said = f"added to {keys_file} on standby; key {keyring.active_id} still signs"
    else:
        old = ", ".join(map(str, before.ids))
        said = f"added to {keys_file}; it signs from now on, and these still verify: {old}"
    (key_id,) = {*keyring.ids} - {*(before.ids if before else ())}
    click.echo(plain(f"key {key_id} {said}"), err=True)


def load_codec(keys_file: str | None, audience: str) -> "Codec":
    """Make a codec from a keys file, or from the keys in the environment."""
    keyring = _read_file(Path(keys_file)) if keys_file else _keys_of_environment()
    try:
        return passphrase.Codec(keyring, audience=audience)
    except ValueError as error:
        raise click.UsageError(f"--audience: {error}") from None


def has_keys() -> bool:
    """Return whether the environment holds keys."""
    return bool(os.environ.get("PASSPHRASE_KEYS"))


def _keys_of_environment() -> "Keyring":
    keys = os.environ.get("PASSPHRASE_KEYS")
    if not keys:
        raise Stop(
            "no keys: run `passphrase keygen --keys-file FILE`, then name the file with "
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
        raise Stop(f"{path}: no such file; make it with `keygen`", EXIT_NO_INPUT) from None
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_KEYS) from None
    if len(raw) > KEYS_BYTES_MAX:
        raise Stop(f"{path}: not a keys file: it has over {KEYS_BYTES_MAX} bytes", EXIT_KEYS)
    return _parse(decoded(raw), str(path))


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for a pipe to get a writer. Reading from it still waits."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    with suppress(AttributeError):  # Windows has no such function and no O_NONBLOCK
        os.set_blocking(descriptor, True)
    return descriptor


def _check_source(path: Path, mode: int) -> None:
    """Refuse to read keys from a device, or from a file that other users can read or change."""
    # Shells make a pipe of <(command), and /dev/stdin can be one.
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise Stop(f"{path}: not a regular file or a pipe; name a keys file", EXIT_KEYS)
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise Stop(
            f"{path}: other users can read or change it; run chmod 600, and rotate the keys if "
            "somebody may have read them",
            EXIT_KEYS,
        )


def _check_target(keys_file: str) -> None:
    """Refuse a directory, a device, or a name that can only be a directory."""
    path = Path(keys_file)
    if os.path.basename(keys_file) in {"", os.curdir, os.pardir} or path.is_dir():  # noqa: PTH119
        raise click.UsageError(
            f"--keys-file takes the name of a file; {keys_file!r} names a directory"
        )
    if path.exists() and not path.is_file():
        raise Stop(f"{keys_file}: not a regular file", EXIT_KEYS)


@contextmanager
def _replacement(keys_file: str) -> Generator[tuple[BinaryIO, Path]]:
    """Open a draft of a keys file, readable only by its owner; yield it and the file's real path.

    Open it before reading the old keys: of two runs at once, the second waits here.
    """
    path = Path(os.path.realpath(keys_file))
    fresh = path.with_name(path.name + ".new")
    try:
        with draft(path, fresh, mode=0o600, wait_seconds=WAIT_SECONDS) as file:
            if os.name == "posix" and path.exists():  # run by root, the file keeps its owner
                os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
            yield file, path
    except OSError as error:
        raise Stop(f"{keys_file}: {error.strerror}", EXIT_OUTPUT) from None
