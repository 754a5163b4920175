// Results: a click or Enter on a card makes it the query; the address follows, focus stays sensible.
let moveFocus = false;
const began = () => { window.hashvizBegan = performance.now(); };
element.addEventListener("click", (event) => {
  const card = event.target.closest("[data-pick]");
  const step = event.target.closest("[data-back]");
  if (!card && !step) return;
  moveFocus = true;
  began();
  if (card) trigger("pick", { position: Number(card.dataset.pick) });
  else trigger("back", { place: Number(step.dataset.back) });
});
watch("value", () => {
  const page = element.querySelector("[data-link]");
  if (!page) return;
  const kept = new URLSearchParams(window.location.search);
  for (const name of ["run", "query", "k", "radius"]) kept.delete(name);
  const rest = kept.toString();
  history.replaceState(null, "", "?" + page.dataset.link + (rest ? "&" + rest : ""));
  if (moveFocus) {
    moveFocus = false;
    const query = element.querySelector(".hv-query");
    query.focus({ preventScroll: true });
    if (query.getBoundingClientRect().top < 0) query.scrollIntoView({ block: "start" });
  }
  requestAnimationFrame(() => {
    const whole = element.querySelector(".hv-whole");
    if (!whole || !window.hashvizBegan) return;
    const spent = performance.now() - window.hashvizBegan;
    window.hashvizBegan = 0;
    whole.dataset.milliseconds = spent.toFixed(1);
    whole.textContent = " · " + spent.toFixed(0) + " ms from click to picture";
  });
});
