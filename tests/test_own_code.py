"""What somebody brings in Python, pictures, a loss, a network, makes a run like all others."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import hashviz.methods
from hashviz import plots
from hashviz.cli.main import main
from hashviz.codes import pack, sign
from hashviz.config import TrainConfig
from hashviz.data import Dataset, MissingData, load_dataset
from hashviz.methods import METHODS, WHOLE, Method, look_of, method_named
from hashviz.methods.networks import load_model
from hashviz.models.encoding import encode
from hashviz.models.networks import BACKBONES, BackboneRow, SmallNet
from hashviz.training.ablation import variants
from hashviz.training.jobs import train

LOSS = '''
"""Pairs pull or push each other."""

import torch

from hashviz.methods.base import Batch, HashLoss


class Pull(HashLoss):
    """A loss of somebody who uses hashviz: outputs of one class pull each other."""

    weight: float = 1.0

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        codes, labels = batch.outputs.tanh(), batch.labels.float()
        likeness = codes @ codes.T / codes.shape[1]
        return {"pull": self.weight * (likeness - (2 * (labels @ labels.T) - 1)).square().mean()}
'''


@pytest.fixture
def pull(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Method:
    """A method added in two edits: its file and its row; the third would be its test."""
    folder = tmp_path / "methods"
    folder.mkdir()
    (folder / "mine.py").write_text(LOSS)
    monkeypatch.setattr("hashviz.methods.__path__", [*hashviz.methods.__path__, str(folder)])
    row = Method(
        code="mine.Pull", look=30, title="Pull", paper="", url="", family="own",
        supervision="labels", ablation={"light": {"weight": 0.1}},
    )  # fmt: skip
    monkeypatch.setitem(METHODS, "pull", row)
    return row


def test_own_pictures_an_own_loss_and_an_own_network_make_a_run(
    pull: Method, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BACKBONES, "mine", BackboneRow(lambda c: SmallNet(c, (8, 16, 32)), "own"))
    digits = load_dataset("digits")
    some = Dataset("some", digits.images[:300], digits.labels[:300], digits.classes)
    config = TrainConfig(
        method="pull", data="memory:some", backbone="mine", options={"weight": 2.0}, epochs=4,
        bits=16, device="cpu",
    )  # fmt: skip
    run = train(config, dataset=some, runs=tmp_path)
    assert pull.settings() == {"weight": 1.0, "hidden": 0}
    assert run.scores["map"]["expected"] > run.scores["map"]["chance"] + 0.1
    assert np.array_equal(run.database_labels, some.labels[run.database_index])
    again = encode(load_model(run), some.images[run.query_index])
    assert np.array_equal(pack(sign(again)), run.query_packed)
    with pytest.raises(MissingData, match=r"'some' were passed from Python"):
        load_dataset(run.config.data)


def test_an_own_method_is_listed_ablated_and_drawn_and_moves_no_other(
    pull: Method, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "methods"]) == 0
    assert "pull" in capsys.readouterr().out
    assert list(variants("pull")) == [WHOLE, "light"]
    names = ["csq", "pull", "lsh"]
    styles = {name: plots.style_of(look_of(name)) for name in names}
    ax = Figure().subplots()
    plots.map_by_bits(np.array([8, 16]), {n: np.ones(2) for n in names}, styles=styles, ax=ax)
    lines = {line.get_label(): line for line in ax.lines}
    assert lines["pull"].get_color() == plots.color_of(pull.look)
    assert lines["csq"].get_color() == plots.color_of(10)


def test_a_method_that_another_process_added_and_one_that_learns_from_nothing_known_are_told(
    pull: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert method_named("pull") is pull
    monkeypatch.delitem(METHODS, "pull")
    with pytest.raises(ValueError, match="known only to a process that adds its row to METHODS"):
        method_named("pull")
    with pytest.raises(ValueError, match="Unknown supervision 'magic'; choose from labels, none,"):
        replace(pull, supervision="magic")


def test_pictures_from_python_are_shown_their_way() -> None:
    digits = load_dataset("digits")
    config = object.__new__(TrainConfig)  # the tests' own check of types would come before
    object.__setattr__(config, "data", digits)
    with pytest.raises(ValueError, match=r"got a Dataset; .* dataset=\.\.\."):
        config.__post_init__()
    with pytest.raises(ValueError, match=r"named memory:NAME, got data='digits'"):
        train(TrainConfig(method="csq", data="digits"), dataset=digits)
