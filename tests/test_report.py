"""The command report: what the column functions say, for files of any format and size."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import csv
import io
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shell import NOON, Shell, Terminal, shell_of
from support import CODEC, INVITE
from synthetic_events import START, make_events, make_issued, person, write

from passphrase.bulk import (
    EVENTS,
    ISSUED,
    attribute,
    branch,
    branch_issued,
    decode_column,
    people,
    steps,
    uses,
)
from passphrase.cli import gather

ROWS = 2_000
ROOT = person(1)
UNTIL = "2026-03-06T08:00+08:00"
DAYS = ["--days", 30, "--days", 7, "--days", 7]
VIEWS = {
    "people": [],
    "uses": [],
    "branch": ["--inviter", ROOT],
    "fingerprints": ["--inviter", ROOT],
}
TOLD = "passphrase: events: 2000 rows read\npassphrase: issued: 205 rows read\n"
HEAD = "at,event,group_id,user_id,fingerprint\n"
ISSUED_HEAD = "fingerprint,group_id,inviter_id,origin\n"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Shell:
    """Run `passphrase report`."""
    return partial(shell_of(monkeypatch, capsysbinary), "report")


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    return write_logs(tmp_path, "csv")


def write_logs(folder: Path, form: str) -> list[Path]:
    paths = [folder / f"{name}.{form}" for name in ("events", "issued")]
    made = ((EVENTS, make_events(ROWS)), (ISSUED, make_issued(ROWS)))
    for path, (schema, tables) in zip(paths, made, strict=True):
        if form == "jsonl":
            rows = pa.concat_tables(tables).to_pylist()
            path.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows))
        else:
            write(path, schema, tables)
    return paths


def expected(view: str, days: tuple[int, ...] = (7, 30)) -> list[dict[str, Any]]:
    """Return the rows of a view, by the column functions."""
    events, issued = (pa.concat_tables(make(ROWS)) for make in (make_events, make_issued))
    attributed = attribute(steps(events, START.replace(month=3, day=6), days), issued)
    found = people(attributed)
    below = branch(found, ROOT)
    tables = {
        "people": found,
        "uses": uses(attributed, issued),
        "branch": below,
        "fingerprints": branch_issued(issued, below, ROOT),
    }
    rows: list[dict[str, Any]] = tables[view].to_pylist()
    return rows


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=str)


def as_text(value: object) -> str:
    """Return a value as a cell of CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace(" ", "T").replace("+00:00", "Z")


@pytest.mark.parametrize("view", VIEWS)
def test_csv(shell: Shell, logs: list[Path], view: str) -> None:
    done = shell(view, *logs, "--until", UNTIL, *VIEWS[view], *DAYS)
    assert (done.code, done.err) == (0, TOLD)
    shown = [{name: as_text(value) for name, value in row.items()} for row in expected(view)]
    assert in_order([*csv.DictReader(io.StringIO(done.out))]) == in_order(shown)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("view", VIEWS)
def test_other_formats(shell: Shell, tmp_path: Path, form: str, view: str) -> None:
    """Each file has the format of its name."""
    target = tmp_path / f"out.{form}"
    done = shell(view, *write_logs(tmp_path, form), "-o", target, "--until", UNTIL, *VIEWS[view],
                 *DAYS)  # fmt: skip
    assert done == (0, "", TOLD)
    if form == "parquet":
        assert in_order(pq.read_table(target).to_pylist()) == in_order(expected(view))
    else:
        shown = [
            {n: v if v is None or isinstance(v, bool | int) else as_text(v) for n, v in row.items()}
            for row in expected(view)
        ]
        rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
        assert in_order(rows) == in_order(shown)


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_logs_larger_than_the_memory(
    shell: Shell, logs: list[Path], monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    """What goes by way of the disk is the same, and leaves no file."""
    folder = logs[0].parent / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    arguments = [view, *logs, *VIEWS[view]]
    whole = shell(*arguments)
    monkeypatch.setattr(gather, "ROWS_MAX", 300)
    monkeypatch.setattr(gather, "ROWS_WRITTEN", 300)
    cut = shell(*arguments)
    assert (cut.code, cut.err) == (0, TOLD)
    assert sorted(cut.out.splitlines()) == sorted(whole.out.splitlines())
    assert [*folder.iterdir()] == []


@pytest.mark.slow
def test_rows_of_one_key_come_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also if they are too many, if two streams have them, and after many cuts."""
    monkeypatch.setattr(gather, "ROWS_MAX", 0)
    keys = [*"aabcde", *"a" * 20, *map(str, range(20))]
    tables = [pa.table({"key": [key], "at": [str(at)]}) for at, key in enumerate(keys)]
    schema = tables[0].schema
    streams = [(schema, [schema.empty_table(), *tables]), (schema, tables[:7]), (schema, [])]
    found = [*gather.gathered(streams, ["key"], tmp_path / "new")]
    assert len(found) == len({*keys})
    for number, (_, given) in enumerate(streams):
        rows = [row for parts in found for row in parts[number].to_pylist()]
        assert in_order(rows) == in_order([row for table in given for row in table.to_pylist()])
    for first, second, third in found:
        assert len({*first["key"].to_pylist(), *second["key"].to_pylist()}) == 1
        assert len(third) == 0
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_one_group(shell: Shell, logs: list[Path]) -> None:
    group = person(4)
    done = shell("people", *logs, "--until", UNTIL, "--group", group)
    rows = [*csv.DictReader(io.StringIO(done.out))]
    assert len(rows) == sum(row["group_id"] == group for row in expected("people")) > 0
    assert {row["group_id"] for row in rows} == {group}


def event(at: str, name: str = "joined", by: str = "") -> str:
    return f"{at},{name},7,8,{by}\n"


def test_the_end_of_the_log(shell: Shell, tmp_path: Path) -> None:
    """It is the last event, or --until; what a wrong clock wrote later is not counted."""
    issued = tmp_path / "issued.csv"
    issued.write_text(ISSUED_HEAD)
    early, late = event("2026-11-14T12:00:00Z"), event("2026-11-20T12:00:00Z", "left")
    future = event("2099-01-01T00:00:00Z", "left")

    def stayed(log: str, *options: str) -> tuple[str, str]:
        done = shell("people", "-", issued, *options, stdin=(HEAD + log).encode())
        (row,) = csv.DictReader(io.StringIO(done.out))
        return row["stayed_7"], done.err.splitlines()[0].removeprefix("passphrase: events: ")

    assert stayed(early) == ("", "1 row read")
    assert stayed(early + late) == ("", "2 rows read")
    assert stayed(early + future) == ("", "1 row read, 1 refused (1 later)")
    assert stayed(early + late, "--until", "2026-11-21T12:00Z") == ("false", "2 rows read")
    told = "1 row read, 1 refused (1 later)"
    assert stayed(early + late, "--until", "2026-11-19T12:00Z") == ("", told)
    assert stayed(early, "--until", "2099-01-01T00:00Z") == ("true", "1 row read")  # until NOON
    assert NOON.isoformat() == "2026-11-22T12:00:00+00:00"


def test_bad_rows_are_counted(shell: Shell, tmp_path: Path) -> None:
    """They are not in the report, and the others are."""
    issued = tmp_path / "issued.jsonl"
    issued.write_text('{"fingerprint": null}\n[]\n{"fingerprint": 7}\n{"fingerprint": "\\ud83c"}\n')
    log = HEAD + event("2026-11-14", "left") + event("x", "kicked") * 2 + "1,2\n"
    log += event("2026-11-14T12:00Z", "kicked") + event("2026-11-14T12:00Z")
    done = shell("uses", "-", issued, stdin=log.encode())
    assert done == (
        0,
        "origin,label,issued,opened,refused,joined,returned,due_7,stayed_7\n,,0,0,0,1,0,0,0\n",
        "passphrase: events: 1 row read, 5 refused (3 invalid_at, 1 malformed, 1 invalid_event)\n"
        "passphrase: issued: 0 rows read, 4 refused "
        "(2 invalid_fingerprint, 1 malformed, 1 missing_fingerprint)\n",
    )


def test_empty_logs(shell: Shell, tmp_path: Path) -> None:
    """The report still has its columns."""
    paths = [tmp_path / "events.csv", tmp_path / "issued.csv"]
    for path, head in zip(paths, (HEAD, ISSUED_HEAD), strict=True):
        path.write_text(head)
    for view, options in VIEWS.items():
        done = shell(view, *paths, *options)
        assert (done.code, done.out.count("\n"), done.out.count("_id") > 0) == (
            0, 1, view != "uses"
        )  # fmt: skip


def test_what_batch_decode_wrote_is_a_log_of_passphrases(shell: Shell, tmp_path: Path) -> None:
    """With its prefix; no passphrase of it is printed."""
    text = CODEC.encode(INVITE)
    read = decode_column(CODEC, [text, "明天见", text])
    names = [f"passphrase_{name}" for name in read.column_names]
    issued = tmp_path / "decoded.parquet"
    decoded = read.rename_columns(names).append_column("text", pa.array([text, "明天见", text]))
    pq.write_table(decoded, issued)
    log = f"{HEAD}2026-11-14T12:00Z,joined,{INVITE.group_id},8,{read['fingerprint'][0]}\n"
    done = shell("people", "-", issued, "--prefix", "passphrase_", stdin=log.encode())
    assert done == (
        0,
        "group_id,user_id,inviter_id,origin,label,fingerprint,joined_at,left_at,stayed_7\n"
        f"{INVITE.group_id},8,{INVITE.inviter_id},wechat,,{read['fingerprint'][0]},2026-11-14T12:00:00Z,,\n",
        "passphrase: events: 1 row read\n"
        "passphrase: issued: 2 rows read, 1 refused (1 missing_fingerprint)\n",
    )


def test_a_mark_for_excel(shell: Shell, logs: list[Path]) -> None:
    assert shell("uses", *logs, "--bom").out.startswith("\ufefforigin,label,")


def test_wrong_command_lines(shell: Shell, logs: list[Path], tmp_path: Path) -> None:
    """Each ends in one line that says what to change, and names the file."""
    events, issued = logs
    short = tmp_path / "short.csv"
    short.write_text("at,event,group_id\n")
    broken = tmp_path / "broken.parquet"
    broken.write_text("PAR1")
    wrong: list[tuple[list[object], int, str]] = [
        (["uses", "-", "-"], 2, "only one of EVENTS and ISSUED can be standard input"),
        (["uses", "-", issued, "--format", "parquet"], 2, "Parquet cannot use stdin"),
        (["uses", *logs, "--format", "parquet"], 2, "Parquet cannot use stdout: name --output"),
        (["uses", *logs, "--bom", "--format", "jsonl"], 2, "--bom is for CSV"),
        (["uses", short, issued], 2, f"{short}: the input has no column 'user_id'"),
        (["uses", issued, issued], 2, f"{issued}: the input has no column 'at'"),
        (["uses", events, broken], 66, f"{broken}: the input is not a complete Parquet file"),
        (["uses", tmp_path / "none.csv", issued], 66, "none.csv: No such file or directory"),
        (["uses", *logs, "-o", issued], 2, f"{issued} exists; use --force to replace it"),
        (["branch", *logs], 2, "Missing option '--inviter'"),
        (["branch", *logs, "--inviter", "x"], 2, "an id is a decimal number below 2^64 or a UUID"),
        (["uses", *logs, "--group", "x"], 2, "an id is a decimal number below 2^64 or a UUID"),
        (["uses", *logs, "--until", "tomorrow"], 2, "--until must be"),
        (["uses", *logs, "--days", "0"], 2, "0 is not in the range 1<=x<=3650"),
    ]
    for arguments, code, told in wrong:
        done = shell(*arguments)
        assert (done.code, done.out, done.err.count("\n"), told in done.err) == (code, "", 1, True)
    done = shell("uses", "-", issued, stdin=b"x\n")
    assert "standard input: the input has no column 'at'" in done.err
    assert "name INPUT" in shell("uses", "-", issued, stdin=Terminal(io.BytesIO())).err
