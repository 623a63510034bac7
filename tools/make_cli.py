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

## From a key to a popup

```sh
export PASSPHRASE_KEYS_FILE=~/invites.keys PASSPHRASE_AUDIENCE=douyin
passphrase keygen --keys-file ~/invites.keys
passphrase share --group 6824193837465920001 --inviter 7 --expires 7d --origin wechat > message
passphrase decode --json < message
passphrase open --viewer 42 --source wechat --generation 0 --member no --banned no \\
    --inviter-is-member yes --group-full no --why < message
```

`open` shows the popup that these facts lead to, and `--why` the rules on the way. Leave a fact out,
and it names those it needs.

## Exit codes

| code | meaning |
|---|---|
| 0 | a valid passphrase; `open`: the popup offers to join or to ask for it |
| 0 | `find`, and `explain` without keys: a passphrase whose signature was not checked |
| 1 | none, or a refusal |
| 2 | the command line is wrong |
| 3 | `decode`, `explain`: the passphrase has expired; with `--all`, one of them |
| 66 | a file to be read is not there |
| 70 | a bug; please report it |
| 74 | an output cannot be written |
| 78 | the keys cannot be used |
| 130, 141 | interrupted; the reader of a pipe has gone |

So `passphrase decode "$text" && …` goes on where a passphrase verifies and has not expired. Whether
this person may join this group is for `passphrase open`.

## Reading a paste

`decode`, `find`, `explain` and `open` read TEXT, or standard input. On a terminal they ask for the
paste. An empty line or Ctrl-D ends it; an empty line in the middle of a paste does not.

## Single use

Equal invites are one passphrase, and of two friends the second finds it used up. So `encode` and
`share` draw a random variant with `--single-use`. They say on stderr which, with the fingerprint.
There are 256, so two draws are the same once in 256 times. For many friends in one minute use
`batch encode`, which counts, or name `--variant` yourself.

## Completion

The Tab key completes commands and options. Add the line to the file, and open a new shell:

- bash 4.4 or newer, `~/.bashrc`: `eval "$(_PASSPHRASE_COMPLETE=bash_source passphrase)"`
- zsh, `~/.zshrc`, after `compinit`: `eval "$(_PASSPHRASE_COMPLETE=zsh_source passphrase)"`
- fish, `~/.config/fish/completions/passphrase.fish`:
  `_PASSPHRASE_COMPLETE=fish_source passphrase | source`

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
