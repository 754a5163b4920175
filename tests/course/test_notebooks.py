"""The course: every notebook is its script, executed; the script runs alone and offline.

A learner's notebook is the same one without the solutions, and runs to its end all the same.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from hashviz_course import check
from tools import build_notebooks as tool
from tools.learners import SEE, for_learners, stub

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
LARGEST, CELLS, LINES = 1_000_000, 25, 150
STEPS = ("Bet", "Play", "Read", "Build", "Check", "Reflect")
RUNS_AS_A_LEARNER = "02"  # the quickest; all others with -m slow
TRAINS_LONG = {"00", "05", "06", "07", "08", "09", "10", "11", "12", "13"}  # run with -m slow
ONLY_INLINE = re.compile(r"^\s*[%!](?!matplotlib inline$)", re.MULTILINE)
NETWORK = re.compile(r"\b(urllib|requests|httpx|socket|urlretrieve|https?://|ftp://)")
MACHINE = re.compile(r"/(home|root|Users|tmp|work|mnt|var/folders)/|[A-Z]:\\\\|site-packages")
OFFLINE = """
import runpy, socket, sys

def refuse(*_, **__):
    raise OSError("A notebook reached for the network.")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
runpy.run_path(sys.argv[1], run_name="__main__")
"""

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def built(script: Path) -> nbformat.NotebookNode:
    return nbformat.read(script.with_suffix(".ipynb"), as_version=4)


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def run_offline(script: Path, work: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", OFFLINE, str(script)],
        cwd=work,
        env=os.environ | {"MPLBACKEND": "Agg", "HASHVIZ_PROGRESS": "off"} | changed,
        capture_output=True,
        text=True,
        timeout=600,
    )


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks_and_none_without_its_script():
    assert SCRIPTS
    assert {p.stem for p in FOLDER.glob("*.ipynb")} == {p.stem for p in SCRIPTS}


@each_script
def test_the_notebook_has_the_cells_of_its_script_in_order(script):
    written = jupytext.read(script, fmt="py:percent").cells
    shown = built(script).cells
    build = "build it again: uv run python -m tools.build_notebooks"
    assert [(c.cell_type, c.source) for c in shown] == [(c.cell_type, c.source) for c in written], (
        build
    )
    assert [c["id"] for c in shown] == [f"cell-{i:02d}" for i in range(len(shown))]


@each_script
def test_every_code_cell_was_run_in_order_and_ends_in_something_to_see_or_an_assert(script):
    cells = code_cells(built(script))
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        shows = cell.outputs or "assert " in cell.source or "exercise" in tags(cell)
        assert shows, cell.source


@each_script
def test_outputs_are_text_and_pictures_without_errors_or_warnings(script):
    outputs = [output for cell in code_cells(built(script)) for output in cell.outputs]
    kinds = {output.output_type for output in outputs}
    assert "stream" in kinds or "execute_result" in kinds
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert "error" not in kinds
    assert {output.name for output in outputs if output.output_type == "stream"} <= {"stdout"}
    for output in outputs:
        shapes = set(output.get("data", {}))
        assert not shapes or shapes & {"image/png", "text/plain"}, shapes
        assert not any("widget" in shape for shape in shapes), shapes


@each_script
def test_every_figure_is_followed_by_its_caption(script):
    cells = built(script).cells
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", ())):
            assert after is not None
            assert re.match(r"\*[^*].*?\*(\n|$)", after.source, re.DOTALL), after.source


@each_script
def test_metadata_hold_no_widgets_no_timings_and_no_versions(script):
    notebook = built(script)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert set(notebook.metadata.language_info) == {"name", "file_extension"}
    assert all(not set(cell.metadata) - {"tags"} for cell in notebook.cells)


@each_script
def test_it_is_small_enough_to_review_to_read_and_to_teach(script):
    notebook = built(script)
    lines = "\n".join(cell.source for cell in code_cells(notebook)).splitlines()
    assert script.with_suffix(".ipynb").stat().st_size < LARGEST
    assert len(notebook.cells) <= CELLS
    assert len([line for line in lines if line.strip()]) <= LINES


@each_script
def test_it_installs_nothing_fetches_nothing_and_names_no_machine(script):
    notebook = built(script)
    for cell in code_cells(notebook):
        assert not ONLY_INLINE.search(cell.source), cell.source
        assert not NETWORK.search(cell.source), cell.source
    texts = [cell.source for cell in notebook.cells]
    for output in (output for cell in code_cells(notebook) for output in cell.outputs):
        texts += [output.get("text", ""), str(output.get("data", {}).get("text/plain", ""))]
    for text in texts:
        assert not MACHINE.search(text), text


@each_script
def test_it_asks_one_question_and_goes_from_a_bet_to_a_look_back(script):
    texts = [cell.source for cell in built(script).cells if cell.cell_type == "markdown"]
    title, question, *_ = [line for line in texts[0].splitlines() if line]
    assert title.startswith("# ")
    assert question.endswith("?")
    text = "\n".join(texts)
    places = [text.find(f"**{step}.**") for step in STEPS]
    assert min(places) >= 0, dict(zip(STEPS, places, strict=True))
    assert places[0] == min(places)
    assert places[-1] == max(places)


@each_script
def test_every_exercise_is_checked_and_passes_and_nothing_else_needs_the_learners_function(script):
    mine: set[str] = set()
    checked: set[str] = set()
    for cell in code_cells(built(script)):
        tree = ast.parse(re.sub(r"(?m)^%.*", "", cell.source))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        if "exercise" in tags(cell):
            mine |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        elif "check" in tags(cell):
            checked |= names & mine
            assert all(f"check.{name}({name})" in cell.source for name in names & mine)
            assert [output.text.startswith("pass: ") for output in cell.outputs] == [True]
        else:
            assert not names & mine, cell.source
    assert mine
    assert checked == mine
    assert {check.EXERCISES[name].notebook for name in mine} == {script.stem[:2]}


@each_script
def test_the_learners_notebook_is_the_same_without_solutions_and_answers(script):
    solved = built(script)
    path = tool.path_for_learners(script)
    expected = nbformat.writes(tool.learners_notebook(solved)) + "\n"
    assert path.read_text() == expected, "build it again: uv run python -m tools.build_notebooks"
    notebook = nbformat.reads(expected, 4)
    nbformat.validate(notebook)
    assert tags(notebook.cells.pop(1)) == ["setup"]
    for cell, before in zip(notebook.cells, solved.cells, strict=True):
        assert (cell.id, cell.cell_type, tags(cell)) == (before.id, before.cell_type, tags(before))
        if "exercise" in tags(cell):
            assert 'raise NotImplementedError("Your turn' in cell.source
            assert "return" not in cell.source
            assert "import" not in before.source, "the stub would lack it: import it above"
        elif cell.cell_type == "code":
            ast.parse(re.sub(r"(?m)^%.*", "", cell.source))
            assert set(cell.source.splitlines()) <= set(before.source.splitlines())
        else:
            unfolded = re.sub(
                rf"<details>\n<summary>{SEE}.*?</details>\n\n", "", cell.source, flags=re.S
            )
            unfolded = re.sub(r"<details>\n<summary>.*?</summary>\n\n", "", unfolded)
            assert unfolded.replace("\n\n</details>", "") == before.source


def test_a_new_bet_is_hidden_and_what_comes_after_the_last_one_is_folded():
    script = """
# %% [markdown]
# **Bet.** How many?

# %%
my_bet = 5
print("six, in fact")

# %% [markdown]
# *A caption.*
#
# **Play.** Look around.

# %%
print("There are", 2 * 3, "You bet", my_bet)
assert 2 * 3 == 6

# %% [markdown]
# *A caption.*
#
# There are six!
#
# And then?

# %%
print("a < b")

# %% [markdown]
# Letters.
"""
    notebook = jupytext.reads(script.strip(), fmt="py:percent")
    for cell in code_cells(notebook):
        cell.outputs = [nbformat.v4.new_output("stream", text=f"out of {cell.source[:5]}")]
    first, bet, play, answer, said, _, after = for_learners(notebook).cells
    assert not any(cell.outputs for cell in (bet, answer))
    assert "assert" not in answer.source
    assert (first, play) == (notebook.cells[0], notebook.cells[2])
    assert said.source.startswith("*A caption.*\n\n<details>")
    assert "six!\n\n</details>\n\nAnd then?" in said.source
    assert after.source.startswith(f"<details>\n<summary>{SEE}</summary>\n\n<pre>out of")
    assert after.source.endswith("</details>\n\nLetters.")


def test_there_is_no_learners_notebook_without_its_script():
    assert {p.stem for p in (FOLDER / "student").iterdir()} == {p.stem for p in SCRIPTS}


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(s, marks=[pytest.mark.slow] * (s.stem[:2] != RUNS_AS_A_LEARNER))
        for s in SCRIPTS
    ],
    ids=lambda path: path.stem,
)
def test_the_learners_notebook_runs_to_its_end_and_says_politely_what_is_missing(script, tmp_path):
    path = tool.path_for_learners(script)
    as_script = tmp_path / script.name
    jupytext.write(jupytext.read(path), as_script, fmt="py:percent")
    ran = run_offline(as_script, tmp_path)
    assert ran.returncode == 0, ran.stderr
    exercises = [cell for cell in code_cells(nbformat.read(path, 4)) if "exercise" in tags(cell)]
    assert ran.stdout.count("is not written. Fill it in above") == len(exercises)


@pytest.mark.parametrize(
    "script",
    [pytest.param(s, marks=[pytest.mark.slow] * (s.stem[:2] in TRAINS_LONG)) for s in SCRIPTS],
    ids=lambda path: path.stem,
)
def test_the_script_runs_under_plain_python_offline_and_leaves_nothing_behind(script, tmp_path):
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()
    changed = {
        "TMPDIR": str(temporary),
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "torch"),  # torch makes it when imported
    }
    ran = run_offline(script, work, **changed)
    assert ran.returncode == 0, ran.stderr
    shown = built(script)
    printed = [o.text for c in code_cells(shown) for o in c.outputs if o.output_type == "stream"]
    assert len(ran.stdout.splitlines()) == len("".join(printed).splitlines())
    assert not list(work.iterdir())
    assert not list(temporary.iterdir())


def test_the_overview_has_a_row_for_every_notebook():
    text = (FOLDER / "README.md").read_text()
    assert text == tool.overview(), "uv run python -m tools.build_notebooks --overview"
    links = re.findall(r"^\| (\d\d) \| \[[^]]+\]\((.*?)\) \| [^|]+\? \| `\w+`", text, re.MULTILINE)
    assert [number for number, _ in links] == [script.stem[:2] for script in SCRIPTS]
    assert all((FOLDER / link).is_file() for _, link in links)


def test_a_notebook_built_twice_has_the_same_bytes_and_a_changed_text_is_found(tmp_path):
    script, notebook = tmp_path / "00_toy.py", tmp_path / "00_toy.ipynb"
    script.write_text("# %% [markdown]\n# # Toy\n\n# %%\nprint(6 * 7)\n{'b': 1, 'a': 2}\n")
    tool.write(tool.build(script), notebook)
    first = notebook.read_bytes()
    tool.write(tool.build(script), notebook)
    assert notebook.read_bytes() == first
    notebook.write_text(notebook.read_text().replace("42", "41"))
    assert {"-41", "+42"} <= set(tool.differences(script))


def test_of_an_exercise_the_task_stays_and_the_solution_goes():
    source = (
        'import math\n\n\ndef one(a):\n    """The\n    task."""\n    # how\n    return 1\n\n\n'
        'def two(a, b=2):\n    """Another."""\n    if a:\n        return 2\n    return b\n'
    )
    given = stub(source)
    assert given.count("Your turn") == 2
    assert "return" not in given
    assert "# how" not in given
    names: dict = {}
    exec(given, names)
    assert names["one"].__doc__ == "The\n    task."
    with pytest.raises(NotImplementedError, match="Your turn: write two"):
        names["two"](1)
    for refused in ("x = 1", "def one(a):\n    return 1"):
        with pytest.raises(ValueError, match="functions with a docstring each"):
            stub(refused)


def test_the_first_cell_does_nothing_where_hashviz_is_and_installs_it_where_it_is_missing(
    monkeypatch,
):
    ran = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: ran.append(command))
    here, there = tool.setup("").source, tool.setup("https://example.org/hashviz").source
    exec(here, {})
    exec(there, {})
    assert not ran
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(AssertionError, match="write its address between the quotes of COPY"):
        exec(here, {})
    exec(there, {})
    [command] = ran
    assert command[1:4] == ["-m", "pip", "install"]
    assert command[-1].endswith("@ git+https://example.org/hashviz")


def test_the_first_cells_address_is_the_one_the_project_names(tmp_path):
    address_of, project = tool.address_of, tmp_path / "pyproject.toml"
    project.write_text('[project]\nname = "a"\n')
    assert address_of(project) == ""
    project.write_text('[project.urls]\nRepository = "https://example.org/a"\n')
    assert address_of(project) == "https://example.org/a"


def test_a_name_that_fits_no_notebook_is_answered_with_those_there_are():
    assert tool.sources(["00"]) == [SCRIPTS[0]]
    assert tool.sources([]) == SCRIPTS
    with pytest.raises(ValueError, match=f"no notebook '77'.*{SCRIPTS[0].stem}"):
        tool.sources(["77"])
