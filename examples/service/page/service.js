// The requests of the page, and a list of them for whoever wants to look behind it.

export const log = [];
let changed = () => {};

/** Call a function whenever the list has changed. */
export function onLog(listener) {
  changed = listener;
}

/** Add a step to the list, the newest first. */
export function note(entry) {
  log.unshift(entry);
  changed();
  return entry;
}

/**
 * Send a request.
 *
 * @param {string} step Which of the page's steps it is.
 * @param {string} method
 * @param {string} path
 * @param {{body?: object, token?: string | null}} [more]
 * @returns {Promise<{status: number, body: any, entry: object}>} Status 0 if there was no answer.
 */
export async function call(step, method, path, more = {}) {
  const headers = {};
  if (more.body) headers["Content-Type"] = "application/json";
  if (more.token) headers.Authorization = `Bearer ${more.token}`;
  const entry = note({ step, method, path, sent: more.body, status: null, received: undefined, ms: 0 });
  const started = performance.now();
  try {
    const response = await fetch(path, { method, headers, body: more.body && JSON.stringify(more.body) });
    const text = await response.text();
    entry.status = response.status;
    entry.received = text ? JSON.parse(text) : undefined;
  } catch {
    entry.status = 0;
  }
  entry.ms = Math.round(performance.now() - started);
  changed();
  return { status: entry.status, body: entry.received, entry };
}
