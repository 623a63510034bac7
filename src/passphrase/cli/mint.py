"""The command that makes a passphrase of an invite: encode; and what `share` needs of it."""

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

import passphrase
from passphrase.cli.keys import keyed, load_codec
from passphrase.cli.read import success
from passphrase.cli.world import clock, json_option, print_json, read_id, read_moment, say
from passphrase.codec import VARIANTS
from passphrase.scripts import SCRIPT_NAMES

if TYPE_CHECKING:
    from datetime import datetime

    from passphrase import Decoded, Invite

_Command = TypeVar("_Command", bound=Callable[..., object])


def _id_option(name: str, words: str) -> Callable[[_Command], _Command]:
    variable = name.removeprefix("--") + "_id"
    return click.option(name, variable, required=True, metavar="ID", callback=read_id, help=words)


def minting(command: _Command) -> _Command:
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
                type=click.IntRange(0, VARIANTS - 1),
                help="Another passphrase of the same invite. Default: 0, and with --single-use a "
                "random one.",
            ),
        )
    ):
        command = option(command)
    return command


def draw_variant(fields: dict[str, Any]) -> bool:
    """Fill in the variant that was not named; tell whether it was drawn, as for single use.

    Equal invites are one passphrase, which the second of two friends would find used up.
    """
    is_drawn = fields["single_use"] and fields["variant"] is None
    if fields["variant"] is None:
        fields["variant"] = secrets.randbelow(VARIANTS) if is_drawn else 0
    return is_drawn


def tell_drawn(decoded: "Decoded") -> None:
    """Say which variant was drawn, and what the ledger will know the invite by."""
    say(
        f"drew variant {decoded.invite.variant} of this single-use invite, fingerprint "
        f"{decoded.fingerprint}; --variant chooses another"
    )


def read_invite(fields: dict[str, Any], now: "datetime") -> "Invite":
    """Make the invite that the options describe.

    Raises:
        click.UsageError: Its end is out of range, or lies in this minute, which floors to nothing.
    """
    asked = read_moment(fields.pop("expires"), now, "--expires")
    origin = passphrase.Origin(fields.pop("origin"))
    try:
        invite = passphrase.Invite(expires_at=asked, origin=origin, **fields)
    except ValueError:  # the options have checked every other field
        raise click.UsageError("--expires must lie between 2026-01-01 and 2089-10-18") from None
    if invite.is_expired(now) and now < asked:
        raise click.UsageError(
            "--expires lies in this minute; an invite ends with a full minute, so it would be over"
        )
    return invite


@click.command()
@minting
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
    is_drawn = draw_variant(fields)
    invite = read_invite(fields, now)
    if invite.is_expired(now):
        say("this invite has already expired")
    decoded = codec.decode(codec.encode(invite, script=script))
    if is_drawn:
        tell_drawn(decoded)
    if as_json:
        print_json(success(decoded, now))
    else:
        click.echo(decoded.text)
