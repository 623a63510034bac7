// Hostile texts: no string throws, the work is linear, and the module touches nothing outside.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { find, hasDamaged, isTooLong, MAX_CHARS, recognize, stages } from "../passphrase.js";
import { SCRIPTS } from "../tables.js";
import { BASE32, counted, EMOJI, HEADER, spelled, wordOf } from "./support.js";

const UNITS = [
  ...["<", "</", "<a", "<b ", "<br/>", "<p x=1>", "<span class=emoji1f433>", "[", "[a", "[]", "[emoji"],
  ...["&", "&amp;", "&amp", "amp;", "&#", "&#1", "&#x1F433;", "%", "%F0", "%F", "%41", ".", "\ud83d"],
  ...["<img ", "<b x=", "<img ='⌚", "<!--", "<!---", "<faceType=", "[CQ:a,", "[CQ:a,[object Object]"],
  ...["%25", "%u", "%ud83d", "&lt;", "\\", "\\u", "\\ud83d", "\\xf0", "\\u{1", "/Emoji", "👨\u200d"],
  ...["\udc33", "😂", "?", " ", "\ufe0f", "0", "9-", "⌚", "的", "\ue001", "u", "\0", "\uffff"],
  stages.spell(wordOf(HEADER), EMOJI),
  stages.spell(wordOf(HEADER), BASE32),
];

/** Draw numbers below a bound, the same every time. */
function drawer(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

for (const unit of UNITS) {
  const name = JSON.stringify(unit).slice(0, 40);

  test(`unwrapping looks at each character a bounded number of times: ${name}`, () => {
    const reads = [2000, 4000].map((size) => {
      const text = unit.repeat(Math.ceil(size / unit.length));
      const { codes, bounds } = stages.charactersOf(text);
      const counter = counted(codes);
      stages.unwrap({ codes: counter.items, bounds });
      assert.ok(counter.reads < 400 * codes.length);
      return counter.reads;
    });
    assert.ok(reads[1] <= 2.1 * reads[0] + 1000, `${reads}`);
  });

  test(`so does the search for candidates: ${name}`, () => {
    for (const script of SCRIPTS) {
      const reads = [2000, 4000].map((size) => {
        const text = unit.repeat(Math.ceil(size / unit.length));
        const characters = stages.charactersOf(text);
        const folding = counted(characters.codes);
        let all = 0;
        for (const row of stages.rows({ ...characters, codes: folding.items }, script)) {
          const counter = counted(row.values);
          stages.candidates({ ...row, values: counter.items }, characters.bounds, script);
          all += counter.reads;
        }
        assert.equal(folding.reads, characters.codes.length);
        assert.ok(all < 100 * characters.codes.length);
        return all;
      });
      assert.ok(reads[1] <= 2.1 * reads[0] + 1000, `${reads}`);
    }
  });

  test(`the longest text does not throw: ${name}`, () => {
    const most = 16 * MAX_CHARS;
    const chars = Array.from(unit.repeat(Math.ceil(most / Array.from(unit).length))).slice(0, most);
    const text = chars.join("");
    assert.equal(isTooLong(text, most), false);
    const found = find(text, most);
    assert.equal(recognize(text, most), found.length > 0);
    assert.equal(typeof hasDamaged(text, found), "boolean"); // the last one may be cut
    assert.equal(isTooLong(`${text}。`, most), true);
    assert.equal(recognize(`${text}。`, most), false);
    assert.equal(hasDamaged(`${text}。`, []), false);
  });
}

test("random strings of UTF-16 units do not throw", () => {
  const draw = drawer(7);
  for (let i = 0; i < 20000; i += 1) {
    let text = "";
    for (let size = draw(60); size > 0; size -= 1) {
      const kind = draw(4);
      if (kind === 0) text += UNITS[draw(UNITS.length)];
      else text += String.fromCharCode(kind === 1 ? 0xd800 + draw(0x800) : draw(0x10000));
    }
    for (const { span, text: spelling } of find(text)) {
      assert.ok(find(text.slice(...span)).some((again) => again.text === spelling));
    }
  }
});

test("a passphrase is found between any two strings that are no glyphs", () => {
  const draw = drawer(11);
  for (let i = 0; i < 3000; i += 1) {
    const script = SCRIPTS[draw(3)];
    const text = spelled(script, HEADER, i);
    const around = [0, 1].map(() =>
      String.fromCharCode(...Array.from({ length: draw(9) }, () => 0x400 + draw(0x100)))
    );
    const found = find(around.join(text));
    assert.deepEqual(found.map(({ span }) => span), [
      [around[0].length, around[0].length + text.length],
    ]);
  }
});

test("many passphrases are all found", () => {
  const words = Array.from({ length: 2000 }, (_, seed) => spelled(EMOJI, HEADER, seed));
  assert.equal(find(words.join("，"), 1 << 17).length, 2000);
});

test("nothing that a webview of 2019 cannot parse, and nothing that reaches outside", () => {
  const source = ["passphrase.js", "tables.js"]
    .map((name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8"))
    .join("\n")
    .replace(/^\s*(?:\/\/|\/?\*).*$/gm, "");
  for (const banned of [
    /\?\./, // optional chaining: Safari 13.1
    /\?\?/, // nullish coalescing: Safari 13.1
    /\(\?<[=!]/, // lookbehind: Safari 16.4
    /\\p\{/i, // property classes
    /(?:const|let) [[{]/, // destructuring: iOS 13 is not trusted with it
    /\d_\d/, // numeric separators
    /\d+n\b/, // BigInt
    /matchAll|replaceAll|\.at\(|\.flat|structuredClone|static |this\.#/,
    /\beval\b|\bFunction\(|\bimport\(|\bawait\b|\basync\b/,
    /\.normalize\(|toLocale|localeCompare|\bIntl\b/,
    /\bfetch\b|XMLHttpRequest|WebSocket|sendBeacon|localStorage|document|window|globalThis|console/,
    /\bDate\b|Math\.random/,
  ]) {
    assert.doesNotMatch(source, banned);
  }
});
