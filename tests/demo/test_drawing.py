"""Figures of the app: drawn once per content, in both themes, with names of their own."""

import re

import numpy as np
from matplotlib.axes import Axes

from hashviz_demo.tabs.bits import drawing as module
from hashviz_demo.tabs.bits.drawing import KEPT, drawing

calls: list[int] = []


def bars(heights: np.ndarray, *, ax: Axes, title: str = "heights") -> Axes:
    calls.append(len(heights))
    ax.bar(range(len(heights)), heights)
    ax.set_title(title)
    return ax


def test_equal_content_is_drawn_once_and_other_content_anew():
    calls.clear()
    first = drawing(bars, np.arange(3.0), label="three bars")
    assert drawing(bars, np.arange(3.0), label="three bars") == first
    assert len(calls) == 2  # once for each theme
    others = [
        drawing(bars, np.arange(3), label="three bars"),
        drawing(bars, np.arange(3.0), title="other", label="three bars"),
        drawing(bars, np.arange(3.0), size=(3.0, 3.0), label="three bars"),
    ]
    assert len({first, *others}) == 4


def test_figures_on_one_page_share_no_names():
    pages = [drawing(bars, np.arange(n), label="bars") for n in (4, 5)]
    names = [set(re.findall(r' id="([^"]+)"', page)) for page in pages]
    assert all(names)
    assert not names[0] & names[1]
    for page, own in zip(pages, names, strict=True):
        assert set(re.findall(r"(?:href=\"|url\()#([^\")]+)", page)) <= own


def test_a_figure_has_a_name_for_screen_readers_and_colors_for_both_themes():
    page = drawing(bars, np.arange(2), label='how "high"')
    assert 'role="img" aria-label="how &#34;high&#34;"' in page
    key = re.search(r"hv-(d[0-9a-f]{12})", page)[1]
    style = page[page.index("<style>") : page.index("</style>")]
    light, dark = style.split(f".dark .hv-{key}")
    assert re.findall(r"--c\d+", light) == re.findall(r"--c\d+", dark)
    assert re.findall(r"#\w{6}", light) != re.findall(r"#\w{6}", dark)


def test_old_figures_make_room(monkeypatch):
    monkeypatch.setattr(module, "_draw", lambda *rest: "<svg></svg>")
    for n in range(KEPT + 5):
        drawing(bars, n, label="n")
    assert len(module._figures) == KEPT
    module._figures.clear()
