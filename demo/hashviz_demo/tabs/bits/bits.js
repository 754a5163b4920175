// The bit keyboard. It alone knows the pattern: 1, 0, and * for a bit that is not compared. Keys are
// pressed, dragged across, or reached by arrows. Names stay in this browser and in the address.
let own = "", run = "", pattern = [], mode = "flip", stroke = null, first = true, began = 0;
const keys = () => [...element.querySelectorAll("[data-bit]")];
const address = () => new URLSearchParams(window.location.search);
const keep = (name, value) => {
  const parts = address();
  if (value) parts.set(name, value);
  else parts.delete(name);
  history.replaceState(history.state, "", "?" + parts.toString());
};
const bet = () => "hashviz:bet:keys:" + run;
const names = () => {
  try { return JSON.parse(localStorage.getItem("hashviz:names:" + run)) || {}; }
  catch { return {}; }
};
const store = (named) => {
  localStorage.setItem("hashviz:names:" + run, JSON.stringify(named));
  keep("names", Object.entries(named).map(([bit, name]) => bit + ":" + name).join(","));
};
const words = { 1: "+1", 0: "−1", "*": "not compared" };
const draw = () => {
  const named = names(), open = sessionStorage.getItem(bet()) !== null;
  keys().forEach((key, bit) => {
    const now = pattern[bit];
    key.dataset.now = now;
    key.classList.toggle("hv-flipped", mode === "flip" && now !== own[bit]);
    key.setAttribute("aria-pressed", now === "*" ? "mixed" : String(now === "1"));
    let label = `Bit ${bit}${named[bit] ? ", " + named[bit] : ""}: ${words[now]}`;
    if (key.dataset.twin) label += `, always the same as or opposite to bit ${key.dataset.twin}`;
    if (open) label += `; flipped alone, ${key.dataset.leaving} of the first 20 leave`;
    key.setAttribute("aria-label", label);
    key.title = label;
  });
  for (const each of element.querySelectorAll("[data-mode]"))
    each.setAttribute("aria-checked", String(each.dataset.mode === mode));
  element.querySelector(".hv-keyboard").classList.toggle("hv-open", open);
  element.querySelector("[data-legend]").hidden = !open;
  const list = element.querySelector("[data-names]");
  list.hidden = Object.keys(named).length === 0;
  list.querySelector("ul").replaceChildren(...Object.entries(named).map(([bit, name]) => {
    const line = document.createElement("li"), text = document.createElement("span");
    text.textContent = `${name} (bit ${bit})`;
    line.append(text, ...["1", "0", "*"].map((wish) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.wish = wish;
      button.dataset.of = bit;
      button.textContent = { 1: "on", 0: "off", "*": "free" }[wish];
      button.setAttribute("aria-label", `${name}: ${button.textContent}`);
      button.setAttribute("aria-pressed", String(mode === "ask" && pattern[bit] === wish));
      return button;
    }));
    return line;
  }));
};
const say = (text) => {
  element.querySelector("[data-say]").textContent = text || {
    flip: sessionStorage.getItem(bet()) === null
      ? "Your bet: which single bit, when flipped, drives the most of the first 20 away? Press it."
      : "Press or drag across the keys: the pictures are sorted again at once.",
    ask: "Press a key once for +1, again for −1, once more to free it: only the bits that are "
      + "filled or hollow are compared.",
  }[mode];
};
const send = () => {
  const text = pattern.join("");
  keep("keys", text === own ? "" : text);
  draw();
  window.hashvizPressed = performance.now();
  trigger("press", { pattern: text });
};
const judge = (bit) => {
  if (mode !== "flip" || sessionStorage.getItem(bet()) !== null) return say();
  sessionStorage.setItem(bet(), String(bit));
  const gone = keys().map((key) => Number(key.dataset.leaving));
  const most = Math.max(...gone), best = gone.indexOf(most);
  if (!most) return say("No single bit of this code drives one of the first 20 away: too many "
    + "pictures share it. How many must you flip together?");
  say(gone[bit] === most
    ? `Bit ${bit} drives ${gone[bit]} away, and no other bit drives away more. Insight, or luck?`
    : `Bit ${bit} drives ${gone[bit]} away; the most is ${most}, by bit ${best}.`);
};
const turn = (bit, to) => {
  if (pattern[bit] === to) return;
  pattern[bit] = to;
  judge(bit);
  send();
};
const next = (now) => mode === "ask" ? { "*": "1", 1: "0", 0: "*" }[now] : now === "1" ? "0" : "1";
const begin = () => {
  const board = element.querySelector("[data-code]");
  if (!board) return;
  const before = [run, own];
  [own, run] = [board.dataset.code, board.dataset.run];
  const linked = address().get("keys") || "";
  // The same query again: the visitor has come back from another tab, so the pattern stays.
  if (before[0] !== run || (mode !== "ask" && before[1] !== own)) {
    pattern = [...own];
    mode = "flip";
  }
  if (first) {
    const sent = (address().get("names") || "").split(",").map((each) => each.split(":"))
      .filter(([bit, name]) => /^\d+$/.test(bit) && Number(bit) < own.length && name);
    if (sent.length)
      store({ ...names(), ...Object.fromEntries(sent.map(([b, n]) => [b, n.slice(0, 24)])) });
  }
  const fits = linked.length === own.length && /^[01*]+$/.test(linked) && linked !== own;
  if (first && fits) {
    pattern = [...linked];
    mode = linked.includes("*") ? "ask" : "flip";
    sessionStorage.setItem(bet(), sessionStorage.getItem(bet()) || "");
  }
  first = false;
  keys().forEach((key, bit) => { key.tabIndex = bit ? -1 : 0; });
  say();
  if (pattern.join("") !== own) send();
  else { keep("keys", ""); draw(); }
};
const focus = (bit) => {
  const all = keys(), key = all[Math.max(0, Math.min(all.length - 1, bit))];
  all.forEach((each) => { each.tabIndex = each === key ? 0 : -1; });
  key.focus();
};
element.addEventListener("pointerdown", (event) => {
  const key = event.target.closest("[data-bit]");
  if (!key || event.button) return;
  event.preventDefault();
  const bit = Number(key.dataset.bit);
  stroke = { touched: new Set([bit]), to: mode === "ask" ? next(pattern[bit]) : null };
  focus(bit);
  turn(bit, next(pattern[bit]));
});
window.addEventListener("pointermove", (event) => {
  if (!stroke) return;
  const under = document.elementFromPoint(event.clientX, event.clientY);
  const key = under && under.closest("[data-bit]");
  if (!key || !element.contains(key) || stroke.touched.has(Number(key.dataset.bit))) return;
  const bit = Number(key.dataset.bit);
  stroke.touched.add(bit);
  turn(bit, stroke.to || next(pattern[bit]));
});
for (const end of ["pointerup", "pointercancel"])
  window.addEventListener(end, () => { stroke = null; });
element.addEventListener("click", (event) => {
  const key = event.target.closest("[data-bit]");
  if (key && event.detail === 0) {  // by keyboard or screen reader; pointers are handled above
    const bit = Number(key.dataset.bit);
    turn(bit, next(pattern[bit]));
  }
  const chosen = event.target.closest("[data-mode]");
  if (chosen && chosen.dataset.mode !== mode) {
    mode = chosen.dataset.mode;
    pattern = mode === "ask" ? [...own].map(() => "*") : [...own];
    say();
    send();
  }
  if (event.target.closest("[data-reset]")) {
    mode = "flip";
    pattern = [...own];
    say();
    send();
  }
  const wish = event.target.closest("[data-wish]");
  if (wish) {
    if (mode !== "ask") {
      mode = "ask";
      pattern = [...own].map(() => "*");
    }
    pattern[wish.dataset.of] = wish.dataset.wish;
    say();
    send();
    const same = `[data-wish="${wish.dataset.wish}"][data-of="${wish.dataset.of}"]`;
    element.querySelector(same).focus();
  }
});
element.addEventListener("keydown", (event) => {
  const key = event.target.closest("[data-bit]");
  if (!key) return;
  const all = keys(), top = all[0].offsetTop;
  const across = all.filter((each) => each.offsetTop === top).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across,
                 Home: -all.length, End: all.length }[event.key];
  if (!step) return;
  event.preventDefault();
  focus(Number(key.dataset.bit) + step);
});
window.addEventListener("hashviz-named", (event) => {
  const named = names();
  if (event.detail.name) named[event.detail.bit] = event.detail.name;
  else delete named[event.detail.bit];
  store(named);
  draw();
});
watch("value", begin);
begin();
