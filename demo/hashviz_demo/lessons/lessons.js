// Lessons: a walk is a list of scenes. The address keeps the place (?lesson=walk:step), so that it can be shared.
const panel = element.querySelector("aside"), runs = JSON.parse(panel.dataset.runs);
const { steps, walks } = JSON.parse(panel.dataset.content);
// In the place of a run that is not here stands one of the same method, else the first; without the query, which it may lack.
for (const step of Object.values(steps)) {
  const link = new URLSearchParams(step.link);
  for (const key of ["run", "with"]) {
    const name = link.get(key);
    if (!name || runs.some(([each]) => each === name)) continue;
    step.other = true;
    link.set(key, (runs.find(([, method]) => method === name.split("/")[1]) || runs[0])[0]);
    link.delete("query");
  }
  step.link = link.toString();
}
const part = (name) => panel.querySelector(`[data-${name}]`);
const parts = () => new URLSearchParams(window.location.search);
const answers = {};  // what was bet on, by walk and step
const here = () => {
  const [key, number] = (parts().get("lesson") || "").split(":"), walk = walks.find((each) => each.key === key);
  const step = Math.min(Math.max(parseInt(number, 10) || 1, 1), walk ? walk.steps.length : 1);
  return walk ? { walk, step, shown: steps[walk.steps[step - 1]], key: `${key}:${step}` } : null;
};
const room = () => { document.body.style.paddingBottom = panel.hidden ? "" : `${panel.offsetHeight + 12}px`; };
const bets = (place) => {
  const { bet } = place.shown, chosen = answers[place.key];
  part("bet").hidden = !bet;
  if (!bet) return;
  part("ask").textContent = bet.ask;
  part("choices").replaceChildren(...bet.choices.map((words, number) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.choice = number;
    button.textContent = words + (chosen === undefined ? "" : number === bet.right ? " ✓" : number === chosen ? " ✗" : "");
    button.setAttribute("aria-pressed", String(number === chosen));
    return button;
  }));
  part("why").textContent = chosen === undefined ? "" : bet.why;
};
const draw = () => {
  const place = here();
  part("menu").hidden = Boolean(place);
  part("step").hidden = !place;
  part("where").textContent = place ? `${place.walk.title}, ${place.step} of ${place.walk.steps.length}` : "Lessons";
  if (place) {
    part("text").textContent = place.shown.text;
    part("other").hidden = !place.shown.other;
    part("back-step").disabled = place.step === 1;
    part("next").textContent = place.step === place.walk.steps.length ? "End" : "Next";
    bets(place);
  }
  const hidden = (parts().get("hide") || "").split(",");
  for (const box of panel.querySelectorAll("[data-hide]")) box.checked = hidden.includes(box.dataset.hide);
  room();
};
const open = (wanted) => {
  panel.hidden = !wanted;
  for (const button of document.querySelectorAll("[data-lessons]")) button.setAttribute("aria-expanded", String(wanted));
  draw();
};
// Show a scene; theme, projector and what is hidden are the visitor's and stay.
const address = ({ walk, step, shown }) => {
  const next = new URLSearchParams(shown.link);
  for (const [name, value] of parts()) if (["__theme", "projector", "hide"].includes(name)) next.set(name, value);
  next.set("lesson", `${walk.key}:${step}`);
  return "?" + next;
};
let waiting = false;
const visit = async (walk, step) => {
  history.pushState(null, "", address({ walk, step, shown: steps[walk.steps[step - 1]] }));
  draw();
  if (waiting) return;
  waiting = true;
  while (window.hashviz.opening) await window.hashviz.opening;  // an earlier scene is still on its way
  waiting = false;
  const place = here();
  if (!place) return;
  history.replaceState(null, "", address(place));
  window.dispatchEvent(new PopStateEvent("popstate"));  // the frame opens it as it does for Back
};
const leave = () => {
  const rest = parts();
  rest.delete("lesson");
  history.replaceState(history.state, "", "?" + rest);
  draw();
};
panel.addEventListener("click", (event) => {
  const button = event.target.closest("button"), place = here();
  if (!button) return;
  const { walk, choice } = button.dataset;
  if (walk) visit(walks.find((each) => each.key === walk), 1);
  else if (choice) { answers[place.key] = Number(choice); bets(place); room(); }
  else if (button === part("next") && place.step < place.walk.steps.length) visit(place.walk, place.step + 1);
  else if (button === part("back-step")) visit(place.walk, place.step - 1);
  else if (button === part("all") || button === part("next")) leave();
  else if (button === part("close")) { leave(); open(false); }
  else if (button === part("copy-link")) {
    const told = (words) => { button.textContent = words; setTimeout(() => { button.textContent = "Copy link to this scene"; }, 2000); };
    navigator.clipboard.writeText(window.location.href).then(() => told("Copied"), () => told("The address bar has it"));
  }
});
panel.addEventListener("change", () => {
  const names = [...panel.querySelectorAll("[data-hide]:checked")].map((box) => box.dataset.hide), next = parts();
  if (names.length) next.set("hide", names.join(","));
  else next.delete("hide");
  window.location.search = next;
});
document.addEventListener("click", (event) => {
  if (event.target.closest && event.target.closest("[data-lessons]")) open(panel.hidden);
});
window.addEventListener("popstate", () => { if (here()) open(true); else draw(); });
const shared = here();
if (shared) open(true);
if (shared && !parts().get("run")) visit(shared.walk, shared.step);  // a link that names the step alone
