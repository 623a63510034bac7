"""The landing page, in a real Chromium: copy, install, press paste, whatever the address holds."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from browser import Server, needs_chromium
from chromium import Chromium
from reference import spell
from support import CODEC, INVITE, SCRIPTS, sealed_word

from passphrase import share
from passphrase.format.layout import HEADER_SYMBOLS, Header

CLIENT = Path(__file__).parents[1] / "clients" / "js"
TEXT = CODEC.encode(INVITE)
OTHER = CODEC.encode(INVITE.model_copy(update={"variant": 1}))
NEWER = spell(sealed_word(HEADER_SYMBOLS[Header(2, 1, 1, 1)], bytes(22)))
FILES = [f"/{name}" for name in ("landing.css", "landing.html", "landing.js")]
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
WECHAT = f"{CHROME} XWEB/1300 MMWEBSDK/2024 MicroMessenger/8.0.50 WeChat/arm64"
QQ = f"{IPHONE} QQ/9.1.0.600 V1_IPH_SQ_9.1.0"
QQ_BROWSER = f"{CHROME} MQQBrowser/15.5"
LANGUAGES = {
    "zh-CN": "zh-Hans",
    "zh-HK": "zh-Hant",
    "zh-Hant-TW": "zh-Hant",
    "en-GB": "en",
    "fr": "en",
}
TITLES = {
    "zh-Hans": "朋友邀请你进群",
    "zh-Hant": "朋友邀請你加入群組",
    "en": "A friend invites you to a group",
}

pytestmark = [pytest.mark.slow, needs_chromium]


class Landing:
    """The page, and a browser to visit it with."""

    def __init__(self, page: Chromium, server: Server) -> None:
        self.page = page
        self.server = server
        self.address = f"http://127.0.0.1:{server.server_port}/landing.html"

    def visit(self, fragment: str, agent: str = CHROME, language: str = "zh-CN") -> str:
        """Open the page anew; return what it makes of the fragment."""
        asked = {"userAgent": agent, "acceptLanguage": language}
        self.page.send("Emulation.setUserAgentOverride", asked)
        self.page.visit("about:blank")
        self.page.visit(f"{self.address}#{fragment}")
        return str(self.page.wait_for("document.documentElement?.dataset.invite"))

    def shown(self, selector: str) -> str:
        """Return the text that a person sees of an element."""
        return str(self.page.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def links(self) -> list[str]:
        """Return the address of each link that is shown."""
        links = "[...document.links].filter((e) => e.offsetParent).map((e) => e.href)"
        return [str(link) for link in self.page.run(links)]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landing]:
    with (
        Server(CLIENT, {}) as server,
        Chromium(tmp_path_factory.mktemp("browser"), 390, 844) as page,
    ):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            granted = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
            page.send("Browser.grantPermissions", granted)
            yield Landing(page, server)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def without_faults(landing: Landing) -> Iterator[None]:
    """Nothing fails in the page, nothing comes from elsewhere, no server learns the fragment."""
    yield
    assert landing.page.faults == []
    assert {*landing.server.asked} <= {*FILES, "/passphrase.js", "/tables.js", "/favicon.ico"}
    assert landing.server.outside == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", SCRIPTS)
def test_one_tap_copies_the_passphrase(landing: Landing, script: str, language: str) -> None:
    """The clipboard holds the canonical passphrase, and all sentences are of one language."""
    text = CODEC.encode(INVITE, script=script)
    assert landing.visit(quote(f"老王: {text}"), language=language) == "whole"
    assert landing.shown("#title") == TITLES[LANGUAGES[language]]
    assert landing.shown("#passphrase") == text
    landing.page.click("#copy")
    landing.page.wait_for("document.querySelector('#copied').innerText")
    assert landing.page.run("navigator.clipboard.readText()") == text
    assert f"https://app.example.com/i#{quote(text)}" in landing.links()


def test_the_message_itself_can_be_the_fragment(landing: Landing) -> None:
    message = share(TEXT, group_name="火锅小分队", app_name="抖音")
    for fragment in (quote(message), message, TEXT, quote(quote(TEXT))):
        assert landing.visit(fragment) == "whole"
        assert landing.shown("#passphrase") == TEXT


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_the_language_can_be_switched(landing: Landing, language: str) -> None:
    landing.visit(quote(TEXT), language="fr")
    landing.page.click(f"[data-language={language}]")
    assert landing.shown("#title") == TITLES[language]
    assert landing.page.run("document.documentElement.lang") == language
    assert landing.shown("#passphrase") == TEXT


@pytest.mark.parametrize(
    ("fragment", "name"),
    [
        ("", "empty"),
        ("%20", "empty"),
        ("%", "none"),
        ("%F0%9F%92", "none"),
        ("<img src=x onerror=alert(1)>", "none"),
        ("%3Cscript%3Ealert(1)%3C/script%3E", "none"),
        ("javascript:alert(1)", "none"),
        ("__proto__", "none"),
        ("%00%u202e%ud800&amp;" + quote("\u202e\u0000\ufffd"), "none"),
        (quote(TEXT[:-1]), "none"),
        (quote("🍻" * 9000), "none"),
        ("A" * 200_000, "none"),
        (f"%{quote(TEXT)}%zz<b>", "whole"),
        (quote(f"{TEXT}。{OTHER}"), "several"),
        (quote(NEWER), "update"),
    ],
    ids=range(15),
)
def test_any_fragment(landing: Landing, fragment: str, name: str) -> None:
    """A plain sentence and the steps; nothing of the fragment is shown but a passphrase."""
    assert landing.visit(fragment) == name
    assert landing.shown("#lead").endswith(("：", "链接。"))
    assert landing.page.run("document.querySelectorAll('img, script').length") == 1
    assert landing.page.run("!!document.querySelector('#passphrase').offsetParent") == (
        name == "whole"
    )
    assert "onerror" not in landing.shown("body")


def test_the_files_that_let_the_app_open_the_link() -> None:
    """The samples on the page are JSON, of the path that the last button leads to."""
    page = (CLIENT.parents[1] / "docs" / "newcomers.md").read_text(encoding="utf-8")
    apple, android = map(json.loads, re.findall(r"```json\n(.+?)```", page, re.DOTALL))
    (details,) = apple["applinks"]["details"]
    assert details["components"] == [{"/": "/i"}]
    assert android[0]["target"]["package_name"] == details["appIDs"][0].partition(".")[2]


def test_another_link_in_the_same_tab(landing: Landing) -> None:
    """A new fragment is a new invite, and nothing of it has been copied yet."""
    landing.visit(quote(TEXT))
    landing.page.click("#copy")
    landing.page.wait_for("document.querySelector('#copied').innerText")
    landing.page.run(f"location.hash = {json.dumps(OTHER)}")
    landing.page.wait_for(
        f"document.querySelector('#passphrase').innerText === {json.dumps(OTHER)}"
    )
    assert landing.shown("#copied") == ""


def test_a_clipboard_that_refuses(landing: Landing) -> None:
    """The passphrase is selected, and a sentence says how to copy it by hand."""
    landing.visit(quote(TEXT))
    landing.page.run(
        "navigator.clipboard.writeText = () => Promise.reject(new Error());"
        "document.execCommand = () => false; 0"
    )
    landing.page.click("#copy")
    landing.page.wait_for("document.querySelector('#copied.refused')?.innerText")
    assert landing.page.run("getSelection().toString()") == TEXT
    assert "长按" in landing.shown("#copied")


def test_a_web_view_without_a_clipboard(landing: Landing) -> None:
    landing.visit(quote(TEXT))
    landing.page.run("navigator.clipboard.writeText = undefined; 0")
    landing.page.click("#copy")
    landing.page.wait_for("document.querySelector('#copied').innerText === '已复制'")
    assert landing.page.run("navigator.clipboard.readText()") == TEXT


@pytest.mark.parametrize(
    ("agent", "chat"),
    [(WECHAT, "WeChat"), (QQ, "QQ"), (CHROME, ""), (QQ_BROWSER, ""), (IPHONE, "")],
)
def test_a_chat_apps_own_browser(landing: Landing, agent: str, chat: str) -> None:
    """A hint says how to leave it, and no other browser shows the hint."""
    landing.visit(quote(TEXT), agent, "en")
    hint = landing.shown("#outside")
    assert hint == (
        chat
        and f"{chat} may not open app stores. Tap “···” at the top right, then “Open in browser”."
    )


def test_the_stores_of_a_device(landing: Landing) -> None:
    """Nothing about the invite is told to a store."""
    apple, play, apk = (
        "https://apps.apple.com/app/id0000000000",
        "https://play.google.com/store/apps/details?id=com.example.app&referrer=utm_source%3Dinvite",
        "https://example.com/app.apk",
    )
    for agent, stores in ((IPHONE, [apple]), (CHROME, [play, apk]), ("X11", [apple, play, apk])):
        landing.visit("", agent)
        assert landing.links() == stores


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", ["zh-CN", "zh-TW", "en"])
def test_it_fits(landing: Landing, language: str, width: int) -> None:
    """Nothing is wider than the screen, and no button's words are cut."""
    landing.page.resize(width, 720)
    landing.visit(quote(CODEC.encode(INVITE, script="base32")), WECHAT, language)
    landing.page.click("#copy")
    landing.page.wait_for("document.querySelector('#copied').innerText")
    assert landing.page.run("document.documentElement.scrollWidth") <= width
    cut = (
        "[...document.querySelectorAll('button, a, p')]"
        ".filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML)"
    )
    assert landing.page.run(cut) == []
