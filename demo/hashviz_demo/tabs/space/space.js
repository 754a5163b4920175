// The map: bubbles on a canvas, a ball that grows, a click or a rectangle that picks.
const PAD = 30;
let points = null, scene = null, order = [], far = null, held = null, box = null, chosen = -1;
let betting = true, bet = null, kept = null, queued = false, place = null, asking = "";
const find = (name) => element.querySelector(name);
const dark = () => document.body.classList.contains("dark");
const shade = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const radius = () => Number(find("#hv-ball-radius").value);

// Whether this is another query or run than before, not the same one on another map.
let before = "";
const fresh = () => {
  const now = scene.key.slice(scene.key.indexOf(":")) + scene.distances;
  const other = now !== before;
  before = now;
  return other;
};
const read = () => {
  const holder = find("[data-scene]");
  if (!holder) return;
  scene = JSON.parse(holder.dataset.scene);
  const raw = atob(scene.distances);
  far = new Uint16Array(raw.length / 2);
  for (let i = 0; i < far.length; i++)
    far[i] = raw.charCodeAt(2 * i) + 256 * raw.charCodeAt(2 * i + 1);
  box = null;
  chosen = -1;
  if (betting && scene.half === null) betting = false;
  // The radius that the visitor set stays for the next query; the gallery has to follow.
  const slider = find("#hv-ball-radius"), other = fresh();
  if (kept !== null && kept !== Number(slider.value)) {
    slider.value = kept;
    if (!betting && other) trigger("pick", { what: { radius: kept } });
  }
  watcher.disconnect();
  watcher.observe(find("canvas"));
  tell();
  redraw();
  if (find("[data-drawing]")) setTimeout(() => trigger("again", {}), 1000);
};
// The points of another map are requested when the canvas is visible, not before.
const ready = () => {
  if (points?.key === scene?.key) return true;
  if (scene && asking !== scene.key && find("canvas")?.clientWidth) {
    asking = scene.key;
    trigger("wanted", {});
  }
  return false;
};
document.addEventListener("hv-points", (event) => {
  points = event.detail;
  asking = "";
  // Large bubbles first, small ones on top. Equal ones are drawn in rounds, each class by class: no
  // class covers all others, and the color changes only a few hundred times.
  order = Array.from(points.counts.keys());
  const { counts, classes } = points;
  const round = order.map((i) => Math.imul(i, 2654435761) >>> 27);
  order.sort((a, b) => counts[b] - counts[a] || round[a] - round[b] || classes[a] - classes[b]);
  redraw();
});

const layOut = (canvas) => {
  const wide = canvas.clientWidth, [w, h] = points.shape;
  const high = Math.round(Math.min(Math.max(wide * h / w, 0.5 * wide), 0.82 * wide, 620 * hashviz.unit(),
    Math.max(240, window.innerHeight - 400 * hashviz.unit())));  // the map and its slider are seen together
  const dense = window.devicePixelRatio || 1;
  if (canvas.width !== wide * dense || canvas.height !== high * dense) {
    canvas.width = wide * dense;
    canvas.height = high * dense;
    canvas.style.height = high + "px";
  }
  const scale = Math.min((wide - 2 * PAD) / w, (high - 2 * PAD) / h);
  const left = (wide - scale * w) / 2, top = (high - scale * h) / 2;
  place = { scale, left, top, wide, high, dense };
};
const at = (x, y) => [place.left + place.scale * x, place.top + place.scale * y];
const size = (count) =>
  Math.min(1.7 * Math.sqrt(count) + 0.6, 26) * Math.min(1, 0.5 + place.wide / 1200) * hashviz.unit();

const redraw = () => {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => { queued = false; draw(); });
};
const draw = () => {
  const canvas = find("canvas");
  if (!canvas || !canvas.clientWidth || !ready()) return;
  layOut(canvas);
  const pen = canvas.getContext("2d"), { counts, classes, x, y } = points;
  const colors = scene.colors[dark() ? "dark" : "light"], ink = shade("--ink");
  const paper = shade("--sheet");
  // An empty ball has nothing to show beside the rest, so that nothing fades.
  const reach = betting || !sum(scene.total, radius()) ? Infinity : radius();
  let lights = 0;
  pen.setTransform(place.dense, 0, 0, place.dense, 0, 0);
  pen.clearRect(0, 0, place.wide, place.high);
  // What is outside lies below, so that nothing hides what the ball holds.
  for (const inside of [false, true]) {
    pen.globalAlpha = inside ? 0.86 : 0.16;
    let last = -1;
    for (const i of order) {
      const lit = chosen < 0 ? far[i] <= reach : classes[i] === chosen;
      if (!counts[i] || lit !== inside) continue;
      lights += lit;
      if (classes[i] !== last) pen.fillStyle = colors[(last = classes[i]) % colors.length];
      const [a, b] = at(x[i], y[i]), r = size(counts[i]);
      if (r < 2.4 && counts.length > 4000) pen.fillRect(a - 1.4, b - 1.4, 2.8, 2.8);
      else {
        pen.beginPath();
        pen.arc(a, b, r, 0, 7);
        pen.fill();
        if (r > 5) { pen.strokeStyle = paper; pen.lineWidth = 1; pen.stroke(); }
      }
    }
  }
  pen.globalAlpha = 1;
  pen.lineJoin = "round";
  points.centers.forEach((i, label) => {
    if (points.centers.length > 30 && chosen >= 0 && chosen !== label) return;
    star(pen, ...at(x[i], y[i]), colors[label % colors.length], ink, paper);
  });
  cross(pen, ...at(scene.x, scene.y), ink, paper);
  if (box) {
    pen.setLineDash([5, 4]);
    pen.strokeStyle = ink;
    pen.lineWidth = 1.5;
    const [a, b] = at(box[0], box[1]), [c, d] = at(box[2], box[3]);
    pen.strokeRect(Math.min(a, c), Math.min(b, d), Math.abs(c - a), Math.abs(d - b));
    pen.setLineDash([]);
  }
  canvas.dataset.drawn = points.key;
  canvas.dataset.lit = lights;
};
const star = (pen, x, y, fill, ink, paper) => {
  pen.beginPath();
  for (let k = 0; k < 10; k++) {
    const r = k % 2 ? 4.2 : 10, angle = Math.PI * (k / 5 - 0.5);
    pen.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  pen.closePath();
  pen.strokeStyle = paper; pen.lineWidth = 4; pen.stroke();
  pen.fillStyle = fill; pen.fill();
  pen.strokeStyle = ink; pen.lineWidth = 1.3; pen.stroke();
};
const cross = (pen, x, y, ink, paper) => {
  for (const [color, width] of [[paper, 8], [ink, 3.6]]) {
    pen.beginPath();
    pen.moveTo(x - 11, y); pen.lineTo(x + 11, y);
    pen.moveTo(x, y - 11); pen.lineTo(x, y + 11);
    pen.strokeStyle = color; pen.lineWidth = width; pen.lineCap = "round"; pen.stroke();
  }
};

// The telescope: all numbers are here already, so the slider answers at once.
const sum = (values, last) => values.slice(0, last + 1).reduce((a, b) => a + b, 0);
const short = (value) => {
  if (value < 1e6) return value.toLocaleString("en");
  const [digits, power] = value.toExponential(1).split("e+");
  return `${digits} × 10${[...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`;
};
const tell = () => {
  const r = radius(), bits = scene.total.length - 1, inside = sum(scene.total, r);
  find("#hv-ball-radius").nextElementSibling.textContent = r;
  const asked = find("[data-bet]");
  if (asked) asked.hidden = !betting;
  find("[data-seen]").hidden = betting;
  if (betting) return;
  let cells = 0, row = 1;
  for (let d = 0; d <= r; d++) { cells += row; row = row * (bits - d) / (d + 1); }
  const facts = [["pictures inside", short(inside)], ["possible codes inside", short(Math.round(cells))]];
  if (scene.right) {
    const right = sum(scene.right, r), all = sum(scene.right, bits);
    facts.push(["precision", inside ? (right / inside).toFixed(3) : "empty ball"]);
    facts.push(["recall", all ? (right / all).toFixed(3) : "nothing to find"]);
  }
  find(".hv-telescope .hv-facts").innerHTML =
    facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("");
  const line = find("[data-at]");
  if (line) for (const end of ["x1", "x2"]) line.setAttribute(end, String(300 * r / bits));
  find(".hv-verdict").textContent = bet === null ? ""
    : `Half of the right pictures lie within radius ${scene.half}; you bet ${bet}.`;
};
element.addEventListener("input", (event) => {
  if (event.target.id !== "hv-ball-radius") return;
  kept = radius();
  tell();
  if (!betting) redraw();
});
element.addEventListener("change", (event) => {
  if (event.target.id === "hv-ball-radius" && !betting) pick({ radius: radius() });
  if (event.target.name === "hv-layout") trigger("layout", { layout: event.target.value });
});
const pick = (what) => {
  if (!what.box) box = null;
  if (what.class === undefined) chosen = -1;
  for (const button of element.querySelectorAll("[data-class]"))
    button.setAttribute("aria-pressed", String(Number(button.dataset.class) === chosen));
  trigger("pick", { what });
  redraw();
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.class !== undefined) {
    const label = Number(button.dataset.class);
    chosen = chosen === label ? -1 : label;
    pick(chosen < 0 ? { radius: radius() } : { class: label });
  } else if (button.dataset.point) pick({ point: Number(button.dataset.point) });
  else if (button.dataset.draw !== undefined) trigger("draw", {});
  else if (button.dataset.lock !== undefined || button.dataset.skip !== undefined) {
    bet = button.dataset.lock !== undefined ? radius() : null;
    betting = false;
    tell();
    redraw();
    find("#hv-ball-radius").focus({ preventScroll: true });
    pick({ radius: radius() });
  }
});

// The mouse: the nearest bubble under it is named, a click picks it, a drag picks a rectangle.
const spot = (event) => {
  const frame = find("canvas").getBoundingClientRect(), zoom = place.wide / frame.width;
  return [((event.clientX - frame.left) * zoom - place.left) / place.scale,
          ((event.clientY - frame.top) * zoom - place.top) / place.scale];
};
const nearest = ([u, v]) => {
  let best = -1, least = Infinity;
  for (let i = 0; i < points.x.length; i++) {
    if (!points.counts[i]) continue;
    const away = Math.hypot(points.x[i] - u, points.y[i] - v) * place.scale - size(points.counts[i]);
    if (away < least) { least = away; best = i; }
  }
  return least < 9 ? best : -1;
};
const onMap = (event) => event.target.tagName === "CANVAS" && place && points && points.key === scene.key;
element.addEventListener("pointerdown", (event) => {
  if (!onMap(event) || event.button) return;
  held = spot(event);
  box = null;
});
element.addEventListener("pointermove", (event) => {
  if (!onMap(event)) return;
  const here = spot(event), tip = find(".hv-tip");
  if (held) {
    const moved = Math.hypot(here[0] - held[0], here[1] - held[1]) * place.scale;
    if (moved > 6 || box) {
      if (!box) event.target.setPointerCapture(event.pointerId);
      box = [...held, ...here];
      redraw();
    }
  }
  const i = box ? -1 : nearest(here);
  tip.hidden = i < 0;
  if (i < 0) return;
  const many = points.counts[i];
  tip.textContent = `${many} ${many === 1 ? "picture" : "pictures"}, ` +
    `${many === 1 ? "" : "most "}${scene.classes[points.classes[i]]}, distance ${far[i]}`;
  const [a, b] = at(points.x[i], points.y[i]);
  tip.style.left = Math.min(a + 12, place.wide - 190) + "px";
  tip.style.top = b + 12 + "px";
});
element.addEventListener("pointerup", (event) => {
  if (!held || !onMap(event)) { held = null; return; }
  const here = spot(event);
  held = null;
  if (box) return pick({ box });
  const i = nearest(here);
  if (i >= 0) pick({ point: i });
});
element.addEventListener("pointercancel", () => { held = null; });
element.addEventListener("pointerout", (event) => {
  if (event.target.tagName === "CANVAS") find(".hv-tip").hidden = true;
});
const watcher = new ResizeObserver(redraw);
window.addEventListener("resize", redraw);
new MutationObserver(redraw).observe(document.body, { attributeFilter: ["class"] });
watch("value", read);
read();
