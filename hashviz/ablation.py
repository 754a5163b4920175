"""Parts of a method turned off one at a time, seed by seed, and what is left of its claim."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hashviz.comparison import Interval, mean_interval, paired_difference
from hashviz.config import TrainConfig
from hashviz.methods import Claim, method_named
from hashviz.runs import Run

WHOLE = "as it stands"
"""The variant with every part on; all others are compared with it."""


@dataclass(frozen=True)
class Measure:
    """A number of a run that a claim can be about, and whether more of it is better."""

    of: Callable[[Mapping[str, Any]], float]
    title: str
    higher: bool = True


MEASURES = {
    "map": Measure(lambda scores: scores["map"]["expected"], "tie-aware mAP"),
    "correlation": Measure(
        lambda scores: scores["bits"]["mean_correlation"], "mean absolute bit correlation", False
    ),
}


def variants(method: str, only: Iterable[str] = ()) -> dict[str, Mapping[str, Any]]:
    """Named option sets of a method's ablation, the whole method first.

    `only` keeps the variants whose name contains one of the words.

    Raises:
        ValueError: when the method has no parts to turn off, or no variant is left.
    """
    row = method_named(method)
    if not row.ablation:
        raise ValueError(f"{row.title} has no parts to turn off.")
    words = tuple(only)
    kept = {
        name: options
        for name, options in row.ablation.items()
        if not words or any(word in name for word in words)
    }
    if not kept:
        raise ValueError(
            f"No variant of {row.title} contains {' or '.join(words)}; "
            f"there are: {', '.join(row.ablation)}."
        )
    return {WHOLE: {}, **kept}


def ablate(
    config: TrainConfig,
    seeds: Sequence[int],
    make_run: Callable[[TrainConfig], Run],
    only: Iterable[str] = (),
) -> dict[str, Any]:
    """Every variant with every seed: means, intervals, paired differences and verdicts, JSON-ready.

    The options of `config` hold for all variants; a variant's own options come on top.
    """
    rows: list[dict[str, Any]] = []
    runs: list[Run] = []
    for name, options in variants(config.method, only).items():
        both = {**config.options, **options}
        runs = [make_run(replace(config, seed=seed, options=both)) for seed in seeds]
        row: dict[str, Any] = {"name": name, "options": dict(options)}
        for key, measure in MEASURES.items():
            values = [measure.of(run.scores) for run in runs]
            whole = rows[0][key]["values"] if rows else values
            row[key] = {
                "values": values,
                **mean_interval(values)._asdict(),
                "difference": paired_difference(values, whole)._asdict(),
            }
        row["seconds"] = sum(run.environment["seconds"] for run in runs) / len(runs)
        row["runs"] = [run.name for run in runs]
        rows.append(row)
    return {
        "method": config.method,
        "data": config.data,
        "bits": config.bits,
        "seeds": list(seeds),
        "protocol": runs[0].split,
        "chance": runs[0].scores["map"]["chance"],
        "rows": rows,
        "claims": [
            {**verdict(claim, rows), "claim": claim.sentence}
            for claim in method_named(config.method).claims
            if claim.than in {row["name"] for row in rows}
        ],
    }


def verdict(claim: Claim, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Whether the whole method beats the variant that the claim names, by the paired interval."""
    measure = MEASURES[claim.measure]
    row = next(row for row in rows if row["name"] == claim.than)
    mean, half = (row[claim.measure]["difference"][key] for key in ("mean", "half_width"))
    sign = -1 if measure.higher else 1  # the row's difference is variant minus whole
    gain = Interval(sign * mean, half)
    return {
        "than": claim.than,
        "measure": measure.title,
        "gain": gain._asdict(),
        "verdict": judged(gain),
    }


def judged(gain: Interval) -> str:
    """holds, does not hold, or undecided: where the interval lies to zero.

    >>> judged(Interval(0.2, 0.1)), judged(Interval(-0.2, 0.1)), judged(Interval(0.1, 0.2))
    ('holds', 'does not hold', 'undecided')
    """
    if gain.half_width is None or abs(gain.mean) <= gain.half_width:
        return "undecided"
    return "holds" if gain.mean > 0 else "does not hold"
