"""The command that shows every step on one screen: demo."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

import passphrase
from passphrase.cli.keys import make_secret
from passphrase.cli.popup import show
from passphrase.cli.world import EXIT_BUG, Stop, clock
from passphrase.errors import PassphraseError
from passphrase.joining.rules import Action, Facts, Visit
from passphrase.scripts import SCRIPT_NAMES

if TYPE_CHECKING:
    from datetime import datetime

    from passphrase import Codec, Invite, JoinPrompt, Origin

VIEWER_ID: Final = 42
GROUP_NAME: Final = "火锅小分队"
INVITER_NAME: Final = "老王"


@click.command()
def demo() -> None:
    """Show every step on one screen, with a new key."""
    now = clock()
    codec, stranger = (
        passphrase.Codec(passphrase.Keyring({1: make_secret()}), audience="demo") for _ in range(2)
    )
    invite = _invite(now + timedelta(days=7), passphrase.Origin.WECHAT)
    text = codec.encode(invite)
    message = passphrase.share(text, group_name=GROUP_NAME, app_name="抖音")
    middle = len(message) - 20
    pasted = f"老王: {message[:middle]}\n{message[middle:-9]}\u200b{message[-8:]} 快来!"
    _tell("An invite", _line(invite))
    _tell("in three spellings", *(codec.encode(invite, script=name) for name in SCRIPT_NAMES))
    _tell("The message to share", message)
    _tell("as a chat gives it back, wrapped and with an emoji lost", *pasted.splitlines())
    decoded = codec.decode(pasted)
    (repair,) = decoded.repairs
    told = f"{repair.kind} {repair.meant}; {_line(decoded.invite)}"
    _tell("is found, repaired, verified", told)
    click.secho("and opens this popup", bold=True)
    prompt = _popup(codec, pasted, now)
    show(prompt.title, prompt.message, prompt.button)
    pull = _invite(invite.expires_at, passphrase.Origin.IN_APP)
    for heading, told in (
        ("A stranger's forgery", _refusal(codec, stranger.encode(invite))),
        ("An expired one", _no(_popup(codec, text, now + timedelta(days=8)))),
        (
            "A direct pull by somebody they do not mutually follow",
            _no(_popup(codec, codec.encode(pull), now)),
        ),
    ):
        _tell(heading, told)


def _tell(heading: str, *lines: str) -> None:
    click.secho(heading, bold=True)
    for line in lines:
        click.echo(f"  {line}")


def _invite(expires_at: "datetime", origin: "Origin") -> "Invite":
    return passphrase.Invite(
        group_id=6824193837465920001,
        inviter_id=102938475610293847,
        expires_at=expires_at,
        origin=origin,
    )


def _line(invite: "Invite") -> str:
    return (
        f"group {invite.group_id}, from {invite.inviter_id}, by {invite.origin}, "
        f"until {invite.expires_at:%Y-%m-%d %H:%M}Z"
    )


def _popup(codec: "Codec", pasted: str, now: "datetime") -> "JoinPrompt":
    """Make the popup for a viewer who can join, but who has no mutual follow with the inviter."""
    decoded = codec.decode(pasted)
    facts = Facts(
        generation=0,
        member=False,
        banned=False,
        inviter_is_member=True,
        group_full=False,
        mutual_follow=False,
    )
    visit = Visit(viewer_id=VIEWER_ID, now=now, source=decoded.invite.origin)
    return passphrase.join_prompt(
        decoded, visit, facts, group_name=GROUP_NAME, inviter_name=INVITER_NAME
    )


def _no(prompt: "JoinPrompt") -> str:
    if prompt.action is not Action.NONE:
        raise Stop("the popup offers too much", EXIT_BUG)
    return f"{prompt.reason}: {prompt.title}。{prompt.message}"


def _refusal(codec: "Codec", text: str) -> str:
    try:
        codec.decode(text)
    except PassphraseError as error:
        return f"{error.code}: {error}"
    raise Stop("the forgery was accepted", EXIT_BUG)
