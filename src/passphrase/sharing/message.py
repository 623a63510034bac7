"""Passphrase -> the one-line message that carries it through WeChat or QQ, and what could break it.

Source: docs/sharing.md. The words around a passphrase keep chat apps from turning parts of it into
faces, and let an iOS app tell that a clipboard is worth reading without reading it.

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
from passphrase.sharing.names import harmless

OPEN_URLS: Final[Mapping[str, str]] = {"wechat": "weixin://", "qq": "mqq://"}


@without_trace
def share(  # noqa: PLR0913  # all that a message says, by name
    text: str,
    *,
    locale: Locale = "zh-Hans",
    group_name: str | None = None,
    app_name: str | None = None,
    template: str | None = None,
    scripts: Sequence[Script] = (),
) -> str:
    """Make the message that a person pastes into a chat: one line, under 200 characters.

    The message is the same for every app; `open_url` opens the one that carries it.

    Args:
        text: What `Codec.encode` has made.
        locale: "zh-Hans", "zh-Hant" or "en".
        group_name: The group's name, any text; it is made harmless.
        app_name: The name of your app; it is made harmless too.
        template: A message of your own with the placeholders {passphrase}, {group} and {app}; let
            `lint` check the message that it makes.
        scripts: Scripts of your own that `text` may be spelled in.

    Raises:
        TypeError: `text` is not a str.
        ValueError: `text` is not a passphrase, there is no such locale, or the template lacks
            {passphrase} or has an unknown placeholder.
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
        raise ValueError("the template has no placeholder {passphrase}")
    return message


def open_url(origin: OriginWord) -> str:
    """Return the address that opens the chat app, for a button beside "copy".

    Args:
        origin: The app that carries the invite: "wechat" or "qq".

    Raises:
        ValueError: `origin` is something else. An in-app invite needs no message.
    """
    if origin not in OPEN_URLS:
        raise ValueError("origin must be wechat or qq; an in-app invite needs no message")
    return OPEN_URLS[origin]
