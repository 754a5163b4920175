"""Answers to the second exercise of notebook 13."""

import json

import numpy as np

from hashviz import metrics
from hashviz.metrics.comparison import mean_interval


def scores(runs, k=None, denominator="relevant", ties="expected"):
    values = []
    for run in runs.values():
        counts = metrics.distance_counts(
            run["query_codes"], run["query_labels"], run["database_codes"], run["database_labels"]
        )
        values.append(float(metrics.average_precision(counts, k, denominator, ties).mean()))
    return values


def card(runs, k=None, denominator="relevant", ties="mean", values=None, **other):
    run = next(iter(runs.values()))
    values = scores(runs, k, denominator) if values is None else values
    mean, half = mean_interval(values)
    return {
        "queries": len(run["query_index"]),
        "database": len(run["database_index"]),
        "shared": int(np.isin(run["query_index"], run["database_index"]).sum()),
        "k": k, "denominator": denominator, "ties": ties, "seeds": list(runs),
        "map": values, "mean": mean, "half_width": half,
    } | other  # fmt: skip


def best_at_ten(runs):
    values = scores(runs, 10, "hits", "optimistic")
    whole = card(runs, 10, "hits", "best", [round(value, 3) for value in values])
    return json.dumps(whole)


def file_order(runs):
    values = []
    for run in runs.values():
        away = (run["query_codes"][:, None] != run["database_codes"]).sum(2)
        right = run["query_labels"][:, None] == run["database_labels"]
        ranked = np.take_along_axis(right, np.argsort(away, 1, kind="stable"), 1)
        precision = np.cumsum(ranked, 1) / np.arange(1, ranked.shape[1] + 1)
        values.append(float(((precision * ranked).sum(1) / ranked.sum(1)).mean()))
    return values


def deviation(runs):
    values = scores(runs)
    return card(runs, half_width=float(np.std(values)) if len(values) > 1 else None)


RIGHT = {"solution": card, "JSON, the best order of the first ten": best_at_ten}
WRONG = {
    "split missing": lambda runs: {
        k: v for k, v in card(runs).items() if k not in ("queries", "shared")
    },
    "a bare number": lambda runs: float(np.mean(scores(runs))),
    "text": lambda runs: "mAP 0.8",
    "set of seeds": lambda runs: card(runs, seeds=set(runs)),
    "leak kept quiet": lambda runs: card(runs, shared=0),
    "number of seeds": lambda runs: card(runs, seeds=len(runs)),
    "k is all": lambda runs: card(runs) | {"k": "all"},
    "unknown denominator": lambda runs: card(runs) | {"denominator": "N"},
    "ties not said": lambda runs: card(runs) | {"ties": ""},
    "best order called mean": lambda runs: card(runs, values=scores(runs, ties="optimistic")),
    "order of the file called mean": lambda runs: card(runs, values=file_order(runs)),
    "another k than said": lambda runs: card(runs, values=scores(runs, 5, "hits")),
    "another denominator than said": lambda runs: card(
        runs, 10, "relevant", values=scores(runs, 10, "hits")
    ),
    "best seed only": lambda runs: card(runs, values=[max(scores(runs))] * len(runs)),
    "best seed as mean": lambda runs: card(runs, mean=max(scores(runs))),
    "deviation as interval": deviation,
    "interval of one seed": lambda runs: card(runs) | {"half_width": 0.0},
    "values of one seed": lambda runs: card(runs, values=scores(runs)[:1]),
}
