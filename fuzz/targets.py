"""The targets of the fuzzers: bytes -> a text that somebody could send, checked by the laws.

`words` writes codewords, whole and damaged, minted and forged, between other glyphs. `texts` writes
any text, from the pieces that readers look at. `sealed` holds the key: it writes the body itself,
and the facts on which it is judged. Each returns words for what happened.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any, Final
from uuid import UUID

import second_reader
from draw import Draw
from laws import (
    CODEC,
    MAX_CHARS,
    SECRETS,
    Reached,
    Word,
    check_admission,
    check_lint,
    check_text,
    outcome,
)
from reference import chunk, pack, protect, seal, spell
from support import AUDIENCE, OTHER_SECRET, SECRET

from passphrase import (
    Codec,
    Decoded,
    Invite,
    Keyring,
    Origin,
    PassphraseError,
    Policy,
    Visit,
    find,
    share,
)
from passphrase.format.cipher import DerivedKeys
from passphrase.format.layout import (
    CODEWORD_SIZES,
    CODEWORD_SYMBOLS,
    HEADER_SYMBOLS,
    HEADERS,
    Header,
)
from passphrase.invite import EPOCH
from passphrase.joining.rules import Facts
from passphrase.languages import LOCALES
from passphrase.opening import Level
from passphrase.scripts import load_script
from passphrase.sharing.lint import Trouble, lint
from passphrase.testing.strategies import DAMAGE, HARMLESS

PIECES_MAX: Final = 4
DAMAGES: Final = (0, 1, 0, 1, 2, 0, 3)  # of a row; what cannot be repaired takes longest
TEXT_CHARS_MAX: Final = MAX_CHARS + 1
SCRIPTS: Final = ("emoji", "hanzi", "base32")
KEYS: Final = {key_id: DerivedKeys(s, AUDIENCE.encode()) for key_id, s in SECRETS.items()}
CODECS: Final = {key_id: Codec(Keyring(SECRETS, key_id), audience=AUDIENCE) for key_id in SECRETS}
# One under another secret, one for another audience, one under an id that is not in the ring.
STRANGERS: Final = (
    Codec(Keyring({1: bytes(range(2, 34))}), audience=AUDIENCE),
    Codec(Keyring({1: SECRET}), audience="another"),
    Codec(Keyring({5: OTHER_SECRET}), audience=AUDIENCE),
)
IDS: Final[tuple[int | UUID, ...]] = (7, 6824193837465920001, UUID(int=5 << 64))
INVITES: Final = tuple(
    Invite(
        group_id=group_id,
        inviter_id=inviter_id,
        expires_at=datetime(2026, 11, 29, 12, tzinfo=UTC),
        origin=Origin.WECHAT,
        variant=variant,
    )
    for variant, group_id, inviter_id in product((0, 1), IDS, IDS)
)


def _word(codec: Codec, invite: Invite) -> Word:
    return find(codec.encode(invite))[0].codeword


MINTED_WORDS: Final = tuple(_word(CODECS[1 + i % 2], one) for i, one in enumerate(INVITES))
MINTED: Final = dict(zip(MINTED_WORDS, INVITES, strict=True))
FORGED_WORDS: Final = tuple(_word(codec, INVITES[at]) for codec in STRANGERS for at in (0, 4, 8))
# Of 64 inputs, 36 are repaired as usual, and one thoroughly, which takes longest.
LEVELS: Final[tuple[Level, ...]] = ("standard",) * 36 + ("exact",) * 27 + ("thorough",)
# A header of 36 symbols, without a spare bit.
WIDE: Final = HEADER_SYMBOLS[Header(1, 1, 1, 2)]


# --- Words --------------------------------------------------------------------------------------


KINDS: Final = (
    *("minted", "minted", "minted", "forged"),
    *("any symbols", "version 1", "newer version", "altered and sound", "altered"),
)


def draw_codeword(draw: Draw, kind: str) -> Word:
    """Write a row of symbols of one of the kinds; most have sound parity, and few a good tag."""
    if kind == "forged":
        return draw.one_of(FORGED_WORDS)
    if kind == "any symbols":
        return tuple(draw.below(1024) for _ in range(draw.below(50)))
    if kind in {"version 1", "newer version"}:
        version = 1 if kind == "version 1" else draw.below(8)
        header = Header(version, draw.below(8), *divmod(draw.below(9), 3))
        symbol = HEADER_SYMBOLS[header]
        data = Random(draw.below(256)).choices(range(1024), k=CODEWORD_SYMBOLS[symbol] - 4)
        return protect((symbol, *data))
    word = draw.one_of(MINTED_WORDS)
    if kind == "minted":
        return word
    altered = [*word]
    for _ in range(1 + draw.below(3)):
        altered[draw.below(len(word))] ^= 1 << draw.below(10)
    return tuple(altered) if kind == "altered" else protect(tuple(altered[:-3]))


CROWDS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 40, 255, 256, 257, 280)


def draw_crowd(draw: Draw) -> Word:
    """Write words that begin at every fourth symbol: as many as there can be in a text."""
    random = Random(draw.below(4))
    size = CODEWORD_SYMBOLS[WIDE]
    symbols = [WIDE if at % 4 == 0 else random.randrange(1024) for at in range(size - 3)]
    for _ in range(draw.one_of(CROWDS)):
        symbols += [*protect(tuple(symbols[3 - size :]))[-3:], WIDE]
    return tuple(symbols[:-1])


STROKES: Final = ("wrong", "mark", "lost", "extra", "swapped", "cut", "begun late", "between")


def strike(draw: Draw, glyphs: list[str], table: str) -> None:
    """Damage a row of glyphs in one place."""
    stroke, at = draw.one_of(STROKES), draw.below(128) % len(glyphs)
    if stroke == "wrong":
        glyphs[at] = draw.one_of(table)
    elif stroke == "mark":
        glyphs[at] = draw.one_of("?\ufffd\u25a1\ud83d")
    elif stroke == "lost":
        glyphs[at] = ""
    elif stroke == "extra":
        glyphs[at] += draw.one_of(table)
    elif stroke == "swapped":
        glyphs[at - 1], glyphs[at] = glyphs[at], glyphs[at - 1]
    elif stroke == "cut":
        del glyphs[at + 1 :]
    elif stroke == "begun late":
        del glyphs[:at]
    else:
        glyphs[at] += draw.one_of(BETWEEN)


def draw_row(draw: Draw, kind: str) -> str:
    """Write a codeword of one of the kinds in one of the scripts, with up to three damages."""
    script = load_script(draw.one_of(SCRIPTS))
    glyphs = [*spell(draw_codeword(draw, kind), script)]
    for _ in range(draw.one_of(DAMAGES)):
        if glyphs:
            strike(draw, glyphs, script.glyphs)
    return "".join(glyphs)


BETWEEN: Final = (
    "",
    "。",
    " ",
    "\n",
    "-",
    "\ufe0f",
    "?",
    "\u4e00",
    "A",
    "\U0002f818",
    "🍻",
    "🆗",
    "\u200b",
)


def words(data: bytes) -> Reached:
    """Symbols of any kind, in any script, between anything."""
    draw = Draw(data)
    level = draw.one_of(LEVELS)
    reached: Reached = set()
    pieces: list[str] = []
    while draw and len(pieces) < 2 * PIECES_MAX:
        kind = draw.one_of(("again", "crowd", "glyphs", *KINDS))
        if kind == "again":
            pieces.append("".join(pieces[-2:]) * draw.below(4))
        elif kind == "crowd":
            pieces.append(spell(draw_crowd(draw), draw.one_of(SCRIPTS)))
        elif kind == "glyphs":
            glyphs = load_script(draw.one_of(SCRIPTS)).glyphs
            pieces.append("".join(draw.one_of(glyphs) for _ in range(draw.below(8))))
        else:
            pieces.append(draw_row(draw, kind))
        reached.add(f"wrote {kind}, touching" if pieces[-2:-1] == [""] else f"wrote {kind}")
        pieces.append(draw.one_of(BETWEEN))
    return reached | check_text("".join(pieces)[:TEXT_CHARS_MAX], level, MINTED)


# --- Texts --------------------------------------------------------------------------------------

ALPHABET: Final = (
    "?.&%#;:/<>[]{}\"'=-_*`~|\\!0123456789 \n\r\tabcdefxABCDEFILOUu"
    "\u3010\u3011\u300c\u300d\u3002\uff0c\uff1f\uff21\uff11\uff1e\ufe0f\u200b\u200d\u202e\u3000"
    "\u0300\u0315\u2028\u0085\u001c\u0000\ufffd\u25a1\ue001\ue537\uf900\u2f00\ufdfa\u115f"
    "\ud83c\udf7b\ud800\udfff\U0001f3fb\U0001f37b\U0001f600\U0002f818\U000e0020\U0010ffff"
    "\u4e00\u706b\u9505\U0002f817\u0e33"
)
PHRASES: Final = (
    "<span class=\"emoji emoji1f37b\"></span>",
    "<img class=\"emoji\" src=x/>",
    "</span>",
    "<br/>",
    "<a href=x>",
    "<b 12>",
    "[emoji1f37b]",
    "[CQ:emoji,id=127867]",
    "[CQ:emoji,id=9999999]",
    "[\u5fae\u7b11]",
    "&#127867;",
    "&#x1F37B;",
    "&amp;#127867;",
    "&amp;",
    "&nbsp;",
    "&lt;",
    "&#x110000;",
    "&#55356;",
    "%F0%9F%8D%BB",
    "%ED%A0%BD",
    "%00",
    "%20",
    "..",
    "\ud83c\udf7b",
    "\u3010 \u3011",
    "3 p:/ ",
    "/:rose",
    "http://x.cn/",
    "> ",
    "1:",
    "!",
    "<img class=\"emoji\" alt=\"\U0001f37b\" t=\"[\u6c57]_web\">",
    "<!-- \u6ce8 -->",
    "&lt;i x=emoji1f37b&gt;",
    "[CQ:face,id=178,raw=[object Object]]",
    "%25F0%259F%258D%25BB",
    "\\ud83c\\udf7b",
    "\\xf0\\x9f\\x8d\\xbb",
    "/Emoji127867",
    "\U0001f469\u200d\U0001f91d\u200d\U0001f468",
)  # fmt: skip
CHANGES: Final = (*HARMLESS.values(), *(change for _, change in DAMAGE.values()))


TEXT_KINDS: Final = (
    *("characters", "phrases", "code points", "bytes"),
    *("passphrase", "message", "row", "change", "change all"),
)


def draw_text(draw: Draw) -> str:
    """Write a text of pieces, some of which happen to what was written before."""
    pieces: list[str] = []
    while draw and len(pieces) < PIECES_MAX:
        kind = draw.one_of(TEXT_KINDS)
        if kind == "characters":
            pieces.append("".join(draw.one_of(ALPHABET) for _ in range(draw.below(24))))
        elif kind == "phrases":
            pieces.append("".join(draw.one_of(PHRASES) for _ in range(draw.below(8))))
        elif kind == "code points":
            pieces.append("".join(chr(draw.below(0x110000)) for _ in range(draw.below(12))))
        elif kind == "bytes":
            pieces.append(draw.bytes(draw.below(48)).decode("utf-8", "surrogateescape"))
        elif kind == "row":
            pieces.append(draw_row(draw, draw.one_of(KINDS)))
        elif kind in {"passphrase", "message"}:
            spelled = spell(draw.one_of(MINTED_WORDS), draw.one_of(SCRIPTS))
            cut = spelled[draw.below(16) :][: 100 - draw.below(16)]
            is_message = kind == "message"
            pieces.append(share(spelled, group_name=cut) if is_message else cut)
        else:
            change, random = draw.one_of(CHANGES), Random(draw.below(256))
            kept = [] if kind == "change all" else pieces[:-1]
            changed = change("".join(pieces[len(kept) :])[:TEXT_CHARS_MAX], random)
            pieces = [*kept, changed[:TEXT_CHARS_MAX]]
    return "".join(pieces)[:TEXT_CHARS_MAX]


def texts(data: bytes) -> Reached:
    """Any text: read, linted, and as the name of a group, of an app and of an inviter."""
    draw = Draw(data)
    level = draw.one_of(LEVELS)
    script, locale = draw.one_of(SCRIPTS), draw.one_of(LOCALES)
    text = draw_text(draw)
    reached = check_text(text, level, MINTED) | check_lint(text)
    carried = spell(MINTED_WORDS[0], script)
    middle = len(text) // 2
    message = share(carried, locale=locale, group_name=text[:middle], app_name=text[middle:])
    # Two names that are base 32 stand in one row with the English words around them.
    several = {Trouble.SEVERAL} if locale == "en" else set[Trouble]()
    assert {problem.trouble for problem in lint(message)} <= several
    decoded = CODEC.decode(message, repair=level)
    assert (decoded.invite, decoded.text, decoded.repairs) == (INVITES[0], carried, ())
    visit = Visit(viewer_id=42, now=EPOCH, source="wechat")
    facts = Facts.model_validate({**GOOD_FACTS, "generation": 0})
    names = {"group_name": text[:middle], "inviter_name": text[middle:], "locale": locale}
    return reached | check_admission(decoded, Policy(), facts, visit, names)


# --- Behind the tag -----------------------------------------------------------------------------

STRANGE: Final[tuple[Any, ...]] = (None, False, True, 1, 0, "yes", "", 1.0)
RESETS: Final[tuple[Any, ...]] = (0, 256, 0, 0, 512, 1, 255, None, True, "0")
GOOD_FACTS: Final = {
    "revoked": False,
    "spent": False,
    "member": False,
    "banned": False,
    "inviter_is_member": True,
    "group_full": False,
    "mutual_follow": True,
}
MOMENTS: Final = (
    *[timedelta(days=-1, seconds=1)] * 6,
    timedelta(),
    timedelta(microseconds=-1),
    timedelta(seconds=-1),
    timedelta(microseconds=1),
    timedelta(hours=-1),
    timedelta(days=-400),
    timedelta(days=400),
)


def draw_body(draw: Draw, header: Header) -> bytes:
    """Write a body: any bits, those of a legal one, or with chosen fields before the ids."""
    kind = draw.one_of(("any", "legal", "chosen", "legal"))
    raw = draw.bytes(header.body_bytes)
    fixed = int.from_bytes(raw[:6], "big")
    if kind == "legal":
        fixed = fixed & ~(0b111 << 20 | 1 << 16) | 1 << 23 | 1 << 20 + draw.below(2)
        ids = raw[6:]
        return fixed.to_bytes(6, "big") + bytes(byte | 1 for byte in ids)  # no wide id is narrow
    if kind == "chosen":
        expiry = draw.one_of((1, 2**25 - 1, 0, 2**24))
        origin = draw.one_of((1, 2, 0, 3, 7))
        reserved = draw.one_of((0, 0, 0, 1))
        fixed = expiry << 23 | origin << 20 | draw.below(8) << 17 | reserved << 16 | fixed & 0xFFFF
    return fixed.to_bytes(6, "big") + raw[6:]


def draw_header(draw: Draw) -> int:
    """Write the symbol of a header of any version and key that names two sizes."""
    widths = draw.below(9)
    version = 1 if draw.below(8) else draw.below(8)
    key_id = draw.below(8)
    return HEADER_SYMBOLS[Header(version, (1, 2, 1, 2, 1, 2, 0, 5)[key_id], *divmod(widths, 3))]


def draw_facts(draw: Draw) -> dict[str, object]:
    """Write facts that admit, but for some; a few are of types that they must not have.

    The generation is how often the group has reset its invites since; or no number.
    """
    facts: dict[str, object] = {**GOOD_FACTS, "generation": draw.one_of(RESETS)}
    for _ in range(draw.one_of((0, 1, 0, 2, 1, 8))):
        name = draw.one_of((*GOOD_FACTS,))
        bad = not GOOD_FACTS[name]
        facts[name] = draw.one_of((bad, bad, bad, *STRANGE))
    return facts


def draw_policy(draw: Draw) -> Policy:
    """Write any policy."""
    switches = draw.below(1024)
    return Policy(
        origins=frozenset(draw.one_of(ORIGINS)),
        strict_source=not switches & 1,
        require_source=bool(switches & 2),
        require_mutual_follow=bool(switches & 4),
        request_when_not_mutual=bool(switches & 8),
        deny_list=bool(switches & 16),
        icebreakers=("wave",) if switches & 32 else (),
        count_uses=bool(switches & 64),
        max_lifetime=timedelta(days=1) if switches & 128 else None,
        when_full=("none", "request", "none", "wait")[switches >> 8],
    )


ORIGINS: Final = (*[(Origin.WECHAT, Origin.QQ)] * 3, (Origin.QQ,), (), (Origin.IN_APP,))


def check_sealed(text: str, word: Word, body: bytes) -> Decoded | PassphraseError:
    """A body with a good tag is one invite, read as the page says, or refused for its reason."""
    decoded = outcome(lambda: CODEC.decode(text), text)
    expected: object = None
    code = ""
    try:
        expected = second_reader.open_codeword(word, SECRETS, AUDIENCE)
    except second_reader.Refused as refusal:
        code = refusal.code
    if isinstance(decoded, PassphraseError):
        assert decoded.code == code
        return decoded
    assert decoded.invite.model_dump(mode="json") == expected
    assert Invite.model_validate(decoded.invite.model_dump()) == decoded.invite
    header = HEADERS[word[0]]
    assert (decoded.key_id, decoded.repairs) == (header.key_id, ())
    assert CODECS[header.key_id].encode(decoded.invite, script=decoded.script) == text
    assert pack(decoded.invite, header.key_id) == (header, body)
    return decoded


def sealed(data: bytes) -> Reached:
    """A good tag over anything: the fields, their damage, and who may join by them."""
    draw = Draw(data)
    facts, policy, how = draw_facts(draw), draw_policy(draw), {"locale": draw.one_of(LOCALES)}
    viewer, moment, source = draw.below(8), draw.one_of(MOMENTS), draw.below(8)
    symbol = draw_header(draw)
    header = HEADERS[symbol]
    body = draw_body(draw, header)
    raw = seal(KEYS.get(header.key_id, KEYS[1]), symbol, body)
    word = protect(chunk(symbol, raw))
    assert len(word) in CODEWORD_SIZES
    script = load_script(draw.one_of(SCRIPTS))
    text = spell(word, script)
    decoded = check_sealed(text, word, body)
    if isinstance(decoded, PassphraseError):
        field = getattr(decoded, "field", "")
        return {f"{decoded.code} {field}".strip()}
    for other in SCRIPTS:
        assert CODEC.decode(spell(word, other)).fingerprint == decoded.fingerprint
    reached = {f"width {len(word)}"}
    damaged = [*text]
    for _ in range(draw.one_of(DAMAGES)):
        if damaged:
            strike(draw, damaged, script.glyphs)
    level = draw.one_of(LEVELS)
    reached |= check_text("".join(damaged), level, {word: decoded.invite})
    bit = draw.below(8 * len(raw))
    flipped = (int.from_bytes(raw, "big") ^ 1 << bit).to_bytes(len(raw), "big")
    forged = spell(protect(chunk(symbol, flipped)), script)
    refusal = outcome(lambda: CODEC.decode(forged), forged)
    assert isinstance(refusal, PassphraseError)
    assert refusal.code == "signature"
    invite = decoded.invite
    if type(facts["generation"]) is int:
        facts["generation"] += invite.generation
    visit = Visit(
        viewer_id=(*[42] * 4, None, invite.inviter_id, invite.group_id, UUID(int=7))[viewer],
        now=invite.expires_at + moment,
        source=(*[invite.origin] * 4, None, *Origin)[source],
    )
    given = Facts.model_construct(None, **facts)
    return reached | check_admission(decoded, policy, given, visit, how)


TARGETS: Final[Mapping[str, Callable[[bytes], Reached]]] = {
    "words": words,
    "texts": texts,
    "sealed": sealed,
}
