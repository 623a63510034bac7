"""Invites with Flask: mint, open and join of the reference service.

flask --app examples/flask_app run

Refusals become answers in error handlers; the limit of the body is a setting.
"""

from flask import Flask, Response, request
from pydantic import BaseModel
from service.bodies import MAX_BODY_BYTES, MintRequest, PastedRequest, RefusedError
from service.invites import Invites
from service.sessions import Sessions
from service.wsgi import check_head, parse, signed_in, too_large


def _json(model: BaseModel, status: int = 200) -> Response:
    # `jsonify` would lose the ids: pydantic writes them as strings.
    return Response(model.model_dump_json(), status, mimetype="application/json")


def _refused(error: RefusedError) -> Response:
    return _json(error.problem, error.status)


def _check_head() -> None:
    if request.method == "POST":
        check_head(request.content_type, request.headers.get("Transfer-Encoding"))


def _too_large(_error: Exception) -> Response:
    return _refused(too_large())


def create_app(invites: Invites | None = None, sessions: Sessions | None = None) -> Flask:
    """Make the app. What is not given comes from the environment."""
    service, known = invites or Invites.from_environment(), sessions or Sessions.from_environment()
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES  # `get_data` refuses a longer body
    app.before_request(_check_head)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(413, _too_large)

    @app.post("/invites")
    def mint() -> Response:
        who = signed_in(known, request.headers.get("Authorization"))
        return _json(service.mint(parse(MintRequest, request.get_data()), who), 201)

    @app.post("/invites/open")
    def open_() -> Response:
        who = known.user(request.headers.get("Authorization"))
        asked = parse(PastedRequest, request.get_data())
        decoded = service.read(asked, who, request.remote_addr or "")
        return _json(service.open(decoded, asked, who))

    @app.post("/invites/join")
    def join() -> Response:
        who = signed_in(known, request.headers.get("Authorization"))
        asked = parse(PastedRequest, request.get_data())
        decoded = service.read(asked, who, request.remote_addr or "")
        return _json(service.join(decoded, asked, who))

    return app
