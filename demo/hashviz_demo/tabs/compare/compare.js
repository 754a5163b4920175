// Lists side by side: point at a picture, or walk to it with Tab, to find it in the other lists.
let focus = "";
const mark = (row) => {
  const page = element.querySelector(".hv-compare");
  if (!page) return;
  page.classList.toggle("hv-tracing", row !== "");
  for (const hit of element.querySelectorAll("[data-same]"))
    hit.classList.toggle("hv-traced", hit.dataset.same === row);
};
const rowOf = (event) => event.target.closest?.("[data-same]")?.dataset.same ?? "";
element.addEventListener("pointerover", (event) => mark(rowOf(event)));
element.addEventListener("pointerleave", () => mark(""));
element.addEventListener("focusin", (event) => mark(rowOf(event)));
element.addEventListener("focusout", () => mark(""));
element.addEventListener("click", (event) => {
  const vote = event.target.closest("[data-vote]");
  const blind = event.target.closest("[data-blind]"), card = event.target.closest("[data-pick]");
  if (card) {
    focus = ".hv-ask";
    trigger("pick", { row: Number(card.dataset.same) });
  } else if (vote) {
    focus = ".hv-told [data-next]";
    trigger("vote", { place: Number(vote.dataset.vote) });
  } else if (blind) {
    focus = "[data-blind]";
    trigger("blind", { blind: blind.ariaChecked !== "true" });
  } else if (event.target.closest("[data-next]")) {
    focus = ".hv-ask";
    trigger("another", {});
  }
});
element.addEventListener("change", (event) => {
  const { place } = event.target.dataset;
  if (!place) return;
  focus = `[data-place="${place}"]`;
  trigger("run", { place: Number(place), run: event.target.value });
});
// While a picture is loading, do not show the one that was here before.
watch("value", () => {
  for (const menu of element.querySelectorAll("select")) menu.value = menu.dataset.chosen;
  for (const picture of element.querySelectorAll("img")) {
    if (picture.complete) continue;
    picture.classList.add("hv-late");
    picture.onload = picture.onerror = () => picture.classList.remove("hv-late");
  }
  if (focus) element.querySelector(focus)?.focus({ preventScroll: true });
  focus = "";
});
