"""The kit against right and wrong ledgers, as a table: `python benchmarks/prove_ledgers.py`.

8 processes, 10,000 calls or more of each right ledger; SIGKILL ends workers and servers.
`--quick` makes fewer calls, as do those that connect for each verb. `--rounds 600` makes 10,000
calls in each of the 8 processes. Wrong ledgers should be caught, and right ones should not. Takes
ten minutes or more; needs redis-server, PostgreSQL, MariaDB, libfaketime, and the right to mount a
small disk, which is filled.

    python benchmarks/prove_ledgers.py --rounds 600 --only SQLite Redis
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "examples")]  # children get it, too

import ledger_stores as stores  # noqa: E402  # after its folder is known
import wrong_ledgers as wrong  # noqa: E402

from passphrase.testing.laws import BrokenInvariantError  # noqa: E402
from passphrase.testing.ledgers import Outage, check_ledger  # noqa: E402

HOW: Final[dict[str, Any]] = {"processes": 8, "threads": 1, "kills": 12}
SIZES: Final = {True: {"rounds": 8, "examples": 10}, False: {"rounds": 60, "examples": 60}}
WRONG: Final = (
    *(wrong.CheckThenUpdate, wrong.Deferred, wrong.CountedInMemory, wrong.NotCommitted),
    *(wrong.RetryIsAnotherPerson, wrong.CountedAgain, wrong.GiveBackFreesAnother),
    *(wrong.GiveBackFreesSettled, wrong.RevokeForgetsPending, wrong.DenyListInACache),
    *(
        wrong.UnbanLiftsAll,
        wrong.NeverLapses,
        wrong.LapsedComesBack,
        wrong.OneMore,
        wrong.SettlesWithoutClaim,
    ),
    *(
        wrong.ExpiryIgnored,
        wrong.KeyDropped,
        wrong.BigintIds,
        wrong.FloatIds,
        wrong.FloatGroups,
        wrong.BigintRaises,
    ),
)
WRONG_IN_REDIS: Final = (wrong.WithoutLua, wrong.LivesAsLongAsAClaim)


Show = Callable[[str, Callable[[], Any], dict[str, Any]], None]


def row(name: str, make: Callable[[], Any], how: dict[str, Any]) -> None:
    """Run the kit, and print what it found."""
    start = time.perf_counter()
    try:
        found = f"nothing in {check_ledger(make, **how).calls:,} calls"
    except BrokenInvariantError as error:
        found = f"{error.invariant}: {error.what} ({len(error.history)} lines)"
    print(f"| {name} | {time.perf_counter() - start:.1f} s | {found} |", flush=True)


def show_faults(show: Show) -> None:
    """Try a full disk, and a server whose clock is wrong."""
    how = HOW | SIZES[True]

    def show_full(name: str, make: Callable[[], Any], full_disk: Outage) -> None:
        show(f"{name}, full disk", make, how | {"full_disk": full_disk})

    with stores.small_disk(16) as disk:
        full_disk = partial(stores.full_sqlite, disk)
        show_full("SQLite", partial(stores.open_sqlite, disk / "db"), full_disk)
    with stores.small_disk(48) as disk, stores.postgres_server(disk=disk) as server:
        for name, writing in (
            ("PostgreSQL", stores.uses_in_postgres),
            ("log of PostgreSQL", stores.log_of_postgres),
        ):
            full_server = partial(stores.full_server, disk, server, stores.postgres, writing)
            show_full(name, partial(stores.open_postgres, server.port), full_server)
    with stores.small_disk(48) as disk, stores.mariadb_server(disk) as server:
        full_server = partial(
            stores.full_server, disk, server, stores.mariadb, stores.uses_in_mariadb
        )
        show_full("MariaDB", partial(stores.open_mariadb, server.port), full_server)
    for clock in ("-1h", "+1h"):
        with stores.postgres_server(clock) as server:
            show(f"PostgreSQL, clock {clock}", partial(stores.open_postgres, server.port), how)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer calls")
    parser.add_argument("--rounds", type=int, help="invites that each race is about")
    parser.add_argument("--only", nargs="+", metavar="LEDGER", help="rows of the table")
    options = parser.parse_args()
    rounds = {"rounds": options.rounds} if options.rounds else {}
    size = SIZES[options.quick] | rounds

    def show(name: str, make: Callable[[], Any], how: dict[str, Any]) -> None:
        if not options.only or name in options.only:
            row(name, make, how)

    print("| ledger | time | broken |\n|---|---|---|")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(server: Callable[[], AbstractContextManager[stores.Server]]) -> stores.Server:
            return stack.enter_context(server())

        for kind in WRONG:
            show(f"wrong: {kind.__name__}", partial(kind, folder / kind.__name__), {})
        redis_server = start(stores.redis_server)
        for forgets in WRONG_IN_REDIS:
            show(f"wrong: {forgets.__name__}", partial(forgets, redis_server.port), {})
        show("SQLite", partial(stores.open_sqlite, folder / "db"), HOW | size)
        postgres, mariadb = start(stores.postgres_server), start(stores.mariadb_server)
        for name, server, make in (
            ("Redis", redis_server, stores.open_redis),
            ("PostgreSQL", postgres, stores.open_postgres),
            ("MariaDB", mariadb, stores.open_mariadb),
        ):
            show(name, partial(make, server.port), HOW | size | {"outage": server.outage})
        stores.make_alchemy_tables(postgres.port)
        for name, open_alchemy in (
            ("SQLAlchemy on PostgreSQL", stores.open_alchemy),
            ("SQLAlchemy, async", stores.open_async_alchemy),
        ):
            opened: Callable[[], Any] = partial(open_alchemy, postgres.port)
            show(name, opened, HOW | SIZES[True] | {"outage": postgres.outage})
        stores.make_django_tables(folder / "django")
        show("Django on SQLite", partial(stores.open_django, folder / "django"), HOW | SIZES[True])
    show_faults(show)


if __name__ == "__main__":
    main()
