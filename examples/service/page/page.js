// Two phones and a chat between them. Everything that is decided is decided by the service; the page
// only recognises, on the device, whether there is something to send.

import { find, hasDamaged, isTooLong, VERSION } from "./reader/passphrase.js";
import { call, log, note, onLog } from "./service.js";
import { arrived, WAYS } from "./way.js";
import { WORDS } from "./words.js";

const STICKERS = { wave: "👋", hotpot: "🍲", dance: "💃" };
const COLOURS = ["#f2994a", "#5b8def", "#27ae7a", "#b06ae0"];
const OTHER = { wechat: "qq", qq: "wechat" };
const SETTINGS = { to: "wechat", cap: 1, minutes: 10080, approval: false, mutual_follow: false };

let state;
let words;

/** Make an element: `on…` are listeners, `data` is the dataset, anything else a property. */
function h(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "data") Object.assign(made.dataset, value);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key.startsWith("aria-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return made;
}

/** Make a button that names what it does, for tests and for the hint at the next step. */
function act(name, label, onclick, more = {}) {
  const isNext = state.next === name;
  const className = `${more.className ?? ""}${isNext ? " next" : ""}`.trim();
  const once = () => alone(onclick);
  return h("button", { type: "button", ...more, className, data: { act: name, ...more.data }, onclick: once }, label);
}

/** Do one thing at a time: a second tap while the service answers does nothing. */
async function alone(action) {
  if (state.isBusy) return;
  state.isBusy = true;
  try {
    await action();
  } finally {
    state.isBusy = false;
  }
}

/** Show a person by the letter that tells them apart: the last hanzi, or the first letter. */
function avatar(name, at) {
  const letters = Array.from(name);
  const letter = /[a-z]/i.test(letters[0]) ? letters[0] : letters[letters.length - 1];
  const made = h("span", { className: "avatar", "aria-hidden": "true" }, letter);
  made.style.setProperty("--colour", COLOURS[at % COLOURS.length]);
  return made;
}

// --- What happens ------------------------------------------------------------------------------

/** Begin with a new group and new people, in a language. */
async function start(locale) {
  words = WORDS[locale];
  document.documentElement.lang = locale;
  log.length = 0;
  const { status, body } = await call("world", "POST", "/demo/worlds", { body: { locale } });
  const settings = state ? state.settings : SETTINGS;
  state = { locale, settings: { ...settings }, minted: null, sent: false, way: "intact", clipboard: null };
  state.world = status === 201 ? body : null;
  state.failure = status === 201 ? "" : words.failed;
  const friends = state.world ? state.world.friends : [];
  state.friends = [...friends, { name: words.newcomer, token: null, isNew: true }].map(newFriend);
  state.at = 0;
  state.members = state.world ? [state.world.owner.name] : [];
  state.feed = state.world ? [{ line: words.created(state.world.owner.name) }] : [];
  state.asks = [];
  render();
}

function newFriend(person) {
  return { ...person, text: "", verdict: "", popup: null, entry: null, joined: false, waiting: false, follows: false };
}

function friend() {
  return state.friends[state.at];
}

function token() {
  return state.world.owner.token;
}

/** Say what a refusal means. */
function refusal({ status, body }) {
  if (status === 422 || status === 413) return body.message;
  return (body && words.errors[body.error]) || words.failed;
}

async function mint() {
  const { settings, locale, world } = state;
  const body = { group_id: world.group_id, ...settings, locale };
  const answer = await call("mint", "POST", "/invites", { body, token: token() });
  state.failure = answer.status === 201 ? "" : refusal(answer);
  if (answer.status === 201) {
    state.minted = { ...answer.body, to: settings.to, cap: settings.cap, used: 0, revoked: false };
    Object.assign(state, { sent: false, way: "intact", clipboard: null });
    for (const each of state.friends) Object.assign(each, { text: "", verdict: "", popup: null, waiting: false });
  }
  render();
}

function copyMessage() {
  navigator.clipboard?.writeText(state.minted.message).catch(() => {}); // the real one too, if it may
  state.sent = true;
  render();
  bring("#chat");
}

async function revoke() {
  const path = `/invites/${state.minted.fingerprint}/revoke`;
  const { status } = await call("revoke", "POST", path, { token: token() });
  state.minted.revoked = status === 204;
  render();
}

async function count() {
  const path = `/invites/${state.minted.fingerprint}`;
  const { status, body } = await call("state", "GET", path, { token: token() });
  if (status === 200) state.minted.used = body.settled;
  render();
}

function transit() {
  const { minted, way, world } = state;
  return arrived(minted.message, minted.passphrase, way, world.owner.name);
}

/** The friend copies what has arrived, in the app where it has arrived. */
function copyArrived() {
  const app = state.way === "forwarded" ? OTHER[state.minted.to] : state.minted.to;
  state.clipboard = { text: transit(), source: app };
  navigator.clipboard?.writeText(state.clipboard.text).catch(() => {});
  render();
  bring("#friend");
}

/** Where the phones stand below each other, go to the one where the story goes on. */
function bring(selector) {
  if (matchMedia("(max-width: 760px)").matches) document.querySelector(selector).parentElement.scrollIntoView();
}

/** Look at a text on the device; open it if there is a passphrase in it. */
async function look(text) {
  const one = friend();
  Object.assign(one, { text, verdict: "", popup: null });
  const found = find(text);
  const known = found.filter(({ version }) => version === VERSION);
  const different = new Set(known.map(({ codeword }) => codeword)).size;
  const told = known.map(({ script, keyId, version, span }) => ({ script, keyId, version, span }));
  note({ step: "look", method: "find(text)", path: "", status: "device", received: told });
  if (isTooLong(text)) one.verdict = "long";
  else if (different > 1) one.verdict = "several";
  else one.verdict = different === 1 ? "seen" : "unseen";
  render();
  if (one.verdict === "seen") await open(one, hasDamaged(text, found) ? text : known[0].text);
}

/** Ask the service for the popup. */
async function open(one, text) {
  const source = state.clipboard ? state.clipboard.source : state.minted?.to ?? null;
  one.asked = { text, source, locale: state.locale };
  const answer = await call("open", "POST", "/invites/open", { body: one.asked, token: one.token });
  one.popup =
    answer.status === 200
      ? answer.body
      : { action: "none", reason: answer.body?.error, title: refusal(answer), message: "", button: "OK" };
  one.entry = answer.entry;
  render();
  document.querySelector("#friend .popup .main")?.focus({ preventScroll: true });
}

async function join(one) {
  const answer = await call("join", "POST", "/invites/join", { body: one.asked, token: one.token });
  one.entry = answer.entry;
  if (answer.status !== 200) {
    one.popup = { action: "none", reason: answer.body?.error, title: refusal(answer), message: "", button: "OK" };
    return render();
  }
  const { prompt, line } = answer.body;
  if (prompt.action === "join") {
    admitted(one, line, prompt.icebreakers);
  } else if (prompt.action === "request") {
    Object.assign(one, { popup: null, waiting: true });
    await listRequests();
  } else {
    one.popup = prompt;
  }
  return count();
}

function admitted(one, line, icebreakers) {
  Object.assign(one, { popup: null, joined: true, waiting: false, icebreakers });
  state.members.push(one.name);
  state.feed.push({ line });
}

async function listRequests() {
  const path = `/groups/${state.world.group_id}/requests`;
  const { status, body } = await call("requests", "GET", path, { token: token() });
  if (status === 200) state.asks = body;
}

async function decide(ask, answer) {
  const path = `/groups/${state.world.group_id}/requests/${ask.fingerprint}/${ask.user_id}/${answer}?locale=${state.locale}`;
  const { status, body } = await call("answer", "POST", path, { token: token() });
  const one = state.friends.find(({ user_id }) => user_id === ask.user_id);
  one.waiting = false;
  if (status === 200 && body.joined) admitted(one, body.line, Object.keys(STICKERS));
  else if (answer === "approve") state.failure = words.refusedLate;
  await listRequests();
  await count();
}

/** Sign a newcomer in; the passphrase has waited on the device and opens again. */
async function signIn(one, name) {
  const answer = await call("signIn", "POST", "/demo/sign-in", { body: { name } });
  if (answer.status !== 201) {
    one.popup = { action: "none", title: refusal(answer), message: "", button: "OK" };
    return render();
  }
  Object.assign(one, answer.body, { signingIn: false, isNew: false });
  return open(one, one.asked.text);
}

async function follow(one, mutual) {
  const body = { user_id: state.world.owner.user_id, mutual };
  const { status } = await call("follow", "PUT", "/demo/follows", { body, token: one.token });
  if (status === 204) one.follows = mutual;
  render();
}

// --- What is seen ------------------------------------------------------------------------------

/** Name the act that takes the story on. */
function nextAct() {
  const { minted, sent, clipboard } = state;
  const one = friend();
  if (one.popup?.action === "join" || one.popup?.action === "request") return "accept";
  if (one.popup?.action === "sign_in") return "sign-in";
  if (one.signingIn) return "signed";
  if (one.popup) return "close";
  if (state.asks.length) return "approve";
  if (!minted) return "mint";
  if (!sent) return "copy";
  if (!clipboard) return "take";
  if (one.verdict === "unseen") return "anyway";
  return one.joined || one.waiting ? "" : "paste";
}

function render() {
  state.next = state.world ? nextAct() : "";
  const put = (selector, ...children) => document.querySelector(selector).replaceChildren(...children.flat());
  put(".hero h1", words.title);
  put(".hero p", words.lead);
  put("[data-act=restart]", words.restart);
  put(".inviter h2", words.inviter);
  put(".between h2", words.between);
  put(".friend h2", words.friend);
  put(".requests h2", words.requests);
  put(".requests .lead", words.requestsLead);
  for (const button of document.querySelectorAll("[data-locale]"))
    button.setAttribute("aria-pressed", String(button.dataset.locale === state.locale));
  put("#inviter", state.world ? inviterScreen() : h("p", { className: "failure" }, state.failure));
  put("#chat", state.world ? chatScreen() : "");
  put("#friend", state.world ? friendScreen() : "");
  for (const list of document.querySelectorAll(".feed")) list.scrollTop = list.scrollHeight;
  renderLog();
}

function statusBar() {
  return h("div", { className: "bar", "aria-hidden": "true" }, h("b", {}, "9:41"), h("span", {}, "▂▄▆ 100%"));
}

function groupHead() {
  const { group_name: name } = state.world;
  const faces = h("span", { className: "faces" }, state.members.slice(0, 4).map(avatar));
  const titles = h("div", {}, h("b", {}, name), h("small", {}, words.members(state.members.length)));
  return h("div", { className: "head" }, h("span", { className: "dish", "aria-hidden": "true" }, "🍲"), titles, faces);
}

function feed() {
  const rows = state.feed.map(({ line, sticker, from }) =>
    line
      ? h("li", { className: "line" }, line)
      : h("li", { className: "sticker" }, avatar(from, state.members.indexOf(from)), h("span", {}, sticker))
  );
  return h("ul", { className: "feed" }, rows);
}

function segments(name, label, options) {
  const buttons = options.map(([value, text]) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(state.settings[name] === value),
        data: { set: name, value: String(value) },
        onclick: () => {
          state.settings[name] = value;
          render();
        },
      },
      text
    )
  );
  const group = { className: "segments", role: "group", "aria-label": label };
  return h("div", { className: "row" }, h("span", {}, label), h("div", group, buttons));
}

function toggle(name, label, isOn, onchange) {
  const box = h("input", { type: "checkbox", role: "switch", checked: isOn, data: { set: name }, onchange });
  return h("label", { className: "row toggle" }, h("span", {}, label), box);
}

function setting(name, label) {
  return toggle(name, label, state.settings[name], (event) => {
    state.settings[name] = event.target.checked;
    render();
  });
}

function inviterScreen() {
  const { minted } = state;
  return [
    statusBar(),
    groupHead(),
    feed(),
    state.asks.map((ask) =>
      h(
        "div",
        { className: "card ask" },
        h("span", {}, words.asks(ask.name)),
        act("decline", words.decline, () => decide(ask, "decline"), { className: "quiet" }),
        act("approve", words.approve, () => decide(ask, "approve"), { className: "small main" })
      )
    ),
    h(
      "div",
      { className: "sheet" },
      h("h3", {}, words.invite),
      segments("to", words.by, [["wechat", words.wechat], ["qq", words.qq]]),
      segments("cap", words.cap, [[1, words.capOne], [2, words.capFew], [null, words.capNone]]),
      segments("minutes", words.lasts, [[10080, words.week], [60, words.hour], [2, words.minute]]),
      setting("approval", words.approval),
      setting("mutual_follow", words.mutual),
      act("mint", words.mint, mint, { className: minted ? "second wide" : "main wide" }),
      minted && mintedCard(minted),
      state.failure && h("p", { className: "failure" }, state.failure)
    ),
  ].flat();
}

function mintedCard(minted) {
  const used = h("span", { className: "used", data: { used: String(minted.used) } }, words.used(minted.used, minted.cap));
  return h(
    "div",
    { className: `card minted${minted.revoked ? " revoked" : ""}` },
    h("p", { className: "message", id: "message" }, minted.message),
    act("copy", state.sent ? words.copied : words.copy(words[minted.to]), copyMessage, { className: `main wide ${minted.to}` }),
    h(
      "div",
      { className: "row" },
      used,
      act("revoke", minted.revoked ? words.revoked : words.revoke, revoke, { className: "quiet", disabled: minted.revoked })
    )
  );
}

function chatScreen() {
  const { minted, sent, way, world } = state;
  if (!sent) return [h("div", { className: "chat-top" }, "💬"), h("p", { className: "empty" }, words.emptyChat)];
  const app = way === "forwarded" ? OTHER[minted.to] : minted.to;
  const copied = state.clipboard && state.clipboard.text === transit();
  const bubble = act("take", transit(), copyArrived, { className: `bubble ${app}`, id: "bubble" });
  const chips = WAYS.map((each) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(each === way),
        data: { way: each },
        onclick: () => {
          Object.assign(state, { way: each, clipboard: null });
          render();
        },
      },
      words[each]
    )
  );
  return [
    h("div", { className: `chat-top ${app}` }, words.chatOf(words[app])),
    h(
      "div",
      { className: "talk" },
      h("div", { className: "said" }, bubble, avatar(world.owner.name, 0)),
      h("p", { className: "hint" }, copied ? `✓ ${words.copiedThere}` : words.tapToCopy)
    ),
    h("div", { className: "way" }, h("h3", {}, words.onItsWay), h("div", { className: "chips" }, chips), h("p", {}, words.why[way])),
  ];
}

function friendScreen() {
  const one = friend();
  const people = state.friends.map((each, at) => {
    const onclick = () => {
      state.at = at;
      render();
    };
    const properties = { type: "button", "aria-pressed": String(at === state.at), data: { friend: String(at) }, onclick };
    return h("button", properties, each.isNew ? h("span", { className: "avatar guest" }, "＋") : avatar(each.name, at + 1), h("small", {}, each.name));
  });
  return [
    statusBar(),
    h("div", { className: "people", role: "group" }, people),
    one.joined ? inGroup(one) : atHome(one),
    one.signingIn ? signInSheet(one) : one.popup && popup(one),
  ].filter(Boolean);
}

function inGroup(one) {
  const stickers = (one.icebreakers ?? []).map((id) =>
    act(
      "icebreaker",
      STICKERS[id] ?? id,
      () => {
        state.feed.push({ sticker: STICKERS[id] ?? id, from: one.name });
        render();
      },
      { "aria-label": id, data: { icebreaker: id } }
    )
  );
  const greeting = h("div", { className: "card icebreakers" }, h("small", {}, words.welcome), h("div", {}, stickers));
  return h("div", { className: "inside" }, groupHead(), feed(), stickers.length ? greeting : null);
}

function atHome(one) {
  const box = h("textarea", { value: one.text, placeholder: words.pasteHere, "aria-label": words.pasteHere, spellcheck: false });
  box.addEventListener("paste", (event) => {
    event.preventDefault();
    look(event.clipboardData.getData("text/plain"));
  });
  box.addEventListener("input", () => {
    one.text = box.value;
  });
  const take = () => {
    const text = state.clipboard ? state.clipboard.text : one.text;
    if (text) return look(text);
    one.verdict = "nothingCopied";
    return render();
  };
  const { owner } = state.world;
  return h(
    "div",
    { className: "inside home" },
    h("p", { className: "hello" }, one.token ? words.hello(one.name) : words.guest),
    box,
    act("paste", words.paste, take, { className: "main wide" }),
    one.verdict && h("p", { className: `verdict ${one.verdict}`, role: "status" }, words[one.verdict]),
    one.verdict === "unseen" && act("anyway", words.anyway, () => open(one, one.text), { className: "second wide" }),
    one.waiting && h("p", { className: "verdict waiting", role: "status" }, words.waiting),
    one.token && toggle("follow", words.follow(owner.name), one.follows, (event) => follow(one, event.target.checked))
  );
}

function popup(one) {
  const { action, reason, title, message, button } = one.popup;
  const close = () => {
    one.popup = null;
    render();
  };
  const startSignIn = () => {
    Object.assign(one, { popup: null, signingIn: true });
    render();
  };
  const acts = { join: ["accept", () => join(one)], request: ["accept", () => join(one)], sign_in: ["sign-in", startSignIn] };
  const [name, onclick] = acts[action] ?? ["close", close];
  const tag = h("a", { className: "tag", href: "#requests", data: { reason: reason ?? action } }, `${action}${reason ? ` · ${reason}` : ""}`);
  tag.addEventListener("click", () => {
    one.entry.isOpen = true;
    renderLog();
  });
  return h(
    "div",
    { className: "veil" },
    h(
      "div",
      { className: `popup ${action}`, role: "dialog", "aria-label": title },
      h("span", { className: "badge", "aria-hidden": "true" }, action === "none" ? "🍂" : "🎉"),
      h("h3", {}, title),
      message && h("p", {}, message),
      act(name, button, onclick, { className: "main wide" }),
      name !== "close" && act("later", words.later, close, { className: "quiet" }),
      tag
    )
  );
}

function signInSheet(one) {
  const name = h("input", { value: words.you, maxLength: 20, "aria-label": words.nickname, id: "nickname" });
  const form = h(
    "form",
    { className: "popup sign", role: "dialog", "aria-label": words.signInTitle },
    h("span", { className: "badge", "aria-hidden": "true" }, "👋"),
    h("h3", {}, words.signInTitle),
    h("p", {}, words.signInLead),
    name,
    h("button", { className: `main wide${state.next === "signed" ? " next" : ""}`, data: { act: "signed" } }, words.signIn)
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    alone(() => signIn(one, name.value.trim() || words.you));
  });
  return h("div", { className: "veil" }, form);
}

function renderLog() {
  const rows = log.map((entry) => {
    const isDevice = entry.status === "device";
    const kind = isDevice ? "device" : entry.status === null ? "running" : entry.status >= 200 && entry.status < 300 ? "good" : "bad";
    const what = h("code", {}, isDevice ? entry.method : `${entry.method} ${entry.path}`);
    const outcome = h("span", { className: `status ${kind}` }, isDevice ? words.device : String(entry.status ?? "…"));
    const took = h("span", { className: "ms" }, isDevice || entry.status === null ? "" : `${entry.ms} ms`);
    const parts = [[words.sent, entry.sent], [words.received, entry.received]]
      .filter(([, json]) => json !== undefined)
      .map(([title, json]) => h("div", {}, h("h4", {}, title), h("pre", {}, JSON.stringify(json, hide, 2))));
    const summary = h("summary", {}, outcome, what, h("span", { className: "said" }, words.steps[entry.step]), took);
    const row = h("details", { open: Boolean(entry.isOpen) }, summary, h("div", { className: "bodies" }, parts));
    row.addEventListener("toggle", () => {
      entry.isOpen = row.open;
    });
    return h("li", { data: { step: entry.step } }, row);
  });
  document.querySelector("#requests").replaceChildren(...(rows.length ? rows : [h("li", { className: "none" }, words.none)]));
}

/** A token is a secret, on the screen too. */
function hide(key, value) {
  return key === "token" ? "…" : value;
}

// --- Begin -------------------------------------------------------------------------------------

function ownLocale() {
  const own = navigator.language;
  if (/^zh-(TW|HK|MO|Hant)/i.test(own)) return "zh-Hant";
  return own.startsWith("zh") ? "zh-Hans" : "en";
}

for (const button of document.querySelectorAll("[data-locale]"))
  button.addEventListener("click", () => start(button.dataset.locale));
document.querySelector("[data-act=restart]").addEventListener("click", () => start(state.locale));
onLog(renderLog);
start(new URLSearchParams(location.search).get("lang") in WORDS ? new URLSearchParams(location.search).get("lang") : ownLocale());
