"""Every figure, at short and long codes, few and many classes, on light and dark paper."""

import inspect

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hashviz import plots
from tools.gallery import Example, figures


def texts_of(ax):
    """The texts of one axes that are seen, tick labels outside of the frame left out."""
    found = [*ax.texts, ax.title, ax._left_title]
    if ax.axison:
        for axis in (ax.xaxis, ax.yaxis):
            found.append(axis.label)
            low, high = sorted(axis.get_view_interval())
            pairs = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            found += [label for at, label in pairs if low <= at <= high]
    for child in ax.child_axes:
        found += texts_of(child)
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def boxes(ax):
    """The boxes of all texts in pixels; a legend is one block."""
    renderer = FigureCanvasAgg(ax.figure).get_renderer()
    found = [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(ax)]
    if ax.get_legend() is not None:
        found.append(("legend", ax.get_legend().get_window_extent(renderer)))
    return found


ALWAYS_ALIKE = {
    *("training_terms", "training_terms_stacked", "ablation", "ablation_grid", "response_curve"),
    *("shapley", "bit_gallery", "heat_on_image", "heat_on_both"),
    *("results_change", "variants_results", "changed_results"),
}
"""Figures that know nothing of bits and classes: once is enough."""

SIZES = [(bits, classes) for bits in (12, 64) for classes in (2, 10, 80)]


@pytest.fixture(scope="module")
def examples():
    return {
        (bits, classes): Example(bits, classes, several=(bits, classes) == (12, 10))
        for bits, classes in SIZES
    }


def problems(name, size, draw, theme="light"):
    """What is wrong with the texts of a figure, in words."""
    with plots.theme(theme):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        ax = draw(figure.subplots())
        figure.draw_without_rendering()
        found, page = boxes(ax), figure.bbox
    for at, (text, box) in enumerate(found):
        inside = page.x0 - 2 <= box.x0 and box.x1 <= page.x1 + 2
        if not (inside and page.y0 - 2 <= box.y0 and box.y1 <= page.y1 + 2):
            yield f"{name}: {text!r} leaves the page"
        for other, box_ in found[at + 1 :]:
            across = min(box.x1, box_.x1) - max(box.x0, box_.x0)
            along = min(box.y1, box_.y1) - max(box.y0, box_.y0)
            if across >= 1 and along >= 2:
                yield f"{name}: {text!r} over {other!r}"


@pytest.mark.parametrize(
    ("bits", "classes"),
    [
        pytest.param(*size, marks=[] if size in ((64, 10), (64, 80)) else pytest.mark.slow)
        for size in SIZES
    ],
)
def test_text_never_overlaps_and_stays_on_the_page(examples, bits, classes):
    found = []
    for place, (name, size, draw) in enumerate(figures(examples[bits, classes])):
        if name not in ALWAYS_ALIKE or (bits, classes) == (64, 10):
            found += problems(name, size, draw, ["light", "dark"][(place + classes + bits) % 2])
    assert not found, "\n".join(found)


AS_THEY_ARE = {
    *("query_results", "results_change", "variants_results", "attack", "code_maps", "spotlight"),
}
"""Figures with a size of their own, and small ones."""


@pytest.mark.parametrize("theme", ["light", pytest.param("paper", marks=pytest.mark.slow)])
def test_text_fits_on_a_phone_and_in_a_column_of_a_paper(examples, theme):
    found = []
    for name, (_, height), draw in figures(examples[64, 10]):
        size = plots.code_map_size(3.9) if "map" in name else (3.9, max(2.7, 0.86 * height))
        if theme == "paper":
            size = (3.35, size[1] * 3.35 / 3.9)
        if name not in AS_THEY_ARE:
            found += problems(name, size, draw, theme)
    assert not found, "\n".join(found)


def test_the_gallery_holds_every_function_that_draws(examples):
    drawing = {
        name
        for name in vars(plots)
        if inspect.isfunction(f := getattr(plots, name)) and "ax" in inspect.signature(f).parameters
    }
    shown = {name for name, _, _ in figures(examples[12, 2])}
    missing = {name for name in drawing if not any(card.startswith(name) for card in shown)}
    assert not missing, f"give {missing} a card in tools/gallery"


def test_two_drawings_of_one_example_are_equal(examples):
    for name, size, draw in figures(examples[12, 2]):
        if name not in ("code_map", "codes_around_centers", "query_results"):
            continue
        pictures = []
        for _ in range(2):
            with plots.theme():
                figure = Figure(figsize=size, layout="constrained", dpi=50)
                canvas = FigureCanvasAgg(figure)
                draw(figure.subplots())
                canvas.draw()
            pictures.append(np.asarray(canvas.buffer_rgba()))
        assert np.array_equal(*pictures), name
