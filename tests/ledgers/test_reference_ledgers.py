"""Each ledger of examples/ledgers/ keeps every invariant; servers are killed with SIGKILL."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import ledger_stores as stores
import pytest
import redis
import wrong_ledgers as wrong
from ledgers.redis_lua import RedisLedger

from passphrase.ledger import CLOCK_ERROR
from passphrase.testing.laws import BrokenInvariantError
from passphrase.testing.ledgers import check_ledger

SMALL: dict[str, Any] = {"examples": 15, "rounds": 12, "kills": 2}
ONE_STORM: dict[str, Any] = {"examples": 1, "rounds": 8, "processes": 2, "kills": 0}
SLOW_STORE: dict[str, Any] = {"examples": 5, "rounds": 6, "kills": 1}


def server(
    program: str, start: Callable[[], AbstractContextManager[stores.Server]]
) -> Iterator[stores.Server]:
    if stores.found(program) is None:
        pytest.skip(f"needs {program}")
    with start() as running:
        yield running


@pytest.fixture(scope="module")
def redis_server() -> Iterator[stores.Server]:
    yield from server("redis-server", stores.redis_server)


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[stores.Server]:
    yield from server("postgres", stores.postgres_server)


@pytest.fixture(scope="module")
def alchemy_server(postgres_server: stores.Server) -> stores.Server:
    stores.make_alchemy_tables(postgres_server.port)
    return postgres_server


@pytest.fixture(scope="module")
def mariadb_server() -> Iterator[stores.Server]:
    yield from server("mariadbd", stores.mariadb_server)


@pytest.mark.slow
def test_sqlite_in_threads(tmp_path: Path) -> None:
    make = partial(stores.open_sqlite, tmp_path / "db")
    checked = check_ledger(make, processes=0, examples=5, rounds=2)
    assert (checked.calls > 300, checked.unchecked) == (True, ("I5",))


@pytest.mark.slow
def test_sqlite(tmp_path: Path) -> None:
    check_ledger(partial(stores.open_sqlite, tmp_path / "db"))


@pytest.mark.slow
def test_postgresql(postgres_server: stores.Server) -> None:
    make = partial(stores.open_postgres, postgres_server.port)
    assert not check_ledger(make, outage=postgres_server.outage, **SMALL).unchecked


@pytest.mark.slow
def test_mariadb(mariadb_server: stores.Server) -> None:
    make = partial(stores.open_mariadb, mariadb_server.port)
    assert not check_ledger(make, outage=mariadb_server.outage, **SMALL).unchecked


@pytest.mark.slow
def test_redis(redis_server: stores.Server) -> None:
    make = partial(stores.open_redis, redis_server.port)
    assert not check_ledger(make, outage=redis_server.outage, **SMALL).unchecked


@pytest.mark.slow
@pytest.mark.parametrize("make", [stores.open_alchemy, stores.open_async_alchemy])
def test_sqlalchemy(make: Callable[[int], Any], alchemy_server: stores.Server) -> None:
    check_ledger(partial(make, alchemy_server.port), outage=alchemy_server.outage, **SLOW_STORE)


@pytest.mark.slow
def test_django(tmp_path: Path) -> None:
    stores.make_django_tables(tmp_path / "db")
    check_ledger(partial(stores.open_django, tmp_path / "db"), **SLOW_STORE)


# --- A disk that is full -------------------------------------------------------------------------


@pytest.fixture
def disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(stores.small_disk(getattr(request, "param", 16)))
        except OSError as error:
            pytest.skip(str(error))
        yield folder


@pytest.mark.slow
def test_sqlite_on_a_full_disk(disk: Path) -> None:
    make = partial(stores.open_sqlite, disk / "db")
    check_ledger(make, full_disk=partial(stores.full_sqlite, disk), **SMALL)


@pytest.mark.slow
@pytest.mark.skipif(stores.found("redis-server") is None, reason="needs redis-server")
def test_redis_on_a_full_disk(disk: Path) -> None:
    with stores.redis_server(disk) as server:
        client = stores.redis_at(server.port)
        full_disk = partial(
            stores.full, disk, lambda: client.set("junk", "x" * 65_536), redis.ResponseError
        )
        check_ledger(partial(stores.open_redis, server.port), full_disk=full_disk, **SMALL)


@pytest.mark.slow
@pytest.mark.skipif(stores.found("postgres") is None, reason="needs postgres")
@pytest.mark.parametrize("disk", [48], indirect=True)
@pytest.mark.parametrize(
    "writing", [stores.uses_in_postgres, stores.log_of_postgres], ids=["table", "log"]
)
def test_postgresql_on_a_full_disk(writing: Any, disk: Path) -> None:
    """It refuses what needs room in a table; without room for its log, its sessions die."""
    with stores.postgres_server(disk=disk) as server:
        full_disk = partial(stores.full_server, disk, server, stores.postgres, writing)
        check_ledger(partial(stores.open_postgres, server.port), full_disk=full_disk, **ONE_STORM)


@pytest.mark.slow
@pytest.mark.skipif(stores.found("mariadbd") is None, reason="needs mariadbd")
@pytest.mark.parametrize("disk", [48], indirect=True)
def test_mariadb_on_a_full_disk(disk: Path) -> None:
    with stores.mariadb_server(disk) as server:
        full_disk = partial(
            stores.full_server, disk, server, stores.mariadb, stores.uses_in_mariadb
        )
        check_ledger(partial(stores.open_mariadb, server.port), full_disk=full_disk, **ONE_STORM)


# --- A clock that is wrong -----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(stores.faketime() is None, reason="needs libfaketime")
@pytest.mark.skipif(stores.found("postgres") is None, reason="needs postgres")
@pytest.mark.parametrize("clock", ["-1h", "+1h"])
def test_postgresql_whose_clock_is_wrong(clock: str) -> None:
    with stores.postgres_server(clock) as server:
        with stores.postgres(server.port) as db:
            row: Any = db.execute("SELECT extract(epoch FROM clock_timestamp())::float").fetchone()
        wrong_by = row[0] - time.time()
        assert abs(wrong_by) == pytest.approx(3_600, abs=60)
        check_ledger(partial(stores.open_postgres, server.port), **SLOW_STORE)


@pytest.mark.slow
def test_redis_whose_clock_steps(redis_server: stores.Server) -> None:
    """Its keys end by its own clock, an hour late: it may step ahead by less, but not by more."""
    client = stores.redis_at(redis_server.port)

    def check(ahead: timedelta) -> None:
        def pass_time(time_passed: timedelta) -> None:
            stores.step_clock_of_redis(client, time_passed + ahead)

        make = partial(stores.open_redis, redis_server.port)
        check_ledger(make, pass_time=pass_time, processes=0, examples=1, rounds=2)

    check(CLOCK_ERROR - timedelta(minutes=5))
    with pytest.raises(BrokenInvariantError) as broken:
        check(CLOCK_ERROR + timedelta(minutes=5))
    assert broken.value.invariant == "I6"


# --- Wrong ones that need a server --------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "invariant"), [(wrong.WithoutLua, "I1"), (wrong.LivesAsLongAsAClaim, "I6")]
)
def test_wrong_in_redis(make: Any, invariant: str, redis_server: stores.Server) -> None:
    with pytest.raises(BrokenInvariantError) as broken:
        check_ledger(partial(make, redis_server.port), examples=1)
    assert broken.value.invariant == invariant
    assert 0 < len(broken.value.history) <= 9


@pytest.mark.slow
@pytest.mark.parametrize("setting", [("maxmemory-policy", "allkeys-lru"), ("appendonly", "no")])
def test_a_redis_that_forgets_is_refused(
    setting: tuple[str, str], redis_server: stores.Server
) -> None:
    client: Any = redis.Redis(port=redis_server.port, decode_responses=True)
    before = client.config_get(setting[0])[setting[0]]
    client.config_set(*setting)
    with pytest.raises(RuntimeError, match="noeviction and appendonly"):
        RedisLedger(client)
    client.config_set(setting[0], before)
