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
    qr: Path | None,
    as_json: bool,
    **fields: Any,  # noqa: ANN401  # the same
) -> None:
    """Mint an invite and print the message to paste into WeChat or QQ."""
    if qr and qr.suffix.lower() not in QR_KINDS:
        raise click.UsageError(f"--qr takes a name that ends in {' or '.join(QR_KINDS)}")
    codec = load_codec(keys_file, audience)
    now = clock()
    is_drawn = draw_variant(fields)
    invite = read_invite(fields, now)
    if invite.origin is passphrase.Origin.IN_APP:
        raise click.UsageError("--origin must be wechat or qq; an in_app invite needs no message")
    if invite.is_expired(now):
        raise click.UsageError("--expires is in the past")
    decoded = codec.decode(codec.encode(invite, script=script))
    message = passphrase.share(
        decoded.text,
        locale=locale,
        group_name=group_name,
        app_name=app_name,
        template=template,
    )
    for problem in passphrase.lint(message) if template else ():
        say(f"--template: {problem.advice}")
    if qr:
        _draw(message, qr)
    if is_drawn:
        tell_drawn(decoded)
    if as_json:
        url = passphrase.open_url(invite.origin)
        print_json({"ok": True, "message": message, "text": decoded.text, "open_url": url})
    else:
        click.echo(message)


def _draw(message: str, path: Path) -> None:
    """Write the message as a QR code in UTF-8."""
    import segno  # noqa: PLC0415  # other commands do not need it

    try:
        segno.make_qr(message, encoding="utf-8").save(str(path), scale=6)
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_OUTPUT) from None
