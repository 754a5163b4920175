"""Build the notebooks: they are written as scripts and kept executed, with their figures.

    uv run python -m tools.build_notebooks [NAME ...]     notebooks/NAME.py -> NAME.ipynb
                                                          and -> student/NAME.ipynb
    uv run python -m tools.build_notebooks --check        execute again, compare, write nothing
    uv run python -m tools.build_notebooks --overview     the table in notebooks/README.md alone
    uv run python -m tools.build_notebooks --learners     student/*.ipynb alone, nothing executed

A notebook that is built twice has the same cells and the same text. Figures may differ in bytes
between machines and are compared by kind only.

The notebook for learners holds neither solutions nor what a bet asks for (`tools.learners`). It
starts with a cell that installs hashviz where it is missing, from the `Repository` of
pyproject.toml's [project.urls] or from an address that the learner fills in.
"""

import argparse
import ast
import difflib
import os
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

from tools.learners import EXERCISE, for_learners, tags

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
LARGEST = 1_000_000
WIDGET = "application/vnd.jupyter.widget-view+json"
BEGIN, END = "<!-- begin: written by tools/build_notebooks.py -->", "<!-- end -->"
SETUP = "setup"
INSTALL = """
# Does nothing where hashviz is installed. In Colab it installs what is missing, once.
import importlib.util, subprocess, sys

COPY = "{address}"  # where hashviz is on the web, such as "https://github.com/OWNER/NAME"
if importlib.util.find_spec("hashviz") is None:
    assert COPY, "hashviz is missing here: write its address between the quotes of COPY."
    package = f"hashviz[speed,umap,notebooks] @ git+{{COPY}}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", package], check=True)
""".strip()
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def sources(names: list[str], folder: Path = FOLDER) -> list[Path]:
    """Return the scripts of these names (or numbers, or beginnings of a name), or all of them.

    Raises:
        ValueError: when a name matches no script.
    """
    scripts = sorted(folder.glob("[0-9]*.py"))
    chosen = []
    for name in names:
        found = [path for path in scripts if path.stem.startswith(Path(name).stem)]
        if not found:
            known = ", ".join(path.stem for path in scripts) or "none"
            raise ValueError(f"There is no notebook {name!r}; there are: {known}.")
        chosen += found
    return chosen if names else scripts


def read_cells(script: Path) -> nbformat.NotebookNode:
    """Return the notebook of a script: its cells with ids by position, nothing executed."""
    notebook = jupytext.read(script, fmt="py:percent")
    for place, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{place:02d}"
        kept = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
        cell["metadata"] = nbformat.from_dict(kept)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook: nbformat.NotebookNode, folder: Path, seconds: int = 900) -> None:
    """Run every cell in a new kernel of this Python, outputs and all, in place.

    Raises:
        nbclient.exceptions.CellExecutionError: when a cell fails.
        ValueError: when a cell writes to stderr, since a reader would see a warning.
    """
    environment = os.environ | {"HASHVIZ_PROGRESS": "off"}  # a build is not a learner's progress
    environment.pop("MPLBACKEND", None)  # the kernel draws into the notebook
    NotebookClient(
        notebook,
        timeout=seconds,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
    ).execute(env=environment)
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python", "file_extension": ".py"}}
    )
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.pop("transient", None)
            output.get("data", {}).pop(WIDGET, None)  # a reader has the picture that comes with it
            if output.get("name") == "stderr":
                raise ValueError(f"{cell['id']} writes to stderr: {output['text']}")


def build(script: Path) -> nbformat.NotebookNode:
    """Return the executed notebook of a script."""
    notebook = read_cells(script)
    execute(notebook, script.parent)
    nbformat.validate(notebook)
    return notebook


def setup(address: str) -> nbformat.NotebookNode:
    """Return the cell that installs hashviz from an address where it is missing."""
    tagged = nbformat.from_dict({"tags": [SETUP]})
    return nbformat.v4.new_code_cell(INSTALL.format(address=address), id=SETUP, metadata=tagged)


def address_of(project: Path) -> str:
    """Return the address that the project gives for itself, or nothing."""
    urls = tomllib.loads(project.read_text())["project"].get("urls", {})
    return urls.get("Repository", "")


def learners_notebook(solved: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return what a learner opens: how to install hashviz, then the notebook without answers."""
    notebook = for_learners(solved)
    notebook.cells.insert(1, setup(address_of(FOLDER.parent / "pyproject.toml")))
    return notebook


def path_for_learners(script: Path) -> Path:
    """Return where the notebook without solutions is."""
    return script.parent / "student" / f"{script.stem}.ipynb"


def overview(folder: Path = FOLDER) -> str:
    """Return notebooks/README.md with the table of all scripts, their questions and exercises."""
    lines = ["| | Notebook | Question | You build |", "|---|---|---|---|"]
    for script in sources([], folder):
        cells = read_cells(script).cells
        title, question = [line for line in cells[0].source.splitlines() if line][:2]
        functions = [
            f"`{node.name}`"
            for cell in cells
            if EXERCISE in tags(cell)
            for node in ast.parse(cell.source).body
            if isinstance(node, ast.FunctionDef)
        ]
        link = f"[{title.removeprefix('# ')}](student/{script.stem}.ipynb)"
        lines.append(f"| {script.stem[:2]} | {link} | {question} | {', '.join(functions)} |")
    text = (folder / "README.md").read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return "\n".join([text[:begin], *lines, text[end:]])


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook, unless it is too large.

    Raises:
        ValueError: when it has become too large to review and to show.
    """
    text = nbformat.writes(notebook) + "\n"
    if len(text.encode()) >= LARGEST:
        raise ValueError(
            f"A notebook has less than {LARGEST:,} bytes, {path.name} has {len(text.encode()):,}; "
            "use fewer or smaller figures."
        )
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def in_words(notebook: Any) -> list[str]:
    """Return what two builds should share: cells, text outputs, and kinds of other outputs."""
    lines = []
    for cell in notebook.cells:
        lines += [f"[{cell['id']}] {cell.cell_type}", *cell.source.splitlines()]
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                lines += [f"-> {output.name}", *output.text.splitlines()]
                continue
            data = output.get("data", {})
            lines.append(f"-> {output.output_type}: {', '.join(sorted(data)) or output.ename}")
            if "image/png" not in data:
                lines += str(data.get("text/plain", "")).splitlines()
    return lines


def differences(script: Path) -> list[str]:
    """Return how the committed notebook differs from what its script gives today, as a diff."""
    path = script.with_suffix(".ipynb")
    if not path.is_file():
        return [f"{path.name} is missing"]
    kept, built = in_words(nbformat.read(path, as_version=4)), in_words(build(script))
    return list(difflib.unified_diff(kept, built, "committed", "built now", lineterm="", n=1))


def main(arguments: list[str] | None = None) -> int:
    """Build or check the notebooks; 1 when a check finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as 00; without: all")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--learners", action="store_true", help="write student/ alone")
    parser.add_argument("--overview", action="store_true", help="write the table of notebooks")
    options = parser.parse_args(arguments)
    stale = 0
    if not options.check:
        (FOLDER / "README.md").write_text(overview())
    if options.overview:
        return 0
    try:
        for script in sources(options.names):
            started = time.perf_counter()
            found: list[str] = []
            if options.check:
                found = differences(script)
            elif options.learners:
                solved = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
                write(learners_notebook(solved), path_for_learners(script))
            else:
                notebook = build(script)
                write(notebook, script.with_suffix(".ipynb"))
                write(learners_notebook(notebook), path_for_learners(script))
            seconds = time.perf_counter() - started
            word = ("differs" if found else "agrees") if options.check else "built"
            print(f"{script.stem}: {word}, {seconds:.0f} s", *found, sep="\n", file=sys.stderr)
            stale += bool(found)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
