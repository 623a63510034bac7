"""Whole files: every row comes out once, in its place, whatever it contains."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import csv
import fcntl
import io
import json
import os
import pty
import resource
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shell import COMMAND, ENVIRONMENT, Outcome, Shell, Terminal, shell_of
from support import AUDIENCE, CODEC, INVITE, OTHER_SECRET

from passphrase import Codec, Keyring, share
from passphrase.bulk.columns import DECODED
from passphrase.bulk.table import decode_column, encode_table
from passphrase.cli import forms, tasks

TEXT = CODEC.encode(INVITE)
FORGED = Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE)
PASTED = [f"老王: 快来!\n「{TEXT}」", '你好, "小李"', FORGED, TEXT[:9] + TEXT[10:], "", TEXT]
SUMMARY = "passphrase: 6 rows: 3 opened, 3 refused (2 not_found, 1 signature)\n"
RESULTS = [f"passphrase_{name}" for name in DECODED.names]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Shell:
    """Run `passphrase batch`."""
    return partial(shell_of(monkeypatch, capsysbinary), "batch")


def make_batches_small(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    for name in ("TEXT_ROWS_MAX", "PARQUET_ROWS_MAX", "ROWS_READ"):
        monkeypatch.setattr(forms, name, rows)


def read_rows(form: str, path: Path) -> list[dict[str, Any]]:
    """Read a file as another program would."""
    if form == "parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows
    if form == "jsonl":
        return [json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


def write_rows(form: str, path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write a file as another program would."""
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "jsonl":
        path.write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8"
        )
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return path


# --- decode -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_decode(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, processes: int
) -> None:
    """Input columns come first and unchanged, then the result of `decode_column` for each row."""
    make_batches_small(monkeypatch, 4)
    rows = [{"when": f"10:{at}", "message": text} for at, text in enumerate(PASTED)]
    source = write_rows(form, tmp_path / f"log.{form}", rows)
    target = tmp_path / f"read.{form}"
    done = shell("decode", source, "--column", "message", "-o", target, "--processes", processes)
    assert done == (0, "", SUMMARY)
    assert {path.name for path in tmp_path.iterdir()} == {source.name, target.name}
    written = read_rows(form, target)
    assert [{name: row[name] for name in rows[0]} for row in written] == rows
    expected = decode_column(CODEC, PASTED).to_pylist()
    for row, result in zip(written, expected, strict=True):
        assert [*row] == ["when", "message", *RESULTS, *["passphrase_malformed"] * (form == "csv")]
        assert row["passphrase_group_id"] == (result["group_id"] or ("" if form == "csv" else None))
        assert row["passphrase_error"] == (result["error"] or ("" if form == "csv" else None))
        if form == "parquet":
            assert [row[name] for name in RESULTS] == [*result.values()]


def test_invalid_utf8_is_one_character(shell: Shell) -> None:
    """The bytes of a cut emoji are one U+FFFD in a span, as for every reader of UTF-8."""
    table = b"text\n\xf0\x9f\x98" + TEXT.encode() + b"\n"
    out = shell("decode", "--format", "csv", stdin=table).out
    assert [row["passphrase_span"] for row in csv.DictReader(io.StringIO(out))] == ["[1, 31]"]


def test_results_as_text(shell: Shell) -> None:
    """Values that CSV cannot express are JSON; evidence has only its non-null attributes."""
    table = f'text\n"{TEXT[:9] + TEXT[10:]}"\n"{FORGED}"\n'
    rows = [
        *csv.DictReader(io.StringIO(shell("decode", "--format", "csv", stdin=table.encode()).out))
    ]
    assert rows[0] == {
        "text": TEXT[:9] + TEXT[10:],
        "passphrase_group_id": "6824193837465920001",
        "passphrase_inviter_id": "102938475610293847",
        "passphrase_expires_at": "2026-11-29T12:00:00Z",
        "passphrase_origin": "wechat",
        "passphrase_mutual_follow": "false",
        "passphrase_approval": "false",
        "passphrase_single_use": "false",
        "passphrase_generation": "0",
        "passphrase_variant": "0",
        "passphrase_text": TEXT,
        "passphrase_script": "emoji",
        "passphrase_span": "[0, 29]",
        "passphrase_repairs": json.dumps(
            [{"kind": "lost", "position": 9, "span": [9, 9], "read": "", "meant": TEXT[9]}],
            ensure_ascii=False,
        ),
        "passphrase_key_id": "1",
        "passphrase_fingerprint": CODEC.decode(TEXT).fingerprint,
        "passphrase_error": "",
        "passphrase_evidence": "",
        "passphrase_malformed": "",
    }
    assert json.loads(rows[1]["passphrase_evidence"]) == {"span": [0, 30], "key_id": 1}


def test_malformed_csv_is_kept(shell: Shell) -> None:
    """Too few or too many fields, no fields, an open quote, a long field; the next row is read."""
    long = "x" * 131_073
    bad = ["1 ", "1,2,X", "", '1,"open', f"{long},2", '1,"a"b', "1,\udcff,3"]
    good = ["7,x", f'8,"{TEXT}\n{TEXT}"', "9,\udcff"]
    table = "\n".join(["id,text", *(line for b in bad for line in (b, good[0])), *good[1:], ""])
    raw = table.encode("utf-8", "surrogateescape")
    done = shell("decode", "--format", "csv", stdin=raw)
    limit = csv.field_size_limit(1 << 20)
    rows = [*csv.DictReader(io.StringIO(done.out))]
    csv.field_size_limit(limit)
    assert [row["passphrase_malformed"] for row in rows if row["passphrase_malformed"]] == [
        line for line in bad if line
    ]
    assert [row["passphrase_error"] for row in rows] == [
        *["malformed", "not_found"] * len(bad), "", "not_found"
    ]  # fmt: skip
    assert [row["id"] for row in rows] == [*["", "7"] * len(bad), "8", "9"]
    assert rows[-2]["text"] == f"{TEXT}\n{TEXT}"
    assert rows[-1]["text"] == "\udcff"
    assert done.err == (
        "passphrase: the input is not UTF-8; convert it first, for example with iconv -f GB18030 "
        "-t UTF-8\npassphrase: 16 rows: 1 opened, 15 refused (8 not_found, 7 malformed)\n"
    )


def test_malformed_json_is_kept(shell: Shell) -> None:
    """A valid object keeps its characters: long numbers, repeated names, unusual spaces."""
    bad = ["", "{", "[1] ", "好 X", '"text"', '{"text": "x"} {}', '{"passphrase_error": 1}',
           "[" * 10**5, "\udcff", '{"n": ' + "1" * 5000 + "}"]  # fmt: skip
    good = [
        '{ "text" : "x", "n": 1.00000000000000000001, "n": 1e999, "n": NaN }',
        "{}",
        '{"text": null}',
        '{"text": 7}',
        '{"text": ["x"]}',
        '{"text": "\udcff"}',
        '{"text": "\\ud83c"}',
    ]
    table = "\r\n".join([*bad, *good])
    done = shell("decode", "--format", "jsonl", stdin=table.encode("utf-8", "surrogateescape"))
    written = done.out.splitlines()
    assert [json.loads(line)["passphrase_malformed"] for line in written[: len(bad)]] == bad
    assert '"好 X"' in done.out
    for line, was in zip(written[len(bad) :], good, strict=True):
        assert line.startswith(was.rstrip("} ").strip())
    errors = [json.loads(line)["passphrase_error"] for line in written[len(bad) :]]
    assert errors == ["not_found", "null", "null", "not_text", "not_text", "not_found", "not_found"]
    assert done.code == 0


def test_a_spreadsheet_finds_what_it_wrote(shell: Shell) -> None:
    """A byte-order mark and line ends stay, and no result looks like a formula."""
    table = f"\ufefftext,=1+1\r\n{TEXT},\t=cmd\r\n"
    out = shell("decode", "--format", "csv", stdin=table.encode()).out
    assert out.startswith("\ufefftext,=1+1,passphrase_group_id")
    assert out.count("\r\n") == out.count("\n") == 2
    cells = next(csv.reader([out.splitlines()[1]]))
    assert cells[:2] == [TEXT, "\t=cmd"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells[2:])


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_any_encoding_with_a_mark(shell: Shell, tmp_path: Path, form: str, encoding: str) -> None:
    """A table in UTF-16, as from `>` in PowerShell, gives the same output as in UTF-8."""
    source = write_rows(form, tmp_path / f"log.{form}", [{"text": text} for text in PASTED])
    table = b"\xef\xbb\xbf" + source.read_bytes()
    expected = shell("decode", "--format", form, stdin=table)
    assert (expected.code, expected.err) == (0, SUMMARY)
    other = table.decode().encode(encoding)
    assert shell("decode", "--format", form, stdin=other) == expected
    source.write_bytes(other)
    assert shell("decode", source) == expected


def test_half_a_character_of_utf16_is_no_failure(shell: Shell) -> None:
    """The end of a cut file, or half an emoji, is one unreadable character."""
    table = "\ufefftext\nx\n".encode("utf-16-le")
    done = shell("decode", "--format", "csv", stdin=table + b"\x3c\xd8\n\0" + b"\x3c")
    assert (done.code, done.out.count("not_found")) == (0, 3)


def test_excel_gets_the_mark_that_it_needs(shell: Shell) -> None:
    """Once, also where the input has one."""
    for table in ("text\n好\n", "\ufefftext\n好\n"):
        out = shell("decode", "--format", "csv", "--bom", stdin=table.encode()).out
        assert (out.startswith("\ufefftext,"), out.count("\ufeff")) == (True, 1)
    assert "\ufeff" not in shell("decode", "--format", "csv", stdin=b"text\nx\n").out


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_invalid_utf8_is_reported_once(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """CSV from a Chinese Excel is in GBK: nothing is found in it, so a message says why."""
    make_batches_small(monkeypatch, 2)
    row = '{"text": "你好"}\n' if form == "jsonl" else "你好\n"
    table = ("text\n" * (form == "csv") + row * 9).encode("gb18030")
    done = shell("decode", "--format", form, stdin=table)
    assert (done.code, done.err.count("the input is not UTF-8; convert it first")) == (0, 1)


def test_line_ends_stay(shell: Shell) -> None:
    """Line ends of CSV stay, and so do characters that JSON treats as spaces."""
    assert "\r" not in shell("decode", "--format", "csv", stdin=b"text\nx\n").out
    out = shell("decode", "--format", "jsonl", stdin=b'{"text":\r "x"}\n').out
    assert out.startswith('{"text":\r "x", "passphrase_')


def test_a_file_without_rows(shell: Shell, tmp_path: Path) -> None:
    """The output still has the header or the schema."""
    assert shell("decode", "--format", "csv", stdin=b"text\n").out.startswith("text,passphrase_g")
    assert shell("decode", "--format", "jsonl", stdin=b" "[:0] or b"").out == ""
    source = tmp_path / "log.parquet"
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), source)
    assert shell("decode", source, "-o", tmp_path / "out.parquet").code == 0
    assert pq.read_table(tmp_path / "out.parquet").column_names == ["text", *RESULTS]


def test_long_lines_are_taken_in_pieces(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every piece is kept, and no line needs more memory than a batch."""
    monkeypatch.setattr(forms, "LINE_CHARS_MAX", 10)
    monkeypatch.setattr(forms, "BLOCK_BYTES", 3)
    done = shell("decode", "--format", "jsonl", stdin=b'{"a": 1}\n{"b": "' + b"x" * 20 + b'"}\n')
    rows = [json.loads(line) for line in done.out.splitlines()]
    pieces = [row["passphrase_malformed"] for row in rows[1:]]
    assert "".join(pieces) == '{"b": "' + "x" * 20 + '"}'


# --- encode -------------------------------------------------------------------------------------

CAMPAIGN = [
    {"group_id": "7", "inviter_id": "8", "expires_at": "2026-12-01T20:00+08:00", "origin": "qq"},
    {"group_id": "x", "inviter_id": "8", "expires_at": "2026-12-01T20:00+08:00", "origin": "qq"},
    {"group_id": "7", "inviter_id": "", "expires_at": "2026-12-01T20:00+08:00", "origin": "qq"},
]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_encode(shell: Shell, tmp_path: Path, form: str) -> None:
    """Each row gets the result of `encode_table`."""
    rows = [{"user": str(at), **row, "variant": "9"} for at, row in enumerate(CAMPAIGN)]
    source = write_rows(form, tmp_path / f"campaign.{form}", rows)
    target = tmp_path / f"minted.{form}"
    done = shell("encode", source, "-o", target)
    told = "3 rows: 1 minted, 2 refused (1 invalid_group_id, 1 missing_inviter_id)"
    assert done == (0, "", f"passphrase: {told}\n")
    expected = encode_table(CODEC, pa.Table.from_pylist(rows)).to_pylist()
    for row, result in zip(read_rows(form, target), expected, strict=True):
        assert (row["passphrase_text"] or None) == result["text"]
        assert (row["passphrase_error"] or None) == result["error"]


def test_encode_takes_json_as_it_is(shell: Shell) -> None:
    """Numbers and flags are accepted; lists, objects and half an emoji are refused."""
    good = CAMPAIGN[0] | {"group_id": 7, "mutual_follow": True, "generation": 255, "variant": None}
    rows = [
        good,
        good | {"group_id": [7]},
        good | {"group_id": "\ud83c"},
        good | {"inviter_id": 1.5},
    ]
    table = "\n".join(map(json.dumps, rows))
    out = shell("encode", "--format", "jsonl", stdin=table.encode()).out
    written = [json.loads(line) for line in out.splitlines()]
    assert [row["passphrase_error"] for row in written] == [
        None, "invalid_group_id", "invalid_group_id", "invalid_inviter_id"
    ]  # fmt: skip
    invite = CODEC.decode(written[0]["passphrase_text"]).invite
    assert (invite.group_id, invite.mutual_follow, invite.generation) == (7, True, 255)


def minted(told: Outcome) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(told.out))]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_equal_single_use_rows_are_different_passphrases(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, processes: int
) -> None:
    """Across batches and processes, and the same again when it is run again."""
    make_batches_small(monkeypatch, 7)
    monkeypatch.setattr(tasks, "PIECE_ROWS", 3)
    monkeypatch.setattr(tasks, "SHARED_PIECE_ROWS", 3)
    campaign = [CAMPAIGN[0] | {"single_use": "true", "user": str(at)} for at in range(20)]
    source = write_rows(form, tmp_path / f"campaign.{form}", campaign)
    outputs = [tmp_path / f"{run}.{form}" for run in "12"]
    for target in outputs:
        done = shell("encode", source, "-o", target, "--processes", processes)
        assert done == (0, "", "passphrase: 20 rows: 20 minted\n" + GIVEN.format(20))
    written, again = (read_rows(form, target) for target in outputs)
    assert written == again
    decoded = [CODEC.decode(row["passphrase_text"]) for row in written]
    assert [each.invite.variant for each in decoded] == [*range(20)]
    assert [int(row["passphrase_variant"]) for row in written] == [*range(20)]
    assert [row["passphrase_fingerprint"] for row in written] == [x.fingerprint for x in decoded]


GIVEN = "passphrase: single-use rows that were given a variant: {}\n"
CLASHES = "passphrase: single-use rows whose variant an earlier equal row may have: {}\n"


def test_other_rows_are_left_alone(shell: Shell) -> None:
    """Rows that are not single-use, that have a variant, or that are refused get no variant."""
    head = "group_id,inviter_id,expires_at,origin,single_use,variant\n"
    kept = "7,8,2026-12-01T20:00+08:00,qq,"
    cells = ["0,", "0,", "1,4", "1,", "1,4", "0,9", "1,256", "maybe,", ",", "TRUE,"]
    table = head + "".join(f"{kept}{each}\n" for each in cells)
    told = shell("encode", "--format", "csv", stdin=table.encode())
    rows = minted(told)
    variants = [row["passphrase_variant"] for row in rows]
    assert variants == ["", "", "4", "5", "4", "9", "", "", "", "6"]
    assert [row["passphrase_error"] for row in rows if row["passphrase_error"]] == [
        "invalid_variant", "invalid_single_use"
    ]  # fmt: skip
    assert all(
        bool(row["passphrase_fingerprint"]) == bool(row["passphrase_variant"]) for row in rows
    )
    assert told.err.partition("\n")[2] == GIVEN.format(2) + CLASHES.format(1)


def test_nothing_to_mint(shell: Shell) -> None:
    """A file without rows, or with malformed lines only."""
    head = "group_id,inviter_id,expires_at,origin,single_use\n"
    for rows, told in (
        ("", "0 rows: 0 minted"),
        ("x\n", "1 row: 0 minted, 1 refused (1 malformed)"),
    ):
        done = shell("encode", "--format", "csv", stdin=(head + rows).encode())
        assert (done.code, done.err) == (0, f"passphrase: {told}\n")


def test_a_row_that_would_be_over_is_refused(shell: Shell) -> None:
    """Expiry is rounded down to the minute: at noon, an invite of this minute has expired."""
    head = "group_id,inviter_id,expires_at,origin\n"
    ends = ["2026-11-22T12:00:59.9Z", "2026-11-22T20:01+08:00", "2026-02-01T00:00Z", "2026-11-22"]
    table = head + "".join(f"7,8,{each},qq\n" for each in ends)
    told = shell("encode", "--format", "csv", stdin=table.encode())
    assert [row["passphrase_error"] for row in minted(told)] == [
        "expired", "", "expired", "invalid_expires_at"
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_whole_messages(shell: Shell, tmp_path: Path, form: str) -> None:
    """The group's name comes from the row or the option; an in-app invite has no message."""
    rows = [
        CAMPAIGN[0] | {"group_name": "火锅/小分队"},
        CAMPAIGN[0] | {"group_name": ""},
        CAMPAIGN[0] | {"group_name": "", "origin": "in_app"},
        CAMPAIGN[1] | {"group_name": "x"},
    ]
    source = write_rows(form, tmp_path / f"campaign.{form}", rows)
    target = tmp_path / f"minted.{form}"
    words = ["--group-name", "群", "--app-name", "抖音"]
    assert shell("encode", source, "-o", target, "--message", *words).code == 0
    written = read_rows(form, target)
    text = written[0]["passphrase_text"]
    expected = [share(text, group_name=name, app_name="抖音") for name in ("火锅/小分队", "群")]
    assert [row["passphrase_message"] or None for row in written] == [*expected, None, None]
    template = tmp_path / "template.txt"
    template.write_text("\ufeff1 a:/ {group}【{passphrase}】\n", "utf-8")
    words = ["--template", str(template), "--locale", "en", "--force"]
    assert shell("encode", source, "-o", target, "--message", *words).code == 0
    assert read_rows(form, target)[1]["passphrase_message"] == f"1 a:/ a group chat【{text}】"


def test_words_without_messages_are_a_mistake(shell: Shell) -> None:
    for words in (["--group-name", "x"], ["--app-name", "x"], ["--template", "{passphrase}"]):
        refused = shell("encode", "--format", "csv", *words)
        assert (refused.code, "need --message" in refused.err) == (2, True)


cells = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(PASTED)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=5),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_no_csv_row_is_lost(shell: Shell, rows: list[tuple[str, str]], ending: str) -> None:
    """What Python's csv wrote comes out again, cell by cell, whatever is in the cells."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([("=id", "text"), *rows])
    out = shell("decode", "--format", "csv", stdin=file.getvalue().encode()).out
    written = [*csv.reader(io.StringIO(out, newline=""))]
    assert [tuple(row[:2]) for row in written[1:]] == rows
    expected = decode_column(CODEC, [text for _, text in rows])["error"].to_pylist()
    assert [row[written[0].index("passphrase_error")] or None for row in written[1:]] == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    noise=st.lists(st.sampled_from(['"', ",", "\n", "\r", "a", '""', "\x00", TEXT]), max_size=30)
)
def test_no_csv_noise_is_lost(shell: Shell, noise: list[str]) -> None:
    """Each character is in a cell or in `malformed`, and the exit code is 0."""
    done = shell("decode", "--format", "csv", stdin=("id,text\n" + "".join(noise)).encode())
    assert done.code == 0
    rows = [*csv.DictReader(io.StringIO(done.out, newline=""))]
    kept = "".join(row["id"] + row["text"] + row["passphrase_malformed"] for row in rows)
    assert kept.count("a") == noise.count("a")
    assert kept.count(TEXT) == noise.count(TEXT)


# --- Files that are not what was meant ----------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["--format", "csv", "--column", "message"], b"text\n", "no column 'message'"),
        (["--format", "csv"], b"", "no column 'text'"),
        (["--format", "csv"], b"text,text\n", "two columns 'text'"),
        (["--format", "csv"], b"text,passphrase_error\n", "choose another --prefix"),
        (["--format", "csv"], b'"text\n', "header is not CSV"),
        (["--format", "csv", "--prefix", ""], b"text\n", "choose another --prefix"),
        ([], b"text\n", "pass --format"),
        (["-", "-o", "out.txt"], b"text\n", "pass --format"),
        (["in.csv", "-o", "out.jsonl"], b"", "pass --format"),
        (["--format", "parquet"], b"", "cannot use stdin or stdout"),
        (["--format", "csv", "--processes", "0"], b"", "--processes"),
        (["--format", "csv", "--audience", ""], b"", "--audience"),
    ],
)
def test_a_bad_command_line_is_one_line_and_exit_2(
    shell: Shell, arguments: list[str], stdin: bytes, message: str
) -> None:
    refused = shell("decode", *arguments, stdin=stdin)
    assert (refused.code, refused.out) == (2, "")
    assert message in refused.err
    assert refused.err.count("\n") == 1


def test_another_prefix(shell: Shell) -> None:
    """With another prefix, a file with result columns can be processed again."""
    once = shell("decode", "--format", "csv", stdin=f"text\n{TEXT}\n".encode()).out
    again = shell("decode", "--format", "csv", "--prefix", "again_", stdin=once.encode())
    [row] = csv.DictReader(io.StringIO(again.out))
    assert row["again_fingerprint"] == row["passphrase_fingerprint"] != ""


def test_invalid_parquet(shell: Shell, tmp_path: Path) -> None:
    """Not Parquet, truncated, damaged data, or another type of column."""
    source, target = tmp_path / "log.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"text": [str(at) for at in range(10**4)]}), source)
    whole = source.read_bytes()
    for raw in (
        b"text\n",
        whole[:-9],
        whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :],
    ):
        source.write_bytes(raw)
        assert shell("decode", source, "-o", target).code == 66
        assert [*tmp_path.iterdir()] == [source]
    pq.write_table(pa.table({"text": [7]}), source)
    refused = shell("decode", source, "-o", target)
    assert (refused.code, "holds int64, not texts" in refused.err) == (2, True)


def test_parquet_keeps_its_metadata(shell: Shell, tmp_path: Path) -> None:
    """Metadata, such as the index of pandas, is kept."""
    source, target = tmp_path / "log.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"text": [TEXT]}).replace_schema_metadata({"pandas": "{}"}), source)
    assert shell("decode", source, "-o", target).code == 0
    assert pq.read_schema(target).metadata[b"pandas"] == b"{}"


@pytest.mark.slow
def test_parquet_with_a_wrong_byte(shell: Shell, tmp_path: Path) -> None:
    """Wherever the byte is, all rows are written or the file is reported as damaged.

    pyarrow would follow an index that points out of its dictionary, and end the process.
    """
    source, target = tmp_path / "log.parquet", tmp_path / "out.parquet"
    words = pa.array(["x", "y"]).dictionary_encode()
    nested = [
        pa.StructArray.from_arrays([words], ["word"]),
        pa.ListArray.from_arrays([0, 1, 2], words),
    ]
    table = pa.table({"text": ["", TEXT], "word": words, "one": nested[0], "some": nested[1]})
    pq.write_table(table, source, compression="none", write_statistics=False)
    whole = source.read_bytes()
    metadata = whole.index(b"ARROW:schema")
    codes = set()
    for at in [*range(4, metadata), *range(metadata, len(whole), 50)]:
        source.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        codes.add(shell("decode", source, "-o", target, "--force").code)
    assert codes <= {0, 2, 66}


def write_bomb(path: Path, rows: int, chars: int, *, is_dictionary: bool) -> None:
    """Write a file of some hundred bytes whose rows all share one long text."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * chars])
    pq.write_table(
        pa.table({"text": column}),
        path,
        compression="zstd",
        store_schema=is_dictionary,
        dictionary_pagesize_limit=1 << 30,
        write_statistics=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "chars", "is_dictionary", "code"),
    [(1 << 16, 10**5, True, 0), (1 << 10, 10**5, False, 0), (500, 60_000_000, False, 71)],
    ids=["6.5 GB of one text", "rows of 100 kB", "rows of 60 MB"],
)
def test_a_parquet_bomb_is_read_or_refused(
    tmp_path: Path, rows: int, chars: int, is_dictionary: bool, code: int
) -> None:
    """It is read or refused within 3 GiB of address space; pyarrow itself takes one."""
    source, target = tmp_path / "log.parquet", tmp_path / "out.parquet"
    write_bomb(source, rows, chars, is_dictionary=is_dictionary)
    assert source.stat().st_size < 3000
    done = subprocess.run(  # noqa: S603
        [*COMMAND, "batch", "decode", str(source), "-o", str(target)],
        env=ENVIRONMENT,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)),
        check=False,
    )
    told = f"{rows} rows: 0 opened, {rows} refused ({rows} too_long)"
    told = "there is not enough memory for this input" if code else told
    assert (done.returncode, done.stderr.decode()) == (code, f"passphrase: {told}\n")
    assert target.exists() is (code == 0)


def test_a_batch_of_parquet_has_so_many_bytes(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch has limits of bytes and of rows; a dictionary's text does not count."""
    monkeypatch.setattr(forms, "PARQUET_BYTES_MAX", 100_000)
    monkeypatch.setattr(forms, "ROWS_READ", 10)
    monkeypatch.setattr(forms, "PARQUET_ROWS_MAX", 60)
    source = tmp_path / "log.parquet"
    made: list[int] = []
    for is_dictionary in (False, True):
        write_bomb(source, 75, 2000, is_dictionary=is_dictionary)
        shell("decode", source, "-o", tmp_path / "out.parquet", "--force")
        groups = pq.ParquetFile(tmp_path / "out.parquet").metadata
        made += [groups.row_group(at).num_rows for at in range(groups.num_row_groups)]
    assert made == [50, 25, 60, 15]


def test_memory_that_ends_in_arrow(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Running out of memory in pyarrow is not reported as a damaged file."""
    source = write_rows("parquet", tmp_path / "log.parquet", [{"text": "x"}])
    read = Mock(side_effect=pa.ArrowMemoryError("malloc"))
    monkeypatch.setattr(forms.Parquet, "_reads", read)
    failed = shell("decode", source, "-o", tmp_path / "out.parquet")
    assert failed == (71, "", "passphrase: there is not enough memory for this input\n")


def test_no_escape_reaches_the_terminal(shell: Shell, tmp_path: Path) -> None:
    """From the name of a column or of a field in it."""
    escape = "\x1b]0;PWN\x07\u202e"
    source = tmp_path / "log.parquet"
    pq.write_table(pa.table({"text": [{escape: 1}]}), source)
    told = shell("decode", source, "-o", tmp_path / "out.parquet")
    assert (told.code, "PWN" in told.err) == (2, True)
    assert told.err.replace("\n", "").isprintable()


def test_keys_and_inputs_that_are_not_there(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell("decode", tmp_path / "log.csv").code == 66
    assert shell("decode", tmp_path, "--format", "csv").code == 66
    assert shell("decode", "--format", "csv", "--keys-file", tmp_path / "keys").code == 66
    monkeypatch.delenv("PASSPHRASE_KEYS")
    assert shell("decode", "--format", "csv").code == 78
    assert [*tmp_path.iterdir()] == []


def test_a_terminal_or_nothing_at_all_is_told_what_to_type(shell: Shell) -> None:
    """`batch` alone prints its help; without an input, one line says what is missing."""
    assert shell().err.startswith("Usage: passphrase batch")
    for stdin in (None, Terminal(io.BytesIO())):
        helped = shell("decode", "--format", "csv", stdin=stdin)
        assert (helped.code, helped.err) == (
            2,
            "passphrase: name INPUT, or pipe a file to standard input "
            "(see `passphrase batch decode --help`)\n",
        )


def test_a_missing_extra_is_explained(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra has its own message; any other missing module is an error."""
    for name in [*sys.modules]:
        if name.startswith(("passphrase.bulk", "passphrase.cli.tasks", "passphrase.cli.forms")):
            monkeypatch.delitem(sys.modules, name)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "passphrase.bulk.table", None)
        assert shell("decode", "--format", "csv", stdin=b"text\n").code == 70
    for module, told in (("pyarrow", "invite-passphrase[bulk,cli]"), ("fcntl", "Linux and macOS")):
        with monkeypatch.context() as patch:
            patch.delitem(sys.modules, "passphrase.cli.outputs", raising=False)
            patch.setitem(sys.modules, module, None)
            missing = shell("decode", "--format", "csv", stdin=b"text\n")
        assert (missing.code, told in missing.err) == (78, True)


# --- Outputs that are there whole or not at all -------------------------------------------------


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_rows("csv", tmp_path / "log.csv", [{"text": text} for text in PASTED])


def test_an_output_is_not_replaced_by_accident(shell: Shell, log: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("mine")
    refused = shell("decode", log, "-o", target)
    assert (refused.code, target.read_text()) == (2, "mine")
    assert "--force" in refused.err
    assert shell("decode", log, "-o", target, "--force").code == 0
    assert len(read_rows("csv", target)) == len(PASTED)
    assert shell("decode", log, "-o", log, "--force").code == 0
    assert len(read_rows("csv", log)) == len(PASTED)
    assert {path.name for path in tmp_path.iterdir()} == {"log.csv", "out.csv"}


def test_an_output_is_as_private_as_the_shell_says(shell: Shell, log: Path, tmp_path: Path) -> None:
    """The umask decides the mode of a new output, which is never executable."""
    for umask, mode in ((0o022, 0o644), (0o077, 0o600), (0, 0o666)):
        before = os.umask(umask)
        shell("decode", log, "-o", tmp_path / "out.csv")
        os.umask(before)
        assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == mode
        (tmp_path / "out.csv").unlink()


def test_a_replaced_output_is_as_private_as_before(shell: Shell, log: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    for mode in (0o600, 0o640, 0o664):
        target.touch()
        target.chmod(mode)
        assert shell("decode", log, "-o", target, "--force").code == 0
        assert stat.S_IMODE(target.stat().st_mode) == mode


def test_only_regular_files_are_replaced(shell: Shell, log: Path, tmp_path: Path) -> None:
    """A device or a directory is refused, and a link stays a link."""
    os.mkfifo(tmp_path / "pipe.csv")
    assert shell("decode", log, "-o", tmp_path / "pipe.csv", "--force").code == 2
    assert shell("decode", log, "-o", tmp_path, "--force", "--format", "csv").code == 2
    assert shell("decode", log, "-o", tmp_path / "none" / "out.csv").code == 74
    (tmp_path / "link.csv").symlink_to(tmp_path / "out.csv")
    assert shell("decode", log, "-o", tmp_path / "link.csv").code == 0
    assert (tmp_path / "link.csv").is_symlink()
    (tmp_path / "new.csv.partial").symlink_to(tmp_path / "out.csv")
    assert shell("decode", log, "-o", tmp_path / "new.csv").code == 74


def test_a_leftover_is_replaced(shell: Shell, log: Path, tmp_path: Path) -> None:
    """A leftover file is replaced, with a message, unless it is the input or another run's."""
    partial = tmp_path / "out.csv.partial"
    partial.write_text("id,text\n" * 10**4)
    done = shell("decode", log, "-o", tmp_path / "out.csv")
    assert "out.csv.partial is left from an interrupted run; starting again\n" in done.err
    assert len(read_rows("csv", tmp_path / "out.csv")) == len(PASTED)
    (tmp_path / "out.jsonl.partial").write_text("left")
    shell("decode", "-", "--format", "jsonl", "-o", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == ""
    partial.write_text("text\n")
    refused = shell("decode", partial, "--format", "csv", "-o", tmp_path / "out.csv", "--force")
    assert (refused.code, partial.read_text()) == (2, "text\n")
    with partial.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        refused = shell("decode", log, "-o", tmp_path / "out.csv", "--force")
    assert (refused.code, "another run" in refused.err) == (74, True)


def test_of_two_runs_the_second_does_not_write_into_the_first(
    shell: Shell, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second stops, even if the first ends between its opening and its locking."""

    def ended(descriptor: object, operation: int) -> None:
        del descriptor, operation
        (tmp_path / "out.csv.partial").rename(tmp_path / "out.csv")

    monkeypatch.setattr(fcntl, "flock", ended)
    assert shell("decode", log, "-o", tmp_path / "out.csv").code == 74


def test_another_users_file_is_not_written(
    shell: Shell, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept, unless the owner of the output made it; a pipe or link is refused at once."""
    partial, target = tmp_path / "out.csv.partial", tmp_path / "out.csv"
    partial.write_text("")
    owner = partial.stat().st_uid
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: owner + 1)
        refused = shell("decode", log, "-o", target)
        assert refused.err == f"passphrase: {partial} belongs to another user; delete it first\n"
        assert (refused.code, partial.read_text(), target.exists()) == (74, "", False)
        target.write_text("")
        assert shell("decode", log, "-o", target, "--force").code == 0
    os.mkfifo(partial)
    refused = shell("decode", log, "-o", target, "--force")
    assert (refused.code, "belongs to another user" in refused.err) == (74, True)


def test_a_leftover_is_not_reused(shell: Shell, log: Path, tmp_path: Path) -> None:
    """A leftover is not reused: other handles and links see nothing, and its mode is not kept."""
    partial, link = tmp_path / "out.csv.partial", tmp_path / "link"
    partial.touch()
    partial.chmod(0o666)
    link.hardlink_to(partial)
    before = os.umask(0o077)
    with partial.open("r+b") as other:
        done = shell("decode", log, "-o", tmp_path / "out.csv")
        os.umask(before)
        assert (done.code, done.err) == (0, SUMMARY)
        assert (other.read(), link.read_bytes()) == (b"", b"")
    made = (tmp_path / "out.csv").stat()
    assert (stat.S_IMODE(made.st_mode), made.st_nlink) == (0o600, 1)


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_nothing_is_left_behind(
    shell: Shell, log: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(_: int) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        assert shell("decode", log, "-o", log.with_name("out.csv")).code in {74, 130}
    assert [*log.parent.iterdir()] == [log]


def test_a_process_that_is_killed_is_one_line(
    shell: Shell, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr(tasks, "spread", fail)
    failed = shell("decode", log)
    assert (failed.code, failed.err) == (
        71, "passphrase: a process was killed, perhaps for lack of memory\n"
    )  # fmt: skip


# --- Real processes -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "processes", "killed_by"),
    [
        ("csv", "1", signal.SIGKILL),
        ("jsonl", "2", signal.SIGKILL),
        ("parquet", "1", signal.SIGKILL),
        ("csv", "2", signal.SIGTERM),
    ],
)
def test_a_killed_run_run_again(
    tmp_path: Path, form: str, processes: str, killed_by: signal.Signals
) -> None:
    """No output until all is written; then every row once; and no process outlives the run."""
    rows = [{"id": str(at), "text": PASTED[at % 6] + str(at % 97)} for at in range(200_000)]
    source = write_rows(form, tmp_path / f"log.{form}", rows)
    target = tmp_path / f"out.{form}"
    partial = tmp_path / f"out.{form}.partial"
    arguments = [
        *COMMAND,
        "batch",
        "decode",
        str(source),
        "-o",
        str(target),
        "--processes",
        processes,
    ]
    arguments += ["--repair", "exact"]
    with subprocess.Popen(arguments, env=ENVIRONMENT, stderr=subprocess.PIPE) as process:  # noqa: S603
        while not (partial.exists() and partial.stat().st_size > 10_000):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(killed_by)
        assert process.wait() == -killed_by
        assert process.stderr
        process.stderr.read()  # ends when the last process that could write to it has ended
    assert not target.exists()
    assert partial.exists()
    done = subprocess.run(arguments, env=ENVIRONMENT, capture_output=True, check=True)  # noqa: S603
    assert b"is left from an interrupted run; starting again\n" in done.stderr
    assert b"200000 rows: " in done.stderr
    assert not partial.exists()
    written = read_rows(form, target)
    assert [{name: row[name] for name in rows[0]} for row in written] == rows
    expected = decode_column(CODEC, [row["text"] for row in rows], repair="exact")["group_id"]
    assert [row["passphrase_group_id"] or None for row in written] == expected.to_pylist()


@pytest.mark.parametrize("rich", [True, False])
def test_a_bar_says_nothing_on_stdout(
    shell: Shell,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    rich: bool,
) -> None:
    plain = shell("decode", log)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    if not rich:
        monkeypatch.setitem(sys.modules, "rich.console", None)
    shown = shell("decode", log)
    assert (shown.code, shown.out) == (plain.code, plain.out)
    assert shown.err.endswith(plain.err)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_bar_shows_how_far_it_is(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """After each batch, it shows the bytes or rows that were read, and the total."""
    make_batches_small(monkeypatch, 300)
    monkeypatch.setattr(forms, "ROW_LINES_MAX", 30)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = MagicMock()
    monkeypatch.setattr("rich.progress.Progress", bar)
    source = write_rows(form, tmp_path / f"log.{form}", [{"text": "x" * 999}] * 1000)
    assert shell("decode", source, "-o", tmp_path / f"out.{form}").code == 0
    assert bar.call_args.kwargs["transient"] is True
    assert bar.call_args.kwargs["console"].stderr is True
    shown = bar.return_value.__enter__.return_value
    shown.add_task.assert_called_once_with("rows", total=None)
    assert {call.args for call in shown.update.mock_calls} == {(shown.add_task.return_value,)}
    size = 1000 if form == "parquet" else source.stat().st_size
    assert {call.kwargs["total"] for call in shown.update.mock_calls} == {size}
    done = [call.kwargs["completed"] for call in shown.update.mock_calls]
    assert len(done) == 4
    assert done == sorted(done)
    assert 0.25 < done[0] / size < 0.4
    assert done[-1] == size
    if form != "parquet":
        shell("decode", "--format", form, stdin=source.read_bytes())
        last = shown.update.mock_calls[-1].kwargs
        assert (last["completed"], last["total"]) == (0, None)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_bar_moves_within_a_batch(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """The bar moves before the first batch is done."""
    texts = [f"{at} {TEXT}" for at in range(10_000)]
    source = write_rows(form, tmp_path / f"log.{form}", [{"text": text} for text in texts])
    seen: list[float] = []

    def see(position: int, size: int) -> None:
        seen.append(position / size)

    report = MagicMock()
    report.return_value.__enter__.return_value = see
    monkeypatch.setattr("passphrase.cli.batch.bar", report)
    arguments = ["decode", source, "-o", tmp_path / f"out.{form}", "--repair", "exact"]
    assert shell(*arguments).code == 0
    assert seen == sorted(seen)
    assert seen[0] < 0.25
    assert (len(seen) > 4, seen[-1]) == (True, 1)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_batch_of_text_has_so_many_rows_and_characters(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Limits of a batch keep memory constant; text that was read ahead counts for it."""
    prepared: list[int] = []
    prepare = tasks._texts

    def count(column: str, inputs: Any) -> Any:
        prepared.append(len(inputs[column]))
        return prepare(column, inputs)

    monkeypatch.setattr(tasks, "_texts", count)
    monkeypatch.setattr(forms, "BLOCK_BYTES", 100)
    monkeypatch.setattr(forms, "ROW_LINES_MAX", 2)
    rows = "".join(f'{{"text": "{at:086}"}}\n' for at in range(20))
    table = rows if form == "jsonl" else "text\n" + rows.replace('{"text": "', "").replace('"}', "")
    for name, most in (("TEXT_ROWS_MAX", 7), ("TEXT_CHARS_MAX", 300)):
        with monkeypatch.context() as patch:
            patch.setattr(forms, name, most)
            assert shell("decode", "--format", form, stdin=table.encode()).code == 0
        assert sum(prepared) == 20
        assert len(prepared) > 2
        assert max(prepared) <= 7
        prepared.clear()


@pytest.mark.parametrize(("most", "name"), [(3, "ROW_LINES_MAX"), (9, "ROW_CHARS_MAX")])
def test_a_row_has_so_many_lines_and_characters(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, most: int, name: str
) -> None:
    """A longer row is malformed: its first line is kept, and reading continues with the next."""
    monkeypatch.setattr(forms, name, most)
    for before in range(5):
        table = "id,text\n" + "1,x\n" * before + '2,"a\nb\nc"\n' + '3,"a\nb\nc\nd"\n'
        rows = minted(shell("decode", "--format", "csv", stdin=table.encode()))
        kept = [row["passphrase_malformed"] for row in rows]
        assert kept == [""] * (before + 1) + ['3,"a', "b", "c", 'd"']


def test_as_many_processes_as_asked_for(
    shell: Shell, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process by default."""
    spread = Mock(return_value=iter(()))
    monkeypatch.setattr(tasks, "spread", spread)
    shell("decode", log)
    shell("decode", log, "--processes", 3)
    assert [call.kwargs for call in spread.mock_calls] == [{"processes": 1}, {"processes": 3}]


@pytest.mark.slow
@pytest.mark.parametrize("rich", [True, False])
def test_a_terminal_sees_a_bar_and_a_pipe_does_not(log: Path, rich: bool) -> None:
    """A bar is shown only on a terminal, and only if rich is installed."""
    code = "" if rich else "import sys; sys.modules['rich.console'] = None; "
    code += "from passphrase.__main__ import main; raise SystemExit(main())"
    command = [sys.executable, "-c", code, "batch", "decode", str(log)]
    environment = ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "80"}
    piped = subprocess.run(command, env=environment, capture_output=True, check=True)  # noqa: S603
    assert piped.stderr.decode() == SUMMARY
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0) as terminal:
        done = subprocess.run(  # noqa: S603
            command, env=environment, stdout=subprocess.PIPE, stderr=slave, check=True
        )
        os.close(slave)
        seen = terminal.read(1 << 16).decode()
    assert done.stdout == piped.stdout
    assert ("━" in seen) is rich
    assert SUMMARY.rstrip() in seen


@pytest.mark.slow
def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    """As in ``passphrase batch decode log.csv | head -1``."""
    log = write_rows("csv", tmp_path / "log.csv", [{"text": text} for text in PASTED * 10**4])
    with subprocess.Popen(  # noqa: S603
        [*COMMAND, "batch", "decode", str(log)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_the_indices_of_nested_columns_are_checked() -> None:
    """An index outside its dictionary is refused, however deeply it is nested."""
    sound = pa.array(["a"]).dictionary_encode()
    broken = pa.DictionaryArray.from_arrays(pa.array([7]), pa.array(["a"]), safe=False)
    forms.check_indices(pa.StructArray.from_arrays([sound], ["x"]))
    forms.check_indices(pa.ListArray.from_arrays([0, 1], sound))
    with pytest.raises(pa.ArrowIndexError):
        forms.check_indices(pa.StructArray.from_arrays([broken], ["x"]))
    with pytest.raises(pa.ArrowIndexError):
        forms.check_indices(pa.ListArray.from_arrays([0, 1], broken))
