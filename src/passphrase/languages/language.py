"""`Language`: the contents of a language file, and how placeholders are filled in.

Keys are plain strings, so that a language file imports only this module. For example
("none", "expired") is the popup of `Action.NONE` with `Reason.EXPIRED`.

Shapes:
    seconds  whole seconds, 0 or more
"""

from collections.abc import Mapping
from string import Formatter
from typing import Final, NamedTuple

MINUTE_SECONDS: Final = 60
HOUR_SECONDS: Final = 60 * MINUTE_SECONDS
UNIT_SECONDS: Final = (
    ("day", 24 * HOUR_SECONDS),
    ("hour", HOUR_SECONDS),
    ("minute", MINUTE_SECONDS),
)


class PopupText(NamedTuple):
    """The text of a popup, with the placeholders {group}, {inviter}, {origin}, {left} and {ago}.

    A name is filled in as plain text, never as HTML, and brings its own quotation marks.
    """

    title: str
    message: str
    button: str


PopupTexts = Mapping[tuple[str, str | None], PopupText]  # by action and reason


class Language(NamedTuple):
    """Every sentence of one language: short, neutral, and clear about what to do next.

    Only a popup to join, ask or wait, and one for a member, names the group and the inviter.

    Attributes:
        group: Stands for a group without a name.
        inviter: Stands for an inviter without a name.
        newcomer: Stands for somebody without a name who has joined.
        app: Stands for an app without a name.
        quoted: Quotation marks around a name, {}.
        origins: The name of each origin.
        message: The message to send, with {passphrase}, {group} and {app}.
        joined: The line in the group after a join, with {inviter} and {newcomer}.
        left: "{} left".
        nearly_over: "less than a minute left".
        ago: "{} ago".
        just_now: "just now": less than a minute ago.
        units: Day, hour and minute, each as (singular, plural).
        popups: The popup for each pair of action and reason.
        confirm: Added to a popup with a join button when two or more glyphs were repaired.
        left_over: Added to the inviter's own popup: {} more people can join, as (singular, plural).
        unreadable: Title of the popup for a text that could not be read.
        understood: Its button.
        refusals: Its message, by finding. `explain` uses the same sentences.
    """

    group: str
    inviter: str
    newcomer: str
    app: str
    quoted: str
    origins: Mapping[str, str]
    message: str
    joined: str
    left: str
    nearly_over: str
    ago: str
    just_now: str
    units: Mapping[str, tuple[str, str]]
    popups: PopupTexts
    confirm: str
    left_over: tuple[str, str]
    unreadable: str
    understood: str
    refusals: Mapping[str, str]

    def quote(self, name: str) -> str:
        """Put quotation marks around a name; an empty name stays empty."""
        return self.quoted.format(name) if name else ""

    def uses_left(self, count: int | None) -> str:
        """Return in words how many more people can join; empty if that is not known."""
        return "" if count is None else self.left_over[count != 1].format(count)

    def time_left(self, seconds: int) -> str:
        """Return the time left in words, in at most two units. It is at most two minutes too long.

        Expiry is rounded down to the minute. This rounds up to the minute, and 59 minutes up to the
        hour. So a new invite for 7 days says "7 days".
        """
        if seconds < MINUTE_SECONDS:
            return self.nearly_over
        rounded = seconds + -seconds % MINUTE_SECONDS
        if rounded % HOUR_SECONDS == HOUR_SECONDS - MINUTE_SECONDS:
            rounded += MINUTE_SECONDS
        return self.left.format(self._stretch(rounded, 2))

    def time_ago(self, seconds: int) -> str:
        """Return in words how long ago something ended, in one unit, rounded down."""
        if seconds < MINUTE_SECONDS:
            return self.just_now
        return self.ago.format(self._stretch(seconds, 1))

    def _stretch(self, seconds: int, units_max: int) -> str:
        """Write a duration of a minute or more in its largest units."""
        rest = seconds
        parts: list[str] = []
        largest = next(at for at, (_, size) in enumerate(UNIT_SECONDS) if size <= seconds)
        for unit, size in UNIT_SECONDS[largest : largest + units_max]:
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count} {self.units[unit][count > 1]}")
        return " ".join(parts)


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Fill in the placeholders of a template, which may be the caller's.

    Raises:
        ValueError: The text has an unknown placeholder, a format spec, or an unbalanced brace.
    """
    for _, name, spec, conversion in Formatter().parse(template):
        if name is not None and (name not in fields or spec or conversion):
            msg = f"the placeholders are {', '.join(f'{{{name}}}' for name in fields)}"
            raise ValueError(msg)
    return template.format_map(fields)
