"""Run every Python sample of README and docs; set Hypothesis up; in CI, let no test be skipped."""

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, Phase, settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

IN_CI = "CI" in os.environ
SKIPPED_IN_CI = {"needs root"}  # which GitHub's runner is not

# Nothing is taken from Hypothesis's own defaults, which in CI are others.
always = settings(
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine breaks no law
)
settings.register_profile("default", always, max_examples=30)
settings.register_profile("ci", always, max_examples=100)
settings.register_profile("random", always, max_examples=100, derandomize=False)
settings.register_profile("deep", always, max_examples=5_000, derandomize=False)
settings.register_profile(  # what fails need not fail well
    "mutation", always, max_examples=10, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "default"))

# Two files have a step of their own in CI, which makes what they need.
NEEDED = {
    "tests/test_site.py": "SITE" in os.environ,
    "tests/test_spark.py": find_spec("pyspark") is not None,
}
collect_ignore = [path for path, is_there in NEEDED.items() if not is_there]
pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    excludes=["docs/zh/*.md"],  # their code is that of the English pages: test_translations.py
).pytest()


def pytest_configure(config: pytest.Config) -> None:
    """Let a seed choose the examples; a profile that is not random would ignore it."""
    if config.getoption("--hypothesis-seed") is not None and settings().derandomize:
        settings.load_profile("random")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in CI that skipped a test, unless the reason is expected."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not IN_CI or reporter is None:
        return
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason not in SKIPPED_IN_CI:
            reporter.ensure_newline()
            reporter.write_line(f"skipped in CI: {report.nodeid}: {reason}", red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True, scope="session")
def reading() -> Iterator[None]:
    """With STRAIGHT_PATH=off, read every text in full: nothing may change."""
    with pytest.MonkeyPatch.context() as patched:
        if os.environ.get("STRAIGHT_PATH") == "off":
            patched.setattr("passphrase.reading.find.glance", _leave)
            patched.setattr("passphrase.opening.glance", _leave)
        yield


def _leave(_text: str, _scripts: object) -> None:
    """Leave a text to the full reading."""
