"""Features of a frozen backbone, computed once per data set and cached on disk by content.

features/<key>/features.npy   float32 [images, features], read through a memory map
features/<key>/about.json     what they are of, and their checksum

The key is a checksum of images, weights and precision: if any of them changes, so does the folder,
and nothing ever has to be deleted to stay correct.
"""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32

from hashviz.config import TrainConfig
from hashviz.data.base import Dataset, let_go
from hashviz.files import cache_folder, check_room, new_folder, sha256
from hashviz.models.encoding import encode, images_at_once
from hashviz.models.machine import pick_threads
from hashviz.models.networks import HashNetwork

FORMAT = 1


class Features(NamedTuple):
    """The features of all images, in their order, and how long they took."""

    values: Float32[np.ndarray, "n features"]
    seconds: float
    cached: bool


def freeze(
    model: HashNetwork,
    dataset: Dataset,
    fingerprint: str,
    config: TrainConfig,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Features:
    """Freeze the backbone; return its features of every image, cached or computed and cached.

    `fingerprint` identifies the images. They are read in small parts, so a memory map stays on
    disk. A damaged entry is computed again; `progress(done, total)` is called only when
    there is something to compute.

    Raises:
        ValueError: when the method's network looks at more than the backbone's features, or they do
            not fit on the disk of the cache.
    """
    if model.scales:
        raise ValueError(
            f"The network of {config.method!r} looks at the maps inside the backbone, so there are "
            "no features to keep; give it pictures, without --frozen."
        )
    images, backbone = dataset.images, model.backbone
    if images.ndim == 2:
        return Features(images, 0.0, cached=True)
    backbone.requires_grad_(False)
    torch.set_num_threads(config.threads or pick_threads(backbone, model.mean.device))
    started = time.perf_counter()
    folder = cache_folder() / "features" / key(model, fingerprint, config.precision)
    shape = (len(images), backbone.features)
    kept = read(folder, shape)
    if kept is None:
        check_room(
            folder, 4 * shape[0] * shape[1], f"Features of {len(images):,} pictures take",
            "choose another disk with HASHVIZ_CACHE.",
        )  # fmt: skip
        about = {"data": dataset.name, "backbone": config.backbone, "weights": config.weights}
        with new_folder(folder) as new:
            path = new / "features.npy"
            values = np.lib.format.open_memmap(path, "w+", np.float32, shape)
            step = images_at_once(images.shape[1:3])
            for start in range(0, len(images), step):
                part = images[start : start + step]
                values[start : start + step] = encode(
                    model, part, features=True, precision=config.precision
                )
                let_go(images)
                progress(min(start + step, len(images)), len(images))
            values.flush()
            del values
            about |= {"precision": config.precision, "sha256": sha256(path)}
            (new / "about.json").write_text(json.dumps(about, indent=1))
    values = np.load(folder / "features.npy", mmap_mode="r") if kept is None else kept
    return Features(values, time.perf_counter() - started, kept is not None)


def key(model: HashNetwork, fingerprint: str, precision: str) -> str:
    """Return a checksum of everything that decides the features."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{FORMAT} {fingerprint} {precision} {model.backbone}".encode())
    state = {f"backbone.{n}": t for n, t in model.backbone.state_dict().items()}
    for name, tensor in {**state, "mean": model.mean, "std": model.std}.items():
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read(folder: Path, shape: tuple[int, int]) -> Float32[np.ndarray, "n features"] | None:
    """Read a complete and undamaged entry; None where there is none."""
    path = folder / "features.npy"
    try:
        if json.loads((folder / "about.json").read_text())["sha256"] != sha256(path):
            return None
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return values if values.shape == shape and values.dtype == np.float32 else None
