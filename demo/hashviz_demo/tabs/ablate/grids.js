// Trainings in the background: while some are on their way and somebody looks, ask how far they are.
let focus = "";
element.addEventListener("click", (event) => {
  const on = (name) => event.target.closest(`[data-${name}]`);
  const compute = on("compute"), look = on("look");
  if (compute) {
    focus = "[data-stop]";
    trigger("compute", {
      what: compute.dataset.compute, method: element.querySelector("#hv-grid-method").value });
  } else if (on("stop")) {
    focus = "[data-compute]";
    trigger("stop", {});
  } else if (look) {
    trigger("look", { key: look.dataset.look });
  }
});
const ask = () => {
  if (!element.isConnected) return clearInterval(clock);
  const running = element.querySelector("[data-running='yes']");
  if (running && running.offsetParent !== null) trigger("again", {});
};
const clock = setInterval(ask, 1500);
watch("value", () => {
  if (focus) element.querySelector(focus)?.focus({ preventScroll: true });
  focus = "";
});
