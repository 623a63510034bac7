"""The world -> the library: arguments, clock, random source, environment, files, exit codes.

Data goes to stdout and words to stderr, in UTF-8 whatever the locale. Exit codes: 0 a valid
passphrase or, with `open`, a popup that offers something, 1 none, 2 usage, 3 an expired passphrase,
66 no such keys file or no input, 78 bad keys; and, as everywhere, 70 a bug, 71 not enough memory,
74 an output that cannot be written, 130 interrupted, 141 a closed pipe.

A command is imported when it is run, so that `--help` and each of the others stay quick.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Final, cast

import click

import passphrase
from passphrase.cli.world import (
    EXIT_BUG,
    EXIT_CLOSED_PIPE,
    EXIT_INTERRUPTED,
    EXIT_MEMORY,
    EXIT_OUTPUT,
    EXIT_USAGE,
    say,
    settle_streams,
)

# The module, the name in it, and the first sentence of its help: in the order of their story.
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "keygen": ("keys", "keygen", "Make a key: on stdout, or into a file that only you can read."),
    "encode": ("mint", "encode", "Mint the passphrase of an invite."),
    "share": (
        "share",
        "share",
        "Mint an invite and print the message to paste into WeChat or QQ.",
    ),
    "decode": ("read", "decode", "Read the passphrase out of a pasted message."),
    "open": ("popup", "open_", "Open a pasted message as an app would, and show the popup."),
    "find": ("read", "find", "Find passphrases without a key: their signature is NOT checked."),
    "explain": (
        "read",
        "explain",
        "Say what became of a passphrase, and what to tell the person.",
    ),
    "batch": (
        "batch",
        "batch",
        "Read or mint the passphrases of a whole file: CSV, JSON Lines or Parquet.",
    ),
    "demo": ("demo", "demo", "Tell the whole story on one screen, with a key made on the spot."),
}


class _Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name them in the order of their story."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        return cast("click.Command", getattr(import_module(f"{__name__}.{module}"), name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List them without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, _, sentence) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run one; when a reader such as `head` has gone, click would end in 1, which says none."""
        try:
            result = cast("object", super().invoke(ctx))
            sys.stdout.flush()  # `batch` may have left something in it
        except BrokenPipeError:
            _flush_or_drop()
            return EXIT_CLOSED_PIPE
        return result


def _flush_or_drop() -> None:
    """Empty stdout: Python flushes it at exit, and the exit code is 120 if that fails."""
    for stream in filter(None, [sys.stdout]):  # a closed one is None
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run() -> int:  # noqa: PLR0911  # one return an exit code
    """Run the command line; whatever happens, end in an exit code and at most one line about it."""
    settle_streams()
    try:
        return main.main(prog_name="passphrase", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "passphrase"
        return say(f"{error.format_message()} (see `{path} --help`)", EXIT_USAGE)
    except click.ClickException as error:
        return say(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except MemoryError:
        return say("there is not enough memory for this input", EXIT_MEMORY)
    except OSError as error:
        _flush_or_drop()
        return say(error.strerror or "an input or output error", EXIT_OUTPUT)
    except Exception as error:  # noqa: BLE001  # a traceback may hold a key or the clipboard
        return say(f"internal error ({type(error).__name__}); please report it", EXIT_BUG)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(passphrase.__version__)
def main() -> None:
    """Group invites as a row of emoji, hanzi or base 32 that survives WeChat and QQ.

    Start with `passphrase demo`. Exit codes: 0 a valid passphrase or, with `open`, a popup that
    offers something; 1 none, 2 usage, 3 an expired passphrase, 66 no such keys file or no input, 71
    not enough memory, 74 an output that cannot be written, 78 bad keys.
    """
