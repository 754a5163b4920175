// One picture of a training: how its code changed, epoch by epoch.
let last = null;
const plain = (text) => Object.assign(document.createElement("i"), { textContent: text }).innerHTML;
const shade = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const draw = () => {
  if (!last || !last.frames.length) { element.innerHTML = ""; return; }
  const { frames, goal, watched, picked, pictures, apart, names } = last;
  const buttons = `<p class="hv-nav">${
    picked < 0 ? "" : '<button type="button" class="hv-more" data-by="-1">Previous</button>'}
    <button type="button" class="hv-more" data-by="1">${picked < 0 ? "First picture" : "Next"}</button></p>`;
  const page = (content) => `<section class="hv hv-sheet hv-one" aria-labelledby="hv-one"><h2 id="hv-one">One picture</h2>${content}</section>`;
  if (picked < 0) {
    show(page(`<p class="hv-words">Click a dot: its picture, and the history of its code.</p>${buttons}`));
    return;
  }
  const bits = watched.bits, now = frames[goal], label = watched.labels[picked][0];
  let all = 0, since = 0;
  frames.forEach((frame, e) => {
    const flips = e ? apart(frame.codes, picked, frames[e - 1].codes, picked) : 0;
    all += flips;
    if (flips) since = frame.epoch;
  });
  const centers = now.centers || frames.at(-1).centers;
  const away = centers && watched.labels[picked].length === 1
    ? ` ${apart(now.codes, picked, centers, label)} of ${bits} bits from its center.` : "";
  const others = now.names.filter((name) => name === now.names[picked]).length - 1;
  const same = others ? `${others} other ${others === 1 ? "picture has" : "pictures have"} exactly the same code.` : "No other picture has its code.";
  const calm = all ? `${all} bits flipped so far, the last in epoch ${since}.` : "No bit has flipped.";
  show(page(`<div class="hv-train-who"><img src="${pictures}${watched.index[picked]}.png" alt="${plain(names(picked))}"><div>
    <p><b>${plain(names(picked))}</b></p><p class="hv-note">Epoch ${now.epoch}:${away} ${same}</p></div></div>
    <canvas role="img" aria-label="Its ${bits} bits by epoch. ${calm}"></canvas>
    <p class="hv-note">A row is an epoch, from top to bottom, a column a bit; orange flipped just then. ${calm}</p>${buttons}`));
  strip(element.querySelector("canvas"));
};
const show = (page) => {
  const held = document.activeElement?.closest("#hv-train-one [data-by]")?.dataset.by;
  element.innerHTML = page;
  if (held) element.querySelector(`[data-by="${held}"]`).focus({ preventScroll: true });
};
const strip = (canvas) => {
  const { frames, goal, watched, picked, epochs } = last, bits = watched.bits, rows = epochs + 1;
  const wide = canvas.clientWidth, dense = window.devicePixelRatio || 1, margin = 14;
  const tall = Math.max(3, Math.min(13, Math.floor(190 / rows))), high = rows * tall + 2;
  canvas.width = Math.round(wide * dense);
  canvas.height = Math.round(high * dense);
  canvas.style.height = high + "px";
  const pen = canvas.getContext("2d"), step = (wide - margin) / bits;
  const gap = tall > 5 ? 1 : 0.4, space = step > 5 ? 1 : 0.4;
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  const plus = shade("--ink"), minus = shade("--hollow"), flipped = shade("--differs");
  frames.forEach((frame, e) => {
    for (let b = 0; b < bits; b++) {
      const bit = frame.codes[picked * bits + b], changed = e && bit !== frames[e - 1].codes[picked * bits + b];
      const at = [margin + b * step, e * tall, step - space, tall - gap];
      pen.fillStyle = bit > 0 ? plus : minus;
      pen.fillRect(...at);
      if (!changed) continue;
      pen.fillStyle = flipped;  // its new value stays to be seen inside of it
      pen.fillRect(...at);
      pen.fillStyle = bit > 0 ? plus : minus;
      const inner = Math.min(step - space, tall - gap) * 0.24;
      pen.fillRect(at[0] + inner, at[1] + inner, at[2] - 2 * inner, at[3] - 2 * inner);
    }
  });
  pen.fillStyle = shade("--blue");
  pen.beginPath();
  pen.moveTo(1, goal * tall - 2); pen.lineTo(10, goal * tall + tall / 2); pen.lineTo(1, goal * tall + tall + 2);
  pen.fill();
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-by]");
  if (button) document.dispatchEvent(new CustomEvent("hv-beside", { detail: Number(button.dataset.by) }));
});
document.addEventListener("hv-training", (event) => { last = event.detail; draw(); });
let before = 0;
new ResizeObserver(() => {
  if (element.clientWidth === before) return;
  before = element.clientWidth;
  if (before) draw();
}).observe(element);
