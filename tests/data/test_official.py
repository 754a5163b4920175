"""CIFAR-10 and SVHN: files in the official format, written here, and the real ones if present."""

import gzip
import hashlib
import os
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from hashviz.data import DATASETS, MissingData, __main__, load_dataset
from hashviz.data.protocols import split
from hashviz.data.readers.official import CIFAR10, CIFAR100, FASHION, GARMENTS, SVHN, unpickle
from hashviz.data.releases import download

CLASSES = [b"airplane", b"automobile", b"bird"]


def string(text: bytes) -> bytes:
    """A string as Python 2 pickled it."""
    if len(text) < 256:
        return b"U" + bytes([len(text)]) + text
    return b"T" + len(text).to_bytes(4, "little") + text


def pickled(value) -> bytes:
    """Protocol 2 as Python 2 wrote it, with the array as NumPy 1 did."""
    if isinstance(value, bytes):
        return string(value)
    if isinstance(value, int):
        return b"J" + value.to_bytes(4, "little")
    if isinstance(value, list):
        return b"](" + b"".join(map(pickled, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(pickled(k) + pickled(v) for k, v in value.items()) + b"u"
    shape = b"(" + b"".join(map(pickled, value.shape)) + b"t"
    kind = b"cnumpy\ndtype\n" + string(b"u1") + b"K\x00K\x01\x87R"
    state = b"(K\x03" + string(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    empty = b"cnumpy.core.multiarray\n_reconstruct\n" + b"cnumpy\nndarray\n" + b"K\x00\x85"
    empty += string(b"b") + b"\x87R"
    return empty + b"(K\x01" + shape + kind + state + b"\x89" + string(value.tobytes()) + b"tb"


def use_checksums(monkeypatch, release, folder: Path) -> None:
    for name in release.files:
        checksum = hashlib.md5((folder / name).read_bytes()).hexdigest()
        monkeypatch.setitem(release.files, name, checksum)


@pytest.fixture
def cifar10(tmp_path, monkeypatch, rng):
    """Two images per file; returns the root, and images and labels in the official order."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    images, labels = rng.integers(0, 256, (12, 32, 32, 3), np.uint8), [0, 1, 2, 2, 1, 0] * 2
    for k, name in enumerate(list(CIFAR10.files)[:6]):
        batch = {
            b"batch_label": b"testing",
            b"labels": labels[2 * k : 2 * k + 2],
            b"data": images[2 * k : 2 * k + 2].transpose(0, 3, 1, 2).reshape(2, 3072),
            b"filenames": [b"a.png", b"b.png"],
        }
        (folder / name).write_bytes(b"\x80\x02" + pickled(batch) + b".")
    meta = {b"num_cases_per_batch": 2, b"label_names": CLASSES, b"num_vis": 3072}
    (folder / "batches.meta").write_bytes(b"\x80\x02" + pickled(meta) + b".")
    use_checksums(monkeypatch, CIFAR10, folder)
    return tmp_path, images, labels


@pytest.fixture
def svhn(tmp_path, monkeypatch, rng):
    images, labels = rng.integers(0, 256, (7, 32, 32, 3), np.uint8), [1, 10, 3, 9, 10, 5, 2]
    for name, rows in (("train", slice(0, 4)), ("test", slice(4, 7))):
        columns = {
            "X": images[rows].transpose(1, 2, 3, 0),
            "y": np.array(labels[rows], np.uint8)[:, None],
        }
        savemat(tmp_path / f"{name}_32x32.mat", columns, do_compression=True)
    use_checksums(monkeypatch, SVHN, tmp_path)
    return tmp_path, images, labels


def test_cifar10_is_read_in_the_official_order(cifar10):
    root, images, labels = cifar10
    dataset = load_dataset("cifar10", root)
    assert np.array_equal(dataset.images, images)
    assert dataset.labels.argmax(1).tolist() == labels
    assert dataset.classes == ("airplane", "automobile", "bird")
    assert dataset.official is not None
    assert dataset.official.tolist() == [0] * 10 + [1] * 2


def test_svhn_is_read_in_the_official_order_and_ten_is_zero(svhn):
    root, images, labels = svhn
    dataset = load_dataset("svhn", root)
    assert np.array_equal(dataset.images, images)
    assert dataset.labels.argmax(1).tolist() == [label % 10 for label in labels]
    assert dataset.official is not None
    assert dataset.official.tolist() == [0] * 4 + [1] * 3


def test_cifar100_has_fine_classes_and_coarse_groups(tmp_path, monkeypatch, rng):
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    images, fine, coarse = (
        rng.integers(0, 256, (5, 32, 32, 3), np.uint8),
        [0, 2, 1, 2, 0],
        [0, 1] * 3,
    )
    for name, rows in (("train", slice(0, 3)), ("test", slice(3, 5))):
        half = images[rows]
        batch = {
            b"filenames": [b"a.png"] * len(half),
            b"fine_labels": fine[rows],
            b"coarse_labels": coarse[:5][rows],
            b"data": half.transpose(0, 3, 1, 2).reshape(len(half), 3072),
        }
        (folder / name).write_bytes(b"\x80\x02" + pickled(batch) + b".")
    meta = {b"fine_label_names": CLASSES, b"coarse_label_names": [b"vehicles", b"animals"]}
    (folder / "meta").write_bytes(b"\x80\x02" + pickled(meta) + b".")
    use_checksums(monkeypatch, CIFAR100, folder)
    dataset = load_dataset("cifar100", tmp_path)
    assert np.array_equal(dataset.images, images)
    assert dataset.labels.argmax(1).tolist() == fine
    assert dataset.attributes["coarse"].tolist() == [["vehicles", "animals"][k] for k in coarse[:5]]
    assert dataset.official is not None
    assert dataset.official.tolist() == [0, 0, 0, 1, 1]


def test_fashion_mnist_lies_in_a_black_frame(tmp_path, monkeypatch, rng):
    folder = tmp_path / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    images, labels = (
        rng.integers(0, 256, (5, 28, 28), np.uint8),
        np.array([9, 0, 3, 3, 1], np.uint8),
    )
    for name, rows in (("train", slice(0, 3)), ("t10k", slice(3, 5))):
        for array, kind in ((images[rows], "images-idx3"), (labels[rows], "labels-idx1")):
            head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (folder / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(head + array.tobytes()))
    use_checksums(monkeypatch, FASHION, folder)
    dataset = load_dataset("fashion-mnist", tmp_path)
    assert dataset.images.shape == (5, 32, 32, 1)
    assert np.array_equal(dataset.images[:, 2:-2, 2:-2, 0], images)
    assert dataset.images.sum() == images.sum()
    assert dataset.labels.argmax(1).tolist() == labels.tolist()
    assert dataset.classes[9] == "Ankle boot"
    assert dataset.official is not None
    assert dataset.official.tolist() == [0, 0, 0, 1, 1]


def test_checksums_are_those_that_torchvision_verifies():
    from torchvision import datasets

    cifars = ((CIFAR10, datasets.CIFAR10), (CIFAR100, datasets.CIFAR100))
    for release, reader in cifars:
        files = dict([*reader.train_list, *reader.test_list])
        assert release.files == {**files, reader.meta["filename"]: reader.meta["md5"]}
    parts = datasets.SVHN.split_list
    assert SVHN.files == {parts[p][1]: parts[p][2] for p in ("train", "test")}
    assert FASHION.files == dict(datasets.FashionMNIST.resources)
    assert tuple(datasets.FashionMNIST.classes) == GARMENTS


def test_the_variable_names_the_root(cifar10, monkeypatch):
    monkeypatch.setenv("HASHVIZ_DATA", str(cifar10[0]))
    assert len(load_dataset("cifar10")) == 12


@pytest.mark.parametrize("name", CIFAR10.files)
def test_a_file_with_one_wrong_byte_is_not_opened(cifar10, name):
    file = cifar10[0] / "cifar-10-batches-py" / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(MissingData, match=f"{name}' is not the official file.*Delete it"):
        load_dataset("cifar10", cifar10[0])


def test_half_a_file_and_an_absent_file_are_told(svhn):
    file = svhn[0] / "test_32x32.mat"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(MissingData, match="is not the official file"):
        load_dataset("svhn", svhn[0])
    file.unlink()
    with pytest.raises(MissingData, match=r"is incomplete in .*: missing test_32x32\.mat"):
        load_dataset("svhn", svhn[0])


def test_even_a_file_with_the_right_checksum_can_run_nothing(tmp_path):
    class Harm:
        def __reduce__(self):
            return Path.touch, (tmp_path / "harm",)

    with pytest.raises(pickle.UnpicklingError, match="refused"):
        unpickle(pickle.dumps({b"data": Harm()}, protocol=2))
    assert not (tmp_path / "harm").exists()


def fetch_from(monkeypatch, release, fetch):
    """The release, and its row, with another way to fetch it."""
    release = replace(release, fetch=fetch)
    row = replace(DATASETS[release.name], release=release)
    monkeypatch.setitem(DATASETS, release.name, row)
    return release


def test_a_download_appears_whole_and_is_left_alone_afterwards(cifar10, monkeypatch, tmp_path):
    calls = []

    def fetch(folder: Path) -> None:
        calls.append(folder)
        shutil.copytree(cifar10[0] / "cifar-10-batches-py", folder / "cifar-10-batches-py")
        (folder / "archive.tar.gz").touch()

    release = fetch_from(monkeypatch, CIFAR10, fetch)
    root = tmp_path / "new" / "root"
    for _ in range(2):
        assert download(release, root) == root / "cifar-10-batches-py"
    assert len(calls) == 1
    assert sorted(path.name for path in root.iterdir()) == ["cifar-10-batches-py"]
    assert len(load_dataset("cifar10", root)) == 12


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (
            OSError("no network"),
            r"Numbers failed \(no network\).*try again",
        ),
        (RuntimeError("File not found or corrupted."), "failed"),
        (ImportError("torchvision"), r"pip install 'hashviz\[train\]'"),
    ],
)
def test_a_download_that_fails_is_one_line_and_leaves_nothing_visible(
    monkeypatch, tmp_path, capsys, problem, message
):
    def fetch(folder: Path) -> None:
        (folder / "train_32x32.mat").write_text("half")
        raise problem

    release = fetch_from(monkeypatch, SVHN, fetch)
    with pytest.raises(MissingData, match=message):
        download(release, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".svhn.part"]
    assert __main__.main(["svhn", "--data-root", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_page_of_html_instead_of_the_files_is_not_taken(monkeypatch, tmp_path):
    def fetch(folder: Path) -> None:
        for name in SVHN.files:
            (folder / name).write_text("<html>404</html>")

    release = fetch_from(monkeypatch, SVHN, fetch)
    with pytest.raises(MissingData, match="is not the official file"):
        download(release, tmp_path)
    assert not list(tmp_path.glob("*.mat"))


@pytest.mark.slow
def test_the_real_cifar10():
    root = os.environ.get("HASHVIZ_DATA")
    if not root or not (Path(root) / CIFAR10.folder).is_dir():
        pytest.skip("HASHVIZ_DATA names no folder with cifar-10-batches-py")
    dataset = load_dataset("cifar10")
    assert dataset.images.shape == (60_000, 32, 32, 3)
    assert dataset.labels.sum(0).tolist() == [6_000] * 10
    assert dataset.classes[0] == "airplane"
    assert dataset.labels[:5].argmax(1).tolist() == [6, 9, 9, 4, 1]
    assert split(dataset).protocol.name == "cifar10-p1"
    from torchvision import datasets

    reference = datasets.CIFAR10(root, train=False)
    assert np.array_equal(dataset.images[50_000:], reference.data)
    assert dataset.labels[50_000:].argmax(1).tolist() == reference.targets


@pytest.mark.slow
def test_the_real_svhn():
    root = os.environ.get("HASHVIZ_DATA")
    if not root or not (Path(root) / "train_32x32.mat").is_file():
        pytest.skip("HASHVIZ_DATA names no folder with train_32x32.mat")
    dataset = load_dataset("svhn")
    assert dataset.images.shape == (99_289, 32, 32, 3)
    assert dataset.official is not None
    assert np.bincount(dataset.official).tolist() == [73_257, 26_032]
