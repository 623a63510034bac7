"""Laws for any text: docs/format.md "Reading", docs/security.md.

A law is broken by a failed assertion or by an unexpected exception. Each function returns the names
of the outcomes, so that a test can check that the corpus reaches all of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import second_reader
from naive_rules import Row, Situation, naive
from reference import is_sound, spell
from support import AUDIENCE, OTHER_SECRET, SECRET

import passphrase
from passphrase import (
    Action,
    AmbiguousError,
    Codec,
    DamagedError,
    Decoded,
    Diagnosis,
    Invite,
    Keyring,
    PassphraseError,
    Policy,
    Reason,
    TextTooLongError,
    VersionError,
    Visit,
    explain,
    find,
    join_prompt,
    recognize,
)
from passphrase.diagnosis import Client, Finding
from passphrase.format.cipher import DerivedKeys
from passphrase.format.layout import BODY_FIELDS
from passphrase.joining.rules import Facts, judge, needed_facts
from passphrase.opening import Level
from passphrase.reading.characters import IGNORABLE_RANGES
from passphrase.reading.codeword import Candidate
from passphrase.reading.markup import readings
from passphrase.reading.repair import Damage
from passphrase.scripts import SCRIPT_NAMES, load_script
from passphrase.sharing.lint import lint

T = TypeVar("T")
Reached = set[str]
Word = tuple[int, ...]
Minted = Mapping[Word, Invite]

MAX_CHARS: Final = 1200
TAG_CHECKS_MAX: Final = 256  # as docs/security.md promises
SECRETS: Final = {1: SECRET, 2: OTHER_SECRET}
LOOKED_AT_MAX: Final = 8  # candidates of one text whose own laws are checked
BARE_CHARS_MAX: Final = 100  # such a text may be read by a way of its own
REPAIRS_MAX: Final[Mapping[Level, int]] = {"exact": 0, "standard": 3, "thorough": 4}

_HOME: Final = passphrase.__path__[0]
_FIELDS: Final = {name for name, _ in BODY_FIELDS} | {"version", "group_width", "inviter_width"}
_IGNORED: Final = {chr(c) for first, last in IGNORABLE_RANGES for c in range(first, last + 1)}
_MARKUP: Final = re.compile(r"[<\[&%\\/\ud800-\udfff\u200d]|\.\.")


class CountedKeys(DerivedKeys):
    """Keys that count the tags that are compared."""

    __slots__ = ("checks",)
    checks: int

    def verify(self, message: bytes, tag: bytes) -> bool:
        """Count, and compare."""
        self.checks += 1
        return super().verify(message, tag)


def _counted_codec() -> tuple[Codec, list[CountedKeys]]:
    codec = Codec(Keyring(SECRETS, 1), audience=AUDIENCE, max_chars=MAX_CHARS)
    counted: list[CountedKeys] = []
    for key_id, secret in SECRETS.items():
        keys = CountedKeys(secret, AUDIENCE.encode())
        keys.checks = 0
        codec._codewords._keys[key_id] = keys
        counted.append(keys)
    return codec, counted


CODEC, COUNTED = _counted_codec()


# --- Refusals -----------------------------------------------------------------------------------


def outcome(call: Callable[[], T], text: str) -> T | PassphraseError:
    """Return what a call makes of a text, or its refusal: nothing else may escape."""
    for keys in COUNTED:
        keys.checks = 0
    try:
        result: T | PassphraseError = call()
    except PassphraseError as error:
        check_refusal(error, text)
        result = error
    assert sum(keys.checks for keys in COUNTED) <= TAG_CHECKS_MAX
    return result


def check_refusal(error: PassphraseError, text: str) -> None:
    """A refusal holds numbers and names of fields, and leaves without inner frames."""
    limit = max(len(text), MAX_CHARS)
    for leaf in _leaves(error.args):
        assert leaf in _FIELDS if isinstance(leaf, str) else 0 <= leaf <= limit
    again = type(error)(*error.args)
    assert (str(again), repr(again), vars(again)) == (str(error), repr(error), vars(error))
    assert error.__cause__ is error.__context__ is None
    frame = error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        assert not code.co_filename.startswith(_HOME) or code.co_name == "call"
        frame = frame.tb_next
    if isinstance(error, AmbiguousError):
        check_spans(error.spans, text)
    if isinstance(error, DamagedError):
        check_spans([error.span], text)
        check_spans(error.unreadable, text)


def _leaves(value: object) -> Iterable[Any]:
    if isinstance(value, tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def check_spans(spans: Iterable[tuple[int, int]], text: str) -> None:
    """Spans point into the text, in order, and cut no markup in two."""
    spans = [*spans]
    assert spans == sorted(spans)
    bounds = [{*reading.bounds} for reading in readings(text)] if spans else []
    for start, end in spans:
        assert start <= end
        assert any({start, end} <= ends for ends in bounds)


# --- Whole codewords ----------------------------------------------------------------------------


def check_candidates(text: str) -> list[Candidate]:
    """Whatever is found is sound, spelled in the text where its span says, and found again."""
    found = find(text, max_chars=MAX_CHARS)
    assert recognize(text, max_chars=MAX_CHARS) is bool(found)
    check_spans((candidate.span for candidate in found), text)
    for candidate in found[:LOOKED_AT_MAX]:
        codeword = candidate.codeword
        symbol = codeword[0]
        assert second_reader.prescribed(symbol) == len(codeword)
        assert candidate.header == (symbol >> 7, symbol >> 4 & 7, symbol >> 2 & 3, symbol & 3)
        assert is_sound(codeword)
        assert candidate.header.version != 1 or not second_reader.payload(codeword)[2]
        assert spell(codeword, candidate.script) == candidate.text
        (again,) = (c for c in find(candidate.text) if c.span == (0, len(candidate.text)))
        assert (again.codeword, again.text) == (codeword, candidate.text)
        part = text[slice(*candidate.span)]
        (here,) = (c for c in find(part) if c.span == (0, len(part)))
        assert (here.codeword, here.script) == (codeword, candidate.script)
    if len(text) <= MAX_CHARS - 2:
        set_off = [(c.codeword, c.span) for c in find(f"。{text}。", max_chars=MAX_CHARS)]
        assert set_off == [(c.codeword, (c.span[0] + 1, c.span[1] + 1)) for c in found]
    return found


def check_second_reader(text: str, found: list[Candidate]) -> None:
    """It reads a text the same, before any repair."""
    assert [(each.start, each.end, each.codeword) for each in second_reader.recognize(text)] == [
        (*candidate.span, candidate.codeword) for candidate in found
    ]
    ours = outcome(lambda: CODEC.decode(text, repair="exact"), text)
    theirs = second_outcome(text)
    if isinstance(theirs, str):
        assert isinstance(ours, PassphraseError)
        assert ours.code == theirs
    else:
        assert isinstance(ours, Decoded)
        assert ours.invite.model_dump(mode="json") == theirs["invite"]
        assert (ours.fingerprint, [*ours.span]) == (theirs["fingerprint"], theirs["span"])


def second_outcome(text: str) -> dict[str, object] | str:
    """Return what the second reader reads, or the code of its refusal."""
    try:
        return second_reader.read(text, SECRETS, AUDIENCE)
    except second_reader.Refused as refusal:
        return refusal.code


# --- Reading ------------------------------------------------------------------------------------


def check_text(text: str, level: Level, minted: Minted) -> Reached:
    """Read a text in every way: what is read was minted, and all ways agree.

    Args:
        text: Any text.
        level: How much is repaired.
        minted: All that was ever minted under the keys, by codeword.
    """
    every = outcome(lambda: CODEC.decode_all(text, repair=level), text)
    if isinstance(every, TextTooLongError):
        assert len(text) > MAX_CHARS
        assert explain(text, CODEC).finding is Finding.TOO_LONG
        return {every.code}
    found = check_candidates(text)
    check_second_reader(text, found)
    reached = {f"found {candidate.script}" for candidate in found}
    if isinstance(every, PassphraseError):
        reached.add(every.code)
    else:
        reached |= check_every(every, found, text, level, minted)
    # Repair takes most of the time, so it is not asked for again where nothing else is.
    if level == "exact" or not isinstance(every, list) or len(every) > 1:
        check_one(outcome(lambda: CODEC.decode(text, repair=level), text), every)
    if level == "standard":  # at which `explain` repairs
        check_explained(explain(text, CODEC), text, every)
    if len(text) <= BARE_CHARS_MAX and level != "thorough":
        check_set_off(text, level, every)
    seen = explain(text)
    check_diagnosis(seen, text)
    return reached | {f"seen {seen.finding}", *(f"trace {client}" for client in seen.clients)}


def check_every(
    every: list[Decoded], found: list[Candidate], text: str, level: Level, minted: Minted
) -> Reached:
    """All that is read was minted, each once and in order, and what is whole is not passed over."""
    reached = {"several"} if len(every) > 1 else set[str]()
    for one in every:
        reached |= check_decoded(one, text, level, minted)
    check_spans((one.span for one in every), text)
    ids = {one.fingerprint for one in every}
    assert len(ids) == len(every) > 0
    minted_here = [each for each in reversed(found) if each.codeword in minted]
    whole = {second_reader.fingerprint(each.codeword): each.span for each in minted_here}
    assert whole.keys() <= ids
    for one in every:
        if one.fingerprint in whole:
            assert (one.span, one.repairs) == (whole[one.fingerprint], ())
        elif not one.repairs:  # every glyph is right, and marks or foreign words stand between them
            part = text[slice(*one.span)]
            script = load_script(one.script)
            assert _MARKUP.search(part) or {*part} - {*script.values, *script.separators} - _IGNORED
            reached.add("whole between marks")
    return reached


def check_one(decoded: Decoded | PassphraseError, every: list[Decoded] | PassphraseError) -> None:
    """One is read, several are ambiguous, and a refusal is the same."""
    if isinstance(every, PassphraseError):
        assert isinstance(decoded, PassphraseError)
        assert (type(decoded), decoded.args) == (type(every), every.args)
    elif len(every) == 1:
        assert [decoded] == every
    else:
        assert isinstance(decoded, AmbiguousError)
        assert decoded.spans == tuple(one.span for one in every)


def check_decoded(one: Decoded, text: str, level: Level, minted: Minted) -> Reached:
    """It was minted, it is read again from its spelling, and its repairs lead to it."""
    word = next(found.codeword for found in find(one.text) if found.text == one.text)
    assert word in minted, "nobody has minted this"
    assert (one.invite, one.fingerprint) == (minted[word], second_reader.fingerprint(word))
    again = CODEC.decode(one.text, repair="exact")
    assert (again.invite, again.text, again.fingerprint, again.script, again.key_id) == (
        one.invite, one.text, one.fingerprint, one.script, one.key_id
    )  # fmt: skip
    assert (again.span, again.repairs) == ((0, len(one.text)), ())
    script = load_script(one.script)
    glyphs = one.text.replace("-", "")
    assert len(one.repairs) <= REPAIRS_MAX[level] * script.glyphs_per_symbol
    for repair in one.repairs:
        check_spans([repair.span], text)
        assert (repair.meant == "") is (repair.kind is Damage.EXTRA)
        assert glyphs.startswith(repair.meant, repair.position)
        if repair.read and not _MARKUP.search(text):
            folded = (script.values.get(character) for character in text[slice(*repair.span)])
            assert repair.read == "".join(script.glyphs[v] for v in folded if v is not None)
    if not one.repairs:
        return {"whole", f"read {one.script}"}
    return {f"repaired {repair.kind}" for repair in one.repairs} | {f"mended {one.script}"}


def check_set_off(text: str, level: Level, every: list[Decoded] | PassphraseError) -> None:
    """A short text is read the same with something foreign around it."""
    set_off = f"。{text}。"
    other = outcome(lambda: CODEC.decode_all(set_off, repair=level), set_off)
    if isinstance(every, PassphraseError):
        assert type(other) is type(every)
        return
    assert isinstance(other, list)
    for one, same in zip(every, other, strict=True):
        assert (same.invite, same.text) == (one.invite, one.text)
        assert same.span == (one.span[0] + 1, one.span[1] + 1)
        assert len(same.repairs) == len(one.repairs)


# --- What a person is told ----------------------------------------------------------------------


def check_diagnosis(told: Diagnosis, text: str) -> None:
    """It repeats nothing of the clipboard: numbers, and words from lists."""
    assert told.script is None or told.script in SCRIPT_NAMES
    assert all(isinstance(client, Client) for client in told.clients)
    assert all(isinstance(kind, Damage) for kind in told.repairs)
    check_spans([*filter(None, [told.span])], text)
    check_spans(told.unreadable, text)
    assert {*told.sentences} == {"zh-Hans", "zh-Hant", "en"}


def check_explained(told: Diagnosis, text: str, every: list[Decoded] | PassphraseError) -> None:
    """It tells what `decode` did."""
    check_diagnosis(told, text)
    if isinstance(every, list):
        if len(every) > 1:
            assert told.finding is Finding.AMBIGUOUS
            return
        (one,) = every
        assert told.finding is Finding.VALID
        assert (told.span, told.script) == (one.span, one.script)
        assert told.repairs == tuple(repair.kind for repair in one.repairs)
    elif every.code == "not_found":
        assert told == explain(text)  # what there is of one is seen without a key
    elif told.finding in {Finding.MOJIBAKE, Finding.ESCAPED}:
        assert isinstance(every, DamagedError)
        assert told.readable >= 2 * every.readable
    else:
        assert told.finding == every.code
        assert not isinstance(every, VersionError) or told.version == every.version


def check_lint(text: str) -> Reached:
    """It takes any text, points into it, and misses no passphrase; what it passes is read."""
    problems = lint(text)
    assert [*problems] == sorted(problems, key=lambda problem: problem.span)
    assert all(0 <= start <= end <= len(text) for (start, end) in (p.span for p in problems))
    troubles = {problem.trouble.value for problem in problems}
    assert ("no_passphrase" in troubles) is not recognize(text)
    if not problems:
        assert len(find(text)) == 1
        assert len(text.splitlines()) == 1
    return {f"lint {trouble}" for trouble in troubles or {"safe"}}


# --- Who may join -------------------------------------------------------------------------------


def check_admission(
    decoded: Decoded, policy: Policy, facts: Facts, visit: Visit, how: Mapping[str, Any]
) -> Reached:
    """The verdict is that of the naive rules, and the popup tells a stranger no more than it.

    Args:
        decoded: What was read.
        policy: Any policy.
        facts: Any facts, of whatever types.
        visit: Any visit.
        how: Locale and names of the popup.
    """
    invite = decoded.invite
    generation = facts.generation
    known: list[object] = [
        getattr(facts, name)
        for name in Facts.model_fields
        if name not in {"generation", "uses_left"}
    ]
    row: Row = (
        generation % 256 == invite.generation if type(generation) is int else None,
        *(fact if isinstance(fact, bool) else None for fact in known),
    )
    situation = Situation(
        visit.now >= invite.expires_at,
        policy.max_lifetime is not None and invite.expires_at - visit.now > policy.max_lifetime,
        type(visit.viewer_id) is type(invite.inviter_id) and visit.viewer_id == invite.inviter_id,
        visit.viewer_id is not None,
        invite.origin,
        visit.source,
        invite.mutual_follow,
        invite.approval,
        invite.single_use,
        policy.strict_source,
        policy.require_source,
        policy.require_mutual_follow,
        policy.request_when_not_mutual,
        policy.deny_list,
        policy.count_uses,
        policy.when_full,
        policy.origins,
    )
    expected = naive(situation, row)
    verdict = judge(invite, visit, facts, policy=policy)
    assert (verdict.action, verdict.reason) == expected
    asked = needed_facts(invite, visit, policy=policy)
    assert {*verdict.missing} <= {*asked}
    prompt = join_prompt(decoded, visit, facts, policy=policy, **how)
    assert (prompt.action, prompt.reason, prompt.missing) == (*expected, verdict.missing)
    may_know = prompt.action in {Action.JOIN, Action.REQUEST, Action.WAIT} or prompt.reason in {
        Reason.SELF_INVITE, Reason.ALREADY_MEMBER
    }  # fmt: skip
    shown = (invite.group_id, invite.inviter_id) if may_know else (None, None)
    assert (prompt.group_id, prompt.inviter_id) == shown
    assert (prompt.seconds_left == 0) is (
        situation.expired or (invite.expires_at - visit.now).total_seconds() < 1
    )
    assert prompt.action is Action.JOIN or not prompt.icebreakers
    for text in (prompt.title, prompt.message, prompt.button):
        assert text
        assert len(text.splitlines()) == 1
    return {f"verdict {prompt.reason or prompt.action}"}
