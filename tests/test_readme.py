"""The README tells the truth: its generated parts are up to date, its commands exist."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hashviz.cli.main import build_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^(?:uv run )?hashviz (.+?)(?:  .*)?$", README, re.MULTILINE)


def test_the_generated_parts_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools" / "build_readme.py"), "--check"]
    subprocess.run(command, check=True, cwd=ROOT)


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


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_the_python_it_shows_runs(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})
