"""`hashviz compare` and `ablate`: several runs, their means and intervals."""

import time
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from hashviz.commands.output import show, table
from hashviz.commands.training import config_of, trained
from hashviz.config import parse_options


def compare(arguments: Namespace) -> None:
    """`hashviz compare [METHOD ...] --data D`."""
    from hashviz.comparison import mean_interval
    from hashviz.methods import METHODS, method_named

    methods = arguments.methods or tuple(METHODS)
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
        text.append([name, *(_interval(row["map"]) for row in mine), f"{seconds:.1f}"])
    note = f"tie-aware mAP, mean and 95 % interval over {len(seeds)} seeds; chance {chance:.4f}"
    show(arguments, result, [f"{arguments.data}: {split}", note, *table([header, *text])])


def ablate(arguments: Namespace) -> None:
    """`hashviz ablate METHOD --data D`."""
    from hashviz.comparison import mean_interval, paired_difference
    from hashviz.methods import method_named

    method = method_named(arguments.method)
    if not method.ablation:
        raise ValueError(f"{method.title} has no parts to turn off.")
    given = parse_options(arguments.options)
    variants = {"as it stands": {}, **method.ablation}
    rows: list[dict[str, Any]] = []
    started = time.perf_counter()
    seeds = range(_seeds(arguments))
    for name, options in variants.items():
        configs = [config_of(arguments, seed=s, options={**given, **options}) for s in seeds]
        runs = [trained(config, arguments, reuse=True) for config in configs]
        maps = [run.scores["map"]["expected"] for run in runs]
        difference = paired_difference(maps, rows[0]["maps"]) if rows else None
        rows.append({
            "name": name,
            "options": dict(options),
            "map": mean_interval(maps)._asdict(),
            "maps": maps,
            "difference": difference._asdict() if difference else None,
            "chance": runs[0].scores["map"]["chance"],
            "protocol": runs[0].split,
            "runs": [str(run.path) for run in runs],
        })  # fmt: skip
    result = {
        "method": arguments.method,
        "data": arguments.data,
        "seconds": time.perf_counter() - started,
        "rows": rows,
    }
    text = [[r["name"], _interval(r["map"]), _interval(r["difference"], signed=True)] for r in rows]
    header = ["variant", "mAP", "difference to the method as it stands"]
    note = (
        f"tie-aware mAP, mean and 95 % interval over {len(seeds)} seeds, differences seed by seed; "
        f"chance {rows[0]['chance']:.4f}"
    )
    show(arguments, result, [f"{rows[0]['protocol']}", note, *table([header, *text])])


def _seeds(arguments: Namespace) -> int:
    if arguments.seeds < 1:
        raise ValueError(f"There is at least one seed, got --seeds {arguments.seeds}.")
    return arguments.seeds


def _interval(interval: Mapping[str, float | None] | None, *, signed: bool = False) -> str:
    """Mean and half-width; a single seed has no interval."""
    if interval is None:
        return "-"
    mean, half = interval["mean"], interval["half_width"]
    text = f"{mean:+.4f}" if signed else f"{mean:.4f}"
    return text if half is None else f"{text} ± {half:.4f}"
