"""What all tabs share, checked without a browser."""

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from hashviz.runs import Run
from hashviz_demo import tabs
from hashviz_demo.frame import files
from hashviz_demo.frame.files import macros, styles
from hashviz_demo.frame.pane import Pane, anew, html
from hashviz_demo.gradio_patches import build_in_loop, newest_wish
from hashviz_demo.items import Item
from hashviz_demo.library import Library
from hashviz_demo.scene import Step, with_next
from hashviz_demo.tabs import MENU, TABS
from hashviz_demo.tabs.search import view as search
from tests.demo.conftest import scene_of

pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.key)
def test_a_row_of_the_table_leads_to_code_and_says_in_two_sentences_what_is_seen(tab):
    assert callable(getattr(import_module(f"{tab.package}.tab"), f"{tab.key}_tab"))
    assert 1 <= len(re.findall(r"[.?!:;](?: |$)", tab.about)) <= 4
    assert tab.about.endswith(".")


def test_eight_tabs_in_three_groups_hold_all_panels_under_names_of_their_own():
    assert list(MENU) == ["See", "Judge", "Make", ""]
    assert sum(map(len, MENU.values())) == 8
    assert len({tab.key for tab in TABS}) == len({tab.title for tab in TABS}) == len(TABS)
    assert all(re.fullmatch("[a-z]+", tab.key) for tab in TABS)


def test_an_unknown_tab_in_a_link_opens_the_first_and_is_told(library: Library):
    from hashviz_demo.frame.tab import linked_scene

    scene, notes = linked_scene(library, {"tab": "bits", "query": "3"})
    assert (scene.tab, notes) == ("bits", [])
    assert scene.link.startswith("tab=bits&run=")
    scene, _ = linked_scene(library, {"tab": "break", "bucket": "3"})
    assert (scene.tab, scene.choice("bucket")) == ("collisions", "3")
    scene, notes = linked_scene(library, {"tab": "x" * 500})
    assert scene.tab == TABS[0].key
    assert len(notes) == 1
    assert "choose from search, " in notes[0]
    assert len(notes[0]) < 250


def test_another_query_is_the_next_sample_and_they_go_round(library: Library, runs: list[Run]):
    samples = library.open(runs[0].name).samples
    scene = scene_of(library)
    seen = []
    for _ in samples:
        seen.append(scene.step.position)
        scene = with_next(library, scene)
    assert seen == samples
    assert scene.step.position == samples[0]
    elsewhere = scene_of(library, trail=(Step("database", 3),))
    assert with_next(library, elsewhere).trail == (Step("query", samples[0]),)


def test_the_bar_names_query_and_run_and_trusts_no_name(library: Library):
    scene = scene_of(library, trail=(Step("database", 5),))
    item = Item("database", 5, "<b>cat</b>", "/a.png", "10", "")
    page = macros("frame/page.html").bar(item, library.facts(), scene, ("tab", "run"))
    assert "&lt;b&gt;cat" in page
    assert "<b>cat" not in page
    assert "database item 5" in page
    assert page.count("<option") == len(library.runs)
    assert page.count(" selected") == 1


def test_styles_of_all_tabs_are_joined_and_follow_the_size_of_the_text():
    sheet, narrow = styles()
    assert sheet.index(".hv-head") < sheet.index(".hv-pad")  # the frame comes first
    assert not re.search(r"\dpx", sheet + narrow)
    for path in files.FOLDERS[0].rglob("*.css"):
        for name in re.findall(r"^\.(hv-[\w-]+)", path.read_text(), re.MULTILINE):
            assert name in sheet
    # Gradio drops rules about containers; no rule depends on the width of the window.
    assert "@container" not in sheet
    assert narrow.count("@container page") > 10
    assert narrow.count("{") == narrow.count("}")
    assert not re.search(r"@media[^{]*width", sheet + narrow)


def test_the_same_page_again_starts_its_script_again():
    assert anew("<p>x</p>") != anew("<p>x</p>")


def test_every_script_sends_its_newest_wish():
    """Without that, gradio would repeat the first of several wishes."""
    piece = html("", "bits.js")
    assert piece.js_on_load.startswith(newest_wish())
    assert html("").js_on_load is None


ROW = """
from hashviz_demo.frame.pane import Tab

TAB = Tab(__name__, "echo", "Echo", "The name of the query.", kept=("speed",))
"""
CODE = """
from hashviz_demo.frame.files import macros
from hashviz_demo.frame.pane import Pane, html
from hashviz_demo.items import item

page = macros("tabs/echo/page.html")


def echo_tab(app, library, scene):
    echo = html("", "echo.js", elem_id="hv-echo")
    return Pane([echo], lambda scene: (page.echo(item(library.open(scene.run), scene.step)),))
"""
PAGE = "{% macro echo(item) %}<p>{{ item.name }}</p>{% endmacro %}"


def test_a_tab_is_added_by_its_folder_and_its_name_in_the_list(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import gradio as gr

    folder = tmp_path / "tabs" / "echo"
    folder.mkdir(parents=True)
    written = {"__init__.py": ROW, "tab.py": CODE, "page.html": PAGE, "echo.js": "// said"}
    assert len(written) <= 4
    for name, text in written.items():
        (folder / name).write_text(text)
    monkeypatch.setattr(tabs, "__path__", [*tabs.__path__, str(tmp_path / "tabs")])
    monkeypatch.setattr(files, "FOLDERS", [*files.FOLDERS, tmp_path])
    files.environment.cache_clear()
    try:
        echo = tabs.find_tabs((*tabs.FOLDERS, "echo"))[-1]
        scene = scene_of(library)

        @build_in_loop
        def build() -> Pane:
            with gr.Blocks(analytics_enabled=False) as app:
                return echo.build(app, library, gr.State(scene))

        pane = build()
        assert "// said" in pane.outputs[0].js_on_load
        (shown,) = pane.render(scene)
        assert shown == f"<p>{search.look(library, scene).query.name}</p>"
    finally:
        files.environment.cache_clear()
        for name in [name for name in sys.modules if name.startswith("hashviz_demo.tabs.echo")]:
            del sys.modules[name]
