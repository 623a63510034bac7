"""Passphrase -> the one-line message to paste into WeChat or QQ.

Source: docs/sharing.md. The standard messages contain nothing that a chat app would turn into a
face. They also have the digit and the pattern by which an iOS app detects them unread.

Shapes:
    message  one line, 1 to 199 characters
    span     start and end in a message, in characters
"""

from collections.abc import Mapping, Sequence
from typing import Final

from passphrase.errors import without_trace
from passphrase.invite import OriginWord
from passphrase.languages import Locale, load_language
from passphrase.languages.language import fill
from passphrase.reading.find import find
from passphrase.scripts.script import Script
from passphrase.sharing.lint import LINK, MESSAGE_CHARS_MAX, lint
from passphrase.sharing.names import harmless

OPEN_URLS: Final[Mapping[str, str]] = {"wechat": "weixin://", "qq": "mqq://"}


@without_trace
def share(  # noqa: PLR0913  # each part of the message, by keyword
    text: str,
    *,
    locale: Locale = "zh-Hans",
    group_name: str | None = None,
    app_name: str | None = None,
    template: str | None = None,
    url: str | None = None,
    scripts: Sequence[Script] = (),
) -> str:
    """Make the message that a person pastes into a chat: one line, under 200 characters.

    The message is the same for every chat app. `open_url` opens the app.

    Args:
        text: A passphrase, as `Codec.encode` returned it.
        locale: "zh-Hans", "zh-Hant" or "en".
        group_name: The group's name. Characters that could break the message are removed.
        app_name: The name of your app, cleaned in the same way.
        template: Your own message, with the placeholders {passphrase}, {group} and {app}. Check
            the result with `lint`.
        url: The address of your landing page, which is added at the end. WeChat and QQ can block
            the link, or the message because of it: add one only where it works.
        scripts: Your own scripts in which `text` may be spelled.

    Raises:
        TypeError: `text` or `url` is not a str.
        ValueError: `text` is not a passphrase: pass what `Codec.encode` returned. Or the locale is
            unknown: use one of the three. Or the template lacks {passphrase} or has an unknown
            placeholder: correct it. Or `url` is not a plain https address, or `lint` finds a
            problem with it: shorten it, or leave it out.
    """
    language = load_language(locale)
    if [candidate.text for candidate in find(text, scripts=scripts)] != [text]:
        raise ValueError("text is not a passphrase as Codec.encode spells it")
    fields = {
        "passphrase": text,
        "group": language.quote(harmless(group_name or "")) or language.group,
        "app": harmless(app_name or "") or language.app,
    }
    message = fill(language.message if template is None else template, fields)
    if text not in message:
        raise ValueError("the template has no placeholder {passphrase}; add it")
    return message if url is None else _linked(message, url, scripts)


def _linked(message: str, url: str, scripts: Sequence[Script]) -> str:
    """Add a URL to a message. Refuse what makes a problem that the message alone has not."""
    if not isinstance(url, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("url must be a str")
    if len(url) > MESSAGE_CHARS_MAX or not LINK.fullmatch(url):
        raise ValueError(
            "url must be a plain https address of less than 200 characters, without percent escapes"
        )
    linked = f"{message} {url}"
    known = lint(message, scripts=scripts)
    problems = [each for each in lint(linked, scripts=scripts) if each not in known]
    if problems:
        msg = f"url cannot be added: {problems[0].advice}"
        raise ValueError(msg)
    return linked


def open_url(origin: OriginWord) -> str:
    """Return the URL that opens the chat app, for a button next to "copy".

    Args:
        origin: The chat app: "wechat" or "qq".

    Raises:
        ValueError: `origin` is something else. For an in-app invite, show no button: it needs no
            message.
    """
    if origin not in OPEN_URLS:
        raise ValueError("origin must be wechat or qq; an in-app invite needs no message")
    return OPEN_URLS[origin]
