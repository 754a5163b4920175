// Sample queries: a press makes one the query, "Other samples" turns the page.
element.addEventListener("click", (event) => {
  const sample = event.target.closest("[data-sample]");
  if (sample) {
    window.hashvizBegan = performance.now();
    trigger("sample", { position: Number(sample.dataset.sample) });
  } else if (event.target.closest("[data-more]")) trigger("more", {});
});
