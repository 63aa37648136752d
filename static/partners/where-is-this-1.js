/* "Where is this?": a box for any page that finds a place in Vietnam from a photo, by Vietnam Tourism Retrieval.

   <script src="…/static/partners/where-is-this-1.js" data-key="vtr_…" defer></script>

   data-key       an API key that names the website of the page
   data-language  vi or en; else the page's, else the browser's
   data-into      a selector of the element that the box is put into; else it stands where the script does
   data-province, data-category  look only among these places
   The box sends "whereisthis" with the whole answer as its detail. It keeps and sends no cookie, and nothing of the photo
   is kept. A page with a content policy names this site in script-src, connect-src and img-src. */
"use strict";

(() => {
  const script = document.currentScript;
  const { key, into, language, province, category } = script.dataset;
  const site = new URL(script.src).origin;
  const asked = (language || document.documentElement.lang || navigator.language || "en").toLowerCase();
  const lang = asked.startsWith("vi") ? "vi" : "en";
  const LARGEST = 2048; // pixels: no search looks at more
  const WORDS = {
    en: {
      title: "Where is this?",
      lead: "Show a photo taken in Vietnam and learn which place it is.",
      choose: "Choose a photo",
      another: "Another photo",
      searching: "Searching…",
      is: "This is",
      oneOf: "One of these",
      unknown: "Not in the catalogue, as far as can be seen",
      probability: "Probability",
      more: "More about this place",
      newTab: "(opens in a new tab)",
      yours: "Your photo",
      promise: "Nothing of your photo is kept.",
      unreached: "The search cannot be reached. Please check the connection and try again.",
      late: "It takes too long at the moment. Please try again later.",
    },
    vi: {
      title: "Đây là đâu?",
      lead: "Đưa một tấm ảnh chụp ở Việt Nam để biết đó là nơi nào.",
      choose: "Chọn ảnh",
      another: "Ảnh khác",
      searching: "Đang tìm…",
      is: "Đây là",
      oneOf: "Một trong những nơi này",
      unknown: "Theo những gì nhận ra được, nơi này không có trong danh mục",
      probability: "Xác suất",
      more: "Xem thêm về nơi này",
      newTab: "(mở trong thẻ mới)",
      yours: "Ảnh của bạn",
      promise: "Ảnh của bạn không được lưu lại.",
      unreached: "Không kết nối được với dịch vụ tìm kiếm. Vui lòng kiểm tra mạng rồi thử lại.",
      late: "Hiện việc tìm kiếm mất quá nhiều thời gian. Vui lòng thử lại sau.",
    },
  }[lang];

  const STYLE = `
    :host { --paper: #fbf7ef; --ink: #231610; --soft: #66544a; --line: #d9ccb8; --act: #b22e19; --on-act: #fff8ee;
      --gold: #7a5810; --wrong: #a92a17; display: block; max-width: 30rem; color: var(--ink); font-weight: 400; text-align: left; }
    @supports (color: light-dark(red, red)) {
      :host { --paper: light-dark(#fbf7ef, #21150f); --ink: light-dark(#231610, #f0e6d6); --soft: light-dark(#66544a, #b9a793);
        --line: light-dark(#d9ccb8, #3d2b21); --act: light-dark(#b22e19, #c43b24); --gold: light-dark(#7a5810, #dfb260);
        --wrong: light-dark(#a92a17, #ff9a80); }
    }
    *, ::before { box-sizing: border-box; }
    section { padding: 1.25rem; border: 1px solid var(--line); border-top: 3px solid var(--act); border-radius: 3px; background: var(--paper); font-size: 1rem; line-height: 1.5; }
    section.over { outline: 2px dashed var(--gold); outline-offset: -6px; }
    h2, h3, p, ul, figure { margin: 0; padding: 0; }
    h2 { font-size: 1.375rem; line-height: 1.25; font-weight: 600; }
    h3 { font-size: 1.25rem; line-height: 1.3; font-weight: 600; }
    ul { display: grid; gap: 1rem; list-style: none; }
    a { color: inherit; text-decoration-color: var(--gold); text-underline-offset: 0.2em; }
    [hidden] { display: none !important; }
    .soft, small { color: var(--soft); font-size: 0.875rem; }
    .act { position: relative; margin: 1rem 0 0; }
    input { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; font-size: 1rem; cursor: pointer; }
    label { display: block; min-height: 2.75rem; padding: 0.65rem 1.25rem; border-radius: 3px; background: var(--act); color: var(--on-act); font-weight: 600; line-height: 1.3; text-align: center; }
    input:disabled + label { opacity: 0.6; }
    input:focus-visible + label, a:focus-visible { outline: 3px solid var(--gold); outline-offset: 2px; }
    canvas { display: block; max-width: 100%; max-height: 14rem; margin: 1rem auto 0; border-radius: 3px; }
    [role="status"] { min-height: 1.5rem; margin-top: 1rem; }
    [role="status"]:empty { display: none; }
    .busy::before { content: ""; display: inline-block; width: 0.9em; height: 0.9em; margin-right: 0.5em; border: 2px solid var(--line); border-top-color: var(--act); border-radius: 50%; vertical-align: -0.1em; animation: turn 1s linear infinite; }
    @keyframes turn { to { transform: rotate(1turn); } }
    @media (prefers-reduced-motion: reduce) { .busy::before { animation-duration: 4s; } }
    .wrong { color: var(--wrong); font-weight: 600; }
    .place img { display: block; width: 100%; height: auto; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 3px; background: var(--line); }
    .place figcaption { margin: 0.25rem 0 0.75rem; color: var(--soft); font-size: 0.8125rem; line-height: 1.4; overflow-wrap: anywhere; }
    .sure { color: var(--gold); font-weight: 600; font-variant-numeric: tabular-nums; }
    .answer { margin-top: 1rem; }
    .answer > .soft { margin-bottom: 0.25rem; }
    .foot { margin-top: 1rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }`;

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
  const linked = (href, ...words) => make("a", { href, target: "_blank", rel: "noopener" }, ...words, make("span", { className: "unseen" }, ` ${WORDS.newTab}`));

  const host = make("div", { lang });
  const root = host.attachShadow({ mode: "open" });
  try { // a sheet that is made, and not written into the page, needs no leave of the page's policy
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make("style", {}, STYLE));
  }

  const input = make("input", { type: "file", id: "photo", accept: "image/*,.heic,.heif,.avif" });
  const label = make("label", { htmlFor: "photo" }, WORDS.choose);
  const said = make("p");
  said.setAttribute("role", "status");
  const shown = make("div");
  const answerBox = make("div", { className: "answer", hidden: true });
  const title = make("h2", { id: "title" }, WORDS.title);
  const box = make("section", {},
    title, make("p", { className: "soft" }, WORDS.lead), shown, said, answerBox,
    make("div", { className: "act" }, input, label),
    make("p", { className: "soft foot" }, `${WORDS.promise} `, linked(`${site}/${lang === "vi" ? "" : "en/"}`, "Vietnam Tourism Retrieval")));
  box.setAttribute("aria-labelledby", "title");
  root.append(box);

  const request = async (address, options = {}) => {
    const headers = { ...options.headers, "Accept-Language": lang };
    if (key) headers.Authorization = `Bearer ${key}`;
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(address, { ...options, headers, credentials: "omit" });
      const pause = Number(response.headers.get("Retry-After") || 1);
      if (![429, 503].includes(response.status) || attempt > 3 || pause > 20) return response;
      await sleep(pause);
    }
  };

  // Made smaller here, which saves the visitor's data, and leaves behind what the camera wrote into it.
  const prepared = async (file) => {
    shown.replaceChildren();
    try {
      const bitmap = await createImageBitmap(file);
      const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
      const canvas = make("canvas", { width: Math.round(bitmap.width * scale), height: Math.round(bitmap.height * scale) });
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", WORDS.yours);
      shown.append(canvas);
      return await new Promise((done) => canvas.toBlob((blob) => done(blob || file), "image/jpeg", 0.9));
    } catch {
      return file; // of a format that this browser cannot draw
    }
  };

  const ask = async (photo) => {
    const body = new FormData();
    body.append("photo", photo, "photo.jpg");
    for (const [name, value] of Object.entries({ wait: "20", private: "true", province, category })) if (value) body.append(name, value);
    const headers = crypto.randomUUID ? { "Idempotency-Key": crypto.randomUUID() } : {};
    let response = await request(`${site}/api/v1/searches/`, { method: "POST", body, headers });
    let answer = await response.json();
    for (const ends = Date.now() + 180_000; response.status === 202; answer = await response.json()) {
      if (Date.now() > ends) throw new Error(WORDS.late);
      await sleep(1);
      const address = new URL(answer.url);
      address.searchParams.set("wait", "20");
      response = await request(`${site}${address.pathname}${address.search}`);
    }
    if (!response.ok) throw new Error(answer.detail || answer.title);
    if (answer.state === "failed") throw new Error(answer.message);
    return answer;
  };

  const credit = ({ attribution: { text }, image: { licence, licence_url: address } }) => {
    const at = address ? text.indexOf(licence) : -1;
    return at < 0 ? [text] : [text.slice(0, at), linked(address, licence), text.slice(at + licence.length)];
  };
  const place = (found, hits) => {
    const { landmark, probability, best_hit: best } = found;
    const hit = hits.find((each) => each.rank === best);
    const parts = [];
    if (hit?.image.thumbnail) {
      const { thumbnail: src, width, height } = hit.image;
      parts.push(make("figure", {}, make("img", { src, width, height, alt: landmark.name }), make("figcaption", {}, ...credit(hit))));
    }
    parts.push(make("h3", {}, landmark.name));
    const where = landmark.province ? [make("span", { className: "soft" }, landmark.province.name), " "] : [];
    if (probability !== null) {
      const percent = new Intl.NumberFormat(lang, { style: "percent" }).format(probability);
      where.push(make("span", { className: "sure" }, `${WORDS.probability} ${percent}`));
    }
    parts.push(make("p", {}, ...where), make("p", {}, linked(landmark.url, WORDS.more)));
    return make("div", { className: "place" }, ...parts);
  };
  const show = ({ verdict, places, hits, hints }) => {
    const [first, ...others] = places;
    if (verdict === "unknown" || !first) {
      answerBox.append(make("h3", {}, WORDS.unknown), ...hints.slice(0, 1).map((hint) => make("p", { className: "soft" }, hint.text)));
    } else if (verdict === "one_of") {
      const few = [first, ...others.slice(0, 2)].map((each) => make("li", {}, place(each, hits)));
      answerBox.append(make("p", { className: "soft" }, WORDS.oneOf), make("ul", {}, ...few));
    } else {
      answerBox.append(make("p", { className: "soft" }, WORDS.is), place(first, hits));
    }
    answerBox.hidden = false;
  };
  const say = (words, kind = "") => {
    said.className = kind;
    said.textContent = words;
  };

  const search = async (file) => {
    input.disabled = true;
    answerBox.replaceChildren();
    answerBox.hidden = true;
    say(WORDS.searching, "busy");
    try {
      const answer = await ask(await prepared(file));
      show(answer);
      say(answerBox.querySelector("h3").textContent, "unseen"); // to those who do not see it come
      label.textContent = WORDS.another;
      host.dispatchEvent(new CustomEvent("whereisthis", { detail: answer, bubbles: true }));
    } catch (error) {
      say(error instanceof TypeError || error instanceof SyntaxError ? WORDS.unreached : error.message, "wrong");
    } finally {
      input.disabled = false;
      input.value = "";
    }
  };

  input.addEventListener("change", () => input.files[0] && search(input.files[0]));
  for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.toggle("over", over);
      const file = name === "drop" && !input.disabled && [...event.dataTransfer.files].find((each) => each.type.startsWith("image/"));
      if (file) search(file);
    });
  }

  const settle = () => {
    const target = into && document.querySelector(into);
    if (target) target.append(host);
    else if (script.closest("body")) script.after(host);
    else document.body.append(host);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", settle);
  else settle();
})();
