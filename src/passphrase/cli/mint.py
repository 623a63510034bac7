"""The commands that make a passphrase of an invite: encode, share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

import passphrase
from passphrase.cli.keys import keyed, load_codec
from passphrase.cli.read import success
from passphrase.cli.world import (
    EXIT_OUTPUT,
    Stop,
    clock,
    json_option,
    locale_option,
    print_json,
    read_id,
    read_moment,
    read_name,
    say,
)
from passphrase.scripts import SCRIPT_NAMES

if TYPE_CHECKING:
    from datetime import datetime

    from passphrase import Invite

QR_KINDS: Final = (".png", ".svg")
_Command = TypeVar("_Command", bound=Callable[..., object])


def _id_option(name: str, words: str) -> Callable[[_Command], _Command]:
    variable = name.removeprefix("--") + "_id"
    return click.option(name, variable, required=True, metavar="ID", callback=read_id, help=words)


def _minting(command: _Command) -> _Command:
    """Add the options that say what to mint."""
    for option in reversed(
        (
            _id_option("--group", "Id of the group: a decimal number below 2^64, or a UUID."),
            _id_option("--inviter", "Id of the inviter: a decimal number below 2^64, or a UUID."),
            click.option(
                "--expires",
                required=True,
                metavar="7d|12h|30m|ISO",
                help="Lifetime, or a moment with its zone such as 2026-12-01T20:00+08:00.",
            ),
            click.option(
                "--origin",
                required=True,
                type=click.Choice(["wechat", "qq", "in_app"], case_sensitive=False),
                help="The app that carries it, or in_app for a direct pull.",
            ),
            click.option(
                "--script", type=click.Choice(SCRIPT_NAMES), default="emoji", show_default=True
            ),
            click.option(
                "--mutual-follow", is_flag=True, help="Only for mutual follows of the inviter."
            ),
            click.option("--approval", is_flag=True, help="Joining asks the group's owner first."),
            click.option(
                "--single-use", is_flag=True, help="The first join spends it (needs a ledger)."
            ),
            click.option(
                "--generation",
                type=click.IntRange(0, 255),
                default=0,
                help="The group's own count of resets.",
            ),
            click.option(
                "--variant",
                type=click.IntRange(0, 255),
                default=0,
                help="Another passphrase of the same invite.",
            ),
        )
    ):
        command = option(command)
    return command


def _invite(fields: dict[str, Any], now: "datetime") -> "Invite":
    """Make the invite that the options describe."""
    expires_at = read_moment(fields.pop("expires"), now, "--expires")
    origin = passphrase.Origin(fields.pop("origin"))
    try:
        return passphrase.Invite(expires_at=expires_at, origin=origin, **fields)
    except ValueError:  # the options have checked every other field
        raise click.UsageError("--expires must lie between 2026-01-01 and 2089-10-18") from None


@click.command()
@_minting
@json_option
@keyed
def encode(
    *,
    keys_file: str | None,
    audience: str,
    script: str,
    as_json: bool,
    **fields: Any,  # noqa: ANN401  # what click has checked
) -> None:
    """Mint the passphrase of an invite."""
    now = clock()
    codec = load_codec(keys_file, audience)
    invite = _invite(fields, now)
    if invite.expires_at <= now:
        say("this invite has already expired")
    text = codec.encode(invite, script=script)
    if as_json:
        print_json(success(codec.decode(text), now))
    else:
        click.echo(text)


@click.command()
@_minting
@click.option(
    "--group-name",
    metavar="NAME",
    callback=read_name,
    help="Of the group, put harmless into the message.",
)
@click.option(
    "--app-name",
    metavar="NAME",
    callback=read_name,
    help="Of the app to open, put harmless into it too.",
)
@locale_option
@click.option(
    "--qr",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.png|svg",
    help="Also draw the message as a QR code.",
)
@json_option
@keyed
def share(  # noqa: PLR0913  # one parameter an option
    *,
    keys_file: str | None,
    audience: str,
    script: str,
    group_name: str | None,
    app_name: str | None,
    locale: Any,  # noqa: ANN401  # what click has checked
    qr: Path | None,
    as_json: bool,
    **fields: Any,  # noqa: ANN401  # the same
) -> None:
    """Mint an invite and print the message to paste into WeChat or QQ."""
    if qr and qr.suffix.lower() not in QR_KINDS:
        raise click.UsageError(f"--qr takes a name that ends in {' or '.join(QR_KINDS)}")
    codec = load_codec(keys_file, audience)
    now = clock()
    invite = _invite(fields, now)
    if invite.origin is passphrase.Origin.IN_APP:
        raise click.UsageError("--origin in_app needs no message; WeChat and QQ do")
    if invite.expires_at <= now:
        raise click.UsageError("--expires is past: the message would help nobody")
    text = codec.encode(invite, script=script)
    message = passphrase.share(
        text, to=invite.origin, locale=locale, group_name=group_name, app_name=app_name
    )
    if qr:
        _draw(message, qr)
    if as_json:
        url = passphrase.open_url(invite.origin)
        print_json({"ok": True, "message": message, "text": text, "open_url": url})
    else:
        click.echo(message)


def _draw(message: str, path: Path) -> None:
    """Write the message as a QR code in UTF-8."""
    import segno  # noqa: PLC0415  # no other command pays for it

    try:
        segno.make_qr(message, encoding="utf-8").save(str(path), scale=6)
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}", EXIT_OUTPUT) from None
