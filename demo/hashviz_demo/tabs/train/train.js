// The stage of a training: dots that move to their stars, curves, and one dot's history.
// Codes and outputs come as they are; the plane to see them in comes with them, and is applied here.
const find = (name) => element.querySelector(name);
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const dark = () => document.body.classList.contains("dark");
const shade = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const ENDED = ["done", "stopped", "failed", "gone"];
let scene = null, news = {}, watched = null, frames = [], alive = 0;
let goal = 0, follow = true, replay = false, kind = "codes", chosen = -1, picked = -1;
let from = null, to = null, begun = 0, lasts = 0, place = null, frame = 0, waiting = null;

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const unpacked = (text, count, bits) => {
  const raw = bytes(text), wide = raw.length / count, codes = new Int8Array(count * bits);
  for (let i = 0; i < count; i++)
    for (let b = 0; b < bits; b++)
      codes[i * bits + b] = raw[i * wide + (b >> 3)] & (128 >> (b & 7)) ? 1 : -1;
  return codes;
};
const apart = (a, i, b, j) => {
  let count = 0;
  for (let k = 0; k < watched.bits; k++) if (a[i * watched.bits + k] !== b[j * watched.bits + k]) count++;
  return count;
};
const unpack = (sent) => {
  const n = watched.index.length, bits = watched.bits, before = frames.at(-1);
  const made = { ...sent, codes: unpacked(sent.codes, n, bits), outputs: new Int8Array(bytes(sent.outputs).buffer) };
  if (sent.centers) made.centers = unpacked(sent.centers, watched.classes.length, bits);
  made.names = Array.from({ length: n }, (_, i) => made.codes.subarray(i * bits, (i + 1) * bits).join(""));
  made.different = new Set(made.names).size;
  made.flips = 0;
  if (before) for (let i = 0; i < n; i++) made.flips += apart(made.codes, i, before.codes, i);
  frames.push(made);
};

// What the server says, as long as there is something to say and somebody to see it.
const ask = async () => {
  clearTimeout(waiting);
  if (!scene || !element.isConnected) return;
  const mine = alive, since = frames.length;
  try {
    const answer = await fetch(`/trainings/${scene.key}?since=${since}`);
    const told = await answer.json();
    if (mine !== alive || since !== frames.length) return;
    news = told;
    if (told.watched && Object.keys(told.watched).length) { watched = told.watched; legend(); }
    if (watched) told.frames.forEach(unpack);
  } catch { news = { ...news, away: true }; }
  if (mine !== alive) return;
  advance();
  tell();
  clearTimeout(waiting);
  const seen = !document.hidden && find("canvas")?.clientWidth;
  if (!ENDED.includes(news.state) && seen)
    waiting = setTimeout(ask, news.away ? 3000 : { running: 300, waiting: 1200 }[news.state] || 600);
};

// Where every dot and star is: the plane of the newest epoch, so that looking back turns nothing.
const project = (values, count, scale, spots = new Float32Array(2 * count)) => {
  const plane = frames.at(-1).plane, bits = watched.bits;
  for (let i = 0; i < count; i++) {
    let x = 0, y = 0;
    for (let b = 0; b < bits; b++) {
      x += values[i * bits + b] * plane[b][0];
      y += values[i * bits + b] * plane[b][1];
    }
    spots[2 * i] = x / scale;
    spots[2 * i + 1] = y / scale;
  }
  return spots;
};
const spots = (number) => {
  const now = frames[number], n = watched.index.length, classes = watched.classes.length;
  const dots = project(kind === "codes" ? now.codes : now.outputs, n, kind === "codes" ? 1 : 127);
  const stars = new Float32Array(2 * classes).fill(NaN);
  const centers = now.centers || frames.at(-1).centers;
  if (centers) project(centers, classes, 1, stars);
  else {
    const count = new Array(classes).fill(0);
    stars.fill(0);
    watched.labels.forEach((labels, i) => labels.forEach((c) => {
      count[c]++;
      stars[2 * c] += dots[2 * i];
      stars[2 * c + 1] += dots[2 * i + 1];
    }));
    for (let c = 0; c < classes; c++) { stars[2 * c] /= count[c]; stars[2 * c + 1] /= count[c]; }
  }
  // Equal codes lie on one spot: they are laid around it like the seeds of a sunflower, in pixels.
  const seeds = new Float32Array(2 * n), met = new Map();
  for (let i = 0; kind === "codes" && i < n; i++) {
    const j = met.get(now.names[i]) || 0;
    met.set(now.names[i], j + 1);
    seeds[2 * i] = Math.sqrt(j) * Math.cos(2.39996 * j);
    seeds[2 * i + 1] = Math.sqrt(j) * Math.sin(2.39996 * j);
  }
  return { dots, stars, seeds };
};
const reach = () => {
  if (frames.at(-1).centers) return 1.32;
  const widest = (now) => {
    const dots = project(now.codes, watched.index.length, 1);
    const far = Array.from({ length: dots.length / 2 }, (_, i) => Math.hypot(dots[2 * i], dots[2 * i + 1]));
    return far.sort((a, b) => a - b)[Math.floor(0.97 * far.length)];
  };
  const most = Math.max(0.15, widest(frames.at(-1)), 0.7 * widest(frames[0]));
  return 1.25 * most;
};
const between = () => {
  const t = lasts ? Math.min(1, (performance.now() - begun) / lasts) : 1, e = t * t * (3 - 2 * t);
  if (t === 1 || !from) return { ...to, t: 1 };
  const mix = (a, b) => a.map((v, i) => (Number.isNaN(v) ? b[i] : v + e * (b[i] - v)));
  return { dots: mix(from.dots, to.dots), stars: mix(from.stars, to.stars), seeds: mix(from.seeds, to.seeds),
           reach: from.reach + e * (to.reach - from.reach), t };
};
const move = (number, seconds) => {
  if (!frames.length) return;
  from = to && between();
  goal = Math.max(0, Math.min(number, frames.length - 1));
  to = { ...spots(goal), reach: reach() };
  begun = performance.now();
  lasts = still() || !from ? 0 : 1000 * seconds;
  redraw();
  tell();
};
// The next epoch when the last one has arrived; faster where many wait.
const advance = () => {
  const last = frames.length - 1;
  if (last < 0) return;
  if (!to) return move(0, 0);
  if (between().t < 1) return redraw();
  if (goal < last && (follow || replay)) move(goal + 1, replay ? 0.45 : last - goal > 2 ? 0.16 : 0.42);
  else if (replay) { replay = false; tell(); }
};
const redraw = () => {
  if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
};

const layOut = (canvas) => {
  const wide = canvas.clientWidth, high = Math.round(Math.min(0.86 * wide, 520 * hashviz.unit())), dense = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(wide * dense) || canvas.height !== Math.round(high * dense)) {
    canvas.width = Math.round(wide * dense);
    canvas.height = Math.round(high * dense);
    canvas.style.height = high + "px";
  }
  const half = Math.min(wide, high) / 2;  // a wide stage makes an oval of the circle
  place = { wide, high, dense, across: Math.min(wide / 2, 1.6 * half), down: half };
};
const at = (spots, i, now) => [
  place.wide / 2 + place.across * spots[2 * i] / now.reach, place.high / 2 + place.down * spots[2 * i + 1] / now.reach];
const dot = (now, i) => {
  const [x, y] = at(now.dots, i, now), grain = place.wide < 500 ? 3.1 : 4.4;
  return [Math.max(7, Math.min(place.wide - 7, x + grain * now.seeds[2 * i])),
          Math.max(7, Math.min(place.high - 7, y + grain * now.seeds[2 * i + 1]))];
};
const draw = () => {
  const canvas = find("[data-plane]");
  if (!canvas || !canvas.clientWidth) return;
  layOut(canvas);
  const pen = canvas.getContext("2d"), ink = shade("--ink"), paper = shade("--sheet");
  const colors = scene.colors[dark() ? "dark" : "light"];
  pen.setTransform(place.dense, 0, 0, place.dense, 0, 0);
  pen.clearRect(0, 0, place.wide, place.high);
  if (!to) {
    if (!ENDED.includes(news.state)) drift(pen);
    pen.fillStyle = shade("--soft");
    pen.font = `${15 * hashviz.unit()}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.fillText(ENDED.includes(news.state) ? "no epoch was trained" : news.state === "waiting" ? "not started yet"
      : "waiting for the first dots …",
      place.wide / 2, place.high / 2);
    return;
  }
  const now = between(), size = (place.wide < 500 ? 2.9 : 4.1) * hashviz.unit();
  const lit = (i) => chosen < 0 || watched.labels[i].includes(chosen);
  const own = (c, i) => {
    const [a, b] = at(now.stars, c, now), [x, y] = dot(now, i);
    pen.beginPath(); pen.moveTo(x, y); pen.lineTo(a, b); pen.stroke();
  };
  pen.lineWidth = 1;
  watched.labels.forEach((labels, i) => labels.forEach((c) => {
    pen.globalAlpha = picked === i ? 0.9 : lit(i) ? (labels.length > 1 ? 0.08 : 0.18) : 0.03;
    pen.strokeStyle = colors[c % colors.length];
    if (!Number.isNaN(now.stars[2 * c])) own(c, i);
  }));
  watched.labels.forEach((labels, i) => {
    const [x, y] = dot(now, i);
    pen.globalAlpha = lit(i) ? 0.92 : 0.14;
    pen.fillStyle = labels.length ? colors[labels[0] % colors.length] : shade("--soft");
    pen.beginPath(); pen.arc(x, y, size, 0, 7); pen.fill();
    pen.strokeStyle = paper; pen.lineWidth = 0.8; pen.stroke();
  });
  pen.globalAlpha = 1;
  pen.font = `600 ${16 * hashviz.unit()}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const taken = [];
  watched.classes.forEach((name, c) => {
    if (Number.isNaN(now.stars[2 * c])) return;
    const [x, y] = at(now.stars, c, now);
    taken.push([x - 10, y - 10, x + 10, y + 10]);
    pen.globalAlpha = chosen < 0 || chosen === c ? 1 : 0.35;
    star(pen, x, y, colors[c % colors.length], ink, paper);
  });
  // Names stand outside of the ring, where few dots are; where stars crowd, the legend has to do.
  watched.classes.forEach((name, c) => {
    if (Number.isNaN(now.stars[2 * c])) return;
    const [x, y] = at(now.stars, c, now), half = pen.measureText(name).width / 2;
    const far = Math.hypot(x - place.wide / 2, y - place.high / 2) || 1, step = place.wide < 500 ? 31 : 36;
    const out = [(x - place.wide / 2) / far, (y - place.high / 2) / far];
    for (const [a, b] of [out, [-out[1], out[0]], [out[1], -out[0]], [-out[0], -out[1]]]) {
      const u = Math.max(half + 4, Math.min(place.wide - half - 4, x + (step + half) * a));
      const v = Math.max(11, Math.min(place.high - 11, y + step * b)), box = [u - half - 2, v - 9, u + half + 2, v + 9];
      if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      taken.push(box);
      pen.globalAlpha = chosen < 0 || chosen === c ? 1 : 0.35;
      pen.lineWidth = 4; pen.strokeStyle = paper; pen.lineJoin = "round"; pen.strokeText(name, u, v);
      pen.fillStyle = ink; pen.fillText(name, u, v);
      break;
    }
  });
  pen.globalAlpha = 1;
  if (picked >= 0) {
    const [x, y] = dot(now, picked);
    for (const [color, width] of [[paper, 6], [ink, 2.4]]) {
      pen.beginPath(); pen.arc(x, y, size + 5, 0, 7);
      pen.strokeStyle = color; pen.lineWidth = width; pen.stroke();
    }
  }
  canvas.dataset.drawn = String(goal);
  if (now.t < 1) redraw();
  else advance();
};
// Before the first codes: gray dots that say that something is on its way, and nothing else.
const drift = (pen) => {
  const time = still() ? 0 : performance.now() / 1600;
  pen.fillStyle = shade("--hollow");
  for (let i = 0; i < 200; i++) {
    const r = Math.sqrt((i + 0.5) / 200) * 0.8 * place.down, angle = 2.39996 * i + time / (1 + i / 60);
    pen.beginPath();
    pen.arc(place.wide / 2 + 1.4 * r * Math.cos(angle), place.high / 2 + r * Math.sin(angle), 4.1, 0, 7);
    pen.fill();
  }
  if (!still()) redraw();
};
const star = (pen, x, y, fill, ink, paper) => {
  pen.beginPath();
  for (let k = 0; k < 10; k++) {
    const r = k % 2 ? 4.6 : 11, angle = Math.PI * (k / 5 - 0.5);
    pen.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  pen.closePath();
  pen.strokeStyle = paper; pen.lineWidth = 4; pen.stroke();
  pen.fillStyle = fill; pen.fill();
  pen.strokeStyle = ink; pen.lineWidth = 1.3; pen.stroke();
};

// What stands around the picture.
const put = (name, text) => { const there = find(name); if (there && there.textContent !== text) there.textContent = text; };
const fill = (name, page) => { const there = find(name); if (there && there.innerHTML !== page) there.innerHTML = page; };
const plain = (text) => Object.assign(document.createElement("i"), { textContent: text }).innerHTML;
const nth = ["", "Next", "Second", "Third"];
const epochs = () => watched?.epochs || 0;
const status = () => {
  const last = frames.length ? frames.at(-1).epoch : 0, of = ` after epoch ${last} of ${epochs()}`;
  const score = typeof news.score === "number"
    ? ` mAP over all queries ${news.score.toFixed(3)}, by chance ${news.chance.toFixed(3)}.` : "";
  return {
    waiting: `${nth[news.ahead] || "Waiting"} in the queue; it starts automatically.`,
    starting: "Starting: a separate process is loading PyTorch and the pictures.",
    running: news.asked === "pause" ? "Pausing after this epoch." : news.asked === "stop" ? "Stopping after this epoch."
      : last < epochs() ? `Training, epoch ${last + 1} of ${epochs()}.` : "Trained; now encoding all pictures.",
    paused: `Paused${of}.`,
    done: `Done: ${last} ${last === 1 ? "epoch" : "epochs"} in ${frames.at(-1)?.seconds.toFixed(1)} s.${score}`,
    stopped: frames.length > 1 ? `Stopped${of}.${score}` : "Stopped before the first epoch.",
    failed: news.message, gone: news.message,
  }[news.state] || "";
};
const tell = () => {
  if (!scene || !find("[data-status]")) return;
  const ended = ENDED.includes(news.state), last = Math.max(0, frames.length - 1), now = frames[goal];
  put("[data-status]", status());
  find("[data-status]").classList.toggle("hv-trouble", news.state === "failed");
  fill("[data-jobs]", jobs());
  const idle = !ended && (news.asked === "pause" || news.state === "paused");
  put("[data-play]", ended ? (replay ? "Hold" : "Replay") : idle ? "Play" : "Pause");
  find("[data-play]").disabled = ended && last < 1;
  find("[data-step]").disabled = ended ? goal >= last : news.asked === "stop";
  find("[data-stop]").hidden = ended;
  find("[data-stop]").disabled = news.asked === "stop";
  const slider = find("#hv-epoch");
  slider.max = String(Math.max(last, 1));
  if (document.activeElement !== slider || follow || replay) slider.value = String(goal);
  put("output[for=hv-epoch]", String(now ? now.epoch : 0));
  slider.setAttribute("aria-valuetext", `epoch ${now ? now.epoch : 0} of ${last}`);
  const use = find("[data-use]");
  use.hidden = !news.usable;
  if (!now) return;
  const n = watched.index.length;
  fill("[data-facts]", [
    ["epoch", `${now.epoch} of ${epochs()}`],
    ["different codes", `${now.different} of ${n}`],
    ["flipped since last epoch", goal ? `${now.flips.toLocaleString("en")} ${now.flips === 1 ? "bit" : "bits"}` : "–"],
    ["mAP of these pictures", now.map.toFixed(3)],
  ].map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join(""));
  const end = frames.at(-1);
  put("[data-verdict]", scene.bet === null ? "" : ended && goal === last
    ? `${end.different} different codes at the end; you bet ${scene.bet}.` : `You bet ${scene.bet} different codes.`);
  put("[data-caption]", caption());
  spread();
};
const caption = () => (watched.centers
  ? "★ hash center of a class. The plane is fixed before the first epoch, so that the centers form a ring; the more "
    + "bits a code shares with a center, the nearer it lies to that star."
  : "★ mean of a class: this loss has no centers. The plane is computed from the class means of the latest epoch, "
    + "so it turns during training and stays still when you look back.")
  + (kind === "codes" ? " Dots with the same code are spread around one spot." : " Outputs are squashed by tanh.")
  + ` The dots are ${watched.index.length} pictures of the database that also serve for training.`;
const jobs = () => (news.jobs || []).length < 2 ? "" : "<ul>" + news.jobs.map((job) => {
  const words = job.state === "waiting" ? `${nth[job.ahead] || ""} in the queue`.trim().toLowerCase() : job.state;
  return `<li><button type="button" data-job="${plain(job.key)}" aria-pressed="${job.key === scene.key}">` +
    `${plain(job.title)} <small>${plain(words)}</small></button></li>`;
}).join("") + "</ul>";
const legend = () => fill("[data-legend]", watched.classes.map((name, c) =>
  `<li><button type="button" data-class="${c}" aria-pressed="${c === chosen}"><i style="--light:${
    scene.colors.light[c % scene.colors.light.length]};--dark:${scene.colors.dark[c % scene.colors.dark.length]}"></i>${
    plain(name)}</button></li>`).join(""));
// Curves and the picture in detail are drawn by their own scripts.
const spread = () => document.dispatchEvent(new CustomEvent("hv-training", { detail: {
  frames, goal, watched, picked, epochs: epochs(), colors: scene.colors, pictures: scene.pictures, apart, names } }));

// Hands.
const pick = (i) => {
  picked = i;
  redraw();
  spread();
};
const beside = (by) =>
  pick((Math.max(picked, by > 0 ? -1 : 0) + by + watched.index.length) % watched.index.length);
const nearest = (event) => {
  if (!to || !place) return -1;
  const frame = event.target.getBoundingClientRect(), zoom = place.wide / frame.width, now = between();
  const u = (event.clientX - frame.left) * zoom, v = (event.clientY - frame.top) * zoom;
  let best = -1, least = 14;
  watched.labels.forEach((_, i) => {
    const [x, y] = dot(now, i), away = Math.hypot(x - u, y - v);
    if (away < least) { least = away; best = i; }
  });
  return best;
};
const names = (i) => watched.labels[i].map((c) => watched.classes[c]).join(", ") || "no class";
element.addEventListener("click", (event) => {
  if (event.target.matches("[data-plane]")) return pick(nearest(event));
  const button = event.target.closest("button");
  if (!button) return;
  const { play, step, stop, use, job } = button.dataset, ended = ENDED.includes(news.state);
  const last = frames.length - 1;
  if (play !== undefined && ended) {
    replay = !replay;
    if (replay && goal >= last) move(0, 0.3);
    else if (replay) advance();
    tell();
  } else if (step !== undefined && ended) {
    replay = false;
    move(goal + 1, 0.42);
  } else if (play !== undefined || step !== undefined || stop !== undefined) {
    const word = stop !== undefined ? "stop" : step !== undefined ? "step" : button.textContent === "Play" ? "play" : "pause";
    follow = true;
    news.asked = word === "step" ? "pause" : word;
    trigger("tell", { key: scene.key, word });
    tell();
    setTimeout(ask, 80);
  } else if (use !== undefined) trigger("use", { key: scene.key });
  else if (job) trigger("visit", { key: job });
  else if (button.dataset.class !== undefined) {
    chosen = chosen === Number(button.dataset.class) ? -1 : Number(button.dataset.class);
    legend();
    redraw();
  }
});
element.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!by || !watched || !event.target.matches("[data-plane]")) return;
  event.preventDefault();
  beside(by);
});
document.addEventListener("hv-beside", (event) => { if (watched) beside(event.detail); });
element.addEventListener("input", (event) => {
  if (event.target.id !== "hv-epoch") return;
  replay = false;
  follow = Number(event.target.value) >= frames.length - 1;
  move(Number(event.target.value), 0.2);
});
element.addEventListener("change", (event) => {
  if (event.target.name !== "hv-kind") return;
  kind = event.target.value;
  move(goal, 0.42);
});
element.addEventListener("pointermove", (event) => {
  if (!event.target.matches("[data-plane]")) return;
  const i = nearest(event), tip = find(".hv-tip");
  tip.hidden = i < 0;
  if (i < 0) return;
  tip.textContent = names(i);
  const [x, y] = dot(between(), i);
  tip.style.left = Math.max(4, Math.min(x + 12, place.wide - 150)) + "px";
  tip.style.top = y + 12 + "px";
});
element.addEventListener("pointerout", (event) => {
  if (event.target.matches("[data-plane]")) find(".hv-tip").hidden = true;
});

const read = () => {
  const holder = find("[data-training]");
  if (!holder) return;
  const told = JSON.parse(holder.dataset.training);
  if (scene && told.key === scene.key) { tell(); return; }
  alive += 1;
  scene = told;
  news = {}; watched = null; frames = []; from = to = null;
  goal = 0; follow = true; replay = false; chosen = picked = -1; kind = "codes";
  // A bet is kept for the case that the page is loaded again before the end.
  const kept = `hv-bet-${scene.key}`;
  if (scene.bet !== null) sessionStorage.setItem(kept, String(scene.bet));
  else if (sessionStorage.getItem(kept)) scene.bet = Number(sessionStorage.getItem(kept));
  shown = true;
  watcher.disconnect();
  watcher.observe(find("canvas"));
  spread();
  ask();
  const top = find("[data-training]").getBoundingClientRect().top;
  if (scene.begun && top > 0.3 * window.innerHeight) find(".hv-now").scrollIntoView({ behavior: still() ? "auto" : "smooth" });
};
let shown = false;
const watcher = new ResizeObserver(() => {
  const now = Boolean(find("canvas")?.clientWidth);
  if (now && !shown) ask();  // the tab was left, and is back
  shown = now;
  redraw();
});
new MutationObserver(() => { redraw(); if (frames.length) spread(); })
  .observe(document.body, { attributeFilter: ["class"] });
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
watch("value", read);
read();
