// Query and result: showing a pair requests its reasons; pointing at a bit lays its maps over both
// pictures.
let maps = null, bit = -1, linked = new URLSearchParams(window.location.search).get("hit");
const columns = () => [...element.querySelectorAll("[data-look]")];
const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
const look = (wanted) => {
  bit = wanted;
  for (const each of columns())
    each.classList.toggle("hv-chosen", Number(each.dataset.look) === bit);
  for (const picture of element.querySelectorAll("[data-map]")) {
    picture.hidden = !maps;
    if (maps) picture.src = maps[picture.dataset.map][bit];
    picture.parentElement.classList.toggle("hv-gray", Boolean(maps));
  }
  const column = columns()[bit];
  const outputs = maps ? `, outputs ${signed(maps.outputs[0][bit])} and ${signed(maps.outputs[1][bit])}` : "";
  element.querySelector("[data-looked]").textContent =
    column.getAttribute("aria-label").replace(/\.?$/, "") + outputs + ".";
};
const shown = () => {
  maps = null;
  bit = -1;
  const pair = element.querySelector("[data-hit]");
  if (!pair) return;
  if (linked && linked !== pair.dataset.hit && element.querySelector(`[data-choose="${CSS.escape(linked)}"]`)) {
    trigger("choose", { position: Number(linked) });
    linked = null;
    return;
  }
  linked = null;
  trigger("explain", { position: Number(pair.dataset.hit) });
};
const keep = (position) => {
  const parts = new URLSearchParams(window.location.search);
  parts.set("hit", position);
  history.replaceState(history.state, "", "?" + parts.toString());
};
element.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-choose]");
  if (choice) {
    keep(choice.dataset.choose);
    trigger("choose", { position: Number(choice.dataset.choose) });
  }
  const column = event.target.closest("[data-look]");
  if (column) look(Number(column.dataset.look));
});
for (const kind of ["pointerover", "focusin"])
  element.addEventListener(kind, (event) => {
    const column = event.target.closest("[data-look]");
    if (column && Number(column.dataset.look) !== bit) look(Number(column.dataset.look));
  });
element.addEventListener("keydown", (event) => {
  const column = event.target.closest("[data-look]");
  if (!column) return;
  const all = columns(), across = all.filter((each) => each.offsetTop === all[0].offsetTop).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = all[Math.max(0, Math.min(all.length - 1, Number(column.dataset.look) + step))];
  all.forEach((each) => { each.tabIndex = each === next ? 0 : -1; });
  next.focus();
});
// The reasons have arrived: their maps are shown only while the pair is still the same.
const arrived = (event) => {
  const pair = element.querySelector("[data-hit]");
  if (!pair || pair.dataset.hit !== event.detail.hit) return;
  maps = event.detail.maps;
  if (bit < 0 && maps) look(maps.loudest);
  else if (bit >= 0) look(bit);
};
window.addEventListener("hashviz-reasons", arrived);
watch("value", shown);
shown();
