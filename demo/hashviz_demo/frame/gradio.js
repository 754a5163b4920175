// What works around Gradio's frontend; what works around its Python is in gradio_patches.py.
// Before every script. While an event is being answered, Gradio remembers that it came again but sends
// the data of the first one. It keeps a reference: the same object with the newest data makes the newest wish win.
// What is pressed before the scene of the address is there waits for it, or it would start from another scene.
const untouched = trigger, wishes = {};
trigger = (name, data = {}) => {
  const wish = wishes[name] ??= {};
  for (const key of Object.keys(wish)) delete wish[key];
  Object.assign(wish, data);
  if (window.hashviz?.opening && !["visit", "wake"].includes(name)) hashviz.opening.then(() => untouched(name, wish));
  else untouched(name, wish);
};
// ---- Once, in the head of the page.
// Gradio closes its stream of answers with the last one; an event that joins at that very moment waits
// forever on the closed stream. Any other event opens a new stream, which brings both answers.
const plain = window.fetch, waiting = new Map();
let streams = 0, soon = 0;
const rescue = () => {
  clearTimeout(soon);  // once after the last message, not after each
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
  } catch { /* the visitor left the page */ }
  streams -= 1;
  rescue();
};
let newest = Promise.resolve();
window.fetch = async (...request) => {
  const address = String(request[0] && request[0].url ? request[0].url : request[0]);
  const send = () => plain(...request), joins = address.includes("/queue/join");
  // Events arrive in the order in which they happened.
  const asked = joins ? newest = newest.then(send, send) : send();
  const answer = await asked;
  if (address.includes("/queue/data") && answer.ok) follow(answer.clone());
  if (joins && answer.ok)
    answer.clone().json().then((joined) => { waiting.set(joined.event_id, 0); rescue(); });
  return answer;
};
