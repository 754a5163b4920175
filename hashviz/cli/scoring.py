"""`hashviz evaluate`, `score`, `search`, `report` and `plot`: what codes that exist are worth."""

import time
from argparse import Namespace
from pathlib import Path

from hashviz.cli.output import has_score, headline, result_of, score_lines, show, table


def evaluate(arguments: Namespace) -> None:
    """`hashviz evaluate RUN`."""
    from hashviz.metrics.evaluation import evaluate as evaluate_codes
    from hashviz.runs import find_run

    run = find_run(arguments.run, arguments.runs)
    sides = (run.query_codes, run.query_labels, run.database_codes, run.database_labels)
    k = run.data["k"] if arguments.k is None else arguments.k
    started = time.perf_counter()
    scores = evaluate_codes(*sides, k=k)
    seconds = time.perf_counter() - started
    show(
        arguments,
        {**result_of(run, seconds), "scores": scores if has_score(scores) else None},
        [run.split, headline(scores), *score_lines(scores)],
    )


def score(arguments: Namespace) -> None:
    """`hashviz score FILE.npz`."""
    from hashviz.metrics.evaluation import ARRAYS, read_codes
    from hashviz.metrics.evaluation import evaluate as evaluate_codes
    from hashviz.runs import Run

    file = arguments.file
    if file.name == "codes.npz" and (file.parent / "config.json").is_file():
        run = Run.load(file.parent)  # packed, and only the run says how many bits and classes
        arrays = {name: getattr(run, name) for name in ARRAYS}
    else:
        arrays = read_codes(file, by_sign=arguments.sign)
    started = time.perf_counter()
    scores = evaluate_codes(**arrays, k=arguments.k)
    result = {
        "file": str(arguments.file),
        "seconds": time.perf_counter() - started,
        "queries": len(arrays["query_codes"]),
        "database": len(arrays["database_codes"]),
        "bits": arrays["query_codes"].shape[1],
        "scores": scores,
    }
    result["scores"] = scores if has_score(scores) else None
    size = f"{result['queries']:,} queries, {result['database']:,} database, {result['bits']} bits"
    show(arguments, result, [size, headline(scores), *score_lines(scores)])


def search(arguments: Namespace) -> None:
    """`hashviz search RUN IMAGE`."""
    from hashviz.codes import pack, sign
    from hashviz.data.images import fit_image, read_image
    from hashviz.methods.networks import load_model
    from hashviz.models.encoding import encode
    from hashviz.runs import find_run
    from hashviz.search.index import HammingIndex, open_index
    from hashviz.search.milvus import check_content

    run = find_run(arguments.run, arguments.runs)
    height, width, channels = run.data["image"]
    picture = fit_image(read_image(arguments.image), (height, width), channels)
    if arguments.index:
        index = open_index(arguments.index)
        check_content(index, run.database_packed, run.config.bits, run.name)
    else:
        index = HammingIndex(run.config.bits)
        index.add(range(len(run.database_packed)), run.database_packed)
    model = load_model(run)
    started = time.perf_counter()
    code = pack(sign(encode(model, picture[None])))
    encoded = time.perf_counter()
    k = arguments.k if arguments.radius is None else None
    hits = index.search(code, k, radius=arguments.radius)
    searched = time.perf_counter()
    files = run.database_paths
    found = [
        {
            "rank": rank,
            "distance": int(distance),
            "classes": [run.classes[c] for c in run.database_labels[position].nonzero()[0]],
            "row": int(run.database_index[position]),
            "file": None if files is None else str(files[position]),
        }
        for rank, (position, distance) in enumerate(
            zip(hits.ids[0], hits.distances[0], strict=True), 1
        )
        if position >= 0
    ]
    result = {
        "run": str(run.path),
        "seconds": searched - started,
        "encode_seconds": encoded - started,
        "search_seconds": searched - encoded,
        "results": found,
    }
    rows = [
        [
            str(f["rank"]),
            str(f["distance"]),
            ", ".join(f["classes"]) or "-",
            f["file"] or str(f["row"]),
        ]
        for f in found
    ]
    named = "row of the data set" if files is None else "file"
    lines = table([["rank", "distance", "classes", named], *rows])
    show(arguments, result, lines if found else ["Nothing within that radius."])


def report(arguments: Namespace) -> None:
    """`hashviz report RUN [RUN ...]`."""
    from hashviz.report import report as write_report
    from hashviz.runs import find_run

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
    """`hashviz plot NAME RUN [RUN ...] -o FILE`, or with result files in the place of runs."""
    from hashviz.report.export import draw, inches
    from hashviz.report.named import figure_named, figure_of_results
    from hashviz.report.registry import rows_of
    from hashviz.runs import find_run

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
