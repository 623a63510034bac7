"""The `passphrase` command; also ``python -m passphrase``."""

import sys


def main() -> int:
    """Run the command line and return its exit code."""
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
    return run()


if __name__ == "__main__":
    sys.exit(main())
