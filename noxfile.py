"""The test suite on every Python that the library supports: `nox`, or `nox -s tests-3.12`.

It tests the wheel that the variable WHEEL names, or else one that is built from the source.
"""

import os

import nox

nox.options.default_venv_backend = "uv|virtualenv"


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the tests against the pinned versions."""
    session.install("-c", "constraints.txt", f"{os.environ.get('WHEEL', '.')}[cli,test,web]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python="3.11")
def spark(session: nox.Session) -> None:
    """Run the Spark job on two executors of this machine, and compare (needs Java 17)."""
    session.install("-c", "constraints.txt", "-e", ".[cli,spark]")
    session.run("python", "examples/spark_decode.py", "--verify", "2000", *session.posargs)
