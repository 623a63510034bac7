"""Check that the vectors notice each misreading of a sentence of the format page.

A mutant is the second reader or repairer with one piece of code replaced. `python
tools/mutate_reader.py` runs all vectors against each mutant, names the survivors, and exits with 1
if more than `--most` survive.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

TESTS = Path(__file__).parent.parent / "tests"
READER, REPAIRER = "second_reader", "second_repairer"
LEVELS = ("exact", "standard", "thorough")
TRIED = ("exact", "thorough")  # thorough does first what standard does
LIMIT = 4096
MUTANTS: tuple[tuple[str, str, str], ...] = (
    (READER, "LEAST_SYMBOLS = 21", "LEAST_SYMBOLS = 20"),
    (READER, "LEAST_SYMBOLS = 21", "LEAST_SYMBOLS = 22"),
    (READER, "LEAST_JOINED = 11", "LEAST_JOINED = 10"),
    (READER, "LEAST_JOINED = 11", "LEAST_JOINED = 12"),
    (READER, "at, size = after, len(more)", "at, size = after, len(run)"),
    (READER, "LONGEST_WORD = 20", "LONGEST_WORD = 19"),
    (READER, "LONGEST_WORD = 20", "LONGEST_WORD = 21"),
    (READER, "MOST_CODEWORDS = 256", "MOST_CODEWORDS = 255"),
    (READER, "MOST_CODEWORDS = 256", "MOST_CODEWORDS = 257"),
    (READER, "MOST_LAYERS = 3", "MOST_LAYERS = 2"),
    (READER, "MOST_LAYERS = 3", "MOST_LAYERS = 4"),
    (
        READER,
        '(script == "emoji" and _in_ranges("pictures", point))',
        '_in_ranges("pictures", point)',
    ),
    (READER, '(script == "base32" and _in_ranges("base32", point))', '_in_ranges("base32", point)'),
    (READER, "{{0,15}}", "{{0,16}}"),
    (READER, "]{{1,1000}}|", "]{{1,1001}}|"),
    (READER, "{{0,1000}}?-->", "{{0,1000}}-->"),
    (READER, "emoji(?P<hex1>{_HEX}{{4,6}})", "emoji(?P<hex1>{_HEX}{{3,6}})"),
    (READER, "(?:\\[object\\ Object\\][^\\[\\]]{{0,1000}})?", ""),
    (READER, "(?P<kind>[a-z_]", "(?P<kind>[a-z]"),
    (READER, "[^\\[\\]\\r\\n]{{1,20}}\\]|<face", "[^\\[\\]\\r\\n]{{0,20}}\\]|<face"),
    (READER, "(?:[Aa][Mm][Pp];)*", "(?:[Aa][Mm][Pp];)?"),
    (READER, "[0-389A-Fa-f]", "[0-3A-Fa-f]"),
    (READER, "| \\\\{{1,4}}U", "| \\\\{{1,3}}U"),
    (READER, "/[Ee]moji", "/emoji"),
    (READER, "if img and (value := ", "if (value := "),
    (READER, "]{1,10})", "]{1,11})"),
    (READER, 'tag.endswith("/>") or text.startswith("</", match.end())', 'tag.endswith("/>")'),
    (READER, '"emoji" in tag and (img or told)', '"emoji" in tag'),
    (READER, "character = UNTOLD if percent else numbers[at]", "character = UNTOLD"),
    (READER, 'UNTOLD if match[rule] == "emoji" or "face" in match[rule] else " "', "UNTOLD"),
    (READER, "]{0,4}\\u200d", "]{0,1}\\u200d"),
    (READER, "]{0,4}\\u200d", "]{0,3}\\u200d"),
    (READER, "]{0,4}\\u200d", "]{0,5}\\u200d"),
    (READER, " or (header >> 7 != VERSION and not run[at].free)", ""),
    (READER, "        and (codeword[0] >> 7 != VERSION or not payload(codeword)[2])\n", ""),
    (READER, "codeword[0] >> 7 != VERSION or not payload(codeword)[2]", "not payload(codeword)[2]"),
    (READER, "2 * len(symbols) >= min(count, 43)", "2 * len(symbols) > min(count, 43)"),
    (READER, "min(count, 43)", "min(count, 45)"),
    (READER, "min(count, 43)", "count"),
    (READER, "places < 2", "places < 1"),
    (READER, "8 * high < len", "8 * high <= len"),
    (READER, "5 * values.count(29) >= len(values)", "5 * values.count(29) > len(values)"),
    (READER, " or 5 * values.count(29) >= len(values)", ""),
    (READER, "value > 15 and value != 29", "value > 15"),
    (READER, " and not (i and 2 <= values[i - 1] <= 9)", ""),
    (READER, "taken[at:end] = [True] * (end - at)", "taken[at] = True"),
    (READER, "stretches(all_readings[-1])", "stretches(all_readings[0])"),
    (READER, "stretches(all_readings[-1])", "[s for r in all_readings for s in stretches(r)]"),
    (
        READER,
        'found.reason or ("damaged" if found.stretches else "not_found")',
        '("damaged" if found.stretches else found.reason or "not_found")',
    ),
    (READER, "reason = reasons[0] if reasons", "reason = reasons[-1] if reasons"),
    (
        READER,
        "return sorted(found)",
        "return sorted(found, key=lambda one: (SCRIPTS.index(one.script), one.start))",
    ),
    (READER, "max(size, len(more)) < least", "min(size, len(more)) < least"),
    (READER, "max(size, len(more)) < least", "size < least"),
    (READER, "if len(raw) == 8 and number < 2**32", "if len(raw) == 8 and number < 2**31"),
    (READER, "or origin >= len(ORIGINS) or bits & 1", "or origin >= len(ORIGINS)"),
    (READER, "if not minutes or origin", "if origin"),
    (
        READER,
        '        raise Refused("signature")\n    signing, sealing',
        '        raise Refused("version")\n    signing, sealing',
    ),
    (READER, 'first in ":："', 'first == ":"'),
    (READER, 'first in "/／"', 'first == "/"'),
    (
        READER,
        (
            "    for _ in range(MOST_LAYERS):\n        found.append(_replaced(found[-1], _RU"
            "LES))\n    found.append(_replaced(found[-1], _COUPLE, couples=True))"
        ),
        (
            "    found.append(_replaced(found[-1], _COUPLE, couples=True))\n    for _ in ran"
            "ge(MOST_LAYERS):\n        found.append(_replaced(found[-1], _RULES))"
        ),
    ),
    (
        READER,
        "    found = [_replaced(Reading(text, list(size), [i + 1 for i in size]), _PAIR)]\n",
        "    found = [_replaced(Reading(text, list(size), [i + 1 for i in size]), _RULES)]\n",
    ),
    (READER, "ends.extend([*begins[1:], ", "ends.extend([*(b + 1 for b in begins[1:]), "),
    (READER, "free = at == 0 or kinds[at - 1] < 0", "free = True"),
    (READER, "free = at == 0 or kinds[at - 1] < 0", "free = at == 0 or kinds[at - 1] == FOREIGN"),
    (READER, "reading.ends[end - 1], free)", "reading.ends[end - 1], True)"),
    (READER, "<= point <= int(last, 16)", "<= point < int(last, 16)"),
    (READER, "int(first, 16) <= point", "int(first, 16) < point"),
    (READER, "int(first, 16) <= point", "int(first, 16) - 1 <= point"),
    (READER, "<= point <= int(last, 16)", "<= point <= int(last, 16) + 1"),
    (READER, "if len(text) > limit", "if len(text) >= limit"),
    (READER, "if header >> 7 != VERSION:", "if header >> 7 > VERSION:"),
    (READER, "header < 0 or (header >> 7 != VERSION", "header < 0 or (header >> 7 > VERSION"),
    (READER, "middle = 6 + ID_BYTES[header >> 2 & 3]", "middle = 6 + ID_BYTES[header & 3]"),
    (READER, "if 3 in (group, inviter)", "if group == 3"),
    (READER, "LAST_MINUTE = 2**25 - 1", "LAST_MINUTE = 2**25"),
    (READER, "if not timedelta(minutes=1) <= expiry", "if not timedelta(0) <= expiry"),
    (READER, "<= size <= 64", "<= size <= 65"),
    (READER, "audience.strip() != audience", "audience.lstrip() != audience"),
    (READER, "\\x7f-\\x9f", "\\x7f"),
    (READER, "\\u200e\\u200f", "\\u200e"),
    (READER, "\\u2028-\\u202e", ""),
    (READER, "\\u2066-\\u2069", ""),
    (READER, "{43,}", "{42,}"),
    (READER, "if len(secret) > 64", "if len(secret) >= 64"),
    (READER, '.ljust(64, b"\\0")', ""),
    (READER, 'padding not in ("", due)', 'padding not in ("", "=", due)'),
    (READER, " or len(set(ids)) != len(ids)", ""),
    (READER, "［｛【", "｛【"),
    (READER, "［｛【", "［【"),
    (READER, "「『《〈〔“‘", "「《〈〔“‘"),
    (READER, "「『《〈〔“‘", "「『〈〔“‘"),
    (READER, "「『《〈〔“‘", "「『《〔“‘"),
    (READER, "「『《〈〔“‘", "「『《〈“‘"),
    (READER, "「『《〈〔“‘", "「『《〈〔‘"),
    (READER, "「『《〈〔“‘", "「『《〈〔“"),
    (REPAIRER, "MOST_UNKNOWN = 3", "MOST_UNKNOWN = 2"),
    (REPAIRER, "MOST_UNKNOWN = 3", "MOST_UNKNOWN = 4"),
    (REPAIRER, "MOST_MORE = 64", "MOST_MORE = 63"),
    (REPAIRER, "MOST_MORE = 64", "MOST_MORE = 65"),
    (REPAIRER, "MOST_TAGS = 256", "MOST_TAGS = 255"),
    (REPAIRER, "if at == 0 or item.free:", "if at == 0:"),
    (REPAIRER, "if at == 0 or item.free:", "if True:"),
    (REPAIRER, "stretch[at : at + width])\n        for", "stretch[at : at + 1])\n        for"),
    (REPAIRER, "groups[:MOST_UNKNOWN]", "groups"),
    (REPAIRER, "    if stands and len(items) == glyphs:\n        yield marks\n", ""),
    (
        REPAIRER,
        (
            '    elif part.marks and level == "standard" and row.syndrome(()) == 0:\n     '
            "   yield Fix(row.values, ())\n"
        ),
        "",
    ),
    (REPAIRER, "if not part.holes and (not part.marks or not less):", "if not part.marks:"),
    (REPAIRER, "        if found.verified:\n            break\n", ""),
    (REPAIRER, "    for step in LEVELS[1", "    for step in LEVELS[0 if found.verified else 1"),
    (
        REPAIRER,
        "for step in LEVELS[1 : LEVELS.index(level) + 1]:",
        "for step in () if found.verified else LEVELS[1 : LEVELS.index(level) + 1]:",
    ),
    (
        REPAIRER,
        "range(width if first else len(values) - 1)",
        "range(width - 1 if first else len(values) - 1)",
    ),
    (REPAIRER, "else len(values) - 1)", "else 7)"),
    (REPAIRER, "for two in range(one + 1, form.glyphs)", "for two in range(one + 2, form.glyphs)"),
    (REPAIRER, "if one < two:", "if one + 1 < two:"),
    (REPAIRER, "if all(a == b for i, (a, b) in", "if True or all(a == b for i, (a, b) in"),
    (
        REPAIRER,
        "return [v for i, v in enumerate(values) if i not in holes] == row.values",
        "return True",
    ),
    (REPAIRER, "MOST_TAGS = 256", "MOST_TAGS = 257"),
    (REPAIRER, "MOST_TAGS - found.tags", "MOST_TAGS"),
    (REPAIRER, "range(form.width if first else form.glyphs)", "range(1 if first else form.glyphs)"),
    (
        REPAIRER,
        "range(width if first else form.glyphs - 1)",
        "range(1 if first else form.glyphs - 1)",
    ),
    (
        REPAIRER,
        "if not found or (first and mine and found[1]):",
        "if not found or (first and mine):",
    ),
    (REPAIRER, "(1, 2, 3):\n        if total", "(1, 2):\n        if total"),
    (REPAIRER, "elif not groups or groups[-1] != len(values):", "else:"),
)


def loaded(name: str, old: str, new: str) -> ModuleType:
    """The module of a name in `tests/`, with a text in place of another."""
    path = TESTS / f"{name}.py"
    source = path.read_text("utf-8")
    if old not in source:
        raise LookupError(f"no such text in {name}: {old}")
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    exec(compile(source.replace(old, new), path.name, "exec"), vars(module))  # noqa: S102
    return module


def vectors() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each test with its group, the short texts first."""
    data = json.loads((TESTS / "vectors" / "v1.json").read_text("utf-8"))
    tests = [(group, test) for group in data["testGroups"] for test in group["tests"]]
    return sorted(tests, key=lambda pair: len(pair[1].get("text", "")))


def _found(call: Callable[[], Any], refused: type[Exception]) -> Any:  # noqa: ANN401
    try:
        return call()
    except refused as refusal:
        return vars(refusal)["code"]


def _expected(test: dict[str, Any]) -> Any:  # noqa: ANN401
    if test["result"] != "valid":
        return test["error"]
    return test["invite"], test["fingerprint"], test["symbols"]


def _reads(group: dict[str, Any], test: dict[str, Any], level: str, code: dict[str, Any]) -> bool:
    """Whether a reader at a level makes of a text what the vector says."""
    keys = {int(key_id): bytes.fromhex(secret) for key_id, secret in group["keys"].items()}
    audience, limit = group["audience"], test.get("maxChars", LIMIT)
    if level == "exact":
        call = partial(code[READER].read, test["text"], keys, audience, limit=limit)
    else:
        call = partial(code[REPAIRER].repair, test["text"], keys, audience, level, limit)
    found = _found(call, code[READER].Refused)
    if not isinstance(found, str):
        if group["type"].endswith("Decode") and found["span"] != test.get("span"):
            return False
        found = found["invite"], found["fingerprint"], found["codeword"]
    return bool(found == _expected(test))


def _outcomes(group: dict[str, Any], test: dict[str, Any], code: dict[str, Any]) -> Iterator[bool]:
    """Whether each thing that a vector demands holds."""
    reader, kind, valid = code[READER], group["type"], test["result"] == "valid"
    if kind.endswith("Decode"):
        yield from (_reads(group, test, level, code) for level in TRIED)
    elif kind.endswith("Repair"):
        level = test["repair"]
        yield _reads(group, test, level, code)
        if valid and test["flags"] != ["Monotone"]:
            yield not _reads(group, test, LEVELS[LEVELS.index(level) - 1], code)
    elif kind.endswith("Keyring"):
        found = _found(lambda: reader.parse_keyring(test["text"]), reader.Refused)
        yield found == ((test["ids"], test["active"]) if valid else "keyring")
    else:
        keys = {int(key_id): bytes.fromhex(secret) for key_id, secret in group["keys"].items()}
        key_id = int(test["fingerprint"][0]) if valid else min(keys)
        audience = test.get("audience", group["audience"])
        for script in reader.SCRIPTS:
            call = partial(reader.encode, test["invite"], key_id, keys, audience, script)
            found = _found(call, reader.Refused)
            yield found == (test["spellings"][script] if valid else "refused")


def killer(code: dict[str, Any], tests: list[tuple[dict[str, Any], dict[str, Any]]]) -> str | None:
    """The comment of the first vector that a reader does not pass, or None."""
    for group, test in tests:
        try:
            passed = all(_outcomes(group, test, code))
        except Exception:  # noqa: BLE001 - a mutant may fail in any way
            passed = False
        if not passed:
            return str(test["comment"])
    return None


def main() -> int:
    """Run each mutant, tell the survivors, and return how the process ends."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--most", type=int, default=2, help="survivors that are put up with")
    options = arguments.parse_args()
    tests, survivors, began = vectors(), 0, time.monotonic()
    sys.path.insert(0, str(TESTS))
    for name, old, new in ((READER, "", ""), *MUTANTS):
        code: dict[str, Any] = {}
        for module in (READER, REPAIRER):
            code[module] = loaded(module, *((old, new) if module == name else ("", "")))
        found = killer(code, tests)
        if not old and found:
            print(f"the reader itself fails: {found}")
            return 1
        if old:
            survivors += not found
            print(f"{'killed' if found else 'SURVIVED'}: {old!r} -> {new!r} ({found})", flush=True)
    seconds = time.monotonic() - began
    print(f"{len(MUTANTS)} mutants, {survivors} survived, {seconds:.0f} s")
    return int(survivors > options.most)


if __name__ == "__main__":
    sys.exit(main())
