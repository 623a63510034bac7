"""`Invite`: the content of a passphrase, validated once and immutable.

Source: docs/format.md, "Body". Every valid `Invite` can be minted.

Shapes:
    id          an int in [0, 2^64) or a UUID; in JSON, its string
    expires_at  an aware datetime in UTC, whole minutes
    byte        an int in [0, 256)
"""

import re
from collections.abc import Mapping
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
    """The app through which the invite is sent. It is signed into the passphrase."""

    IN_APP = "in_app"
    WECHAT = "wechat"
    QQ = "qq"


def _as_origin(word: str) -> Origin:
    return Origin(word)


# Accepts an `Origin` or its string; stores an `Origin`.
OriginWord = Annotated[Origin | Literal["in_app", "wechat", "qq"], AfterValidator(_as_origin)]


def parse_id(text: str) -> int | UUID:
    """Read an id from its string: a decimal number or a UUID with hyphens. Inverse: `str`.

    Returns:
        An int in [0, 2^64), or a UUID.

    Raises:
        ValueError: The text is neither, has leading zeros, or is 2^64 or more. Refuse the request.
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
        raise ValueError("in JSON, an id must be a string")  # noqa: TRY004  # pydantic's own way
    return parse_id(value)


def _read_moment(value: object, info: ValidationInfo) -> object:
    """Refuse numbers, and strings of digits: pydantic would read them as seconds since 1970."""
    if info.mode != "json":
        return value
    if not isinstance(value, str) or not _MOMENT.match(value):
        raise ValueError("in JSON, expires_at must be a string such as 2030-12-01T20:00:00Z")
    return datetime.fromisoformat(value)


def plain(moment: datetime) -> datetime:
    """Copy a moment into a plain `datetime`: a subclass could override comparison."""
    return datetime.combine(moment, moment.time(), moment.tzinfo)


def _floor_to_minute(moment: datetime) -> datetime:
    if not _FIRST_EXPIRY <= moment < _END_OF_EXPIRY:
        msg = f"expires_at must be in [{_FIRST_EXPIRY}, {_END_OF_EXPIRY})"
        raise ValueError(msg)
    return plain(moment).astimezone(UTC).replace(second=0, microsecond=0, fold=0)


# JSON carries ids as strings: JavaScript cannot hold integers above 2^53 exactly.
Id = Annotated[
    Annotated[int, Field(strict=True, ge=0, le=INT_ID_MAX)] | UUID,
    BeforeValidator(_read_id),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "description": "decimal below 2^64, or a UUID"}),
]
Moment = Annotated[AwareDatetime, BeforeValidator(_read_moment), AfterValidator(_floor_to_minute)]
Lifetime = Annotated[timedelta, Field(gt=timedelta())]
Byte = Annotated[int, Field(ge=0, le=255)]


class Invite(BaseModel, frozen=True, extra="forbid", strict=True, revalidate_instances="always"):
    """An invitation into a group: who invites, until when, and on which conditions.

    Attributes:
        group_id: An int in [0, 2^64) or a UUID. Ids below 2^32 make a shorter passphrase.
        inviter_id: The user who invites; same type and range as `group_id`.
        expires_at: The first moment at which the invite has expired: an aware datetime from
            2026-01-01T00:01Z to 2089-10-18T16:31Z. It is converted to UTC and rounded down to the
            minute, so a moment within the current minute makes an expired invite.
        origin: The app that carries the message ("wechat" or "qq"), or "in_app" for an invite that
            is sent inside your app.
        mutual_follow: Only users who mutually follow the inviter can join.
        approval: The group's owner must approve each join.
        single_use: Only one person can join. Your backend records the use, keyed by
            `Decoded.fingerprint`.
        generation: How often the group had reset its invites at minting, modulo 256. A reset
            adds one; passphrases of earlier generations are then refused.
        variant: In [0, 256). Invites that differ only here have different passphrases and
            fingerprints. Give each single-use invite its own; otherwise equal invites share one
            passphrase.

    Raises:
        pydantic.ValidationError: A field is missing, unknown, out of range or of the wrong type.
            `errors()` says which; correct it.
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
        """Return whether the invite has expired at `now`, an aware datetime.

        Raises:
            TypeError: `now` is naive.
        """
        return self.expires_at <= now

    def outlasts(self, now: datetime, lifetime: timedelta) -> bool:
        """Return whether the invite is still valid a `lifetime` after `now`, an aware datetime.

        Raises:
            TypeError: `now` is naive.
        """
        return self.expires_at - now > lifetime


KINDS: Final[Mapping[str, object]] = Invite.__annotations__  # Id, Moment, OriginWord, bool, Byte
_FIELDS: Final = tuple(KINDS)
_FIELD_SET: Final = {*_FIELDS}
_TYPES: Final = {
    (group, inviter, datetime, Origin, bool, bool, bool, int, int)
    for group in (int, UUID)
    for inviter in (int, UUID)
}
_ID_BITS: Final = INT_ID_MAX.bit_length()


def checked(invite: Invite) -> Invite:
    """Return a valid invite: the same object, or a new one if its fields were set past validation.

    Validating an instance costs pydantic as much as making one. Types and ranges are compared here
    instead; only an instance that fails this is validated again.

    Raises:
        TypeError: It is not an `Invite`.
        pydantic.ValidationError: The invite was changed and is no longer valid.
    """
    if not isinstance(invite, Invite):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("invite must be an Invite")
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
    """Make an `Invite` without validation.

    Args:
        fields: All fields in order, with valid values, as unpacked from a verified body.

    Returns:
        An invite whose attributes are all equal to those of `Invite(**fields)`.
    """
    invite = Invite.__new__(Invite)
    _set(invite, "__dict__", fields)
    _set(invite, "__pydantic_fields_set__", _FIELD_SET.copy())
    _set(invite, "__pydantic_extra__", None)
    _set(invite, "__pydantic_private__", None)
    return invite


_set: Final = object.__setattr__  # `Invite` is frozen, so its own `__setattr__` refuses
