"""A pasted text as a field, and the answer to one that cannot be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from support import CODEC

from passphrase import Codec, Keyring, PassphraseError, errors
from passphrase.languages import LOCALES
from passphrase.testing.strategies import invites
from passphrase.web import EXAMPLE, PASTED_CHARS_MAX, STATUSES, Pasted, refusal

PRIVATE = "我的银行卡密码"


class Body(BaseModel):
    text: Pasted


@given(text=st.text(st.characters(exclude_categories=[]), max_size=200))
def test_every_string_is_a_field(text: str) -> None:
    """Half surrogate pairs too; the codec reads the field as it would read the text."""
    field = Body.model_validate({"text": text}).text
    assert isinstance(field, Pasted)
    assert field == text
    assert type(f"{field}") is str
    if text:
        assert repr(field) == f"<{len(text)} characters>"


@given(invite=invites())
def test_the_codec_reads_a_field(invite: object) -> None:
    """A half pair that replaced a glyph is repaired."""
    text = CODEC.encode(invite)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    for pasted in (text, f"{text[:4]}\ud83d{text[5:]}"):
        assert CODEC.decode(Body.model_validate({"text": pasted}).text).invite == invite


def test_the_longest_field() -> None:
    """Errors say the limit, and quote nothing of the input."""
    assert len(Body.model_validate({"text": "x" * PASTED_CHARS_MAX}).text) == PASTED_CHARS_MAX
    for given_ in (PRIVATE * PASTED_CHARS_MAX, [PRIVATE], PRIVATE.encode(), None, {"a": PRIVATE}):
        with pytest.raises(ValidationError) as raised:
            Body.model_validate({"text": given_})
        [error] = raised.value.errors()
        assert (error["type"], error["loc"]) == ("pasted", ("text",))
        assert error["input"] == type(given_).__name__
        for written in (str(raised.value), repr(raised.value), raised.value.json()):
            assert PRIVATE not in written
            assert json.dumps(PRIVATE)[1:-1] not in written


def test_repr_of_the_model_hides_it() -> None:
    assert PRIVATE not in repr(Body.model_validate({"text": PRIVATE}))


def test_the_schema_has_an_example_that_it_accepts() -> None:
    """The example is a message under the key of the README."""
    for mode in ("validation", "serialization"):
        schema = Body.model_json_schema(mode=mode)["properties"]["text"]
        assert (schema["type"], schema["maxLength"]) == ("string", PASTED_CHARS_MAX)
        assert schema["examples"] == [EXAMPLE]
    codec = Codec(Keyring({1: bytes(range(32))}), audience="douyin")
    assert codec.decode(Body.model_validate({"text": EXAMPLE}).text).key_id == 1
    assert Body.model_validate_json(Body(text=Pasted(EXAMPLE)).model_dump_json()).text == EXAMPLE


def test_each_error_has_a_status() -> None:
    known = {
        error.code
        for error in vars(errors).values()
        if isinstance(error, type)
        and issubclass(error, PassphraseError)
        and error not in {PassphraseError, errors.KeyringError, errors.LimitError}
    }  # those of `Codec.decode`
    assert set(STATUSES) == known


def test_a_refusal_has_a_code_and_a_sentence() -> None:
    """The body has no status, and quotes nothing."""
    long = PRIVATE * 1000
    for text, status, code in ((PRIVATE, 422, "not_found"), (long, 413, "too_long")):
        sentences: set[str] = set()
        for locale in LOCALES:
            with pytest.raises(PassphraseError) as raised:
                CODEC.decode(text)
            answer = refusal(text, raised.value, CODEC, locale)
            assert (answer.status, answer.error) == (status, code)
            assert set(json.loads(answer.model_dump_json())) == {"error", "message"}
            assert PRIVATE not in repr(answer)
            sentences.add(answer.message)
        assert len(sentences) == 3
