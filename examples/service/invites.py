"""What the endpoints do, without a framework: mint, open, join, approve, take back, count.

Threads can share one `Invites`. It keeps neither a pasted text nor a passphrase.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final, NoReturn, Self

from service.bodies import (
    Answered,
    AskedToJoin,
    Generation,
    GroupState,
    InviteState,
    Joined,
    Locale,
    Minted,
    MintRequest,
    PastedRequest,
    RefusedError,
    User,
)
from service.rates import Rates
from service.store import Issued, Pool, Store, make_pool

from passphrase import (
    Action,
    Codec,
    Decoded,
    Invite,
    JoinPrompt,
    Keyring,
    PassphraseError,
    Policy,
    Reason,
    Visit,
    find,
    join_prompt,
    open_url,
    parse_id,
    share,
)
from passphrase.events import Event, joined, minted, opened, refused, repaired
from passphrase.joining.ledger_facts import LedgerFacts
from passphrase.joining.prompt import join_line
from passphrase.ledger import USES_MAX, Claim, Uses
from passphrase.minting import WORDINGS
from passphrase.minting import Minted as MintedPassphrase
from passphrase.web import refusal

CHARS_MAX: Final = 4_000  # of a pasted text: more than any chat message
MINTING_TRIES: Final = 64  # of one invite; eight variants, and then the next minute
TRIES_A_MINUTE: Final = 8
SLOW_SECONDS: Final = 2.0  # how long a damaged text waits for its turn
GENERATIONS: Final = 256
POLICY: Final = Policy(deny_list=True, count_uses=True, icebreakers=("wave", "hotpot", "dance"))


class Invites:
    """The service.

    Args:
        pool: Where everything is kept.
        keyring: The keys of the passphrases.
        audience: The app that can open them.
        rates: Who does too much.
        app_name: Stands in the message.
        policy: The rules of the product.
        listen: Is told what happens, for the metrics.
    """

    def __init__(  # noqa: PLR0913  # what a service is made of, by keyword
        self,
        pool: Pool,
        keyring: Keyring,
        *,
        audience: str,
        rates: Rates | None = None,
        app_name: str = "抖音",
        policy: Policy | None = None,
        listen: Callable[[Event], object] = lambda _event: None,
    ) -> None:
        self.pool: Final = pool
        self._key_ids: Final = keyring.ids
        self._codec: Final = Codec(keyring, audience=audience, max_chars=CHARS_MAX)
        self._listen: Final = listen
        self._rates: Final = rates or Rates()
        self._app_name: Final = app_name
        self._policy: Final = policy or POLICY
        self._slow: Final = Lock()

    @classmethod
    def from_environment(cls, listen: Callable[[Event], object] = lambda _event: None) -> Self:
        """Make the service of keys, audience, database and limits that the environment names."""
        keys_file = os.environ.get("PASSPHRASE_KEYS_FILE")
        keys = (
            Path(keys_file).read_text("ascii") if keys_file else os.environ.get("PASSPHRASE_KEYS")
        )
        if not keys:
            raise LookupError("no keys: PASSPHRASE_KEYS_FILE names the file of `passphrase keygen`")
        return cls(
            make_pool(os.environ.get("DATABASE_URL", "invites.db")),
            Keyring.parse(keys),
            audience=os.environ["PASSPHRASE_AUDIENCE"],
            rates=Rates(
                os.environ.get("REDIS_URL", "memory://"), json.loads(os.environ.get("RATES", "{}"))
            ),
            app_name=os.environ.get("APP_NAME", "抖音"),
            listen=listen,
        )

    # --- Mint ------------------------------------------------------------------------------------

    def mint(self, asked: MintRequest, inviter: User) -> Minted:
        """Make an invite that was never issued before, with the group's current generation.

        Raises:
            RefusedError: 403, or 429.
        """
        self._rates.hit("mint", inviter)
        with self.pool.changing() as store:
            group = store.group(asked.group_id)
            if group is None or not store.is_member(asked.group_id, inviter):
                raise RefusedError(403, "not_a_member", "Only members invite.")
            made = self._mint(store, asked, inviter)
        self._listen(minted(made))
        message = share(
            made.text, locale=asked.locale, group_name=group.name, app_name=self._app_name
        )
        return Minted(
            message=message,
            passphrase=made.text,
            fingerprint=made.fingerprint,
            expires_at=made.invite.expires_at,
            open_url=open_url(asked.to),
        )

    def _mint(self, store: Store, asked: MintRequest, inviter: User) -> MintedPassphrase:
        """Mint until there is an invite that nobody has; equal invites are one passphrase."""
        for attempt in range(MINTING_TRIES):
            made = self._try_mint(store, asked, inviter, attempt)
            ends = made.invite.expires_at.isoformat()
            known = made.fingerprint, asked.group_id, str(inviter)
            if store.issue(Issued(*known, asked.cap, made.invite.generation, ends)):
                return made
        raise RefusedError(429, "too_many", "Too many invites at once. Try again in a minute.")

    def _try_mint(
        self, store: Store, asked: MintRequest, inviter: User, attempt: int
    ) -> MintedPassphrase:
        invite = Invite(
            group_id=parse_id(asked.group_id),
            inviter_id=inviter,
            expires_at=_now() + timedelta(minutes=asked.minutes + attempt // TRIES_A_MINUTE),
            origin=asked.to,
            mutual_follow=asked.mutual_follow,
            approval=asked.approval,
            single_use=asked.cap == 1,
            generation=_generation(store, asked.group_id),
            variant=secrets.randbelow(256),
        )
        wordings = 1 if attempt % TRIES_A_MINUTE else WORDINGS  # pleasant at first
        return self._codec.mint(invite, script=asked.script, wordings=wordings)

    # --- Open and join ---------------------------------------------------------------------------

    def read(self, asked: PastedRequest, viewer: User | None, address: str) -> Decoded:
        """Read a pasted text, without the database.

        A text that is one passphrase and nothing else, as clients send it, is read at once. Others
        are read one at a time, so that hostile ones cannot take all threads' time.

        Raises:
            RefusedError: 422 or 413, with the error's code and a sentence for the person; 429 if
                somebody fails too often; 503 if too many wait.
        """
        who = address if viewer is None else viewer
        self._rates.hit("open", who)
        self._rates.check("fail", who)
        self._rates.check("address", address)
        try:
            is_bare = [found.text for found in find(asked.text)] == [asked.text]
            with nullcontext() if is_bare else self._in_turn():
                decoded = self._codec.decode(asked.text)
        except PassphraseError as error:
            self._fail(asked, error, who, address)
        if decoded.repairs:
            self._listen(repaired(decoded))
        return decoded

    def _fail(
        self, asked: PastedRequest, error: PassphraseError, who: object, address: str
    ) -> NoReturn:
        self._rates.hit("fail", who)
        self._rates.hit("address", address)
        self._listen(refused(error))
        answer = refusal(asked.text, error, self._codec, asked.locale)
        raise RefusedError(answer.status, answer.error, answer.message) from None

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._slow.acquire(timeout=SLOW_SECONDS):
            raise RefusedError(503, "busy", "Try again in a moment.")
        try:
            yield
        finally:
            self._slow.release()

    def open(self, decoded: Decoded, asked: PastedRequest, viewer: User | None) -> JoinPrompt:
        """Make the popup. It changes nothing."""
        with self.pool.store() as store:
            prompt = self._judge(store, decoded, _visit(asked, viewer), asked.locale)
        self._listen(opened(decoded, prompt))
        return prompt

    def join(self, decoded: Decoded, asked: PastedRequest, viewer: User) -> Joined:
        """Judge again, and add the member or keep the request, in one transaction."""
        with self.pool.changing() as store:
            store.lock_group(decoded.invite.group_id)
            prompt = self._judge(store, decoded, _visit(asked, viewer), asked.locale)
            line = None
            if prompt.action is Action.JOIN and _admit(store, decoded, viewer):
                line = _line(store, decoded, viewer, asked.locale)
            elif prompt.action is Action.REQUEST:
                invite = decoded.invite.model_dump_json()
                store.ask(decoded.fingerprint, viewer, invite, asked.source)
        if line:
            self._listen(joined(decoded))
        return Joined(prompt=prompt, line=line)

    def _judge(self, store: Store, decoded: Decoded, visit: Visit, locale: Locale) -> JoinPrompt:
        group = store.group(decoded.invite.group_id)
        return join_prompt(
            decoded,
            visit,
            StoreFacts(store, decoded),
            policy=self._policy,
            locale=locale,
            group_name=group and group.name,
            inviter_name=store.name(decoded.invite.inviter_id),
        )

    # --- Requests --------------------------------------------------------------------------------

    def requests(self, group_id: str, owner: User) -> list[AskedToJoin]:
        """List who waits for the owner."""
        with self.pool.store() as store:
            _check_owner(store, group_id, owner)
            rows = store.requests(group_id)
        return [AskedToJoin(fingerprint=row[0], user_id=row[1], name=row[2]) for row in rows]

    def answer(  # noqa: PLR0913  # who asked for what, and who answers how
        self,
        group_id: str,
        fingerprint: str,
        user_id: str,
        owner: User,
        *,
        approve: bool,
        locale: Locale = "zh-Hans",
    ) -> Answered:
        """Judge a request again as it was made, and admit the person if it is still good.

        Raises:
            RefusedError: 403, or 404.
        """
        user = parse_id(user_id)
        with self.pool.changing() as store:
            _check_owner(store, group_id, owner)
            row = store.take_request(group_id, fingerprint, user)
            if row is None or int(fingerprint[0]) not in self._key_ids:
                raise RefusedError(404, "no_request", "There is no such request.")
            if not approve:
                return Answered(joined=False, reason=None, line=None)
            invite = Invite.model_validate_json(row[0])
            store.lock_group(group_id)
            decoded = Decoded(invite, "", "", (0, 0), (), int(fingerprint[0]), fingerprint)
            visit = Visit.model_validate({"viewer_id": user, "now": _now(), "source": row[1]})
            prompt = self._judge(store, decoded, visit, locale)
            if prompt.action not in {Action.JOIN, Action.REQUEST}:
                return Answered(joined=False, reason=prompt.reason, line=None)
            if not _admit(store, decoded, user):
                return Answered(joined=False, reason=Reason.USED_UP, line=None)
            line = _line(store, decoded, user, locale)
        self._listen(joined(decoded))
        return Answered(joined=True, reason=None, line=line)

    # --- Take back and count ---------------------------------------------------------------------

    def revoke(self, fingerprint: str, user: User) -> None:
        """Take back one invite: its inviter can, and the group's owner."""
        with self.pool.changing() as store:
            _check_own(store, fingerprint, user)
            store.ledger.revoke(fingerprint)

    def reset(self, group_id: str, owner: User) -> Generation:
        """Take back all invites of a group."""
        with self.pool.changing() as store:
            _check_owner(store, group_id, owner)
            return Generation(generation=store.ledger.reset(parse_id(group_id)))

    def state(self, fingerprint: str, user: User) -> InviteState:
        """Count the uses of an invite."""
        with self.pool.store() as store:
            issued = _check_own(store, fingerprint, user)
            ticket = issued.ticket()
            known = store.ledger.uses(ticket, user, _now())
        return InviteState(
            fingerprint=fingerprint,
            settled=known.settled,
            pending=known.pending,
            cap=issued.cap,
            left=None if issued.cap is None else ticket.left(known),
            revoked=ticket.refusal(known) is Claim.REVOKED,
            expires_at=datetime.fromisoformat(issued.ends),
        )

    def group(self, group_id: str, member: User) -> GroupState:
        """Tell a member who is in the group."""
        with self.pool.store() as store:
            group = store.group(group_id)
            if group is None or not store.is_member(group_id, member):
                raise RefusedError(403, "not_a_member", "Only members see the group.")
            return GroupState(name=group.name, members=store.member_names(group_id))

    def add_group(self, group_id: User, name: str, owner: User) -> None:
        """Make a group whose one member is its owner."""
        with self.pool.changing() as store:
            store.add_group(group_id, name, owner)

    def check_health(self) -> None:
        """Ask the database for something. What it raises becomes 503."""
        with self.pool.store() as store:
            store("SELECT 1")


class StoreFacts(LedgerFacts):
    """The facts: four from the ledger, by one query, and those of our own tables."""

    def __init__(self, store: Store, decoded: Decoded) -> None:
        self._issued = store.issued(decoded.fingerprint)
        cap = self._issued.cap if self._issued else None
        super().__init__(store.ledger, cap or USES_MAX)
        self._store = store
        self._known: Uses | None = None

    def uses(self, decoded: Decoded, visit: Visit) -> Uses:
        """Ask the ledger once."""
        self._known = self._known or super().uses(decoded, visit)
        return self._known

    def generation(self, decoded: Decoded, visit: Visit) -> int:
        """Return the number of resets; a missing group counts as reset."""
        is_there = self._store.group(decoded.invite.group_id) is not None
        return super().generation(decoded, visit) if is_there else decoded.invite.generation + 1

    def revoked(self, decoded: Decoded, visit: Visit) -> bool:
        """An invite that nobody issued here is as good as revoked."""
        return self._issued is None or super().revoked(decoded, visit)

    def member(self, decoded: Decoded, visit: Visit) -> bool:
        """Look the viewer up."""
        return self._store.is_member(decoded.invite.group_id, visit.viewer_id)

    def inviter_is_member(self, decoded: Decoded, _visit: Visit) -> bool:
        """Look the inviter up."""
        return self._store.is_member(decoded.invite.group_id, decoded.invite.inviter_id)

    def group_full(self, decoded: Decoded, _visit: Visit) -> bool:
        """Compare with the limit of the group."""
        group = self._store.group(decoded.invite.group_id)
        return group is None or self._store.members(decoded.invite.group_id) >= group.size

    def mutual_follow(self, decoded: Decoded, visit: Visit) -> bool | None:
        """Ask the social graph, which here is a table."""
        return self._store.follow_each_other(visit.viewer_id, decoded.invite.inviter_id)


def _admit(store: Store, decoded: Decoded, user: User) -> bool:
    issued = store.issued(decoded.fingerprint)
    return issued is not None and store.admit(issued.ticket(), user, _now()) is Claim.CLAIMED


def _line(store: Store, decoded: Decoded, user: User, locale: Locale) -> str:
    """Return what the group reads after a join."""
    inviter_name = store.name(decoded.invite.inviter_id)
    return join_line(inviter_name=inviter_name, newcomer_name=store.name(user), locale=locale)


def _visit(asked: PastedRequest, viewer: User | None) -> Visit:
    return Visit(viewer_id=viewer, now=_now(), source=asked.source)


def _now() -> datetime:
    return datetime.now(UTC)


def _generation(store: Store, group_id: str) -> int:
    query = "SELECT generation FROM invite_groups WHERE id = ?"
    row = store(query, group_id).fetchone()
    return int(row[0]) % GENERATIONS if row else 0


def _check_owner(store: Store, group_id: str, user: User) -> None:
    group = store.group(group_id)
    if group is None or group.owner_id != str(user):
        raise RefusedError(403, "not_the_owner", "Only the owner can do this.")


def _check_own(store: Store, fingerprint: str, user: User) -> Issued:
    """Return an invite if the user minted it or owns its group."""
    issued = store.issued(fingerprint)
    group = issued and store.group(issued.group_id)
    if issued is None or str(user) not in {issued.inviter_id, group and group.owner_id}:
        raise RefusedError(404, "no_invite", "There is no such invite of yours.")
    return issued
