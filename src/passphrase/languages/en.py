"""Every sentence for end users, in English."""

from typing import Final

from passphrase.languages.language import Language, PopupText

LANGUAGE: Final = Language(
    # Words for what has no name.
    group="a group chat",
    inviter="A friend",
    newcomer="a new member",
    app="the app",
    quoted="“{}”",
    origins={"wechat": "WeChat", "qq": "QQ", "in_app": "the app"},
    # The message that carries a passphrase.
    message="3 p:/ Copy this message, open {app}, join {group}【{passphrase}】",
    # The line in the group after a join.
    joined="{inviter} invited {newcomer} to the group.",
    # How long an invite still holds, and how long ago it ended.
    left="{} left",
    nearly_over="Less than a minute left",
    ago="{} ago",
    just_now="just now",
    units={"day": ("day", "days"), "hour": ("hour", "hours"), "minute": ("minute", "minutes")},
    # The popup, by what it offers and why it offers no more.
    popups={
        ("join", None): PopupText("Join {group}?", "{inviter} invites you. {left}.", "Join"),
        ("request", "needs_approval"): PopupText(
            "Ask to join {group}?",
            "{inviter} invites you; the owner has to approve. {left}.",
            "Ask to join",
        ),
        ("request", "not_mutual"): PopupText(
            "Ask to join {group}?",
            "{inviter} and you do not follow each other yet, so the owner has to approve. {left}.",
            "Ask to join",
        ),
        ("request", "group_full"): PopupText(
            "Ask to join {group}?",
            "{inviter} invites you. The group is full, so the owner has to approve. {left}.",
            "Ask to join",
        ),
        ("wait", "group_full"): PopupText(
            "Wait for a place in {group}?",
            "{inviter} invites you. The group is full; you join when a place is free. {left}.",
            "Join the wait list",
        ),
        ("sign_in", "not_signed_in"): PopupText(
            "Sign in to join",
            "You are invited to a group. Sign in, and the invite opens again. {left}.",
            "Sign in",
        ),
        ("none", "expired"): PopupText(
            "This invite has expired", "It expired {ago}. Ask for a new one.", "OK"
        ),
        ("none", "runs_too_long"): PopupText(
            "This invite cannot be used",
            "It is valid for longer than is allowed here. Ask for a new one.",
            "OK",
        ),
        ("none", "revoked"): PopupText(
            "This invite is no longer valid", "It was withdrawn. Ask for a new one.", "OK"
        ),
        ("none", "used_up"): PopupText(
            "This invite is used up", "Nobody else can join with it. Ask for a new one.", "OK"
        ),
        ("none", "origin_not_allowed"): PopupText(
            "This passphrase cannot be used", "Ask to be invited another way.", "OK"
        ),
        ("none", "origin_mismatch"): PopupText(
            "This passphrase came another way",
            "It has to be copied in {origin}. If it was forwarded to you, ask for a new invite.",
            "OK",
        ),
        ("none", "self_invite"): PopupText(
            "This is your own invite",
            "Send it to friends; they copy it and open the app to join.",
            "OK",
        ),
        ("none", "already_member"): PopupText(
            "You are in {group} already", "Go and say hello.", "Open the chat"
        ),
        ("none", "banned"): PopupText(
            "You cannot join", "You cannot join this group at present.", "OK"
        ),
        ("none", "inviter_left"): PopupText(
            "This invite is no longer valid",
            "Whoever invited you has left the group. Ask a member for a new invite.",
            "OK",
        ),
        ("none", "group_full"): PopupText(
            "The group is full", "You cannot join now. Try again later.", "OK"
        ),
        ("none", "not_mutual"): PopupText(
            "Follow each other first",
            "You and the inviter have to follow each other. Then open the passphrase again.",
            "OK",
        ),
        ("none", "undecided"): PopupText("Not certain yet", "Try again in a moment.", "OK"),
    },
    confirm=" The passphrase was damaged on its way and has been repaired: check the group and "
    "the inviter first.",
    left_over=(" {} more person can join with it.", " {} more people can join with it."),
    # The popup of a text that could not be read, and its sentence by finding.
    unreadable="No passphrase could be read",
    understood="OK",
    refusals={
        "valid": "The passphrase is valid.",
        "expired": "The passphrase has expired; ask for a new one.",
        "unverified": "A passphrase was recognised.",
        "damaged": "The passphrase is damaged; go back to the chat and copy the whole message "
        "again.",
        "emoji_lost": "The emoji are gone, probably because the message was copied on a computer; "
        "copy it on a phone, or ask for a passphrase in hanzi.",
        "mojibake": "The text was read in a wrong encoding; go back to the chat and copy the "
        "message again.",
        "escaped": "The passphrase is written as escape codes; copy the message itself "
        "from the chat.",
        "not_found": "There is no passphrase; copy the whole message.",
        "signature": "The passphrase is not valid, or it is for another app; ask for a new invite.",
        "version": "This passphrase is of a newer version; update the app.",
        "ambiguous": "There are several passphrases; copy only one message.",
        "too_long": "The text is too long; copy only the message with the passphrase.",
    },
)
