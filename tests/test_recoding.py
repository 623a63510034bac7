"""Recoding: `explain` names the wrong encoding, and only for wrongly decoded texts."""

import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CODEC, INVITE

from passphrase import Diagnosis, explain
from passphrase.diagnosis import Finding
from passphrase.reading.recoding import HEAD_CHARS, decoded_rightly
from passphrase.testing.strategies import Message, messages

E, H = (CODEC.encode(INVITE, script=script) for script in ("emoji", "hanzi"))
MESSAGES = (E, H, f"3 复制这条消息，打开抖音【{E}】加入", f"加入 {H}。")


def browser(raw: bytes) -> str:
    """Read bytes as cp1252, and those that it lacks as they are, as browsers do."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in raw)


@pytest.mark.parametrize("text", MESSAGES)
@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "latin-1", "cp1252", "cp437", "mac_roman"])
def test_the_wrong_encoding_is_named(encoding: str, text: str) -> None:
    """The wrong encoding is named, even if it has lost some bytes."""
    raw = text.encode()
    for wrong in (raw.decode(encoding, "replace"), browser(raw) if encoding == "cp1252" else ""):
        for codec in (None, CODEC):
            found = explain(wrong, codec) if wrong else None
            assert not found or (found.finding, found.encoding) == (Finding.MOJIBAKE, encoding)
            assert not found or (found.readable >= 21 and found.span is None)


@pytest.mark.parametrize("encoding", ["latin-1", "cp437", "mac_roman"])
def test_so_is_one_for_gb_18030(encoding: str) -> None:
    for text in MESSAGES:
        found = explain(text.encode("gb18030").decode(encoding))
        assert (found.finding, found.encoding) == (Finding.MOJIBAKE, encoding)


@pytest.mark.parametrize("text", MESSAGES)
def test_escapes_that_are_not_read(text: str) -> None:
    """Those of C and git, and those of mails, with their soft line breaks."""
    octal = "".join(f"\\{byte:03o}" if byte > 0x7F else chr(byte) for byte in text.encode())
    mail = quopri.encodestring(text.encode()).decode()
    for escaped in (octal, mail, mail.replace("\n", "\r\n")):
        assert explain(escaped, CODEC) == Diagnosis(
            finding=Finding.ESCAPED,
            script="emoji" if E in text else "hanzi",
            readable=30,
            expected=30,
            version=1,
            clients=explain(escaped).clients,
        )


@pytest.mark.parametrize(
    "text", ["今天晚上一起吃火锅吗？", "联通", "café ±½", "a=3D", r"C:\123\new", "絁濈椤绁濈" * 9]
)
def test_other_texts_are_not_called_so(text: str) -> None:
    assert explain(text).finding in {Finding.NOT_FOUND, Finding.DAMAGED}
    assert explain(text).encoding is None


@settings(max_examples=30)
@given(message=messages(CODEC), cut=st.integers(10, 24))
def test_damage_is_damage(message: Message, cut: int) -> None:
    """A cut passphrase in the right encoding is reported as damaged."""
    start = message.text.index(message.passphrase)
    text = message.text[: start + cut]
    assert explain(text).finding not in {Finding.MOJIBAKE, Finding.ESCAPED}


@pytest.mark.parametrize("glyphs", [E, H], ids=["emoji", "hanzi"])
def test_how_much_must_be_shown(glyphs: str) -> None:
    """Fewer glyphs than the shortest passphrase has are no evidence."""
    for count, is_enough in ((20, False), (21, True)):
        wrong = glyphs[:count].encode().decode("latin-1")
        assert (("latin-1", glyphs[:count]) in decoded_rightly(wrong)) is is_enough


def test_what_is_lost_is_not_shown() -> None:
    """Bytes that the wrong encoding has lost are no glyphs."""
    wrong = E[:20].encode().decode("latin-1") + "\xf0\x9f"
    assert ("latin-1", f"{E[:20]}\ufffd") not in decoded_rightly(wrong)


def test_only_the_head_counts() -> None:
    wrong = E.encode().decode("latin-1")
    assert explain("é" * (HEAD_CHARS - len(wrong)) + wrong).finding is Finding.MOJIBAKE
    assert explain("é" * HEAD_CHARS + wrong).finding is Finding.NOT_FOUND


@pytest.mark.parametrize("script", ["emoji", "hanzi"])
def test_bytes_that_cp1252_lacks(script: str) -> None:
    """They may be U+FFFD: enough of a passphrase is left."""
    for variant in range(50):
        text = CODEC.encode(INVITE.model_copy(update={"variant": variant}), script=script)
        found = explain(text.encode().decode("cp1252", "replace"))
        assert (found.finding, found.encoding) == (Finding.MOJIBAKE, "cp1252")
