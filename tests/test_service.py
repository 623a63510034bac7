"""The reference service: what its endpoints do, refuse and write down."""

import json
import logging
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from backend import unlimited
from pydantic import BaseModel, TypeAdapter
from support import CODEC, KEYRING, stopped

from passphrase import find
from passphrase.web import EXAMPLE, Pasted

pytest.importorskip("fastapi")
pytest.importorskip("limits")
pytest.importorskip("prometheus_client")

from fastapi.testclient import TestClient
from ledger_stores import postgres_server
from served import UNLIMITED, Served, served
from service import bodies, invites, logs
from service.app import create_app
from service.bodies import MintRequest
from service.invites import Invites
from service.metrics import Metrics
from service.rates import Rates
from service.sessions import Sessions
from service.store import Issued, Pool, Store, make_pool

GROUP, WANG, LI, CHEN, ZHAO = 6824193837465920001, 102938475610293847, 42, 43, 44
SESSIONS = Sessions("a secret of 32 characters, or more")
NAMES = {WANG: "王大锤", LI: "李小花", CHEN: "陈小草", ZHAO: "赵大树"}


class Answer(NamedTuple):
    """Status, text and headers."""

    status: int
    text: str
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class App:
    """The app over some invites, and its client."""

    def __init__(self, made: Invites) -> None:
        self.invites = made
        self.client = TestClient(create_app(made, SESSIONS))

    def __call__(
        self, method: str, path: str, user: int | None = WANG, body: object = None
    ) -> Answer:
        headers = {"Authorization": f"Bearer {SESSIONS.token(user)}"} if user else {}
        response = self.client.request(method, path, headers=headers, json=body)
        return Answer(response.status_code, response.text, response.headers)

    def mint(self, **asked: Any) -> Any:
        body = {"group_id": str(GROUP), "to": "wechat"} | asked
        answer = self("POST", "/invites", body=body)
        assert answer.status == 201, answer.text
        return answer.json

    def open(self, text: str, user: int | None = LI, source: str = "wechat") -> Answer:
        return self("POST", "/invites/open", user, {"text": text, "source": source})

    def join(self, text: str, user: int = LI, source: str = "wechat") -> Any:
        answer = self("POST", "/invites/join", user, {"text": text, "source": source})
        assert answer.status == 200, answer.text
        return answer.json


def with_people(made: Invites) -> Invites:
    """Add a group and people."""
    made.add_group(GROUP, "火锅小分队", WANG)
    with made.pool.store() as store:
        for user, name in NAMES.items():
            store.add_person(user, name)
    return made


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = with_people(unlimited(tmp_path / "invites.db", KEYRING))
    yield App(made)
    made.pool.close()


def tour(app: App) -> list[str]:
    """Use every endpoint; return the messages that were minted."""
    minted = app.mint(cap=2)
    assert app.open(minted["message"], None).json["action"] == "sign_in"
    assert app.open(minted["message"]).json["action"] == "join"
    joined = app.join(f"「老王: {minted['message']}」")
    assert joined["prompt"]["action"] == "join"
    assert NAMES[LI] in joined["line"]
    assert app.join(minted["message"])["prompt"]["reason"] == "already_member"
    assert app.join(minted["message"], CHEN)["line"]
    assert app.join(minted["message"], ZHAO)["prompt"]["reason"] == "used_up"
    uses = app("GET", f"/invites/{minted['fingerprint']}").json
    assert (uses["settled"], uses["left"], uses["revoked"]) == (2, 0, False)
    group = app("GET", f"/groups/{GROUP}", CHEN).json
    assert sorted(group["members"]) == sorted([NAMES[WANG], NAMES[LI], NAMES[CHEN]])

    asked = app.mint(to="qq", approval=True, script="hanzi", locale="zh-Hant")
    assert app.join(asked["message"], ZHAO, "qq")["prompt"]["action"] == "request"
    waiting = app("GET", f"/groups/{GROUP}/requests").json
    assert waiting == [
        {"fingerprint": asked["fingerprint"], "user_id": str(ZHAO), "name": NAMES[ZHAO]}
    ]
    place = f"/groups/{GROUP}/requests/{asked['fingerprint']}/{ZHAO}"
    assert app("POST", f"{place}/decline").json["joined"] is False
    assert app("POST", f"{place}/approve").status == 404
    assert app.join(asked["message"], ZHAO, "qq")["prompt"]["action"] == "request"
    assert app("POST", f"{place}/approve").json["joined"] is True

    revoked, reset = app.mint(), app.mint()
    assert app("POST", f"/invites/{revoked['fingerprint']}/revoke").status == 204
    assert app.open(revoked["message"], 45).json["reason"] == "revoked"
    assert app.open(reset["message"], 45).json["action"] == "join"
    assert app("POST", f"/groups/{GROUP}/reset").json == {"generation": 1}
    assert app.open(reset["message"], 45).json["reason"] == "revoked"
    assert app("GET", f"/invites/{reset['fingerprint']}").json["revoked"] is True
    assert app.open(app.mint()["message"], 45).json["action"] == "join"
    assert app("GET", "/health", None).json == {"status": "ok"}
    return [each["message"] for each in (minted, asked, revoked, reset)]


def test_every_endpoint(app: App) -> None:
    tour(app)


def test_only_who_may(app: App) -> None:
    """Strangers can neither count, revoke, reset, list nor decide; they learn nothing."""
    minted = app.mint()
    for method, path in (
        ("GET", f"/invites/{minted['fingerprint']}"),
        ("POST", f"/invites/{minted['fingerprint']}/revoke"),
        ("POST", f"/groups/{GROUP}/reset"),
        ("GET", f"/groups/{GROUP}"),
        ("GET", f"/groups/{GROUP}/requests"),
        ("POST", f"/groups/{GROUP}/requests/{minted['fingerprint']}/{LI}/approve"),
    ):
        there, nowhere = app(method, path, LI), app(method, path.replace(str(GROUP), "7"), LI)
        assert there.status in {403, 404}
        assert there.text == nowhere.text
        assert app(method, path, None).status == 401
    assert app("GET", "/health", None).headers["x-content-type-options"] == "nosniff"
    false = app.client.get(f"/groups/{GROUP}", headers={"Authorization": "Bearer x.y.z"})
    assert (false.status_code, false.json()["error"]) == (401, "unknown_user")


def test_a_request_is_judged_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has expired meanwhile, or whose key was removed, is not approved."""
    late = app.mint(approval=True, minutes=60)
    gone = app.mint(approval=True)
    for minted in (late, gone):
        assert app.join(minted["message"])["prompt"]["action"] == "request"
    place = f"/groups/{GROUP}/requests"
    monkeypatch.setattr("service.invites.datetime", stopped(datetime.now(UTC) + timedelta(days=1)))
    answer = app("POST", f"{place}/{late['fingerprint']}/{LI}/approve").json
    assert answer == {"joined": False, "reason": "expired", "line": None}
    monkeypatch.setattr(app.invites, "_key_ids", (2,))
    assert app("POST", f"{place}/{gone['fingerprint']}/{LI}/approve").status == 404


def test_each_model_accepts_its_examples() -> None:
    """What OpenAPI shows as an example is one."""
    tried = 0
    for model in vars(bodies).values():
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, field in model.model_fields.items():
                shown = model.model_json_schema(mode="serialization")["properties"].get(name, {})
                examples = shown.get("examples", [])
                adapter = TypeAdapter[Any](field.rebuild_annotation())
                for example in examples:
                    adapter.validate_python(example)
                    tried += 1
    assert tried > 10
    text = bodies.PastedRequest.model_json_schema()["properties"]["text"]["examples"][0]
    assert CODEC.decode(text).invite.group_id == int(bodies.GROUP_EXAMPLE)


def test_examples_in_the_document(app: App) -> None:
    """The document of the app says what the app refuses with."""
    document = app("GET", "/openapi.json").json
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert {"401", "422", "429"} <= {*operation["responses"]}, path


# --- Limits --------------------------------------------------------------------------------------


def test_failures_are_limited(tmp_path: Path) -> None:
    """After ten failures in a minute, an account is refused before anything is decoded."""
    made = Invites(make_pool(str(tmp_path / "db")), KEYRING, audience="douyin", rates=Rates())
    app = App(with_people(made))
    message = app.mint()["message"]
    statuses = [app.open("你好").status for _ in range(12)]  # the window slides
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429
    refused = app.open(message)
    assert (refused.status, refused.json["error"]) == (429, "too_many")
    assert refused.headers["retry-after"] == "60"
    assert app.open(message, CHEN).status == 200
    assert app.open(message, None).status == 200
    body = {"group_id": str(GROUP), "to": "qq"}
    statuses = [app("POST", "/invites", body=body).status for _ in range(11)]
    assert statuses[:9] == [201] * 9
    assert statuses[-1] == 429
    made.pool.close()


def test_an_address_is_limited(tmp_path: Path) -> None:
    """Many accounts at one address fail together."""
    rates = Rates(rates={"address": "3/minute"})
    made = Invites(make_pool(str(tmp_path / "db")), KEYRING, audience="douyin", rates=rates)
    app = App(with_people(made))
    message = app.mint()["message"]
    assert [app.open("你好", user).status for user in (1, 2, 3)] == [422] * 3
    assert app.open("你好", 4).status in {422, 429}
    assert app.open(message, 5).status == 429
    made.pool.close()


def test_a_damaged_text_waits_for_its_turn(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody's hostile text is read, bare passphrases are opened; other texts wait."""
    monkeypatch.setattr(invites, "SLOW_SECONDS", 0.01)
    message = app.mint()["message"]
    [found] = find(message)
    damaged = message.replace(found.text, f"{found.text[:5]}?{found.text[6:]}")
    assert app.open(damaged).json["action"] == "join"
    with app.invites._slow:
        assert app.open(found.text).json["action"] == "join"
        busy = app.open(damaged)
    assert (busy.status, busy.json["error"]) == (503, "busy")
    assert app.open(damaged).status == 200


def test_a_store_that_is_down(app: App) -> None:
    """Nobody is admitted, and nothing is told but that it is down."""
    message = app.mint()["message"]

    def fail() -> Store:
        raise sqlite3.OperationalError("/secret/path is gone")

    pool = app.invites.pool
    object.__setattr__(app.invites, "pool", Pool(fail))
    for answer in (
        app("GET", "/health", None),
        app.open(message),
        app("POST", "/invites/join", LI, {"text": message, "source": "wechat"}),
    ):
        assert (answer.status, answer.json["error"]) == (503, "unavailable")
        assert "secret" not in answer.text
    object.__setattr__(app.invites, "pool", pool)
    assert app.open(message).json["action"] == "join"


def test_a_connection_that_fails_is_replaced(tmp_path: Path) -> None:
    pool = make_pool(str(tmp_path / "db"))
    with pytest.raises(LookupError), pool.store() as first:
        raise LookupError
    with pool.store() as again:
        assert again is first  # it had not failed itself
    with pytest.raises(sqlite3.OperationalError), pool.store() as third:
        third("SELECT * FROM nothing")
    with pytest.raises(sqlite3.ProgrammingError):
        first("SELECT 1")
    with pool.store() as second:
        second("SELECT 1")
    pool.close()


def race_for(made: Invites, cap: int) -> int:
    """Let 24 people join at once; return how many got in."""
    minted = made.mint(MintRequest(group_id=str(GROUP), to="qq", cap=cap), WANG)
    decoded = CODEC.decode(minted.message)
    start = threading.Barrier(24)

    def join(viewer: int) -> bool:
        asked = bodies.PastedRequest(text=Pasted(minted.message), source="qq")
        start.wait(30)
        return made.join(decoded, asked, viewer).line is not None

    with ThreadPoolExecutor(24) as threads:
        return sum(threads.map(join, range(100, 124)))


def test_a_cap_holds_in_a_race(app: App) -> None:
    assert race_for(app.invites, 5) == 5


@pytest.mark.slow
def test_with_postgresql() -> None:
    """The same endpoints and the same race over PostgreSQL."""
    with postgres_server() as server:
        url = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        made = with_people(unlimited(url, KEYRING))
        tour(App(made))
        assert race_for(made, 5) == 5
        made.pool.close()


def test_metrics_count_events(app: App) -> None:
    """Each event is counted under its labels, and each request under its route."""
    listened = Metrics()
    object.__setattr__(app.invites, "_listen", listened.event)
    tour(app)
    app.open("你好")
    message = app.mint()["message"]
    [found] = find(message)
    app.open(message.replace(found.text, f"{found.text[:5]}?{found.text[6:]}"))
    page = listened.page()
    counted: Counter[str] = Counter()
    for kind, count in re.findall(r'passphrase_events_total{.*kind="(\w+)".*} ([\d.]+)', page):
        counted[kind] += int(float(count))
    assert counted == {
        "minted": 6, "opened": 4, "refused": 4, "joined": 3, "repaired": 1,
    }  # fmt: skip
    requests = app("GET", "/metrics", None).text
    assert 'http_request_seconds_count{route="/invites/open",status="200"}' in requests


# --- What is written down ------------------------------------------------------------------------


def spellings(message: str) -> list[str]:
    """Return every way in which a passphrase could be written: each six glyphs of it."""
    [found] = find(message)
    glyphs = [*found.text]
    pieces = ["".join(glyphs[at : at + 6]) for at in range(0, len(glyphs) - 6, 3)]
    return [
        way
        for piece in pieces
        for way in (piece, json.dumps(piece)[1:-1], ascii(piece)[1:-1], quote(piece))
    ]


def test_logs_hold_nothing_private(app: App) -> None:
    """The service's own log and metrics, of every endpoint, of refusals and of a bug."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JsonFormatter())
    logging.getLogger().addHandler(handler)
    logging.getLogger("service").setLevel(logging.DEBUG)
    try:
        messages = tour(app)
        app.open("我的银行卡密码")
        bug = ValueError(messages[0])
        logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=bug)
    finally:
        logging.getLogger().removeHandler(handler)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert {line["route"] for line in requests} >= {"/invites/open", "/invites/{fingerprint}"}
    assert {line["refused"] for line in requests} >= {None, "not_found", "no_request"}
    [fault] = [line for line in lines if "error" in line]
    assert (fault["error"], fault["logger"]) == ("ValueError", "uvicorn.error")
    everything = written.getvalue() + app("GET", "/metrics", None).text
    private = [SESSIONS.token(user) for user in NAMES] + [*NAMES.values(), "火锅", "银行卡"]
    for secret in [*private, *map(str, NAMES), *(s for m in messages for s in spellings(m))]:
        assert secret not in everything or secret in {"42", "43", "44"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("service")) as service:
        yield service


def lines_of(service: Served, route: str, count: int) -> str:
    """Return the log once it has as many lines of a route: they follow the answers."""
    ends = time.monotonic() + 30
    while (log := service.log.read_text("utf-8")).count(f'"route": "{route}"') < count:
        assert time.monotonic() < ends
        time.sleep(0.05)
    return log


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_requests_on_the_page(running: Served) -> None:
    """Those of docs/service.md make a group and an invite, and open the popup."""
    page = (Path(__file__).parents[1] / "docs" / "service.md").read_text("utf-8")
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if "/demo/worlds" in block)
    known = {"http://127.0.0.1:8000": running.address}
    answer: dict[str, Any] = {}
    for line in block.replace("\\\n", "").splitlines():
        for name, value in known.items():
            line = line.replace(name, value)  # noqa: PLW2901  # step by step
        command = ["curl", "--fail", "--silent", "--show-error", *shlex.split(line)[1:]]
        done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our page's
        answer = json.loads(done.stdout)
        if "owner" in answer:
            known["GROUP_ID"], known["OWNER_TOKEN"] = answer["group_id"], answer["owner"]["token"]
            known["FRIEND_TOKEN"] = answer["friends"][0]["token"]
        known["PASSPHRASE"] = answer.get("passphrase", "PASSPHRASE")
    assert answer["action"] == "join"


@pytest.mark.slow
def test_everything_that_a_process_writes(running: Served) -> None:
    """The output and the files of a real process: no passphrase, no token; names in no log."""
    world = running("POST", "/demo/worlds", {}).json
    owner, (li, chen) = world["owner"], world["friends"]
    asked = {"group_id": world["group_id"], "to": "wechat", "approval": True, "cap": 1}
    minted = running("POST", "/invites", asked, owner["token"]).json
    pasted = {"text": f"我的银行卡密码 {minted['message']}", "source": "wechat"}
    for person in (li, chen):
        assert running("POST", "/invites/open", pasted, person["token"]).status == 200
        assert running("POST", "/invites/join", pasted, person["token"]).status == 200
    place = f"/groups/{world['group_id']}/requests/{minted['fingerprint']}"
    for person in (li, chen):
        assert running("POST", f"{place}/{person['user_id']}/approve", {}, owner["token"]).json
    assert running("POST", "/invites/open", {"text": "银行卡"}, li["token"]).status == 422
    assert running("POST", "/invites/open", {"text": [pasted]}, li["token"]).status == 400
    log = lines_of(running, "/invites/open", 4)
    kept = b"".join(path.read_bytes() for path in running.folder.glob("invites.db*"))
    assert minted["fingerprint"].encode() in kept
    tokens = [person["token"] for person in (owner, li, chen)]
    for secret in [*tokens, "银行卡", *spellings(minted["message"])]:
        assert secret not in log
        assert secret.encode() not in kept
    for name in [world["group_name"], *(person["name"] for person in (owner, li, chen))]:
        assert name not in log


# --- Anything at all -----------------------------------------------------------------------------


@pytest.mark.slow
def test_schemathesis_finds_no_fault(tmp_path: Path) -> None:
    """Requests made of the OpenAPI document: no 500, and every answer is a documented one."""
    pytest.importorskip("schemathesis")
    checks = "not_a_server_error,status_code_conformance,content_type_conformance"
    keys = {"PASSPHRASE_KEYS": KEYRING.reveal(), "PASSPHRASE_AUDIENCE": "douyin"}
    with served(tmp_path, RATES=UNLIMITED, **keys) as service:
        owner = service("POST", "/demo/worlds", {}).json["owner"]
        with make_pool(str(service.folder / "invites.db")).store() as store:  # of the examples
            store.add_group(bodies.GROUP_EXAMPLE, "火锅", owner["user_id"])
            ends = CODEC.decode(EXAMPLE).invite.expires_at.isoformat()
            known = bodies.FINGERPRINT_EXAMPLE, bodies.GROUP_EXAMPLE, owner["user_id"]
            store.issue(Issued(*known, cap=20, generation=0, ends=ends))
            store.add_member(bodies.GROUP_EXAMPLE, bodies.USER_EXAMPLE)
            store.close()
        command = [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "run",
            f"{service.address}/openapi.json",
        ]
        options = {
            "--header": f"Authorization: Bearer {owner['token']}",
            "--checks": f"{checks},response_schema_conformance",
            "--max-examples": "20",
            "--seed": "1",
            "--request-timeout": "20",
        }
        done = subprocess.run(  # noqa: S603
            [*command, *(part for option in options.items() for part in option)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        assert '"status": 500' not in service.log.read_text("utf-8")
