// The map of all places: our outline of Vietnam under clustered marks. Until it is there, and where it cannot be,
// the drawing in the page stands for it.
/* global L */

const box = document.querySelector("[data-map]");
const words = box.dataset;
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const COUNTRY = [[6.9, 101.7], [23.8, 116.6]];
const SEA = { wordsHoangSa: [17.3, 111.9], wordsTruongSa: [11.9, 114.2], wordsEastSea: [14.4, 112.6] };

async function read(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.json();
}

// TopoJSON keeps each border once, as steps of whole numbers; Leaflet wants positions.
function unfold({ arcs, transform, objects }) {
  const [perX, perY] = transform.scale;
  const lines = arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => [(y += dy) * perY, (x += dx) * perX]);
  });
  const line = (number) => (number < 0 ? lines[~number].slice().reverse() : lines[number]);
  return {
    provinces: objects.provinces.geometries.map(({ id, arcs: polygons }) => (
      { id, rings: polygons.map(([ring]) => ring.flatMap(line)) }
    )),
    islands: objects.islands.geometries.flatMap(({ coordinates }) => (
      coordinates.map(([x, y]) => [y * perY, x * perX])
    )),
  };
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function seal(className, size, ...inside) {
  const face = document.createElement("span");
  face.className = "seal__face";
  face.append(...inside);
  return L.divIcon({ className: `seal ${className}`, html: face, iconSize: [size, size] });
}

function cluster(group) {
  const count = group.getChildCount();
  const number = element("span", "", count);
  number.ariaHidden = "true";
  const name = element("span", "visually-hidden", words.wordsCluster.replace("{n}", count));
  return seal("seal--many", 30 + 4 * String(count).length, number, name);
}

function popup(place) {
  const page = document.querySelector("[data-popup]").content.firstElementChild.cloneNode(true);
  page.href = place.url;
  const photo = page.querySelector(".pop__photo");
  if (place.photo) photo.src = place.photo;
  else photo.remove();
  page.querySelector(".pop__name").textContent = place.name;
  page.querySelector(".pop__where").textContent = [place.province, place.category].filter(Boolean).join(" · ");
  return page;
}

function mark(place) {
  const icon = seal("seal--one", 30, element("span", "visually-hidden", place.name));
  const marker = L.marker([place.latitude, place.longitude], { icon, title: place.name, riseOnHover: true });
  return marker.bindPopup(() => popup(place), { minWidth: 240, maxWidth: 240 });
}

function draw(map, { provinces, islands }) {
  for (const { id, rings } of provinces) {
    const className = `map__province${id === words.province ? " map__province--chosen" : ""}`;
    L.polygon(rings.map((ring) => [ring]), { className, interactive: false, smoothFactor: 0.6 }).addTo(map);
  }
  for (const island of islands) {
    L.circleMarker(island, { className: "map__island", radius: 2, interactive: false }).addTo(map);
  }
}

function nameTheSea(map) {
  for (const [name, where] of Object.entries(SEA)) {
    const icon = L.divIcon({ className: "map__sea", html: element("span", "", words[name]), iconSize: [0, 0] });
    L.marker(where, { icon, interactive: false, keyboard: false }).addTo(map);
  }
}

function show(outline, places) {
  const drawing = box.firstElementChild;
  const map = L.map(box, {
    attributionControl: Boolean(words.tiles), zoomControl: false, scrollWheelZoom: false,
    maxBounds: [[0, 92], [30, 126]], minZoom: 4, maxZoom: words.tiles ? 18 : 14, zoomSnap: 0.25,
    zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still,
  });
  const titles = { zoomInTitle: words.wordsZoomIn, zoomOutTitle: words.wordsZoomOut };
  L.control.zoom({ position: "bottomleft", ...titles }).addTo(map);
  box.classList.add("map--moves");
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", words.wordsMap);
  // A wheel over the map scrolls the page, until the map is what the reader works with.
  map.on("focus", () => map.scrollWheelZoom.enable()).on("blur", () => map.scrollWheelZoom.disable());
  if (words.tiles) L.tileLayer(words.tiles, { attribution: words.tilesCredit, maxZoom: 18 }).addTo(map);
  else draw(map, outline);
  nameTheSea(map);

  const marks = L.markerClusterGroup({
    iconCreateFunction: cluster, maxClusterRadius: 46, showCoverageOnHover: false, animate: !still,
    spiderLegPolylineOptions: { className: "map__leg" },
  });
  marks.addLayers(places.map(mark));
  const bounds = words.narrowed && places.length ? marks.getBounds() : COUNTRY;
  map.fitBounds(bounds, { maxZoom: 11, padding: [8, 8], animate: false });
  map.addLayer(marks);

  let opener = null;
  map.on("popupopen", ({ popup: opened }) => {
    const frame = opened.getElement();
    frame.querySelector(".leaflet-popup-close-button").setAttribute("aria-label", words.wordsClose);
    frame.onkeydown = ({ key }) => key === "Escape" && map.closePopup();
    opener = document.activeElement?.classList.contains("seal") ? document.activeElement : null;
    if (opener) frame.querySelector(".pop").focus({ preventScroll: true });
  });
  map.on("popupclose", () => opener?.focus({ preventScroll: true }));
  drawing.remove();
}

Promise.all([read(words.outline), read(words.places)])
  .then(([topology, { places }]) => show(unfold(topology), places))
  .catch((error) => {
    document.querySelector("[data-failed]").hidden = false;
    console.warn(error);
  });
