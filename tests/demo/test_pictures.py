"""Pictures from outside look like those of the data set."""

import numpy as np
import pytest

from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.pictures import data_uri, ink_on_paper, png, read_png
from hashviz_demo.scene import with_drawing, with_picture
from tests.demo.conftest import scene_of


def test_dark_ink_on_paper_becomes_bright_ink_on_black(trained: Run):
    library = Library([trained])
    paper = np.full((90, 60, 3), 250, np.uint8)
    paper[20:70, 28:34] = 10
    scene = with_picture(library, scene_of(library), paper)
    image = read_png(scene.step.picture)
    border = np.concatenate([image[:, 0].ravel(), image[:, -1].ravel()])
    assert image.shape == (32, 32, 1)
    assert border.max() < 40
    assert image[8:24, 14:18].mean() > 150


def test_a_drawing_is_moved_to_the_middle_and_an_empty_pad_refused(trained: Run):
    library = Library([trained])

    def drawing(top: int, left: int) -> str:
        canvas = np.zeros((256, 256, 1), np.uint8)
        canvas[top : top + 100, left : left + 24] = 255
        return data_uri(png(canvas))

    here = with_drawing(library, scene_of(library), drawing(10, 10))
    there = with_drawing(library, scene_of(library), drawing(120, 200))
    assert here.step == there.step
    with pytest.raises(BadRequest, match="nothing drawn"):
        with_drawing(library, scene_of(library), data_uri(png(np.zeros((256, 256, 1), np.uint8))))


def test_light_from_one_side_changes_nothing(trained: Run) -> None:
    """A seven on paper, evenly lit and with light that falls to a fifth from left to right."""
    library = Library([trained])
    scene = scene_of(library)
    paper = np.full((120, 100), 230.0)
    paper[30:40, 30:70] = 40
    for row in range(60):  # the stem of the seven leans
        left = 60 - row // 3
        paper[30 + row, left : left + 10] = 40

    def seen(light: np.ndarray) -> np.ndarray:
        shot = np.repeat((paper * light)[..., None], 3, axis=2).astype(np.uint8)
        return read_png(with_picture(library, scene, shot).step.picture).astype(float)

    even = seen(np.ones((1, 100)))
    uneven = seen(np.linspace(1, 0.2, 100)[None, :])
    assert np.abs(even - uneven).mean() < 4
    assert even.max() == uneven.max() == 255


def test_a_photograph_without_paper_is_not_taken_for_ink(rng: np.random.Generator) -> None:
    blurred = rng.normal(size=(8, 8)).repeat(12, 0).repeat(12, 1)
    photo = np.repeat((127 + 50 * blurred)[..., None], 3, axis=2).clip(0, 255).astype(np.uint8)
    assert ink_on_paper(photo) is None
    assert ink_on_paper(np.full((40, 40, 3), 200, np.uint8)) is None
