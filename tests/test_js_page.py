"""The page of the JavaScript client, in headless Chromium: it recognises, and it cannot send."""

import re
import shutil
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from browser import LEAKED, LEAKS, needs_chromium, visit
from reference import spell
from support import CODEC, INVITE, OTHER_SECRET, SCRIPTS, sealed_word

from passphrase import Codec, Keyring, find
from passphrase.format.layout import HEADER_SYMBOLS, Header
from passphrase.web import EXAMPLE

CLIENT = Path(__file__).parents[1] / "clients" / "js"
FILES = ["/demo-open.js", "/demo.html", "/demo.js", "/passphrase.js", "/tables.js"]

pytestmark = [pytest.mark.slow, needs_chromium]


class Seen(NamedTuple):
    """The page after a text was put into it, and what it asked the server for."""

    page: str
    asked: list[str]

    @property
    def verdict(self) -> str:
        found = re.search(r'<output [^>]*data-verdict="(\w+)"', self.page)
        assert found
        return found[1]


def look(text: str, profile: Path, folder: Path = CLIENT, script_end: bytes = b"") -> Seen:
    """Put a text into the page, the script of which may be longer than it is."""
    address = f"/demo.html#text={quote(text)}"
    seen = visit(folder, address, profile, {"/demo.js": script_end})
    return Seen(seen.page, seen.asked)


def of_version(version: int) -> str:
    """Spell a codeword of another version."""
    word = sealed_word(HEADER_SYMBOLS[Header(version, 1, 1, 1)], bytes(22))
    return spell(word)


def test_it_recognises(tmp_path: Path) -> None:
    """A message with an invite in each script: all are listed, in both languages."""
    invites = [INVITE.model_copy(update={"variant": variant}) for variant in range(len(SCRIPTS))]
    texts = [
        CODEC.encode(each, script=script) for each, script in zip(invites, SCRIPTS, strict=True)
    ]
    seen = look("老王：" + "，".join(texts), tmp_path)
    assert seen.verdict == "several"
    assert "里面有多个口令" in seen.page
    assert "There are several passphrases in it" in seen.page
    assert re.findall(r'<span class="spelling">(.*?)</span>', seen.page) == texts
    assert seen.page.count("version 1 · key 1</small>") == len(texts)
    start = len("老王：")
    end = start + len(texts[0].encode("utf-16-le")) // 2
    assert f"place {start}–{end}" in seen.page
    assert "autofocus" not in seen.page  # on a phone it would bring up the keyboard
    assert sorted(seen.asked) == FILES


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", "empty"),
        ("今天晚上一起吃火锅吗? <b>See</b> you at 7!", "none"),
        (CODEC.encode(INVITE)[:-1], "none"),
        (of_version(2), "update"),
        (f"{of_version(0)}，{CODEC.encode(INVITE)}", "send"),
        (f"{CODEC.encode(INVITE)}，{CODEC.encode(INVITE)}", "send"),
        ("，".join(CODEC.encode(INVITE, script=script) for script in SCRIPTS), "send"),
        (f"{CODEC.encode(INVITE)}，{CODEC.encode(INVITE, script='hanzi')[1:]}", "beside"),
    ],
    ids=["nothing", "prose", "damaged", "newer", "newer and known", "twice", "thrice", "beside"],
)
def test_verdicts(text: str, verdict: str, tmp_path: Path) -> None:
    assert look(text, tmp_path).verdict == verdict


@pytest.mark.parametrize("damage", ["as it was", "a mark", "lost", "wrong", "too many", "header"])
def test_it_shows_what_a_backend_would_do(damage: str, tmp_path: Path) -> None:
    """An invite under the published key is opened, with one damaged glyph too; others are not."""
    [found] = find(EXAMPLE)
    glyphs = [*found.text]
    changed = {
        "as it was": glyphs,
        "a mark": [*glyphs[:9], "?", *glyphs[10:]],
        "lost": [*glyphs[:9], *glyphs[10:]],
        "wrong": [*glyphs[:9], glyphs[8], *glyphs[10:]],
        "too many": [*glyphs[:9], glyphs[3], *glyphs[9:]],
        "header": ["?", *glyphs[1:]],
    }[damage]
    seen = look(EXAMPLE.replace(found.text, "".join(changed)), tmp_path)
    card = seen.page.partition('<section id="opened"')[2].partition("</section>")[0]
    assert "6824193837465920001" in card
    assert ("A backend repairs it" in card) == (damage != "as it was")
    assert sorted(seen.asked) == FILES


def test_it_opens_no_invite_of_another_key(tmp_path: Path) -> None:
    foreign = Codec(Keyring({1: OTHER_SECRET}), audience="douyin").encode(INVITE)
    seen = look(foreign, tmp_path)
    assert seen.verdict == "send"
    assert re.search(r'<section id="opened"[^>]* hidden', seen.page)


def test_too_long(tmp_path: Path) -> None:
    paste = b'pasted.value = "text\\n".repeat(13108); show();'
    assert look("", tmp_path, script_end=paste).verdict == "long"


def test_it_cannot_send(tmp_path: Path) -> None:
    """Whatever a script in the page tries: the policy of the page holds it back."""
    seen = look(CODEC.encode(INVITE), tmp_path, script_end=LEAKS)
    assert 'data-tried="all"' in seen.page
    assert seen.verdict == "send"
    assert sorted(seen.asked) == FILES


def test_the_same_attempts_arrive_without_the_policy(tmp_path: Path) -> None:
    """Without the policy, the same attempts succeed, so the test above would notice them."""
    page = (CLIENT / "demo.html").read_text(encoding="utf-8")
    policy = re.compile(r"<meta http-equiv=.*>\n")
    assert policy.search(page)
    folder = tmp_path / "open"
    shutil.copytree(CLIENT, folder)
    (folder / "demo.html").write_text(policy.sub("", page), encoding="utf-8")
    seen = look(CODEC.encode(INVITE), tmp_path / "profile", folder, LEAKS)
    assert {*seen.asked} >= LEAKED
