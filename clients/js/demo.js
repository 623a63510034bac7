// The page demo.html: what is pasted -> what an app would do with it. Nothing leaves the page.
//
// A text may also stand in the address behind "#text=", which browsers do not send to the server.

import { find, hasDamaged, isTooLong, VERSION } from "./passphrase.js";

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
}

/** Take the text behind "#text=", if there is one. */
function takeFragment() {
  const text = new URLSearchParams(location.hash.slice(1)).get("text");
  if (text !== null) pasted.value = text;
  show();
}

pasted.addEventListener("input", show);
addEventListener("hashchange", takeFragment);
takeFragment();
