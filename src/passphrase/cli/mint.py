"""The command `encode`, and the options that `encode` and `share` have in common."""

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

import passphrase
from passphrase.cli.keys import keyed, load_codec
from passphrase.cli.read import success
from passphrase.cli.world import clock, json_option, print_json, read_id, read_moment, say
from passphrase.format.layout import GENERATIONS, VARIANTS
from passphrase.scripts import SCRIPT_NAMES

if TYPE_CHECKING:
    from datetime import datetime

    from passphrase import Decoded, Invite, Minted

_Command = TypeVar("_Command", bound=Callable[..., object])


def _id_option(name: str, words: str) -> Callable[[_Command], _Command]:
    variable = name.removeprefix("--") + "_id"
    return click.option(name, variable, required=True, metavar="ID", callback=read_id, help=words)


def minting(command: _Command) -> _Command:
    """Add the options that describe an invite."""
    for option in reversed(
        (
            _id_option("--group", "Id of the group: a decimal number below 2^64, or a UUID."),
            _id_option("--inviter", "Id of the inviter: a decimal number below 2^64, or a UUID."),
            click.option(
                "--expires",
                required=True,
                metavar="7d|12h|30m|ISO",
                help="Lifetime, or a time with its zone, such as 2030-12-01T20:00+08:00.",
            ),
            click.option(
                "--origin",
                required=True,
                type=click.Choice(["wechat", "qq", "in_app"], case_sensitive=False),
                help="The chat app that carries the message; in_app for an invite inside your app.",
            ),
            click.option(
                "--script",
                type=click.Choice(SCRIPT_NAMES),
                default="emoji",
                show_default=True,
                help="How to spell the passphrase.",
            ),
            click.option(
                "--mutual-follow",
                is_flag=True,
                help="Only people who mutually follow the inviter can join.",
            ),
            click.option("--approval", is_flag=True, help="The group's owner must approve a join."),
            click.option(
                "--single-use",
                is_flag=True,
                help="Only one person can join. Your backend must record the use.",
            ),
            click.option(
                "--generation",
                type=click.IntRange(0, GENERATIONS - 1),
                default=0,
                show_default=True,
                help="How often the group has reset its invites, modulo 256.",
            ),
            click.option(
                "--variant",
                type=click.IntRange(0, VARIANTS - 1),
                help="Makes a different passphrase for the same invite. Default: 0; with "
                "--single-use, random.",
            ),
        )
    ):
        command = option(command)
    return command


def draw_variant(fields: dict[str, Any]) -> bool:
    """Fill in a missing variant: 0, or a random one for single use. Return whether it is random.

    Equal single-use invites would make the same passphrase, and the second friend could not join.
    """
    is_drawn = fields["single_use"] and fields["variant"] is None
    if fields["variant"] is None:
        fields["variant"] = secrets.randbelow(VARIANTS) if is_drawn else 0
    return is_drawn


def tell_drawn(made: "Decoded | Minted") -> None:
    """Print which variant was drawn, and the fingerprint."""
    say(
        f"single-use invite with random variant {made.invite.variant}, fingerprint "
        f"{made.fingerprint}; use --variant to choose another"
    )


def read_invite(fields: dict[str, Any], now: "datetime") -> "Invite":
    """Make the invite that the options describe.

    Raises:
        click.UsageError: `--expires` is out of range, or within the current minute.
    """
    asked = read_moment(fields.pop("expires"), now, "--expires")
    origin = passphrase.Origin(fields.pop("origin"))
    try:
        invite = passphrase.Invite(expires_at=asked, origin=origin, **fields)
    except ValueError:  # the options have checked every other field
        raise click.UsageError("--expires must be between 2026-01-01 and 2089-10-18") from None
    if invite.is_expired(now) and now < asked:
        raise click.UsageError(
            "--expires is within this minute, so it would have expired already; choose a later time"
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
    **fields: Any,  # noqa: ANN401  # checked by click
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
