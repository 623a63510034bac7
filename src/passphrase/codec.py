"""`Invite` -> passphrase, and pasted text -> `Decoded`: the main path, one line a stage.

Source: docs/format.md. Each stage has its own module.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final, Literal, get_args

from passphrase.errors import (
    AmbiguousError,
    PassphraseError,
    SignatureError,
    Span,
    VersionError,
    without_trace,
)
from passphrase.format.keyring import Keyring
from passphrase.format.layout import (
    HEADERS,
    PARITY_SYMBOLS,
    TAG_BYTES,
    VERSION,
    WORD_SYMBOLS,
    header_symbol,
)
from passphrase.format.parity import protect
from passphrase.format.seal import seal, unseal
from passphrase.format.symbols import chunk, join
from passphrase.format.wire import pack, unpack
from passphrase.invite import Invite, checked
from passphrase.reading.codeword import Codeword
from passphrase.reading.find import (
    MAX_CHARS,
    check_max_chars,
    scan,
)
from passphrase.reading.fold import check_script
from passphrase.reading.mend import Mended, Repair, mend
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script

Level = Literal["exact", "standard", "thorough"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
VARIANTS: Final = 256  # of one invite, each with its own passphrase
TAG_CHECKS_MAX: Final = 256  # for one text; the forging bound of docs/format.md depends on it


@dataclass(frozen=True, slots=True)
class Decoded:
    """A passphrase that was read from a text, with a verified signature.

    Attributes:
        invite: Its content. It may have expired: see `Invite.is_expired`.
        text: Its canonical spelling in the script in which it was found. `repr` hides it: anyone
            who has it can join, and error reports record local variables.
        script: Name of that script.
        span: Start and end in the pasted text, in characters.
        repairs: The repaired glyphs, in the order of the text; empty if nothing was damaged.
        key_id: The key that signed it, in [0, 8).
        fingerprint: Key id and tag, such as ``1-0123456789abcdef0123``. Equal in every script,
            and different for different invites. Use it as the key in ledgers and deny-lists.
    """

    invite: Invite
    text: str = field(repr=False)
    script: str
    span: Span
    repairs: tuple[Repair, ...]
    key_id: int
    fingerprint: str


class Codec:
    """Mints passphrases and reads them from pasted text. Immutable; threads can share one.

    Args:
        keyring: The keys. The active one signs; all of them verify.
        audience: Name of the app or app family, 1 to 64 bytes of UTF-8. Only codecs with the same
            audience can open the passphrases.
        script: Default script of `encode`: "emoji", "hanzi", "base32" or your own `Script`. The
            codec reads your script in addition to these three.
        max_chars: The longest text that is read, in characters, at least 1.

    Raises:
        TypeError: The keyring, the audience or `max_chars` has the wrong type.
        ValueError: The audience is empty or too long, `max_chars` is below 1, the script is
            unknown, or your script has glyphs that would not be read back.
    """

    @without_trace
    def __init__(
        self,
        keyring: Keyring,
        *,
        audience: str,
        script: str | Script = "emoji",
        max_chars: int = MAX_CHARS,
    ) -> None:
        if not isinstance(keyring, Keyring):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError("keyring must be a Keyring")
        check_max_chars(max_chars)
        self._keys: Final = keyring.derive(audience)
        self._active_id: Final = keyring.active_id
        if isinstance(script, Script):
            check_script(script)
        self._scripts: Final = (script,) if isinstance(script, Script) else ()
        self._script: Final = self._script_of(script)
        self._audience: Final = audience
        self._max_chars: Final = max_chars

    def __repr__(self) -> str:
        return (
            f"Codec(ids={tuple(self._keys)}, active_id={self._active_id}, "
            f"audience={self._audience!r}, script={self._script.name!r})"
        )

    def encode(self, invite: Invite, *, script: str | Script | None = None) -> str:
        """Mint the passphrase of an invite. Inverse: `decode`.

        Args:
            invite: The content.
            script: "emoji", "hanzi", "base32", or the codec's own `Script` or its name. None
                means the script that the codec was made with.

        Raises:
            TypeError: `invite` is not an `Invite`.
            pydantic.ValidationError: The invite was changed without pydantic's validation.
            ValueError: The codec has no such script.
        """
        spelling = self._script if script is None else self._script_of(script)
        symbol, sealed = self._seal(invite)
        size = WORD_SYMBOLS[symbol]
        codeword = protect(chunk(symbol, sealed), size - PARITY_SYMBOLS)
        return spelling.spell(codeword, size)

    def fingerprint(self, invite: Invite) -> str:
        """Return the fingerprint of an invite's passphrase: `decode` would give the same.

        Args:
            invite: The content, as in `encode`. The fingerprint is the same in every script.

        Raises:
            TypeError: `invite` is not an `Invite`.
            pydantic.ValidationError: The invite was changed without pydantic's validation.
        """
        return _fingerprint(self._active_id, self._seal(invite)[1])

    def _seal(self, invite: Invite) -> tuple[int, bytes]:
        """Return the header symbol of an invite, and its sealed body with the tag."""
        if not isinstance(invite, Invite):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError("invite must be an Invite")
        header, body = pack(checked(invite), self._active_id)
        symbol = header_symbol(header)
        return symbol, seal(self._keys[header.key_id], symbol, body)

    @without_trace
    def encode_acceptable(
        self, invite: Invite, accept: Callable[[str], bool], *, script: str | Script | None = None
    ) -> str:
        """Mint the first passphrase of an invite that `accept` accepts, variant after variant.

        Args:
            invite: The content. Its variant is tried first, then the next ones, modulo 256. If
                you count variants, continue after the variant of the result.
            accept: Returns whether a passphrase is acceptable, such as `avoids(words)`.
            script: As in `encode`.

        Raises:
            ValueError: `accept` refused all 256 variants, or the codec has no such script.
            Exception: Any exception that `accept` raises, with the traceback of your code.
        """
        for step in range(VARIANTS):
            variant = (invite.variant + step) % VARIANTS
            text = self.encode(invite.model_copy(update={"variant": variant}), script=script)
            if accept(text):
                return text
        msg = f"accept refused all {VARIANTS} variants of this invite"
        raise ValueError(msg)

    @without_trace
    def decode(self, text: str, *, repair: Level = "standard") -> Decoded:
        """Read the passphrase in a pasted message. Inverse: `encode`.

        A result is genuine, but may have expired or been taken back: `join_prompt` judges that.
        The same passphrase twice counts once.

        Args:
            text: Any text.
            repair: "exact" repairs nothing. "standard" repairs one wrong, lost or extra glyph, two
                swapped neighbours, or up to three unreadable glyphs. "thorough" also repairs two
                wrong, lost or extra glyphs, or one lost and one wrong. Repair examines a fixed
                number of places at most; the time for reading grows with the length of the text.

        Raises:
            NotFoundError, DamagedError, VersionError, SignatureError, TextTooLongError: The text
                has no passphrase that can be read. The class says why and what to do.
            AmbiguousError: Several different passphrases verify, or there are too many to check.
            TypeError: The text is not a str.
            ValueError: There is no such level.
        """
        found = self._open_all(text, repair)
        if len(found) > 1:
            raise AmbiguousError(tuple(decoded.span for decoded in found))
        return found[0]

    @without_trace
    def decode_all(self, text: str, *, repair: Level = "standard") -> list[Decoded]:
        """Read every passphrase in a pasted text, each once, in the order of the text.

        Args and errors are those of `decode`, except that several passphrases are not an error.
        """
        return self._open_all(text, repair)

    def _open_all(self, text: str, level: Level) -> list[Decoded]:
        """Open each different codeword in a text, whole or mended; refuse if none opens."""
        if level not in LEVELS:
            msg = f"repair must be one of {', '.join(LEVELS)}"
            raise ValueError(msg)
        contents = scan(
            text,
            scripts=self._scripts,
            max_chars=self._max_chars,
            codewords_max=TAG_CHECKS_MAX,
        )
        if len(contents.codewords) == 1 and not contents.damaged:
            return [self._open(contents.codewords[0])]
        codewords: dict[int, Codeword] = {}
        for codeword in contents.codewords:
            codewords.setdefault(codeword.number, codeword)
        if len(codewords) > TAG_CHECKS_MAX:
            raise AmbiguousError(tuple(codeword.span for codeword in codewords.values()))
        opened: dict[str, Decoded] = {}
        refusals: list[PassphraseError] = []
        for codeword in codewords.values():
            try:
                decoded = self._open(codeword)
                opened[decoded.fingerprint] = decoded
            except PassphraseError as error:
                refusals.append(error)
        tag_checks = TAG_CHECKS_MAX - len(codewords)
        for thorough in (False, True)[: LEVELS.index(level)]:
            if not (thorough and opened):  # what "standard" reads, "thorough" reads
                mended = [*islice(mend(contents.damaged, thorough=thorough), tag_checks)]
                tag_checks -= len(mended)
                opened = self._open_mended(mended) | opened
        if not opened:
            raise (*refusals, contents.refusal)[0]
        return sorted(opened.values(), key=lambda decoded: decoded.span)

    def _open_mended(self, mended: Iterable[Mended]) -> dict[str, Decoded]:
        """Open those of the proposals for damaged rows that verify, by their fingerprints.

        Raises:
            AmbiguousError: Two different ones that verify share a glyph.
        """
        opened: dict[str, Decoded] = {}
        for proposal in mended:
            with suppress(PassphraseError):
                decoded = self._open(proposal)
                opened.setdefault(decoded.fingerprint, decoded)
        spans = sorted(decoded.span for decoded in opened.values())
        if any(first[1] > second[0] for first, second in pairwise(spans)):
            raise AmbiguousError(tuple(spans))
        return opened

    def _open(self, codeword: Codeword | Mended) -> Decoded:
        """Turn a sound codeword into the invite that it carries."""
        symbol = codeword.header_symbol
        header = HEADERS[symbol]
        key_id = header.key_id
        if header.version != VERSION:
            raise VersionError("version", header.version)
        if key_id not in self._keys:
            raise SignatureError(key_id, codeword.span)
        sealed = join(codeword.number, codeword.size)
        try:
            body = unseal(self._keys[key_id], symbol, sealed)
        except SignatureError:
            raise SignatureError(key_id, codeword.span) from None
        return Decoded(
            unpack(header, body),
            codeword.text,
            codeword.script,
            codeword.span,
            codeword.repairs,
            key_id,
            _fingerprint(key_id, sealed),
        )

    @property
    def scripts(self) -> tuple[Script, ...]:
        """Your own scripts, which the codec reads in addition to the built-in ones."""
        return self._scripts

    @property
    def max_chars(self) -> int:
        """The longest text that is read, in characters."""
        return self._max_chars

    def _script_of(self, script: str | Script) -> Script:
        """Return a script by its name.

        Args:
            script: The codec's own script, its name, or the name of a built-in script.

        Raises:
            ValueError: The codec has no such script.
        """
        for own in self._scripts:
            if script in (own, own.name):  # not a set: the argument may not be hashable
                return own
        if script not in SCRIPT_NAMES:
            names = (*SCRIPT_NAMES, *(own.name for own in self._scripts))
            msg = f"script must be one of {', '.join(names)}"
            raise ValueError(msg)
        return load_script(script)


def _fingerprint(key_id: int, sealed: bytes) -> str:
    return f"{key_id}-{sealed[-TAG_BYTES:].hex()}"
