// One bit: its name is kept by the keyboard, which also offers it for searching.
const fill = () => {
  const page = element.querySelector("[data-one]");
  if (!page) return;
  const board = document.querySelector("#hv-keyboard [data-run]");
  try {
    const named = JSON.parse(localStorage.getItem("hashviz:names:" + board.dataset.run)) || {};
    element.querySelector("#hv-name").value = named[page.dataset.one] || "";
  } catch { /* no names yet */ }
  page.scrollIntoView({ block: "nearest" });
};
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const name = element.querySelector("#hv-name").value.replace(/[,:]/g, " ").trim();
  const bit = Number(element.querySelector("[data-one]").dataset.one);
  window.dispatchEvent(new CustomEvent("hashviz-named", { detail: { bit, name } }));
});
watch("value", fill);
fill();
