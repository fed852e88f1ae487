// Frames of visitors' pages become as high as the pages in them, so that nothing is cut off. Without it they scroll.
"use strict";

const fit = (frame) => {
  frame.style.height = "";
  const page = frame.contentDocument?.documentElement;
  if (!page || frame.contentDocument.URL === "about:blank") return;
  const borders = frame.offsetHeight - frame.clientHeight;
  if (page.scrollHeight > frame.clientHeight) frame.style.height = `${page.scrollHeight + borders}px`;
};

const frames = [...document.querySelectorAll(".phones iframe")];
for (const frame of frames) {
  frame.addEventListener("load", () => fit(frame));
  if (frame.contentDocument?.readyState === "complete") fit(frame);
}
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  frames.forEach(fit);
});
