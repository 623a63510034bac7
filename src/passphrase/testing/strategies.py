"""Hypothesis strategies: invites, keys, messages, and what chat apps do to messages.

For the tests of this project and of your backend. Needs the extra ``testing``.

    from hypothesis import given
    from passphrase.testing.strategies import manglings, messages

    @given(message=messages(my_codec), mangling=manglings())
    def test_my_backend_opens_it(message, mangling):
        assert my_backend.open(mangling(message.text)).invite == message.invite
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final
from urllib.parse import quote

from hypothesis import strategies as st

from passphrase.codec import Codec
from passphrase.format.keyring import Keyring
from passphrase.format.layout import GENERATIONS, KEY_IDS, VARIANTS
from passphrase.invite import EPOCH, EXPIRY_MINUTES_MAX, Invite, Origin
from passphrase.reading.characters import PICTURE_RANGES
from passphrase.reading.find import MAX_CHARS, find
from passphrase.reading.markup import COUPLES
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script

__all__ = ["Mangling", "Message", "codecs", "invites", "keyrings", "manglings", "messages"]

Change = Callable[[str, Random], str]


@dataclass(frozen=True)
class Message:
    """A passphrase in a chat message.

    Attributes:
        text: The message.
        invite: The invite of the passphrase.
        passphrase: The passphrase in it.
        script: Name of the script of the passphrase.
    """

    text: str
    invite: Invite
    passphrase: str
    script: str


@dataclass(frozen=True)
class Mangling:
    """A function that changes a text as chat apps and people do. Call it with the text.

    Attributes:
        name: What happens; several steps are joined by " + ".
        damage: Number of glyphs that it makes wrong, unreadable, lost, extra or swapped. With 0
            the passphrase can be read without repair.
        changes: The steps, in order.
        seed: Seed of the random places that the steps change.
    """

    name: str
    damage: int
    changes: tuple[Change, ...]
    seed: int

    def __call__(self, text: str) -> str:
        """Return the changed text. A step that would exceed MAX_CHARS is skipped."""
        draw = Random(self.seed)  # noqa: S311  # reproducible on purpose
        for change in self.changes:
            changed = change(text, draw)
            if len(changed) <= max(MAX_CHARS, len(text)):
                text = changed
        return text


def invites() -> st.SearchStrategy[Invite]:
    """Generate any valid invite."""
    ids = st.integers(0, 2**32 - 1) | st.integers(2**32, 2**64 - 1) | st.uuids()
    minutes = st.integers(1, EXPIRY_MINUTES_MAX)
    return st.builds(
        Invite,
        group_id=ids,
        inviter_id=ids,
        expires_at=minutes.map(lambda count: EPOCH + timedelta(minutes=count)),
        origin=st.sampled_from(Origin),
        mutual_follow=st.booleans(),
        approval=st.booleans(),
        single_use=st.booleans(),
        generation=st.integers(0, GENERATIONS - 1),
        variant=st.integers(0, VARIANTS - 1),
    )


def keyrings() -> st.SearchStrategy[Keyring]:
    """Generate keyrings of one to eight keys, any of them active."""
    secrets = st.lists(
        st.binary(min_size=32, max_size=64), min_size=1, max_size=8, unique_by=_without_zeros
    )
    return st.builds(_keyring, st.permutations(KEY_IDS), secrets, st.integers(0, 7))


def _without_zeros(secret: bytes) -> bytes:
    return secret.rstrip(b"\0")  # HMAC pads keys with zeros, so these would be the same key


def _keyring(ids: list[int], secrets: list[bytes], active: int) -> Keyring:
    ring = dict(zip(ids, secrets, strict=False))
    return Keyring(ring, ids[active % len(ring)])


def codecs() -> st.SearchStrategy[Codec]:
    """Generate codecs of any keys, audience and built-in script."""
    seen = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Z"))
    audiences = st.text(seen, min_size=1, max_size=16)
    return st.builds(Codec, keyrings(), audience=audiences, script=st.sampled_from(SCRIPT_NAMES))


_BEFORE: Final = (
    "",
    "3 复制这条消息，打开抖音，加入「火锅小分队」",
    "老王: 快来!",
    "周末一起爬山吗？进群说：",
    "5 Copy this and open the app to join Book Club p:/ ",
    "see you there! ",
    "love <3 -> ",
)
_AFTER: Final = ("", "复制打开抖音", " 快来", "，明天失效哦", " (valid for 7 days)", "!!")
_DELIMITERS: Final = ("<>", "%%", "【】", "《》", "￥￥", "$$", "()", "##", "「」", "  ")


def messages(codec: Codec) -> st.SearchStrategy[Message]:
    """Generate chat messages, Chinese or English, each with a passphrase of `codec`."""
    return st.builds(
        _message,
        st.just(codec),
        invites(),
        st.sampled_from(SCRIPT_NAMES),
        st.tuples(*map(st.sampled_from, (_BEFORE, _DELIMITERS, _AFTER))),
    )


def _message(codec: Codec, invite: Invite, script: str, around: tuple[str, str, str]) -> Message:
    before, delimiters, after = around
    opening, closing = delimiters[0], delimiters[1]
    text = codec.encode(invite, script=script)
    return Message(f"{before}{opening}{text}{closing}{after}", invite, text, script)


def manglings(*, damage: int = 0, most: int = 4) -> st.SearchStrategy[Mangling]:
    """Generate manglings: damage to glyphs, then harmless changes.

    Steps have a realistic order: characters change, at most one system writes them as markup, then
    people quote and forward. Damage is in the first passphrase of the text; "standard" repairs it.

    Args:
        damage: The most glyphs that are damaged, 0 to 3. From 1 on, each mangling damages some.
        most: The most harmless steps.
    """
    harmless = st.lists(st.sampled_from([*HARMLESS]), max_size=most, unique_by=_stage_of_markup)
    broken = [name for name, (glyphs, _) in DAMAGE.items() if glyphs <= damage]
    return st.builds(
        _mangling,
        harmless,
        st.sampled_from(broken) if broken else st.none(),
        st.integers(0, 2**32 - 1),
    )


def _stage_of_markup(name: str) -> str:
    return "markup" if name in MARKUP else name


def _mangling(names: list[str], broken: str | None, seed: int) -> Mangling:
    order = [*HARMLESS]
    names = sorted(names, key=order.index)
    changes = [HARMLESS[name] for name in names]
    damage = 0
    if broken:
        damage, change = DAMAGE[broken]
        names, changes = [broken, *names], [change, *changes]
    return Mangling(" + ".join(names), damage, tuple(changes), seed)


# --- Characters: what keyboards, clipboards and fonts do ----------------------------------------


# Some systems write a couple or a family as its ZWJ sequence: Unicode, emoji-zwj-sequences.txt.
_SEQUENCES: Final = {
    ord(couple): "\u200d".join(parts).replace("❤", "❤\ufe0f")
    for parts, couple in reversed(COUPLES.items())
}
_WHOLE: Final = re.compile("|".join((*_SEQUENCES.values(), ".")), re.DOTALL)  # one or a character


def _sprinkle(characters: Sequence[str]) -> Change:
    """Make a change that inserts some of the strings between characters, at random places."""

    def change(text: str, draw: Random) -> str:
        often = draw.choice((0.02, 0.2, 1.0))
        return "".join(
            glyph + (draw.choice(characters) if draw.random() < often else "")
            for glyph in _WHOLE.findall(text)
        )

    return change


def _translate(table: Mapping[str, str]) -> Change:
    """Make a change that replaces characters of a text, at random places, by `table`."""

    def change(text: str, draw: Random) -> str:
        often = draw.choice((0.2, 1.0))
        return "".join(
            table[glyph] if glyph in table and draw.random() < often else glyph for glyph in text
        )

    return change


def _aliases(name: str) -> dict[str, str]:
    """Map the glyphs of a script to the last of their aliases."""
    script = load_script(name)
    return {script.glyphs[value]: alias for alias, value in script.values.items()}


_WIDE: Final = {chr(code): chr(code + 0xFEE0) for code in (*range(0x30, 0x3A), *range(0x41, 0x5B))}

CHARACTERS: Final[Mapping[str, Change]] = {
    "line breaks": _sprinkle("\n\r\u2028"),
    "CR LF": lambda text, _: text.replace("\n", "\r\n"),
    "breaks lost": lambda text, _: "".join(text.splitlines()),
    "spaces": _sprinkle(" "),
    "other spaces": _sprinkle("\u00a0\u3000\u2009\t"),
    "zero width": _sprinkle("\u200b\u200c\u2060\ufeff\u00ad"),
    "bidi": _sprinkle("\u200e\u200f\u202a\u202c\u2066\u2069"),
    "variation selectors": _sprinkle("\ufe0e\ufe0f"),
    "skin tones": _sprinkle("\U0001f3fb\U0001f3fd\U0001f3ff"),
    "joiners": _sprinkle("\u200d"),
    "lower case": lambda text, _: text.lower(),
    "full width": _translate(_WIDE),
    "other dashes": _translate({"-": "\u2014"}),
    "compatibility ideographs": _translate(_aliases("hanzi")),
    "SoftBank codes": _translate(_aliases("emoji")),
    "joined couples": lambda text, _: text.translate(_SEQUENCES),
}

# --- Markup: what web clients, bots and browsers write ------------------------------------------


def _each(pattern: str) -> Change:
    """Write every picture as markup of its code point, or of itself as a whole."""

    def change(text: str, _: Random) -> str:
        return "".join(
            pattern.format(glyph, code=ord(glyph[0]))
            if any(first <= ord(glyph[0]) <= last for first, last in PICTURE_RANGES)
            else glyph
            for glyph in (_WHOLE.findall(text) if "{}" in pattern else text)
        )

    return change


def _escape(pattern: str, units: Callable[[str], Iterable[str]] = iter) -> Change:
    """Replace every character outside ASCII with escapes of its code units."""

    def change(text: str, _: Random) -> str:
        return "".join(
            unit if unit.isascii() else pattern.format(code=ord(unit)) for unit in units(text)
        )

    return change


def _units(text: str) -> str:
    """Split each character above U+FFFF into its two surrogates."""
    units = text.encode("utf-16-le", "surrogatepass")
    return "".join(
        chr(int.from_bytes(units[at : at + 2], "little")) for at in range(0, len(units), 2)
    )


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


_TAGS: Final = (
    *("<b>", "</B>", "<WBR>", "<h1>", "</code>", '<TD width="9">', "<o:p></o:p>", "<!-- 注释 -->"),
    *('<span style="font-family:微软雅黑">', '<FONT face="宋体" color=red>', '<a title="看 这里">'),
    *("&shy;", "&zwj;", "&zwnj;", "&ensp;", "&EMSP;", "&thinsp;", "&lrm;", "&ZeroWidthSpace;"),
)


MARKUP: Final[Mapping[str, Change]] = {
    "span tags": _each('<span class="emoji emoji{code:x}"></span>'),
    "img tags": _each('<img class="emoji emoji{code:x}" text="_web" src="spacer.gif" />'),
    "img tags in Chinese": _each(
        '<img class="emoji emoji{code:x}" text="[流汗]_web" src="spacer.gif" />'
    ),
    "img tags with alt": _each(
        '<img class="emoji" draggable="false" alt="{}" src="https://example.org/{code:x}.png">'
    ),
    "emoji elements": _each('<tg-emoji emoji-id="{code:019}">{}</tg-emoji>'),
    "escaped tags": _each("&lt;span class=&quot;emoji emoji{code:x}&quot;&gt;&lt;/span&gt;"),
    "tags between": _sprinkle(_TAGS),
    "bracketed codes": _each("[emoji{code:x}]"),
    "CQ codes": _each("[CQ:emoji,id={code}]"),
    "entities": _each("&#{code};"),
    "escaped entities": _each("&amp;#{code};"),
    "entities of surrogates": _escape("&#{code};", _units),
    "hexadecimal entities of surrogates": _escape("&#x{code:X};", _units),
    "QQ names": _each("/Emoji{code}"),
    "percent-encoding": lambda text, _: _quoted(text),
    "percent-encoding twice": lambda text, _: _quoted(_quoted(text)),
    "JavaScript's escape": _escape("%u{code:04X}", _units),
    "JSON": lambda text, _: json.dumps(text),
    "JSON in JSON": lambda text, _: json.dumps(json.dumps(text)),
    "Python's ascii": lambda text, _: ascii(text),
    "Python's bytes": lambda text, _: repr(text.encode("utf-8", "replace")),
    "escapes in braces": _escape("\\u{{{code:x}}}"),
    "surrogates": lambda text, _: _units(text),
}

# --- Envelopes: what people and apps put around a message ---------------------------------------

ENVELOPES: Final[Mapping[str, Change]] = {
    "delimiters replaced": lambda text, draw: text.translate(
        dict.fromkeys(map(ord, "【】《》"), draw.choice("￥₤#$!。"))
    ),
    "bold": lambda text, _: f"**{text}**",
    "br tags": lambda text, _: text.replace("\n", "<br/>"),
    "table cells": lambda text, _: "<TABLE><TR><TD>" + text.replace("\n", "</TD></TR><TR><TD>"),
    "HTML clipboard": lambda text, _: f"<!--StartFragment--><pre>{text}</pre><!--EndFragment-->",
    "bot message": lambda text, _: (
        f"[CQ:reply,id=-1234567890][CQ:at,qq=10001] {text}"
        "[CQ:face,id=178,raw=[object Object]][CQ:face,id=123,sub_type=1,large=0]"
    ),
    "quoted lines": lambda text, _: "\n".join(f"> {line}" for line in text.split("\n")),
    "reply": lambda text, _: f"「老王：{text}」\n- - - - - - - - - - - - - - -\n好的",
    "name and time": lambda text, _: f"老王 2026/11/22 10:32\n{text}\n小李 10:33\n收到",
    "twice": lambda text, _: f"{text}\n{text}",
}

HARMLESS: Final[Mapping[str, Change]] = {**CHARACTERS, **MARKUP, **ENVELOPES}

# --- Damage to glyphs ---------------------------------------------------------------------------


def _damage(strike: Callable[[Script, list[str], int, Random], None], most: int = 1) -> Change:
    """Damage `most` glyphs of the first passphrase in a text, unless they are markup."""

    def change(text: str, draw: Random) -> str:
        found = find(text)
        if not found:
            return text
        script = load_script(found[0].script)
        start, end = found[0].span
        glyphs = [*text[start:end]]
        places = [at for at, glyph in enumerate(glyphs) if glyph in script.values]
        if len(places) != len(found[0].codeword) * script.glyphs_per_symbol:
            return text  # glyphs are written as markup, which must not be damaged
        for at in draw.sample(places[: len(places) - (strike is _swapped)], most):
            strike(script, glyphs, at, draw)
        return text[:start] + "".join(glyphs) + text[end:]

    return change


def _wrong(script: Script, glyphs: list[str], at: int, draw: Random) -> None:
    step = draw.randrange(1, len(script.glyphs))
    glyphs[at] = script.glyphs[(script.values[glyphs[at]] + step) % len(script.glyphs)]


def _unreadable(_script: Script, glyphs: list[str], at: int, draw: Random) -> None:
    glyphs[at] = draw.choice("?\uff1f\u25a1\ufffd\ud83d")


def _lost(_script: Script, glyphs: list[str], at: int, _draw: Random) -> None:
    glyphs[at] = ""


def _extra(script: Script, glyphs: list[str], at: int, draw: Random) -> None:
    glyphs[at] += draw.choice(script.glyphs)


def _swapped(script: Script, glyphs: list[str], at: int, _draw: Random) -> None:
    after = next(place for place in range(at + 1, len(glyphs)) if glyphs[place] in script.values)
    glyphs[at], glyphs[after] = glyphs[after], glyphs[at]


# By name: how many glyphs it damages, and the change. All are within what "standard" repairs.
DAMAGE: Final[Mapping[str, tuple[int, Change]]] = {
    "one wrong": (1, _damage(_wrong)),
    "one unreadable": (1, _damage(_unreadable)),
    "one lost": (1, _damage(_lost)),
    "one extra": (1, _damage(_extra)),
    "two swapped": (2, _damage(_swapped)),
    "two unreadable": (2, _damage(_unreadable, 2)),
    "three unreadable": (3, _damage(_unreadable, 3)),
}
