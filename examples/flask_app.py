"""Invites with Flask.

flask --app examples/flask_app run

Refusals become answers in error handlers; the limit of the body is a setting.
"""

from flask import Flask, Response, request
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


def _json(model: BaseModel, status: int = 200) -> Response:
    # `jsonify` would lose the ids: pydantic writes them as strings.
    return Response(model.model_dump_json(), status, mimetype="application/json")


def _refused(error: RefusedError) -> Response:
    return _json(error.refusal, error.status)


def _check_head() -> None:
    if request.method == "POST":
        check_head(request.content_type, request.headers.get("Transfer-Encoding"))


def _too_large(_error: Exception) -> Response:
    return _refused(too_large())


def create_app(invites: Invites | None = None) -> Flask:
    """Make the app. The environment names the database and the keys."""
    service = invites or Invites.from_environment()
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES  # `get_data` refuses a longer body
    app.before_request(_check_head)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(413, _too_large)

    @app.post("/invites")
    def mint() -> Response:
        who = viewer(request.headers.get("X-User"))
        return _json(service.mint(parse(MintRequest, request.get_data()), who), 201)

    @app.post("/invites/open")
    def open_() -> Response:
        who = viewer(request.headers.get("X-User"))
        asked = parse(PastedRequest, request.get_data())
        return _json(service.open(service.read(asked), asked, who))

    @app.post("/invites/join")
    def join() -> Response:
        who = viewer(request.headers.get("X-User"))
        asked = parse(PastedRequest, request.get_data())
        return _json(service.join(service.read(asked), asked, who))

    return app
