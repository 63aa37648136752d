// The photo and the box on it. Looks for [data-photo-box] forms; without this file they still send a whole photo.
"use strict";

(() => {
  const STEP = 0.02;
  const SMALLEST = 0.04;
  const EDGES = ["left", "top", "right", "bottom"];
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  class PhotoBox {
    constructor(form) {
      this.form = form;
      for (const name of ["stage", "surface", "photo", "box", "blind", "tools", "draw", "whole", "say", "submit", "errors"]) {
        this[name] = form.querySelector(`[data-${name}]`);
      }
      this.fields = EDGES.map((edge) => form.elements[edge]);
      const values = this.fields.map((field) => parseFloat(field.value));
      this.edges = values.every(Number.isFinite) ? values : null;
      this.listen();
      if (form.querySelector("[data-file]")) new PhotoChoice(this);
      this.show();
    }

    listen() {
      this.surface.addEventListener("pointerdown", (event) => this.grab(event));
      this.surface.addEventListener("dragstart", (event) => event.preventDefault());
      this.box.addEventListener("keydown", (event) => this.press(event));
      this.draw.addEventListener("click", () => {
        this.set([0.2, 0.2, 0.8, 0.8]);
        this.box.focus();
      });
      this.whole.addEventListener("click", () => {
        this.set(null);
        this.draw.focus();
      });
      this.form.addEventListener("submit", () => {
        this.submit.disabled = true;
        this.submit.dataset.label = this.submit.textContent;
        this.submit.textContent = this.submit.dataset.sending;
      });
      window.addEventListener("pageshow", (event) => {
        if (event.persisted && this.submit.disabled) {
          this.submit.disabled = false;
          this.submit.textContent = this.submit.dataset.label;
        }
      });
    }

    // edges: [left, top, right, bottom] as fractions of the photo, or null for the whole of it.
    set(edges) {
      this.edges = edges;
      this.show();
    }

    show() {
      const edges = this.edges;
      this.fields.forEach((field, i) => { field.value = edges ? edges[i].toFixed(5) : ""; });
      this.box.hidden = this.whole.hidden = !edges;
      this.draw.hidden = Boolean(edges);
      if (edges) EDGES.forEach((edge, i) => { this.box.style[edge] = `${100 * (i < 2 ? edges[i] : 1 - edges[i])}%`; });
      clearTimeout(this.saying);
      if (!this.stage.hidden) this.saying = setTimeout(() => this.announce(), 400);
    }

    announce() {
      if (!this.edges) { this.say.textContent = this.say.dataset.sayWhole; return; }
      const [left, top, right, bottom] = this.edges.map((edge) => Math.round(100 * edge));
      const words = { left, top, width: right - left, height: bottom - top };
      this.say.textContent = this.say.dataset.say.replace(/{(\w+)}/g, (_all, name) => words[name]);
    }

    // Where a pointer is, in fractions of the photo.
    at(event) {
      const frame = this.surface.getBoundingClientRect();
      return [clamp((event.clientX - frame.left) / frame.width, 0, 1), clamp((event.clientY - frame.top) / frame.height, 0, 1)];
    }

    grab(event) {
      if (event.button || !event.isPrimary) return;
      event.preventDefault();
      const [x, y] = this.at(event);
      const before = this.edges;
      const handle = event.target.dataset.edges;
      let follow;
      if (handle) {
        // From where it was taken hold of, so that an edge does not jump to the pointer.
        const [fromX, fromY] = [before[handle.includes("w") ? 0 : 2] - x, before[handle.includes("n") ? 1 : 3] - y];
        follow = ([u, v]) => this.resize(before, handle, [fromX + u, fromY + v]);
      } else if (this.box.contains(event.target)) follow = ([u, v]) => this.move(before, u - x, v - y);
      else follow = ([u, v]) => this.set([Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)]);
      const onMove = (later) => follow(this.at(later));
      const onEnd = () => {
        this.surface.removeEventListener("pointermove", onMove);
        for (const end of ["pointerup", "pointercancel"]) this.surface.removeEventListener(end, onEnd);
        const now = this.edges;
        // A tap draws nothing: what was there stays.
        if (now && (now[2] - now[0] < SMALLEST / 2 || now[3] - now[1] < SMALLEST / 2)) this.set(before);
        if (this.edges) this.box.focus({ preventScroll: true });
      };
      this.surface.setPointerCapture(event.pointerId);
      this.surface.addEventListener("pointermove", onMove);
      for (const end of ["pointerup", "pointercancel"]) this.surface.addEventListener(end, onEnd);
    }

    move([left, top, right, bottom], dx, dy) {
      const x = clamp(dx, -left, 1 - right);
      const y = clamp(dy, -top, 1 - bottom);
      this.set([left + x, top + y, right + x, bottom + y]);
    }

    resize(edges, handle, [x, y]) {
      let [left, top, right, bottom] = edges;
      if (handle.includes("w")) left = clamp(x, 0, right - SMALLEST);
      if (handle.includes("e")) right = clamp(x, left + SMALLEST, 1);
      if (handle.includes("n")) top = clamp(y, 0, bottom - SMALLEST);
      if (handle.includes("s")) bottom = clamp(y, top + SMALLEST, 1);
      this.set([left, top, right, bottom]);
    }

    press(event) {
      const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
      if (way && event.shiftKey) this.resize(this.edges, "se", [this.edges[2] + way[0], this.edges[3] + way[1]]);
      else if (way) this.move(this.edges, ...way);
      else if (event.key === "Delete" || event.key === "Backspace") this.whole.click();
      else return;
      event.preventDefault();
    }
  }

  // How a photo gets into the form: a file, the camera, dropped, pasted.
  class PhotoChoice {
    constructor(box) {
      this.box = box;
      this.form = box.form;
      this.input = this.form.elements.photo;
      this.drop = this.form.querySelector("[data-drop]");
      this.form.addEventListener("change", (event) => {
        if (event.target.matches("[data-file]") && event.target.files.length) this.take(event.target.files, event.target);
      });
      this.form.querySelector("[data-another]").addEventListener("click", () => this.input.click());
      document.addEventListener("paste", (event) => this.take(event.clipboardData.files));
      for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => this.over(event, true));
      document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) this.over(event, false); });
      document.addEventListener("drop", (event) => {
        this.over(event, false);
        this.take(event.dataTransfer.files);
      });
      box.photo.addEventListener("load", () => this.seen(true));
      box.photo.addEventListener("error", () => this.seen(false));
      if (this.input.files.length) this.take(this.input.files, this.input); // kept by the browser over a reload
    }

    over(event, inside) {
      if (!event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      this.drop.classList.toggle("board--over", inside);
    }

    take(files, source) {
      if (!files || !files.length) return;
      const file = files[0];
      if (source !== this.input) {
        const taken = new DataTransfer();
        for (const each of files) taken.items.add(each);
        this.input.files = taken.files;
        if (source) source.value = "";
      }
      this.box.errors.textContent = "";
      this.form.querySelector("[data-name]").textContent = file.name;
      if (this.address) URL.revokeObjectURL(this.address);
      this.address = URL.createObjectURL(file);
      this.box.photo.src = this.address;
      this.box.set(null);
      this.showOthers([...this.input.files].slice(1));
    }

    // Further photos of the place, small and by name; the box is on the first alone.
    showOthers(files) {
      const list = this.form.querySelector("[data-others]");
      list.hidden = !files.length;
      list.replaceChildren(...files.map((file) => {
        const item = document.createElement("li");
        const image = new Image();
        image.alt = "";
        image.addEventListener("load", () => URL.revokeObjectURL(image.src));
        image.addEventListener("error", () => image.remove());
        image.src = URL.createObjectURL(file);
        item.append(image, file.name);
        return item;
      }));
    }

    // Shown upright by the browser; where it cannot show the photo, the photo is sent whole.
    seen(visible) {
      const { stage, surface, tools, blind } = this.box;
      this.form.querySelector("[data-empty]").classList.add("board__empty--chosen");
      this.form.querySelector("[data-chosen]").hidden = false;
      this.form.querySelector("[data-art]").hidden = true;
      stage.hidden = false;
      surface.hidden = tools.hidden = !visible;
      blind.hidden = visible;
      this.form.classList.add("search--ready");
    }
  }

  for (const form of document.querySelectorAll("[data-photo-box]")) new PhotoBox(form);
})();
