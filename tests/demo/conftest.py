"""Two small complete runs over the real digits, and the app served on loopback."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.runs import Run, Side, save_run
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene, first_scene

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


def scene_of(library: Library, **changes: Any) -> Scene:
    """The first scene of a library, with changes."""
    return replace(first_scene(library, {})[0], **changes)


def small_run(folder: Path, bits: int, seed: int) -> Run:
    """A run whose outputs are random projections; 60 queries, 400 in the database, no weights."""
    digits = load_dataset("digits")
    rng = np.random.default_rng(seed)
    pixels = digits.images.reshape(len(digits.images), -1) / 255.0
    outputs = ((pixels - pixels.mean(0)) @ rng.normal(size=(pixels.shape[1], bits))).astype("f4")
    rows = np.random.default_rng(7).permutation(len(pixels))[:460]

    def side(index: np.ndarray) -> Side:
        return Side(outputs[index], digits.labels[index], index.astype(np.int64))

    config = TrainConfig(method="lsh", data="digits", bits=bits, seed=seed)
    data = {
        "classes": list(digits.classes),
        "image": list(digits.images.shape[1:]),
        "split": "small, 60 queries, 400 database",
    }
    return save_run(
        folder / config.name,
        config,
        data=data,
        environment={},
        history=[],
        query=side(rows[:60]),
        database=side(rows[60:]),
    )


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """One run with 12 bits (many ties) and one with 32."""
    folder = tmp_path_factory.mktemp("runs")
    return [small_run(folder, 12, 0), small_run(folder, 32, 1)]


@pytest.fixture
def library(runs: list[Run]) -> Library:
    """Both runs in a library of their own."""
    return Library(runs)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A fitted run with weights, so that pictures can be encoded."""
    from hashviz.training.jobs import train

    config = TrainConfig(method="lsh", data="digits", bits=16)
    return train(config, runs=tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="session")
def served(
    trained: Run, runs: list[Run], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the app over three runs; the fitted one comes first."""
    pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
    from hashviz_demo.app import build_app
    from hashviz_demo.server import serve

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        library = Library([trained, *runs])
        with serve(build_app(library), library) as address:
            yield address
