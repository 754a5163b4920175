// The menu of runs. The page may be redrawn while it is open, so the choice is set from the data.
const align = () => {
  const menu = element.querySelector("select");
  if (menu) menu.value = menu.dataset.chosen;
};
element.addEventListener("change", (event) => trigger("choose", { run: event.target.value }));
watch("value", align);
align();
