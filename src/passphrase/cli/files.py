"""What the commands for whole files share: options, formats, progress, and how they load `bulk`."""

import sys
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

import click

from passphrase.cli.world import EXIT_KEYS, Stop

FORM_OF_SUFFIX: Final = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_NEEDS: Final = {
    "pyarrow": "this command needs an extra: pip install 'invite-passphrase[bulk,cli]'",
    "fcntl": "this command runs on Linux and macOS, where a file can be locked",
}

PATH: Final = click.Path(path_type=Path)
FORM_NAMES: Final = click.Choice(["csv", "jsonl", "parquet"])
output_option = click.option(
    "-o",
    "--output",
    "target",
    type=PATH,
    metavar="OUTPUT",
    help="The file to write. It is OUTPUT.partial until it is complete. Default: stdout.",
)
bom_option = click.option(
    "--bom",
    is_flag=True,
    help="Write a byte-order mark before CSV. Excel needs it to show Chinese.",
)
force_option = click.option("--force", is_flag=True, help="Replace OUTPUT if it exists.")


def check_bom(form: str, *, bom: bool) -> None:
    """Refuse a byte-order mark in another format than CSV."""
    if bom and form != "csv":
        raise click.UsageError("--bom is for CSV")


def refused(counts: Counter[str | None]) -> str:
    """Say how many rows were refused, and why; nothing if none was.

    Args:
        counts: Number of rows for each error.
    """
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common() if count)
    return f", {counts.total()} refused ({reasons})" if reasons else ""


def load(name: str) -> ModuleType:
    """Import a module of this package that needs an extra."""
    try:
        return import_module(f"passphrase.cli.{name}")  # imports pyarrow: slow, and may be missing
    except ModuleNotFoundError as error:
        if error.name not in _NEEDS:
            raise
        raise Stop(_NEEDS[error.name], EXIT_KEYS) from None


@contextmanager
def bar() -> Generator[Callable[[int, int | None], None]]:
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
