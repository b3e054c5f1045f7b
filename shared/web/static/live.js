// An open page stays fresh: when the server tells of a new state, its main part is taken anew. Without this script a reload
// does the same. Nothing is replaced under a reader's hands: not while something in it has the focus or is selected.
const main = document.querySelector("main");
const state = () => main.querySelector("[data-state]")?.dataset.state;
const inUse = () => main.contains(document.activeElement) && document.activeElement !== main;

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || inUse() || !getSelection().isCollapsed) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  const open = [...main.querySelectorAll("details")].map((each) => each.open);
  fresh.querySelectorAll("details").forEach((each, place) => { each.open = open[place] ?? false; });
  main.replaceChildren(...fresh.childNodes);
}

new EventSource("/langsung").addEventListener("fresh", (told) => {
  if (told.data !== state() && !document.hidden) renew();
});
