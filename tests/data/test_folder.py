"""A folder of pictures: classes from folders or from a table, and nothing dropped in silence."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hashviz.data import MissingData, load_dataset, pictures
from hashviz.data.overview import LONG, brief, summary
from hashviz.data.protocols import split
from hashviz.data.readers.folder import read_folder


def picture(file: Path, level: int = 100, size: tuple[int, int] = (90, 70)) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (level, level, level)).save(file)
    return file.name


def levels(dataset) -> dict[str, int]:
    means = dataset.images.reshape(len(dataset), -1).mean(1).round().astype(int)
    return dict(zip(dataset.attributes["path"].tolist(), means.tolist(), strict=True))


def names(dataset) -> dict[str, list[str]]:
    return {
        str(path): [name for name, has in zip(dataset.classes, row, strict=True) if has]
        for path, row in zip(dataset.attributes["path"], dataset.labels, strict=True)
    }


@pytest.fixture
def holiday(tmp_path):
    for k in range(5):
        picture(tmp_path / "holiday" / "sea" / f"{k}.png", 10 + k)
        picture(tmp_path / "holiday" / "alps" / "2026" / f"{k}.PNG", 100 + k)
    return tmp_path / "holiday"


def test_folders_are_classes_in_alphabetical_order(holiday):
    dataset = load_dataset(f"folder:{holiday}?size=16")
    assert (dataset.name, dataset.size, dataset.images.shape[3]) == ("folder-holiday", (16, 16), 3)
    assert dataset.classes == ("alps", "sea")
    assert not dataset.multi_label
    assert dataset.report == ()
    assert levels(dataset) == {
        **{f"alps/2026/{k}.PNG": 100 + k for k in range(5)},
        **{f"sea/{k}.png": 10 + k for k in range(5)},
    }
    assert names(dataset)["sea/3.png"] == ["sea"]
    assert len(split(dataset).query) == 2


def test_the_order_does_not_depend_on_the_file_system(holiday, monkeypatch):
    import os

    first = read_folder(holiday)
    walk = os.walk
    monkeypatch.setattr(
        os, "walk", lambda *a, **k: ((f, d[::-1], n[::-1]) for f, d, n in walk(*a, **k))
    )
    second = read_folder(holiday)
    assert first.attributes["path"].tolist() == second.attributes["path"].tolist()
    assert np.array_equal(first.images, second.images)


def test_what_cannot_be_read_is_counted_and_named(holiday):
    (holiday / "sea" / "empty.jpg").touch()
    (holiday / "sea" / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(50))
    (holiday / "sea" / "notes.txt").write_text("warm")
    (holiday / "void").mkdir()
    (holiday / "void" / "broken.png").write_text("no")
    picture(holiday / "stray.png")
    dataset = read_folder(holiday)
    assert len(dataset) == 10
    report = "\n".join(dataset.report)
    assert "sea/empty.jpg: The file is empty (0 bytes)." in report
    assert "pictures that cannot be read: 3 (" in report
    assert "export the picture as JPEG" in report
    assert "files without the name of a picture: 1 (sea/notes.txt)" in report
    assert "outside the class folders, left out: 1 (stray.png)" in report
    assert "classes without a picture: 1 (void)" in report
    assert dataset.classes == ("alps", "sea")


def test_every_file_left_out_is_told_and_a_long_list_is_cut_only_where_it_is_printed(holiday):
    for k in range(9):
        (holiday / "sea" / f"x{k}.jpg").touch()
    (line,) = read_folder(holiday).report
    assert line.startswith("pictures that cannot be read: 9 (")
    assert all(f"x{k}.jpg: The file is empty" in line for k in range(9))
    assert len(brief(line)) < len(line)
    assert brief(line)[:LONG] == line[:LONG]
    assert "config.json of the run" in brief(line)


def test_classes_that_can_hardly_be_meant_are_told(tmp_path):
    for half in ("train", "val"):
        for k in range(2):
            picture(tmp_path / "halves" / half / "cats" / f"{k}.png")
    (line,) = read_folder(tmp_path / "halves").report
    assert line.startswith("the folders train and val are used as classes")
    for name in ("a", "b"):
        picture(tmp_path / "single" / name / "1.png")
    picture(tmp_path / "single" / "b" / "2.png")
    (tmp_path / "single" / "void").mkdir()
    empty, lonely = read_folder(tmp_path / "single").report
    assert empty == "classes without a picture: 1 (void)"
    assert lonely == "classes with one picture, which has no match: 1 (a)"


@pytest.mark.parametrize("comma", [" ", ", "])
def test_several_labels_without_a_separator_are_told(tmp_path, comma):
    kinds = [comma.join(kind) for kind in (("sea",), ("sun",), ("sea", "sun"), ("sun", "sea"))]
    for k in range(8):
        picture(tmp_path / f"{k}.png")
    rows = "\n".join(f'{k}.png,"{kinds[k % 4]}"' for k in range(8))
    (tmp_path / "labels.csv").write_text("path,tags\n" + rows)
    (line,) = read_folder(tmp_path).report
    assert "4 classes made of 2 words; separate several labels" in line


@pytest.mark.parametrize("in_memory", [8 << 20, 0], ids=["few", "many"])
def test_small_pictures_are_not_enlarged_without_a_word(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(pictures, "IN_MEMORY", in_memory)
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))
    for name, size in {"a": (32, 32), "b": (90, 40), "c": (64, 64)}.items():
        picture(tmp_path / "own" / f"{name}.png", size=size)
    for _ in range(2):  # read, and from the cache
        told = read_folder(tmp_path / "own").report[0]
        assert told == (
            "pictures smaller than 64x64 pixels, enlarged: 2 of 3 (?size=32 suits the smallest)"
        )
    assert "enlarged" not in "".join(read_folder(tmp_path / "own", size=32).report)


def test_hidden_files_and_folders_are_not_seen(holiday):
    picture(holiday / "sea" / ".thumbnail.png")
    picture(holiday / ".cache" / "a.png")
    picture(holiday / "__MACOSX" / "a.png")
    dataset = read_folder(holiday)
    assert len(dataset) == 10
    assert dataset.report == ()


@pytest.mark.parametrize("in_memory", [8 << 20, 0], ids=["few", "many"])
def test_names_that_are_not_utf8_are_read_and_shown(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(pictures, "IN_MEMORY", in_memory)
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))
    folder = os.fsencode(tmp_path) + b"/\xe9t\xe9"
    try:
        Path(os.fsdecode(folder)).mkdir()
        for name in (b"caf\xe9.png", b"tea.png"):
            Image.new("RGB", (9, 9), (7, 7, 7)).save(os.fsdecode(folder + b"/" + name))
    except (OSError, ValueError):
        pytest.skip("this file system takes UTF-8 only")
    dataset = read_folder(tmp_path)
    assert names(dataset) == {
        r"\xe9t\xe9/caf\xe9.png": [r"\xe9t\xe9"],
        r"\xe9t\xe9/tea.png": [r"\xe9t\xe9"],
    }
    assert dataset.images.max() == 7
    assert r"names that are not UTF-8, kept with \x for their bytes: 2" in dataset.report[0]
    "".join((*dataset.report, *dataset.classes, *dataset.attributes["path"])).encode()


def test_links_out_of_the_folder_are_not_followed(holiday, tmp_path):
    picture(tmp_path / "secret" / "a.png", 250)
    (holiday / "sea" / "link.png").symlink_to(tmp_path / "secret" / "a.png")
    (holiday / "sea" / "inner.png").symlink_to(holiday / "sea" / "0.png")
    (holiday / "sea" / "loop.png").symlink_to(holiday / "sea" / "loop.png")
    (holiday / "secret").symlink_to(tmp_path / "secret")
    dataset = read_folder(holiday)
    assert max(levels(dataset).values()) < 250
    assert levels(dataset)["sea/inner.png"] == 10
    assert "linked folders, not followed: 1 (secret)" in dataset.report
    assert "pictures that lie outside the folder, not read: 1 (sea/link.png)" in dataset.report
    assert "missing pictures: 1 (sea/loop.png)" in dataset.report


def test_the_folder_itself_may_be_a_link(holiday, tmp_path):
    (tmp_path / "shortcut").symlink_to(holiday)
    assert len(read_folder(tmp_path / "shortcut")) == 10


def test_a_flat_folder_has_no_labels_and_pretends_none(tmp_path):
    for k in range(6):
        picture(tmp_path / f"{k}.jpg", 40 * k)
    dataset = read_folder(tmp_path)
    assert dataset.classes == ("unlabeled",)
    assert not dataset.labels.any()
    assert dataset.report == ("pictures without a label: 6 of 6",)
    assert len(split(dataset).query) == 1


@pytest.mark.parametrize("separator", [";", "|", " ; "])
def test_a_table_with_one_column_of_labels(tmp_path, separator):
    picture(tmp_path / "a.png", 1)
    picture(tmp_path / "in" / "b.png", 2)
    picture(tmp_path / "c.png", 3)
    table = f"Image, Labels\nin\\b.png,sea{separator}sun\na.png,sun\nc.png,\n\n"
    (tmp_path / "labels.csv").write_text("\ufeff" + table)
    for path in (tmp_path, tmp_path / "labels.csv"):
        dataset = load_dataset(f"folder:{path}")
        assert names(dataset) == {"in/b.png": ["sea", "sun"], "a.png": ["sun"], "c.png": []}
        assert dataset.classes == ("sea", "sun")
        assert dataset.report[0] == "pictures without a label: 1 of 3"


def test_a_table_with_one_column_per_class(tmp_path):
    for k in range(3):
        picture(tmp_path / f"{k}.png", k)
    (tmp_path / "labels.csv").write_text(
        'sun,path,"sea, calm",never\n1,0.png,1,0\n0,1.png,TRUE,0\n,2.png,,\n'
    )
    dataset = read_folder(tmp_path)
    assert dataset.classes == ("sun", "sea, calm")
    assert names(dataset) == {"0.png": ["sun", "sea, calm"], "1.png": ["sea, calm"], "2.png": []}
    assert "classes without a picture: 1 (never)" in dataset.report


def test_a_table_as_pascal_voc_writes_it_beside_a_folder_of_images(tmp_path):
    picture(tmp_path / "images" / "1.png", 1)
    picture(tmp_path / "images" / "2.png", 2)
    (tmp_path / "labels.csv").write_text("image,width,cat,dog\n1.png,353,-1,1\n2.png,335,1,0\n")
    dataset = read_folder(tmp_path)
    assert names(dataset) == {"1.png": ["dog"], "2.png": ["cat"]}
    assert dataset.report[0] == "columns that do not hold 0 and 1, not used: 1 (width)"


def test_rows_of_a_table_that_lead_nowhere_are_reported(tmp_path):
    picture(tmp_path / "secret.png", 250)
    base = tmp_path / "base"
    picture(base / "a.png", 5)
    rows = ["a.png,x", "a.png,y", "gone.png,x", "../secret.png,x", f"{tmp_path}/secret.png,x"]
    (base / "labels.csv").write_text("path,labels\n" + "\n".join(rows))
    dataset = read_folder(base)
    assert names(dataset) == {"a.png": ["x", "y"]}
    assert dataset.report[0] == "pictures listed again, labels joined: 1 (a.png)"
    assert dataset.report[1].startswith("pictures that lie outside the folder, not read: 2")
    assert dataset.report[2] == "missing pictures: 1 (gone.png)"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "needs a header and one row per picture"),
        ("path,labels\n", "needs a header and one row per picture"),
        (
            "name,labels\na.png,x",
            "needs a column named path or .*, got name",
        ),
        (
            "path,sea,sun\na.png,1,2\nb.png,1,1\nc.png,,0",
            r"Line 2 of .* is 'a.png,1,2'; under 'sun' it needs 0 or 1, or name one",
        ),
        ("path,wide\na.png,40", "needs a column named labels or .*, got path, wide"),
        ("path,labels\na.png,x,y", "Line 2 of .* is 'a.png,x,y'; it needs 2 columns, not 3"),
        ('path,labels\n"a.png,x', "is not CSV text in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(tmp_path, table, message):
    picture(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text(table)
    with pytest.raises(ValueError, match=message):
        read_folder(tmp_path)


def test_a_table_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "labels.csv").write_bytes("path,labels\na.png,mär".encode("latin-1"))
    with pytest.raises(ValueError, match="UTF-8"):
        read_folder(tmp_path)


def test_nothing_to_read_is_told(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("nowhere", "loop"):
        with pytest.raises(MissingData, match=rf"There is no folder .*{name}"):
            read_folder(tmp_path / name)
    (tmp_path / "loop").unlink()
    with pytest.raises(MissingData, match=r"There are no pictures to read in .*JPEG"):
        read_folder(tmp_path)
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(MissingData, match=r"There are no pictures.*a\.png: This is not a picture"):
        read_folder(tmp_path)


@pytest.mark.parametrize("size", [0, 7, 1025])
def test_sizes_out_of_range_are_refused(holiday, size):
    with pytest.raises(ValueError, match=f"8 to 1024 pixels wide, got size={size}"):
        load_dataset(f"folder:{holiday}?size={size}")


def test_progress_is_told_picture_by_picture(holiday):
    told = []
    load_dataset(f"folder:{holiday}", progress=lambda done, total: told.append((done, total)))
    assert told == [(k, 10) for k in range(1, 11)]


def test_an_interruption_ends_at_once(holiday):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_folder(holiday, progress=stop)
    assert threading.active_count() < 12


def test_names_with_odd_letters_make_a_plain_name_of_the_data_set(tmp_path):
    folder = tmp_path / "Ferien: 2026 <b>ä"
    picture(folder / "🏖" / "ö;1.png")
    dataset = read_folder(folder)
    assert dataset.name == "folder-Ferien-2026-b"
    assert dataset.classes == ("🏖",)


@pytest.mark.parametrize("name", ["labels.jsonl", "elsewhere.jsonl"])
def test_a_table_may_be_json_lines(tmp_path: Path, name: str) -> None:
    for k in range(3):
        picture(tmp_path / f"{k}.png", 10 * k)
    lines = [
        '{"path": "0.png", "labels": ["sea", "sky"], "width": 40}',
        "",
        '{"File": "1.png", "label": "sea"}',
        '{"path": "2.png"}',
        '{"path": "0.png", "labels": ["boat"]}',
    ]
    (tmp_path / name).write_text("\n".join(lines))
    dataset = read_folder(tmp_path if name == "labels.jsonl" else tmp_path / name, size=16)
    assert names(dataset) == {"0.png": ["boat", "sea", "sky"], "1.png": ["sea"], "2.png": []}
    assert "pictures without a label: 1 of 3" in dataset.report
    assert "pictures listed again, labels joined: 1 (0.png)" in dataset.report


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"path": "0.png"\n', "Line 1 of .* is not a JSON object in UTF-8"),
        ('["0.png", "sea"]\n', "Line 1 of .* is not a JSON object in UTF-8"),
        ('{"path": "0.png"}\n{"labels": ["sea"]}\n', "Line 2 of .* needs a path, and labels"),
        ('{"path": "0.png", "labels": [1.5]}\n', "Line 1 of .* needs a path, and labels"),
        ("\n", "one row per picture, it has none"),
    ],
)
def test_json_lines_that_cannot_be_understood_are_told(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "labels.jsonl").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_folder(tmp_path)


def test_the_line_before_training_says_classes_and_labels(tmp_path):
    for k in range(6):
        picture(tmp_path / f"{k}.png", 40 * k)
    assert summary(read_folder(tmp_path)) == "6 pictures of 64x64 pixels, no labels"
    rows = "0.png,sea;sun\n1.png,sun\n2.png,\n3.png,sea\n4.png,sun\n5.png,sun"
    (tmp_path / "labels.csv").write_text("path,labels\n" + rows)
    assert summary(read_folder(tmp_path)) == (
        "6 pictures of 64x64 pixels, 2 classes of 2 (sea) to 4 (sun) pictures, 0 to 2 labels each, "
        "1.00 on average"
    )
