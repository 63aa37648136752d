// How a photo gets into the form: a file, the camera, dropped, pasted; and what is refused before it is sent.
"use strict";

(() => {
  class PhotoChoice {
    constructor(form) {
      this.form = form;
      this.box = form.photoBox;
      this.input = form.elements.photo;
      this.kept = new DataTransfer().files;
      this.drop = form.querySelector("[data-drop]");
      this.errors = form.querySelector("[data-errors]");
      this.failed = form.querySelector("[data-failed]");
      form.addEventListener("change", (event) => {
        if (event.target.matches("[data-file]")) this.take(event.target.files, event.target);
      });
      form.querySelector("[data-another]").addEventListener("click", () => this.input.click());
      document.addEventListener("paste", (event) => this.take(event.clipboardData.files));
      for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => this.over(event, true));
      document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) this.over(event, false); });
      document.addEventListener("drop", (event) => {
        this.over(event, false);
        this.take(event.dataTransfer.files);
      });
      this.box.photo.addEventListener("load", () => this.seen(true));
      this.box.photo.addEventListener("error", () => this.seen(false));
      if (this.input.files.length) this.take(this.input.files, this.input); // kept by the browser over a reload
    }

    over(event, inside) {
      if (!event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      this.drop.classList.toggle("board--over", inside);
    }

    take(files, source) {
      if (this.box.submit.disabled) return; // what is being sent stays what it is
      if (files.length) {
        const refusal = this.refusal([...files]);
        if (!refusal) this.accept([...files]);
        this.say(refusal);
      }
      if (source && source !== this.input) source.value = "";
      this.input.files = this.kept; // a refused or cancelled choice leaves what was chosen before
    }

    accept(files) {
      const taken = new DataTransfer();
      for (const file of files) taken.items.add(file);
      this.kept = taken.files;
      this.form.querySelector("[data-name]").textContent = files[0].name;
      if (this.address) URL.revokeObjectURL(this.address);
      this.address = URL.createObjectURL(files[0]);
      this.box.photo.src = this.address;
      this.box.set(null);
      this.showOthers(files.slice(1));
    }

    // Why these cannot be sent, in words; "" where they can. A kind that the browser does not know is left to us.
    refusal(files) {
      const { maxPhotos, maxBytes, tooMany, tooLarge, notAPhoto } = this.form.dataset;
      if (files.length > Number(maxPhotos)) return tooMany;
      const large = files.find((file) => file.size > Number(maxBytes));
      if (large) return tooLarge.replace("{name}", large.name);
      const other = files.find((file) => file.type && !file.type.startsWith("image/"));
      return other ? notAPhoto.replace("{name}", other.name) : "";
    }

    say(words) {
      this.errors.textContent = this.kept.length ? "" : words;
      this.failed.textContent = this.kept.length ? words : "";
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

  for (const form of document.querySelectorAll("[data-photo-box]:has([data-file])")) new PhotoChoice(form);
})();
