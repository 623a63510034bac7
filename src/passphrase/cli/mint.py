"""The commands that make a passphrase of an invite: encode."""

from typing import TYPE_CHECKING, Any

import click

import passphrase
from passphrase.cli.keys import keyed, load_codec
from passphrase.cli.read import success
from passphrase.cli.world import clock, json_option, print_json, read_moment, say
from passphrase.scripts import SCRIPT_NAMES

if TYPE_CHECKING:
    from uuid import UUID


def _read_id(_context: click.Context, _option: click.Parameter, text: str) -> "int | UUID":
    try:
        return passphrase.parse_id(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option(
    "--group",
    "group_id",
    required=True,
    metavar="ID",
    callback=_read_id,
    help="Decimal below 2^64, or UUID.",
)
@click.option(
    "--inviter", "inviter_id", required=True, metavar="ID", callback=_read_id, help="The same."
)
@click.option(
    "--expires",
    required=True,
    metavar="7d|12h|30m|ISO",
    help="Lifetime, or a moment with its zone such as 2026-12-01T20:00+08:00.",
)
@click.option(
    "--origin",
    required=True,
    type=click.Choice(["wechat", "qq", "in_app"], case_sensitive=False),
    help="The app that carries it, or in_app for a direct pull.",
)
@click.option("--script", type=click.Choice(SCRIPT_NAMES), default="emoji", show_default=True)
@click.option("--mutual-follow", is_flag=True, help="Only for mutual follows of the inviter.")
@click.option("--approval", is_flag=True, help="Joining asks the group's owner first.")
@click.option("--single-use", is_flag=True, help="The first join spends it (needs a ledger).")
@click.option(
    "--generation", type=click.IntRange(0, 255), default=0, help="The group's own count of resets."
)
@click.option(
    "--variant", type=click.IntRange(0, 255), default=0, help="Another wording of the same."
)
@json_option
@keyed
def encode(  # noqa: PLR0913  # one parameter an option
    *,
    keys_file: str | None,
    audience: str,
    script: str,
    expires: str,
    origin: str,
    as_json: bool,
    **fields: Any,  # noqa: ANN401  # what click has checked
) -> None:
    """Mint the passphrase of an invite."""
    now = clock()
    codec = load_codec(keys_file, audience)
    try:
        invite = passphrase.Invite(
            expires_at=read_moment(expires, now, "--expires"),
            origin=passphrase.Origin(origin),
            **fields,
        )
    except ValueError:  # the options have checked every other field
        raise click.UsageError("--expires must lie between 2026-01-01 and 2089-10-18") from None
    if invite.expires_at <= now:
        say("this invite has already expired", 0)
    text = codec.encode(invite, script=script)
    if as_json:
        print_json(success(codec.decode(text), now))
    else:
        click.echo(text)
