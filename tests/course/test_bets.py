"""Every bet holds: a learner's notebook shows nothing that a bet or an exercise asks for.

Bets, exercises and checks are found in the scripts, so a new one is covered by itself.
"""

import ast
import copy
import json
import re
from pathlib import Path

import jupytext
import nbformat
import pytest

from hashviz_course import check

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("[0-9]*.py"))
SHORTEST = 8
"""Characters of a printed line, or of what a solution returns, that could give something away."""
STEP = re.compile(r"\*\*[A-Z][\w ]*\.\*\*")
PROTOCOL = "holdout, "
"""How a printed line begins that no bet asks for."""
OPERATORS = (ast.BinOp, ast.Compare, ast.BoolOp)
NO_FORMULAS = (ast.JoinedStr, ast.FormattedValue, ast.Slice)

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def cells_of(script: Path, folder: str = "") -> list[nbformat.NotebookNode]:
    path = script.parent / folder / f"{script.stem}.ipynb"
    cells = nbformat.read(path, 4).cells
    return [cell for cell in cells if cell.metadata.get("tags") != ["setup"]]


def asking(script: Path, tag: str = "exercise") -> list[int]:
    """Return the places of the cells of a script with a tag."""
    cells = jupytext.read(script, fmt="py:percent").cells
    return [place for place, cell in enumerate(cells) if tag in cell.metadata.get("tags", ())]


def answering(script: Path) -> list[int]:
    """Return the places of the cells that answer a bet: it is read there, or drawn just before."""
    cells = jupytext.read(script, fmt="py:percent").cells
    code = [place for place, cell in enumerate(cells) if cell.cell_type == "code"]
    return [
        place
        for place, before in zip(code, [None, *code], strict=False)
        if re.search(r"\bmy_bet\b(?! = )", cells[place].source)
        or (before is not None and "DrawBeforeYouSee(" in cells[before].source)
    ]


def open_text(cell: nbformat.NotebookNode) -> str:
    return re.sub(r"<details>.*?</details>", "", cell.source, flags=re.DOTALL)


def tree(cell: nbformat.NotebookNode) -> ast.Module:
    return ast.parse(re.sub(r"(?m)^%", "#", cell.source))


def formulas(node: ast.AST) -> dict[str, str]:
    """Return the expressions of two operations or more, by what is left without their names."""

    class Nameless(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name("_", node.ctx)

    found = {}
    for part in ast.walk(node):
        if isinstance(part, ast.expr) and not isinstance(part, NO_FORMULAS):
            inside = list(ast.walk(part))
            works = sum(isinstance(each, OPERATORS) for each in inside)
            looks = sum(isinstance(each, ast.Attribute) for each in inside)
            if works >= 2 or (works and looks):
                found[ast.unparse(Nameless().visit(copy.deepcopy(part)))] = ast.unparse(part)
    return found


@each_script
def test_every_bet_has_an_answer_and_every_exercise_a_check(script):
    text = script.read_text()
    assert text.count("**Bet.**") == 1
    assert text.count("my_bet = ") == 1
    assert len(answering(script)) == text.count("**Bet.**") + text.count("**Draw before you see.**")
    assert len(asking(script)) == len(asking(script, "check")) > 0


@each_script
def test_no_code_cell_shows_an_output_and_no_text_what_it_was(script):
    solved, given = cells_of(script), cells_of(script, "student")
    assert not any(cell.get("outputs") for cell in given)
    text = json.dumps([(cell.source, cell.get("attachments")) for cell in given])
    last = max(answering(script) + asking(script, "check"))
    code = "".join(cell.source for cell in solved)  # a heading is printed as it stands there
    for output in (output for cell in solved[: last + 1] for output in cell.get("outputs", ())):
        for line in output.get("text", "").splitlines():
            if len(line) >= SHORTEST and line not in code and not line.startswith(PROTOCOL):
                assert json.dumps(line)[1:-1] not in text, line
        picture = output.get("data", {}).get("image/png", "").replace("\n", "")
        assert not picture or picture not in text


@each_script
def test_what_the_text_says_about_a_bet_is_folded_and_the_answer_asserts_nothing(script):
    solved, given = cells_of(script), cells_of(script, "student")
    for place in answering(script):
        assert not any(isinstance(node, ast.Assert) for node in tree(given[place]).body)
        said = re.split(r"\n\n+", solved[place + 1].source)
        if re.match(r"\*[^*]", said[0]):
            del said[0]
        if not STEP.match(said[0]):
            assert said[0] in given[place + 1].source
            assert said[0] not in open_text(given[place + 1])


@each_script
def test_no_cell_holds_a_solution_or_a_formula_of_one(script):
    solved, given = cells_of(script), cells_of(script, "student")
    code = [cell for cell in given if cell.cell_type == "code"]
    for place in asking(script):
        later = {}
        for cell in given[place:]:
            later |= formulas(tree(cell)) if cell.cell_type == "code" else {}
        for function in tree(solved[place]).body:
            shared = formulas(function).keys() & later.keys()
            assert not shared, [later[shape] for shape in shared]
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    text = ast.unparse(node.value).strip("()")
                    says = len(text) >= SHORTEST and not text.isidentifier()
                    assert not says or all(text not in cell.source for cell in code), text


@each_script
def test_what_follows_an_exercise_is_computed_with_the_learners_function(script):
    mine = {name: e for name, e in check.EXERCISES.items() if e.notebook == script.stem[:2]}
    used = re.findall(r"""check\.use\(["'](\w+)["']\)""", script.read_text())
    assert sorted(used) == sorted(name for name, exercise in mine.items() if exercise.library)


@each_script
def test_a_learners_notebook_is_smaller_than_the_executed_one(script):
    student = FOLDER / "student" / f"{script.stem}.ipynb"
    assert student.stat().st_size < 0.8 * script.with_suffix(".ipynb").stat().st_size


def test_the_readme_leads_to_the_learners_version_first():
    links = re.findall(r"\((notebooks/[^)]*)\)", (FOLDER.parent / "README.md").read_text())
    assert links[0] == "notebooks/student"
