// The samples of README.md run, and do what it says.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";

import { VERSION } from "../passphrase.js";
import { BASE32, EMOJI, HANZI, HEADER, spelled } from "./support.js";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const SAMPLES = Array.from(README.matchAll(/^```js\n(.*?)^```/gms), ([, sample]) => sample);
const CLIENT = new URL("../passphrase.js", import.meta.url).href;
const NEWER = spelled(EMOJI, HEADER + 128);
const SEVERAL = `${spelled(EMOJI)}。${spelled(BASE32, HEADER, 2)}`;
const DAMAGED = Array.from(spelled(EMOJI, HEADER, 2)).filter((_, at) => at !== 9).join("");
const BESIDE = `${spelled(HANZI)}，${DAMAGED}`;
const CASES = [
  [`${spelled(EMOJI)}。${spelled(HANZI)}`, ["open", spelled(EMOJI)]],
  [BESIDE, ["open", BESIDE]],
  [`老王: ${spelled(HANZI)} 快来`, ["open", spelled(HANZI)]],
  [`${spelled(EMOJI)}。${spelled(EMOJI)}`, ["open", spelled(EMOJI)]],
  [`${spelled(HANZI)}，${NEWER}`, ["open", spelled(HANZI)]],
];

/** Run a sample with what it finds around it, and return what it calls. */
async function run(sample, world) {
  const folder = mkdtempSync(join(tmpdir(), "sample-"));
  try {
    const file = join(folder, "sample.mjs");
    writeFileSync(file, sample.replace('"./passphrase.js"', JSON.stringify(CLIENT)));
    Object.assign(globalThis, world);
    await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the web page opens what it knows, and asks for an update of what it does not", async () => {
  const called = [];
  let paste;
  await run(SAMPLES[0], {
    document: { querySelector: () => ({ addEventListener: (_, listener) => (paste = listener) }) },
    openInvite: (text) => called.push(["open", text]),
    askForUpdate: () => called.push(["update"]),
    askForOneMessage: () => called.push(["several"]),
  });
  for (const [text, action] of [...CASES, [SEVERAL, ["several"]], [NEWER, ["update"]], ["nothing", undefined]]) {
    paste({ clipboardData: { getData: () => text } });
    assert.deepEqual(called.pop(), action);
  }
});

test("the mini-program opens what it knows, and says if there is nothing", async () => {
  const called = [];
  let clipboard = "";
  let page;
  await run(SAMPLES[1], {
    Page: (made) => (page = made),
    wx: {
      getClipboardData: ({ success }) => success({ data: clipboard }),
      showToast: ({ title }) => called.push(["toast", title]),
    },
    openInvite: (text) => called.push(["open", text]),
  });
  const nothing = ["toast", "没有找到完整的口令"];
  const several = ["toast", "请只复制一条消息"];
  for (const [text, action] of [...CASES, [SEVERAL, several], ["nothing", nothing], ["", nothing]]) {
    clipboard = text;
    page.onTapPaste();
    assert.deepEqual(called.pop(), action);
  }
});

test("there are two samples, and the version is the one that is named", () => {
  assert.equal(SAMPLES.length, 2);
  assert.equal(VERSION, 1);
});
