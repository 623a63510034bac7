"""The whole story on one screen, with a key made on the spot."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

import passphrase
from passphrase.cli.keys import make_secret
from passphrase.cli.world import EXIT_BUG, Stop, clock
from passphrase.errors import PassphraseError
from passphrase.scripts import SCRIPT_NAMES

if TYPE_CHECKING:
    from passphrase import Codec, Invite


@click.command()
def demo() -> None:
    """Tell the whole story on one screen, with a key made on the spot."""
    codec = passphrase.Codec(passphrase.Keyring({1: make_secret()}), audience="demo")
    invite = passphrase.Invite(
        group_id=6824193837465920001,
        inviter_id=102938475610293847,
        expires_at=clock() + timedelta(days=7),
        origin=passphrase.Origin.WECHAT,
    )
    text = codec.encode(invite)
    message = f"3 复制这条消息，打开抖音，加入「火锅小分队」【{text}】"
    pasted = f"老王: {message[:28]}\n{message[28:40]}\u200b\n{message[40:]} 快来!"
    stranger = passphrase.Codec(passphrase.Keyring({1: make_secret()}), audience="demo")
    decoded = codec.decode(pasted)
    for heading, lines in (
        ("An invite", [_line(invite)]),
        ("in three spellings", [codec.encode(invite, script=script) for script in SCRIPT_NAMES]),
        ("The message to paste", [message]),
        ("as a chat gives it back", pasted.splitlines()),
        (
            f"is found at {decoded.span[0]}-{decoded.span[1]}, verified and read",
            [_line(decoded.invite)],
        ),
        ("A stranger's forgery is refused", [_refusal(codec, stranger.encode(invite))]),
    ):
        click.secho(heading, bold=True)
        for line in lines:
            click.echo(f"  {line}")


def _line(invite: "Invite") -> str:
    return (
        f"group {invite.group_id}, from {invite.inviter_id}, by {invite.origin}, "
        f"until {invite.expires_at:%Y-%m-%d %H:%M}Z"
    )


def _refusal(codec: "Codec", text: str) -> str:
    try:
        codec.decode(text)
    except PassphraseError as error:
        return f"{error.code}: {error}"
    raise Stop("the forgery was accepted", EXIT_BUG)
