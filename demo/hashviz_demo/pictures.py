"""Pictures as PNG or JPEG, and pictures from outside made to look like those of a data set.

A pen on a screen draws sharper, larger or smaller strokes than a scanner sees. The look of the data
set is measured and applied to the drawing, so no data set needs special treatment.
"""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import UInt8

from hashviz.data import Dataset

PICTURE_BYTES = 2_000_000
"""Limit of a drawing."""
MARK = 40
"""Gray levels by which ink is darker than paper at least."""
GRAIN = 0.25
"""Of the darkness of the darkest ink, what may be the paper's own grain or a fold."""


def png(image: UInt8[np.ndarray, "height width channels"]) -> bytes:
    """Write the picture as the bytes of a PNG file."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(out, "png")
    return out.getvalue()


def jpeg(image: UInt8[np.ndarray, "height width channels"]) -> bytes:
    """Write the picture as the bytes of a JPEG file: a tenth of a PNG, and it looks the same."""
    from PIL import Image

    out = io.BytesIO()
    gray = image.shape[2] == 1
    Image.fromarray(image[..., 0] if gray else image).save(out, "jpeg", quality=92, subsampling=0)
    return out.getvalue()


def read_png(address: str) -> UInt8[np.ndarray, "height width channels"]:
    """Read the picture in a data URI that `data_uri` made."""
    from PIL import Image

    content = base64.b64decode(address.partition(",")[2])
    with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
        image = np.asarray(picture)
    return image[..., None] if image.ndim == 2 else image


def data_uri(content: bytes, kind: str = "png") -> str:
    """Write a picture, by default a PNG, as an address that contains it."""
    return f"data:image/{kind};base64," + base64.b64encode(content).decode()


def read_drawing(address: Any) -> UInt8[np.ndarray, "height width 3"]:
    """Read the drawing in a data URI that came from a browser.

    Raises:
        ImageError: when it is anything but a small PNG.
    """
    from hashviz.data.images import ImageError, read_image

    start = "data:image/png;base64,"
    if not isinstance(address, str) or not address.startswith(start):
        raise ImageError("A drawing arrives as a PNG; draw it again.")
    if len(address) > PICTURE_BYTES:
        raise ImageError(f"A drawing has at most {PICTURE_BYTES // 1_000_000} MB.")
    try:
        content = base64.b64decode(address[len(start) :], validate=True)
    except ValueError:
        raise ImageError("The drawing arrived damaged; draw it again.") from None
    return read_image(content)


def fit_query(
    rgb: UInt8[np.ndarray, "height width 3"], dataset: Dataset, *, drawn: bool = False
) -> UInt8[np.ndarray, "rows columns channels"]:
    """Make a picture look as in the data set; ink on paper becomes bright ink on black.

    Paper may be lit unevenly: what counts is how dark the ink is against the paper around it.

    Raises:
        ImageError: when nothing is drawn.
    """
    from hashviz.data.images import fit_image

    channels = dataset.images.shape[3]
    if channels == 1:
        ink = rgb if drawn else ink_on_paper(rgb) if _on_black(dataset) else None
        if ink is not None:
            return _as_ink(ink, dataset)
    return fit_image(rgb, dataset.size, channels)


def ink_on_paper(
    rgb: UInt8[np.ndarray, "height width 3"],
) -> UInt8[np.ndarray, "height width 3"] | None:
    """Return the darkness of ink relative to the paper, as if evenly lit; None without paper.

    The paper is what remains when dark strokes are closed: the maximum over a window wider than a
    stroke, then the minimum over the same window. With light L and reflectance R a camera sees L R,
    and the closed picture is L R_paper, so their quotient does not depend on the light. A picture
    is ink on paper when strokes stand out as dark rather than as bright, and most of it is paper.
    """
    from PIL import Image

    gray = Image.fromarray(rgb).convert("L")
    small = gray.copy()
    small.thumbnail((128, 128), Image.Resampling.BOX)
    seen = np.asarray(small, np.float32)
    window = min(seen.shape) // 3
    if not window:
        return None
    # Beyond the border the light goes on as it came: odd reflection.
    wide = np.pad(seen, window, "reflect", reflect_type="odd")
    inside = (slice(window, -window),) * 2
    paper = _extreme(_extreme(wide, window, np.max), window, np.min)[inside]
    dark = paper - seen
    bright = seen - _extreme(_extreme(wide, window, np.min), window, np.max)[inside]
    if dark.max() < MARK or dark.mean() < bright.mean() or (seen > 0.7 * paper).mean() < 0.6:
        return None
    light = Image.fromarray(paper).resize(gray.size, Image.Resampling.BICUBIC)
    ink = 1 - np.asarray(gray, np.float32) / np.maximum(np.asarray(light), 1)
    ink = np.clip(ink / max(float(ink.max()), 0.01), 0, 1)
    ink = np.where(ink < GRAIN, 0, ink)
    return np.repeat(np.rint(255 * ink).astype(np.uint8)[..., None], 3, axis=2)


def _extreme(image: np.ndarray, window: int, of: Callable[..., np.ndarray]) -> np.ndarray:
    """Return the maximum or minimum around each pixel, in a square of that many pixels a side."""
    for axis in (0, 1):
        width = [(0, 0), (0, 0)]
        width[axis] = (window // 2, (window - 1) // 2)
        views = np.lib.stride_tricks.sliding_window_view(np.pad(image, width, "edge"), window, axis)
        image = of(views, axis=-1)
    return image


def _on_black(dataset: Dataset) -> bool:
    return _border(dataset.images[:64]).mean() < 64


def _border(images: np.ndarray) -> np.ndarray:
    return np.concatenate([images[:, [0, -1]].ravel(), images[:, :, [0, -1]].ravel()])


def _look_of(dataset: Dataset) -> tuple[float, float, int]:
    """Height and width of the ink as shares of the picture, and how far pictures were enlarged."""
    from PIL import Image

    images = dataset.images[:200, ..., 0]
    boxes = np.array([_box(image) for image in images])
    height = np.median(boxes[:, 1] - boxes[:, 0]) / images.shape[1]
    width = np.percentile(boxes[:, 3] - boxes[:, 2], 95) / images.shape[2]
    enlarged = 1
    for factor in (2, 4):
        lost = []
        for image in images[:20]:
            small = Image.fromarray(image).reduce(factor)
            back = np.asarray(small.resize(image.shape[::-1], Image.Resampling.BICUBIC), float)
            lost.append(np.abs(back - image).mean())
        if np.mean(lost) < 12:
            enlarged = factor
    return float(height), float(width), enlarged


def _box(image: np.ndarray) -> tuple[int, int, int, int]:
    """First and last row and column of the ink, half open; the whole picture when it is black."""
    ink = image > 0.25 * max(int(image.max()), 1)
    if not ink.any():
        return 0, image.shape[0], 0, image.shape[1]
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _as_ink(rgb: np.ndarray, dataset: Dataset) -> UInt8[np.ndarray, "height width 1"]:
    """Bright ink on black, as large and as soft as in the data set, in the middle."""
    from PIL import Image

    from hashviz.data.images import ImageError

    gray = rgb.astype(np.float32).mean(2)
    if gray.max() - gray.min() < 8:
        raise ImageError("There is nothing drawn yet.")
    gray = np.clip((gray - np.median(_border(gray[None]))) / (gray.max() or 1), 0, 1) * 255
    top, bottom, left, right = _box(gray)
    ink = Image.fromarray(gray[top:bottom, left:right].astype(np.uint8))
    height, width = dataset.size
    part_high, part_wide, enlarged = _look_of(dataset)
    scale = min(part_high * height / ink.height, part_wide * width / ink.width)
    shape = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    ink = ink.resize(shape, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    canvas = Image.new("L", (width, height))
    canvas.paste(ink, ((width - ink.width) // 2, (height - ink.height) // 2))
    if enlarged > 1:
        canvas = canvas.reduce(enlarged).resize((width, height), Image.Resampling.BICUBIC)
    drawn = np.asarray(canvas, np.float32)
    return np.rint(drawn * (255 / max(drawn.max(), 1))).astype(np.uint8)[..., None]
