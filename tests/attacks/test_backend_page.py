"""Attacks on docs/backend.md: bursts, races, killed processes, hostile texts, Redis.

BURSTS=60 gives the numbers of docs/figures.md; the default is smaller.
"""

import os
import random
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import fakeredis
import pytest
import redis
from backend_page import (
    WANG,
    add_groups,
    approve_all,
    join_and_log,
    load_page,
    mint_bursts,
    spend_all,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import AUDIENCE, INVITE, OTHER_SECRET, stopped

from passphrase import Codec, Keyring
from passphrase.testing.strategies import manglings

pytestmark = pytest.mark.slow  # each attack starts processes
PROCESSES = 8
BURSTS = int(os.environ.get("BURSTS", "16"))
RACES = 25
SPAWN = get_context("spawn")
REDIS = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(REDIS is None, reason="needs redis-server")


@pytest.fixture
def page(path: Path) -> Any:
    """Load the page over that database."""
    return load_page(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a database with groups that each have member 1."""
    add_groups(load_page(tmp_path / "db"), range(400))
    return tmp_path / "db"


def together(work: Callable[..., None], *each: tuple[Any, ...]) -> list[Any]:
    """Run one process for each tuple of arguments; return what they told."""
    told = SPAWN.Queue()
    people = [SPAWN.Process(target=work, args=(*arguments, told)) for arguments in each]
    for person in people:
        person.start()
    answers: list[Any] = []
    while len(answers) < len(people) and not any(person.exitcode for person in people):
        with suppress(Empty):
            answers.append(told.get(timeout=1))
    for person in people:
        person.join(60)
    assert [person.exitcode for person in people] == [0] * len(people)
    return answers


def fingerprints(page: Any, texts: list[str]) -> list[str]:
    return [page.codec.decode(text).fingerprint for text in texts]


# --- Minting ------------------------------------------------------------------------------------


def test_no_two_friends_are_given_one_invite(path: Path) -> None:
    """Bursts of 20 by one inviter, in eight processes and with other load: all are different.

    They take seconds, so this inviter makes more in a minute than there are variants.
    """
    shares = [len(range(start, BURSTS, PROCESSES)) for start in range(PROCESSES)]
    told = together(mint_bursts, *((path, seed, share) for seed, share in enumerate(shares)))
    messages = [message for answer in told for message in answer]
    assert len(messages) == 20 * BURSTS > 256
    page = load_page(path)
    assert len({*fingerprints(page, messages)}) == len(messages)
    issued = {row[0] for row in page.db.execute("SELECT fingerprint FROM issued")}
    assert issued > {*fingerprints(page, messages)}


def test_who_mints_too_fast_is_refused(path: Path) -> None:
    """Of 300 within a minute all are different; where all tries are taken, nothing is repeated."""
    page = load_page(path)
    page.namespace["datetime"] = stopped(datetime.now(UTC))
    texts = [page.mint(0, WANG, page.Origin.QQ, single_use=True) for _ in range(300)]
    assert len({*fingerprints(page, texts)}) == 300
    page.namespace["secrets"] = SimpleNamespace(randbelow=Mock(return_value=7))
    again: list[str] = []
    with pytest.raises(RuntimeError, match="too many invites"):
        again.extend(page.mint(1, WANG, page.Origin.QQ) for _ in range(17))
    assert len({*fingerprints(page, again)}) == len(again) >= 8  # a pleasant one and the first
    ends = [page.codec.decode(text).invite.expires_at for text in again]
    assert ends[-1] - ends[0] == timedelta(minutes=7)


# --- Joining ------------------------------------------------------------------------------------


def kill_and_restart(start: Callable[[int], Any], log: Path, kills: int) -> int:
    """Kill the worker that wrote last, with SIGKILL, and start it anew; let the last ones finish.

    Returns:
        How many were killed at work.
    """
    draw, killed = random.Random(5), 0
    people = {viewer: start(viewer) for viewer in range(2, 2 + PROCESSES)}
    while killed < kills and any(person.is_alive() for person in people.values()):
        time.sleep(draw.uniform(0.01, 0.1))
        lines = log.read_text().splitlines() if log.exists() else []
        viewer = int(lines[-1].split()[1]) if lines else 0
        if viewer and people[viewer].is_alive():
            people[viewer].kill()
            people[viewer].join(60)
            killed += people[viewer].exitcode != 0
            people[viewer] = start(viewer)
    for person in people.values():
        person.join(300)
        assert person.exitcode == 0
    return killed


def test_processes_that_are_killed(path: Path, tmp_path: Path) -> None:
    """Eight workers, killed and restarted, race for invites; each answer that was given holds.

    One person an invite, who is a member; every invite is used in the end; nothing that was handed
    out is handed out again; and the others are told that it is used up.
    """
    page, log = load_page(path), tmp_path / "log"
    texts = [page.mint(group, WANG, page.Origin.QQ, single_use=True) for group in range(1, 101)]

    def start(viewer: int) -> Any:
        person = SPAWN.Process(target=join_and_log, args=(path, texts, viewer, log))
        person.start()
        return person

    killed = kill_and_restart(start, log, BURSTS)
    print(killed, "killed at work")  # noqa: T201  # docs/figures.md; shown by -s
    assert killed > 0
    lines = [line.split() for line in log.read_text().splitlines()]
    minted = [told for what, _, told in lines if what == "minted"]
    assert len({*minted}) == len(minted) >= len(texts)
    answers = [(int(at), viewer, said) for at, viewer, said in lines if at != "minted"]
    spent = dict(page.db.execute("SELECT fingerprint, user_id FROM spent"))
    winners = [spent[fingerprint] for fingerprint in fingerprints(page, texts)]
    assert all(page.is_member(page.db, at + 1, winner) for at, winner in enumerate(winners))
    members = page.db.execute("SELECT count(*) FROM members WHERE user_id <> '1'").fetchone()[0]
    assert members == len(texts) == len(spent)
    for at, viewer, said in answers:
        assert said in ({"join", "already_member"} if viewer == winners[at] else {"used_up"})
    assert max(Counter(at for at, _, said in answers if said == "join").values()) == 1


def test_eight_threads_join(path: Path) -> None:
    """Threads of one service share nothing: each of 200 joins is answered, and one wins each."""
    page = load_page(path)
    texts = [page.mint(group, WANG, page.Origin.QQ, single_use=True) for group in range(RACES)]

    def join_all(viewer: int) -> list[dict[str, Any]]:
        return [page.join(text, viewer, page.Origin.QQ) for text in texts]

    with ThreadPoolExecutor(PROCESSES) as pool:
        answers = list(pool.map(join_all, range(2, 2 + PROCESSES)))
    for each in zip(*answers, strict=True):
        said = Counter(answer["reason"] or answer["action"] for answer in each)
        assert said == {"join": 1, "used_up": PROCESSES - 1}


def test_an_approval_is_given_once(path: Path) -> None:
    """Eight processes approve the same requests: each request is approved once."""
    page = load_page(path)
    requests: list[tuple[str, int]] = []
    for group in range(1, RACES + 1):
        text = page.mint(group, WANG, page.Origin.QQ, single_use=True, approval=True)
        page.join(text, group + 100, page.Origin.QQ)
        requests.append((page.codec.decode(text).fingerprint, group + 100))
    barrier = SPAWN.Barrier(PROCESSES)
    told = together(approve_all, *[(path, requests, barrier)] * PROCESSES)
    assert Counter(done for answer in told for done in answer) == Counter(dict(requests).keys())
    spent = [(row[0], int(row[1])) for row in page.db.execute("SELECT * FROM spent")]
    assert sorted(spent) == sorted(requests)


def test_a_request_is_judged_again(path: Path) -> None:
    """A stored request admits nobody after a reset, its expiry or the loss of its key."""
    page = load_page(path)
    text = page.mint(1, WANG, page.Origin.QQ, approval=True)
    fingerprint = page.codec.decode(text).fingerprint

    def ask() -> None:
        assert page.join(text, 42, page.Origin.QQ)["action"] == "request"

    ask()
    kept = [*page.db.execute("SELECT * FROM requests"), *page.db.execute("SELECT * FROM issued")]
    start = text.index("【") + 1
    assert all(glyph not in repr(kept) for glyph in text[start : start + 30])
    page.namespace["keyring"] = Keyring({2: OTHER_SECRET})
    with pytest.raises(LookupError):
        page.approve(fingerprint, 42)
    page.namespace["keyring"] = page.keyring
    page.db.execute("UPDATE groups SET generation = 1 WHERE id = '1'")
    assert page.approve(fingerprint, 42).reason == "revoked"
    page.db.execute("UPDATE groups SET generation = 0 WHERE id = '1'")
    for unknown in (fingerprint, "", "x", "1-0", "-1", "\ud800", f"{fingerprint[:-1]}\0"):
        with pytest.raises(LookupError):
            page.approve(unknown, 42)
    assert not page.is_member(page.db, 1, 42)
    ask()
    page.db.execute("DELETE FROM members WHERE user_id = '1'")
    assert page.approve(fingerprint, 42).reason == "inviter_left"
    assert not page.is_member(page.db, 1, 42)


FORGED = Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE)


@given(
    before=st.text(max_size=9),
    kept=st.integers(0, 40),
    mangling=manglings(damage=3),
    base=st.sampled_from(["", FORGED, "own"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_a_hostile_text_changes_nothing(
    page: Any, before: str, kept: int, mangling: Any, base: str
) -> None:
    """A hostile text is refused with an error of the library, and nobody joins with it."""
    own = page.mint(1, WANG, page.Origin.QQ)
    text = before + mangling(own if base == "own" else base)[: kept * 8]
    answer = page.open_pasted(text, 42, None)
    assert answer["ok"] or set(answer) == {"ok", "error", "message"}
    if answer["ok"]:
        prompt = page.join(text, 42, page.Origin.QQ)
        assert (base, prompt["group_id"], prompt["action"]) == ("own", "1", "join")
        page.db.execute("DELETE FROM members WHERE user_id = '42'")
    else:
        assert page.join(text, 42, page.Origin.QQ) == answer
        assert not page.is_member(page.db, 1, 42)


# --- Redis --------------------------------------------------------------------------------------

SAFE = ("--appendonly", "yes", "--maxmemory-policy", "noeviction")


@contextmanager
def redis_server(folder: Path, *options: str) -> Generator[tuple[int, Any]]:
    """Start a server on a free loopback port; kill it with SIGKILL."""
    assert REDIS
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder))
    with subprocess.Popen([REDIS, *where, *options], stdout=subprocess.DEVNULL) as server:  # noqa: S603
        for _ in range(200):
            with suppress(redis.ConnectionError), redis.Redis(port=port) as client:
                client.ping()  # pyright: ignore[reportUnknownMemberType]
                break
            time.sleep(0.05)
        try:
            yield port, server
        finally:
            server.kill()


@needs_redis
def test_eight_processes_claim_in_redis(path: Path, tmp_path: Path) -> None:
    """Clients of both kinds: one claims each invite, may ask again, and is out once it is settled.

    A server that is killed remembers every claim.
    """
    page = load_page(path)
    texts = [page.mint(group, WANG, page.Origin.QQ, single_use=True) for group in range(RACES)]
    with redis_server(tmp_path, *SAFE) as (port, _):
        page.check_redis(redis.Redis(port=port))
        barrier = SPAWN.Barrier(PROCESSES)
        told = together(
            spend_all,
            *(
                (path, {"port": port, "decode_responses": odd}, (texts, viewer, barrier))
                for viewer, odd in enumerate([False, True] * 4)
            ),
        )
        assert Counter(text for answer in told for text in answer) == Counter(texts)
    with redis_server(tmp_path, *SAFE) as (port, _):
        now = datetime.now(UTC)
        for client in (redis.Redis(port=port), redis.Redis(port=port, decode_responses=True)):
            for text in texts:
                for viewer in range(PROCESSES):
                    assert not page.spend_in_redis(client, page.codec.decode(text), viewer, now)


CLIENTS = [fakeredis.FakeRedis, lambda: fakeredis.FakeRedis(decode_responses=True)]


@pytest.mark.parametrize("make", CLIENTS, ids=["bytes", "text"])
@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=1), timedelta(days=40)])
def test_a_claim_after_the_end(path: Path, make: Callable[[], Any], late: timedelta) -> None:
    """A late approval, an hour after expiry or more, makes a claim that lives for an hour."""
    page, client = load_page(path), make()
    client.flushall()
    decoded = page.codec.decode(page.mint(1, WANG, page.Origin.QQ, single_use=True))
    now = decoded.invite.expires_at + late
    assert page.spend_in_redis(client, decoded, 42, now)
    assert page.spend_in_redis(client, decoded, 42, now)
    assert not page.spend_in_redis(client, decoded, 43, now)
    page.settle_in_redis(client, decoded, 42)
    assert not page.spend_in_redis(client, decoded, 42, now)
    assert 3_590 < client.ttl(f"spent:{decoded.fingerprint}") <= 3_600


def fill(page: Any, client: Any, decoded: list[Any]) -> int:
    """Claim invites, fill the server with a cache, and count the invites that admit another."""
    now = datetime.now(UTC)
    assert all(page.spend_in_redis(client, each, 42, now) for each in decoded)
    for start in range(0, 20_000, 1_000):
        pipe = client.pipeline(transaction=False)
        for number in range(start, start + 1_000):
            pipe.set(f"cache:{number}", "x" * 200, ex=timedelta(days=30))
        pipe.execute(raise_on_error=False)
    admitted = 0
    for each in decoded:
        with suppress(redis.OutOfMemoryError):
            admitted += page.spend_in_redis(client, each, 43, now)
    return admitted


@needs_redis
@pytest.mark.parametrize("policy", ["volatile-lru", "volatile-ttl", "allkeys-lru", "noeviction"])
def test_a_full_redis(path: Path, tmp_path: Path, policy: str) -> None:
    """The policies that the page refuses lose claims; the one that it requires loses none."""
    page = load_page(path)
    texts = [page.mint(group % 400, WANG, page.Origin.QQ, single_use=True) for group in range(500)]
    decoded = [page.codec.decode(text) for text in texts]
    memory = ("--maxmemory", "3mb", "--maxmemory-policy", policy)
    with redis_server(tmp_path, "--appendonly", "yes", *memory) as (port, _):
        client = redis.Redis(port=port)
        if policy == "noeviction":
            page.check_redis(client)
            assert fill(page, client, decoded) == 0
        else:
            with pytest.raises(RuntimeError, match="noeviction"):
                page.check_redis(client)
            assert fill(page, client, decoded) > 300


@needs_redis
def test_a_redis_without_a_log_is_refused(path: Path, tmp_path: Path) -> None:
    """By default, a killed server loses the claims since the last snapshot."""
    page = load_page(path)
    with (
        redis_server(tmp_path) as (port, _),
        pytest.raises(RuntimeError, match="appendonly yes"),
    ):
        page.check_redis(redis.Redis(port=port, decode_responses=True))
