"""A pytest plugin that tries, instead of running the tests, each mutant on the tests that call it.

mutmut's own loop starts pytest anew for each mutant. Here the tests are collected once, and each
mutant gets a fork of that process; where a function is called at import, all is imported again.
`tools/measure_mutants.py` starts it in the mutated copy, where it reads and writes some files.
"""

import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import pytest
from mutmut.mutation import trampoline

REACHED = Path("reached.json")  # by function: the tests that call it, and the seconds of each
WANTED = Path("wanted.json")  # by the name of a mutant: what it changes
OUTCOMES = Path("outcomes.json")  # by name and change: survived, killed or endless

SECONDS_MAX = float(os.environ.get("MUTANTS_SECONDS", "3"))  # of tests, without a mutant
_FILES_SECONDS = 120  # of whole files, with time to shrink what fails
_BYTES_MAX = 4 << 30
_AT_IMPORT = ""  # stands for a test
_ANY = ""  # stands for a function

_called: set[str] = set()  # functions whose mutant has been picked
_picked: dict[str, list[Callable[..., Any]]] = {}  # by function; empty until it is called


def _pick_at_first_call(
    mutants: dict[str, Callable[..., Any]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Do what mutmut's decorator does, which looks into the environment at every call."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        picked: list[Callable[..., Any]] = []

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # those of any function
            if not picked:
                original = mutants["_mutmut_orig"]
                prefix = original.__name__.removesuffix("orig")
                name = f"{function.__module__}.{prefix}"
                wanted = os.environ["MUTANT_UNDER_TEST"]
                is_mine = wanted.startswith(name)
                _picked[name] = picked
                _called.add(name)
                picked.append(mutants[prefix + wanted.removeprefix(name)] if is_mine else original)
            return picked[0](*args, **kwargs)

        return call

    return decorate


_patched: Any = trampoline
_patched.wrap_in_trampoline = _pick_at_first_call


def _pick_anew(functions: Iterable[str]) -> None:
    for function in functions:
        if function in _picked:
            _picked[function].clear()


def _clear_caches() -> None:
    """Let the package make anew what it makes once, or only the first test would call the maker."""
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] == "passphrase":
            for made in vars(module).values():
                if hasattr(made, "cache_clear"):
                    made.cache_clear()


def _function(mutant: str) -> str:
    return mutant.rstrip("0123456789")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Measure what the tests call, or try the mutants."""
    items = {item.nodeid: item for item in session.items}
    if os.environ["MUTANTS_TASK"] == "reach":
        REACHED.write_text(json.dumps(_reach(items)))
    else:
        _try_all(items)
    return True


def _reach(items: dict[str, pytest.Item]) -> dict[str, list[tuple[str, float]]]:
    """Run every test that is new, without a mutant, and note the functions that it calls."""
    tests = json.loads(REACHED.read_text()) if REACHED.exists() else {_ANY: []}
    known = {name for name, _ in tests[_ANY]}
    for function in _called:
        if (_AT_IMPORT, 0) not in map(tuple, tests.setdefault(function, [])):
            tests[function].append((_AT_IMPORT, 0))
    for name, item in items.items():
        if name in known:
            continue
        _pick_anew(_called)
        _called.clear()
        _clear_caches()
        start = time.perf_counter()
        if not _run([item]):
            print(f"{name} fails without a mutant", file=sys.__stderr__)
            continue  # or the next run would count it as killing whatever it calls
        for function in (_ANY, *_called):
            tests.setdefault(function, []).append((name, time.perf_counter() - start))
    return tests


def _run(items: Sequence[pytest.Item]) -> bool:
    """Run tests until one fails; tell whether all passed."""

    class Listener:
        failed = False

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            self.failed |= report.failed

    listener = Listener()
    for item, after in zip(items, [*items[1:], None], strict=False):
        item.config.pluginmanager.register(listener)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        item.config.pluginmanager.unregister(listener)
        if listener.failed:
            break
    return not listener.failed


def _try_all(items: dict[str, pytest.Item]) -> None:
    tests = json.loads(REACHED.read_text())
    outcomes = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {}
    changes = json.loads(WANTED.read_text())
    left = {
        name: f"{name} {change}"
        for name, change in changes.items()
        if outcomes.get(f"{name} {change}", "survived") == "survived"
    }
    running: dict[int, str] = {}
    start = time.monotonic()

    def wait() -> None:
        pid, status = os.waitpid(-1, 0)
        code = os.waitstatus_to_exitcode(status)
        outcomes[running.pop(pid)] = {0: "survived", 1: "killed"}.get(code, "endless")
        OUTCOMES.write_text(json.dumps(outcomes, indent=0))

    for count, (name, outcome) in enumerate(left.items(), start=1):
        if len(running) == (os.cpu_count() or 1):
            wait()
        of_function = tests.get(_function(name), [])
        if pid := os.fork():
            running[pid] = outcome
        else:
            _try(name, of_function, items)
        if not count % 100:
            took = time.monotonic() - start
            print(f"{count} of {len(left)} in {took:.0f} s", file=sys.__stderr__, flush=True)
    while running:
        wait()


def _own(name: str) -> tuple[str, ...]:
    """Name the test files that a mutant's module may have, or the package that it is in."""
    return tuple(f"tests/test_{part}.py" for part in name.partition(".x")[0].split(".")[:0:-1])


def _choose(
    name: str, tests: Sequence[tuple[str, float]], items: dict[str, pytest.Item]
) -> Iterator[pytest.Item]:
    """Choose tests of a function: those of its own module first, then the fast ones first."""
    seconds = 0.0
    for test, took in sorted(tests, key=lambda each: (not each[0].startswith(_own(name)), each[1])):
        seconds += took
        if seconds > SECONDS_MAX:
            return
        if test in items:
            yield items[test]


def _try(name: str, tests: Sequence[tuple[str, float]], items: dict[str, pytest.Item]) -> NoReturn:
    """Try a mutant, and end this process: 0 if it survives, 1 if not."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.environ["MUTANT_UNDER_TEST"] = name
    _pick_anew([_function(name)])
    _clear_caches()
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES_MAX, _BYTES_MAX))
    chosen = [*_choose(name, tests, items)]
    code = 1
    try:
        _limit_time(2 * SECONDS_MAX)
        if _run(chosen):
            files = dict.fromkeys([*_own(name), *(item.location[0] for item in chosen)])
            # What is made once may have been made before the fork, or by another test.
            once = len(tests) < 3 or any(test == _AT_IMPORT for test, _ in tests)  # noqa: PLR2004
            code = 1 if once and not _run_afresh([*files]) else 0
    finally:
        os._exit(code)


def _limit_time(more: float) -> None:
    """Let this process end after this many more seconds of the processor."""
    seconds = math.ceil(time.process_time() + more)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def _run_afresh(files: Sequence[str]) -> bool:
    """Import all again and run the first two files that there are."""
    here = str(Path.cwd())
    for name, module in [*sys.modules.items()]:
        if (getattr(module, "__file__", None) or "").startswith(here):
            del sys.modules[name]
    some = [file for file in files if Path(file).exists()][:2]
    some += [] if "tests/test_vectors.py" in some else ["tests/test_vectors.py"]
    _limit_time(_FILES_SECONDS)
    return pytest.main(["-x", *json.loads(os.environ["MUTANTS_ARGUMENTS"]), *some]) == 0
