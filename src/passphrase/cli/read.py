"""The commands that read a pasted message: decode, find, explain."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

import passphrase
from passphrase.cli.keys import has_keys, keyed, load_codec
from passphrase.cli.world import (
    EXIT_EXPIRED,
    EXIT_NONE,
    Json,
    clock,
    json_option,
    print_json,
    print_table,
    read_message,
    refuse,
    repair_option,
    text_argument,
)
from passphrase.errors import PassphraseError
from passphrase.reading.find import scan

if TYPE_CHECKING:
    from datetime import datetime

    from passphrase import Decoded
    from passphrase.opening import Level

_EXIT_CODES: Final[Mapping[str, int]] = {"valid": 0, "unverified": 0, "expired": EXIT_EXPIRED}


@click.command()
@text_argument
@json_option
@repair_option
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Print every passphrase that verifies; with --json, one on each line.",
)
@keyed
def decode(  # noqa: PLR0913  # one parameter for each option
    *,
    text: str | None,
    keys_file: str | None,
    audience: str,
    as_json: bool,
    every: bool,
    repair: "Level",
) -> int:
    """Read the passphrase in a pasted message.

    TEXT is the message; if it is - or missing, standard input is read. Exit code 0: valid; 3:
    expired (with --all: at least one is).
    """
    codec = load_codec(keys_file, audience)
    message = read_message(text)
    try:
        if every:
            found = codec.decode_all(message, repair=repair)
        else:
            found = [codec.decode(message, repair=repair)]
    except PassphraseError as error:
        return refuse(error, message, as_json=as_json)
    reports = [success(decoded, clock()) for decoded in found]
    for report in reports:
        print_json(report) if as_json else print_table(report)
    return EXIT_EXPIRED if any(report["expired"] for report in reports) else 0


@click.command()
@text_argument
@json_option
def find(*, text: str | None, as_json: bool) -> int:
    """Find passphrases without a key. Signatures are NOT checked.

    TEXT is the message; if it is - or missing, standard input is read.
    """
    message = read_message(text)
    try:
        contents = scan(message)
        if not contents.candidates:
            raise contents.refusal
    except PassphraseError as error:
        return refuse(error, message, as_json=as_json)
    for candidate in contents.candidates:
        report = {
            "script": candidate.script,
            "span": candidate.span,
            "version": candidate.header.version,
            "key_id": candidate.header.key_id,
            "text": candidate.text,
        }
        if as_json:
            print_json({"ok": True, **report})
        else:
            print_table(report)
    return 0


@click.command()
@text_argument
@json_option
@click.option(
    "--audience",
    envvar="PASSPHRASE_AUDIENCE",
    help="Name of the app. With keys, the signature is checked.",
)
@click.option(
    "--keys-file", envvar="PASSPHRASE_KEYS_FILE", metavar="FILE", help="File made by `keygen`."
)
def explain(*, text: str | None, as_json: bool, audience: str | None, keys_file: str | None) -> int:
    """Say what happened to a passphrase, and what to tell the person.

    TEXT is the message; if it is - or missing, standard input is read. The report quotes nothing of
    it. Exit code 0: valid; 3: expired. Without keys, the signature is NOT checked.
    """
    given = click.get_current_context().get_parameter_source("keys_file")
    if given is click.core.ParameterSource.COMMANDLINE and not audience:
        raise click.UsageError("--keys-file needs --audience")
    # PASSPHRASE_AUDIENCE alone does not request a check: it may be set for other commands.
    asked = click.get_current_context().get_parameter_source("audience")
    can_check = keys_file or has_keys() or asked is click.core.ParameterSource.COMMANDLINE
    codec = load_codec(keys_file, audience) if audience and can_check else None
    diagnosis = passphrase.explain(read_message(text), codec, now=clock())
    report = {**asdict(diagnosis), "sentences": dict(diagnosis.sentences)}
    if diagnosis.expires_at:
        report["expires_at"] = f"{diagnosis.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    if as_json:
        print_json(report)
    else:  # leave empty values out, but show version 0
        said = {n: each for n, each in report.items() if each or (n, each) == ("version", 0)}
        print_table(said)
    return _EXIT_CODES.get(diagnosis.finding, EXIT_NONE)


def success(decoded: "Decoded", now: "datetime") -> Json:
    """Return the report of a decoded passphrase."""
    return {
        "ok": True,
        "invite": decoded.invite.model_dump(mode="json"),
        "text": decoded.text,
        "script": decoded.script,
        "span": decoded.span,
        "repairs": [asdict(repair) for repair in decoded.repairs],
        "key_id": decoded.key_id,
        "fingerprint": decoded.fingerprint,
        "expired": decoded.invite.is_expired(now),
    }
