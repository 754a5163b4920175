"""`hashviz compare` and `ablate`: several runs, their means and intervals."""

import time
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hashviz.cli.output import show, table
from hashviz.cli.training import config_of, find_or_train

if TYPE_CHECKING:
    from hashviz.runs import Run


def compare(arguments: Namespace) -> None:
    """`hashviz compare [METHOD ...] --data D`."""
    from hashviz.data import DATASETS, parse
    from hashviz.methods import METHODS, method_named

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
    methods = list(dict.fromkeys(row["name"] for row in rows))
    header = ["method", *(f"{bits} bits" for bits in arguments.bits), "seconds"]
    text = []
    for name in methods:
        mine = {row["bits"]: row for row in rows if row["name"] == name}
        seconds = sum(row["seconds"] for row in mine.values()) / len(mine)
        cells = [interval(mine[bits]["map"]) if bits in mine else "-" for bits in arguments.bits]
        text.append([name, *cells, f"{seconds:.1f}"])
    note = f"tie-aware mAP, mean and 95 % interval over {len(seeds)} seeds; chance {chance:.4f}"
    show(arguments, result, [
        f"{arguments.data}: {split}", note, *table([header, *text]), *leaders(rows),
        *(f"left out: {what}: {why}" for what, why in left_out.items()),
    ])  # fmt: skip


def leaders(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line about the longest codes: the best, and what cannot be told from it."""
    from hashviz.metrics.comparison import groups

    bits = max(row["bits"] for row in rows)
    values = {row["name"]: row["maps"] for row in rows if row["bits"] == bits}
    if len(values) < 2 or min(map(len, values.values())) < 2:
        return []
    best, *near = groups(values)[0]
    told = ", ".join(near) or "none"
    return [
        f"best at {bits} bits: {best}; not told from it by paired t-tests over the seeds, Holm's "
        f"correction, 5 %: {told}"
    ]


def _means(runs: Sequence["Run"]) -> dict[str, Any]:
    """What the runs of one method and length come to: quality, time, and the health of the bits."""
    from hashviz.metrics.comparison import mean_interval

    def mean(values: Iterable[float]) -> float:
        return sum(values) / len(runs)

    maps, bits = [run.scores["map"] for run in runs], [run.scores["bits"] for run in runs]
    expected = [each["expected"] for each in maps]
    cpu = [run.environment["cpu_seconds"] for run in runs if "cpu_seconds" in run.environment]
    return {
        "map": mean_interval(expected)._asdict(),
        "maps": expected,
        "pessimistic": mean(each["pessimistic"] for each in maps),
        "optimistic": mean(each["optimistic"] for each in maps),
        "pessimistic_maps": [each["pessimistic"] for each in maps],
        "optimistic_maps": [each["optimistic"] for each in maps],
        "seconds": mean(run.environment["seconds"] for run in runs),
        "cpu_seconds": mean(cpu) if len(cpu) == len(runs) else None,
        "useful_bits": mean(each["useful"] for each in bits),
        "correlation": mean(each["mean_correlation"] or 0.0 for each in bits),
        "distinct_codes": mean(each["distinct_codes"] for each in bits),
        "runs": [str(run.path) for run in runs],
    }


def ablate(arguments: Namespace) -> None:
    """`hashviz ablate METHOD --data D`."""
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
    note = (
        f"tie-aware mAP, mean and 95 % interval over {len(result['seeds'])} seeds, "
        f"differences seed by seed; chance {result['chance']:.4f}"
    )
    lines = [result["protocol"], note, *table([header, *rows])]
    return [*lines, *map(claim_line, result["claims"]), *gate_lines(result)]


def claim_line(claim: Mapping[str, Any]) -> str:
    """A sentence of a paper, its verdict, and what is left of that after Holm's correction."""
    pair = f"{claim['of']} against {claim['than']}"
    line = f"{claim['verdict']} here: {claim['claim']} ({pair}"
    if claim["gain"] is not None:
        line += f", {claim['measure']}, gain {interval(claim['gain'], signed=True)}"
    if claim["holm"]["p"] is not None:
        left = claim["holm"]
        line += f"; p {claim['p']:.2g}, by Holm {left['p']:.2g}: {left['verdict']}"
    return f"{line})"


def gate_lines(result: Mapping[str, Any]) -> list[str]:
    """What the whole method gains over LSH, where claims were judged."""
    if "gate" not in result:
        return []
    gate = result["gate"]
    word = "enough" if gate["passed"] else "not enough"
    return [
        f"{word} is learned to judge claims: as it stands against {gate['reference']} on the same "
        f"features or pixels {interval(gate['gain'], signed=True)} tie-aware mAP, "
        f"{gate['needed']} is needed"
    ]


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
