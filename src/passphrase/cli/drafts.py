"""A new content -> a file, at once: written beside it under a lock, then renamed over it.

A kill at any point leaves the old file or the new one. It may leave the draft too, which the next
run removes: a draft that nobody has locked was left by a run that is dead.
"""

import os
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from passphrase.cli.world import EXIT_OUTPUT, Stop, say

try:
    import fcntl
except ModuleNotFoundError:  # Windows: there, a draft that exists is another run's
    fcntl = None  # type: ignore[assignment]

_POLL_SECONDS: Final = 0.01
_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@contextmanager
def draft(path: Path, beside: Path, *, mode: int, wait_seconds: float) -> Generator[BinaryIO]:
    """Open a new file that replaces another when the caller has written all of it.

    Args:
        path: What is replaced. It may be missing.
        beside: The name until then, in the same directory. While it is open no other run has it.
        mode: Permissions of the new file, less the umask.
        wait_seconds: How long to wait for another run.

    Raises:
        Stop: Another run has it, or it was made by somebody else.
        OSError: It cannot be made, written or renamed. `path` is as it was.
    """
    with _made(beside, path, mode, wait_seconds) as file:
        ours = os.fstat(file.fileno())
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            _let_rename(file)
            beside.replace(path)
        except BaseException:
            with suppress(OSError):  # a full disk, again
                _let_rename(file)
            # After the rename the name may belong to another run.
            with suppress(FileNotFoundError):
                if os.path.samestat(ours, beside.lstat()):
                    beside.unlink()
            raise
        _sync_directory(path.parent)


def _made(beside: Path, path: Path, mode: int, wait_seconds: float) -> BinaryIO:
    """Make the draft, and wait for the run that has it."""
    ends = time.monotonic() + wait_seconds
    while True:
        try:
            return _locked(os.open(beside, _NEW, mode), beside)
        except FileExistsError:
            with suppress(FileNotFoundError, BlockingIOError):
                _remove_left(beside, path)
                continue
        except BlockingIOError:
            pass
        if time.monotonic() >= ends:
            advice = "" if fcntl else "; if there is no such run, delete the file"
            raise Stop(f"{beside}: another run is writing it{advice}", EXIT_OUTPUT)
        time.sleep(_POLL_SECONDS)


def _remove_left(beside: Path, path: Path) -> None:
    """Remove the draft of a run that is dead. Nothing that stands in it is used.

    Raises:
        BlockingIOError: The run is alive.
        FileNotFoundError: It has ended.
        Stop: Somebody else made the file.
    """
    if not fcntl:
        raise BlockingIOError
    found = beside.lstat()
    owners = {os.geteuid(), *([path.stat().st_uid] if path.exists() else [])}
    if not stat.S_ISREG(found.st_mode) or found.st_uid not in owners:
        raise Stop(f"{beside} was made by somebody else; delete it first", EXIT_OUTPUT)
    with _locked(os.open(beside, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK), beside):
        if found.st_size:
            say(f"{beside} was left by a run that was stopped; starting over")
        beside.unlink()


def _locked(descriptor: int, path: Path) -> BinaryIO:
    """Lock what was opened, and look that it still has its name.

    Raises:
        BlockingIOError: Another run has locked, renamed or removed it.
    """
    file = os.fdopen(descriptor, "r+b")
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _check_name(descriptor, path)
    except BaseException:
        file.close()
        raise
    return file


def _check_name(descriptor: int, path: Path) -> None:
    """Look that a name is still that of the file that was opened."""
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(descriptor), path.lstat()):
            return
    raise BlockingIOError


def _let_rename(file: BinaryIO) -> None:
    """Close a file where one that is open cannot be renamed; elsewhere this would end the lock."""
    if not fcntl:
        file.close()


def _sync_directory(path: Path) -> None:
    """Write the new name to the disk, where a directory can be opened for that."""
    if fcntl:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
