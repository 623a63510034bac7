"""Spark with two executor processes gives the same results as one process in both examples."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("spark_decode.py", ["--verify", "2000"], "2000 rows from 2 executors, "),
        ("spark_report.py", ["verify", "2000"], "2000 events from 2 executors, "),
    ],
)
def test_two_executors_say_what_one_machine_says(
    name: str, arguments: list[str], told: str
) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, EXAMPLES / name, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout[: len(told)]) == (0, told), done.stderr
    assert ", equal to one machine" in done.stdout.replace(";", ",")
