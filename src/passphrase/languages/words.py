"""What the popup says, in three languages: one row an outcome, and the words for a stretch of time.

The words are for a person with a popup: short, neutral, and saying what to do next. A refusal names
neither the group nor the inviter.

Shapes:
    seconds  whole ones, 0 or more
"""

from collections.abc import Mapping
from string import Formatter
from typing import Final, Literal, NamedTuple, get_args

from passphrase.invite import Origin
from passphrase.joining.rules import Action, Reason

Locale = Literal["zh-Hans", "zh-Hant", "en"]
LOCALES: Final[tuple[Locale, ...]] = get_args(Locale)
Outcome = tuple[Action, Reason | None]
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
SECONDS: Final = (("day", 24 * HOUR), ("hour", HOUR), ("minute", MINUTE))


class Words(NamedTuple):
    """The words of a popup, with {group}, {inviter}, {origin}, {left} and {ago} to fill in.

    A name is filled in with its quotation marks around it, as plain text, never as HTML.
    """

    title: str
    message: str
    button: str


class _Language(NamedTuple):
    """How a language names what has no name, and counts time."""

    group: str
    quoted: str
    inviter: str
    unreadable: str
    understood: str
    confirm: str
    left: str
    ago: str
    nearly_over: str
    just_now: str
    units: Mapping[str, tuple[str, str]]  # one, several
    origins: Mapping[Origin, str]


LANGUAGES: Final[Mapping[Locale, _Language]] = {
    "zh-Hans": _Language(
        group="群聊",
        quoted="「{}」",
        inviter="好友",
        unreadable="读不出口令",
        understood="知道了",
        confirm="口令有缺损，已自动修复，加入前请核对群聊和邀请人。",
        left="还剩 {}",
        ago="{}前",
        nearly_over="还剩不到 1 分钟",
        just_now="刚刚",
        units={"day": ("天", "天"), "hour": ("小时", "小时"), "minute": ("分钟", "分钟")},
        origins={Origin.WECHAT: "微信", Origin.QQ: " QQ ", Origin.IN_APP: "应用"},
    ),
    "zh-Hant": _Language(
        group="群組",
        quoted="「{}」",
        inviter="好友",
        unreadable="讀不出口令",
        understood="知道了",
        confirm="口令有缺損，已自動修復，加入前請核對群組和邀請人。",
        left="還剩 {}",
        ago="{}前",
        nearly_over="還剩不到 1 分鐘",
        just_now="剛剛",
        units={"day": ("天", "天"), "hour": ("小時", "小時"), "minute": ("分鐘", "分鐘")},
        origins={Origin.WECHAT: " WeChat ", Origin.QQ: " QQ ", Origin.IN_APP: "應用程式"},
    ),
    "en": _Language(
        group="a group chat",
        quoted="“{}”",
        inviter="A friend",
        unreadable="No passphrase could be read",
        understood="OK",
        confirm=" The passphrase was damaged on its way and has been repaired: check the group and "
        "the inviter first.",
        left="{} left",
        ago="{} ago",
        nearly_over="Less than a minute left",
        just_now="just now",
        units={"day": ("day", "days"), "hour": ("hour", "hours"), "minute": ("minute", "minutes")},
        origins={Origin.WECHAT: "WeChat", Origin.QQ: "QQ", Origin.IN_APP: "the app"},
    ),
}

POPUPS: Final[Mapping[Locale, Mapping[Outcome, Words]]] = {
    "zh-Hans": {
        (Action.JOIN, None): Words(
            "加入{group}？", "{inviter}邀请你加入。有效期{left}。", "加入群聊"
        ),
        (Action.REQUEST, Reason.NEEDS_APPROVAL): Words(
            "申请加入{group}？", "{inviter}邀请你加入，需要群主同意。有效期{left}。", "申请加入"
        ),
        (Action.REQUEST, Reason.NOT_MUTUAL): Words(
            "申请加入{group}？",
            "你和{inviter}还没有互相关注，需要群主同意才能加入。有效期{left}。",
            "申请加入",
        ),
        (Action.NONE, Reason.EXPIRED): Words(
            "口令已过期", "{ago}过期，请让对方重新发一个。", "知道了"
        ),
        (Action.NONE, Reason.REVOKED): Words(
            "口令已失效", "这个邀请已被撤销，请让对方重新发一个。", "知道了"
        ),
        (Action.NONE, Reason.USED_UP): Words(
            "口令已被使用", "这个邀请只能用一次，请让对方重新发一个。", "知道了"
        ),
        (Action.NONE, Reason.ORIGIN_NOT_ALLOWED): Words(
            "无法使用这个口令", "请让对方换一种方式重新邀请。", "知道了"
        ),
        (Action.NONE, Reason.ORIGIN_MISMATCH): Words(
            "口令来源不符",
            "这个口令要从{origin}里复制；如果是转发来的，请让对方重新邀请。",
            "知道了",
        ),
        (Action.NONE, Reason.SELF_INVITE): Words(
            "这是你发出的口令", "把它发给好友，好友复制后打开应用就能加入。", "知道了"
        ),
        (Action.NONE, Reason.ALREADY_MEMBER): Words(
            "你已经在{group}里了", "进群打个招呼吧。", "进入群聊"
        ),
        (Action.NONE, Reason.BANNED): Words(
            "无法加入", "你不能加入这个群聊。", "知道了"
        ),
        (Action.NONE, Reason.INVITER_LEFT): Words(
            "邀请已失效", "邀请人已不在群里，请联系其他群成员邀请你。", "知道了"
        ),
        (Action.NONE, Reason.GROUP_FULL): Words(
            "群人数已满", "群成员已达上限，暂时无法加入。", "知道了"
        ),
        (Action.NONE, Reason.NOT_MUTUAL): Words(
            "互相关注后才能加入", "请先和邀请人互相关注，再复制一次口令。", "知道了"
        ),
        (Action.NONE, Reason.UNDECIDED): Words(
            "暂时无法确认", "请稍后重新复制口令再试。", "知道了"
        ),
    },
    "zh-Hant": {
        (Action.JOIN, None): Words(
            "加入{group}？", "{inviter}邀請你加入。有效期{left}。", "加入群組"
        ),
        (Action.REQUEST, Reason.NEEDS_APPROVAL): Words(
            "申請加入{group}？", "{inviter}邀請你加入，需要群主同意。有效期{left}。", "申請加入"
        ),
        (Action.REQUEST, Reason.NOT_MUTUAL): Words(
            "申請加入{group}？",
            "你和{inviter}還沒有互相追蹤，需要群主同意才能加入。有效期{left}。",
            "申請加入",
        ),
        (Action.NONE, Reason.EXPIRED): Words(
            "口令已過期", "{ago}過期，請對方重新傳一個。", "知道了"
        ),
        (Action.NONE, Reason.REVOKED): Words(
            "口令已失效", "這個邀請已被撤銷，請對方重新傳一個。", "知道了"
        ),
        (Action.NONE, Reason.USED_UP): Words(
            "口令已被使用", "這個邀請只能用一次，請對方重新傳一個。", "知道了"
        ),
        (Action.NONE, Reason.ORIGIN_NOT_ALLOWED): Words(
            "無法使用這個口令", "請對方換一種方式重新邀請。", "知道了"
        ),
        (Action.NONE, Reason.ORIGIN_MISMATCH): Words(
            "口令來源不符",
            "這個口令要從{origin}裡複製；如果是轉傳來的，請對方重新邀請。",
            "知道了",
        ),
        (Action.NONE, Reason.SELF_INVITE): Words(
            "這是你發出的口令", "把它傳給好友，好友複製後開啟應用程式就能加入。", "知道了"
        ),
        (Action.NONE, Reason.ALREADY_MEMBER): Words(
            "你已經在{group}裡了", "進群打個招呼吧。", "進入群組"
        ),
        (Action.NONE, Reason.BANNED): Words(
            "無法加入", "你不能加入這個群組。", "知道了"
        ),
        (Action.NONE, Reason.INVITER_LEFT): Words(
            "邀請已失效", "邀請人已不在群裡，請其他群組成員邀請你。", "知道了"
        ),
        (Action.NONE, Reason.GROUP_FULL): Words(
            "群組人數已滿", "群組成員已達上限，暫時無法加入。", "知道了"
        ),
        (Action.NONE, Reason.NOT_MUTUAL): Words(
            "互相追蹤後才能加入", "請先和邀請人互相追蹤，再複製一次口令。", "知道了"
        ),
        (Action.NONE, Reason.UNDECIDED): Words(
            "暫時無法確認", "請稍後重新複製口令再試。", "知道了"
        ),
    },
    "en": {
        (Action.JOIN, None): Words("Join {group}?", "{inviter} invites you. {left}.", "Join"),
        (Action.REQUEST, Reason.NEEDS_APPROVAL): Words(
            "Ask to join {group}?",
            "{inviter} invites you; the owner has to approve. {left}.",
            "Ask to join",
        ),
        (Action.REQUEST, Reason.NOT_MUTUAL): Words(
            "Ask to join {group}?",
            "{inviter} and you do not follow each other yet, so the owner has to approve. {left}.",
            "Ask to join",
        ),
        (Action.NONE, Reason.EXPIRED): Words(
            "This invite has expired", "It expired {ago}. Ask for a new one.", "OK"
        ),
        (Action.NONE, Reason.REVOKED): Words(
            "This invite is no longer valid", "It was withdrawn. Ask for a new one.", "OK"
        ),
        (Action.NONE, Reason.USED_UP): Words(
            "This invite has been used", "It was good for one person. Ask for a new one.", "OK"
        ),
        (Action.NONE, Reason.ORIGIN_NOT_ALLOWED): Words(
            "This passphrase cannot be used", "Ask to be invited another way.", "OK"
        ),
        (Action.NONE, Reason.ORIGIN_MISMATCH): Words(
            "This passphrase came another way",
            "It has to be copied in {origin}. If it was forwarded to you, ask for a new invite.",
            "OK",
        ),
        (Action.NONE, Reason.SELF_INVITE): Words(
            "This is your own invite",
            "Send it to friends; they copy it and open the app to join.",
            "OK",
        ),
        (Action.NONE, Reason.ALREADY_MEMBER): Words(
            "You are in {group} already", "Go and say hello.", "Open the chat"
        ),
        (Action.NONE, Reason.BANNED): Words(
            "You cannot join", "You cannot join this group at present.", "OK"
        ),
        (Action.NONE, Reason.INVITER_LEFT): Words(
            "This invite is no longer valid",
            "Whoever invited you has left the group. Ask a member for a new invite.",
            "OK",
        ),
        (Action.NONE, Reason.GROUP_FULL): Words(
            "The group is full", "You cannot join now. Try again later.", "OK"
        ),
        (Action.NONE, Reason.NOT_MUTUAL): Words(
            "Follow each other first",
            "You and the inviter have to follow each other. Then open the passphrase again.",
            "OK",
        ),
        (Action.NONE, Reason.UNDECIDED): Words(
            "Not certain yet", "Open the passphrase again in a moment.", "OK"
        ),
    },
}  # fmt: skip


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Fill in the placeholders of words that may be the caller's own.

    Raises:
        ValueError: There is a placeholder that is none of the fields, has a format, or is half one.
    """
    for _, name, spec, conversion in Formatter().parse(template):
        if name is not None and (name not in fields or spec or conversion):
            msg = f"the placeholders are {', '.join(f'{{{name}}}' for name in fields)}"
            raise ValueError(msg)
    return template.format_map(fields)


def quoted(name: str, locale: Locale) -> str:
    """Set a name off with the quotation marks of a language; an empty one stays empty."""
    return LANGUAGES[locale].quoted.format(name) if name else ""


def time_left(seconds: int, locale: Locale) -> str:
    """Say how much time there is, in at most two units, less than two minutes too much.

    An invite for 7 days ends with a minute, so up to a minute early. For a minute after it is made,
    these words still say 7 days: they round up to the minute, and 59 minutes up to the hour.
    """
    language = LANGUAGES[locale]
    if seconds < MINUTE:
        return language.nearly_over
    rounded = seconds + -seconds % MINUTE
    if rounded % HOUR == HOUR - MINUTE:
        rounded += MINUTE
    return language.left.format(_stretch(rounded, locale, 2))


def time_ago(seconds: int, locale: Locale) -> str:
    """Say how long something has been over, in one unit, never more than it has."""
    language = LANGUAGES[locale]
    if seconds < MINUTE:
        return language.just_now
    return language.ago.format(_stretch(seconds, locale, 1))


def _stretch(seconds: int, locale: Locale, units_max: int) -> str:
    """Write a number of seconds, at least the smallest unit, in its largest and those below it."""
    language = LANGUAGES[locale]
    rest = seconds
    parts: list[str] = []
    largest = next(at for at, (_, size) in enumerate(SECONDS) if size <= seconds)
    for unit, size in SECONDS[largest : largest + units_max]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {language.units[unit][count > 1]}")
    return " ".join(parts)
