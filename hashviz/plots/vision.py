"""How a figure looks to other eyes: in gray, as a printer gives it, and without green."""

import numpy as np
from jaxtyping import Shaped, UInt8

__all__ = ["EYES", "seen_by"]

EYES = {
    "typical": np.eye(3),
    "gray": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
}  # fmt: skip
"""Ways to look at a figure, as what each makes of linear RGB: a gray of the same luminance (ITU-R
BT.709), and an eye without the middle cones (Machado, Oliveira and Fernandes 2009,
https://doi.org/10.1109/TVCG.2009.113, severity 1)."""


def seen_by(eye: str, pixels: Shaped[np.ndarray, "height width _"]) -> UInt8[np.ndarray, "h w _"]:
    """Return a picture (uint8, RGB or RGBA) as one of the `EYES` sees it; transparency stays.

    Raises:
        ValueError: when there is no such eye.

    >>> seen_by("gray", np.array([[[255, 0, 0]]], np.uint8)).tolist()
    [[[127, 127, 127]]]
    """
    if eye not in EYES:
        raise ValueError(f"Unknown eye {eye!r}; choose from {', '.join(EYES)}.")
    share = np.arange(256) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear[pixels[..., :3]] @ EYES[eye].T, 0, 1)
    shown = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    return np.concatenate([np.round(255 * shown).astype(np.uint8), pixels[..., 3:]], axis=2)
