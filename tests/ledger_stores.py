"""Database servers on loopback for the ledgers, and factories that other processes can import."""

import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import django
import psycopg
import pymysql
import redis
from django.conf import settings
from django.db import connection, connections
from ledgers.mariadb import SCHEMA as MARIADB_SCHEMA
from ledgers.mariadb import MariaLedger
from ledgers.postgresql import SCHEMA as POSTGRES_SCHEMA
from ledgers.postgresql import PostgresLedger
from ledgers.redis_lua import RedisLedger
from ledgers.sqlalchemy_orm import AsyncSqlAlchemyLedger, Base, SqlAlchemyLedger
from ledgers.sqlite import SqliteLedger
from sqlalchemy import NullPool, create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

from passphrase.ledger import Ticket
from passphrase.testing.laws import START

SAFE = ("--appendonly", "yes", "--maxmemory-policy", "noeviction")
SMALL_LOG = "--wal-segsize=1"
START_SECONDS = 60.0
DJANGO = Lock()


def found(name: str) -> str | None:
    """Find a program, also where Debian hides those of PostgreSQL."""
    hidden = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    sbin = shutil.which(name, path="/usr/sbin")
    return shutil.which(name) or sbin or (str(hidden[-1]) if hidden else None)


class Server:
    """A server that can be killed with SIGKILL and started again on its data.

    Args:
        command: What starts it, after its data has been made.
        ping: Raises while it does not answer.
        folder: Its data.
        port: Where it listens.
    """

    def __init__(
        self, command: list[str], ping: Callable[[], object], folder: Path, port: int
    ) -> None:
        self.port = port
        self.folder = folder
        self._command = command
        self._ping = ping
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers; what a killed one left may need some tries."""
        end = time.monotonic() + START_SECONDS
        while True:
            if self._process is None or self._process.poll() is not None:
                log = (self.folder.parent / "log").open("ab")
                self._process = subprocess.Popen(  # noqa: S603  # our own command
                    self._command, stdout=log, stderr=log
                )
                log.close()
            with suppress(Exception):
                self._ping()
                return
            assert time.monotonic() < end, (self.folder.parent / "log").read_text()[-2_000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it, as a machine's out-of-memory killer does."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Let it end, with all that it has to write."""
        if self._process:
            self._process.terminate()
            self._process.wait()

    @contextmanager
    def outage(self) -> Generator[None]:
        """Kill it, and start it again."""
        self.kill()
        yield
        self.start()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def faketime() -> Path | None:
    """Return the library that makes a program's clock wrong."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own commands


@contextmanager
def redis_server(disk: Path | None = None) -> Generator[Server]:
    with folder_of(None, disk) as folder:
        port, program = free_port(), found("redis-server") or ""
        where = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        server = Server([program, *where, *SAFE], lambda: redis_at(port).ping(), folder, port)
        yield from running(server)


@contextmanager
def postgres_server(clock: str = "", disk: Path | None = None) -> Generator[Server]:
    """Start PostgreSQL, which refuses to run as root.

    Args:
        clock: How far its clock is wrong, as libfaketime writes it, such as "-1h".
        disk: Where its data are.
    """
    user = "postgres" if os.geteuid() == 0 else None
    mask = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    with folder_of(user, disk) as folder:
        port, program = free_port(), found("postgres") or ""
        how = ("-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C", SMALL_LOG)
        run(*mask, found("initdb") or "", "-D", str(folder), *how)
        where = ("listen_addresses=127.0.0.1", "unix_socket_directories=")
        options = (*where, "fsync=off", "max_wal_size=8MB")
        settings = [part for option in options for part in ("-c", option)]
        # Not the program faketime: it starts a child, which would outlive it.
        wrong = ["env", f"LD_PRELOAD={faketime()}", f"FAKETIME={clock}"] if clock else []
        command = [*mask, *wrong, program, "-D", str(folder), "-p", str(port), *settings]
        server = Server(command, lambda: postgres(port).close(), folder, port)
        yield from running(server, lambda: make_postgres_tables(port))


@contextmanager
def mariadb_server(disk: Path | None = None) -> Generator[Server]:
    with folder_of(None, disk) as folder:
        port, program = free_port(), found("mariadbd") or ""
        user = "--user=root" if os.geteuid() == 0 else f"--datadir={folder}"
        data = ("--no-defaults", f"--datadir={folder}", user)
        where = (f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder.parent}/socket")
        # Without tables of its own it has no users, and lets everybody in.
        speed = ("--innodb-flush-log-at-trx-commit=2", "--skip-grant-tables")
        small = (
            *("--innodb-log-file-size=8M", "--innodb-temp-data-file-path=ibtmp1:1M:autoextend"),
            "--innodb-autoextend-increment=1",
        )
        pid = f"--pid-file={folder.parent}/pid"
        command = [program, *data, *where, *speed, *small, pid]
        server = Server(command, lambda: mariadb(port, None).close(), folder, port)

        def make_tables() -> None:
            server.stop()  # or its first pages, which no log has, are lost when it is killed
            server.start()
            with mariadb(port, None) as db, db.cursor() as cursor:
                cursor.execute("CREATE DATABASE IF NOT EXISTS ledger CHARACTER SET ascii")
                cursor.execute("USE ledger")
                for statement in MARIADB_SCHEMA.split(";"):
                    cursor.execute(statement)

        yield from running(server, make_tables)


@contextmanager
def folder_of(user: str | None, disk: Path | None = None) -> Generator[Path]:
    """Make a folder with a short name, which somebody else may own."""
    home = Path(tempfile.mkdtemp(prefix="ledger", dir=disk or "/tmp"))  # noqa: S108  # sockets need it short
    try:
        (home / "data").mkdir()
        if user:
            home.chmod(0o755)
            shutil.chown(home / "data", user)
            (home / "data").chmod(0o700)
        yield home / "data"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def running(server: Server, prepare: Callable[[], object] = lambda: None) -> Iterator[Server]:
    try:
        server.start()
        prepare()
        yield server
    finally:
        server.kill()


# --- A disk that is full --------------------------------------------------------------------------

REFUSALS = 50  # in a row: the next row may belong to a page that still has room


@contextmanager
def small_disk(megabytes: int) -> Generator[Path]:
    """Mount a file system in memory; only root can.

    Raises:
        OSError: The system forbids it.
    """
    folder = Path(tempfile.mkdtemp(prefix="disk", dir="/tmp"))
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    try:
        how = ("-t", "tmpfs", "-o", f"size={megabytes}m,mode=1777", "ledger", str(folder))
        run(*root, "mount", *how)
    except (OSError, subprocess.CalledProcessError) as error:
        folder.rmdir()
        raise OSError("needs root") from error
    try:
        yield folder
    finally:
        run(*root, "umount", "--lazy", str(folder))
        folder.rmdir()


@contextmanager
def full(disk: Path, write: Callable[[], object], *refused: type[Exception]) -> Generator[None]:
    """Fill a disk until a store says that it cannot write, and free it afterwards.

    Args:
        disk: What `small_disk` made.
        write: Lets the store write something.
        refused: What it then raises.
    """
    filler = disk / "filler"
    end = time.monotonic() + START_SECONDS
    try:
        with filler.open("wb", buffering=0) as file:

            def fill() -> None:
                refusals = 0
                while refusals < REFUSALS:
                    assert time.monotonic() < end, "the store wrote to a full disk"
                    with suppress(OSError):
                        while True:
                            file.write(bytes(4_096))
                    try:
                        write()
                        refusals = 0
                    except refused:
                        refusals += 1

            fill()
            yield
            for _ in range(20):  # let people meet it, also if the store frees some of its files
                fill()
                time.sleep(0.05)
    finally:
        filler.unlink()


def full_sqlite(disk: Path) -> AbstractContextManager[None]:
    """Fill the disk below the SQLite file `db`."""

    def write() -> None:
        with closing(sqlite3.connect(disk / "db", timeout=30)) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS junk (bytes BLOB)")
            db.execute("INSERT INTO junk VALUES (zeroblob(65536))")

    return full(disk, write, sqlite3.OperationalError)


@contextmanager
def full_server(
    disk: Path,
    server: Server,
    connect: Callable[[int], Any],
    writing: Callable[[Any], Callable[[], object]],
) -> Generator[None]:
    """Fill the disk of a server until it refuses; start the server again if it died.

    Args:
        disk: What `small_disk` made.
        server: Has its data there.
        connect: Opens a connection to its port.
        writing: Makes what writes through such a connection.
    """
    with (
        closing(connect(server.port)) as db,
        full(disk, writing(db), psycopg.Error, pymysql.MySQLError),
    ):
        yield
    server.start()


def log_of_postgres(db: Any) -> Callable[[], object]:
    """Write to the log, and to no table."""
    return lambda: db.execute("SELECT pg_logical_emit_message(true, 'junk', repeat('x', 65536))")


def uses_in_postgres(db: Any) -> Callable[[], object]:
    return uses_of_many(PostgresLedger(db))


def uses_in_mariadb(db: Any) -> Callable[[], object]:
    return uses_of_many(MariaLedger(db))


def uses_of_many(ledger: Any) -> Callable[[], object]:
    """Claim a use of each of many invites, and return what claims one more of any of them."""
    end = START + timedelta(days=1)
    tickets = [Ticket(secrets.token_urlsafe(16), 1, 0, end, 2**31 - 1) for _ in range(200)]

    def claim(ticket: Ticket) -> None:
        ledger.claim(ticket, secrets.randbits(62), START, end)

    for ticket in tickets:
        claim(ticket)
    return lambda: claim(secrets.choice(tickets))


# --- What opens a ledger, in any process ---------------------------------------------------------


def postgres(port: int) -> "psycopg.Connection[Any]":
    where = f"host=127.0.0.1 port={port} user=postgres dbname=postgres connect_timeout=5"
    return psycopg.connect(where, autocommit=True)


def mariadb(port: int, database: str | None = "ledger") -> Any:
    how: dict[str, Any] = {"connect_timeout": 5, "read_timeout": 30, "autocommit": True}
    return pymysql.connect(host="127.0.0.1", port=port, user="root", database=database, **how)


def open_postgres(port: int) -> PostgresLedger:
    return PostgresLedger(postgres(port))


def open_mariadb(port: int) -> MariaLedger:
    return MariaLedger(mariadb(port))


def open_redis(port: int) -> RedisLedger:
    return RedisLedger(redis_at(port))


def redis_at(port: int) -> Any:
    return redis.Redis(port=port, decode_responses=True, socket_timeout=5)


def step_clock_of_redis(client: Any, step: timedelta) -> None:
    """Do to all keys what a step of the server's clock does."""
    milliseconds = step // timedelta(milliseconds=1)
    client.eval(
        """
        for _, key in ipairs(redis.call('KEYS', '*')) do
            local left = redis.call('PTTL', key)
            if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
        end
        """,
        0,
        milliseconds,
    )


def open_sqlite(path: Path) -> SqliteLedger:
    return SqliteLedger(path, synchronous="OFF")  # no test cuts the power


def open_alchemy(port: int) -> SqlAlchemyLedger:
    return SqlAlchemyLedger(sessionmaker(create_engine(alchemy_url(port), poolclass=NullPool)))


def open_async_alchemy(port: int) -> AsyncSqlAlchemyLedger:
    engine = create_async_engine(alchemy_url(port), poolclass=NullPool)
    return AsyncSqlAlchemyLedger(async_sessionmaker(engine))


def alchemy_url(port: int) -> str:
    return f"postgresql+psycopg://postgres@127.0.0.1:{port}/alchemy?connect_timeout=5"


def make_alchemy_tables(port: int) -> None:
    with postgres(port) as db:
        db.execute("CREATE DATABASE alchemy")
    Base.metadata.create_all(create_engine(alchemy_url(port), poolclass=NullPool))


def make_postgres_tables(port: int) -> None:
    with postgres(port) as db:
        db.execute(POSTGRES_SCHEMA)


def open_django(path: Path) -> Any:
    """Open Django's ledger over SQLite; set Django up first, once in each process."""
    with DJANGO:  # threads must not set it up at once
        set_up_django(path)
    from ledgers.django_orm import DjangoLedger  # noqa: PLC0415  # a model needs the settings

    return DjangoLedger()


def set_up_django(path: Path) -> None:
    """Point Django at a database, also if another test has set it up."""
    handler: Any = connections
    if not settings.configured:
        configure: Any = settings.configure  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        configure(USE_TZ=True)
        django.setup()
    if handler.settings["default"]["NAME"] != path:
        options = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF",
        }
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}
        handler.settings = handler.configure_settings({"default": database})
        if hasattr(handler._connections, "default"):
            del handler["default"]  # of this thread


def make_django_tables(path: Path) -> None:
    open_django(path)
    from ledgers.django_orm import Ban, Group, Invite, Use  # noqa: PLC0415  # as above

    with connection.schema_editor() as editor:
        for model in (Invite, Use, Group, Ban):
            editor.create_model(model)
    connection.close()
