"""Every notebook has a page for the teacher: a plan that fits, misconceptions, links that work."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from hashviz.cli.demonstrating import DEFAULT_RUNS
from hashviz_demo.tabs import TABS
from hashviz_demo.tabs.scores.view import read_link

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("[0-9]*.py"))
HEADINGS = ["45 minutes", "Three misconceptions", "In the app", "Answers"]
RUNS = {config.name for config in DEFAULT_RUNS}
KEPT = {tab.key: {"tab", "run", "query", "k", "radius", "hide", *tab.kept} for tab in TABS}

each_notebook = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def page(script: Path) -> str:
    return (FOLDER / "teacher" / f"{script.stem[:2]}.md").read_text()


def part(text: str, heading: str) -> str:
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_there_is_a_page_for_every_notebook_and_no_other():
    pages = {path.name for path in (FOLDER / "teacher").iterdir()} - {"README.md"}
    assert pages == {f"{script.stem[:2]}.md" for script in SCRIPTS}


@each_notebook
def test_the_page_has_the_notebooks_title_a_goal_and_all_parts(script):
    title = re.search(r"^# # (.*)$", script.read_text(), re.MULTILINE)
    text = page(script)
    assert title is not None
    assert text.startswith(f"# {script.stem[:2]} {title.group(1)}\n\nGoal: ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS


@each_notebook
def test_the_plan_takes_45_minutes(script):
    minutes = re.findall(r"^\| (\d+) \|", part(page(script), "45 minutes"), re.MULTILINE)
    assert sum(map(int, minutes)) == 45


@each_notebook
def test_there_are_three_misconceptions_in_the_learners_words_and_an_answer_to_each(script):
    lines = part(page(script), "Three misconceptions").strip().splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines, start=1):
        assert re.match(rf'{number}\. \*\*"[^"]+"\*\* \S', line), line


@each_notebook
def test_there_is_an_answer_to_every_question_that_the_notebook_ends_with(script):
    asked = re.findall(
        r"^# (\d+)\. ", script.read_text().partition("**Reflect.**")[2], re.MULTILINE
    )
    answered = re.findall(r"^(\d+)\. ", part(page(script), "Answers"), re.MULTILINE)
    assert answered == asked


@each_notebook
def test_every_link_names_a_tab_a_run_that_the_app_makes_and_choices_that_it_keeps(script):
    links = re.findall(r"`\?([^`]*)`", part(page(script), "In the app"))
    assert links
    for link in links:
        chosen = dict(parse_qsl(link, strict_parsing=True))
        assert chosen.keys() <= KEPT[chosen["tab"]], link
        assert chosen["run"] in RUNS, link
        assert set(chosen.get("with", chosen["run"]).split(",")) <= RUNS, link
        assert int(chosen.get("query", 0)) < 300
        read_link(chosen.get("protocol", ""))
