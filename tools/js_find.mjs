// JSON strings on standard input, one a line -> what the JavaScript client finds in each, one a line.
// For tools/compare_js.py and tests/test_js_client.py: both sides of the pipe are plain ASCII.

import { createInterface } from "node:readline";

import { find, isTooLong, recognize } from "../clients/js/passphrase.js";

for await (const line of createInterface({ input: process.stdin })) {
  const text = JSON.parse(line);
  const found = find(text).map(({ script, span, text: spelling, version, keyId }) => [
    script,
    ...span,
    spelling,
    version,
    keyId,
  ]);
  const answer = JSON.stringify([isTooLong(text), recognize(text), found]);
  const ascii = answer.replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
  );
  process.stdout.write(`${ascii}\n`);
}
