"""Invites with Django, in one file; a project has settings, views and urls in three.

python examples/django_app.py runserver

Refusals become answers in a middleware; Django's own limit of the body is a setting.
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
from invites import (
    MAX_BODY_BYTES,
    Invites,
    MintRequest,
    PastedRequest,
    RefusedError,
    check_head,
    parse,
    too_large,
    viewer,
)
from pydantic import BaseModel

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
            return _json(error.refusal, error.status)
        return self._get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal; leave other errors to Django."""
        if isinstance(error, RequestDataTooBig):
            error = too_large()
        return _json(error.refusal, error.status) if isinstance(error, RefusedError) else None


@cache
def service() -> Invites:
    """Make the service at its first use."""
    return Invites.from_environment()


@require_POST
def mint(request: HttpRequest) -> HttpResponse:
    """Make an invite and the message to paste."""
    who = viewer(request.headers.get("X-User"))
    return _json(service().mint(parse(MintRequest, request.body), who), 201)


@require_POST
def open_(request: HttpRequest) -> HttpResponse:
    """Make the popup."""
    who = viewer(request.headers.get("X-User"))
    asked = parse(PastedRequest, request.body)
    return _json(service().open(service().read(asked), asked, who))


@require_POST
def join(request: HttpRequest) -> HttpResponse:
    """Judge again and add the member."""
    who = viewer(request.headers.get("X-User"))
    asked = parse(PastedRequest, request.body)
    return _json(service().join(service().read(asked), asked, who))


urlpatterns = [path("invites", mint), path("invites/open", open_), path("invites/join", join)]
application: WSGIHandler = WSGIHandler()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
