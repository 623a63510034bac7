"""Pasted text -> what its passphrases hold: the main path of reading.

Source: docs/format.md, "Reading" and "Repair". Most texts have one undamaged codeword, which the
straight path finds. Any other text is read in full, and damaged rows are repaired.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice, pairwise
from typing import Final, Generic, Literal, TypeVar, get_args

from passphrase.decoded import Decoded, Packed
from passphrase.errors import AmbiguousError, NotFoundError, PassphraseError
from passphrase.format.codewords import Codewords
from passphrase.reading.codeword import Codeword
from passphrase.reading.find import Contents, check_text, known_scripts, read_in_full
from passphrase.reading.glance import glance
from passphrase.reading.mend import Mended, mend
from passphrase.scripts.script import Script

__all__ = ["Level"]

Level = Literal["exact", "standard", "thorough"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
TAG_CHECKS_MAX: Final = 256  # for one text; see docs/security.md, "How hard forging is"
Result = TypeVar("Result", bound=Decoded | Packed)


class Reader(Generic[Result]):
    """Reads the passphrases in texts, as `Decoded` or as `Packed`.

    Args:
        codewords: Reads codewords with the keys.
        scripts: Your own scripts.
        max_chars: The longest text that is read, in characters.
        make: Makes a result of the fields of `Packed`.
    """

    def __init__(
        self,
        codewords: Codewords,
        scripts: tuple[Script, ...],
        max_chars: int,
        make: Callable[..., Result],
    ) -> None:
        self._codewords: Final = codewords
        self._scripts: Final = scripts
        self._max_chars: Final = max_chars
        self._make: Final = make

    def only(self, text: str, level: Level) -> Result:
        """Return the only passphrase in a text: see `Codec.decode`."""
        found = self.all(text, level)
        if len(found) > 1:
            raise AmbiguousError(tuple(result.span for result in found))
        return found[0]

    def all(self, text: str, level: Level) -> list[Result]:
        """Return each different passphrase in a text: see `Codec.decode_all`."""
        if level not in LEVELS:
            msg = f"repair must be one of {', '.join(LEVELS)}"
            raise ValueError(msg)
        check_text(text, self._max_chars)
        known = known_scripts(self._scripts)
        match glance(text, known):
            case [codeword]:
                return [self._open(codeword)]
            case []:
                raise NotFoundError
            case _:
                return self._open_contents(read_in_full(text, known, TAG_CHECKS_MAX), level)

    def _open(self, found: Codeword | Mended) -> Result:
        """Turn a sound codeword into the invite that it carries."""
        span = found.span
        numbers, key_id, fingerprint = self._codewords.read(found.number, found.size, span)
        text, script, repairs = found.text, found.script, found.repairs
        return self._make(numbers, text, script, span, repairs, key_id, fingerprint)

    def _open_contents(self, contents: Contents, level: Level) -> list[Result]:
        """Open the whole codewords, and then what damaged rows may have been."""
        opened, refusals = self._open_whole(contents.codewords)
        tag_checks = TAG_CHECKS_MAX - len(opened) - len(refusals)
        if contents.damaged and level != "exact":
            mended = [*islice(mend(contents.damaged, thorough=False), tag_checks)]
            tag_checks -= len(mended)
            opened = self._open_mended(mended) | opened
        if contents.damaged and level == "thorough" and not opened:
            mended = [*islice(mend(contents.damaged, thorough=True), tag_checks)]
            opened = self._open_mended(mended)
        if not opened:
            raise refusals[0] if refusals else contents.refusal
        return sorted(opened.values(), key=lambda result: result.span)

    def _open_whole(
        self, found: Iterable[Codeword]
    ) -> tuple[dict[str, Result], list[PassphraseError]]:
        """Return what verifies, by fingerprint, and the errors of the other codewords.

        Raises:
            AmbiguousError: There are too many to check.
        """
        codewords: dict[int, Codeword] = {}
        for codeword in found:
            codewords.setdefault(codeword.number, codeword)
        if len(codewords) > TAG_CHECKS_MAX:
            raise AmbiguousError(tuple(codeword.span for codeword in codewords.values()))
        opened: dict[str, Result] = {}
        refusals: list[PassphraseError] = []
        for codeword in codewords.values():
            try:
                result = self._open(codeword)
                opened[result.fingerprint] = result
            except PassphraseError as error:
                refusals.append(error)
        return opened, refusals

    def _open_mended(self, mended: Iterable[Mended]) -> dict[str, Result]:
        """Open those of the proposals for damaged rows that verify, by their fingerprints.

        Raises:
            AmbiguousError: Two different ones that verify share a glyph.
        """
        opened: dict[str, Result] = {}
        for proposal in mended:
            with suppress(PassphraseError):
                result = self._open(proposal)
                opened.setdefault(result.fingerprint, result)
        spans = sorted(result.span for result in opened.values())
        if any(first[1] > second[0] for first, second in pairwise(spans)):
            raise AmbiguousError(tuple(spans))
        return opened
