// The branding form: a palette beside each colour, and the contrast judged while one chooses. Without it a button does the same.
"use strict";

for (const hidden of document.querySelectorAll("[data-unless-script]")) hidden.hidden = true;

const row = document.querySelector("[data-contrast]");
const judged = document.getElementById("judged");
let waiting;
let asked;

const judge = async () => {
  asked?.abort();
  asked = new AbortController();
  const query = new URLSearchParams({ above: row.dataset.above, "above.dark": row.dataset.aboveDark });
  for (const input of row.querySelectorAll("input[name]")) query.set(input.name, input.value.trim());
  try {
    const answer = await fetch(`${row.dataset.contrast}?${query}`, { signal: asked.signal, headers: { "HX-Request": "true" } });
    if (answer.ok && !answer.headers.has("HX-Redirect")) judged.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
};

const soon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(judge, 250);
};

for (const field of row?.querySelectorAll("[data-colour]") ?? []) {
  const text = field.querySelector("input");
  if (text.disabled) continue;
  const palette = document.createElement("input");
  palette.type = "color";
  palette.setAttribute("aria-label", field.dataset.colour);
  const follow = () => {
    const shown = text.value.trim() || text.placeholder;
    if (/^#[0-9a-f]{6}$/i.test(shown)) palette.value = shown;
  };
  follow();
  palette.addEventListener("input", () => {
    text.value = palette.value;
    soon();
  });
  text.addEventListener("input", () => {
    follow();
    soon();
  });
  field.append(palette);
}

// The colour that would do is taken into its field; the form stays as it is.
judged?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=take]");
  if (!button) return;
  event.preventDefault();
  const dark = button.value.startsWith("dark:");
  const text = document.getElementById(dark ? "theme.colours.dark" : "theme.colours.accent");
  text.value = button.value.replace("dark:", "");
  text.dispatchEvent(new Event("input"));
  text.focus();
});
