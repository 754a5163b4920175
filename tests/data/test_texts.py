"""Lists that somebody else wrote: their paths, paths that lead out, text that is none."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hashviz.data import load_dataset
from hashviz.data.base import Dataset, MissingData
from hashviz.data.protocols import split
from hashviz.data.readers.voc import CLASSES
from hashviz.data.texts import below, inward, lines_of


def picture(file: Path, level: int = 100) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), (level, level, level)).save(file)


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def lists(base: Path, test: str, train: str, database: str) -> Path:
    for part, text in (("test", test), ("train", train), ("database", database)):
        write(base / f"{part}.txt", text)
    return base


def paths(dataset: Dataset) -> list[str]:
    return dataset.attributes["path"].tolist()


PARTS = st.lists(st.sampled_from(["a", "b", "..", ".", "c.jpg"]), min_size=1, max_size=6)


@given(parts=PARTS, absolute=st.booleans())
def test_a_path_leads_inward_where_resolving_it_never_leaves(parts: list[str], absolute: bool):
    path = "/" * absolute + "/".join(parts)
    if inward(path):
        assert (Path("/base") / path).resolve().is_relative_to("/base")
    else:
        assert absolute or ".." in parts


def test_the_longest_end_of_a_path_that_is_a_file_is_meant(tmp_path):
    for name in ("a.jpg", "image/a.jpg", "x/image/a.jpg"):
        picture(tmp_path / name)
    assert below(tmp_path, "/home/author/image/a.jpg") == "image/a.jpg"
    assert below(tmp_path, "../x/image/a.jpg") == "x/image/a.jpg"
    assert below(tmp_path, "x\\image\\a.jpg") == "x/image/a.jpg"
    assert below(tmp_path, "/home/a.jpg") == "a.jpg"
    assert below(tmp_path, "/home/image/b.jpg") == "/home/image/b.jpg"
    assert below(tmp_path, "image/b" + 300 * "b") == "image/b" + 300 * "b"


def test_lists_as_hashnet_published_them_name_the_folders_of_their_author(tmp_path):
    home = "/home/caozhangjie/run-czj/dataset/imagenet"
    for name in ("val_image/a.JPEG", "image/b.JPEG", "image/c.JPEG"):
        picture(tmp_path / "imagenet100" / name)
    lists(
        tmp_path / "imagenet100",
        f"{home}/val_image/a.JPEG 1 0\n",
        f"{home}/image/b.JPEG 1 0\n",
        f"{home}/image/b.JPEG 1 0\n{home}/image/c.JPEG 0 1\n",
    )
    dataset = load_dataset("imagenet100?size=16", tmp_path)
    assert paths(dataset) == ["image/b.JPEG", "image/c.JPEG", "val_image/a.JPEG"]
    assert dataset.report == ()
    assert split(dataset).query.tolist() == [2]


def test_pictures_outside_the_folder_are_told_and_not_read(tmp_path):
    picture(tmp_path / "secret.png", 250)
    for name in "abc":
        picture(tmp_path / "set" / f"{name}.png")
    base = lists(
        tmp_path / "set", "a.png 0\n", "b.png 0\n", f"b.png 0\nc.png 1\n{tmp_path}/secret.png 1\n"
    )
    dataset = load_dataset(f"lists:{base}?size=16")
    assert paths(dataset) == ["a.png", "b.png", "c.png"]
    assert f"outside the folder, not read: 1 ({tmp_path}/secret.png)" in dataset.report[0]
    for half, name in (("train", "../../secret.png"), ("val", "a.jpg")):
        content = {
            "images": [{"id": 1, "file_name": name}],
            "annotations": [],
            "categories": [{"id": 1, "name": "person"}],
        }
        file = tmp_path / "coco" / "annotations" / f"instances_{half}2014.json"
        write(file, json.dumps(content))
    picture(tmp_path / "coco" / "val2014" / "a.jpg")
    dataset = load_dataset("coco2014?size=16", tmp_path)
    assert paths(dataset) == ["val2014/a.jpg"]
    assert "not read: 1 (train2014/../../secret.png)" in dataset.report[0]


def test_names_that_no_file_can_have_are_missing_pictures(tmp_path):
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    long, nul = "x" * 300 + ".png", "x\0y.png"
    base = lists(tmp_path, "a.png 0\n", "b.png 0\n", f"b.png 0\n{long} 0\n{nul} 0\n")
    (line,) = load_dataset(f"lists:{base}?size=16").report
    assert line.startswith("missing pictures: 2 (")


@pytest.mark.parametrize("number", ["10000", "9999999", "9" * 5000])
def test_the_number_of_a_class_out_of_range_is_told(tmp_path, number):
    picture(tmp_path / "a.png")
    base = lists(tmp_path, "a.png 0\n", f"\na.png {number}\n", "a.png 0\n")
    with pytest.raises(ValueError, match=r"Line 1 of 'train\.txt' is .*a number below 10,000"):
        load_dataset(f"lists:{base}")


LISTS = {
    "nuswide81": "NUS-WIDE/ImageList/Imagelist.txt",
    "mirflickr24": "mirflickr25k/annotations/sky.txt",
    "voc2012": "VOCdevkit/VOC2012/ImageSets/Main/train.txt",
    "imagenet100": "imagenet100/test.txt",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_not_text_is_named(tmp_path, name):
    file = tmp_path / LISTS[name]
    file.parent.mkdir(parents=True)
    if name == "mirflickr24":
        picture(tmp_path / "mirflickr25k" / "mirflickr" / "im1.jpg")
        for k in range(23):
            write(file.parent / f"label{k}.txt", "1\n")
    file.write_bytes(b"\xff\xd8\xff\xe0 a picture by mistake")
    with pytest.raises(ValueError, match=f"The list .*{file.name}' is not text in UTF-8") as error:
        load_dataset(name, tmp_path)
    assert not isinstance(error.value, UnicodeDecodeError)


def test_lines_are_without_blanks_and_a_missing_list_is_named(tmp_path):
    file = tmp_path / "list.txt"
    file.write_bytes(b"\xef\xbb\xbf a.jpg 1 \r\n\r\n\tb.jpg\r\n")
    assert lines_of(file) == ["a.jpg 1", "b.jpg"]
    with pytest.raises(MissingData, match=r"There is no .*gone\.txt'"):
        lines_of(tmp_path / "gone.txt")


def test_a_class_list_of_voc_that_ends_early_is_told(tmp_path):
    main = tmp_path / "VOCdevkit" / "VOC2012" / "ImageSets" / "Main"
    for half, names in (("train", ["1", "2"]), ("val", ["3"])):
        write(main / f"{half}.txt", "\n".join(names))
        for name in CLASSES:
            write(main / f"{name}_{half}.txt", "".join(f"{k} -1\n" for k in names))
    write(main / "cow_train.txt", "1 -1\n")
    with pytest.raises(ValueError, match=r"line in cow_train\.txt, got 1 for 2 images"):
        load_dataset("voc2012", tmp_path)


def test_mirflickr_counts_the_pictures_that_are_not_there(tmp_path):
    base = tmp_path / "mirflickr25k"
    picture(base / "mirflickr" / "im7.jpg")
    for k in range(24):
        write(base / "annotations" / f"label{k}.txt", "7\n")
    report = load_dataset("mirflickr24?size=16", tmp_path).report
    assert report == ("missing pictures: 24,999 of 25,000",)
    write(base / "annotations" / "label3.txt", "1" * 5000)
    with pytest.raises(ValueError, match=r"label3\.txt' is '111.*the number of a picture, 1 to 25"):
        load_dataset("mirflickr24", tmp_path)


@pytest.mark.parametrize("name", ["set/labels.jsonl", "coco/annotations/instances_train2014.json"])
def test_json_nested_beyond_reason_is_one_sentence(tmp_path, name):
    write(tmp_path / name, "[" * 100_000)
    spec = f"folder:{tmp_path / 'set'}" if name.endswith("jsonl") else "coco2014"
    with pytest.raises(ValueError, match="is not"):
        load_dataset(spec, tmp_path)


def test_an_empty_label_is_none(tmp_path):
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    rows = ['{"path": "a.png", "labels": ["sea", " "]}', '{"path": "b.png", "label": " "}']
    write(tmp_path / "labels.jsonl", "\n".join(rows))
    dataset = load_dataset(f"folder:{tmp_path}?size=16")
    assert dataset.classes == ("sea",)
    assert dataset.report == (
        "pictures without a label: 1 of 2",
        "classes with one picture, which has no match: 1 (sea)",
    )
