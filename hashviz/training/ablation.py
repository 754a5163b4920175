"""Turn off the parts of a method, seed by seed, and test what its paper claims of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
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
"""What a method has to beat on the same features or pixels, and by at least how much mAP, before
its parts are judged: a method that has not learned tells nothing about its parts."""
NOT_APPLICABLE = "not applicable"
NOT_TRAINED = "not trained well enough to say"


MakeRun = Callable[[TrainConfig], Run]
OFF = (0, False, "none")
"""Values that turn the part of a setting off."""
MOST_PARTS = 5

MEASURES = {
    "map": ("tie-aware mAP", True, ("map", "expected")),
    "correlation": ("mean absolute bit correlation", False, ("bits", "mean_correlation")),
}
"""Numbers that a claim can be about: title, whether higher is better, and where in the scores."""


def variants(method: str, only: Iterable[str] = ()) -> dict[str, Mapping[str, Any]]:
    """Return the named option sets of a method's ablation, the whole method first.

    `only` keeps the variants whose name contains one of the words.

    Raises:
        ValueError: when the method has no parts to turn off, or no variant is left.
    """
    row = method_named(method)
    if not row.ablation:
        raise ValueError(f"{row.title} has no parts to turn off.")
    words = tuple(only)
    names = [n for n in row.ablation if not words or any(word in n for word in words)]
    if not names:
        raise ValueError(
            f"No variant of {row.title} contains {' or '.join(words)}; "
            f"there are: {', '.join(row.ablation)}."
        )
    return {WHOLE: {}, **{name: row.ablation[name] for name in names}}


def switches(method: str, chosen: Iterable[str] = ()) -> dict[str, Any]:
    """Return the parts that can be turned off: the setting, and its value when off.

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
        for word in words:
            if "=" not in word and word not in found:
                raise ValueError(
                    f"It is not known what {word!r} of {row.title} is when it is off; write "
                    f"{word}=VALUE. Known: {', '.join(found) or 'none'}."
                )
        given = parse_options(word for word in words if "=" in word)
        names = [word.partition("=")[0] for word in words]
        found = {name: given.get(name, found.get(name)) for name in names}
    if not 1 <= len(found) <= MOST_PARTS:
        raise ValueError(
            f"A grid has 1 to {MOST_PARTS} parts, {row.title} has {len(found)} "
            f"({', '.join(found) or 'none'}); name some: --grid NAME=VALUE ..."
        )
    return found


def grid(method: str, chosen: Iterable[str] = ()) -> dict[str, Mapping[str, Any]]:
    """Return every combination of the parts on and off, the whole method first.

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
    make_run: MakeRun,
    only: Iterable[str] = (),
    rows_of: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Run every variant with every seed: means, intervals, paired differences, verdicts.

    The options of `config` hold for all variants; a variant's own options come on top. `rows_of`
    are other variants than the method's own, such as those of `grid`; the first is the whole.
    """
    rows: list[dict[str, Any]] = []
    runs: list[Run] = []
    for name, options in (rows_of or variants(config.method, only)).items():
        parts, both = dict(options), {**config.options, **options}
        variant = replace(config, options=both, variant=name, parts=parts)
        runs = [make_run(replace(variant, seed=seed)) for seed in seeds]
        row: dict[str, Any] = {"name": name, "options": parts}
        for key, (_, _, (group, score)) in MEASURES.items():
            values = [run.scores[group][score] for run in runs]
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
        result["claims"] = correct_by_holm([verdict(c, rows, several, passed) for c in claims])
    return result


def gate(
    config: TrainConfig, values: Sequence[float], seeds: Sequence[int], make_run: MakeRun
) -> dict[str, Any]:
    """Compare the whole method with LSH, seed by seed, and decide whether it has learned enough.

    LSH is fitted to the features that the weights give, or to pixels where there are none.
    """
    bare = replace(
        config, method=REFERENCE, options={}, epochs=None, batch_size=None, optimizer=None,
        learning_rate=None, backbone_rate=None, weight_decay=None, augment=None,
        backbone=None if config.weights in (None, "none") else config.backbone,
    )  # fmt: skip
    runs = [make_run(replace(bare, seed=seed)) for seed in seeds]
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
    """Decide whether one variant of the claim beats the other one, by the paired interval."""
    title, higher, _ = MEASURES[claim.measure]
    about = {"claim": claim.sentence, "of": claim.of, "than": claim.than, "measure": title}
    if claim.several_labels and not several_labels:
        return {**about, "gain": None, "p": None, "verdict": NOT_APPLICABLE}
    values = {row["name"]: row[claim.measure]["values"] for row in rows}
    names = (claim.of, claim.than) if higher else (claim.than, claim.of)
    better, other = (values[name] for name in names)
    gain = paired_difference(better, other)
    word = judge(gain) if trained else NOT_TRAINED
    p = paired_p_value(better, other)
    return {**about, "gain": gain._asdict(), "p": p, "verdict": word}


def correct_by_holm(claims: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add what Holm's correction over all tested claims leaves of their verdicts.

    Tested is what is applicable and trained well enough.
    """
    kept = [{**claim, "holm": {"p": None, "verdict": claim["verdict"]}} for claim in claims]
    untested = (NOT_APPLICABLE, NOT_TRAINED)
    tested = [c for c in kept if c["verdict"] not in untested and c["p"] is not None]
    for claim, p in zip(tested, holm([c["p"] for c in tested]), strict=True):
        claim["holm"] = {"p": p, "verdict": claim["verdict"] if p < 0.05 else "undecided"}
    return kept


def judge(gain: Interval) -> str:
    """Say holds, does not hold, or undecided, by where the interval lies relative to zero.

    >>> judge(Interval(0.2, 0.1)), judge(Interval(-0.2, 0.1)), judge(Interval(0.1, 0.2))
    ('holds', 'does not hold', 'undecided')
    """
    if gain.half_width is None or abs(gain.mean) <= gain.half_width:
        return "undecided"
    return "holds" if gain.mean > 0 else "does not hold"
