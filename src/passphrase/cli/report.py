"""The command report: who invited whom, who stayed, and what each origin and label brought."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeVar

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
from passphrase.cli.world import clock, read_id, read_moment, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

DAYS_MAX: Final = 3_650
_Command = TypeVar("_Command", bound=Callable[..., object])


def _optional_id(
    context: click.Context, option: click.Parameter, text: str | None
) -> "int | UUID | None":
    return None if text is None else read_id(context, option, text)


def _logs(command: _Command) -> _Command:
    """Add the arguments and options of all reports."""
    for option in (
        click.argument("issued", metavar="ISSUED|-", type=PATH),
        click.argument("events", metavar="EVENTS|-", type=PATH),
        output_option,
        click.option(
            "--format",
            "form",
            type=FORM_NAMES,
            default="csv",
            show_default=True,
            help="Format of stdin, stdout, and files whose suffix is unknown.",
        ),
        bom_option,
        force_option,
        click.option(
            "--prefix",
            default="",
            help="Prefix of the names of ISSUED's columns: passphrase_ after `batch decode`.",
        ),
        click.option(
            "--group",
            metavar="ID",
            callback=_optional_id,
            help="Read only this group. Default: all.",
        ),
        click.option(
            "--until",
            metavar="ISO",
            help="The end of the log. Later events are not counted. Default: the last event.",
        ),
        click.option(
            "--days",
            type=click.IntRange(1, DAYS_MAX),
            multiple=True,
            default=(7,),
            show_default=True,
            help="Say who was still there after N days. Can be given several times.",
        ),
    ):
        command = option(command)
    return command


_inviter = click.option(
    "--inviter", metavar="ID", required=True, callback=read_id, help="The top of the tree."
)


@click.group()
def report() -> None:
    """Say who invited whom, who stayed, and what each origin and label brought.

    EVENTS has the columns at, event, group_id, user_id and fingerprint. ISSUED has fingerprint,
    group_id, inviter_id and origin, and can have expires_at and label. No keys are needed.
    """


@report.command()
@_logs
def people(**options: Any) -> None:  # noqa: ANN401
    """Write a row for each person who joined a group: by whom, when, and whether they stayed."""
    _run(load("views").people_view, **options)


@report.command()
@_logs
def uses(**options: Any) -> None:  # noqa: ANN401
    """Count by origin and label: passphrases, and people who opened, joined and stayed."""
    views = load("views")
    _run(views.uses_view, views.summed, **options)


@report.command()
@_inviter
@_logs
def branch(inviter: object, **options: Any) -> None:  # noqa: ANN401
    """Write the people below one inviter: whom they invited, whom these invited, and so on."""
    _run(load("views").branch_view(str(inviter)), **options)


@report.command()
@_inviter
@_logs
def fingerprints(inviter: object, **options: Any) -> None:  # noqa: ANN401
    """Write the fingerprints of what an inviter and the people below issued, for a deny-list."""
    _run(load("views").fingerprints_view(str(inviter)), **options)


def _run(  # noqa: PLR0913  # one parameter for each option
    view: Callable[..., Any],
    together: "Callable[[Iterator[Any]], Iterator[Any]]" = iter,
    *,
    events: Path,
    issued: Path,
    target: Path | None,
    form: str,
    bom: bool,
    force: bool,
    prefix: str,
    group: "int | UUID | None",
    until: str | None,
    days: tuple[int, ...],
) -> None:
    """Write a report, and print how many rows of each input were read."""
    if str(events) == str(issued) == "-":
        raise click.UsageError("only one of EVENTS and ISSUED can be standard input")
    form_out = _form(target, form)
    check_bom(form_out, bom=bom)
    if "parquet" in {_form(path, form) for path in (events, issued) if str(path) == "-"}:
        raise click.UsageError("Parquet cannot use stdin: name EVENTS and ISSUED")
    if form_out == "parquet" and not target:
        raise click.UsageError("Parquet cannot use stdout: name --output")
    views, outputs, forms = load("views"), load("outputs"), load("forms")
    now = clock()
    with (
        TemporaryDirectory(prefix="passphrase-") as folder,  # only this user can read it
        bar() as shown,
        outputs.replaced(target, source=events, force=force) as output,
    ):
        logs = {
            name: views.Log(
                views.KINDS[name],
                None if str(path) == "-" else path,
                _form(path, form),
                prefix=prefix if name == "issued" else "",
                group=None if group is None else str(group),
                until=None if until is None else read_moment(until, now, "--until"),
                now=now,
                report=shown,
            )
            for name, path in (("events", events), ("issued", issued))
        }
        made = views.tables_of(view, *logs.values(), days=sorted({*days}), folder=Path(folder))
        tables = together(made)
        first = next(tables)
        with forms.writing(form_out, output, first.schema, bom=bom) as write:
            write(first)
            for table in tables:
                write(table)
    for name, log in logs.items():
        good = log.counts.pop(None, 0)
        say(f"{name}: {good} {'row' if good == 1 else 'rows'} read{refused(log.counts)}")


def _form(path: Path | None, form: str) -> str:
    """Return the format of a file."""
    return FORM_OF_SUFFIX.get(path.suffix.lower(), form) if path else form
