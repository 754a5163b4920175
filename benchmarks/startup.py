"""How long until something answers: the command line, the library, the app.

As at a second start: Python has written the bytecode of what it imports, as it does by default.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, ratio, spread

USUAL = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
HELP = (sys.executable, "-m", "hashviz", "--help")
LIBRARY = "import hashviz.training.jobs, hashviz.metrics, hashviz.search.index, hashviz.plots"


def rows(quick: bool) -> Iterator[Row]:
    """Everything about starting."""
    repeats = 2 if quick else 5
    for once in (HELP, (sys.executable, "-c", LIBRARY)):
        timed(once)
    yield spread("hashviz --help", [timed(HELP) for _ in range(repeats)], "s", target=0.7)
    ours, torch = [], []
    for _ in range(repeats):
        torch.append(timed((sys.executable, "-c", "import torch")))
        ours.append(timed((sys.executable, "-c", LIBRARY)))
    row = ratio("import of the library, as a share of torch's", torch, ours, "import torch")
    yield Row(row.what, row.value, "x", row.low, row.high, target=1.5, note=row.against)
    yield spread("app with runs, to the first results seen", [*served(repeats)], "s", target=5.0,
                 note="in a browser that is open")  # fmt: skip


def timed(command: tuple[str, ...]) -> float:
    """Seconds of a process, from its start to its end."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=USUAL)
    return time.perf_counter() - started


def served(repeats: int) -> Iterator[float]:
    """Seconds from the command to results in the browser; the runs are there already."""
    with tempfile.TemporaryDirectory() as folder, open_page() as page:
        train_small(Path(folder))
        for turn in range(repeats + 1):
            started = time.perf_counter()
            with app_process(Path(folder)) as (_, address):
                page.goto(address)
                page.wait_for_selector(".hv-about >> visible=true")
                if turn:
                    yield time.perf_counter() - started


def train_small(folder: Path) -> None:
    """Runs for the app, as `hashviz demo` would make them."""
    from hashviz.cli.demonstrating import DEFAULT_RUNS
    from hashviz.training.jobs import train

    for config in DEFAULT_RUNS:
        train(config, runs=folder)


@contextmanager
def open_page() -> Iterator[Any]:
    """An empty page in Chromium."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


@contextmanager
def app_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`hashviz demo` over a folder of runs: process and address."""
    command = (*HELP[:-1], "demo", "--runs", str(folder), "--no-browser", "--port", "7870")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**USUAL, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        for line in process.stdout or ():
            if found := re.search(r"http://\S+", line):
                yield process, found[0]
                return
        raise RuntimeError("The app stopped before it told its address.")
    finally:
        process.terminate()
        process.wait(20)
