// The reasons: maps go to the pair above; the counterfactual waits for a bet on each result.
const share = () => {
  const page = element.querySelector("[data-reasons]");
  if (!page) return;
  const maps = page.dataset.maps ? JSON.parse(page.dataset.maps) : null;
  window.dispatchEvent(
    new CustomEvent("hashviz-reasons", { detail: { hit: page.dataset.reasons, maps } }));
};
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const result = element.querySelector("[data-shown]");
  const bet = Number(element.querySelector("#hv-flips").value), count = Number(result.dataset.count);
  element.querySelector("[data-guess]").hidden = true;
  result.hidden = false;
  element.querySelector("[data-answer]").textContent = bet === count
    ? `You bet ${bet}: exactly right.` : `You bet ${bet}, it takes ${count}.`;
  const flips = element.querySelector("[data-reasons]").dataset.flips.split(",");
  for (const column of document.querySelectorAll("#hv-why [data-look]"))
    column.classList.toggle("hv-decides", flips.includes(column.dataset.look));
});
watch("value", share);
share();
