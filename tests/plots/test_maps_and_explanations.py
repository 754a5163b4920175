"""Maps of codes and figures that explain a hit, read back from their artists."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hashviz import plots
from hashviz.plots.maps import NOT_TO_READ
from hashviz.plots.palette import class_color

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
    ax = plots.thumbnail_map(POSITIONS, images, kinds=[0, 1, -1])
    rims = [to_hex(p.get_edgecolor()) for p in ax.patches if isinstance(p, Rectangle)]
    wanted = [plots.palette.class_color(0), plots.palette.class_color(1), plots.palette.muted()]
    assert len(ax.images) == len(rims) == 3
    assert set(rims) == set(wanted)


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


def test_heat_on_both_pictures_has_one_scale_and_one_key() -> None:
    pictures = (np.zeros((4, 4, 3), np.uint8), np.full((6, 6), 90, np.uint8))
    heats = (np.full((4, 4), 0.5), np.full((6, 6), -0.25))
    ax = plots.heat_on_both(pictures, heats, bit=3, outputs=(0.4, -0.2))
    strong, weak = (child.images[-1].get_array() for child in ax.child_axes)
    assert strong[0, 0, 3] > weak[0, 0, 3] > 0
    written = [text.get_text() for text in ax.get_legend().get_texts()]
    assert written == ["speaks for +1", "for −1", "bit 3: they differ"]
    assert ax.child_axes[1].get_title(loc="left") == "hit: output −0.20"


@pytest.mark.parametrize("corner", [(0, 0), (0, 63), (63, 0), (63, 63)])
def test_the_sign_of_the_strongest_place_stands_whole_inside_the_picture(corner) -> None:
    heat = np.zeros((64, 64))
    heat[corner] = 1.0
    ax = Figure(figsize=(6.4, 3.9)).subplots()
    plots.heat_on_both((np.zeros((64, 64)),) * 2, (heat, -heat), ax=ax)
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    for child, sign in zip(ax.child_axes, "+−", strict=True):
        (text,) = child.texts
        box, frame = text.get_window_extent(canvas.get_renderer()), child.bbox
        assert text.get_text() == sign
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        middle = (box.y0 + box.y1) / 2  # the box of a letter is higher than the letter
        assert frame.y0 + 6 <= middle <= frame.y1 - 6


def test_the_words_count_the_images_in_a_bubble_of_another_class() -> None:
    labels = np.array([[9, 1], [0, 5], [0, 5]])
    ax = plots.code_map(POSITIONS, labels.sum(1), labels)
    assert "5% of the images have another class than their bubble" in texts(ax).replace("\n", " ")
    assert "another class" not in texts(plots.code_map(POSITIONS, labels=np.eye(3, dtype=int)))


def test_a_gallery_shows_both_sides_of_a_bit() -> None:
    picture = np.zeros((6, 6, 3), np.uint8)
    ax = plots.bit_gallery([picture] * 3, [picture] * 2, bit=4)
    assert len(ax.images) + sum(len(child.images) for child in ax.child_axes) == 5


def test_information_no_larger_than_chance_is_left_empty() -> None:
    values = np.array([[0.5, 0.01], [0.02, 0.4]])
    ax = plots.mutual_information(values, ["shape", "color"], limit=np.full((2, 2), 0.1))
    shown = np.ma.masked_invalid(ax.images[0].get_array())
    assert np.ma.count(shown) == 2


def faces(ax) -> dict[tuple[float, float], str]:
    """The color of every bubble by its place, centers left out."""
    found = {}
    for c in ax.collections:
        if c.get_label() != "centers":
            for at, color in zip(c.get_offsets(), c.get_facecolors(), strict=True):
                found[tuple(np.asarray(at).tolist())] = to_hex(color)
    return found


def test_of_equally_many_labels_the_rarest_gives_the_color() -> None:
    shown = faces(plots.code_map(POSITIONS, np.array([5, 1, 1]), CLASSES))
    assert shown == {
        (0.0, 0.0): class_color(0), (4.0, 0.0): class_color(1), (0.0, 3.0): class_color(1)
    }  # fmt: skip


def test_one_label_stands_out_against_gray() -> None:
    shown = faces(plots.code_map(POSITIONS, np.array([5, 1, 1]), CLASSES, only=0))
    assert shown[(0.0, 0.0)] == shown[(0.0, 3.0)] == class_color(0)
    assert shown[(4.0, 0.0)] not in {class_color(0), class_color(1)}


def test_a_bubble_that_is_not_to_be_trusted_is_hollow_and_the_words_count_its_images() -> None:
    counts = np.array([6, 2, 2])
    ax = plots.code_map(POSITIONS, counts, CLASSES, trust=np.array([1.0, 0.5, np.nan]))
    shown = faces(ax)
    assert shown[(4.0, 0.0)] == "#ffffff"
    assert shown[(0.0, 0.0)] == class_color(0)
    assert shown[(0.0, 3.0)] == class_color(1)  # not measured is not doubted
    assert f"trust below 0.9, {2 / (6 + 2):.0%} of the images" in texts(ax).replace("\n", " ")


def test_centers_are_stars_where_their_codes_lie_even_without_images() -> None:
    ax = plots.code_map(POSITIONS, np.array([5, 0, 2]), CLASSES, centers=np.array([0, 1]))
    (stars,) = (c for c in ax.collections if c.get_label() == "centers")
    assert np.asarray(stars.get_offsets()).tolist() == POSITIONS[:2].tolist()
    assert (4.0, 0.0) not in faces(ax)


@pytest.mark.parametrize("classes", [2, 10, 80])
def test_classes_are_named_in_place_and_names_never_overlap(classes, rng) -> None:
    n = 10 * classes
    kinds = np.arange(n) % classes
    hearts = rng.normal(size=(classes, 2))
    with plots.theme():
        figure = Figure(figsize=(6.4, 6.4), layout="constrained")
        ax = plots.code_map(
            hearts[kinds] + 0.02 * rng.normal(size=(n, 2)),
            labels=np.arange(classes) == kinds[:, None],
            class_names=[f"class {i}" for i in range(classes)],
            ax=figure.subplots(),
        )
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    legend = ax.get_legend()
    assert (legend is not None) == (classes <= 10)
    if legend is not None:
        assert len(legend.get_texts()) == classes
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in ax.texts]
    assert boxes
    for place, box in enumerate(boxes):
        for other in boxes[place + 1 :]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            along = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert across < 1 or along < 2


def test_thousands_of_points_are_pixels_in_a_vector_file(rng) -> None:
    ax = plots.code_map(rng.normal(size=(2000, 2)))
    assert all(c.get_rasterized() for c in ax.collections)


def test_thumbnails_that_would_cover_a_larger_neighbor_are_left_out() -> None:
    images = np.zeros((3, 8, 8, 3), np.uint8)
    near = np.array([[0.0, 0.0], [0.001, 0.0], [5.0, 5.0]])
    ax = plots.thumbnail_map(near, images, counts=[1, 9, 1])
    assert ax.get_title(loc="left").startswith("2 of 3") or ax.get_title().startswith("2 of 3")


def test_nothing_and_odd_things_are_drawn() -> None:
    none = np.zeros(0, np.int8)
    one = np.ones(1, np.int8)
    picture = np.zeros((6, 4), np.uint8)
    draws = {
        "No map": lambda ax: plots.thumbnail_map(np.zeros((0, 2)), np.zeros((0, 8, 8, 1)), ax=ax),
        "No bits": lambda ax: plots.bit_agreement(none, none, ax=ax),
        "No heat": lambda ax: plots.heat_on_image(picture[:0], np.zeros((0, 4)), ax=ax),
        "No gallery": lambda ax: plots.bit_gallery([], [], ax=ax),
        "No information": lambda ax: plots.mutual_information(np.zeros((0, 2)), ["a", "b"], ax=ax),
        "No picture has": lambda ax: plots.bit_gallery([picture], [], ax=ax),
        "": lambda ax: plots.bit_agreement(one, -one, deciding=[0], ax=ax),
        " ": lambda ax: plots.heat_on_image(picture, np.zeros((6, 4)), bit=0, output=-1.0, ax=ax),
        "  ": lambda ax: plots.mutual_information(np.zeros((2, 1)), ["$x_$"], ax=ax),
    }
    for place, (words, draw) in enumerate(draws.items()):
        with plots.theme(dark=place % 2 == 1):
            figure = Figure(layout="constrained")
            ax = draw(figure.subplots())
            FigureCanvasAgg(figure).draw()
        assert words.strip() in texts(ax)


def test_the_bars_of_a_bit_add_up_to_one_with_negative_shares_below_zero() -> None:
    shares = np.array([[0.25, 1.5], [0.75, -0.5]])
    ax = plots.new_axes()
    assert plots.bit_origins(shares, ["fine", "coarse"], ax=ax) is ax
    tops = np.array([p.get_height() for p in ax.patches]).reshape(2, 2)
    assert np.allclose(tops, shares)
    assert min(p.get_y() + min(p.get_height(), 0) for p in ax.patches) == -0.5
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["fine", "coarse"]


def test_constant_outputs_say_so() -> None:
    ax = plots.bit_origins(np.zeros((3, 8)))
    assert not ax.patches
    assert "constant" in ax.texts[0].get_text()
