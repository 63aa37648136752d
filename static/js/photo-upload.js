// Sends the form with its photos, says how far they have come, and keeps them here when they do not get through.
"use strict";

(() => {
  const inParts = (text) => new DOMParser().parseFromString(text, "text/html");

  class PhotoUpload {
    constructor(form) {
      this.form = form;
      for (const name of ["upload", "uploadWords", "uploadBar", "uploadCancel", "uploadSaid", "failed"]) {
        this[name] = form.querySelector(`[data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`);
      }
      form.addEventListener("submit", (event) => {
        if (!form.elements.photo.files.length) return; // the page that comes says what is missing
        event.preventDefault();
        this.renewed = false;
        this.send();
      });
      this.uploadCancel.addEventListener("click", () => {
        this.request.abort();
        this.end(form.dataset.cancelled);
        form.photoBox.submit.focus();
      });
      window.addEventListener("pageshow", (event) => { if (event.persisted) this.show(false); });
    }

    send() {
      const request = this.request = new XMLHttpRequest();
      this.failed.textContent = "";
      this.show(true);
      this.progress(0);
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) this.progress(Math.floor(100 * event.loaded / event.total));
      });
      request.addEventListener("load", () => this.arrived(request));
      request.addEventListener("error", () => this.fail(this.form.dataset.lost));
      request.open("POST", this.form.action);
      request.send(new FormData(this.form));
    }

    progress(percent) {
      const words = percent < 100 ? this.form.dataset.uploading.replace("{percent}", percent) : this.form.dataset.checking;
      this.uploadBar.value = percent;
      this.uploadWords.textContent = words;
      if (percent % 25 === 0 && this.uploadSaid.textContent !== words) this.uploadSaid.textContent = words;
    }

    async arrived(request) {
      // The answer's page is where a search that was taken leads; a refusal stays at the form's own address.
      if (request.status < 400 && request.responseURL !== this.form.action) {
        location.assign(request.responseURL);
        return;
      }
      if (request.status === 403 && !this.renewed && await this.renew()) {
        this.send();
        return;
      }
      const page = inParts(request.responseText);
      const reasons = [...page.querySelectorAll(".errorlist li, main .empty p:not(:has(a)), [data-reason]")].map((one) => one.textContent.trim());
      this.fail(reasons.join(" ") || this.form.dataset.broken);
    }

    // The form's token has expired: a fresh one from the page, once.
    async renew() {
      this.renewed = true;
      try {
        const page = inParts(await (await fetch(location.href)).text());
        this.form.elements.csrfmiddlewaretoken.value = page.querySelector("[name=csrfmiddlewaretoken]").value;
        return true;
      } catch {
        return false;
      }
    }

    fail(words) {
      this.end("", this.form.dataset.again);
      this.failed.textContent = words;
    }

    end(words, label) {
      this.show(false);
      this.uploadSaid.textContent = words;
      this.form.photoBox.idle(label);
    }

    show(sending) {
      this.upload.hidden = !sending;
      this.form.photoBox.submit.hidden = sending;
    }
  }

  for (const form of document.querySelectorAll("[data-photo-box]:has([data-upload])")) new PhotoUpload(form);
})();
