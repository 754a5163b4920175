"""Street View House Numbers: photographs of digits in MATLAB files.

http://ufldl.stanford.edu/housenumbers; for non-commercial use.
"""

import io
from pathlib import Path

import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.releases import Release, read_verified, torchvision
from hashviz.data.rows import DatasetRow, drawn_per_class, official_split
from hashviz.metrics.labels import multi_hot

SVHN = Release(
    name="svhn",
    title="SVHN",
    folder="",
    files={
        "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
        "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
    },
    size="235 MiB",
    url="http://ufldl.stanford.edu/housenumbers/",
    fetch=torchvision("SVHN", {"split": "train"}, {"split": "test"}),
)


def read_svhn(root: Path) -> Dataset:
    """Load 73,257 train and then 26,032 test house numbers; class 10 of the files is digit 0.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    from scipy.io import loadmat

    parts = [loadmat(io.BytesIO(data)) for data in read_verified(SVHN, root).values()]
    images = np.concatenate([part["X"].transpose(3, 0, 1, 2) for part in parts])
    digits = np.concatenate([part["y"].ravel() for part in parts]).astype(np.int64) % 10
    sizes = [part["X"].shape[3] for part in parts]
    return Dataset(
        name="svhn",
        images=images,
        labels=multi_hot(digits, 10),
        classes=tuple("0123456789"),
        official=np.repeat(np.array([0, 1], np.int8), sizes),
    )


ROWS = {
    "svhn": DatasetRow(
        load=lambda source: read_svhn(source.root),
        title="Street View House Numbers",
        description="99,289 photographs of digits, 32x32 pixels",
        classes=10,
        multi_label=False,
        release=SVHN,
        source="Netzer et al., NIPS workshop 2011",
        protocols=(
            drawn_per_class(
                "svhn-p1",
                "SVHN, 1,000 queries, train inside the database",
                99_289,
                10,
                query=100,
                train=500,
                source="the rule of cifar10-p1 (after Liu et al., KSH, CVPR 2012)",
            ),
            official_split(
                "svhn-official",
                "SVHN",
                test=26_032,
                train=73_257,
                source="Netzer et al., 2011: the official split; DFEH (2022) names no database",
            ),
        ),
    )
}
