"""The Chinese pages match the English ones block by block, as far as a machine can tell."""

import calendar
import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
ENGLISH = ROOT / "docs"
CHINESE = ENGLISH / "zh"
PAGES = sorted(page.name for page in CHINESE.glob("*.md"))
README, CHINESE_README = ROOT / "README.md", ROOT / "README.zh-CN.md"
README_ANCHORS = {"": "", "what-it-does-not-do": "局限"}

FENCE = re.compile(r" *(`{3,})")
HEADING = re.compile(r'(#+) (?:<a id="([^"]+)"></a>)?(.+)')
ITEM = re.compile(r" *(?:[-*]|\d+\.) ")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)#\s]*)#?([^)\s]*)\)")
FRAME = re.compile(r'()\bsrc="([^"]+)()"')
CODE = re.compile(r"`[^`]+`")
ANCHOR = re.compile(r"<a id=\"[^\"]+\"></a>")
NUMBER = re.compile(r"\d[\d,.]*\d|\d|[⁻⁰¹²³⁴-⁹]+")
MONTH = re.compile(rf"(?<=\d )(?:{'|'.join(calendar.month_name[1:])})\b")
CELL = re.compile(r"(?<!\\)\|")


class Block(NamedTuple):
    """A heading, a row of a table, an item of a list, a paragraph, or code, seen or unseen."""

    kind: str
    text: str


def blocks(text: str) -> Iterator[Block]:
    """Cut a page into its blocks, in order."""
    lines = iter(text.splitlines())
    open_block: Block | None = None
    for line in lines:
        fence = FENCE.match(line)
        indented = line.startswith("    ") and (open_block is None or open_block.kind == "code")
        comment, row = line.startswith("<!--"), line.startswith("|")
        heading, item = HEADING.match(line), ITEM.match(line)
        starts = fence or comment or row or heading or item or not line
        if open_block and (starts or indented):
            yield open_block
            open_block = None
        if fence or comment:
            end = re.compile(rf" *{fence[1]}" if fence else ".*-->")
            code = [line, next(lines)] if fence else [line]
            while not end.fullmatch(code[-1]):
                code.append(next(lines))
            yield Block("code", "\n".join(code))
        elif indented:
            open_block = Block("code", line)
        elif row or heading:
            yield Block("row" if row else f"heading {line.index(' ')}", line)
        elif line:
            kind = "item" if item else open_block.kind if open_block else "text"
            before = f"{open_block.text} " if open_block else ""
            open_block = Block(kind, before + line.strip())
    if open_block:
        yield open_block


def anchor(heading: str, taken: Counter[str]) -> str:
    """Return the anchor that a code host gives to an English heading."""
    plain = re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-")
    taken[plain] += 1
    return plain if taken[plain] == 1 else f"{plain}-{taken[plain] - 1}"


def numbers(text: str) -> Counter[str]:
    """Count the numbers of a text, outside of its code, its links and its anchors."""
    for other in (CODE, LINK, FRAME, ANCHOR):
        text = other.sub("", text)
    text = MONTH.sub(lambda month: str([*calendar.month_name].index(month[0])), text)
    return Counter(NUMBER.findall(text))


def _file(page: Path, target: str) -> Path:
    return (page.parent / target).resolve() if target else page


def targets(page: Path, text: str) -> Counter[tuple[str, Path | str, str]]:
    """Count the links of a text: whether it is a picture, where it leads, the anchor there."""
    return Counter(
        (picture, target if "://" in target else _file(page, target), anchor)
        for picture, target, anchor in LINK.findall(text) + FRAME.findall(text)
    )


def translated(picture: str, target: Path | str, place: str) -> tuple[str, Path | str, str]:
    """Return where a link of a Chinese page leads when that of the English one leads there."""
    if target == README:
        return picture, CHINESE_README, README_ANCHORS[place]
    if isinstance(target, Path) and target.parent == ENGLISH:
        chinese = CHINESE / target.name
        return picture, chinese if chinese.exists() else target, place
    return picture, target, place


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pairs(name: str) -> list[tuple[Block, Block]]:
    english, chinese = (
        list(blocks((folder / name).read_text(encoding="utf-8"))) for folder in (ENGLISH, CHINESE)
    )
    nothing = Block("nothing", "")
    for one, other in zip_longest(english, chinese, fillvalue=nothing):
        assert one.kind == other.kind, f"{one.text}\n\n{other.text}"
    return list(zip(english, chinese, strict=True))


def test_code_is_the_same(pairs: list[tuple[Block, Block]]) -> None:
    """Code is identical, so the tests of the English page cover the Chinese one."""
    for english, chinese in pairs:
        if english.kind == "code":
            assert english.text == chinese.text


def test_headings_keep_their_anchors(pairs: list[tuple[Block, Block]]) -> None:
    """A Chinese heading has the anchor of the English one."""
    taken: Counter[str] = Counter()
    for english, chinese in pairs:
        heading, ours = HEADING.match(english.text), HEADING.match(chinese.text)
        if english.kind.startswith("heading") and heading and ours:
            assert anchor(heading[3], taken) == ours[2]


def test_tables_have_the_same_columns_and_figures(pairs: list[tuple[Block, Block]]) -> None:
    """Cell by cell, the same numbers and the same code."""
    for english, chinese in pairs:
        if english.kind == "row":
            cells = zip(CELL.split(english.text), CELL.split(chinese.text), strict=True)
            for one, other in cells:
                assert numbers(one) == numbers(other), f"{english.text}\n{chinese.text}"
                assert set(CODE.findall(one)) == set(CODE.findall(other)), chinese.text


def test_no_number_and_no_name_drifts(pairs: list[tuple[Block, Block]]) -> None:
    """Each block has the same digits, and the same code between backquotes."""
    for english, chinese in pairs:
        if english.kind != "code":
            assert numbers(english.text) == numbers(chinese.text), chinese.text
            assert set(CODE.findall(english.text)) == set(CODE.findall(chinese.text)), chinese.text


def test_links_lead_to_the_same_places(name: str, pairs: list[tuple[Block, Block]]) -> None:
    """To the Chinese page where there is one; and a place is there, and so is its anchor."""
    for english, chinese in pairs:
        if english.kind == "code":
            continue
        expected = Counter(
            translated(*link) for link in targets(ENGLISH / name, english.text).elements()
        )
        found = targets(CHINESE / name, chinese.text)
        assert found == expected, chinese.text
        for _, target, place in found:
            if isinstance(target, Path):
                assert target.exists(), chinese.text
            if place and target == CHINESE_README:
                assert f"\n## {place}\n" in CHINESE_README.read_text(encoding="utf-8")
            elif place and isinstance(target, Path) and target.parent == CHINESE:
                assert f'<a id="{place}"></a>' in target.read_text(encoding="utf-8")
