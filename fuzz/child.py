"""One fuzzer: `child.py TARGET [libFuzzer's options and corpora]`. Started by `run.py`.

Only this file needs atheris; it measures the coverage of the package, not of the oracles.
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("src", "tests")]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["passphrase"]):
    import targets


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    name = sys.argv.pop(1)
    target = targets.TARGETS[name]

    def run_one(data: bytes) -> None:
        target(data)

    atheris.Setup(sys.argv, run_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
