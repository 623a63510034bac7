"""The model: every valid invite can be minted, and every other input is refused."""

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support import CODEC, INVITE, invites, moments

from passphrase import Invite, Origin, Visit, explain, join_prompt, parse_id
from passphrase.invite import EPOCH, checked, trusted
from passphrase.joining.rules import Facts

FIELDS: dict[str, Any] = {
    "group_id": 1,
    "inviter_id": 2,
    "expires_at": datetime(2026, 6, 1, tzinfo=UTC),
    "origin": Origin.QQ,
}


class NamelessZone(tzinfo):
    """A time zone without an offset: datetimes with it are naive."""

    def utcoffset(self, _moment: datetime | None) -> None:
        return None

    dst = tzname = utcoffset


@given(invite=invites)
def test_json_round_trip(invite: Invite) -> None:
    """An invite survives JSON, with the type of each id."""
    again = Invite.model_validate_json(invite.model_dump_json())
    assert again == invite
    assert hash(again) == hash(invite)
    assert type(again.group_id) is type(invite.group_id)


def test_json_ids_are_strings() -> None:
    """A JavaScript reader loses the digits of a number past 2^53."""
    dumped = json.loads(INVITE.model_dump_json())
    assert dumped["group_id"] == "6824193837465920001"
    assert dumped["expires_at"] == "2026-11-29T12:00:00Z"
    assert dumped["origin"] == "wechat"


@given(
    moment=moments,
    seconds=st.integers(0, 59),
    microseconds=st.integers(0, 999_999),
    offset=st.integers(-1439, 1439),
)
def test_expiry_is_floored_to_the_minute_in_utc(
    moment: datetime, seconds: int, microseconds: int, offset: int
) -> None:
    """Signing never lengthens an invite, whatever zone its expiry was given in."""
    given_moment = (moment + timedelta(seconds=seconds, microseconds=microseconds)).astimezone(
        timezone(timedelta(minutes=offset))
    )
    invite = Invite.model_validate(FIELDS | {"expires_at": given_moment})
    assert invite.expires_at == moment
    assert invite.expires_at.tzinfo is UTC


@pytest.mark.parametrize(
    "expires_at",
    [
        EPOCH,
        EPOCH + timedelta(seconds=59, microseconds=999_999),
        EPOCH + timedelta(minutes=2**25),
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=23))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=23))),
        datetime(2026, 6, 1),  # noqa: DTZ001
        datetime(2026, 6, 1, tzinfo=NamelessZone()),
        "2026-06-01T00:00Z",
        1780272000,
        None,
    ],
)
def test_expiry_out_of_range_or_type_is_refused(expires_at: object) -> None:
    """Naive datetimes, text, numbers, and moments outside 25 bits of minutes are refused."""
    with pytest.raises(ValidationError) as caught:
        Invite.model_validate(FIELDS | {"expires_at": expires_at})
    assert {error["loc"][0] for error in caught.value.errors()} == {"expires_at"}


@pytest.mark.parametrize("identity", [True, False, -1, 2**64, 1.5, "1", b"one", None])
@pytest.mark.parametrize("field", ["group_id", "inviter_id"])
def test_invalid_ids(field: str, identity: object) -> None:
    """An id is an int in [0, 2^64) or a UUID; a bool is no int here."""
    with pytest.raises(ValidationError):
        Invite.model_validate(FIELDS | {field: identity})


@pytest.mark.parametrize(
    "changed",
    [
        {"generation": 256},
        {"generation": -1},
        {"variant": 256},
        {"variant": True},
        {"origin": "sms"},
        {"origin": 1},
        {"approval": 1},
        {"mutual_follow": "yes"},
        {"single_use": None},
        {"admin": True},
    ],
)
def test_other_fields_out_of_range_or_type_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Invite.model_validate(FIELDS | changed)


def test_an_invite_does_not_change() -> None:
    with pytest.raises(ValidationError):
        INVITE.variant = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@given(identity=st.integers(0, 2**64 - 1) | st.uuids())
def test_ids_have_one_text(identity: int | UUID) -> None:
    """`parse_id` reads what `str` writes."""
    assert parse_id(str(identity)) == identity


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "01", " 1", "1\n", "1_0", "18446744073709551616", "٣", "３", "1e3", "0x1",
     "9" * 5000, "12345678123456781234567812345678", "{12345678-1234-5678-1234-567812345678}",
     "12345678-1234-5678-1234-56781234567", "12345678-1234-5678-1234-567812345678\n"],
)  # fmt: skip
def test_text_that_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="an id is"):
        parse_id(text)
    with pytest.raises(ValidationError):
        Invite.model_validate_json(json.dumps({"group_id": text}))


@pytest.mark.parametrize(
    "changed",
    [
        {"group_id": 5},
        {"group_id": None},
        *[
            {"expires_at": text}
            for text in ("1800000000", "1.8e9", "2027-01-01 00:00Z", "2027-01-01_00:00Z", 1.8e9)
        ],
    ],
    ids=str,
)
def test_json_has_one_form(changed: dict[str, object]) -> None:
    """In JSON, only strings are ids, and only ISO 8601 strings are times."""
    fields = json.loads(INVITE.model_dump_json()) | changed
    with pytest.raises(ValidationError) as caught:
        Invite.model_validate_json(json.dumps(fields))
    assert len(caught.value.errors()) == 1


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("group_id", 5, "in JSON, an id must be a string"),
        ("inviter_id", "5x", "an id is a decimal number below 2^64 or a UUID with hyphens"),
        ("expires_at", 5, "in JSON, expires_at must be a string such as 2030-12-01T20:00:00Z"),
        (
            "expires_at",
            "2025-12-31T00:00:00Z",
            "expires_at must be in [2026-01-01 00:01:00+00:00, 2089-10-18 16:32:00+00:00)",
        ),
    ],
)
def test_a_refusal_says_what_is_wanted(field: str, wrong: object, message: str) -> None:
    """The error of each field is one sentence."""
    fields = json.loads(INVITE.model_dump_json()) | {field: wrong}
    with pytest.raises(ValidationError) as caught:
        Invite.model_validate_json(json.dumps(fields))
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {message}"]


def test_json_schema_says_what_json_is() -> None:
    """The JSON schemas describe both directions."""
    modes: tuple[Literal["validation", "serialization"], ...] = ("validation", "serialization")
    for mode in modes:
        properties = Invite.model_json_schema(mode=mode)["properties"]
        assert properties["group_id"]["type"] == "string"
        assert properties["expires_at"]["format"] == "date-time"


def test_a_fold_is_no_difference() -> None:
    """Invites with the same moment are equal, whatever its `fold`."""
    folded = datetime(2026, 6, 1, tzinfo=UTC, fold=1)
    assert Invite.model_validate(FIELDS | {"expires_at": folded}).expires_at.fold == 0


# --- Past the validation ------------------------------------------------------------------------


@given(invite=invites)
def test_a_trusted_invite_is_a_validated_one(invite: Invite) -> None:
    """`trusted` makes the same object, attribute by attribute, as validation."""
    fields = dict(invite)
    made, validated = trusted(dict(fields)), Invite(**fields)
    assert made == validated
    assert hash(made) == hash(validated)
    assert repr(made) == repr(validated)
    assert made.model_fields_set == validated.model_fields_set
    assert made.model_fields_set is not trusted(dict(fields)).model_fields_set
    assert made.model_dump() == validated.model_dump()
    assert made.model_dump_json() == validated.model_dump_json()
    assert (made.model_extra, made.__pydantic_private__) == (None, None)
    assert [*made.__dict__] == [*validated.__dict__] == [*Invite.model_fields]
    assert [*map(type, made.__dict__.values())] == [*map(type, validated.__dict__.values())]
    pickled: Invite = pickle.loads(pickle.dumps(made))  # noqa: S301  # our own
    for copied in (pickled, copy.deepcopy(made), made.model_copy()):
        assert copied == validated
        assert copied.model_fields_set == validated.model_fields_set
    with pytest.raises(ValidationError):
        made.variant = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


@given(invite=invites)
def test_a_whole_invite_is_not_validated_again(invite: Invite) -> None:
    """An unchanged invite is returned as it is, however it was made."""
    assert checked(invite) is invite
    for same in (Invite.model_validate_json(invite.model_dump_json()), invite.model_copy()):
        assert checked(same) is same


BEIJING = timezone(timedelta(hours=8))
STRANGE: list[dict[str, Any]] = [
    *[{field: strange} for field in ("group_id", "inviter_id")
      for strange in (True, -1, 2**64, "1", None, 1.0)],
    *[{field: strange} for field in ("generation", "variant") for strange in (True, -1, 256, "1")],
    *[{"expires_at": moment} for moment in
      (EPOCH, EPOCH + timedelta(minutes=2**25), datetime(2026, 6, 1), None)],  # noqa: DTZ001
    *[{field: 1} for field in ("mutual_follow", "approval", "single_use", "origin")],
    {"origin": "sms"}, {"admin": True},
]  # fmt: skip


@pytest.mark.parametrize("update", STRANGE, ids=str)
def test_a_changed_invite_is_validated_again(update: dict[str, Any]) -> None:
    """A changed invite is refused with pydantic's own error."""
    changed = INVITE.model_copy(update=update)
    with pytest.raises(ValidationError) as expected:
        Invite.model_validate(changed)
    with pytest.raises(ValidationError) as caught:
        checked(changed)
    assert str(caught.value) == str(expected.value)


class Subclassed(Invite, frozen=True):
    """A subclass of `Invite` with an additional rule."""


@pytest.mark.parametrize(
    "invite",
    [
        INVITE.model_copy(update={"expires_at": INVITE.expires_at + timedelta(seconds=59)}),
        INVITE.model_copy(update={"expires_at": INVITE.expires_at + timedelta(microseconds=1)}),
        INVITE.model_copy(update={"expires_at": INVITE.expires_at.replace(fold=1)}),
        INVITE.model_copy(update={"expires_at": INVITE.expires_at.astimezone(BEIJING)}),
        Invite.model_construct(**dict(reversed(dict(INVITE).items()))),
        Subclassed(**dict(INVITE)),
    ],
    ids=["seconds", "microseconds", "fold", "zone", "order", "subclass"],
)  # fmt: skip
def test_an_odd_invite_is_made_whole(invite: Invite) -> None:
    """An invite that validation would correct is corrected."""
    assert checked(invite) == Invite.model_validate(invite)
    moment = checked(invite).expires_at
    assert (moment, moment.fold, moment.tzinfo) == (INVITE.expires_at, 0, UTC)


def _refuse(*_: object) -> None:
    raise AttributeError


# As other libraries make them: a datetime that calculates in a way of its own.
Foreign: Any = type("Foreign", (datetime,), dict.fromkeys(
    ("__add__", "__radd__", "__sub__", "__rsub__", "astimezone", "replace"), _refuse
))  # fmt: skip


def test_a_moment_of_another_library() -> None:
    """A subclass of datetime becomes a plain datetime, rounded down; for `now` too."""
    ends = INVITE.expires_at
    day = ends.year, ends.month, ends.day
    invite = INVITE.model_validate(
        dict(INVITE) | {"expires_at": Foreign(*day, 20, 0, 30, 9, tzinfo=BEIJING)}
    )
    assert (invite, type(invite.expires_at)) == (INVITE, datetime)
    decoded = CODEC.decode(CODEC.encode(invite))
    assert decoded.invite == invite
    now = Foreign(*day, 19, 59, 58, tzinfo=BEIJING)
    visit = Visit(viewer_id=42, now=now, source=None)
    assert join_prompt(decoded, visit, Facts()).seconds_left == 2
    assert explain(decoded.text, CODEC, now=now).finding == "valid"


@pytest.mark.parametrize("origin", Origin)
def test_an_origin_may_be_given_as_its_string(origin: Origin) -> None:
    """In Python as in JSON; the invite holds an `Origin`."""
    fields = {**dict(INVITE), "origin": origin.value}
    assert Invite.model_validate(fields).origin is origin
    assert Invite.model_validate_json(INVITE.model_copy(update=fields).model_dump_json())
