// The types of tables.js: the numbers, ranges and glyphs of format version 1.

/** The version of the format that this package reads. */
export const VERSION: number;
export const PARITY_SYMBOLS: number;
export const TAG_BYTES: number;
export const FIXED_BYTES: number;
/** The sizes of an id. */
export const ID_BYTES: readonly number[];
export const FIELD_POLYNOMIAL: number;
export const TARGET_REMAINDER: number;
/** The longest text that is read, in code points. */
export const MAX_CHARS: number;

/** A code point, then the code points that stand for it when U+200D joins them. */
export const COUPLES: readonly (readonly number[])[];

/** First, last, first, last, ... code points that are skipped, inclusive and rising. */
export const IGNORABLE_RANGES: readonly number[];

/** The name of a script. */
export type ScriptName = "emoji" | "hanzi" | "base32";

/** The glyphs in which symbols are written. */
export interface Script {
  readonly name: ScriptName;
  /** 1024 glyphs, one a symbol, or 32, two a symbol: the value of a glyph is its position. */
  readonly glyphs: string;
  readonly glyphsPerSymbol: 1 | 2;
  /** How many glyphs stand between two separators; 0 if there is none. */
  readonly group: number;
  readonly separator: string;
  /** Runs [code, glyphs]: the code point `code + i` is read as the glyph `glyphs[i]`. */
  readonly aliases: readonly (readonly [code: number, glyphs: string])[];
  /** More such ranges, which are skipped within this script. */
  readonly alsoIgnorable: readonly number[];
}

export const SCRIPTS: readonly Script[];
