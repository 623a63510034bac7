"""Every sentence that end users read: one file a language, imported on first use.

To add a language, write its file and add its locale to `Locale`: "pt-BR" is in `pt_br.py`. The
command has a copy of the locales in `cli.world`; a test compares.
"""

from functools import cache
from importlib import import_module
from typing import Final, Literal, get_args

from passphrase.languages.language import Language, PopupText

__all__ = ["Locale", "PopupText"]

Locale = Literal["zh-Hans", "zh-Hant", "en"]
LOCALES: Final[tuple[Locale, ...]] = get_args(Locale)


@cache
def load_language(locale: Locale) -> Language:
    """Return all sentences of a language.

    Raises:
        ValueError: The locale is unknown.
    """
    if locale not in LOCALES:
        msg = f"locale must be one of {', '.join(LOCALES)}"
        raise ValueError(msg)
    name = locale.lower().replace("-", "_")
    language: Language = import_module(f"passphrase.languages.{name}").LANGUAGE
    return language
