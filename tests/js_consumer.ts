// What a program in TypeScript does with the published package, and what its types refuse.
// tests/test_js_types.py compiles it; it never runs.

import {
  type Candidate,
  find,
  hasDamaged,
  isTooLong,
  MAX_CHARS,
  recognize,
  type ScriptName,
  stages,
  VERSION,
} from "invite-passphrase";
import * as tables from "invite-passphrase/tables.js";

// Right.
const pasted: string = "老王: 快来";
const found: Candidate[] = find(pasted, MAX_CHARS);
const answers: boolean[] = [recognize(pasted), isTooLong(pasted, 100), hasDamaged(pasted, found)];
for (const { script, span, text, codeword, version, keyId } of found) {
  const [start, end] = span;
  const name: ScriptName = script;
  const texts: string[] = [pasted.slice(...span), pasted.slice(start, end), text, codeword, name];
  const sum: number = version + keyId;
  if (version === VERSION) console.log(texts, sum, answers);
}
const frozen: readonly Candidate[] = Object.freeze(found);
hasDamaged(pasted, frozen);
const hidden: unknown = stages;
const numbers: number[] = [
  tables.VERSION,
  tables.PARITY_SYMBOLS,
  tables.TAG_BYTES,
  tables.FIXED_BYTES,
  tables.FIELD_POLYNOMIAL,
  tables.TARGET_REMAINDER,
  tables.MAX_CHARS,
  ...tables.ID_BYTES,
  ...tables.IGNORABLE_RANGES,
  ...tables.COUPLES.flat(),
];
for (const { name, glyphs, glyphsPerSymbol, group, separator, aliases, alsoIgnorable } of tables.SCRIPTS) {
  const words: string[] = [name, glyphs, separator, ...aliases.map(([, run]) => run)];
  numbers.push(glyphsPerSymbol, group, ...aliases.map(([code]) => code), ...alsoIgnorable);
  console.log(words, hidden);
}

// Wrong: each line is an error, or the file does not compile.
// @ts-expect-error: a text is needed
find();
// @ts-expect-error: null is no text
recognize(null);
// @ts-expect-error: the clipboard may be empty
recognize(undefined as string | undefined);
// @ts-expect-error: bytes are no text
isTooLong(new Uint8Array());
// @ts-expect-error: the limit is a number
find(pasted, "100");
// @ts-expect-error: what was found is needed
hasDamaged(pasted);
// @ts-expect-error: spellings are no candidates
hasDamaged(pasted, [""]);
// @ts-expect-error: there may be none
const first: Candidate = find(pasted)[0];
// @ts-expect-error: it is called keyId
first.key_id;
// @ts-expect-error: a candidate does not change
first.text = "";
// @ts-expect-error: nor does its span
first.span[0] = 0;
// @ts-expect-error: there is no such script
const other: ScriptName = "morse";
// @ts-expect-error: the stages are not part of the interface
stages.unwrap(pasted);
// @ts-expect-error: constants do not change
tables.ID_BYTES.push(32, other);
// @ts-expect-error: there is no such name
tables.ALPHABET;
