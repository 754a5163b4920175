// What may be trained: the form is read when it is sent, nothing is sent while it is filled in.
const all = (name) => [...element.querySelectorAll(name)];
const find = (name) => element.querySelector(name);
const told = (value) => Number(value.toPrecision(3)).toString();
// Pace and bet belong to the visitor, not to the plan: they stay when the form is sent anew.
let watchable = true, bet = null;
const show = () => {
  find("[data-watchable]")?.setAttribute("aria-checked", String(watchable));
  const slider = find("#hv-train-codes");
  if (slider && bet !== null) slider.value = String(bet);
  if (slider) slider.nextElementSibling.textContent = bet === null ? "no bet" : String(bet);
  for (const row of all(".hv-fader")) {
    const slider = row.querySelector("input"), values = JSON.parse(row.dataset.values);
    const now = values[Number(slider.value)];
    row.querySelector("output").textContent = now ? told(now) : "off";
    slider.setAttribute("aria-valuetext", now ? told(now) : "off");
    row.classList.toggle("hv-usual", slider.value === row.dataset.usual);
  }
  const epochs = find("#hv-train-epochs");
  if (epochs) epochs.nextElementSibling.textContent = epochs.value;
};
const plan = (weights) => {
  const options = {};
  if (weights) {
    for (const row of all(".hv-fader"))
      if (row.querySelector("input").value !== row.dataset.usual)
        options[row.dataset.name] = JSON.parse(row.dataset.values)[Number(row.querySelector("input").value)];
    for (const knob of all("[data-switch]"))
      options[knob.dataset.name] = knob.getAttribute("aria-checked") === "true";
  }
  return {
    method: find("#hv-train-method").value,
    data: find("[name=hv-train-data]:checked").value,
    bits: Number(find("#hv-train-bits").value),
    seed: Number(find("#hv-train-seed").value),
    epochs: Number(find("#hv-train-epochs").value),
    options,
  };
};
element.addEventListener("input", (event) => {
  if (event.target.id === "hv-train-codes") bet = Number(event.target.value);
  show();
});
element.addEventListener("change", (event) => {
  if (event.target.id === "hv-train-method") trigger("plan", { plan: plan(false) });
  if (event.target.name === "hv-train-data") {
    find("#hv-train-epochs").value = JSON.parse(find("form").dataset.usual)[event.target.value];
    show();
  }
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.watchable !== undefined) { watchable = !watchable; show(); }
  else if (button.getAttribute("role") === "switch")
    button.setAttribute("aria-checked", String(button.getAttribute("aria-checked") !== "true"));
  else if (button.dataset.start !== undefined) {
    trigger("start", { plan: plan(true), watchable, bet });
    bet = null;  // the next training asks again
    show();
  }
});
element.addEventListener("submit", (event) => event.preventDefault());
watch("value", show);
show();
