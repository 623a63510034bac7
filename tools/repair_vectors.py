"""Test vectors of repair: what a damaged passphrase is read as, and at which level.

Source: docs/format.md, "Repair".
"""

from collections.abc import Iterator
from dataclasses import asdict

from vector_parts import (
    AUDIENCE,
    INVITE,
    LONG_CHARS,
    SECRETS,
    Test,
    Word,
    changed,
    chunk,
    derive,
    intermediate,
    invalid,
    layout,
    limit,
    protect,
    spell,
    word_of,
)

from passphrase import Codec, Invite, Keyring, PassphraseError
from passphrase.format.layout import CODEWORD_SYMBOLS, HEADERS, VERSION
from passphrase.scripts import SCRIPT_NAMES, load_script

CODEC = Codec(Keyring(SECRETS, 1), audience=AUDIENCE, max_chars=LONG_CHARS)
WORD = word_of(*layout(INVITE))
OTHER_GLYPH = load_script("emoji").glyphs[7]
OTHER = word_of(*layout(changed(variant=1)))


def wrong(word: Word, *places: int) -> Word:
    """Change symbols: both glyphs of each, where there are two."""
    return tuple(
        symbol ^ 0b00001_00010 if at in places else symbol for at, symbol in enumerate(word)
    )


def repaired(comment: str, level: str, text: str, invite: Invite = INVITE) -> Test:
    """Return a test that a decoder must repair at a level and not below it."""
    decoded = CODEC.decode(text, repair="thorough" if level == "thorough" else "standard")
    if decoded.invite != invite or reads_below(text, level):
        raise ValueError(comment)
    return {
        "comment": comment,
        "flags": ["Repair"],
        "repair": level,
        "invite": invite.model_dump(mode="json"),
        **intermediate(*layout(invite)),
        **limit(text),
        "text": text,
        "span": list(decoded.span),
        "repairs": [asdict(repair) | {"span": list(repair.span)} for repair in decoded.repairs],
        "result": "valid",
    }


def reads_below(text: str, level: str) -> bool:
    """Tell whether the level below reads a text too: then the test would say nothing of its own."""
    try:
        CODEC.decode(text, repair="standard" if level == "thorough" else "exact")
    except PassphraseError:
        return False
    return True


def beyond(comment: str, level: str, error: str, text: str) -> Test:
    """Return a test that a decoder must refuse at a level."""
    try:
        CODEC.decode(text, repair="thorough" if level == "thorough" else "standard")
    except PassphraseError as refusal:
        if refusal.code != error:
            raise ValueError(comment) from None
    else:
        raise ValueError(comment)
    return {**invalid(comment, "Repair", error, text), "repair": level}


def tests() -> Iterator[Test]:
    """Each damage in each script, marks, neighbours, and what is out of reach."""
    for script in SCRIPT_NAMES:
        yield from damages(script)
    yield from marks()
    yield from neighbours()
    yield from crowds()
    yield from foreign_words()
    yield from further()


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


def crowds() -> Iterator[Test]:
    """As many tags as may be compared, and one more; as many glyphs before as are looked at."""
    forged = [
        spell(protect((WORD[0], *chunk(0, derive(f"crowd {n}", 32))[1:])), "hanzi")
        for n in range(256)
    ]
    damaged = spell(wrong(WORD, 9))
    last = "，".join((*forged[1:], damaged))
    yield repaired("the 256th tag is that of a damaged one", "standard", last)
    more = "，".join((*forged, damaged))
    yield beyond("the 257th tag is that of a damaged one", "standard", "signature", more)
    opens = {
        at for at, size in enumerate(CODEWORD_SYMBOLS) if size and HEADERS[at].version == VERSION
    }
    invites = (changed(variant=variant) for variant in range(256))
    invite, alone = next(
        (invite, word)
        for invite in invites
        for word in [word_of(*layout(invite))]
        if not opens & {*word[1:]}
    )
    prose = "".join(load_script("hanzi").glyphs[symbol] for symbol in range(300, 782))
    behind = prose + spell(wrong(alone, 9), "hanzi")
    yield repaired("the last of 512 hanzi", "standard", behind, invite)


def foreign_words() -> Iterator[Test]:
    """A foreign word between two runs stands for a glyph; what is no such word does not."""
    hanzi, emoji = spell(WORD, "hanzi"), spell(WORD)
    base32 = spell(WORD, "base32").replace("-", "")
    for comment, text, word in (
        ("a hanzi of no table", hanzi, "囍"),
        ("a hanzi that looks alike", hanzi, "藉"),
        ("a comma", hanzi, "，"),
        ("a letter", hanzi, "x"),
        ("a hanzi among emoji", emoji, "鸡"),
        ("a word in colons", emoji, ":rice:"),
        ("a word in wide colons", emoji, "：米饭："),
        ("a word in 【】", emoji, "【表情】"),
        ("a word in （）", emoji, "（表情）"),
        ("a word in ()", emoji, "(rice)"),
        ("a word of 20 characters", emoji, f"「{'饭' * 20}」"),
        ("a word in different brackets", emoji, "(饭】"),
        ("a word after a slash", emoji, "/可爱"),
        ("a word of 20 characters after a wide slash", emoji, f"／{'饭' * 20}"),
        ("a slash", emoji, "/"),
        ("a word between spaces", emoji, " 鸡\n"),
        ("U", base32, "U"),
        ("u", base32, "u"),
    ):
        damaged = f"{text[:12]}{word}{text[13:]}"
        yield repaired(f"{comment} for a glyph", "standard", damaged)
    yield repaired("a hanzi for nothing", "standard", f"{hanzi[:12]}囍{hanzi[12:]}")
    two = f"{hanzi[:11]}囍{hanzi[12:18]}囍{hanzi[19:]}"
    yield repaired("two hanzi of no table, beside 11 glyphs", "standard", two)
    yield repaired("a hanzi and a mark", "standard", f"{hanzi[:12]}囍{hanzi[13:20]}?{hanzi[21:]}")
    for comment, word in (
        ("two foreign characters", "囍囍"),
        ("a foreign character and a word", "囍（表情）"),
        ("a word of 21 characters", f"（{'饭' * 21}）"),
        ("a word in different colons", ":饭："),
        ("a word with a line break", "（表\n情）"),
        ("a word of 21 characters after a slash", f"/{'饭' * 21}"),
        ("two hanzi with a space between", "囍 囍"),
        ("brackets in brackets", "（（饭））"),
        ("a word in straight quotation marks", '"饭"'),
        ("a word in guillemets", "«饭»"),
        ("a word in angle brackets of mathematics", "⟨饭⟩"),
    ):
        text = f"{emoji[:12]}{word}{emoji[13:]}"
        yield beyond(f"{comment} for a glyph", "standard", "not_found", text)
    for comment, brackets in (
        ("braces", "{}｛｝"),
        ("wide square brackets and corners", "［］「」"),
        ("double corners and angles", "『』《》"),
        ("small angles and shells", "〈〉〔〕"),
        ("quotation marks", "“”‘’"),
    ):
        one, two = (f"{brackets[at]}饭{brackets[at + 1]}" for at in (0, 2))
        text = f"{emoji[:12]}{one}{emoji[13:24]}{two}{emoji[25:]}"
        yield repaired(f"words in {comment} for two glyphs", "standard", text)
    touched = f"{hanzi[5:17]}囍{hanzi[1:9]}?{hanzi[10:]}"
    yield beyond("a hanzi for the header, touched, and a mark", "standard", "damaged", touched)
    pieces = [hanzi[:10], hanzi[11:20], hanzi[21:]]
    yield beyond("between runs of 10 glyphs", "standard", "not_found", "囍".join(pieces))
    for count, error in ((9, "not_found"), (10, "damaged")):
        text = f"{hanzi[:11]}囍{hanzi[15 : 15 + count]}"
        yield beyond(f"11 and {count} glyphs, a hanzi between", "standard", error, text)


def readings_of_the_page() -> Iterator[Test]:
    """Sentences that can be read in two ways, each pinned by a text."""
    hanzi, emoji = spell(WORD, "hanzi"), spell(WORD)
    base32 = spell(WORD, "base32").replace("-", "")
    forged = spell(protect((WORD[0], *chunk(0, derive("beside", 32))[1:])))
    yield repaired("after a forged one in its run", "standard", f"{forged}{OTHER_GLYPH}{emoji[1:]}")
    yield repaired("64 marks more than glyphs", "standard", f"{emoji[:5]}{'?' * 65}{emoji[6:]}")
    many = f"{emoji[:5]}{'?' * 66}{emoji[6:]}"
    yield beyond("65 marks more than glyphs", "standard", "damaged", many)
    yield repaired("the second of base 32 a mark", "standard", f"{base32[0]}?{base32[2:]}")
    yield repaired("the second of base 32 lost", "standard", f"{base32[0]}{base32[2:]}")
    lost = f"{base32[0]}{base32[2:40]}{base32[41:]}"
    yield repaired("the second of base 32 and another lost", "thorough", lost)
    yield from halves(base32)
    for comment, damaged in {
        "two lost side by side": f"{emoji[:5]}{emoji[7:]}",
        "two extra side by side": f"{emoji[:5]}{OTHER_GLYPH * 2}{emoji[5:]}",
    }.items():
        yield repaired(comment, "thorough", damaged)
    for comment, damaged in {
        "one lost, one extra": f"{emoji[:5]}{emoji[6:20]}{OTHER_GLYPH}{emoji[20:]}",
        "one wrong, one extra": f"{emoji[:5]}{OTHER_GLYPH}{emoji[6:20]}{OTHER_GLYPH}{emoji[20:]}",
        "one wrong, two swapped": f"{emoji[:5]}{OTHER_GLYPH}{emoji[6:20]}{emoji[21]}{emoji[20]}"
        + emoji[22:],
    }.items():
        yield beyond(comment, "thorough", "damaged", damaged)
    yield repaired("the header wrong, one lost", "thorough", f"的{hanzi[1:9]}{hanzi[10:]}")
    groups = f"{hanzi[:5]}??{hanzi[6:12]}?{hanzi[13:20]}?{hanzi[21:]}"
    yield repaired("three groups, four marks", "standard", groups)
    header = f"的{hanzi[1:]}。。{spell(wrong(OTHER, 9, 20), 'hanzi')}"
    two = repaired("one wrong, then another with two wrong", "standard", header)
    yield two | {"repair": "thorough", "flags": ["Monotone"]}


def halves(base32: str) -> Iterator[Test]:
    """Glyphs of base 32 are halves of symbols, of which 10 and 11 make one."""
    alien = "Q" if base32[11] != "Q" else "Z"
    swapped = f"{base32[0]}{base32[2]}{base32[1]}{base32[3:]}"
    yield repaired("base32: glyphs 1 and 2 swapped", "standard", swapped)
    for comment, damaged in {
        "both glyphs of a symbol lost": f"{base32[:10]}{base32[12:]}",
        "two extra glyphs in a symbol": f"{base32[:11]}QZ{base32[11:]}",
        "a lost and a wrong glyph in a symbol": f"{base32[:10]}{alien}{base32[12:]}",
    }.items():
        yield repaired(f"base32: {comment}", "thorough", damaged)
    marked = f"{base32[:10]}?{alien}{base32[12:]}"
    yield beyond("base32: a mark and a wrong glyph in a symbol", "thorough", "damaged", marked)


def further() -> Iterator[Test]:
    """What the definition says and a search may miss."""
    hanzi, emoji = spell(WORD, "hanzi"), spell(WORD)
    header = hanzi[0]
    lost = f"{header * 24} {hanzi[:12]}{hanzi[13:]}"
    yield repaired("after 24 headers and a space", "standard", lost)
    marked = f"{emoji[:13]}????{emoji[14:]}{emoji[3:9]}"
    yield repaired("four marks for one glyph, more glyphs behind", "standard", marked)
    fourth = f"{emoji[:3]}?{emoji[4:9]}?{emoji[10:15]}?{emoji[16:22]}?{emoji[22:]}"
    yield repaired("a fourth group of marks for nothing", "standard", fourth)
    fourth = f"{emoji[:3]}?{emoji[3:9]}?{emoji[9:15]}?{emoji[15:22]}??{emoji[23:]}"
    yield beyond("a fourth group of marks for a glyph", "thorough", "damaged", fourth)
    idle = f"{spell(wrong(WORD, 9, 21))[:16]}?{spell(wrong(WORD, 9, 21))[16:]}"
    yield repaired("two wrong, a mark for nothing", "thorough", idle)
    mixed = f"{emoji[:5]}{emoji[6:13]}?{emoji[14:]}"
    yield beyond("one lost, one mark for one glyph", "thorough", "damaged", mixed)
    both = f"{emoji[:5]}{OTHER_GLYPH}{emoji[6:13]}?{emoji[14:]}"
    yield beyond("one wrong, one mark for one glyph", "thorough", "damaged", both)
    forged = spell(protect((WORD[0], *chunk(0, derive("forged", 32))[1:])), "hanzi")
    yield repaired("beside a forged one", "standard", f"{forged}，{emoji[:9]}{emoji[10:]}")
    padded = protect((*WORD[:26], WORD[26] | 1))
    text = spell(wrong(padded, 9))
    yield beyond("one wrong glyph, and a spare bit is set", "standard", "damaged", text)
    yield from readings_of_the_page()
    surrogates = "%ED%A0%80"
    yield repaired(
        "a surrogate in percent-encoding", "standard", f"{emoji[:13]}{surrogates}{emoji[14:]}"
    )
    shown = spell(OTHER)[:11]
    yield repaired(
        "emoji in brackets for a glyph", "standard", f"{hanzi[:13]}[{shown}]{hanzi[14:]}"
    )
    for script in SCRIPT_NAMES:
        text = spell(WORD, script).replace("-", "")
        ends = f"{text[:9]}{text[10:]}{load_script(script).glyphs[9] * 2}"
        yield repaired(f"{script}: one lost, two glyphs behind", "standard", ends)
        three = text[:4] + text[5:13] + text[14:20] + text[21:]
        yield beyond(f"{script}: three lost", "thorough", "damaged", three)
        more = f"{text[:4]}{text[2]}{text[4:13]}{text[2]}{text[13:20]}{text[2]}{text[20:]}"
        yield beyond(f"{script}: three extra", "thorough", "damaged", more)
        five = spell(wrong(WORD, 3, 9, 20, 25, 28), script)
        yield beyond(f"{script}: five wrong", "standard", "damaged", five)
        swapped = text[:5] + text[6] + text[5] + text[7:15] + text[16] + text[15] + text[17:]
        yield beyond(f"{script}: two swaps", "standard", "damaged", swapped)
        gap = (
            f"{text[:5]}????{text[9:]}" if script != "base32" else f"{text[:4]}????????{text[12:]}"
        )
        yield beyond(f"{script}: four symbols unreadable", "thorough", "damaged", gap)
