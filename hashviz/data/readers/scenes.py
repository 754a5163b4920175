"""Generated pictures with several labels: colored shapes that overlap on a textured canvas.

Everything about a picture is known exactly, so a lesson can ask what a code has understood. Picture
`i` depends on (seed, i) alone: a smaller set is the beginning of a larger one.

Generated here, free of rights.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32

from hashviz.data.base import Dataset
from hashviz.data.rows import DatasetRow

SIDE, MOST = 64, 4
VISIBLE = 1 / 3  # an object counts when at least this part of its area is not covered

Plane = Float32[np.ndarray, "height width"]


# Signed distances to an outline around the origin, in units of the object's size: negative inside.
# y points down. After Quilez, "2D distance functions", https://iquilezles.org/articles/distfunctions2d


def disc(x: Plane, y: Plane) -> Plane:
    """Draw a filled circle."""
    return np.sqrt(x * x + y * y) - np.float32(0.84)


def ring(x: Plane, y: Plane) -> Plane:
    """Draw a circle with a hole."""
    return np.abs(np.sqrt(x * x + y * y) - np.float32(0.72)) - np.float32(0.22)


def square(x: Plane, y: Plane) -> Plane:
    """Draw four equal sides."""
    return np.maximum(np.abs(x), np.abs(y)) - np.float32(0.70)


def cross(x: Plane, y: Plane) -> Plane:
    """Draw two bars at right angles."""
    x, y = np.abs(x), np.abs(y)
    return np.maximum(np.maximum(x, y) - np.float32(0.92), np.minimum(x, y) - np.float32(0.28))


def triangle(x: Plane, y: Plane) -> Plane:
    """Draw three equal sides."""
    slope = np.float32(0.8660254)
    return np.maximum(np.abs(x) * slope - y * np.float32(0.5), y) - np.float32(0.48)


def star(x: Plane, y: Plane) -> Plane:
    """Draw five points."""
    # Fold the plane five times onto one half of one point; what is left is a straight edge.
    sector = np.float32(2 * np.pi / 5)
    angle = np.arctan2(x, -y)
    angle = np.abs(angle - sector * np.rint(angle / sector))
    radius = np.sqrt(x * x + y * y)
    tip, notch = 1.0, 0.44
    notch_x, notch_y = notch * np.sin(np.pi / 5), notch * np.cos(np.pi / 5)
    length = np.hypot(notch_x, tip - notch_y)
    normal_x, normal_y = np.float32((tip - notch_y) / length), np.float32(notch_x / length)
    return radius * (np.sin(angle) * normal_x + np.cos(angle) * normal_y) - normal_y


def heart(x: Plane, y: Plane) -> Plane:
    """Draw a square on its corner with a half disc on each upper side."""
    x = np.abs(x)
    y = y + np.float32(-0.12)
    half = np.float32(0.46)
    along, across = (x - y) * np.float32(0.70710678), (x + y) * np.float32(0.70710678)
    box = np.maximum(np.abs(along), np.abs(across)) - half
    lobe = np.sqrt((along - half) ** 2 + across * across) - half
    return np.minimum(box, lobe)


def moon(x: Plane, y: Plane) -> Plane:
    """Draw a disc with a smaller disc bitten out of its right side."""
    shifted = x - np.float32(0.46)
    bite = np.float32(0.72) - np.sqrt(shifted * shifted + y * y)
    return np.maximum(np.sqrt(x * x + y * y) - np.float32(0.92), bite)


SHAPES: dict[str, Callable[[Plane, Plane], Plane]] = {
    "disc": disc,
    "square": square,
    "triangle": triangle,
    "star": star,
    "heart": heart,
    "ring": ring,
    "cross": cross,
    "moon": moon,
}
COLORS = {
    "red": (222, 73, 72),
    "orange": (241, 143, 62),
    "yellow": (246, 205, 84),
    "green": (86, 168, 98),
    "teal": (64, 176, 176),
    "blue": (62, 111, 190),
    "purple": (140, 96, 176),
    "pink": (236, 134, 174),
}
GROUNDS = (  # the canvas runs from one of these to another
    *((250, 236, 214), (214, 230, 235), (228, 220, 238), (218, 233, 209), (250, 218, 208)),
    *((190, 197, 206), (120, 134, 156), (58, 66, 92), (44, 54, 62), (96, 76, 98)),
)


def make_scenes(images: int = 6000, seed: int = 0) -> Dataset:
    """Generate `images` pictures of 64x64 pixels with one to four objects each.

    A label says that a shape is present: at least one object of this shape shows a third or more of
    its area. The object on top is never covered, so that every picture has a label. Attributes have
    a row per picture and a column per object, the lowest first: `shape` and `color` (indices, -1
    where there is no object), `x`, `y`, `size` (radius), `angle` (radians), `area` and
    `visible_area` (pixels); and `count`, the number of objects.

    Raises:
        ValueError: when `images` is not positive or the seed is negative.
    """
    if images < 1 or seed < 0:
        raise ValueError(
            f"Scenes need images >= 1 and seed >= 0, got images={images} and seed={seed}."
        )
    # Rows are drawn one after the other, which is why the first rows do not depend on `images`.
    layout = np.random.default_rng([seed, 0]).random((images, 8 + 6 * MOST), np.float32)
    canvas, objects = layout[:, :8], layout[:, 8:].reshape(images, MOST, 6)
    count = 1 + (canvas[:, 0] * MOST).astype(np.int8)
    present = np.arange(MOST) < count[:, None]
    size = 8 + 11 * objects[..., 2]
    attributes = {
        "shape": np.where(present, (objects[..., 0] * len(SHAPES)).astype(np.int8), np.int8(-1)),
        "color": np.where(present, (objects[..., 1] * len(COLORS)).astype(np.int8), np.int8(-1)),
        "x": size + (SIDE - 2 * size) * objects[..., 3],
        "y": size + (SIDE - 2 * size) * objects[..., 4],
        "size": size,
        "angle": np.float32(2 * np.pi) * objects[..., 5],
        "area": np.zeros((images, MOST), np.float32),
        "visible_area": np.zeros((images, MOST), np.float32),
    }
    for name in ("x", "y", "size", "angle"):
        attributes[name][~present] = 0
    pictures = np.empty((images, SIDE, SIDE, 3), np.uint8)
    noise = np.random.default_rng([seed, 1])
    step = 64  # what is worked on at once stays in the processor's cache
    for start in range(0, images, step):
        rows = slice(start, start + step)
        pictures[rows] = paint(canvas[rows], count[rows], attributes, start, noise)
    shown = present & (attributes["visible_area"] >= VISIBLE * attributes["area"])
    shape = np.where(shown, attributes["shape"], -1)
    return Dataset(
        name="scenes",
        images=pictures,
        labels=(shape[..., None] == np.arange(len(SHAPES))).any(1),
        classes=tuple(SHAPES),
        attributes={"count": count, **attributes},
    )


def paint(
    canvas: Float[np.ndarray, "n parameters"],
    count: np.ndarray,
    attributes: dict[str, np.ndarray],
    start: int,
    noise: np.random.Generator,
) -> np.ndarray:
    """Paint a few pictures, the topmost object first, and fill in the areas of their objects."""
    n = len(canvas)
    palette = np.asarray(list(COLORS.values()), np.float32)
    shapes = list(SHAPES.values())
    objects = np.zeros((n, SIDE, SIDE, 3), np.float32)
    covered = np.zeros((n, SIDE, SIDE), np.float32)
    for i in range(n):
        row = start + i
        for slot in reversed(range(count[i])):
            x, y, size, angle = (attributes[key][row, slot] for key in ("x", "y", "size", "angle"))
            top, left = max(int(y - size) - 1, 0), max(int(x - size) - 1, 0)
            bottom, right = int(y + size) + 2, int(x + size) + 2
            here = i, slice(top, bottom), slice(left, right)
            across = (np.arange(left, min(right, SIDE), dtype=np.float32) + 0.5 - x) / size
            down = (np.arange(top, min(bottom, SIDE), dtype=np.float32)[:, None] + 0.5 - y) / size
            cosine, sine = np.cos(angle), np.sin(angle)
            outline = shapes[attributes["shape"][row, slot]](
                cosine * across + sine * down, cosine * down - sine * across
            )
            # A pixel is covered by as much as the outline leaves of it.
            alpha = np.clip(0.5 - outline * size, 0, 1)
            visible = alpha * (1 - covered[here])
            # Light comes from the upper left, and a darker rim parts equal colors.
            rim = np.clip(1 + (outline * size) / 2, 0, 1)
            light = visible * (1 - np.float32(0.14) * (across + down) - np.float32(0.3) * rim)
            objects[here] += light[..., None] * palette[attributes["color"][row, slot]]
            covered[here] += visible
            attributes["area"][row, slot] = alpha.sum()
            attributes["visible_area"][row, slot] = visible.sum()
    objects += (1 - covered[..., None]) * ground(canvas)
    objects += 7 * noise.standard_normal((n, SIDE, SIDE, 3), np.float32)
    return np.clip(objects, 0, 255).astype(np.uint8)


def ground(canvas: Float[np.ndarray, "n parameters"]) -> Float32[np.ndarray, "n height width 3"]:
    """Return a ramp from one color to another across the canvas, with waves over it."""
    grounds = np.asarray(GROUNDS, np.float32)
    begin, end = ((canvas[:, k] * len(grounds)).astype(int) for k in (1, 2))
    turn, wave_turn = (canvas[:, k, None, None] * np.float32(2 * np.pi) for k in (3, 4))
    waves = 4 + 20 * canvas[:, 5, None, None]
    phase = canvas[:, 6, None, None] * np.float32(2 * np.pi)
    height = 22 * canvas[:, 7, None, None] ** 2
    down, across = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    mix = 0.5 + np.float32(0.36) * (np.cos(turn) * across + np.sin(turn) * down)
    along = np.cos(wave_turn) * across + np.sin(wave_turn) * down
    relief = height * np.sin(waves * along + phase)
    ramp = (grounds[end] - grounds[begin])[:, None, None] * mix[..., None]
    ramp += grounds[begin][:, None, None]
    ramp += relief[..., None]
    return ramp


ROWS = {
    "scenes": DatasetRow(
        load=lambda source, **options: make_scenes(**options),
        title="Scenes of colored shapes",
        description="6,000 generated pictures of 64x64 pixels with one to four shapes each",
        classes=len(SHAPES),
        multi_label=True,
        embedded=True,
        options={"images": 6000, "seed": 0},
    )
}
