"""`hashviz compare` and `hashviz ablate`: several runs, their means and intervals."""

import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from hashviz.cli.output import show, table
from hashviz.cli.training import config_of, find_or_train
from hashviz.data import DATASETS, parse
from hashviz.methods import METHODS, method_named
from hashviz.metrics.comparison import groups, mean_interval
from hashviz.runs import Run


def compare(arguments: Namespace) -> None:
    """Compare methods over seeds: `hashviz compare [METHOD ...] --data D`."""
    several = DATASETS[parse(arguments.data)[0]].multi_label
    methods = arguments.methods or [n for n, m in METHODS.items() if m.multi_label or not several]
    for name in methods:
        method_named(name)
    seeds = range(_seeds(arguments))
    rows: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    split, chance = "", 0.0
    started = time.perf_counter()
    for name in methods:
        for bits in arguments.bits:
            configs = [config_of(arguments, method=name, bits=bits, seed=seed) for seed in seeds]
            try:
                runs = [find_or_train(config, arguments, reuse=True) for config in configs]
            except ValueError as error:
                if arguments.methods:
                    raise
                left_out[f"{name}, {bits} bits"] = str(error)
                continue
            split, chance = runs[0].split, runs[0].scores["map"]["chance"]
            rows.append({"name": name, "bits": bits, **_means(runs)})
    if not rows:
        raise ValueError(f"No method could be compared; the last one: {[*left_out.values()][-1]}")
    result = {
        "data": arguments.data,
        "protocol": split,
        "chance": chance,
        "seeds": list(seeds),
        "seconds": time.perf_counter() - started,
        "rows": rows,
        "left_out": left_out,
    }
    text = [["method", *(f"{bits} bits" for bits in arguments.bits), "seconds"]]
    for name in dict.fromkeys(row["name"] for row in rows):
        mine = {row["bits"]: row for row in rows if row["name"] == name}
        cells = [interval(mine[bits]["map"]) if bits in mine else "-" for bits in arguments.bits]
        text.append([name, *cells, f"{fmean(row['seconds'] for row in mine.values()):.1f}"])
    note = f"tie-aware mAP, mean and 95% interval over {len(seeds)} seeds; chance {chance:.4f}"
    missing = [f"left out: {what}: {why}" for what, why in left_out.items()]
    heading = [f"{arguments.data}: {split}", note]
    show(arguments, result, [*heading, *table(text), *leaders(rows), *missing])


def leaders(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line about the longest codes: the best method, and those that tie with it."""
    bits = max(row["bits"] for row in rows)
    values = {row["name"]: row["maps"] for row in rows if row["bits"] == bits}
    if len(values) < 2 or min(map(len, values.values())) < 2:
        return []
    best, *near = groups(values)[0]
    return [
        f"best at {bits} bits: {best}; not significantly different from it (paired t-tests over "
        f"the seeds, Holm's correction, 5%): {', '.join(near) or 'none'}"
    ]


def _means(runs: Sequence[Run]) -> dict[str, Any]:
    """Return what the runs of one method and length come to: quality, time, health of the bits."""
    bounds = ("pessimistic", "optimistic")
    maps = {k: [run.scores["map"][k] for run in runs] for k in ("expected", *bounds)}
    bits = [run.scores["bits"] for run in runs]
    cpu = [run.environment["cpu_seconds"] for run in runs if "cpu_seconds" in run.environment]
    return {
        "map": mean_interval(maps["expected"])._asdict(),
        "maps": maps["expected"],
        **{kind: fmean(maps[kind]) for kind in bounds},
        **{f"{kind}_maps": maps[kind] for kind in bounds},
        "seconds": fmean(run.environment["seconds"] for run in runs),
        "cpu_seconds": fmean(cpu) if len(cpu) == len(runs) else None,
        "useful_bits": fmean(each["useful"] for each in bits),
        "correlation": fmean(each["mean_correlation"] or 0.0 for each in bits),
        "distinct_codes": fmean(each["distinct_codes"] for each in bits),
        "runs": [str(run.path) for run in runs],
    }


def ablate(arguments: Namespace) -> None:
    """Turn the parts of a method off, one at a time: `hashviz ablate METHOD --data D`."""
    from hashviz.training.ablation import ablate as ablate_method
    from hashviz.training.ablation import grid

    rows = None if arguments.grid is None else grid(arguments.method, arguments.grid)
    started = time.perf_counter()
    result = ablate_method(
        config_of(arguments, seed=0),
        range(_seeds(arguments)),
        lambda config: find_or_train(config, arguments, reuse=True),
        arguments.only,
        rows,
    )
    result["seconds"] = time.perf_counter() - started
    show(arguments, result, ablation_lines(result))


def ablation_lines(result: Mapping[str, Any]) -> list[str]:
    """Return the table of an ablation and what it says about the paper's claims."""
    rows = [["variant", "mAP", "difference to the whole", "bit correlation"]]
    for row in result["rows"]:
        apart = interval(row["map"]["difference"], signed=True) if len(rows) > 1 else ""
        correlation = f"{row['correlation']['mean']:.3f}"
        rows.append([row["name"], interval(row["map"]), apart, correlation])
    note = (
        f"tie-aware mAP, mean and 95% interval over {len(result['seeds'])} seeds, "
        f"differences seed by seed; chance {result['chance']:.4f}"
    )
    lines = [result["protocol"], note, *table(rows), *map(_claim_line, result["claims"])]
    if gate := result.get("gate"):
        lines.append(
            f"the whole method learned {'enough' if gate['passed'] else 'too little'} to judge "
            f"claims: {interval(gate['gain'], signed=True)} tie-aware mAP over {gate['reference']} "
            f"on the same features or pixels; {gate['needed']} is needed"
        )
    return lines


def _claim_line(claim: Mapping[str, Any]) -> str:
    """Return a claim of a paper, its verdict, and what Holm's correction leaves of that."""
    line = f"{claim['verdict']} here: {claim['claim']} ({claim['of']} against {claim['than']}"
    if claim["gain"] is not None:
        line += f", {claim['measure']}, gain {interval(claim['gain'], signed=True)}"
    left = claim["holm"]
    if left["p"] is not None:
        line += f"; p {claim['p']:.2g}, by Holm {left['p']:.2g}: {left['verdict']}"
    return f"{line})"


def _seeds(arguments: Namespace) -> int:
    if arguments.seeds < 1:
        raise ValueError(f"At least one seed is needed, got --seeds {arguments.seeds}.")
    return arguments.seeds


def interval(interval: Mapping[str, Any] | None, *, signed: bool = False) -> str:
    """Format a mean and the half-width of its interval; a single seed has no interval."""
    if interval is None:
        return "-"
    mean, half = interval["mean"], interval["half_width"]
    text = f"{mean:+.4f}" if signed else f"{mean:.4f}"
    return text if half is None else f"{text} ± {half:.4f}"
