"""The 1,797 handwritten digits that scikit-learn ships: real scans of 8x8 pixels, made 32x32.

Alpaydin and Kaynak, UCI 1998. https://archive.ics.uci.edu/dataset/80; CC BY 4.0.
"""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hashviz.data.base import Dataset, MissingData
from hashviz.data.rows import DatasetRow
from hashviz.metrics.labels import multi_hot

SIDE, SCANNED = 32, 8


def scans() -> Float[np.ndarray, "n columns"]:
    """Return the table that scikit-learn ships: 64 pixels in 0..16, the digit last."""
    # The file is read where it lies: importing sklearn.datasets takes two seconds, this takes
    # three milliseconds.
    package = find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise MissingData("The digits come with scikit-learn: pip install scikit-learn.")
    file = Path(package.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    if file.exists():
        with gzip.open(file) as lines:
            return np.loadtxt(lines, delimiter=",")
    from sklearn.datasets import load_digits  # wherever another version keeps the file

    pixels, digits = load_digits(return_X_y=True)
    return np.column_stack([pixels, digits]).astype(np.float64)


def read_digits() -> Dataset:
    """Return the scans in bright ink on black, enlarged by bicubic interpolation."""
    from PIL import Image

    table = scans()
    pixels = table[:, :-1].reshape(-1, SCANNED, SCANNED) * (255 / 16)
    # Interpolation is linear: Pillow enlarges the identity once, the product enlarges every scan.
    identity = Image.fromarray(np.eye(SCANNED, dtype=np.float32))
    enlarge = np.asarray(identity.resize((SCANNED, SIDE), Image.Resampling.BICUBIC))
    images = np.clip(np.rint(enlarge @ pixels @ enlarge.T), 0, 255).astype(np.uint8)
    return Dataset(
        name="digits",
        images=images[..., None],
        labels=multi_hot(table[:, -1].astype(np.int64), 10),
        classes=tuple("0123456789"),
    )


ROWS = {
    "digits": DatasetRow(
        load=lambda source: read_digits(),
        title="Handwritten digits",
        description="1,797 real scans of 8x8 pixels, enlarged to 32x32",
        classes=10,
        embedded=True,
    )
}
