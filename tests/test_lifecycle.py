"""From minting to the last refusal, against a plain model: nothing ever admits that must not.

The ledgers are real: SQLite in a file, and a Redis server that the test starts on a loopback port.
"""

import multiprocessing
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
import redis
from backend import SECRET, START, Backend, Ledger, RedisLedger, SqliteLedger, contend, redis_ledger
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from passphrase import DamagedError, Keyring, Origin, SignatureError, share
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.strategies import manglings

REDIS = shutil.which("redis-server")
PEOPLE = range(1, 6)
GROUPS = (7, 2**40)
PROCESSES = 8
RACES = 25


@dataclass
class Issued:
    """What the model knows of a passphrase."""

    text: str
    secret: bytes  # a key id is free again when its key has been retired
    group_id: int
    inviter_id: int
    generation: int
    ends: int
    origin: Origin
    single_use: bool
    spent_by: int | None = None


class Lifecycle(RuleBasedStateMachine):
    """Issue, share, mangle, open, rotate, retire, reset, spend; the clock only goes forward."""

    issued = Bundle[Issued]("issued")
    ledgers: ClassVar[list[Ledger]] = []  # the last one is used
    numbers: ClassVar[Iterator[int]] = count(1)  # so that no run finds what another has spent

    def __init__(self) -> None:
        super().__init__()
        self.minute = self.minted = 0
        self.active = self.secret()
        self.live = {0: self.active}
        self.backend = Backend(self.ledgers[-1], Keyring({0: self.active}))
        self.backend.members |= {(group, PEOPLE[0]) for group in GROUPS}
        self.members = {*self.backend.members}
        self.generations: Counter[int] = Counter()
        self.admitted: list[Issued] = []

    def secret(self) -> bytes:
        return next(self.numbers).to_bytes(32, "big")

    @rule(
        target=issued,
        group=st.sampled_from(GROUPS),
        inviter=st.sampled_from(PEOPLE),
        lifetime=st.integers(1, 60),
        origin=st.sampled_from([Origin.WECHAT, Origin.QQ]),
        single_use=st.booleans(),
    )
    def issue(
        self, group: int, inviter: int, lifetime: int, origin: Origin, single_use: bool
    ) -> Any:
        """Mint an invite, if somebody who may has asked for it."""
        if (group, inviter) not in self.members:
            return multiple()  # pyright: ignore[reportUnknownVariableType]
        ends = self.minute + lifetime
        expires_at = START + timedelta(minutes=ends)
        self.minted += 1  # the same fields would make the same passphrase
        text = self.backend.mint(
            expires_at, group, inviter, origin=origin, single_use=single_use, variant=self.minted
        )
        generation = self.generations[group]
        return Issued(text, self.active, group, inviter, generation, ends, origin, single_use)

    @rule(
        issued=issued,
        viewer=st.sampled_from(PEOPLE),
        source=st.sampled_from(Origin),
        script=st.sampled_from(SCRIPT_NAMES),
        mangling=manglings(damage=1),
    )
    def paste(
        self, issued: Issued, viewer: int, source: Origin, script: str, mangling: Any
    ) -> None:
        """Share it in any spelling, mangle it, open it, tap: the model says what must come."""
        word = next(iter(self.backend.codec.scan(issued.text).candidates)).codeword
        text = load_script(script).spell(word)
        pasted = mangling(share(text, to=issued.origin, group_name="火锅小分队"))
        now = START + timedelta(minutes=self.minute)
        must = (
            self.minute < issued.ends
            and self.generations[issued.group_id] == issued.generation
            and issued.secret in self.live.values()
            and issued.spent_by is None
            and source is issued.origin
            and viewer != issued.inviter_id
            and (issued.group_id, viewer) not in self.members
            and (issued.group_id, issued.inviter_id) in self.members
        )
        try:
            joined = self.backend.join(pasted, viewer, now, source)
        except (SignatureError, DamagedError):  # no key of the ring could tell a repair
            assert issued.secret not in self.live.values()
            joined = False
        assert joined is must
        if joined:
            self.members.add((issued.group_id, viewer))
            self.admitted.append(issued)
            issued.spent_by = viewer if issued.single_use else None

    @rule(group=st.sampled_from(GROUPS))
    def reset(self, group: int) -> None:
        """Take back all invites of a group."""
        self.backend.generations[group] += 1
        self.generations[group] += 1

    @rule()
    def rotate(self) -> None:
        """Sign with a new key; retire the oldest when the ring is full."""
        keyring = self.backend.keyring
        if len(keyring.ids) == 8:
            self.retire()
            keyring = self.backend.keyring
        self.active = self.secret()
        self.backend.use(keyring.rotated(self.active))
        self.live[self.backend.keyring.active_id] = self.active

    @rule()
    def retire(self) -> None:
        """Drop one key that does not sign."""
        keyring = self.backend.keyring
        for key_id in {*keyring.ids} - {keyring.active_id}:
            self.backend.use(keyring.without(key_id))
            del self.live[key_id]
            break

    @rule(minutes=st.integers(1, 30))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.minute += minutes

    @rule(issued=issued)
    def wait_for_the_end(self, issued: Issued) -> None:
        """Let time pass up to the very minute at which an invite ends."""
        self.minute = max(self.minute, issued.ends)

    @rule(group=st.sampled_from(GROUPS), who=st.sampled_from(PEOPLE))
    def leave(self, group: int, who: int) -> None:
        """Let somebody leave, whose invites then admit nobody."""
        self.members.discard((group, who))
        self.backend.members.discard((group, who))

    @invariant()
    def they_agree(self) -> None:
        """The members are those whom the model has let in."""
        assert self.backend.members == self.members

    @invariant()
    def nothing_is_spent_twice(self) -> None:
        spent = [id(issued) for issued in self.admitted if issued.single_use]
        people = {(id(issued), issued.spent_by) for issued in self.admitted if issued.single_use}
        assert len(people) == len({*spent})


@pytest.fixture(scope="module")
def redis_client() -> Iterator[Any]:
    """Start a server of our own on a free loopback port, and stop it."""
    if not REDIS:
        pytest.skip("needs redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(  # noqa: S603
            [REDIS, *options, "--dir", folder], stdout=subprocess.DEVNULL
        ) as server,
    ):
        client = redis.Redis(port=port)
        for _ in range(100):
            try:
                client.ping()  # pyright: ignore[reportUnknownMemberType]
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        yield client
        client.close()
        server.terminate()


def run(ledger: Ledger) -> None:
    """Run the machine with one ledger, which each run finds as the last has left it."""
    deep = settings().max_examples > 100
    steps = settings(
        max_examples=500 if deep else 150,
        stateful_step_count=50 if deep else 30,
        suppress_health_check=[HealthCheck.too_slow],
    )
    with closing(ledger):
        Lifecycle.ledgers.append(ledger)
        run_state_machine_as_test(Lifecycle, settings=steps)


def test_lifecycle_with_sqlite(tmp_path: Path) -> None:
    """An invite ends at its expiry, its group's reset, its key's retirement and its one use."""
    run(SqliteLedger(tmp_path / "ledger"))


def test_lifecycle_with_redis(redis_client: Any) -> None:
    """The same, with another ledger."""
    run(RedisLedger(redis_client))


# --- Races --------------------------------------------------------------------------------------


def race(make_ledger: Callable[[], Ledger]) -> None:
    """Let eight processes spend the same invites, and count who gets in."""
    ends = START + timedelta(days=1)
    with closing(make_ledger()) as ledger:
        issuer = Backend(ledger, Keyring({0: SECRET}))
        texts = [
            issuer.mint(ends, group, 1, origin=Origin.QQ, single_use=True) for group in range(RACES)
        ]
    context = multiprocessing.get_context("spawn")
    barrier, won = context.Barrier(PROCESSES), context.Queue()
    people = [
        context.Process(target=contend, args=(make_ledger, texts, viewer, barrier, won))
        for viewer in range(2, 2 + PROCESSES)
    ]
    for person in people:
        person.start()
    winners: list[tuple[str, int]] = []
    for _ in range(PROCESSES):
        while (answer := won.get(timeout=120)) is not None:
            winners.append(answer)
    for person in people:
        person.join(60)
    assert Counter(text for text, _ in winners) == Counter(texts)


def test_eight_processes_spend_each_invite_once_in_sqlite(tmp_path: Path) -> None:
    """A unique key is enough: exactly one gets in, and nobody fails."""
    race(partial(SqliteLedger, tmp_path / "ledger"))


def test_eight_processes_spend_each_invite_once_in_redis(redis_client: Any) -> None:
    """SET with NX is enough too."""
    redis_client.flushall()
    port = redis_client.connection_pool.connection_kwargs["port"]
    race(partial(redis_ledger, port))
