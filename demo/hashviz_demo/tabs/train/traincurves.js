// The terms of the loss and mAP by epoch; the losses on a scale of powers of ten where none is below 0.
const DASHES = ["", "7 4", "2 3", "9 3 2 3", "5 2", "1 4"];
let last = null;
const plain = (text) => Object.assign(document.createElement("i"), { textContent: text }).innerHTML;
const dark = () => document.body.classList.contains("dark");
const short = (v) => (v === 0 ? "0" : Math.abs(v) < 0.001 || Math.abs(v) >= 1000 ? v.toExponential(1) : Number(v.toPrecision(3)).toString());
const draw = () => {
  if (!last || !last.frames.length) { element.innerHTML = ""; return; }
  const { frames, goal, epochs, colors } = last, done = frames.filter((frame) => frame.epoch > 0);
  const unit = hashviz.unit(), wide = Math.max(260, element.clientWidth / unit - 38 || 400), high = 210, left = 46, right = 34, top = 10, foot = 22;
  const names = done.length ? Object.keys(done[0].terms) : [], inks = colors[dark() ? "dark" : "light"];
  const values = done.flatMap((frame) => names.map((name) => frame.terms[name]));
  const some = values.filter((v) => v > 0), powers = some.length > 0 && values.every((v) => v >= 0);
  const least = Math.max(Math.min(...some), Math.max(...some) / 1e6);
  const low = powers ? Math.floor(Math.log10(least)) : Math.min(0, ...values);
  const most = powers ? Math.ceil(Math.log10(Math.max(...some)) + 1e-9) : Math.max(1e-9, ...values);
  const peak = powers && most === low ? low + 1 : most;
  const level = (v) => powers ? (v > 0 ? Math.log10(v) : low) : v;
  const x = (epoch) => left + (wide - left - right) * epoch / Math.max(1, epochs);
  const y = (share) => high - foot - (high - foot - top) * Math.min(1, Math.max(0, share));
  const path = (all, value) => all.map((frame) => `${x(frame.epoch).toFixed(1)},${y(value(frame)).toFixed(1)}`).join(" ");
  const rows = [], tens = (n) => n >= -3 && n <= 3 ? short(10 ** n) : "10" + [...String(n)].map((d) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(d)]).join("");
  const steps = powers ? Math.max(1, Math.ceil((peak - low) / 4)) : (peak - low) / 4;
  const marks = powers && peak - low === 1 ? [0, Math.log10(2), Math.log10(5), 1].map((part) => low + part)
    : Array.from({ length: Math.floor((peak - low) / steps + 1e-9) + 1 }, (_, i) => low + i * steps);
  for (const v of marks) {
    const at = y((v - low) / (peak - low));
    const word = !powers ? short(v) : Number.isInteger(v) ? tens(v) : short(10 ** v);
    rows.push(`<line class="grid" x1="${left}" x2="${wide - right}" y1="${at}" y2="${at}"/>` +
      `<text x="${left - 6}" y="${at + 4}" text-anchor="end">${word}</text>`);
  }
  for (const v of [0, 0.5, 1]) rows.push(`<text x="${wide - right + 6}" y="${y(v) + 4}">${v}</text>`);
  const every = [1, 2, 5, 10, 20].find((step) => epochs / step <= 8) || 20;
  for (let e = 0; e <= epochs; e += every)
    rows.push(`<text x="${x(e)}" y="${high - 5}" text-anchor="middle">${e}</text>`);
  const lines = names.map((name, k) =>
    `<polyline points="${path(done, (frame) => (level(frame.terms[name]) - low) / (peak - low))}" style="stroke:${
      inks[k % inks.length]};stroke-dasharray:${DASHES[k % DASHES.length]}"/>`);
  const now = frames[goal], chance = frames[0].chance;
  const key = (style, name, value) => `<li><svg width="26" height="10" aria-hidden="true"><line x1="0" x2="26" y1="5" y2="5" style="${
    style}"/></svg>${plain(name)} <b>${value}</b></li>`;
  const legend = names.map((name, k) => key(
    `stroke:${inks[k % inks.length]};stroke-dasharray:${DASHES[k % DASHES.length]}`, name,
    name in now.terms ? short(now.terms[name]) : "–"));
  legend.push(key("stroke:var(--ink);stroke-width:3.4", "mAP", now.map.toFixed(3)));
  legend.push(key("stroke:var(--soft);stroke-dasharray:4 4;stroke-width:1.6", "by chance", chance.toFixed(3)));
  const told = `Epoch ${now.epoch}: ` + names.map((name) => `${name} ${name in now.terms ? short(now.terms[name]) : "not yet"}`)
    .concat(`mAP ${now.map.toFixed(3)}`, `chance ${chance.toFixed(3)}`).join(", ");
  element.innerHTML = `<section class="hv hv-sheet hv-curves" aria-labelledby="hv-loss"><h2 id="hv-loss">Loss and mAP</h2>
    <svg width="${wide * unit}" height="${high * unit}" viewBox="0 0 ${wide} ${high}" role="img" aria-label="${plain(told)}">${rows.join("")}
    <line class="chance" x1="${left}" x2="${wide - right}" y1="${y(chance)}" y2="${y(chance)}"/>${lines.join("")}
    <polyline class="map" points="${path(frames, (frame) => frame.map)}"/>
    <line class="now" x1="${x(now.epoch)}" x2="${x(now.epoch)}" y1="${top}" y2="${high - foot}"/>
    <circle cx="${x(now.epoch)}" cy="${y(now.map)}" r="4.5"/></svg>
    <ul class="hv-curve-key">${legend.join("")}</ul><p class="hv-note">Left: terms of the loss, as weighted${
    powers ? ", in powers of ten" : ""}. Right: mAP of the watched pictures among themselves. Below: epochs.</p></section>`;
};
document.addEventListener("hv-training", (event) => { last = event.detail; draw(); });
let before = 0;
new ResizeObserver(() => {
  if (element.clientWidth === before) return;
  before = element.clientWidth;
  if (before) draw();
}).observe(element);
