"""Forging: forged codewords verify no more often than their tag can be guessed.

That no random word of 80 bits of tag is accepted says little: 100,000 tries bound the rate by
3 / 100,000. With fewer bits the same code accepts some, and their number is known: only that sees a
lost bit of the tag, or a second chance at it.
"""

import hmac
import inspect
import random
from hashlib import md5, sha256
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from attacks.attacks_support import (
    forged,
    outcome,
    spell_raw,
    watch,
    with_and_without_tags,
)
from itsdangerous import Signer
from itsdangerous.signer import NoneAlgorithm
from reference import is_sound, pack, seal, spell
from support import (
    AUDIENCE,
    CODEC,
    DERIVED,
    INVITE,
    KEYRING,
    KEYS,
    OTHER_SECRET,
    SECRET,
    codeword_of,
    count_tag_checks,
)

from passphrase import (
    AmbiguousError,
    Codec,
    DamagedError,
    Keyring,
    PassphraseError,
    SignatureError,
)
from passphrase.format.cipher import DerivedKeys
from passphrase.format.layout import HEADER_SYMBOLS
from passphrase.format.parity import multiply
from passphrase.format.wire import Numbers, split_body

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable

RINGS = {
    1: KEYRING,
    3: Keyring({1: SECRET, 2: OTHER_SECRET, 3: bytes(range(2, 34))}, 1),
}
HEADER, BODY = pack(INVITE, 1)
NUMBERS = split_body(HEADER, int.from_bytes(BODY, "big"))
SYMBOL = HEADER_SYMBOLS[HEADER]
SEALED = seal(KEYS, SYMBOL, BODY)
VARIANTS = [INVITE.model_copy(update={"variant": variant}) for variant in range(100)]


# --- The bound, measured on tags cut short ------------------------------------------------------


def count_bits(patch: pytest.MonkeyPatch, bits: int) -> None:
    """Compare only the first bits of tags."""
    mask = (1 << 80) - (1 << 80 - bits)
    make, verify = DerivedKeys.tag, DerivedKeys.verify

    def cut(tag: bytes) -> bytes:
        return (int.from_bytes(tag, "big") & mask).to_bytes(10, "big")

    def make_short(self: DerivedKeys, message: bytes) -> bytes:
        return cut(make(self, message))

    def verify_short(self: DerivedKeys, message: bytes, tag: bytes) -> bool:
        return verify(self, message, cut(tag))

    def any_numbers(*_: object) -> Numbers:  # so that the tag alone decides
        return NUMBERS

    patch.setattr(DerivedKeys, "tag", make_short)
    patch.setattr(DerivedKeys, "verify", verify_short)
    patch.setattr("passphrase.format.codewords.split_body", any_numbers)


def is_expected(accepted: int, expected: float) -> bool:
    """Return whether a count is within four standard deviations."""
    return abs(accepted - expected) <= 4 * sqrt(expected)


def accepted_words(keys: int, tries: int) -> int:
    """Try `tries` forged words for each key of a ring, and count those that are accepted."""
    codec = Codec(RINGS[keys], audience=AUDIENCE, max_chars=1 << 16)
    draw = random.Random(f"forged {keys}")
    accepted = 0
    for _ in range(tries // 200):
        for key_id in range(1, keys + 1):
            text = "，".join(forged(draw, key_id) for _ in range(200))
            try:
                accepted += len(codec.decode_all(text, repair="exact"))
            except SignatureError:
                continue
    return accepted


@pytest.mark.parametrize(
    ("bits", "keys", "tries"), [(8, 1, 26_000), (8, 3, 9_000), (12, 1, 60_000), (16, 3, 20_000)]
)
def test_as_many_forgeries_pass_as_the_tag_has_bits(
    monkeypatch: pytest.MonkeyPatch, bits: int, keys: int, tries: int
) -> None:
    """A guessed tag is right once in 2^bits, also with a keyring of three keys."""
    count_bits(monkeypatch, bits)
    assert is_expected(accepted_words(keys, tries), tries * keys / 2**bits)


def test_the_measurement_sees_a_lost_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """If one bit of the tag is not compared, twice as many pass, which is noticed."""
    count_bits(monkeypatch, 7)
    assert not is_expected(accepted_words(1, 26_000), 26_000 / 2**8)


def test_the_measurement_sees_a_second_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a reader tries every key, too many pass, which is noticed."""
    count_bits(monkeypatch, 8)
    verify = DerivedKeys.verify
    every = RINGS[3].derive(AUDIENCE).values()

    def verify_any(_self: DerivedKeys, message: bytes, tag: bytes) -> bool:
        return any(verify(keys, message, tag) for keys in every)

    monkeypatch.setattr(DerivedKeys, "verify", verify_any)
    assert not is_expected(accepted_words(3, 9_000), 27_000 / 2**8)


def repaired_forgeries(checks: list[bytes], bits: int, texts: int) -> tuple[int, float]:
    """Damage forged words so that many proposals may be meant; count those read, and expected."""
    draw = random.Random("repaired")
    accepted, expected = 0, 0.0
    for _ in range(texts):
        text = forged(draw)
        before = len(checks)
        try:
            CODEC.decode(f"{text[:3]}??{text[4:9]}?{text[10:21]}?{text[22:]}")
            accepted += 1
        except AmbiguousError:
            accepted += 1
        except PassphraseError:
            pass
        expected += 1 - (1 - 2**-bits) ** (len(checks) - before)
    return accepted, expected


def test_each_proposal_of_repair_is_one_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    """With repair, a forger has as many guesses as tags are compared."""
    count_bits(monkeypatch, 6)
    checks = count_tag_checks(monkeypatch)
    accepted, expected = repaired_forgeries(checks, 6, 450)
    assert len(checks) > 10 * 450
    assert is_expected(accepted, expected)


def test_the_measurement_sees_a_lost_bit_in_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    """If one bit of the tag is not compared in repair, it is noticed."""
    count_bits(monkeypatch, 5)
    checks = count_tag_checks(monkeypatch)
    assert not is_expected(*repaired_forgeries(checks, 6, 450))


# --- Tags of another making ---------------------------------------------------------------------


def _raw_hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


MESSAGE = SYMBOL.to_bytes(2, "big") + BODY
SIGNING, SEALING = DERIVED
FOREIGN_TAGS: dict[str, bytes] = {
    "stock Signer": Signer(SECRET).get_signature(MESSAGE),
    "stock Signer, our salt": Signer(
        SECRET, b"passphrase/v1/sign/douyin", digest_method=sha256
    ).get_signature(MESSAGE),
    "the secret itself": _raw_hmac(SECRET, MESSAGE),
    "the sealing key": _raw_hmac(SEALING, MESSAGE),
    "another salt": _raw_hmac(_raw_hmac(SECRET, b"passphrase/v1/seal/douyin"), MESSAGE),
    "another version's salt": _raw_hmac(_raw_hmac(SECRET, b"passphrase/v2/sign/douyin"), MESSAGE),
    "another audience": _raw_hmac(_raw_hmac(SECRET, b"passphrase/v1/sign/duoshan"), MESSAGE),
    "no audience": _raw_hmac(_raw_hmac(SECRET, b"passphrase/v1/sign/"), MESSAGE),
    "the body alone": _raw_hmac(SIGNING, BODY),
    "the sealed body": _raw_hmac(SIGNING, SYMBOL.to_bytes(2, "big") + SEALED[:-10]),
    "the header in one byte": _raw_hmac(SIGNING, SYMBOL.to_bytes(1, "big") + BODY),
    "another header": _raw_hmac(SIGNING, (SYMBOL ^ 16).to_bytes(2, "big") + BODY),
    "the last bytes": _raw_hmac(SIGNING, MESSAGE)[-10:],
    "another hash": hmac.digest(SIGNING, MESSAGE, "sha512"),
    "no key": _raw_hmac(b"", MESSAGE),
    "no HMAC": sha256(SIGNING + MESSAGE).digest(),
}


@pytest.mark.parametrize("name", FOREIGN_TAGS)
def test_a_tag_of_another_context_is_refused(name: str) -> None:
    """A tag that the right key made for another purpose is refused."""
    tag = FOREIGN_TAGS[name][:10].ljust(10, b"\0")
    keystream = KEYS.keystream(SYMBOL.to_bytes(2, "big") + tag, len(BODY))
    hidden = bytes(a ^ b for a, b in zip(BODY, keystream, strict=True))
    assert outcome(spell_raw(SYMBOL, hidden + tag)) is SignatureError


def test_the_true_tag_would_be_accepted() -> None:
    """The true tag is accepted, so each case above fails only for its own reason."""
    tag = _raw_hmac(_raw_hmac(SECRET, b"passphrase/v1/sign/douyin"), MESSAGE)[:10]
    assert tag == SEALED[-10:]
    assert outcome(spell_raw(SYMBOL, SEALED)) == INVITE


WEAKER: list[dict[str, Any]] = [
    {"algorithm": NoneAlgorithm()},
    {"key_derivation": "none"},
    {"digest_method": md5},
    {"salt": b""},
    {"sep": "."},
    {"tag_bytes": 0},
    {"verify": False},
    {"max_age": 10**9},
]


@pytest.mark.parametrize("weaker", WEAKER, ids=lambda weaker: next(iter(weaker)))
def test_nobody_can_ask_for_less(weaker: dict[str, Any]) -> None:
    """No argument turns the signature off or shortens it."""
    calls: list[Callable[[], object]] = [
        lambda: Codec(KEYRING, audience=AUDIENCE, **weaker),
        lambda: Keyring({1: SECRET}, **weaker),
        lambda: CODEC.decode(spell_raw(SYMBOL, SEALED), **weaker),
        lambda: DerivedKeys(SECRET, b"douyin", **weaker),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            call()
    for of in (DerivedKeys.verify, DerivedKeys.tag):
        assert not {"length", "bits", "bytes"} & {*inspect.signature(of).parameters}


# --- Words made of minted ones ------------------------------------------------------------------


def test_no_body_goes_with_another_tag() -> None:
    """The body of one invite with the tag of another is refused: 9,900 of 9,900."""
    minted = [(invite, seal(KEYS, SYMBOL, pack(invite, 1)[1])) for invite in VARIANTS]
    for (invite, one), (other, another) in product(minted, minted):
        expected = invite if invite is other else SignatureError
        assert outcome(spell_raw(SYMBOL, one[:-10] + another[-10:])) == expected


def _scaled(word: tuple[int, ...], other: tuple[int, ...], factor: int) -> tuple[int, ...]:
    """Return what two words differ by, times an element of the field."""
    return tuple(multiply(a ^ b, factor) for a, b in zip(word, other, strict=True))


def _sum(*words: tuple[int, ...]) -> tuple[int, ...]:
    total = words[0]
    for word in words[1:]:
        total = tuple(a ^ b for a, b in zip(total, word, strict=True))
    return total


def test_parity_is_linear_and_the_tag_is_not() -> None:
    """Sums of three words and multiples of a difference have sound parity, and no good tag."""
    words = [codeword_of(invite) for invite in VARIANTS]
    draw = random.Random(9)
    for _ in range(300):
        one, two, three = draw.sample(words, 3)
        added = _sum(one, two, three)
        scaled = _sum(one, _scaled(two, three, draw.randrange(2, 1024)))
        assert is_sound(added)
        assert is_sound(scaled)
        assert outcome(spell(added)) is SignatureError
        assert outcome(spell(scaled)) in {SignatureError, DamagedError}  # of its spare bits


@with_and_without_tags
@pytest.mark.parametrize("script", ["emoji", "base32"])
def test_turned_and_reversed_words_are_nobodys(
    monkeypatch: pytest.MonkeyPatch, script: str, *, trusted: bool
) -> None:
    """A rotated or reversed codeword is read as the minted invite, or refused."""
    reached = watch(monkeypatch, trusted=trusted)
    word = codeword_of(INVITE)
    for turn in range(1, len(word)):
        for turned in (word[turn:] + word[:turn], (*word[:turn][::-1], *word[turn:][::-1])):
            read = outcome(spell(turned, script), repair="thorough" if turn < 4 else "standard")
            assert read == INVITE or isinstance(read, type)
    assert isinstance(outcome(spell(word[::-1], script)), type)
    assert min(reached["repair"], reached["tag"]) > 0


# --- What is signed -----------------------------------------------------------------------------


def test_neighbours_are_signed_apart() -> None:
    """Ids with the same concatenation, such as 1 and 23, or 12 and 3, have different tags."""
    numbers = [0, 1, 12, 3, 23, 123, 2**32 - 1, 2**32, 2**40, 2**63, 2**64 - 1]
    ids = [*numbers, *(UUID(int=number) for number in (*numbers, 2**96, 2**128 - 1))]
    messages: set[bytes] = set()
    for group_id, inviter_id, flags in product(ids, ids, range(8)):
        invite = INVITE.model_copy(
            update={
                "group_id": group_id,
                "inviter_id": inviter_id,
                "mutual_follow": bool(flags & 1),
                "approval": bool(flags & 2),
                "single_use": bool(flags & 4),
            }
        )
        header, body = pack(invite, 1)
        messages.add(HEADER_SYMBOLS[header].to_bytes(2, "big") + body)
    assert len(messages) == len(ids) ** 2 * 8


def test_nothing_is_used_before_its_tag_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """`split_body` is called only with verified bodies."""
    unpacked: list[int] = []

    def split(_header: object, body: int, _span: object) -> Numbers:
        unpacked.append(body)
        return NUMBERS

    monkeypatch.setattr("passphrase.format.codewords.split_body", split)
    draw = random.Random(11)
    for text in (forged(draw), forged(draw)[:7] + forged(draw)[8:], forged(draw)[1:]):
        assert isinstance(outcome(text, repair="thorough"), type)
    assert unpacked == []
    assert outcome(spell_raw(SYMBOL, SEALED)) == INVITE
    assert unpacked == [int.from_bytes(BODY, "big")]
