"""Parts of a method turned off one at a time, seed by seed, and what is left of its claim."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from hashviz.config import TrainConfig, parse_options
from hashviz.methods import WHOLE, Claim, method_named
from hashviz.metrics.comparison import (
    Interval,
    holm,
    mean_interval,
    paired_difference,
    paired_p_value,
)
from hashviz.runs import Run

REFERENCE, GATE = "lsh", 0.2
"""What a method has to beat on the same features or pixels, and by how much mAP at least, before
its parts are judged: what a method that has not learned says of its parts says nothing of them."""
NOT_APPLICABLE = "not applicable"
NOT_TRAINED = "not trained well enough to say"


@dataclass(frozen=True)
class Measure:
    """A number of a run that a claim can be about, and whether more of it is better."""

    of: Callable[[Mapping[str, Any]], float]
    title: str
    higher: bool = True


OFF = (0, False, "none")
"""Values with which a setting says that its part is off."""
MOST_PARTS = 5

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


def switches(method: str, chosen: Iterable[str] = ()) -> dict[str, Any]:
    """The parts of a method that can be turned off: the setting, and its value when it is off.

    They are the settings that its variants set to 0, to False or to "none"; `chosen` keeps some,
    or adds others as NAME=VALUE.

    Raises:
        ValueError: when there is none, too many for all combinations, or a name has no value.
    """
    row = method_named(method)
    found = {
        key: value
        for options in row.ablation.values()
        for key, value in options.items()
        if value in OFF
    }
    if words := list(chosen):
        wanted: dict[str, Any] = {}
        for word in words:
            name, given, _ = word.partition("=")
            if not given and name not in found:
                known = ", ".join(found) or "none"
                raise ValueError(
                    f"It is not known what {name!r} of {row.title} is when it is off; write "
                    f"{name}=VALUE. Known: {known}."
                )
            wanted |= parse_options([word]) if given else {name: found[name]}
        found = wanted
    if not 1 <= len(found) <= MOST_PARTS:
        raise ValueError(
            f"A grid has 1 to {MOST_PARTS} parts, {row.title} has {len(found)} "
            f"({', '.join(found) or 'none'}); name some: --grid NAME=VALUE ..."
        )
    return found


def grid(method: str, chosen: Iterable[str] = ()) -> dict[str, Mapping[str, Any]]:
    """Every combination of the parts on and off: 2 to the power of their number, the whole first.

    >>> list(grid("idhn"))
    ['as it stands', 'no quantization', 'no partial', 'no quantization, partial']
    """
    parts = switches(method, chosen)
    sets = [s for size in range(len(parts) + 1) for s in combinations(parts, size)]
    return {
        "no " + ", ".join(name.removesuffix("_weight") for name in off) if off else WHOLE: {
            name: parts[name] for name in off
        }
        for off in sets
    }


def ablate(
    config: TrainConfig,
    seeds: Sequence[int],
    make_run: Callable[[TrainConfig], Run],
    only: Iterable[str] = (),
    rows_of: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Every variant with every seed: means, intervals, paired differences and verdicts, JSON-ready.

    The options of `config` hold for all variants; a variant's own options come on top. `rows_of`
    are other variants than the method's own, such as those of `grid`; the first is the whole.
    """
    rows: list[dict[str, Any]] = []
    runs: list[Run] = []
    for name, options in (rows_of or variants(config.method, only)).items():
        runs = [make_run(variant_config(config, name, options, seed)) for seed in seeds]
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
    result = {
        "method": config.method,
        "data": config.data,
        "bits": config.bits,
        "seeds": list(seeds),
        "protocol": runs[0].split,
        "chance": runs[0].scores["map"]["chance"],
        "rows": rows,
        "claims": [],
    }
    names = {row["name"] for row in rows}
    claims = [c for c in method_named(config.method).claims if {c.of, c.than} <= names]
    if claims:
        result["gate"] = gate(config, rows[0]["map"]["values"], seeds, make_run)
        several, passed = runs[0].data["multi_label"], result["gate"]["passed"]
        result["claims"] = corrected([verdict(c, rows, several, passed) for c in claims])
    return result


def variant_config(
    config: TrainConfig, name: str, options: Mapping[str, Any], seed: int
) -> TrainConfig:
    """Return the configuration of a variant, which the run remembers.

    `options` are those in which it differs from the whole method, whose configuration is `config`.
    """
    both = {**config.options, **options}
    return replace(config, seed=seed, options=both, variant=name, parts=dict(options))


def gate(
    config: TrainConfig,
    values: Sequence[float],
    seeds: Sequence[int],
    make_run: Callable[[TrainConfig], Run],
) -> dict[str, Any]:
    """What the whole method gains over LSH, seed by seed, and whether the mean is enough.

    LSH is fitted to the features that the weights give, or to pixels where there are none.
    """
    bare = {
        name: None
        for name in ("epochs", "batch_size", "optimizer", "learning_rate", "backbone_rate",
                     "weight_decay", "augment")
    }  # fmt: skip
    if config.weights in (None, "none"):
        bare["backbone"] = None
    runs = [
        make_run(replace(config, **bare, method=REFERENCE, options={}, seed=seed))  # type: ignore[arg-type]
        for seed in seeds
    ]
    lsh = [run.scores["map"]["expected"] for run in runs]
    gain = paired_difference(values, lsh)
    return {
        "reference": REFERENCE,
        "values": lsh,
        "mean": mean_interval(lsh).mean,
        "gain": gain._asdict(),
        "needed": GATE,
        "passed": gain.mean >= GATE,
        "runs": [run.name for run in runs],
    }


def verdict(
    claim: Claim, rows: Sequence[Mapping[str, Any]], several_labels: bool, trained: bool
) -> dict[str, Any]:
    """Whether one variant of the claim beats the other one, by the paired interval."""
    measure = MEASURES[claim.measure]
    told = {
        "claim": claim.sentence,
        "of": claim.of,
        "than": claim.than,
        "measure": measure.title,
        "gain": None,
        "p": None,
    }
    if claim.several_labels and not several_labels:
        return {**told, "verdict": NOT_APPLICABLE}
    values = {row["name"]: row[claim.measure]["values"] for row in rows}
    pair = values[claim.of], values[claim.than]
    better, other = pair if measure.higher else pair[::-1]
    gain = paired_difference(better, other)
    return {
        **told,
        "gain": gain._asdict(),
        "p": paired_p_value(better, other),
        "verdict": judged(gain) if trained else NOT_TRAINED,
    }


def corrected(claims: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The claims with what is left of their verdicts after Holm's correction over all tested ones.

    Tested is what is applicable and trained well enough.
    """
    kept = [dict(claim) for claim in claims]
    tested = [c for c in kept if c["verdict"] not in (NOT_APPLICABLE, NOT_TRAINED)]
    known = [c for c in tested if c["p"] is not None]
    for claim in kept:
        claim["holm"] = {"p": None, "verdict": claim["verdict"]}
    for claim, p in zip(known, holm([c["p"] for c in known]), strict=True):
        left = claim["verdict"] if p < 0.05 else "undecided"
        claim["holm"] = {"p": p, "verdict": left}
    return kept


def judged(gain: Interval) -> str:
    """holds, does not hold, or undecided: where the interval lies to zero.

    >>> judged(Interval(0.2, 0.1)), judged(Interval(-0.2, 0.1)), judged(Interval(0.1, 0.2))
    ('holds', 'does not hold', 'undecided')
    """
    if gain.half_width is None or abs(gain.mean) <= gain.half_width:
        return "undecided"
    return "holds" if gain.mean > 0 else "does not hold"
