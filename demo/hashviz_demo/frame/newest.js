// While an event is answered, gradio keeps that it came again but repeats the data of the first one.
// It holds a reference: the same object with the newest data makes the newest wish win.
const untouched = trigger, wishes = {};
trigger = (name, data = {}) => {
  const wish = wishes[name] ??= {};
  for (const key of Object.keys(wish)) delete wish[key];
  untouched(name, Object.assign(wish, data));
};

