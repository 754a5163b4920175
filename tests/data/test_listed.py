"""Data sets that are lists and photographs: small trees in the official formats, written here."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from hashviz.data import DATASETS, MissingData, load_dataset, pictures
from hashviz.data.base import Dataset
from hashviz.data.protocols import split
from hashviz.data.readers.nuswide import list_nuswide
from hashviz.data.readers.voc import CLASSES

RELEASED = [name for name, row in DATASETS.items() if not row.embedded and not row.takes_path]


def picture(file: Path, level: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 40), (level, level, level)).save(file, quality=95)


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def nuswide(root: Path) -> None:
    """Six images and four of the concepts, with Windows' separators as in the release."""
    base = root / "NUS-WIDE"
    names = [f"actor\\{k:04d}_{k}.jpg" for k in range(6)]
    write(base / "ImageList" / "Imagelist.txt", "\r\n".join(names) + "\r\n")
    columns = {"sky": "110110", "zebra": "100000", "person": "011010", "car": "000010"}
    for concept, marks in columns.items():
        file = base / "Groundtruth" / "AllLabels" / f"Labels_{concept}.txt"
        write(file, "\n".join(marks) + "\n")
    for k, name in enumerate(names):
        picture(base / "Flickr" / name.replace("\\", "/"), 20 * k)


def mirflickr(root: Path, relevant: bool = True) -> None:
    """Twelve images; 24 lists of what can be seen, 14 of what matters."""
    base = root / "mirflickr25k"
    for number in range(1, 13):
        picture(base / "mirflickr" / f"im{number}.jpg", 10 * number)
    for k in range(24):
        write(base / "annotations" / f"label{k:02d}.txt", f"{k % 12 + 1}\r\n12\r\n")
    for k in range(14 if relevant else 0):
        write(base / "annotations" / f"label{k:02d}_r1.txt", f"{k % 12 + 1}\n")
    write(base / "annotations" / "README.txt", "MIRFLICKR annotations v0.80")


def voc2012(root: Path) -> None:
    """Three images to learn from, two to ask; the bird of one is hard to see."""
    base = root / "VOCdevkit" / "VOC2012"
    lists = base / "ImageSets" / "Main"
    halves = {"train": ["2008_000008", "2008_000015", "2008_000019"], "val": ["2009_1", "2009_2"]}
    there = {("2008_000008", "horse"): 1, ("2008_000008", "person"): 1, ("2009_1", "cat"): 1,
             ("2008_000015", "bird"): 0, ("2008_000019", "dog"): 1,
             ("2009_2", "cat"): 1}  # fmt: skip
    for half, names in halves.items():
        write(lists / f"{half}.txt", "\n".join(names) + "\n")
        for name in CLASSES:
            lines = [f"{image} {there.get((image, name), -1):2d}" for image in names]
            write(lists / f"{name}_{half}.txt", "\n".join(lines) + "\n")
    for k, image in enumerate(image for names in halves.values() for image in names):
        picture(base / "JPEGImages" / f"{image}.jpg", 30 * k)


def coco(root: Path, year: int = 2014) -> None:
    """Four and two images; categories have gaps in their numbers, as in the release."""
    categories = [{"id": 1, "name": "person", "supercategory": "person"}, {"id": 18, "name": "dog"},
                  {"id": 90, "name": "toothbrush"}]  # fmt: skip
    numbers = {"train": [9, 25, 30, 34], "val": [42, 73]}
    objects = {"train": [(9, 1), (9, 18), (9, 1), (25, 90), (30, 18)], "val": [(42, 1), (73, 90)]}
    for half, images in numbers.items():
        prefix = f"COCO_{half}2014_" if year == 2014 else ""
        names = [f"{prefix}{number:012d}.jpg" for number in images]
        content = {
            "info": {"year": year},
            "images": [
                {"id": n, "file_name": f, "height": 40, "width": 48, "license": 3}
                for n, f in zip(images, names, strict=True)
            ],
            "annotations": [
                {"segmentation": [[1.5, 2, 3, 4]], "area": 7.0, "iscrowd": 0, "image_id": image,
                 "bbox": [1, 2, 3, 4], "category_id": category, "id": 100 + k}
                for k, (image, category) in enumerate(objects[half])
            ],
            "categories": categories,
        }  # fmt: skip
        write(
            root / "coco" / "annotations" / f"instances_{half}{year}.json", json.dumps(content)
        )  # fmt: skip
        for k, name in enumerate(names):
            picture(root / "coco" / f"{half}{year}" / name, 40 * k + (5 if half == "val" else 0))


def imagenet100(root: Path) -> None:
    base = root / "imagenet100"
    lines = {
        "test": ["val_image/a.JPEG 1 0 0", "val_image/b.JPEG 0 1 0"],
        "train": ["image/c.JPEG 1 0 0"],
        "database": ["image/c.JPEG 1 0 0", "image/d.JPEG 0 0 1"],
    }
    for part, content in lines.items():
        write(base / f"{part}.txt", "\n".join(content) + "\n")
    for k, name in enumerate("abcd"):
        picture(base / ("val_image" if k < 2 else "image") / f"{name}.JPEG", 50 * k)


def names(dataset: Dataset) -> dict[str, set[str]]:
    return {
        str(path): {dataset.classes[k] for k in np.flatnonzero(row)}
        for path, row in zip(dataset.attributes["path"], dataset.labels, strict=True)
    }


def levels(dataset: Dataset) -> list[int]:
    return dataset.images.reshape(len(dataset), -1).mean(1).round().astype(int).tolist()


def few_concepts(root: Path, concepts: int) -> Dataset:
    listing = list_nuswide(root / "NUS-WIDE", concepts)
    return pictures.load_pictures("nuswide", listing, 16)


def test_nuswide_is_read_from_its_lists(tmp_path: Path) -> None:
    nuswide(tmp_path)
    dataset = few_concepts(tmp_path, 4)
    assert dataset.classes == ("car", "person", "sky", "zebra")
    assert names(dataset) == {
        "actor/0000_0.jpg": {"sky", "zebra"},
        "actor/0001_1.jpg": {"sky", "person"},
        "actor/0002_2.jpg": {"person"},
        "actor/0003_3.jpg": {"sky"},
        "actor/0004_4.jpg": {"sky", "person", "car"},
        "actor/0005_5.jpg": set(),
    }
    assert levels(dataset) == pytest.approx([0, 20, 40, 60, 80, 100], abs=1)
    assert "pictures without a label: 1 of 6" in dataset.report


def test_few_concepts_are_the_frequent_ones_and_leave_images_out(tmp_path: Path) -> None:
    nuswide(tmp_path)
    dataset = few_concepts(tmp_path, 2)
    assert dataset.classes == ("person", "sky")
    assert len(dataset) == 5
    assert dataset.labels.any(1).all()
    assert "images without any of the 2 concepts, left out: 1" in dataset.report


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("Groundtruth/AllLabels/Labels_sky.txt", "1\n0\n", "got 2 for 6 images"),
        ("Groundtruth/AllLabels/Labels_sky.txt", "1\n0\n2\n0\n0\n0\n", "holds 0 or 1.*got '2'"),
    ],
)
def test_lists_of_nuswide_that_do_not_fit_are_told(tmp_path, file, text, message) -> None:
    nuswide(tmp_path)
    write(tmp_path / "NUS-WIDE" / file, text)
    with pytest.raises(ValueError, match=message):
        few_concepts(tmp_path, 4)


@pytest.mark.parametrize(("name", "labels"), [("mirflickr24", 24), ("mirflickr38", 38)])
def test_mirflickr_has_a_list_per_label(tmp_path: Path, name: str, labels: int) -> None:
    mirflickr(tmp_path)
    dataset = load_dataset(f"{name}?size=16", tmp_path)
    assert len(dataset.classes) == labels
    assert names(dataset)["im3.jpg"] >= {"label02", "label14"}
    assert ("label02_r1" in names(dataset)["im3.jpg"]) == (labels == 38)
    assert names(dataset)["im12.jpg"] >= {f"label{k:02d}" for k in range(24)}
    assert dataset.attributes["path"].tolist() == [f"im{k}.jpg" for k in range(1, 13)]


def test_lists_of_mirflickr_that_do_not_fit_are_told(tmp_path: Path) -> None:
    mirflickr(tmp_path, relevant=False)
    with pytest.raises(ValueError, match="has 38 lists of labels, got 24"):
        load_dataset("mirflickr38", tmp_path)
    write(tmp_path / "mirflickr25k" / "annotations" / "label03.txt", "7\n25001\n")
    with pytest.raises(ValueError, match=r"Line 2 of 'label03.txt' is '25001'; .* 1 to 25000"):
        load_dataset("mirflickr24", tmp_path)
    write(tmp_path / "mirflickr25k" / "annotations" / "label03.txt", "7\n13\n14\n")
    report = load_dataset("mirflickr24?size=16", tmp_path).report
    assert "pictures with labels that are not there: 2" in report


def test_voc2012_keeps_its_halves_and_what_is_hard_to_see_is_no_label(tmp_path: Path) -> None:
    voc2012(tmp_path)
    dataset = load_dataset("voc2012?size=16", tmp_path)
    assert names(dataset) == {
        "2008_000008.jpg": {"horse", "person"},
        "2008_000015.jpg": set(),
        "2008_000019.jpg": {"dog"},
        "2009_1.jpg": {"cat"},
        "2009_2.jpg": {"cat"},
    }
    assert dataset.official is not None
    assert dataset.official.tolist() == [0, 0, 0, 1, 1]
    drawn = split(dataset)
    assert (sorted(drawn.query), sorted(drawn.database)) == ([3, 4], [0, 1, 2])


def test_lists_of_voc_that_do_not_fit_are_told(tmp_path: Path) -> None:
    voc2012(tmp_path)
    lists = tmp_path / "VOCdevkit" / "VOC2012" / "ImageSets" / "Main"
    write(lists / "cat_val.txt", "2009_1  1\n2009_9 -1\n")
    with pytest.raises(ValueError, match=r"Line 2 of 'cat_val.txt' is '2009_9 -1'"):
        load_dataset("voc2012", tmp_path)
    write(lists / "val.txt", "2008_000008\n")
    with pytest.raises(ValueError, match="not in both"):
        load_dataset("voc2012", tmp_path)


@pytest.mark.parametrize("year", [2014, 2017])
def test_coco_has_the_categories_of_its_objects(tmp_path: Path, year: int) -> None:
    coco(tmp_path, year)
    dataset = load_dataset(f"coco{year}?size=16", tmp_path)
    assert dataset.classes == ("person", "dog", "toothbrush")
    assert [sorted(found) for found in names(dataset).values()] == [
        ["dog", "person"], ["toothbrush"], ["dog"], [], ["person"], ["toothbrush"],
    ]  # fmt: skip
    assert dataset.official is not None
    assert dataset.official.tolist() == [0, 0, 0, 0, 1, 1]
    assert levels(dataset) == pytest.approx([0, 40, 80, 120, 5, 45], abs=1)
    assert "pictures without a label: 1 of 6" in dataset.report


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: c["annotations"][0].update(image_id=77),
            r"unlisted .*: \(77, 1\)",
        ),
        (
            lambda c: c["annotations"][0].update(category_id=5),
            r"unlisted .*: \(42, 5\)",
        ),
        (lambda c: c["annotations"][0].update(image_id=[42]), "has the numbers image_id"),
        (lambda c: c["annotations"][0].pop("image_id"), "has the numbers image_id and category_id"),
        (lambda c: c["images"].append(c["images"][0]), "has a file_name and an id of its own"),
        (lambda c: c["images"][0].pop("file_name"), "has a file_name and an id of its own"),
        (lambda c: c.pop("images"), "is not a COCO instances file"),
        (lambda c: c["categories"].pop(), "Both halves need the same categories"),
    ],
)
def test_instances_of_coco_that_do_not_fit_are_told(
    tmp_path: Path, change: Callable, message: str
) -> None:
    coco(tmp_path)
    file = tmp_path / "coco" / "annotations" / "instances_val2014.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        load_dataset("coco2014", tmp_path)
    file.write_text(file.read_text()[:200])
    with pytest.raises(ValueError, match="or is incomplete"):
        load_dataset("coco2014", tmp_path)


def test_imagenet100_is_its_lists(tmp_path: Path) -> None:
    imagenet100(tmp_path)
    dataset = load_dataset("imagenet100?size=16", tmp_path)
    assert not dataset.multi_label
    drawn = split(dataset)
    path = dataset.attributes["path"]
    assert set(path[drawn.query]) == {"val_image/a.JPEG", "val_image/b.JPEG"}
    assert set(path[drawn.train]) == {"image/c.JPEG"}
    assert set(path[drawn.database]) == {"image/c.JPEG", "image/d.JPEG"}
    same = load_dataset(f"lists:{tmp_path / 'imagenet100'}?size=16")
    assert np.array_equal(same.labels, dataset.labels)
    assert split(same).protocol.name == "lists"


def test_a_list_may_give_the_number_of_the_class(tmp_path: Path) -> None:
    imagenet100(tmp_path)
    base = tmp_path / "imagenet100"
    write(base / "test.txt", "val_image/a.JPEG 0\nval_image/b.JPEG 1\n")
    write(base / "train.txt", "image/c.JPEG 0\n")
    write(base / "database.txt", "image/c.JPEG 0\nimage/d.JPEG 2\n")
    assert load_dataset("imagenet100?size=16", tmp_path).labels.sum(0).tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "image/c.JPEG",
            r"Line 2 of 'train.txt' is 'image/c.JPEG'; it needs a path and 3 number\(s\)",
        ),
        ("image/d.JPEG 1 0", r"is 'image/d.JPEG 1 0'; it needs a path and 3 number\(s\)"),
        ("image/d.JPEG 0 0 2", "Line 2 of .*; a label is 0 or 1"),
        ("image/d.JPEG cat x y", "a path and 3"),
        ("val_image/a.JPEG 0 1 0", "disagree about the labels of 'val_image/a.JPEG'"),
    ],
)
def test_lines_of_a_list_that_do_not_fit_are_told(tmp_path: Path, line: str, message: str) -> None:
    imagenet100(tmp_path)
    write(tmp_path / "imagenet100" / "train.txt", f"image/c.JPEG 1 0 0\n{line}\n")
    with pytest.raises(ValueError, match=message):
        load_dataset("imagenet100", tmp_path)


@pytest.mark.parametrize("name", RELEASED)
def test_absent_files_are_one_sentence_that_says_how_to_get_them(name: str, tmp_path: Path) -> None:
    with pytest.raises(MissingData) as error:
        load_dataset(name, tmp_path)
    message = str(error.value)
    assert "\n" not in message
    assert "http" in message
    assert str(tmp_path) in message
    assert "GB" in message or " MB" in message or "MiB" in message


@pytest.mark.parametrize("name", ["coco2014", "voc2012"])
def test_lists_without_their_photographs_say_how_to_get_them(name: str, tmp_path: Path) -> None:
    build, folder = {"coco2014": (coco, "coco"), "voc2012": (voc2012, "VOCdevkit")}[name]
    build(tmp_path)
    for file in (tmp_path / folder).rglob("*.jpg"):
        file.unlink()
    with pytest.raises(MissingData, match=r"no pictures to read in .*missing pictures: .* GB"):
        load_dataset(name, tmp_path)


TREES = {
    "mirflickr38": (mirflickr, "mirflickr25k/mirflickr"),
    "voc2012": (voc2012, "VOCdevkit/VOC2012/JPEGImages"),
    "coco2014": (coco, "coco/train2014"),
    "imagenet100": (imagenet100, "imagenet100/image"),
}


@pytest.mark.parametrize("name", TREES)
def test_missing_and_broken_pictures_are_told_and_the_others_kept(
    name: str, tmp_path: Path
) -> None:
    build, folder = TREES[name]
    build(tmp_path)
    whole = load_dataset(f"{name}?size=16", tmp_path)
    gone, broken = sorted((tmp_path / folder).iterdir())[:2]
    gone.unlink()
    broken.write_bytes(broken.read_bytes()[:300])
    if name == "imagenet100":
        with pytest.raises(ValueError, match="leaves the train set empty"):
            split(load_dataset("imagenet100?size=16", tmp_path))
    dataset = load_dataset(f"{name}?size=16", tmp_path)
    assert len(dataset) == len(whole) - 2
    report = " ".join(dataset.report)
    assert "missing pictures: 1" in report or "labels that are not there: 1" in report
    assert "pictures that cannot be read: 1" in report
    left = set(whole.attributes["path"].tolist()) - set(dataset.attributes["path"].tolist())
    assert {Path(path).name for path in left} == {gone.name, broken.name}


def test_a_picture_that_is_listed_twice_has_the_labels_of_both(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 10)
    labels = np.array([[1, 0], [0, 1]], bool)
    listing = pictures.Listing(
        base=tmp_path, paths=["a.png", "a.png"], labels=labels, classes=["p", "q"]
    )
    dataset = pictures.load_pictures("x", listing, 16)
    assert dataset.labels.tolist() == [[True, True]]
    assert dataset.report == ("pictures listed again, labels joined: 1 (a.png)",)


def test_very_many_pictures_lie_in_the_cache_and_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coco(tmp_path)
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))
    broken = tmp_path / "coco" / "train2014" / "COCO_train2014_000000000025.jpg"
    broken.write_bytes(b"no picture")
    small = load_dataset("coco2014?size=16", tmp_path)
    monkeypatch.setattr(pictures, "IN_MEMORY", 0)
    seen: list[int] = []
    large = load_dataset("coco2014?size=16", tmp_path, progress=lambda done, _: seen.append(done))
    assert isinstance(large.images.base, np.memmap) or isinstance(large.images, np.memmap)
    assert seen == [1, 2, 3, 4, 5, 6]
    for again in (large, load_dataset("coco2014?size=16", tmp_path)):
        assert np.array_equal(again.images, small.images)
        assert np.array_equal(again.labels, small.labels)
        assert again.report == small.report
    assert seen == [1, 2, 3, 4, 5, 6]
    picture(broken, 200)
    assert len(load_dataset("coco2014?size=16", tmp_path)) == 6
    assert len(list((tmp_path / "cache" / "pictures").iterdir())) == 2


def test_more_pictures_than_the_disk_holds_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coco(tmp_path)
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pictures, "IN_MEMORY", 0)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=6 * 16**2))
    with pytest.raises(ValueError, match=r"6 pictures of 16x16 pixels take .* HASHVIZ_CACHE"):
        load_dataset("coco2014?size=16", tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=18 * 16**2))
    assert len(load_dataset("coco2014?size=16", tmp_path)) == 6


def test_an_interrupted_reading_leaves_nothing_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coco(tmp_path)
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pictures, "IN_MEMORY", 0)

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_dataset("coco2014?size=16", tmp_path, progress=stop)
    assert not list((tmp_path / "cache" / "pictures").iterdir())
    assert len(load_dataset("coco2014?size=16", tmp_path)) == 6


def test_methods_for_several_labels_learn_from_data_in_the_shape_of_coco(tmp_path: Path) -> None:
    from hashviz.config import TrainConfig
    from hashviz.training.jobs import train

    base = tmp_path / "set"
    rng = np.random.default_rng(0)
    lines = []
    for k in range(60):
        first, second = rng.choice(4, 2, replace=False)
        file = base / f"{k}.png"
        file.parent.mkdir(exist_ok=True)
        colors = np.zeros((24, 24, 3), np.uint8)
        colors[:, :12] = [60 * first, 255 - 60 * first, 80]
        colors[:, 12:] = [60 * second, 255 - 60 * second, 80]
        Image.fromarray(colors).save(file)
        lines.append(json.dumps({"path": f"{k}.png", "labels": [f"c{first}", f"c{second}"]}))
    write(base / "labels.jsonl", "\n".join(lines) + "\n")
    for method in ("csq", "hybrid-centers"):
        config = TrainConfig(
            method=method, data=f"folder:{base}?size=32", bits=16, epochs=2, backbone="small",
            batch_size=24, device="cpu",
        )  # fmt: skip
        run = train(config, runs=tmp_path / "runs")
        assert run.data["multi_label"]
        assert 0 < run.scores["map"]["expected"] <= 1
