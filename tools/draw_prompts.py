"""Draw every popup in one language as a picture, docs/img/prompts-<locale>.png.

    python tools/draw_prompts.py            all languages

Needs chromium and, from Debian, fonts-noto-cjk.
"""

import html
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from passphrase import Codec, Invite, JoinPrompt, Keyring, Origin, Policy, Visit, join_prompt
from passphrase.joining.rules import Facts
from passphrase.languages import LOCALES, Locale, load_language

IMAGES: Final = Path(__file__).parents[1] / "docs" / "img"
NOW: Final = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
CODEC: Final = Codec(Keyring({1: bytes(range(32))}), audience="draw")
VIEWER_ID: Final = 42
GOOD: Final = {
    "generation": 0,
    "revoked": False,
    "spent": False,
    "member": False,
    "banned": False,
    "inviter_is_member": True,
    "group_full": False,
    "mutual_follow": True,
}
HEIGHTS: Final = {"zh-Hans": 1064, "zh-Hant": 1064, "en": 1236}
GROUP_NAMES: Final = {"zh-Hans": "火锅小分队", "zh-Hant": "火鍋小分隊", "en": "Hotpot Squad"}
INVITER_NAMES: Final = {"zh-Hans": "老王", "zh-Hant": "老王", "en": "Wang"}
STYLE: Final = """
body { margin: 0; padding: 14px; background: #9a9a9a; width: 1152px; display: grid;
  grid-template-columns: repeat(4, 1fr); gap: 14px; font: 15px/1.5 "Noto Sans CJK SC", sans-serif; }
section { background: #fff; border-radius: 14px; text-align: center; display: flex;
  flex-direction: column; overflow: hidden; }
h2 { font-size: 17px; margin: 20px 16px 6px; } p { margin: 0 16px 16px; color: #555; flex: 1; }
b { border-top: 1px solid #e5e5e5; padding: 11px; color: #1677ff; }
small { background: #f5f5f5; color: #888; padding: 3px; font-family: monospace; }
"""


class Scene(NamedTuple):
    """What differs from an invite that admits."""

    fields: Mapping[str, object] = {}
    facts: Mapping[str, object] = {}
    policy: Policy = Policy()
    source: Origin = Origin.WECHAT
    viewer_id: int | None = VIEWER_ID


ASK: Final = Policy(request_when_not_mutual=True)
MUTUAL: Final = {"mutual_follow": True}
NOT_MUTUAL: Final = {"mutual_follow": False}
SCENES: Final = (
    Scene(),
    Scene({"approval": True}),
    Scene(MUTUAL, NOT_MUTUAL, ASK),
    Scene(facts={"group_full": True}, policy=Policy(when_full="request")),
    Scene(facts={"group_full": True}, policy=Policy(when_full="wait")),
    Scene(viewer_id=None),
    Scene({"expires_at": NOW - timedelta(hours=3, minutes=10)}),
    Scene(policy=Policy(max_lifetime=timedelta(days=1))),
    Scene(facts={"generation": 7}),
    Scene({"single_use": True}, {"spent": True}),
    Scene(policy=Policy(origins=frozenset({Origin.QQ}))),
    Scene(source=Origin.QQ),
    Scene({"inviter_id": VIEWER_ID}, {"uses_left": 17}, Policy(count_uses=True)),
    Scene(facts={"member": True}),
    Scene(facts={"banned": True}),
    Scene(facts={"inviter_is_member": False}),
    Scene(facts={"group_full": True}),
    Scene(MUTUAL, NOT_MUTUAL),
    Scene(facts={"generation": None}),
)
REPAIRED: Final = Scene({"variant": 1})


def popup(scene: Scene, locale: Locale) -> JoinPrompt:
    """Open the passphrase of a scene."""
    fields = {
        "group_id": 6824193837465920001,
        "inviter_id": 102938475610293847,
        "expires_at": NOW + timedelta(days=2, hours=23, minutes=30),
        "origin": Origin.WECHAT,
    }
    text = CODEC.encode(Invite.model_validate(fields | dict(scene.fields)))
    return join_prompt(
        CODEC.decode(f"{text[:3]}??{text[5:]}" if scene is REPAIRED else text),
        Visit(viewer_id=scene.viewer_id, now=NOW, source=scene.source),
        Facts.model_validate(GOOD | dict(scene.facts)),
        policy=scene.policy,
        locale=locale,
        group_name=GROUP_NAMES[locale],
        inviter_name=INVITER_NAMES[locale],
    )


def page(locale: Locale) -> str:
    """Return a popup for each outcome of the rules, and one that asks to confirm a repair."""
    prompts = [popup(scene, locale) for scene in (*SCENES, REPAIRED)]
    missing = {*load_language(locale).popups} - {
        (prompt.action, prompt.reason) for prompt in prompts
    }
    if missing:
        msg = f"no scene leads to {missing}"
        raise SystemExit(msg)
    sections = "".join(
        f"<section><h2>{html.escape(prompt.title)}</h2><p>{html.escape(prompt.message)}</p>"
        f"<b>{html.escape(prompt.button)}</b><small>{prompt.action.name}"
        f"{f' {prompt.reason.name}' if prompt.reason else ''}"
        f"{' confirm' if prompt.confirm else ''}</small></section>"
        for prompt in prompts
    )
    head = f'<html lang="{locale}"><meta charset="utf-8"><style>{STYLE}</style>'
    return f"<!doctype html>{head}{sections}"


def main() -> int:
    """Draw every language."""
    with tempfile.TemporaryDirectory() as folder:
        for locale in LOCALES:
            source = Path(folder) / f"{locale}.html"
            source.write_text(page(locale), encoding="utf-8")
            subprocess.run(  # noqa: S603
                [
                    *("chromium", "--headless", "--no-sandbox", "--hide-scrollbars"),
                    f"--window-size=1180,{HEIGHTS[locale]}",
                    f"--screenshot={IMAGES / f'prompts-{locale}.png'}",
                    str(source),
                ],
                check=True,
                capture_output=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
