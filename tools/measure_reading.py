"""Measure the promises of the reader, and print each figure; exit with 1 if one is broken.

    python tools/measure_reading.py                 everything, about half an hour on one core
    python tools/measure_reading.py --scale 0.01 --untimed    the same, smaller, on a busy machine

Every word is minted for a random invite and carried by a realistic message, but where a count says
that one word is changed in every possible way.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Final

import opencc

from passphrase import Codec, Invite, Keyring, Origin, PassphraseError, find
from passphrase.format.cipher import DerivedKeys
from passphrase.format.symbols import merge
from passphrase.invite import EPOCH, EXPIRY_MINUTES_MAX
from passphrase.opening import Level
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.testing.strategies import HARMLESS, MARKUP, Mangling

LENGTHS: Final = (1 << 14, 1 << 15, 1 << 16)  # of hostile texts
CODEC: Final = Codec(Keyring({1: bytes(range(32))}), audience="measure", max_chars=LENGTHS[-1])
DRAW: Final = random.Random(20201122)  # noqa: S311  # reproducible on purpose
HARMLESS_MOST: Final = 4
RATIO_MAX: Final = 2.6
TRANSLATIONS_MAX: Final = 10
TAG_CHECKS_MAX: Final = 256
TRIES: Final = 7
Outcome = tuple[int, int, int]  # tried, read right, misread


def invite() -> Invite:
    """Draw an invite of any size."""
    ids = [DRAW.randrange(2**32), DRAW.randrange(2**32, 2**64)]
    return Invite(
        group_id=DRAW.choice(ids),
        inviter_id=DRAW.choice(ids),
        expires_at=EPOCH + timedelta(minutes=DRAW.randint(1, EXPIRY_MINUTES_MAX)),
        origin=DRAW.choice([*Origin]),
        variant=DRAW.randrange(256),
    )


def outcome(pasted: Iterator[tuple[str, Invite]], level: Level = "standard") -> Outcome:
    """Decode texts and count."""
    tried = right = misread = 0
    for text, meant in pasted:
        tried += 1
        try:
            same = CODEC.decode(text, repair=level).invite == meant
        except PassphraseError:
            continue
        right += same
        misread += not same
    return tried, right, misread


def harmless(count: int) -> Iterator[tuple[str, Invite]]:
    """Compose up to four harmless manglings."""
    order = [*HARMLESS]
    for _ in range(count):
        names = DRAW.sample(order, DRAW.randint(0, HARMLESS_MOST))
        markup = [name for name in names if name in MARKUP]
        names = sorted({*names} - {*markup[1:]}, key=order.index)
        meant = invite()
        text = (
            f"老王: 3 快来!【{CODEC.encode(meant, script=DRAW.choice(SCRIPT_NAMES))}】复制打开抖音"
        )
        changes = tuple(HARMLESS[name] for name in names)
        yield Mangling("", 0, changes, DRAW.randrange(2**32))(text), meant


def rewritten(
    script: str, change: Callable[[list[str]], None], count: int
) -> Iterator[tuple[str, Invite]]:
    """Change the glyphs of random words."""
    for _ in range(count):
        meant = invite()
        glyphs = [*CODEC.encode(meant, script=script).replace("-", "")]
        change(glyphs)
        yield f"看【{''.join(glyphs)}】", meant


def every_wrong(script: str, scale: float) -> Iterator[tuple[str, Invite]]:
    """Change one word at every place to every other symbol."""
    meant = Invite(
        group_id=2**40, inviter_id=2**50, expires_at=EPOCH + timedelta(days=400), origin=Origin.QQ
    )
    spelling = load_script(script)
    word = next(iter(find(CODEC.encode(meant, script=script)))).codeword
    for place, symbol in enumerate(word):
        for change in range(1, 1024, max(1, round(1 / scale))):
            damaged = (*word[:place], symbol ^ change, *word[place + 1 :])
            yield spelling.spell(merge(damaged), len(word)), meant


def blotted(script: str, scale: float) -> Iterator[tuple[str, Invite]]:
    """Make every pair of glyphs of one word unreadable, and random triples of others."""
    meant = invite()
    glyphs = [*CODEC.encode(meant, script=script).replace("-", "")]
    for places in combinations(range(len(glyphs)), 2):
        if DRAW.random() < max(scale, 0.1):
            yield "".join("?" if at in places else glyph for at, glyph in enumerate(glyphs)), meant

    def blot(word: list[str]) -> None:
        for at in DRAW.sample(range(len(word)), 3):
            word[at] = "?"

    yield from rewritten(script, blot, round(10_000 * scale))


def one_off(script: str) -> Iterator[tuple[str, Invite]]:
    """Lose, add and swap at every place of one word."""
    meant = invite()
    glyphs = [*CODEC.encode(meant, script=script).replace("-", "")]
    for at in range(len(glyphs)):
        yield "".join(glyphs[:at] + glyphs[at + 1 :]), meant
        yield "".join([*glyphs[:at], DRAW.choice(load_script(script).glyphs), *glyphs[at:]]), meant
        swapped = glyphs[:at] + glyphs[at : at + 2][::-1] + glyphs[at + 2 :]
        yield "".join(swapped), meant


def two_off(script: str, kind: str) -> Callable[[list[str]], None]:
    """Return a change that makes two damages."""
    alphabet = load_script(script).glyphs

    def change(word: list[str]) -> None:
        one, other = sorted(DRAW.sample(range(len(word)), 2))
        if kind == "2 extra":
            word.insert(other, DRAW.choice(alphabet))
            word.insert(one, DRAW.choice(alphabet))
            return
        for at in (one, other):
            others = alphabet.replace(word[at], "")
            word[at] = "" if kind == "2 lost" else DRAW.choice(others)
        if kind == "1 lost, 1 wrong":
            word[DRAW.choice((one, other))] = ""

    return change


def ruined(script: str) -> Callable[[list[str]], None]:
    """Return a change that makes four to ten damages."""
    alphabet = load_script(script).glyphs

    def change(word: list[str]) -> None:
        for at in DRAW.sample(range(len(word)), DRAW.randint(4, 10)):
            word[at] = DRAW.choice(("", "?", *DRAW.choices(alphabet.replace(word[at], ""), k=3)))

    return change


def opencc_alters(count: int) -> tuple[int, int]:
    """Send hanzi passphrases through every conversion that OpenCC ships."""
    words = [CODEC.encode(invite(), script="hanzi") for _ in range(count)]
    text = "\n".join(words)
    configs = sorted(path.name for path in Path(opencc.__file__).parent.rglob("*2*.json"))
    altered = 0
    for config in configs:
        converted = opencc.OpenCC(config).convert(text).split("\n")
        altered += sum(a != b for a, b in zip(words, converted, strict=True))
    return len(configs), altered


def hostile() -> dict[str, Callable[[int], str]]:
    """Name the corpora that try to make a reader slow, each for a number of characters."""
    emoji, hanzi, base32 = (CODEC.encode(invite(), script=name) for name in SCRIPT_NAMES)
    tables = {name: load_script(name).glyphs for name in SCRIPT_NAMES}

    def repeat(unit: str) -> Callable[[int], str]:
        return lambda size: (unit * (size // len(unit) + 1))[:size]

    def mixed(alphabet: str) -> Callable[[int], str]:
        return lambda size: "".join(random.Random(size).choices(alphabet, k=size))  # noqa: S311

    corpora = {
        "ASCII": "the quick brown fox jumps over the lazy dog 0123 ",
        "spaces": " ",
        "one emoji": "😂",
        "symbol 0": tables["emoji"][0],
        "a header": emoji[0],
        "a header in base 32": base32[:2],
        "near misses": emoji[:29] + "😂",
        "words": emoji,
        "words in base 32": base32,
        "damaged words": f"{hanzi[:28]}，",
        "a mark a word": f"{emoji[:29]}?",
        "blotted words": f"{emoji[:9]}?{emoji[10:20]}?{emoji[21:]}。",
        "a glyph and a space": f"{emoji[0]} ",
        "joiners": "\u200d\ufe0f",
        "combining marks": "\u0315\u0300",
        "U+FDFA": "\ufdfa",
        "surrogates": "\ud83d",
        "overrides": "\u202e",
        "tags": "<a",
        "entities": "&amp;",
        "percent": "%F0",
        "brackets": "[a",
        "comments": "<!--",
        "attributes": '<a b="',
        "codes": "[CQ:a,",
        "escapes": "\\ud83c",
        "escaped bytes": "\\xf0",
        "escaped escapes": "%25",
        "dots": "..",
        "couples": "👩\u200d",
    }
    texts = {name: repeat(unit) for name, unit in corpora.items()}
    return texts | {f"random {name}": mixed(glyphs) for name, glyphs in tables.items()}


def seconds(text: str) -> float:
    """Time one decoding, without what other processes take."""
    start = time.process_time()
    with suppress(PassphraseError):
        CODEC.decode(text)
    return time.process_time() - start


def cost() -> Iterator[tuple[str, float, float, int]]:
    """Yield for each hostile corpus the worst ratio of doubling, the time at 64 Ki, tag checks."""
    checks = 0
    verify = DerivedKeys.verify

    def counted(keys: DerivedKeys, message: bytes, tag: bytes) -> bool:
        nonlocal checks
        checks += 1
        return verify(keys, message, tag)

    setattr(DerivedKeys, "verify", counted)  # noqa: B010
    for name, text in hostile().items():
        texts = [*map(text, LENGTHS)]
        rounds = [[*map(seconds, texts)] for _ in range(TRIES)]  # in turns: a busy moment hits all
        times = [min(taken) for taken in zip(*rounds, strict=True)]
        checks = 0
        with suppress(PassphraseError):
            CODEC.decode(texts[-1])
        yield name, max(times[1] / times[0], times[2] / times[1]), times[2], checks
    setattr(DerivedKeys, "verify", verify)  # noqa: B010


def ordinary() -> float:
    """Return how many passes of `str.translate` one look at a chat message of 400 costs."""
    text = (
        "老王: 3 快来!大家好,今天晚上一起去吃火锅吧，不见不散。位子订好了，七点半在地铁站集合，"
        "别迟到哦😂😂 OK? see you there everybody, bring the tickets and a warm coat 😊 "
    )
    text = (text * 4)[:400]
    table = {ord(character): None for character in "的是有😂"}

    def best(action: Callable[[], object]) -> float:
        times: list[float] = []
        for _ in range(50):
            start = time.process_time()
            for _ in range(20):
                action()
            times.append(time.process_time() - start)
        return min(times)

    return best(lambda: find(text)) / best(lambda: text.translate(table))


def main() -> int:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full counts")
    parser.add_argument("--untimed", action="store_true", help="no time decides, only counts")
    options = parser.parse_args()
    scale: float = options.scale
    failed = False

    def report(name: str, result: Outcome, *, must_read: bool = True) -> None:
        nonlocal failed
        tried, right, misread = result
        failed |= misread > 0 or (must_read and right < tried)
        print(f"{name:<44} {tried:>8} tried {right:>8} right {misread:>3} misread", flush=True)

    report("harmless manglings, up to 4 at once", outcome(harmless(round(20_000 * scale))))
    for script in SCRIPT_NAMES:
        report(f"{script}: every wrong symbol of one word", outcome(every_wrong(script, scale)))
        report(f"{script}: 2 (every pair) or 3 unreadable", outcome(blotted(script, scale)))
        report(f"{script}: 1 lost, extra or swapped, everywhere", outcome(one_off(script)))
    for kind in ("2 wrong", "1 lost, 1 wrong", "2 lost", "2 extra"):
        for script in SCRIPT_NAMES:
            pasted = rewritten(script, two_off(script, kind), round(10_000 / 3 * scale) + 1)
            report(f"{script}: thorough, {kind}", outcome(pasted, "thorough"))
    for script in SCRIPT_NAMES:
        pasted = rewritten(script, ruined(script), round(100_000 / 3 * scale) + 1)
        report(f"{script}: 4 to 10 damages", outcome(pasted), must_read=False)
    configs, altered = opencc_alters(round(20_000 * scale))
    failed |= altered > 0
    words = round(20_000 * scale)
    print(f"{words} hanzi passphrases, {configs} OpenCC conversions: {altered} altered")
    for name, ratio, time_taken, checks in cost():
        failed |= checks > TAG_CHECKS_MAX or (ratio > RATIO_MAX and not options.untimed)
        costs = f"t(2n)/t(n) {ratio:4.2f}   64 Ki {time_taken:6.3f} s {checks:>4} tag checks"
        print(f"{name:<24} {costs}")
    passes = ordinary()
    failed |= passes > TRANSLATIONS_MAX and not options.untimed
    print(f"an ordinary message of 400 characters costs {passes:.1f} passes of str.translate")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
