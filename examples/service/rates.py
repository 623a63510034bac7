"""Rate limits, in memory or in Redis, by the library `limits`."""

from collections.abc import Mapping
from typing import Final, Literal

from limits import RateLimitItem, parse_many
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from service.bodies import RefusedError

Kind = Literal["mint", "open", "fail", "address"]
RATES: Final[Mapping[Kind, str]] = {
    "mint": "10/minute;100/day",  # invites of a member
    "open": "60/minute",  # texts of an account or, if nobody is signed in, an address
    "fail": "10/minute;100/day",  # texts of these that could not be read
    "address": "100/minute",  # the same of one address, which many may share
}


class Rates:
    """Count what somebody does, and refuse what is too much.

    Args:
        place: A Redis URL, or "memory://" for one process.
        rates: By kind, in the notation of `limits`.
    """

    def __init__(self, place: str = "memory://", rates: Mapping[Kind, str] | None = None) -> None:
        self._limiter: Final = SlidingWindowCounterRateLimiter(storage_from_string(place))
        self._rates: Final[dict[Kind, list[RateLimitItem]]] = {
            kind: parse_many(rate) for kind, rate in {**RATES, **(rates or {})}.items()
        }

    def hit(self, kind: Kind, who: object) -> None:
        """Count one.

        Raises:
            RefusedError: 429, it is too much.
        """
        for rate in self._rates[kind]:
            if not self._limiter.hit(rate, kind, str(who)):
                raise _too_many()

    def check(self, kind: Kind, who: object) -> None:
        """Refuse whoever has done too much, and count nothing.

        Raises:
            RefusedError: 429, as above.
        """
        for rate in self._rates[kind]:
            if not self._limiter.test(rate, kind, str(who)):
                raise _too_many()


def _too_many() -> RefusedError:
    return RefusedError(429, "too_many", "Too many at once. Try again in a minute.")
