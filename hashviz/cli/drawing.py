"""`hashviz report` and `hashviz plot`: a page about runs, or one figure."""

import time
from argparse import Namespace
from pathlib import Path

from hashviz.cli.output import show
from hashviz.report import report as write_report
from hashviz.report.export import draw, inches
from hashviz.report.named import figure_named, figure_of_results
from hashviz.report.registry import rows_of
from hashviz.runs import find_run


def report(arguments: Namespace) -> None:
    """Write one page about runs: `hashviz report RUN [RUN ...]`."""
    runs = [find_run(name, arguments.runs) for name in arguments.run]
    started = time.perf_counter()
    path = write_report(runs, arguments.output, root=arguments.data_root)
    result = {
        "run": str(runs[0].path),
        "runs": [str(run.path) for run in runs],
        "report": str(path),
        "seconds": time.perf_counter() - started,
    }
    show(arguments, result, [f"Written to {path}; it opens in any browser."])


def plot(arguments: Namespace) -> None:
    """Draw one figure of runs or result files: `hashviz plot NAME RUN [RUN ...] -o FILE`."""
    name = arguments.name.replace("-", "_")
    rows_of(name)
    started = time.perf_counter()
    width = None if arguments.width is None else inches(arguments.width)
    files = [Path(run) for run in arguments.run if run.endswith(".json")]
    if files and len(arguments.run) > len(files):
        raise ValueError("A figure is drawn from result files or from runs, not from both.")
    if files:
        plate = figure_of_results(name, files, arguments.runs, arguments.data_root)
    else:
        runs = [find_run(run, arguments.runs) for run in arguments.run]
        plate = figure_named(name, runs, root=arguments.data_root, patient=True)
    theme = arguments.theme or ("dark" if arguments.dark else "light")
    said = draw(plate, arguments.output, theme=theme, width=width, caption=not arguments.no_caption)
    result = {
        "name": name,
        "caption": " ".join([f"{plate.caption}.", *said]) if said else plate.caption,
        "file": str(arguments.output),
        "seconds": time.perf_counter() - started,
    }
    lines = [f"{plate.caption}: written to {arguments.output}"]
    show(arguments, result, [*lines, *(f"for the caption: {sentence}" for sentence in said)])
