"""Who has used which invite: the verbs of a ledger and what each promises. No driver, no clock.

Source: docs/ledger.md. A ledger of your own is proved by `passphrase.testing.ledgers`.

A use goes three steps: `claim` holds it for a person, the backend makes the person a member, and
`settle` counts it. `settle` decides: a membership whose claim cannot be settled is undone.

Shapes:
    id     an int in [0, 2^64) or a UUID; keep ``str(id)``: the largest int does not fit a BIGINT,
           and a float loses digits from 2^53 on
    now    an aware datetime of the caller's clock; clocks may differ and step back
    until  an aware datetime in whole seconds, after `now`: when a claim that is not settled lapses
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, Protocol
from uuid import UUID

from passphrase.format.layout import GENERATIONS

if TYPE_CHECKING:
    from passphrase.decoded import Decoded

__all__ = ["CLOCK_ERROR", "USES_MAX", "AsyncLedger", "Claim", "Ledger", "Ticket", "Uses"]

CLOCK_ERROR: Final = timedelta(hours=1)  # a ledger remembers an expired invite for this long
USES_MAX: Final = 2**31 - 1  # fits the integer of every database; as good as no cap


class Claim(StrEnum):
    """What `claim` answers. If several refusals apply, it may answer any of them."""

    CLAIMED = "claimed"  # the use is held for this person, now or again: make the member
    SETTLED = "settled"  # this person has used the invite before: it is not another use
    USED_UP = "used_up"
    REVOKED = "revoked"  # on the deny-list, or the group has reset its invites since
    BANNED = "banned"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Uses:
    """What a ledger knows of an invite and of one person, at one moment.

    Attributes:
        settled: How many people have joined by it.
        pending: How many claims are held and neither settled nor lapsed.
        own: This person's use; None without one.
        revoked: The fingerprint is on the deny-list.
        banned: This person is banned from the group.
        generation: How often the group has reset its invites.
    """

    settled: int
    pending: int
    own: Literal["pending", "settled"] | None
    revoked: bool
    banned: bool
    generation: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """The part of an invite that a ledger needs. Nobody can join by it.

    Attributes:
        fingerprint: As in `Decoded`, 22 ASCII characters.
        group_id: As in `Invite`.
        generation: As in `Invite`: resets of the group at minting, modulo 256.
        expires_at: As in `Invite`.
        uses_max: How many people may join by it, in [1, 2^31).
    """

    fingerprint: str
    group_id: int | UUID
    generation: int
    expires_at: datetime
    uses_max: int

    @classmethod
    def of(cls, decoded: "Decoded", uses_max: int = USES_MAX) -> "Ticket":
        """Make the ticket of a passphrase.

        Args:
            decoded: What the codec has read and verified.
            uses_max: Your cap on its uses. A single-use invite has one use in any case.

        Raises:
            ValueError: `uses_max` is not in [1, 2^31).
        """
        if not 1 <= uses_max <= USES_MAX:
            raise ValueError("uses_max must be in [1, 2^31)")
        invite = decoded.invite
        return cls(
            decoded.fingerprint,
            invite.group_id,
            invite.generation,
            invite.expires_at,
            1 if invite.single_use else uses_max,
        )

    def left(self, known: Uses) -> int:
        """Return how many more people can join, if everybody settles who holds a claim."""
        return max(self.uses_max - known.settled - known.pending, 0)

    def refusal(self, known: Uses) -> Claim | None:
        """Return why a person cannot hold a use of this invite; None if they can.

        This does not look at the expiry: compare `expires_at` with your `now` as well. Call it in
        the transaction that has read `known`.
        """
        if known.revoked or known.generation % GENERATIONS != self.generation:
            return Claim.REVOKED
        if known.banned:
            return Claim.BANNED
        if known.own == "settled":
            return Claim.SETTLED
        return Claim.USED_UP if self.is_used_up(known) else None

    def may_settle(self, known: Uses) -> bool:
        """Return whether the person holds a claim, and the invite and the person are welcome."""
        return known.own == "pending" and self.refusal(known) is None

    def is_used_up(self, known: Uses) -> bool:
        """Return whether other people have taken all uses, so that a person cannot get one."""
        return known.own is None and not self.left(known)


class Ledger(Protocol):
    """The verbs. Each is one step: it is done as a whole or not at all, and kept when it returns.

    If the store does not answer, the ledger raises any exception. The caller then cannot know
    whether the verb was done, and can call it again.
    """

    def claim(self, ticket: Ticket, viewer_id: int | UUID, now: datetime, until: datetime) -> Claim:
        """Hold a use of an invite for a person, until it is settled, given back, or lapses.

        Settled uses and held claims together never exceed `ticket.uses_max`. The same person's
        second call gets the same use and the new `until`. At or after `ticket.expires_at`, and
        after `revoke`, `reset` or `ban`, nothing is held.
        """
        ...

    def settle(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> bool:
        """Count a claim for good: the person is a member.

        Returns:
            True if the use counts, now or from an earlier call. False if the claim is not held any
            more, or if `revoke`, `reset` or `ban` came first: then undo the membership.
        """
        ...

    def give_back(self, ticket: Ticket, viewer_id: int | UUID) -> None:
        """Free a person's claim that is not settled; leave a settled use as it is."""
        ...

    def revoke(self, fingerprint: str) -> None:
        """Put an invite on the deny-list.

        Every `claim` that starts after this returns is refused, and no further use is settled.
        """
        ...

    def reset(self, group_id: int | UUID) -> int:
        """Take back all invites of a group, and return how often that has happened now."""
        ...

    def ban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        """Keep a person out of a group.

        Every `claim` of theirs that starts after this returns is refused, and no further use of
        theirs is settled.
        """
        ...

    def unban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        """Lift a ban."""
        ...

    def uses(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> Uses:
        """Return what is known of an invite and of one person, for the popup."""
        ...


class AsyncLedger(Protocol):
    """The same verbs with the same promises, awaited."""

    async def claim(
        self, ticket: Ticket, viewer_id: int | UUID, now: datetime, until: datetime
    ) -> Claim:
        """As `Ledger.claim`."""
        ...

    async def settle(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> bool:
        """As `Ledger.settle`."""
        ...

    async def give_back(self, ticket: Ticket, viewer_id: int | UUID) -> None:
        """As `Ledger.give_back`."""
        ...

    async def revoke(self, fingerprint: str) -> None:
        """As `Ledger.revoke`."""
        ...

    async def reset(self, group_id: int | UUID) -> int:
        """As `Ledger.reset`."""
        ...

    async def ban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        """As `Ledger.ban`."""
        ...

    async def unban(self, group_id: int | UUID, viewer_id: int | UUID) -> None:
        """As `Ledger.unban`."""
        ...

    async def uses(self, ticket: Ticket, viewer_id: int | UUID, now: datetime) -> Uses:
        """As `Ledger.uses`."""
        ...
