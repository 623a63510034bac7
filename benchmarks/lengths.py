"""How long one invite is: ours beside the signed tokens that one would pick instead.

    pip install -e '.[bench]'
    python benchmarks/lengths.py                    print the table
    python benchmarks/lengths.py --check FILE...    exit with 1 if a file shows others

Everybody carries the same fields: two 64-bit ids, expiry, origin, defaults for the rest, each in
its own compact form (JSON without spaces, short names), and is asked to keep the ids secret where
it can. Characters are what a person sees pass by; bytes are of UTF-8.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import jwt
import pyseto
from cryptography.fernet import Fernet
from itsdangerous import URLSafeTimedSerializer

from passphrase import Codec, Invite, Keyring, Origin
from passphrase.scripts import SCRIPT_NAMES

SECRET: Final = bytes(range(32))
INVITE: Final = Invite(
    group_id=6824193837465920001,
    inviter_id=102938475610293847,
    expires_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
    origin=Origin.WECHAT,
)
CLAIMS: Final = {
    "g": INVITE.group_id,
    "i": INVITE.inviter_id,
    "exp": int(INVITE.expires_at.timestamp()),
    "o": 1,
}


def tokens() -> Iterator[tuple[str, str, str]]:
    """Yield the name of each form, whether it hides the ids, and the invite in it."""
    codec = Codec(Keyring({1: SECRET}), audience="douyin")
    for script in SCRIPT_NAMES:
        yield f"**passphrase, {script}**", "yes", codec.encode(INVITE, script=script)
    payload = json.dumps(CLAIMS, separators=(",", ":")).encode()
    serializer = URLSafeTimedSerializer(SECRET)
    yield "itsdangerous `URLSafeTimedSerializer`", "no", str(serializer.dumps(CLAIMS))
    yield "JWT, HS256", "no", jwt.encode(CLAIMS, SECRET, algorithm="HS256")
    key = pyseto.Key.new(version=4, purpose="local", key=SECRET)
    yield "PASETO v4.local", "yes", pyseto.encode(key, payload).decode()
    yield "Fernet", "yes", Fernet(Fernet.generate_key()).encrypt(payload).decode()


def table() -> str:
    """Return the rows as Markdown; no header, which each README writes in its language."""
    return "\n".join(
        f"| {name} | {len(token)} | {len(token.encode())} | {hides} |"
        for name, hides, token in tokens()
    )


def main() -> int:
    """Print the table, or compare it with the files that show it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", nargs="+", type=Path, metavar="FILE", default=[])
    stale = [p for p in parser.parse_args().check if table() not in p.read_text(encoding="utf-8")]
    for path in stale:
        print(f"{path} shows other lengths than benchmarks/lengths.py", file=sys.stderr)
    print(table())
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
