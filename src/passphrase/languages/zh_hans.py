"""Every sentence for end users, in Simplified Chinese."""

from typing import Final

from passphrase.languages.language import Language, PopupText

LANGUAGE: Final = Language(
    # Words for what has no name.
    group="群聊",
    inviter="好友",
    newcomer="新成员",
    app="应用",
    quoted="「{}」",
    origins={"wechat": "微信", "qq": " QQ ", "in_app": "应用"},
    # The message that carries a passphrase.
    message="3 p:/ 复制这条消息，打开{app}，加入{group}【{passphrase}】",
    # The line in the group after a join.
    joined="{inviter}邀请{newcomer}加入了群聊",
    # How long an invite still holds, and how long ago it ended.
    left="还剩 {}",
    nearly_over="还剩不到 1 分钟",
    ago="{}前",
    just_now="刚刚",
    units={"day": ("天", "天"), "hour": ("小时", "小时"), "minute": ("分钟", "分钟")},
    # The popup, by what it offers and why it offers no more.
    popups={
        ("join", None): PopupText(
            "加入{group}？", "{inviter}邀请你加入。有效期{left}。", "加入群聊"
        ),
        ("request", "needs_approval"): PopupText(
            "申请加入{group}？", "{inviter}邀请你加入，需要群主同意。有效期{left}。", "申请加入"
        ),
        ("request", "not_mutual"): PopupText(
            "申请加入{group}？",
            "你和{inviter}还没有互相关注，需要群主同意才能加入。有效期{left}。",
            "申请加入",
        ),
        ("request", "group_full"): PopupText(
            "申请加入{group}？",
            "{inviter}邀请你加入。群人数已满，需要群主同意。有效期{left}。",
            "申请加入",
        ),
        ("wait", "group_full"): PopupText(
            "排队加入{group}？",
            "{inviter}邀请你加入。群人数已满，有空位时加入。有效期{left}。",
            "加入候补",
        ),
        ("sign_in", "not_signed_in"): PopupText(
            "登录后加入群聊", "有人邀请你加入群聊，登录后会再次打开邀请。有效期{left}。", "去登录"
        ),
        ("none", "expired"): PopupText("口令已过期", "{ago}过期，请让对方重新发一个。", "知道了"),
        ("none", "runs_too_long"): PopupText(
            "无法使用这个口令", "这个邀请的有效期太长，请让对方重新发一个。", "知道了"
        ),
        ("none", "revoked"): PopupText(
            "口令已失效", "这个邀请已被撤销，请让对方重新发一个。", "知道了"
        ),
        ("none", "used_up"): PopupText(
            "口令已用完", "这个邀请的名额已经用完，请让对方重新发一个。", "知道了"
        ),
        ("none", "origin_not_allowed"): PopupText(
            "无法使用这个口令", "请让对方换一种方式重新邀请。", "知道了"
        ),
        ("none", "origin_mismatch"): PopupText(
            "口令来源不符",
            "这个口令要从{origin}里复制；如果是转发来的，请让对方重新邀请。",
            "知道了",
        ),
        ("none", "self_invite"): PopupText(
            "这是你发出的口令", "把它发给好友，好友复制后打开应用就能加入。", "知道了"
        ),
        ("none", "already_member"): PopupText(
            "你已经在{group}里了", "进群打个招呼吧。", "进入群聊"
        ),
        ("none", "banned"): PopupText("无法加入", "你不能加入这个群聊。", "知道了"),
        ("none", "inviter_left"): PopupText(
            "邀请已失效", "邀请人已不在群里，请联系其他群成员邀请你。", "知道了"
        ),
        ("none", "group_full"): PopupText("群人数已满", "群成员已达上限，暂时无法加入。", "知道了"),
        ("none", "not_mutual"): PopupText(
            "互相关注后才能加入", "请先和邀请人互相关注，再复制一次口令。", "知道了"
        ),
        ("none", "undecided"): PopupText("暂时无法确认", "请稍后再试。", "知道了"),
    },
    confirm="口令有缺损，已自动修复，加入前请核对群聊和邀请人。",
    left_over=("还能加入 {} 人。", "还能加入 {} 人。"),
    # The popup of a text that could not be read, and its sentence by finding.
    unreadable="读不出口令",
    understood="知道了",
    refusals={
        "valid": "口令有效。",
        "expired": "口令已过期，请让对方重新发一个。",
        "unverified": "已识别到口令。",
        "damaged": "口令不完整或被改动，请回到聊天里长按整条消息重新复制。",
        "emoji_lost": "消息里的表情丢失了，可能是在电脑上复制的；"
        "请在手机上复制，或让对方发汉字口令。",
        "mojibake": "文字变成了乱码（编码不对），请回到聊天里重新复制原消息。",
        "escaped": "口令被写成了转义代码，请回到聊天里复制原消息。",
        "not_found": "没有找到口令，请复制整条消息。",
        "signature": "口令无效，或属于其他应用；请让对方重新邀请。",
        "version": "这是新版口令，请更新应用。",
        "ambiguous": "内容里有多个口令，请只复制一条消息。",
        "too_long": "粘贴的内容太长，请只复制带口令的那条消息。",
    },
)
