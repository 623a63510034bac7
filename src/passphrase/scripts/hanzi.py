"""The hanzi script: 1024 common hanzi that no Simplified/Traditional conversion changes."""

from typing import Final

from passphrase.scripts.compat_table import ALIASES
from passphrase.scripts.hanzi_table import GLYPHS
from passphrase.scripts.script import Script

SCRIPT: Final = Script("hanzi", GLYPHS, aliases=ALIASES)
