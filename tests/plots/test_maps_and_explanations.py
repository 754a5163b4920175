"""Maps of codes and figures that explain a hit, read back from their artists."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.patches import Rectangle

from hashviz import plots
from hashviz.plots.maps import NOT_TO_READ

POSITIONS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
CLASSES = np.array([[5, 0], [0, 1], [1, 1]])


def bubbles(ax) -> np.ndarray:
    found = [c for c in ax.collections if isinstance(c, PathCollection)]
    return np.concatenate([np.asarray(c.get_sizes()) for c in found if len(c.get_sizes()) > 0])


def texts(ax) -> str:
    figure = ax.figure
    return " ".join(t.get_text() for t in [*ax.texts, *figure.texts, ax.title, ax.xaxis.label])


def test_the_area_of_a_bubble_is_the_number_of_its_images() -> None:
    counts = np.array([40, 10, 20])
    ax = plots.code_map(POSITIONS, counts, CLASSES)
    areas = np.sort(np.unique(bubbles(ax).round(6)))
    assert areas[-1] / areas[0] == pytest.approx(4, rel=0.01)


def test_a_map_says_what_must_not_be_read_from_it() -> None:
    words = NOT_TO_READ["umap"].split()[:3]
    assert " ".join(words) in texts(plots.code_map(POSITIONS)).replace("\n", " ")


def test_a_map_of_no_codes_or_one_code_draws_something_true() -> None:
    plots.code_map(POSITIONS[:1], np.array([7]), CLASSES[:1])
    assert texts(plots.code_map(np.zeros((0, 2)))).strip()


def test_thumbnails_do_not_cover_each_other_and_are_counted() -> None:
    images = np.zeros((3, 8, 8, 1), np.uint8)
    ax = plots.thumbnail_map(POSITIONS, images, kinds=[0, 1, 0])
    assert ax.images


def test_agreement_marks_every_bit_that_differs_and_frames_the_deciding_ones() -> None:
    first = np.array([1, 1, -1, -1, 1], np.int8)
    second = np.array([1, -1, -1, 1, 1], np.int8)
    ax = plots.bit_agreement(first, second, deciding=[3])
    (crosses,) = (c for c in ax.collections if isinstance(c, PathCollection))
    assert np.asarray(crosses.get_offsets())[:, 0].tolist() == [1, 3]
    frames = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_gid() == "deciding-3"]
    assert len(frames) == 1
    assert any("2 of 5 bits differ" in t.get_text() for t in ax.get_legend().get_texts())


def test_heat_lets_the_picture_through_where_it_is_zero_and_colors_its_signs() -> None:
    heat = np.array([[0.0, -0.5], [0.5, 0.0]])
    ax = plots.heat_on_image(np.full((2, 2, 1), 100, np.uint8), heat, bit=2)
    rgba = np.asarray(ax.images[-1].get_array())
    assert rgba[0, 0, 3] == rgba[1, 1, 3] == 0
    assert rgba[0, 1, 3] == rgba[1, 0, 3] > 0
    assert not np.allclose(rgba[0, 1, :3], rgba[1, 0, :3])


def test_a_gallery_shows_both_sides_of_a_bit() -> None:
    picture = np.zeros((6, 6, 3), np.uint8)
    ax = plots.bit_gallery([picture] * 3, [picture] * 2, bit=4)
    assert len(ax.images) + sum(len(child.images) for child in ax.child_axes) == 5


def test_information_no_larger_than_chance_is_left_empty() -> None:
    values = np.array([[0.5, 0.01], [0.02, 0.4]])
    ax = plots.mutual_information(values, ["shape", "color"], limit=np.full((2, 2), 0.1))
    shown = np.ma.masked_invalid(ax.images[0].get_array())
    assert np.ma.count(shown) == 2
