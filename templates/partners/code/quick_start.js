// For a page with <input type="file" id="photo"> and <div id="place"></div>.
const SITE = "https://example.org";
const KEY = "vtr_your_key"; // one that names your website: whoever opens the page can read it

const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

// What cannot be answered for the moment (429, 503) is asked again when the platform says so.
async function request(address, options = {}) {
  const headers = { ...options.headers, Authorization: `Bearer ${KEY}`, "Accept-Language": "en" };
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(address, { ...options, headers });
    const pause = Number(response.headers.get("Retry-After") ?? 1);
    if (![429, 503].includes(response.status) || attempt > 3 || pause > 60) return response;
    await sleep(pause);
  }
}

async function whereIs(photo) {
  const body = new FormData();
  body.append("photo", photo);
  body.append("wait", "20");
  const headers = { "Idempotency-Key": crypto.randomUUID() }; // one search, however often it is sent
  let response = await request(`${SITE}/api/v1/searches/`, { method: "POST", body, headers });
  let answer = await response.json();
  while (response.status === 202) { // not answered yet
    await sleep(1);
    response = await request(`${answer.url}&wait=20`);
    answer = await response.json();
  }
  if (!response.ok) throw new Error(`${answer.code}: ${answer.detail}`);
  if (answer.state === "failed") throw new Error(answer.message);
  return answer;
}

document.querySelector("#photo").addEventListener("change", async (event) => {
  const output = document.querySelector("#place");
  output.textContent = "…";
  try {
    const { verdict, places: [place], hits } = await whereIs(event.target.files[0]);
    if (verdict === "unknown" || !place) {
      output.textContent = "No place of the catalogue, as far as can be seen.";
      return;
    }
    output.textContent = `${place.landmark.name}, probability ${place.probability}`;
    // The photo that shows it best with its attribution, which has to stand beside it.
    const hit = hits.find((each) => each.rank === place.best_hit);
    if (hit) {
      const image = Object.assign(new Image(), { src: hit.image.thumbnail, alt: place.landmark.name });
      output.append(image, hit.attribution.text);
    }
  } catch (error) {
    output.textContent = error.message;
  }
});
