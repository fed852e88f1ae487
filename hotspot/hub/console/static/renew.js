// Parts of a page that renew themselves: <div id="…" data-renew="15" hx-get="…" hx-trigger="refresh" …> every 15 seconds, while somebody
// looks. A part without data-renew in the answer has come to its end.
"use strict";

const renewed = new Map();

function renewAll(at, all) {
  if (document.visibilityState !== "visible") return;
  for (const part of document.querySelectorAll("[data-renew]")) {
    if (!renewed.has(part.id)) renewed.set(part.id, at);
    if (!all && at - renewed.get(part.id) < part.dataset.renew * 1000) continue;
    renewed.set(part.id, at);
    part.dispatchEvent(new Event("refresh"));
  }
}

setInterval(() => renewAll(performance.now(), false), 500);
document.addEventListener("visibilitychange", () => renewAll(performance.now(), true));
