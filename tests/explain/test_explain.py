"""Explanations agree with what they explain: weights, rankings, codes."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hashviz.data.readers.scenes import make_scenes
from hashviz.explain.bits import bit_extremes, scene_variables
from hashviz.explain.deciding import deciding_bits
from hashviz.explain.heat import heat_maps
from hashviz.methods.fitted.projections import LinearEncoder
from hashviz.models.backbone import Backbone
from hashviz.models.networks import HashNetwork, build_backbone


class Flat(Backbone):
    """Pixels as they are, so that a linear head sees each of them."""

    def __init__(self, size):
        super().__init__()
        self.channels, self.features = (1,), size

    def stages(self, images):
        return [images]

    def forward(self, images):
        return self.maps(images)[-1].flatten(1)


def linear_network(side=4, bits=3):
    torch.manual_seed(0)
    return HashNetwork(Flat(side * side), torch.nn.Linear(side * side, bits, bias=False), 1)


def pictures(rng, n=2, side=4, channels=1):
    return rng.integers(0, 256, (n, side, side, channels), dtype=np.uint8)


def outputs_of(model, images):
    with torch.no_grad():
        return model(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()


@pytest.mark.parametrize("samples", [1, 5])
def test_on_a_linear_network_the_heat_is_weight_times_pixel(rng, samples):
    model, images = linear_network(), pictures(rng)
    heat = heat_maps(model, images, samples=samples)
    weight = model.head.weight.detach().numpy().reshape(3, 4, 4) / float(model.std)
    centered = images[:, None, :, :, 0] - float(model.mean)
    np.testing.assert_allclose(heat, weight * centered, atol=1e-5)
    np.testing.assert_allclose(heat.sum((2, 3)), outputs_of(model, images), atol=1e-4)


def test_pixels_and_a_fitted_encoder_are_explained_exactly(rng):
    encoder = LinearEncoder(mean=torch.randn(256), weight=torch.randn(256, 4))
    model = HashNetwork(build_backbone("pixels", 1), encoder, 1)
    images = pictures(rng, 3, side=32)
    average = model(model.mean.expand(1, 1, 32, 32)).detach().numpy()
    expected = (outputs_of(model, images[:2]) - average)[:, [3, 1]]
    for stage in (None, -1):
        heat = heat_maps(model, images[:2], bits=[3, 1], stage=stage)
        assert heat.shape == (2, 2, 32, 32)
        np.testing.assert_allclose(heat.sum((2, 3)), expected, rtol=0.02, atol=0.4)
    heat = heat_maps(model, images[:2], bits=[3, 1])
    np.testing.assert_allclose(heat.sum((2, 3)), expected, atol=1e-3)


@pytest.mark.parametrize("stage", [0, -1])
def test_any_backbone_shows_its_stages_and_is_left_as_it_was(rng, stage):
    backbone = build_backbone("small", 3)
    model = HashNetwork(backbone, torch.nn.Linear(backbone.features, 5), 3)
    images = pictures(rng, 2, side=32, channels=3)
    before = outputs_of(model.eval(), images)
    heat = heat_maps(model, images, stage=stage)
    assert heat.shape == (2, 5, 32, 32)
    assert np.isfinite(heat).all()
    assert backbone.seen is None
    np.testing.assert_array_equal(outputs_of(model, images), before)


def test_a_stage_that_is_not_there_is_refused(rng):
    with pytest.raises(ValueError, match="has 1 stages, got stage=1"):
        heat_maps(linear_network(), pictures(rng), stage=1)
    with pytest.raises(ValueError, match="at least one sample"):
        heat_maps(linear_network(), pictures(rng), samples=0)

    class Around(Flat):
        def forward(self, images):
            return images.flatten(1)

    model = HashNetwork(Around(16), torch.nn.Linear(16, 2), 1)
    with pytest.raises(ValueError, match="use stage=None"):
        heat_maps(model, pictures(rng), stage=-1)


def rank_after(query, database, hit, flips):
    query = query.copy()
    query[list(flips)] *= -1
    apart = (database != query).sum(1)
    return sorted(range(len(database)), key=lambda i: (apart[i], i)).index(hit)


@given(st.integers(0, 10_000), st.integers(2, 25), st.integers(1, 6), st.integers(2, 7))
def test_deciding_bits_drive_the_hit_out_and_no_fewer_do(seed, n, k, bits):
    rng = np.random.default_rng(seed)
    database = np.where(rng.random((n, bits)) < 0.5, -1, 1).astype(np.int8)
    query = np.where(rng.random(bits) < 0.5, -1, 1).astype(np.int8)
    hit = int(rng.integers(n))
    found = deciding_bits(query, database, hit, k)
    sizes = [
        size
        for size in range(bits + 1)
        for flips in combinations(range(bits), size)
        if rank_after(query, database, hit, flips) >= k
    ]
    assert found.smallest
    if found.bits is None:
        assert not sizes
    else:
        assert rank_after(query, database, hit, found.bits) >= k
        assert len(found.bits) == min(sizes)


def test_where_too_many_sets_would_have_to_be_tried_the_greedy_one_stands(rng, monkeypatch):
    monkeypatch.setattr("hashviz.explain.deciding.MOST_SETS", 1)
    database = np.where(rng.random((200, 64)) < 0.5, -1, 1).astype(np.int8)
    found = deciding_bits(database[7], database, 7, 10)
    assert not found.smallest
    assert found.bits is not None
    assert rank_after(database[7], database, 7, found.bits) >= 10


def test_a_hit_that_is_no_item_is_refused():
    with pytest.raises(ValueError, match="got hit=3 and k=1"):
        deciding_bits(np.ones(2, np.int8), np.ones((3, 2), np.int8), 3, 1)


def test_the_ends_of_a_bit_are_its_loudest_images_of_each_sign():
    outputs = np.array([[0.1, 3.0], [2.0, 1.0], [-1.0, 2.0], [-0.2, 5.0]])
    ends = bit_extremes(outputs, 0, count=1)
    assert (ends.plus.tolist(), ends.minus.tolist(), ends.undecided.tolist()) == ([1], [2], [0])
    assert bit_extremes(outputs, 1).minus.tolist() == []
    assert bit_extremes(outputs, 1).plus.tolist() == [3, 0, 2, 1]


def test_scenes_tell_what_is_known_of_them():
    scenes = make_scenes(50)
    known = scene_variables(scenes.attributes)
    assert all(len(v) == 50 and v.dtype.kind in "bi" for v in known.values())
    visible = scenes.labels[:, list(scenes.classes).index("disc")]
    assert known["disc"][visible].all()
    assert set(known["objects"]) <= {1, 2, 3, 4}
    assert set(known["size of top"]) == {0, 1, 2, 3}
