"""The table of data sets, the specification of one, and what every reader returns."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hashviz.data import DATASETS, catalog, data_root, load_dataset, parse, readers
from hashviz.data.base import Dataset, MissingData
from hashviz.data.protocols import PROTOCOLS, split

GOOD = Dataset(
    name="good",
    images=np.zeros((3, 4, 5, 1), np.uint8),
    labels=np.eye(3, dtype=bool),
    classes=("a", "b", "c"),
)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"images": np.zeros((3, 4, 5), np.uint8)}, "Images are uint8"),
        ({"images": np.zeros((3, 4, 5, 2), np.uint8)}, "1 or 3 channels"),
        ({"images": np.zeros((3, 4, 5, 1), np.float32)}, "got float32"),
        ({"labels": np.eye(3)}, "multi-hot booleans"),
        ({"labels": np.zeros(3, bool)}, "multi-hot booleans"),
        ({"labels": np.zeros((3, 0), bool), "classes": ()}, "at least one class"),
        ({"classes": ("a", "b")}, "3 columns for 2 classes"),
        ({"classes": ("a", "b", "a")}, "must differ"),
        ({"labels": np.ones((2, 3), bool)}, "2 rows for 3 images"),
        ({"official": np.zeros(2, np.int8)}, "one row in 'official'"),
        ({"official": np.full(3, 2, np.int8)}, "train.*test.* only"),
        ({"attributes": {"x": np.zeros(4)}}, "one row in 'x'"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(wrong, message):
    # Built by hand: in the tests the types of the fields would speak first.
    dataset = object.__new__(Dataset)
    for name, value in {**vars(GOOD), **wrong}.items():
        object.__setattr__(dataset, name, value)
    with pytest.raises(ValueError, match=message):
        dataset.__post_init__()


def test_size_length_and_multi_label_follow_from_the_arrays():
    assert (len(GOOD), GOOD.size, GOOD.multi_label) == (3, (4, 5), False)
    assert replace(GOOD, labels=np.ones((3, 3), bool)).multi_label
    assert replace(GOOD, labels=np.zeros((3, 3), bool)).multi_label


def test_images_may_stay_in_a_file(tmp_path):
    images = np.memmap(tmp_path / "images", np.uint8, "w+", shape=(3, 4, 5, 1))
    assert replace(GOOD, images=images).images is images


@pytest.mark.parametrize("name", [name for name, row in DATASETS.items() if row.embedded])
def test_embedded_data_agrees_with_its_row_and_is_kept(name):
    row = DATASETS[name]
    spec = f"{name}?images=40" if "images" in row.options else name
    dataset = load_dataset(spec)
    assert dataset.name == name
    assert len(dataset.classes) == row.classes
    assert dataset.multi_label == row.multi_label
    assert dataset.labels.any(1).all()
    assert load_dataset(spec) is dataset


def test_every_row_has_words_and_a_known_protocol():
    for row in DATASETS.values():
        assert row.title
        assert row.description
        assert row.default_protocol in PROTOCOLS


def test_a_specification_has_a_name_a_path_and_options():
    assert parse("digits") == ("digits", "", {})
    assert parse("scenes?images=7&seed=3") == ("scenes", "", {"images": 7, "seed": 3})
    assert parse("folder:/a b/c:d?size=96") == ("folder", "/a b/c:d", {"size": 96})
    assert parse("folder:what?/x") == ("folder", "what?/x", {"size": 64})


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("digit", "Unknown data set 'digit', did you mean 'digits'. Choose from .*scenes"),
        ("", "Unknown data set ''"),
        ("scenes?image=7", "Unknown option 'image' of 'scenes'; choose from images, seed"),
        ("digits?n=7", "Unknown option 'n' of 'digits'; choose from none"),
        ("scenes?images=many", "'images' is a whole number, got 'many'"),
        ("scenes?images=-1", "'images' is a whole number"),
        ("scenes?images=0", "images >= 1"),
        ("digits:here", "takes no path"),
        ("folder", "needs a path.*write folder:PATH"),
        ("folder:", "needs a path"),
    ],
)
def test_a_wrong_specification_is_told_what_is_right(spec, message):
    with pytest.raises(ValueError, match=message):
        load_dataset(spec)


def test_the_data_root_is_the_argument_then_the_variable_then_the_folder_data(monkeypatch):
    monkeypatch.delenv("HASHVIZ_DATA", raising=False)
    assert data_root() == Path("data")
    monkeypatch.setenv("HASHVIZ_DATA", "/from/variable")
    assert data_root() == Path("/from/variable")
    assert data_root("~/x") == Path("~/x").expanduser()


@pytest.mark.parametrize("name", [name for name, row in DATASETS.items() if row.release])
def test_missing_data_says_where_how_much_and_which_command(name, tmp_path):
    row = DATASETS[name]
    assert row.release is not None
    with pytest.raises(MissingData) as error:
        load_dataset(name, tmp_path)
    for part in (
        str(tmp_path),
        row.release.url,
        "MiB",
        f"python -m hashviz.data {name}",
        "HASHVIZ_DATA",
    ):
        assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_neither_torch_nor_scikit_learn_is_imported_for_data():
    code = (
        "import sys; from hashviz.data import load_dataset; from hashviz.data import protocols;"
        "d = load_dataset('digits'); load_dataset('scenes?images=2'); protocols.split(d);"
        "print([m for m in ('torch', 'torchvision', 'sklearn', 'scipy') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env=os.environ,
        check=True,
    )
    assert result.stdout.strip() == "[]"


OWN = """
import numpy as np

from hashviz.data.base import Dataset
from hashviz.data.draws import some
from hashviz.data.rows import DatasetRow


def read_stripes(root):
    labels = np.arange(20)[:, None] % 2 == [0, 1]
    images = np.where(labels[:, :1], 0, 255)[:, None, None].repeat(8, 1).repeat(8, 2)
    return Dataset("stripes", images.astype(np.uint8), labels, ("dark", "bright"))


ROWS = {
    "stripes": DatasetRow(
        load=lambda source: read_stripes(source.root),
        title="Stripes",
        description="20 pictures",
        classes=2,
        multi_label=False,
        protocols={"stripes-4": some(4, 8, images=20, source="this test")},
    )
}
"""


def test_one_file_adds_a_data_set_that_is_listed_loaded_and_split(tmp_path, monkeypatch):
    (tmp_path / "stripes.py").write_text(OWN)
    monkeypatch.setattr(readers, "__path__", [*readers.__path__, str(tmp_path)])
    rows, rules = catalog.collect()
    assert set(rows) - set(DATASETS) == {"stripes"}
    assert {name: rules[name] for name in PROTOCOLS} == PROTOCOLS
    for table, known in ((rows, DATASETS), (rules, PROTOCOLS)):
        monkeypatch.setitem(known, *next(item for item in table.items() if "stripes" in item[0]))
    dataset = load_dataset("stripes")
    assert len(dataset) == 20
    parts = split(dataset)
    assert parts.protocol.name == "stripes-4"
    assert (len(parts.query), len(parts.train), len(parts.database)) == (4, 8, 16)
    with pytest.raises(ValueError, match="'stripes-4' belongs to 'stripes', got 'digits'"):
        split(load_dataset("digits"), "stripes-4")
    (tmp_path / "twice.py").write_text(OWN.replace('"stripes": ', '"others": '))
    with pytest.raises(ValueError, match="got 'stripes-4' twice"):
        catalog.collect()
