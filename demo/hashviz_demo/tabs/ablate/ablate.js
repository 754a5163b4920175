// The switchboard: switches, the bet, a dot for each seed, and queries for the pictures.
let focus = "", look = false;
const wish = (keep, name, data) => {
  focus = keep;
  trigger(name, data);
};
element.addEventListener("click", (event) => {
  const on = (name) => event.target.closest(`[data-${name}]`);
  const flip = on("flip"), seed = on("seed"), query = on("query");
  if (flip) {
    // All of them are sent: of quick presses only the last one is answered.
    flip.ariaChecked = String(flip.ariaChecked !== "true");
    const off = [...element.querySelectorAll("[data-flip][aria-checked='false']")];
    wish(`[data-flip="${flip.dataset.flip}"]`, "flip", { off: off.map((one) => Number(one.dataset.flip)) });
  } else if (seed) {
    const same = `[data-seed="${seed.dataset.seed}"]`;
    look = true;
    wish(`${same}|${[...element.querySelectorAll(same)].indexOf(seed)}`, "seed",
      { seed: Number(seed.dataset.seed) });
  } else if (on("show")) {
    const part = element.querySelector("[data-part]:checked");
    if (part) wish("[data-flip]", "bet", { part: Number(part.dataset.part), free: null });
    else element.querySelector("[data-part]")?.focus();
  } else if (query) {
    wish(`[data-query="${query.dataset.query}"]`, "query", { query: query.dataset.query });
  } else if (on("take")) {
    wish("[data-take]", "take", {});
  }
});
element.addEventListener("change", (event) => {
  const { other, free, ablation } = event.target.dataset;
  if (other !== undefined) wish(`[data-other="${other}"]`, "other", { place: Number(other) });
  else if (free !== undefined) wish("[data-free]", "bet", { part: null, free: event.target.checked });
  else if (ablation !== undefined) wish("[data-ablation]", "ablation", { key: event.target.value });
});
// The page was redrawn: the keyboard stays where it was, and late pictures do not show what was there.
watch("value", () => {
  const menu = element.querySelector("[data-ablation]");
  if (menu) menu.value = menu.dataset.chosen;
  for (const picture of element.querySelectorAll("img")) {
    if (picture.complete) continue;
    picture.classList.add("hv-late");
    picture.onload = picture.onerror = () => picture.classList.remove("hv-late");
  }
  if (focus) {
    const [selector, place] = focus.split("|");
    element.querySelectorAll(selector)[Number(place ?? 0)]?.focus({ preventScroll: true });
  }
  if (look) element.querySelector("#hv-swaps")?.scrollIntoView({ block: "nearest" });
  focus = "";
  look = false;
});
