/* Redoc on our own page. It writes style elements and asks another site for its logo: the first get this page's nonce,
   the second is not asked for. Loaded before it. */
"use strict";

(() => {
  const nonce = document.currentScript.nonce;
  const make = document.createElement.bind(document);
  document.createElement = (name, options) => {
    const element = make(name, options);
    if (name === "style") element.nonce = nonce;
    if (name === "img") {
      const set = element.setAttribute.bind(element);
      const ours = (address) => new URL(address, document.baseURI).origin === location.origin;
      element.setAttribute = (attribute, value) => (attribute !== "src" || ours(value)) && set(attribute, value);
      Object.defineProperty(element, "src", { set: (address) => ours(address) && set("src", address), get: () => element.getAttribute("src") });
    }
    return element;
  };

  const type = '"Be Vietnam Pro", system-ui, sans-serif';
  const theme = {
    colors: { primary: { main: "#b22e19" }, text: { primary: "#231610", secondary: "#66544a" } },
    typography: { fontFamily: type, fontSize: "16px", lineHeight: "1.6", headings: { fontFamily: type, fontWeight: "600" }, links: { color: "#b22e19" } },
    sidebar: { backgroundColor: "#f3ece0", textColor: "#231610", width: "280px" },
    rightPanel: { backgroundColor: "#1d110c", textColor: "#f2e8d8" },
    codeBlock: { backgroundColor: "#2a1a14" },
  };
  document.addEventListener("DOMContentLoaded", () => {
    const place = document.getElementById("reference");
    const bar = document.querySelector(".bar");
    window.Redoc.init(place.dataset.schema, { theme, nativeScrollbars: true, hideDownloadButtons: false, scrollYOffset: () => bar.offsetHeight }, place);
  });
})();
