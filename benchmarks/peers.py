"""Other signed tokens, for comparison: each encodes an invite and decodes it.

All carry the same fields from and to the same model: two 64-bit ids, expiry, origin, and defaults
for the rest. Each uses its compact form (JSON without spaces, short names, bytes if it takes them),
and hides the ids if it can. Keys are made once, as each manual says. None checks the expiry.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Final, NamedTuple, cast

import jwt
import pyseto
from cryptography.fernet import Fernet
from itsdangerous import URLSafeTimedSerializer

import passphrase
from passphrase import Invite, Origin
from passphrase.scripts import SCRIPT_NAMES

SECRET: Final = bytes(range(32))
INVITE: Final = Invite(
    group_id=6824193837465920001,
    inviter_id=102938475610293847,
    expires_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    origin=Origin.WECHAT,
)
ORIGINS: Final = (*Origin,)


class Form(NamedTuple):
    """One way to carry an invite.

    Attributes:
        name: As a table names it.
        hides: Whether it hides who invites whom.
        encode: Makes a token of an invite.
        decode: Verifies a token and makes an invite of it.
    """

    name: str
    hides: bool
    encode: Callable[[Invite], str]
    decode: Callable[[str], Invite]


def claims(invite: Invite) -> dict[str, int]:
    """Make the claims of an invite, without its defaults. Inverse: `invite_of`."""
    carried = {
        "g": cast("int", invite.group_id),
        "i": cast("int", invite.inviter_id),
        "exp": int(invite.expires_at.timestamp()),
        "o": ORIGINS.index(invite.origin),
    }
    flags = invite.mutual_follow << 2 | invite.approval << 1 | invite.single_use
    rest = {"f": flags, "n": invite.generation, "v": invite.variant}
    return carried | {name: value for name, value in rest.items() if value}


def invite_of(carried: Mapping[str, Any]) -> Invite:
    """Make the invite of its claims, validated. Inverse: `claims`."""
    flags = carried.get("f", 0)
    return Invite(
        group_id=carried["g"],
        inviter_id=carried["i"],
        expires_at=datetime.fromtimestamp(carried["exp"], UTC),
        origin=ORIGINS[carried["o"]],
        mutual_follow=bool(flags & 4),
        approval=bool(flags & 2),
        single_use=bool(flags & 1),
        generation=carried.get("n", 0),
        variant=carried.get("v", 0),
    )


def _pack(invite: Invite) -> bytes:
    return json.dumps(claims(invite), separators=(",", ":")).encode()


def _itsdangerous() -> Form:
    serializer = URLSafeTimedSerializer(SECRET)
    return Form(
        "itsdangerous `URLSafeTimedSerializer`",
        hides=False,
        encode=lambda invite: str(serializer.dumps(claims(invite))),
        decode=lambda token: invite_of(serializer.loads(token)),
    )


def _jwt() -> Form:
    unexpired = {"verify_exp": False}
    return Form(
        "JWT, HS256",
        hides=False,
        encode=lambda invite: jwt.encode(claims(invite), SECRET, algorithm="HS256"),
        decode=lambda token: invite_of(
            jwt.decode(token, SECRET, algorithms=["HS256"], options=unexpired)  # type: ignore[arg-type]
        ),
    )


def _paseto() -> Form:
    key = pyseto.Key.new(version=4, purpose="local", key=SECRET)
    return Form(
        "PASETO v4.local",
        hides=True,
        encode=lambda invite: str(pyseto.encode(key, _pack(invite)).decode()),
        decode=lambda token: invite_of(
            json.loads(cast("bytes", pyseto.decode(key, token).payload))
        ),
    )


def _fernet() -> Form:
    fernet = Fernet(Fernet.generate_key())
    return Form(
        "Fernet",
        hides=True,
        encode=lambda invite: fernet.encrypt(_pack(invite)).decode(),
        decode=lambda token: invite_of(json.loads(fernet.decrypt(token))),
    )


def ours(script: str, package: ModuleType = passphrase) -> Form:
    """Return our own form in one script, as this or another version makes it."""
    codec = package.Codec(package.Keyring({1: SECRET}), audience="douyin", script=script)
    return Form(
        f"**passphrase, {script}**",
        hides=True,
        encode=codec.encode,
        decode=lambda text: codec.decode(text).invite,
    )


PEERS: Final = (_itsdangerous(), _jwt(), _paseto(), _fernet())
OURS: Final = tuple(map(ours, SCRIPT_NAMES))
