"""Oracles: a refusal shows strangers and forgers nothing but its reason."""

import json
import random
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from attacks.attacks_support import forged, outcome
from support import AUDIENCE, CODEC, INVITE, KEYRING, OTHER_SECRET, SCRIPTS, SECRET

from passphrase import Codec, Keyring, PassphraseError, Policy, Reason, Visit, explain, join_prompt
from passphrase.diagnosis import Finding
from passphrase.joining.rules import Facts

LATER = INVITE.expires_at + timedelta(days=1)
EARLIER = INVITE.expires_at - timedelta(days=1)
TEXT = CODEC.encode(INVITE)
WITHOUT_THE_KEY = Codec(Keyring({2: SECRET}), audience=AUDIENCE)
# A text, and who reads it. All say key id 1, which a text shows to everybody.
STRANGERS = {
    "forged": (forged(random.Random(3)), CODEC),
    "another secret": (Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE).encode(INVITE), CODEC),
    "another audience": (Codec(KEYRING, audience="duoshan").encode(INVITE), CODEC),
    "no such key": (TEXT, WITHOUT_THE_KEY),
    "no such key, and forged": (forged(random.Random(5)), WITHOUT_THE_KEY),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_expired_is_said_of_a_good_tag_only(name: str) -> None:
    """`expired` is reported only with a good tag; otherwise a forger could test guesses."""
    text = CODEC.encode(INVITE)
    assert explain(text, CODEC, now=LATER).finding is Finding.EXPIRED
    stranger, codec = STRANGERS[name]
    told = explain(stranger, codec, now=LATER)
    assert (told.finding, told.expires_at) == (Finding.SIGNATURE, None)
    assert told == explain(stranger, codec, now=EARLIER)


def test_all_that_does_not_verify_is_told_alike() -> None:
    """A forgery, another secret, another audience and an unknown key give the same error.

    Error and diagnosis are the same in class, words and attributes, of whole and damaged texts.
    """

    def told(codec: Codec, text: str) -> tuple[object, ...]:
        with pytest.raises(PassphraseError) as caught:
            codec.decode(text)
        error = caught.value
        shown_before = None if error.__suppress_context__ else error.__context__
        return type(error), str(error), error.args, json.dumps(vars(error)), shown_before

    for rest in (9, 10):
        texts = [(text[:9] + text[rest:], codec) for text, codec in STRANGERS.values()]
        assert len({told(codec, text) for text, codec in texts}) == 1
        assert len({repr(explain(text, codec)) for text, codec in texts}) == 1


def test_without_a_key_a_forgery_looks_genuine() -> None:
    """Without a key, a forgery looks genuine, so `recognize` does not help to guess tags."""
    assert (
        len({repr(explain(text)) for text in (TEXT, *(text for text, _ in STRANGERS.values()))})
        == 1
    )


def test_a_wrong_repair_is_not_told_from_a_wrong_word() -> None:
    """A wrong repair gives the same error as a damaged row."""
    text = CODEC.encode(INVITE)
    for retired in (Codec(Keyring({1: OTHER_SECRET}), audience=AUDIENCE), CODEC):
        for spoiled in (text[:3] + text[7:], text[:3] + "????" + text[7:]):
            read = outcome(spoiled, retired)
            assert isinstance(read, type)
            assert read.code == "damaged"


FACTS: dict[str, dict[str, Any]] = {
    "expired": {},
    "revoked": {"generation": 1},
    "used up": {"generation": 0, "spent": True},
    "banned": {"generation": 0, "spent": False, "member": False, "banned": True},
    "inviter left": {
        "generation": 0, "spent": False, "member": False, "banned": False,
        "inviter_is_member": False,
    },
    "full": {
        "generation": 0, "spent": False, "member": False, "banned": False,
        "inviter_is_member": True, "group_full": True,
    },
    "not mutual": {
        "generation": 0, "spent": False, "member": False, "banned": False,
        "inviter_is_member": True, "group_full": False, "mutual_follow": False,
    },
    "undecided": {"generation": 0, "spent": None},
}  # fmt: skip
IDS = [5, 2**40, UUID(int=6)]


@pytest.mark.parametrize("case", FACTS)
def test_a_refusal_is_the_same_for_every_group_and_inviter(case: str) -> None:
    """A refusal is the same, byte by byte, for every group and inviter."""
    told: set[str] = set()
    for group, inviter, script in product(IDS, IDS, SCRIPTS):
        update = {"group_id": group, "inviter_id": inviter, "single_use": True}
        invite = INVITE.model_copy(update=update | {"mutual_follow": True})
        now = LATER if case == "expired" else EARLIER
        prompt = join_prompt(
            CODEC.decode(CODEC.encode(invite, script=script)),
            Visit(viewer_id=42, now=now, source="wechat"),
            Facts(**FACTS[case]),
            group_name=f"group {group}",
            inviter_name=f"inviter {inviter}",
        )
        assert prompt.reason == case.replace(" ", "_").replace("full", "group_full")
        told.add(prompt.model_dump_json())
    assert len(told) == 1


def test_a_group_that_is_gone_is_one_that_was_reset() -> None:
    """A missing group, counted as reset, has the same popup as a reset one."""

    def told(**facts: Any) -> str:
        visit, policy = Visit(viewer_id=42, now=EARLIER, source=None), Policy(deny_list=True)
        return join_prompt(
            CODEC.decode(TEXT), visit, Facts(**facts), policy=policy
        ).model_dump_json()

    gone = told(generation=INVITE.generation + 1)
    assert gone == told(generation=77)
    assert json.loads(gone)["reason"] == Reason.REVOKED
    assert gone == told(generation=0, revoked=True)
