"""Fields -> `Invite`: what a passphrase says, checked once and then never changed.

Source: docs/format.md, "Body". Every `Invite` that exists can be minted.
"""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
EXPIRY_MINUTES_MAX: Final = 2**25 - 1
INT_ID_MAX: Final = 2**64 - 1
_FIRST_EXPIRY: Final = EPOCH + timedelta(minutes=1)
_END_OF_EXPIRY: Final = EPOCH + timedelta(minutes=EXPIRY_MINUTES_MAX + 1)
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,19})\Z")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")


class Origin(StrEnum):
    """The way the invite is meant to travel, signed into the passphrase."""

    IN_APP = "in_app"
    WECHAT = "wechat"
    QQ = "qq"


def _as_origin(word: str) -> Origin:
    return Origin(word)


# Either is accepted, and an `Origin` is what a model holds.
OriginWord = Annotated[Origin | Literal["in_app", "wechat", "qq"], AfterValidator(_as_origin)]


def parse_id(text: str) -> int | UUID:
    """Read an id written as a decimal number or as a UUID with hyphens; ``str(id)`` writes it.

    Raises:
        ValueError: The text is neither, has leading zeros, or is 2^64 or more.
    """
    if _UUID.match(text):
        return UUID(text)
    if _DECIMAL.match(text) and int(text) <= INT_ID_MAX:
        return int(text)
    raise ValueError("an id is a decimal number below 2^64 or a UUID with hyphens")


def _read_id(value: object, info: ValidationInfo) -> object:
    if info.mode != "json":
        return value
    if not isinstance(value, str):
        raise ValueError("an id is a string in JSON")  # noqa: TRY004  # pydantic's own way
    return parse_id(value)


def _read_moment(value: object, info: ValidationInfo) -> object:
    """Refuse the numbers, also in strings, that pydantic would take for seconds since 1970."""
    if info.mode != "json":
        return value
    if not isinstance(value, str) or not _MOMENT.match(value):
        raise ValueError("expires_at is a string such as 2026-12-01T20:00:00Z in JSON")
    return datetime.fromisoformat(value)


def plain(moment: datetime) -> datetime:
    """Make a datetime of a subclass of it, which may calculate in a way of its own."""
    return datetime.combine(moment, moment.time(), moment.tzinfo)


def _floor_to_minute(moment: datetime) -> datetime:
    if not _FIRST_EXPIRY <= moment < _END_OF_EXPIRY:
        msg = f"expires_at must lie in [{_FIRST_EXPIRY}, {_END_OF_EXPIRY})"
        raise ValueError(msg)
    return plain(moment).astimezone(UTC).replace(second=0, microsecond=0, fold=0)


# JSON carries ids as strings: a JavaScript reader loses the digits of a number past 2^53.
Id = Annotated[
    Annotated[int, Field(strict=True, ge=0, le=INT_ID_MAX)] | UUID,
    BeforeValidator(_read_id),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "description": "decimal below 2^64, or a UUID"}),
]
Moment = Annotated[AwareDatetime, BeforeValidator(_read_moment), AfterValidator(_floor_to_minute)]
Byte = Annotated[int, Field(ge=0, le=255)]


class Invite(BaseModel, frozen=True, extra="forbid", strict=True, revalidate_instances="always"):
    """Who invites whom into which group, until when, and on which conditions.

    Attributes:
        group_id: An int in [0, 2^64) or a UUID; below 2^32 it makes a shorter passphrase.
        inviter_id: The same.
        expires_at: First moment at which the invite is no longer valid: an aware datetime from
            2026-01-01T00:01Z to 2089-10-18T16:31Z; floored to the minute and turned into UTC. A
            moment in the minute that it is makes an invite that is over; only who has a clock can
            tell, as the command does.
        origin: The app that carries it ("wechat" or "qq"), or "in_app" for a direct pull.
        mutual_follow: Only users who mutually follow the inviter may join.
        approval: Joining asks the group's owner first.
        single_use: The first join spends it. The backend keeps the ledger, by
            `Decoded.fingerprint`.
        generation: The group's invite generation at minting, modulo 256. A group that resets its
            invites adds one, and its older passphrases are then refused.
        variant: In [0, 256); another passphrase of the same invite, with a fingerprint of its own.
            Equal invites are one passphrase: give each single-use one another variant.

    Raises:
        pydantic.ValidationError: A field is missing, unknown, out of range or of another type.
    """

    group_id: Id
    inviter_id: Id
    expires_at: Moment
    origin: OriginWord
    mutual_follow: bool = False
    approval: bool = False
    single_use: bool = False
    generation: Byte = 0
    variant: Byte = 0

    def is_expired(self, now: datetime) -> bool:
        """Tell whether the invite has expired at a moment, an aware datetime."""
        return self.expires_at <= now


_FIELDS: Final = tuple(Invite.model_fields)
_FIELD_SET: Final = {*_FIELDS}
_TYPES: Final = {
    (group, inviter, datetime, Origin, bool, bool, bool, int, int)
    for group in (int, UUID)
    for inviter in (int, UUID)
}
_ID_BITS: Final = INT_ID_MAX.bit_length()


def checked(invite: Invite) -> Invite:
    """Return an invite as validation leaves it: itself, if nothing was changed behind the model.

    pydantic checks an instance at the price of making it, so what it has made is known by its types
    and ranges; only what looks strange is given to it again. Inverse of `trusted`, in a way.

    Raises:
        pydantic.ValidationError: It was changed, and is no longer a valid invite.
    """
    fields = invite.__dict__
    if (
        type(invite) is Invite
        and tuple(fields) == _FIELDS
        and tuple(map(type, fields.values())) in _TYPES
    ):
        group_id, inviter_id, expires_at, _, _, _, _, generation, variant = fields.values()
        if (
            (type(group_id) is UUID or not group_id >> _ID_BITS)
            and (type(inviter_id) is UUID or not inviter_id >> _ID_BITS)
            and expires_at.tzinfo is UTC
            and not (expires_at.second or expires_at.microsecond or expires_at.fold)
            and _FIRST_EXPIRY <= expires_at < _END_OF_EXPIRY
            and not (generation | variant) >> 8
        ):
            return invite
    return Invite.model_validate(invite)


def trusted(fields: dict[str, object]) -> Invite:
    """Make an invite of all its fields, in order, whose values are known to be legal.

    They come out of a body whose tag is good and whose every bit has been read; `Invite` itself
    would find nothing in them. The result is what `Invite` makes of them, to the last attribute.
    """
    invite = Invite.__new__(Invite)
    _set(invite, "__dict__", fields)
    _set(invite, "__pydantic_fields_set__", _FIELD_SET.copy())
    _set(invite, "__pydantic_extra__", None)
    _set(invite, "__pydantic_private__", None)
    return invite


_set: Final = object.__setattr__  # past the guard of a frozen model, which this makes
