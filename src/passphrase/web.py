"""A pasted text in the body of a request, and the HTTP answer to one that cannot be read.

Source: docs/frameworks.md, "In a request".

Shapes:
    pasted text  a str of at most PASTED_CHARS_MAX characters, which is more than a codec reads
"""

from collections.abc import Mapping
from typing import Final, Self

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from passphrase.codec import Codec
from passphrase.diagnosis import explain
from passphrase.errors import PassphraseError, without_trace
from passphrase.languages import Locale, load_language
from passphrase.reading.find import MAX_CHARS

__all__ = ["Pasted", "Refusal", "refusal"]

PASTED_CHARS_MAX: Final = 4 * MAX_CHARS  # a codec has a sentence for what is too long for it
# Minted with the key of the README, bytes(range(32)), for the audience "douyin".
EXAMPLE: Final = (
    "3 p:/ 复制这条消息，打开抖音，加入「火锅小分队」"
    "【🍻📃🦧🍩👦🪗💧⏬🐞🍺💒🍚🧦👳🎷🎨🐯🫣🐭🥈🫓🌏❌🥔🦌🔦🚣🧺🤴⏬】"
)
# By the code of an error. The client branches on the code; the status is for logs and proxies.
STATUSES: Final[Mapping[str, int]] = {
    "not_found": 422,
    "damaged": 422,
    "version": 422,
    "signature": 422,
    "ambiguous": 422,
    "too_long": 413,
}


class Pasted(str):
    """A pasted text, as the type of a pydantic field: `text: Pasted`.

    It is a `str` whose `repr` hides it, so that error reports cannot quote a clipboard. Half a
    surrogate pair is accepted: the codec reads it as a lost glyph.

    A field has at most 16,384 characters. A validation error of the field quotes nothing.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} characters>"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._validate)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        return {
            "type": "string",
            "maxLength": PASTED_CHARS_MAX,
            "description": "the pasted text, or the passphrase in it",
            "examples": [EXAMPLE],
        }

    @classmethod
    def _validate(cls, value: object) -> Self:
        if isinstance(value, str) and len(value) <= PASTED_CHARS_MAX:
            return cls(value)
        fault = PydanticCustomError(
            "pasted", "must be a string of at most {limit} characters", {"limit": PASTED_CHARS_MAX}
        )
        # An error of pydantic's own would quote the input.
        hidden = InitErrorDetails(type=fault, input=type(value).__name__)
        raise ValidationError.from_exception_data(cls.__name__, [hidden])


class Refusal(BaseModel, frozen=True):
    """The answer to a text that could not be read. It quotes nothing of the request.

    Attributes:
        status: The HTTP status, 413 or 422; not part of the body.
        error: The `code` of the error, for the client.
        message: The sentence for the person, in one language.
    """

    status: int = Field(exclude=True, repr=False)
    error: str = Field(examples=["not_found"])
    message: str = Field(examples=["There is no passphrase; copy the whole message."])


@without_trace
def refusal(text: str, error: PassphraseError, codec: Codec, locale: Locale = "zh-Hans") -> Refusal:
    """Make the HTTP answer to a text that the codec has refused.

    Args:
        text: What was pasted.
        error: What `codec.decode` raised for it.
        codec: The codec that refused it.
        locale: The language of the sentence: "zh-Hans", "zh-Hant" or "en".

    Raises:
        ValueError: The locale is unknown, or `decode` does not raise such an error.
    """
    sentence = load_language(locale).refusals[explain(text, codec, outcome=error).finding]
    return Refusal(status=STATUSES[error.code], error=error.code, message=sentence)
