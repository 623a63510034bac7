"""conftest.py, in a separate folder: which examples it tries, and that CI skips no test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRIED = """
from hypothesis import given, strategies as st

@given(number=st.integers())
def test_tried(number: int) -> None:
    with open("tried", "a") as file:
        print(number, file=file)
"""
SKIPPED = """
import pytest

@pytest.mark.skipif(True, reason="{}")
def test_skipped() -> None: ...
"""

PROFILE = "HYPOTHESIS_PROFILE"
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

pytestmark = pytest.mark.slow  # each run is a process


def run(folder: Path, source: str, *arguments: str, **environment: str) -> int:
    """Run one file of tests under a copy of conftest.py, and return the exit code."""
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "test_it.py").write_text(source)
    plugin = ["-p", "_hypothesis_pytestplugin"]
    command = [sys.executable, "-m", "pytest", "-q", *plugin, *arguments, "test_it.py"]
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", PROFILE}}
    done = subprocess.run(command, cwd=folder, env=kept | ALONE | environment, check=False)  # noqa: S603
    return done.returncode


def tried(folder: Path, *arguments: str, **environment: str) -> list[str]:
    """Return the examples that such a run tries."""
    path = folder / "tried"
    path.unlink(missing_ok=True)
    assert run(folder, TRIED, *arguments, **environment) == 0
    return path.read_text().split()


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}], ids=["here", "CI"])
def test_the_same_examples_each_time(tmp_path: Path, environment: dict[str, str]) -> None:
    """Every run tries the same examples, so none fails by chance."""
    first, again = (tried(tmp_path, **environment) for _ in range(2))
    assert first == again
    assert len(first) == (100 if environment else 30)


def test_other_examples_where_they_are_asked_for(tmp_path: Path) -> None:
    """A seed or a profile makes a run try other examples, in CI too."""
    seeds = [tried(tmp_path, f"--hypothesis-seed={n}", CI="true") for n in (1, 1, 2)]
    assert seeds[0] == seeds[1] != seeds[2]
    profile = {"CI": "true", PROFILE: "random"}
    assert tried(tmp_path, **profile) != tried(tmp_path, **profile)


@pytest.mark.parametrize(
    ("reason", "environment", "code"),
    [
        ("needs redis", {}, 0),
        ("needs redis", {"CI": "true"}, 1),
        ("needs root", {"CI": "true"}, 0),
    ],
)
def test_in_ci_no_test_is_skipped(
    tmp_path: Path, reason: str, environment: dict[str, str], code: int
) -> None:
    """In CI a skipped test fails the run, unless the reason is expected."""
    assert run(tmp_path, SKIPPED.format(reason), **environment) == code


def test_in_ci_no_file_is_skipped(tmp_path: Path) -> None:
    """As by `importorskip`."""
    assert run(tmp_path, 'import pytest\npytest.importorskip("nothing_at_all")\n') == 5
    assert run(tmp_path, 'import pytest\npytest.importorskip("nothing_at_all")\n', CI="true") == 1
