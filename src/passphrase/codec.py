"""`Codec`: an invite -> its passphrase, and pasted text -> `Decoded`.

Source: docs/format.md. `format.codewords` has the stages of minting, `opening` those of reading.

Shapes:
    text    any str; one of more than `max_chars` characters is refused unread
    span    [start, end) in the text, in characters
    key id  an int in [0, 8)
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from passphrase.decoded import Decoded, Packed, decoded_of
from passphrase.errors import PassphraseError, without_trace
from passphrase.format.codewords import Codewords, fingerprint_of
from passphrase.format.keyring import Keyring
from passphrase.format.wire import Numbers, numbers_of
from passphrase.invite import Invite, checked
from passphrase.minting import WORDINGS, Minted, most_pleasant, variants_of
from passphrase.opening import Level, Reader
from passphrase.reading.find import MAX_CHARS, check_max_chars
from passphrase.reading.fold import check_script
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.scripts.script import Script


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
        ValueError: The audience is empty, too long, or has white space at an end or an invisible
            character; `max_chars` is below 1; the script is unknown, or has glyphs that would not
            be read back. The message says which.
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
        keys = keyring.derive(audience)
        self._ids: Final = tuple(keys)
        self._active_id: Final = keyring.active_id
        if isinstance(script, Script):
            check_script(script)
        self._scripts: Final = (script,) if isinstance(script, Script) else ()
        self._script: Final = self._script_named(script)
        self._audience: Final = audience
        self._max_chars: Final = max_chars
        self._codewords: Final = Codewords(keys, keyring.active_id)
        reads = self._codewords, self._scripts, max_chars
        self._reader: Final = Reader(*reads, decoded_of)
        self._packer: Final = Reader(*reads, Packed)

    def __repr__(self) -> str:
        return (
            f"Codec(ids={self._ids}, active_id={self._active_id}, "
            f"audience={self._audience!r}, script={self._script.name!r})"
        )

    def encode(self, invite: Invite, *, script: str | Script | None = None) -> str:
        """Mint the passphrase of an invite. Inverse: `decode`.

        Args:
            invite: The content.
            script: "emoji", "hanzi", "base32", or the codec's own `Script` or its name. None
                means the script that the codec was made with.

        Raises:
            TypeError: `invite` is not an `Invite`: make one with `Invite(...)`.
            pydantic.ValidationError: The invite was changed without pydantic's validation. The
                error names the field.
            ValueError: The codec has no such script; give it to the codec as `script`.
        """
        return self._script_of(script).spell(*self._codewords.make(numbers_of(checked(invite))))

    def _encode_numbers(
        self, numbers: Numbers, script: str | Script | None
    ) -> tuple[tuple[int, int], str]:
        """Return the codeword and the passphrase of a valid invite, given as numbers.

        Raises:
            ValueError: The codec has no such script.
        """
        spelling = self._script_of(script)
        codeword = self._codewords.make(numbers)
        return codeword, spelling.spell(*codeword)

    @without_trace
    def decode(self, text: str, *, repair: Level = "standard") -> Decoded:
        """Read the passphrase in a pasted message. Inverse: `encode`.

        A result is genuine, but may have expired or been taken back: `join_prompt` judges that.
        The same passphrase twice counts once.

        Args:
            text: Any text.
            repair: "exact" repairs nothing. "standard" repairs one wrong, lost or extra glyph, two
                swapped neighbours, or up to three unreadable glyphs. "thorough", if nothing
                verifies so far, also repairs two wrong, lost or extra glyphs, or one lost and one
                wrong. Repair examines a fixed number of places at most; the time for reading grows
                with the length of the text.

        Raises:
            NotFoundError, DamagedError, VersionError, SignatureError, TextTooLongError: The text
                has no passphrase that can be read. The class says why and what to do.
            AmbiguousError: Several different passphrases verify, or there are too many to check.
            TypeError: The text is not a str.
            ValueError: `repair` is not one of these levels.
        """
        return self._reader.only(text, repair)

    def _decode_each(
        self, texts: Iterable[str], *, repair: Level = "standard"
    ) -> Iterator[Packed | PassphraseError]:
        """Yield for each text what `decode` reads in it, or the error, without a traceback."""
        for text in texts:
            try:
                yield self._packer.only(text, repair)
            except PassphraseError as error:
                yield error.with_traceback(None)

    @without_trace
    def decode_all(self, text: str, *, repair: Level = "standard") -> list[Decoded]:
        """Read every passphrase in a pasted text, each once, in the order of the text.

        Args and errors are those of `decode`, except that several passphrases are not an error.
        """
        return self._reader.all(text, repair)

    @without_trace
    def mint(
        self,
        invite: Invite,
        *,
        script: str | Script | None = None,
        wordings: int = WORDINGS,
        accept: Callable[[str], bool] | None = None,
    ) -> Minted:
        """Mint a pleasant passphrase of an invite, and return all that you must keep of it.

        The variant carries no meaning. So this takes the first wording without a dull glyph, such
        as a sign or a plain shape, or else the one with the fewest. `encode` keeps the variant.

        Args:
            invite: The content. Its variant is tried first, then the next ones, modulo 256. If
                you count variants, continue after the variant of the result.
            script: As in `encode`.
            wordings: How many variants to look at, in [1, 256]; 1 keeps the invite's own.
            accept: Returns whether a passphrase is acceptable, such as `avoids(words)`. If it
                refuses all of these wordings, the other variants are tried too.

        Raises:
            TypeError, pydantic.ValidationError: As in `encode`.
            ValueError: `wordings` is out of range, the codec has no such script, or `accept`
                refused all 256 variants: avoid fewer words, or change the expiry.
            Exception: Any exception that `accept` raises, with the traceback of your code.
        """
        mint = partial(self._mint, script=self._script_of(script))
        return most_pleasant(map(mint, variants_of(checked(invite))), wordings, accept)

    def _mint(self, invite: Invite, script: Script) -> Minted:
        """Mint the passphrase of a valid invite."""
        number, size = self._codewords.make(numbers_of(invite))
        fingerprint = fingerprint_of(number, size)
        return Minted(invite, script.spell(number, size), script.name, self._active_id, fingerprint)

    def fingerprint(self, invite: Invite) -> str:
        """Return the fingerprint of an invite's passphrase: `decode` would give the same.

        Args:
            invite: The content, as in `encode`. The fingerprint is the same in every script.

        Raises:
            TypeError, pydantic.ValidationError: As in `encode`.
        """
        return fingerprint_of(*self._codewords.make(numbers_of(checked(invite))))

    @property
    def scripts(self) -> tuple[Script, ...]:
        """Your own scripts, which the codec reads in addition to the built-in ones."""
        return self._scripts

    @property
    def max_chars(self) -> int:
        """The longest text that is read, in characters."""
        return self._max_chars

    def _script_of(self, script: str | Script | None) -> Script:
        """Return a script by its name.

        Args:
            script: As in `encode`.

        Raises:
            ValueError: The codec has no such script.
        """
        return self._script if script is None else self._script_named(script)

    def _script_named(self, script: object) -> Script:
        for own in self._scripts:
            if script in (own, own.name):  # not a set: the argument may not be hashable
                return own
        if script not in SCRIPT_NAMES:
            names = (*SCRIPT_NAMES, *(own.name for own in self._scripts))
            msg = f"script must be one of {', '.join(names)}"
            raise ValueError(msg)
        return load_script(script)
