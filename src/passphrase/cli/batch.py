"""The commands for whole files: batch decode, batch encode.

They import the extra `bulk` when they run. Exit code 0 means that every input row is in the output:
read, minted or refused. stderr says how many were refused, and why.
"""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from passphrase.cli.files import (
    FORM_NAMES,
    FORM_OF_SUFFIX,
    PATH,
    bar,
    bom_option,
    check_bom,
    force_option,
    load,
    output_option,
    refused,
)
from passphrase.cli.keys import keyed, load_codec
from passphrase.cli.share import worded
from passphrase.cli.world import clock, repair_option, say

if TYPE_CHECKING:
    from passphrase.cli.tasks import Task
    from passphrase.languages import Locale
    from passphrase.opening import Level

_Command = TypeVar("_Command", bound=Callable[..., object])


def _rows(command: _Command) -> _Command:
    """Add the arguments and options of both commands."""
    for option in (
        click.argument("source", required=False, metavar="[INPUT|-]", type=PATH),
        output_option,
        click.option(
            "--format",
            "form",
            type=FORM_NAMES,
            help="The format of INPUT and OUTPUT. Default: from their names.",
        ),
        bom_option,
        force_option,
        click.option(
            "--prefix",
            default="passphrase_",
            show_default=True,
            help="Prefix of the names of the result columns.",
        ),
        click.option(
            "--processes",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            help="Number of parallel processes.",
        ),
        keyed,
    ):
        command = option(command)
    return command


@click.group()
def batch() -> None:
    """Read or mint the passphrases of a whole file: CSV, JSON Lines or Parquet."""


@batch.command()
@click.option("--column", default="text", show_default=True, help="Column with the pasted texts.")
@repair_option
@_rows
def decode(*, column: str, repair: "Level", **options: Any) -> None:  # noqa: ANN401
    """Read the passphrase in each row of INPUT.

    Each row is written back with result columns after its own. For a refused row, `error` says
    why. A malformed line is kept in the column `malformed`.
    """
    _run(load("tasks").decoding(column, repair), "opened", **options)


@batch.command()
@click.option(
    "--message",
    "with_message",
    is_flag=True,
    help="Also make the message to paste, for wechat and qq rows. INPUT can have a column "
    "group_name.",
)
@worded
@_rows
def encode(
    *,
    with_message: bool,
    group_name: str | None,
    app_name: str | None,
    template: str | None,
    locale: "Locale",
    **options: Any,  # noqa: ANN401
) -> None:
    """Mint the passphrase of each row of INPUT.

    INPUT needs the columns group_id, inviter_id, expires_at (ISO 8601 with a zone) and origin. It
    can have mutual_follow, approval, single_use, generation, variant and script. Equal single-use
    rows get different variants. Rows with a variant also get a fingerprint.
    """
    if (group_name or app_name or template) and not with_message:
        raise click.UsageError("--group-name, --app-name and --template need --message")
    tasks = load("tasks")
    words = {"group_name": group_name, "app_name": app_name, "template": template, "locale": locale}
    wording = words if with_message else None
    variants = tasks.Variants()
    _run(tasks.encoding(variants, clock(), wording), "minted", **options)
    if variants.given:
        say(f"single-use rows that were given a variant: {variants.given}")
    if variants.clashes:
        say(f"single-use rows whose variant an earlier equal row may have: {variants.clashes}")


def _run(  # noqa: PLR0913  # one parameter for each option
    task: "Task",
    done: str,
    *,
    source: Path | None,
    target: Path | None,
    form: str | None,
    bom: bool,
    force: bool,
    prefix: str,
    processes: int,
    keys_file: str | None,
    audience: str,
) -> None:
    """Apply a task to a file, and print how many rows were opened or refused."""
    source, target = (None if str(path) == "-" else path for path in (source, target))
    form = form or _form(source, target)
    check_bom(form, bom=bom)
    if form == "parquet" and not (source and target):
        raise click.UsageError("Parquet cannot use stdin or stdout: name INPUT and --output")
    codec_factory = partial(load_codec, keys_file, audience)
    codec_factory()  # refuse bad keys here, once, rather than in each process
    with (
        bar() as report,
        load("outputs").opened(source) as file,
        load("outputs").replaced(target, source=source, force=force) as output,
        closing(load("forms").FORMS[form](file, output, task.columns, prefix, bom=bom)) as opened,
    ):
        counts = load("tasks").process(
            task, opened, codec_factory, processes=processes, report=report
        )
    good = counts.pop(None, 0)
    total = good + counts.total()
    say(f"{total} {'row' if total == 1 else 'rows'}: {good} {done}{refused(counts)}")


def _form(source: Path | None, target: Path | None) -> str:
    """Return the format of input and output, from their names."""
    forms = {FORM_OF_SUFFIX.get(path.suffix.lower()) for path in (source, target) if path}
    if len(forms) != 1 or None in forms:
        raise click.UsageError(
            "cannot tell the format of INPUT and OUTPUT from their names; pass --format"
        )
    return str(forms.pop())
