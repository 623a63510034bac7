"""The reference service under load, as a table: `python benchmarks/service_load.py`.

    --seconds 10 --connections 8 --servers

Client and service share this machine's processors. `--servers` also measures PostgreSQL with Redis.
A tenth of the last load is the most expensive hostile text of `tests/expensive.py`; the limits of
rate, which would refuse it, are off.
"""

import argparse
import asyncio
import itertools
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "examples")]

import ledger_stores as stores  # noqa: E402  # after its folder is known
from expensive import EXPENSIVE, written  # noqa: E402
from served import UNLIMITED, Served, served  # noqa: E402
from service.invites import CHARS_MAX  # noqa: E402
from service.sessions import Sessions  # noqa: E402
from service.store import make_pool  # noqa: E402

from passphrase import Codec, Keyring, Visit, join_prompt  # noqa: E402
from passphrase.joining.rules import Facts  # noqa: E402

KEYRING: Final = Keyring({1: bytes(range(32))})
SECRET: Final = "s" * 32
SESSIONS: Final = Sessions(SECRET)
GROUPS: Final = 100
HOSTILE_EVERY: Final = 10
Request = tuple[bytes, bool]  # and whether it is hostile


class Took(NamedTuple):
    """What one connection saw: seconds of honest and of hostile requests, and statuses."""

    honest: list[float]
    hostile: list[float]
    statuses: dict[int, int]


def request(path: str, body: object, user: int) -> bytes:
    """Write a request."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {SESSIONS.token(user)}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def connection(port: int, requests: Iterator[Request], ends: float, took: Took) -> None:
    """Send one request after another until the time is over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < ends:
        sent, is_hostile = next(requests)
        start = time.perf_counter()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        (took.hostile if is_hostile else took.honest).append(time.perf_counter() - start)
        status = int(head[9:12])
        took.statuses[status] = took.statuses.get(status, 0) + 1
    writer.close()


async def load(port: int, requests: Iterator[Request], seconds: float, count: int) -> Took:
    """Use some connections at once."""
    took = Took([], [], {})
    ends = time.perf_counter() + seconds
    await asyncio.gather(*(connection(port, requests, ends, took) for _ in range(count)))
    return took


def row(name: str, took: Took, seconds: float) -> None:
    """Print a line of the table."""
    done = len(took.honest) + len(took.hostile)
    p50, p99 = (1000 * statistics.quantiles(took.honest, n=100)[at] for at in (49, 98))
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(took.statuses.items()))
    print(f"| {name} | {done / seconds:.0f} | {p50:.1f} | {p99:.1f} | {statuses} |", flush=True)


def passphrases(service: Served, place: str) -> list[str]:
    """Make groups, and an invite without a cap into each."""
    pool = make_pool(place)
    with pool.store() as store:
        for group in range(GROUPS):
            store.add_group(group, "火锅小分队", 1, size=10**6)
    pool.close()
    made: list[str] = []
    for group in range(GROUPS):
        body = {"group_id": str(group), "to": "wechat"}
        minted = service("POST", "/invites", body, SESSIONS.token(1))
        made.append(minted.json["passphrase"])
    return made


def measure(where: str, options: argparse.Namespace, place: str, **environment: str) -> None:
    """Start the service over a database, and load it."""
    keys = {"PASSPHRASE_KEYS": KEYRING.reveal(), "PASSPHRASE_AUDIENCE": "douyin"}
    keys |= {"SESSION_SECRET": SECRET, "RATES": UNLIMITED, "DATABASE_URL": place}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), **keys, **environment) as s:
        made = passphrases(s, place)
        port = int(s.address.rpartition(":")[2])
        opened = [request("/invites/open", {"text": m, "source": "wechat"}, 9) for m in made]
        hostile = [
            request("/invites/open", {"text": written(recipe, CHARS_MAX)}, 9)
            for recipe in EXPENSIVE
        ]

        def join() -> Iterator[Request]:
            for message in itertools.cycle(made):
                body = {"text": message, "source": "wechat"}
                yield request("/invites/join", body, secrets.randbits(60)), False

        def mixed() -> Iterator[Request]:
            for at in itertools.count():
                is_hostile = at % HOSTILE_EVERY == 0
                chosen = hostile if is_hostile else opened
                yield chosen[at % len(chosen)], is_hostile

        loads: dict[str, Callable[[], Iterator[Request]]] = {
            "open": lambda: ((each, False) for each in itertools.cycle(opened)),
            "join": join,
            "open, a tenth hostile": mixed,
        }
        for name, requests in loads.items():
            asyncio.run(load(port, requests(), 1, options.connections))
            took = asyncio.run(load(port, requests(), options.seconds, options.connections))
            row(f"{where}: {name}", took, options.seconds)
        print(f"decoding and judging alone: {library_ms(made[0]):.2f} ms\n", flush=True)


def library_ms(message: str) -> float:
    """Return the milliseconds that decoding and judging take, without a service."""
    codec, now = Codec(KEYRING, audience="douyin"), datetime.now(UTC)
    facts = Facts(
        generation=0, member=False, banned=False, inviter_is_member=True, group_full=False
    )
    times: list[float] = []
    for _ in range(2000):
        start = time.perf_counter()
        join_prompt(codec.decode(message), Visit(viewer_id=9, now=now, source="wechat"), facts)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="The reference service under load.")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--servers", action="store_true", help="PostgreSQL and Redis too")
    options = parser.parse_args()
    print("| load | requests a second | honest p50, ms | honest p99, ms | statuses |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", options, str(Path(folder) / "invites.db"))
    if options.servers:
        with ExitStack() as running:
            postgres = running.enter_context(stores.postgres_server())
            redis = running.enter_context(stores.redis_server())
            place = f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres"
            url = f"redis://127.0.0.1:{redis.port}"
            measure("PostgreSQL, Redis", options, place, REDIS_URL=url)


if __name__ == "__main__":
    main()
