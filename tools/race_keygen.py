"""Run several keygens at once on one file, or kill one, and check that no key is lost.

python tools/race_keygen.py --rounds 1000    8 processes at once, 1,000 times
python tools/race_keygen.py --kill           one killed before each line that it runs
python tools/race_keygen.py --strace         one killed at each system call on the file (slow)

Exit code 1 when a key was lost. It needs fork; --strace needs strace.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any, Final

from passphrase import Keyring
from passphrase.__main__ import main as passphrase_command
from passphrase.cli import drafts, keys

PROCESSES: Final = 8
PAUSE_SHARE: Final = 0.1
PAUSE_SECONDS_MAX: Final = 0.002
FULL_CODE: Final = 78  # all eight ids are taken
_FILES: Final = {drafts.__file__, keys.__file__}


def forked(work: Callable[[], int]) -> int:
    """Start a process that ends with the code that `work` returns, and return its id."""
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os._exit(work())
    return child


def keygen(path: Path, secret: bytes, on_line: Callable[[], object]) -> int:
    """Add a known secret to a keys file; call `on_line` before each line of our own."""

    def trace(frame: FrameType, event: str, _value: object) -> Any:  # noqa: ANN401
        if frame.f_code.co_filename not in _FILES:
            return None
        if event == "line":
            on_line()
        return trace

    keys.make_secret = lambda: secret
    sys.argv = ["passphrase", "keygen", "--keys-file", str(path)]
    sys.settrace(trace)
    try:
        return passphrase_command()
    finally:
        sys.settrace(None)


def pause() -> None:
    """Let another process run, now and then."""
    if random.random() < PAUSE_SHARE:  # noqa: S311
        time.sleep(random.random() * PAUSE_SECONDS_MAX)  # noqa: S311


def held(path: Path) -> set[str]:
    """Return the secrets of a keys file, in their text form."""
    return {entry.split(":")[1].strip("!") for entry in path.read_text("ascii").split()}


def shown(secret: bytes) -> str:
    """Return the text form of a secret."""
    return Keyring({1: secret}).reveal().split(":")[1].strip("!")


def race(folder: Path, seed: int) -> bool:
    """Let eight processes add a key each, and tell whether the file holds what they reported."""
    path = folder / "keys"
    before = [bytes([at]) * 32 for at in range(seed % 4)]
    if before:
        path.touch(0o600)
        path.write_text(Keyring(dict(enumerate(before)), 0).reveal())
    secrets = [bytes([100 + at]) * 32 for at in range(PROCESSES)]
    gate, opened = os.pipe()

    def work(at: int) -> int:
        os.close(opened)
        os.read(gate, 1)  # until the parent closes its end
        random.seed(seed * PROCESSES + at)
        return keygen(path, secrets[at], pause)

    children = [forked(partial(work, at)) for at in range(PROCESSES)]
    os.close(opened)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    os.close(gate)
    added = [secret for secret, code in zip(secrets, codes, strict=True) if code == 0]
    is_right = (
        held(path) == {*map(shown, before + added)}
        and len(added) == PROCESSES - len(before)
        and {*codes} <= {0, FULL_CODE}
        and [*folder.iterdir()] == [path]
    )
    if not is_right:
        print(f"seed {seed}: exit codes {codes}, {path.stat().st_size} bytes")
    path.unlink()
    return is_right


def is_whole(path: Path, before: set[str]) -> bool:
    """Tell whether a keys file is the old one, or has one key more, and takes another."""
    now = held(path) if path.exists() else set[str]()
    again = bytes(reversed(range(32)))
    child = forked(lambda: keygen(path, again, lambda: None))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return (
        before <= now
        and len(now) <= len(before) + 1
        and code == 0
        and held(path) == now | {shown(again)}
        and [*path.parent.iterdir()] == [path]
    )


def at_line(path: Path, number: int) -> bool:
    """Run a keygen that is killed before the line with a number; tell whether it was."""
    lines = count(1)

    def die() -> None:
        if next(lines) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    child = forked(lambda: keygen(path, bytes(range(32)), die))
    return os.waitpid(child, 0)[1] != 0


def at_call(path: Path, number: int) -> bool:
    """Do the same at a system call on the file, the draft or their directory."""
    places = [f"--trace-path={each}" for each in (path, f"{path}.new", path.parent)]
    inject = f"--inject=all:signal=KILL:when={number}"
    command = [sys.executable, "-m", "passphrase", "keygen", "--keys-file", str(path)]
    done = subprocess.run(  # noqa: S603
        ["strace", "-qq", "-o", os.devnull, inject, *places, *command],  # noqa: S607
        capture_output=True,
        check=False,
    )
    return done.returncode != 0


def kills(folder: Path, kill: Callable[[Path, int], bool], *, has_file: bool) -> Iterator[bool]:
    """Kill a keygen everywhere, and tell of each kill whether the file was whole after it."""
    for number in count(1):
        shutil.rmtree(folder)
        folder.mkdir()
        path = folder / "keys"
        if has_file:
            path.touch(0o600)
            path.write_text(Keyring({1: bytes([7]) * 32}).reveal())
        before = held(path) if has_file else set[str]()
        if not kill(path, number):
            return
        yield is_whole(path, before)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--strace", action="store_true")
    asked = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "keys"
        folder.mkdir()
        wrong = sum(not race(folder, seed) for seed in range(asked.rounds))
        print(f"{asked.rounds} rounds of {PROCESSES} processes: {wrong} wrong", flush=True)
        failures += wrong
        for kill in [at_line] * asked.kill + [at_call] * asked.strace:
            for has_file in (False, True):
                whole = [*kills(folder, kill, has_file=has_file)]
                failures += whole.count(False) or not whole
                told = f"{len(whole)} kills, {whole.count(False)} wrong"
                print(f"{kill.__name__}, {has_file=}: {told}", flush=True)  # before it forks
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
