// "Use my position": asked of the browser when the button is pressed, never before; the form takes it from there.

const form = document.querySelector("[data-near]");
const button = form.querySelector("[data-locate]");
const said = form.querySelector("[data-said]");
const words = form.dataset;
const REASONS = { 1: words.wordsRefused, 2: words.wordsUnknown, 3: words.wordsLate };
const DECIMALS = 3; // about a hundred metres

function send({ coords }) {
  form.elements.position.value = `${coords.latitude.toFixed(DECIMALS)}, ${coords.longitude.toFixed(DECIMALS)}`;
  form.elements.place.value = form.elements.province.value = "";
  form.submit();
}

function explain(error) {
  said.textContent = REASONS[error.code];
  button.disabled = false;
}

if (navigator.geolocation) {
  form.querySelector("[data-me]").hidden = false;
  button.addEventListener("click", () => {
    said.textContent = words.wordsWaiting;
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(send, explain, { timeout: 15000, maximumAge: 60000 });
  });
  // Back from the answer, the browser may show this page as it was left.
  addEventListener("pageshow", () => {
    button.disabled = false;
    said.textContent = "";
  });
}
