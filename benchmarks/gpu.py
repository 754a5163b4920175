"""CIFAR-10 on a GPU, from scratch, official protocol, 48 bits: seconds to a score, five seeds.

    uv run python -m benchmarks gpu

Reads the official files below HASHVIZ_DATA. Pictures live on the device as bytes and are shifted
and mirrored there; the network is compiled before the clock starts (how long that took is a row of
its own), then every seed starts from new weights and the clock runs from the first step to the
last. Codes are signs of the mean output of a picture and its mirror image.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Row, spread
from hashviz import metrics
from hashviz.codes import sign
from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.data.batches import select, view
from hashviz.data.protocols import split
from hashviz.methods import method_named
from hashviz.methods.base import Problem
from hashviz.methods.networks import build_model
from hashviz.models.encoding import encode
from hashviz.training.loop import fit
from hashviz.training.recipes import settle

SEEDS = 5
STAGES = (
    ("> 0.7864 (what DFEH prints)", 0.7864, 3.0, {"backbone": "conv24", "epochs": 4}),
    ("0.90", 0.90, 5.0, {"backbone": "conv64", "epochs": 8}),
    ("0.94", 0.94, 15.0, {"backbone": "conv64", "epochs": 24}),
)
"""Score, and the seconds in which it should be reached."""


def rows(quick: bool) -> Iterator[Row]:
    """Seconds, scores and speed of each stage; nothing where there is no GPU."""
    if not torch.cuda.is_available():
        print("There is no CUDA device here; nothing was measured.")
        return
    yield matmul()
    dataset = load_dataset("cifar10")
    for name, wanted, bound, settings in STAGES:
        config = TrainConfig(
            method="csq", data="cifar10", protocol="cifar10-official", bits=48, device="cuda",
            batch_size=1000, precision="bfloat16", **settings,
        )  # fmt: skip
        warm = once(dataset, replace(config, epochs=1), 0)
        found = [once(dataset, config, seed) for seed in range(1 if quick else SEEDS)]
        about = f"{config.backbone}, {config.epochs} epochs, {torch.cuda.get_device_name()}"
        yield spread(f"mAP {name}: seconds", [r["seconds"] for r in found], "s", target=bound,
                     note=about)  # fmt: skip
        yield spread(f"mAP {name}: score", [r["map"] for r in found], "", target=wanted,
                     at_most=False, note=about)  # fmt: skip
        yield spread(f"mAP {name}: images/s", [r["rate"] for r in found], "images/s", note=about)
        yield spread(f"mAP {name}: compiling and a first epoch", [warm["all"]], "s", note=about)
    yield equal_counts(dataset)


def once(dataset: Any, config: TrainConfig, seed: int) -> dict[str, float]:
    """One training from new weights: its seconds, images per second and score."""
    began = time.perf_counter()
    method = method_named(config.method)
    config = settle(replace(config, seed=seed), method)
    device = torch.device(config.device)
    parts = split(dataset, config.protocol, 0)
    torch.manual_seed(seed)
    labels = dataset.labels[parts.train]
    problem = Problem(config.bits, len(dataset.classes), len(labels), False, seed)
    model = build_model(config, method, dataset.images.shape[3]).to(device)
    some = dataset.images[parts.train[:2000]]
    model.prepare(view(some, torch.arange(len(some)), device))
    if device.type == "cuda":
        model.backbone.compile()
    loss = method.load()(problem).to(device)
    epochs = [*fit(model, loss, select(dataset.images, parts.train), labels, config)]
    codes = []
    for rows_of in (parts.query, parts.database):
        images = dataset.images[rows_of]
        both = [
            encode(model, some, precision=config.precision, batch_size=2000)
            for some in (images, np.ascontiguousarray(images[:, :, ::-1]))
        ]
        codes.append(sign((both[0] + both[1]) / 2))
    counts = metrics.distance_counts(
        torch.from_numpy(codes[0]).to(device), torch.from_numpy(dataset.labels[parts.query]),
        torch.from_numpy(codes[1]).to(device), torch.from_numpy(dataset.labels[parts.database]),
    )  # fmt: skip
    return {
        "seconds": epochs[-1].seconds,
        "rate": epochs[-1].images_per_second,
        "map": float(metrics.average_precision(counts).mean()),
        "all": time.perf_counter() - began,
    }


def matmul() -> Row:
    """What the card reaches in large bf16 products: the limit that speed is compared with."""
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    rates = []
    for _ in range(6):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(10):
            torch.mm(a, a)
        torch.cuda.synchronize()
        rates.append(10 * 2 * 8192**3 / (time.perf_counter() - started) / 1e12)
    return spread("bf16 products of 8192 x 8192", rates[1:], "TFLOP/s",
                  note=torch.cuda.get_device_name())  # fmt: skip


def equal_counts(dataset: Any) -> Row:
    """The score counted on the GPU against the one counted here."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, (6000, 48), np.int8) * 2 - 1
    labels = dataset.labels[:6000]
    given = codes[:1000], labels[:1000], codes[1000:], labels[1000:]
    there = tuple(torch.from_numpy(each).cuda() for each in given)
    scores = [
        metrics.average_precision(metrics.distance_counts(*each)).mean() for each in (given, there)
    ]
    gap = float(abs(scores[0] - scores[1]))
    return Row("difference of the score on GPU and processor", gap, "", gap, gap, target=1e-9)
