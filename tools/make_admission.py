"""Write the rules into docs/admission.md and docs/zh/admission.md, and the schema of a popup.

python tools/make_admission.py            write the three files
python tools/make_admission.py --check    exit with 1 if a file is out of date
"""

import json
import re
import sys
from pathlib import Path
from typing import Final

from generated import write_or_check

from passphrase import JoinPrompt
from passphrase.joining.rules import RULES

DOCS: Final = Path(__file__).parents[1] / "docs"
PAGES: Final = (DOCS / "admission.md", DOCS / "zh" / "admission.md")
SCHEMA: Final = DOCS / "join-prompt.schema.json"
_TABLE: Final = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)
_CHINESE: Final = {
    "when": "条件",
    "fact asked for": "需要的事实",
    "action": "动作",
    "reason": "原因",
    "the invite has expired": "邀请已过期",
    "the group has reset its invites since": "签发之后，群重置过邀请",
    "the policy has a deny-list, and the passphrase is on it": "策略有黑名单，口令在上面",
    "the invite is single-use, or the policy counts uses, and it is used up": (
        "邀请只能用一次，或者策略统计使用次数，而名额已经用完"
    ),
    "the policy does not allow the origin (in-app invites: see rule 8)": (
        "策略不允许签名里的来源（应用内的邀请见规则 8）"
    ),
    "the source is not the origin, or is unknown and the policy requires it": (
        "实际来源与签名的来源不同；或者实际来源不明，而策略要求说明"
    ),
    "the viewer is the inviter": "当前用户就是邀请人",
    "the viewer is already a member": "当前用户已经在群里",
    "the viewer is banned": "当前用户被封禁",
    "the inviter is no longer a member": "邀请人已不在群里",
    "the invite runs for longer than the policy allows": "邀请的剩余有效期比策略允许的长",
    "the group is full, and the policy offers nothing then": "群已满，策略没有别的办法",
    "the group is full; the policy lets people ask": "群已满；策略允许申请加入",
    "the group is full; the policy has a wait list": "群已满；策略有候补名单",
    "nobody is signed in": "没有人登录",
    "mutual follow is required (by the in-app origin, the invite or the policy) but missing; the "
    "policy lets people ask": (
        "需要互相关注（因为是应用内邀请，或邀请、策略要求）却没有互相关注；策略允许申请加入"
    ),
    "the same, but the policy does not let people ask": "同上，但策略不允许申请",
    "the invite requires approval": "邀请要求审批",
    "none of the above": "以上都不成立",
}


def table(page: Path) -> str:
    """Return the rules as a Markdown table, in the language of the page."""
    words = _CHINESE.__getitem__ if page.parent.name == "zh" else str
    heads = " | ".join(map(words, ("when", "fact asked for", "action", "reason")))
    rows = [f"| # | {heads} |", "|---|---|---|---|---|"]
    rows += [
        f"| {rule.number} | {words(rule.when)} | {f'`{rule.fact}`' if rule.fact else ''} "
        f"| {rule.action.name} | {rule.reason.name if rule.reason else ''} |"
        for rule in RULES
    ]
    return "\n".join(rows) + "\n"


def schema() -> str:
    """Return the JSON Schema of the popup for a client."""
    described = JoinPrompt.model_json_schema(mode="serialization")
    return json.dumps(described, ensure_ascii=False, indent=2) + "\n"


def written(page: Path) -> str:
    """Return the page with the current rules."""
    text, count = _TABLE.subn(lambda _: table(page), page.read_text(encoding="utf-8"))
    if count != 1:
        msg = f"{page} has no place for the rules"
        raise SystemExit(msg)
    return text


def main() -> int:
    """Write or check all of them."""
    return write_or_check(__doc__, {SCHEMA: schema()} | {page: written(page) for page in PAGES})


if __name__ == "__main__":
    sys.exit(main())
