"""All scores of a set of codes at once, ready for JSON, and reading anybody's codes from a file.

The numbers are those of `hashviz.metrics`, averaged over the queries. A row of `METRICS` is one
key of the result; NaN never appears: what has no value is None.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int8

from hashviz import metrics
from hashviz.codes import as_codes, sign
from hashviz.metrics import DistanceCounts, GainCounts
from hashviz.metrics.counts import check_not_empty
from hashviz.metrics.threads import side_by_side

RANKS = (1, 5, 10, 50, 100, 500, 1000, 5000)
RADIUS = 2
SCORES_THAT_REPAY_THREADS = 100_000  # counts; with fewer the threads take longer to start
ARRAYS = ("query_codes", "query_labels", "database_codes", "database_labels")


@dataclass(frozen=True)
class Ranked:
    """What every metric is computed from: counts per distance, and the codes themselves."""

    counts: DistanceCounts
    gains: GainCounts | None
    codes: Int8[np.ndarray, "database bits"]
    k: int | None


def evaluate(
    query_codes: Any,
    query_labels: Any,
    database_codes: Any,
    database_labels: Any,
    *,
    k: int | None = None,
) -> dict[str, Any]:
    """Return every metric of `METRICS` as a dictionary that `json.dumps` accepts.

    Codes are +-1, 0/1 or bool; labels are class indices or multi-hot; NumPy or torch. k cuts the
    ranking for mean average precision and the graded metrics; None means all. All cores are used
    where they help, or as many as OMP_NUM_THREADS says; the numbers are the same.

    Raises:
        ValueError: when a set is empty, the arrays do not fit together, or k < 1.

    >>> scores = evaluate([[1, 1]], [0], [[1, 1], [-1, 1]], [0, 1])
    >>> scores["map"]
    {'expected': 1.0, 'optimistic': 1.0, 'pessimistic': 1.0, 'chance': 0.75}
    """
    metrics.check_rank(k)
    check_not_empty(query_codes, query_labels, database_codes, database_labels)
    query, database = metrics.align_labels(query_labels, database_labels)
    arrays = query_codes, query, database_codes, database
    if max(query.sum(1).max(initial=0), database.sum(1).max(initial=0)) > 1:
        gains = metrics.gain_counts(*arrays)
        counts = gains.distance_counts()
    else:
        gains, counts = None, metrics.distance_counts(*arrays)
    ranked = Ranked(counts, gains, as_codes(database_codes), k)
    sizes = {
        "queries": len(query),
        "database": len(database),
        "bits": ranked.codes.shape[1],
        "classes": query.shape[1],
        "queries_without_relevant": int((counts.relevant.sum(1) == 0).sum()),
        "k": k,
    }
    scores = [partial(score, ranked) for score in METRICS.values()]
    if counts.total.size < SCORES_THAT_REPAY_THREADS:
        values = [score() for score in scores]
    else:  # the last of the table take longest, so they start first
        values = side_by_side(scores[::-1])[::-1]
    return sizes | {name: _json(value) for name, value in zip(METRICS, values, strict=True)}


def read_codes(path: str | Path, *, by_sign: bool = False) -> dict[str, np.ndarray]:
    """Return the four arrays of a .npz file, by the names of `evaluate`'s arguments.

    Codes come out as int8 in {-1, +1}, of real outputs only `by_sign`, and labels as multi-hot over
    the same classes. Nothing in the file is ever unpickled.

    Raises:
        ValueError: when the file is missing or damaged, or an array is missing or not what its
            name says.
    """
    path = Path(path)
    wanted = ", ".join(ARRAYS)
    if not path.is_file():
        raise ValueError(f"Codes are read from a .npz file, but there is no file {str(path)!r}.")
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("it is not an archive of arrays")
            arrays = {name: archive[name] for name in ARRAYS if name in archive.files}
    except Exception as error:  # a damaged archive may raise almost anything
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"Codes are read from a .npz file, and {str(path)!r} is damaged or not one ({why}); "
            f"write it with numpy.savez and arrays {wanted}."
        ) from error
    if missing := ", ".join(name for name in ARRAYS if name not in arrays):
        found = ", ".join(sorted(archive.files)) or "nothing"
        raise ValueError(
            f"A file of codes holds {wanted}; {str(path)!r} lacks {missing} (found {found})."
        )
    try:
        codes = {n: codes_of(arrays[n], by_sign) for n in ARRAYS if n.endswith("codes")}
        labels = metrics.align_labels(
            *(whole_numbers(arrays[name]) for name in ARRAYS if name.endswith("labels"))
        )
    except ValueError as error:
        raise ValueError(f"{str(path)!r}: {error}") from error
    return codes | {"query_labels": labels[0], "database_labels": labels[1]}


def codes_of(array: np.ndarray, by_sign: bool) -> Int8[np.ndarray, "n bits"]:
    """Return the codes in an array of a file.

    Raises:
        ValueError: when they are packed, or real where the sign is not asked for, or no numbers.
    """
    if array.dtype == np.uint8 and array.max(initial=0) > 1:
        raise ValueError(
            "the codes are packed, eight bits to a byte; score the codes.npz of a whole run "
            "folder, or unpack them: hashviz.codes.unpack(codes, bits)"
        )
    is_real = np.issubdtype(array.dtype, np.floating)
    try:
        return as_codes(array)
    except ValueError as error:
        if by_sign and is_real and array.ndim == 2 and np.isfinite(array).all():
            return sign(array)
        hint = " `hashviz score --sign` does." if is_real and not by_sign else ""
        raise ValueError(f"{error}{hint}") from None


def whole_numbers(labels: np.ndarray) -> np.ndarray:
    """Return class indices that were stored as floats as integers; anything else unchanged."""
    is_index = labels.ndim == 1 and np.issubdtype(labels.dtype, np.floating)
    if is_index and np.isfinite(labels).all() and (labels == np.rint(labels)).all():
        return labels.astype(np.int64)
    return labels


def _map(ranked: Ranked) -> dict[str, float]:
    """Mean average precision at k: exact over ties, its bounds, chance."""
    counts, k = ranked.counts, ranked.k
    maps = {
        ties: _mean(metrics.average_precision(counts, k, ties=ties)) for ties in metrics.TIE_ORDERS
    }
    return maps | {"chance": _mean(metrics.chance_average_precision(counts, k))}


def _map_dialects(ranked: Ranked) -> dict[str, float]:
    """The same by each of the literature's divisors."""
    return {
        dialect: _mean(metrics.average_precision(ranked.counts, ranked.k, dialect))
        for dialect in metrics.DIALECTS
    }


def _by_rank(score: Callable[..., np.ndarray], ranked: Ranked) -> dict[str, float]:
    """The share among the first N items, of these (precision) or of all relevant ones (recall)."""
    ranks = sorted(r for r in {*RANKS, ranked.k or 1} if r <= ranked.counts.database)
    return dict(zip(map(str, ranks), score(ranked.counts, ranks).mean(0), strict=True))


def _radius_curve(ranked: Ranked) -> dict[str, np.ndarray]:
    """Precision, recall and empty balls per radius."""
    return {
        "precision": metrics.precision_by_radius(ranked.counts).mean(0),
        "recall": metrics.recall_by_radius(ranked.counts).mean(0),
        "empty": metrics.empty_balls(ranked.counts).mean(0),
    }


def _precision_radius2(ranked: Ranked) -> dict[str, float]:
    """Precision within Hamming radius 2, and the share of empty balls."""
    curve, radius = _radius_curve(ranked), min(RADIUS, ranked.codes.shape[1])
    return {name: curve[name][radius] for name in ("precision", "empty")}


def _graded(ranked: Ranked) -> dict[str, float] | None:
    """NDCG, ACG and WAP at k by shared labels; None for one label each."""
    if ranked.gains is None:
        return None
    scores = {"ndcg": metrics.ndcg, "acg": metrics.acg, "wap": metrics.weighted_average_precision}
    return {name: _mean(score(ranked.gains, ranked.k)) for name, score in scores.items()}


def _distances(ranked: Ranked) -> dict[str, np.ndarray]:
    """Pairs at each distance that share a label, and that do not."""
    similar, dissimilar = metrics.distance_histogram(ranked.counts)
    return {"similar": similar, "dissimilar": dissimilar}


def _bits(ranked: Ranked) -> dict[str, Any]:
    """Useful, constant and repeated bits, balance, entropy, correlation."""
    codes = ranked.codes
    return {
        "useful": metrics.useful_bits(codes),
        "constant": np.flatnonzero(metrics.constant_bits(codes)),
        "same": metrics.bit_groups(codes),
        "distinct_codes": metrics.distinct_codes(codes),
        "mean_correlation": metrics.mean_correlation(codes),
        "rank": metrics.correlation_rank(codes),
        "balance": metrics.bit_balance(codes),
        "entropy": metrics.bit_entropy(codes),
    }


METRICS: dict[str, Callable[[Ranked], Any]] = {
    "map": _map,
    "map_dialects": _map_dialects,
    "precision_at": partial(_by_rank, metrics.precision_at),
    "recall_at": partial(_by_rank, metrics.recall_at),
    "precision_radius2": _precision_radius2,
    "radius_curve": _radius_curve,
    "graded": _graded,
    "distances": _distances,
    "bits": _bits,
}


def _mean(values: np.ndarray) -> float:
    """Return the mean over the queries that have a value; NaN when none has."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def _json(value: Any) -> Any:
    """Return plain Python numbers, lists and dictionaries; None for NaN."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _json(value.tolist())
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
