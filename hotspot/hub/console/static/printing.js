// The picture of a poster follows the choices; without this there is a button.
"use strict";

const choices = document.getElementById("choices");
const button = choices?.querySelector("[data-preview]");
if (button) {
  button.hidden = true;
  let asked;
  choices.addEventListener("change", async () => {
    asked?.abort(); // answers may overtake each other: only the last question counts
    asked = new AbortController();
    const wanted = new URLSearchParams(new FormData(choices));
    let page;
    try {
      const answer = await fetch(`${choices.action}?${wanted}`, { signal: asked.signal });
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch (error) {
      if (error.name === "AbortError") return;
      throw error;
    }
    for (const place of [".poster > div", "fieldset [role=alert]"]) {
      const fresh = page.querySelector(place);
      const shown = document.querySelector(place);
      if (fresh && shown) shown.replaceWith(fresh);
      else if (shown) shown.remove();
      else if (fresh) document.getElementById("languages-hint").after(fresh);
    }
    history.replaceState(null, "", `?${wanted}`);
  });
}
