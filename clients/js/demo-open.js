// What a backend does with a passphrase, for the page demo.html: repair one glyph, verify and open it.
//
// The key is the published one of the README's example, so whoever knows it can make invites that open
// here. A real key is never in a page. Source: docs/format.md, "Tag and seal" and "Body".
//
// Shapes:
//   codeword  symbols, ints in [0, 1024): the header first, 3 parity symbols last
//   raw       the sealed body, then 10 bytes of tag

import { stages, VERSION } from "./passphrase.js";
import { FIXED_BYTES, ID_BYTES, PARITY_SYMBOLS, SCRIPTS, TAG_BYTES } from "./tables.js";

const SECRET = Uint8Array.from({ length: 32 }, (_, at) => at);
const AUDIENCE = "douyin";
const EPOCH = Date.UTC(2026, 0, 1);
const ORIGINS = ["in_app", "wechat", "qq"];
const SYMBOLS = 1024;
const SHORTEST = 23; // a codeword has 24 to 43 symbols
const LONGEST = 44;
const ROWS_MAX = 2;
const MARKS = /[?？□\ufffd]/g; // what a client leaves where a glyph was

const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

async function hmac(secret, message) {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message));
}

function derived(purpose) {
  return hmac(SECRET, new TextEncoder().encode(`passphrase/v1/${purpose}/${AUDIENCE}`));
}

/** HKDF-Expand with SHA-256. */
async function keystream(seed, length) {
  const key = await derived("seal");
  let stream = new Uint8Array();
  let block = new Uint8Array();
  for (let counter = 1; stream.length < length; counter += 1) {
    block = await hmac(key, join(block, seed, [counter]));
    stream = join(stream, block);
  }
  return stream.slice(0, length);
}

/** Return the bytes of a codeword. */
function rawOf(codeword) {
  const header = codeword[0];
  const length = FIXED_BYTES + ID_BYTES[(header >> 2) & 3] + ID_BYTES[header & 3] + TAG_BYTES;
  const symbols = codeword.slice(1, -PARITY_SYMBOLS);
  let number = symbols.reduce((sum, symbol) => (sum << 10n) | BigInt(symbol), 0n);
  number >>= BigInt(10 * symbols.length - 8 * length);
  const raw = new Uint8Array(length);
  for (let at = length - 1; at >= 0; at -= 1, number >>= 8n) raw[at] = Number(number & 255n);
  return raw;
}

function idOf(bytes) {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return bytes.length === 16 ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") : String(BigInt(`0x${digits}`));
}

/**
 * Verify and open a codeword.
 *
 * @param {number[]} codeword
 * @returns {Promise<object | null>} The invite; null if the published key has not signed it.
 */
export async function open(codeword) {
  const header = [codeword[0] >> 8, codeword[0] & 255];
  const raw = rawOf(codeword);
  const tag = raw.slice(-TAG_BYTES);
  const stream = await keystream(join(header, tag), raw.length - TAG_BYTES);
  const body = raw.slice(0, -TAG_BYTES).map((byte, at) => byte ^ stream[at]);
  const expected = await hmac(await derived("sign"), join(header, body));
  if (tag.some((byte, at) => byte !== expected[at])) return null;
  const fixed = body.slice(0, FIXED_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
  const middle = FIXED_BYTES + ID_BYTES[(codeword[0] >> 2) & 3];
  const flags = Math.floor(fixed / 2 ** 16);
  return {
    group: idOf(body.slice(FIXED_BYTES, middle)),
    inviter: idOf(body.slice(middle)),
    expires: new Date(EPOCH + Math.floor(fixed / 2 ** 23) * 60000),
    origin: ORIGINS[(flags >> 4) & 7],
  };
}

/**
 * Find the codewords from which a row of a text differs in one glyph: lost, wrong or too many.
 *
 * Two rows of a text are tried, since each takes a moment.
 *
 * @param {string} text
 * @returns {{codeword: number[], text: string}[]} Their parity is sound; nothing else is known.
 */
export function mended(text) {
  const found = [];
  for (const characters of stages.readings(stages.charactersOf(text.replace(MARKS, "")))) {
    for (const script of SCRIPTS.filter(({ glyphsPerSymbol }) => glyphsPerSymbol === 1)) {
      const rows = stages.rows(characters, script).map(({ values }) => Array.from(values));
      for (const values of rows.filter(({ length }) => length >= SHORTEST && length <= LONGEST).slice(0, ROWS_MAX)) {
        for (const codeword of neighbours(values)) found.push({ codeword, text: stages.spell(codeword, script) });
      }
    }
  }
  return found;
}

/** Yield the codewords that differ from some symbols in one. */
function* neighbours(symbols) {
  for (let at = 0; at <= symbols.length; at += 1) {
    const before = symbols.slice(0, at);
    const from = symbols.slice(at);
    const after = symbols.slice(at + 1);
    const size = at ? stages.wordSymbols(symbols[0]) : 0; // 0: the header is another one
    if (!size || size < symbols.length) yield* sound([...before, ...after]);
    for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
      if (!size || size > symbols.length) yield* sound([...before, symbol, ...from]);
      if (!size || size === symbols.length) yield* sound([...before, symbol, ...after]);
    }
  }
}

function* sound(codeword) {
  const [header] = codeword;
  if (header >> 7 === VERSION && stages.wordSymbols(header) === codeword.length && stages.isWord(codeword)) yield codeword;
}
