"""Batches on the device: one gather picks, shifts and mirrors the images of a step."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int64, Shaped
from torch import Tensor

from hashviz.data.base import let_go

HELD = 4 << 20
"""Bytes that are read from a mapped file before its pages are given back. A page that is read at
random brings its neighbors along, by a hundred times as many bytes on some systems."""
PART = 2000
"""Images that are brought to an accelerator together."""
ALL = slice(None)


def batches(
    labels: Bool[np.ndarray, "train classes"],
    batch_size: int,
    per_class: int,
    generator: torch.Generator,
) -> Callable[[], Int64[Tensor, "steps batch"]]:
    """Return a function that draws the batches of one epoch, as rows of the training set.

    Every image once in random order; what does not fill a batch waits for the next epoch. With
    `per_class` each batch holds that many images of every class instead (after Liu et al., CVPR
    2016): a class is dealt out like a shuffled pack of cards, and shuffled again when it is used
    up, so that small classes come around more often.
    """
    size = len(labels)
    if not per_class:
        steps = max(size // batch_size, 1)
        return lambda: torch.randperm(size, generator=generator)[: steps * batch_size].view(
            steps, -1
        )
    members = [torch.from_numpy(np.flatnonzero(column)) for column in labels.T if column.any()]
    steps = max(size // (per_class * len(members)), 1)

    def deal(rows: Int64[Tensor, " n"]) -> Int64[Tensor, "steps per_class"]:
        packs = -(-steps * per_class // len(rows))
        order = [rows[torch.randperm(len(rows), generator=generator)] for _ in range(packs)]
        return torch.cat(order)[: steps * per_class].view(steps, per_class)

    return lambda: torch.cat([deal(rows) for rows in members], dim=1)


class Subset:
    """Rows of an array, gathered when they are asked for: what is mapped from a file stays there.

    Pictures were decoded once, into that file, so a batch is a copy of a few megabytes and needs no
    workers: nothing is decoded twice and no process holds a second data set.
    """

    def __init__(
        self, array: Shaped[np.ndarray, "n ..."], rows: Int64[np.ndarray, " chosen"]
    ) -> None:
        self.array, self.rows = array, rows
        self.shape = (len(rows), *array.shape[1:])
        self.nbytes = len(rows) * array[:1].nbytes
        self.read = 0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, which: Any) -> Shaped[np.ndarray, "some ..."]:
        some = np.asarray(self.array[self.rows[which]])
        self.read += some.nbytes
        if self.read > HELD:
            let_go(self.array)
            self.read = 0
        return some


Images = Shaped[np.ndarray, "n ..."] | Subset


def select(
    images: Shaped[np.ndarray, "n ..."], rows: Int64[np.ndarray, " chosen"]
) -> Shaped[np.ndarray, "chosen ..."] | Subset:
    """Select rows of the images: copied, or only referred to if they are mapped from a file."""
    return Subset(images, rows) if isinstance(images, np.memmap) else images[rows]


def resident(images: Images, device: torch.device) -> Any:
    """Move an image set to the device as one tensor; a large one (over 4 GB) stays where it is.

    What is mapped from a file goes to an accelerator, but never into the memory of the processor.
    """
    if images.nbytes >= 4 << 30 or (isinstance(images, Subset) and device.type == "cpu"):
        return images
    if not isinstance(images, Subset):
        return torch.from_numpy(images).to(device)
    first = torch.from_numpy(images[:0])
    pixels = torch.empty(images.shape, dtype=first.dtype, device=device)
    for start in range(0, len(images), PART):
        pixels[start : start + PART] = torch.from_numpy(images[start : start + PART])
    return pixels


def ahead(
    pixels: Any, order: Int64[Tensor, "steps batch"], share: slice = ALL
) -> Iterator[tuple[Int64[Tensor, " batch"], Any, Int64[Tensor, " batch"]]]:
    """Yield the rows of every step, with the images and the places where `view` finds them.

    What is on the device is given as it is. From a file the images of the next step, of this share
    of the batch only, are read by one thread while this one is computed: two batches in memory, and
    nothing random, so the codes are the same.
    """
    if isinstance(pixels, Tensor):
        yield from ((rows, pixels, rows) for rows in order)
        return
    places = torch.arange(order.shape[1]) - (share.start or 0)

    def gather(rows: Int64[Tensor, " batch"]) -> Tensor:
        return torch.from_numpy(np.array(pixels[rows[share].numpy()]))

    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(gather, order[0])
        for rows, after in zip(order, [*order[1:], None], strict=True):
            images = coming.result()
            if after is not None:
                coming = reader.submit(gather, after)
            yield rows, images, places


def view(
    pixels: Any,
    rows: Int64[Tensor, " batch"],
    device: torch.device,
    augment: str = "none",
    generator: torch.Generator | None = None,
    share: slice = ALL,
) -> Shaped[Tensor, "some ..."]:
    """Return the images of those rows, shifted by up to 1/16 and mirrored at random.

    One gather does all of it: each image looks its pixels up in shifted, reflected or reversed rows
    and columns. Of a batch that several processes share, the numbers are drawn for all images.
    """
    n, rows = len(rows), rows[share]
    if not isinstance(pixels, Tensor):
        pixels, rows = torch.from_numpy(np.asarray(pixels[rows.numpy()])), torch.arange(len(rows))
    pixels, rows = pixels.to(device), rows.to(device)
    if pixels.ndim == 2:  # features of a frozen backbone
        return pixels[rows]
    if augment == "none":
        return pixels[rows].permute(0, 3, 1, 2)
    height, width = pixels.shape[1:3]
    reach = max(height // 16, 1)
    shift = torch.randint(-reach, reach + 1, (2, n, 1), generator=generator)
    y = reflect(torch.arange(height) + shift[0], height)
    x = reflect(torch.arange(width) + shift[1], width)
    if augment == "shift-flip":
        flip = torch.rand(n, 1, generator=generator) < 0.5
        x = torch.where(flip, x.flip(1), x)
    y, x = y[share].to(device), x[share].to(device)
    return pixels[rows[:, None, None], y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2)


def reflect(position: Int64[Tensor, "*n"], size: int) -> Int64[Tensor, "*n"]:
    """Mirror positions outside 0..size-1 back at the border pixel.

    >>> reflect(torch.tensor([-2, 0, 3, 4]), 4).tolist()
    [2, 0, 3, 2]
    """
    position = position.abs()
    return torch.where(position >= size, 2 * (size - 1) - position, position)
