"""The README tells the truth: its generated parts are up to date, its commands exist."""

import re
import shlex
from pathlib import Path

import pytest

from hashviz import methods
from hashviz.cli.main import build_parser
from hashviz.training import recipes
from tools import build_readme

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ADDING = (ROOT / "docs" / "adding.md").read_text()
COMMANDS = re.findall(r"^(?:uv run )?hashviz (.+?)(?:  .*)?$", README, re.MULTILINE)


def test_the_generated_parts_are_up_to_date() -> None:
    for name in build_readme.PARTS:
        assert build_readme.fill(name) == (ROOT / name).read_text(), (
            "uv run python -m tools.build_readme"
        )


def test_it_is_short_enough_to_be_read() -> None:
    assert len(README.splitlines()) <= 200


def test_every_file_and_page_it_names_is_there() -> None:
    named = re.findall(r"\]\(([^)#:]+)\)", README)
    named += re.findall(r"`((?:hashviz|tests|benchmarks|demo|notebooks)/[\w./]*)`", README)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_there_are_commands_to_try() -> None:
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_it_shows_is_one_the_parser_takes(line: str) -> None:
    arguments = build_parser().parse_args(shlex.split(line))
    assert arguments.command


def test_ci_runs_the_readmes_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "```\npip install uv\nuv run pytest -n auto\n```" in README
    assert "pip install uv\n" in script
    assert "\nuv run pytest -n auto\n" in script


def test_every_picture_is_there_and_small() -> None:
    for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README):
        assert 10_000 < (ROOT / name).stat().st_size < 500_000


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README + ADDING, re.DOTALL))
def test_the_python_it_shows_runs(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(methods, "METHODS", {**methods.METHODS})  # what is added leaves again
    monkeypatch.setitem(recipes.RECIPES, "digits", recipes.RECIPES["digits"] | {"epochs": 1})
    exec(compile(block, "README.md", "exec"), {})
