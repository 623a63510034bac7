"""The pages as a reader uses them: the tutorial from its first command on, and every link."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "clients/js/README.md")
    if page.name != "CHANGELOG.md"
)
BASH = shutil.which("bash")
LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_the_tutorial_from_its_first_command(tmp_path: Path) -> None:
    """Without the install, and then with each piece of Python in one file, it runs to the end."""
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
    assert re.fullmatch(r"key 1 made in .*; it signs from now on\n", done.stderr)
    assert (tmp_path / "invites.keys").stat().st_mode & 0o077 == 0


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
