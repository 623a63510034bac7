"""The page about ledgers, as a newcomer follows it: the test on it is collected and passes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_three_lines(tmp_path: Path) -> None:
    """Kept in a file, they run with processes and all, in pytest's own import mode."""
    page = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    code = "".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    path = f"sys.path.append({str(ROOT / 'examples')!r})"
    code = re.sub(r'"/[^"]+[.]db"', repr(str(tmp_path / "db")), code)
    (tmp_path / "test_page.py").write_text(f"import sys\n{path}\n{code}", encoding="utf-8")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
