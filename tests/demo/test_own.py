"""One's own photographs: all can be found, in their own shape, and each leads to its file."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hashviz_demo.server
from hashviz.config import TrainConfig
from hashviz.runs import Run
from hashviz.training.jobs import train
from hashviz_demo.events import BadRequest
from hashviz_demo.frame.files import macros
from hashviz_demo.frame.tab import show_bar
from hashviz_demo.items import reach
from hashviz_demo.library import Library
from hashviz_demo.own import Everything, show_in_folder
from hashviz_demo.scene import Step, first_scene, with_next, with_sample
from hashviz_demo.tabs.ablate import grids_view as computing
from hashviz_demo.tabs.compare.view import mean_average_precision
from hashviz_demo.tabs.scores import view as scores
from hashviz_demo.tabs.search import view as search
from hashviz_demo.tabs.train import card as cards
from hashviz_demo.tabs.train import view as training
from tests.demo.browsing import PHONE, chromium, marks, watched
from tests.demo.conftest import CHROMIUM, scene_of

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
httpx = pytest.importorskip("httpx")

pytestmark = marks[2:]
CLASSES = ("beach", "dunes")
WIDE = (20, 60)
"""Height and width in pixels: a square would lose two thirds."""


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve dark and twelve bright wide pictures, each class in its folder."""
    folder = tmp_path_factory.mktemp("album")
    rng = np.random.default_rng(0)
    for k, name in enumerate(CLASSES):
        (folder / name).mkdir()
        for n in range(12):
            pixels = rng.integers(120 * k, 120 * k + 100, (*WIDE, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"<b>{n}.png")
    return folder


@pytest.fixture(scope="module")
def run(album: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Its labels are used for scores only."""
    config = TrainConfig(method="lsh", data=f"folder:{album}?size=8", bits=16, device="cpu")
    return train(config, runs=tmp_path_factory.mktemp("runs"))


@pytest.fixture
def library(run: Run) -> Library:
    return Library([run])


def test_every_picture_is_found_also_those_that_were_held_out(library: Library, run: Run) -> None:
    opened = library.open(run.name)
    assert sorted(opened.run.database_index.tolist()) == list(range(24))
    assert opened.run.database_codes.shape == (24, 16)
    assert sorted(opened.samples) == list(range(24))
    found = search.look(library, scene_of(library, k=100))
    assert len(found.hits) == 23, "all but the query itself"
    assert len({hit.file for hit in found.hits} | {found.query.file}) == 24
    held = first_scene(library, {"query": "2"})[0].step
    assert opened.run.database_index[held.position] == run.query_index[2]
    assert held.kind == "database", "so that it is not a result of itself"
    assert with_next(library, with_sample(library, scene_of(library), 23)).trail != (held,)


def test_scores_stay_those_of_the_run_as_it_was_split(library: Library, run: Run) -> None:
    opened = library.open(run.name)
    assert isinstance(opened.run, Everything)
    expected = run.scores["map"]["expected"]
    assert opened.run.evaluate()["map"]["expected"] == pytest.approx(expected)
    assert scores.card(library, run.name).expected == pytest.approx(expected)
    assert mean_average_precision(opened) == pytest.approx(expected)


def test_a_query_is_far_from_everything_when_it_is_lonelier_than_the_collection(
    library: Library, run: Run
) -> None:
    limit = reach(library.open(run.name))
    held = (16 - run.query_codes.astype(int) @ run.database_codes.T) // 2
    assert limit == sorted(held.min(1))[int(0.99 * (len(held) - 1))]
    codes = library.open(run.name).run.database_codes.astype(int)
    apart = (16 - codes @ codes.T) // 2 + 99 * np.eye(24, dtype=int)
    scenes = [scene_of(library, trail=(Step("database", p),)) for p in range(24)]
    told = [search.look(library, scene) for scene in scenes]
    assert [found.far for found in told] == (apart.min(1) > limit).tolist()
    page = macros("tabs/search/page.html")
    assert "Far from everything" in page.page(replace(told[0], reach=-1), [])
    assert "Far from everything" not in page.page(replace(told[0], reach=16), [])


def test_a_result_has_the_shape_and_the_name_of_its_file(library: Library, run: Run) -> None:
    opened = library.open(run.name)
    found = search.look(library, scene_of(library))
    hit = found.hits[0]
    key, row = opened.pictures.key, int(hit.image.rpartition("/")[2].removesuffix(".png"))
    picture = library.picture(key, row)
    assert picture is not None
    assert picture[1] == "image/jpeg"
    assert Image.open(io.BytesIO(picture[0])).size == (WIDE[1], WIDE[0])
    assert hit.name in CLASSES
    name = hit.file.rpartition("/")[2].replace("<", "&lt;").replace(">", "&gt;")
    assert f'title="{hit.name}/{name}">{name}</span>' in str(macros("frame/parts.html").card(hit))


def test_photographs_have_no_drawing_pad_and_pictures_without_labels_no_scores(
    library: Library, runs: list[Run]
) -> None:
    (name,) = library.runs
    assert not library.open(name).drawable
    digits = Library(runs)
    assert digits.open(runs[0].name).drawable
    assert "data-unlabeled" not in show_bar(library, scene_of(library))


def test_train_offers_the_folder_by_its_name_and_never_a_path(library: Library, run: Run) -> None:
    (key, own), *_ = training.own_pictures(library).items()
    plan = training.read_link(f"csq:{key}:16", {key: own})
    assert training.check(plan).config.data == run.config.data
    assert training.read_link(training.write_link(plan), {key: own}) == plan
    page = cards.form(plan, {key: own})
    assert f"<span>{training.folder_name(own.data)}</span>" in page
    assert str(Path(run.config.data).parent) not in page
    with pytest.raises(BadRequest, match="Training goes on digits or scenes"):
        training.read_sent({"method": "csq", "data": run.config.data}, {key: own})


def test_ablate_computes_on_the_folder(library: Library, run: Run, runs: list[Run]) -> None:
    settings = computing.settings_for(library, run.name)
    wanted = computing.wanted(library, None, "grid", "dfeh", settings)
    assert {each.config.data for each in wanted} == {run.config.data}
    assert computing.work(library, None, settings).pictures == Path(run.config.data).name[:-7]
    assert computing.settings_for(Library(runs), runs[0].name)["data"] == "digits"


@pytest.fixture(scope="module")
def served(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Library]]:
    from hashviz_demo.app import build_app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        library = Library([run])
        with hashviz_demo.server.serve(build_app(library), library) as address:
            yield address.rstrip("/"), library


def test_the_original_is_given_out_and_shown_by_row_number_alone(
    served: tuple[str, Library], album: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, library = served
    shown: list[Path] = []
    tell = lambda file: shown.append(file) or "Shown in its folder."
    monkeypatch.setattr(hashviz_demo.server, "show_in_folder", tell)
    found = search.look(library, scene_of(library))
    page = str(macros("tabs/search/page.html").page(found, []))
    wanted = address + re.findall(r'href="(/originals/[^"]+)"', page)[0]
    answer = httpx.get(wanted)
    assert answer.content == Path(found.path).read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert httpx.post(wanted).status_code == 404, "another site cannot send the header"
    assert httpx.post(wanted, headers={"x-hashviz": "folder"}).status_code == 200
    assert shown == [Path(found.path)]
    assert Path(found.path).is_relative_to(album)
    base = wanted.rpartition("/")[0]
    for wrong in (f"{base}/24", f"{base}/-1", f"{base}/..%2F..%2Fetc%2Fpasswd", f"{base}/0/1"):
        assert httpx.get(wrong).status_code in (404, 422)
        assert httpx.post(wrong, headers={"x-hashviz": "folder"}).status_code in (404, 405, 422)
    assert httpx.get(f"{address}/originals/guess-0/0").status_code == 404
    assert len(shown) == 1


def test_others_in_the_network_get_neither_the_file_nor_its_path(library: Library) -> None:
    assert not library.local, "until a server listens on loopback only"
    found = search.look(library, scene_of(library))
    assert found.path == ""
    results = search.as_json(library, found)["results"]
    assert all(result["file"] and "path" not in result for result in results)
    library.local = True
    first = search.as_json(library, found)["results"][0]
    assert Path(first["path"]).is_file()
    assert first["path"].endswith(first["file"])


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")
def test_a_click_on_a_result_leads_to_its_file(
    served: tuple[str, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = f"{served[0]}/?tab=search&query=database:3"
    shown: list[Path] = []
    tell = lambda file: shown.append(file) or "Shown in its folder."
    monkeypatch.setattr(hashviz_demo.server, "show_in_folder", tell)
    with chromium() as browser, watched(browser, link, PHONE) as page:
        page.wait_for_selector(".hv-card")
        assert page.locator("#hv-sources [data-tab-id='draw'] >> visible=true").count() == 0
        card = page.locator(".hv-card").first
        name = card.locator(".hv-file-name").get_attribute("title")
        size = card.locator("img").evaluate("p => [p.naturalWidth, p.naturalHeight]")
        assert size == [WIDE[1], WIDE[0]]
        card.click()
        page.wait_for_function(
            "name => document.querySelector('.hv-query small').innerText === name", arg=name
        )
        page.click("[data-folder]")
        page.wait_for_function(
            "document.querySelector('.hv-file-told').innerText.startsWith('Shown in')"
        )
        assert [str(file).endswith(name) for file in shown] == [True]


def test_a_file_manager_is_called_with_a_whole_path_or_told_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr("subprocess.Popen", lambda command, **_: called.append(command))
    file = tmp_path / "-rf picture.png"
    for system, wanted in (
        ("linux", ["xdg-open", str(tmp_path)]),
        ("darwin", ["open", "-R", str(file)]),
        ("win32", ["explorer", f"/select,{file}"]),
    ):
        monkeypatch.setattr("sys.platform", system)
        monkeypatch.setattr("shutil.which", lambda name: name)
        assert show_in_folder(file) == f"Shown in {tmp_path}."
        assert called.pop() == wanted
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert str(file) in show_in_folder(file)
    assert called == []
