"""Invites with Django: mint, open and join of the reference service, in one file.

python examples/django_app.py runserver

A project has settings, views and urls in three. Refusals become answers in a middleware; Django's
own limit of the body is a setting.
"""

import sys
from collections.abc import Callable
from functools import cache
from secrets import token_urlsafe

import django
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST
from pydantic import BaseModel
from service.bodies import MAX_BODY_BYTES, MintRequest, PastedRequest, RefusedError
from service.invites import Invites
from service.sessions import Sessions
from service.wsgi import check_head, parse, signed_in, too_large

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        DATA_UPLOAD_MAX_MEMORY_SIZE=MAX_BODY_BYTES,  # `request.body` refuses a longer body
        MIDDLEWARE=[f"{__name__}.Refusals"],  # without cookies, CSRF protection is not needed
        ROOT_URLCONF=__name__,
        SECRET_KEY=token_urlsafe(),  # for Django's own use; invites have keys of their own
        USE_TZ=True,
    )
    django.setup()


def _json(model: BaseModel, status: int = 200) -> HttpResponse:
    # `JsonResponse` would lose the ids: pydantic writes them as strings.
    return HttpResponse(model.model_dump_json(), "application/json", status)


class Refusals:
    """Turn a refusal that a view raises into its answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, if its body may be read."""
        try:
            if request.method == "POST":
                check_head(request.content_type, request.headers.get("Transfer-Encoding"))
        except RefusedError as error:
            return _json(error.problem, error.status)
        return self._get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal; leave other errors to Django."""
        if isinstance(error, RequestDataTooBig):
            error = too_large()
        return _json(error.problem, error.status) if isinstance(error, RefusedError) else None


@cache
def service() -> Invites:
    """Make the service at its first use."""
    return Invites.from_environment()


@cache
def sessions() -> Sessions:
    """Make the sessions at their first use."""
    return Sessions.from_environment()


@require_POST
def mint(request: HttpRequest) -> HttpResponse:
    """Make an invite and the message to paste."""
    who = signed_in(sessions(), request.headers.get("Authorization"))
    return _json(service().mint(parse(MintRequest, request.body), who), 201)


@require_POST
def open_(request: HttpRequest) -> HttpResponse:
    """Make the popup."""
    who = sessions().user(request.headers.get("Authorization"))
    asked = parse(PastedRequest, request.body)
    decoded = service().read(asked, who, request.META["REMOTE_ADDR"])
    return _json(service().open(decoded, asked, who))


@require_POST
def join(request: HttpRequest) -> HttpResponse:
    """Judge again and add the member."""
    who = signed_in(sessions(), request.headers.get("Authorization"))
    asked = parse(PastedRequest, request.body)
    decoded = service().read(asked, who, request.META["REMOTE_ADDR"])
    return _json(service().join(decoded, asked, who))


urlpatterns = [path("invites", mint), path("invites/open", open_), path("invites/join", join)]
application: WSGIHandler = WSGIHandler()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
