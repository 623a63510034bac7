"""How long one `decode` holds a thread, for docs/frameworks.md: `python benchmarks/threads.py`.

The unit is the time to hand a call to another thread and wait for it. Each figure is the best of
many runs, so that other work of the machine does not count.
"""

import asyncio
import random
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from passphrase import Codec, Invite, Keyring, Origin, PassphraseError, share
from passphrase.codec import LEVELS, Level
from passphrase.format.layout import header_symbol
from passphrase.format.wire import pack
from passphrase.scripts import load_script

MAX_CHARS: Final = 4_000
RUNS: Final = 10
HOPS: Final = 200
CODEC: Final = Codec(Keyring({1: bytes(range(32))}), audience="douyin", max_chars=MAX_CHARS)
INVITE: Final = Invite(
    group_id=6824193837465920001,
    inviter_id=102938475610293847,
    expires_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    origin=Origin.WECHAT,
)


def texts() -> dict[str, str]:
    """Make a message, a damaged one, and three that are made to cost."""
    text = CODEC.encode(INVITE)
    message = share(text, group_name="火锅小分队", app_name="抖音")
    draw = random.Random(1)  # noqa: S311  # the same texts each time
    first = header_symbol(pack(INVITE, 1)[0])
    glyphs = load_script("emoji").glyphs

    def random_glyphs(count: int) -> str:
        return "".join(glyphs[draw.randrange(1024)] for _ in range(count))

    rows = "，".join(glyphs[first] + random_glyphs(29) for _ in range(130))
    broken = "，".join([f"{text[:9]}?{text[10:20]}?{text[21:29]}"] * 150)
    return {
        "as it was shared": message,
        "one emoji lost": message.replace(text[5], "?"),
        **{
            f"{name}, {size} characters": hostile[:size]
            for size in (400, MAX_CHARS)
            for name, hostile in (
                ("many headers", rows),
                ("one long row", random_glyphs(MAX_CHARS)),
                ("many damaged", broken),
            )
        },
    }


def best_seconds(text: str, level: Level) -> float:
    """Return the shortest time of one call."""
    times: list[float] = []
    for _ in range(RUNS):
        start = time.perf_counter()
        with suppress(PassphraseError):
            CODEC.decode(text, repair=level)
        times.append(time.perf_counter() - start)
    return min(times)


async def hop_seconds() -> float:
    """Return the shortest mean time of some calls in another thread that do nothing."""
    times: list[float] = []
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(HOPS):
            await asyncio.to_thread(int)
        times.append((time.perf_counter() - start) / HOPS)
    return min(times)


def main() -> None:
    """Print the table."""
    hop = asyncio.run(hop_seconds())
    print(f"{'in threads and back':32}", *(f"{level:>10}" for level in LEVELS))
    for name, text in texts().items():
        row = (best_seconds(text, level) / hop for level in LEVELS)
        print(f"{name:32}", *(f"{each:10.1f}" for each in row))


if __name__ == "__main__":
    main()
