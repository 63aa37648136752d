// A page that waits for its answer: it says when the connection is lost, asks less and less often, and resumes by itself.
"use strict";

(() => {
  const SHORTEST = 1000;
  const LONGEST = 30_000;
  let losses = 0;
  let silentUntil = 0;

  const waits = (event) => event.detail.elt && event.detail.elt.id === "answer";
  const say = (lost) => {
    const note = document.querySelector("[data-lost]");
    if (note) note.hidden = !lost;
  };
  const lose = (event) => {
    if (!waits(event)) return;
    silentUntil = Date.now() + Math.min(SHORTEST * 2 ** losses, LONGEST);
    losses += 1;
    say(true);
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (waits(event) && Date.now() < silentUntil) event.preventDefault();
  });
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(name, lose);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!waits(event) || !event.detail.successful) return;
    losses = silentUntil = 0;
    say(false);
  });
  // Deleted meanwhile: what comes says so, and is shown.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (waits(event) && event.detail.xhr.status === 404) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  window.addEventListener("online", () => { silentUntil = 0; });
})();
