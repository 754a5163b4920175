"""What somebody brings in Python, pictures, a loss, a network, makes a run like all others."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hashviz.codes import pack, sign
from hashviz.config import TrainConfig
from hashviz.data import Dataset, MissingData, load_dataset
from hashviz.methods import METHODS, Method
from hashviz.methods.base import Batch, HashLoss, Problem
from hashviz.methods.networks import load_model
from hashviz.models.encoding import encode
from hashviz.models.networks import BACKBONES, BackboneRow, SmallNet
from hashviz.training.jobs import train


class Pull(HashLoss):
    """A loss of somebody who uses hashviz: outputs of one class pull each other."""

    def __init__(self, problem: Problem, *, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        codes, labels = batch.outputs.tanh(), batch.labels.float()
        likeness = codes @ codes.T / codes.shape[1]
        return {"pull": self.weight * (likeness - (2 * (labels @ labels.T) - 1)).square().mean()}


def test_own_pictures_an_own_loss_and_an_own_network_make_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Method(code=Pull, title="Pull", paper="", url="", family="own", supervision="labels")
    monkeypatch.setitem(METHODS, "pull", row)
    monkeypatch.setitem(BACKBONES, "mine", BackboneRow(lambda c: SmallNet(c, (8, 16, 32)), "own"))
    digits = load_dataset("digits")
    some = Dataset("some", digits.images[:300], digits.labels[:300], digits.classes)
    config = TrainConfig(
        method="pull", data="memory:some", backbone="mine", options={"weight": 2.0}, epochs=4,
        bits=16, device="cpu",
    )  # fmt: skip
    run = train(config, dataset=some, runs=tmp_path)
    assert run.scores["map"]["expected"] > run.scores["map"]["chance"] + 0.1
    assert np.array_equal(run.database_labels, some.labels[run.database_index])
    again = encode(load_model(run), some.images[run.query_index])
    assert np.array_equal(pack(sign(again)), run.query_packed)
    with pytest.raises(MissingData, match=r"'some' were handed over in Python"):
        load_dataset(run.config.data)


def test_pictures_from_python_are_shown_their_way() -> None:
    digits = load_dataset("digits")
    config = object.__new__(TrainConfig)  # the tests' own check of types would come before
    object.__setattr__(config, "data", digits)
    with pytest.raises(ValueError, match=r"got a Dataset; .* dataset=\.\.\."):
        config.__post_init__()
    with pytest.raises(ValueError, match=r"named memory:NAME, got data='digits'"):
        train(TrainConfig(method="csq", data="digits"), dataset=digits)
