// The types of passphrase.js, which says more about each. A test compares the names of both files.

import type { ScriptName } from "./tables.js";

export { MAX_CHARS, VERSION } from "./tables.js";
export type { ScriptName };

/** A codeword found in a text: its parity is sound, but only the backend can check its tag. */
export interface Candidate {
  readonly script: ScriptName;
  /** Start and end in the text, in UTF-16 units: `text.slice(...span)` is the passphrase as pasted. */
  readonly span: readonly [start: number, end: number];
  /** The canonical spelling: what to copy, or to send to the backend. */
  readonly text: string;
  /** Its symbols, separated by commas: equal for one invite in two scripts. */
  readonly codeword: string;
  /** 0 to 7. If it is not `VERSION`, ask the person to update the app. */
  readonly version: number;
  /** 0 to 7: the key that signed it. */
  readonly keyId: number;
}

/**
 * Return whether a text contains a whole passphrase, of any version.
 *
 * @param text Any text. One that is too long contains none.
 * @param maxChars The longest text that is read, in code points: `MAX_CHARS` by default.
 * @throws {TypeError} The text is not a string.
 */
export function recognize(text: string, maxChars?: number): boolean;

/**
 * Return every whole passphrase in a text, in order.
 *
 * @param text Any text. One that is too long contains none.
 * @param maxChars The longest text that is read, in code points: `MAX_CHARS` by default.
 * @throws {TypeError} The text is not a string.
 */
export function find(text: string, maxChars?: number): Candidate[];

/**
 * Return whether a text has more than `maxChars` code points, so that nothing is read in it.
 *
 * @param text Any text.
 * @param maxChars `MAX_CHARS` by default.
 * @throws {TypeError} The text is not a string.
 */
export function isTooLong(text: string, maxChars?: number): boolean;

/**
 * Return whether a damaged passphrase may stand beside those that were found. Then send the whole text.
 *
 * @param text Any text.
 * @param found The answer of `find` for this text.
 * @throws {TypeError} The text is not a string.
 */
export function hasDamaged(text: string, found: readonly Candidate[]): boolean;

/** For the tests of this package: can change in any version. */
export const stages: unknown;
