// The bar of query and run; it also keeps the address of the page, and what Back and Forward lead to.
let entered = 0;
const place = (search) => ["tab", "run", "query"].map((name) => new URLSearchParams(search).get(name)).join();
const follow = () => {
  const bar = element.querySelector("[data-link]");
  if (!bar) return;
  const { link, tab, owned, kind, visit } = bar.dataset, menu = element.querySelector("select");
  menu.value = menu.dataset.chosen;
  const opening = Boolean(hashviz.opening);
  if (opening) hashviz.opened(tab, visit);
  if (hashviz.opening) return;  // this was not yet its answer
  const kept = new URLSearchParams(window.location.search);
  for (const name of owned.split(",")) kept.delete(name);
  const rest = kept.toString(), next = "?" + link + (rest ? "&" + rest : "");
  const picture = ["picture", "drawing"].includes(kind) ? element.querySelector("img").src : "";
  const moved = place(next) !== place(window.location.search), now = Date.now();
  // Another tab, run or query is a step of its own; what follows within a second belongs to the last one.
  const step = !opening && next !== window.location.search && (moved || now - entered > 1000);
  entered = now;
  // What changes nothing is not written: it would stop a Back or Forward that is on its way.
  if (next === window.location.search && history.state?.picture === picture) return;
  history[step ? "pushState" : "replaceState"]({ picture, drawn: kind === "drawing" }, "", next);
};
element.addEventListener("change", (event) =>
  trigger("choose", { run: event.target.value, tab: document.documentElement.dataset.view }));
element.addEventListener("click", (event) => {
  if (event.target.closest("[data-another]")) trigger("another", { tab: document.documentElement.dataset.view });
});
watch("value", follow);
