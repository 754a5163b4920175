"""Somebody's own pictures by the command line: nothing is replaced, mistaken or kept silent."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hashviz.cli.main import main
from hashviz.config import TrainConfig
from hashviz.data.readers.folder import read_folder
from hashviz.runs import list_runs

Told = tuple[int, str, str]


def pictures(folder: Path, groups: tuple[str, ...] = ("cats", "dogs"), count: int = 5) -> Path:
    """Pictures of 12 by 10 pixels, each another one, in a folder per group."""
    rng = np.random.default_rng(len(str(folder)))
    for group in groups:
        (folder / group).mkdir(parents=True, exist_ok=True)
        for n in range(count):
            pixels = rng.integers(0, 256, (10, 12, 3), np.uint8)
            Image.fromarray(pixels).save(folder / group / f"{group}{n}.png")
    return folder


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Told]:
    """Runs a command in this process; gives status, stdout and stderr."""
    monkeypatch.setenv("HASHVIZ_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))

    def run(*arguments: str) -> Told:
        status = main(arguments)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def learn(cli: Callable[..., Told], data: str, *words: str) -> Told:
    settings = ["--bits", "8", "--backbone", "pixels", "--device", "cpu"]
    return cli("train", "lsh", "--data", data, *settings, *words)


def test_a_run_is_never_replaced_by_one_of_other_pictures(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(pictures(tmp_path / "first" / "pics").parent)
    assert learn(cli, "folder:pics?size=8")[0] == 0
    (run,) = list_runs(tmp_path / "runs")
    made = run.environment["date"], run.data["fingerprint"]
    monkeypatch.chdir(pictures(tmp_path / "second" / "pics", count=6).parent)
    status, _, said = learn(cli, "folder:pics?size=8")
    assert status == 2
    assert f"(10 of 8x8 pixels, checksum {made[1][:8]})" in said
    assert "12 of 8x8 pixels" in said
    assert "--tag" in said
    (run,) = list_runs(tmp_path / "runs")
    assert (run.environment["date"], run.data["fingerprint"]) == made
    assert learn(cli, "folder:pics?size=8", "--tag", "second")[0] == 0
    assert len(list_runs(tmp_path / "runs")) == 2


def test_a_folder_has_one_run_however_it_is_spelled(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(pictures(tmp_path / "pics").parent)
    learn(cli, "folder:pics?size=8")
    monkeypatch.setattr("hashviz.training.jobs.train", None)  # what is there is not trained again
    for path in ("./pics", f"../{tmp_path.name}/pics/", tmp_path / "pics", "pics/cats/.."):
        words = ["--data", f"folder:{path}?size=8", "--backbone", "pixels", "--device", "cpu"]
        assert cli("compare", "lsh", "--bits", "8", "--seeds", "1", *words)[0] == 0


def test_what_is_kept_of_a_changed_folder_is_not_taken_for_a_run_of_it(cli, tmp_path):
    folder = pictures(tmp_path / "pics")
    words = ["compare", "lsh", "--data", f"folder:{folder}?size=8", "--bits", "8", "--seeds", "1"]
    assert cli(*words)[0] == 0
    pictures(folder, count=7)
    status, _, said = cli(*words)
    assert status == 2
    assert "was made from other pictures" in said


def test_search_says_which_file_it_found(cli, tmp_path):
    folder = pictures(tmp_path / "pics")
    rows = [f"{folder}/dogs/dogs{n}.png,dog" for n in range(5)]  # a table may say it all
    rows += [f"cats/cats{n}.png,cat" for n in range(5)]
    (folder / "labels.csv").write_text("path,label\n" + "\n".join(rows))
    learn(cli, f"folder:{folder}?size=8")
    (run,) = list_runs(tmp_path / "runs")
    assert run.query_paths is not None
    assert run.database_paths is not None
    dataset = read_folder(folder, size=8)
    for files, index in (
        (run.query_paths, run.query_index),
        (run.database_paths, run.database_index),
    ):
        assert files.tolist() == dataset.attributes["path"][index].tolist()
    kept = {*run.query_paths, *run.database_paths}
    assert kept == {f"{name}s/{name}s{n}.png" for name in ("cat", "dog") for n in range(5)}
    wanted = run.database_paths[0]
    asked = ("search", run.name, str(folder / wanted), "--radius", "0")
    found = json.loads(cli(*asked, "--json")[1])["results"]
    assert wanted in {each["file"] for each in found}
    assert all(each["classes"] == [each["file"].split("/")[0][:-1]] for each in found)
    assert wanted in cli(*asked)[1]
    learn(cli, f"folder:{folder}?size=9", "--slim")
    assert {r.database_paths is None for r in list_runs(tmp_path / "runs")} == {True, False}


def test_what_is_there_is_said_before_training_and_only_once(cli, tmp_path, monkeypatch):
    folder = pictures(tmp_path / "pics", ("train", "val"))
    for n in range(9):
        (folder / "val" / f"unreadable-{n}.jpg").touch()
    words = ["--data", f"folder:{folder}?size=8", "--bits", "8", "--device", "cpu"]
    _, _, said = cli("compare", "lsh", "itq", "--seeds", "1", *words)
    expected = (
        "10 pictures of 8x8 pixels, 2 classes of 5 pictures each (train, val), one label each"
    )
    assert (
        said.count(expected) == said.count("used as classes") == said.count("cannot be read") == 1
    )
    kept = "".join(list_runs(tmp_path / "runs")[0].data["report"])
    assert all(f"unreadable-{n}.jpg" in kept for n in range(9))
    monkeypatch.setattr(
        "hashviz.training.jobs.fit_closed_form", None
    )  # it is said before anything else
    with pytest.raises(TypeError):
        cli("train", "lsh", *words, "--tag", "again")


def test_without_labels_no_score_is_pretended(cli, tmp_path):
    data = f"folder:{pictures(tmp_path / 'pics', ('',))}?size=8"
    assert "No score: no query shares a label" in learn(cli, data)[1]
    assert json.loads(learn(cli, data, "--json")[1])["scores"] is None
    (run,) = json.loads(cli("list", "runs", "--json")[1])
    assert run["map"] is None
    told = cli("evaluate", run["name"])[1]
    assert "No score" in told
    assert "bits useful" in told
    assert "precision_at" not in told


def test_names_that_are_kept_elsewhere_stay(monkeypatch, tmp_path):
    """Runs under results/ and of other people were named by these rules."""
    names = {
        "digits": "digits", "scenes?images=1000": "scenes_images=1000",
        "folder:voc2007?size=224": "folder-voc2007_size=224-060dba",
    }  # fmt: skip
    for data, name in names.items():
        assert TrainConfig(method="csq", data=data).name == f"{name}/csq/32bits/seed0"
