"""Shared by the three web services: requests, answers, and a database in SQLite.

    python examples/invites.py invites.db        # one group with one member, to try them with

Keys and audience come from the environment: PASSPHRASE_KEYS_FILE (or PASSPHRASE_KEYS) and
PASSPHRASE_AUDIENCE. The pasted text is never stored, logged or sent back.
"""

import json
import os
import secrets
import sqlite3
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, InstanceOf

from passphrase import (
    Action,
    Codec,
    Decoded,
    Invite,
    JoinPrompt,
    Keyring,
    Origin,
    PassphraseError,
    Policy,
    Visit,
    explain,
    join_prompt,
    open_url,
    parse_id,
    share,
)

MAX_CHARS: Final = 4_000  # of a pasted text: more than any chat message
MAX_BODY_BYTES: Final = 64 * 1024  # 4,000 emoji, each escaped as 12 bytes of JSON, and the rest
LIFETIME: Final = timedelta(days=7)
APP_NAME: Final = "抖音"
MINTING_TRIES: Final = 64  # of one invite; eight variants, and then the next minute
TRIES_A_MINUTE: Final = 8
SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS groups (
        id TEXT PRIMARY KEY, name TEXT, generation INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE IF NOT EXISTS members (group_id TEXT, user_id TEXT, PRIMARY KEY (group_id, user_id));
    CREATE TABLE IF NOT EXISTS issued (fingerprint TEXT PRIMARY KEY, inviter_id TEXT, ends TEXT);
    CREATE TABLE IF NOT EXISTS spent (fingerprint TEXT PRIMARY KEY, user_id TEXT, ends TEXT);
"""  # noqa: E501

_Model = TypeVar("_Model", bound=BaseModel)
Locale = Literal["zh-Hans", "zh-Hant", "en"]
Channel = Literal["wechat", "qq"]
ORIGINS: Final = {"wechat": Origin.WECHAT, "qq": Origin.QQ}


# --- Requests and answers -----------------------------------------------------------------------


def _an_id(text: str) -> str:
    return str(parse_id(text))


class MintRequest(BaseModel, extra="forbid"):
    """Fields of a request for a new invite."""

    group_id: Annotated[str, AfterValidator(_an_id)]  # a string: JavaScript cuts long numbers
    to: Channel
    single_use: bool = False


class Minted(BaseModel):
    """The message for the clipboard, and the URL that opens the chat app."""

    message: str
    open_url: str
    expires_at: datetime


class PastedRequest(BaseModel, extra="forbid", hide_input_in_errors=True):
    """Fields of a request to open a pasted text, or to join with it."""

    # Not `str`: with `max_length`, it refuses half a surrogate pair, which the codec can repair.
    # `repr` hides the text, because error reports record local variables.
    text: InstanceOf[str] = Field(repr=False)
    source: Channel | None = None
    locale: Locale = "zh-Hans"


class Refusal(BaseModel):
    """Why there is no popup, and the sentence for the person. It quotes nothing of the request."""

    error: str
    message: str


class RefusedError(Exception):
    """A refused request. `args` are the status and the body of the answer."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(status, refusal)
        self.status = status
        self.refusal = refusal


def refused(status: int, error: str, message: str) -> RefusedError:
    """Make a refusal to raise."""
    return RefusedError(status, Refusal(error=error, message=message))


def check_head(content_type: str | None, transfer_encoding: str | None) -> None:
    """Refuse a body that is not JSON, or of unknown length, before it is read.

    A framework parses forms by itself and may put them into error reports. It may also truncate a
    body of unknown length.

    Raises:
        RefusedError: 415 or 411.
    """
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise refused(415, "not_json", "Send JSON, and say so.")
    if transfer_encoding:
        raise refused(411, "no_length", "Say how long the body is.")


def parse(model: type[_Model], body: bytes) -> _Model:
    """Parse the body of a request. The error quotes nothing of it.

    Raises:
        RefusedError: 400, the body is not JSON of this kind.
    """
    try:
        return model.model_validate(json.loads(body))
    except (ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        raise bad_request() from None


def bad_request() -> RefusedError:
    """Return the refusal of an invalid body."""
    return refused(400, "bad_request", "The request is not understood.")


def too_large() -> RefusedError:
    """Return the refusal of a body that is too long."""
    return refused(413, "too_large", f"A request has at most {MAX_BODY_BYTES} bytes.")


def viewer(header: str | None) -> int | UUID:
    """Return the id of the user. Use your own session: this trusts a header from your gateway."""
    try:
        return parse_id(header or "")
    except ValueError:
        raise refused(401, "unknown_user", "Sign in first.") from None


# --- The service --------------------------------------------------------------------------------


class Invites:
    """Mint, open and join. Threads can share one: each call has its own connection."""

    def __init__(self, path: Path | str, codec: Codec, policy: Policy | None = None) -> None:
        self._path = path
        self._codec = codec
        self._policy = policy or Policy()
        with self._transaction() as db:
            db.executescript(SCHEMA)

    @classmethod
    def from_environment(cls) -> Self:
        """Read keys, audience and the place of the database from the environment."""
        keys_file = os.environ.get("PASSPHRASE_KEYS_FILE")
        keys = (
            Path(keys_file).read_text("ascii") if keys_file else os.environ.get("PASSPHRASE_KEYS")
        )
        if not keys:
            raise LookupError("no keys: PASSPHRASE_KEYS_FILE names the file of `passphrase keygen`")
        codec = Codec(
            Keyring.parse(keys), audience=os.environ["PASSPHRASE_AUDIENCE"], max_chars=MAX_CHARS
        )
        return cls(os.environ.get("INVITES_DB", "invites.db"), codec)

    def mint(self, asked: MintRequest, inviter_id: int | UUID) -> Minted:
        """Make an invite that was never issued before, with the group's current generation.

        Raises:
            RefusedError: 403, or 429 when more than a thousand were made within a minute.
        """
        origin = ORIGINS[asked.to]
        ends = datetime.now(UTC) + LIFETIME
        with self._transaction() as db:
            if not _is_member(db, asked.group_id, inviter_id):
                raise refused(403, "not_a_member", "Only members invite.")
            name, generation = db.execute(
                "SELECT name, generation FROM groups WHERE id = ?", (asked.group_id,)
            ).fetchone()
            for attempt in range(MINTING_TRIES):
                invite = Invite(
                    group_id=parse_id(asked.group_id),
                    inviter_id=inviter_id,
                    expires_at=ends + timedelta(minutes=attempt // TRIES_A_MINUTE),
                    origin=origin,
                    single_use=asked.single_use,
                    generation=generation % 256,
                    variant=secrets.randbelow(256),
                )
                text = self._codec.encode(invite)
                if self._issue(db, text):
                    return Minted(
                        message=share(text, group_name=name, app_name=APP_NAME),
                        open_url=open_url(origin),
                        expires_at=invite.expires_at,
                    )
        raise refused(429, "too_many", "Too many invites at once. Try again in a minute.")

    def _issue(self, db: sqlite3.Connection, text: str) -> bool:
        """Store the fingerprint of an invite; return False if it was issued before.

        Equal invites make the same passphrase, so the second friend would find it used up.
        """
        made = self._codec.decode(text)
        row = (made.fingerprint, str(made.invite.inviter_id), made.invite.expires_at.isoformat())
        query = "INSERT INTO issued VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        return db.execute(query, row).rowcount > 0

    def read(self, asked: PastedRequest) -> Decoded:
        """Read a pasted text, without the database.

        Raises:
            RefusedError: 422, with the error's code and a sentence for the person.
        """
        try:
            return self._codec.decode(asked.text)
        except PassphraseError as error:
            sentence = explain(asked.text, self._codec, outcome=error).sentences[asked.locale]
            raise refused(422, error.code, sentence) from None

    def open(self, decoded: Decoded, asked: PastedRequest, viewer_id: int | UUID) -> JoinPrompt:
        """Make the popup. It writes nothing, so it needs no write lock."""
        with self._transaction("BEGIN") as db:
            return self._judge(db, decoded, asked, viewer_id)

    def join(self, decoded: Decoded, asked: PastedRequest, viewer_id: int | UUID) -> JoinPrompt:
        """Judge again and add the member, in one transaction. The action "join" means success."""
        with self._transaction() as db:
            prompt = self._judge(db, decoded, asked, viewer_id)
            if prompt.action is Action.JOIN:
                invite = decoded.invite
                if invite.single_use:
                    row = (decoded.fingerprint, str(viewer_id), invite.expires_at.isoformat())
                    db.execute("INSERT INTO spent VALUES (?, ?, ?)", row)
                _add_member(db, invite.group_id, viewer_id)
            return prompt

    def add_group(self, group_id: int | UUID, name: str, owner_id: int | UUID) -> None:
        """Make a group of one."""
        with self._transaction() as db:
            db.execute("INSERT INTO groups (id, name) VALUES (?, ?)", (str(group_id), name))
            _add_member(db, group_id, owner_id)

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Generator[sqlite3.Connection]:
        """See one state of the database; hold its write lock from the first read to the end."""
        db = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        try:
            db.execute(begin)
            yield db
            if db.in_transaction:  # a script has ended it
                db.execute("COMMIT")
        finally:
            db.close()  # and whatever has not been committed is undone

    def _judge(
        self, db: sqlite3.Connection, decoded: Decoded, asked: PastedRequest, viewer_id: int | UUID
    ) -> JoinPrompt:
        row = db.execute(
            "SELECT name FROM groups WHERE id = ?", (str(decoded.invite.group_id),)
        ).fetchone()
        return join_prompt(
            decoded,
            Visit(viewer_id=viewer_id, now=datetime.now(UTC), source=asked.source),
            DatabaseFacts(db),
            policy=self._policy,
            locale=asked.locale,
            group_name=row and row[0],
        )


class DatabaseFacts:
    """One method for each fact that the rules may need. Each is a query, called only if needed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def generation(self, decoded: Decoded, _visit: Visit) -> int:
        """Return the number of resets; a missing group counts as reset."""
        invite = decoded.invite
        query = "SELECT generation FROM groups WHERE id = ?"
        row = self._db.execute(query, (str(invite.group_id),)).fetchone()
        return int(row[0]) if row else invite.generation + 1

    def spent(self, decoded: Decoded, visit: Visit) -> bool:
        """Look into the ledger. Not spent for the viewer who used it and is still a member."""
        query = "SELECT user_id FROM spent WHERE fingerprint = ?"
        row = self._db.execute(query, (decoded.fingerprint,)).fetchone()
        is_mine = row == (str(visit.viewer_id),) and self.member(decoded, visit)
        return row is not None and not is_mine

    def member(self, decoded: Decoded, visit: Visit) -> bool:
        """Look the viewer up among the members."""
        return _is_member(self._db, decoded.invite.group_id, visit.viewer_id)

    def banned(self, _decoded: Decoded, _visit: Visit) -> bool:
        """Ask your ban list."""
        return False

    def inviter_is_member(self, decoded: Decoded, _visit: Visit) -> bool:
        """Look the inviter up among the members."""
        return _is_member(self._db, decoded.invite.group_id, decoded.invite.inviter_id)

    def group_full(self, _decoded: Decoded, _visit: Visit) -> bool:
        """Compare with your limit."""
        return False

    def mutual_follow(self, _decoded: Decoded, _visit: Visit) -> bool | None:
        """Ask your social graph; return None if it does not answer in time."""
        return None


def _is_member(db: sqlite3.Connection, group_id: object, user_id: object) -> bool:
    query = "SELECT 1 FROM members WHERE group_id = ? AND user_id = ?"
    return db.execute(query, (str(group_id), str(user_id))).fetchone() is not None


def _add_member(db: sqlite3.Connection, group_id: object, user_id: object) -> None:
    db.execute("INSERT INTO members VALUES (?, ?)", (str(group_id), str(user_id)))


def main(arguments: list[str]) -> None:
    """Make a database with one group."""
    if len(arguments) != 1:
        sys.exit("usage: python examples/invites.py NEW_DATABASE")
    [path] = arguments
    if Path(path).exists():
        sys.exit(f"{path} is there already; delete it or name another")
    os.environ["INVITES_DB"] = path
    Invites.from_environment().add_group(6824193837465920001, "火锅小分队", 102938475610293847)
    print("group 6824193837465920001 and its one member 102938475610293847 are in", path)


if __name__ == "__main__":
    main(sys.argv[1:])
