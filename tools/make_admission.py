"""Print the rules into docs/admission.md and the schema of a popup beside it.

python tools/make_admission.py            write both files
python tools/make_admission.py --check    exit with 1 if one is not what would be written
"""

import json
import re
import sys
from pathlib import Path
from typing import Final

from generated import write_or_check

from passphrase import JoinPrompt
from passphrase.admission import RULES

DOCS: Final = Path(__file__).parents[1] / "docs"
PAGE: Final = DOCS / "admission.md"
SCHEMA: Final = DOCS / "join-prompt.schema.json"
_TABLE: Final = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def table() -> str:
    """Return the rules as a Markdown table."""
    rows = ["| # | when | fact asked for | action | reason |", "|---|---|---|---|---|"]
    rows += [
        f"| {rule.number} | {rule.when} | {f'`{rule.fact}`' if rule.fact else ''} "
        f"| {rule.action.name} | {rule.reason.name if rule.reason else ''} |"
        for rule in RULES
    ]
    return "\n".join(rows) + "\n"


def schema() -> str:
    """Return the JSON Schema of what a client gets."""
    described = JoinPrompt.model_json_schema(mode="serialization")
    return json.dumps(described, ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    """Write or check both."""
    page, count = _TABLE.subn(lambda _: table(), PAGE.read_text(encoding="utf-8"))
    if count != 1:
        msg = f"{PAGE.name} has no place for the rules"
        raise SystemExit(msg)
    return write_or_check(__doc__, {PAGE: page, SCHEMA: schema()})


if __name__ == "__main__":
    sys.exit(main())
