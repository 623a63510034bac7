"""Test vectors of repair: what a damaged passphrase is read as, and at which level.

Source: docs/format.md, "Repair".
"""

from collections.abc import Iterator
from dataclasses import asdict

from vector_parts import (
    AUDIENCE,
    INVITE,
    SECRETS,
    Test,
    Word,
    changed,
    chunk,
    derive,
    intermediate,
    invalid,
    layout,
    protect,
    spell,
    word_of,
)

from passphrase import Codec, Invite, Keyring
from passphrase.codec import TAG_CHECKS_MAX
from passphrase.repair import propose
from passphrase.scripts import SCRIPT_NAMES

CODEC = Codec(Keyring(SECRETS, 1), audience=AUDIENCE)
WORD = word_of(*layout(INVITE))
OTHER = word_of(*layout(changed(variant=1)))


def wrong(word: Word, *places: int) -> Word:
    """Change symbols: both glyphs of each, where there are two."""
    return tuple(
        symbol ^ 0b00001_00010 if at in places else symbol for at, symbol in enumerate(word)
    )


def repaired(comment: str, level: str, text: str, invite: Invite = INVITE) -> Test:
    """Return a test that a decoder must repair at a level and not below it."""
    decoded = CODEC.decode(text, repair="thorough" if level == "thorough" else "standard")
    if decoded.invite != invite:
        raise ValueError(comment)
    return {
        "comment": comment,
        "flags": ["Repair"],
        "repair": level,
        "invite": invite.model_dump(mode="json"),
        **intermediate(*layout(invite)),
        "text": text,
        "span": list(decoded.span),
        "repairs": [asdict(repair) | {"span": list(repair.span)} for repair in decoded.repairs],
        "result": "valid",
    }


def beyond(comment: str, level: str, error: str, text: str) -> Test:
    """Return a test that a decoder must refuse at a level."""
    return {**invalid(comment, "Repair", error, text), "repair": level}


def tests() -> Iterator[Test]:
    """Each damage in each script, marks, neighbours, and what is out of reach."""
    for script in SCRIPT_NAMES:
        yield from damages(script)
    yield from marks()
    yield from neighbours()
    yield from limits()


def damages(script: str) -> Iterator[Test]:
    """One of each kind, at the beginning, inside and at the end."""
    text = spell(WORD, script).replace("-", "")
    last = len(text) - 1
    alien = "的" if script == "hanzi" else "😂" if script == "emoji" else "Q"
    for place in (0, 7, last):
        before, after = text[:place], text[place + 1 :]
        for kind, changed_text in {
            "wrong": f"{before}{alien}{after}",
            "unreadable": f"{before}?{after}",
            "lost": f"{before}{after}",
        }.items():
            yield repaired(f"{script}: glyph {place} {kind}", "standard", changed_text)
    for place in (1, 7, last):
        extra = f"{text[:place]}{alien}{text[place:]}"
        yield repaired(f"{script}: an extra glyph at {place}", "standard", extra)
    for place in (0, 7, last - 1):
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        yield repaired(f"{script}: glyphs {place} and {place + 1} swapped", "standard", swapped)
    two_wrong = spell(wrong(WORD, 3, 20), script)
    yield repaired(f"{script}: two wrong symbols", "thorough", two_wrong)
    yield beyond(f"{script}: one wrong symbol too many", "standard", "damaged", two_wrong)
    one_wrong = spell(wrong(WORD, 20), script).replace("-", "")
    yield repaired(f"{script}: one lost, one wrong", "thorough", one_wrong[:5] + one_wrong[6:])
    yield repaired(f"{script}: two lost", "thorough", text[:5] + text[6:22] + text[23:])
    two_extra = f"{text[:5]}{alien}{text[5:22]}{alien}{text[22:]}"
    yield repaired(f"{script}: two extra", "thorough", two_extra)
    four_wrong = spell(wrong(WORD, 3, 9, 20, 25), script)
    yield beyond(f"{script}: far too many wrong symbols", "thorough", "damaged", four_wrong)


def marks() -> Iterator[Test]:
    """Marks stand for as many glyphs as are missing."""
    text = spell(WORD)
    for comment, damaged in {
        "three marks apart": f"{text[:4]}?{text[5:13]}□{text[14:29]}\ufffd",
        "a face for a glyph": f"{text[:13]}[微笑]{text[14:]}",
        "two dots for a glyph": f"{text[:13]}..{text[14:]}",
        "a tag for a glyph": f'{text[:13]}<img class="emoji">{text[14:]}',
        "a picture that is not in the table": f"{text[:13]}\U0001faff{text[14:]}",
        "one mark for three glyphs": f"{text[:13]}?{text[16:]}",
        "two marks for three glyphs": f"{text[:13]}?\u200b□{text[16:]}",
        "three bytes of an emoji, in percent-encoding": f"{text[:13]}%F0%9F%98{text[14:]}",
        "one wrong glyph, a mark for nothing": f"{spell(wrong(WORD, 9))[:20]}?{text[20:]}",
        "one wrong glyph, a mark behind the last": f"{spell(wrong(WORD, 9))}?",
        "four marks for one glyph": f"{text[:13]}\ufffd\ufffd\ufffd\ufffd{text[14:]}",
        "two groups of marks for three glyphs": f"{text[:4]}?{text[5:13]}?{text[15:]}",
        "marks for nothing": f"{text[:13]}???{text[13:20]}?{text[20:]}",
        "a mark that touches the first glyph": f"?{text[:13]}?{text[14:]}",
        "two swapped, a mark for nothing between": f"{text[:13]}{text[14]}?{text[13]}{text[15:]}",
    }.items():
        yield repaired(comment, "standard", damaged)
    base32 = spell(WORD, "base32").replace("-", "")
    six = f"{base32[:10]}??{base32[12:20]}??{base32[22:40]}??{base32[42:]}"
    yield repaired("base32: six marks for three symbols", "standard", six)
    grouped = spell(WORD, "base32")
    lost = f"{grouped[:14]}{grouped[15:]}"  # directly behind a hyphen
    yield repaired("base32: a glyph lost at a hyphen", "standard", lost)
    four = f"{text[:13]}????{text[17:]}"
    yield beyond("four marks for four glyphs", "thorough", "damaged", four)


def neighbours() -> Iterator[Test]:
    """What stands beside a damaged one."""
    text, other = spell(WORD), spell(OTHER)
    damaged, other_damaged = spell(wrong(WORD, 9)), spell(wrong(OTHER, 9))
    glyphs = other[5:17]
    yield repaired("between glyphs of its script", "standard", f"{glyphs}{damaged}{glyphs}")
    headless = f"{glyphs} {spell(wrong(WORD, 0))}"
    yield repaired("its header wrong, behind glyphs and a space", "standard", headless)
    touched = f"{glyphs}{spell(wrong(WORD, 0))}"
    yield beyond("its header wrong, touched by a glyph", "standard", "damaged", touched)
    forged = spell(protect(WORD[:10] + WORD[1:18]))
    yield repaired("damaged, behind a forged one", "standard", f"{forged}{damaged}")
    yield repaired("twice, each damaged", "standard", f"{damaged}，{text[1:]}")
    yield beyond("behind another, whole", "standard", "ambiguous", f"{other}{damaged}")
    both = f"{other_damaged}{damaged}"
    yield beyond("behind another, damaged too", "standard", "ambiguous", both)
    _, body = layout(INVITE)
    reserved = word_of(WORD[0], body[:3] + bytes([body[3] | 1]) + body[4:])
    illegal = spell(wrong(reserved, 9))
    yield beyond("one wrong glyph, and an unknown field", "standard", "damaged", illegal)
    first = next(
        word
        for variant in range(256)
        for generation in range(256)
        for word in [word_of(*layout(changed(variant=variant, generation=generation)))]
        if word[-1] == WORD[0]
    )
    shared = f"{spell(wrong(first, 9))}{damaged[1:]}"
    yield beyond("two that share a glyph", "standard", "ambiguous", shared)


def limits() -> Iterator[Test]:
    """How many runs, and how many guesses in each, are tried."""
    runs = [
        spell(tuple(WORD[n * 7 % 30] ^ n for n in range(at, at + 25)), "hanzi") for at in range(17)
    ]
    for most, level, places in ((16, "standard", (9,)), (4, "thorough", (3, 20))):
        damaged = spell(wrong(WORD, *places))
        within, past = ("，".join([*runs[:count], damaged]) for count in (most - 1, most))
        yield repaired(f"the last of {most} runs, {level}", level, within)
        yield beyond(f"the last of {most + 1} runs, {level}", level, "damaged", past)
    damaged, header = spell(wrong(WORD, 9)), spell(WORD[:1])
    yield repaired("behind 23 glyphs that are headers", "standard", header * 23 + damaged)
    yield beyond("behind 24 glyphs that are headers", "standard", "damaged", header * 24 + damaged)
    marked = f"{header * 24} {damaged[:9]}?{damaged[10:]}"
    yield repaired("behind 24 headers and a space, with a mark", "standard", marked)
    short = "，".join([*(run[:10] for run in runs), damaged])
    yield repaired("behind 17 stretches that are too short", "standard", short)
    headless, glyph = spell(wrong(WORD, 0)), spell(OTHER[5:6])
    yield repaired("the fourth place untouched", "standard", f"{glyph} " * 3 + headless)
    yield beyond("the fifth place untouched", "standard", "damaged", f"{glyph} " * 4 + headless)
    yield from last_tags()


def last_tags() -> Iterator[Test]:
    """What verifies by the 256th tag, and what would by the 257th."""
    text = spell(WORD)
    damaged = f"{text[:4]}?{text[5:13]}??{text[13:21]}?{text[23:]}"  # ten ways to share 3 glyphs
    [row] = CODEC.scan(damaged).suspects
    proposals = propose(row.glyphs, 1, thorough=False, begins=row.begins)
    tags = next(n for n, proposal in enumerate(proposals, 1) if proposal.codeword == WORD)
    for count in (TAG_CHECKS_MAX - tags, TAG_CHECKS_MAX - tags + 1):
        forged = (protect((WORD[0], *chunk(0, derive(f"tag {n}", 32))[1:])) for n in range(count))
        crowd = "，".join([*(spell(word, "hanzi") for word in forged), damaged])
        comment = f"{count} forged ones, then one that takes {tags} proposals"
        if count + tags <= TAG_CHECKS_MAX:
            yield repaired(comment, "standard", crowd)
        else:
            yield beyond(comment, "standard", "signature", crowd)
