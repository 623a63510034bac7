"""The reference service as a process of its own, started as the README does."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
SECONDS = 60
UNLIMITED = json.dumps(dict.fromkeys(("mint", "open", "fail", "address"), "1000000/minute"))


class Answer(NamedTuple):
    """Status and body; None for an empty one."""

    status: int
    json: Any


class Served(NamedTuple):
    """A running service, the file of what it writes, and the folder of what it keeps."""

    address: str
    log: Path
    folder: Path

    def __call__(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> Answer:
        """Send a request."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(  # noqa: S310  # an address of this machine
            self.address + path, content, headers, method=method
        )
        try:
            with urllib.request.urlopen(asked) as response:  # noqa: S310
                status, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read()
        return Answer(status, json.loads(text) if text else None)


@contextmanager
def served(folder: Path, **environment: str) -> Generator[Served]:
    """Start the service with nothing prepared, and stop it in the end.

    Args:
        folder: What it writes and keeps.
        environment: More variables.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "examples/service", "--port", port, "--folder", str(folder / "kept")]
    service = Served(f"http://127.0.0.1:{port}", folder / "log", folder / "kept")
    with (
        service.log.open("wb") as log,
        subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
        ) as process,
    ):
        try:
            wait_for(service, process)
            yield service
        finally:
            process.terminate()
            process.wait(SECONDS)


def wait_for(service: Served, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the service answers."""
    ends = time.monotonic() + SECONDS
    while True:
        try:
            assert service("GET", "/health").status == 200
        except urllib.error.URLError:
            assert process.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.1)
        else:
            return
