"""The keys of a command: where they are found, and how a file of them is made and rotated."""

import os
import secrets
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

import click

import passphrase
from passphrase.cli.world import EXIT_KEYS, EXIT_NO_INPUT, Stop, read_name
from passphrase.errors import KeyringError

if TYPE_CHECKING:
    from passphrase import Codec, Keyring

SECRET_BYTES: Final = 32
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
    if standby and not (keys_file and Path(keys_file).exists()):
        raise click.UsageError("--standby adds to the keys of a --keys-file, and one of them signs")
    secret = make_secret()
    if keys_file is None:
        click.echo(passphrase.Keyring({1: secret}).reveal())
        return
    path = Path(os.path.realpath(keys_file))
    with _replacement(path) as file:
        before = _read_file(path) if path.exists() else None
        try:
            keyring = (
                before.rotated(secret, standby=standby)
                if before
                else passphrase.Keyring({1: secret})
            )
        except KeyringError as error:
            raise Stop(f"{path}: {error}", EXIT_KEYS) from None
        file.write(keyring.reveal() + "\n")
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
    click.echo(f"key {key_id} {said}", err=True)


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
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise Stop(
                    f"{path}: others can read or change it; chmod 600 it, and rotate "
                    "if one may have",
                    EXIT_KEYS,
                )
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        raise Stop(f"{path}: no such file; `passphrase keygen` makes it", EXIT_NO_INPUT) from None
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_KEYS) from None
    return _parse(text, str(path))


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
            if os.name == "posix" and path.exists():  # root keeps it readable for the service
                os.fchown(descriptor, path.stat().st_uid, path.stat().st_gid)
            yield file
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_KEYS) from None
    finally:
        fresh.unlink(missing_ok=True)
