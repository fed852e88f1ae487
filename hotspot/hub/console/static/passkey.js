// Passkeys: asks the browser for one and sends what it says by the form that stands beside it.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const words = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function made(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const publicKey = { ...options, user, challenge: bytes(options.challenge), excludeCredentials: known(options.excludeCredentials) };
  const { id, rawId, type, response } = await navigator.credentials.create({ publicKey });
  const said = { clientDataJSON: words(response.clientDataJSON), attestationObject: words(response.attestationObject) };
  return { id, rawId: words(rawId), type, response: said };
}

async function used(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };
  const { id, rawId, type, response } = await navigator.credentials.get({ publicKey });
  const said = {
    clientDataJSON: words(response.clientDataJSON),
    authenticatorData: words(response.authenticatorData),
    signature: words(response.signature),
  };
  return { id, rawId: words(rawId), type, response: said };
}

for (const place of document.querySelectorAll("[data-passkey]")) {
  const form = place.querySelector("form");
  const note = place.querySelector("[data-note]");
  const said = place.querySelector("[data-said]");
  const { host, elsewhere, unknown, failed, twice } = place.dataset;
  if (location.hostname !== host) note.textContent = `${elsewhere} ${host}`;
  else if (!window.PublicKeyCredential) note.textContent = unknown;
  else {
    note.hidden = true;
    form.hidden = false;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    said.textContent = "";
    button.disabled = true;
    try {
      const options = JSON.parse(place.querySelector("script").textContent);
      form.elements.credential.value = JSON.stringify(await (place.dataset.passkey === "make" ? made : used)(options));
      form.submit();
    } catch (error) {
      button.disabled = false;
      said.textContent = error.name === "InvalidStateError" ? twice : failed;
    }
  });
}
