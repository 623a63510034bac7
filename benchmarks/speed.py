"""Compare the speed of encoding and decoding one invite with other signed tokens.

    pip install -e '.[bench,cli]'
    python benchmarks/speed.py                      a few minutes: print the table
    python benchmarks/speed.py --quick              some seconds, for a first look
    python benchmarks/speed.py --json FILE          also write what is printed
    python benchmarks/speed.py --pyperf FILE        also write the seconds, for pyperf's commands
    python benchmarks/speed.py --before WHEEL       also compare with the version in a wheel

Only ratios are printed: what is compared is measured in turns in one process, and a few processes
are asked, so a busy machine slows all of it alike. A ratio is the median over the turns, and the
interval holds the middle half of them. Who carries what, and how: `peers.py`.
"""

import argparse
import hmac
import importlib
import json
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from operator import truediv
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyperf
from peers import INVITE, OURS, PEERS, SECRET, Form, ours

from passphrase import Codec, Keyring, PassphraseError, recognize
from passphrase.scripts import SCRIPT_NAMES

CHAT: Final = (
    "老王：今天晚上七点半老地方吃火锅，位子订好了，带上小李😂 他上次说想吃虾滑。\n"
    "群里好几个人问我怎么进读书会的群，我把口令发在下面，复制整条消息，打开软件就能加进去。\n"
    "不用一个一个拉人了，哈哈。See you there, don't be late! 地铁二号线 3 号口出来走五分钟。\n"
)
MESSAGE_CHARS: Final = 400
LENGTHS: Final = (100, 400, 1600, 6400, 25_600, 65_536)
COUNTS: Final = (1, 4, 16, 64, 256, 1000)
TURN_SECONDS: Final = 0.0015
WARM_CALLS: Final = 5
Times = dict[str, list[float]]


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        what: What is done.
        who: Which form or case does it.
        ratio: The median ratio to the reference of this part of the table.
        low: The start of the interval that holds the middle half of the turns.
        high: Its end.
        floors: The time in pairs of HMAC.
        before: The ratio to the version before.
    """

    what: str
    who: str
    ratio: float
    low: float
    high: float
    floors: float | None = None
    before: float | None = None


def chat(size: int) -> str:
    """Return `size` characters of ordinary chat."""
    return (CHAT * (size // len(CHAT) + 1))[:size]


def message(text: str, size: int = MESSAGE_CHARS) -> str:
    """Put a passphrase into the middle of a chat message."""
    rest = chat(size - len(text) - 2)
    return f"{rest[: len(rest) // 2]}【{text}】{rest[len(rest) // 2 :]}"


def refusing(action: Callable[[str], object], text: str) -> None:
    """Let a text be refused."""
    with suppress(Exception):
        action(text)


def floor() -> None:
    """Compute two HMAC-SHA-256 over the bytes of header and body, which every token needs."""
    hmac.digest(SECRET, b"twenty-four bytes, no end", "sha256")
    hmac.digest(SECRET, b"twenty-four bytes, no end", "sha256")


def damaged(text: str, codec: Codec) -> dict[str, Callable[[], object]]:
    """Return the repair of one damage a time, and what each level costs when all is well."""
    other = text[10] if text[5] != text[10] else text[11]
    wrong, lost = text[:5] + other + text[6:], text[:5] + text[6:]
    return {
        "whole, exact": partial(codec.decode, text, repair="exact"),
        "whole, standard": partial(codec.decode, text),
        "whole, thorough": partial(codec.decode, text, repair="thorough"),
        "one wrong, standard": partial(codec.decode, wrong),
        "one lost, standard": partial(codec.decode, lost),
        "one wrong, exact: refused": partial(
            refusing, partial(codec.decode, repair="exact"), wrong
        ),
        "one wrong, thorough": partial(codec.decode, wrong, repair="thorough"),
        "one lost, thorough": partial(codec.decode, lost, repair="thorough"),
    }


def actions() -> dict[str, Callable[[], object]]:
    """Name everything that is timed, as "what: who"."""
    found: dict[str, Callable[[], object]] = {"floor: two HMAC-SHA-256": floor}
    forms: tuple[Form, ...] = (*OURS, *PEERS)
    for form in forms:
        token = form.encode(INVITE)
        found[f"encode: {form.name}"] = partial(form.encode, INVITE)
        found[f"decode, bare: {form.name}"] = partial(form.decode, token)
        if form in OURS:
            found[f"decode, message: {form.name}"] = partial(form.decode, message(token))
        found[f"refuse a message: {form.name}"] = partial(refusing, form.decode, chat(400))
    found["refuse a message: **recognize**, no key"] = partial(recognize, chat(400))
    codec = Codec(Keyring({1: SECRET}), audience="douyin", max_chars=LENGTHS[-1])
    text = codec.encode(INVITE)
    found |= {f"repair: {name}": action for name, action in damaged(text, codec).items()}
    for size in LENGTHS:
        found[f"length: {size}"] = partial(codec.decode, message(text, size))
    for number in COUNTS:
        several = "，".join(
            codec.encode(INVITE.model_copy(update={"variant": n % 256, "generation": n // 256}))
            for n in range(number)
        )
        found[f"passphrases: {number}"] = partial(refusing, codec.decode_all, several)
    return found


def actions_before(wheel: Path) -> dict[str, Callable[[], object]]:
    """Name what the version in a wheel does, with "before" after what it is."""
    this = {name: sys.modules.pop(name) for name in [*sys.modules] if is_part(name)}
    sys.path.insert(0, str(wheel))
    package = importlib.import_module("passphrase")
    invite = package.Invite(**{**INVITE.model_dump(), "origin": package.Origin(INVITE.origin)})
    found: dict[str, Callable[[], object]] = {}
    for script in SCRIPT_NAMES:
        form = ours(script, package)
        token = form.encode(invite)
        found |= {
            f"encode before: {form.name}": partial(form.encode, invite),
            f"decode, bare before: {form.name}": partial(form.decode, token),
            f"decode, message before: {form.name}": partial(form.decode, message(token)),
            f"refuse a message before: {form.name}": partial(refusing, form.decode, chat(400)),
        }
    codec = package.Codec(package.Keyring({1: SECRET}), audience="douyin")
    for name, action in damaged(codec.encode(invite), codec).items():
        with suppress(TypeError):  # 0.1.0 has no levels of repair
            action()
            found[f"repair before: {name}"] = action
    for action in found.values():
        action()  # imports what it needs
    sys.path.pop(0)
    for name in filter(is_part, [*sys.modules]):
        del sys.modules[name]
    sys.modules.update(this)
    return found


def is_part(module: str) -> bool:
    """Return whether a module is the library or in it."""
    return module.partition(".")[0] == "passphrase"


def timed(turns: int, wheel: Path | None) -> Times:
    """Time every action once a turn, so often that a turn lasts a millisecond or two.

    It is the processor's time that counts, so what else the machine does is left out.
    """
    todo = actions() | (actions_before(wheel) if wheel else {})
    loops: dict[str, int] = {}
    for name, action in todo.items():
        action()
        start = time.thread_time()
        for _ in range(WARM_CALLS):
            action()
        each = (time.thread_time() - start) / WARM_CALLS
        loops[name] = max(1, round(TURN_SECONDS / each))
    times: Times = {name: [] for name in todo}
    for _ in range(turns):
        for name, action in todo.items():
            repeats = range(loops[name])
            action()  # what was timed before it has emptied the caches
            start = time.thread_time()
            for _ in repeats:
                action()
            times[name].append((time.thread_time() - start) / loops[name])
    return times


STARTS: Final[Mapping[str, tuple[str, str]]] = {
    "import: python alone": ("pass", ""),
    "import: **passphrase**": ("import passphrase", ""),
    "import: **recognize, and one call**": ("import passphrase; passphrase.recognize('x')", ""),
    "import: **Codec**": ("from passphrase import Codec", ""),
    "import: pydantic `BaseModel`": ("from pydantic import BaseModel", ""),
    "import: itsdangerous": ("import itsdangerous", ""),
    "import: PyJWT": ("import jwt", ""),
    "import: Fernet": ("from cryptography.fernet import Fernet", ""),
    "import: pyseto": ("import pyseto", ""),
    "command: a bare click command": ("import click; click.command()(lambda: 0)()", "--help"),
    "command: **passphrase --help**": ("from passphrase.__main__ import main; main()", "--help"),
}


def started(turns: int) -> Times:
    """Time fresh interpreters, in turns."""
    times: Times = {name: [] for name in STARTS}
    for _ in range(turns + 1):  # the first turn may have to compile
        for name, (statement, argument) in STARTS.items():
            command = [sys.executable, "-c", statement, *filter(None, [argument])]
            start = pyperf.perf_counter()
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own
            times[name].append(pyperf.perf_counter() - start)
    return {name: seconds[1:] for name, seconds in times.items()}


def peak(size: int) -> float:
    """Return the most bytes that decoding holds at once, for each character of a text."""
    codec = Codec(Keyring({1: SECRET}), audience="douyin", max_chars=LENGTHS[-1])
    text = message(codec.encode(INVITE), size)
    codec.decode(text)
    tracemalloc.start()
    codec.decode(text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / size


def ratios(times: Times, what: str, reference: str, *, floors: bool = False) -> Iterator[Row]:
    """Compare all that is timed under one heading with a reference."""
    least = times["floor: two HMAC-SHA-256"] if floors else None
    for name, seconds in times.items():
        heading, who = name.split(": ", 1)
        if heading == what:
            turns = map(truediv, seconds, times[reference])
            low, middle, high = statistics.quantiles(turns, n=4)
            before = times.get(f"{what} before: {who}")
            multiples = median_ratio(seconds, least), median_ratio(seconds, before)
            yield Row(what, who, middle, low, high, *multiples)


def median_ratio(seconds: list[float], reference: list[float] | None) -> float | None:
    """Compare the same turns of two actions; None if there is no reference."""
    if reference is None:
        return None
    return float(statistics.median(map(truediv, seconds, reference)))


def fastest_peer(times: Times, what: str) -> str:
    """Name the peer that does something in the least time."""
    names = [f"{what}: {form.name}" for form in PEERS]
    return min(names, key=lambda name: statistics.median(times[name]))


def table(times: Times, starts: Times) -> list[Row]:
    """Compare everything with what it is to be compared with."""
    encode, decode = fastest_peer(times, "encode"), fastest_peer(times, "decode, bare")
    return [
        *ratios(times, "encode", encode, floors=True),
        *ratios(times, "decode, bare", decode, floors=True),
        *ratios(times, "decode, message", decode, floors=True),
        *ratios(times, "refuse a message", decode),
        *ratios(times, "repair", "repair: whole, standard"),
        *ratios(times, "length", f"length: {LENGTHS[0]}"),
        *ratios(times, "passphrases", f"passphrases: {COUNTS[0]}"),
        *ratios(starts, "import", "import: python alone"),
        *ratios(starts, "command", "command: a bare click command"),
    ]


UNITS: Final = {
    "encode": "× the fastest peer",
    "decode, bare": "× the fastest peer",
    "decode, message": "× the fastest peer on its bare token",
    "refuse a message": "× the fastest peer's decoding",
    "repair": "× decoding what is whole",
    "length": "× a message of 100 characters",
    "passphrases": "× a text with one (more than 256 are refused)",
    "import": "× starting python",
    "command": "× a bare click command",
}


def shown(rows: list[Row], bytes_per_character: float) -> str:
    """Write the table as Markdown."""
    columns = ["what", "who", "time", "middle half", "× two HMAC", "× the version before"]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    last = ""
    for row in rows:
        unit = UNITS[row.what] if row.what != last else ""
        last = row.what
        floors = f"{row.floors:.1f}" if row.floors else ""
        before = f"{row.before:.2f}" if row.before else ""
        interval = f"{row.low:.2f} to {row.high:.2f}"
        cells = (row.what, row.who, f"{row.ratio:.2f} {unit}".strip(), interval, floors, before)
        lines.append(f"| {' | '.join(cells)} |")
    for form in (*OURS, *PEERS):
        token = form.encode(INVITE)
        size = f"{len(token)} characters, {len(token.encode())} bytes"
        lines.append(f"| size | {form.name} | {size} | | | |")
    lines.append(
        f"| memory | decode of 64 Ki | {bytes_per_character:.0f} bytes a character | | | |"
    )
    return "\n".join(lines)


def gathered(processes: int, turns: int, wheel: Path | None) -> Times:
    """Ask fresh processes, one after another, and put their turns together."""
    times: Times = {}
    for _ in range(processes):
        command = [sys.executable, __file__, "--worker", str(turns)]
        command += ["--before", str(wheel)] if wheel else []
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
        for name, seconds in json.loads(done.stdout).items():
            times.setdefault(name, []).extend(seconds)
    return times


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    parser.add_argument("--pyperf", type=Path, metavar="FILE", help="write the seconds for pyperf")
    parser.add_argument("--before", type=Path, metavar="WHEEL", help="compare with a wheel, too")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(timed(options.worker, options.before)))
        return 0
    processes, turns, starts = (1, 9, 2) if options.quick else (6, 50, 15)
    times = gathered(processes, turns, options.before)
    rows = table(times, started(starts))
    memory = peak(LENGTHS[-1])
    if options.json:
        measured: dict[str, Any] = {
            "python": sys.version.split()[0],
            "rows": [row._asdict() for row in rows],
            "bytes_per_character": round(memory, 1),
        }
        options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    if options.pyperf:
        suite(times).dump(str(options.pyperf), replace=True)
    print(shown(rows, memory))
    return 0


def suite(times: Times) -> pyperf.BenchmarkSuite:
    """Hand the seconds over to pyperf, whose commands compare them with those of another day."""
    return pyperf.BenchmarkSuite(
        [
            pyperf.Benchmark([pyperf.Run(seconds, metadata={"name": name})])
            for name, seconds in times.items()
        ]
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PassphraseError as error:
        sys.exit(str(error))
