"""Every test on every Python that the library supports: `nox`, or `nox -s tests-3.12`.

They test the wheel that the variable WHEEL names, or else one that is built from the source.
"""

import os

import nox

nox.options.default_venv_backend = "uv|virtualenv"

WHEEL = os.environ.get("WHEEL", ".")


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Run all tests, the slow ones too, against the pinned versions."""
    session.install("-c", "constraints.txt", f"{WHEEL}[test]")
    session.run("python", "-m", "pytest", "-m", "", *session.posargs)


@nox.session(python="3.11")
def spark(session: nox.Session) -> None:
    """Run the Spark job on two executors of this machine, and compare (needs Java 17)."""
    session.install("-c", "constraints.txt", f"{WHEEL}[spark,test]")
    session.run("python", "-m", "pytest", "-m", "", "tests/test_spark.py", *session.posargs)
