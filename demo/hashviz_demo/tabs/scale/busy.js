// A press that takes a while: it is said, and not asked for twice.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-measure], [data-search]");
  if (!button || button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  element.querySelector("[data-busy]").textContent = "measure" in button.dataset
    ? "Measuring; the other tabs keep working …" : "Searching on every engine …";
  focused = true;
  trigger("press", {});
});
let focused = false;
watch("value", () => {
  if (focused) element.querySelector("[data-measure], [data-search]")?.focus({ preventScroll: true });
  focused = false;
});
