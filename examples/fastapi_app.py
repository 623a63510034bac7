"""Invites with FastAPI.

uvicorn --factory fastapi_app:create_app --app-dir examples

A middleware limits the body. The error handler is replaced, because FastAPI's quotes the request.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from invites import (
    MAX_BODY_BYTES,
    Invites,
    Minted,
    MintRequest,
    PastedRequest,
    Refusal,
    RefusedError,
    bad_request,
    too_large,
    viewer,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from passphrase import JoinPrompt


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
                await _answer(too_large())(scope, receive, send)
                return
        waiting: list[Message] = [{"type": "http.request", "body": bytes(body)}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, replay, send)


def _answer(error: RefusedError) -> JSONResponse:
    return JSONResponse(error.refusal.model_dump(), status_code=error.status)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    # FastAPI's own handler quotes the input: somebody's clipboard.
    return _answer(error if isinstance(error, RefusedError) else bad_request())


def who(x_user: Annotated[str | None, Header()] = None) -> int | UUID:
    """Return the id of the user."""
    return viewer(x_user)


Who = Annotated[int | UUID, Depends(who)]


def create_app(invites: Invites | None = None) -> FastAPI:
    """Make the app. The environment names the database and the keys."""
    service = invites or Invites.from_environment()
    app = FastAPI(responses={code: {"model": Refusal} for code in (400, 401, 403, 413, 422, 429)})
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_exception_handler(400, _refused)  # a body that is not JSON

    @app.post("/invites", status_code=201)
    def mint(asked: MintRequest, who: Who) -> Minted:
        return service.mint(asked, who)

    # `def`, not `async def`: FastAPI runs it in a thread, where SQLite can block.
    @app.post("/invites/open")
    def open_(asked: PastedRequest, who: Who) -> JoinPrompt:
        return service.open(service.read(asked), asked, who)

    @app.post("/invites/join")
    def join(asked: PastedRequest, who: Who) -> JoinPrompt:
        return service.join(service.read(asked), asked, who)

    return app
