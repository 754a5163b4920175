"""`hashviz doctor`: what is missing is no fault, what is wrong is named, nothing makes it fall."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hashviz.cli import doctoring
from hashviz.cli.main import main
from hashviz.search.engines import ENGINES, Engine


def report(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, dict]]:
    status = main(["doctor", "--json", *options])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    return status, {finding["about"]: finding for finding in told}


def test_a_sound_machine_is_told_in_words_and_as_json(tmp_path: Path, capsys, monkeypatch):
    status, found = report(capsys, "--runs", str(tmp_path / "new"))
    assert status == 0
    assert {f["state"] for f in found.values()} <= {"good", "missing"}
    assert "mAP" in found["self-test"]["told"]
    assert "0 runs, writable" in found["runs"]["told"]
    assert not (tmp_path / "new").exists(), "looking changes nothing"
    monkeypatch.setattr(doctoring, "_self_test", lambda: iter(()))  # once is enough
    assert main(["doctor", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("Nothing is wrong.\n")


def test_what_is_not_installed_is_missing_with_the_way_to_it(monkeypatch: pytest.MonkeyPatch):
    real = importlib.util.find_spec
    gone = ("faiss", "gradio", "umap", "pymilvus", "torch")
    monkeypatch.setattr(
        doctoring.importlib.util, "find_spec", lambda n: None if n in gone else real(n)
    )
    looks = (doctoring._versions, doctoring._device, doctoring._search, doctoring._app)
    found = {f.about: f for look in looks for f in look()}
    for about in (
        "extra train",
        "extra umap",
        "device",
        "search by faiss",
        "search by Milvus",
        "app",
    ):
        assert found[about].state == "missing"
        assert "pip install 'hashviz[" in found[about].told
    assert found["search by numpy"].state == "good"


def test_a_folder_that_cannot_be_written_is_wrong(tmp_path: Path, capsys):
    (tmp_path / "file").write_text("x")
    status = main(["doctor", "--runs", str(tmp_path / "file" / "runs")])
    assert status == 2
    captured = capsys.readouterr()
    assert "cannot be written (Not a directory); name another folder with --runs" in captured.out
    assert captured.err.startswith("hashviz: runs: see the lines marked WRONG")


def test_an_engine_that_finds_something_else_is_wrong(monkeypatch: pytest.MonkeyPatch):
    def first(packed):
        return lambda queries, k, radius: (np.arange(k)[None], np.zeros((1, k), np.int64))

    monkeypatch.setitem(ENGINES, "numpy", Engine(first, "the first rows", "numpy"))
    found = {f.about: f for f in doctoring._search()}
    assert found["search by numpy"].state == "wrong"


def test_compiling_is_not_told_as_searching(monkeypatch: pytest.MonkeyPatch):
    clock = iter([0.0, 12.9, 20.0, 20.003])
    monkeypatch.setattr(doctoring.time, "perf_counter", lambda: next(clock))
    for name in [name for name in ENGINES if name != "numpy"]:
        monkeypatch.delitem(ENGINES, name)
    told = next(f.told for f in doctoring._search() if f.about == "search by numpy")
    assert told == "the 50 nearest of 5,000 in 3.0 ms, after 12.9 s to start"


def test_a_look_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch):
    def _broken():
        raise ImportError("libwhatever.so is missing")
        yield

    (found,) = doctoring._careful(_broken)
    assert (found.about, found.state) == ("broken", "wrong")
    assert "libwhatever.so" in found.told
    monkeypatch.setenv("GRADIO_SHARE", "1")
    assert [f.state for f in doctoring._app()] == ["wrong"]


def test_a_full_disk_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctoring.shutil, "disk_usage", lambda path: SimpleNamespace(free=40_960))
    found = {f.about: f for f in doctoring._folders(tmp_path)}
    assert found["disk"].state == "wrong"
    assert "runs may not fit" in found["disk"].told
