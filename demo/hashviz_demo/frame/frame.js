// The whole page: which panel is visible, its address, light or dark, projector, and what a teacher hid.
const root = document.documentElement, visible = document.createElement("style");
const address = () => new URLSearchParams(window.location.search);
const put = (name, value) => {
  const parts = address();
  if (value === null) parts.delete(name);
  else parts.set(name, value);
  history.replaceState(history.state, "", "?" + parts.toString());
};
// ---- Tabs and their panels. The browser shows a panel at once; the server then fills it.
const last = {};  // the panel that a tab showed last
const home = (key) => element.querySelector(`[data-panels~="${CSS.escape(key)}"]`);
const show = (key) => {
  const tab = home(key) || element.querySelector("[data-panels]"), panel = home(key) ? key : tab.dataset.view;
  last[tab.dataset.view] = root.dataset.view = panel;
  visible.textContent = `#hv-pane-${panel} { display: flex !important; }`;
  for (const each of element.querySelectorAll("[data-panels]"))
    if (each === tab) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
};
// Ask for the scene of the address; until it is there, `opening` is a promise.
let visits = 0;
const visit = () => {
  show(address().get("tab") || "");
  const shown = root.dataset.view, number = String(++visits);
  // What the page begins with is another scene than that of the link: it is neither seen nor pressed.
  root.classList.toggle("hv-opening", visits === 1 && (address().has("run") || address().has("query")));
  const opening = hashviz.opening = new Promise((done) => {
    hashviz.opened = (tab, answered = number) => {
      if (answered !== number) return;  // a late answer to what was before
      root.classList.remove("hv-opening");
      if (root.dataset.view === shown) show(tab);  // the link may have named a tab of the past
      hashviz.opening = null;
      done();
    };
  });
  setTimeout(() => { if (hashviz.opening === opening) hashviz.opened(shown); }, 10000);
  trigger("visit", { visit: number, address: window.location.search.slice(1), ...history.state });
};
// For other scripts; `unit` is how much larger than on a desk all is drawn.
window.hashviz = { opening: null, unit: () => parseFloat(getComputedStyle(root).fontSize) / 16 };
document.head.append(visible);
document.addEventListener("click", (event) => {
  const pressed = event.target.closest && event.target.closest("[data-view]");
  if (!pressed) return;
  const { view, panels } = pressed.dataset, now = root.dataset.view;
  // A tab opens where it was left; pressed again, on its first panel.
  const key = panels && !panels.split(" ").includes(now) ? last[view] || view : view;
  if (key === now) return;
  show(key);
  trigger("view", { tab: key });
});
window.addEventListener("popstate", visit);
visit();
// ---- Switches of the page.
const light = element.querySelector("[data-light]");
const projector = element.querySelector("[data-projector]");
const tell = () => {
  light.setAttribute("aria-pressed", String(document.body.classList.contains("dark")));
  projector.setAttribute("aria-pressed", String(root.classList.contains("hv-projector")));
};
if (["1", "true"].includes(address().get("projector"))) root.classList.add("hv-projector");
element.addEventListener("click", (event) => {
  if (event.target.closest("[data-light]")) {
    const dark = document.body.classList.toggle("dark");
    put("__theme", dark ? "dark" : "light");
  } else if (event.target.closest("[data-projector]")) {
    const large = root.classList.toggle("hv-projector");
    put("projector", large ? "1" : null);
  }
  tell();
});
tell();
const names = (address().get("hide") || "").split(",").filter((name) => /^[a-z0-9-]+$/.test(name));
if (names.length) {
  const hidden = document.createElement("style");
  hidden.textContent = names
    .map((name) => `#hv-${name}, [data-view="${name}"] { display: none !important; }`)
    .join("\n");
  document.head.append(hidden);
}
// One stop for the Tab key in every list of tabs; the arrow keys move between them.
const TAB = '[role="tab"], [data-panels]';
const rove = () => {
  for (const tab of document.querySelectorAll(TAB))
    tab.tabIndex = tab.ariaSelected === "true" || tab.ariaCurrent === "page" ? 0 : -1;
};
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || !event.target.matches?.(TAB)) return;
  const all = [...event.target.closest('[role="tablist"], nav').querySelectorAll(TAB)];
  all[(all.indexOf(event.target) + step + all.length) % all.length].focus();
});
new MutationObserver(rove).observe(document.body,
  { attributeFilter: ["aria-selected", "aria-current"], childList: true, subtree: true });
rove();
