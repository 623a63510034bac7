"""Headless Chromium on a folder that this process serves, with a log of its requests."""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--no-proxy-server"),
)
# Nothing is forbidden by it, but what a page loads from another host is told to this one.
REPORTS = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; report-uri /outside"
WAIT = "/wait"  # what a page asks for to let a worker go on for 0.1 s
# Every way in which a script sends: put into a page, it tells whether the page holds it back.
LEAKS = b"""
for (const send of [
  () => fetch("/leak?fetch"),
  () => navigator.sendBeacon("/leak?beacon", "text"),
  () => { new Image().src = "/leak?image"; },
  () => { const r = new XMLHttpRequest(); r.open("GET", "/leak?xhr"); r.send(); },
  () => new EventSource("/leak?events"),
]) {
  try { Promise.resolve(send()).catch(() => {}); } catch {}
}
document.body.dataset.tried = "all";
"""
LEAKED = {f"/leak?{way}" for way in ("fetch", "beacon", "image", "xhr", "events")}

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


class Server(ThreadingHTTPServer):
    """Serves a folder on a loopback port, and lists requests to it and to other hosts."""

    def __init__(self, folder: Path, appended: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.asked: list[str] = []
        self.outside: list[str] = []
        self.appended = appended


class Handler(SimpleHTTPRequestHandler):
    @property
    def folder(self) -> Server:
        assert isinstance(self.server, Server)
        return self.server

    def do_GET(self) -> None:
        if self.path == WAIT:  # the time of the page stands still meanwhile
            time.sleep(0.1)
            self.send_response(204)
            self.end_headers()
            return
        self.folder.asked.append(self.path)
        end = self.folder.appended.get(self.path)
        if end is None:
            super().do_GET()
            return
        path = self.translate_path(self.path)
        content = Path(path).read_bytes() + end
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/outside":
            self.folder.outside.append(json.loads(body)["csp-report"]["blocked-uri"])
        else:
            self.folder.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy-Report-Only", REPORTS)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


class Visit(NamedTuple):
    """The final page, the requests to the server in order, and those to other hosts."""

    page: str
    asked: list[str]
    outside: list[str]


def visit(
    folder: Path,
    address: str,
    profile: Path,
    appended: Mapping[str, bytes] | None = None,
    milliseconds: int = 2000,
) -> Visit:
    """Open a page of a folder.

    Args:
        folder: What is served.
        address: The page, from the root of the folder.
        profile: Where the browser keeps its own files; a new one each time.
        appended: What to put behind the content of a file, by its address.
        milliseconds: Of the page's own time, after which it is looked at.
    """
    assert CHROMIUM
    with Server(folder, appended or {}) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        host = f"127.0.0.1:{server.server_port}"
        options = (f"--user-data-dir={profile}", f"--virtual-time-budget={milliseconds}")
        try:
            done = subprocess.run(  # noqa: S603  # the browser of this machine
                [CHROMIUM, *OPTIONS, *options, "--dump-dom", f"http://{host}{address}"],
                capture_output=True,
                check=True,
                timeout=120,
            )
        finally:
            server.shutdown()
            thread.join()
        return Visit(unescape(done.stdout.decode()), server.asked, server.outside)
