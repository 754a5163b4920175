"""Single figures by name: of a run, of several runs, or of the result of `compare` and `ablate`."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hashviz import plots
from hashviz.config import unknown
from hashviz.data import Dataset
from hashviz.methods import METHODS, look_of
from hashviz.metrics.comparison import mean_interval, shapley_values, subsets_of
from hashviz.report.export import side_by_side
from hashviz.report.needs import check_needs
from hashviz.report.plates import Plate, Section
from hashviz.runs import Run

FIGURES: dict[str, tuple[str, str]] = {
    "query_results": ("run", "a query and its nearest images, ties boxed, right and wrong marked"),
    "hash_centers": ("run", "the bits of the hash centers, wasted columns marked"),
    "center_distances": ("run", "distances between the centers, with the Plotkin bound"),
    "minimum_distances": ("run", "closest centers of every scheme against the number of classes"),
    "majority_vote": ("run", "what the centers of an image's labels become"),
    "merged_distances": ("run", "targets of images with two labels, by the rule for ties"),
    "codes_around_centers": ("run", "codes by their distance to the own and another center"),
    "code_map": ("run", "the codes in the plane, equal ones as one bubble: UMAP, kept once drawn"),
    "thumbnail_map": ("run", "the same map with pictures instead of bubbles"),
    "code_maps": ("runs", "maps of several runs, turned onto the first"),
    "bit_agreement": ("run", "the bits of a query and a hit, and those that decide"),
    "heat_on_both": ("run", "where a bit looks, on a query and a hit"),
    "mutual_information": ("run", "what each bit tells about labels and attributes"),
    "bit_gallery": ("run", "images at the ends of the bit that tells most"),
    "attack": ("run", "a query changed a little, and its code"),
    "bit_origins": ("run", "which scale a bit comes from, for a network that fuses several"),
    "bit_flips": ("run", "bits that flip from epoch to epoch"),
    "code_history": ("run", "the code of one image, epoch by epoch"),
    "learning_curves": ("runs", "quality against seconds while training"),
    "precision_recall_by_rank": ("run", "precision against recall by rank, with ties"),
    "code_matrix": ("runs", "codes of the database, grouped by class"),
    "bucket_occupancy": ("run", "images that share a code, against random codes"),
    "bit_balance": ("run", "mean of each bit"),
    "useful_bits": ("run", "entropy of each bit, repeated and constant ones marked"),
    "bit_correlation": ("run", "correlation of any two bits"),
    "output_violins": ("run", "outputs before the sign, bit by bit"),
    "distance_histogram": ("runs", "distances of pairs that share a label, and of the others"),
    "ball_occupancy": ("run", "images within a radius, against the binomial law"),
    "precision_recall": (
        "runs",
        "precision against recall, of one run by radius, of several by rank",
    ),
    "precision_at_n": ("runs", "precision among the first N results"),
    "training_terms": ("run", "terms of the loss over the epochs"),
    "ranking": ("runs, compare", "scores from best to worst"),
    "time_to_quality": ("runs, compare", "seconds of training against the score"),
    "map_by_bits": ("runs, compare", "score against the number of bits"),
    "results_change": ("runs", "what enters and leaves the results of two runs"),
    "ablation": ("ablate", "differences of the variants, seed by seed, with intervals"),
    "response_curve": ("ablate", "score against the value of one setting"),
    "changed_results": ("ablate", "how many of the first results each variant replaces"),
    "variants_results": ("ablate", "the images that change, for the query that changes most"),
    "shapley": ("ablate", "what each part adds, where all combinations were run"),
}
"""What each figure can be drawn from, and what it shows."""

PICTURED = (
    *("query_results", "results_change", "heat_on_both", "bit_gallery", "attack", "bit_origins"),
    *("mutual_information", "thumbnail_map"),
)
"""Figures for which the images of the data set are read."""

ENRICHED = ("mutual_information",)
"""Those of them that are drawn without images too."""

MAPPED = ("code_map", "code_maps", "thumbnail_map")
"""Figures for which UMAP is drawn, where it is installed, and kept with the run."""


def figure_named(
    name: str, runs: Sequence[Run], dataset: Dataset | None, excuse: str = ""
) -> Plate:
    """The figure of that name about a run, or about several together: all of them are in it.

    `excuse` says why the images of the runs are not there.

    Raises:
        ValueError: when the name is unknown or the runs have no such figure.
    """
    from hashviz.report import sections
    from hashviz.report.several import shared_sections

    kinds = _kinds(name)
    several = len(runs) > 1
    if "runs" not in kinds and (several or "run" not in kinds):
        wanted = "one run" if "run" in kinds else f"the JSON of `hashviz {kinds[-1]} --json`"
        many = [other for other, (drawn_from, _) in FIGURES.items() if "runs" in drawn_from]
        told = f"; several runs are drawn by {', '.join(many)}" if several else ""
        raise ValueError(f"The figure {name!r} is drawn from {wanted}, got {len(runs)} runs{told}.")
    check_needs(name, runs, dataset, name in PICTURED and name not in ENRICHED, excuse)
    found = [] if several else _plates(sections(runs[0], dataset, name), name)
    found = found or _plates(shared_sections(runs, dataset, name), name)
    if not found:
        names = ", ".join(run.name for run in runs)
        raise ValueError(f"There is no {name!r} of {names}: they have nothing to show in it.")
    if found[0].missing:
        raise ValueError(
            f"The figure {name!r} cannot show {', '.join(found[0].missing)} beside the others; "
            "leave them out."
        )
    return found[0]


def _kinds(name: str) -> list[str]:
    if name not in FIGURES:
        raise unknown("figure", name, FIGURES)
    return FIGURES[name][0].split(", ")


def _plates(chapters: Sequence[Section], name: str) -> list[Plate]:
    return [plate for section in chapters for plate in section.plates if plate.name == name]


def figure_of_results(
    name: str, paths: Sequence[Path], runs: Path = Path("runs"), data_root: Path | None = None
) -> Plate:
    """The figure of that name from one result, or a panel for each of several.

    Raises:
        ValueError: as `figure_of_result`.
    """
    plates = [figure_of_result(name, path, runs, data_root) for path in paths]
    if len(plates) == 1:
        return plates[0]
    data = [str(read_result(path).get("data", path.stem)) for path in paths]
    names = data if len(set(data)) == len(data) else [path.stem for path in paths]
    panels = [replace(plate, caption=name) for plate, name in zip(plates, names, strict=True)]
    return side_by_side(panels, "; ".join(plate.caption for plate in plates))


def figure_of_result(
    name: str, path: Path, runs: Path = Path("runs"), data_root: Path | None = None
) -> Plate:
    """The figure of that name from what `hashviz compare --json` or `ablate --json` printed.

    The figures of images need the runs themselves, below the folder `runs`.

    Raises:
        ValueError: when the name is unknown, the file is no such result, or it lacks what is drawn.
    """
    kinds = _kinds(name)
    result = read_result(path)
    rows, kind = result["rows"], "ablate" if "method" in result else "compare"
    if kind not in kinds:
        wanted = " or ".join(f"`hashviz {k} --json`" if k in KINDS else WORDS[k] for k in kinds)
        raise ValueError(
            f"The figure {name!r} is drawn from {wanted}; {path} is a result of {kind!r}."
        )
    if name in CHANGES:
        return CHANGES[name](result, runs, data_root)
    return RESULT_FIGURES[name](result, rows)


KINDS = ("compare", "ablate")
WORDS = {"run": "a run", "runs": "runs"}


def read_result(path: Path) -> dict[str, Any]:
    """What `hashviz compare --json` or `ablate --json` said, alone or after all they printed.

    Raises:
        ValueError: when the file holds no JSON, or none of these.
    """
    try:
        try:
            text = path.read_text()
        except FileNotFoundError:
            raise ValueError(f"There is no file {str(path)!r}.") from None
        try:
            result = json.loads(text)
        except json.JSONDecodeError:
            # Lines for a person may stand before; the value is the last line.
            result = json.loads((text.strip().splitlines() or [""])[-1])
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}.") from None
    what = "what `hashviz compare --json` or `ablate --json` prints"
    if not isinstance(result, dict) or not isinstance(result.get("rows"), list):
        have = ", ".join(map(str, result)) if isinstance(result, dict) else type(result).__name__
        raise ValueError(f"{path} does not hold {what}: it has no rows, but {have or 'nothing'}.")
    scores = "values of map" if "method" in result else "maps"
    for row in result["rows"]:
        try:
            maps = row["map"]["values"] if "method" in result else row["maps"]
            row["maps"] = [float(value) for value in maps]
        except (KeyError, TypeError, ValueError):
            row["maps"] = []
        if not row["maps"] or "name" not in row:
            raise ValueError(f"{path} does not hold {what}: a row lacks its name or its {scores}.")
    if not result["rows"]:
        raise ValueError(f"{path} does not hold {what}: it has no rows.")
    return result


def _changed(result: dict[str, Any], runs: Path, data_root: Path | None) -> Plate:
    from hashviz.report.variants import changed_plate, runs_of

    del data_root
    return changed_plate(result, runs_of(result, runs))


def _variants(result: dict[str, Any], runs: Path, data_root: Path | None) -> Plate:
    from hashviz.report import pictures_of
    from hashviz.report.variants import results_plate, runs_of

    found = runs_of(result, runs)
    dataset, excuse = pictures_of(found[0][0], data_root)
    if dataset is None:
        raise ValueError(f"The images are not here: {excuse}")
    return results_plate(result, found, dataset)


CHANGES = {"changed_results": _changed, "variants_results": _variants}
"""Figures that need the runs behind a result."""


def _halves(values: Sequence[Sequence[float]]) -> tuple[np.ndarray, np.ndarray]:
    """Means and half-widths of rows of scores."""
    intervals = [mean_interval(list(row)) for row in values]
    halves = [np.nan if i.half_width is None else i.half_width for i in intervals]
    return np.array([i.mean for i in intervals]), np.array(halves)


def _ablation(result: dict[str, Any], rows: list[dict[str, Any]]) -> Plate:
    base = rows[0]["maps"]
    variants = rows[1:] or rows
    scores = np.array([np.subtract(row["maps"], base) for row in variants], float)
    means, halves = _halves(scores.tolist())
    names = [row["name"] for row in variants]
    parts, on = subsets_of([row["options"] for row in variants])
    # A grid of switches where every set of parts was run; named variants otherwise.
    whole = len(rows) == len({s for s in subsets_of([r["options"] for r in rows])[1]})
    grid = {}
    if whole and len(rows) == 2 ** len(parts):
        grid = {"switches": np.array([[p in s for p in parts] for s in on]), "parts": parts}
    return Plate(
        f"Ablation of {result['method']} on {result['data']}",
        lambda ax: plots.ablation(names, scores, means=means, half_widths=halves, ax=ax, **grid),
        1.9 + 0.42 * len(names),
        name="ablation",
    )


def _response(result: dict[str, Any], rows: list[dict[str, Any]]) -> Plate:
    """The setting that takes most different numbers among the variants that change it alone."""
    found: dict[str, dict[float, list[float]]] = {}
    for row in rows:
        if len(row["options"]) == 1:
            ((key, value),) = row["options"].items()
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(key, {})[float(value)] = row["maps"]
    if not found:
        raise ValueError("A response curve needs variants that give one setting several numbers.")
    key = max(found, key=lambda k: len(found[k]))
    method = METHODS.get(result["method"])
    default = method.settings().get(key) if method else None
    if isinstance(default, int | float):
        found[key][float(default)] = rows[0]["maps"]
    values = np.array(sorted(found[key]))
    scores = np.array([found[key][v] for v in values], float)
    means, halves = _halves(scores.tolist())
    chance = result.get("chance")
    return Plate(
        f"Response of {result['method']} to {key}",
        lambda ax: plots.response_curve(
            values,
            scores,
            means=means,
            half_widths=halves,
            name=key,
            default=float(default) if isinstance(default, int | float) else None,
            chance=chance,
            ax=ax,
        ),
        3.8,
        name="response_curve",
    )


def _shapley(result: dict[str, Any], rows: list[dict[str, Any]]) -> Plate:
    parts, subsets = subsets_of([row["options"] for row in rows])
    seeds = range(len(rows[0]["maps"]))
    values = []
    for seed in seeds:
        scores = {s: row["maps"][seed] for s, row in zip(subsets, rows, strict=True)}
        values.append(shapley_values(parts, scores))
    table = np.array([[value[part] for value in values] for part in parts])
    means, halves = _halves(table.tolist())
    return Plate(
        f"Shapley values of the parts of {result['method']}",
        lambda ax: plots.shapley(parts, table, means=means, half_widths=halves, ax=ax),
        1.7 + 0.42 * len(parts),
        name="shapley",
    )


def _map_by_bits(result: dict[str, Any], rows: list[dict[str, Any]]) -> Plate:
    lengths = sorted({row["bits"] for row in rows})
    means, halves = {}, {}
    for row in rows:
        for table in (means, halves):
            table.setdefault(row["name"], np.full(len(lengths), np.nan))
        place = lengths.index(row["bits"])
        (mean,), (half,) = _halves([row["maps"]])
        means[row["name"]][place], halves[row["name"]][place] = mean, half
    styles = {title_of(name): plots.style_of(look_of(name)) for name in means}
    means, halves = ({title_of(n): row for n, row in t.items()} for t in (means, halves))
    return Plate(
        f"Score against the number of bits, {result['data']}",
        lambda ax: plots.map_by_bits(
            np.array(lengths),
            means,
            half_widths=halves,
            styles=styles,
            chance=result.get("chance"),
            ax=ax,
        ),
        4.4,
        name="map_by_bits",
    )


def title_of(name: str) -> str:
    """What a method is called; a name that is none stays as it is."""
    return METHODS[name].title.partition(" (")[0] if name in METHODS else name


def _names_of(rows: list[dict[str, Any]]) -> list[str]:
    several = len({row["bits"] for row in rows}) > 1
    return [title_of(row["name"]) + (f", {row['bits']} bits" if several else "") for row in rows]


def _ranking(result: dict[str, Any], rows: list[dict[str, Any]]) -> Plate:
    """All rows of one code length, the longest: a ranking of several would mix their worth."""
    bits = max(row["bits"] for row in rows)
    rows = [row for row in rows if row["bits"] == bits]
    means, halves = _halves([row["maps"] for row in rows])
    names, styles = _names_of(rows), plots.run_styles([look_of(row["name"]) for row in rows])
    return Plate(
        f"Ranking, {result['data']}, {bits} bits",
        lambda ax: plots.ranking(
            names,
            means,
            half_widths=halves,
            seeds=[row["maps"] for row in rows],
            styles=styles,
            chance=result.get("chance"),
            xlabel=f"Mean average precision, {bits} bits",
            ax=ax,
        ),
        1.6 + 0.34 * len(rows),
        name="ranking",
    )


def _times(result: dict[str, Any], rows: list[dict[str, Any]]) -> Plate:
    means, _ = _halves([row["maps"] for row in rows])
    names, styles = _names_of(rows), plots.run_styles([look_of(row["name"]) for row in rows])
    seconds = np.array([float(row["seconds"]) for row in rows])
    return Plate(
        f"Time and score, {result['data']}",
        lambda ax: plots.time_to_quality(
            seconds, means, names, styles=styles, chance=result.get("chance"), ax=ax
        ),
        4.6,
        name="time_to_quality",
    )


RESULT_FIGURES = {
    "ablation": _ablation,
    "response_curve": _response,
    "shapley": _shapley,
    "map_by_bits": _map_by_bits,
    "ranking": _ranking,
    "time_to_quality": _times,
}
