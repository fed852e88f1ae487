// Keeps the overview up to date: what has changed comes as server-sent events. Only texts, classes and one reference are set, never HTML.
"use strict";

const live = document.getElementById("live");
const words = document.getElementById("live-words");
const RETRY = 30_000;
let source = null;
let since = live.dataset.since;
let again = 0;

function say(state, text) {
  live.className = `live ${state}`;
  words.textContent = text;
}

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function state(element, sign, text) {
  const badge = element.querySelector(".state");
  badge.className = `state ${sign}`;
  badge.querySelector("use").setAttribute("href", `#i-${sign}`);
  put(badge.querySelector("b"), text);
}

function hall(name, [sign, text, line, online, visits]) {
  const row = document.getElementById(`h-${name}`);
  if (!row) return;
  state(row, sign, text);
  put(row.querySelector(".line"), line);
  put(row.querySelector(".o"), online);
  put(row.querySelector(".v"), visits);
}

function town(name, [sign, text, online, visits]) {
  const head = document.querySelector(`#g-${CSS.escape(name)} > summary`);
  if (!head || narrowed()) return;
  state(head, sign, text);
  put(head.querySelector(".o"), online);
  put(head.querySelector(".v"), visits);
}

// A search shows some halls of a town only: then the head of the group is of those.
function narrowed() {
  const form = document.querySelector(".finder");
  return Boolean(form && (form.elements.q.value.trim() || form.elements.state.value));
}

function attention() {
  const some = !/^0$/.test(document.getElementById("sum-attention").textContent);
  document.getElementById("f-attention").classList.toggle("some", some);
}

function amiss([list, more]) {
  const pattern = document.getElementById("amiss-one");
  if (!pattern) return;
  const focused = document.activeElement?.closest("#amiss li")?.dataset.hall;
  const items = list.map(([name, title, townTitle, sign, text, line, others, when, seen]) => {
    const item = pattern.content.cloneNode(true).firstElementChild;
    item.className = seen ? `${sign} seen` : sign;
    item.dataset.hall = name;
    state(item, sign, text);
    const link = item.querySelector("a");
    link.textContent = title;
    link.setAttribute("href", name ? `/halls/${encodeURIComponent(name)}` : "/alarms");
    item.querySelector(".where small").textContent = townTitle;
    item.querySelector(".line").textContent = line;
    const notes = [];
    if (when) notes.push(pattern.dataset.since.replace("{}", when));
    if (others) notes.push(others === 1 ? pattern.dataset.one : pattern.dataset.more.replace("{}", others));
    if (seen) notes.push(pattern.dataset.seen);
    item.querySelector(".since").textContent = notes.join(" · ");
    return item;
  });
  document.getElementById("amiss").replaceChildren(...items);
  if (focused !== undefined) items.find((item) => item.dataset.hall === focused)?.querySelector("a").focus();
  document.getElementById("calm").hidden = items.length > 0;
  document.getElementById("more").hidden = !more;
  put(document.getElementById("more-count"), String(more));
}

function change(event) {
  since = event.lastEventId;
  const told = JSON.parse(event.data);
  for (const [name, cells] of Object.entries(told.halls ?? {})) hall(name, cells);
  for (const [name, cells] of Object.entries(told.towns ?? {})) town(name, cells);
  for (const [name, text] of Object.entries(told.sums ?? {})) put(document.getElementById(`sum-${name}`), text);
  if (told.amiss) amiss(told.amiss);
  if (told.names !== undefined) document.getElementById("others").hidden = String(told.names) === live.dataset.names;
  if (told.worse?.length) document.getElementById("told").textContent = told.worse.join(". ");
  put(document.getElementById("live-at"), told.at);
  attention();
}

function stop() {
  clearTimeout(again);
  source?.close();
  source = null;
}

function start() {
  stop();
  const stream = new EventSource(`${live.dataset.source}?since=${encodeURIComponent(since)}`);
  source = stream;
  stream.addEventListener("open", () => say("on", live.dataset.on));
  stream.addEventListener("change", change);
  stream.addEventListener("over", () => {
    stop();
    say("off", live.dataset.over);
  });
  stream.addEventListener("error", () => {
    say("off", live.dataset.off);
    if (stream.readyState === EventSource.CLOSED && source === stream) again = setTimeout(start, RETRY);
  });
}

// What a search has found is said aloud; the region for it must have been there before.
document.addEventListener("htmx:after:swap", () => {
  document.getElementById("told").textContent = document.querySelector("#halls .found")?.firstChild.textContent.trim() ?? "";
});

// A window that nobody sees needs no stream: browsers have only a few connections for each server.
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
attention();
if (!document.hidden) start();
