"""`hashviz demo --data folder:PATH`: a folder of pictures becomes a search, labels or not."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hashviz.cli import demonstrating
from hashviz.cli.demonstrating import PHOTOGRAPHS, known_weights
from hashviz.cli.main import main
from hashviz.data import DATASETS
from hashviz.data.readers.official import CIFAR10
from hashviz.models.networks import BACKBONES
from hashviz.runs import Run
from hashviz.training.recipes import RECIPES


def pictures(folder: Path, groups: tuple[str, ...]) -> Path:
    rng = np.random.default_rng(0)
    for k, group in enumerate(groups):
        for n in range(12):
            file = folder / group / f"{k}-{n}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 60, (20, 24, 3), np.uint8)
            pixels[..., k % 3] += 150
            Image.fromarray(pixels).save(file)
    return folder


@pytest.fixture
def demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs the command without serving; the runs that it would show, and what it said."""
    import hashviz_demo.app

    shown: list[Run] = []
    monkeypatch.setattr(hashviz_demo.app, "launch", lambda runs, **_: shown.extend(runs))

    def run(*arguments: str) -> tuple[list[Run], str]:
        shown.clear()
        status = main(["demo", "--no-browser", "--runs", str(tmp_path / "runs"), *arguments])
        said = capsys.readouterr().err
        assert status == 0, said
        return list(shown), said

    return run


def test_folders_of_classes_are_learned_from_and_kept_for_the_next_time(
    demo, tmp_path, monkeypatch
) -> None:
    monkeypatch.setitem(RECIPES["folder"], "epochs", 1)
    spec = f"folder:{pictures(tmp_path / 'mine', ('red', 'green', 'blue'))}?size=16"
    arguments = ["--data", spec, "--weights", "none", "--bits", "12"]
    runs, said = demo(*arguments)
    assert [run.config.method for run in runs] == ["itq", "csq"]
    assert "36 pictures, 3 classes: ITQ on pixels, without the labels, and CSQ, a small" in said
    written = [run.environment["date"] for run in runs]
    again, _ = demo(*arguments)
    assert [run.environment["date"] for run in again] == written


def test_pictures_without_labels_are_hashed_as_they_are(demo, tmp_path) -> None:
    folder = pictures(tmp_path / "mine", ("", "", ""))
    runs, said = demo("--data", f"folder:{folder}?size=16", "--weights", "none", "--bits", "8")
    assert [run.config.method for run in runs] == ["itq", "lsh"]
    assert "no labels to learn from: ITQ and LSH, unsupervised, on pixels" in said
    assert "--weights FILE" in said


def test_runs_of_other_data_come_after_those_asked_for(demo, tmp_path) -> None:
    arguments = ["--weights", "none", "--bits", "8"]
    for name in ("a", "b"):
        folder = pictures(tmp_path / name, ("", ""))
        runs, _ = demo("--data", f"folder:{folder}?size=16", *arguments)
    assert ["/b" in run.config.data for run in runs] == [True, True, False, False]


def test_the_network_is_told_by_the_name_of_its_weights(monkeypatch, tmp_path) -> None:
    (tmp_path / "mine.pt").write_bytes(b"tensors")
    with pytest.raises(ValueError, match=r"'mine\.pt' does not say which network"):
        known_weights(str(tmp_path / "mine.pt"), None)
    file = tmp_path / "squeezenet1_1_mine.pt"
    file.write_bytes(b"tensors")
    assert known_weights(str(file), None) == ("squeezenet1_1", str(file))
    assert known_weights(str(file), "resnet18") == ("resnet18", str(file))
    assert known_weights("none", None) == (None, None)


def test_published_weights_on_this_machine_are_found_and_none_are_fetched(
    monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    assert known_weights(None, None) == (None, None)
    with pytest.raises(ValueError, match="nothing is downloaded unasked"):
        known_weights("imagenet", "resnet18")
    name = BACKBONES["resnet18"].published[0]
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.setattr("hashviz.models.weights.CHECKSUM", re.compile("none"))
    (tmp_path / "checkpoints" / name).write_bytes(b"tensors")
    assert known_weights(None, None) == ("resnet18", str(tmp_path / "checkpoints" / name))


def test_the_address_of_an_engine_goes_to_the_app_and_a_wrong_one_is_told_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import hashviz_demo.app

    served: dict[str, Any] = {}
    monkeypatch.setattr(hashviz_demo.app, "launch", lambda runs, **named: served.update(named))
    monkeypatch.setattr(demonstrating, "DEFAULT_RUNS", ())
    start = ["demo", "--no-browser", "--runs", str(tmp_path)]
    assert main([*start, "--index", "milvus://127.0.0.1:19530/digits"]) == 0
    assert served["index"] == "milvus://127.0.0.1:19530/digits"
    served.clear()
    assert main([*start, "--index", "http://127.0.0.1/digits"]) == 2
    assert "The address of a Milvus collection is milvus://" in capsys.readouterr().err
    assert not served
    assert main(start) == 0
    assert served["index"] is None


def test_a_missing_app_or_gradio_is_told_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = ["demo", "--no-browser", "--runs", str(tmp_path / "runs")]
    with monkeypatch.context() as without_gradio:
        without_gradio.setattr(demonstrating.importlib.util, "find_spec", lambda name: None)
        assert main(start) == 2
    assert "This needs 'gradio', which is not installed: pip install 'hashviz[demo]'" in (
        capsys.readouterr().err
    )
    monkeypatch.setattr(demonstrating, "entry_points", lambda **group: [])
    assert main(start) == 2
    assert "'hashviz_demo', which is not installed" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def cifar(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """CIFAR-10 whose download writes empty files, and the folders it was called for."""
    fetched: list[Path] = []

    def fetch(folder: Path) -> None:
        fetched.append(folder)
        (folder / CIFAR10.folder).mkdir()
        for name in CIFAR10.files:
            (folder / CIFAR10.folder / name).touch()

    empty = dict.fromkeys(CIFAR10.files, "d41d8cd98f00b204e9800998ecf8427e")
    row = DATASETS["cifar10"]
    release = replace(CIFAR10, fetch=fetch, files=empty)
    monkeypatch.setitem(DATASETS, "cifar10", replace(row, release=release))
    return fetched


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The configurations that would be trained."""
    wanted: list[Any] = []
    monkeypatch.setattr(demonstrating, "load_app", lambda: lambda runs, **_: None)
    monkeypatch.setattr(demonstrating, "find_or_train", lambda c, *_, **__: wanted.append(c))
    return wanted


def test_a_download_is_announced_and_wanted_before_it_begins(
    cifar: list[Path],
    trained: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Any,
) -> None:
    start = ["demo", "--data", "cifar10", "--data-root", str(tmp_path), "--runs", str(tmp_path)]
    for answer, status in (("n\n", 2), ("\n", 2)):
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        assert main(start) == status
        said = capsys.readouterr().err
        assert "163 MB to download" in said
        assert "https://www.cs.toronto.edu" in said
        assert "Download it? [y/N]" in said
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(start) == 2
    said = capsys.readouterr().err
    assert "[y/N]" not in said, "nobody is there to answer"
    assert "--yes" in said
    assert cifar == trained == []
    assert main([*start, "--yes"]) == 0
    assert len(cifar) == 1
    assert trained == [PHOTOGRAPHS]
    monkeypatch.setattr("sys.stdin", Terminal(""))
    assert main(start) == 0, "it is there now"
    assert len(cifar) == 1


def test_photographs_at_hand_are_offered_first(
    cifar: list[Path],
    trained: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Any,
) -> None:
    start = ["demo", "--data-root", str(tmp_path), "--runs", str(tmp_path / "runs")]
    defaults = list(demonstrating.DEFAULT_RUNS)
    assert main(start) == 0
    assert trained == defaults, "there are none"
    DATASETS["cifar10"].release.fetch(tmp_path)  # type: ignore[union-attr]
    for answer, first in (("n\n", []), ("y\n", [PHOTOGRAPHS])):
        trained.clear()
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        assert main(start) == 0
        assert "60,000 real photographs" in capsys.readouterr().err
        assert trained == [*first, *defaults]
