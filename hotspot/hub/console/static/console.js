// What makes pages more comfortable where scripts run; every page works without it.
"use strict";

// On a phone the areas are folded away, so that the page begins with what it is about.
const areas = document.getElementById("areas");
if (areas && matchMedia("(max-width: 60rem)").matches) areas.open = false;

// An open menu closes with Escape, and when something else is touched.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

// A choice of <select data-submit> sends its form by itself; the button for it is then not needed.
for (const select of document.querySelectorAll("select[data-submit]")) {
  select.form.querySelector("[data-unless-script]")?.setAttribute("hidden", "");
  select.addEventListener("change", () => select.form.requestSubmit());
}

// <button type="button" data-copy="id"> copies the text of an element; it is only there where that works.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.done;
  });
}
