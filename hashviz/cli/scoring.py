"""`hashviz evaluate` and `score`: what existing codes are worth."""

import time
from argparse import Namespace

from hashviz.cli.output import has_score, headline, result_of, score_lines, show
from hashviz.metrics.evaluation import ARRAYS, read_codes
from hashviz.metrics.evaluation import evaluate as evaluate_codes
from hashviz.runs import Run, find_run


def evaluate(arguments: Namespace) -> None:
    """Score the codes of a run again: `hashviz evaluate RUN`."""
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
    """Score anybody's codes: `hashviz score FILE.npz`."""
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
        "scores": scores if has_score(scores) else None,
    }
    size = f"{result['queries']:,} queries, {result['database']:,} database, {result['bits']} bits"
    show(arguments, result, [size, headline(scores), *score_lines(scores)])
