"""The `passphrase` command; also ``python -m passphrase``."""

import os
import signal
import sys

EXIT_INTERRUPTED = 130


def main() -> int:
    """Run the command line and return its exit code."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:  # the modules take a moment to load, and Ctrl-C in them would be a traceback
        signal.signal(signal.SIGINT, _leave)
    try:
        from passphrase.cli import run  # noqa: PLC0415  # click is an extra, and may be missing
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print(  # noqa: T201
            "passphrase: the command line is an extra: pip install 'invite-passphrase[cli]'",
            file=sys.stderr,
        )
        return 78
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


def _leave(_signal: int, _frame: object) -> None:
    """End at once, when nothing has been read or written yet."""
    os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
