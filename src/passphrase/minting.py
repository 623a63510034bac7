"""`MintPolicy`: what a service that mints allows. `Minted`: what it keeps of a passphrase.

Source: docs/backend.md, "Mint". The codec knows no clock and no policy: check an invite first.
Dull glyphs are those of docs/scripts.md, "Pleasant wordings".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, Field

from passphrase.errors import LimitError
from passphrase.format.layout import VARIANTS
from passphrase.invite import Invite, Lifetime, Origin, OriginWord, trusted
from passphrase.scripts.dull import DULL

__all__ = ["WORDINGS", "Flag", "MintPolicy", "Minted"]

WORDINGS: Final = 64  # among this many variants, `Codec.mint` looks for a pleasant one

Flag = Literal["mutual_follow", "approval", "single_use"]
FLAGS: Final = frozenset[Flag](get_args(Flag))


@dataclass(frozen=True, slots=True)
class Minted:
    """A passphrase that `Codec.mint` made. Keep the fingerprint and the expiry; send the text.

    Attributes:
        invite: Its content, with the variant that was chosen.
        text: The passphrase. `repr` hides it, as in `Decoded`.
        script: Name of the script that spells it.
        key_id: The key that signed it, in [0, 8).
        fingerprint: As in `Decoded`: the key of your table of issued invites.
    """

    invite: Invite
    text: str = field(repr=False)
    script: str
    key_id: int
    fingerprint: str


class MintPolicy(BaseModel, frozen=True, extra="forbid", strict=True):
    """The limits of a service that mints invites. By default, there are none.

    Attributes:
        max_lifetime: The longest time until the expiry, above zero; None if there is no limit.
        origins: The origins that an invite can have.
        required_flags: Flags that every invite must have.
        allowed_flags: Flags that an invite can have; the required ones in any case.

    Raises:
        pydantic.ValidationError: A setting is unknown or has the wrong type.
    """

    max_lifetime: Lifetime | None = None
    origins: Annotated[frozenset[OriginWord], Field(strict=False)] = frozenset(Origin)
    required_flags: Annotated[frozenset[Flag], Field(strict=False)] = frozenset()
    allowed_flags: Annotated[frozenset[Flag], Field(strict=False)] = FLAGS

    def check(self, invite: Invite, now: datetime) -> None:
        """Refuse an invite that this policy does not allow, before `Codec.mint`.

        Args:
            invite: The invite to mint.
            now: The current time, an aware datetime.

        Raises:
            LimitError: The invite has expired, or breaks a limit; `limit` says which.
            TypeError: `now` is naive.
        """
        flags = {name for name in FLAGS if getattr(invite, name)}
        for limit, is_broken in (
            ("expires_at", invite.is_expired(now)),
            ("max_lifetime", self.max_lifetime and invite.outlasts(now, self.max_lifetime)),
            ("origins", invite.origin not in self.origins),
            ("required_flags", not flags >= self.required_flags),
            ("allowed_flags", not flags <= self.allowed_flags | self.required_flags),
        ):
            if is_broken:
                raise LimitError(limit)


def variants_of(invite: Invite) -> Iterator[Invite]:
    """Yield a valid invite with each variant, its own first."""
    for step in range(VARIANTS):
        yield trusted({**vars(invite), "variant": (invite.variant + step) % VARIANTS})


def most_pleasant(
    variants: Iterable[Minted], wordings: int, accept: Callable[[str], bool] | None
) -> Minted:
    """Return the first passphrase without a dull glyph, or the one with the fewest.

    Args:
        variants: The passphrases of all variants of an invite, made when they are asked for.
        wordings: How many to look at, in [1, 256], if one of them is accepted.
        accept: As in `Codec.mint`.

    Raises:
        ValueError: `wordings` is out of range, or `accept` refused all of them.
    """
    if not 1 <= wordings <= VARIANTS:
        msg = f"wordings must be in [1, {VARIANTS}]"
        raise ValueError(msg)
    best, fewest = None, len(DULL) + 1
    for step, minted in enumerate(variants):
        dull = len(DULL & {*minted.text})
        if dull < fewest and (accept is None or accept(minted.text)):
            best, fewest = minted, dull
        if not fewest or (best and step + 1 >= wordings):
            break
    if best is None:
        msg = f"accept refused all {VARIANTS} variants of this invite"
        raise ValueError(msg)
    return best
