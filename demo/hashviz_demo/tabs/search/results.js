// Results: a click or Enter on a card makes it the query and moves the focus to it.
let moveFocus = false, again = "";
// While a picture is loading, do not show the one that was here before.
const hideLate = () => {
  for (const picture of element.querySelectorAll("img")) {
    if (picture.complete) continue;
    picture.classList.add("hv-late");
    picture.onload = picture.onerror = () => picture.classList.remove("hv-late");
  }
};
// Pictures that cannot be read are reported once, above the results.
const lost = () => {
  for (const note of element.querySelectorAll(".hv-lost")) note.hidden = false;
};
element.addEventListener("error", lost, true);
for (const picture of element.querySelectorAll("img"))
  if (picture.complete && !picture.naturalWidth) lost();
// When the visitor last did something, so that the page can say how long the answer took.
let began = 0;
for (const kind of ["pointerup", "click", "change", "input", "keydown"])
  document.addEventListener(kind, () => { began = performance.now(); }, true);
// One's own file: shown in its folder by the server on this machine, or its path copied.
const tell = (text) => { element.querySelector(".hv-file-told").textContent = text; };
element.addEventListener("click", async (event) => {
  const { folder, copy } = event.target.dataset;
  if (copy) navigator.clipboard.writeText(copy).then(() => tell("Copied."), () => tell(copy));
  if (!folder) return;
  const answer = await fetch(folder, { method: "POST", headers: { "x-hashviz": "folder" } });
  tell(await answer.text());
});
element.addEventListener("click", (event) => {
  const card = event.target.closest("[data-pick]");
  const step = event.target.closest("[data-back]"), tie = event.target.closest("[data-tie]");
  if (tie) {
    again = `[data-tie="${tie.dataset.tie}"]`;
    return trigger("tie", { order: tie.dataset.tie });
  }
  if (!card && !step) return;
  moveFocus = true;
  if (card) trigger("pick", { position: Number(card.dataset.pick) });
  else trigger("back", { place: Number(step.dataset.back) });
});
watch("value", () => {
  hideLate();
  if (again) element.querySelector(again)?.focus({ preventScroll: true });
  again = "";
  if (moveFocus) {
    moveFocus = false;
    const query = element.querySelector(".hv-query");
    query.focus({ preventScroll: true });
    if (query.getBoundingClientRect().top < 0) query.scrollIntoView({ block: "start" });
  }
  requestAnimationFrame(() => {
    const whole = element.querySelector(".hv-whole");
    if (!whole || !began) return;
    const spent = performance.now() - began;
    began = 0;
    whole.dataset.milliseconds = spent.toFixed(1);
    whole.textContent = " · " + spent.toFixed(0) + " ms from click to picture";
  });
});
