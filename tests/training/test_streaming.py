"""What is mapped from a file is trained on without being copied, and gives the same codes."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hashviz.config import TrainConfig
from hashviz.data import base, load_dataset
from hashviz.data import batches as batching
from hashviz.data.base import Dataset
from hashviz.data.batches import Subset, ahead, resident, select, view
from hashviz.runs import Run
from hashviz.training import jobs as training
from hashviz.training.jobs import train

CPU = torch.device("cpu")


def mapped(images: np.ndarray, file: Path) -> np.ndarray:
    np.save(file, images)
    return np.load(file, mmap_mode="r")


def trained(dataset: Dataset, monkeypatch: pytest.MonkeyPatch, runs: Path, **changes) -> Run:
    monkeypatch.setattr(training, "load_dataset", lambda *_, **__: dataset)
    settings = {"bits": 16, "epochs": 2, "device": "cpu", "backbone": "small", **changes}
    return train(TrainConfig(data="folder:mapped", **settings), runs=runs)


@pytest.mark.parametrize("method", ["csq", "itq"])
def test_the_codes_are_those_of_images_in_memory(method, tmp_path, monkeypatch) -> None:
    digits = load_dataset("digits")
    images = mapped(digits.images, tmp_path / "images.npy")
    stay = Dataset("folder-mapped", images, digits.labels, digits.classes)
    copied = Dataset("folder-mapped", digits.images, digits.labels, digits.classes)
    first, second = (
        trained(data, monkeypatch, tmp_path / name, method=method)
        for name, data in (("stay", stay), ("copied", copied))
    )
    assert np.array_equal(first.database_packed, second.database_packed)
    assert np.array_equal(first.query_packed, second.query_packed)


def test_a_subset_is_the_rows_of_its_array(tmp_path, rng) -> None:
    images = mapped(rng.integers(0, 256, (30, 8, 8, 3), np.uint8), tmp_path / "images.npy")
    rows = rng.permutation(30)[:20]
    some = select(images, rows)
    assert isinstance(some, Subset)
    assert (len(some), some.shape, some.nbytes) == (20, (20, 8, 8, 3), 20 * 8 * 8 * 3)
    assert np.array_equal(some[3:7], images[rows[3:7]])
    assert np.array_equal(some[np.array([5, 5, 0])], images[rows[[5, 5, 0]]])
    assert resident(some, CPU) is some
    index = torch.tensor([4, 1, 19])
    generators = (torch.Generator().manual_seed(1) for _ in range(2))
    streamed, whole = (
        view(source, index, CPU, "shift-flip", generator)
        for source, generator in zip(
            (some, torch.from_numpy(images[rows])), generators, strict=True
        )
    )
    assert torch.equal(streamed, whole)
    assert isinstance(select(np.asarray(images), rows), np.ndarray)


def test_the_images_of_the_next_step_are_read_while_this_one_is_computed(tmp_path, rng) -> None:
    images = mapped(rng.integers(0, 256, (30, 4, 4, 1), np.uint8), tmp_path / "images.npy")
    asked: list[list[int]] = []
    second = threading.Event()

    class Watched(Subset):
        def __getitem__(self, which: Any) -> np.ndarray:
            asked.append(which.tolist())
            if len(asked) == 2:
                second.set()
            return super().__getitem__(which)

    some = Watched(images, np.arange(30)[::-1])
    order = torch.randperm(30).view(5, 6)
    steps = ahead(some, order)
    first = next(steps)
    assert second.wait(10), "the second batch is read before it is asked for"
    for (rows, source, places), expected in zip([first, *steps], order, strict=True):
        assert torch.equal(rows, expected)
        assert np.array_equal(source[places], images[29 - rows.numpy()])
    assert asked == order.tolist()
    kept = torch.from_numpy(np.array(images))
    assert all(source is kept and places is rows for rows, source, places in ahead(kept, order))


def test_an_accelerator_is_filled_in_parts(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(batching, "PART", 4)
    images = mapped(np.zeros((10, 4, 4, 3), np.uint8), tmp_path / "images.npy")
    sizes: list[int] = []

    class Watched(Subset):
        def __getitem__(self, which: Any) -> np.ndarray:
            sizes.append(len(range(*which.indices(len(self)))))
            return super().__getitem__(which)

    there = resident(Watched(images, np.arange(9)), torch.device("meta"))
    assert (there.shape, there.dtype, there.device.type) == ((9, 4, 4, 3), torch.uint8, "meta")
    assert sizes == [0, 4, 4, 1]


def test_what_was_read_of_a_mapped_file_is_given_back_and_read_again(
    tmp_path, monkeypatch, rng
) -> None:
    images = mapped(rng.integers(0, 256, (2500, 8, 8, 1), np.uint8), tmp_path / "images.npy")
    given_back: list[int] = []
    for module in (batching, base):
        monkeypatch.setattr(module, "let_go", lambda array: given_back.append(len(array)))
    monkeypatch.setattr(batching, "HELD", 100 * 64)
    some = Subset(images, np.arange(2500))
    for start in range(0, 2500, 50):
        some[start : start + 50]
    assert given_back == [2500] * (50 // 3)
    given_back.clear()
    rows = rng.permutation(2500)
    parts = list(base.in_parts(images, rows))
    assert np.array_equal(np.concatenate(parts), images[rows])
    assert given_back == [2500] * 3


def test_memory_that_was_given_back_holds_the_same_pictures(tmp_path, rng) -> None:
    images = rng.integers(0, 256, (100, 8, 8, 1), np.uint8)
    there = mapped(images, tmp_path / "images.npy")
    private = np.load(tmp_path / "images.npy", mmap_mode="c")
    private[0] = 7
    for array in (images, there, there[10:], private):
        before = array.copy()
        base.let_go(array)
        assert np.array_equal(array, before)


LEARN = """
import sys
import threading
import numpy as np
from hashviz.training import jobs as training
from hashviz.config import TrainConfig
from hashviz.data.base import Dataset
images, classes = np.load(sys.argv[1], mmap_mode="r"), np.load(sys.argv[2])
dataset = Dataset("folder-big", images, np.eye(10, dtype=bool)[classes], tuple("0123456789"))
training.load_dataset = lambda *_, **__: dataset
config = TrainConfig(
    method="csq", data="folder:big", bits=16, epochs=1, batch_size=500, backbone="small",
    device="cpu", threads=1,
)
run = training.train(config, runs=sys.argv[3])
status = dict(line.split(":", 1) for line in open("/proc/self/status") if line[:2] == "Vm")
print(len(run.database_index), int(status["VmHWM"].split()[0]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured with Linux's /proc")
def test_a_hundred_thousand_pictures_take_less_than_two_gigabytes(tmp_path) -> None:
    """All of it, with the pages of the mapped file, which are given back as training goes on."""
    n = 100_000
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 10, n)
    np.save(tmp_path / "classes.npy", classes)
    file = np.lib.format.open_memmap(tmp_path / "i.npy", "w+", np.uint8, (n, 64, 64, 3))
    for start in range(0, n, 2000):
        noise = rng.integers(0, 200, (2000, 64, 64, 3), np.uint8)
        shade = 5 * classes[start : start + 2000].astype(np.uint8)
        file[start : start + 2000] = noise + shade[:, None, None, None]
    file.flush()
    del file
    result = subprocess.run(
        [sys.executable, "-c", LEARN, *(str(tmp_path / x) for x in ("i.npy", "classes.npy", "r"))],
        capture_output=True,
        text=True,
        check=True,
    )
    (tmp_path / "i.npy").unlink()  # more than a gigabyte
    found, most = map(int, result.stdout.split())
    print(f"at most {most >> 10:,} MiB")
    assert found == 80_000
    assert most < 2 << 20  # /proc counts in KiB
