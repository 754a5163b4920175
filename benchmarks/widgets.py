"""How fast the widgets of the notebooks respond: from a change of the state to the new picture.

Each widget has the size that a notebook gives it: the 1,797 digits in 32 bits. The work of the
kernel is measured in processor time; a press in a real JupyterLab is timed inside the page, from
the click to the frame that shows the new picture. Nothing leaves this computer.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row, spread

BUDGET = 100.0
"""Milliseconds that a change may take."""


def rows(quick: bool) -> Iterator[Row]:
    """Measure every widget, and one press in JupyterLab."""
    times = 3 if quick else 15
    for name, (widget, move) in moves().items():
        widget.show()
        spent = []
        for step in range(times + 1):
            started = time.process_time()
            move(step)
            spent.append(1e3 * (time.process_time() - started))
        yield spread(f"{name}: one change", spent[1:], "ms", target=BUDGET, note="processor time")
    yield spread(
        "BitKeyboard: a press in JupyterLab", presses(3 if quick else 15), "ms",
        note="in the page",
    )  # fmt: skip


def codes_of_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return outputs of random projections, their codes, the labels and the images."""
    from hashviz import load_dataset

    digits = load_dataset("digits")
    pixels = digits.images.reshape(len(digits.images), -1) / 255.0
    turn = np.random.default_rng(0).normal(size=(pixels.shape[1], 32))
    outputs = (pixels - pixels.mean(0)) @ turn
    return outputs, np.where(outputs >= 0, 1, -1), digits.labels, digits.images[..., 0]


def moves() -> dict[str, tuple[Any, Callable[[int], None]]]:
    """Return each widget with a change that is never the same as the one before."""
    from hashviz.centers import make_centers
    from hashviz_course import widgets

    outputs, codes, labels, images = codes_of_digits()
    right = (labels[1:] & labels[0]).any(1)
    results = Path(__file__).parents[1] / "results" / "dfeh-digits.json"
    keyboard = widgets.BitKeyboard(codes[0], codes[1:], images[0], images[1:], relevant=right)
    telescope = widgets.BallTelescope(codes[0], codes[1:], images[0], images[1:], relevant=right)
    theatre = widgets.TieTheatre(codes[:100], labels[:100], codes[100:], labels[100:])
    designer = widgets.CenterDesigner(make_centers("random", 8, 16))
    toss = widgets.CoinToss(make_centers("hadamard", 10, 32))
    guess = widgets.DrawBeforeYouSee([4, 8, 16, 32, 64], [0.2, 0.3, 0.5, 0.6, 0.6])
    lines = widgets.Hyperplanes(outputs[:400, :2])
    strip = widgets.LabelStrip([True, False] * 10)
    board = widgets.LossSwitchboard.from_table(json.loads(results.read_text()))
    squeeze = widgets.OutputHistogram(outputs)
    return {
        "BallTelescope": (telescope, lambda i: setattr(telescope, "value", i + 1)),
        "BitKeyboard": (keyboard, keyboard.press),
        "CenterDesigner": (designer, lambda i: designer.press(0, i % 16)),
        "CoinToss": (toss, lambda i: toss.again()),
        "DrawBeforeYouSee": (guess, lambda i: guess.set_point(2, 0.02 * (i + 1))),
        "Hyperplanes": (lines, lambda i: lines.turn(0, 3 * i + 1)),
        "LabelStrip": (strip, lambda i: strip.press(i % 20)),
        "LossSwitchboard": (board, lambda i: board.press(board.parts[i % 2])),
        "OutputHistogram": (squeeze, lambda i: setattr(squeeze, "value", 1.1 + 0.2 * i)),
        "TieTheatre": (theatre, lambda i: theatre.shuffle()),
    }


CELL = """from benchmarks.widgets import moves
moves()["BitKeyboard"][0]"""
PRESS = """async (place) => {
  const board = document.querySelector(".hashviz-widget"), image = board.querySelector("img");
  const key = board.querySelectorAll("button")[place], began = performance.now();
  const drawn = new Promise((done) => image.addEventListener("load", () =>
    requestAnimationFrame(() => done(performance.now() - began)), { once: true }));
  key.click();
  return drawn;
}"""


def presses(times: int) -> list[float]:
    """Return the milliseconds from a click on a key to the frame with the new picture."""
    from tests.course.widgets.lab import jupyterlab, notebook_page, run_all, write_notebook
    from tests.demo.browsing import chromium

    root = str(Path(__file__).resolve().parents[1])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with jupyterlab(home) as address, chromium() as browser:
            cell = f"import sys; sys.path.insert(0, {root!r})\n{CELL}"
            write_notebook(home / "work" / "keyboard.ipynb", [(cell, [])])
            with notebook_page(browser, address, "keyboard.ipynb") as page:
                run_all(page)
                page.wait_for_selector(".hashviz-widget img")
                return [page.evaluate(PRESS, place % 32) for place in range(times + 1)][1:]
