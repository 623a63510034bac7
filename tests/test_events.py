"""Events: every label is one of a few strings, and none of them says who, which group or what."""

from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import AUDIENCE, CODEC, INVITE, KEYRING, SCRIPTS, YI, invites
from test_errors import EXAMPLES
from test_prompt import facts, policies

from passphrase import Codec, Decoded, Invite, Origin, Policy, Reason, Visit, join_prompt
from passphrase import events as ev
from passphrase.errors import PassphraseError
from passphrase.joining.rules import Facts

LABELS: dict[str, set[str]] = {
    "kind": {*ev.Kind},
    "reason": {"", *Reason, *(code for _, code, _ in EXAMPLES)},
    "origin": {"", *Origin},
    "script": {"", *SCRIPTS, "own"},
    "repairs": {"", "0", "1", "2", "3"},
    "key_id": {"", *map(str, range(8))},
}


def check(event: ev.Event) -> dict[str, str]:
    assert event.labels.keys() == LABELS.keys()
    for name, label in event.labels.items():
        assert type(label) is str
        assert label in LABELS[name]
    return event.labels


@given(
    invite=invites,
    script=st.sampled_from(SCRIPTS),
    facts=facts,
    policy=policies,
    viewer_id=st.none() | st.just(42),
    damaged=st.booleans(),
)
def test_every_event_is_bounded(  # noqa: PLR0913, PLR0917
    invite: Invite, script: str, facts: Facts, policy: Policy, viewer_id: int | None, damaged: bool
) -> None:
    """The life of an invite: the labels agree with what it is, and with the popup."""
    made = CODEC.mint(invite, script=script)
    minted = check(ev.minted(made))
    text = made.text
    decoded = CODEC.decode(f"{text[:3]}?{text[4:]}" if damaged and text[3] != "-" else text)
    visit = Visit(viewer_id=viewer_id, now=invite.expires_at - timedelta(1), source=None)
    prompt = join_prompt(decoded, visit, facts, policy=policy)
    opened = check(ev.opened(decoded, prompt))
    assert (opened["kind"] == "refused") is (prompt.action == "none")
    assert opened["reason"] == (prompt.reason or "")
    same = ("origin", "script", "key_id")
    events = (ev.repaired(decoded), ev.joined(decoded))
    for labels in (opened, *map(check, events)):
        assert [labels[name] for name in same] == [minted[name] for name in same]
        assert labels["repairs"] == str(len(decoded.repairs))
    gone = check(ev.left(decoded.fingerprint, invite.origin))
    assert gone == dict.fromkeys(LABELS, "") | {
        "kind": "left", "origin": invite.origin, "key_id": str(decoded.key_id)
    }  # fmt: skip


@pytest.mark.parametrize(("error", "code", "_message"), EXAMPLES)
def test_each_refusal(error: PassphraseError, code: str, _message: str) -> None:
    """The code, and the key that a wrong signature names."""
    labels = check(ev.refused(error))
    assert (labels["kind"], labels["reason"]) == ("refused", code)
    assert labels["key_id"] == ("1" if code == "signature" else "")


def test_what_is_not_bounded_is_summed_up() -> None:
    """A script of your own, many repairs, and a request from your table, without a script."""
    own = Codec(KEYRING, audience=AUDIENCE, script=YI)
    assert check(ev.minted(own.mint(INVITE)))["script"] == "own"
    decoded = CODEC.decode(CODEC.encode(INVITE))
    many = Decoded(INVITE, "", "", (0, 0), cast("Any", (None,) * 9), 1, decoded.fingerprint)
    labels = check(ev.joined(many))
    assert (labels["script"], labels["repairs"]) == ("", "3")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "9-" + "0" * 20,
        "1-" + "0" * 19,
        "1-" + "0" * 21,
        "0" * 22,
        "1-" + "F" * 20,
        "１-" + "0" * 20,
    ],
)
def test_what_is_no_fingerprint(wrong: str) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        ev.left(wrong, Origin.QQ)
    with pytest.raises(ValueError, match="sms"):
        ev.left("1-" + "0" * 20, cast("Any", "sms"))
