// Review by keyboard, and acts without leaving the page. Every act is a press of a form that works without this too.
/* global attachPlaces -- of desk-places.js */
"use strict";

const LOOKING = 45_000; // milliseconds after which colleagues are told again that the photo is still open
const root = document.querySelector("[data-review]");
if (root) review(root);
else document.querySelectorAll("[data-places]").forEach(attachPlaces);

function review(root) {
  const tiles = root.querySelector("[data-tiles]");
  const live = root.querySelector("[data-live]");
  const press = root.querySelector("[data-press]");
  const large = root.querySelector("[data-large]");
  const keys = root.querySelector("[data-keys]");
  const bar = root.querySelector("[data-acting]");
  const undoable = []; // what was done here, the latest last
  let at = null; // the id of the photo that the keys are about
  let sending = false;
  let looking;

  root.querySelectorAll("[data-places]").forEach(attachPlaces);
  const offered = press.querySelector("[name=undo]").value;
  if (offered) undoable.push(offered);
  if (!tiles) return;

  // ---- Where one is ----

  const all = () => [...tiles.children];
  const current = () => tiles.querySelector(`[data-photo="${at}"]`) ?? tiles.firstElementChild;
  const box = (tile) => tile.querySelector("[name=photo]");
  const chosen = () => all().filter((tile) => box(tile)?.checked);

  function settle() { // one stop for the Tab key, however many photos
    all().forEach((tile) => tile.querySelectorAll("a, input, button").forEach((each) => (each.tabIndex = tile === current() ? 0 : -1)));
  }

  function go(tile, { focus = true } = {}) {
    if (!tile) return;
    at = tile.dataset.photo;
    settle();
    if (focus) {
      tile.querySelector("[data-look]").focus({ preventScroll: true });
      tile.scrollIntoView({ block: "nearest" });
    }
  }

  function beside(tile, key) {
    const list = all();
    const index = list.indexOf(tile);
    if (key === "ArrowRight") return list[index + 1];
    if (key === "ArrowLeft") return list[index - 1];
    const columns = list.findIndex((each) => each.offsetTop > list[0].offsetTop);
    const row = columns < 0 ? list.length : columns;
    return list[index + (key === "ArrowDown" ? row : -row)];
  }

  function count() {
    const number = chosen().length;
    const said = root.querySelector("[data-count]");
    if (!said) return;
    said.hidden = number === 0;
    said.textContent = number === 1 ? root.dataset.chosenOne : root.dataset.chosenMany.replace("0", number);
  }

  // ---- Acts ----

  async function send(address, body) {
    if (sending) return null;
    sending = true;
    root.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
      const html = await answer.text();
      const found = document.createRange().createContextualFragment(html).querySelector("[data-said]");
      if (answer.ok && found) return found;
      if (answer.ok) { // it asks for something first: a page of its own
        const form = document.createElement("form");
        form.method = "post";
        form.action = address;
        form.hidden = true;
        for (const [name, value] of body) form.append(Object.assign(document.createElement("input"), { name, value }));
        document.body.append(form);
        form.submit();
        return null;
      }
      say(root.dataset.offline);
    } catch {
      say(root.dataset.offline);
    } finally {
      sending = false;
      root.removeAttribute("aria-busy");
    }
    return null;
  }

  function say(words) {
    live.textContent = "";
    requestAnimationFrame(() => (live.textContent = words));
    press.hidden = false;
    press.querySelector("[data-press-said]").textContent = words;
    const button = press.querySelector("[name=undo]");
    button.value = undoable.at(-1) ?? "";
    button.hidden = !button.value;
  }

  function show(found) { // the tiles as they are now
    for (const tile of [...found.children]) {
      const old = tiles.querySelector(`[data-photo="${tile.dataset.photo}"]`);
      if (old) old.replaceWith(tile);
    }
    settle();
    count();
  }

  async function act(form, verb, photos, { onward = true } = {}) {
    if (!photos.length) return say(root.dataset.noneChosen);
    const next = beside(tiles.querySelector(`[data-photo="${photos.at(-1).split(":")[0]}"]`) ?? current(), "ArrowRight");
    const nextId = next?.dataset.photo;
    const body = new FormData(form);
    body.delete("photo");
    photos.forEach((photo) => body.append("photo", photo));
    body.set("verb", verb);
    const wasLarge = large.open;
    const found = await send(form.action, body);
    if (!found) return;
    if (found.dataset.batch) undoable.push(`batch:${found.dataset.batch}`);
    root.querySelectorAll("details[data-opens]").forEach((each) => (each.open = false));
    show(found);
    const refused = [...found.querySelectorAll(".tile__said--refused"), ...tiles.querySelectorAll(".tile__said--refused")];
    say([found.dataset.said, refused[0]?.textContent].filter(Boolean).join(" "));
    const target = onward && found.dataset.batch && nextId ? tiles.querySelector(`[data-photo="${nextId}"]`) : current();
    go(target, { focus: !wasLarge });
    if (wasLarge) {
      if (onward && found.dataset.batch && !nextId) close();
      else await look(target);
    }
  }

  async function undo(what) {
    const token = bar.querySelector("[name=csrfmiddlewaretoken]").value;
    const body = new FormData();
    body.set("undo", what);
    body.set("csrfmiddlewaretoken", token);
    const found = await send(root.dataset.undoAddress, body);
    if (!found) return;
    const index = undoable.indexOf(what);
    if (index >= 0) undoable.splice(index, 1);
    const first = found.firstElementChild?.dataset.photo;
    const refused = found.querySelector(".tile__said--refused")?.textContent;
    show(found);
    say([found.dataset.said, refused].filter(Boolean).join(" "));
    const back = first && tiles.querySelector(`[data-photo="${first}"]`);
    go(back || current(), { focus: !large.open });
    if (large.open && back) await look(back);
  }

  // What an act is about: in the large view its photo; in the grid those chosen, or the one at hand.
  function about() {
    if (large.open) {
      const form = large.querySelector(".look__acts");
      return { form, photos: form ? [form.querySelector("[name=photo]").value] : [] };
    }
    const picked = chosen();
    return { form: bar, photos: (picked.length ? picked : [current()]).map((tile) => box(tile).value) };
  }

  root.addEventListener("submit", (event) => {
    const { submitter: button, target: form } = event;
    if (button?.name === "undo") {
      event.preventDefault();
      undo(button.value);
    } else if (form.matches("[data-acting]") && button?.name === "verb") {
      event.preventDefault();
      const named = new FormData(form).getAll("photo");
      act(form, button.value, named.length || large.open ? named : [], { onward: !button.value.startsWith("keep") });
    }
  });

  // ---- One at large ----

  async function look(tile, address = tile.querySelector("[data-look]").href) {
    let answer;
    try {
      answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    } catch {
      return say(root.dataset.offline);
    }
    if (!answer.ok) return say(root.dataset.offline);
    const shut = Object.assign(document.createElement("button"), { className: "review__button look__close", type: "button" });
    shut.textContent = keys.querySelector("form button").textContent;
    shut.addEventListener("click", close);
    large.replaceChildren(document.createRange().createContextualFragment(await answer.text()), shut);
    large.querySelectorAll("[data-places]").forEach(attachPlaces);
    if (!large.open) large.showModal();
    large.scrollTop = 0;
    large.focus();
    clearInterval(looking);
    looking = setInterval(() => fetch(address, { headers: { "X-Requested-With": "fetch" } }).catch(() => {}), LOOKING);
  }

  function close() {
    large.close();
  }

  large.addEventListener("close", () => {
    clearInterval(looking);
    large.replaceChildren();
    go(current());
  });

  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-look]");
    if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      const tile = link.closest("[data-photo]");
      if (tile) go(tile, { focus: false });
      return void look(tile ?? current(), link.href);
    }
    const summary = event.target.closest("summary");
    if (summary) root.querySelectorAll(".doing__more[open]").forEach((each) => each !== summary.parentElement && (each.open = false));
  });

  // ---- Keys ----

  function open(letter) {
    const scope = large.open ? large : root;
    const details = scope.querySelector(`[data-opens="${letter}"]`);
    if (!details) return;
    root.querySelectorAll(".doing__more[open]").forEach((each) => (each.open = false));
    details.open = true;
    (details.querySelector("input:checked") ?? details.querySelector("input")).focus();
  }

  function keep() {
    const picked = chosen();
    if (!large.open && picked.length > 1 && picked.includes(current())) {
      return act(bar, `keep:${current().dataset.photo}`, picked.map((tile) => box(tile).value), { onward: false });
    }
    if (!large.open) return look(current());
    large.querySelector(".look__alike button")?.focus();
  }

  function pressed(event) {
    const tile = current();
    const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const { form, photos } = about();
    switch (letter) {
      case "ArrowLeft": case "ArrowRight": case "ArrowUp": case "ArrowDown": {
        const there = beside(tile, letter);
        if (large.open && letter.match(/Up|Down/)) return false;
        go(there, { focus: !large.open });
        if (large.open && there) look(there);
        return true;
      }
      case " ":
        if (large.open || !box(tile)) return false;
        box(tile).checked = !box(tile).checked;
        count();
        return true;
      case "o": return look(tile), true;
      case "Enter": return !large.open && event.target.matches("[data-look]") ? (look(tile), true) : false;
      case "?": return keys.showModal(), true;
    }
    if (!form?.querySelector("[data-acts]")) return false;
    switch (letter) {
      case "p": return act(form, "publish", photos), true;
      case "r": case "m": return open(letter), true;
      case "g": return keep(), true;
      case "u": return undoable.length && undo(undoable.at(-1)), true;
    }
    return false;
  }

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const more = event.target.closest(".doing__more");
    if (more) return inBox(event, more);
    const writes = event.target.matches("input:not([type=checkbox]), select, textarea");
    const isHere = large.open ? large.contains(event.target) : tiles.contains(event.target);
    if (writes || !isHere || keys.open) return;
    if (event.target.matches("button, summary") && [" ", "Enter"].includes(event.key)) return;
    if (pressed(event)) event.preventDefault();
  });

  function inBox(event, more) { // choosing a reason or a place
    const reason = event.key >= "1" && event.key <= "9" && event.target.type === "radio" && more.querySelectorAll("[name=reason]")[event.key - 1];
    if (reason) {
      reason.checked = true;
      reason.focus();
    } else if (event.key === "Enter" && event.target.matches("input") && !event.defaultPrevented) {
      const { form, photos } = about();
      act(form, more.querySelector("[name=verb]").value, photos);
    } else if (event.key === "Escape" && !event.defaultPrevented) {
      more.open = false;
      if (large.open) large.focus();
      else go(current());
    } else return;
    event.preventDefault();
  }

  // ---- To begin with ----

  large.tabIndex = -1;
  tiles.addEventListener("focusin", (event) => go(event.target.closest("[data-photo]"), { focus: false }));
  tiles.addEventListener("change", count);
  for (const [name, what] of [["begin", () => go(current())], ["help", () => keys.showModal()]]) {
    const button = root.querySelector(`[data-${name}]`);
    button.hidden = false;
    button.addEventListener("click", what);
  }
  root.querySelector("[data-check-page]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const some = all().some((tile) => !box(tile).checked);
    all().forEach((tile) => (box(tile).checked = some));
    count();
  });
  settle();
  count();
}
