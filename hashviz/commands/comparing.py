"""`hashviz compare` and `ablate`: several runs, their means and intervals."""

import time
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from hashviz.commands.output import show, table
from hashviz.commands.training import config_of, trained


def compare(arguments: Namespace) -> None:
    """`hashviz compare [METHOD ...] --data D`."""
    from hashviz.comparison import mean_interval
    from hashviz.data import DATASETS, parse
    from hashviz.methods import METHODS, method_named

    several = DATASETS[parse(arguments.data)[0]].multi_label
    methods = arguments.methods or [n for n, m in METHODS.items() if m.multi_label or not several]
    for name in methods:
        method_named(name)
    seeds = range(_seeds(arguments))
    rows, split, chance = [], "", 0.0
    started = time.perf_counter()
    for name in methods:
        for bits in arguments.bits:
            runs = [
                trained(
                    config_of(arguments, method=name, bits=bits, seed=seed), arguments, reuse=True
                )
                for seed in seeds
            ]
            maps = [run.scores["map"]["expected"] for run in runs]
            split, chance = runs[0].split, runs[0].scores["map"]["chance"]
            rows.append({
                "name": name,
                "bits": bits,
                "map": mean_interval(maps)._asdict(),
                "maps": maps,
                "seconds": sum(run.environment["seconds"] for run in runs) / len(runs),
                "runs": [str(run.path) for run in runs],
            })  # fmt: skip
    result = {
        "data": arguments.data,
        "protocol": split,
        "chance": chance,
        "seconds": time.perf_counter() - started,
        "rows": rows,
    }
    header = ["method", *(f"{bits} bits" for bits in arguments.bits), "seconds"]
    text = []
    for name in methods:
        mine = [row for row in rows if row["name"] == name]
        seconds = sum(row["seconds"] for row in mine) / len(mine)
        text.append([name, *(interval(row["map"]) for row in mine), f"{seconds:.1f}"])
    note = f"tie-aware mAP, mean and 95 % interval over {len(seeds)} seeds; chance {chance:.4f}"
    show(arguments, result, [f"{arguments.data}: {split}", note, *table([header, *text])])


def ablate(arguments: Namespace) -> None:
    """`hashviz ablate METHOD --data D`."""
    from hashviz.ablation import ablate as ablate_method

    started = time.perf_counter()
    result = ablate_method(
        config_of(arguments, seed=0),
        range(_seeds(arguments)),
        lambda config: trained(config, arguments, reuse=True),
        arguments.only,
    )
    result["seconds"] = time.perf_counter() - started
    show(arguments, result, ablation_lines(result))


def ablation_lines(result: Mapping[str, Any]) -> list[str]:
    """The table of an ablation and what it says of the paper's claims."""
    rows = [
        [
            row["name"],
            interval(row["map"]),
            interval(row["map"]["difference"], signed=True) if i else "",
            f"{row['correlation']['mean']:.3f}",
        ]
        for i, row in enumerate(result["rows"])
    ]
    header = ["variant", "mAP", "difference to the whole", "bit correlation"]
    claims = [
        f"{claim['verdict']} here: {claim['claim']} "
        f"({claim['measure']}, gain {interval(claim['gain'], signed=True)})"
        for claim in result["claims"]
    ]
    note = (
        f"tie-aware mAP, mean and 95 % interval over {len(result['seeds'])} seeds, "
        f"differences seed by seed; chance {result['chance']:.4f}"
    )
    return [result["protocol"], note, *table([header, *rows]), *claims]


def _seeds(arguments: Namespace) -> int:
    if arguments.seeds < 1:
        raise ValueError(f"There is at least one seed, got --seeds {arguments.seeds}.")
    return arguments.seeds


def interval(interval: Mapping[str, Any] | None, *, signed: bool = False) -> str:
    """Mean and half-width; a single seed has no interval."""
    if interval is None:
        return "-"
    mean, half = interval["mean"], interval["half_width"]
    text = f"{mean:+.4f}" if signed else f"{mean:.4f}"
    return text if half is None else f"{text} ± {half:.4f}"
