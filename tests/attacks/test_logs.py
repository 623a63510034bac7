"""Logs: no call writes any, and no result or error contains a key or clipboard text."""

import base64
import json
import logging
import pickle
import random
import warnings
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pyarrow as pa
import pytest
from attacks.attacks_support import failing, forged, locals_of_ours
from support import CODEC, DERIVED, INVITE, KEYRING, SECRET, YI

from passphrase import (
    Codec,
    Keyring,
    PassphraseError,
    Script,
    Visit,
    explain,
    find,
    join_prompt,
    recognize,
    share,
)
from passphrase.bulk import (  # Arrow has no types
    decode_column,  # pyright: ignore[reportUnknownVariableType]
    find_column,  # pyright: ignore[reportUnknownVariableType]
)
from passphrase.errors import LimitError, NotFoundError
from passphrase.joining.rules import Facts, needed_facts
from passphrase.sharing.lint import lint
from passphrase.web import refusal

TEXT = CODEC.encode(INVITE)
NOW = INVITE.expires_at - timedelta(days=1)
NAIVE = NOW.replace(tzinfo=None)
CLIPBOARD = "MYDIARYOFTODAY"
PASTED = f"{CLIPBOARD} {TEXT[:9]}{TEXT[10:]} {CLIPBOARD}"
FORGED = forged(random.Random(4))
FACTS = Facts(generation=0, member=False, banned=False, inviter_is_member=True, group_full=False)
VISIT = Visit(viewer_id=42, now=NOW, source="wechat")

# Everything that a backend calls in the course of a day, with good and with bad luck.
CALLS: dict[str, Callable[[], object]] = {
    "mint": lambda: CODEC.encode(INVITE),
    "mint in base 32": lambda: CODEC.encode(INVITE, script="base32"),
    "read": lambda: CODEC.decode(TEXT),
    "repair": lambda: CODEC.decode(PASTED),
    "repair thoroughly": lambda: CODEC.decode(TEXT[:3] + TEXT[5:], repair="thorough"),
    "read all": lambda: CODEC.decode_all(TEXT + FORGED),
    "find": lambda: find(PASTED),
    "recognize": lambda: recognize(TEXT),
    "explain": lambda: explain(PASTED, CODEC, now=NOW),
    "explain a forgery": lambda: explain(FORGED, CODEC, now=NOW),
    "share": lambda: share(TEXT, group_name=CLIPBOARD),
    "lint": lambda: lint(PASTED),
    "what is needed": lambda: needed_facts(INVITE, VISIT),
    "popup": lambda: join_prompt(CODEC.decode(TEXT), VISIT, FACTS),
    "rotate": lambda: KEYRING.rotated(b"n" * 32).without(1),
    "read a ring": lambda: Keyring.parse(KEYRING.reveal()),
    "forged": lambda: CODEC.decode(FORGED),
    "damaged": lambda: CODEC.decode(TEXT[5:]),
    "nothing": lambda: CODEC.decode(CLIPBOARD),
    "too long": lambda: CODEC.decode(CLIPBOARD * 9_000),
    "two": lambda: CODEC.decode(TEXT + CODEC.encode(INVITE.model_copy(update={"variant": 1}))),
    "refuse": lambda: refusal(CLIPBOARD, LimitError("origins"), CODEC),
    "refuse in a language": lambda: refusal(PASTED, NotFoundError(), CODEC, cast("Any", "fr")),
    "refuse another error": lambda: refusal(PASTED, cast("Any", ValueError(CLIPBOARD)), CODEC),
    "find in a column": partial(find_column, cast("Any", pa).array([[CLIPBOARD]])),
    "read a column": partial(decode_column, CODEC, [CLIPBOARD], repair=cast("Any", "all")),
    "bad ring": lambda: Keyring({1: SECRET, 2: SECRET}, 1),
}  # fmt: skip


def spellings(secret: bytes) -> list[str]:
    """Spell the first half of a secret as a log may show it, and as a list of its bytes."""
    half = secret[:15]
    encoded = base64.b64encode(half).decode()
    spelled = [half.hex(), encoded, encoded.translate({43: "-", 47: "_"}), repr(half)[2:-1]]
    return [*spelled, ", ".join(map(str, half)), half.decode("latin-1")]


def shows_a_key(shown: str) -> bool:
    """Tell whether a text holds a secret or a derived key in any usual spelling."""
    secrets = (SECRET, *DERIVED)
    return any(form.lower() in shown.lower() for s in secrets for form in spellings(s))


@pytest.mark.parametrize("shown", [SECRET.hex(), repr(SECRET), str([*SECRET]), KEYRING.reveal()])
def test_the_search_would_see_a_key(shown: str) -> None:
    assert shows_a_key(f"ring: {shown}.")


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_written(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """With all logs on, no call logs, prints or warns, whether it succeeds or fails.

    And what it returns or raises shows no key, however it is written down.
    """
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            result = CALLS[name]()
        except (PassphraseError, TypeError, ValueError) as error:
            shown += [f"{error} {error!r} {error.args} {vars(error)}", locals_of_ours(error)]
            assert CLIPBOARD not in "".join(shown) or name == "nothing"
        else:
            shown += [f"{result} {result!r} {getattr(result, '__dict__', '')}"]
    assert (caplog.records, [*capfd.readouterr()], warned) == ([], ["", ""], [])
    assert not any(map(shows_a_key, shown))


def test_what_is_handed_over_shows_no_key() -> None:
    """Results contain no key, as JSON, as a dictionary or pickled."""
    decoded = CODEC.decode(PASTED)
    prompt = join_prompt(decoded, VISIT, FACTS)
    told = explain(PASTED, CODEC)
    for shown in (
        json.dumps(asdict(decoded), default=repr),
        prompt.model_dump_json(),
        json.dumps(asdict(told), default=repr),
        *(pickle.dumps(made, 0).decode("latin-1") for made in (decoded, prompt, told, INVITE)),
    ):
        assert not shows_a_key(shown)
    assert CLIPBOARD not in json.dumps(asdict(told), default=repr) + repr(decoded)
    assert repr(decoded.text) not in repr(decoded)


BAD_SCRIPT = Script("bad", YI.glyphs[:-1] + "?")
REFUSALS: dict[str, Callable[[], object]] = {
    "another type": lambda: CODEC.decode(CLIPBOARD.encode()),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    "lint another type": lambda: lint(CLIPBOARD.encode()),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    "too long": lambda: CODEC.decode(CLIPBOARD * 9_000),
    "too long to find": lambda: find(CLIPBOARD * 9_000),
    "damaged": lambda: CODEC.decode(CLIPBOARD + TEXT[5:]),
    "forged": lambda: CODEC.decode_all(CLIPBOARD + FORGED),
    "no such level": lambda: CODEC.decode(CLIPBOARD, repair="magic"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    "no such level for all": lambda: CODEC.decode_all(CLIPBOARD, repair="magic"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    "explain another type": lambda: explain(CLIPBOARD.encode(), CODEC),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    "explain by a naive clock": lambda: explain(CLIPBOARD + TEXT, CODEC, now=NAIVE),
    "a bad script": lambda: find(CLIPBOARD, scripts=[BAD_SCRIPT]),
    "share no passphrase": lambda: share(CLIPBOARD),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_no_frame_keeps_the_clipboard(name: str) -> None:
    """No frame of an error keeps the pasted text in a local variable."""
    error = failing(REFUSALS[name])
    assert CLIPBOARD not in f"{error} {error!r} {locals_of_ours(error)}"


def test_no_frame_keeps_what_was_minted() -> None:
    """No frame keeps a minted passphrase, also not one that `accept` refused."""
    seen: list[str] = []

    def accept(text: str) -> bool:
        seen.append(text)
        return False

    error = failing(lambda: CODEC.mint(INVITE, accept=accept))
    assert len(seen) == 256
    shown = f"{error} {locals_of_ours(error)}"
    assert not any(text in shown for text in seen)


@pytest.mark.parametrize(
    "text", [CLIPBOARD, FORGED, TEXT[5:]], ids=["nothing", "forged", "damaged"]
)
def test_a_naive_clock_is_refused_whatever_the_text(text: str) -> None:
    """A naive `now` is refused for every text, so the mistake shows before production."""
    with pytest.raises(TypeError):
        explain(text, CODEC, now=NAIVE)


HALF_MADE: dict[str, Callable[[], object]] = {
    "ring": lambda: Keyring({1: SECRET[:31]}),
    "codec": lambda: Codec(KEYRING, audience=""),
}


@pytest.mark.parametrize("name", HALF_MADE)
def test_what_was_only_half_made_can_be_printed(name: str) -> None:
    """`repr` works for half-made objects, which error trackers print."""
    link = failing(HALF_MADE[name]).__traceback__
    while link is not None:
        for value in link.tb_frame.f_locals.values():
            if isinstance(value, Keyring | Codec):
                assert type(value).__name__ in repr(value)
        link = link.tb_next
