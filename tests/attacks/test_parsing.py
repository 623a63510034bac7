"""Parsing: hostile text takes linear time and breaks nothing.

Work is counted in calls, tag checks and proposals, which no busy machine changes.
"""

import random
import re
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache, partial
from itertools import cycle, islice
from pathlib import PurePosixPath
from typing import Any

import pytest
from attacks.attacks_support import count_windows, counted_calls, spell_raw
from hypothesis import given
from hypothesis import strategies as st
from reference import pack, seal, spell
from support import (
    AUDIENCE,
    CODEC,
    INVITE,
    KEYRING,
    KEYS,
    LONG,
    SCRIPTS,
    codeword_of,
    count_tag_checks,
)
from timing import grows_linearly, seconds

from passphrase import (
    Codec,
    PassphraseError,
    TextTooLongError,
    VersionError,
    Visit,
    explain,
    find,
    join_prompt,
    recognize,
)
from passphrase.format.layout import CODEWORD_SYMBOLS, HEADER_SYMBOLS, Header
from passphrase.format.parity import is_sound, parity
from passphrase.format.symbols import merge, split
from passphrase.invite import EPOCH, EXPIRY_MINUTES_MAX
from passphrase.joining.rules import Facts
from passphrase.opening import TAG_CHECKS_MAX, Level
from passphrase.reading import find as find_module
from passphrase.reading.codeword import Codeword
from passphrase.reading.mend import THOROUGH_WINDOWS_MAX, WINDOWS_MAX
from passphrase.reading.row import Row
from passphrase.scripts import load_script
from passphrase.sharing.lint import lint

pytestmark = pytest.mark.slow

SMALL, LARGE = 1 << 14, 1 << 15
GROWTH_MAX = 2.6
BYTES_A_CHARACTER = 250  # of memory; measured: at most 240, of headers alone
TEXT = CODEC.encode(INVITE)
WIDE = HEADER_SYMBOLS[Header(1, 1, 1, 2)]  # 36 symbols without a spare bit


# --- Corpora of hostile texts --------------------------------------------------------------------


def overlapping(script: str) -> str:
    """Make a word begin at every fourth symbol: as many candidates as there can be."""
    size = CODEWORD_SYMBOLS[WIDE]
    draw = random.Random(script)
    symbols = [WIDE if at % 4 == 0 else draw.randrange(1024) for at in range(size - 3)]
    while len(symbols) < LARGE:
        symbols += split(parity(merge(symbols[3 - size :]), size - 3), 3)
        symbols.append(WIDE)
    assert is_sound(merge(symbols[4 : 4 + size]), size)
    return spell(symbols, script).replace("-", "")


def rows(script: str, damage: Callable[[str], str]) -> str:
    """Put damaged words one after another, each a row of its own."""
    draw = random.Random(script)
    header = codeword_of(INVITE)[0]
    raws = (spell_raw(header, draw.randbytes(32), script) for _ in range(LARGE // 30))
    return "。".join(damage(raw) for raw in raws)


def one_wrong(text: str) -> str:
    return text[:9] + text[8] + text[10:]


def blotted(text: str) -> str:
    """Leave marks that may stand for many glyphs."""
    return f"{text[:3]}??{text[4:9]}?{text[10:21]}?{text[22:]}"


def drawn(script: str) -> str:
    return "".join(random.Random(script).choices(load_script(script).glyphs, k=LARGE))


def headers(script: str) -> str:
    """Let every glyph be one that a word can begin with."""
    return "".join(islice(cycle(spell(range(133, 256, 16), script)), LARGE))


def repeated(unit: str) -> str:
    return unit * (LARGE // len(unit) + 1)


PLAIN: dict[str, Callable[[], str]] = {
    "ascii": lambda: "".join(map(chr, random.Random(1).choices(range(128), k=LARGE))),
    # With this seed, both halves have rows of glyphs: chance alone is no growth.
    "any": lambda: "".join(map(chr, random.Random(9).choices(range(0x110000), k=LARGE))),
    "white space": lambda: repeated(" \n\t\u3000\u2028"),
    "joiners": lambda: repeated("\u200d\ufe0f"),
    "combining": lambda: "a" + repeated("\u0315\u0300"),
    "ligatures": lambda: repeated("\ufdfa"),
    "surrogates": lambda: repeated("\ud83d"),
    "pairs": lambda: repeated("\ud83c\udf7b"),
    "bidi": lambda: repeated("\u202e"),
    "marks": lambda: repeated("?"),
    "faces": lambda: repeated("[\u7b11]"),
    "open brackets": lambda: repeated("["),
    "open tags": lambda: repeated("<span "),
    "entities": lambda: repeated("&amp;amp;"),
    "open entities": lambda: "&" + repeated("amp;"),
    "per cent": lambda: repeated("%F0%9F"),
    "dots": lambda: repeated("."),
    "emptied": lambda: repeated("\u3010 "),
    "one passphrase": lambda: repeated(TEXT),
    "one passphrase, set off": lambda: repeated(f"{TEXT}。"),
}
# The same for each script, of its name.
SPELLED: dict[str, Callable[[str], str]] = {
    "drawn": drawn,
    "headers": headers,
    "one glyph": lambda script: repeated(load_script(script).glyphs[-1]),
    "symbol 0": lambda script: repeated(load_script(script).glyphs[0]),
    "spaced": lambda script: " ".join(drawn(script)),
    "overlapping": overlapping,
    "whole": lambda script: rows(script, str),
    "one wrong": lambda script: rows(script, one_wrong),
    "blotted": lambda script: rows(script, blotted),
    "and marks": lambda script: blotted(drawn(script)[:30]) + repeated("?"),
    "a mark a word": lambda script: repeated(CODEC.encode(INVITE, script=script)[:29] + "?"),
}
SPELLED_CORPORA: dict[str, Callable[[], str]] = {
    f"{script} {name}": partial(make, script)
    for script in SCRIPTS
    for name, make in SPELLED.items()
}


def up_to_the_cap() -> str:
    """Spend 250 tag checks on whole words, so that blotted ones need more than are left."""
    whole = [
        CODEC.encode(INVITE.model_copy(update={"variant": variant}), script="hanzi")
        for variant in range(250)
    ]
    rest = [f"{TEXT[:3]}??{TEXT[4:9]}?{TEXT[10:at]}?{TEXT[at + 1 :]}" for at in range(12, 28)]
    return "，".join([*whole, *rest])


UP_TO_THE_CAP = "up to the cap"
CORPORA = PLAIN | SPELLED_CORPORA | {UP_TO_THE_CAP: up_to_the_cap}


@cache
def corpus(name: str) -> str:
    return CORPORA[name]()[:LARGE]


def refused(function: Callable[[str], object], text: str) -> None:
    """Read a hostile text: whatever comes of it is a result or a refusal of ours."""
    try:
        function(text)
    except PassphraseError:
        return


@pytest.mark.parametrize("name", CORPORA)
def test_work_is_bounded_and_linear(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of twice the length makes about twice the work, and never more than 256 tag checks.

    A guesser would use candidates and proposals to try many tags in one call. Repair looks at no
    more than a budget of windows, however long the text is.
    """
    checks, windows = count_tag_checks(monkeypatch), count_windows(monkeypatch)
    text = corpus(name)
    CODEC.decode(f"。{TEXT[1:]}")  # tables are made at the first use
    work: list[int] = []
    for length in (SMALL, LARGE):
        checks.clear()
        windows.clear()
        with counted_calls() as calls:
            refused(LONG.decode, text[:length])
        work += calls
        assert len(checks) <= TAG_CHECKS_MAX == 256
        assert len(windows) <= 2 * WINDOWS_MAX  # a header as it was read, or any
    assert work[1] <= GROWTH_MAX * work[0] + 500
    assert (len(checks) == TAG_CHECKS_MAX) is (name == UP_TO_THE_CAP)


@pytest.mark.parametrize("name", CORPORA)
def test_memory_is_bounded(name: str) -> None:
    """A character costs at most 250 bytes of memory.

    Of the usual `max_chars`, that is 1 MB.
    """
    text = corpus(name)[:SMALL]
    CODEC.decode(f"。{TEXT[1:]}")  # tables are made at the first use
    tracemalloc.start()
    try:
        refused(LONG.decode, text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= BYTES_A_CHARACTER * len(text)


def test_thorough_repair_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for thorough repair has no more tags compared, nor more work for more rows."""
    checks, windows = count_tag_checks(monkeypatch), count_windows(monkeypatch)
    work: list[int] = []
    for count in (20, 80):
        checks.clear()
        windows.clear()
        text = "。".join(corpus("emoji one wrong").split("。")[:count])
        with counted_calls() as reading:
            refused(partial(LONG.decode, repair="exact"), text)
        with counted_calls() as calls:
            refused(partial(LONG.decode, repair="thorough"), text)
        work.append(calls[0] - reading[0])
        assert len(checks) <= TAG_CHECKS_MAX
        assert len(windows) <= 2 * (WINDOWS_MAX + THOROUGH_WINDOWS_MAX)
    assert work[1] < 1.2 * work[0]


# --- Patterns ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAIN)
def test_no_pattern_backtracks(name: str) -> None:
    """No pattern takes quadratic time on endless spaces, brackets or tags."""
    assert grows_linearly(explain, corpus(name))


def test_the_measurement_sees_a_bad_pattern() -> None:
    """The measurement notices a classic quadratic pattern."""
    bad = re.compile(r"\s+$")
    assert not grows_linearly(lambda text: bad.search(text + "x"), " " * 8192)


read_long = partial(refused, LONG.decode)


def long_corpus(name: str) -> str:
    """Return a corpus; what is cheap to read so long that copies of it are dear."""
    return corpus(name) * (4 if name.endswith(("one glyph", "symbol 0")) else 1)


@pytest.mark.parametrize("name", SPELLED_CORPORA)
@pytest.mark.parametrize(("level", "readings"), [("standard", 20), ("thorough", 60)])
def test_repair_costs_some_readings_of_a_long_text(name: str, level: Level, readings: int) -> None:
    """Measured: 5 and 16. A guess at a codeword that looks at all that is behind it takes 100."""
    text = corpus(name)
    exact, repairing = (
        partial(refused, partial(LONG.decode, repair=repair)) for repair in ("exact", level)
    )
    assert any(seconds(repairing, text) < readings * seconds(exact, text) for _ in range(3))


@pytest.mark.parametrize("name", SPELLED_CORPORA)
def test_no_call_hides_work(name: str) -> None:
    """No single call does quadratic work, such as slicing the text at every step.

    The count of calls above would not see it.
    """
    assert grows_linearly(read_long, long_corpus(name))


def test_the_measurement_sees_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measurement notices code that copies the rest of a row for every glyph."""
    find_words = find_module._codewords

    def copying(row: Row) -> Iterator[tuple[Codeword, int, int]]:
        for at in range(len(row.digits)):
            row.digits[at:]
        return find_words(row)

    monkeypatch.setattr(find_module, "_codewords", copying)
    assert not grows_linearly(read_long, long_corpus("emoji one glyph"))


# --- Total, whatever is given --------------------------------------------------------------------

pieces = st.sampled_from(
    [*"\0\ud83d\udc33\ufffe\U0010ffff\ufdfa\u202e\u0300<>[]&%;?.8\r\n", TEXT, TEXT[:20],
     "&#x110000;", "&#9999999;", "[CQ:emoji,id=9999999]", "[emojid83d]", "<br/>", "%ED%A0%BD",
     "%00", "&amp;#55357;"]
)  # fmt: skip
readers: list[Callable[[str], object]] = [find, recognize, lint, explain]
readers += [CODEC.decode, CODEC.decode_all, partial(explain, codec=CODEC)]


@given(text=st.lists(pieces | st.text(max_size=30), max_size=30).map("".join))
def test_every_reader_takes_every_text(text: str) -> None:
    """Every reader accepts any text: unpaired surrogates, noncharacters, nested markup."""
    for reader in readers:
        refused(reader, text)


@pytest.mark.parametrize("strange", [None, 5, b"bytes", bytearray(b"x"), ["x"], PurePosixPath("x")])
def test_a_value_that_is_not_text_is_a_type_error(strange: Any) -> None:
    """A value that is not a str is a TypeError."""
    for reader in readers:
        with pytest.raises(TypeError):
            reader(strange)


# --- Time at its ends ----------------------------------------------------------------------------

FAR_EAST, FAR_WEST = timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23))
ENDS = [
    *(datetime.min.replace(tzinfo=zone) for zone in (UTC, FAR_EAST, FAR_WEST)),
    *(datetime.max.replace(tzinfo=zone) for zone in (UTC, FAR_EAST, FAR_WEST)),
]


@pytest.mark.parametrize("now", ENDS, ids=str)
@pytest.mark.parametrize("minutes", [1, EXPIRY_MINUTES_MAX])
@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant", "en"])
def test_no_moment_overflows(now: datetime, minutes: int, locale: Any) -> None:
    """Invites and times at both ends of the range give a result, without overflow."""
    ends = EPOCH + timedelta(minutes=minutes)
    text = CODEC.encode(INVITE.model_copy(update={"expires_at": ends}))
    facts = Facts(
        generation=0, member=False, banned=False, inviter_is_member=True, group_full=False
    )
    prompt = join_prompt(
        CODEC.decode(text), Visit(viewer_id=1, now=now, source="wechat"), facts, locale=locale
    )
    assert (prompt.action == "join") is (now.year == 1)
    assert explain(text, CODEC, now=now).finding == ("valid" if now.year == 1 else "expired")


@pytest.mark.parametrize("expiry", [0, 1, 2**24, 2**25 - 1])
def test_every_expiry_of_the_wire_is_a_moment_or_a_refusal(expiry: int) -> None:
    """Every expiry on the wire is a valid time, except 0, which is refused."""
    header, body = pack(INVITE, 1)
    symbol = HEADER_SYMBOLS[header]
    first = int.from_bytes(body[:4], "big") & 0x7F | expiry << 7
    raw = seal(KEYS, symbol, first.to_bytes(4, "big") + body[4:])
    text = spell_raw(symbol, raw)
    if expiry:
        assert CODEC.decode(text).invite.expires_at == EPOCH + timedelta(minutes=expiry)
    else:
        with pytest.raises(VersionError):
            CODEC.decode(text)


class Looked(Exception):  # noqa: N818  # what no refusal of ours is
    """Somebody has looked at a text."""


def test_the_limit_is_kept_before_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a text of forty megabytes, only the length is checked."""

    def look(*_: object) -> None:
        raise Looked

    codec = Codec(KEYRING, audience=AUDIENCE, max_chars=99)
    for stage in (
        "reading.find.readings",
        "reading.find.glance",
        "reading.find.rows",
        "opening.glance",
    ):
        monkeypatch.setattr(f"passphrase.{stage}", look)
    for reader in (codec.decode, codec.decode_all, partial(find, max_chars=99)):
        with pytest.raises(TextTooLongError):
            reader(TEXT[:1] * 100)
        with pytest.raises(Looked):  # so that there is no other way in
            reader(TEXT[:1] * 99)
    with pytest.raises(TextTooLongError):
        codec.decode(TEXT[:1] * 10_000_000)
