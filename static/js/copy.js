// A button that copies what stands in a field: `data-copy` names the field.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // a page that came without encryption has no clipboard
    }
    button.parentElement.querySelector("[data-said]").textContent = button.textContent = button.dataset.done;
  });
}
