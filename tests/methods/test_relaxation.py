"""What a row of the table says is quantized is what its loss brings near -1 and +1."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hashviz.methods import METHODS
from hashviz.methods.relaxation import RELAXATIONS
from tests.methods.test_contract import FITTED, TRAINED, make_batch, make_loss

OTHERS = {"mihash": {"slope": 3.0}, "hashnet": {"continuation": False}}
"""Settings that change what is quantized."""


def relaxed(name, outputs, **options):
    return RELAXATIONS[METHODS[name].relaxation](outputs, options)[0]


@pytest.mark.parametrize(
    ("name", "options"),
    [*((name, {}) for name in TRAINED), *OTHERS.items()],
)
def test_what_the_loss_squashes_is_what_the_row_says(name, options, monkeypatch):
    """The loss is watched while it squashes the outputs of a batch at the end of the training."""
    seen = []
    kept = {"tanh": (torch, lambda h: h), "sigmoid": (torch, lambda a: 2 * a - 1),
            "softsign": (torch.nn.functional, lambda h: h)}  # fmt: skip
    for function, (place, scaled) in kept.items():
        original = getattr(place, function)

        def watched(x, original=original, scaled=scaled):
            result = original(x)
            seen.append(scaled(result).detach().numpy())
            return result

        monkeypatch.setattr(place, function, watched)
    monkeypatch.setattr("hashviz.methods.pairwise.softsign", torch.nn.functional.softsign)
    batch = make_batch("several classes", progress=1.0)
    u = batch.outputs.detach().numpy()
    make_loss(name, **options)(batch)
    h = relaxed(name, u, **options)
    quantized = [some for some in seen if some.shape == u.shape]
    if METHODS[name].relaxation in ("identity", "direction") or not quantized:
        return  # it compares u or cosines with signs, or squashes inside a cross-entropy
    assert any(np.allclose(h, some, atol=1e-6) for some in quantized)


@pytest.mark.parametrize("name", TRAINED)
def test_a_quantization_term_is_least_where_the_relaxed_bits_are_signs(name):
    batch = make_batch("several classes", progress=1.0)
    loss = make_loss(name)
    if "quantization" not in loss(batch):
        return

    def term(outputs):
        with torch.no_grad():
            again = replace(batch, outputs=outputs)
            return float(loss(again)["quantization"])

    signs = torch.where(batch.outputs >= 0, 1.0, -1.0)
    if METHODS[name].relaxation == "identity":
        assert term(signs) <= term(batch.outputs) + 1e-9
        assert term(signs) < term(8 * signs)
    else:
        noise = signs * (0.5 + torch.rand(signs.shape, generator=torch.Generator().manual_seed(0)))
        assert term(12 * signs) < term(noise)


@pytest.mark.parametrize("name", [*TRAINED, *FITTED])
def test_a_relaxation_keeps_every_sign_and_names_its_formula(name, rng):
    outputs = 3 * rng.normal(size=(7, 16))
    h, formula = RELAXATIONS[METHODS[name].relaxation](outputs, {})
    assert (np.sign(h) == np.sign(outputs)).all()
    assert "u" in formula


def test_a_direction_has_the_gap_of_its_angle_and_no_scale(rng):
    outputs = rng.normal(size=(9, 16))
    h, _ = RELAXATIONS["direction"](outputs, {})
    np.testing.assert_allclose(RELAXATIONS["direction"](100 * outputs, {})[0], h)
    cosine = np.abs(outputs).sum(1) / (4 * np.linalg.norm(outputs, axis=1))
    np.testing.assert_allclose(((np.abs(h) - 1) ** 2).mean(1), 2 - 2 * cosine)
    assert not RELAXATIONS["direction"](np.zeros((1, 4)), {})[0].any()
