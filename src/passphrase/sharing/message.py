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
from passphrase.invite import Origin
from passphrase.languages.words import LANGUAGES, LOCALES, Locale, fill, quoted
from passphrase.reading.find import find
from passphrase.scripts.script import Script
from passphrase.sharing.names import (
    harmless,
)

APP_NAMES: Final[Mapping[Locale, str]] = {"zh-Hans": "应用", "zh-Hant": "應用程式", "en": "the app"}
TEMPLATES: Final[Mapping[Locale, str]] = {
    "zh-Hans": "3 p:/ 复制这条消息，打开{app}，加入{group}【{passphrase}】",
    "zh-Hant": "3 p:/ 複製這則訊息，打開{app}，加入{group}【{passphrase}】",
    "en": "3 p:/ Copy this message, open {app}, join {group}【{passphrase}】",
}
APPS: Final[Mapping[Origin, str]] = {Origin.WECHAT: "weixin://", Origin.QQ: "mqq://"}


@without_trace
def share(  # noqa: PLR0913  # all that a message says, by name
    text: str,
    *,
    to: Origin,
    locale: Locale = "zh-Hans",
    group_name: str | None = None,
    app_name: str | None = None,
    template: str | None = None,
    scripts: Sequence[Script] = (),
) -> str:
    """Make the message that a person pastes into a chat: one line, under 200 characters.

    Args:
        text: What `Codec.encode` has made.
        to: The app that carries it, the origin of the invite: WeChat or QQ.
        locale: "zh-Hans", "zh-Hant" or "en".
        group_name: The group's name, any text; it is made harmless.
        app_name: The name of your app; it is made harmless too.
        template: A message of your own with the placeholders {passphrase}, {group} and {app}; let
            `lint` look at what comes out.
        scripts: Scripts of your own that `text` may be spelled in.

    Raises:
        TypeError: `to` is no origin, or `text` no str.
        ValueError: There is nothing to carry in-app, no such locale, an unknown placeholder or none
            for the passphrase, or `text` is no passphrase.
    """
    open_url(to)  # refuses what no message goes to
    if locale not in LOCALES:
        msg = f"locale must be one of {', '.join(LOCALES)}"
        raise ValueError(msg)
    if [candidate.text for candidate in find(text, scripts=scripts)] != [text]:
        raise ValueError("text is no passphrase as Codec.encode spells it")
    fields = {
        "passphrase": text,
        "group": quoted(harmless(group_name or ""), locale) or LANGUAGES[locale].group,
        "app": harmless(app_name or "") or APP_NAMES[locale],
    }
    message = fill(TEMPLATES[locale] if template is None else template, fields)
    if text not in message:
        raise ValueError("the template has no placeholder {passphrase}")
    return message


def open_url(to: Origin) -> str:
    """Return the address that opens the chat app, for a button beside "copy".

    Raises:
        TypeError: `to` is no origin.
        ValueError: It is in-app, where no message is needed.
    """
    if not isinstance(to, Origin):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("to must be an Origin")
    if to not in APPS:
        raise ValueError("a message goes to WeChat or QQ; an in-app pull needs none")
    return APPS[to]
