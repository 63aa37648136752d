// The link of a shared search: copied, or handed to another app, where the browser can.
"use strict";

for (const tools of document.querySelectorAll("[data-share]")) {
  const link = document.getElementById("share-link");
  const copy = tools.querySelector("[data-copy]");
  const send = tools.querySelector("[data-send]");
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    link.select();
    try {
      await navigator.clipboard.writeText(link.value);
    } catch {
      document.execCommand("copy"); // a page that came without encryption has no clipboard
    }
    tools.querySelector("[data-said]").textContent = copy.textContent = copy.dataset.done;
  });
  send.hidden = !navigator.share;
  send.addEventListener("click", () => navigator.share({ title: tools.dataset.title, url: link.value }).catch(() => {}));
}
