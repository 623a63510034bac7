"""The command that shows the popup for a pasted message: open."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

import passphrase
from passphrase.cli.keys import keyed, load_codec
from passphrase.cli.world import (
    EXIT_NONE,
    Json,
    clock,
    json_option,
    locale_option,
    print_json,
    read_id,
    read_message,
    read_moment,
    read_name,
    refuse,
    say,
    text_argument,
)
from passphrase.errors import PassphraseError
from passphrase.joining.rules import Action, Facts, Policy, Verdict, Visit, judge, needed_facts
from passphrase.languages import load_language

if TYPE_CHECKING:
    from uuid import UUID

    from passphrase.languages import Locale

YES_NO: Final = click.Choice(["yes", "no"])
POPUP_COLUMNS: Final = 46
_FACTS: Final = {
    "member": "The viewer is in the group.",
    "banned": "The viewer is banned from the group.",
    "inviter_is_member": "The inviter is in the group.",
    "group_full": "The group is full.",
    "mutual_follow": "Viewer and inviter follow each other.",
    "spent": "The passphrase is used up. Needs a single-use invite or --count-uses.",
    "revoked": "The passphrase is on the deny-list. Needs --deny-list.",
}
_COUNTS: Final = {
    "generation": "How often the group has reset its invites.",
    "uses_left": "How many more people can join; the inviter is told.",
}
_SWITCHES: Final = {
    "any_source": "Accept a source that is not the origin of the invite.",
    "require_source": "Refuse --source unknown.",
    "require_mutual_follow": "Require mutual follow even if the invite does not.",
    "request_when_not_mutual": "Let people without mutual follow ask to join.",
    "deny_list": "Your backend keeps a deny-list of fingerprints.",
    "count_uses": "Your backend counts the uses of every invite.",
}
_Command = TypeVar("_Command", bound=Callable[..., object])


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _judging(command: _Command) -> _Command:
    """Add an option for each fact and each setting of the policy."""
    switches = [click.option(_flag(name), is_flag=True, help=_SWITCHES[name]) for name in _SWITCHES]
    facts = [click.option(_flag(name), type=YES_NO, help=_FACTS[name]) for name in _FACTS]
    counts = [
        click.option(_flag(name), type=click.IntRange(0), help=_COUNTS[name]) for name in _COUNTS
    ]
    for option in reversed([*counts, *facts, *switches]):
        command = option(command)
    return command


def _read_viewer(
    context: click.Context, option: click.Parameter, given: str
) -> "int | UUID | None":
    return None if given == "nobody" else read_id(context, option, given)


@click.command("open")
@text_argument
@click.option(
    "--viewer",
    "viewer_id",
    required=True,
    metavar="ID|nobody",
    callback=_read_viewer,
    help="Id of the user who pasted the message; nobody if nobody is signed in.",
)
@click.option(
    "--source",
    required=True,
    type=click.Choice(["wechat", "qq", "in_app", "unknown"], case_sensitive=False),
    help="Where the client says that the message was copied.",
)
@_judging
@click.option(
    "--group-name",
    metavar="NAME",
    callback=read_name,
    help="Name of the group in your database.",
)
@click.option(
    "--inviter-name",
    metavar="NAME",
    callback=read_name,
    help="Name of the inviter in your database.",
)
@click.option("--at", metavar="7d|12h|30m|ISO", help="Time of opening. Default: now.")
@locale_option
@click.option("--why", is_flag=True, help="Also print the rules that were tried.")
@json_option
@keyed
def open_(  # noqa: PLR0913  # one parameter for each option
    *,
    text: str | None,
    keys_file: str | None,
    audience: str,
    viewer_id: "int | UUID | None",
    source: Any,  # noqa: ANN401  # checked by click
    group_name: str | None,
    inviter_name: str | None,
    at: str | None,
    locale: "Locale",
    why: bool,
    as_json: bool,
    **given: Any,  # noqa: ANN401  # checked by click
) -> int:
    """Open a pasted message as an app would, and show the popup.

    TEXT is the message; if it is - or missing, standard input is read. If you leave out a fact that
    the rules need, the viewer cannot join. Exit code 0: the viewer can join or ask to join, or has
    to sign in first.
    """
    codec = load_codec(keys_file, audience)
    now = clock() if at is None else read_moment(at, clock(), "--at")
    facts, policy = _facts(given), _policy(given)
    if given["revoked"] and not policy.deny_list:
        raise click.UsageError("--revoked needs --deny-list")
    source = None if source == "unknown" else source
    visit = Visit(viewer_id=viewer_id, now=now, source=source)
    message = read_message(text)
    try:
        decoded = codec.decode(message)
    except PassphraseError as error:
        if not as_json:
            _show_refusal(passphrase.explain(message, codec).sentences[locale], locale)
        return refuse(error, message, as_json=as_json)
    prompt = passphrase.join_prompt(
        decoded,
        visit,
        facts,
        policy=policy,
        locale=locale,
        group_name=group_name,
        inviter_name=inviter_name,
    )
    verdict = judge(decoded.invite, visit, facts, policy=policy)
    needed = needed_facts(decoded.invite, visit, facts, policy=policy)
    if as_json:
        told: Json = {"needed": needed, "rules": _rules(verdict)} if why else {}
        print_json({"ok": True, **prompt.model_dump(mode="json"), **told})
    else:
        show(prompt.title, prompt.message, prompt.button)
        for row in _rules(verdict) if why else ():
            click.echo("rule {rule:>2}  {holds:<3}  {when}".format_map(row))
        if needed:
            say(f"needs {', '.join(map(_flag, needed))}")
    return 0 if prompt.action is not Action.NONE else EXIT_NONE


def _facts(given: dict[str, Any]) -> Facts:
    known = {name: given[name] == "yes" for name in _FACTS if given[name]}
    return Facts(**{name: given[name] for name in _COUNTS}, **known)


def _policy(given: dict[str, Any]) -> Policy:
    switches = {name: given[name] for name in _SWITCHES if name != "any_source"}
    return Policy(strict_source=not given["any_source"], **switches)


def _rules(verdict: Verdict) -> list[Json]:
    """Return, for each rule that was tried, whether it holds."""
    last = "?" if verdict.missing else "yes"
    holds = ["no"] * (len(verdict.passed) - 1) + [last]
    return [
        {"rule": rule.number, "holds": word, "when": rule.when}
        for rule, word in zip(verdict.passed, holds, strict=True)
    ]


def _show_refusal(sentence: str, locale: "Locale") -> None:
    """Draw the popup for a text without a readable passphrase."""
    language = load_language(locale)
    show(language.unreadable, sentence, language.understood)


def show(title: str, message: str, button: str) -> None:
    """Draw a popup."""
    from rich.align import Align  # noqa: PLC0415  # other commands do not need rich
    from rich.console import Console, Group  # noqa: PLC0415
    from rich.panel import Panel  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    heading = Align.center(Text(title, style="bold"))
    action = Align.center(Text(f"[ {button} ]", style="bold"))
    body = Group(heading, Text(), Text(message), Text(), action)
    # click prints it: rich would exit by itself if the reader of a pipe has gone.
    console = Console()
    with console.capture() as drawn:
        console.print(Panel(body, width=min(POPUP_COLUMNS, console.width), padding=(1, 2)))
    click.echo(drawn.get(), nl=False)
