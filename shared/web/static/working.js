// A page of work that goes on: its main part is taken anew every 2 seconds, until nothing in it is marked as working.
// Without this script the link on the page does the same. Nothing is replaced while something in it has the focus.
const PAUSE = 2000;
const main = document.querySelector("main");
const isWorking = () => main.querySelector("[data-working]") !== null;
const inUse = () => main.contains(document.activeElement) && document.activeElement !== main;

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null); // away for a moment
  if (answer?.redirected) return location.reload(); // the session has ended
  if (answer?.ok && !inUse()) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    main.replaceChildren(...fresh.childNodes);
  }
  later();
}

function later() {
  if (isWorking()) setTimeout(document.hidden || inUse() ? later : look, PAUSE);
}

later();
