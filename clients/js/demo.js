// The page demo.html: what is pasted -> what an app would do with it. Nothing leaves the page.
//
// A text may also stand in the address behind "#text=", which browsers do not send to the server.

import { mended, open } from "./demo-open.js";
import { find, hasDamaged, isTooLong, VERSION } from "./passphrase.js";

// Minted with the published key of the README's example.
const EXAMPLE =
  "3 p:/ 复制这条消息，打开抖音，加入「火锅小分队」【🍻📃🦧🍩👦🪗💧⏬🐞🍺💒🍚🧦👳🎷🎨🐯🫣🐭🥈🫓🌏❌🥔🦌🔦🚣🧺🤴⏬】";

const VERDICTS = {
  empty: ["还没有内容。", "Nothing yet."],
  send: [
    "里面有完整的口令：应用可以把它交给服务器打开。",
    "There is a whole passphrase in it: an app would send it to its backend.",
  ],
  beside: [
    "里面有完整的口令，旁边可能还有受损的：应用会把整段文字交给服务器，由它判断。",
    "There is a whole passphrase in it, and maybe a damaged one: an app would send the whole text.",
  ],
  several: [
    "里面有多个口令：应用什么也不发送。请只复制一条消息。",
    "There are several passphrases in it: an app would send none. Copy one message only.",
  ],
  update: [
    "里面的口令是另一个版本的：应用应当请用户更新。",
    "The passphrase in it is of another version: an app would ask for an update.",
  ],
  none: [
    "没有完整的口令：应用什么也不发送。请重新复制整条消息。",
    "There is no whole passphrase in it: an app would send nothing. Copy the whole message again.",
  ],
  long: ["内容太长，不会读取。请只复制一条消息。", "Too long to be read. Copy one message only."],
};
const SCRIPT_NAMES = { emoji: "表情", hanzi: "汉字", base32: "字母数字" };

const pasted = document.getElementById("pasted");
const verdict = document.getElementById("verdict");
const list = document.getElementById("found");
const opened = document.getElementById("opened");

// In the language of the page that it stands in, or else of the browser.
const around = window.frameElement ? window.frameElement.ownerDocument.documentElement.lang : navigator.language;
document.documentElement.dataset.language = around.startsWith("zh") ? "zh" : "en";

/** Name the verdict on a text. */
function judge(text, found) {
  if (text === "") return "empty";
  if (isTooLong(text)) return "long";
  if (found.length === 0) return "none";
  const known = new Set(found.filter(({ version }) => version === VERSION).map(({ codeword }) => codeword));
  if (known.size > 1) return "several";
  if (known.size === 0) return "update";
  return hasDamaged(text, found) ? "beside" : "send";
}

/** Make an element with a text. */
function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
}

/** Show what is found in the text. */
function show() {
  const text = pasted.value;
  const found = find(text);
  const name = judge(text, found);
  const [chinese, english] = VERDICTS[name];
  verdict.dataset.verdict = name;
  verdict.textContent = "";
  verdict.append(element("p", chinese, { lang: "zh-Hans" }), element("p", english, { lang: "en" }));
  list.textContent = "";
  list.append(
    ...found.map(({ script, span, text: spelling, version, keyId }) => {
      const [start, end] = span;
      const item = element("li", "");
      item.append(
        element("span", spelling, { className: "spelling" }),
        element("small", `${SCRIPT_NAMES[script]} · 位置 ${start}–${end} · 版本 ${version} · 密钥 ${keyId}`, {
          lang: "zh-Hans",
        }),
        element("small", `${script} · place ${start}–${end} · version ${version} · key ${keyId}`, { lang: "en" })
      );
      return item;
    })
  );
  reveal(text, name, found);
}

const FIELDS = {
  group: ["群", "Group"],
  inviter: ["邀请人", "Inviter"],
  expires: ["有效期至", "Expires"],
  origin: ["发自", "Sent by"],
};
const APPS = { wechat: ["微信", "WeChat"], qq: ["QQ", "QQ"], in_app: ["应用内", "the app"] };

/** Write a pair of Chinese and English into an element. */
function both(name, [chinese, english]) {
  const made = element(name, "");
  made.append(element("span", chinese, { lang: "zh-Hans" }), element("span", english, { lang: "en" }));
  return made;
}

/** Show what a backend with the published key sees, and what it would repair. */
async function reveal(text, name, found) {
  opened.hidden = true;
  if (!globalThis.crypto?.subtle || !["send", "none"].includes(name)) return; // only in a secure context
  const whole = found.map(({ codeword, text: spelling }) => ({ codeword: codeword.split(",").map(Number), text: spelling }));
  for (const { codeword, text: spelling } of name === "send" ? whole : mended(text)) {
    const invite = await open(codeword);
    if (pasted.value !== text) return; // something else was pasted meanwhile
    if (invite) {
      card(invite, name === "send" ? null : spelling, text);
      return;
    }
  }
}

/** Fill the card. A repaired passphrase is shown with the glyphs that the text did not have. */
function card(invite, repaired, text) {
  const title = repaired
    ? ["后端会修复它，然后打开", "A backend repairs it, and opens it"]
    : ["后端打开后看到的（这里用公开的演示密钥）", "What a backend sees (here with a published key)"];
  const rows = { ...invite, origin: APPS[invite.origin], expires: invite.expires.toISOString().slice(0, 16).replace("T", " ") };
  const table = element("dl", "");
  for (const [field, words] of Object.entries(FIELDS)) {
    const shown = Array.isArray(rows[field]) ? rows[field] : [rows[field], rows[field]];
    table.append(both("dt", words), both("dd", shown));
  }
  opened.replaceChildren(both("h2", title), ...(repaired ? [spelled(repaired, text)] : []), table);
  opened.hidden = false;
}

function spelled(repaired, text) {
  const line = element("p", "", { className: "spelling" });
  const left = Array.from(text);
  let at = left.findIndex((glyph, index) => glyph === Array.from(repaired)[0] && left[index + 1] === Array.from(repaired)[1]);
  for (const glyph of repaired) {
    const isThere = left[at] === glyph;
    line.append(isThere ? glyph : element("mark", glyph));
    if (isThere || left[at] === "?") at += 1;
  }
  return line;
}

/** Put a text into the box. */
function put(text) {
  pasted.value = text;
  show();
}

/** Replace an emoji by a question mark, as some clients do. */
function damage() {
  const [candidate] = find(pasted.value || EXAMPLE);
  if (!candidate) return;
  const glyphs = Array.from(candidate.text);
  const at = 2 + Math.floor(Math.random() * (glyphs.length - 2));
  const damaged = [...glyphs.slice(0, at), "?", ...glyphs.slice(at + 1)].join("");
  const text = pasted.value || EXAMPLE;
  put(text.slice(0, candidate.span[0]) + damaged + text.slice(candidate.span[1]));
}

/** Take the text behind "#text=", if there is one. */
function takeFragment() {
  const text = new URLSearchParams(location.hash.slice(1)).get("text");
  if (text !== null) pasted.value = text;
  show();
}

document.getElementById("example").addEventListener("click", () => put(EXAMPLE));
document.getElementById("damage").addEventListener("click", damage);
document.getElementById("clear").addEventListener("click", () => put(""));
pasted.addEventListener("input", show);
addEventListener("hashchange", takeFragment);
takeFragment();
