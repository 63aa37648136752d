// Suggestions under a field for words: a combobox as ARIA 1.2 describes one. Its form works without it.
// What is chosen is opened; with data-fills it is filled in, and words that name nothing are refused by what that says.
"use strict";

const PAUSE = 150; // milliseconds without a key, after which we ask

for (const box of document.querySelectorAll("[data-suggest]")) attach(box);

function attach(box) {
  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  const status = box.querySelector("[role=status]");
  const { fills, suggest } = box.dataset;
  let timer, asking, active = -1, asked = "";

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  const take = (option) => {
    if (fills === undefined) return location.assign(option.dataset.href);
    input.value = option.querySelector("[data-name]").textContent;
    forget();
  };
  const options = () => [...list.querySelectorAll("[role=option]")];

  function show(open) {
    const count = options().length;
    list.hidden = !open || !count;
    input.setAttribute("aria-expanded", String(!list.hidden));
    status.classList.toggle("visually-hidden", !open || count > 0); // that there is none is said to the eye too
    if (list.hidden) choose(-1);
  }

  function choose(index) {
    active = index;
    options().forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    const chosen = options()[index];
    if (chosen) {
      input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function forget() {
    clearTimeout(timer);
    asking?.abort();
    asked = "";
    input.setCustomValidity("");
    list.replaceChildren();
    status.textContent = "";
    show(false);
  }

  async function ask() {
    const text = input.value.trim();
    if (text === asked) return show(true);
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    let found;
    try {
      const answer = await fetch(`${suggest}?q=${encodeURIComponent(text)}`, { signal });
      const html = await answer.text();
      if (!answer.ok || signal.aborted) return;
      asked = text;
      found = document.createRange().createContextualFragment(html);
      const said = found.querySelector("[data-said]");
      said.remove();
      const refused = found.childElementCount ? "" : fills ?? "";
      input.setCustomValidity(refused);
      status.textContent = refused || said.textContent;
    } catch {
      return; // asked for something else meanwhile, or offline: the form still works
    }
    list.replaceChildren(found);
    options().forEach((option, number) => (option.id = `${list.id}-${number}`));
    choose(-1);
    show(document.activeElement === input);
  }

  input.addEventListener("input", () => { // while composing too: a phone's keyboard composes every word
    clearTimeout(timer);
    input.setCustomValidity("");
    if (!input.value.trim()) return forget();
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("invalid", () => box.closest("details")?.setAttribute("open", "")); // it can be seen why
  input.addEventListener("blur", () => show(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter ends the letter being put together
    const count = options().length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return input.value.trim() && ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(((active + 1 + step + count + 1) % (count + 1)) - 1); // past the last is the field again
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      take(options()[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault(); // the first closes, the second empties the field as browsers do
      show(false);
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}
