// Sample queries: a press makes one the query, "Other samples" turns the page.
element.addEventListener("click", (event) => {
  const sample = event.target.closest("[data-sample]");
  if (sample) trigger("sample", { position: Number(sample.dataset.sample) });
  else if (event.target.closest("[data-more]")) trigger("more", {});
});

// One stop for the Tab key; the arrow keys move from sample to sample.
const all = () => [...element.querySelectorAll("[data-sample]")];
const rove = () => {
  const now = all().find((one) => one.ariaPressed === "true") ?? all()[0];
  for (const one of all()) one.tabIndex = one === now ? 0 : -1;
};
element.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 5, ArrowUp: -5 }[event.key];
  const at = all().indexOf(event.target);
  if (!step || at < 0) return;
  event.preventDefault();
  all()[Math.min(Math.max(at + step, 0), all().length - 1)].focus();
});
watch("value", rove);
rove();

// While a picture is loading, do not show the one that was here before.
const hideLate = () => {
  for (const picture of element.querySelectorAll("img")) {
    if (picture.complete) continue;
    picture.classList.add("hv-late");
    picture.onload = picture.onerror = () => picture.classList.remove("hv-late");
  }
};
watch("value", hideLate);
