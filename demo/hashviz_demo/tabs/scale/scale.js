// The question: every change is sent, and N is said at once. The costs wait for a bet.
const BET = "hashviz:bet:scale";
let bet = "";
// The answer changes with the vector and, once this machine was measured, with its rates.
const judge = () => {
  const costs = document.querySelector("#hv-costs [data-noticed]");
  const verdict = bet && costs ? `You bet ${bet}; with this vector and these rates it is ${costs.dataset.said}.` : "";
  const there = element.querySelector("[data-verdict]");
  if (there && there.textContent !== verdict) there.textContent = verdict;
};
const named = (value) => {
  const exponent = Math.floor(value / 10) - 1;
  const n = Math.round(10 ** (value / 10 - exponent)) * 10 ** exponent;
  for (const [least, word] of [[1e9, "billion"], [1e6, "million"]])
    if (n >= least) return `${Number((n / least).toPrecision(3))} ${word}`;
  return Math.round(n).toLocaleString("en-US");
};
const question = () => Object.fromEntries([...element.querySelectorAll("[data-ask]")].map((field) =>
  [field.dataset.ask, field.type === "range" || field.type === "number" ? Number(field.value) : field.value]));
const cover = () => {
  const covered = !sessionStorage.getItem(BET), bet = element.querySelector("[data-bet]");
  document.getElementById("hv-costs")?.classList.toggle("hv-covered", covered);
  if (bet) bet.hidden = !covered;
};
element.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.dataset.ask) return;
  if (field.type === "range") {
    element.querySelector("output").textContent = named(Number(field.value));
    field.setAttribute("aria-valuetext", `${named(Number(field.value))} pictures`);
  }
  if (field.type === "number" && (field.value === "" || !field.checkValidity())) return;
  trigger("ask", { question: question() });
});
element.addEventListener("click", (event) => {
  const mine = event.target.closest("[data-reveal]");
  if (!mine && !event.target.closest("[data-skip]")) return;
  sessionStorage.setItem(BET, "1");
  cover();
  if (mine) bet = element.querySelector("output").textContent;
  judge();
});
new MutationObserver(judge).observe(document.getElementById("hv-costs"), { childList: true, subtree: true });
watch("value", () => { cover(); judge(); });
cover();
