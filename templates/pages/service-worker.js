// Between the browser and the site: answers from what it keeps where the network does not. It keeps the offline page and
// what that is drawn with; static files whose name tells their contents; never a page, a photo, or anything sent.
"use strict";

const { pages, kept, version } = {{ facts|safe }};
const KEPT = `kept-${version}`;
const STATIC = "static";
const SHARED = "shared";
const NAMED_BY_CONTENTS = /\/static\/.*\.[0-9a-f]{12}\.\w+$/;

self.addEventListener("install", (event) => {
  // Without cookies: what is kept is what a visitor sees who is not logged in.
  const requests = kept.map((address) => new Request(address, { credentials: "omit", cache: "reload" }));
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(
    names.filter((name) => ![KEPT, SHARED].includes(name)).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === "POST" && /^(\/en)?\/share\/$/.test(pathname)) event.respondWith(takeShared(request, pathname));
  else if (request.method !== "GET") return;
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => offlinePage(pathname)));
  else if (NAMED_BY_CONTENTS.test(pathname)) event.respondWith(fromStatic(request));
  else if (kept.includes(pathname)) event.respondWith(fetch(request).catch(() => caches.match(request)));
});

async function offlinePage(pathname) {
  const page = await caches.match(pathname.startsWith("/en/") ? pages.en : pages.vi);
  return page || Response.error();
}

async function fromStatic(request) {
  const known = await caches.match(request);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok) (await caches.open(STATIC)).put(request, response.clone());
  return response;
}

// A photo shared by another app cannot carry the form's token: it waits here until the home page puts it into the form.
async function takeShared(request, pathname) {
  const photos = (await request.formData()).getAll("photo").filter((photo) => photo.size);
  await caches.delete(SHARED);
  const cache = await caches.open(SHARED);
  await Promise.all(photos.map((photo, number) => cache.put(`/shared/${number}`, new Response(photo, {
    headers: { "Content-Type": photo.type, "X-Name": encodeURIComponent(photo.name) },
  }))));
  return Response.redirect(`${pathname.replace("share/", "")}?shared=${photos.length}`, 303);
}
