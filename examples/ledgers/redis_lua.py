"""A ledger in Redis, to copy: one Lua script, so that each verb is one step. Not for a cluster.

Members live elsewhere: claim, make the member, settle; undo the membership if `settle` is False.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from passphrase.ledger import CLOCK_ERROR, Claim, Ticket, Uses

# What is settled is a set; what is pending is sorted by the second at which it lapses.
SCRIPT = """
local settled, pending, revoked, generation, bans = unpack(KEYS)
local verb, viewer, now, till, lifetime, cap, minted = unpack(ARGV)
if verb == 'give_back' then return redis.call('ZREM', pending, viewer) end
local own, ends = '', redis.call('ZSCORE', pending, viewer)
if redis.call('SISMEMBER', settled, viewer) == 1 then own = 'settled'
elseif ends and tonumber(ends) > tonumber(now) then own = 'pending' end
local uses = redis.call('SCARD', settled)
local held = redis.call('ZCOUNT', pending, '(' .. now, '+inf')
local resets = redis.call('GET', generation) or '0'
local is_revoked = redis.call('EXISTS', revoked)
local is_banned = redis.call('SISMEMBER', bans, viewer)
if verb == 'uses' then return {uses, held, own, is_revoked, is_banned, resets} end
local refused = false
if is_revoked == 1 or tonumber(resets) % 256 ~= tonumber(minted) then refused = 'revoked'
elseif is_banned == 1 then refused = 'banned' end
if verb == 'settle' then
    if own == 'settled' then return 1 end
    if own == '' or refused then return 0 end
    redis.call('ZREM', pending, viewer)
    redis.call('SADD', settled, viewer)
    redis.call('PEXPIRE', settled, lifetime)
    return 1
end
if refused then return refused end
if own == 'settled' then return own end
if own == '' and uses + held >= tonumber(cap) then return 'used_up' end
redis.call('ZREMRANGEBYSCORE', pending, '-inf', now)
redis.call('ZADD', pending, till, viewer)
redis.call('PEXPIRE', pending, lifetime)
return 'claimed'
"""


def check_server(client: Any) -> None:
    """Refuse a server that forgets.

    Raises:
        RuntimeError: It evicts keys when it is full, or loses what it has not saved.
    """
    evicts = client.info("memory")["maxmemory_policy"] != "noeviction"
    if evicts or not client.info("persistence")["aof_enabled"]:
        raise RuntimeError("Redis needs maxmemory-policy noeviction and appendonly yes")


class RedisLedger:
    """Threads can share one; the client has `decode_responses=True`."""

    def __init__(self, client: Any) -> None:
        check_server(client)
        self.client = client
        self._script = client.register_script(SCRIPT)

    def claim(self, ticket: Ticket, viewer_id: int | UUID, now: datetime, until: datetime) -> Claim:
        if now >= ticket.expires_at:
            return Claim.EXPIRED
        return Claim(self._run("claim", ticket, viewer_id, now, until))

    def settle(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> bool:
        return bool(self._run("settle", ticket, viewer_id, now))

    def give_back(self, ticket: Ticket, viewer_id: int | UUID) -> None:
        self._run("give_back", ticket, viewer_id, ticket.expires_at)

    def revoke(self, fingerprint: str) -> None:
        self.client.set(f"invite:{fingerprint}:revoked", 1)

    def reset(self, group_id: int | UUID) -> int:
        return int(self.client.incr(f"group:{group_id}:generation"))

    def ban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        self.client.sadd(f"group:{group_id}:bans", str(viewer_id))

    def unban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        self.client.srem(f"group:{group_id}:bans", str(viewer_id))

    def uses(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> Uses:
        known = self._run("uses", ticket, viewer_id, now)
        settled, pending, own, revoked, banned, generation = known
        return Uses(settled, pending, own or None, bool(revoked), bool(banned), int(generation))

    def _run(
        self, verb: str, ticket: Ticket, viewer_id: int | UUID, now: datetime, until: Any = None
    ) -> Any:
        invite, group = f"invite:{ticket.fingerprint}", f"group:{ticket.group_id}"
        lifetime = max(ticket.expires_at - now + CLOCK_ERROR, CLOCK_ERROR)  # outlives the invite
        return self._script(
            [f"{invite}:settled", f"{invite}:pending", f"{invite}:revoked",
             f"{group}:generation", f"{group}:bans"],
            [verb, str(viewer_id), now.timestamp(), (until or now).timestamp(),
             int(lifetime.total_seconds() * 1000), ticket.uses_max, ticket.generation],
        )  # fmt: skip

    def close(self) -> None:
        self.client.close()
