"""The people and the group of the demo page. A service without the page has none of this."""

import secrets
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from service.asking import Who
from service.bodies import REFUSALS, Body, IdText, Locale
from service.invites import Invites

from passphrase import parse_id

if TYPE_CHECKING:
    from service.sessions import Sessions

# The group, its owner, and two friends.
NAMES: Final[dict[Locale, tuple[str, str, str, str]]] = {
    "zh-Hans": ("火锅小分队", "老王", "小李", "小陈"),
    "zh-Hant": ("火鍋小分隊", "老王", "小李", "小陳"),
    "en": ("Hotpot Club", "Grace", "Leo", "Maya"),
}


class WorldRequest(Body, frozen=True):
    """A world of one's own to try things in."""

    locale: Locale = "zh-Hans"


class Person(BaseModel):
    """Somebody who is signed in."""

    user_id: str
    name: str
    token: str


class World(BaseModel):
    """A new group, and the people around it."""

    group_id: str
    group_name: str
    owner: Person
    friends: list[Person]


class SignInRequest(Body, frozen=True):
    """A newcomer."""

    name: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]+$")]


class FollowRequest(Body, frozen=True):
    """Whether the two follow each other."""

    user_id: IdText = Field(examples=["42"])
    mutual: bool


routes: Final = APIRouter(prefix="/demo", tags=["demo"], responses=REFUSALS)


@routes.post("/worlds", status_code=201)
def make_world(asked: WorldRequest, request: Request) -> World:
    """Make a group with an owner, and two friends outside it."""
    group_name, *names = NAMES[asked.locale]
    group_id = secrets.randbits(63)
    owner, *friends = (_person(name, request) for name in names)
    with _invites(request).pool.changing() as store:
        store.add_group(group_id, group_name, owner.user_id)
    return World(group_id=str(group_id), group_name=group_name, owner=owner, friends=friends)


@routes.post("/sign-in", status_code=201)
def sign_in(asked: SignInRequest, request: Request) -> Person:
    """Make an account."""
    return _person(asked.name, request)


@routes.put("/follows", status_code=204)
def follow(asked: FollowRequest, request: Request, who: Who) -> None:
    """Let the two follow each other, or no longer."""
    with _invites(request).pool.changing() as store:
        store.follow(who, parse_id(asked.user_id), mutual=asked.mutual)


def _invites(request: Request) -> Invites:
    made: Invites = request.app.state.invites
    return made


def _person(name: str, request: Request) -> Person:
    sessions: Sessions = request.app.state.sessions
    user_id = secrets.randbits(63)
    with _invites(request).pool.store() as store:
        store.add_person(user_id, name)
    return Person(user_id=str(user_id), name=name, token=sessions.token(user_id))
