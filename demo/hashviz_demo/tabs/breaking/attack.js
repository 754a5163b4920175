// The slider over sizes of change: all pictures, codes and results came with the page.
let scene = null, revealed = false;
const find = (name) => element.querySelector(name);
const NEVER = "hashviz:bet:break:none";
const place = () => Number(find("#hv-epsilon").value);
const size = (epsilon) => `ε = ${epsilon} of 255`;
const keep = (epsilon) => {
  const parts = new URLSearchParams(window.location.search);
  parts.set("epsilon", epsilon);
  history.replaceState(history.state, "", "?" + parts.toString());
};
const count = (code, other) => [...code].filter((bit, i) => bit !== other[i]).length;
const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
// One result of the list: the browser knows its picture by its position.
const card = ([position, distance, right]) => {
  const [name, image] = scene.pictures[position];
  const words = { true: ", shares a label", false: ", shares no label", null: "" }[String(right)];
  const kind = { true: "right", false: "wrong", null: "open" }[String(right)];
  const item = document.createElement("li"), button = document.createElement("button");
  button.type = "button";
  button.className = `hv-hitchoice hv-${kind}`;
  button.dataset.aim = position;
  button.setAttribute("aria-label", `${name}, distance ${distance}${words}. Collide with it.`);
  const picture = document.createElement("img"), title = document.createElement("span");
  picture.src = image;
  picture.alt = "";
  title.textContent = name;
  const far = document.createElement("small");
  far.textContent = `d ${distance}`;
  button.append(picture, title, far);
  item.append(button);
  return item;
};
const tell = () => {
  const level = scene.levels[place()], flips = count(level.code, scene.code);
  let text = `No pixel value moved by more than ${level.epsilon} of 255: ` +
    (flips ? `${plural(flips, "bit")} of ${scene.code.length} flipped` : "no bit flipped");
  if (scene.aim) text += level.apart ? `, ${plural(level.apart, "bit")} from the aim` : ": a collision, the two codes are identical";
  if (level.right !== null) text += `. ${level.right} of the first ${level.hits.length} results share a label with it`;
  find("[data-told]").textContent = text + ".";
  for (const column of element.querySelectorAll("[data-column]")) {
    const bit = Number(column.dataset.column), apart = level.code[bit] !== scene.code[bit];
    column.classList.toggle("hv-apart", apart);
    column.querySelector("em").textContent = apart ? "✗" : "";
    column.querySelector("[data-now]").className = level.code[bit] === "1" ? "p" : "n";
    column.querySelector(".hv-goal")?.classList.toggle("hv-missed", level.code[bit] !== scene.aim?.[bit]);
  }
  find("[data-bits]").setAttribute("aria-label", `The code at ${size(level.epsilon)}: ${level.code}; its own: ${scene.code}` + (scene.aim ? `; the aim's: ${scene.aim}` : ""));
  find("[data-drift]").replaceChildren(...level.hits.map(card));
  const x = 300 * place() / Math.max(1, scene.levels.length - 1), line = find("[data-at]");
  line.setAttribute("x1", x);
  line.setAttribute("x2", x);
};
const draw = () => {
  const level = scene.levels[place()], slider = find("#hv-epsilon");
  find("[data-picture]").src = level.image;
  find("[data-change]").src = level.change;
  find("[data-times]").textContent = level.epsilon ? `enlarged × ${level.times}` : "none yet";
  find("output").textContent = `${level.epsilon} of 255`;
  slider.setAttribute("aria-valuetext", size(level.epsilon));
  if (revealed) tell();
};
const reveal = (verdict) => {
  revealed = true;
  find("[data-bet]").hidden = true;
  for (const part of element.querySelectorAll("[data-seen]")) part.hidden = false;
  find("[data-verdict]").textContent = verdict;
  draw();
};
const judged = (bet) => {
  const { goal, levels } = scene, last = levels[levels.length - 1].epsilon;
  const mine = bet === null ? "You bet that it never does" : `You bet ε = ${bet}`;
  if (goal === null) return bet === null ? `${mine}: right, no change of up to ${last} of 255 was found that does.` : `${mine}; no change of up to ${last} of 255 was found that does.`;
  return bet === goal ? `${mine}: exactly.` : `${mine}; the smallest change found is ε = ${goal}.`;
};
const shown = () => {
  const holder = find("[data-attack]");
  if (!holder) return;
  scene = JSON.parse(holder.dataset.attack);
  revealed = false;
  const linked = Number(new URLSearchParams(window.location.search).get("epsilon"));
  const at = scene.levels.findLastIndex((level) => level.epsilon <= linked);
  find("#hv-epsilon").value = Math.max(0, at);
  if (sessionStorage.getItem(NEVER) || sessionStorage.getItem("hashviz:bet:break:" + scene.key)) reveal("");
  else draw();
};
element.addEventListener("input", (event) => {
  if (event.target.id === "hv-epsilon") draw();
});
element.addEventListener("change", (event) => {
  if (event.target.id === "hv-epsilon") keep(scene.levels[place()].epsilon);
});
element.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-aim]");
  if (chosen) trigger("aim", { position: Number(chosen.dataset.aim) });
  if (event.target.closest("[data-skip]")) {
    sessionStorage.setItem(NEVER, "1");
    reveal("");
  }
  const never = event.target.closest("[data-never]");
  if (!never && !event.target.closest("[data-reveal]")) return;
  sessionStorage.setItem("hashviz:bet:break:" + scene.key, "1");
  const verdict = judged(never ? null : scene.levels[place()].epsilon);
  if (scene.goal !== null) {  // show where it happens
    find("#hv-epsilon").value = scene.levels.findIndex((level) => level.epsilon === scene.goal);
    keep(scene.goal);
  }
  reveal(verdict);
  find("#hv-epsilon").focus({ preventScroll: true });
});
watch("value", shown);
shown();
