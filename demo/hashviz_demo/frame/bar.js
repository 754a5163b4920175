// The bar of query and run; it also keeps the address of the page up to date.
const shown = () => {
  const chosen = document.querySelector('#hv-tabs [role="tab"][aria-selected="true"]');
  return chosen ? chosen.dataset.tabId : null;
};
const follow = () => {
  const bar = element.querySelector("[data-link]");
  if (!bar) return;
  for (const id of ["hv-head", "hv-bar"])
    document.getElementById(id).dataset.tab = bar.dataset.tab;
  const menu = element.querySelector("select");
  menu.value = menu.dataset.chosen;
  const kept = new URLSearchParams(window.location.search);
  for (const name of bar.dataset.owned.split(",")) kept.delete(name);
  const rest = kept.toString();
  history.replaceState(null, "", "?" + bar.dataset.link + (rest ? "&" + rest : ""));
};
element.addEventListener("change", (event) =>
  trigger("choose", { run: event.target.value, tab: shown() }));
element.addEventListener("click", (event) => {
  if (event.target.closest("[data-another]")) trigger("another", { tab: shown() });
});
watch("value", follow);
