"""What a language file holds, and how its placeholders are filled in.

Keys are plain strings, so that a language file imports nothing else: ("none", "expired") is the
popup of `Action.NONE` and `Reason.EXPIRED`, "damaged" the sentence of `Finding.DAMAGED`.

Shapes:
    seconds  whole seconds, 0 or more
"""

from collections.abc import Mapping
from string import Formatter
from typing import Final, NamedTuple

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
SECONDS: Final = (("day", 24 * HOUR), ("hour", HOUR), ("minute", MINUTE))


class PopupText(NamedTuple):
    """The text of a popup, with the placeholders {group}, {inviter}, {origin}, {left} and {ago}.

    A name is filled in with its quotation marks around it, as plain text, never as HTML.
    """

    title: str
    message: str
    button: str


PopupTexts = Mapping[tuple[str, str | None], PopupText]  # by action and reason


class Language(NamedTuple):
    """Every sentence of one language: short, neutral, and saying what to do next.

    A popup that refuses names neither the group nor the inviter, except to somebody who is in it.

    Attributes:
        group: A group whose name is not known.
        inviter: An inviter whose name is not known.
        app: The app to open, if its name is not known.
        quoted: A name, {}, in its quotation marks.
        origins: What each origin is called.
        message: The message that carries a passphrase, with {passphrase}, {group} and {app}.
        left: The time that is left, {}.
        nearly_over: Less than a minute is left.
        ago: The time since something ended, {}.
        just_now: Less than a minute has passed.
        units: What one and several days, hours and minutes are called.
        popups: The popup for each pair of action and reason.
        confirm: What a popup that offers something adds after a large repair.
        unreadable: The title of the popup for a text that could not be read.
        understood: The word on its button.
        refusals: Its message, and the sentence of `explain`, for each finding.
    """

    group: str
    inviter: str
    app: str
    quoted: str
    origins: Mapping[str, str]
    message: str
    left: str
    nearly_over: str
    ago: str
    just_now: str
    units: Mapping[str, tuple[str, str]]
    popups: PopupTexts
    confirm: str
    unreadable: str
    understood: str
    refusals: Mapping[str, str]

    def quote(self, name: str) -> str:
        """Set a name in quotation marks; an empty one stays empty."""
        return self.quoted.format(name) if name else ""

    def time_left(self, seconds: int) -> str:
        """Say how much time is left, in at most two units, less than two minutes too much.

        An invite for 7 days ends with a minute, so up to a minute early. For a minute after it was
        made, this still says 7 days: it rounds up to the minute, and 59 minutes up to the hour.
        """
        if seconds < MINUTE:
            return self.nearly_over
        rounded = seconds + -seconds % MINUTE
        if rounded % HOUR == HOUR - MINUTE:
            rounded += MINUTE
        return self.left.format(self._stretch(rounded, 2))

    def time_ago(self, seconds: int) -> str:
        """Say how long ago something ended, in one unit, never more than it was."""
        if seconds < MINUTE:
            return self.just_now
        return self.ago.format(self._stretch(seconds, 1))

    def _stretch(self, seconds: int, units_max: int) -> str:
        """Write a minute or more in its largest unit and the units below it."""
        rest = seconds
        parts: list[str] = []
        largest = next(at for at, (_, size) in enumerate(SECONDS) if size <= seconds)
        for unit, size in SECONDS[largest : largest + units_max]:
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count} {self.units[unit][count > 1]}")
        return " ".join(parts)


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Fill in the placeholders of a text that may be the caller's own.

    Raises:
        ValueError: The text has an unknown placeholder, a format spec, or an unbalanced brace.
    """
    for _, name, spec, conversion in Formatter().parse(template):
        if name is not None and (name not in fields or spec or conversion):
            msg = f"the placeholders are {', '.join(f'{{{name}}}' for name in fields)}"
            raise ValueError(msg)
    return template.format_map(fields)
