"""`hashviz evaluate`, `score`, `search` and `report`: what codes that exist are worth."""

import time
from argparse import Namespace

from hashviz.commands.output import headline, result_of, score_lines, show, table


def evaluate(arguments: Namespace) -> None:
    """`hashviz evaluate RUN`."""
    from hashviz.evaluate import evaluate as evaluate_codes
    from hashviz.runs import find_run

    run = find_run(arguments.run, arguments.runs)
    sides = (run.query_codes, run.query_labels, run.database_codes, run.database_labels)
    k = run.data["k"] if arguments.k is None else arguments.k
    started = time.perf_counter()
    scores = evaluate_codes(*sides, k=k)
    seconds = time.perf_counter() - started
    show(
        arguments,
        {**result_of(run, seconds), "scores": scores},
        [run.split, headline(scores), *score_lines(scores)],
    )


def score(arguments: Namespace) -> None:
    """`hashviz score FILE.npz`."""
    from hashviz.evaluate import evaluate as evaluate_codes
    from hashviz.evaluate import read_codes

    arrays = read_codes(arguments.file)
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
    size = f"{result['queries']:,} queries, {result['database']:,} database, {result['bits']} bits"
    show(arguments, result, [size, headline(scores), *score_lines(scores)])


def search(arguments: Namespace) -> None:
    """`hashviz search RUN IMAGE`."""
    from hashviz.data.images import fit_image, read_image
    from hashviz.encoding import encode, load_model
    from hashviz.hamming import pack, sign
    from hashviz.runs import find_run
    from hashviz.search import HammingIndex

    run = find_run(arguments.run, arguments.runs)
    height, width, channels = run.data["image"]
    picture = fit_image(read_image(arguments.image), (height, width), channels)
    index = HammingIndex(run.config.bits)
    index.add(range(len(run.database_packed)), run.database_packed)
    model = load_model(run)
    started = time.perf_counter()
    code = pack(sign(encode(model, picture[None])))
    encoded = time.perf_counter()
    k = arguments.k if arguments.radius is None else None
    hits = index.search(code, k, radius=arguments.radius)
    searched = time.perf_counter()
    found = [
        {
            "rank": rank,
            "distance": int(distance),
            "classes": [run.classes[c] for c in run.database_labels[position].nonzero()[0]],
            "row": int(run.database_index[position]),
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
        [str(f["rank"]), str(f["distance"]), ", ".join(f["classes"]) or "-", str(f["row"])]
        for f in found
    ]
    lines = table([["rank", "distance", "classes", "row of the data set"], *rows])
    show(arguments, result, lines if found else ["Nothing within that radius."])


def report(arguments: Namespace) -> None:
    """`hashviz report RUN`."""
    from hashviz.report import report as write_report
    from hashviz.runs import find_run

    run = find_run(arguments.run, arguments.runs)
    started = time.perf_counter()
    path = write_report(run, arguments.output, root=arguments.data_root)
    result = {"run": str(run.path), "report": str(path), "seconds": time.perf_counter() - started}
    show(arguments, result, [f"Written to {path}; it opens in any browser."])
