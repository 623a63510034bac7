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
    from passphrase.codec import Level

_EXIT_CODES: Final[Mapping[str, int]] = {"valid": 0, "unverified": 0, "expired": EXIT_EXPIRED}


@click.command()
@text_argument
@json_option
@repair_option
@click.option(
    "--all", "every", is_flag=True, help="Every passphrase that verifies; with --json one a line."
)
@keyed
def decode(  # noqa: PLR0913  # one parameter an option
    *,
    text: str | None,
    keys_file: str | None,
    audience: str,
    as_json: bool,
    every: bool,
    repair: "Level",
) -> int:
    """Read the passphrase out of a pasted message.

    The message is TEXT, or standard input in UTF-8 when TEXT is - or missing. Exit code 0: a valid
    passphrase that has not expired; 3: it has, or with --all one of them.
    """
    codec = load_codec(keys_file, audience)
    message = read_message(text)
    try:
        if every:
            found = codec.decode_all(message, repair=repair)
        else:
            found = [codec.decode(message, repair=repair)]
    except PassphraseError as error:
        return refuse(error, as_json=as_json)
    reports = [success(decoded, clock()) for decoded in found]
    for report in reports:
        print_json(report) if as_json else print_table(report)
    return EXIT_EXPIRED if any(report["expired"] for report in reports) else 0


@click.command()
@text_argument
@json_option
def find(*, text: str | None, as_json: bool) -> int:
    """Find passphrases without a key: their signature is NOT checked.

    The message is TEXT, or standard input in UTF-8 when TEXT is - or missing.
    """
    try:
        contents = scan(read_message(text))
        if not contents.candidates:
            raise contents.refusal
    except PassphraseError as error:
        return refuse(error, as_json=as_json)
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
    "--audience", envvar="PASSPHRASE_AUDIENCE", help="With keys: also check the signature."
)
@click.option(
    "--keys-file", envvar="PASSPHRASE_KEYS_FILE", metavar="FILE", help="File of `keygen`."
)
def explain(*, text: str | None, as_json: bool, audience: str | None, keys_file: str | None) -> int:
    """Say what became of a passphrase, and what to tell the person.

    Repeats nothing of the text. The message is TEXT, or standard input in UTF-8. Exit code 0: a
    passphrase; 3: an expired one. Without keys, its signature is NOT checked.
    """
    given = click.get_current_context().get_parameter_source("keys_file")
    if given is click.core.ParameterSource.COMMANDLINE and not audience:
        raise click.UsageError("--keys-file needs --audience")
    # An audience that is exported for other commands does not ask for a check of signatures.
    asked = click.get_current_context().get_parameter_source("audience")
    can_check = keys_file or has_keys() or asked is click.core.ParameterSource.COMMANDLINE
    codec = load_codec(keys_file, audience) if audience and can_check else None
    diagnosis = passphrase.explain(read_message(text), codec, now=clock())
    report = {**asdict(diagnosis), "sentences": dict(diagnosis.sentences)}
    if diagnosis.expires_at:
        report["expires_at"] = f"{diagnosis.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    if as_json:
        print_json(report)
    else:  # what is nothing goes without saying; a version may be 0
        said = {n: each for n, each in report.items() if each or (n, each) == ("version", 0)}
        print_table(said)
    return _EXIT_CODES.get(diagnosis.finding, EXIT_NONE)


def success(decoded: "Decoded", now: "datetime") -> Json:
    """Report what a passphrase says."""
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
