// The points of a map, unpacked once and handed to the stage.
const numbers = (text, kind) => {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new kind(bytes.buffer);
};
const hand = () => {
  const holder = element.querySelector("[data-points]");
  if (!holder) return;
  const sent = JSON.parse(holder.dataset.points);
  const detail = {
    ...sent,
    x: Float32Array.from(numbers(sent.x, Uint16Array), (v) => v / 65535),
    y: Float32Array.from(numbers(sent.y, Uint16Array), (v) => v / 65535),
    counts: numbers(sent.counts, Uint32Array),
    classes: numbers(sent.classes, Uint16Array),
  };
  document.dispatchEvent(new CustomEvent("hv-points", { detail }));
};
watch("value", hand);
hand();
