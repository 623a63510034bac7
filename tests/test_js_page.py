"""The page of the JavaScript client, in headless Chromium: it recognises, and it cannot send."""

import re
import shutil
import subprocess
import threading
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from support import CODEC, INVITE, SCRIPTS, sealed_word

from passphrase.layout import Header, header_symbol
from passphrase.scripts import load_script

CLIENT = Path(__file__).parents[1] / "clients" / "js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--no-proxy-server", "--virtual-time-budget=2000"),
)
FILES = ["/demo.html", "/demo.js", "/passphrase.js", "/tables.js"]
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

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


class Server(ThreadingHTTPServer):
    """A folder on a loopback port, with a list of what was asked for."""

    def __init__(self, folder: Path, script_end: bytes) -> None:
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.asked: list[str] = []
        self.script_end = script_end


class Handler(SimpleHTTPRequestHandler):
    @property
    def folder(self) -> Server:
        assert isinstance(self.server, Server)
        return self.server

    def do_GET(self) -> None:
        self.folder.asked.append(self.path)
        if self.path != "/demo.js":
            super().do_GET()
            return
        script = Path(self.translate_path(self.path)).read_bytes() + self.folder.script_end
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(script)))
        self.end_headers()
        self.wfile.write(script)

    def do_POST(self) -> None:
        self.folder.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


class Seen(NamedTuple):
    """The page after a text was put into it, and what it asked the server for."""

    page: str
    asked: list[str]

    @property
    def verdict(self) -> str:
        found = re.search(r'<output [^>]*data-verdict="(\w+)"', self.page)
        assert found
        return found[1]


def look(text: str, profile: Path, folder: Path = CLIENT, script_end: bytes = b"") -> Seen:
    """Put a text into the page, the script of which may be longer than it is."""
    assert CHROMIUM
    with Server(folder, script_end) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/demo.html#text={quote(text)}"
            done = subprocess.run(  # noqa: S603  # the browser of this machine
                [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", "--dump-dom", address],
                capture_output=True,
                check=True,
                timeout=120,
            )
        finally:
            server.shutdown()
            thread.join()
        return Seen(unescape(done.stdout.decode()), server.asked)


def of_version(version: int) -> str:
    """Spell a codeword of another version."""
    word = sealed_word(header_symbol(Header(version, 1, 1, 1)), bytes(22))
    return load_script("emoji").spell(word)


def test_it_recognises(tmp_path: Path) -> None:
    """A message with a passphrase in each script: all are listed, in both languages."""
    texts = [CODEC.encode(INVITE, script=script) for script in SCRIPTS]
    seen = look("老王：" + "，".join(texts), tmp_path)
    assert seen.verdict == "send"
    assert "里面有完整的口令" in seen.page
    assert "There is a whole passphrase in it" in seen.page
    assert re.findall(r'<span class="spelling">(.*?)</span>', seen.page) == texts
    assert seen.page.count("version 1 · 密钥 key 1") == len(texts)
    start = len("老王：")
    end = start + len(texts[0].encode("utf-16-le")) // 2
    assert f"place {start}–{end}" in seen.page
    assert sorted(seen.asked) == FILES


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", "empty"),
        ("今天晚上一起吃火锅吗? <b>See</b> you at 7!", "none"),
        (CODEC.encode(INVITE)[:-1], "none"),
        (of_version(2), "update"),
        (f"{of_version(0)}，{CODEC.encode(INVITE)}", "send"),
    ],
    ids=["nothing", "prose", "damaged", "newer", "newer and known"],
)
def test_verdicts(text: str, verdict: str, tmp_path: Path) -> None:
    assert look(text, tmp_path).verdict == verdict


def test_too_long(tmp_path: Path) -> None:
    paste = b'pasted.value = "text\\n".repeat(13108); show();'
    assert look("", tmp_path, script_end=paste).verdict == "long"


def test_it_cannot_send(tmp_path: Path) -> None:
    """Whatever a script in the page tries: the policy of the page holds it back."""
    seen = look(CODEC.encode(INVITE), tmp_path, script_end=LEAKS)
    assert 'data-tried="all"' in seen.page
    assert seen.verdict == "send"
    assert sorted(seen.asked) == FILES


def test_the_same_attempts_arrive_without_the_policy(tmp_path: Path) -> None:
    """So the test above would see them."""
    page = (CLIENT / "demo.html").read_text(encoding="utf-8")
    policy = re.compile(r"<meta http-equiv=.*>\n")
    assert policy.search(page)
    folder = tmp_path / "open"
    shutil.copytree(CLIENT, folder)
    (folder / "demo.html").write_text(policy.sub("", page), encoding="utf-8")
    seen = look(CODEC.encode(INVITE), tmp_path / "profile", folder, LEAKS)
    assert {*seen.asked} >= LEAKED
