"""The commands of passphrase.cli -> docs/cli.md: every command and option, in their own words.

python tools/make_cli.py            write the page
python tools/make_cli.py --check    exit with 1 if it is not what would be written
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from generated import write_or_check

from passphrase.cli import main as passphrase_command

PAGE: Final = Path(__file__).parents[1] / "docs" / "cli.md"
_INTRODUCTION: Final = """\
# Command line

What `--help` says of each command, on one page. It needs the extra `cli`.

"""


def described(context: click.Context, heading: str) -> Iterator[str]:
    """Yield the lines of a command, then those of its subcommands."""
    command = context.command
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"{heading} {context.command_path}\n"
    yield f"```text\n{context.command_path} {pieces}\n```\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    for parameter in command.params:  # --help goes without saying
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)):
            names, meaning = record
            yield f"- `{names}`: {meaning}"
    yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            subcommand = command.get_command(context, name)
            assert subcommand  # noqa: S101  # it is in the list
            yield from described(click.Context(subcommand, context, name), f"#{heading}")


def main() -> int:
    """Write or check the page."""
    context = click.Context(passphrase_command, info_name="passphrase")
    text = _INTRODUCTION + "\n".join(described(context, "##"))
    return write_or_check(__doc__, {PAGE: text.rstrip("\n") + "\n"})


if __name__ == "__main__":
    sys.exit(main())
