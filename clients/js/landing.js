// The page landing.html: an invite in the address behind "#" -> copy, install, press paste.
//
// Browsers do not send what stands behind "#", so no server learns of the invite. The page has no key: it
// recognises a passphrase, and only the backend knows whether it is genuine. What it shows is plain text.

import { find, VERSION } from "./passphrase.js";

// What a team sets. An empty address hides its button.
const APP = {
  name: { "zh-Hans": "示例应用", "zh-Hant": "範例應用", en: "Example" },
  openUrl: "https://app.example.com/i", // Universal Link and App Link, on another host than this page
  appStore: "https://apps.apple.com/app/id0000000000",
  play: "https://play.google.com/store/apps/details?id=com.example.app",
  playReferrer: "utm_source=invite", // nothing about the person or the invite: see docs/newcomers.md
  apk: "https://example.com/app.apk",
};
const FRAGMENT_UNITS_MAX = 16384;

const WORDS = {
  "zh-Hans": {
    title: "朋友邀请你进群",
    leads: {
      whole: "三步就能看到邀请：",
      empty: "三步就能看到邀请：",
      none: "这个链接里没有完整的邀请。请这样做：",
      several: "这个链接里有多个邀请。请只复制一条消息：",
      update: "打开这个邀请需要新版应用。更新之后，从聊天里再打开一次链接。",
    },
    copyStep: "复制口令",
    copyMessage: "回到聊天，复制整条消息",
    copy: "复制口令",
    copied: "已复制",
    refused: "没能自动复制。请长按上面的口令，选择“复制”。",
    installStep: (app) => `安装${app}（已安装就跳过）`,
    pasteStep: (app) => `打开${app}，点“粘贴”`,
    open: (app) => `打开${app}`,
    stores: { appStore: "App Store", play: "Google Play", apk: "下载安装包" },
    outside: (chat) => `${chat}里可能打不开应用商店。点右上角的“···”，选择“在浏览器打开”。`,
    chats: { wechat: "微信", qq: "QQ" },
    privacy: "口令只在这台设备上读取，这个页面不发送任何内容。",
  },
  "zh-Hant": {
    title: "朋友邀請你加入群組",
    leads: {
      whole: "三步就能看到邀請：",
      empty: "三步就能看到邀請：",
      none: "這個連結裡沒有完整的邀請。請這樣做：",
      several: "這個連結裡有多個邀請。請只複製一則訊息：",
      update: "打開這個邀請需要新版應用程式。更新之後，從聊天裡再打開一次連結。",
    },
    copyStep: "複製口令",
    copyMessage: "回到聊天，複製整則訊息",
    copy: "複製口令",
    copied: "已複製",
    refused: "無法自動複製。請長按上面的口令，選擇「複製」。",
    installStep: (app) => `安裝${app}（已安裝就略過）`,
    pasteStep: (app) => `打開${app}，點「貼上」`,
    open: (app) => `打開${app}`,
    stores: { appStore: "App Store", play: "Google Play", apk: "下載安裝檔" },
    outside: (chat) => `${chat}裡可能打不開應用程式商店。點右上角的「···」，選擇「在瀏覽器開啟」。`,
    chats: { wechat: "微信", qq: "QQ" },
    privacy: "口令只在這台裝置上讀取，這個頁面不傳送任何內容。",
  },
  en: {
    title: "A friend invites you to a group",
    leads: {
      whole: "Three steps to your invite:",
      empty: "Three steps to your invite:",
      none: "There is no whole invite in this link. Do this instead:",
      several: "There are several invites in this link. Copy one message only:",
      update: "This invite needs a newer app. Update it, then open the link in the chat again.",
    },
    copyStep: "Copy the passphrase",
    copyMessage: "Go back to the chat and copy the whole message",
    copy: "Copy",
    copied: "Copied",
    refused: "It could not be copied. Press and hold the passphrase above, then choose “Copy”.",
    installStep: (app) => `Install ${app}, unless you have it`,
    pasteStep: (app) => `Open ${app} and tap “Paste”`,
    open: (app) => `Open ${app}`,
    stores: { appStore: "App Store", play: "Google Play", apk: "Download the APK" },
    outside: (chat) => `${chat} may not open app stores. Tap “···” at the top right, then “Open in browser”.`,
    chats: { wechat: "WeChat", qq: "QQ" },
    privacy: "The passphrase is read on this device only. This page sends nothing.",
  },
};

const byId = (id) => document.getElementById(id);

let language = languageOf(navigator.language);
let copied = null; // or whether copying worked

/** Choose the language of the page by that of the browser. */
function languageOf(tag) {
  if (!/^zh/i.test(tag)) return "en";
  return /^zh-(tw|hk|mo|hant)/i.test(tag) ? "zh-Hant" : "zh-Hans";
}

/** Return the text behind "#". A malformed escape leaves it as it is. */
function fragment() {
  const written = location.hash.slice(1, 1 + FRAGMENT_UNITS_MAX);
  try {
    return decodeURIComponent(written);
  } catch (error) {
    return written;
  }
}

/** Return what the address holds: a name of WORDS.leads, and the passphrase if there is one. */
function judge(text) {
  if (text.trim() === "") return { name: "empty" };
  const found = find(text);
  const known = found.filter((each) => each.version === VERSION);
  if (new Set(known.map((each) => each.codeword)).size > 1) return { name: "several" };
  if (known.length > 0) return { name: "whole", passphrase: known[0].text };
  return { name: found.length > 0 ? "update" : "none" };
}

/** Return the chat app whose own browser this is; null in any other browser. */
function chatOf(agent) {
  if (/MicroMessenger/i.test(agent)) return "wechat";
  return /\bQQ\//i.test(agent) ? "qq" : null; // QQ's own browser, MQQBrowser, is one like others
}

/** Return the stores that this device may use, with their addresses. */
function storesOf(agent) {
  const play = APP.play && APP.playReferrer ? `${APP.play}&referrer=${encodeURIComponent(APP.playReferrer)}` : APP.play;
  const all = [["appStore", APP.appStore], ["play", play], ["apk", APP.apk]].filter((each) => each[1]);
  if (/iPhone|iPad|iPod/.test(agent)) return all.filter((each) => each[0] === "appStore");
  return /Android/.test(agent) ? all.filter((each) => each[0] !== "appStore") : all;
}

/** Write a text into an element, and hide the element without one. */
function write(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = text === "";
}

/** Show the page in its language. */
function show() {
  const words = WORDS[language];
  const app = APP.name[language];
  const { name, passphrase } = judge(fragment());
  const chat = chatOf(navigator.userAgent);
  document.documentElement.lang = language;
  document.documentElement.dataset.invite = name;
  document.title = words.title;
  for (const button of document.querySelectorAll("#languages button")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  write("outside", chat ? words.outside(words.chats[chat]) : "");
  write("title", words.title);
  write("lead", words.leads[name]);
  write("copy-step", passphrase ? words.copyStep : words.copyMessage);
  write("passphrase", passphrase || "");
  write("copy", passphrase ? words.copy : "");
  write("copied", copied === null ? "" : copied ? words.copied : words.refused);
  write("install-step", words.installStep(app));
  write("paste-step", words.pasteStep(app));
  write("open", passphrase && APP.openUrl ? words.open(app) : "");
  write("privacy", words.privacy);
  for (const id of ["passphrase", "copied"]) byId(id).classList.toggle("refused", copied === false);
  byId("open").href = passphrase ? `${APP.openUrl}#${encodeURIComponent(passphrase)}` : "";
  byId("stores").textContent = "";
  for (const [store, address] of storesOf(navigator.userAgent)) {
    const link = Object.assign(document.createElement("a"), { href: address, rel: "noreferrer" });
    link.textContent = words.stores[store];
    byId("stores").append(link);
  }
}

/** Select the passphrase, so that the person can copy it. */
function select() {
  const range = document.createRange();
  range.selectNodeContents(byId("passphrase"));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

/** Copy the passphrase; where the browser refuses, select it. */
async function copy() {
  try {
    await navigator.clipboard.writeText(byId("passphrase").textContent);
    copied = true;
  } catch (error) {
    select();
    copied = document.execCommand("copy"); // in web views without the other
  }
  show();
  if (!copied) select();
}

byId("copy").addEventListener("click", copy);
byId("languages").addEventListener("click", (event) => {
  const chosen = event.target.dataset.language;
  if (!chosen) return;
  language = chosen;
  show();
});
addEventListener("hashchange", () => {
  copied = null;
  show();
});
show();
