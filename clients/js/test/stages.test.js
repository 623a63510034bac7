// The stages one by one: unwrap, fold, run, candidate, spell.

import assert from "node:assert/strict";
import test from "node:test";

import { find, isTooLong, MAX_CHARS, recognize, stages } from "../passphrase.js";
import { SCRIPTS, TARGET_REMAINDER, VERSION } from "../tables.js";
import { BASE32, EMOJI, HANZI, HEADER, protect, spelled, wordOf } from "./support.js";

const IGNORED = -1;
const FOREIGN = -2;

/** Read a text to the last of its readings. */
function lastReading(text) {
  return stages.readings(stages.charactersOf(text)).pop();
}

/** Unwrap a text to a string. */
function unwrapped(text) {
  const { codes } = lastReading(text);
  return Array.from(codes, (code) => String.fromCodePoint(code)).join("");
}

const MARKUP = {
  '<span class="emoji emoji1f433"></span>': "🐳 ",
  '<img class="emoji emoji26a0" text="_web" src="a.gif">': "⚠",
  '<img class="qqemoji qqemoji0" />': "\ufffd",
  "<br/>": " ",
  "<br />": " ",
  "</strong>": " ",
  "<font color=red>": " ",
  "<strongly x=1>": " ",
  "<b_ x=1>": "<b_ x=1>",
  "<b-=>": "<b-=>",
  "<bZ=>": "<bZ=>",
  "<b9=>": "<b9=>",
  "<b\t=>": " ",
  "<B>": " ",
  "</TD >": " ",
  "<b/ x=1>": "<b/ x=1>",
  "<abcdefghijklmnop>": " ",
  "<abcdefghijklmnopq>": "<abcdefghijklmnopq>",
  '<p style="font-family:微软雅黑">': " ",
  '<img class="emoji emoji1f685" text="[流汗]_web" />': "🚅",
  '<img class="emoji" alt="🍚" src="1f35a.png">': "🍚",
  "<IMG alt='❤️' title=\"🍚\">": "❤️",
  '<img alt="🍚粥" class="emoji">': "\ufffd",
  '<tg-emoji emoji-id="5">🍚</tg-emoji>': " 🍚 ",
  '<span class="emoji"></span>': "\ufffd ",
  '<emoji id="4"/>': "\ufffd",
  '<faceType=1,faceId="13">': "\ufffd",
  "<!-- 注\n释 > -->-->": " -->",
  "<!-- <b": "<!-- <b",
  "<b x>": "<b x>",
  "<b 🍻>": "<b 🍻>",
  "<3 a>": "<3 a>",
  "<p emoji emoji1f433=>": "🐳",
  "<p emoji1f433f0=>": "\ufffd",
  [`<p ${"=".repeat(1000)}>`]: " ",
  [`<p ${"=".repeat(1001)}>`]: `<p ${"=".repeat(1001)}>`,
  [`<!--${"长".repeat(1000)}-->`]: " ",
  [`<!--${"长".repeat(1001)}-->`]: `<!--${"长".repeat(1001)}-->`,
  [`<faceType=${"长".repeat(1000)}>`]: "\ufffd",
  [`<faceType=${"长".repeat(1001)}>`]: `<faceType=${"长".repeat(1001)}>`,
  [`[CQ:a,${"长".repeat(1000)}]`]: " ",
  [`[CQ:a,${"长".repeat(1001)}]`]: `[CQ:a,${"长".repeat(1001)}]`,
  "[CQ:at,qq=10001]": " ",
  "[CQ:shake]": " ",
  "[CQ:AT]": "\ufffd",
  "[CQ:face,id=178,raw=[object Object]]": "\ufffd",
  "[CQ:face,id=123,sub_type=1,large=0]": "\ufffd",
  "[emoji1f49e]": "💞",
  "[emoji1f4]": "\ufffd",
  "[emojiffffff]": "\ufffd",
  "[CQ:emoji,id=128051]": "🐳",
  "[CQ:emoji,id=12345678]": "\ufffd",
  "[CQ:face,id=14]": "\ufffd",
  "[微笑]": "\ufffd",
  "[]": "[]",
  "[a\nb]": "[a\nb]",
  "[a\rb]": "[a\rb]",
  "[a\u2028b]": "\ufffd",
  "[a[b]": "[a\ufffd",
  [`[${"😂".repeat(20)}]`]: "\ufffd",
  [`[${"😂".repeat(21)}]`]: `[${"😂".repeat(21)}]`,
  "[longer in brackets than any face]": "[longer in brackets than any face]",
  "&#128051;": "🐳",
  "&#x1F433;": "🐳",
  "&#X1f433;": "🐳",
  "&amp;#128051;": "🐳",
  "&amp;amp;#128051;": "🐳",
  "&amp;": "&",
  "&amp;amp;": "&",
  "&amp;lt;": "<",
  "&amp;x": "&x",
  "&lt;&gt;&quot;&nbsp;": '<>" ',
  "&AMP;LT;": "<",
  "&ZeroWidthSpace;&shy;&zwj;&ensp;": "\u200b\u00ad\u200d\u2002",
  "&\u017fhy;": "&\u017fhy;",
  "&lt;i x=emoji1f433&gt;": "🐳",
  "&#xd83d;&#56371;": "🐳",
  "&lt": "&lt",
  "&constructor;": "&constructor;",
  "&#9999999;": "\ufffd",
  "&#99999999;": "&#99999999;",
  "&#x110000;": "\ufffd",
  "%F0%9F%90%B3%20a": "🐳 a",
  "%f0%9f%90%b3": "🐳",
  "%F0%9F%90": "\ufffd\ufffd\ufffd",
  "%25F0%259F%2590%25B3": "🐳",
  "%ud83d%uDC33": "🐳",
  "%U795d": "%U795d",
  "\\ud83d\\\\udc33": "🐳",
  "\\\\\\\\u795d": "祝",
  "\\U0001f433\\u{1F433}\\x{1f433}": "🐳🐳🐳",
  "\\U00110000": "\ufffd",
  "\\xf0\\x9f\\\\x90\\xb3\\xa0\\x3a": "🐳\u00a0:",
  "\\n\\t\\a\\u12x": "  \\a\\u12x",
  "/Emoji128051/emoji9748": "🐳☔",
  "/Emoji123": "/Emoji123",
  "👩\u200d❤\ufe0f\u200d💋\u200d👨": "💏",
  "👩🏻\u200d🤝\u200d👨": "👫",
  "👨    \u200d👩\u200d👦": "👪",
  "👨     \u200d👩\u200d👦": "👨     \u200d👩\u200d👦",
  "%C0%80%E0%80%80%ED%A0%80%ED%B0%80%F0%8F%BF%BF%F4%90%80%80%FF": "\ufffd".repeat(20),
  "%45XG": "%45XG",
  "%2g": "%2g",
  "100% ": "100% ",
  "..": "\ufffd",
  "...": "\ufffd.",
  "<": "<",
  "[": "[",
  "&": "&",
  ".": ".",
  "\ud83d": "\ud83d",
  "\udc33\ud83d": "\udc33\ud83d",
  plain: "plain",
};

for (const [markup, plain] of Object.entries(MARKUP)) {
  test(`unwrap ${JSON.stringify(markup)}`, () => {
    assert.equal(unwrapped(markup), plain);
    assert.equal(unwrapped(`ab${markup}cd`), `ab${plain}cd`);
    const { codes, bounds } = lastReading(`ab${markup}cd`);
    const end = markup.length + 4;
    assert.equal(bounds.length, codes.length + 1);
    assert.deepEqual(Array.from(bounds).slice(0, 3), [0, 1, 2]);
    assert.deepEqual(Array.from(bounds).slice(-3), [end - 2, end - 1, end]);
    for (let at = 1; at < bounds.length; at += 1) assert.ok(bounds[at - 1] < bounds[at]);
  });
}

test("fold: a glyph, ignorable or foreign, as marks are", () => {
  const cases = [
    ["⌚", EMOJI, 0],
    ["\ue001", EMOJI, Array.from(EMOJI.glyphs).indexOf("👦")],
    ["\ue001", HANZI, FOREIGN],
    ["⌨", EMOJI, FOREIGN],
    ["⌨", HANZI, FOREIGN],
    ["⌚", HANZI, FOREIGN],
    ["的", HANZI, 0],
    ["\u2f1f", HANZI, Array.from(HANZI.glyphs).indexOf("土")],
    ["的", EMOJI, FOREIGN],
    ["z", BASE32, 31],
    ["Ｚ", BASE32, 31],
    ["o", BASE32, 0],
    ["ｌ", BASE32, 1],
    ["u", BASE32, FOREIGN],
    ["-", BASE32, IGNORED],
    ["—", BASE32, IGNORED],
    ["-", EMOJI, FOREIGN],
    ["\u{1f3fb}", EMOJI, IGNORED],
    ["\u{e0fff}", BASE32, IGNORED],
    ["\u{e1000}", BASE32, FOREIGN],
    ["\t", HANZI, IGNORED],
    ["\b", HANZI, FOREIGN],
    ["?", HANZI, FOREIGN],
    ["\ud83d", HANZI, FOREIGN],
    ["\uf8ff", HANZI, FOREIGN],
    ["\uf900", HANZI, FOREIGN],
    ["\0", BASE32, FOREIGN],
  ];
  for (const [char, script, meaning] of cases) {
    assert.equal(stages.fold(char.codePointAt(0), script), meaning, `${char} in ${script.name}`);
  }
});

test("run: glyphs, with nothing but ignorables between", () => {
  const glyphs = Array.from(EMOJI.glyphs).slice(0, 24);
  const values = glyphs.map((_, value) => value);
  const text = `x${glyphs.slice(0, 9).join("\ufe0f ")}${glyphs.slice(9).join("")}`;
  for (const end of ["", "。", "?", "的", "\ud83d"]) {
    const rows = stages.rows(stages.charactersOf(`${text}${end}${glyphs[0]}`), EMOJI);
    assert.equal(rows.length, 1);
    assert.deepEqual(rows[0].values, end ? values : [...values, 0]);
    assert.equal(rows[0].places[0], 1);
  }
  assert.deepEqual(stages.rows(stages.charactersOf(glyphs.slice(1).join("")), EMOJI), []);
});

test("sizes are those of the format's table", () => {
  const sizes = { 0: 24, 1: 27, 4: 27, 5: 30, 2: 33, 8: 33, 6: 36, 9: 36, 10: 43 };
  for (let symbol = 0; symbol < 1024; symbol += 1) {
    assert.equal(stages.wordSymbols(symbol), sizes[symbol & 15] || 0);
  }
});

test("parity: the generator, and a remainder that Python computed", () => {
  assert.equal(stages.remainder([0, 0, 0]), (14 << 20) | (56 << 10) | 64); // x^3 modulo g
  assert.equal(stages.remainder([1, 2, 3]), 15788099);
  assert.equal(stages.remainder(wordOf()), TARGET_REMAINDER);
});

for (const script of SCRIPTS) {
  test(`candidate: a codeword of every header is found, in ${script.name}`, () => {
    for (let header = 0; header < 1024; header += 1) {
      if (!stages.wordSymbols(header)) continue;
      const text = spelled(script, header, header);
      assert.deepEqual(find(text), [
        {
          script: script.name,
          span: [0, text.length],
          text,
          codeword: wordOf(header, header).join(),
          version: header >> 7,
          keyId: (header >> 4) & 7,
        },
      ]);
    }
  });

  test(`candidate: not if one bit of one symbol is wrong, in ${script.name}`, () => {
    const word = wordOf();
    for (let at = 1; at < word.length; at += 1) {
      for (let bit = 0; bit < 10; bit += 1) {
        const wrong = word.map((symbol, place) => (place === at ? symbol ^ (1 << bit) : symbol));
        assert.equal(recognize(stages.spell(wrong, script)), false);
      }
    }
  });

  test(`candidate: not with a glyph lost, extra, unreadable or parted, in ${script.name}`, () => {
    const glyphs = Array.from(spelled(script));
    for (let at = 1; at < glyphs.length; at += 1) {
      if (glyphs[at] === "-") continue;
      const [head, tail] = [glyphs.slice(0, at).join(""), glyphs.slice(at).join("")];
      assert.equal(recognize(head + glyphs.slice(at + 1).join("")), false);
      assert.equal(recognize(`${head}?${tail}`), false);
      assert.equal(recognize(`${head}。${tail}`), false);
      assert.equal(recognize(`${head}\ufe0f ${tail}`), true);
    }
  });
}

test("candidate: spare bits are zero in version 1, and free in others", () => {
  for (const [ids, spareBits] of Object.entries({ 0: 8, 1: 6, 5: 4, 2: 2, 10: 6 })) {
    for (const version of [VERSION, 2]) {
      const word = wordOf(version * 128 + Number(ids)).slice(0, -3);
      for (let bit = 0; bit < 10; bit += 1) {
        const padded = [...word.slice(0, -1), word[word.length - 1] ^ (1 << bit)];
        const isFound = bit >= spareBits || version !== VERSION;
        assert.equal(recognize(stages.spell(protect(padded), EMOJI)), isFound);
      }
    }
  }
});

test("candidate: version 1 begins anywhere, another only where no glyph touches it", () => {
  for (const script of SCRIPTS) {
    const glyph = Array.from(script.glyphs)[9];
    assert.equal(recognize(glyph + spelled(script)), true);
    assert.equal(recognize(spelled(script) + glyph), true);
    const newer = spelled(script, HEADER + 128);
    assert.equal(recognize(newer), true);
    assert.equal(recognize(glyph + newer), false);
    assert.equal(recognize(`${glyph} ${newer}`), true);
    assert.equal(recognize(`${glyph}?${newer}`), true);
    assert.equal(recognize(`${glyph}[微笑]${newer}`), true);
    assert.equal(recognize(`。${newer}`), true);
  }
});

test("spans are UTF-16 units of the pasted text, in order, and cover markup", () => {
  const [emoji, hanzi] = [spelled(EMOJI), spelled(HANZI, HEADER, 2)];
  const wrapped = emoji.replace(/^../, (glyph) => `[emoji${glyph.codePointAt(0).toString(16)}]`);
  const text = `😂 ${hanzi}，${wrapped}😂`;
  const found = find(text);
  assert.deepEqual(
    found.map(({ script, span }) => [script, text.slice(...span)]),
    [
      ["hanzi", hanzi],
      ["emoji", wrapped],
    ]
  );
  assert.equal(found[1].text, emoji);
});

test("two that overlap are both found", () => {
  const word = wordOf(VERSION << 7);
  const longer = protect([HEADER, ...word, ...new Array(2).fill(0)].slice(0, 27).map((s, at) =>
    at === 26 ? s & ~15 : s
  ));
  const text = stages.spell(longer, EMOJI);
  assert.deepEqual(find(text).map(({ span }) => span[0]), [0, Array.from(text)[0].length]);
});

test("base 32 is read at both alignments, in any case and width", () => {
  const text = spelled(BASE32);
  const wide = text.replace(/[^-]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));
  for (const form of [text.toLowerCase(), wide, text.replace(/-/g, ""), text.replace(/-/g, "—")]) {
    assert.equal(find(form)[0].text, text);
    assert.equal(find(`A${form}`)[0].text, text);
  }
});

test("a text of 4,096 code points is read, one more is not", () => {
  for (const filler of ["。", "😂"]) {
    const text = spelled(HANZI);
    const full = text + filler.repeat(MAX_CHARS - text.length);
    assert.deepEqual([isTooLong(full), recognize(full)], [false, true]);
    assert.deepEqual([isTooLong(full + filler), recognize(full + filler)], [true, false]);
  }
});

test("what is no string is a mistake of the program", () => {
  for (const wrong of [undefined, null, 5, {}, [], Symbol("s")]) {
    for (const ask of [find, recognize, isTooLong]) assert.throws(() => ask(wrong), TypeError);
  }
});
