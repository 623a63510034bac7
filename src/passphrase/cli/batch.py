"""The commands for whole files: batch decode, batch encode.

They import the extra `bulk` when they run. Exit code 0 means that every input row is in the output,
opened or refused. stderr says how many were refused, and why.
"""

import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from passphrase.cli.keys import keyed, load_codec
from passphrase.cli.share import worded
from passphrase.cli.world import EXIT_KEYS, Stop, clock, repair_option, say

if TYPE_CHECKING:
    from passphrase.cli.tasks import Task
    from passphrase.codec import Level
    from passphrase.languages import Locale

_FORMS: Final = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_NEEDS: Final = {
    "pyarrow": "batch needs an extra: pip install 'invite-passphrase[bulk,cli]'",
    "fcntl": "batch runs on Linux and macOS, where a file can be locked",
}
_Command = TypeVar("_Command", bound=Callable[..., object])


def _rows(command: _Command) -> _Command:
    """Add the arguments and options of both commands."""
    path = click.Path(path_type=Path)
    for option in (
        click.argument("source", required=False, metavar="[INPUT|-]", type=path),
        click.option(
            "-o",
            "--output",
            "target",
            type=path,
            metavar="OUTPUT",
            help="The file to write. It is OUTPUT.partial until it is complete. Default: stdout.",
        ),
        click.option(
            "--format",
            "form",
            type=click.Choice(["csv", "jsonl", "parquet"]),
            help="The format of INPUT and OUTPUT. Default: from their names.",
        ),
        click.option(
            "--bom",
            is_flag=True,
            help="Write a byte-order mark before CSV. Excel needs it to show Chinese.",
        ),
        click.option("--force", is_flag=True, help="Replace OUTPUT if it exists."),
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
    _run(_load("tasks").decoding(column, repair), "opened", **options)


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
    tasks = _load("tasks")
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
    if bom and form != "csv":
        raise click.UsageError("--bom is for CSV")
    if form == "parquet" and not (source and target):
        raise click.UsageError("Parquet cannot use stdin or stdout: name INPUT and --output")
    codec_factory = partial(load_codec, keys_file, audience)
    codec_factory()  # refuse bad keys here, once, rather than in each process
    with (
        _bar() as report,
        _load("outputs").opened(source) as file,
        _load("outputs").replaced(target, source=source, force=force) as output,
        closing(_load("forms").FORMS[form](file, output, task.columns, prefix, bom=bom)) as opened,
    ):
        counts = _load("tasks").process(
            task, opened, codec_factory, processes=processes, report=report
        )
    good = counts.pop(None, 0)
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    told = f", {counts.total()} refused ({reasons})" if reasons else ""
    total = good + counts.total()
    say(f"{total} {'row' if total == 1 else 'rows'}: {good} {done}{told}")


def _load(name: str) -> ModuleType:
    """Import a module of this package that needs an extra."""
    try:
        return import_module(f"passphrase.cli.{name}")  # imports pyarrow: slow, and may be missing
    except ModuleNotFoundError as error:
        if error.name not in _NEEDS:
            raise
        raise Stop(_NEEDS[error.name], EXIT_KEYS) from None


def _form(source: Path | None, target: Path | None) -> str:
    """Return the format of input and output, from their names."""
    forms = {_FORMS.get(path.suffix.lower()) for path in (source, target) if path}
    if len(forms) != 1 or None in forms:
        raise click.UsageError(
            "cannot tell the format of INPUT and OUTPUT from their names; pass --format"
        )
    return str(forms.pop())


@contextmanager
def _bar() -> Generator[Callable[[int, int | None], None]]:
    """Show a progress bar, if stderr is a terminal and rich is installed."""
    if not sys.stderr.isatty():
        yield _show_nothing
        return
    try:
        from rich.console import Console  # noqa: PLC0415  # slow to import, and may be missing
        from rich.progress import Progress  # noqa: PLC0415
    except ModuleNotFoundError:
        yield _show_nothing
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        line = progress.add_task("rows", total=None)
        yield lambda position, size: progress.update(line, completed=position, total=size)


def _show_nothing(_position: int, _size: int | None) -> None:
    """Report progress to nobody."""
