"""A ledger -> the facts that it knows: generation, revoked, spent, uses left and banned.

Subclass it and add `member`, `inviter_is_member` and `group_full`, which are in your own tables.

Source: docs/ledger.md.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING
from uuid import UUID

from passphrase.joining.rules import Visit
from passphrase.ledger import USES_MAX, AsyncLedger, Ledger, Ticket, Uses

if TYPE_CHECKING:
    from passphrase.decoded import Decoded

__all__ = ["AsyncLedgerFacts", "LedgerFacts"]


class LedgerFacts(ABC):
    """Facts out of a ledger, for `join_prompt`. Each asks the ledger once.

    Args:
        ledger: Your ledger.
        uses_max: Your cap on the invite that is opened, as in `Ticket.of`.
    """

    def __init__(self, ledger: Ledger, uses_max: int = USES_MAX) -> None:
        self._ledger = ledger
        self._uses_max = uses_max

    def uses(self, decoded: "Decoded", visit: Visit) -> Uses:
        """Return all that the ledger knows."""
        ticket = Ticket.of(decoded, self._uses_max)
        return self._ledger.uses(ticket, _asker(decoded, visit), visit.now)

    def generation(self, decoded: "Decoded", visit: Visit) -> int:
        """Return how often the group has reset its invites."""
        return self.uses(decoded, visit).generation

    def revoked(self, decoded: "Decoded", visit: Visit) -> bool:
        """Return whether the invite is on the deny-list."""
        return self.uses(decoded, visit).revoked

    def banned(self, decoded: "Decoded", visit: Visit) -> bool:
        """Return whether the viewer is banned from the group."""
        return self.uses(decoded, visit).banned

    def spent(self, decoded: "Decoded", visit: Visit) -> bool:
        """Return whether all uses are taken, or the viewer's own is and they have left."""
        known = self.uses(decoded, visit)
        if known.own == "settled":
            return self.member(decoded, visit) is not True
        return Ticket.of(decoded, self._uses_max).is_used_up(known)

    def uses_left(self, decoded: "Decoded", visit: Visit) -> int | None:
        """Return how many more people can join; None without a cap."""
        ticket = Ticket.of(decoded, self._uses_max)
        return None if ticket.uses_max == USES_MAX else ticket.left(self.uses(decoded, visit))

    @abstractmethod
    def member(self, decoded: "Decoded", visit: Visit) -> bool | None:
        """Return whether the viewer is in the group."""


class AsyncLedgerFacts(ABC):
    """The same, awaited, for `ajoin_prompt`.

    Args:
        ledger: Your ledger.
        uses_max: As in `LedgerFacts`.
    """

    def __init__(self, ledger: AsyncLedger, uses_max: int = USES_MAX) -> None:
        self._ledger = ledger
        self._uses_max = uses_max

    async def uses(self, decoded: "Decoded", visit: Visit) -> Uses:
        """As `LedgerFacts.uses`."""
        ticket = Ticket.of(decoded, self._uses_max)
        return await self._ledger.uses(ticket, _asker(decoded, visit), visit.now)

    async def generation(self, decoded: "Decoded", visit: Visit) -> int:
        """As `LedgerFacts.generation`."""
        return (await self.uses(decoded, visit)).generation

    async def revoked(self, decoded: "Decoded", visit: Visit) -> bool:
        """As `LedgerFacts.revoked`."""
        return (await self.uses(decoded, visit)).revoked

    async def banned(self, decoded: "Decoded", visit: Visit) -> bool:
        """As `LedgerFacts.banned`."""
        return (await self.uses(decoded, visit)).banned

    async def spent(self, decoded: "Decoded", visit: Visit) -> bool:
        """As `LedgerFacts.spent`."""
        known = await self.uses(decoded, visit)
        if known.own == "settled":
            return await self.member(decoded, visit) is not True
        return Ticket.of(decoded, self._uses_max).is_used_up(known)

    async def uses_left(self, decoded: "Decoded", visit: Visit) -> int | None:
        """As `LedgerFacts.uses_left`."""
        ticket = Ticket.of(decoded, self._uses_max)
        return None if ticket.uses_max == USES_MAX else ticket.left(await self.uses(decoded, visit))

    @abstractmethod
    async def member(self, decoded: "Decoded", visit: Visit) -> bool | None:
        """As `LedgerFacts.member`."""


def _asker(decoded: "Decoded", visit: Visit) -> int | UUID:
    """Return the viewer's id.

    If nobody is signed in, return the inviter's: the inviter has no use of their own.
    """
    return decoded.invite.inviter_id if visit.viewer_id is None else visit.viewer_id
