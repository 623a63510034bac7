"""The files of `passphrase batch`: an input, and an output that is there whole or not at all."""

import fcntl
import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from passphrase.cli.world import EXIT_NO_INPUT, EXIT_OUTPUT, Stop, say


@contextmanager
def opened(path: Path | None) -> Generator[BinaryIO]:
    """Open an input, or standard input.

    Raises:
        Stop: It cannot be read.
    """
    if path is None:
        if sys.stdin is None or sys.stdin.isatty():
            raise click.exceptions.NoArgsIsHelpError(click.get_current_context())
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_NO_INPUT) from None
    with file:
        yield file


@contextmanager
def replaced(path: Path | None, *, source: Path | None, force: bool) -> Generator[BinaryIO]:
    """Open what becomes the output when all of it is written, or standard output.

    Until then it stands beside it as a file of the same name with ``.partial`` behind, which is
    locked: of two runs for one output, the second stops. What a killed run left there is not used.

    Raises:
        Stop: Another run writes it, or it cannot be written.
        click.UsageError: It exists and is not to be replaced, or is no file that could be.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    path = Path(os.path.realpath(path))
    partial = path.with_name(path.name + ".partial")
    if source and partial.exists() and partial.samefile(source):
        msg = f"{partial} is written while the output is made, and cannot be the input"
        raise click.UsageError(msg)
    with _locked(partial) as file:
        try:
            _check_free(path, force=force)
            if path.exists():  # as private as it was
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            if file.seek(0, os.SEEK_END):
                say(f"{partial} was left by a run that was stopped; starting over")
                file.truncate(0)
            file.seek(0)
            yield file
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def _check_free(path: Path, *, force: bool) -> None:
    """Refuse what must not be replaced."""
    if path.exists() and not path.is_file():
        msg = f"{path} is no regular file; write to standard output"
        raise click.UsageError(msg)
    if path.exists() and not force:
        msg = f"{path} exists; replace it with --force"
        raise click.UsageError(msg)


@contextmanager
def _locked(partial: Path) -> Generator[BinaryIO]:
    """Open a file that no other run has open; what stands in it stays."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW  # what a link points at is not ours to write
    try:
        descriptor = os.open(partial, flags, 0o666)
    except OSError as error:
        raise Stop(f"{partial}: {error.strerror}", EXIT_OUTPUT) from None
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A run that has just ended has made an output of what was opened here.
            is_ours = os.path.samestat(os.fstat(descriptor), partial.stat())
        except (BlockingIOError, FileNotFoundError):
            is_ours = False
        if not is_ours:
            raise Stop(f"{partial}: another run is writing it", EXIT_OUTPUT)
        yield file
