// Any pasted text -> the passphrases in it, with their spans: on the device, without a key.
//
// Source: docs/format.md, "Reading", steps 1 to 4. The answers are those of `recognize` and `find`
// of the Python library. A passphrase is found by what it is (header, length, parity, padding), never by
// what stands around it. Nothing is stored, sent or logged.
//
// Shapes:
//   text       any string, lone surrogates too; at most MAX_CHARS code points
//   span       start and end in UTF-16 units: text.slice(...span) is the passphrase as it was pasted
//   characters code points, and for each the unit where it began in the text, and one bound more
//   row        glyphs of one script, with nothing but ignorable characters between them
//   symbol     an int in [0, 1024)
//
// A mark, which stands where a glyph was, ends a row as any foreign character does: no whole passphrase
// has one in it, and only repair, which needs the key, tells the two apart.
//
// Plain on purpose, for the webviews of old phones: no optional chaining, no destructuring, no
// lookbehind, no Unicode property classes, no normalisation, and no regular expression on text of
// unbounded length.

import {
  COUPLES,
  FIELD_POLYNOMIAL,
  FIXED_BYTES,
  ID_BYTES,
  IGNORABLE_RANGES,
  MAX_CHARS,
  PARITY_SYMBOLS,
  SCRIPTS,
  TAG_BYTES,
  TARGET_REMAINDER,
  VERSION,
} from "./tables.js";

/**
 * A codeword found in a text: its parity is sound, its tag is not checked.
 *
 * @typedef {object} Candidate
 * @property {Script["name"]} script "emoji", "hanzi" or "base32".
 * @property {readonly [number, number]} span Where it stands in the text, in UTF-16 units, half-open.
 * @property {string} text Its one canonical spelling.
 * @property {string} codeword Its symbols, with commas between them: equal for one invite in two scripts.
 * @property {number} version 1; anything else means that the app should be updated.
 * @property {number} keyId 0 to 7: which key signed it.
 */

/**
 * Characters of a text, and where they stand in it.
 *
 * @typedef {object} Characters
 * @property {ArrayLike<number>} codes A code point each; a lone surrogate is one.
 * @property {ArrayLike<number>} bounds Where each began, and where the last ended, in UTF-16 units.
 */

/**
 * Glyphs of one script, one after another.
 *
 * @typedef {object} Row
 * @property {ArrayLike<number>} values The value of each.
 * @property {ArrayLike<number>} places Its index among the characters.
 */

/** @typedef {import("./tables.js").Script} Script */

export { MAX_CHARS, VERSION };

const SYMBOL_BITS = 10;
const SYMBOL_MASK = (1 << SYMBOL_BITS) - 1;
const LOW_BITS = SYMBOL_BITS * (PARITY_SYMBOLS - 1);
const LOW_MASK = (1 << LOW_BITS) - 1;

const IGNORED = -1;
const FOREIGN = -2;

// --- The three questions -----------------------------------------------------------------------

/**
 * Tell whether a text holds an undamaged passphrase, and so is worth sending to the backend.
 *
 * False for a text that is too long, as for any other that holds none.
 *
 * @param {string} text Any text.
 * @param {number} [maxChars] The longest text that is read, in code points.
 * @returns {boolean}
 * @throws {TypeError} The text is not a string.
 */
export function recognize(text, maxChars) {
  return find(text, maxChars).length > 0;
}

/**
 * Find every undamaged passphrase in a text, in order.
 *
 * Ordinary text gives a false alarm once in about 2^30 rows of glyphs that are long enough.
 *
 * @param {string} text Any text.
 * @param {number} [maxChars] The longest text that is read, in code points.
 * @returns {Candidate[]} None if there is none, or if the text is too long.
 * @throws {TypeError} The text is not a string.
 */
export function find(text, maxChars) {
  if (isTooLong(text, maxChars)) return [];
  /** @type {Map<string, Candidate>} */
  const found = new Map();
  for (const characters of readings(charactersOf(text))) {
    for (const script of SCRIPTS) {
      for (const row of rows(characters, script)) {
        for (const candidate of candidates(row, characters.bounds, script)) {
          found.set(`${candidate.span} ${candidate.text}`, candidate);
        }
      }
    }
  }
  return Array.from(found.values()).sort(
    (left, right) => left.span[0] - right.span[0] || left.span[1] - right.span[1]
  );
}

/**
 * Tell whether a text is refused unread: it has more than `maxChars` code points.
 *
 * @param {string} text Any text.
 * @param {number} [maxChars] MAX_CHARS unless asked otherwise.
 * @returns {boolean}
 * @throws {TypeError} The text is not a string.
 */
export function isTooLong(text, maxChars) {
  if (typeof text !== "string") throw new TypeError("text must be a string");
  const limit = maxChars === undefined ? MAX_CHARS : maxChars;
  if (text.length <= limit) return false;
  if (text.length > 2 * limit) return true;
  let count = 0;
  for (let at = 0; at < text.length; at += unitsOf(codeAt(text, at))) count += 1;
  return count > limit;
}

// --- Characters: UTF-16 units -> code points ---------------------------------------------------

/** @param {string} text @param {number} at @returns {number} */
function codeAt(text, at) {
  return /** @type {number} */ (text.codePointAt(at));
}

/** @param {number} code @returns {number} */
function unitsOf(code) {
  return code > 0xffff ? 2 : 1;
}

/**
 * Read a text as code points. A high and a low surrogate are the code point of the pair: a string
 * of JavaScript cannot hold them in any other way.
 *
 * @param {string} text At most MAX_CHARS code points.
 * @returns {Characters}
 */
function charactersOf(text) {
  const codes = [];
  const bounds = [0];
  let at = 0;
  while (at < text.length) {
    const code = codeAt(text, at);
    at += unitsOf(code);
    codes.push(code);
    bounds.push(at);
  }
  return { codes, bounds };
}

/** @param {ArrayLike<number>} codes @param {number} first @param {number} last @returns {string} */
function slice(codes, first, last) {
  let text = "";
  for (let at = first; at < last; at += 1) text += String.fromCodePoint(codes[at]);
  return text;
}

/** @param {ArrayLike<number>} codes @param {number} at @param {number} most @returns {string} */
function ahead(codes, at, most) {
  return slice(codes, at, Math.min(codes.length, at + most));
}

// --- 1. Unwrap: what chat apps write instead of a character ------------------------------------

const MARK = 0xfffd;
const SPACE = 0x20;
const LF = 0x0a;
const CR = 0x0d;
const PERCENT = 0x25;
const AMPERSAND = 0x26;
const COMMA = 0x2c;
const DOT = 0x2e;
const SLASH = 0x2f;
const LESS = 0x3c;
const MORE = 0x3e;
const OPENING = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING = 0x5d;
const LOW_X = 0x78;
const JOINER = 0x200d;
const LAYERS_MAX = 3;
const LONG_CHARS_MAX = 1000; // in a tag, a comment or a CQ code
const TAG_NAME_CHARS_MAX = 16;
const CQ_KIND_CHARS_MAX = 20;
const FACE_CHARS_MAX = 20;
const ENTITY_CHARS_MAX = 15; // behind the "&": #1234567; or ZeroWidthSpace;
const SLASHES_MAX = 4;
const ESCAPE_CHARS_MAX = 9; // behind the backslashes: U0001f37b or u{01f37b}
const FIGURES_MAX = 6;
const QQ_FACE = "<faceType=";
const OBJECT = "[object Object]";
const JOINED_MAX = 4;
const TAG_NAME = /^[A-Za-z][A-Za-z0-9:-]*$/;
const BARE_TAG = /^[ \t]?\/?$/;
const TAG_EMOJI = /emoji([0-9A-Fa-f]{4,6})/;
const TAG_PICTURE =
  /^[Ii][Mm][Gg][ \t][^]*?=(["'])([\u2000-\u2fff\ufe00-\ufe0f\u{1f000}-\u{effff}]{1,10})\1/u;
const TAG_OF_IMAGE = /^img[ \t]/i;
const FACE_EMOJI = /^(?:emoji([0-9A-Fa-f]{4,6})|CQ:emoji,id=([0-9]{1,7}))$/;
const CQ_KIND = /^[a-z_]+$/;
const CQ_FACE = /face|^emoji$/;
/** @type {{[name: string]: number}} */
const ENTITIES = {
  lt: LESS,
  gt: MORE,
  quot: 0x22,
  apos: 0x27,
  nbsp: SPACE,
  shy: 0xad,
  ensp: 0x2002,
  emsp: 0x2003,
  thinsp: 0x2009,
  zerowidthspace: 0x200b,
  zwnj: 0x200c,
  zwj: JOINER,
  lrm: 0x200e,
  rlm: 0x200f,
};
const AMP = /^amp;/i;
const ENTITY = RegExp(
  `^(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|(${Object.keys(ENTITIES).join("|")}));`,
  "i"
);
const ESCAPE = /^(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[ux]\{([0-9A-Fa-f]{1,6})\}|[fnrtv])/;
const UNIT = /^u([0-9A-Fa-f]{4})/;
const FIGURES = /^[0-9]{4,6}/;
const LAST_CODE = 0x10ffff;

/**
 * What a piece of markup stands for.
 *
 * @typedef {object} Markup
 * @property {number} end Index of the character behind it.
 * @property {number[]} codes The characters.
 * @property {number[]} places Where each begins: indices of the characters that were read.
 */

/**
 * Read a text as it stands, then without each layer of its markup, then with couples joined.
 *
 * @param {Characters} pasted
 * @returns {Characters[]} Only what differs from the reading before.
 */
function readings(pasted) {
  const found = [pasted];
  let last = pasted;
  for (let layer = 0; layer < LAYERS_MAX; layer += 1) {
    const inner = unwrap(last);
    if (inner === last) break;
    found.push(inner);
    last = inner;
  }
  const joined = unwrap(last, coupleAt);
  return joined === last ? found : found.concat(joined);
}

/**
 * Put a character for each markup that stands for one, and a mark for what is a face.
 *
 * @param {Characters} pasted
 * @param {(codes: ArrayLike<number>, at: number, code: number) => Markup | null} [read]
 * @returns {Characters} As many characters as it means, with bounds in the pasted text; the same
 *   object if there is no markup.
 */
function unwrap(pasted, read = markupAt) {
  const codes = pasted.codes;
  const bounds = pasted.bounds;
  const size = codes.length;
  const plain = [];
  const plainBounds = [];
  let at = 0;
  while (at < size) {
    const code = codes[at];
    const markup = read(codes, at, code);
    if (markup === null) {
      plain.push(code);
      plainBounds.push(bounds[at]);
      at += 1;
    } else {
      for (let i = 0; i < markup.codes.length; i += 1) {
        plain.push(markup.codes[i]);
        plainBounds.push(bounds[markup.places[i]]);
      }
      at = markup.end;
    }
  }
  if (plain.length === size) return pasted; // every markup is longer than what it stands for
  plainBounds.push(bounds[size]);
  return { codes: plain, bounds: plainBounds };
}

/**
 * @param {ArrayLike<number>} codes
 * @param {number} at
 * @param {number} code The one at that place.
 * @returns {Markup | null}
 */
function markupAt(codes, at, code) {
  if (code === LESS) return angleAt(codes, at);
  if (code === OPENING) return bracketAt(codes, at);
  if (code === AMPERSAND) return entityAt(codes, at);
  if (code === PERCENT) return bytesAt(codes, at) || unitAt(codes, at);
  if (code === BACKSLASH) return bytesAt(codes, at) || escapeAt(codes, at);
  if (code === SLASH) return slashAt(codes, at);
  if (code === DOT && at + 1 < codes.length && codes[at + 1] === DOT) return one(MARK, at, at + 2);
  return pairAt(codes, at, code);
}

/** @param {number} code @param {number} at @param {number} end @returns {Markup} */
function one(code, at, end) {
  return { end, codes: [code <= LAST_CODE ? code : MARK], places: [at] };
}

/** @param {ArrayLike<number>} codes @param {number} at @param {string} ascii @returns {boolean} */
function isAt(codes, at, ascii) {
  if (at + ascii.length > codes.length) return false;
  for (let i = 0; i < ascii.length; i += 1) if (codes[at + i] !== ascii.charCodeAt(i)) return false;
  return true;
}

/**
 * Find where a stretch of other characters ends.
 *
 * @param {ArrayLike<number>} codes
 * @param {number} at
 * @param {number[]} stops
 * @param {number} most The longest stretch.
 * @returns {number} Where a stop stands, or -1 if the stretch is longer or the text ends.
 */
function stopAfter(codes, at, stops, most) {
  const last = Math.min(codes.length, at + most + 1);
  for (let place = at; place < last; place += 1) if (stops.indexOf(codes[place]) >= 0) return place;
  return -1;
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function angleAt(codes, at) {
  if (isAt(codes, at, "<!--")) return commentAt(codes, at);
  const most = LONG_CHARS_MAX + TAG_NAME_CHARS_MAX + 2;
  const stop = stopAfter(codes, at + 1, [LESS, MORE, CR, LF], most);
  if (stop < 0 || codes[stop] !== MORE) return null;
  if (!isAt(codes, at, QQ_FACE)) return tagOf(codes, at, stop, slice(codes, at + 1, stop));
  return stop - at - QQ_FACE.length <= LONG_CHARS_MAX ? one(MARK, at, stop + 1) : null;
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function commentAt(codes, at) {
  let place = at + 4;
  const last = Math.min(codes.length, place + LONG_CHARS_MAX + 1);
  for (; place < last && codes[place] !== LESS; place += 1) {
    if (isAt(codes, place, "-->")) return one(SPACE, at, place + 3);
  }
  return null;
}

/**
 * Read a tag: the emoji that it shows, a mark for one that it does not tell, or nothing.
 *
 * @param {ArrayLike<number>} codes
 * @param {number} at
 * @param {number} stop Where its ">" stands.
 * @param {string} inside What stands between.
 * @returns {Markup | null}
 */
function tagOf(codes, at, stop, inside) {
  const end = stop + 1;
  const closes = inside[0] === "/";
  const name = inside.slice(closes ? 1 : 0).split(/[ \t/]/, 1)[0];
  if (!TAG_NAME.test(name) || name.length > TAG_NAME_CHARS_MAX) return null;
  const first = (closes ? 1 : 0) + name.length;
  const rest = inside.slice(first);
  if (!BARE_TAG.test(rest)) {
    if (rest[0] === "/" || rest.indexOf("=") < 0) return null;
    if (stop - at - 2 - first > LONG_CHARS_MAX) return null;
  }
  const emoji = TAG_EMOJI.exec(inside);
  if (emoji) return one(parseInt(emoji[1], 16), at, end);
  const picture = TAG_PICTURE.exec(inside);
  if (picture) return picturesOf(picture, at, end);
  const isShown = TAG_OF_IMAGE.test(inside) || /\/$/.test(inside) || isAt(codes, end, "</");
  return one(inside.indexOf("emoji") < 0 || closes || !isShown ? SPACE : MARK, at, end);
}

/** @param {RegExpExecArray} picture @param {number} at @param {number} end @returns {Markup} */
function picturesOf(picture, at, end) {
  const codes = Array.from(picture[2], (character) => codeAt(character, 0));
  const first = at + Array.from(picture[0]).length - codes.length; // a "<" before, a quote behind
  return { end, codes, places: codes.map((_, i) => (i ? first + i : at)) };
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function bracketAt(codes, at) {
  const stop = stopAfter(codes, at + 1, [OPENING, CLOSING, CR, LF], FACE_CHARS_MAX);
  const isFace = stop > at + 1 && codes[stop] === CLOSING;
  const emoji = isFace ? FACE_EMOJI.exec(slice(codes, at + 1, stop)) : null;
  if (emoji) return one(emoji[1] ? parseInt(emoji[1], 16) : parseInt(emoji[2], 10), at, stop + 1);
  return (isAt(codes, at, "[CQ:") && cqAt(codes, at)) || (isFace ? one(MARK, at, stop + 1) : null);
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function cqAt(codes, at) {
  const behind = stopAfter(codes, at + 4, [COMMA, CLOSING], CQ_KIND_CHARS_MAX);
  if (behind < 0) return null;
  const kind = slice(codes, at + 4, behind);
  if (!CQ_KIND.test(kind)) return null;
  let stop = behind;
  if (codes[stop] === COMMA) {
    stop = stopAfter(codes, stop + 1, [OPENING, CLOSING], LONG_CHARS_MAX);
    if (stop >= 0 && isAt(codes, stop, OBJECT)) {
      stop = stopAfter(codes, stop + OBJECT.length, [OPENING, CLOSING], LONG_CHARS_MAX);
    }
  }
  if (stop < 0 || codes[stop] !== CLOSING) return null;
  return one(CQ_FACE.test(kind) ? MARK : SPACE, at, stop + 1);
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function entityAt(codes, at) {
  let place = at + 1;
  while (AMP.test(ahead(codes, place, 4))) place += 4;
  const entity = ENTITY.exec(ahead(codes, place, ENTITY_CHARS_MAX));
  if (!entity) return place > at + 1 ? one(AMPERSAND, at, place) : null;
  const end = place + entity[0].length;
  if (entity[1]) return one(parseInt(entity[1], 10), at, end);
  if (entity[2]) return one(parseInt(entity[2], 16), at, end);
  return one(ENTITIES[entity[3].toLowerCase()], at, end);
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {number} How many, 4 at most. */
function slashesAt(codes, at) {
  let count = 0;
  const most = Math.min(SLASHES_MAX, codes.length - at);
  while (count < most && codes[at + count] === BACKSLASH) count += 1;
  return count;
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function escapeAt(codes, at) {
  const first = at + slashesAt(codes, at);
  const escape = ESCAPE.exec(ahead(codes, first, ESCAPE_CHARS_MAX));
  if (!escape) return null;
  const digits = escape[1] || escape[2] || escape[3];
  return one(digits ? parseInt(digits, 16) : SPACE, at, first + escape[0].length);
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function unitAt(codes, at) {
  const unit = UNIT.exec(ahead(codes, at + 1, 5));
  return unit && one(parseInt(unit[1], 16), at, at + 6);
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function slashAt(codes, at) {
  if (!isAt(codes, at, "/Emoji") && !isAt(codes, at, "/emoji")) return null;
  const first = at + 6;
  const figures = FIGURES.exec(ahead(codes, first, FIGURES_MAX));
  return figures && one(parseInt(figures[0], 10), at, first + figures[0].length);
}

/** @param {ArrayLike<number>} codes @param {number} at @param {number} code @returns {Markup | null} */
function pairAt(codes, at, code) {
  if (code < 0xd800 || code > 0xdbff || at + 1 >= codes.length) return null;
  const low = codes[at + 1];
  if (low < 0xdc00 || low > 0xdfff) return null;
  return one(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), at, at + 2);
}

/**
 * Read what some systems write for a couple or a family: people, joined by U+200D.
 *
 * @param {ArrayLike<number>} codes
 * @param {number} at
 * @param {number} code
 * @returns {Markup | null}
 */
function coupleAt(codes, at, code) {
  for (const couple of COUPLES) {
    if (couple[1] === code) {
      const end = coupleEnd(codes, at, couple);
      if (end > 0) return one(couple[0], at, end);
    }
  }
  return null;
}

/** @param {ArrayLike<number>} codes @param {number} at @param {readonly number[]} couple @returns {number} */
function coupleEnd(codes, at, couple) {
  let place = at + 1;
  for (const part of couple.slice(2)) {
    const last = place + JOINED_MAX;
    while (place < last && place < codes.length && isBetween(codes[place])) place += 1;
    if (place + 1 >= codes.length || codes[place] !== JOINER || codes[place + 1] !== part) return 0;
    place += 2;
  }
  return place;
}

/** @param {number} code @returns {boolean} */
function isBetween(code) {
  const isTone = code >= 0x1f3fb && code <= 0x1f3ff;
  return isTone || code === SPACE || code === 0xfe0e || code === 0xfe0f;
}

/** @param {ArrayLike<number>} codes @param {number} at @returns {Markup | null} */
function bytesAt(codes, at) {
  const bytes = [];
  const starts = [];
  let place = at;
  while (place < codes.length && codes[place] === codes[at]) {
    const first = place + (codes[at] === PERCENT ? 1 : slashesAt(codes, place) + 1);
    if (codes[at] === BACKSLASH && codes[first - 1] !== LOW_X) break;
    const high = first + 1 < codes.length ? hexDigit(codes[first]) : -1;
    const low = first + 1 < codes.length ? hexDigit(codes[first + 1]) : -1;
    // %4 to %7 may be the head of a passphrase behind a per cent sign.
    if (high < 0 || low < 0 || (codes[at] === PERCENT && high >= 4 && high <= 7)) break;
    bytes.push(high * 16 + low);
    starts.push(place);
    place = first + 2;
  }
  if (bytes.length === 0) return null;
  /** @type {Markup} */
  const markup = { end: place, codes: [], places: [] };
  for (let first = 0; first < bytes.length; ) {
    const length = utf8Length(bytes, first);
    const alone = codes[at] === PERCENT ? MARK : bytes[first];
    markup.codes.push(length ? utf8Code(bytes, first, length) : alone);
    markup.places.push(starts[first]);
    first += length || 1;
  }
  return markup;
}

/** @param {number} code @returns {number} The value of a hexadecimal digit, or -1. */
function hexDigit(code) {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}

/**
 * Tell how many bytes a character of UTF-8 takes. Strict: RFC 3629, section 4.
 *
 * @param {number[]} bytes
 * @param {number} at
 * @returns {number} 1 to 4; 0 if the byte there begins no character.
 */
function utf8Length(bytes, at) {
  const lead = bytes[at];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  for (let i = 1; i < length; i += 1) if (bytes[at + i] >> 6 !== 2) return 0;
  const code = utf8Code(bytes, at, length);
  if (length > 2 && code < (length === 3 ? 0x800 : 0x10000)) return 0;
  return code > LAST_CODE || (code >= 0xd800 && code <= 0xdfff) ? 0 : length;
}

/**
 * Read a character of UTF-8.
 *
 * @param {number[]} bytes
 * @param {number} at
 * @param {number} length As `utf8Length` tells.
 * @returns {number} A code point.
 */
function utf8Code(bytes, at, length) {
  if (length === 1) return bytes[at];
  let code = bytes[at] & (0x7f >> length);
  for (let i = 1; i < length; i += 1) code = (code << 6) | (bytes[at + i] & 0x3f);
  return code;
}

// --- 2. Fold and 3. run: characters -> rows of glyphs ------------------------------------------

/** @param {readonly number[]} ranges @param {number} code @returns {boolean} */
function isIn(ranges, code) {
  let low = 0;
  let high = ranges.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (code > ranges[2 * middle + 1]) low = middle + 1;
    else high = middle;
  }
  return 2 * low < ranges.length && code >= ranges[2 * low];
}

/**
 * What reading and spelling look up in a script.
 *
 * @typedef {object} Repertoire
 * @property {string[]} glyphs By value.
 * @property {Map<number, number>} digits The value of the code point of every glyph and alias.
 */

/** @type {{[name: string]: Repertoire}} */
const REPERTOIRES = {};

/**
 * Return the repertoire of a script, made when it is first asked for.
 *
 * @param {Script} script
 * @returns {Repertoire}
 */
function repertoireOf(script) {
  if (!REPERTOIRES[script.name]) {
    const glyphs = Array.from(script.glyphs);
    /** @type {Map<number, number>} */
    const digits = new Map();
    glyphs.forEach((glyph, value) => digits.set(codeAt(glyph, 0), value));
    script.aliases.forEach((run) => {
      Array.from(String(run[1])).forEach((glyph, i) => {
        digits.set(Number(run[0]) + i, glyphs.indexOf(glyph));
      });
    });
    REPERTOIRES[script.name] = { glyphs, digits };
  }
  return REPERTOIRES[script.name];
}

/**
 * Tell what a character is to a script.
 *
 * @param {number} code
 * @param {Script} script
 * @returns {number} A glyph's value, IGNORED or FOREIGN.
 */
function fold(code, script) {
  const value = repertoireOf(script).digits.get(code);
  if (value !== undefined) return value;
  if (isIn(IGNORABLE_RANGES, code) || isIn(script.alsoIgnorable, code)) return IGNORED;
  return FOREIGN;
}

/**
 * Cut out every row that is long enough to hold a codeword, in order.
 *
 * @param {Characters} characters
 * @param {Script} script
 * @returns {Row[]}
 */
function rows(characters, script) {
  const codes = characters.codes;
  const size = codes.length;
  const shortest = SHORTEST * script.glyphsPerSymbol;
  const found = [];
  /** @type {number[]} */
  let values = [];
  /** @type {number[]} */
  let places = [];
  for (let place = 0; place <= size; place += 1) {
    const value = place < size ? fold(codes[place], script) : FOREIGN;
    if (value >= 0) {
      values.push(value);
      places.push(place);
    } else if (value === FOREIGN && values.length > 0) {
      if (values.length >= shortest) found.push({ values, places });
      values = [];
      places = [];
    }
  }
  return found;
}

// --- 4. Candidate: header, length, parity, padding ---------------------------------------------

/** @param {number} symbol @returns {number} */
function versionOf(symbol) {
  return symbol >> 7;
}

/** @param {number} symbol @returns {number} */
function keyIdOf(symbol) {
  return (symbol >> 4) & 7;
}

/**
 * Return the bits of header, body and tag under a header symbol: docs/format.md, "Sizes".
 *
 * @param {number} symbol
 * @returns {number} 0 if it names an id width that does not exist.
 */
function wordBits(symbol) {
  const groupBytes = ID_BYTES[(symbol >> 2) & 3];
  const inviterBytes = ID_BYTES[symbol & 3];
  if (groupBytes === undefined || inviterBytes === undefined) return 0;
  return SYMBOL_BITS + 8 * (FIXED_BYTES + groupBytes + inviterBytes + TAG_BYTES);
}

/**
 * Return the symbols in the codeword that a header symbol opens.
 *
 * @param {number} symbol
 * @returns {number} 24 to 43; 0 if it names an id width that does not exist.
 */
function wordSymbols(symbol) {
  const bits = wordBits(symbol);
  return bits ? Math.ceil(bits / SYMBOL_BITS) + PARITY_SYMBOLS : 0;
}

const SHORTEST = wordSymbols(VERSION << 7);

/** @param {number} element @returns {number} */
function timesAlpha(element) {
  const doubled = element << 1;
  return doubled >> SYMBOL_BITS ? doubled ^ FIELD_POLYNOMIAL : doubled;
}

/** @param {number} left @param {number} right @returns {number} Their product in GF(1024). */
function multiply(left, right) {
  let product = 0;
  for (let rest = right, power = left; rest; rest >>= 1, power = timesAlpha(power)) {
    if (rest & 1) product ^= power;
  }
  return product;
}

/**
 * For each symbol s, the remainder of s x^3, from (x - a)(x - a^2)(x - a^3); a is 2.
 *
 * @returns {Int32Array}
 */
function remainderTable() {
  let generator = [1];
  for (let i = 0, root = 2; i < PARITY_SYMBOLS; i += 1, root = timesAlpha(root)) {
    const scaled = [0].concat(generator.map((coefficient) => multiply(root, coefficient)));
    generator = scaled.map((low, at) => low ^ (at < generator.length ? generator[at] : 0));
  }
  const table = new Int32Array(1 << SYMBOL_BITS);
  for (let symbol = 0; symbol < table.length; symbol += 1) {
    for (const coefficient of generator.slice(1)) {
      table[symbol] = (table[symbol] << SYMBOL_BITS) | multiply(symbol, coefficient);
    }
  }
  return table;
}

const REMAINDERS = remainderTable();

/**
 * Return the remainder of 1, symbols... as a polynomial, modulo the generator: 30 bits.
 *
 * @param {ArrayLike<number>} symbols
 * @returns {number}
 */
function remainder(symbols) {
  let rest = 1;
  for (let at = 0; at < symbols.length; at += 1) {
    rest = ((rest & LOW_MASK) << SYMBOL_BITS) ^ symbols[at] ^ REMAINDERS[rest >> LOW_BITS];
  }
  return rest;
}

/**
 * Read the symbol that begins at a glyph of a row.
 *
 * @param {ArrayLike<number>} values
 * @param {number} at
 * @param {number} step Glyphs per symbol.
 * @returns {number}
 */
function symbolAt(values, at, step) {
  if (step === 1) return values[at];
  return (values[at] << (SYMBOL_BITS / step)) | values[at + 1];
}

/**
 * Find the codewords in a row, wherever they begin.
 *
 * @param {Row} row
 * @param {ArrayLike<number>} bounds Of all characters.
 * @param {Script} script
 * @returns {Candidate[]}
 */
function candidates(row, bounds, script) {
  const values = row.values;
  const places = row.places;
  const step = script.glyphsPerSymbol;
  /** @type {Candidate[]} */
  const found = [];
  for (let first = 0; first + step <= values.length; first += 1) {
    const header = symbolAt(values, first, step);
    const size = wordSymbols(header);
    const last = first + size * step;
    if (!size || last > values.length || !mayBegin(header, row, first)) continue;
    const codeword = [];
    for (let at = first; at < last; at += step) codeword.push(symbolAt(values, at, step));
    if (!isWord(codeword)) continue;
    found.push({
      script: script.name,
      span: [bounds[places[first]], bounds[places[last - 1] + 1]],
      text: spell(codeword, script),
      codeword: codeword.join(),
      version: versionOf(header),
      keyId: keyIdOf(header),
    });
  }
  return found;
}

/**
 * Tell whether a codeword may begin here. Version 1 may begin anywhere. Another one, which can only be
 * reported, must not touch a glyph before it.
 *
 * @param {number} header
 * @param {Row} row
 * @param {number} first
 * @returns {boolean}
 */
function mayBegin(header, row, first) {
  if (versionOf(header) === VERSION || first === 0) return true;
  return row.places[first - 1] + 1 < row.places[first];
}

/**
 * Tell whether parity holds and, in version 1, the padding is zero.
 *
 * @param {number[]} codeword
 * @returns {boolean}
 */
function isWord(codeword) {
  if (remainder(codeword) !== TARGET_REMAINDER) return false;
  if (versionOf(codeword[0]) !== VERSION) return true;
  const dataSymbols = codeword.length - PARITY_SYMBOLS;
  const spareBits = SYMBOL_BITS * dataSymbols - wordBits(codeword[0]);
  return (codeword[dataSymbols - 1] & ((1 << spareBits) - 1)) === 0;
}

/**
 * Write a codeword in its one spelling.
 *
 * @param {number[]} codeword
 * @param {Script} script
 * @returns {string}
 */
function spell(codeword, script) {
  const glyphs = repertoireOf(script).glyphs;
  const bits = SYMBOL_BITS / script.glyphsPerSymbol;
  let spelling = "";
  let count = 0;
  for (const symbol of codeword) {
    for (let shift = SYMBOL_BITS - bits; shift >= 0; shift -= bits) {
      if (script.group && count && count % script.group === 0) spelling += script.separator;
      spelling += glyphs[(symbol >> shift) & (glyphs.length - 1)];
      count += 1;
    }
  }
  return spelling;
}

// --- What to send: is something damaged beside what was found? ----------------------------------

const DAMAGED_SYMBOLS = SHORTEST - PARITY_SYMBOLS; // a repair needs as many readable ones, at least
const GAPS_MAX = 3;
const GAP_CHARS_MAX = FACE_CHARS_MAX + 2;
const FIGURES_MIN = 6;

/**
 * Tell whether a text may hold a damaged passphrase besides those that were found in it.
 *
 * Then send the whole text, since only the backend can tell what is meant: sent alone, the whole
 * passphrase would open, although the person may have meant the damaged one. It rather says so once
 * too often: many different emoji, or a code of letters and figures, count as damaged too.
 *
 * @param {string} text Any text.
 * @param {readonly Candidate[]} found What `find` gives for it.
 * @returns {boolean}
 * @throws {TypeError} The text is no string.
 */
export function hasDamaged(text, found) {
  if (isTooLong(text)) return false;
  const characters = unwrap(charactersOf(text));
  return SCRIPTS.some((script) => hasDamagedIn(characters, found, script));
}

/**
 * Look for glyphs of one script, enough for a damaged codeword, with few gaps between them.
 *
 * @param {Characters} characters
 * @param {readonly Candidate[]} found
 * @param {Script} script
 * @returns {boolean}
 */
function hasDamagedIn(characters, found, script) {
  const bounds = characters.bounds;
  const size = DAMAGED_SYMBOLS * script.glyphsPerSymbol;
  /** @type {number[]} */
  let values = [];
  /** @type {number[]} */
  let gaps = []; // how many there are before each value
  let gap = 0;
  let next = 0;
  for (let place = 0; place < characters.codes.length; place += 1) {
    while (next < found.length && found[next].span[1] <= bounds[place]) next += 1;
    const isTaken = next < found.length && found[next].span[0] <= bounds[place];
    const value = isTaken ? FOREIGN : fold(characters.codes[place], script);
    if (value === FOREIGN) gap += 1;
    if (isTaken || gap > GAP_CHARS_MAX) {
      values = [];
      gaps = [];
    }
    if (value < 0) continue;
    gaps.push(gaps.length ? gaps[gaps.length - 1] + (gap ? 1 : 0) : 0);
    gap = 0;
    values.push(value);
    const first = values.length - size;
    if (first < 0 || gaps[values.length - 1] - gaps[first] > GAPS_MAX) continue;
    if (isVaried(values.slice(first), script)) return true;
  }
  return false;
}

/**
 * Tell glyphs of a codeword from chatter: they vary, and base 32 has figures and letters past F.
 *
 * @param {number[]} values
 * @param {Script} script
 * @returns {boolean}
 */
function isVaried(values, script) {
  if (script.glyphsPerSymbol === 1) return 2 * new Set(values).size >= values.length;
  const figures = values.filter((value) => value > 1 && value < 10); // 0 and 1 may be O, I or L
  const letters = values.filter((value) => value > 15);
  return figures.length >= FIGURES_MIN && 8 * letters.length >= values.length;
}

/** The stages one by one, for tests. Not part of the interface: they may change in any version. */
export const stages = {
  charactersOf,
  readings,
  unwrap,
  fold,
  rows,
  candidates,
  wordSymbols,
  remainder,
  isWord,
  spell,
};
