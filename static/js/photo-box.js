// The box on a photo. Looks for [data-photo-box] forms; without this file they still send a whole photo.
"use strict";

(() => {
  const STEP = 0.02;
  const SMALLEST = 0.04;
  const EDGES = ["left", "top", "right", "bottom"];
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  class PhotoBox {
    constructor(form) {
      this.form = form;
      for (const name of ["stage", "surface", "photo", "box", "blind", "tools", "draw", "whole", "say", "submit"]) {
        this[name] = form.querySelector(`[data-${name}]`);
      }
      this.fields = EDGES.map((edge) => form.elements[edge]);
      const values = this.fields.map((field) => parseFloat(field.value));
      this.edges = values.every(Number.isFinite) ? values : null;
      this.listen();
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
      this.form.addEventListener("submit", () => this.busy());
      // Back from the next page: the form is as it was left, and can be sent again.
      window.addEventListener("pageshow", (event) => { if (event.persisted) this.idle(); });
    }

    busy() {
      if (this.submit.disabled) return;
      this.submit.dataset.label = this.submit.textContent;
      this.submit.textContent = this.submit.dataset.sending;
      this.submit.disabled = true;
    }

    idle(label) {
      if (!this.submit.disabled) return;
      this.submit.disabled = false;
      this.submit.textContent = label || this.submit.dataset.label;
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

  for (const form of document.querySelectorAll("[data-photo-box]")) form.photoBox = new PhotoBox(form);
})();
