"""The base32 script: Crockford's alphabet, two characters for each symbol, in groups of six.

Source: docs/format.md, "Scripts" and "Reading", step 2; docs/scripts.md, "Base 32".
"""

from typing import Final

from passphrase.scripts.script import Script

GLYPHS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# "-" is written. Keyboards and chat apps turn it into other hyphens, dashes, a minus, or small and
# full-width forms. People who take a passphrase down write pauses between its groups.
_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_PAUSES: Final = ".,，、·/:"
_FULL_WIDTH_OFFSET: Final = 0xFF01 - 0x21


def _aliases() -> dict[str, str]:
    """Map each alias to its glyph: Crockford's I, L and O, lower case, full width.

    The aliases are made from ASCII letters. Case folding of the input would accept more than ten
    letters outside ASCII.
    """
    ascii_forms = {glyph: glyph for glyph in GLYPHS} | {"I": "1", "L": "1", "O": "0"}
    ascii_forms |= {form.lower(): glyph for form, glyph in ascii_forms.items()}
    wide_forms = {chr(ord(form) + _FULL_WIDTH_OFFSET): glyph for form, glyph in ascii_forms.items()}
    return ascii_forms | wide_forms


SCRIPT: Final = Script("base32", GLYPHS, aliases=_aliases(), group=6, separators=_DASHES + _PAUSES)
