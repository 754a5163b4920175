"""Files and folders appear whole or not at all, whatever fails and whenever."""

import os
from pathlib import Path
from typing import Any

import pytest

from hashviz.files import new_folder, previous, recover, sha256, write_file

CALLS = ("fsync", "replace", "rename")


class Crash(Exception):
    """Stands for the power cord."""


def crash_at(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """Let the n-th call that touches the disk fail, and every later one too."""
    left = [n]

    def wrapped(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] <= 0:
                raise Crash
            return original(*args, **kwargs)

        return call

    monkeypatch.setattr(os, "fsync", wrapped(os.fsync))
    monkeypatch.setattr(Path, "rename", wrapped(Path.rename))
    monkeypatch.setattr(Path, "replace", wrapped(Path.replace))


@pytest.mark.parametrize("n", range(1, 9))
def test_a_crash_at_any_step_leaves_the_old_file_or_the_new_one(n: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"old")
    with pytest.MonkeyPatch.context() as patch:
        crash_at(patch, n)
        try:
            write_file(path, b"new")
        except Crash:
            assert path.read_bytes() in (b"old", b"new")
        else:
            assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("n", range(1, 12))
def test_a_crash_at_any_step_leaves_the_old_folder_or_the_new_one(n: int, tmp_path: Path) -> None:
    path = tmp_path / "folder"
    for word in ("old", "new"):
        with pytest.MonkeyPatch.context() as patch:
            if word == "new":
                crash_at(patch, n)
            try:
                with new_folder(path) as folder:
                    (folder / "a").write_text(word)
                    (folder / "b").write_text(word)
            except Crash:
                pass
    recover(path)
    words = {file.read_text() for file in path.iterdir()}
    assert words in ({"old"}, {"new"})
    assert not previous(path).exists()


def test_what_gets_its_name_was_given_to_the_disk_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut right after the rename leaves a complete name with nothing inside."""
    synced: list[int] = []
    named: list[tuple[str, list[str]]] = []
    fsync, rename, replace = os.fsync, Path.rename, Path.replace

    def kept(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def by(move: Any) -> Any:
        def moved(old: Path, new: Path) -> Path:
            inside = [old, *old.rglob("*")]
            named.append((new.name, [p.name for p in inside if p.stat().st_ino not in synced]))
            return move(old, new)

        return moved

    monkeypatch.setattr(os, "fsync", kept)
    monkeypatch.setattr(Path, "rename", by(rename))
    monkeypatch.setattr(Path, "replace", by(replace))
    write_file(tmp_path / "file", b"new")
    with new_folder(tmp_path / "folder") as folder:
        (folder / "a").write_text("a")
        (folder / "b").write_text("b")
    assert named == [("file", []), ("folder", [])]
    assert synced.count(tmp_path.stat().st_ino) == 2, "the new names were not kept"


def test_others_of_the_machine_may_read_what_is_finished(tmp_path: Path) -> None:
    """Temporary files and folders are their maker's alone; a class shares its runs."""
    write_file(tmp_path / "file", b"new")
    with new_folder(tmp_path / "folder"):
        pass
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o755


def test_an_error_while_filling_leaves_nothing_behind(tmp_path: Path) -> None:
    def fill() -> None:
        with new_folder(tmp_path / "folder") as folder:
            (folder / "half").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fill()
    assert not list(tmp_path.iterdir())


def test_the_checksum_is_that_of_the_standard(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert sha256(tmp_path / "empty").startswith("e3b0c44298fc1c14")
