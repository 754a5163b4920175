"""The learner's version of an executed notebook: nothing in it answers what it asks.

- No code cell keeps an output, and an `exercise` loses its solution.
- The *answer* of a bet is the cell that reads `my_bet`, or the one after `DrawBeforeYouSee`. It
  loses its own assertions, which state the result. What the text says about it is folded, up to the
  next step or the last paragraph, which leads on; so is a text with the tag `result`.
- Behind the last answer and the last check nothing is left to betray. There the outputs are folded
  into the text that follows: *What you should see*.
"""

import ast
import copy
import re
from html import escape

import nbformat

EXERCISE, CHECK, RESULT = "exercise", "check", "result"
STEP = re.compile(r"\*\*[A-Z][\w ]*\.\*\*")
CAPTION = re.compile(r"\*[^*]")
BET, DRAWN = "my_bet", "DrawBeforeYouSee"
FOLD = "<details>\n<summary>{}</summary>\n\n{}\n\n</details>"
SEE, READ_ON = "What you should see", "What came out (run the cell first)"


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def parse(source: str) -> ast.Module:
    """Return the tree of a code cell, whose magics are comments."""
    return ast.parse(re.sub(r"(?m)^[%!]", "#", source))


def stub(source: str) -> str:
    """Return an exercise as the learner gets it, with the body of every function left to write.

    Raises:
        ValueError: when there is no function, or one without the docstring that states the task.
    """
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    if not functions or not all(ast.get_docstring(node) for node in functions):
        raise ValueError(f"An exercise is functions with a docstring each, got: {source[:60]!r}")
    lines = source.splitlines()
    for node in reversed(functions):
        task = f'    raise NotImplementedError("Your turn: write {node.name}.")'
        lines[node.body[0].end_lineno : node.end_lineno] = [task]
    return "\n".join(lines)


def answers(cells: list[nbformat.NotebookNode]) -> set[int]:
    """Return the places of the cells that answer a bet."""
    found: set[int] = set()
    drawn = False
    for place, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        names = [node for node in ast.walk(parse(cell.source)) if isinstance(node, ast.Name)]
        reads = any(name.id == BET and isinstance(name.ctx, ast.Load) for name in names)
        if drawn or reads:
            found.add(place)
        drawn = any(name.id == DRAWN for name in names)
    return found


def drop_assertions(source: str) -> str:
    """Return the code without its assertions, those inside of loops aside."""
    lines = source.splitlines()
    for node in reversed(parse(source).body):
        if isinstance(node, ast.Assert):
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines)


def fold_result(text: str) -> str:
    """Return a text with what it says about a result folded; captions, steps, the way on stay."""
    parts = re.split(r"\n\n+", text)
    start = int(bool(CAPTION.match(parts[0])))
    steps = [place for place, part in enumerate(parts) if STEP.match(part)]
    end = steps[0] if steps else max(len(parts) - 1, start + 1)
    if start >= end:
        return text
    folded = FOLD.format(READ_ON, "\n\n".join(parts[start:end]))
    return "\n\n".join([*parts[:start], folded, *parts[end:]])


def fold_outputs(outputs: list[nbformat.NotebookNode], after: nbformat.NotebookNode) -> None:
    """Put outputs, folded, before the text of the cell after them; pictures become attachments."""
    shown = []
    for output in outputs:
        picture = output.get("data", {}).get("image/png")
        if picture:
            name = f"expected-{len(shown)}.png"
            after.setdefault("attachments", {})[name] = {"image/png": picture.replace("\n", "")}
            shown.append(f"![{SEE}](attachment:{name})")
        elif "text" in output:
            shown.append(f"<pre>{escape(output.text.rstrip())}</pre>")
    if shown:
        after.source = FOLD.format(SEE, "\n\n".join(shown)) + "\n\n" + after.source


def for_learners(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the executed notebook without what a bet or an exercise asks for."""
    notebook = copy.deepcopy(notebook)
    cells, answering = notebook.cells, answers(notebook.cells)
    checks = {place for place, cell in enumerate(cells) if CHECK in tags(cell)}
    last = max(answering | checks)
    for place, cell in enumerate(cells):
        if cell.cell_type != "code":
            if RESULT in tags(cell) or place - 1 in answering:
                cell.source = fold_result(cell.source)
            continue
        if EXERCISE in tags(cell):
            cell.source = stub(cell.source)
        if place in answering:
            cell.source = drop_assertions(cell.source)
        after = cells[place + 1] if place + 1 < len(cells) else cell
        if place > last and after.cell_type == "markdown":
            fold_outputs(cell.outputs, after)
        cell.outputs, cell.execution_count = [], None
    return notebook
