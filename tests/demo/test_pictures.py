"""Pictures from outside look like those of the data set."""

import numpy as np
import pytest

from hashviz.runs import Run
from hashviz_demo.events import BadRequest
from hashviz_demo.library import Library
from hashviz_demo.pictures import data_uri, png, read_png
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
