"""Who asks, and from where, as FastAPI's dependencies."""

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Header, Request
from service.bodies import RefusedError, User
from service.invites import Invites

if TYPE_CHECKING:
    from service.sessions import Sessions

# `async def`: they are quick, and a thread for each would cost more.


async def service(request: Request) -> Invites:
    """Return the service of this app."""
    made: Invites = request.app.state.invites
    return made


async def maybe_user(
    request: Request,
    authorization: Annotated[str | None, Header(description="Bearer and a token")] = None,
) -> User | None:
    """Return the user; None if nobody is signed in."""
    known: Sessions = request.app.state.sessions
    return known.user(authorization)


async def user(who: Annotated[User | None, Depends(maybe_user)]) -> User:
    """Return the user."""
    if who is None:
        raise RefusedError(401, "unknown_user", "Sign in first.")
    return who


async def address(request: Request) -> str:
    """Return where the request comes from. Behind a proxy, start uvicorn with --proxy-headers."""
    return request.client.host if request.client else "unknown"


Service = Annotated[Invites, Depends(service)]
MaybeWho = Annotated[User | None, Depends(maybe_user)]
Who = Annotated[User, Depends(user)]
Address = Annotated[str, Depends(address)]
