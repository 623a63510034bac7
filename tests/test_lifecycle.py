"""The life of invites, compared with a simple model: nobody joins who must not.

The model knows a set of reasons against each person and each passphrase, in no order. After every
step each passphrase that was ever issued is opened for everybody and must say what the model says.
The ledgers are real: SQLite in a file, and a Redis server that the test starts on a loopback port.
"""

import multiprocessing
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import combinations, count
from pathlib import Path
from typing import Any, ClassVar

import pytest
import redis
from backend import (
    SECRET,
    START,
    Backend,
    Join,
    Ledger,
    RedisLedger,
    SqliteLedger,
    backend_join,
    contend,
    example_join,
    example_service,
    redis_ledger,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from reference import spell
from service.bodies import MintRequest

from passphrase import DamagedError, Keyring, Origin, Policy, SignatureError, find, share
from passphrase.ledger import CLOCK_ERROR
from passphrase.scripts import SCRIPT_NAMES
from passphrase.testing.strategies import Mangling, manglings

pytestmark = pytest.mark.slow

REDIS = shutil.which("redis-server")
PEOPLE = range(1, 6)
UNCHANGED = Mangling("", 0, (), 0)
PAIRS = [frozenset(pair) for pair in combinations(PEOPLE, 2)]
GROUPS = (7, 2**40)
MINUTE = 60
RESETS_MAX = 255  # docs/security.md: the 256th makes old invites valid again
RESETS_BEFORE = 250  # so that the generation wraps soon
PROCESSES = 8
RACES = 25
EXAMPLE_RACES = 10
SLOW = timedelta(seconds=30)  # for a machine that is busy between a command and the next

minutes = st.sampled_from([30, 1440, 2, 1])
origins = st.sampled_from([Origin.WECHAT, Origin.QQ])
kinds = st.sampled_from(
    ["single_use", "", "single_use", "single_use needs_approval", "single_use", "mutual"]
)
groups = st.sampled_from(GROUPS)
picks = st.integers(0, 4)
orders = picks.map(lambda first: [*PEOPLE[first:], *PEOPLE[:first]])

# What a run over all examples must have met, or it has shown nothing. "only": this reason alone
# refused somebody, counted once for each invite.
LEAST = {
    "issued": 300,
    "joined": 100,
    "joined, single use": 50,
    "approved": 5,
    "only expired": 20,
    "only revoked": 20,
    "only used_up": 20,
    "only signature": 20,
    "too late": 10,
    "lost a race": 10,
    "removed after spending": 5,
}


@dataclass(eq=False)
class Issued:
    """What the model knows of a passphrase."""

    text: str
    mangled: str  # the message that carries it, after a chat app
    fingerprint: str
    secret: bytes  # a key id is free again when its key has been retired
    group_id: int
    inviter_id: int
    resets: int
    ends: int
    origin: Origin
    kinds: frozenset[str]
    spent_by: int | None = None
    denied: bool = False
    met: set[str] = field(default_factory=set[str])


class Lifecycle(RuleBasedStateMachine):
    """Issue, share, mangle, open, tap, spend, leave, rotate, retire, reset; time only goes on."""

    issued = Bundle[Issued]("issued")
    ledgers: ClassVar[list[Ledger]] = []  # the last one is used
    numbers: ClassVar[Iterator[int]] = count(1)  # so that no run finds what another has spent
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.second = self.sweeps = 0
        self.active = self.secret()
        self.live = {0: self.active}
        self.policy = Policy()
        self.backend = Backend(self.ledgers[-1], Keyring({0: self.active}))
        self.members = {(group, PEOPLE[0]) for group in GROUPS}
        self.backend.members |= self.members
        self.backend.generations.update(dict.fromkeys(GROUPS, RESETS_BEFORE))
        self.resets: Counter[int] = Counter()
        self.follows: set[frozenset[int]] = set()
        self.requests: list[tuple[Issued, int]] = []
        self.all: list[Issued] = []
        self.seen["examples"] += 1

    def secret(self) -> bytes:
        return next(self.numbers).to_bytes(32, "big")

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.second)

    # --- The model ------------------------------------------------------------------------------

    def against(self, issued: Issued, who: int, source: Origin) -> set[str]:
        """Name all that stands against it: the popup has to name one, but a bad key for itself."""
        group, inviter = issued.group_id, issued.inviter_id
        strangers = "not_mutual" in self.hurdles(issued, who)
        kept_in = who == issued.spent_by and (group, who) in self.members
        reasons = {
            "signature": issued.secret not in self.live.values(),
            "expired": self.second >= issued.ends,
            "revoked": issued.resets != self.resets[group],
            "denied": self.policy.deny_list and issued.denied,
            "used_up": issued.spent_by is not None and not kept_in,
            "origin_mismatch": source is not issued.origin,
            "self_invite": who == inviter,
            "already_member": (group, who) in self.members,
            "inviter_left": (group, inviter) not in self.members,
            "not_mutual": strangers and not self.policy.request_when_not_mutual,
        }
        return {reason for reason, holds in reasons.items() if holds}

    def hurdles(self, issued: Issued, who: int) -> set[str]:
        """Name what makes a request of a join."""
        strangers = frozenset({who, issued.inviter_id}) not in self.follows
        hurdles = {"needs_approval"} & issued.kinds
        return hurdles | {"not_mutual"} if "mutual" in issued.kinds and strangers else hurdles

    def must(self, issued: Issued, who: int, source: Origin) -> str:
        if self.against(issued, who, source):
            return "none"
        return "request" if self.hurdles(issued, who) else "join"

    def eligible(self, issued: Issued, order: Sequence[int], way: str = "join") -> list[int]:
        return [who for who in order if self.must(issued, who, issued.origin) == way]

    def good(self, pick: int, kinds: str = "single_use", way: str = "join") -> Issued:
        """Pick an invite that admits two people or more; if none does, issue one."""
        some = [issued for issued in self.all if len(self.eligible(issued, PEOPLE, way)) > 1]
        if some:
            return some[pick % len(some)]
        return self.mint(GROUPS[pick % 2], pick, 30, Origin.QQ, kinds, UNCHANGED)

    def meet(self, issued: Issued, what: str) -> None:
        """Count it once for each invite."""
        if what not in issued.met:
            issued.met.add(what)
            self.seen[what] += 1

    # --- What is compared with it ---------------------------------------------------------------

    def look(self, issued: Issued, text: str, people: Sequence[int], source: Origin) -> None:
        """Open a text for some people, and compare what the popups say."""
        # No key of the ring could tell a repair of a damaged text.
        unread = SignatureError if text == issued.text else (SignatureError, DamagedError)
        try:
            decoded = self.backend.codec.decode(text)
        except unread:
            decoded = None
        for who in people:
            self.seen["popups"] += 1
            against = self.against(issued, who, source)
            assert (decoded is None) == ("signature" in against)
            if decoded is not None:
                prompt = self.backend.prompt(decoded, who, self.now, source)
                assert prompt.action == self.must(issued, who, source)
                named = against or self.hurdles(issued, who)
                reasons = {"revoked" if why == "denied" else why for why in named}
                assert prompt.reason in reasons if reasons else prompt.reason is None
            if len(against) == 1:
                self.meet(issued, f"only {next(iter(against))}")

    def tap_text(self, issued: Issued, who: int, text: str, source: Origin) -> str:
        """Try to join, and compare what comes of it; return what the model said."""
        must = self.must(issued, who, source)
        against = self.against(issued, who, source)
        self.seen["taps"] += 1
        try:
            joined = self.backend.join(text, who, self.now, source)
        except (SignatureError, DamagedError):
            assert "signature" in against
            joined = False
        else:
            assert "signature" not in against
        assert joined == (must == "join")
        if joined:
            self.let_in(issued, who)
        elif must == "request":
            self.requests.append((issued, who))
        return must

    def let_in(self, issued: Issued, who: int) -> None:
        """Note that the backend let somebody in; its ledger must remember it for long enough."""
        self.members.add((issued.group_id, who))
        self.seen["joined"] += 1
        if "single_use" in issued.kinds:
            self.seen["joined, single use"] += 1
            issued.spent_by = who
            keeps = self.backend.ledger.keeps(self.backend.codec.decode(issued.text))
            left = timedelta(seconds=issued.ends - self.second)
            assert keeps > left + CLOCK_ERROR - SLOW

    def mint(  # noqa: PLR0913, PLR0917
        self,
        group: int,
        pick: int,
        minutes: int,
        origin: Origin,
        kinds: str,
        mangling: Mangling,
    ) -> Issued:
        """Let a member mint an invite, in the backend and in the model."""
        inviters = sorted(who for where, who in self.members if where == group)
        inviter = inviters[pick % len(inviters)]
        ends = self.second // MINUTE + minutes
        text = self.backend.mint(
            START + timedelta(minutes=ends),
            group,
            inviter,
            origin=origin,
            single_use="single_use" in kinds,
            approval="needs_approval" in kinds,
            mutual_follow="mutual" in kinds,
            variant=len(self.all),  # the same fields would make the same passphrase
        )
        issued = Issued(
            text=text,
            fingerprint=self.backend.codec.decode(text).fingerprint,
            mangled=mangling(share(text, group_name="火锅小分队")),
            secret=self.active,
            group_id=group,
            inviter_id=inviter,
            resets=self.resets[group],
            ends=ends * MINUTE,
            origin=origin,
            kinds=frozenset(kinds.split()),
        )
        self.all.append(issued)
        self.seen["issued"] += 1
        return issued

    # --- Steps ----------------------------------------------------------------------------------

    @initialize(
        target=issued,
        deny_list=st.booleans(),
        request=st.booleans(),
        first=st.lists(st.tuples(groups, minutes, origins, kinds), min_size=4, max_size=6),
        mangling=manglings(damage=1),
    )
    def start(
        self,
        deny_list: bool,
        request: bool,
        first: list[tuple[int, int, Origin, str]],
        mangling: Mangling,
    ) -> MultipleResults[Issued]:
        """Begin with some invites, for a run may have the rule that issues switched off."""
        self.policy = Policy(deny_list=deny_list, request_when_not_mutual=request)
        self.backend.policy = self.policy
        return multiple(
            *(
                self.mint(group, 0, minutes, origin, kinds, mangling)
                for group, minutes, origin, kinds in first
            )
        )

    @rule(
        target=issued,
        group=groups,
        pick=picks,
        minutes=minutes,
        origin=origins,
        kinds=kinds,
        mangling=manglings(damage=1),
    )
    def issue(self, **drawn: Any) -> Issued:
        """Let a member mint an invite."""
        return self.mint(**drawn)

    @rule(pick=st.integers(0, 9), order=orders)
    def tap(self, pick: int, order: Sequence[int]) -> None:
        """Let somebody join who may."""
        issued = self.good(pick)
        for who in self.eligible(issued, order)[:1]:
            self.tap_text(issued, who, issued.text, issued.origin)

    @rule(issued=issued, order=orders)
    def tap_any(self, issued: Issued, order: Sequence[int]) -> None:
        """Let somebody join who may; if nobody may, all of them try."""
        for who in self.eligible(issued, order)[:1] or order:
            self.tap_text(issued, who, issued.text, issued.origin)

    @rule(pick=st.integers(0, 9), order=orders)
    def tap_at_once(self, pick: int, order: Sequence[int]) -> None:
        """Let two be judged before either has spent it: the ledger has the last word."""
        issued = self.good(pick)
        people = self.eligible(issued, order)[:2]
        if len(people) == 2:
            decoded = self.backend.codec.decode(issued.text)
            self.look(issued, issued.text, people, issued.origin)
            first, second = people
            assert self.backend.admit(decoded, first, self.now)
            self.let_in(issued, first)
            if "single_use" in issued.kinds:
                assert not self.backend.admit(decoded, second, self.now)
                assert self.backend.ledger.spend(decoded, first, self.now)  # asked again
                self.seen["lost a race"] += 1
            else:
                assert self.backend.admit(decoded, second, self.now)
                self.let_in(issued, second)

    @rule(
        pick=st.integers(0, 9),
        order=orders,
        meanwhile=st.sampled_from(["expiry", "reset", "spent", "retired", "denied", "left"]),
    )
    def tap_too_late(self, pick: int, order: Sequence[int], meanwhile: str) -> None:
        """Open a popup that offers to join, and tap it when that is no longer so."""
        issued = self.good(pick)
        people = self.eligible(issued, order)
        if not people:
            return
        who = people[0]
        self.look(issued, issued.text, [who], issued.origin)
        if meanwhile == "expiry":
            self.wait_near_the_end(issued, 0)
        elif meanwhile == "reset":
            self.reset(issued.group_id, 1)
        elif meanwhile == "spent" and people[1:]:
            self.tap_text(issued, people[1], issued.text, issued.origin)
        elif meanwhile == "retired":
            self.rotate(1)
            for key_id in [key for key in self.live if self.live[key] == issued.secret]:
                self.drop(key_id)
        elif meanwhile == "denied":
            self.deny(issued)
        elif meanwhile == "left":
            self.remove(issued.group_id, issued.inviter_id)
        against = self.against(issued, who, issued.origin)
        self.tap_text(issued, who, issued.text, issued.origin)
        for reason in against:
            self.seen[f"too late: {reason}"] += 1
        self.seen["too late"] += bool(against)

    @rule(
        issued=issued,
        viewer=st.sampled_from(PEOPLE),
        source=st.sampled_from(Origin),
        script=st.sampled_from(SCRIPT_NAMES),
        mangling=manglings(damage=1),
    )
    def paste(
        self, issued: Issued, viewer: int, source: Origin, script: str, mangling: Mangling
    ) -> None:
        """Share it in any spelling, mangle it, and tap, whoever it is and whence it came."""
        word = next(iter(find(issued.text))).codeword
        text = spell(word, script)
        self.seen["pasted"] += 1
        self.tap_text(issued, viewer, mangling(share(text)), source)

    @rule(pick=st.integers(0, 9), order=orders, meanwhile=st.sampled_from(["", "reset", "expiry"]))
    def approve(self, pick: int, order: Sequence[int], meanwhile: str) -> None:
        """Let the owner of a group approve the newest request, which is judged once more."""
        if not self.requests:
            issued = self.good(pick, "single_use needs_approval", "request")
            for who in self.eligible(issued, order, "request")[:1]:
                self.tap_text(issued, who, issued.text, issued.origin)
        if not self.requests:
            return
        issued, who = self.requests.pop()
        if meanwhile == "reset":
            self.reset(issued.group_id, 1)
        elif meanwhile == "expiry":
            self.wait_near_the_end(issued, 0)
        must = self.must(issued, who, issued.origin)
        joined = self.backend.approve(issued.fingerprint, who, self.now)
        assert joined == (must == "request")
        if joined:
            self.seen["approved"] += 1
            self.let_in(issued, who)

    @rule(group=groups, times=st.sampled_from([1, 1, 2, 16, 128]))
    def reset(self, group: int, times: int) -> None:
        """Take back all invites of a group, some times over."""
        times = min(times, RESETS_MAX - self.resets[group])
        self.backend.generations[group] += times
        self.resets[group] += times

    @rule(times=st.sampled_from([1, 1, 1, 8]))
    def rotate(self, times: int) -> None:
        """Sign with a new key; eight times, and each id has another key than before."""
        for _ in range(times):
            if len(self.live) == 8:
                self.retire()
            self.active = self.secret()
            self.backend.use(self.backend.keyring.rotated(self.active))
            self.live[self.backend.keyring.active_id] = self.active

    @rule()
    def retire(self) -> None:
        """Drop the oldest key that does not sign."""
        for key_id, secret in [*self.live.items()][:1]:
            if secret != self.active:
                self.drop(key_id)

    def drop(self, key_id: int) -> None:
        del self.live[key_id]
        self.backend.use(self.backend.keyring.without(key_id))
        self.they_say_what_the_model_says()

    @rule(seconds=st.integers(1, 2 * MINUTE))
    def wait(self, seconds: int) -> None:
        self.second += seconds

    @rule(issued=issued, offset=st.sampled_from([-1, 0, 1]))
    def wait_near_the_end(self, issued: Issued, offset: int) -> None:
        """Let time pass up to the very second at which an invite ends, or the one beside it."""
        self.second = max(self.second, issued.ends + offset)

    @rule(group=groups, pick=picks)
    def leave(self, group: int, pick: int) -> None:
        """Let a member leave, whose invites then admit nobody."""
        members = sorted(who for where, who in self.members if where == group)
        self.remove(group, members[pick % len(members)])

    @rule(pick=st.integers(0, 9))
    def leave_after_spending(self, pick: int) -> None:
        """Remove somebody whom an invite let in: it does not let them in again."""
        some = [each for each in self.all if (each.group_id, each.spent_by) in self.members]
        if some:
            issued = some[pick % len(some)]
            assert issued.spent_by is not None
            self.seen["removed after spending"] += self.remove(issued.group_id, issued.spent_by)

    def remove(self, group: int, who: int) -> bool:
        """Remove a member, but not the last."""
        if sum(where == group for where, _ in self.members) == 1:
            return False
        self.members.remove((group, who))
        self.backend.members.remove((group, who))
        return True

    @rule(issued=issued)
    def deny(self, issued: Issued) -> None:
        """Put a passphrase on the deny-list, which counts if the policy says so."""
        if issued.secret in self.live.values():
            issued.denied = True
            self.backend.denied.add(self.backend.codec.decode(issued.text).fingerprint)

    @rule(pair=st.sampled_from(PAIRS))
    def follow(self, pair: frozenset[int]) -> None:
        """Let two follow each other, or no longer."""
        self.follows ^= {pair}
        self.backend.follows ^= {pair}

    # --- After each step ------------------------------------------------------------------------

    @invariant()
    def they_agree(self) -> None:
        """The members are those whom the model has let in."""
        assert self.backend.members == self.members

    @invariant()
    def they_say_what_the_model_says(self) -> None:
        """Whatever was ever issued, opened for everybody; now and then as a chat app leaves it."""
        self.sweeps += 1
        for number, issued in enumerate(self.all):
            mangled = (self.sweeps + number) % 8 == 0
            self.look(issued, issued.mangled if mangled else issued.text, PEOPLE, issued.origin)


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
        max_examples=500 if deep else 120,
        stateful_step_count=50 if deep else 30,
        suppress_health_check=[HealthCheck.too_slow],
    )
    with closing(ledger):
        Lifecycle.ledgers.append(ledger)
        Lifecycle.seen.clear()
        run_state_machine_as_test(Lifecycle, settings=steps)
    print(dict(sorted(Lifecycle.seen.items())))  # noqa: T201  # docs/figures.md; shown by -s
    assert {
        what: Lifecycle.seen[what] for what in LEAST if Lifecycle.seen[what] < LEAST[what]
    } == {}


def test_lifecycle_with_sqlite(tmp_path: Path) -> None:
    """No invite admits after its expiry, its group's reset, its key's retirement or its one use.

    Each of these was, for many invites, the only thing that stood against somebody.
    """
    run(SqliteLedger(tmp_path / "ledger"))


def test_lifecycle_with_redis(redis_client: Any) -> None:
    """The same, with another ledger, whose claims outlive their invites."""
    run(RedisLedger(redis_client))


# --- Races --------------------------------------------------------------------------------------


def race(make_join: Callable[[], AbstractContextManager[Join]], texts: list[str]) -> dict[str, int]:
    """Let eight processes spend the same invites; return who got in, one for each."""
    context = multiprocessing.get_context("spawn")
    barrier, won = context.Barrier(PROCESSES), context.Queue()
    people = [
        context.Process(target=contend, args=(make_join, texts, viewer, barrier, won))
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
    assert [person.exitcode for person in people] == [0] * PROCESSES
    assert Counter(text for text, _ in winners) == Counter(texts)
    return dict(winners)


def race_for_ledger(make_ledger: Callable[[], Ledger]) -> None:
    """Let them race with a ledger of the test's own backend."""
    ends = START + timedelta(days=1)
    with closing(make_ledger()) as ledger:
        issuer = Backend(ledger, Keyring({0: SECRET}))
        texts = [
            issuer.mint(ends, group, 1, origin=Origin.QQ, single_use=True) for group in range(RACES)
        ]
    race(partial(backend_join, make_ledger, RACES), texts)


def test_eight_processes_spend_each_invite_once_in_sqlite(tmp_path: Path) -> None:
    """A unique key is enough: exactly one gets in, and nobody fails."""
    race_for_ledger(partial(SqliteLedger, tmp_path / "ledger"))


def test_eight_processes_spend_each_invite_once_in_redis(redis_client: Any) -> None:
    """SET with NX is enough too."""
    redis_client.flushall()
    port = redis_client.connection_pool.connection_kwargs["port"]
    race_for_ledger(partial(redis_ledger, port))


def test_eight_processes_spend_each_invite_once_in_the_web_examples(tmp_path: Path) -> None:
    """Claim and membership are one transaction: whoever got in is in both tables, and nobody else.

    All others are told that it is used up, and nobody fails.
    """
    path = tmp_path / "invites.db"
    service = example_service(path)
    groups: dict[str, str] = {}
    for group in map(str, range(EXAMPLE_RACES)):
        service.add_group(int(group), "火锅", 1)
        asked = MintRequest(group_id=group, to="qq", cap=1)
        groups[service.mint(asked, 1).message] = group
    service.pool.close()
    winners = race(partial(example_join, path), [*groups])
    admitted = sorted((groups[text], str(viewer)) for text, viewer in winners.items())
    with closing(sqlite3.connect(path)) as db:
        members = db.execute("SELECT group_id, user_id FROM members WHERE user_id <> '1'")
        spenders = db.execute("SELECT viewer FROM invite_uses WHERE until IS NULL")
        assert sorted(members) == admitted
        assert sorted(user for (user,) in spenders) == sorted(user for _, user in admitted)
