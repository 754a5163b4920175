// The switches: their state is in the page and travels with every wish, so nobody else keeps it.
let focus = "";
const state = () => {
  const on = (name) => element.querySelector(`[data-trick="${name}"]`).ariaChecked === "true";
  const chosen = (name) => element.querySelector(`[data-choice="${name}"]:checked`).value;
  return {
    sorted: on("sorted"), inside: on("inside"), dropped: on("dropped"),
    cut: chosen("cut"), divisor: chosen("divisor"),
  };
};
const free = () => element.querySelector("[data-free]").checked;
const wish = (protocol, more) =>
  trigger("attempt", { protocol, bet: null, shown: false, free: free(), ...more });
element.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-trick]");
  if (pressed) {
    const name = pressed.dataset.trick;
    focus = `[data-trick="${name}"]`;
    wish({ ...state(), [name]: pressed.ariaChecked !== "true" });
  } else if (event.target.closest("[data-show]")) {
    focus = "";
    wish(state(), { bet: Number(element.querySelector("#hv-bet").value), shown: true });
  } else if (event.target.closest("[data-reset]")) {
    focus = "[data-reset]";
    wish({}, { shown: true });
  }
});
element.addEventListener("input", (event) => {
  if (event.target.id === "hv-bet")
    event.target.nextElementSibling.textContent = Number(event.target.value).toFixed(2);
});
element.addEventListener("change", (event) => {
  const { choice, free: asked } = event.target.dataset;
  if (choice) {
    focus = `[data-choice="${choice}"]:checked`;
    wish(state());
  } else if (asked !== undefined) {
    focus = "[data-free]";
    wish(state(), { shown: element.querySelector("[data-shown]").dataset.shown === "yes" });
  }
});
// The page was redrawn: the keyboard stays where it was.
watch("value", () => {
  if (focus) element.querySelector(focus)?.focus({ preventScroll: true });
  focus = "";
});
