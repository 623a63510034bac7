"""The `passphrase` command; also ``python -m passphrase``."""

import os
import signal
import sys

# As in `passphrase.cli.world`, which may not be there.
EXIT_UNUSABLE = 78
EXIT_INTERRUPTED = 130


def main() -> int:
    """Run the command line and return its exit code."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:  # Ctrl-C during the imports would print a traceback
        signal.signal(signal.SIGINT, _leave)
    try:
        from passphrase.cli import run  # noqa: PLC0415  # needs the extra `cli`
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print(  # noqa: T201
            "passphrase: the command line needs an extra: pip install 'invite-passphrase[cli]'",
            file=sys.stderr,
        )
        return EXIT_UNUSABLE
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


def _leave(_signal: int, _frame: object) -> None:
    """Exit at once. Nothing has been read or written yet."""
    os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
