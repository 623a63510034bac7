"""A backend as docs/backend.md builds it, with ledgers in SQLite and in Redis."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import redis

from passphrase import Codec, Decoded, Facts, Invite, JoinPrompt, Keyring, Origin, join_prompt
from passphrase.admission import Action, needed_facts
from passphrase.invite import EPOCH

START = EPOCH + timedelta(days=300)
CLOCK_ERROR = timedelta(hours=1)
SECRET = b"\1" * 32


class Ledger(Protocol):
    """Who has spent which single-use invite."""

    def spend(self, decoded: Decoded, viewer_id: int, now: datetime) -> bool:
        """Claim it; True if it is this viewer's, now or before."""
        ...

    def owner(self, decoded: Decoded) -> int | None:
        """Tell who has claimed it."""
        ...

    def close(self) -> None:
        """Let go of the store."""
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

    def close(self) -> None:
        self.db.close()


class RedisLedger:
    """One key an invite, set if it is not there, that outlives the invite."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def spend(self, decoded: Decoded, viewer_id: int, now: datetime) -> bool:
        lifetime = decoded.invite.expires_at - now + CLOCK_ERROR
        claimed = self.client.set(decoded.fingerprint, viewer_id, nx=True, px=lifetime)
        return bool(claimed) or self.owner(decoded) == viewer_id

    def owner(self, decoded: Decoded) -> int | None:
        owner = self.client.get(decoded.fingerprint)
        return None if owner is None else int(owner)

    def close(self) -> None:
        self.client.close()


class Backend:
    """Groups, members, generations and keys in memory; the ledger outside."""

    def __init__(self, ledger: Ledger, keyring: Keyring, audience: str = "douyin") -> None:
        self.ledger = ledger
        self.audience = audience
        self.generations: Counter[int] = Counter()
        self.members: set[tuple[int, int]] = set()
        self.use(keyring)

    def use(self, keyring: Keyring) -> None:
        """Mint and verify with other keys from now on."""
        self.keyring = keyring
        self.codec = Codec(keyring, audience=self.audience)

    def mint(self, expires_at: datetime, group_id: int, inviter_id: int, **fields: Any) -> str:
        """Make a passphrase of the group's present generation."""
        invite = Invite(
            group_id=group_id,
            inviter_id=inviter_id,
            expires_at=expires_at,
            generation=self.generations[group_id] % 256,
            **fields,
        )
        return self.codec.encode(invite)

    def facts(self, decoded: Decoded, viewer_id: int, case: dict[str, Any]) -> Facts:
        """Look up what the outcome depends on, and nothing else."""
        group = int(decoded.invite.group_id)
        owner, is_member = self.ledger.owner(decoded), (group, viewer_id) in self.members
        known = {
            "generation": self.generations[group],
            "spent": owner is not None and not (owner == viewer_id and is_member),
            "member": is_member,
            "banned": False,
            "inviter_is_member": (group, int(decoded.invite.inviter_id)) in self.members,
            "group_full": False,
        }
        needed = needed_facts(decoded.invite, **case)
        return Facts.model_validate({name: known[name] for name in needed})

    def open(self, pasted: str, viewer_id: int, now: datetime, source: Origin) -> JoinPrompt:
        """Show the popup."""
        decoded = self.codec.decode(pasted)
        case: dict[str, Any] = {"viewer_id": viewer_id, "now": now, "source": source}
        facts = self.facts(decoded, viewer_id, case)
        return join_prompt(decoded, **case, facts=facts)

    def join(self, pasted: str, viewer_id: int, now: datetime, source: Origin) -> bool:
        """Judge again from the text, spend, and make a member; tell whether it did."""
        if self.open(pasted, viewer_id, now, source).action is not Action.JOIN:
            return False
        decoded = self.codec.decode(pasted)
        if decoded.invite.single_use and not self.ledger.spend(decoded, viewer_id, now):
            return False
        self.members.add((int(decoded.invite.group_id), viewer_id))
        return True


def redis_ledger(port: int) -> RedisLedger:
    """Make a ledger of a server on this machine."""
    return RedisLedger(redis.Redis(port=port))


def contend(
    make_ledger: Callable[[], Ledger], texts: list[str], viewer: int, barrier: Any, won: Any
) -> None:
    """Try to join with each text at the moment at which everybody else does."""
    with closing(make_ledger()) as ledger:
        backend = Backend(ledger, Keyring({0: SECRET}))
        backend.members |= {(group, 1) for group in range(len(texts))}
        for text in texts:
            barrier.wait(60)
            if backend.join(text, viewer, START, Origin.QQ):
                won.put((text, viewer))
        won.put(None)
