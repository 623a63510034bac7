"""What a service that mints allows: each limit refuses by itself, and none is on by default."""

import json
from datetime import timedelta
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import INVITE, invites

from passphrase import Invite, LimitError, MintPolicy, Origin
from passphrase.minting import FLAGS

MINUTE = timedelta(minutes=1)
SETTINGS: dict[str, Any] = {
    "max_lifetime": timedelta(days=7),
    "origins": frozenset({Origin.WECHAT}),
    "required_flags": frozenset({"approval"}),
    "allowed_flags": frozenset({"mutual_follow"}),
}
GOOD = INVITE.model_copy(update={"approval": True, "single_use": False, "origin": Origin.WECHAT})
NOW = GOOD.expires_at - timedelta(days=7)


def broken(policy: MintPolicy, invite: Invite, now: Any) -> str | None:
    try:
        policy.check(invite, now)
    except LimitError as error:
        return error.limit
    return None


@given(invite=invites, left=st.timedeltas(-MINUTE, timedelta(days=400)))
def test_there_are_no_limits_by_default(invite: Invite, left: timedelta) -> None:
    """Only an invite that has expired is refused."""
    expired = "expires_at" if left <= timedelta() else None
    assert broken(MintPolicy(), invite, invite.expires_at - left) == expired


@pytest.mark.parametrize(
    ("changed", "earlier", "limit"),
    [
        ({}, timedelta(0), None),
        ({"mutual_follow": True}, timedelta(0), None),
        ({}, timedelta(microseconds=1), "max_lifetime"),
        ({}, timedelta(days=-7), "expires_at"),
        ({"origin": Origin.QQ}, timedelta(0), "origins"),
        ({"origin": Origin.IN_APP}, timedelta(0), "origins"),
        ({"approval": False}, timedelta(0), "required_flags"),
        ({"single_use": True}, timedelta(0), "allowed_flags"),
    ],
)
def test_each_limit(changed: dict[str, Any], earlier: timedelta, limit: str | None) -> None:
    """An invite that breaks one limit is refused for it, and for nothing without that limit."""
    invite = GOOD.model_copy(update=changed)
    assert broken(MintPolicy(**SETTINGS), invite, NOW - earlier) == limit
    others = {name: setting for name, setting in SETTINGS.items() if name != limit}
    if limit != "expires_at":
        assert broken(MintPolicy(**others), invite, NOW - earlier) is None


def test_a_policy_comes_from_a_settings_file() -> None:
    """JSON has lists, and a lifetime as ISO 8601."""
    settings = {"max_lifetime": "P7D", "origins": ["wechat"], "allowed_flags": [*FLAGS]}
    policy = MintPolicy.model_validate_json(json.dumps(settings))
    assert policy.max_lifetime == timedelta(days=7)
    assert MintPolicy.model_validate_json(policy.model_dump_json()) == policy


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_lifetime": timedelta()},
        {"max_lifetime": 7},
        {"origins": ["sms"]},
        {"required_flags": ["single"]},
        {"lifetime": timedelta(1)},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        MintPolicy(**wrong)
