"""The league: every method x 12, 24, 36, 48 bits x five seeds on four data sets, kept in results/.

    uv run python -m tools.league                             digits and scenes, nothing needed
    uv run python -m tools.league --data-root DIR --data cifar10 voc2007
    uv run python -m tools.league --write                     draws and writes from what is kept

DIR holds cifar-10-batches-py/, voc2007/ (pictures and labels.csv) and mobilenet_v2_fp16.pt. A run
that is already under --runs is not trained again. Each data set is a process of one thread.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hashviz.metrics.comparison import Interval

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
LEAGUE = RESULTS / "league"
BITS, SEEDS = (12, 24, 36, 48), 5
FROZEN = ["--backbone", "mobilenet_v2", "--weights", "mobilenet_v2_fp16.pt", "--frozen"]

SETTINGS: dict[str, list[str]] = {
    "digits": ["--data", "digits"],
    "scenes": ["--data", "scenes?images=2000"],
    "cifar10": ["--data", "cifar10", "--protocol", "cifar10-p1", *FROZEN],
    "voc2007": ["--data", "folder:voc2007?size=224", *FROZEN, "--epochs", "15"],
}  # fmt: skip
"""CPU-sized, the same for all methods of a data set."""

ABOUT = {
    "digits": "Trained methods learn a small network from pixels, DMSH one with branches at three "
    "scales; fitted ones see the pixels.",
    "scenes": "Generated pictures with several labels; trained methods learn a small convolutional "
    "network from pixels, DMSH one with branches at three scales. Some that learn from pairs stay "
    "near chance after ten epochs of 1,600 images; about half of all pairs share a label, which "
    "may be why.",
    "cifar10": "All methods on the same features: MobileNetV2 with ImageNet weights, frozen, "
    "pictures enlarged to 64 pixels. DPSH's protocol, all 59,000 images in the database. Of DFEH "
    "the loss alone is compared: before a frozen network its enhancement layer cannot learn.",
    "voc2007": "All methods on the same features: MobileNetV2 with ImageNet weights, frozen. "
    "Photographs with several labels. Of DFEH the loss alone, as above.",
}

NO_FEATURES = (
    "It is fitted to given features, and there are none for these pictures: no plane through raw "
    "pixels tells a shape."
)
"""Why what is fitted has no place among the scenes."""

HEAD = """# The league: all methods, same data, same splits

Written by `uv run python -m tools.league --write`. Each number is the mean over the seeds with
its 95 % interval; a seed draws the split as well as the initial weights, so the interval says how
far off another draw may be. mAP is tie-aware over the whole database: the exact mean over all
orders of equal distances. The band behind the ranking reaches from the unluckiest to the luckiest
order.

All methods share the split of a seed, so two of them are compared seed by seed: the column "to
the best" has its mean and 95 % interval at the longest code. A group holds what does not differ
significantly: the best of those without a group leads the next one, and with it stand all whose
paired difference to it has p >= 0.05 after Holm's correction over all that are compared with this
leader. Members of a group are not shown to be equal, and with few seeds groups are large.

How far to trust it: one recipe per data set, the same for all methods, chosen by looking at query
mAP of a few methods with seed 0; no method was tuned for its place{OWN}. A method that needs
another learning rate or more epochs is placed too low. Fitted methods get features or pixels, as
in their papers. On frozen features all trained methods learn a layer of 512 units before the hash
layer, except where the network has a hash layer of its own kind ({LINEAR}). Times are processor
seconds of one thread, for training alone, on a machine that was doing other work as well. The
scores of every seed are kept in the JSON files beside this page; codes are not.
"""


def head() -> list[str]:
    """How the league came about and how far to trust it."""
    from hashviz.methods import METHODS

    plain = [m.title for m in METHODS.values() if m.trained and "hidden" not in m.settings()]
    own = [
        f"{m.title} on {data} has a recipe of its own, found on seeds 100 and 101: with the common "
        "one it hardly learns"
        for m in METHODS.values()
        for data in m.recipe
    ]
    text = HEAD.replace("{LINEAR}", ", ".join(plain))
    return text.replace("{OWN}", "".join(f" ({each})" for each in own)).splitlines()


def contenders(data: str) -> list[str]:
    """The methods of a league; empty where all that fit the data take part."""
    from hashviz.methods import METHODS

    if data != "scenes":
        return []
    return [name for name, method in METHODS.items() if method.trained and method.multi_label]


def command(data: str, seeds: int = SEEDS) -> list[str]:
    """The words of one league, as they are written under its table."""
    bits = [str(b) for b in BITS]
    rest = ["--seeds", str(seeds), "--threads", "1", "--slim"]
    return ["compare", *contenders(data), *SETTINGS[data], "--bits", *bits, *rest]


def run(data: str, root: Path | None, runs: Path) -> None:
    """One league in a process of its own."""
    place = ["--runs", str(runs.resolve()), "--json"]
    data_root = {"HASHVIZ_DATA": str(root.resolve())} if root else {}
    done = subprocess.run(
        [sys.executable, "-m", "hashviz", *command(data), *place],
        cwd=root.resolve() if root else ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **data_root},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    keep(data, json.loads(done.stdout.splitlines()[-1]))


def keep(data: str, result: dict[str, Any]) -> None:
    """A result as it stays: rounded, with its command, without the folders of its runs."""
    words = command(data, len(result["seeds"]))
    told = {**result, "command": " ".join(["hashviz", *map(shlex.quote, words)])}
    told.pop("seconds", None)
    told["left_out"] = {**result["left_out"], **left_out(data)}
    told["rows"] = [{k: rounded(v) for k, v in r.items() if k != "runs"} for r in told["rows"]]
    LEAGUE.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**told, "rows": []}, indent=1)
    rows = ",\n  ".join(json.dumps(row) for row in told["rows"])
    (LEAGUE / f"{data}.json").write_text(
        text.replace('"rows": []', f'"rows": [\n  {rows}\n ]') + "\n"
    )


def left_out(data: str) -> dict[str, str]:
    """Who was not asked, and why."""
    from hashviz.methods import METHODS

    asked = contenders(data)
    return {
        f"{name}, {bits} bits": NO_FEATURES
        for name, method in METHODS.items()
        if asked and method.multi_label and name not in asked
        for bits in BITS
    }


def rounded(value: Any) -> Any:
    """Five decimals are more than the seeds allow."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return {k: rounded(v) for k, v in value.items()} if isinstance(value, dict) else value


def kept() -> dict[str, dict[str, Any]]:
    """The results that are there, in the order of the settings."""
    paths = {data: LEAGUE / f"{data}.json" for data in SETTINGS}
    return {data: json.loads(p.read_text()) for data, p in paths.items() if p.is_file()}


def write() -> None:
    """results/league/README.md, with small multiples and a ranking for every data set."""
    for data, result in kept().items():
        draw_multiples(result, data, LEAGUE / f"{data}-bits.png")
        draw_ranking(result, LEAGUE / f"{data}-ranking.png")
    (LEAGUE / "README.md").write_text("\n".join(page()) + "\n")


def page() -> list[str]:
    """The lines of the page: a chapter for every data set, then what papers print."""
    return [*head(), *(line for item in kept().items() for line in section(*item)), *published()]


def section(data: str, result: dict[str, Any]) -> list[str]:
    """The chapter of one data set."""
    from hashviz.methods import METHODS
    from hashviz.plots import best_first

    cells = {(row["name"], row["bits"]): row for row in result["rows"]}
    lengths = " | ".join(f"{b} bits" for b in BITS)
    place = grouped(result)
    first, other = processors(result)
    lines = [
        "", f"## {data}", "", ABOUT[data], "",
        f"{result['protocol']}; chance {result['chance']:.3f}; {len(result['seeds'])} seeds.", "",
        f"![mAP against bits]({data}-bits.png)", "", f"![Ranking at 48 bits]({data}-ranking.png)",
        "",
        f"| method | {lengths} | to the best | group | seconds | useful bits | bit correlation | "
        "different codes |",
        "|---" * (len(BITS) + 7) + "|",
    ]  # fmt: skip
    for name in best_first(means_of(result)):
        longest = cells[name, max(b for b in BITS if (name, b) in cells)]
        found = [interval(cells[name, b]["map"]) if (name, b) in cells else "" for b in BITS]
        number, beside = place.get(name, ("", None))
        gap = "" if beside is None else signed(beside)
        star = "*" if longest.get("processor") == other else ""
        health = (
            f"{longest['cpu_seconds']:.2f}{star} | {longest['useful_bits']:.0f} of "
            f"{longest['bits']} | {longest['correlation']:.2f} | {longest['distinct_codes']:,.0f}"
        )
        lines.append(
            f"| {METHODS[name].title} | {' | '.join(found)} | {gap} | {number} | {health} |"
        )
    lines += ["", "Differences, groups, seconds, bits and codes: at the longest code."]
    if other:
        lines += [
            f"Seconds with a star were taken on another machine ({other}) than those without",
            f"({first}) and compare among themselves only.",
        ]
    lines += [""]
    lines += [f"`{result['command']}`"]
    if remark := result.get("remark"):
        lines += ["", remark]
    reasons: dict[str, list[str]] = {}
    for what, why in result["left_out"].items():
        reasons.setdefault(why, []).append(what)
    for why, what in reasons.items():
        names = dict.fromkeys(METHODS[w.rpartition(",")[0]].title for w in what)
        lines += ["", f"Left out: {', '.join(names)}. {why}"]
    missing = [m.title for m in METHODS.values() if several_labels(data) and not m.multi_label]
    if missing:
        lines += ["", f"For one label per image only, so not here: {', '.join(missing)}."]
    return lines


def processors(result: dict[str, Any]) -> tuple[str, str]:
    """On what the rows at the longest code were run: the more frequent processor, and the other."""
    named = Counter(
        row["processor"] for row in result["rows"] if row["bits"] == BITS[-1] and "processor" in row
    )
    first, other, *_ = [*(name for name, _ in named.most_common(2)), "", ""]
    return first, other


def grouped(result: dict[str, Any]) -> dict[str, tuple[int, "Interval | None"]]:
    """At the longest code: the group of every method, and its difference to the best of all."""
    from hashviz.metrics.comparison import groups, paired_difference

    values = {row["name"]: row["maps"] for row in result["rows"] if row["bits"] == BITS[-1]}
    found = groups(values)
    best = next(iter(found[0]))
    return {
        name: (number, None if name == best else paired_difference(values[name], values[best]))
        for number, group in enumerate(found, 1)
        for name in group
    }


def signed(value: "Interval") -> str:
    """A difference with the half-width of its interval, three decimals."""
    half = "" if value.half_width is None else f" ± {value.half_width:.3f}"
    return f"{value.mean:+.3f}{half}"


def several_labels(data: str) -> bool:
    """Whether images have several labels there."""
    return data in ("scenes", "voc2007")


def interval(value: dict[str, Any]) -> str:
    """Three decimals with the half-width."""
    return f"{value['mean']:.3f} ± {value['half_width']:.3f}"


def means_of(result: dict[str, Any], key: str = "mean") -> dict[str, list[float]]:
    """Per method one value per code length, nan where there is none."""
    cells = {(row["name"], row["bits"]): row["map"][key] for row in result["rows"]}
    names = dict.fromkeys(row["name"] for row in result["rows"])
    return {name: [cells.get((name, b), float("nan")) for b in BITS] for name in names}


def draw_multiples(result: dict[str, Any], data: str, path: Path) -> None:
    """One small panel per method, the best first; a paper's own numbers as open squares."""
    import numpy as np
    from matplotlib.figure import Figure

    from hashviz import plots
    from hashviz.methods import METHODS

    means = {name: np.array(values) for name, values in means_of(result).items()}
    halves, place = means_of(result, "half_width"), grouped(result)
    names = plots.best_first(means)
    error = saturated(result)
    columns = 6
    rows = -(-len(names) // columns)
    told = printed_beside(data)
    with plots.theme():
        figure = Figure(figsize=(11, 0.9 + 1.42 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for ax, name in zip(axes, names, strict=False):
            plots.spotlight(
                name, np.array(BITS), means, half_widths=np.array(halves[name]),
                printed=np.array(told[name]) if name in told else None,
                title=METHODS[name].title.partition(" (")[0], style=look(name, place),
                chance=result["chance"], error=error, ax=ax,
            )  # fmt: skip
        for ax in axes[len(names) :]:
            ax.remove()
        for ax in axes[max(0, len(names) - columns) : len(names)]:
            ax.tick_params(labelbottom=True)
        figure.supxlabel(
            "bits (dashed: chance; blue: not significantly below the best at 48 bits; upright: "
            "95 % over seeds)" + (
                "\nsquares: printed in DFEH's paper, from scratch, another protocol" if told else ""
            ), size="small",
        )  # fmt: skip
        score = "1 - mAP, log scale" if error else "tie-aware mAP"
        figure.supylabel(f"{score}, mean of {len(result['seeds'])} seeds", size="small")
        figure.savefig(path, dpi=110)


def look(name: str, place: dict[str, tuple[int, Any]]) -> dict[str, Any]:
    """Choose blue for what is not significantly below the best, gray for the others."""
    from hashviz.plots.palette import class_color, muted

    first = place.get(name, (0, None))[0] == 1
    return {"color": class_color(0) if first else muted(), "marker": "o"}


def saturated(result: dict[str, Any]) -> bool:
    """Whether the best is so near 1 that errors tell more than scores."""
    from hashviz.plots.comparing import SATURATED

    return max(row["map"]["mean"] for row in result["rows"]) > SATURATED


def printed_beside(data: str) -> dict[str, list[float]]:
    """What DFEH's paper prints for the same data set and lengths."""
    names = {"cifar10": "CIFAR-10"}
    tables = json.loads((RESULTS / "published.json").read_text())["tables"]
    same = (t for t in tables if t["data"] == names.get(data) and t["bits"] == list(BITS))
    return next((table["map"] for table in same), {})


def draw_ranking(result: dict[str, Any], path: Path, bits: int = BITS[-1]) -> None:
    """All methods from best to worst at one length, intervals before the bands of ties."""
    import numpy as np
    from matplotlib.figure import Figure

    from hashviz import plots
    from hashviz.methods import METHODS
    from hashviz.plots.palette import class_color, muted

    rows = [row for row in result["rows"] if row["bits"] == bits]
    place, error = grouped(result), saturated(result)
    score = "1 - mAP (log scale)" if error else "Mean average precision"
    with plots.theme():
        figure = Figure(figsize=(8, 1.4 + 0.27 * len(rows)), layout="constrained")
        plots.ranking(
            [METHODS[row["name"]].title.partition(" (")[0] for row in rows],
            np.array([row["map"]["mean"] for row in rows]),
            half_widths=np.array([row["map"]["half_width"] for row in rows]),
            bands=(
                np.array([row["pessimistic"] for row in rows]),
                np.array([row["optimistic"] for row in rows]),
            ),
            seeds=[row["maps"] for row in rows],
            styles=[look(row["name"], place) for row in rows],
            chance=result["chance"],
            error=error,
            legend={"not significantly below the best": class_color(0), "below it": muted()},
            xlabel=f"{score}, {bits} bits, {len(result['seeds'])} seeds",
            markersize=5,
            ax=figure.subplots(),
        )
        figure.savefig(path, dpi=110)


def published() -> list[str]:
    """The tables of the literature, with their protocols as far as they are told."""
    from hashviz.methods import METHODS

    lines = [
        "", "## What papers print", "",
        "From `../published.json`: cited, never mixed with ours. Network, protocol and metric",
        "differ from table to table and from ours; two ports of one method differ by more than",
        "most claimed improvements.",
    ]  # fmt: skip
    for table in json.loads((RESULTS / "published.json").read_text())["tables"]:
        lengths = " | ".join(f"{b}" for b in table["bits"])
        lines += [
            "", f"**{table['data']}**, {table['metric']}, {table['network']}; "
            f"{table['protocol']}. Source: {table['source']}.", "",
            f"| method | {lengths} |", "|---" * (len(table["bits"]) + 1) + "|",
        ]  # fmt: skip
        for name, values in table["map"].items():
            found = " | ".join(f"{v:.4f}" for v in values)
            lines.append(f"| {METHODS[name].title} | {found} |")
    return lines


def main() -> None:
    """Run what is asked for, then write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=["digits", "scenes"], choices=SETTINGS)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where runs stay")
    parser.add_argument("--write", action="store_true", help="write only, train nothing")
    arguments = parser.parse_args()
    for data in () if arguments.write else arguments.data:
        run(data, arguments.data_root, arguments.runs)
    write()


if __name__ == "__main__":
    main()
