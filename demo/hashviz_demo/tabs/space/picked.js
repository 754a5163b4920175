// What was picked: a press makes a picture the query.
element.addEventListener("click", (event) => {
  const card = event.target.closest("[data-query]");
  if (card) trigger("query", { position: Number(card.dataset.query) });
});
watch("value", () => {
  for (const picture of element.querySelectorAll("img")) {
    if (picture.complete) continue;
    picture.classList.add("hv-late");
    picture.onload = picture.onerror = () => picture.classList.remove("hv-late");
  }
});
