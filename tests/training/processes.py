"""What each of two processes does in test_distributed.py: run with a folder for its answers.

The first process also does everything alone, before the two meet, as the reference. The comparisons
are made in float64: in float32 torch's own batch norm differs from the exact one by up to 1e-5 on a
processor, which twenty steps make visible.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from hashviz.cli.main import main
from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.data.batches import select
from hashviz.methods import METHODS
from hashviz.methods.base import Problem
from hashviz.methods.networks import build_model
from hashviz.models import distributed
from hashviz.models.encoding import encode
from hashviz.training.events import Epoch, Event
from hashviz.training.jobs import train
from hashviz.training.loop import fit
from hashviz.training.parallel import share_norms
from hashviz.training.recipes import settle
from tests.training.small import several_labels

RANK = int(os.environ.get("RANK", "0"))
CASES: dict[str, dict[str, Any]] = {
    "centers": {"method": "csq"},
    "pairs": {"method": "dpsh"},
    "pairs with a memory": {"method": "dpsh", "options": {"memory": True}},
    "learned codes": {"method": "adsh"},
    "triplets": {"method": "dtsh"},
    "histograms, an odd batch": {"method": "mihash", "batch_size": 17},
    "learned centers": {"method": "hhf", "optimizer": "sgd"},
    "a norm in the hash layer": {"method": "orthohash"},
    "several labels": {"method": "hybrid-centers", "several": True},
    "class-aware batches": {"method": "dfeh", "per_class": 2},
    "a scale that is off": {"method": "dmsh", "options": {"scales": "1"}},
    "images from a file": {"method": "csq", "source": "file"},
    "kept features": {"method": "csq", "source": "features"},
}


@contextlib.contextmanager
def float64() -> Iterator[None]:
    """Everything that would be computed in float32 is computed in float64."""
    single = torch.Tensor.float
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        torch.Tensor.float = single  # type: ignore[method-assign]


def trained(
    folder: Path, source: str = "memory", per_class: int = 0, several: bool = False, **settings: Any
) -> dict[str, Any]:
    """Terms of two epochs on 60 images, and the state of network and loss at the end."""
    settings = {"data": "digits", "bits": 16, "epochs": 2, "batch_size": 20, **settings}
    method = METHODS[settings["method"]]
    config = settle(TrainConfig(**settings, device="cpu"), method)
    dataset = several_labels() if several else load_dataset("digits")
    labels, images = dataset.labels[:60], dataset.images[:60]
    torch.manual_seed(0)
    problem = Problem(16, len(dataset.classes), 60, several, 0)
    loss = method.load()(problem, **method.loss_options(config.options)).double()
    model = build_model(config, method, images.shape[3]).double()
    model.prepare(torch.from_numpy(images).permute(0, 3, 1, 2))
    given: Any = images
    if source == "features":
        model.backbone.requires_grad_(False)
        given = np.random.default_rng(0).normal(size=(60, model.backbone.features))
    if source == "file":
        path = folder / f"images{RANK}{distributed.world_size()}.npy"
        np.save(path, dataset.images)
        given = select(np.load(path, mmap_mode="r"), np.arange(60))
    terms = [epoch.terms for epoch in fit(model, loss, given, labels, config, per_class)]
    state = {f"{part}.{name}": tensor.clone() for part, module in (("model", model), ("loss", loss))
             for name, tensor in module.state_dict().items()}  # fmt: skip
    return {"terms": terms, "state": state}


def normed(kind: type, share: slice, **settings: Any) -> dict[str, torch.Tensor]:
    """Values and gradients of a batch norm on a share of seven images, twice, then in use."""
    generator = torch.Generator().manual_seed(0)
    shape = (7, 3, 4, 5) if kind is nn.BatchNorm2d else (7, 3)
    images = 4 + 2 * torch.randn(2, *shape, generator=generator)
    slopes = torch.randn(shape, generator=generator)
    norm = nn.Sequential(kind(3, **settings))
    share_norms(norm)
    found: dict[str, torch.Tensor] = {}
    for step, batch in enumerate(images):
        own = batch[share].requires_grad_()
        norm.zero_grad()
        out = norm(own)
        lengths = [part.stop - part.start for part in distributed.shards(7)]
        whole = distributed.all_gather(out, lengths) if distributed.world_size() > 1 else out
        (whole.square() * slopes).sum().backward()
        assert own.grad is not None
        found |= {f"values{step}": whole.detach(), f"gradient{step}": own.grad}
        found |= {f"{n}{step}": p.grad.clone() for n, p in norm.named_parameters()}  # type: ignore[union-attr]
    found |= {name: tensor.clone() for name, tensor in norm.state_dict().items()}
    with torch.no_grad():
        found["in use"] = norm.eval()(images[0])
    return found


def norms(share: slice) -> dict[str, dict[str, torch.Tensor]]:
    """Norms over maps and over rows, with and without a scale, with both kinds of memory."""
    return {
        "maps": normed(nn.BatchNorm2d, share, momentum=0.2),
        "rows": normed(nn.BatchNorm1d, share, momentum=None),
        "no scale": normed(nn.BatchNorm2d, share, affine=False),
        "no memory": normed(nn.BatchNorm1d, share, track_running_stats=False),
    }


def encoded() -> dict[str, torch.Tensor]:
    """Outputs of 70 images in fives, and of three, which are too few to share."""
    torch.manual_seed(0)
    config = settle(TrainConfig(method="csq", data="digits", device="cpu"), METHODS["csq"])
    model = build_model(config, METHODS["csq"], 1)
    images = load_dataset("digits").images[:70]
    parts = {"many": encode(model, images, batch_size=5), "odd": encode(model, images[:31])}
    parts |= {"few": encode(model, images[:3], batch_size=5)}
    return {name: torch.from_numpy(outputs) for name, outputs in parts.items()}


def interrupted(folder: Path) -> list[str]:
    """The second process is interrupted in the second of many epochs."""

    def stop(event: Event) -> None:
        if isinstance(event, Epoch) and event.number == 2 and RANK == 1:
            os.kill(os.getpid(), signal.SIGINT)

    config = TrainConfig(method="csq", data="digits", bits=16, epochs=500, device="cpu")
    try:
        train(config, runs=folder / "interrupted", listen=stop)
    except KeyboardInterrupt as error:
        return list(error.__notes__)
    return []


def refusals(folder: Path) -> list[str]:
    """What is refused, by both processes, and both go on."""
    said = []
    common = {"data": "digits", "device": "cpu", "epochs": 1}
    for attempt in (
        lambda: distributed.check_agreement(f"I am {RANK}"),
        lambda: distributed.own_shard(1),
        lambda: train(TrainConfig(method="lsh", **common), runs=folder),
        lambda: train(TrainConfig(method="csq", learning_rate=1e30, **common), runs=folder),
    ):
        try:
            attempt()
        except ValueError as error:
            said.append(f"{type(error).__name__}: {error}")
    return said


def command(*words: str) -> int:
    """The status of a command, which says on stdout what it is about to do."""
    print(f"{RANK}> {words[0]}", flush=True)
    return main([*words, "--data", "digits", "--epochs", "1", "--bits", "16", "--device", "cpu"])


def work(folder: Path) -> dict[str, Any]:
    """All that the two do together."""
    with float64():
        found: dict[str, Any] = {n: trained(folder, **case) for n, case in CASES.items()}
        found["norms"] = norms(distributed.own_shard(7))
    found["encoded"] = encoded()
    found["anyone"] = [distributed.any_process(RANK == 1), distributed.any_process(False)]
    gentle = ("--optimizer", "sgd", "--learning-rate", "0.001")
    found["status"] = [
        command("train", "csq", "--runs", str(folder / name), *gentle) for name in ("a", "b")
    ]
    found["status"].append(command("compare", "csq", "--runs", str(folder / "c")))
    found["refused"] = refusals(folder / "d")
    found["notes"] = interrupted(folder)
    return found


if __name__ == "__main__":
    answers = Path(sys.argv[1])
    torch.set_num_threads(1)
    if RANK == 0:
        with float64():
            first: dict[str, Any] = {n: trained(answers, **case) for n, case in CASES.items()}
            first["norms"] = norms(slice(None))
        first["encoded"] = encoded()
        torch.save(first, answers / "alone.pt")
    lost = ""
    try:
        with distributed.process_group("cpu"):
            torch.save(work(answers), answers / f"process{RANK}.pt")
            if RANK == 1:
                os._exit(7)
            distributed.any_process(False)
    except distributed.Lost as error:
        lost = str(error)
    (answers / "lost.json").write_text(json.dumps(lost))
