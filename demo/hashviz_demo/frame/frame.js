// The whole page: light or dark, projector, and what a teacher hid with ?hide=name,name.
const put = (name, value) => {
  const address = new URLSearchParams(window.location.search);
  if (value === null) address.delete(name);
  else address.set(name, value);
  history.replaceState(null, "", "?" + address.toString());
};
const address = new URLSearchParams(window.location.search);
const light = element.querySelector("[data-light]");
const projector = element.querySelector("[data-projector]");
const tell = () => {
  light.setAttribute("aria-pressed", String(document.body.classList.contains("dark")));
  projector.setAttribute(
    "aria-pressed", String(document.documentElement.classList.contains("hv-projector")));
};
if (["1", "true"].includes(address.get("projector")))
  document.documentElement.classList.add("hv-projector");
element.addEventListener("click", (event) => {
  if (event.target.closest("[data-light]")) {
    const dark = document.body.classList.toggle("dark");
    put("__theme", dark ? "dark" : "light");
  } else if (event.target.closest("[data-projector]")) {
    const large = document.documentElement.classList.toggle("hv-projector");
    put("projector", large ? "1" : null);
  }
  tell();
});
tell();
const names = (address.get("hide") || "").split(",").filter((name) => /^[a-z0-9-]+$/.test(name));
if (names.length) {
  const hidden = document.createElement("style");
  hidden.textContent = names
    .map((name) => `#hv-${name}, #hv-tabs [role="tab"][data-tab-id="${name}"] { display: none !important; }`)
    .join("\n");
  document.head.append(hidden);
}
// The bar is not shown on Search; the answer to a click on a tab must not be waited for.
document.addEventListener("click", (event) => {
  const tab = event.target.closest && event.target.closest('#hv-tabs > .tab-wrapper [role="tab"]');
  if (!tab || !tab.dataset.tabId) return;
  for (const id of ["hv-head", "hv-bar"]) document.getElementById(id).dataset.tab = tab.dataset.tabId;
}, true);
// gradio closes its stream of answers with the last one; an event that joins at that very moment would
// wait for ever on the closed one. Then any other event opens a new stream, which brings both answers.
const plain = window.fetch, waiting = new Map();
let streams = 0, soon = 0;
const rescue = () => {
  clearTimeout(soon);  // one look after the last news, not one for each
  soon = setTimeout(() => {
    if (streams || !waiting.size) return;
    for (const [event, tries] of waiting)
      if (tries < 3) waiting.set(event, tries + 1);
      else waiting.delete(event);  // not lost but failed: nothing will bring it
    trigger("wake", {});
  }, 250);
};
const follow = async (answer) => {
  streams += 1;
  try {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const messages = (text + value).split("\n\n");
      text = messages.pop();
      for (const start of messages.map((message) => message.slice(0, 300)))
        if (start.includes("process_completed"))
          waiting.delete((/"event_id":\s*"([^"]+)"/.exec(start) || [])[1]);
    }
  } catch { /* the page is left */ }
  streams -= 1;
  rescue();
};
window.fetch = async (...request) => {
  const answer = await plain(...request);
  const address = String(request[0] && request[0].url ? request[0].url : request[0]);
  if (address.includes("/queue/data") && answer.ok) follow(answer.clone());
  if (address.includes("/queue/join") && answer.ok)
    answer.clone().json().then((joined) => { waiting.set(joined.event_id, 0); rescue(); });
  return answer;
};
