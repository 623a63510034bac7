"""A backend as in docs/backend.md, with ledgers in SQLite and in Redis."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import redis
from service.bodies import PastedRequest
from service.invites import Invites
from service.rates import RATES, Rates
from service.store import make_pool

from passphrase import (
    Action,
    Codec,
    Decoded,
    Invite,
    JoinPrompt,
    Keyring,
    Origin,
    Policy,
    Reason,
    Visit,
    join_prompt,
)
from passphrase.invite import EPOCH
from passphrase.ledger import CLOCK_ERROR
from passphrase.web import Pasted

START = EPOCH + timedelta(days=300)
SECRET = b"\1" * 32


class Ledger(Protocol):
    """Records who has used which single-use invite."""

    def spend(self, decoded: Decoded, viewer_id: int, now: datetime) -> bool:
        """Claim an invite; return whether it is this viewer's, now or before."""
        ...

    def owner(self, decoded: Decoded) -> int | None:
        """Return who has claimed an invite."""
        ...

    def keeps(self, decoded: Decoded) -> timedelta:
        """Return for how long the claim of an invite will be stored."""
        ...

    def close(self) -> None:
        """Close the store."""
        ...


class SqliteLedger:
    """One table, one unique key."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, timeout=60)
        self.db.execute("CREATE TABLE IF NOT EXISTS spent (id TEXT PRIMARY KEY, viewer INTEGER)")

    def spend(self, decoded: Decoded, viewer_id: int, now: datetime) -> bool:  # noqa: ARG002
        row = (decoded.fingerprint, viewer_id)
        self.db.execute("INSERT INTO spent VALUES (?, ?) ON CONFLICT DO NOTHING", row)
        return self.owner(decoded) == viewer_id

    def owner(self, decoded: Decoded) -> int | None:
        query = "SELECT viewer FROM spent WHERE id = ?"
        row = self.db.execute(query, (decoded.fingerprint,)).fetchone()
        return row[0] if row else None

    def keeps(self, decoded: Decoded) -> timedelta:
        return timedelta() if self.owner(decoded) is None else timedelta.max

    def close(self) -> None:
        self.db.close()


class RedisLedger:
    """One key for each invite, set only if it is missing. It outlives the invite."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def spend(self, decoded: Decoded, viewer_id: int, now: datetime) -> bool:
        lifetime = max(decoded.invite.expires_at - now, timedelta()) + CLOCK_ERROR
        claimed = self.client.set(decoded.fingerprint, viewer_id, nx=True, px=lifetime)
        return bool(claimed) or self.owner(decoded) == viewer_id

    def owner(self, decoded: Decoded) -> int | None:
        owner = self.client.get(decoded.fingerprint)
        return None if owner is None else int(owner)

    def keeps(self, decoded: Decoded) -> timedelta:
        left = self.client.pttl(decoded.fingerprint)  # -1: for ever; -2: there is none
        return timedelta.max if left == -1 else timedelta(milliseconds=left)

    def close(self) -> None:
        self.client.close()


class Asked(NamedTuple):
    """A stored request to join. Nobody who reads it can join with it."""

    fingerprint: str
    viewer_id: int
    invite: str
    source: Origin


class Backend:
    """Groups, members, generations, lists and keys in memory; the ledger outside."""

    def __init__(
        self,
        ledger: Ledger,
        keyring: Keyring,
        audience: str = "douyin",
        policy: Policy | None = None,
    ) -> None:
        self.ledger = ledger
        self.audience = audience
        self.policy = policy or Policy()
        self.generations: Counter[int] = Counter()
        self.members: set[tuple[int, int]] = set()
        self.denied: set[str] = set()  # fingerprints
        self.follows: set[frozenset[int]] = set()  # pairs who follow each other
        self.requests: list[Asked] = []  # to join, until somebody approves
        self.use(keyring)

    def use(self, keyring: Keyring) -> None:
        """Use other keys from now on, and forget requests whose key was removed."""
        self.keyring = keyring
        ids = {str(key_id) for key_id in keyring.ids}
        self.requests = [asked for asked in self.requests if asked.fingerprint[0] in ids]
        self.codec = Codec(keyring, audience=self.audience)

    def mint(self, expires_at: datetime, group_id: int, inviter_id: int, **fields: Any) -> str:
        """Mint a passphrase with the group's current generation."""
        invite = Invite(
            group_id=group_id,
            inviter_id=inviter_id,
            expires_at=expires_at,
            generation=self.generations[group_id] % 256,
            **fields,
        )
        return self.codec.encode(invite)

    def generation(self, decoded: Decoded, _visit: Visit) -> int:
        return self.generations[int(decoded.invite.group_id)]

    def revoked(self, decoded: Decoded, _visit: Visit) -> bool:
        return decoded.fingerprint in self.denied

    def spent(self, decoded: Decoded, visit: Visit) -> bool:
        owner = self.ledger.owner(decoded)
        return owner is not None and not (owner == visit.viewer_id and self.member(decoded, visit))

    def member(self, decoded: Decoded, visit: Visit) -> bool:
        return (decoded.invite.group_id, visit.viewer_id) in self.members

    def banned(self, _decoded: Decoded, _visit: Visit) -> bool:
        return False

    def inviter_is_member(self, decoded: Decoded, _visit: Visit) -> bool:
        return (decoded.invite.group_id, decoded.invite.inviter_id) in self.members

    def group_full(self, _decoded: Decoded, _visit: Visit) -> bool:
        return False

    def mutual_follow(self, decoded: Decoded, visit: Visit) -> bool:
        return frozenset({visit.viewer_id, decoded.invite.inviter_id}) in self.follows

    def prompt(self, decoded: Decoded, viewer_id: int, now: datetime, source: Origin) -> JoinPrompt:
        """Return the popup. The methods above are the facts."""
        visit = Visit(viewer_id=viewer_id, now=now, source=source)
        return join_prompt(decoded, visit, self, policy=self.policy)

    def join(self, pasted: str, viewer_id: int, now: datetime, source: Origin) -> bool:
        """Judge again, and add the member or store a request; return whether they joined."""
        decoded = self.codec.decode(pasted)
        action = self.prompt(decoded, viewer_id, now, source).action
        if action is Action.REQUEST:
            invite = decoded.invite.model_dump_json()
            self.requests.append(Asked(decoded.fingerprint, viewer_id, invite, source))
        return action is Action.JOIN and self.admit(decoded, viewer_id, now)

    def approve(self, fingerprint: str, viewer_id: int, now: datetime) -> bool:
        """Judge a stored request again, and add the member if it is still valid."""
        asked = next((a for a in self.requests if a[:2] == (fingerprint, viewer_id)), None)
        if asked is None:
            return False
        self.requests.remove(asked)
        invite, source = Invite.model_validate_json(asked.invite), asked.source
        decoded = Decoded(invite, "", "", (0, 0), (), int(fingerprint[0]), fingerprint)
        action = self.prompt(decoded, viewer_id, now, source).action
        return action is Action.REQUEST and self.admit(decoded, viewer_id, now)

    def admit(self, decoded: Decoded, viewer_id: int, now: datetime) -> bool:
        """Spend the invite and add the member; return False if somebody else was faster."""
        if decoded.invite.single_use and not self.ledger.spend(decoded, viewer_id, now):
            return False
        self.members.add((int(decoded.invite.group_id), viewer_id))
        return True


# --- What the processes of a race do ------------------------------------------------------------

Join = Callable[[str, int], bool]


def redis_ledger(port: int) -> RedisLedger:
    """Make a ledger of a server on this machine."""
    return RedisLedger(redis.Redis(port=port))


@contextmanager
def backend_join(make_ledger: Callable[[], Ledger], groups: int) -> Generator[Join]:
    """Join groups, whose one member is 1, with a backend and a ledger of one's own."""
    with closing(make_ledger()) as ledger:
        backend = Backend(ledger, Keyring({0: SECRET}))
        backend.members |= {(group, 1) for group in range(groups)}
        yield lambda text, viewer: backend.join(text, viewer, START, Origin.QQ)


def unlimited(place: Path | str, keyring: Keyring, **more: Any) -> Invites:
    """Make the reference service over a database, without limits of rate."""
    rates = Rates(rates=dict.fromkeys(RATES, "1000000/minute"))
    return Invites(make_pool(str(place)), keyring, audience="douyin", rates=rates, **more)


def example_service(path: Path) -> Invites:
    """Make the service of the web examples."""
    return unlimited(path, Keyring({0: SECRET}))


@contextmanager
def example_join(path: Path) -> Generator[Join]:
    """Join with the service of the web examples; whoever is late is told that it is used up."""
    service = example_service(path)

    def join(text: str, viewer: int) -> bool:
        asked = PastedRequest(text=Pasted(text), source="qq")
        joined = service.join(service.read(asked, viewer, "here"), asked, viewer)
        assert joined.line or joined.prompt.reason is Reason.USED_UP
        return joined.line is not None

    try:
        yield join
    finally:
        service.pool.close()


def contend(
    make_join: Callable[[], AbstractContextManager[Join]],
    texts: list[str],
    viewer: int,
    barrier: Any,
    won: Any,
) -> None:
    """Try to join with each text at the same moment as all other processes."""
    try:
        with make_join() as join:
            for text in texts:
                barrier.wait(60)
                if join(text, viewer):
                    won.put((text, viewer))
    except BaseException:
        barrier.abort()  # nobody waits for one who fails
        raise
    finally:
        won.put(None)
