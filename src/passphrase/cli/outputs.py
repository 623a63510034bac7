"""Open the input and output files of `passphrase batch`."""

import fcntl  # noqa: F401  # pyright: ignore[reportUnusedImport]  # missing on Windows: see `batch`
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
    """Open an input file; standard input if `path` is None.

    Raises:
        Stop: The file cannot be read.
        click.UsageError: There is neither a path nor a file piped to standard input.
    """
    if path is None:
        if sys.stdin is None or sys.stdin.isatty():
            raise click.UsageError("name INPUT, or pipe a file to standard input")
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
    """Open an output file; standard output if `path` is None.

    Until it is complete, its name ends in ``.partial`` and it is locked. A second run with the same
    output stops. A file that a killed run has left is replaced.

    Raises:
        Stop: Another run is writing the output, or it cannot be written.
        click.UsageError: The output exists and `force` is false, or it is not a regular file.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    path = Path(os.path.realpath(path))
    partial = path.with_name(path.name + ".partial")
    if source and partial.exists() and partial.samefile(source):
        msg = f"{partial} is the name of the unfinished output, so it cannot be the input"
        raise click.UsageError(msg)
    try:
        with draft(path, partial, mode=0o666, wait_seconds=0) as file:
            _check_free(path, force=force)
            if path.exists():  # keep its permissions
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            yield file
    except OSError as error:
        if error.filename is None:
            raise
        raise Stop(f"{error.filename}: {error.strerror}", EXIT_OUTPUT) from None


def _check_free(path: Path, *, force: bool) -> None:
    """Refuse to replace a device, or a file without `force`."""
    if path.exists() and not path.is_file():
        msg = f"{path} is not a regular file; leave out --output to write to standard output"
        raise click.UsageError(msg)
    if path.exists() and not force:
        msg = f"{path} exists; use --force to replace it"
        raise click.UsageError(msg)
