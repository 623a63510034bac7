"""How long one `decode` holds a thread, for docs/frameworks.md: `python benchmarks/threads.py`.

The unit is the time to hand a call to another thread and wait for it. Each figure is the best of
many runs, so that other work of the machine does not count.
"""

import asyncio
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from passphrase import Codec, Invite, Keyring, Origin, PassphraseError, share
from passphrase.opening import LEVELS, Level
from passphrase.reading.find import MAX_CHARS

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from expensive import EXPENSIVE, written

RUNS: Final = 10
HOPS: Final = 200
CODEC: Final = Codec(Keyring({1: bytes(range(32))}), audience="douyin")
INVITE: Final = Invite(
    group_id=6824193837465920001,
    inviter_id=102938475610293847,
    expires_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    origin=Origin.WECHAT,
)


def texts() -> dict[str, list[str]]:
    """Make a message, a damaged one, and those that `tools/search_expensive.py` has found."""
    text = CODEC.encode(INVITE)
    message = share(text, group_name="火锅小分队", app_name="抖音")
    return {
        "as it was shared": [message],
        "one emoji lost": [message.replace(text[5], "?")],
        **{
            f"the worst of {chars} characters": [written(recipe, chars) for recipe in EXPENSIVE]
            for chars in (400, MAX_CHARS)
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
    for name, some in texts().items():
        row = (max(best_seconds(text, level) for text in some) / hop for level in LEVELS)
        print(f"{name:32}", *(f"{each:10.1f}" for each in row))


if __name__ == "__main__":
    main()
