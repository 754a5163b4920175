// What the attack aims at; a bench that is shown asks for its attack.
let focused = false;
const shown = () => {
  if (!element.querySelector("[data-aimed]")) return;
  if (focused) element.querySelector("[data-aim][aria-pressed='true']")?.focus({ preventScroll: true });
  focused = false;
  trigger("attack", {});
};
element.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-aim]");
  if (!choice) return;
  focused = true;
  trigger("aim", { position: choice.dataset.aim === "" ? null : Number(choice.dataset.aim) });
});
watch("value", shown);
shown();
