"""The public strategies: harmless manglings are read exactly, damage is repaired or refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import CODEC, SCRIPTS

from passphrase import Codec, Invite, Keyring
from passphrase.strategies import (
    DAMAGE,
    HARMLESS,
    Mangling,
    Message,
    codecs,
    invites,
    keyrings,
    manglings,
    messages,
)


@given(invite=invites(), keyring=keyrings(), codec=codecs())
def test_they_make_what_they_say(invite: Invite, keyring: Keyring, codec: Codec) -> None:
    """Whatever is drawn can be used: a codec reads what it mints."""
    assert keyring.active_id in keyring.ids
    assert codec.decode(codec.encode(invite)).invite == invite


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(message=messages(CODEC), mangling=manglings())
def test_harmless_manglings_are_read_exactly(message: Message, mangling: Mangling) -> None:
    """Up to four at once, in every script, with prose around."""
    assert mangling.damage == 0
    decoded = CODEC.decode(mangling(message.text))
    assert (decoded.invite, decoded.repairs) == (message.invite, ())
    assert decoded.text == message.passphrase


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(message=messages(CODEC), mangling=manglings(damage=3))
def test_damage_is_repaired(message: Message, mangling: Mangling) -> None:
    """One damage that "standard" repairs, under up to four harmless manglings."""
    assert 1 <= mangling.damage <= 3
    assert CODEC.decode(mangling(message.text)).invite == message.invite


@pytest.mark.parametrize("name", [*HARMLESS, *DAMAGE])
@given(message=messages(CODEC), seed=st.integers(0, 2**32))
@settings(max_examples=10)
def test_each_mangling(name: str, message: Message, seed: int) -> None:
    """Each alone; the same seed does the same."""
    damage, change = DAMAGE.get(name, (0, HARMLESS.get(name)))
    assert change
    mangling = Mangling(name, damage, (change,), seed)
    text = mangling(message.text)
    assert text == mangling(message.text)
    assert CODEC.decode(text).invite == message.invite


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_needs_a_passphrase(name: str) -> None:
    assert Mangling(name, 1, (DAMAGE[name][1],), 0)("没有口令") == "没有口令"


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_leaves_markup_alone(name: str) -> None:
    """A passphrase of nothing but entities has no glyph to strike."""
    entities = "".join(f"&#{ord(glyph)};" for glyph in CODEC.encode(_invite()))
    assert Mangling(name, 1, (DAMAGE[name][1],), 0)(entities) == entities


def test_every_mangling_changes_something() -> None:
    """None is a name only."""
    texts = [
        "在吗\n3 看《" + CODEC.encode(_invite(), script=script) + "》1\n" for script in SCRIPTS
    ]
    for name, change in HARMLESS.items():
        mangling = Mangling(name, 0, (change,), 5)
        assert any(mangling(text) != text for text in texts), name


def _invite() -> Invite:
    return Invite.model_validate_json(
        '{"group_id": "12345678901", "inviter_id": "98765432109", "origin": "qq",'
        '"expires_at": "2026-12-01T00:00:00Z"}'
    )
