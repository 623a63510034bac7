"""What a text holds: at most 256 tags are checked, and no choice is made between two repairs."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from support import AUDIENCE, CODEC, INVITE, KEYRING

from passphrase import AmbiguousError, Codec, Decoded, PassphraseError
from passphrase.format.cipher import DerivedKeys
from passphrase.format.wire import Numbers, fixed_of
from passphrase.opening import Level, Reader


def test_tag_checks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 256 tags are checked in one call, for undamaged codewords and repairs together.

    The ids have no padding, so that each proposal costs a check. With `thorough`, the proposals of
    both levels share what the undamaged ones leave.
    """
    checks: list[bytes] = []

    def refuse(_self: DerivedKeys, _message: bytes, tag: bytes) -> bool:
        checks.append(tag)
        return False

    monkeypatch.setattr(DerivedKeys, "verify", refuse)
    invite = INVITE.model_copy(update={"inviter_id": UUID(int=7)})
    variants = [invite.model_copy(update={"variant": variant}) for variant in range(250)]
    whole = [CODEC.encode(each, script="hanzi") for each in variants]
    text = CODEC.encode(invite)
    blotted = [f"{text[:3]}??{text[4:9]}?{text[10:at]}?{text[at + 1 :]}" for at in range(12, 28)]
    wrong = [
        f"{text[:5]}{text[at]}{text[6:20]}{text[1]}{text[21:30]}{text[2]}{text[31:]}"
        for at in range(8, 16)
    ]
    codec = Codec(KEYRING, audience=AUDIENCE, max_chars=1 << 16)
    cases: list[tuple[Level, list[str]]] = [
        ("standard", blotted),
        ("thorough", blotted),
        ("thorough", [blotted[0], *wrong]),
    ]
    for level, rows in cases:
        checks.clear()
        with pytest.raises(PassphraseError):
            codec.decode("，".join([*whole, *rows]), repair=level)
        assert len(checks) == 256


def test_two_repairs_that_verify_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the tag out of the way, the proposals of one row differ: the codec must not choose."""

    def accept(*_: object) -> bool:
        return True

    def any_invite(*_: object) -> Numbers:
        return fixed_of(INVITE), INVITE.group_id, INVITE.inviter_id

    monkeypatch.setattr(DerivedKeys, "verify", accept)
    monkeypatch.setattr("passphrase.format.codewords.split_body", any_invite)
    text = CODEC.encode(INVITE)
    row = f"{text[:3]}??{text[4:9]}?{text[10:21]}?{text[22:]}"
    with pytest.raises(AmbiguousError) as caught:
        CODEC.decode_all(row)
    assert len(caught.value.spans) > 1
    assert all(0 <= start < end <= len(row) for start, end in caught.value.spans)


@pytest.mark.parametrize(("start", "is_choice"), [(29, True), (30, False)])
def test_repairs_that_share_one_glyph_are_a_choice(
    monkeypatch: pytest.MonkeyPatch, start: int, *, is_choice: bool
) -> None:
    decoded = CODEC.decode(CODEC.encode(INVITE))
    spans = {"1": (0, 30), "2": (start, 60)}

    def opened(_reader: object, proposal: str) -> Decoded:
        return replace(decoded, fingerprint=proposal, span=spans[proposal])

    monkeypatch.setattr(Reader, "_open", opened)
    proposals: Any = ["2", "1"]
    if is_choice:
        with pytest.raises(AmbiguousError):
            CODEC._reader._open_mended(proposals)
    else:
        assert [*CODEC._reader._open_mended(proposals)] == ["2", "1"]
