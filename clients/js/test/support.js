// What the tests share: codewords of any data, and sequences that count how often they are read.

import { stages } from "../passphrase.js";
import { PARITY_SYMBOLS, SCRIPTS, TARGET_REMAINDER } from "../tables.js";

export const [EMOJI, HANZI, BASE32] = SCRIPTS;
export const HEADER = 149; // version 1, key id 1, two 64-bit ids: 30 symbols, 4 spare bits

/** Append the parity symbols that make a codeword of data symbols. */
export function protect(data) {
  const blank = new Array(PARITY_SYMBOLS).fill(0);
  const parity = stages.remainder([...data, ...blank]) ^ TARGET_REMAINDER;
  return [...data, parity >> 20, (parity >> 10) & 1023, parity & 1023];
}

/** Make a codeword with a header symbol: any symbols, and zero padding. */
export function wordOf(header = HEADER, seed = 1) {
  const data = [header];
  const size = stages.wordSymbols(header) - PARITY_SYMBOLS;
  for (let at = 1; at < size; at += 1) data.push((seed * 389 + at * 617) % 1024);
  data[size - 1] &= 0b1100000000; // no header has more than 8 spare bits
  return protect(data);
}

/** Spell a codeword as a passphrase in a script. */
export function spelled(script, header = HEADER, seed = 1) {
  return stages.spell(wordOf(header, seed), script);
}

/** Wrap a sequence so that it counts how often one of its items is read. */
export function counted(items) {
  const counter = { reads: 0 };
  counter.items = new Proxy(items, {
    get(target, key) {
      if (key !== "length") counter.reads += 1;
      return target[key];
    },
  });
  return counter;
}
