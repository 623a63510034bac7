"""The command `share`, which makes the message to paste, and the options for its text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

import passphrase
from passphrase.cli.keys import keyed, load_codec
from passphrase.cli.mint import draw_variant, minting, read_invite, tell_drawn
from passphrase.cli.world import (
    EXIT_NO_INPUT,
    EXIT_OUTPUT,
    Stop,
    clock,
    json_option,
    locale_option,
    print_json,
    read_name,
    say,
)
from passphrase.languages.language import fill
from passphrase.minting import WORDINGS
from passphrase.sharing.lint import lint

QR_KINDS: Final = (".png", ".svg")
_Command = TypeVar("_Command", bound=Callable[..., object])


def _read_template(
    context: click.Context, option: click.Parameter, given: str | None
) -> str | None:
    """Read a template, or a file that holds one, as the callback of an option."""
    template = read_name(context, option, given)
    if template is None:
        return None
    if "{" not in template:
        try:
            template = Path(template).read_text("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            raise click.BadParameter("the file is not UTF-8") from None
        except OSError as error:
            raise Stop(f"{template}: {error.strerror}", EXIT_NO_INPUT) from None
    names = dict.fromkeys(("group", "app"), "")
    try:
        one, other = (fill(template, names | {"passphrase": glyph}) for glyph in "12")
    except ValueError:
        one = other = ""
    if one == other:
        raise click.BadParameter("it needs {passphrase}, and can have {group} and {app}")
    return template


def worded(command: _Command) -> _Command:
    """Add the options for the text of a message."""
    for option in (
        locale_option,
        click.option(
            "--template",
            metavar="FILE|TEXT",
            callback=_read_template,
            help="Your own message with {passphrase}, {group} and {app}, or a file that holds it.",
        ),
        click.option(
            "--app-name",
            metavar="NAME",
            callback=read_name,
            help="Name of your app for the message.",
        ),
        click.option(
            "--group-name",
            metavar="NAME",
            callback=read_name,
            help="Name of the group for the message.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@minting
@worded
@click.option(
    "--url",
    metavar="URL",
    help="Add the https address of your landing page at the end of the message.",
)
@click.option(
    "--qr",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.png|svg",
    help="Also write the message as a QR code.",
)
@json_option
@keyed
def share(  # noqa: PLR0913  # one parameter for each option
    *,
    keys_file: str | None,
    audience: str,
    script: str,
    group_name: str | None,
    app_name: str | None,
    template: str | None,
    locale: Any,  # noqa: ANN401  # checked by click
    url: str | None,
    qr: Path | None,
    as_json: bool,
    **fields: Any,  # noqa: ANN401  # the same
) -> None:
    """Mint an invite and print the message to paste into WeChat or QQ.

    Without --variant, the first pleasant wording is taken.
    """
    if qr and qr.suffix.lower() not in QR_KINDS:
        raise click.UsageError(f"--qr takes a name that ends in {' or '.join(QR_KINDS)}")
    codec = load_codec(keys_file, audience)
    now = clock()
    wordings = WORDINGS if fields["variant"] is None else 1
    is_drawn = draw_variant(fields)
    invite = read_invite(fields, now)
    if invite.origin is passphrase.Origin.IN_APP:
        raise click.UsageError("--origin must be wechat or qq; an in_app invite needs no message")
    if invite.is_expired(now):
        raise click.UsageError("--expires is in the past")
    minted = codec.mint(invite, script=script, wordings=wordings)
    try:
        message = passphrase.share(
            minted.text,
            locale=locale,
            group_name=group_name,
            app_name=app_name,
            template=template,
            url=url,
        )
    except ValueError as error:  # only the address has not been checked before
        raise click.UsageError(f"--{error}") from None
    for problem in lint(message) if template else ():
        say(f"--template: {problem.advice}")
    if qr:
        _draw(message, qr)
    if is_drawn:
        tell_drawn(minted)
    if as_json:
        opens = passphrase.open_url(invite.origin)
        print_json({"ok": True, "message": message, "text": minted.text, "open_url": opens})
    else:
        click.echo(message)


def _draw(message: str, path: Path) -> None:
    """Write the message as a QR code in UTF-8."""
    import segno  # noqa: PLC0415  # other commands do not need it

    try:
        segno.make_qr(message, encoding="utf-8").save(str(path), scale=6)
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_OUTPUT) from None
