"""One attack at many sizes of change: never beyond its room, never worse with more of it."""

import numpy as np
import pytest
import torch

from hashviz.codes import sign
from hashviz.explain.attacks import attack_path, collision_path
from hashviz.models.networks import HashNetwork
from tests.explain.test_explain import Flat, linear_network, outputs_of, pictures

SIZES = (0, 1, 2, 4, 8, 16, 32, 64, 128)


def test_no_picture_leaves_its_room_and_its_code_is_what_the_network_says(rng):
    model, image = linear_network(side=6, bits=8), pictures(rng, 1, side=6)[0]
    path = attack_path(model, image, SIZES, steps=6)
    assert path.images.dtype == np.uint8
    change = np.abs(path.images.astype(int) - image).reshape(len(SIZES), -1).max(1)
    assert (change <= SIZES).all()
    np.testing.assert_array_equal(path.images[0], image)
    np.testing.assert_array_equal(sign(outputs_of(model, path.images)), path.codes)
    np.testing.assert_allclose(outputs_of(model, path.images), path.outputs, atol=1e-4)
    np.testing.assert_array_equal(path.own, path.codes[0])
    assert path.flipped[0] == 0 < path.flipped[-1]
    np.testing.assert_array_equal(path.flipped + path.to_target, np.full(len(SIZES), 8))


def test_more_room_is_never_worse(rng):
    model, images = linear_network(side=5, bits=12), pictures(rng, 2, side=5)
    target = sign(outputs_of(model, images))[1]
    assert (np.diff(attack_path(model, images[0], SIZES, steps=3).flipped) >= 0).all()
    aimed = attack_path(model, images[0], SIZES, steps=3, target=target)
    assert (np.diff(aimed.to_target) <= 0).all()
    assert aimed.to_target[0] == (aimed.own != target).sum()


class Waves(torch.nn.Module):
    """Outputs that rise and fall: one long step may land where a short one was better."""

    def __init__(self):
        super().__init__()
        self.plane = torch.nn.Linear(16, 4, bias=False)

    def forward(self, x):
        return torch.sin(self.plane(x))


def test_what_a_smaller_size_found_is_not_lost_in_a_larger_one(rng):
    torch.manual_seed(1)
    model = HashNetwork(Flat(16), Waves(), 1)
    model.mean.fill_(127.5)
    model.std.fill_(4.0)
    images, rough = pictures(rng, 40), (0, 30, 60, 90, 120)
    target = sign(outputs_of(model, images))[0]
    alone, together, fine = [], [], []
    for image in images[1:]:
        each = [attack_path(model, image, (e,), steps=1, target=target) for e in rough]
        alone.append([path.to_target[0] for path in each])
        together.append(attack_path(model, image, rough, steps=1, target=target).to_target)
        fine.append(collision_path(model, image, target, rough, steps=1))
    assert (np.diff(alone) > 0).any(), "else this test would prove nothing"
    assert any(path.collides for path in fine), "nor this"
    assert (np.diff(together) <= 0).all()
    assert all((np.diff(path.to_target) <= 0).all() for path in fine)


def test_the_smallest_size_that_collides_is_looked_for_between_two_others(rng):
    model, images = linear_network(side=8, bits=6), pictures(rng, 2, side=8)
    target = sign(outputs_of(model, images))[1]
    coarse = attack_path(model, images[0], (0, 128), steps=30, target=target)
    assert coarse.collides == 128
    fine = collision_path(model, images[0], target, (0, 128), steps=30)
    assert fine.collides is not None
    assert 0 < fine.collides < 128
    assert list(fine.epsilons) == sorted(set(fine.epsilons.tolist()))
    assert len(fine.epsilons) > 2
    assert (np.diff(fine.to_target) <= 0).all()
    reached = int(np.flatnonzero(fine.to_target == 0)[0])
    assert fine.epsilons[reached] == fine.collides
    assert np.abs(fine.images[reached].astype(int) - images[0]).max() <= fine.collides
    again = sign(outputs_of(model, fine.images[reached][None]))[0]
    np.testing.assert_array_equal(again, target)


def test_what_cannot_be_reached_is_not_said_to_be(rng):
    model, image = linear_network(side=4, bits=3), pictures(rng, 1)[0]
    own = attack_path(model, image, (0,), steps=1).own
    path = collision_path(model, image, -own, (0, 1), steps=4)
    assert path.collides is None
    assert path.to_target.min() > 0
    here = collision_path(model, image, own, (0, 1, 2), steps=4)
    assert here.collides == 0
    assert (here.flipped == 0).all()


def test_neighboring_sizes_leave_nothing_between_them(rng):
    model, images = linear_network(side=8, bits=2), pictures(rng, 2, side=8)
    target = -attack_path(model, images[0], (0,), steps=1).own
    path = collision_path(model, images[0], target, tuple(range(129)), steps=10)
    assert path.collides is not None
    assert len(path.epsilons) == 129


def test_a_network_without_a_slope_says_so(rng):
    class Signs(torch.nn.Module):
        def forward(self, x):
            return x[:, :4].sign()

    model = HashNetwork(Flat(16), Signs(), 1)
    with pytest.raises(ValueError, match="no gradient at the pixels"):
        attack_path(model, pictures(rng, 1)[0], SIZES)


@pytest.mark.parametrize("sizes", [(), (-1, 2), (0, 0), (3, 1)])
def test_sizes_ascend_from_zero(rng, sizes):
    with pytest.raises(ValueError, match="sizes of change that ascend from 0"):
        attack_path(linear_network(), pictures(rng, 1)[0], sizes)
