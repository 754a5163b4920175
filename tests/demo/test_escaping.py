"""Whatever a data set, a folder or a visitor calls something, the page shows it as text."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from hashviz_demo.frame.files import FOLDERS, macros, render
from hashviz_demo.items import Item
from hashviz_demo.library import Library, RunFacts
from hashviz_demo.scene import Scene, with_hit
from hashviz_demo.tabs.bits import view as bits
from hashviz_demo.tabs.compare import view as compare
from hashviz_demo.tabs.search import view as search
from hashviz_demo.tabs.space import card as space_page
from hashviz_demo.tabs.space import view as space
from hashviz_demo.tabs.why import view as why
from tests.demo.conftest import scene_of

NAME = "<b>&\"'</b><img src=x onerror=alert(1)>"


class Reader(HTMLParser):
    """Collects the tags of a page, its texts and the values of its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, frozenset[str]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, frozenset(name for name, _ in attrs)))
        self.texts += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def bar(library: Library, scene: Scene) -> str:
    item = Item("database", 5, NAME, NAME, "10", NAME)
    facts = RunFacts(NAME, NAME, NAME, 2, 0, NAME, NAME)
    return macros("frame/page.html").bar(item, [facts], replace(scene, tab=NAME), [NAME])


def search_page(library: Library, scene: Scene) -> str:
    page, found = macros("tabs/search/page.html"), search.look(library, scene)
    facts = [RunFacts(NAME, NAME, NAME, 2, 0, NAME, NAME)]
    return (
        page.page(found, [])
        + page.samples(search.samples(library, scene), -1, 0)
        + page.run_menu(facts, NAME)
    )


def bits_page(library: Library, scene: Scene) -> str:
    page, keys = macros("tabs/bits/page.html"), bits.keyboard(library, scene)
    return (
        page.keyboard(keys, NAME)
        + page.resorted(bits.resort(library, scene, keys.query.code))
        + page.xray(bits.xray(library, scene.run), NAME, "")
        + page.one_bit(bits.one_bit(library, scene.run, 5))
    )


def why_page(library: Library, scene: Scene) -> str:
    page, found = macros("tabs/why/page.html"), why.pair(library, scene)
    reasons = why.reasons(library, scene, found.hit.position)
    heat = why.Heat((NAME,), (NAME,), ((0.5,), (0.5,)), 0)
    return (
        page.pair(found)
        + page.reasons(replace(reasons, note=NAME))
        + page.reasons(replace(reasons, heat=heat))
    )


def compare_page(library: Library, scene: Scene) -> str:
    page = macros("tabs/compare/page.html")
    plain = compare.settle(library, scene, compare.Comparison())
    shown = compare.compare(library, scene, plain)
    first = replace(shown.rows[0], facts=replace(shown.rows[0].facts, method=NAME, variant=NAME))
    rows = (first, replace(shown.rows[1], note=NAME))
    voted = replace(plain, blind=True, vote=0, votes=(compare.Vote(True, 0.5),))
    return page.page(replace(shown, rows=rows)) + page.page(
        replace(shown, rows=rows, comparison=voted, best=(0,))
    )


def space_pages(library: Library, scene: Scene) -> str:
    made = space.the_map(library, scene.run, "pca")
    assert made is not None
    noted = replace(made, projection=replace(made.projection, note=NAME))
    seen = space.around(library, scene, made)
    classes, listed = library.runs[scene.run].classes, space.bubbles(library, scene, made, seen)
    drawing = space.Drawing(trouble=NAME)
    return (
        space_page.points(NAME, made)
        + space_page.stage(NAME, classes, noted, seen, listed, 2, drawing)
        + space_page.gallery(space.pick(library, scene, made, {"class": 3}))
    )


@pytest.mark.parametrize(
    "render", [bar, search_page, bits_page, why_page, compare_page, space_pages]
)
def test_a_name_changes_no_tag_of_the_page(
    library: Library, monkeypatch: pytest.MonkeyPatch, render: Callable[[Library, Scene], str]
):
    def read(name: str) -> Reader:
        monkeypatch.setitem(globals(), "NAME", name)
        for run in library.runs.values():
            monkeypatch.setitem(run.data, "classes", [name] * 10)
            monkeypatch.setitem(run.data, "split", name)
        made: Any = render(library, with_hit(library, scene_of(library, k=5), 3))
        return Reader(re.sub(r"[\d.]+ ms", "", made))

    evil, calm = NAME, "a name"
    plain, attacked = read(calm), read(evil)
    assert attacked.tags == plain.tags
    shown = [text for text in attacked.texts if evil in text]
    assert len(shown) >= sum(calm in text for text in plain.texts) / 2 > 0


def test_no_template_trusts_more_than_figures_of_our_own():
    templates = [path.read_text(encoding="utf-8") for path in FOLDERS[0].rglob("*.html")]
    trusted = {name for text in templates for name in re.findall(r"(\w+)\|safe", text)}
    assert trusted <= {"svg", "figures"}
    assert not [text for text in templates if "autoescape" in text]


def test_line_breaks_between_tags_go_and_those_in_values_stay():
    waiting = render("tabs/breaking/no_attack.html", why="a >\n < b")
    assert "a &gt;\n &lt; b" in waiting
    empty = render("tabs/train/empty.html", stars=[])
    assert 'aria-hidden="true"><defs><path' in empty
    assert not empty.startswith("\n")
