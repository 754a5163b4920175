// The drawing pad: every stroke that ends is sent as a small PNG; nothing is kept on the server.
const canvas = element.querySelector("canvas");
const pen = canvas.getContext("2d");
let ink = "", paper = "", last = null, drawn = false;
const clear = () => {
  pen.fillStyle = paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  drawn = false;
};
const choose = (wanted) => {
  ink = wanted;
  for (const each of element.querySelectorAll("[data-ink]"))
    each.setAttribute("aria-pressed", String(each.dataset.ink === ink));
};
// Another run may have other paper and inks; a drawing on the same paper stays.
const prepare = () => {
  const wanted = element.querySelector("[data-paper]").dataset.paper;
  if (wanted !== paper) {
    paper = wanted;
    clear();
    ink = element.querySelector("[data-ink]").dataset.ink;
  }
  choose(ink);
};
watch("value", prepare);
prepare();
const place = (event) => {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) * canvas.width / box.width,
          (event.clientY - box.top) * canvas.height / box.height];
};
const stroke = (to) => {
  pen.strokeStyle = ink;
  pen.lineWidth = 24;
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  pen.moveTo(...last);
  pen.lineTo(...to);
  pen.stroke();
  last = to;
  drawn = true;
};
canvas.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  last = place(event);
  stroke(last);
});
canvas.addEventListener("pointermove", (event) => { if (last) stroke(place(event)); });
const finish = () => {
  if (!last) return;
  last = null;
  if (!drawn) return;
  trigger("draw", { picture: canvas.toDataURL("image/png") });
};
canvas.addEventListener("pointerup", finish);
canvas.addEventListener("pointercancel", finish);
element.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-ink]");
  if (chosen) choose(chosen.dataset.ink);
  if (event.target.closest("[data-clear]")) clear();
});
