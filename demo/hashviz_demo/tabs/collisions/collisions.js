// Buckets: a press opens one; focus stays on it when the list comes again.
let focus = "";
element.addEventListener("click", (event) => {
  const bucket = event.target.closest("[data-bucket]");
  if (!bucket) return;
  focus = `[data-bucket="${bucket.dataset.bucket}"]`;
  const order = element.querySelector("input[name='hv-order']:checked").value;
  trigger("bucket", { bucket: Number(bucket.dataset.bucket), order });
});
element.addEventListener("change", (event) => {
  if (event.target.name !== "hv-order") return;
  focus = "input[name='hv-order']:checked";
  trigger("order", { order: event.target.value });
});
watch("value", () => {
  if (focus) element.querySelector(focus)?.focus({ preventScroll: true });
  focus = "";
});
