"""docs/ -> site/: the documentation in English and Chinese, as docs/site.toml lays it out.

python tools/build_site.py

Needs the extra `docs`. A code host shows the same pages, so their links point at files of the
repository. What they point at comes into the site: another page as that page, other Markdown and
program text as a page under files/; pictures, JSON and HTML as they are, HTML with the scripts
beside it. A page that has no translation stands in the Chinese site in English and says so.
"""

import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = ROOT / "docs"
SETTINGS: Final[dict[str, Any]] = tomllib.loads((DOCS / "site.toml").read_text(encoding="utf-8"))
LANGUAGES: Final = tuple(SETTINGS["languages"])  # the first is what others fall back on
HOMES: Final = {"en": ".", "zh": "zh"}  # in the site

# A page's place in the site, where it is not its place under docs/.
_RENAMED: Final = {"CHANGELOG.md": "changelog.md"}
_CHINESE: Final = re.compile(r"\bzh\b")  # in the name of a file that is in Chinese
_AS_IT_IS: Final = {".css", ".html", ".js", ".json", ".png", ".svg"}
_LOADED: Final = {".css", ".js"}  # what a page may load from beside it
_FENCED: Final = r"^ *(?P<fence>```+)(?s:.*?)^ *(?P=fence)$"
_LINK: Final = re.compile(
    rf"(?P<code>{_FENCED}|(?P<ticks>`+).+?(?P=ticks))"
    r"|(?P<before>\]\(|\b(?:src|href)=\"|^\[[^\]\n]+\]: )(?P<target>[^\s)\"]+)",
    re.MULTILINE,
)
_HEADING: Final = re.compile(
    rf"(?P<code>{_FENCED})"
    r'|^(?P<level>#{1,6}) (?:<a id="(?P<anchor>[^"]+)"></a> *)?(?P<words>.+)$',
    re.MULTILINE,
)
_ARTICLE: Final = '<article class="md-content__inner md-typeset">'  # what zensical writes
_TARGET: Final = re.compile(r"\[([^]]*)\]\([^)]*\)")
_OUTSIDE: Final = re.compile(r"[a-z]+:|#")


class Staging:
    """The pages of one language in one directory, for zensical.

    Args:
        language: Which translation to prefer.
        directory: Where to put them; it need not exist.
    """

    def __init__(self, language: str, directory: Path) -> None:
        self._language: Final = language
        self._directory: Final = directory
        self._staged: Final[dict[str, str]] = {}  # file of the repository -> place in the site
        self.foreign: Final[set[str]] = set()  # places of pages in another language
        for page in pages():
            self._staged[self._source(page)] = page
        for source, page in [*self._staged.items()]:
            self._stage(source, page)
        for name in ("site.css", "img/favicon.svg"):
            self._copy(f"docs/{name}", name)

    def _source(self, page: str) -> str:
        """Name the file of the repository that a page is made of."""
        renamed = {place: source for source, place in _RENAMED.items()}
        source = renamed.get(page, f"docs/{page}")
        if self._language != LANGUAGES[0]:
            translated = f"docs/{self._language}/{page}"
            if (ROOT / translated).exists():
                return translated
        if not (ROOT / source).exists():
            raise SystemExit(f"docs/site.toml lists {page}, but there is no {source}")
        return source

    def _place(self, source: str) -> str:
        """Bring a file of the repository into the site; return its place."""
        language, _, page = source.removeprefix("docs/").partition("/")
        if source.startswith("docs/") and language in LANGUAGES and page.endswith(".md"):
            source = f"docs/{page}"  # a translation stands where the English page does
        for staged in (source, f"docs/{self._language}/{source.removeprefix('docs/')}"):
            if staged in self._staged:
                return self._staged[staged]
        path = ROOT / source
        if path.is_dir() and (path / "README.md").exists():
            return self._place(f"{source}/README.md")
        place = source.removeprefix("docs/") if source.startswith("docs/") else f"files/{source}"
        if path.suffix in _AS_IT_IS:
            self._copy(source, place)
            beside = path.parent.iterdir() if path.suffix == ".html" else ()
            for part in beside:
                if part.suffix in _LOADED:
                    self._copy(
                        part.relative_to(ROOT).as_posix(),
                        posixpath.join(posixpath.dirname(place), part.name),
                    )
            return place
        if path.suffix != ".md":
            place += ".md"
        self._staged[source] = place  # first, for it may point at itself
        self._stage(source, place)
        return place

    def _copy(self, source: str, place: str) -> None:
        target = self._directory / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, target)

    def _stage(self, source: str, place: str) -> None:
        """Write a page, its links bent to where the files stand in the site."""
        path = ROOT / source
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md":
            text = self._bent(anchored(text), source, place)
        else:
            text = f"# {source}\n\n`````{path.suffix.removeprefix('.')}\n{text}`````\n"
        if place.startswith("files/"):
            text = f"---\nsearch:\n  exclude: true\n---\n\n{text}"
        if self._language != ("zh" if _CHINESE.search(source) else "en"):
            self.foreign.add(zensical_place(place))
        target = self._directory / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def _bent(self, text: str, source: str, place: str) -> str:
        def bend(link: re.Match[str]) -> str:
            if link["code"] or _OUTSIDE.match(link["target"]):
                return link[0]
            target, hash_sign, anchor = link["target"].partition("#")
            file = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
            if file.startswith("..") or not (ROOT / file).exists():
                raise SystemExit(f"{source} points at {target}, which is not there")
            to = posixpath.relpath(self._place(file), posixpath.dirname(place))
            return f"{link['before']}{to}{hash_sign}{anchor}"

        return _LINK.sub(bend, text)


def anchored(text: str) -> str:
    """Give each heading the anchor that a code host gives it, where zensical would not.

    That is one written in front of it, as in a translation, or a number where it repeats.
    """
    counts = Counter[str]()

    def anchor(heading: re.Match[str]) -> str:
        if heading["code"]:
            return heading[0]
        if heading["anchor"]:
            return f"{heading['level']} {heading['words']} {{ #{heading['anchor']} }}"
        slug = re.sub(r"[^\w -]", "", heading["words"].lower()).replace(" ", "-")
        counts[slug] += 1
        again = counts[slug] - 1
        return f"{heading[0]} {{ #{slug}-{again} }}" if again else heading[0]

    return _HEADING.sub(anchor, text)


def zensical_place(page: str) -> str:
    """Name the file that zensical makes of a page."""
    folder, name = posixpath.split(page)
    stem = name.removesuffix(".md")
    return posixpath.join(folder, f"{'index' if stem == 'README' else stem}.html")


def pages() -> Iterator[str]:
    """Name every page that stands in a section."""
    for section in SETTINGS["sections"]:
        yield from section["pages"]


def settings(language: str) -> dict[str, Any]:
    """Make what zensical is told for one language."""
    words = SETTINGS["languages"][language]
    titles = words.get("titles", {})

    def listed(section: dict[str, Any]) -> list[Any]:
        return [{titles[page]: page} if page in titles else page for page in section["pages"]]

    said = SETTINGS["zensical"]
    python = {**said["plugins"]["mkdocstrings"]["handlers"]["python"], "paths": [str(ROOT / "src")]}
    schemes = [("", "", "sun-moon", "light"), (": light", "default", "sun", "dark")]
    schemes += [(": dark", "slate", "moon", "auto")]
    palette = [
        {
            "media": f"(prefers-color-scheme{media})",
            **({"scheme": scheme} if scheme else {}),
            "toggle": {"icon": f"lucide/{icon}", "name": words["switch_to"][next_one]},
        }
        for media, scheme, icon, next_one in schemes
    ]
    return {
        **said,
        "site_description": words["description"],
        "docs_dir": language,
        "site_dir": f"site-{language}",
        "plugins": {**said["plugins"], "mkdocstrings": {"handlers": {"python": python}}},
        "theme": {**said["theme"], "language": language, "palette": palette},
        "extra": {
            **said["extra"],
            "alternate": [
                {"lang": other, "name": SETTINGS["languages"][other]["name"], "link": other}
                for other in LANGUAGES
            ],
        },
        "nav": [
            {section["title"][language]: listed(section)}
            if "title" in section
            else listed(section)[0]
            for section in SETTINGS["sections"]
        ],
    }


def finish(site: Path, language: str, made: list[str], foreign: set[str]) -> None:
    """Let the switch of languages lead to the same page; mark pages in another language."""
    note = SETTINGS["languages"][language].get("untranslated")
    for page in made:
        path = site / HOMES[language] / page
        html = path.read_text(encoding="utf-8")
        for other in LANGUAGES:
            there = site / HOMES[other] / page
            if not there.exists():  # a file of the repository that only one language points at
                there = site / HOMES[other] / "index.html"
            switch = f'href="{os.path.relpath(there, path.parent)}" hreflang="{other}"'
            html = re.sub(rf'href="[^"]*" hreflang="{other}"', switch, html)
        if page in foreign:
            (other,) = {*LANGUAGES} - {language}
            begin = f'<article lang="{other}"{_ARTICLE.removeprefix("<article")}'
            if note:
                begin += f'<p class="untranslated" lang="{language}">{note}</p>'
            html = html.replace(_ARTICLE, begin)
        path.write_text(html, encoding="utf-8")


def for_models() -> str:
    """List the English pages for language models, as llmstxt.org describes llms.txt."""
    sources = {place: ROOT / name for name, place in _RENAMED.items()}
    lines = ["# invite-passphrase", "", f"> {SETTINGS['languages']['en']['description']}"]
    for section in SETTINGS["sections"]:
        lines += ["", f"## {section['title']['en'] if 'title' in section else 'Overview'}", ""]
        for page in section["pages"]:
            text = sources.get(page, DOCS / page).read_text(encoding="utf-8")
            title, *paragraphs = re.split(r"\n{2,}", text)
            prose = next(each for each in paragraphs if re.match(r"[A-Z`*]", each))
            sentence = re.match(r"(?s).+?[.:](?=\s|$)", _TARGET.sub(r"\1", prose))
            about = " ".join((sentence[0] if sentence else prose).split())
            lines.append(f"- [{title.removeprefix('# ')}]({zensical_place(page)}): {about}")
    return "\n".join([*lines, ""])


def build(site: Path) -> None:
    """Build both languages, and put them where the site was."""
    unlisted = {path.name for path in DOCS.glob("*.md")} - {*pages()}
    if unlisted:
        raise SystemExit(f"docs/site.toml lists no {', '.join(sorted(unlisted))}")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        foreign: dict[str, set[str]] = {}
        for language in LANGUAGES:
            foreign[language] = Staging(language, work / language).foreign
            config = work / f"{language}.yml"  # JSON is YAML
            config.write_text(json.dumps(settings(language)), encoding="utf-8")
            command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file"]
            done = subprocess.run([*command, str(config)], check=False)  # noqa: S603  # our own
            if done.returncode:
                raise SystemExit(f"zensical finds fault with the pages in {language}")
            (work / f"site-{language}" / "404.html").unlink()  # it would need the site's address
        shutil.rmtree(site, ignore_errors=True)
        for language in LANGUAGES:
            shutil.copytree(work / f"site-{language}", site / HOMES[language], dirs_exist_ok=True)
        for language in LANGUAGES:
            out = work / f"site-{language}"
            made = [path.relative_to(out).as_posix() for path in out.rglob("*.html")]
            finish(site, language, made, foreign[language])
        (site / "llms.txt").write_text(for_models(), encoding="utf-8")


if __name__ == "__main__":
    build(ROOT / "site")
