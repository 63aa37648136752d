// Places under the field that asks where photos are moved to: a combobox as ARIA 1.2 describes one.
// The form takes the words as they are typed too, and asks which place is meant.
"use strict";

const PAUSE = 150; // milliseconds without a key, after which we ask
let made = 0;

function attachPlaces(box) {
  const input = box.querySelector("[name=landmark]");
  const slug = box.querySelector("[name=slug]");
  const list = box.querySelector("[role=listbox]");
  const status = box.querySelector("[role=status]");
  let timer, asking, active = -1;

  list.id = `places-${++made}`;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  const options = () => [...list.querySelectorAll("[role=option]")];

  function show(open) {
    list.hidden = !open || !options().length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) choose(-1);
  }

  function choose(index) {
    active = index;
    options().forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    const option = options()[index];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function take(option) {
    input.value = option.querySelector("b").textContent;
    slug.value = option.dataset.slug;
    status.textContent = option.textContent;
    show(false);
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    let found;
    try {
      const answer = await fetch(`${box.dataset.places}?q=${encodeURIComponent(input.value.trim())}`, { signal });
      found = document.createRange().createContextualFragment(await answer.text());
      if (!answer.ok || signal.aborted) return;
    } catch {
      return; // asked for something else meanwhile, or offline: the form still takes words
    }
    const said = found.querySelector("[data-said]");
    said?.remove();
    list.replaceChildren(found);
    options().forEach((option, number) => (option.id = `${list.id}-${number}`));
    status.textContent = said?.textContent ?? "";
    choose(-1);
    show(document.activeElement === input);
    if (options().length === 1) choose(0);
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    slug.value = "";
    if (input.value.trim()) timer = setTimeout(ask, PAUSE);
    else show(false);
  });
  input.addEventListener("blur", () => show(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return; // Enter ends the letter being put together
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const number = options().length + 1; // past the last is the field again
      choose(((active + 1 + (event.key === "ArrowDown" ? 1 : -1) + number) % number) - 1);
    } else if (event.key === "Enter" && active >= 0) take(options()[active]);
    else if (event.key === "Escape") show(false);
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}
