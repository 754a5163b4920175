"""Maps: where the codes of a run lie, and those of several runs in one frame."""

from contextlib import suppress
from functools import lru_cache

import numpy as np

from hashviz import plots
from hashviz.maps.projection import Projection, align, kept_map, project_run
from hashviz.report.registry import IMAGES, NARROW, Items, Need, Subject, figure, full_plate, plate
from hashviz.runs import Run

CHAPTER, MAPS, PANELS = "A map of the codes", "Maps of the codes, side by side", 6
"""How many maps stand side by side at most."""
PICTURES = 400
"""Codes that are considered for a map of pictures; few of them find room."""
UMAP_CODES = 5_000
"""Different codes that a page arranges by UMAP without being asked: seconds, not minutes."""
MOST = 60_000
"""Codes of which a page draws a map without being asked."""

MAPPABLE = Need(
    f"its database is empty, or has more than {MOST:,} images",
    lambda run, s: 0 < len(run.database_index) <= MOST,
)
SAME_DATA = Need("the data sets differ", lambda run, s: run.config.data == s.run.config.data)
COMMON_IMAGES = Need(
    "the databases have no images in common",
    lambda run, s: len(np.intersect1d(run.database_index, s.run.database_index)) >= 2,
)


def map_of(run: Run, method: str = "umap", patient: bool = False) -> Projection:
    """Return the map by UMAP if it is kept, asked for or quick; else by principal components."""
    quick = patient or run.scores["bits"]["distinct_codes"] <= UMAP_CODES
    if method == "umap" and (quick or kept_map(run, method="umap") is not None):
        with suppress(ValueError, ModuleNotFoundError):
            return project_run(run, method="umap")
    return project_run(run, method="pca")


@lru_cache(maxsize=1)
def _map(s: Subject) -> Projection:
    return map_of(s.run, patient=s.patient)


@figure("run", CHAPTER, "the codes in the plane, equal ones as one bubble: UMAP, kept", MAPPABLE)
def code_map(s: Subject) -> Items:
    """Show the map of the database's codes, as bubbles."""
    run, found = s.run, _map(s)
    width, height = plots.code_map_size(classes=len(run.classes))
    yield plate(
        f"Codes of the database, arranged by {plots.LAYOUT_NAMES[found.method]}",
        (height, height * NARROW / width + 1.2),
        *(found.positions, found.counts, found.class_counts(run.database_labels)),
        width=width,
        class_names=run.classes,
        centers=found.center_points if len(found.center_points) else None,
        trust=found.trust,
        method=found.method,
    )
    codes = int((found.counts > 0).sum())
    yield f"{len(run.database_index):,} images have {codes:,} different codes."
    yield f"The largest bubble stands for {int(found.counts.max()):,} images."
    if np.isfinite(found.trustworthiness):
        yield f"Trust {found.trustworthiness:.2f}: at 1 all neighbors on the map have near codes."
    if found.method == "pca":
        yield f"The two directions hold {found.settings['variance']:.0%} of the variance."
        yield without_umap(f"`hashviz plot code_map {run.name}`")
    if found.note:
        yield found.note


def without_umap(command: str) -> str:
    """Return what to say under a map that UMAP did not draw."""
    unasked = f"UMAP needs the extra 'umap' and is drawn unasked for up to {UMAP_CODES:,} codes"
    return f"{unasked}; {command} draws it and keeps it for this page."


@figure("run", CHAPTER, "the same map with pictures instead of bubbles", MAPPABLE, IMAGES)
def thumbnail_map(s: Subject) -> Items:
    """Show the same map with the first image of every code, where there is room for one."""
    found, run = _map(s), s.run
    first = found.first_images()
    points = np.flatnonzero(first >= 0)
    points = points[np.argsort(-found.counts[points], kind="stable")][:PICTURES]
    images = s.images[run.database_index[first[points]]]
    kinds = plots.bubble_classes(found.class_counts(run.database_labels))[points]
    title = "The same map with pictures, those of the largest bubbles first"
    options = {"kinds": kinds, "counts": found.counts[points], "method": found.method}
    yield plate(title, (7.2, 5.5), found.positions[points], images, **options)


@figure("runs", MAPS, "maps of several runs, turned onto the first", SAME_DATA, COMMON_IMAGES,
        MAPPABLE, count=(2, PANELS))  # fmt: skip
def code_maps(s: Subject) -> Items:
    """Show maps of several runs over the same database, turned onto the first one."""
    maps = [map_of(run, patient=s.patient) for run in s.runs]
    if any(found.method == "pca" for found in maps):
        maps = [map_of(run, "pca") for run in s.runs]
        yield without_umap("`hashviz plot code_maps` with these runs")
    turned = align(maps, [run.database_index for run in s.runs])
    panels = [
        plots.MapPanel(
            name,
            found.positions,
            found.counts,
            found.class_counts(run.database_labels),
            found.trust,
            found.center_points if len(found.center_points) else None,
            found.settings["agreement"] if place else None,
            found.method,
        )
        for place, (run, name, found) in enumerate(zip(s.runs, s.names, turned, strict=True))
    ]
    columns = min(3, len(panels))
    yield full_plate(
        "Codes of the database, run by run",
        [plots.code_maps_size(len(panels), number) for number in (columns, 1)],
        panels,
        narrow={"columns": 1},
        class_names=s.run.classes,
        columns=columns,
    )
