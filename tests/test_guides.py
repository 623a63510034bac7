"""The pages as readers use them: the tutorial from its first command, and every link."""
# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.csv import write_csv
from shell import ENVIRONMENT
from support import CODEC, INVITE

from passphrase import Keyring

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "clients/js/README.md")
    if page.name != "CHANGELOG.md"
)
BASH = shutil.which("bash")
LINK = re.compile(r"\]\(([^()\s]+)\)")
SAMPLE = re.compile(r"^```(python|sh)\n(.*?)^```", re.DOTALL | re.MULTILINE)
DATE = re.compile(r"datetime\(20|\b20[0-9]{2}-[0-9]{2}-[0-9]{2}")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_the_tutorial_from_its_first_command(tmp_path: Path) -> None:
    """The tutorial runs from start to end, except for the installation."""
    assert BASH
    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    commands = "".join(re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    install, rest = commands.split("\n", 1)
    assert install.endswith("pip install -c constraints.txt -e '.[cli]'")
    pieces = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "invite.py").write_text("".join(pieces), "utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    program = f'function passphrase {{ {sys.executable} -m passphrase "$@"; }}\n{rest}'
    done = subprocess.run(  # noqa: S603  # our own page
        [BASH, "-euc", f"{program}\n{sys.executable} invite.py"],
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"key 1 made in .*; it signs from now on; .*\n", done.stderr)
    assert (tmp_path / "invites.keys").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_keys_are_edited_in_a_copy(tmp_path: Path) -> None:
    """The commands of docs/keys.md make key 2 sign, and keep the file private."""
    assert BASH
    page = (ROOT / "docs" / "keys.md").read_text("utf-8")
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (commands,) = (block for block in blocks if "next.keys" in block)
    keyring = Keyring({1: bytes(32), 2: bytes(range(32))}, active_id=1)
    file = tmp_path / "invites.keys"
    file.touch(mode=0o600)
    file.write_text("\n".join(keyring.reveal().split(",")) + "\n")
    program = f'function passphrase {{ {sys.executable} -m passphrase "$@"; }}\n{commands}'
    done = subprocess.run(  # noqa: S603  # our own page
        [BASH, "-euo", "pipefail", "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^key_id +2$", done.stdout, re.MULTILINE)
    changed = Keyring.parse(file.read_text())
    assert (changed.active_id, changed.without(1).active_id) == (2, 2)
    assert file.stat().st_mode & 0o777 == 0o600


def run_printed(page: str, folder: Path) -> None:
    """Run the `sh` blocks of a page and of its translation in a folder, each once."""
    assert BASH
    texts = [(ROOT / "docs" / at / page).read_text("utf-8") for at in ("", "zh")]
    blocks = [re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE) for text in texts]
    assert blocks[0] == blocks[1] != []
    program = f'function passphrase {{ {sys.executable} -m passphrase "$@"; }}\n'
    done = subprocess.run(  # noqa: S603  # our own page
        [BASH, "-euo", "pipefail", "-c", program + "".join(blocks[0])],
        cwd=folder,
        env=ENVIRONMENT | {"PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr


def rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_the_reports_on_the_page(tmp_path: Path) -> None:
    """The commands of docs/attribution.md run as printed, and find who invited whom."""
    fingerprint = CODEC.fingerprint(INVITE)
    ids: dict[str, object] = {"group_id": str(INVITE.group_id), "fingerprint": fingerprint}
    tables: dict[str, dict[str, object]] = {
        "events": {"at": datetime(2025, 3, 1, tzinfo=UTC), "event": "joined", "user_id": "42"},
        "issued": {"inviter_id": str(INVITE.inviter_id), "origin": "wechat"},
    }
    for name, row in tables.items():
        table = pa.Table.from_pylist([ids | row])
        pq.write_table(table, tmp_path / f"{name}.parquet")
        write_csv(table, tmp_path / f"{name}.csv")
    run_printed("attribution.md", tmp_path)
    (joined,), (denied,) = rows(tmp_path / "people.csv"), rows(tmp_path / "deny.csv")
    assert (joined["user_id"], joined["inviter_id"]) == ("42", str(INVITE.inviter_id))
    assert denied["fingerprint"] == fingerprint


@pytest.mark.slow
@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_the_batches_on_the_page(tmp_path: Path) -> None:
    """The commands of docs/bulk.md run as printed, and read and mint each row."""
    text = CODEC.encode(INVITE)
    (tmp_path / "log.csv").write_text(f"message\n{text}\n", "utf-8")
    with gzip.open(tmp_path / "log.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"text": text}) + "\n")
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    invite = {"group_id": "5", "inviter_id": "7", "expires_at": ends, "origin": "qq"}
    table = pa.Table.from_pylist([invite])
    pq.write_table(table, tmp_path / "campaign.parquet")
    write_csv(table, tmp_path / "campaign.csv")
    run_printed("bulk.md", tmp_path)
    (read,), (sent,) = rows(tmp_path / "attributed.csv"), rows(tmp_path / "messages.csv")
    (minted,) = pq.read_table(tmp_path / "minted.parquet").to_pylist()
    found = json.loads((tmp_path / "attributed.jsonl").read_text("utf-8"))
    assert read["passphrase_group_id"] == found["passphrase_group_id"] == str(INVITE.group_id)
    assert CODEC.decode(minted["passphrase_text"]).invite.group_id == 5
    assert "抖音" in sent["passphrase_message"]


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page gives its headings, or else its readers' sites do."""
    text = FENCED.sub("", page.read_text("utf-8"))
    found = set(re.findall(r'^#+ <a id="([^"]+)"></a>', text, re.MULTILINE))
    for heading in re.findall(r"^#+ (?!<a id=)(.*)$", text, re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        anchor, copy = words, 0
        while anchor in found:
            copy += 1
            anchor = f"{words}-{copy}"
        found.add(anchor)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Each file that a page names is there, and each heading."""
    for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_sample_stops_at_a_date(page: Path) -> None:
    """Commands name no date, and Python takes its time from the clock or from a date, not both."""
    samples = SAMPLE.findall(page.read_text("utf-8"))
    for language in ("python", "sh"):
        code = "".join(sample for kind, sample in samples if kind == language)
        assert not DATE.search(code) or (language == "python" and ".now(" not in code)
