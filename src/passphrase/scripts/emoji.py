"""The emoji script: 1024 single-code-point emoji."""

from typing import Final

from passphrase.scripts.emoji_table import GLYPHS
from passphrase.scripts.script import Script
from passphrase.scripts.softbank_table import ALIASES

SCRIPT: Final = Script("emoji", GLYPHS, aliases=ALIASES)
