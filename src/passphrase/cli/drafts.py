"""Replace a file atomically: write a draft beside it, under a lock, then rename the draft.

If the process is killed, the old or the new file remains, and perhaps a draft. The next run removes
it, because a dead run holds no lock. Windows has no such locks: there, delete the draft by hand.
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
except ModuleNotFoundError:  # Windows has no such locks: any draft may belong to a live run
    fcntl = None  # type: ignore[assignment]

_POLL_SECONDS: Final = 0.01
_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@contextmanager
def draft(path: Path, beside: Path, *, mode: int, wait_seconds: float) -> Generator[BinaryIO]:
    """Open a draft for writing. When the caller is done, it replaces `path`.

    Args:
        path: The file to replace or to create.
        beside: The name of the draft, in the same directory. Only one run can have it open.
        mode: Permissions of the new file, before the umask.
        wait_seconds: How long to wait for another run.

    Raises:
        Stop: Another run has the draft, or another user made it.
        OSError: The draft cannot be made, written or renamed. `path` is unchanged.
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
            with suppress(OSError):  # closing can fail like the write before it: a full disk
                _let_rename(file)
            # After the rename, the draft of this name may be another run's.
            with suppress(FileNotFoundError):
                if os.path.samestat(ours, beside.lstat()):
                    beside.unlink()
            raise
        _sync_directory(path.parent)


def _made(beside: Path, path: Path, mode: int, wait_seconds: float) -> BinaryIO:
    """Create the draft and lock it, waiting while another run has it."""
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
    """Remove the draft of a dead run. Its content is not used.

    Raises:
        BlockingIOError: The run is alive.
        FileNotFoundError: The run has ended, and its draft is gone.
        Stop: Another user made the file.
    """
    if not fcntl:
        raise BlockingIOError
    found = beside.lstat()
    owners = {os.geteuid(), *([path.stat().st_uid] if path.exists() else [])}
    if not stat.S_ISREG(found.st_mode) or found.st_uid not in owners:
        raise Stop(f"{beside} belongs to another user; delete it first", EXIT_OUTPUT)
    with _locked(os.open(beside, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK), beside):
        if found.st_size:
            say(f"{beside} is left from an interrupted run; starting again")
        beside.unlink()


def _locked(descriptor: int, path: Path) -> BinaryIO:
    """Lock an open file, and check that it still has its name.

    Raises:
        BlockingIOError: Another run has locked, renamed or removed the file.
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
    """Check that a path still leads to the open file.

    Raises:
        BlockingIOError: The path is gone or leads to another file.
    """
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(descriptor), path.lstat()):
            return
    raise BlockingIOError


def _let_rename(file: BinaryIO) -> None:
    """On Windows, close the file: an open file cannot be renamed. Elsewhere, closing unlocks it."""
    if not fcntl:
        file.close()


def _sync_directory(path: Path) -> None:
    """Write the new name to the disk, if the system can open a directory for that."""
    if fcntl:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
