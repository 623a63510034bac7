"""Requests and answers. An id is a string: JavaScript loses the last digits of long numbers."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from passphrase import JoinPrompt, parse_id
from passphrase.web import Pasted

MAX_BODY_BYTES: Final = 64 * 1024  # 4,000 emoji, each escaped as 12 bytes of JSON, and the rest
MINUTES_MAX: Final = 30 * 24 * 60
CAP_MAX: Final = 10_000

Locale = Literal["zh-Hans", "zh-Hant", "en"]
Channel = Literal["wechat", "qq"]


DECIMAL: Final = "0|[1-9][0-9]{0,19}"
UUID_TEXT: Final = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
ERRORS: Final = (400, 401, 403, 404, 405, 413, 422, 429, 503)


def _an_id(text: str) -> str:
    return str(parse_id(text))


IdText = Annotated[
    str,
    Field(max_length=36, pattern=f"^({DECIMAL}|{UUID_TEXT})$", description="below 2^64, or a UUID"),
    AfterValidator(_an_id),
]
Fingerprint = Annotated[str, Field(pattern="^[0-7]-[0-9a-f]{20}$")]

GROUP_EXAMPLE: Final = "6824193837465920001"
USER_EXAMPLE: Final = "102938475610293847"
FINGERPRINT_EXAMPLE: Final = "1-7b5bcd1202cb7af06ea9"


class Body(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True):
    """What every request has in common: unknown fields are refused, and errors quote nothing."""


class MintRequest(Body, frozen=True):
    """A new invite."""

    group_id: IdText = Field(examples=[GROUP_EXAMPLE])
    to: Channel = Field(description="the chat app that carries the message", examples=["wechat"])
    minutes: int = Field(default=7 * 24 * 60, ge=1, le=MINUTES_MAX, examples=[10_080])
    cap: int | None = Field(
        default=None, ge=1, le=CAP_MAX, description="how many people can join by it", examples=[20]
    )
    mutual_follow: bool = Field(default=False, description="only who mutually follows can join")
    approval: bool = Field(default=False, description="the owner has to approve")
    script: Literal["emoji", "hanzi", "base32"] = "emoji"
    locale: Locale = "zh-Hans"


class Minted(BaseModel):
    """The message for the clipboard, and what the app keeps of the invite."""

    message: str = Field(description="what the inviter copies")
    passphrase: str
    fingerprint: Fingerprint = Field(description="names the invite in other requests")
    expires_at: datetime
    open_url: str = Field(description="opens the chat app")


class PastedRequest(Body, frozen=True):
    """A pasted text, to open or to join with."""

    text: Pasted
    source: Channel | None = Field(
        default=None, description="where it was copied, if the app knows", examples=["wechat"]
    )
    locale: Locale = "zh-Hans"


class Joined(BaseModel):
    """The popup again; its action says what happened.

    After "join", the viewer is a member. After "request", the owner is asked.
    """

    prompt: JoinPrompt
    line: str | None = Field(description="the line to show in the group after a join")


class AskedToJoin(BaseModel):
    """Somebody who waits for the owner."""

    fingerprint: Fingerprint = Field(examples=[FINGERPRINT_EXAMPLE])
    user_id: str = Field(examples=["42"])
    name: str | None = Field(examples=["小李"])


class Answered(BaseModel):
    """What became of a request."""

    joined: bool
    reason: str | None = Field(description="why not", examples=["expired"])
    line: str | None


class InviteState(BaseModel):
    """How much of an invite is used."""

    fingerprint: Fingerprint = Field(examples=[FINGERPRINT_EXAMPLE])
    settled: int
    pending: int
    cap: int | None
    left: int | None = Field(description="null without a cap")
    revoked: bool
    expires_at: datetime


class Generation(BaseModel):
    """How often the group has taken back its invites."""

    generation: int


class GroupState(BaseModel):
    """A group, for its members."""

    name: str
    members: list[str]


class Health(BaseModel):
    """The database answers."""

    status: Literal["ok"] = "ok"


class Problem(BaseModel):
    """Why a request is refused. It quotes nothing of the request."""

    error: str = Field(examples=["not_found"])
    message: str = Field(examples=["没有找到口令，请复制整条消息。"])


REFUSALS: Final[dict[int | str, dict[str, object]]] = {code: {"model": Problem} for code in ERRORS}


class RefusedError(Exception):
    """A refused request: the status and the body of the answer."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(status, error, message)
        self.status = status
        self.problem = Problem(error=error, message=message)


User = int | UUID
