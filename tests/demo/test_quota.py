"""Uploads have a bound on the disk: the oldest go, the newest stay."""

import asyncio
import os
import queue
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz_demo.quota import Quota, prune

httpx = pytest.importorskip("httpx")


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def filled(folder: Path, sizes: list[int]) -> None:
    """One file in a folder of its own for each size, as gradio keeps them; the first is oldest."""
    for place, size in enumerate(sizes):
        path = folder / f"{place:03d}" / f"{place:03d}.png"
        path.parent.mkdir()
        path.write_bytes(bytes(size))
        os.utime(path, ns=(place * 10**9, place * 10**9))


@given(sizes=st.lists(st.integers(0, 40), max_size=12), limit=st.integers(0, 200))
def test_the_newest_stay_that_fit(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limit: int
):
    folder = tmp_path_factory.mktemp("uploads")
    filled(folder, sizes)
    gone = prune(folder, limit)
    left = kept(folder)
    assert left == [f"{place:03d}.png" for place in range(gone, len(sizes))]
    assert sum(sizes[gone:]) <= limit
    assert gone == 0 or sum(sizes[gone - 1 :]) > limit  # and none went without need
    assert len(list(folder.iterdir())) == len(left)  # no empty folder is left behind


def test_a_link_that_leads_outside_is_not_followed(tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "mine.png").write_bytes(bytes(50))
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "link.png").symlink_to(tmp_path / "outside" / "mine.png")
    assert prune(tmp_path / "uploads", 0) == 0
    assert (tmp_path / "outside" / "mine.png").exists()


def test_a_folder_that_is_not_there_yet_needs_no_room(tmp_path: Path):
    assert prune(tmp_path / "later", 0) == 0


@pytest.mark.parametrize(("path", "left"), [("/gradio_api/upload", ["001.png"]), ("/config", None)])
def test_room_is_made_after_an_upload_only(tmp_path: Path, path: str, left: list[str] | None):
    filled(tmp_path, [30, 30])

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask() -> None:
        async def send(message):
            del message

        await Quota(answer, tmp_path, 40)({"type": "http", "path": path}, None, send)

    asyncio.run(ask())
    assert kept(tmp_path) == (left or ["000.png", "001.png"])


def test_the_app_makes_room_after_every_upload(served: str, monkeypatch: pytest.MonkeyPatch):
    asked: queue.Queue[int] = queue.Queue()
    monkeypatch.setattr("hashviz_demo.quota.prune", lambda folder, limit: asked.put(limit))
    sent = httpx.post(f"{served}gradio_api/upload", files={"files": ("a.png", b"x" * 10)})
    assert sent.status_code == 200
    assert asked.get(timeout=60) == 500_000_000
