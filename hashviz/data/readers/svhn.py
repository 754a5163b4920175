"""Street View House Numbers: photographs of digits in MATLAB files.

Netzer et al., NIPS workshop 2011. http://ufldl.stanford.edu/housenumbers; for non-commercial use.
"""

import io

from hashviz.data.base import Dataset
from hashviz.data.draws import official, per_class
from hashviz.data.releases import Release, join_halves, read_verified, torchvision
from hashviz.data.rows import DatasetRow, Source

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


def read_svhn(source: Source) -> Dataset:
    """Load 73,257 train and then 26,032 test house numbers; class 10 of the files is digit 0.

    Raises:
        MissingData: when a file is absent or is not the official one.
    """
    from scipy.io import loadmat

    parts = [loadmat(io.BytesIO(data)) for data in read_verified(SVHN, source.root).values()]
    halves = [(part["X"].transpose(3, 0, 1, 2), part["y"].ravel() % 10) for part in parts]
    return join_halves(source.name, halves, "0123456789")


ROWS = {
    "svhn": DatasetRow(
        load=read_svhn,
        title="Street View House Numbers",
        description="99,289 photographs of digits, 32x32 pixels",
        classes=10,
        release=SVHN,
        protocols={
            "svhn-p1": per_class(
                100,
                500,
                of=(99_289, 10),
                source="the rule of cifar10-p1 (after Liu et al., KSH, CVPR 2012)",
            ),
            "svhn-official": official(
                test=26_032,
                train=73_257,
                source="Netzer et al., 2011: the official split; DFEH (2022) names no database",
            ),
        },
    )
}
