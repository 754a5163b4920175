"""Generated scenes: reproducible, exactly described, and not solvable by looking at pixels."""

import time

import numpy as np
import pytest

from hashviz.data import load_dataset
from hashviz.data.readers.scenes import COLORS, MOST, SHAPES, SIDE, VISIBLE, make_scenes


@pytest.fixture(scope="module")
def scenes():
    return make_scenes(600, seed=1)


@pytest.mark.parametrize("images", [1, 63, 64, 65, 200])
def test_a_smaller_set_is_the_beginning_of_a_larger_one(scenes, images):
    small = make_scenes(images, seed=1)
    assert np.array_equal(small.images, scenes.images[:images])
    assert np.array_equal(small.labels, scenes.labels[:images])
    for name, values in small.attributes.items():
        assert np.array_equal(values, scenes.attributes[name][:images])


def test_another_seed_gives_other_pictures(scenes):
    other = make_scenes(20, seed=2)
    assert (other.images != scenes.images[:20]).any((1, 2, 3)).all()


def test_labels_follow_from_the_attributes_by_the_rule_of_a_third(scenes):
    a = scenes.attributes
    for i in range(len(scenes)):
        present = {
            int(a["shape"][i, slot])
            for slot in range(a["count"][i])
            if a["visible_area"][i, slot] >= VISIBLE * a["area"][i, slot]
        }
        assert set(np.flatnonzero(scenes.labels[i])) == present


def test_every_picture_has_a_label_and_some_objects_are_too_hidden_to_count(scenes):
    a = scenes.attributes
    assert scenes.labels.any(1).all()
    present = a["shape"] >= 0
    hidden = a["visible_area"][present] < VISIBLE * a["area"][present]
    assert 0.01 < hidden.mean() < 0.15
    top = a["count"] - 1
    rows = np.arange(len(scenes))
    assert np.allclose(a["visible_area"][rows, top], a["area"][rows, top])


def test_one_to_four_objects_of_every_shape_color_and_size_inside_the_canvas(scenes):
    a = scenes.attributes
    assert set(a["count"]) == set(range(1, MOST + 1))
    present = np.arange(MOST) < a["count"][:, None]
    assert np.array_equal(a["shape"] >= 0, present)
    assert np.array_equal(a["color"] >= 0, present)
    assert set(a["shape"][present]) == set(range(len(SHAPES)))
    assert set(a["color"][present]) == set(range(len(COLORS)))
    for place in (a["x"], a["y"]):
        assert (place - a["size"] >= -1e-4)[present].all()
        assert (place + a["size"] <= SIDE + 1e-4)[present].all()
    assert a["size"][present].max() > 2 * a["size"][present].min()
    frequencies = scenes.labels.mean(0)
    assert frequencies.min() > 0.2
    assert frequencies.max() < 0.35


@pytest.mark.parametrize("name", SHAPES)
def test_every_outline_lies_within_its_size_and_has_an_inside(name):
    y, x = np.mgrid[-1.5:1.5:301j, -1.5:1.5:301j].astype(np.float32)
    inside = SHAPES[name](x, y) < 0
    assert 0.8 < inside.mean() * 9 < 2.5
    assert np.hypot(x, y)[inside].max() < 1.06


@pytest.mark.parametrize("name", SHAPES)
def test_distance_to_an_outline_changes_by_a_pixel_per_pixel(name):
    # What antialiasing needs: near the outline the slope of the signed distance is about one.
    y, x = np.mgrid[-1.2:1.2:481j, -1.2:1.2:481j].astype(np.float32)
    distance = SHAPES[name](x, y)
    slope = np.hypot(*np.gradient(distance, 2.4 / 480))
    near = np.abs(distance) < 0.05
    assert 0.9 < np.median(slope[near]) < 1.1
    assert np.mean(np.abs(slope[near] - 1) > 0.3) < 0.1


def test_the_visible_areas_of_a_picture_never_exceed_the_canvas(scenes):
    a = scenes.attributes
    assert (a["visible_area"] <= a["area"] + 1e-3).all()
    assert (a["visible_area"].sum(1) <= SIDE * SIDE).all()


def test_the_color_of_the_topmost_object_is_in_its_middle(scenes):
    palette = np.array(list(COLORS.values()))
    solid = [list(SHAPES).index(name) for name in ("disc", "square", "cross")]
    a = scenes.attributes
    top = a["count"] - 1
    rows = np.arange(len(scenes))
    rows = rows[np.isin(a["shape"][rows, top], solid)]
    top = top[rows]
    x, y = a["x"][rows, top].astype(int), a["y"][rows, top].astype(int)
    seen = np.mean(
        [scenes.images[rows, y + dy, x + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)], 0
    )
    nearest = ((seen[:, None] - palette) ** 2).sum(-1).argmin(1)
    assert (nearest == a["color"][rows, top]).mean() > 0.95


def test_a_linear_probe_on_pixels_does_hardly_better_than_chance():
    dataset = load_dataset("scenes?images=1500")
    small = dataset.images.reshape(-1, 16, 4, 16, 4, 3).mean((2, 4)).reshape(len(dataset), -1)
    x, y = small / 128 - 1, dataset.labels.astype(float)
    train, test = slice(0, 1200), slice(1200, None)
    center = x[train].mean(0)
    gram = (x[train] - center).T @ (x[train] - center)
    for strength in (10, 1000):
        weights = np.linalg.solve(
            gram + strength * np.eye(len(gram)), (x[train] - center).T @ (y - y.mean(0))[train]
        )
        score = (x[test] - center) @ weights
        precision = []
        for k in range(y.shape[1]):
            relevant = y[test, k][np.argsort(-score[:, k])]
            ranks = np.arange(1, len(relevant) + 1)
            precision.append((np.cumsum(relevant) / ranks)[relevant > 0].mean())
        chance = y[test].mean()
        assert chance <= np.mean(precision) < chance + 0.08


def test_six_thousand_pictures_take_seconds():
    start = time.process_time()
    make_scenes(200, seed=5)
    assert time.process_time() - start < 1  # a thirtieth of the set


def test_impossible_requests_are_refused():
    with pytest.raises(ValueError, match="images >= 1 and seed >= 0, got images=0"):
        make_scenes(0)
    with pytest.raises(ValueError, match="seed=-1"):
        make_scenes(10, seed=-1)
