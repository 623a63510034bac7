"""The page of the reference service, in a real Chromium: the whole story, in three languages."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import needs_chromium
from chromium import Chromium
from served import Served, served

from passphrase import find
from passphrase.languages import Locale, load_language

pytest.importorskip("fastapi")
pytestmark = [pytest.mark.slow, needs_chromium]

LOCALES: tuple[Locale, ...] = ("zh-Hans", "zh-Hant", "en")
FIRST, SECOND, NEWCOMER = 0, 1, 2  # the friends
POPUP = "#friend .popup"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("service")) as running:
        yield running


class Story:
    """A page on which somebody plays the story."""

    def __init__(self, page: Chromium, address: str, locale: Locale) -> None:
        self.page = page
        self.language = load_language(locale)
        self.messages: list[str] = []
        page.visit(f"{address}/?lang={locale}")
        page.wait_for("!!document.querySelector('[data-act=mint]')")

    def setting(self, name: str, value: str) -> None:
        """Choose a setting of the next invite."""
        self.page.click(f"[data-set={name}][data-value='{value}']")

    def switch(self, name: str) -> None:
        """Turn a switch."""
        self.page.click(f"[data-set={name}]")

    def mint(self) -> str:
        """Make an invite and send it; return its message."""
        before = self.messages[-1] if self.messages else ""
        self.page.click("[data-act=mint]")
        text = "document.querySelector('#message')?.textContent"
        message = str(self.page.wait_for(f"{text} !== {json.dumps(before)} && {text}"))
        self.messages.append(message)
        self.page.click("[data-act=copy]")
        self.page.wait_for("!!document.querySelector('#bubble')")
        return message

    def paste(self, friend: int, way: str = "intact") -> None:
        """Let something happen to the message; let a friend copy and paste it."""
        self.page.click(f"[data-friend='{friend}']")
        self.page.click(f"[data-way={way}]")
        self.page.click("#bubble")
        self.page.click("[data-act=paste]")

    def popup(self, action: str, reason: str | None = None) -> None:
        """Wait for a popup, and compare its words with the library's."""
        shown = reason or action
        self.page.wait_for(f"!!document.querySelector(\"{POPUP} [data-reason='{shown}']\")")
        title, _, button = self.language.popups[action, reason]
        pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(title))
        assert re.fullmatch(pattern, self.page.text(f"{POPUP} h3"))
        assert self.page.text(f"{POPUP} .main") == button

    def tap(self, name: str) -> None:
        """Tap a button of the friend's phone or the inviter's."""
        self.page.click(f"[data-act={name}]")

    def lines(self) -> list[str]:
        """Return the lines in the group, as the inviter sees them."""
        lines = "[...document.querySelectorAll('#inviter .line')].map((e) => e.textContent)"
        return [str(line) for line in self.page.run(lines)]

    def joined(self, count: int) -> None:
        """Wait until somebody has joined, and as many are counted."""
        self.page.wait_for(f"!!document.querySelector('.used[data-used=\"{count}\"]')")
        assert self.page.run("!document.querySelector('#friend .popup')")


def use_it_up(story: Story) -> None:
    """One person joins; the second finds the invite used up; a newcomer signs in first."""
    message = story.mint()
    assert story.page.text("#bubble") == message
    assert len(find(message)) == 1
    story.paste(FIRST, "wrapped")
    story.popup("join")
    story.tap("accept")
    story.joined(1)
    assert len(story.lines()) == 2
    story.page.click("[data-icebreaker=hotpot]")
    assert story.page.text("#inviter .sticker span:last-child") == "🍲"
    story.paste(SECOND)
    story.popup("none", "used_up")
    story.tap("close")
    story.setting("cap", "2")
    story.mint()
    story.paste(NEWCOMER, "client")
    story.popup("sign_in", "not_signed_in")
    story.tap("sign-in")
    story.tap("signed")
    story.popup("join")
    story.tap("accept")
    story.joined(1)


def damage_it(story: Story) -> None:
    """What is damaged is repaired or explained; what is forwarded or taken back is refused."""
    story.paste(SECOND, "damaged")  # not recognised on the device
    story.tap("anyway")
    story.popup("join")
    story.tap("later")
    story.paste(SECOND, "torn")
    story.tap("anyway")
    story.page.wait_for("!!document.querySelector('#friend [data-reason=not_found]')")
    assert story.page.text(f"{POPUP} h3") == story.language.refusals["damaged"]
    story.tap("close")
    story.paste(SECOND, "forwarded")
    story.popup("none", "origin_mismatch")
    story.tap("close")
    story.tap("revoke")
    story.page.wait_for("document.querySelector('[data-act=revoke]').disabled")
    story.paste(SECOND)
    story.popup("none", "revoked")
    story.tap("close")


def ask_the_owner(story: Story) -> None:
    """By QQ, for mutual follows, with the owner's approval."""
    story.setting("to", "qq")
    story.switch("mutual_follow")
    story.switch("approval")
    story.mint()
    story.paste(SECOND)
    story.popup("none", "not_mutual")
    story.tap("close")
    story.switch("follow")
    story.page.wait_for("document.querySelector('[data-set=follow]').checked")
    story.paste(SECOND)
    story.popup("request", "needs_approval")
    story.tap("accept")
    story.tap("approve")
    story.joined(1)
    assert len(story.lines()) == 4


@pytest.mark.parametrize("locale", LOCALES)
def test_the_story(service: Served, locale: Locale, tmp_path: Path) -> None:
    """Nothing fails in it, nothing comes from elsewhere, and no passphrase is written down."""
    with Chromium(tmp_path / "profile") as page:
        story = Story(page, service.address, locale)
        use_it_up(story)
        damage_it(story)
        ask_the_owner(story)
        assert page.faults == []
    written = service.log.read_text("utf-8")
    for message in story.messages:
        assert find(message)[0].text not in written
    assert "/invites/join" in written


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", [360, 820, 1280])
def test_it_fits(service: Served, locale: Locale, width: int, tmp_path: Path) -> None:
    """Nothing is wider than the screen, and no button's words are cut."""
    with Chromium(tmp_path / "profile", width) as page:
        story = Story(page, service.address, locale)
        story.mint()
        for way in ("client", "forwarded", "intact"):
            page.click(f"[data-way={way}]")
            assert page.run("document.documentElement.scrollWidth") <= width
        story.paste(NEWCOMER)
        story.popup("sign_in", "not_signed_in")
        cut = page.run(
            "[...document.querySelectorAll('button, .screen, .popup')]"
            ".filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML)"
        )
        assert cut == []
