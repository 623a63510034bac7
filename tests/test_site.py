"""The site after tools/build_site.py: SITE=site python -m pytest -m "" tests/test_site.py."""

import inspect
import json
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest
from browser import LEAKED, LEAKS, WAIT, needs_chromium, visit
from support import CODEC, INVITE

import passphrase

SITE = Path(os.environ["SITE"]).resolve()
DOCS = Path(__file__).parents[1] / "docs"
OUTSIDE = re.compile(r"[a-z]+:|//")
LOADED = {("img", "src"), ("script", "src"), ("iframe", "src"), ("link", "href")}
BOX = ["/files/clients/js/demo.html"] + [
    f"/files/clients/js/{name}.js" for name in ("demo", "demo-open", "passphrase", "tables")
]
PASTES = {
    f"老王：{CODEC.encode(INVITE)} 快来": "send",
    "今天晚上一起吃火锅吗? See you at 7!": "none",
    CODEC.encode(INVITE)[:-1]: "none",
    CODEC.encode(INVITE, script="hanzi"): "send",
    "": "empty",
}

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """The anchors and the links of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[str, str, str]] = []  # element, attribute, address
        self.menu: set[str] = set()
        self.switch: dict[str, str] = {}
        self.language: str | None = None
        self.article: str | None = None  # its language, where that is another
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        for name in ("href", "src", "srcset", "data", "action"):
            if name in given and (tag, name) != ("base", "href"):
                self.links.append((tag, name, given[name]))
        if tag == "html":
            self.language = given.get("lang")
        if tag == "article":
            self.article = given.get("lang")
        if "md-nav__link" in given.get("class", "") and "href" in given:
            self.menu.add(given["href"])
        if tag == "a" and "hreflang" in given:
            self.switch[given["hreflang"]] = given["href"]


@cache
def pages(site: Path) -> dict[str, Page]:
    """Read every page of a site, by its place."""
    return {path.relative_to(site).as_posix(): Page(path) for path in site.rglob("*.html")}


def place(page: str, address: str) -> tuple[str, str]:
    """Return the file and the anchor to which an address on a page leads."""
    path, anchor = urldefrag(address)
    if not path:
        return page, unquote(anchor)
    joined = os.path.normpath(Path("/", page).parent / unquote(path))
    return joined.removeprefix("/"), unquote(anchor)


def faults(site: Path) -> Iterator[str]:
    """Yield every broken link, and everything that is loaded from another host."""
    for page, read in pages(site).items():
        for tag, name, address in read.links:
            if OUTSIDE.match(address):
                if (tag, name) in LOADED and not address.startswith("data:"):
                    yield f"{page} loads {address}"
                continue
            file, anchor = place(page, address)
            if not (site / file).is_file():
                yield f"{page} leads to {address}"
            elif anchor and anchor not in pages(site)[file].ids:
                yield f"{page} leads to {address}: no such anchor"
    for style in site.rglob("*.css"):
        for address in re.findall(r"url\(['\"]?([^)'\"]+)|@import", style.read_text("utf-8")):
            if not address.startswith("data:"):
                yield f"{style.name} loads {address}"


def test_every_link_leads_somewhere() -> None:
    """Every link leads to a file and an anchor, and nothing is loaded from other hosts."""
    assert len(pages(SITE)) > 40
    assert [*faults(SITE)] == []


def test_language_models_get_a_list_of_the_pages() -> None:
    """Each English page, once, where it is, with a sentence about it."""
    lines = (SITE / "llms.txt").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line.startswith("- ")]
    targets = [re.search(r"\]\((.+?)\): [^ ]", line) for line in listed]
    places = [target[1] for target in targets if target]
    assert len(places) == len({*places}) == len(listed) > 20
    assert all((SITE / place).is_file() for place in places)


def test_a_fault_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="gone.html"></a><a href="#gone"></a><a href="https://example.org/"></a>'
        '<a id="here" href="#here"></a><img src="//cdn.example.org/x.png">'
        '<link rel="stylesheet" href="https://fonts.example.org/x.css"><link href="data:,">'
    )
    (tmp_path / "style.css").write_text("@import 'https://example.org/x.css'; a { color: red }")
    assert [*faults(tmp_path)] == [
        "index.html leads to gone.html",
        "index.html leads to #gone: no such anchor",
        "index.html loads //cdn.example.org/x.png",
        "index.html loads https://fonts.example.org/x.css",
        "style.css loads ",
    ]


@pytest.mark.parametrize(("home", "language"), [("", "en"), ("zh/", "zh")])
def test_both_languages(home: str, language: str) -> None:
    """Each language has every page, in the menu and by links."""
    mine = {
        page: read
        for page, read in pages(SITE).items()
        if page.startswith("zh/") == bool(home) and "/clients/js/" not in page
    }
    start = f"{home}index.html"
    menu = {place(start, link)[0] for link in mine[start].menu}
    listed = {f"{home}{path.stem}.html" for path in DOCS.glob("*.md")} | {f"{home}changelog.html"}
    assert menu == listed
    reached = {start} | menu
    for _ in mine:  # no path is longer
        reached |= {
            place(page, link[2])[0] for page in reached & {*mine} for link in mine[page].links
        }
    assert {*mine} <= reached
    for page, read in mine.items():
        assert read.language == language
        there = page.removeprefix("zh/") if home else f"zh/{page}"
        assert place(page, read.switch[language])[0] == page
        other = {"en": "zh", "zh": "en"}[language]
        if there in pages(SITE):  # a file that only one language points at is in that one only
            assert place(page, read.switch[other])[0] == there


def test_a_page_says_its_language() -> None:
    """A page without translation says so, and each page states its language."""
    languages = {page: read.article for page, read in pages(SITE).items() if read.article}
    assert languages["zh/api.html"] == "en"
    assert "这一页只有英文" in (SITE / "zh" / "api.html").read_text(encoding="utf-8")
    assert languages["files/README.zh-CN.html"] == "zh"
    assert not {"index.html", "api.html", "zh/index.html"} & {*languages}


def test_no_address_is_made_up() -> None:
    """No page contains an address of the site, which may be published anywhere."""
    for site_map in SITE.rglob("sitemap.xml"):
        assert "<loc>" not in site_map.read_text(encoding="utf-8")
    for path in SITE.rglob("*.html"):
        assert 'rel="canonical"' not in path.read_text(encoding="utf-8")


def index(home: str) -> dict[str, str]:
    """Read the search index of a language: text by place."""
    items = json.loads((SITE / home / "search.json").read_text(encoding="utf-8"))["items"]
    return {item["location"]: f"{item['title']} {item['text']}" for item in items}


def test_search_index() -> None:
    """The search of each language has its own pages, without the repository's files."""
    english, chinese = index(""), index("zh")
    for places in (english, chinese):
        assert not [name for name in places if name.startswith(("zh/", "files/"))]
        assert {name.partition("#")[0] for name in places} >= {"index.html", "api.html"}
    for word in ("微信", "口令", "邀请"):
        assert [text for text in chinese.values() if word in text]
    assert "recogniser" in english["index.html#where-to-go-next"]


def test_every_public_name_is_described() -> None:
    """Each name of docs/api.md, which tests/test_architecture.py compares with the modules."""
    listed = re.findall(r"^::: (\S+)$", (DOCS / "api.md").read_text("utf-8"), re.MULTILINE)
    assert [name for name in listed if name not in pages(SITE)["api.html"].ids] == []


def test_every_method_is_described() -> None:
    """Every public method has a description, such as those of `Codec` and `Keyring`."""
    described = pages(SITE)["api.html"].ids
    for owner in (passphrase.Codec, passphrase.Keyring, passphrase.Script):
        for name, value in vars(owner).items():
            if not name.startswith("_") and (
                inspect.isroutine(value) or isinstance(value, property)
            ):
                assert f"passphrase.{owner.__name__}.{name}" in described


def script(text: str) -> bytes:
    """Make a script that waits until a page is whole."""
    begin = "<script type=module>const wait = (ms) => new Promise((r) => setTimeout(r, ms));"
    return f"{begin} addEventListener('load', async () => {{ {text} }});</script>".encode()


def told(page: str) -> Any:  # what it made JSON of
    """Read what such a script left behind."""
    found = re.search(r'data-told="([^"]*)"', page)
    assert found
    return json.loads(unquote(found[1]))


ICON = "/img/favicon.svg"


def paste(
    home: str, profile: Path, demo_end: bytes = b"", site: Path = SITE
) -> tuple[object, list[str]]:
    """Paste texts into the box of a page; return the verdicts, and what was asked meanwhile."""
    texts = json.dumps([*PASTES])
    pasting = script(f"""
      await wait(1000);
      await fetch("/begin");
      const page = document.querySelector("iframe").contentDocument;
      const box = page.getElementById("pasted");
      const told = [];
      for (const text of {texts}) {{
        box.value = text;
        box.dispatchEvent(new Event("input"));
        await wait(100);
        told.push(page.getElementById("verdict").dataset.verdict);
      }}
      await wait(500);
      await fetch("/end");
      document.body.dataset.told = encodeURIComponent(JSON.stringify(told));
    """)
    address = f"/{home}paste.html"
    appended = {address: pasting, f"/{home}files/clients/js/demo.js": demo_end}
    seen = visit(site, address, profile, appended, 5000)
    begin, end = seen.asked.index("/begin"), seen.asked.index("/end")
    assert seen.outside == []
    # The browser asks for the icon of the page whenever it likes.
    return told(seen.page), [path for path in seen.asked[begin + 1 : end] if path != ICON]


ON_INPUT = b'pasted.addEventListener("input", () => {%s});' % LEAKS


@needs_chromium
@pytest.mark.parametrize("home", ["", "zh/"])
def test_the_box_recognises_and_cannot_send(home: str, tmp_path: Path) -> None:
    """Pasting texts causes no request, whatever the script of the box tries."""
    verdicts, asked = paste(home, tmp_path, ON_INPUT)
    assert verdicts == [*PASTES.values()]
    assert asked == []


@needs_chromium
def test_what_the_box_sends_would_be_seen(tmp_path: Path) -> None:
    """Without the policy, the same attempts succeed, so the test above would notice them."""
    site = tmp_path / "site"
    shutil.copytree(SITE, site)
    box = site / BOX[0].removeprefix("/")
    policy = re.compile(r"<meta http-equiv=.*>\n")
    html, count = policy.subn("", box.read_text(encoding="utf-8"))
    assert count == 1
    box.write_text(html, encoding="utf-8")
    verdicts, asked = paste("", tmp_path / "profile", ON_INPUT, site)
    assert verdicts == [*PASTES.values()]
    assert {*asked} == LEAKED


@needs_chromium
@pytest.mark.parametrize("home", ["", "zh/"])
def test_the_message_on_the_page_is_one(home: str, tmp_path: Path) -> None:
    """The sample message of the page contains a passphrase."""
    copying = script("""
      const page = document.querySelector("iframe").contentDocument;
      page.getElementById("pasted").value = document.querySelector("article pre").textContent;
      page.getElementById("pasted").dispatchEvent(new Event("input"));
      const { verdict } = page.getElementById("verdict").dataset;
      document.body.dataset.told = encodeURIComponent(JSON.stringify(verdict));
    """)
    address = f"/{home}paste.html"
    assert told(visit(SITE, address, tmp_path, {address: copying}).page) == "send"


@needs_chromium
@pytest.mark.parametrize(("home", "heading"), [("", "Paste"), ("zh/", "粘贴")])
def test_the_box_speaks_the_language_of_its_page(home: str, heading: str, tmp_path: Path) -> None:
    """The box uses the language of its page, and does not take the focus."""
    reading = script("""
      const page = document.querySelector("iframe").contentDocument;
      const told = [page.querySelector("h1").innerText, document.activeElement.tagName];
      document.body.dataset.told = encodeURIComponent(JSON.stringify(told));
    """)
    address = f"/{home}paste.html"
    shown, focus = told(visit(SITE, address, tmp_path, {address: reading}).page)
    assert heading in shown
    assert shown.isascii() == (home == "")
    assert focus == "BODY"


@needs_chromium
@pytest.mark.parametrize(
    ("home", "word", "page"),
    [
        ("", "SignatureError", "/api.html"),
        ("", "usage limit", "/revocation.html"),
        ("zh/", "口令", "/zh/"),
        ("zh/", "微信", "/zh/"),
        ("zh/", "怎么撤销邀请", "/zh/revocation.html"),
        ("zh/", "使用次数", "/zh/revocation.html"),
    ],
)
def test_the_search_box_finds(home: str, word: str, page: str, tmp_path: Path) -> None:
    """The search box finds its words, in Chinese without spaces."""
    searching = script(f"""
      document.querySelector(".md-search__button").click();
      await wait(1000);
      const roots = [...document.querySelectorAll("*")].map((each) => each.shadowRoot);
      const root = roots.find((each) => each?.querySelector("input"));
      const input = root.querySelector("input");
      input.value = {json.dumps(word)};
      input.dispatchEvent(new Event("input", {{ bubbles: true }}));
      let found = [];
      for (let turn = 0; turn < 100 && found.length === 0; turn++) {{
        await fetch("{WAIT}");
        found = [...root.querySelectorAll("a")].map((each) => each.pathname + each.textContent);
      }}
      document.body.dataset.told = encodeURIComponent(JSON.stringify(found));
    """)
    address = f"/{home}index.html"
    found = told(visit(SITE, address, tmp_path, {address: searching}, 8000).page)
    assert [each for each in found if each.startswith(page) and word in each]


PHONE = """
  const frame = document.createElement("iframe");
  frame.width = 375;
  frame.height = 800;
  const faults = [];
  for (const page of %s) {
    frame.src = "/" + page;
    document.body.append(frame);
    await new Promise((then) => { frame.onload = then; });
    await wait(300);
    const view = frame.contentWindow;
    const edge = (element) => element.getBoundingClientRect();
    for (const table of view.document.querySelectorAll("article table")) {
      const scrolls = view.getComputedStyle(table).overflowX === "auto";
      if (edge(table).right > 375 || !scrolls) faults.push([page, table.textContent.trim()]);
    }
    for (const button of view.document.querySelectorAll(".md-code__nav")) {
      const code = button.parentElement.querySelector("code");
      if (edge(code).right > edge(button).left + 1) faults.push([page, code.textContent]);
    }
    const contents = view.document.querySelector(".md-sidebar--secondary");
    const fixed = contents && view.getComputedStyle(contents).position === "fixed";
    if (fixed) faults.push([page, "contents"]);
    frame.remove();
  }
  document.body.dataset.told = encodeURIComponent(JSON.stringify(faults));
"""


@needs_chromium
def test_on_a_phone(tmp_path: Path) -> None:
    """On a phone, tables scroll within their border, and no button covers text."""
    wide = ["format.html", "clients.html", "zh/keys.html", "zh/speed.html", "tutorial.html"]
    address = "/index.html"
    reading = script(PHONE % json.dumps(wide))
    found = told(visit(SITE, address, tmp_path, {address: reading}, 20_000).page)
    assert found == []


ALL_PAGES = """
  for (const page of %s) {
    const frame = document.createElement("iframe");
    frame.src = "/" + page;
    document.body.append(frame);
    await new Promise((then) => { frame.onload = then; });
    await wait(100);
    frame.remove();
  }
  document.body.dataset.told = "true";
"""


@needs_chromium
def test_no_page_asks_another_host(tmp_path: Path) -> None:
    """No page, with its scripts, sends a request to another host."""
    address = "/index.html"
    script_of_all = script(ALL_PAGES % json.dumps([*pages(SITE)]))
    seen = visit(SITE, address, tmp_path, {address: script_of_all}, 60_000)
    assert told(seen.page) is True
    assert {f"/{page}" for page in pages(SITE)} <= {*seen.asked}
    assert seen.outside == []


@needs_chromium
def test_a_request_to_another_host_would_be_seen(tmp_path: Path) -> None:
    image = b'<script>new Image().src = "https://cdn.example.org/x.png"</script>'
    every = script(ALL_PAGES % json.dumps(["api.html"]))
    seen = visit(SITE, "/index.html", tmp_path, {"/index.html": every, "/api.html": image}, 5000)
    assert seen.outside == ["https://cdn.example.org/x.png"]
