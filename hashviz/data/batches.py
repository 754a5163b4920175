"""Batches on the device: one gather picks, shifts and mirrors the images of a step."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor


def resident(images: UInt8[np.ndarray, "n height width channels"], device: torch.device) -> Any:
    """A small image set as one tensor on the device; a large one (over 4 GB) stays where it is."""
    return torch.from_numpy(images).to(device) if images.nbytes < 4 << 30 else images


def view(
    pixels: Any,
    rows: Int64[Tensor, " batch"],
    device: torch.device,
    augment: str = "none",
    generator: torch.Generator | None = None,
) -> UInt8[Tensor, "batch channels height width"]:
    """The images of those rows, channels last, shifted by up to 1/16 and mirrored at random.

    One gather does all of it: each image looks its pixels up in shifted, reflected or reversed rows
    and columns.
    """
    n, height, width = len(rows), *pixels.shape[1:3]
    if not isinstance(pixels, Tensor):
        pixels, rows = torch.from_numpy(np.asarray(pixels[rows.numpy()])), torch.arange(n)
        pixels = pixels.to(device)
    y = torch.arange(height).expand(n, -1)
    x = torch.arange(width).expand(n, -1)
    if augment != "none":
        reach = max(height // 16, 1)
        shift = torch.randint(-reach, reach + 1, (2, n, 1), generator=generator)
        y = reflected(y + shift[0], height)
        x = reflected(x + shift[1], width)
    if augment == "shift-flip":
        flip = torch.rand(n, 1, generator=generator) < 0.5
        x = torch.where(flip, x.flip(1), x)
    rows, y, x = rows.to(device), y.to(device), x.to(device)
    if augment == "none":
        return pixels[rows].permute(0, 3, 1, 2)
    return pixels[rows[:, None, None], y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2)


def reflected(position: Int64[Tensor, "*n"], size: int) -> Int64[Tensor, "*n"]:
    """Positions outside 0..size-1 mirrored back at the border pixel.

    >>> reflected(torch.tensor([-2, 0, 3, 4]), 4).tolist()
    [2, 0, 3, 2]
    """
    position = position.abs()
    return torch.where(position >= size, 2 * (size - 1) - position, position)
