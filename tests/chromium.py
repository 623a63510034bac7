"""A Chromium that a test drives through two pipes, by the DevTools protocol, without a driver."""

import base64
import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from browser import CHROMIUM, OPTIONS

SECONDS = 30.0


class Chromium:
    """One tab of a browser of its own.

    Args:
        profile: Where the browser keeps its files; a new folder.
        width: Of the page, in CSS pixels.
        height: The same.
    """

    def __init__(self, profile: Path, width: int = 1280, height: int = 900) -> None:
        assert CHROMIUM
        read_commands, self._commands = os.pipe()
        self._answers, write_answers = os.pipe()
        options = [*OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        # The protocol wants the descriptors 3 and 4.
        shell = f'exec "$@" 3<&{read_commands} 4>&{write_answers}'
        self._process = subprocess.Popen(  # noqa: S603  # the browser of this machine
            ["/bin/bash", "-c", shell, "chromium", CHROMIUM, *options, "about:blank"],
            pass_fds=(read_commands, write_answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_commands)
        os.close(write_answers)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.faults: list[str] = []  # errors of the page, and requests that it must not send
        [page] = [t for t in self._targets() if t["type"] == "page"]
        asked = {"targetId": page["targetId"], "flatten": True}
        self._session = self.send("Target.attachToTarget", asked)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setScrollbarsHidden", {"hidden": True})
        self.resize(width, height)

    def _targets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.send("Target.getTargets")["targetInfos"]
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._commands)
        os.close(self._answers)

    def send(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters or {}}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], SECONDS)
            assert ready, "the browser does not answer"
            self._buffer += os.read(self._answers, 1 << 20)
        message, self._buffer = self._buffer.split(b"\0", 1)
        read: dict[str, Any] = json.loads(message)
        return read

    def _note(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.faults.append(json.dumps(told["exceptionDetails"]))
            case "Log.entryAdded" if "status of 4" not in told["entry"]["text"]:
                self.faults.append(told["entry"]["text"])
            case "Network.requestWillBeSent":
                url = told["request"]["url"]
                if not url.startswith(("http://127.0.0.1:", "data:", "about:")):
                    self.faults.append(url)
            case _:
                pass

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        """Give the page another size."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", size)

    def visit(self, address: str) -> None:
        """Open an address."""
        self.send("Page.navigate", {"url": address})

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        answer = self.send("Runtime.evaluate", asked)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """Wait until an expression in the page is true, and return its value."""
        ends = time.monotonic() + SECONDS
        while not (value := self.run(script)):
            assert time.monotonic() < ends, f"never: {script}"
            time.sleep(0.05)
        return value

    def click(self, selector: str) -> None:
        """Click on what a selector finds, once it is there, as a person would."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"!!{found} && !{found}.disabled")
        place = self.run(
            f"(() => {{ const e = {found}; e.scrollIntoView({{ block: 'center' }});"
            " const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            point = {"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1}
            self.send("Input.dispatchMouseEvent", point)

    def text(self, selector: str) -> str:
        """Return the text of what a selector finds, once it is there."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"!!{found}")
        return str(self.run(f"{found}.textContent"))

    def picture(self, *, whole: bool = True) -> bytes:
        """Return the page as PNG, from its top to its end if `whole`."""
        asked = {"format": "png", "captureBeyondViewport": whole}
        return base64.b64decode(self.send("Page.captureScreenshot", asked)["data"])
