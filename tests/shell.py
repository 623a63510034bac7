"""The command, in this process or in one of its own, with a known key at a known moment."""

import io
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from support import AUDIENCE, KEYRING

from passphrase.__main__ import main

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
COMMAND = [sys.executable, "-m", "passphrase"]
KEYED = {"PASSPHRASE_KEYS": KEYRING.reveal(), "PASSPHRASE_AUDIENCE": AUDIENCE}
ENVIRONMENT = os.environ | KEYED


class Terminal(io.TextIOWrapper):
    """A standard input with a person at it."""

    def isatty(self) -> bool:
        return True


class Pipe(io.BytesIO):
    """A standard input that goes forward only."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Shell = Callable[..., Outcome]


def shell_of(monkeypatch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[bytes]) -> Shell:
    """Run the command in this process at NOON, with a key and an audience in the environment."""
    for name, value in KEYED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PASSPHRASE_KEYS_FILE", raising=False)
    for module in ("batch", "mint", "popup", "read", "report", "share"):
        monkeypatch.setattr(f"passphrase.cli.{module}.clock", lambda: NOON)

    def run(*arguments: object, stdin: bytes | Terminal | None = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["passphrase", *map(str, arguments)])
        piped = io.TextIOWrapper(Pipe(stdin)) if isinstance(stdin, bytes) else stdin
        monkeypatch.setattr(sys, "stdin", piped)
        code = main()
        printed = captured.readouterr()
        return Outcome(code, printed.out.decode("utf-8", "surrogateescape"), printed.err.decode())

    return run
