// Keeps the field page for alleys without signal: the one page with the doors in hand, and the files that it needs.
// It forgets the doors when the server sends this phone away: signed out, cut off, or its shift is over.
"use strict";

const CACHE = "peduli-lapangan";
const WAIT_MS = 4_000; // one bar of signal: what was kept is better than waiting
const HOME = "/lapangan";

self.addEventListener("install", (event) => event.waitUntil(keepHome().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The page has learnt that it is of before. What it dropped meanwhile (it waits for the same lock) is not kept again.
self.addEventListener("message", (event) => event.waitUntil(navigator.locks ? navigator.locks.request(CACHE, keepAnew) : keepAnew()));
const keepAnew = async () => (await caches.has(CACHE)) && keepHome();

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.searchParams.has("v") || url.pathname.endsWith(".webmanifest")) event.respondWith(kept(event.request));
  else if (event.request.mode === "navigate" && url.pathname === HOME) event.respondWith(home(event));
});

// The first page came before there was a worker: ask for it and its files once more (they lie in the HTTP cache).
async function keepHome() {
  const answer = await fetch(HOME, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer || !isHome(answer)) return;
  const cache = await caches.open(CACHE);
  await cache.put(HOME, answer.clone());
  await keepFiles(cache, answer);
}

// Those that are not kept yet: whoever signs out and in again has them in the browser's memory, which asks no worker.
async function keepFiles(cache, page) {
  const files = [...(await page.text()).matchAll(/(?:href|src)="(\/[^"]+\?v=[^"]+)"/g)].map((found) => found[1]);
  await Promise.all(files.map(async (file) => (await cache.match(file)) || cache.add(file)));
}

const isHome = (answer) => answer.ok && !answer.redirected && answer.headers.has("Peduli-Until");

async function kept(request) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function home(event) {
  const asked = fetch(event.request).then(async (answer) => {
    const cache = await caches.open(CACHE);
    if (isHome(answer)) {
      await cache.put(HOME, answer.clone());
      event.waitUntil(keepFiles(cache, answer.clone()).catch(() => null));
    } else if (answer.type === "opaqueredirect" || [401, 403, 410].includes(answer.status)) await cache.delete(HOME);
    return answer;
  });
  event.waitUntil(asked.catch(() => null));
  const found = await (await caches.open(CACHE)).match(HOME);
  if (!found) return asked;
  const late = new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  const answer = await Promise.race([asked, late]).catch(() => null);
  if (answer && answer.status < 500) return answer;
  return Number(found.headers.get("Peduli-Until")) * 1000 > Date.now() ? found : over();
}

async function over() {
  await caches.delete(CACHE);
  const text = '<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Giliran selesai</title><h1>Giliran selesai</h1><p>Data pintu di perangkat ini sudah dihapus. Laporan yang belum terkirim tetap tersimpan; <a href="/lapangan/masuk">masuk lagi</a> bila ada sinyal.</p></html>';
  return new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}
