// Queues what the forms of the field page would send: each report once, also without signal, also when the app is killed.
// The forms work without it. Names of a form's fields are those that the server reads; the queue keeps them as they are.
"use strict";

const UNDO_MS = 10_000; // a wrong button can be taken back for so long
const RETRY_MS = 15_000;
const LEARN_MS = 120_000;
const MOST_PHOTO_BYTES = 200_000;
const PIECE_BYTES = 32_768; // what arrives of a photo stays; the next piece goes on behind it
const CACHE = "peduli-lapangan";

const key = () => document.querySelector("#keluar [name=kunci]").value;
const one = (name) => document.getElementById(name);
const team = () => one("antre").dataset.tim;

// IndexedDB as promises: `laporan` are reports that wait, `pintu` what this phone has said of a door.
let opened;
const database = () =>
  (opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("peduli-lapangan", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("laporan", { keyPath: "laporan" });
      asked.result.createObjectStore("pintu", { keyPath: "tugas" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  }));

async function store(name, mode, act) {
  const transaction = (await database()).transaction(name, mode);
  const asked = act(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
const all = (name) => store(name, "readonly", (rows) => rows.getAll());
const put = (name, row) => store(name, "readwrite", (rows) => rows.put(row));
const waitingReports = async () => (await all("laporan")).filter((row) => row.tim === team()).sort((a, b) => a.at - b.at);
const remove = (name, id) => store(name, "readwrite", (rows) => rows.delete(id));

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function note(text, isBad, isMore) {
  const box = document.createElement("div");
  box.className = isBad ? "note bad" : "note good";
  box.append(Object.assign(document.createElement("p"), { textContent: text }));
  if (!isMore) one("kabar").replaceChildren();
  one("kabar").append(box);
}

// A big photo is drawn smaller until it fits; a phone's camera makes megabytes.
async function shrunk(file) {
  if (file.size <= MOST_PHOTO_BYTES && file.type !== "image/png") return file;
  const image = await createImageBitmap(file);
  for (let side = 1280; side >= 320; side = Math.round(side * 0.7)) {
    const scale = Math.min(1, side / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.7));
    if (blob && blob.size <= MOST_PHOTO_BYTES) return blob;
  }
  return null;
}

async function digestOf(blob) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function queue(event) {
  event.preventDefault();
  const form = event.target;
  const fields = new FormData(form, event.submitter);
  const file = fields.get("file");
  fields.delete("file");
  let photo = null;
  if (file) {
    photo = file.size ? await shrunk(file).catch(() => null) : null;
    if (!photo) return note("Foto ini tidak dapat dipakai. Ambil foto lain, atau pakai kode atau saksi.", true);
    fields.set("foto", await digestOf(photo));
  } else if (fields.get("jenis") === "deliver" && !fields.get("kode") && !fields.get("saksi")) {
    return note("Isi kode penerima, atau pilih peran saksi.", true);
  }
  fields.delete("kunci");
  const tugas = fields.get("tugas");
  const said = (await all("pintu")).find((row) => row.tugas === tugas);
  if (said) fields.set("versi", Math.max(said.versi, Number(fields.get("versi"))));
  const row = { laporan: newId(), tim: team(), tugas, at: Date.now(), photo, fields: [...fields], words: form.dataset.laporan };
  await put("laporan", row);
  await put("pintu", { tugas, words: row.words, laporan: row.laporan, versi: Number(fields.get("versi")) + 1 });
  navigator.storage?.persist?.();
  form.reset();
  one("kabar").replaceChildren();
  await show();
  location.hash = next(tugas);
  window.scrollTo(0, 0);
  setTimeout(send, UNDO_MS);
}

// The next door about which nothing was said yet, else the list.
function next(tugas) {
  const doors = [...document.querySelectorAll(".pintu")];
  const here = doors.findIndex((door) => door.dataset.tugas === tugas);
  const found = here < 0 ? null : [...doors.slice(here + 1), ...doors.slice(0, here)].find((door) => !door.querySelector(".dilaporkan") && !door.matches(".usai"));
  return found ? found.id : "daftar";
}

async function undo(row) {
  await remove("laporan", row.laporan);
  await remove("pintu", row.tugas);
  note("Dibatalkan: laporan itu tidak dikirim.");
  await show();
}

async function show() {
  const [waiting, said] = await Promise.all([waitingReports(), all("pintu")]);
  const queued = new Set(waiting.map((row) => row.laporan));
  for (const old of document.querySelectorAll(".dilaporkan")) old.remove();
  for (const row of said) {
    for (const place of document.querySelectorAll(`[data-tugas="${row.tugas}"] .tanda`)) {
      const tag = document.createElement("span");
      tag.className = `tag dilaporkan ${queued.has(row.laporan) ? "warn" : "good"}`;
      tag.textContent = `${row.words}${queued.has(row.laporan) ? ", belum terkirim" : ""}`;
      place.append(" ", tag);
    }
  }
  const box = document.createElement("div");
  box.className = "note warn";
  const text = document.createElement("p");
  text.append(Object.assign(document.createElement("b"), { textContent: `Belum terkirim: ${waiting.length}` }));
  box.append(text);
  const last = waiting.at(-1);
  const left = last ? last.at + UNDO_MS - Date.now() : 0;
  if (left > 0) {
    const button = Object.assign(document.createElement("button"), { className: "second", textContent: `Urungkan: ${last.words}` });
    button.addEventListener("click", () => undo(last));
    box.append(button);
    setTimeout(show, left);
  }
  one("antre").replaceChildren(...(waiting.length ? [box] : []), ...(await leftByOthers()));
}

let sure = ""; // reports that were asked to be thrown away once: what is shown anew meanwhile does not forget it

// Reports that another team left on this phone: only that team can send them, and anybody can throw them away.
async function leftByOthers() {
  const left = (await all("laporan")).filter((row) => row.tim !== team());
  if (!left.length) return [];
  const teams = [...new Set(left.map((row) => row.tim))].join(", ");
  const box = Object.assign(document.createElement("div"), { className: "note warn" });
  const text = `Belum terkirim dari ${teams}: ${left.length}. Masuk sebagai tim itu untuk mengirimnya.`;
  const names = left.map((row) => row.laporan).join();
  const words = sure === names ? "Tekan sekali lagi untuk menghapus" : "Hapus laporan itu";
  const button = Object.assign(document.createElement("button"), { className: "second", textContent: words });
  button.addEventListener("click", async () => {
    if (sure === names) for (const row of left) await remove("laporan", row.laporan);
    sure = names;
    await show();
  });
  box.append(Object.assign(document.createElement("p"), { textContent: text }), button);
  return [box];
}

// Bring a photo in pieces, from where the server stands.
async function bring(row, digest) {
  const path = `/lapangan/foto/${row.tugas}/${digest}`;
  const at = await fetch(path, { method: "HEAD" });
  if (!at.ok) return at;
  let answer = at;
  for (let offset = Number(at.headers.get("Upload-Offset")); offset < row.photo.size; ) {
    const headers = { "Peduli-Kunci": key(), "Upload-Offset": offset, "Upload-Length": row.photo.size };
    answer = await fetch(path, { method: "PATCH", headers, body: row.photo.slice(offset, offset + PIECE_BYTES) });
    if (!answer.ok && answer.status !== 409) return answer;
    offset = Number(answer.headers.get("Upload-Offset"));
  }
  return new Response();
}

async function tell(row) {
  const fields = new URLSearchParams(row.fields);
  if (row.photo) {
    const brought = await bring(row, fields.get("foto"));
    if (!brought.ok && brought.status !== 404) return brought; // 404: not ours any more, and what was seen is told all the same
  }
  fields.set("laporan", row.laporan);
  fields.set("kunci", key());
  return fetch("/lapangan/laporan", { method: "POST", body: fields, headers: { Accept: "application/json" } });
}

async function send() {
  if (!navigator.onLine) return;
  let reached = false;
  const work = async () => {
    const due = (await waitingReports()).filter((row) => row.at + UNDO_MS <= Date.now());
    for (const row of due) {
      const answer = await tell(row).catch(() => null);
      if (!answer || answer.status >= 500 || answer.status === 429) break; // later again, in this order
      if (answer.status === 410) return forget(true);
      if (answer.status === 401 || answer.status === 403) {
        note("Masuk lagi supaya laporan yang menunggu dapat dikirim.", true);
        break;
      }
      reached = true;
      await remove("laporan", row.laporan);
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) {
        await remove("pintu", row.tugas);
        note(`${row.words}: ${told.message || told.reasons?.[0]?.message || "laporan ini tidak dapat dipakai."}`, true);
      }
    }
    await show();
  };
  await (navigator.locks ? navigator.locks.request("peduli-kirim", { ifAvailable: true }, (lock) => lock && work()) : work());
  if (reached) await learn();
}

// What became meanwhile of doors on this page, which the phone may have kept: another team was there, or a packet has to go back.
async function learn() {
  const doors = [...document.querySelectorAll(".pintu:not(.usai)")];
  if (!navigator.onLine || !doors.length) return;
  const asked = new URLSearchParams(doors.map((door) => ["tugas", door.dataset.tugas]));
  const answer = await fetch(`/lapangan/keadaan?${asked}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (isOver) return;
  if (answer?.status === 410) return forget(true);
  const told = answer?.ok ? await answer.json() : [];
  const said = new Set((await all("pintu")).map((row) => row.tugas));
  const changes = told.filter((change) => !one(`p-${change.tugas}`).matches(".usai")); // two may ask at once
  const news = changes.filter((change) => !(change.sendiri && said.has(change.tugas))); // what this phone reported itself is none
  for (const change of changes) end(one(`p-${change.tugas}`), change);
  for (const change of news) mark(one(`p-${change.tugas}`), change);
  if (news.length) note(`Berubah: ${news.map((change) => `${nameOf(change)}: ${change.kata}`).join(" ")}`, true, true);
  if (changes.length) navigator.serviceWorker?.controller?.postMessage("muat"); // the kept page is of before
}

const nameOf = (change) => document.querySelector(`#n-${CSS.escape(change.tugas)}`).textContent.split(":")[0];

// Nobody's address stays on the page when the door is not this team's any more; who still has its packet after the lease needs it.
function end(door, change) {
  door.classList.add("usai");
  if (change.kode === "LEASE_OVER") return;
  door.querySelector(".orang").replaceChildren();
  const title = document.querySelector(`#daftar [data-tugas="${change.tugas}"] .title`);
  if (title) title.textContent = title.textContent.split(":")[0];
}

// A door that is not to be walked to any more says so, at the door and in the list.
function mark(door, change) {
  const box = Object.assign(document.createElement("div"), { className: "note warn" });
  box.append(Object.assign(document.createElement("p"), { textContent: change.kata }));
  door.querySelector("h2").after(box);
  if (change.kode === "TO_BE_BROUGHT_BACK")
    for (const form of door.querySelectorAll("form")) form.hidden = form.elements.jenis.value !== "return";
  for (const place of document.querySelectorAll(`[data-tugas="${change.tugas}"] .tanda`)) {
    place.append(" ", Object.assign(document.createElement("span"), { className: "tag warn", textContent: change.kata.split(/[.:]/)[0] }));
  }
}

// The worker may be about to keep the page of now: it is deleted after that, and nothing is kept behind it.
let isOver = false;
const dropPage = () => {
  isOver = true;
  return navigator.locks ? navigator.locks.request(CACHE, () => caches.delete(CACHE)) : caches.delete(CACHE);
};

// The phone forgets doors; reports that wait name no person, and stay unless the device was cut off.
async function forget(isCutOff) {
  const names = isCutOff ? ["pintu", "laporan"] : ["pintu"];
  await Promise.allSettled([dropPage(), ...names.map((name) => store(name, "readwrite", (rows) => rows.clear()))]);
  location.replace("/lapangan/masuk");
}

async function leave(event) {
  const waiting = (await waitingReports()).length;
  if (waiting && !event.target.dataset.yakin) {
    note(`Belum terkirim: ${waiting}. Cari sinyal dulu; tekan Keluar sekali lagi untuk keluar saja, laporannya tetap tersimpan di perangkat ini.`, true);
    event.target.dataset.yakin = "ya";
    return;
  }
  await dropPage();
  await store("pintu", "readwrite", (rows) => rows.clear());
  event.target.submit();
}

// What was said of doors that are not ours any more is of no use to anybody.
async function tidy() {
  const queued = new Set((await all("laporan")).map((row) => row.tugas));
  for (const row of await all("pintu")) {
    if (!queued.has(row.tugas) && !document.querySelector(`[data-tugas="${row.tugas}"]`)) await remove("pintu", row.tugas);
  }
}

function needsSignal(event) {
  if (navigator.onLine) return;
  event.preventDefault();
  note("Perlu sinyal untuk ini.", true);
}

async function start() {
  const ends = Number(one("antre").dataset.until) * 1000;
  if (Date.now() >= ends) return forget(false);
  setTimeout(() => forget(false), Math.min(ends - Date.now(), 2 ** 31 - 1));
  for (const form of document.querySelectorAll("form[data-laporan]")) form.addEventListener("submit", queue);
  for (const form of document.querySelectorAll("#ambil, .perlu-sinyal")) form.addEventListener("submit", needsSignal);
  one("keluar").addEventListener("submit", (event) => {
    event.preventDefault();
    leave(event);
  });
  const meet = () => send().then(learn);
  window.addEventListener("online", meet);
  document.addEventListener("visibilitychange", () => document.hidden || meet());
  setInterval(send, RETRY_MS);
  setInterval(learn, LEARN_MS);
  await tidy();
  await show();
  await navigator.serviceWorker?.register("/lapangan/worker.js", { scope: "/lapangan" }).catch(() => null);
  await meet();
}

start();
