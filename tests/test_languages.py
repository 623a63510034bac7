"""Languages: each file has every sentence, and a new language needs only one new file."""

from collections.abc import Mapping
from string import Formatter
from typing import Any, cast

import opencc
import pytest

from passphrase.diagnosis import Finding
from passphrase.invite import Origin
from passphrase.joining.prompt import PLACEHOLDERS
from passphrase.joining.rules import RULES, Action, Reason
from passphrase.languages import LOCALES, Locale, load_language
from passphrase.languages.language import UNIT_SECONDS

OUTCOMES = {*((rule.action, rule.reason) for rule in RULES), (Action.NONE, Reason.UNDECIDED)}
TABLES: Mapping[str, set[object]] = {
    "popups": {*OUTCOMES},
    "refusals": {*Finding},
    "origins": {*Origin},
    "units": {unit for unit, _ in UNIT_SECONDS},
}
ONE_BLANK = ("quoted", "left", "ago")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def texts_of(value: object) -> list[str]:
    """Return every text in an attribute of a language."""
    if isinstance(value, str):
        return [value]
    parts: Any = cast("Any", value).values() if isinstance(value, Mapping) else value
    return [text for part in parts for text in texts_of(part)]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("locale", LOCALES)
def test_a_language_lacks_nothing(locale: Locale, table: str) -> None:
    """A failure names the missing and the superfluous sentences of a language."""
    written = {*getattr(load_language(locale), table)}
    assert (TABLES[table] - written, written - TABLES[table]) == (set(), set())


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_is_empty_or_has_two_lines(locale: Locale) -> None:
    for text in texts_of(load_language(locale)):
        assert text.strip()
        assert len(text.splitlines()) == 1


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_agree(locale: Locale) -> None:
    """They are those of the first language, and a popup that lets people in names everybody."""
    language, first = load_language(locale), load_language(LOCALES[0])
    assert placeholders(language.message) == {"passphrase", "group", "app"}
    assert placeholders(language.joined) == {"inviter", "newcomer"}
    for (action, reason), popup in language.popups.items():
        used = [placeholders(part) for part in popup]
        assert used == [placeholders(part) for part in first.popups[action, reason]], (
            action,
            reason,
        )
        assert {*PLACEHOLDERS} >= set[str]().union(*used)
        offers = action in {Action.JOIN, Action.REQUEST, Action.WAIT}
        assert ({"group", "inviter", "left"} <= set[str]().union(*used)) is offers
    for name in ONE_BLANK:
        assert placeholders(getattr(language, name)) == {""}
    assert [*map(placeholders, language.left_over)] == [{""}, {""}]
    plain = [language.confirm, *language.refusals.values(), *language.origins.values()]
    assert not any(map(placeholders, plain))


@pytest.mark.parametrize("locale", LOCALES)
def test_used_up_is_not_expired(locale: Locale) -> None:
    """Nobody reads that an invite has expired, when others have used it up."""
    popups = load_language(locale).popups
    used_up = "".join(popups["none", "used_up"])
    assert not any(word in used_up for word in ("expire", "过期", "過期", "有效", "失效"))
    assert popups["none", "used_up"] != popups["none", "expired"]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_refusal_differs(locale: Locale) -> None:
    refusals = load_language(locale).refusals
    assert len({*refusals.values()}) == len(refusals)


def test_traditional_sentences_are_traditional() -> None:
    """OpenCC finds no simplified character in them, and no traditional one in the simplified."""
    conversions: dict[Locale, str] = {"zh-Hant": "s2tw", "zh-Hans": "t2s"}
    for locale, conversion in conversions.items():
        text = "\n".join(texts_of(load_language(locale)))
        converter: Any = cast("Any", opencc).OpenCC(conversion)  # it has no types
        assert converter.convert(text).replace("裏", "裡") == text


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^locale must be one of zh-Hans, zh-Hant, en$"):
        load_language(cast("Any", "fr"))
