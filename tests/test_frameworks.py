"""The example services: one contract, checked with the test client of each framework."""

import asyncio
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import Mock

import pytest
from support import KEYRING, OTHER_SECRET, stopped

from passphrase import Codec, Keyring, find
from passphrase.web import STATUSES

pytest.importorskip("django")
pytest.importorskip("fastapi")
pytest.importorskip("flask")
pytest.importorskip("httpx2")

import django_app
import flask_app
from backend import unlimited
from django.core.signals import got_request_exception
from django.test import Client as DjangoClient
from django.views.debug import ExceptionReporter
from fastapi.testclient import TestClient
from service.app import create_app
from service.bodies import MAX_BODY_BYTES, MintRequest
from service.invites import CHARS_MAX, Invites
from service.sessions import Sessions
from service.store import Pool

ROOT = Path(__file__).parents[1]
GROUP, WANG, LI, ZHAO = 6824193837465920001, 102938475610293847, 42, 43
SESSIONS = Sessions("a secret of 32 characters, or more")
PRIVATE = "我的银行卡密码是一二三四五六"


def _as(user: object) -> dict[str, str]:
    """Make the headers of a user who is signed in, or of nobody."""
    return {"Authorization": f"Bearer {SESSIONS.token(int(str(user)))}"} if user else {}


class Answer(NamedTuple):
    """Status and body."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Service:
    """The app of one framework, and its test client."""

    def __init__(self, send: "Send") -> None:
        self.send = send

    def post(self, path: str, body: bytes | dict[str, Any], user: object = LI) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(f"/invites{path}", content, _as(user))

    def mint(self, **asked: Any) -> str:
        answer = self.post("", {"group_id": str(GROUP), "to": "wechat"} | asked, WANG)
        assert answer.status == 201
        assert answer.json["open_url"].endswith("://")
        return str(answer.json["message"])


SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/invites/open",
    "headers": [],
}
failing: Any = got_request_exception  # Django has no types
Send = Callable[[str, bytes, dict[str, str]], Answer]


JSON = {"Content-Type": "application/json"}


def _fastapi(invites: Invites, *, strict: bool = True) -> Send:
    client = TestClient(create_app(invites, SESSIONS), raise_server_exceptions=strict)

    def send(path: str, body: bytes, headers: dict[str, str]) -> Answer:
        response = client.post(path, content=body, headers=JSON | headers)
        return Answer(response.status_code, response.text)

    return send


def _flask(invites: Invites, *, strict: bool = True) -> Send:
    app = flask_app.create_app(invites, SESSIONS)
    app.testing = strict
    client = app.test_client()

    def send(path: str, body: bytes, headers: dict[str, str]) -> Answer:
        response = client.post(path, data=body, headers=JSON | headers)
        return Answer(response.status_code, response.text)

    return send


def _django(invites: Invites, *, strict: bool = True) -> Send:
    client: Any = DjangoClient(raise_request_exception=strict, SERVER_NAME="localhost")

    def send(path: str, body: bytes, headers: dict[str, str]) -> Answer:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(django_app, "service", lambda: invites)
            patch.setattr(django_app, "sessions", lambda: SESSIONS)
            kind = (JSON | headers)["Content-Type"]
            response = client.post(path, data=body, content_type=kind, headers=headers)
        return Answer(response.status_code, response.content.decode())

    return send


@pytest.fixture
def invites(tmp_path: Path) -> Iterator[Invites]:
    made = unlimited(tmp_path / "invites.db", KEYRING)
    made.add_group(GROUP, "火锅小分队", WANG)
    yield made
    made.pool.close()


MAKERS = {"fastapi": _fastapi, "flask": _flask, "django": _django}


@pytest.fixture(params=MAKERS)
def service(
    request: pytest.FixtureRequest, invites: Invites, caplog: pytest.LogCaptureFixture
) -> Iterator[Service]:
    """The app of one framework. After each test, the logs must contain nothing private."""
    caplog.set_level(logging.DEBUG)
    yield Service(MAKERS[request.param](invites))
    assert PRIVATE not in caplog.text
    assert "【" not in caplog.text


def test_from_mint_to_member(service: Service) -> None:
    """A message is minted, mangled, opened and joined; the next paste finds a member."""
    message = service.mint()
    start = message.index("【") + 1
    mangled = f"{PRIVATE}「老王: {message[: start + 4]}?{message[start + 5 :]}」\r\n- - -\n这个?"
    asked = {"text": mangled, "source": "wechat"}
    popup = service.post("/open", asked)
    assert popup.status == 200
    assert (popup.json["action"], popup.json["title"]) == ("join", "加入「火锅小分队」？")
    assert popup.json["group_id"] == str(GROUP)
    assert popup.json["icebreakers"] == ["wave", "hotpot", "dance"]
    assert PRIVATE not in popup.text
    joined = service.post("/join", asked).json["prompt"]
    assert joined | {"seconds_left": 0} == popup.json | {"seconds_left": 0}
    assert service.post("/join", asked).json["prompt"]["reason"] == "already_member"
    assert service.post("/open", asked | {"locale": "en"}, WANG).json["reason"] == "self_invite"


def test_single_use(service: Service) -> None:
    message = service.mint(cap=1, to="qq")
    assert message != service.mint(cap=1, to="qq")
    asked = {"text": message, "source": "qq"}
    assert service.post("/join", asked).json["prompt"]["action"] == "join"
    assert service.post("/join", asked, ZHAO).json["prompt"]["reason"] == "used_up"
    assert service.post("/join", asked).json["prompt"]["reason"] == "already_member"


@pytest.mark.slow
def test_no_invite_is_handed_out_twice(
    service: Service, invites: Invites, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 in a minute are all different; where every try is taken, 429 and no passphrase."""
    monkeypatch.setattr("service.invites.datetime", stopped(datetime.now(UTC)))
    asked = MintRequest(group_id=str(GROUP), to="qq", cap=1)
    messages = {invites.mint(asked, WANG).message for _ in range(300)}
    assert len(messages) == 300
    monkeypatch.setattr("secrets.randbelow", Mock(return_value=7))
    codec = Codec(KEYRING, audience="douyin")
    wanted = asked.model_dump() | {"to": "wechat", "cap": None}
    ends: list[datetime] = []
    while (answer := service.post("", wanted, WANG)).status == 201 and len(ends) < 17:
        ends.append(codec.decode(answer.json["message"]).invite.expires_at)
    assert len(ends) >= 8  # in each minute, a pleasant one and the first
    assert ends[-1] - ends[0] == timedelta(minutes=7)
    assert (answer.status, answer.json["error"]) == (429, "too_many")
    assert "【" not in answer.text


def test_only_members_invite(service: Service) -> None:
    for asked in ({"group_id": str(GROUP), "to": "qq"}, {"group_id": "7", "to": "qq"}):
        assert service.post("", asked).json["error"] == "not_a_member"
        assert service.post("", asked).status == 403


def test_nobody_without_a_session(service: Service) -> None:
    """Without a session nobody mints or joins; whoever opens is asked to sign in."""
    message = service.mint()
    opened = service.post("/open", {"text": message, "source": "wechat"}, user=None).json
    assert (opened["action"], opened["group_id"]) == ("sign_in", None)
    for path, asked in (("", {"group_id": "7", "to": "qq"}), ("/join", {"text": message})):
        answer = service.post(path, asked, user=None)
        assert (answer.status, answer.json["error"]) == (401, "unknown_user")


def test_a_refused_text_gets_a_sentence(service: Service) -> None:
    """A refused text gets its code and sentence, and is not quoted."""
    message = service.mint()
    foreign = Codec(Keyring({1: OTHER_SECRET}), audience="douyin")
    read = Codec(KEYRING, audience="douyin").decode(message)
    cases = {
        "not_found": PRIVATE,
        "damaged": PRIVATE + message[: message.index("】") - 5],
        "signature": PRIVATE + foreign.encode(read.invite),
        "ambiguous": PRIVATE + message + service.mint(),
        "too_long": PRIVATE + "。" * CHARS_MAX,
    }
    for path in ("/open", "/join"):
        for code, text in cases.items():
            answer = service.post(path, {"text": text, "locale": "en"})
            assert (answer.status, answer.json["error"]) == (STATUSES[code], code)
            assert answer.json["message"].endswith(".")
            assert len(answer.text) < 200


def test_half_a_surrogate_pair_is_repaired(service: Service) -> None:
    """A client that cuts UTF-16 sends one in JSON: it is no error of ours, and may be read."""
    message = service.mint()
    start = message.index("【") + 1
    escaped = json.dumps(message)
    half = escaped.replace(json.dumps(message[start + 2])[1:-1], "\\ud83d", 1)
    assert half != escaped
    for path in ("/open", "/join"):
        answer = service.post(path, f'{{"text": {half}}}'.encode())
        popup = answer.json.get("prompt", answer.json)
        assert (answer.status, popup["action"]) == (200, "join")
    answer = service.post("/open", b'{"text": "\\ud83d \\udc33"}')
    assert (answer.status, answer.json["error"]) == (422, "not_found")


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"\xff",
        b'{"text": 7}',
        b'{"source": "qq"}',
        b"[" * 60_000,
        b'{"text": ' + b"7" * 5_000 + b"}",
        json.dumps({"text": PRIVATE, "source": "sms"}).encode(),
        json.dumps({"text": PRIVATE, "more": PRIVATE}).encode(),
        json.dumps({"text": [PRIVATE]}).encode(),
    ],
)
def test_a_body_that_is_not_understood_is_not_repeated(service: Service, body: bytes) -> None:
    for path in ("", "/open", "/join"):
        answer = service.post(path, body)
        if body or answer.status != 415:  # Django's client sends no type with no body
            assert (answer.status, answer.json["error"]) == (400, "bad_request")
        assert set(answer.json) == {"error", "message"}
        assert PRIVATE not in answer.text
        assert "777" not in answer.text


def test_a_form_is_refused_unread(service: Service) -> None:
    """A form is refused unread, because frameworks parse forms and put them into error reports."""
    body = json.dumps({"text": PRIVATE}).encode()
    for kind in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
    ):
        answer = service.send("/invites/open", body, {**_as(LI), "Content-Type": kind})
        assert answer.status in {400, 415}
        assert PRIVATE not in answer.text


@pytest.mark.parametrize("name", ["flask", "django"])
def test_a_body_in_chunks_is_refused(invites: Invites, name: str) -> None:
    """A chunked body is refused: under WSGI it would be truncated or empty, and then parsed."""
    headers = {**_as(LI), "Transfer-Encoding": "chunked"}
    answer = MAKERS[name](invites)("/invites/open", b"{}", headers)
    assert (answer.status, answer.json["error"]) == (411, "no_length")


@pytest.mark.slow
def test_a_long_body_is_refused_unparsed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """20 MB get 413 without being parsed; the longest allowed body is read."""
    longest = json.dumps({"text": "🍻" * CHARS_MAX, "source": "wechat", "locale": "zh-Hans"})
    assert len(longest) < MAX_BODY_BYTES
    assert service.post("/open", longest.encode()).status == 422

    loads = json.loads

    def never(text: Any, **more: Any) -> Any:
        assert len(text) < MAX_BODY_BYTES, "a long body was parsed"
        return loads(text, **more)

    body = json.dumps({"text": PRIVATE * 1_000_000}).encode()
    assert len(body) > 20_000_000
    monkeypatch.setattr(json, "loads", never)
    for sent in (body, b" " * (MAX_BODY_BYTES + 1)):
        answer = service.post("/open", sent)
        monkeypatch.undo()
        assert (answer.status, answer.json["error"]) == (413, "too_large")
        monkeypatch.setattr(json, "loads", never)


@pytest.mark.parametrize("framework", MAKERS)
def test_an_error_of_ours_shows_no_clipboard(
    framework: str,
    invites: Invites,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug is a 500; answer, log and Django's error report do not quote the pasted text."""
    reports: list[str] = []

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("the disk is gone")

    def report(request: Any, **_: Any) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info())
        reports.extend((reporter.get_traceback_text(), reporter.get_traceback_html()))

    caplog.set_level(logging.DEBUG)
    service = Service(MAKERS[framework](invites, strict=False))
    message = service.mint()
    monkeypatch.setattr("service.invites.StoreFacts.member", fail)
    failing.connect(report)
    try:
        answer = service.post("/open", {"text": PRIVATE + message})
    finally:
        failing.disconnect(report)
    assert answer.status == 500
    assert len(reports) == 2 * (framework == "django")
    assert all("the disk is gone" in text for text in reports)
    [found] = find(message)
    start, end = found.span
    for shown in (answer.text, caplog.text, *reports):
        assert PRIVATE not in shown
        assert message[start:end] not in shown
        assert repr(message[start:end])[1:-1] not in shown  # newer emoji are escaped


def test_the_limit_holds_for_a_body_of_unknown_length(invites: Invites) -> None:
    """With ASGI, chunks arrive one by one, and reading stops at the limit."""
    taken: list[int] = []
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        taken.append(1)
        return {"type": "http.request", "body": b" " * 1024, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(create_app(invites, SESSIONS)(SCOPE, receive, send))
    assert sent[0]["status"] == 413
    assert len(taken) == MAX_BODY_BYTES // 1024 + 1


def test_a_client_that_goes_away_is_no_error(invites: Invites) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        raise AssertionError("nobody is there")

    asyncio.run(create_app(invites, SESSIONS)(SCOPE, receive, send))


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close every pool that a test opens: Python 3.13 reports a database left open."""
    opened: list[Pool] = []
    make = Pool.__init__

    def made(pool: Pool, *args: Any, **kwargs: Any) -> None:
        make(pool, *args, **kwargs)
        opened.append(pool)

    monkeypatch.setattr(Pool, "__init__", made)
    yield
    for pool in opened:
        pool.close()


@pytest.mark.usefixtures("pools")
def test_keys_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys come from a file or a variable; without either, the service does not start."""
    monkeypatch.setenv("DATABASE_URL", str(tmp_path / "db"))
    monkeypatch.setenv("PASSPHRASE_AUDIENCE", "douyin")
    monkeypatch.setenv("SESSION_SECRET", "a secret of 32 characters, or more")
    monkeypatch.delenv("PASSPHRASE_KEYS_FILE", raising=False)
    monkeypatch.delenv("PASSPHRASE_KEYS", raising=False)
    makers: list[Callable[[], object]] = [
        *(create_app, flask_app.create_app),
        *(django_app.service, Invites.from_environment),
    ]
    for make in makers:
        with pytest.raises(LookupError, match="no keys: PASSPHRASE_KEYS_FILE"):
            make()
    monkeypatch.setenv("PASSPHRASE_KEYS", KEYRING.reveal())
    for make in makers:
        make()
    (tmp_path / "keys").write_text(Keyring({3: OTHER_SECRET}).reveal())
    monkeypatch.setenv("PASSPHRASE_KEYS_FILE", str(tmp_path / "keys"))
    made = Invites.from_environment()
    made.add_group(GROUP, "火锅", WANG)
    django_app.service.cache_clear()
    minted = made.mint(MintRequest(group_id=str(GROUP), to="qq"), WANG)
    assert minted.fingerprint.startswith("3-")


def test_the_openapi_document_describes_the_popup(invites: Invites) -> None:
    """The OpenAPI document contains the schema of the popup."""
    document = TestClient(create_app(invites, SESSIONS)).get("/openapi.json").json()
    answers = document["paths"]["/invites/open"]["post"]["responses"]
    assert answers["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/JoinPrompt")
    assert answers["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")
    popup = document["components"]["schemas"]["JoinPrompt"]["properties"]
    assert set(popup) >= {"action", "reason", "title", "message", "button", "group_id"}


def test_the_page_shows_the_files() -> None:
    """Each excerpt of docs/frameworks.md stands in the example that it is taken from."""
    page = (ROOT / "docs" / "frameworks.md").read_text()
    excerpts = re.findall(r"<!-- (examples/[\w/]+\.py) -->\n```py\n(.*?)```\n", page, re.DOTALL)
    assert {name for name, _ in excerpts} == {
        f"examples/{name}.py" for name in ("service/app", "flask_app", "django_app")
    }
    assert len(excerpts) == page.count("```py\n")
    for name, excerpt in excerpts:
        for part in excerpt.split("...\n"):
            assert part.strip("\n") in (ROOT / name).read_text(), name
