// Says when other alarms are in force than the page shows; it does not move what somebody is reading.
"use strict";

const changed = document.getElementById("changed");
let stream = null;

function listen() {
  stream?.close();
  stream = null;
  if (document.hidden || !changed.hidden) return;
  stream = new EventSource(`/live?since=${encodeURIComponent(changed.dataset.since)}`);
  stream.addEventListener("change", (event) => {
    if (!JSON.parse(event.data).amiss) return;
    changed.hidden = false;
    stream.close();
  });
  stream.addEventListener("over", () => stream.close());
}

document.addEventListener("visibilitychange", listen);
listen();
