"""Spark with two executor processes gives the same results as one process (`--verify`)."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).parent.parent / "examples" / "spark_decode.py"


def test_two_executors_say_what_one_machine_says() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, EXAMPLE, "--verify", "2000"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout[:28]) == (0, "2000 rows from 2 executors, "), done.stderr
    assert "equal to one machine" in done.stdout
