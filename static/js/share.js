// The link of a shared search, handed to another app where the browser can.
"use strict";

for (const tools of document.querySelectorAll("[data-share]")) {
  const send = tools.querySelector("[data-send]");
  const link = document.getElementById(tools.querySelector("[data-copy]").dataset.copy);
  send.hidden = !navigator.share;
  send.addEventListener("click", () => navigator.share({ title: tools.dataset.title, url: link.value }).catch(() => {}));
}
