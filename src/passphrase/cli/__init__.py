"""The command line: arguments, the time of day, random numbers, the environment and files.

Results go to stdout and messages to stderr, in UTF-8 whatever the locale. Each command is imported
when it runs, so that `--help` and the other commands start quickly. docs/cli.md lists exit codes.
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

# Module, function, and first sentence of the help, in the order in which a new user needs them.
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "keygen": ("keys", "keygen", "Make a key, on stdout or in a file that only you can read."),
    "encode": ("mint", "encode", "Mint the passphrase of an invite."),
    "share": (
        "share",
        "share",
        "Mint an invite and print the message to paste into WeChat or QQ.",
    ),
    "decode": ("read", "decode", "Read the passphrase in a pasted message."),
    "open": ("popup", "open_", "Open a pasted message as an app would, and show the popup."),
    "find": ("read", "find", "Find passphrases without a key. Signatures are NOT checked."),
    "explain": (
        "read",
        "explain",
        "Say what happened to a passphrase, and what to tell the person.",
    ),
    "batch": (
        "batch",
        "batch",
        "Read or mint the passphrases of a whole file: CSV, JSON Lines or Parquet.",
    ),
    "report": (
        "report",
        "report",
        "Say who invited whom, who stayed, and what each origin and label brought.",
    ),
    "demo": ("demo", "demo", "Show every step on one screen, with a new key."),
}


class _Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of COMMANDS."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        return cast("click.Command", getattr(import_module(f"{__name__}.{module}"), name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, _, sentence) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. If the reader of a pipe has gone, end in 141, not in click's 1."""
        try:
            result = cast("object", super().invoke(ctx))
            sys.stdout.flush()  # `batch` does not always flush
        except BrokenPipeError:
            _flush_or_drop()
            return EXIT_CLOSED_PIPE
        return result


def _flush_or_drop() -> None:
    """Flush stdout, or drop its buffer. If Python cannot flush it at exit, it ends in 120."""
    for stream in filter(None, [sys.stdout]):  # None if it is closed
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run() -> int:  # noqa: PLR0911  # one return for each exit code
    """Run the command line. Any error becomes an exit code and one line on stderr, or the help."""
    settle_streams()
    try:
        return main.main(prog_name="passphrase", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "passphrase"
        return say(f"{error.format_message().rstrip('.')} (see `{path} --help`)", EXIT_USAGE)
    except click.ClickException as error:
        return say(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except MemoryError:
        return say("there is not enough memory for this input", EXIT_MEMORY)
    except OSError as error:
        _flush_or_drop()
        return say(error.strerror or "an input or output error", EXIT_OUTPUT)
    except Exception as error:  # noqa: BLE001  # a traceback could show a key or clipboard text
        return say(f"internal error ({type(error).__name__}); please report it", EXIT_BUG)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(passphrase.__version__)
def main() -> None:
    """Group invites as a row of emoji, hanzi or base 32 that survives WeChat and QQ.

    Start with `passphrase demo`.

    Exit codes. 0: valid passphrase; with `open`, the viewer can join, ask to join, or sign in
    first. 1: no valid passphrase. 2: wrong command line. 3: expired passphrase. 66: input or keys
    file missing. 71: out of memory. 74: cannot write the output. 78: keys unusable.
    """
