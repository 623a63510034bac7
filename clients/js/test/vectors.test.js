// Every vector of tests/vectors/v1.json: whether a text is recognised never needs a key.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { find, isTooLong, recognize, VERSION } from "../passphrase.js";
import { SCRIPTS } from "../tables.js";

const VECTORS = new URL("../../../tests/vectors/v1.json", import.meta.url);
const DOCUMENT = JSON.parse(readFileSync(VECTORS, "ascii"));
const TESTS = DOCUMENT.testGroups
  .filter(({ type }) => type === "InvitePassphraseDecode") // a client repairs nothing
  .flatMap((group) => group.tests);

// What each outcome says of step 4: a codeword was found that does not open, or none was found.
const RECOGNISED = { signature: true, version: true, ambiguous: true };
const UNRECOGNISED = { damaged: true, not_found: true, too_long: true };

/** Count a place in code points, as Python and the vectors do, in UTF-16 units. */
function units(text, codePoints) {
  return Array.from(text).slice(0, codePoints).join("").length;
}

test("the file is whole, and every outcome is decided here", () => {
  assert.equal(DOCUMENT.schema, "v1.schema.json");
  assert.equal(DOCUMENT.testGroups.flatMap((group) => group.tests).length, DOCUMENT.numberOfTests);
  assert.ok(TESTS.length > 200);
  for (const { result, error } of TESTS) {
    assert.ok(result === "valid" || RECOGNISED[error] || UNRECOGNISED[error]);
  }
});

test("the tables are those of the vectors", () => {
  const tables = Object.fromEntries(SCRIPTS.map(({ name, glyphs }) => [name, glyphs]));
  assert.deepEqual(tables, DOCUMENT.scripts);
});

for (const vector of TESTS) {
  test(`${vector.tcId} ${vector.comment}`, () => {
    const { text, result, error, maxChars } = vector;
    const found = find(text, maxChars);
    assert.equal(recognize(text, maxChars), found.length > 0);
    assert.equal(isTooLong(text, maxChars), error === "too_long");
    if (result === "invalid") {
      assert.equal(found.length > 0, Boolean(RECOGNISED[error]));
      return;
    }
    const span = vector.span.map((place) => units(text, place));
    const [first] = found.filter((candidate) => candidate.span[0] === span[0]);
    assert.deepEqual(first.span, span);
    assert.equal(first.text, vector.spellings[first.script]);
    assert.equal(first.version, VERSION);
    assert.equal(first.keyId, (vector.symbols[0] >> 4) & 7);
  });

  if (vector.spellings) {
    test(`${vector.tcId} in every script`, () => {
      for (const [script, text] of Object.entries(vector.spellings)) {
        const [only, ...others] = find(text);
        assert.deepEqual(others, []);
        assert.deepEqual([only.script, only.span, only.text], [script, [0, text.length], text]);
      }
    });
  }
}
