// The X-ray stays hidden until a bet is made, once per run and browser window.
const open = () => {
  const page = element.querySelector("[data-xray]");
  if (!page) return;
  const bet = sessionStorage.getItem("hashviz:bet:xray:" + page.dataset.xray);
  if (bet === null) return;
  const rank = Number(page.dataset.rank), off = Math.abs(Number(bet) - rank);
  element.querySelector("[data-bet]").hidden = true;
  element.querySelector("[data-revealed]").hidden = false;
  element.querySelector("[data-verdict]").textContent =
    `You bet ${bet}, it is ${rank}: ` + (off ? `${off} off.` : "exactly right.");
};
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const page = element.querySelector("[data-xray]");
  const bet = element.querySelector("#hv-guess").value;
  sessionStorage.setItem("hashviz:bet:xray:" + page.dataset.xray, String(Number(bet)));
  open();
});
element.addEventListener("click", (event) => {
  const column = event.target.closest("[data-open]");
  if (!column) return;
  for (const each of element.querySelectorAll("[data-open]"))
    each.classList.toggle("hv-chosen", each === column);
  trigger("look", { bit: Number(column.dataset.open) });
});
watch("value", open);
open();
