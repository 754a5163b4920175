// Sample queries: a press makes one the query, "Other samples" turns the page.
element.addEventListener("click", (event) => {
  const sample = event.target.closest("[data-sample]");
  if (sample) trigger("sample", { position: Number(sample.dataset.sample) });
  else if (event.target.closest("[data-more]")) trigger("more", {});
});

// While a picture is loading, do not show the one that was here before.
const hideLate = () => {
  for (const picture of element.querySelectorAll("img")) {
    if (picture.complete) continue;
    picture.classList.add("hv-late");
    picture.onload = picture.onerror = () => picture.classList.remove("hv-late");
  }
};
watch("value", hideLate);
