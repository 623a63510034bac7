"""Compare the library with the second reader and repairer, made from the page alone.

`python tools/compare_readers.py --texts 20000` damages random passphrases, and exits 1 if the
two disagree on a text with no more windows than a repairer has to look at.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from passphrase import Codec, Keyring, PassphraseError

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import second_reader as reader
import second_repairer as repairer

SEED = 20260101
LONGEST = 400
MOST_WINDOWS = {"exact": 0, "standard": 24, "thorough": 16}  # docs/format.md, "Bounds"
AUDIENCE = "douyin"
KEYS = {1: bytes(range(32)), 2: bytes(range(32, 64))}
STRANGER = bytes(range(64, 96))
LEVELS: tuple[Literal["exact", "standard", "thorough"], ...] = ("exact", "standard", "thorough")
MARKS = ("?", "？", "□", "\ufffd", "..", "[微笑]", "[CQ:face,id=14]", "??", "?\u200b?", "%F0%9F")
WORDS = (
    "，", "x", "鑫", "U", "(笑)", "[强]", "【图】", "（瞧）", "::", ":smile:", "：笑：", "/微笑",
    "/", "<瞧>", "“好”", "(a b)", "鑫 鑫", "( ", "😭", "👍🏽", "\n> ",
)  # fmt: skip
SKIPPED = (" ", "\n", "-", "\u200d", "*", "\\", "<br/>", "&nbsp;")
FRAMES = (
    ("", ""), ("join us: ", " see you"), ("复制这段口令 ", " 打开应用"), ("走了", "再走"),
    ("Code ", ""), ("«", "»"), ("Group 7A: ", "\n\nthanks!"), ("群", "，快来"), ("(", ")"),
    ("> ", "\n> ok"), ("🎉", "🎉"), ("🎉🎉 ", " 🎉"), ("100% ", ".."), ("AB", "CD"), ("?", "?"),
)  # fmt: skip


def random_invite(rng: random.Random) -> dict[str, Any]:
    """An invite as the vectors write it."""

    def random_id() -> str:
        raw = rng.randbytes(16).hex()
        uuid = f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"
        return rng.choice((str(rng.getrandbits(31)), str(2**63 + rng.getrandbits(60)), uuid))

    expiry = reader.EPOCH + timedelta(minutes=rng.randint(1, reader.LAST_MINUTE))
    return {
        "group_id": random_id(),
        "inviter_id": random_id(),
        "expires_at": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "origin": rng.choice(reader.ORIGINS),
        "mutual_follow": rng.choice((False, True)),
        "approval": rng.choice((False, True)),
        "single_use": rng.choice((False, True)),
        "generation": rng.randrange(256),
        "variant": rng.randrange(256),
    }


def spelled(rng: random.Random, script: str) -> list[str]:
    """A passphrase as a list of characters; one in eight is forged."""
    key_id = rng.choice((1, 2))
    keys = KEYS if rng.randrange(8) else {key_id: STRANGER}
    return list(reader.encode(random_invite(rng), key_id, keys, AUDIENCE, script))


def damage(rng: random.Random, text: list[str], script: str) -> None:
    """One damage of any kind at any place, more often at an end."""
    at = rng.choice((0, len(text) - 1, *([rng.randrange(len(text))] * 6)))
    glyph = rng.choice(reader.table(script))
    kind = rng.choice(("wrong", "swap", "lost", "extra", "mark", "word", "skip", "alien", "markup"))
    if kind == "swap":
        text[at : at + 2] = text[at : at + 2][::-1]
    elif kind == "lost":
        del text[at : at + rng.choice((1, 1, 2, 3))]
    elif kind in ("extra", "skip"):
        text.insert(at, glyph if kind == "extra" else rng.choice(SKIPPED))
    elif kind in ("mark", "word"):
        put = rng.choice(MARKS if kind == "mark" else WORDS)
        text[at : at + rng.choice((0, 1, 1, 1, 2, 3))] = [put]
    else:
        alien = rng.choice(reader.table(rng.choice(reader.SCRIPTS)))
        text[at] = {"wrong": glyph, "alien": alien}.get(kind) or escaped(rng, text[at])


def escaped(rng: random.Random, text: str) -> str:
    """Some characters in one of the kinds of markup."""
    kinds: tuple[Callable[[str], str], ...] = (
        lambda c: f"&#{ord(c)};",
        lambda c: f"&amp;#x{ord(c):x};",
        lambda c: "".join(f"%{b:02X}" for b in c.encode()),
        lambda c: "".join(f"\\x{b:02x}" for b in c.encode()),
        lambda c: json.dumps(c)[1:-1],
        lambda c: f"\\u{{{ord(c):x}}}",
        lambda c: f'<img alt="{c}"/>',
        lambda c: f'<span class="emoji emoji{ord(c):x}"></span>',
        lambda c: f"[emoji{ord(c):x}]",
        lambda c: f"<b>{c}</b>",
        lambda c: f"/emoji{ord(c)}",
    )
    kind = rng.choice(kinds)
    return "".join(kind(character) for character in text)


def random_text(rng: random.Random) -> str:
    """One or two passphrases, damaged or not, in a frame of prose."""
    text = ""
    for _ in range(rng.choice((1, 1, 1, 2))):
        script = rng.choice(reader.SCRIPTS)
        word = spelled(rng, script)
        if script == "base32" and not rng.randrange(3):
            word = list("".join(word).replace("-", rng.choice(("", "", " ", ". "))).lower())
        for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
            damage(rng, word, script)
        if not rng.randrange(10):
            word = [escaped(rng, character) for character in word]
        before, after = rng.choice(FRAMES)
        text += before + "".join(word) + after + rng.choice(("", "", "\n"))
    return text if len(text) <= LONGEST else random_text(rng)


def by_library(codec: Codec, text: str, level: Literal["exact", "standard", "thorough"]) -> str:
    """What the library makes of a text, as one line."""
    try:
        decoded = codec.decode(text, repair=level)
    except PassphraseError as error:
        return error.code
    return f"{decoded.invite.model_dump(mode='json')} {decoded.fingerprint}"


def by_page(text: str, level: str) -> str:
    """What the second reader and repairer make of a text, as one line."""
    try:
        if level == "exact":
            found = reader.read(text, KEYS, AUDIENCE)
        else:
            found = repairer.repair(text, KEYS, AUDIENCE, level)
    except reader.Refused as refusal:
        return refusal.code
    return f"{found['invite']} {found['fingerprint']}"


def smallest(text: str, differ: Callable[[str], bool]) -> str:
    """The text with characters cut away as long as the two still disagree."""
    size = len(text) // 2
    while size:
        at = 0
        while at < len(text):
            shorter = text[:at] + text[at + size :]
            if differ(shorter):
                text = shorter
            else:
                at += size
        size //= 2
    return text


def main() -> int:
    """Compare, tell each disagreement, and return how the process ends."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--texts", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=SEED)
    options = arguments.parse_args()
    codec = Codec(Keyring(KEYS, active_id=1), audience=AUDIENCE)
    rng = random.Random(options.seed)  # noqa: S311
    classes: Counter[str] = Counter()
    within = beyond = 0
    began = time.monotonic()
    for number in range(options.texts):
        text, level = random_text(rng), rng.choice(LEVELS)
        library, page = by_library(codec, text, level), by_page(text, level)
        classes[f"{level} {'invite' if page.startswith('{') else page}"] += 1
        if library == page:
            continue
        windows = repairer.count_windows(text, level)
        beyond += windows > MOST_WINDOWS[level]
        within += windows <= MOST_WINDOWS[level]
        print(f"{number} {level}, {windows} windows: library {library}, page {page}\n  {text!r}")
        if windows <= MOST_WINDOWS[level]:

            def differ(
                shorter: str, level: Literal["exact", "standard", "thorough"] = level
            ) -> bool:
                return by_library(codec, shorter, level) != by_page(shorter, level) and (
                    repairer.count_windows(shorter, level) <= MOST_WINDOWS[level]
                )

            print(f"  smallest: {smallest(text, differ)!r}")
    for name, count in sorted(classes.items()):
        print(f"{name:24} {count}")
    seconds = time.monotonic() - began
    print(f"{options.texts} texts, {within} disagreements, {beyond} beyond, {seconds:.0f} s")
    return int(within > 0)


if __name__ == "__main__":
    sys.exit(main())
