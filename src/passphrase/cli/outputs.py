"""The files of `passphrase batch`: an input, and an output that is there whole or not at all."""

import fcntl  # noqa: F401  # pyright: ignore[reportUnusedImport]  # what `batch` needs
import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from passphrase.cli.drafts import draft
from passphrase.cli.world import EXIT_NO_INPUT, EXIT_OUTPUT, Stop


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
    try:
        with draft(path, partial, mode=0o666, wait_seconds=0) as file:
            _check_free(path, force=force)
            if path.exists():  # as private as it was
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            yield file
    except OSError as error:
        if error.filename is None:
            raise
        raise Stop(f"{error.filename}: {error.strerror}", EXIT_OUTPUT) from None


def _check_free(path: Path, *, force: bool) -> None:
    """Refuse what must not be replaced."""
    if path.exists() and not path.is_file():
        msg = f"{path} is no regular file; write to standard output"
        raise click.UsageError(msg)
    if path.exists() and not force:
        msg = f"{path} exists; replace it with --force"
        raise click.UsageError(msg)
