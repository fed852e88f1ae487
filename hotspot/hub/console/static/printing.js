// The picture of a poster follows the choices; without this there is a button.
"use strict";

const choices = document.getElementById("choices");
const button = choices?.querySelector("[data-preview]");
if (button) {
  button.hidden = true;
  choices.addEventListener("change", async () => {
    const wanted = new URLSearchParams(new FormData(choices));
    const answer = await fetch(`${choices.action}?${wanted}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
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
