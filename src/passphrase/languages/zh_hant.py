"""Every sentence for end users, in Traditional Chinese."""

from typing import Final

from passphrase.languages.language import Language, PopupText

LANGUAGE: Final = Language(
    # Words for what has no name.
    group="群組",
    inviter="好友",
    newcomer="新成員",
    app="應用程式",
    quoted="「{}」",
    origins={"wechat": " WeChat ", "qq": " QQ ", "in_app": "應用程式"},
    # The message that carries a passphrase.
    message="3 p:/ 複製這則訊息，打開{app}，加入{group}【{passphrase}】",
    # The line in the group after a join.
    joined="{inviter}邀請{newcomer}加入了群組",
    # How long an invite still holds, and how long ago it ended.
    left="還剩 {}",
    nearly_over="還剩不到 1 分鐘",
    ago="{}前",
    just_now="剛剛",
    units={"day": ("天", "天"), "hour": ("小時", "小時"), "minute": ("分鐘", "分鐘")},
    # The popup, by what it offers and why it offers no more.
    popups={
        ("join", None): PopupText(
            "加入{group}？", "{inviter}邀請你加入。有效期{left}。", "加入群組"
        ),
        ("request", "needs_approval"): PopupText(
            "申請加入{group}？", "{inviter}邀請你加入，需要群主同意。有效期{left}。", "申請加入"
        ),
        ("request", "not_mutual"): PopupText(
            "申請加入{group}？",
            "你和{inviter}還沒有互相追蹤，需要群主同意才能加入。有效期{left}。",
            "申請加入",
        ),
        ("request", "group_full"): PopupText(
            "申請加入{group}？",
            "{inviter}邀請你加入。群人數已滿，需要群主同意。有效期{left}。",
            "申請加入",
        ),
        ("wait", "group_full"): PopupText(
            "排隊加入{group}？",
            "{inviter}邀請你加入。群人數已滿，有空位時加入。有效期{left}。",
            "加入候補",
        ),
        ("sign_in", "not_signed_in"): PopupText(
            "登入後加入群組", "有人邀請你加入群組，登入後會再次開啟邀請。有效期{left}。", "去登入"
        ),
        ("none", "expired"): PopupText("口令已過期", "{ago}過期，請對方重新傳一個。", "知道了"),
        ("none", "runs_too_long"): PopupText(
            "無法使用這個口令", "這個邀請的有效期太長，請對方重新傳一個。", "知道了"
        ),
        ("none", "revoked"): PopupText(
            "口令已失效", "這個邀請已被撤銷，請對方重新傳一個。", "知道了"
        ),
        ("none", "used_up"): PopupText(
            "口令已用完", "這個邀請的名額已經用完，請對方重新傳一個。", "知道了"
        ),
        ("none", "origin_not_allowed"): PopupText(
            "無法使用這個口令", "請對方換一種方式重新邀請。", "知道了"
        ),
        ("none", "origin_mismatch"): PopupText(
            "口令來源不符", "這個口令要從{origin}裡複製；如果是轉傳來的，請對方重新邀請。", "知道了"
        ),
        ("none", "self_invite"): PopupText(
            "這是你發出的口令", "把它傳給好友，好友複製後開啟應用程式就能加入。", "知道了"
        ),
        ("none", "already_member"): PopupText(
            "你已經在{group}裡了", "進群打個招呼吧。", "進入群組"
        ),
        ("none", "banned"): PopupText("無法加入", "你不能加入這個群組。", "知道了"),
        ("none", "inviter_left"): PopupText(
            "邀請已失效", "邀請人已不在群裡，請其他群組成員邀請你。", "知道了"
        ),
        ("none", "group_full"): PopupText(
            "群組人數已滿", "群組成員已達上限，暫時無法加入。", "知道了"
        ),
        ("none", "not_mutual"): PopupText(
            "互相追蹤後才能加入", "請先和邀請人互相追蹤，再複製一次口令。", "知道了"
        ),
        ("none", "undecided"): PopupText("暫時無法確認", "請稍後再試。", "知道了"),
    },
    confirm="口令有缺損，已自動修復，加入前請核對群組和邀請人。",
    left_over=("還能加入 {} 人。", "還能加入 {} 人。"),
    # The popup of a text that could not be read, and its sentence by finding.
    unreadable="讀不出口令",
    understood="知道了",
    refusals={
        "valid": "口令有效。",
        "expired": "口令已過期，請對方重新傳一個。",
        "unverified": "已辨識到口令。",
        "damaged": "口令不完整或被改動，請回到聊天裡長按整則訊息重新複製。",
        "emoji_lost": "訊息裡的表情遺失了，可能是在電腦上複製的；"
        "請在手機上複製，或請對方傳漢字口令。",
        "mojibake": "文字變成了亂碼（編碼不對），請回到聊天裡重新複製原訊息。",
        "escaped": "口令被寫成了轉義代碼，請回到聊天裡複製原訊息。",
        "not_found": "沒有找到口令，請複製整則訊息。",
        "signature": "口令無效，或屬於其他應用程式；請對方重新邀請。",
        "version": "這是新版口令，請更新應用程式。",
        "ambiguous": "內容裡有多個口令，請只複製一則訊息。",
        "too_long": "貼上的內容太長，請只複製含口令的那則訊息。",
    },
)
