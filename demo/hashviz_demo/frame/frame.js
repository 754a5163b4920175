// The whole page: light or dark, projector, and what a teacher hid with ?hide=name,name.
const put = (name, value) => {
  const address = new URLSearchParams(window.location.search);
  if (value === null) address.delete(name);
  else address.set(name, value);
  history.replaceState(null, "", "?" + address.toString());
};
const address = new URLSearchParams(window.location.search);
const light = element.querySelector("[data-light]");
const projector = element.querySelector("[data-projector]");
const tell = () => {
  light.setAttribute("aria-pressed", String(document.body.classList.contains("dark")));
  projector.setAttribute(
    "aria-pressed", String(document.documentElement.classList.contains("hv-projector")));
};
if (["1", "true"].includes(address.get("projector")))
  document.documentElement.classList.add("hv-projector");
element.addEventListener("click", (event) => {
  if (event.target.closest("[data-light]")) {
    const dark = document.body.classList.toggle("dark");
    put("__theme", dark ? "dark" : "light");
  } else if (event.target.closest("[data-projector]")) {
    const large = document.documentElement.classList.toggle("hv-projector");
    put("projector", large ? "1" : null);
  }
  tell();
});
tell();
const names = (address.get("hide") || "").split(",").filter((name) => /^[a-z0-9-]+$/.test(name));
if (names.length) {
  const hidden = document.createElement("style");
  hidden.textContent = names
    .map((name) => `#hv-${name}, #hv-tabs [role="tab"][data-tab-id="${name}"] { display: none !important; }`)
    .join("\n");
  document.head.append(hidden);
}
// The bar is hidden on Search at once, without waiting for the answer to the click.
document.addEventListener("click", (event) => {
  const tab = event.target.closest && event.target.closest('#hv-tabs > .tab-wrapper [role="tab"]');
  if (!tab || !tab.dataset.tabId) return;
  for (const id of ["hv-head", "hv-bar"]) document.getElementById(id).dataset.tab = tab.dataset.tabId;
}, true);
// One stop for the Tab key in every list of tabs; the arrow keys move between them.
const rove = () => {
  for (const tab of document.querySelectorAll('[role="tab"]'))
    tab.tabIndex = tab.ariaSelected === "true" ? 0 : -1;
};
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || !event.target.matches?.('[role="tab"]')) return;
  const all = [...event.target.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
  all[(all.indexOf(event.target) + step + all.length) % all.length].focus();
});
new MutationObserver(rove).observe(document.body,
  { attributeFilter: ["aria-selected"], childList: true, subtree: true });
rove();
