"""Write docs/cli.md from the help texts of all commands and options.

python tools/make_cli.py            write the page
python tools/make_cli.py --check    exit with 1 if the page is out of date
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

The help of every command on one page. The command needs the extra `cli`.

## From a key to a popup

```sh
export PASSPHRASE_KEYS_FILE=~/invites.keys PASSPHRASE_AUDIENCE=douyin
passphrase keygen --keys-file ~/invites.keys
passphrase share --group 6824193837465920001 --inviter 7 --expires 7d --origin wechat > message
passphrase decode --json < message
passphrase open --viewer 42 --source wechat --generation 0 --member no --banned no \\
    --inviter-is-member yes --group-full no --why < message
```

`open` shows the popup for these facts; `--why` also prints the rules that were tried. If you leave
facts out, it says which ones it needs.

## Exit codes

| code | meaning |
|---|---|
| 0 | valid passphrase; `open`: the viewer can join or ask to join |
| 0 | `find`, and `explain` without keys: a passphrase whose signature was not checked |
| 1 | no valid passphrase; `open`: the viewer cannot join |
| 2 | wrong command line |
| 3 | `decode`, `explain`: the passphrase has expired; `--all`: at least one has |
| 66 | an input or keys file is missing |
| 70 | a bug; please report it |
| 71 | out of memory |
| 74 | cannot write the output |
| 78 | the keys cannot be used |
| 130 | interrupted with Ctrl-C |
| 141 | the reader of a pipe has gone |

So `passphrase decode "$text" && …` continues only if the passphrase is valid and has not expired.
To check whether a person can join the group, use `passphrase open`.

## Reading a paste

`decode`, `find`, `explain` and `open` read TEXT or standard input. On a terminal, they ask you to
paste the message. To end it, press Enter on an empty line, or Ctrl-D. Empty lines within the paste
do not end it.

## Single use

Equal invites make the same passphrase, and the second friend would find it used up. So with
`--single-use`, `encode` and `share` choose one of 256 variants at random, and print it with the
fingerprint on stderr. Two invites can still get the same variant. For many friends at once, use
`batch encode`, which gives equal rows different variants, or choose with `--variant`.

## Completion

The Tab key can complete commands and options. Add this line to the file, then open a new shell:

- bash 4.4 or newer, `~/.bashrc`: `eval "$(_PASSPHRASE_COMPLETE=bash_source passphrase)"`
- zsh, `~/.zshrc`, after `compinit`: `eval "$(_PASSPHRASE_COMPLETE=zsh_source passphrase)"`
- fish, `~/.config/fish/completions/passphrase.fish`:
  `_PASSPHRASE_COMPLETE=fish_source passphrase | source`

"""


def described(context: click.Context, heading: str) -> Iterator[str]:
    """Yield the lines for a command, then those for its subcommands."""
    command = context.command
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"{heading} {context.command_path}\n"
    yield f"```text\n{context.command_path} {pieces}\n```\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    for parameter in command.params:  # --help is not among them
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
