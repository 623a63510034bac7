// What happens to a message between two people.

export const WAYS = ["intact", "wrapped", "damaged", "torn", "forwarded", "client"];

/**
 * Make what the friend copies of a message.
 *
 * @param {string} message As the inviter sent it.
 * @param {string} passphrase The part of it that counts.
 * @param {string} way One of WAYS.
 * @param {string} sender Who is quoted.
 */
export function arrived(message, passphrase, way, sender) {
  const glyphs = Array.from(passphrase);
  const put = (changed) => message.replace(passphrase, () => changed);
  if (way === "wrapped") return `「${sender}: ${message}」\n- - - - - - - - - - - - - - -\n🤤🤤 ok!`;
  if (way === "damaged") return put([...glyphs.slice(0, 9), "?", ...glyphs.slice(10)].join(""));
  if (way === "torn") return put(glyphs.slice(0, 16).join(""));
  if (way === "client") return put(glyphs.map((glyph) => `&#x${glyph.codePointAt(0).toString(16)};`).join(""));
  return message;
}
