// The sorted pictures glide from their old places to the new ones.
let places = new Map();
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const remember = () => {
  places = new Map([...element.querySelectorAll("[data-pick]")].map(
    (card) => [card.dataset.pick, [card.offsetLeft, card.offsetTop]]));
};
element.addEventListener("click", (event) => {
  const card = event.target.closest("[data-pick]");
  if (card) trigger("pick", { position: Number(card.dataset.pick) });
});
watch("value", () => {
  const before = places;
  remember();
  if (!calm.matches && before.size)
    for (const card of element.querySelectorAll("[data-pick]")) {
      const [old, now] = [before.get(card.dataset.pick), places.get(card.dataset.pick)];
      const from = old ? `translate(${old[0] - now[0]}px, ${old[1] - now[1]}px)` : "scale(.8)";
      if (!old || old[0] !== now[0] || old[1] !== now[1])
        card.animate([{ transform: from }, { transform: "none" }], { duration: 180, easing: "ease-out" });
    }
  if (window.hashvizPressed) {
    const began = window.hashvizPressed;
    window.hashvizPressed = 0;
    requestAnimationFrame(() => {
      const page = element.querySelector(".hv-resorted");
      if (page) page.dataset.milliseconds = (performance.now() - began).toFixed(1);
    });
  }
});
