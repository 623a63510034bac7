"""The built-in scripts, each imported on first use. Source: docs/scripts.md."""

from functools import cache
from importlib import import_module
from typing import Final

from passphrase.scripts.script import Script

SCRIPT_NAMES: Final = ("emoji", "hanzi", "base32")


@cache
def load_script(name: str) -> Script:
    """Return a built-in script by name.

    Raises:
        ValueError: The name is unknown.
    """
    if name not in SCRIPT_NAMES:
        msg = f"script must be one of {', '.join(SCRIPT_NAMES)}"
        raise ValueError(msg)
    script: Script = import_module(f"passphrase.scripts.{name}").SCRIPT
    return script


@cache
def built_in_scripts() -> tuple[Script, ...]:
    """Return all built-in scripts."""
    return tuple(map(load_script, SCRIPT_NAMES))
