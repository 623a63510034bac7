"""The reference service: invites over HTTP, with FastAPI.

uvicorn --factory service.app:create_app --app-dir examples

`python examples/service` starts it with a key of its own, a demo group and the page.
"""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path as File
from typing import Annotated, Final, Literal

import psycopg
from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from redis import RedisError
from service import demo, logs
from service.asking import Address, MaybeWho, Service, Who
from service.bodies import (
    FINGERPRINT_EXAMPLE,
    GROUP_EXAMPLE,
    MAX_BODY_BYTES,
    REFUSALS,
    Answered,
    AskedToJoin,
    Fingerprint,
    Generation,
    GroupState,
    Health,
    IdText,
    InviteState,
    Joined,
    Locale,
    Minted,
    MintRequest,
    PastedRequest,
    RefusedError,
)
from service.invites import Invites
from service.metrics import Metrics
from service.sessions import Sessions
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from passphrase import JoinPrompt

HERE: Final = File(__file__).parent
READER: Final = HERE.parents[1] / "clients" / "js"  # the page recognises with it
DOWN: Final = (sqlite3.OperationalError, psycopg.OperationalError, RedisError)

GroupId = Annotated[IdText, Path(openapi_examples={"a group": {"value": GROUP_EXAMPLE}})]
UserId = Annotated[IdText, Path(openapi_examples={"a user": {"value": "42"}})]
Named = Annotated[Fingerprint, Path(openapi_examples={"one": {"value": FINGERPRINT_EXAMPLE}})]


class BodyLimit:
    """Read a body before the app does, up to a limit, and refuse a longer one unparsed."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, or let the app read what has been read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client has gone
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._max_bytes:
                words = f"A request has at most {self._max_bytes} bytes."
                answer = _answer(RefusedError(413, "too_large", words))
                await answer(scope, receive, send)
                return
        waiting: list[Message] = [{"type": "http.request", "body": bytes(body)}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, replay, send)


def _answer(error: RefusedError) -> JSONResponse:
    headers = {"Retry-After": "60"} if error.status == 429 else None  # noqa: PLR2004
    return JSONResponse(error.problem.model_dump(), error.status, headers)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """Answer a refusal. FastAPI's own handler quotes the input: somebody's clipboard."""
    if isinstance(error, DOWN):
        error = RefusedError(503, "unavailable", "Try again in a moment.")
    elif isinstance(error, HTTPException) and error.status_code != 400:  # noqa: PLR2004
        error = RefusedError(error.status_code, "refused", "There is nothing like this.")
    elif not isinstance(error, RefusedError):  # it is not JSON, or not of this kind
        error = RefusedError(400, "bad_request", "The request is not understood.")
    request.scope["refused"] = error.problem.error
    return _answer(error)


# --- Endpoints ----------------------------------------------------------------------------------

# `def`, not `async def`: FastAPI runs these in threads, where hostile texts and the database can
# take their time.
routes: Final = APIRouter(responses=REFUSALS)


@routes.post("/invites", status_code=201)
def mint(asked: MintRequest, invites: Service, who: Who) -> Minted:
    """Make an invite and the message to copy."""
    return invites.mint(asked, who)


@routes.post("/invites/open")
def open_(asked: PastedRequest, invites: Service, who: MaybeWho, place: Address) -> JoinPrompt:
    """Make the popup for a pasted text. Nobody needs to be signed in."""
    return invites.open(invites.read(asked, who, place), asked, who)


@routes.post("/invites/join")
def join(asked: PastedRequest, invites: Service, who: Who, place: Address) -> Joined:
    """Judge again, and join or ask to join."""
    return invites.join(invites.read(asked, who, place), asked, who)


@routes.get("/invites/{fingerprint}")
def uses(fingerprint: Named, invites: Service, who: Who) -> InviteState:
    """Count the uses of an invite of one's own."""
    return invites.state(fingerprint, who)


@routes.post("/invites/{fingerprint}/revoke", status_code=204)
def revoke(fingerprint: Named, invites: Service, who: Who) -> None:
    """Take back one invite."""
    invites.revoke(fingerprint, who)


@routes.get("/groups/{group_id}")
def group(group_id: GroupId, invites: Service, who: Who) -> GroupState:
    """Tell a member who is in the group."""
    return invites.group(group_id, who)


@routes.post("/groups/{group_id}/reset")
def reset(group_id: GroupId, invites: Service, who: Who) -> Generation:
    """Take back all invites of a group."""
    return invites.reset(group_id, who)


@routes.get("/groups/{group_id}/requests")
def requests(group_id: GroupId, invites: Service, who: Who) -> list[AskedToJoin]:
    """List who waits for the owner."""
    return invites.requests(group_id, who)


@routes.post("/groups/{group_id}/requests/{fingerprint}/{user_id}/{answer}")
def answer(  # noqa: PLR0913, PLR0917  # the parts of the path, and who asks
    group_id: GroupId,
    fingerprint: Named,
    user_id: UserId,
    answer: Literal["approve", "decline"],
    invites: Service,
    who: Who,
    locale: Locale = "zh-Hans",
) -> Answered:
    """Let somebody in who waits, or not."""
    yes = answer == "approve"
    return invites.answer(group_id, fingerprint, user_id, who, approve=yes, locale=locale)


@routes.get("/health")
def health(invites: Service) -> Health:
    """Say whether the database answers."""
    invites.check_health()
    return Health()


@routes.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> str:
    """Write what Prometheus reads."""
    counted: Metrics = request.app.state.metrics
    return counted.page()


# --- The app ------------------------------------------------------------------------------------


def create_app(invites: Invites | None = None, sessions: Sessions | None = None) -> FastAPI:
    """Make the app. What is not given comes from the environment: see docs/service.md."""
    counted = Metrics()
    made = invites or Invites.from_environment(counted.event)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        logs.set_up()
        yield
        made.pool.close()

    # FastAPI's own pages of documentation load scripts from elsewhere.
    app = FastAPI(
        title="Group invites", version="1", lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.invites, app.state.metrics = made, counted
    app.state.sessions = sessions or Sessions.from_environment()
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES)
    app.add_middleware(logs.Observed, metrics=counted)
    for error in (RefusedError, RequestValidationError, HTTPException, *DOWN):
        app.add_exception_handler(error, _refused)
    app.include_router(routes)
    if os.environ.get("DEMO"):
        app.include_router(demo.routes)
        app.mount("/reader", StaticFiles(directory=READER))
        app.mount("/", StaticFiles(directory=HERE / "page", html=True))
    return app
