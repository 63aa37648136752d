// A button that copies what stands in a field or in an element: `data-copy` names it.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (source.select) source.select();
    else window.getSelection().selectAllChildren(source);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      document.execCommand("copy"); // a page that came without encryption has no clipboard
    }
    button.parentElement.querySelector("[data-said]").textContent = button.textContent = button.dataset.done;
  });
}
