"""The command: results on stdout, messages on stderr, an exit code for each outcome, no secret."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

import importlib
import io
import json
import os
import pty
import re
import runpy
import select
import shlex
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, cast
from unittest.mock import Mock, call

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import segno
from reference import protect, spell
from shell import COMMAND, ENVIRONMENT, NOON, Outcome, Shell, Terminal, shell_of
from support import AUDIENCE, CODEC, INVITE, KEYRING, OTHER_SECRET, SCRIPTS, SECRET, codeword_of

from passphrase import Codec, Keyring, Origin, cli, share
from passphrase.__main__ import main
from passphrase.cli import keys, mint, read, world
from passphrase.cli.popup import open_
from passphrase.cli.world import locale_option, repair_option
from passphrase.joining.rules import Facts
from passphrase.languages import LOCALES
from passphrase.opening import LEVELS

ENCODE = ["encode", "--group", str(INVITE.group_id), "--inviter", str(INVITE.inviter_id)]
FIXED = [*ENCODE, "--expires", "2026-11-29T12:00:00Z", "--origin", "wechat"]
HERE = Path(__file__).parent
ENCODINGS = ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
LATER = datetime(2087, 1, 1, tzinfo=UTC)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Shell:
    return shell_of(monkeypatch, capsysbinary)


# --- encode and decode --------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
def test_encode_prints_the_passphrase_and_nothing_else(shell: Shell, script: str) -> None:
    assert shell(*FIXED, "--script", script) == (0, CODEC.encode(INVITE, script=script) + "\n", "")


def test_the_choices_are_those_of_the_library() -> None:
    """They are written again, because importing them costs a command its time."""
    for option, choices in ((repair_option, LEVELS), (locale_option, LOCALES)):
        command = click.Command("any", callback=option(lambda: None))
        (parameter,) = getattr(command.callback, "__click_params__")  # noqa: B009
        assert tuple(parameter.type.choices) == choices
    for command, name, more in ((mint.encode, "origin", []), (open_, "source", ["unknown"])):
        (kind,) = (each.type for each in command.params if each.name == name)
        assert sorted(cast("click.Choice[str]", kind).choices) == sorted([*Origin, *more])


def test_json_of_encode_and_decode(shell: Shell) -> None:
    """Both print the same object; ids are strings."""
    encoded = shell(*FIXED, "--json")
    decoded = shell("decode", f"看 {CODEC.encode(INVITE)}", "--json")
    report = json.loads(decoded.out)
    assert report == json.loads(encoded.out) | {"span": [2, 32]}
    assert (encoded.code, decoded.code) == (0, 0)
    assert report == {
        "ok": True,
        "invite": {
            "group_id": "6824193837465920001",
            "inviter_id": "102938475610293847",
            "expires_at": "2026-11-29T12:00:00Z",
            "origin": "wechat",
            "mutual_follow": False,
            "approval": False,
            "single_use": False,
            "generation": 0,
            "variant": 0,
        },
        "text": CODEC.encode(INVITE),
        "script": "emoji",
        "span": [2, 32],
        "repairs": [],
        "key_id": 1,
        "fingerprint": CODEC.decode(CODEC.encode(INVITE)).fingerprint,
        "expired": report["expired"],
    }


def test_every_option_reaches_the_invite(shell: Shell) -> None:
    group = "12345678-1234-5678-1234-567812345678"
    encoded = shell(
        *["encode", "--group", group, "--inviter", "7", "--expires", "30m", "--origin", "in_app"],
        *["--mutual-follow", "--approval", "--single-use", "--generation", "9", "--variant", "255"],
        "--json",
    )
    report = json.loads(encoded.out)
    assert report["expired"] is False
    assert report["invite"] == {
        "group_id": group,
        "inviter_id": "7",
        "expires_at": report["invite"]["expires_at"],
        "origin": "in_app",
        "mutual_follow": True,
        "approval": True,
        "single_use": True,
        "generation": 9,
        "variant": 255,
    }


@pytest.mark.parametrize("expires", ["2026-02-01T00:00Z", "2026-01-01T08:01+08:00"])
def test_a_past_expiry_is_minted_with_a_warning(shell: Shell, expires: str) -> None:
    encoded = shell(*ENCODE, "--expires", expires, "--origin", "qq")
    assert (encoded.code, encoded.err) == (0, "passphrase: this invite has already expired\n")
    assert json.loads(shell("decode", encoded.out, "--json").out)["expired"] is True


@pytest.mark.parametrize("command", ["encode", "share"])
def test_an_expiry_within_this_minute_is_refused(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Expiry is rounded down to the minute, so within this minute it has passed already."""
    for module in ("mint", "share"):
        monkeypatch.setattr(f"passphrase.cli.{module}.clock", lambda: NOON + timedelta(seconds=9))
    arguments = [command, *ENCODE[1:], "--origin", "qq", "--expires"]
    refused = shell(*arguments, "2026-11-22T12:00:59Z")
    assert (refused.code, refused.out) == (2, "")
    assert "--expires is within this minute" in refused.err
    assert shell(*arguments, "2026-11-22T12:01Z").code == 0
    assert shell(*arguments, "1m").code == 0


SINGLE_USE = [*FIXED[1:], "--single-use"]


@pytest.mark.parametrize("command", ["encode", "share"])
def test_a_single_use_invite_is_not_the_one_before(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """It gets a random variant, which is printed with the fingerprint, unless one is given."""
    monkeypatch.setattr("secrets.randbelow", Mock(side_effect=[3, 137]))
    for variant in (3, 137):
        made = shell(command, *SINGLE_USE)
        decoded = CODEC.decode(made.out)
        drawn = decoded.invite.model_copy(update={"variant": variant})
        chosen = CODEC.mint(drawn).invite if command == "share" else drawn
        assert decoded.invite == chosen
        assert (made.code, made.err) == (
            0,
            f"passphrase: single-use invite with random variant {chosen.variant}, fingerprint "
            f"{decoded.fingerprint}; use --variant to choose another\n",
        )
    for arguments in ([*SINGLE_USE, "--variant", "0"], [*FIXED[1:], "--variant", "0"]):
        made = shell(command, *arguments)
        assert (CODEC.decode(made.out).invite.variant, made.err) == (0, "")


def test_every_variant_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Mock(return_value=255)
    monkeypatch.setattr("secrets.randbelow", limits)
    fields: dict[str, Any] = {"single_use": True, "variant": None}
    assert mint.draw_variant(fields) is True
    assert fields["variant"] == 255
    limits.assert_called_once_with(256)


@pytest.mark.parametrize("expires", ["7d", "12h", "30m", "2087-01-01T00:00Z"])
def test_lifetimes(shell: Shell, expires: str) -> None:
    encoded = shell(*ENCODE, "--expires", expires, "--origin", "qq")
    assert (encoded.code, encoded.err) == (0, "")
    assert json.loads(shell("decode", encoded.out, "--json").out)["expired"] is False


def test_decode_for_a_person(shell: Shell) -> None:
    decoded = shell("decode", CODEC.encode(INVITE))
    assert decoded.code == 0
    assert re.search(r"^group_id +6824193837465920001$", decoded.out, re.MULTILINE)
    assert re.search(r"^expired +(yes|no)$", decoded.out, re.MULTILINE)


@pytest.mark.parametrize("text", [[], ["-"]])
@pytest.mark.parametrize("script", SCRIPTS)
def test_decode_reads_standard_input(shell: Shell, text: list[str], script: str) -> None:
    """A message with line breaks and ignorable characters is read from standard input."""
    glyphs = CODEC.encode(INVITE, script=script)
    third = len(glyphs) // 3
    wrapped = f"{glyphs[:third]}\n{glyphs[third:-third]}\u200b\r\n\ufe0f{glyphs[-third:]}"
    message = f"老王: 3 快来!【{wrapped}】复制打开抖音"
    decoded = shell("decode", *text, "--json", stdin=b"\xef\xbb\xbf\xff" + message.encode())
    assert json.loads(decoded.out)["invite"]["group_id"] == str(INVITE.group_id)


def test_decode_all(shell: Shell) -> None:
    """One object on each line, in the order of the text, or one refusal."""
    texts = [CODEC.encode(INVITE.model_copy(update={"variant": v})) for v in range(3)]
    decoded = shell("decode", "，".join(texts), "--all", "--json")
    assert [json.loads(line)["text"] for line in decoded.out.splitlines()] == texts
    assert shell("decode", "nothing", "--all").code == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("你好", "not_found"),
        (CODEC.encode(INVITE)[5:], "damaged"),
        (Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE), "signature"),
        (
            CODEC.encode(INVITE) + CODEC.encode(INVITE.model_copy(update={"variant": 1})),
            "ambiguous",
        ),
        ("x" * 4_097, "too_long"),
    ],
    ids=["not_found", "damaged", "signature", "ambiguous", "too_long"],
)
def test_refusals(shell: Shell, text: str, error: str) -> None:
    """Exit code 1: JSON on stdout, or one line on stderr that does not repeat the text."""
    refused = shell("decode", "--json", stdin=text.encode())
    report = json.loads(refused.out)
    assert (refused.code, refused.err) == (1, "")
    assert report == {"ok": False, "error": error, "message": report["message"]}
    assert shell("decode", stdin=text.encode()) == (1, "", f"passphrase: {report['message']}\n")
    assert text not in report["message"]


@pytest.mark.parametrize("command", [["decode"], ["decode", "--all"], ["explain"]])
def test_an_expired_passphrase_does_not_admit(shell: Shell, command: list[str]) -> None:
    """``passphrase decode "$x" && admit`` must not admit it; it is printed, but exits with 3."""
    expired = CODEC.encode(INVITE.model_copy(update={"expires_at": NOON}))
    told = shell(*command, expired)
    assert (told.code, told.err) == (3, "")
    assert told.out == shell(*command, stdin=expired.encode()).out != ""
    assert shell(*command, CODEC.encode(INVITE)).code == 0


def test_one_expired_passphrase_of_several(shell: Shell) -> None:
    texts = [CODEC.encode(INVITE.model_copy(update={"expires_at": end})) for end in (NOON, LATER)]
    told = shell("decode", "--all", "--json", "，".join(texts))
    assert [json.loads(line)["expired"] for line in told.out.splitlines()] == [True, False]
    assert told.code == 3


# --- find ---------------------------------------------------------------------------------------


def test_an_invite_ends_at_its_expiry() -> None:
    """It is valid while now is before that moment."""
    decoded = CODEC.decode(CODEC.encode(INVITE))
    assert read.success(decoded, INVITE.expires_at)["expired"] is True
    assert read.success(decoded, INVITE.expires_at - timedelta(microseconds=1))["expired"] is False


def test_find_needs_no_key(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSPHRASE_KEYS")
    monkeypatch.delenv("PASSPHRASE_AUDIENCE")
    text = CODEC.encode(INVITE, script="hanzi")
    found = shell("find", f"看，{text}。", "--json")
    assert json.loads(found.out) == {
        "ok": True, "script": "hanzi", "span": [2, 32], "version": 1, "key_id": 1, "text": text
    }  # fmt: skip
    assert re.search(r"^key_id +1$", shell("find", stdin=text.encode()).out, re.MULTILINE)
    assert shell("find", "nothing").code == 1
    assert json.loads(shell("find", "x" * 4_097, "--json").out)["error"] == "too_long"


# --- keys ---------------------------------------------------------------------------------------


def test_keygen_prints_a_key(shell: Shell) -> None:
    """Two calls, two keys; each is a keyring."""
    one, other = shell("keygen"), shell("keygen")
    assert one.code == other.code == 0
    assert Keyring.parse(one.out).ids == (1,)
    assert one.out != other.out


def test_keys_file(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keys file is private, is rotated in place, and is found by flag or environment."""
    path = tmp_path / "keys"
    assert shell("keygen", "--keys-file", str(path)).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = shell(*FIXED, "--keys-file", str(path)).out
    made = shell("keygen", "--keys-file", str(path))
    assert (made.code, made.out) == (0, "")
    assert "key 2 added to" in made.err
    assert "these still verify: 1\n" in made.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*tmp_path.iterdir()] == [path]
    monkeypatch.setenv("PASSPHRASE_KEYS_FILE", str(path))
    second = shell(*FIXED).out
    assert [json.loads(shell("decode", t, "--json").out)["key_id"] for t in (first, second)] == [
        1,
        2,
    ]
    assert "these still verify: 1, 2\n" in shell("keygen", "--keys-file", str(path)).err
    for shown in (made.err, first, second):
        assert not any(entry.split(":")[1] in shown for entry in path.read_text().split())


def test_keygen_on_standby(shell: Shell, tmp_path: Path) -> None:
    """A standby key does not sign until the mark is moved to it; later keys can sign first."""
    path = tmp_path / "keys"
    shell("keygen", "--keys-file", str(path))
    made = shell("keygen", "--keys-file", str(path), "--standby")
    assert (made.code, made.out) == (0, "")
    assert f"key 2 added to {path} on standby; key 1 still signs" in made.err
    ready = Keyring.parse(path.read_text())
    assert (ready.ids, ready.active_id) == ((1, 2), 1)
    path.write_text(path.read_text().replace("!", "").rstrip() + "!\n")
    assert Keyring.parse(path.read_text()).active_id == 2
    assert "these still verify: 1, 2\n" in shell("keygen", "--keys-file", str(path)).err


def test_a_first_key_is_not_on_standby(shell: Shell, tmp_path: Path) -> None:
    """A first key cannot be on standby, because one key must sign."""
    for where in ([], ["--keys-file", str(tmp_path / "none")]):
        refused = shell("keygen", "--standby", *where)
        assert (refused.code, refused.out) == (2, "")
        assert "one of its keys must sign" in refused.err
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_keygen_keeps_the_owner(shell: Shell, tmp_path: Path) -> None:
    """If root adds a key to the file of a service, the service stays its owner."""
    path = tmp_path / "keys"
    shell("keygen", "--keys-file", str(path))
    os.chown(path, 65534, 65533)
    assert shell("keygen", "--keys-file", str(path)).code == 0
    owned = path.stat()
    assert (owned.st_uid, owned.st_gid, stat.S_IMODE(owned.st_mode)) == (65534, 65533, 0o600)


def test_keygen_keeps_a_link(shell: Shell, tmp_path: Path) -> None:
    """The file behind a link is replaced, not the link."""
    path, link = tmp_path / "keys", tmp_path / "link"
    shell("keygen", "--keys-file", str(path))
    link.symlink_to(path)
    shell("keygen", "--keys-file", str(link))
    assert link.is_symlink()
    assert Keyring.parse(path.read_text()).ids == (1, 2)


def test_keygen_stops_at_eight_keys(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    for _ in range(8):
        assert shell("keygen", "--keys-file", str(path)).code == 0
    before = path.read_text()
    assert shell("keygen", "--keys-file", str(path)).code == 78
    assert path.read_text() == before


def test_keygen_waits_for_another_keygen(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two runs at once, the second waits before it reads, and no draft is left."""
    monkeypatch.setattr(keys, "WAIT_SECONDS", 0.05)
    path = tmp_path / "keys"
    shell("keygen", "--keys-file", str(path))
    read_file = keys._read_file
    inner: list[Outcome] = []

    def interrupted(keys_file: Path) -> Keyring:
        monkeypatch.setattr(keys, "_read_file", read_file)
        inner.append(shell("keygen", "--keys-file", str(path)))
        return read_file(keys_file)

    monkeypatch.setattr(keys, "_read_file", interrupted)
    assert shell("keygen", "--keys-file", str(path)).code == 0
    assert inner[0] == (74, "", f"passphrase: {path}.new: another run is writing it\n")
    assert Keyring.parse(path.read_text()).ids == (1, 2)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.slow
def test_no_key_is_lost() -> None:
    """Eight run at once, one is killed before each of its lines. RACE_ROUNDS sets the rounds."""
    tool = [sys.executable, str(HERE.parent / "tools" / "race_keygen.py"), "--kill"]
    rounds = os.environ.get("RACE_ROUNDS", "5")
    done = subprocess.run([*tool, "--rounds", rounds], capture_output=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(b" 0 wrong") == 3


def test_keygen_does_not_remove_the_draft_of_another(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its rename, another run may use the draft's name when Ctrl-C comes."""
    path, fresh = tmp_path / "keys", tmp_path / "keys.new"
    replace = Path.replace

    def interrupted(old: Path, new: Path) -> None:
        replace(old, new)
        fresh.write_text("another run's")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        assert shell("keygen", "--keys-file", str(path)).code == 130
    assert fresh.read_text() == "another run's"
    assert Keyring.parse(path.read_text()).ids == (1,)
    made = shell("keygen", "--keys-file", str(path))
    assert (made.code, "is left from an interrupted run; starting again" in made.err) == (0, True)
    assert Keyring.parse(path.read_text()).ids == (1, 2)
    assert [*tmp_path.iterdir()] == [path]


def test_keygen_where_no_file_can_be_locked(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows, an existing draft belongs to another run, and ours is closed to rename it."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "fcntl", None)
        patch.delitem(sys.modules, "passphrase.cli.drafts")
        without_locks = importlib.import_module("passphrase.cli.drafts")
    monkeypatch.setattr(keys, "draft", without_locks.draft)
    monkeypatch.setattr(keys, "WAIT_SECONDS", 0)
    path = tmp_path / "keys"
    for _ in range(2):
        assert shell("keygen", "--keys-file", str(path)).code == 0
    assert Keyring.parse(path.read_text()).ids == (1, 2)
    (tmp_path / "keys.new").touch()
    refused = shell("keygen", "--keys-file", str(path))
    assert (refused.code, refused.err.count("if there is no such run, delete the file")) == (74, 1)
    assert {each.name for each in tmp_path.iterdir()} == {"keys", "keys.new"}


def test_a_directory_that_cannot_be_synced_is_no_failure(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file itself is already on the disk."""
    fsync = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", fail)
    assert shell("keygen", "--keys-file", str(tmp_path / "keys")).code == 0


def test_keygen_leaves_nothing_behind_when_the_disk_is_full(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No partial file and no draft with a secret is left."""
    path = tmp_path / "keys"
    shell("keygen", "--keys-file", str(path))
    before = path.read_text()

    def fail(_: int) -> None:
        raise OSError(28, "No space left")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        refused = shell("keygen", "--keys-file", str(path))
    assert refused == (74, "", f"passphrase: {path}: No space left\n")
    assert (path.read_text(), [*tmp_path.iterdir()]) == (before, [path])


def test_keygen_names_the_file_that_was_given(shell: Shell, tmp_path: Path) -> None:
    """The message names the given file, not its draft."""
    path = tmp_path / "none" / "keys"
    refused = shell("keygen", "--keys-file", str(path))
    assert refused == (74, "", f"passphrase: {path}: No such file or directory\n")


@pytest.mark.parametrize("name", ["d/", "d", "new/", "new/.", "..", ""])
def test_keygen_makes_no_file_of_the_name_of_a_directory(
    shell: Shell, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    refused = shell("keygen", "--keys-file", name)
    assert (refused.code, "takes the name of a file" in refused.err) == (2, True)
    assert [each.name for each in tmp_path.rglob("*")] == ["d"]


def test_keys_come_from_a_file_or_a_pipe(shell: Shell, tmp_path: Path) -> None:
    """A pipe such as <(command) works, a device does not; without a writer, a pipe does not block.

    A pipe is not replaced by a file.
    """
    entry = KEYRING.reveal().encode()
    reading, writing = os.pipe()
    os.write(writing, entry)
    os.close(writing)
    assert shell(*FIXED, "--keys-file", f"/dev/fd/{reading}").code == 0
    os.close(reading)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    empty = shell(*FIXED, "--keys-file", str(pipe))
    assert (empty.code, "the keyring is empty" in empty.err) == (78, True)
    for device in ("/dev/zero", "/dev/null"):
        refused = shell(*FIXED, "--keys-file", device)
        assert (refused.code, "not a regular file" in refused.err) == (78, True)
    for target in (str(pipe), "/dev/null"):
        refused = shell("keygen", "--keys-file", target)
        assert (refused.code, "not a regular file" in refused.err) == (78, True)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_long_file_is_not_a_keys_file(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long file is refused without reading all of it."""
    path = tmp_path / "keys"
    shell("keygen", "--keys-file", str(path))
    monkeypatch.setattr(keys, "KEYS_BYTES_MAX", path.stat().st_size)
    assert shell(*FIXED, "--keys-file", str(path)).code == 0
    with path.open("a") as file:
        file.write("\n")
    refused = shell(*FIXED, "--keys-file", str(path))
    assert (refused.code, "not a keys file" in refused.err) == (78, True)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_keys_in_any_encoding_with_a_mark(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Keys in UTF-8 or UTF-16 with a byte-order mark are read, as PowerShell writes them."""
    path = tmp_path / "keys"
    path.touch(0o600)
    path.write_bytes(f"\ufeff{KEYRING.reveal()}\r\n".encode(encoding))
    assert shell(*FIXED, "--keys-file", str(path)).out == CODEC.encode(INVITE) + "\n"
    monkeypatch.setenv("PASSPHRASE_KEYS", "\ufeff" + KEYRING.reveal())
    assert shell(*FIXED).code == 0


@pytest.mark.parametrize("quoted", ['"{}"', "'{}'", "“{}”", '"{}', "`{}`"])
def test_quotes_around_keys_are_named(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quoted: str
) -> None:
    """Quotation marks, as `docker --env-file` keeps them, are reported without the key."""
    path = tmp_path / "keys"
    path.touch(0o600)
    path.write_text(quoted.format(KEYRING.reveal()), "utf-8")
    monkeypatch.setenv("PASSPHRASE_KEYS", quoted.format(KEYRING.reveal()))
    for where in ([], ["--keys-file", str(path)]):
        refused = shell(*FIXED, *where)
        assert (refused.code, "has quotation marks; remove them" in refused.err) == (78, True)
        assert KEYRING.reveal()[2:-1] not in refused.err


@pytest.mark.parametrize(
    "audience", [" douyin", "douyin\n", "dou\tyin", "\ufeffdouyin", "dou\u200byin"]
)
def test_an_audience_that_looks_like_another_is_refused(shell: Shell, audience: str) -> None:
    """It would mint passphrases that the similar audience refuses."""
    for command in (FIXED, ["decode", "text"], ["explain", "text"]):
        refused = shell(*command, "--audience", audience)
        assert (refused.code, "audience must not begin or end with white space" in refused.err) == (
            2,
            True,
        )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_keys_file_that_others_can_read_is_refused(
    shell: Shell, tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "keys"
    shell("keygen", "--keys-file", str(path))
    path.chmod(mode)
    for command in (FIXED, ["keygen"], ["decode", "text"]):
        refused = shell(*command, "--keys-file", str(path))
        assert (refused.code, refused.out) == (78, "")
        assert "other users can read or change it" in refused.err


def test_unusable_keys(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """66 for a missing file, 78 for unusable keys, and no message quotes a key."""
    path = tmp_path / "keys"
    assert shell(*FIXED, "--keys-file", str(path)).code == 66
    assert shell(*FIXED, "--keys-file", str(tmp_path)).code == 78
    for content in (b"", b"secret", KEYRING.reveal().encode()[:-3], b"\xff\x00"):
        path.write_bytes(content)
        path.chmod(0o600)
        refused = shell(*FIXED, "--keys-file", str(path))
        assert refused.code == 78
        assert KEYRING.reveal()[2:-4] not in refused.err
    monkeypatch.setenv("PASSPHRASE_KEYS", "1:secret")
    assert (shell(*FIXED).code, "secret" in shell(*FIXED).err) == (78, False)
    monkeypatch.delenv("PASSPHRASE_KEYS")
    assert "keygen" in shell(*FIXED).err
    assert shell(*FIXED).code == 78


# --- usage --------------------------------------------------------------------------------------


def commands(at: click.Command = cli.main, typed: str = "") -> dict[str, click.Command]:
    """Import every command and its subcommands, by what is typed after `passphrase`."""
    found = {typed: at}
    if isinstance(at, click.Group):
        context = click.Context(at)
        for name in at.list_commands(context):
            found |= commands(
                cast("click.Command", at.get_command(context, name)), f"{typed} {name}"
            )
    return found


def test_no_option_takes_a_key() -> None:
    """Shells remember options and `ps` shows them."""
    options = {
        option
        for command in commands().values()
        for parameter in command.params
        for option in parameter.opts
    }
    assert {option for option in options if re.search("key|secret", option)} == {"--keys-file"}


def test_no_command_gets_help(shell: Shell) -> None:
    helped = shell(stdin=Terminal(io.BytesIO()))
    assert (helped.code, helped.out) == (2, "")
    assert helped.err.startswith("Usage: passphrase")


def test_help_says_of_each_command_what_the_command_says(shell: Shell) -> None:
    """The list of commands has the first sentence of each, without importing them."""
    told = shell("--help").out
    for name, (_, _, sentence) in cli.COMMANDS.items():
        command = cli.main.get_command(click.Context(cli.main), name)
        assert command
        assert (command.name, (command.help or "").partition("\n")[0]) == (name, sentence)
        assert re.search(rf"^  {name} +{' '.join(sentence.split()[:3])}", told, re.MULTILINE)


SLOW = ("pydantic", "rich", "pyarrow", "segno", "itsdangerous", "hypothesis")
UNUSED = {f"passphrase.{name}" for name in ("joining", "sharing", "diagnosis", "bulk")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["--help"], {*SLOW, *UNUSED, "passphrase.codec", "passphrase.reading.find"}),
        (["--version"], {*SLOW, *UNUSED, "passphrase.codec", "passphrase.reading.find"}),
        (["find", CODEC.encode(INVITE)], {*SLOW, *UNUSED, "passphrase.codec"}),
        (
            ["decode", CODEC.encode(INVITE)],
            {"rich", "pyarrow", "segno", *UNUSED, "passphrase.languages"},
        ),
        ([*FIXED, "--json"], {"rich", "pyarrow", "segno", *UNUSED, "passphrase.languages"}),
        (
            ["explain", "text"],
            {"rich", "pyarrow", "segno", "passphrase.bulk", "passphrase.joining.prompt"},
        ),
        (["batch", "--help"], {"rich", "pyarrow", "segno", "passphrase.bulk"}),
    ],
    ids=["help", "version", "find", "decode", "encode", "explain", "batch"],
)
def test_a_command_imports_what_it_needs(arguments: list[str], unused: set[str]) -> None:
    """A command imports only what it needs, because imports take most of its time."""
    code = "import sys; from passphrase.__main__ import main; main(); print(*sys.modules)"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments], env=ENVIRONMENT, capture_output=True, check=True
    )
    assert not unused & {*done.stdout.decode().split()}


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["encode", "-h"], ["--version"]])
def test_help_and_version(shell: Shell, arguments: list[str]) -> None:
    helped = shell(*arguments)
    assert (helped.code, helped.err) == (0, "")
    assert "passphrase" in helped.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("passphrase de", ["decode", "demo"]),
        ("passphrase batch e", ["encode"]),
        ("passphrase decode --repair e", ["exact"]),
        ("passphrase share --template", ["--template"]),
    ],
)
def test_completion(typed: str, offered: list[str]) -> None:
    """The line in docs/cli.md makes bash complete commands and options."""
    asked = {
        "_PASSPHRASE_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    done = subprocess.run(COMMAND, env=ENVIRONMENT | asked, capture_output=True, check=True)  # noqa: S603
    assert done.stdout.decode().split() == [f"plain,{each}" for each in offered]


@pytest.mark.parametrize(
    ("kind", "part"), [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete --no-")]
)
def test_completion_of_each_shell(kind: str, part: str) -> None:
    environment = ENVIRONMENT | {"_PASSPHRASE_COMPLETE": f"{kind}_source"}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, check=True)  # noqa: S603
    assert part in done.stdout.decode()
    page = (HERE.parent / "docs" / "cli.md").read_text("utf-8")
    assert f"_PASSPHRASE_COMPLETE={kind}_source passphrase" in page


# --- demo and the rest of the world -------------------------------------------------------------


def test_demo_tells_the_story_on_one_screen(shell: Shell) -> None:
    """It shows an invite up to its popup, and three refusals."""
    told = shell("demo")
    assert (told.code, told.err) == (0, "")
    assert len(told.out.splitlines()) <= 30
    story = [
        "in three spellings",
        "3 p:/ 复制这条消息，打开抖音，加入「火锅小分队」【",
        "老王: 3 p:/",
        "is found, repaired, verified",
        "加入「火锅小分队」？",
        "[ 加入群聊 ]",
        "signature: the signature",
        "expired: 口令已过期",
        "not_mutual: 互相关注后才能加入",
    ]
    assert re.search(".*?".join(map(re.escape, story)), told.out, re.DOTALL)
    assert told.out.count("group 6824193837465920001") == 2


def test_the_demo_word_by_word(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """With known keys and a known time, the output is always the same."""
    module = sys.modules["passphrase.cli.demo"]
    monkeypatch.setattr(module, "make_secret", Mock(side_effect=[SECRET, OTHER_SECRET]))
    monkeypatch.setattr(module, "clock", lambda: NOON)
    monkeypatch.setenv("COLUMNS", "80")
    assert shell("demo").out == (HERE / "demo.txt").read_text(encoding="utf-8")


def test_the_page_of_the_commands_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/cli.md is up to date, so every change of a help text shows in a diff."""
    monkeypatch.setattr(sys, "path", [str(HERE.parent / "tools"), *sys.path])
    monkeypatch.setattr(sys, "argv", ["make_cli.py", "--check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(HERE.parent / "tools" / "make_cli.py"), run_name="__main__")
    assert not ended.value.code


# --- what is typed and what is told -------------------------------------------------------------

B32 = CODEC.encode(INVITE, script="base32")
TYPED = {
    "message.txt": f"3 p:/ 复制打开抖音【{B32[:20]}\n{B32[20:]}】",
    "expired.txt": CODEC.encode(INVITE.model_copy(update={"expires_at": NOON})),
    "log.csv": f"id,text\n1,{B32}\n2,hello\n3\n",
    "log.jsonl": f'{{"id": 1, "text": "{B32}"}}\n{{"text": null}}\n[]\n',
    "log.csv.partial": "",
    "good.csv": "group_id,inviter_id,expires_at,origin,script\n"
    "1,2,2026-12-01T20:00+08:00,qq,base32\n",
    "twice.csv": "text,text\n",
    "chatter.csv": "text\nhello\n",
    "hurt.csv": f"text\n{B32[:-1]}\n",
    "open.csv": '"text\n',
    "campaign.csv": "group_id,inviter_id,expires_at,origin,script\n"
    "1,2,2026-12-01T20:00+08:00,qq,base32\n1,2,soon,qq,\n",
    "campaign.jsonl": '{"group_id": 1, "inviter_id": "2", "expires_at": "2026-12-01T20:00+08:00",'
    ' "origin": "qq", "approval": true, "single_use": false, "variant": null}\n',
    "friends.csv": "group_id,inviter_id,expires_at,origin,script,single_use,variant,group_name\n"
    "1,2,2026-12-01T20:00+08:00,qq,base32,true,,火锅小分队\n"
    "1,2,2026-12-01T12:00Z,qq,base32,1,,\n1,2,2026-12-01T12:00Z,qq,base32,1,0,\n"
    "1,2,2026-11-22T12:00Z,qq,base32,1,,\n",
    "template.txt": "1 A:/ {app}: {group}【{passphrase}】\n",
    "cut.parquet": "PAR1",
    "taken.new": "1:",
    "quoted": f'"{KEYRING.reveal()}"',
}
CONSOLE = (HERE / "console.txt").read_text("utf-8")


@pytest.mark.parametrize("session", re.findall("^==.*\n(?:(?!==).*\n)*", CONSOLE, re.MULTILINE))
def test_the_console(
    shell: Shell, session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exact output, at a known time; "!" marks stderr, and brackets hold the exit code.

    After a change of words, `pytest -vv -k console` shows what console.txt should say.
    """
    monkeypatch.chdir(tmp_path)
    for name, text in TYPED.items():
        Path(name).write_text(text, "utf-8")
    Path("empty").touch(0o600)
    Path("quoted").chmod(0o600)
    pq.write_table(
        pa.table({"text": [B32, "hello"], "n": [1, 2], "passphrase_malformed": [0, 0]}),
        "log.parquet",
    )
    whole = Path("log.parquet").read_bytes()
    Path("damaged.parquet").write_bytes(whole[:4] + bytes(300) + whole[304:])
    monkeypatch.setattr("secrets.randbelow", Mock(return_value=255))
    monkeypatch.setenv("COLUMNS", "80")
    answered = session.partition("\n")[0] + "\n"
    for line in re.findall("^\\$ .*", session, re.MULTILINE):
        typed, _, file = line.partition(" < ")
        settings, _, arguments = typed.removeprefix("$ ").partition("passphrase ")
        with monkeypatch.context() as patch:
            for setting in shlex.split(settings):
                patch.setenv(*setting.split("=", 1))
            told = shell(*shlex.split(arguments), stdin=Path(file).read_bytes() if file else b"")
        answered += f"{line}\n{told.out}"
        answered += "".join(f"! {each}\n" for each in told.err.splitlines())
        answered += f"[{told.code}]\n" if told.code else ""
    assert answered.replace(str(tmp_path), "...").splitlines() == session.splitlines()


CLICK_REFUSES = """
encode --group 1  # --inviter
encode --group 1 --inviter 2  # --expires
encode --group 1 --inviter 2 --expires 7d  # --origin
encode --group 1 --inviter 2 --expires 7d --origin weibo  # --origin
encode --group 1 --inviter 2 --expires 7d --origin qq --script klingon  # --script
encode --group 1 --inviter 2 --expires 7d --origin qq --generation 256  # --generation
encode --group 1 --inviter 2 --expires 7d --origin qq --generation -1  # --generation
encode --group 1 --inviter 2 --expires 7d --origin qq --variant 256  # --variant
encode --group 1 --inviter 2 --expires 7d --origin qq --variant -1  # --variant
share --group 1 --inviter 2 --expires 7d --origin qq --qr .  # --qr
share --group 1 --inviter 2 --expires 7d --origin qq --locale fr  # --locale
open text  # --viewer
open --viewer 1 text  # --source
open --viewer 1 --source weibo text  # --source
open --viewer 1 --source qq --member maybe text  # --member
open --viewer 1 --source qq --generation -1 text  # --generation
decode text  # --audience
decode a b  # b
decode --colour a  # --colour
decode --repair some a  # --repair
frobnicate  # frobnicate
batch decode --format xls log.csv  # --format
batch decode log.csv --processes 0  # --processes
""".strip().splitlines()


@pytest.mark.parametrize("line", CLICK_REFUSES)
def test_what_click_refuses(shell: Shell, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, which names what is wrong and the help to read; the words are click's."""
    typed, named = line.split("  # ")
    if named == "--audience":
        monkeypatch.delenv("PASSPHRASE_AUDIENCE")
    told = shell(*shlex.split(typed))
    page = " ".join(["passphrase", *re.findall("^(?:batch )?(?:decode|encode|open|share)", typed)])
    assert (told.code, told.out) == (2, "")
    said = rf"passphrase: .*{named}\b.* \(see `{page} --help`\)\n"
    assert re.fullmatch(said, told.err)


@pytest.mark.parametrize("typed", [*commands()])
def test_a_bad_command_line_of_every_command(shell: Shell, typed: str) -> None:
    """An unknown option gives one line, which names the help to read, and exit code 2."""
    told = shell(*typed.split(), "--frobnicate")
    assert (told.code, told.out) == (2, "")
    said = rf"passphrase: .*--frobnicate.* \(see `passphrase{typed} --help`\)\n"
    assert re.fullmatch(said, told.err)


def test_demo_would_notice_a_popup_that_offers_too_much(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    friends = Facts(generation=0, member=False, banned=False, inviter_is_member=True,
                    group_full=False, mutual_follow=True)  # fmt: skip
    monkeypatch.setattr(sys.modules["passphrase.cli.demo"], "Facts", Mock(return_value=friends))
    told = shell("demo")
    assert (told.code, told.err) == (70, "passphrase: the popup offers too much\n")


def test_demo_would_notice_a_forgery(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passphrase.cli.keys.secrets.token_bytes", bytes)
    told = shell("demo")
    assert (told.code, told.err) == (70, "passphrase: the forgery was accepted\n")


def test_a_terminal_sees_what_is_a_heading(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headings are bold on a terminal; a pipe gets no escape sequences."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    bold = "\x1b[1m{}\x1b[0m".format
    assert "\x1b" not in shell("demo").out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    told = shell("demo").out
    for heading in (
        *("An invite", "and opens this popup", "加入「火锅小分队」？", "[ 加入群聊 ]"),
        "A stranger's forgery",
    ):
        assert bold(heading) in told


def test_streams_of_another_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output is UTF-8, with an escape for an unpaired surrogate."""
    written = io.BytesIO(), io.BytesIO()
    for name, stream in zip(("stdout", "stderr"), written, strict=True):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, "gbk"))
    no_keys = ["decode", "--audience", "a", "--keys-file", "口令\udcff", "text"]
    for arguments in (["demo"], no_keys):
        monkeypatch.setattr(sys, "argv", ["passphrase", *arguments])
        main()
    told = [stream.getvalue().decode() for stream in written]
    assert "加入「火锅小分队」？" in told[0]
    assert "口令\\udcff: no such file" in told[1]


def test_arguments_of_another_encoding(shell: Shell) -> None:
    """In other locales, Python keeps UTF-8 bytes as surrogates; every text option is decoded."""
    names = ["--group-name", "火锅", "--app-name", "抖音", "--audience", "群"]
    hidden = [name.encode().decode("ascii", "surrogateescape") for name in names]
    shared = shell("share", *FIXED[1:], *hidden)
    assert shared == shell("share", *FIXED[1:], *names)
    popup = [*OPEN, *FACTS[:-4], "--inviter-name", "老王", *names[:2], *names[4:], shared.out]
    hidden = [part.encode().decode("ascii", "surrogateescape") for part in popup]
    assert shell(*hidden) == shell(*popup)
    assert "「老王」邀请你加入。" in shell(*hidden).out
    assert shell("find", "x\udcff").code == 1


def test_standard_input_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is more than a codec reads."""
    stdin = Mock(**{"isatty.return_value": False, "buffer.read.return_value": b"x"})
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(sys, "argv", ["passphrase", "find"])
    assert main() == 1
    stdin.buffer.read.assert_called_once_with((1 << 19) + 1)


def test_more_than_the_limit_is_told_in_bytes(shell: Shell) -> None:
    """Too long input is reported in bytes, because the unread characters were not counted."""
    told = "standard input has more than 524288 bytes; copy only the message"
    long = "好".encode() * (1 << 18)
    assert shell("decode", stdin=long) == (1, "", f"passphrase: {told}\n")
    assert json.loads(shell("decode", "--json", stdin=long).out)["message"] == told
    assert json.loads(shell("explain", "--json", stdin=long).out)["finding"] == "too_long"
    assert "524288 characters" in shell("decode", stdin=b"x" * (1 << 19)).err


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_standard_input_in_any_encoding_with_a_mark(shell: Shell, encoding: str) -> None:
    """UTF-16 with a byte-order mark is read, as `>` writes it in PowerShell."""
    read = shell("decode", "--json", stdin=f"\ufeff{MESSAGE}\r\n".encode(encoding))
    assert (read.code, read.err) == (0, "")
    assert read.out == shell("decode", "--json", stdin=MESSAGE.encode()).out


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le"])
def test_standard_input_of_another_encoding_is_told(shell: Shell, encoding: str) -> None:
    """A warning says that the input is not UTF-8; otherwise nothing would explain the refusal."""
    refused = shell("decode", stdin=MESSAGE.encode(encoding))
    assert (refused.code, refused.err.count("\n")) == (1, 2)
    assert "standard input is not UTF-8; convert it first" in refused.err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "\n"),
        (click.Abort(), 130, ""),
        (OSError(28, "No space left", "a secret"), 74, "passphrase: No space left\n"),
        (OSError("a secret"), 74, "passphrase: an input or output error\n"),
        (BrokenPipeError(), 141, ""),
        (MemoryError("a secret"), 71, "passphrase: there is not enough memory for this input\n"),
        (
            ZeroDivisionError("a secret"),
            70,
            "passphrase: internal error (ZeroDivisionError); please report it\n",
        ),
    ],
    ids=["interrupt", "abort", "disk", "stream", "pipe", "memory", "bug"],
)
def test_no_traceback_ever(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, words: str
) -> None:
    """Any exception becomes at most one line, without the text of the exception."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(read, "scan", fail)
    assert shell("find", "text") == (code, "", words)


def test_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m passphrase`` is the same command."""
    monkeypatch.setattr(sys, "argv", ["passphrase", "--version"])
    monkeypatch.delitem(sys.modules, "passphrase.__main__")
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("passphrase", run_name="__main__")
    assert caught.value.code == 0


def test_a_missing_extra_is_explained(monkeypatch: pytest.MonkeyPatch, shell: Shell) -> None:
    monkeypatch.delitem(sys.modules, "passphrase.cli")
    monkeypatch.setitem(sys.modules, "click", None)
    told = "passphrase: the command line needs an extra: pip install 'invite-passphrase[cli]'\n"
    assert shell("demo") == (78, "", told)


def test_another_missing_module_is_not_explained_away(
    monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    monkeypatch.delitem(sys.modules, "passphrase.cli")
    monkeypatch.setitem(sys.modules, "passphrase.cli.world", None)
    with pytest.raises(ModuleNotFoundError):
        shell("demo")


FULL = Path("/dev/full")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "gbk", "latin-1", "utf-16"])
def test_utf8_whatever_the_locale(encoding: str) -> None:
    """In a separate process, with pipes, in a locale that cannot express the text."""
    environment = ENVIRONMENT | {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONUTF8": "0"}
    invite = INVITE.model_copy(update={"expires_at": LATER})
    later = ["--expires", "2087-01-01T00:00Z"]
    command = [*COMMAND, *FIXED, *later]
    encoded = subprocess.run(command, env=environment, capture_output=True, check=True)  # noqa: S603
    text = CODEC.encode(invite)
    assert encoded.stdout == (text + os.linesep).encode()
    decoded = subprocess.run(  # noqa: S603
        [*COMMAND, "decode", "--json"],
        env=environment,
        input=encoded.stdout,
        capture_output=True,
        check=True,
    )
    assert json.loads(decoded.stdout.decode())["text"] == text
    command = [*COMMAND, "batch", "decode", "--format", "csv"]
    table = f"text\n你好\n{MESSAGE}\n".encode()
    rows = subprocess.run(command, env=environment, input=table, capture_output=True, check=True)  # noqa: S603
    assert rows.stdout.decode().splitlines()[1].startswith("你好,")
    assert b"1 opened" in rows.stderr
    command = [*COMMAND, *SHARE, *later]
    shared = subprocess.run(command, env=environment, capture_output=True, check=True)  # noqa: S603
    wording = CODEC.mint(invite).text
    assert shared.stdout.decode() == MESSAGE.replace(TEXT, wording) + os.linesep


@pytest.mark.slow
@pytest.mark.parametrize("command", ["demo", "open"])
def test_a_closed_pipe_is_no_traceback(command: str) -> None:
    """As in `passphrase demo | head -1`."""
    arguments = [*OPEN, *FACTS, MESSAGE] if command == "open" else [command]
    with subprocess.Popen(  # noqa: S603
        [*COMMAND, *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_output_that_cannot_be_written_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The buffer is dropped, so that Python does not fail again at exit."""
    with TemporaryFile() as kept, monkeypatch.context() as patch:
        fail = Mock(side_effect=OSError)
        patch.setattr(sys, "argv", ["passphrase", "find", "text"])
        patch.setattr(sys, "stdout", Mock(flush=fail, fileno=kept.fileno))
        patch.setattr(read, "scan", fail)
        assert main() == 74
        assert os.fstat(kept.fileno()).st_rdev == Path(os.devnull).stat().st_rdev


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line(unbuffered: str) -> None:
    """A full disk is one line on stderr, whether or not Python buffers the output."""
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with FULL.open("wb") as full:
        done = subprocess.run(  # noqa: S603
            [*COMMAND, "keygen"], env=environment, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (74, b"passphrase: No space left on device\n")


@pytest.mark.parametrize(
    ("closed", "code", "told"),
    [("stdin", 66, "standard input is closed"), ("stdout", 74, "standard output is closed")],
)
def test_a_closed_stream_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    closed: str,
    code: int,
    told: str,
) -> None:
    """Python has no object for a closed stream, as in ``passphrase find <&-``; it gets one line."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["passphrase", "find" if closed == "stdin" else "demo"])
        patch.setattr(sys, closed, None)
        assert main() == code
    assert capsys.readouterr().err == f"passphrase: {told}\n"


def test_the_number_of_a_closed_stream_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """No opened file gets the number of a closed stream; messages to a closed stderr are lost."""
    taken = Mock(side_effect=range(3))
    inherited = Mock()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", Mock(side_effect=OSError))
        patch.setattr(os, "open", taken)
        patch.setattr(os, "set_inheritable", inherited)
        patch.setattr(sys, "stderr", None)
        world.settle_streams()
        assert world.say("nothing", 7) == 7
        assert cast("io.TextIOWrapper", sys.stderr).name == os.devnull
        cast("io.TextIOWrapper", sys.stderr).close()
    assert taken.call_args_list == [call(os.devnull, os.O_RDWR)] * 3
    assert inherited.call_args_list == [call(number, True) for number in range(3)]


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_is_printed_is_printed_or_exit_74(tmp_path: Path, closed: str) -> None:
    """Each command prints everything or exits with 74, and no file gets printed lines."""
    log, out, path = (str(tmp_path / name) for name in ("log.csv", "out.csv", "keys"))
    Path(log).write_text(f"text\n{MESSAGE}\n", "utf-8")
    silent = [["keygen", "--keys-file", path], ["batch", "decode", log, "-o", out]]
    commands = [["keygen"], FIXED, ["batch", "decode", log]]
    if closed == ">&-":
        commands += [SHARE, ["decode", MESSAGE], [*OPEN, *FACTS, MESSAGE], ["find", MESSAGE]]
        commands += [["explain", MESSAGE], ["demo"], ["--help"]]
    for arguments in (*silent, *commands):
        prints = arguments not in silent
        done = subprocess.run(  # noqa: S603
            ["sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, *arguments],  # noqa: S607
            env=ENVIRONMENT,
            capture_output=True,
            check=False,
        )
        cannot = prints and ">&-" in closed.replace("2>&-", "")
        assert done.returncode == (74 if cannot else 0), arguments
        if cannot:
            assert done.stderr.decode() in {"", "passphrase: standard output is closed\n"}
        assert bool(done.stdout) is (prints and not cannot)
    assert re.fullmatch("1:[A-Za-z0-9_-]{43}!?\n", Path(path).read_text())


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["batch", "decode", "--format", "csv"], ["demo"], ["keygen"]]
)
@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is full")
def test_a_full_disk_is_one_line_for_each(arguments: list[str]) -> None:
    """A full disk is noticed also when the buffer is flushed at the end."""
    with FULL.open("wb") as full:
        done = subprocess.run(  # noqa: S603
            [*COMMAND, *arguments],
            env=ENVIRONMENT,
            input=b"text\nhello\n",
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 74
    assert done.stderr.splitlines()[-1] == b"passphrase: No space left on device"


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_ctrl_c_while_modules_load(seconds: float) -> None:
    """At most one line and exit code 130, from the first line of our code on."""
    lines = [
        "import signal, sys",
        "signal.signal(signal.SIGINT, signal.default_int_handler)",  # a job of a shell ignores it
        "from passphrase.__main__ import main",
        "print(flush=True)",
        "sys.exit(main())",
    ]
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", "\n".join(lines), "find"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        time.sleep(seconds + 0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr.read().strip() == b""


def test_ctrl_c_that_is_ignored_stays_ignored(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ignored Ctrl-C, as under nohup, stays ignored, and an application's handler stays."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        shell("find", "text")
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    ended = Mock()
    monkeypatch.setattr(os, "_exit", ended)
    sys.modules["passphrase.__main__"]._leave(signal.SIGINT, None)
    ended.assert_called_once_with(130)


def test_no_escape_reaches_the_terminal(shell: Shell, tmp_path: Path) -> None:
    """Names of files, options and arguments are escaped in messages."""
    escape = "\x1b]0;PWN\x07\u202e\x9b31m"
    path = tmp_path / f"a{escape}"
    path.write_text("")
    for arguments in (
        ["decode", str(path)],
        ["decode", "--keys-file", str(path) + "none", "x"],
        ["keygen", "--keys-file", str(path) + "none"],
        ["keygen", "--keys-file", str(path / "x")],
        ["encode", f"--{escape}"],
        [escape],
        ["decode", "x", escape],
        [*ENCODE, "--expires", "7d", "--origin", escape],
        ["batch", "decode", str(path) + ".csv"],
    ):
        told = shell(*arguments)
        assert "PWN" in told.err
        assert told.err.replace("\n", "").isprintable()


def typed_at_a_terminal(arguments: list[str], typed: str) -> Outcome:
    """Run the command in a separate process, with a terminal as its standard input."""
    master, slave = pty.openpty()
    with subprocess.Popen(  # noqa: S603
        [*COMMAND, *arguments],
        stdin=slave,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        asked = process.stderr.readline()
        os.write(master, typed.encode())
        out, err = (stream.read().decode() for stream in (process.stdout, process.stderr))
        code = process.wait(60)
    left = os.read(slave, 99) if select.select([slave], [], [], 0)[0] else b""
    os.close(master)
    os.close(slave)
    assert left == b""  # the shell would run it
    return Outcome(code, out, asked.decode() + err)


ASKED = "passphrase: paste the message, then press Enter on an empty line, or Ctrl-D\n"
LASTING = CODEC.encode(INVITE.model_copy(update={"expires_at": LATER}))
TYPING = {
    "empty line": f"{LASTING}\n\n",
    "Ctrl-D": f"{LASTING}\n\x04",
    "Ctrl-D in a line": f"{LASTING}\x04\x04",
    "paste with an empty line": f"「老王: 在吗」\n\n{LASTING[:9]}\n{LASTING[9:]}\n\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("typed", TYPING.values(), ids=TYPING)
def test_a_terminal_is_asked_for_the_paste(typed: str) -> None:
    """It asks on stderr for the paste; an empty line within the paste does not end it."""
    decoded = typed_at_a_terminal(["decode", "--json"], typed)
    assert (decoded.code, decoded.err) == (0, ASKED)
    assert json.loads(decoded.out)["text"] == LASTING


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [["find"], ["explain"], ["open", "--viewer", "42", "--source", "qq"], ["find", "-"]],
)
def test_every_reader_asks_for_the_paste(arguments: list[str]) -> None:
    refused = typed_at_a_terminal(arguments, "\n")
    assert (refused.code, refused.err.startswith(ASKED)) == (1, True)


def test_a_terminal_that_cannot_be_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows, the first empty line ends the paste."""
    text = CODEC.encode(INVITE)
    for typed, code in ((f"{text}\n \nx", 0), (text, 0), (f"\n{text}\n", 1), ("", 1)):
        monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO(typed.encode())))
        monkeypatch.setattr(sys, "argv", ["passphrase", "find"])
        assert main() == code


def test_the_lines_of_a_paste_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty line ends the paste only if no more input is ready."""
    master, slave = pty.openpty()
    os.write(master, b"one\n\ntwo\n\n")
    with os.fdopen(slave, "r") as terminal, os.fdopen(master, "wb"):
        monkeypatch.setattr(sys, "stdin", terminal)
        assert world.read_message(None) == "one\n\ntwo\n"


# --- explain ------------------------------------------------------------------------------------


def test_explain_needs_no_key(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the damage and the sentence for the person, and repeats nothing of the text."""
    monkeypatch.delenv("PASSPHRASE_KEYS")
    monkeypatch.delenv("PASSPHRASE_AUDIENCE")
    text = CODEC.encode(INVITE)
    explained = shell("explain", "--json", stdin=text[:26].encode())
    report = json.loads(explained.out)
    assert (explained.code, report["finding"], report["surplus"]) == (1, "damaged", -4)
    assert {*report["sentences"]} == {"zh-Hans", "zh-Hant", "en"}
    assert not {*text} & {*explained.out}
    table = shell("explain", text).out
    assert re.search(r"^finding +unverified$", table, re.MULTILINE)
    assert not re.search(r"(None|\(\)| 0|^\w+ *)$", table, re.MULTILINE)  # no line says nothing


def test_explain_tells_of_version_0(shell: Shell) -> None:
    """Version 0 is shown, although other zeros are left out."""
    first, *rest = codeword_of(INVITE)
    text = spell(protect((first & 0x7F, *rest[:26])))
    assert re.search(r"^version +0$", shell("explain", text).out, re.MULTILINE)


def test_explain_does_without_keys_that_are_not_there(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audience in the environment needs no keys; one on the command line does."""
    monkeypatch.delenv("PASSPHRASE_KEYS")
    text = CODEC.encode(INVITE)
    assert re.search(r"^finding +unverified$", shell("explain", text).out, re.MULTILINE)
    refused = shell("explain", "--audience", AUDIENCE, text)
    assert (refused.code, refused.out) == (78, "")


def test_a_file_is_not_the_message(shell: Shell, tmp_path: Path) -> None:
    """TEXT is read as the message, even if a file has that name, with a hint on stderr."""
    (tmp_path / "message").write_text("")
    refused = shell("decode", str(tmp_path / "message"))
    assert refused.code == 1
    assert f"to read the file: passphrase decode < {tmp_path / 'message'}" in refused.err
    assert "no passphrase in this text" in refused.err


@pytest.mark.parametrize("command", [["decode"], ["find"], ["open", "--viewer=4", "--source=qq"]])
def test_why_there_is_no_passphrase(shell: Shell, command: list[str]) -> None:
    """An empty input and the first part of a passphrase are named; other texts have none."""
    text = CODEC.encode(INVITE)
    part = f"only part of a passphrase: 20 of {len(text)} symbols; copy the whole message"
    nothing = "no passphrase in this text; copy the whole message that carries it"
    for typed, said in {"": "the input is empty", text[:20]: part, text[:6]: nothing}.items():
        refused = shell(*command, typed)
        assert (refused.code, refused.err) == (1, f"passphrase: {said}\n")


def test_explain_with_keys(shell: Shell) -> None:
    text = CODEC.encode(INVITE)
    explained = shell("explain", "--json", text[:9] + text[10:])
    report = json.loads(explained.out)
    assert (explained.code, report["repairs"]) == (0, ["lost"])
    assert report["finding"] in {"valid", "expired"}
    assert report["expires_at"] == "2026-11-29T12:00:00Z"


def test_explain_does_not_ignore_keys(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSPHRASE_AUDIENCE")
    refused = shell("explain", "--keys-file", "keys", "text")
    assert (refused.code, "--keys-file needs --audience" in refused.err) == (2, True)


def test_decode_repairs(shell: Shell) -> None:
    """The JSON lists the repairs, and --repair sets the level."""
    text = CODEC.encode(INVITE)
    damaged = text[:9] + text[10:]
    assert json.loads(shell("decode", "--json", damaged).out)["repairs"] == [
        {"kind": "lost", "position": 9, "span": [9, 9], "read": "", "meant": text[9]}
    ]
    assert re.search(r"^repairs +1$", shell("decode", damaged).out, re.MULTILINE)
    assert shell("decode", "--repair", "exact", damaged).code == 1
    assert shell("decode", "--repair", "thorough", damaged[:20] + damaged[21:]).code == 0


# --- share and open -----------------------------------------------------------------------------

SHARE = ["share", *FIXED[1:], "--group-name", "火锅小分队", "--app-name", "抖音"]
TEXT = CODEC.mint(INVITE).text
MESSAGE = share(TEXT, group_name="火锅小分队", app_name="抖音")
OPEN = ["open", "--viewer", "42", "--source", "wechat", "--at", "2026-11-26T12:00Z"]
FACTS = [
    *["--generation", "0", "--member", "no", "--banned", "no", "--inviter-is-member", "yes"],
    *["--group-full", "no", "--group-name", "火锅小分队", "--inviter-name", "老王"],
]


def test_share_prints_the_message_and_nothing_else(shell: Shell) -> None:
    assert shell(*SHARE) == (0, MESSAGE + "\n", "")
    report = json.loads(shell(*SHARE, "--json", "--script", "hanzi", "--locale", "en").out)
    text = CODEC.encode(INVITE, script="hanzi")
    assert report == {
        "ok": True,
        "message": share(text, locale="en", group_name="火锅小分队",
                         app_name="抖音"),
        "text": text,
        "open_url": "weixin://",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_share_takes_a_template(shell: Shell, tmp_path: Path, end: str) -> None:
    """A template is an argument or a file, and problems of its message are printed."""
    template = "1 a:/ {app} {group} {{x}}【{passphrase}】"
    path = tmp_path / "template.txt"
    path.write_bytes(f"\ufeff{template}{end}".encode())
    for given in (template, str(path)):
        shared = shell(*SHARE, "--template", given)
        assert shared == (0, f"1 a:/ 抖音 「火锅小分队」 {{x}}【{TEXT}】\n", "")
    shared = shell(*SHARE, "--template", "来/吃火锅 a:/ 【{passphrase}】")
    assert (shared.code, shared.out) == (0, f"来/吃火锅 a:/ 【{TEXT}】\n")
    assert [line.partition(" ")[2] for line in shared.err.splitlines()] == [
        "--template: the message does not begin with a digit, so an iOS app cannot detect it "
        "without reading the clipboard",
        "--template: chat apps turn this into a face",
    ]


def test_share_refuses_a_template(shell: Shell, tmp_path: Path) -> None:
    """Without the passphrase, with another placeholder, or in a file that cannot be read."""
    latin = tmp_path / "latin"
    latin.write_bytes("é{passphrase}".encode("latin-1"))
    bad = ["{group}", "{{passphrase}}", "{passphrase}{x}", "{passphrase!r}", "{passphrase"]
    for template in (*bad, str(latin)):
        refused = shell(*SHARE, "--template", template)
        assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    for path in (tmp_path / "none", tmp_path):
        assert shell(*SHARE, "--template", str(path)).code == 66


def test_share_adds_a_link(shell: Shell) -> None:
    """The address of a landing page comes last; one that is not plain is refused."""
    assert shell(*SHARE, "--url", "https://go.example.com/i") == (
        0,
        f"{MESSAGE} https://go.example.com/i\n",
        "",
    )
    spells = "https://go.example.com/" + CODEC.encode(INVITE, script="base32")
    for url, words in (
        ("http://go.example.com/i", "--url must be a plain https address"),
        (spells, "--url cannot be added: "),
    ):
        refused = shell(*SHARE, "--url", url)
        assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
        assert words in refused.err


@pytest.mark.parametrize("name", ["code.png", "code.SVG"])
def test_share_draws_a_qr_code(shell: Shell, tmp_path: Path, name: str) -> None:
    """The QR code holds the message in UTF-8."""
    path = tmp_path / name
    assert shell(*SHARE, "--qr", str(path)).code == 0
    expected = io.BytesIO()
    segno.make_qr(MESSAGE, encoding="utf-8").save(expected, kind=path.suffix[1:], scale=6)
    assert path.read_bytes() == expected.getvalue()


def test_share_refuses(shell: Shell, tmp_path: Path) -> None:
    past = ["--expires", "2026-02-01T00:00Z"]
    for arguments in (["--qr", "code.gif"], ["--origin", "in_app"], ["--locale", "fr"], past):
        refused = shell(*SHARE, *arguments)
        assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert shell(*SHARE, "--qr", str(tmp_path / "none" / "code.png")).code == 74


def test_open_shows_the_popup(shell: Shell) -> None:
    """The popup is drawn, or printed as JSON; exit code 0 if the viewer can join or ask."""
    opened = shell(*OPEN, *FACTS, stdin=MESSAGE.encode())
    assert (opened.code, opened.err) == (0, "")
    for part in ("加入「火锅小分队」？", "「老王」邀请你加入。有效期还剩 3 天。", "[ 加入群聊 ]"):
        assert part in opened.out
    report = json.loads(shell(*OPEN, *FACTS, "--json", MESSAGE).out)
    assert (report["ok"], report["action"], report["seconds_left"]) == (True, "join", 259200)
    assert "rules" not in report


def test_open_says_why(shell: Shell) -> None:
    opened = shell(*OPEN, *FACTS, "--banned", "yes", "--why", MESSAGE)
    assert opened.code == 1
    rules = [line for line in opened.out.splitlines() if line.startswith("rule")]
    assert rules[0] == "rule  1  no   the invite has expired"
    assert rules[-1] == "rule  7  yes  the viewer is banned"
    report = json.loads(shell(*OPEN, "--source", "qq", *FACTS, "--why", "--json", MESSAGE).out)
    assert report["rules"][-1]["rule"] == 5
    assert [row["holds"] for row in report["rules"]] == ["no"] * 6 + ["yes"]
    assert report["needed"] == []


def test_open_names_the_facts_that_it_needs(shell: Shell) -> None:
    opened = shell(*OPEN, "--generation", "0", "--why", MESSAGE)
    assert opened.code == 1
    assert "暂时无法确认" in opened.out
    assert opened.err == (
        "passphrase: needs --member, --banned, --inviter-is-member, --group-full\n"
    )
    assert "rule  6  ?    the viewer is already a member" in opened.out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--at", "2026-11-29T12:00Z"], "expired"),
        (["--generation", "1"], "revoked"),
        (["--deny-list", "--revoked", "yes"], "revoked"),
        (["--source", "qq"], "origin_mismatch"),
        (["--source", "unknown", "--require-source"], "origin_mismatch"),
        (["--viewer", str(INVITE.inviter_id)], "self_invite"),
        (["--viewer", "nobody"], "not_signed_in"),
        (["--member", "yes"], "already_member"),
        (["--banned", "yes"], "banned"),
        (["--inviter-is-member", "no"], "inviter_left"),
        (["--group-full", "yes"], "group_full"),
        (["--require-mutual-follow", "--mutual-follow", "no"], "not_mutual"),
        (["--require-mutual-follow", "--mutual-follow", "no", "--request-when-not-mutual"],
         "not_mutual"),
        (["--source", "unknown"], None),
        (["--source", "qq", "--any-source"], None),
    ],
)  # fmt: skip
def test_every_option_reaches_the_rules(
    shell: Shell, arguments: list[str], reason: str | None
) -> None:
    opened = shell(*OPEN, *FACTS, *arguments, "--json", MESSAGE)
    report = json.loads(opened.out)
    assert report["reason"] == reason
    assert opened.code == (1 if report["action"] == "none" else 0)


def test_open_knows_single_use(shell: Shell) -> None:
    text = CODEC.encode(INVITE.model_copy(update={"single_use": True}))
    assert json.loads(shell(*OPEN, *FACTS, "--spent", "yes", "--json", text).out)["reason"] == (
        "used_up"
    )


def test_open_counts_uses(shell: Shell) -> None:
    """A cap needs its switch, and the inviter is told what is left."""
    for arguments, reason in ((["--count-uses"], "used_up"), ([], None)):
        opened = shell(*OPEN, *FACTS, "--spent", "yes", *arguments, "--json", MESSAGE)
        assert json.loads(opened.out)["reason"] == reason
    own = ["--viewer", str(INVITE.inviter_id), "--count-uses", "--spent", "no"]
    opened = shell(*OPEN, *FACTS, *own, "--uses-left", "17", MESSAGE)
    assert "还能加入 17 人。" in opened.out.replace("\n", "")
    assert "needs --uses-left" in shell(*OPEN, *FACTS, *own, MESSAGE).err


def test_open_refuses_as_decode_does(shell: Shell) -> None:
    report = json.loads(shell(*OPEN, "--json", "你好").out)
    assert (report["ok"], report["error"]) == (False, "not_found")
    refused = shell(*OPEN, "--locale", "zh-Hant", "你好")
    assert refused.code == 1
    assert "沒有找到口令，請複製整則訊息。" in refused.out
    assert refused.err == f"passphrase: {report['message']}\n"
    assert shell(*OPEN[:-1], "soon", MESSAGE).code == 2
    assert shell(*OPEN, "--revoked", "yes", MESSAGE).code == 2


@pytest.mark.parametrize(("lifetime", "told"), [("7d", "7 天"), ("1d", "1 天"), ("12h", "12 小时")])
@pytest.mark.parametrize("second", [0, 1, 30, 59])
def test_a_new_invite_says_its_lifetime(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, lifetime: str, told: str, second: int
) -> None:
    """A new invite says its full lifetime, for a minute after it was made."""
    now = NOON + timedelta(seconds=second, milliseconds=700)
    monkeypatch.setattr("passphrase.cli.share.clock", lambda: now)
    message = shell("share", *ENCODE[1:], "--expires", lifetime, "--origin", "qq").out
    for later in (2, 59):
        at = (now + timedelta(seconds=later)).isoformat()
        opened = shell(*OPEN[:3], "--source", "qq", "--at", at, *FACTS, "--json", message)
        assert f"还剩 {told}。" in json.loads(opened.out)["message"]
