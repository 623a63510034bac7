"""The built-in scripts, each loaded when it is first asked for; why these: docs/scripts.md."""

from functools import cache
from importlib import import_module
from typing import Final

from passphrase.scripts.script import Script

SCRIPT_NAMES: Final = ("emoji", "hanzi", "base32")


@cache
def load_script(name: str) -> Script:
    """Return a built-in script by name.

    Raises:
        ValueError: There is no script of that name.
    """
    if name not in SCRIPT_NAMES:
        msg = f"script must be one of {', '.join(SCRIPT_NAMES)}"
        raise ValueError(msg)
    script: Script = import_module(f"passphrase.scripts.{name}").SCRIPT
    return script


@cache
def built_in_scripts() -> tuple[Script, ...]:
    """Return all of them."""
    return tuple(map(load_script, SCRIPT_NAMES))
