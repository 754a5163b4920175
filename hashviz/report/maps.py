"""The chapters of maps: where the codes of a run lie, and those of several runs in one frame."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np

from hashviz import plots
from hashviz.data import Dataset
from hashviz.maps.projection import Projection, align, kept_map, project_run
from hashviz.report.naming import run_labels
from hashviz.report.plates import NARROW, Plate, Section
from hashviz.runs import Run

PANELS = 6
"""Maps that stand side by side at most."""
PICTURES = 400
"""Codes that are considered for a map of pictures; few of them find room."""
UMAP_CODES = 5_000
"""Different codes that a page arranges by UMAP without being asked: seconds, not minutes."""
MOST = 60_000
"""Codes of which a page draws a map without being asked."""
SEEING = (
    "Every different code is one bubble, as large as the number of images that have it, in the "
    "color of the class that most of them belong to; stars are hash centers. Bubbles whose "
    "neighbors on the map are not their neighbors in truth are hollow."
)


def map_of(run: Run, method: str = "umap") -> Projection:
    """UMAP if it was drawn before or there are few codes, else principal components at once."""
    if method == "umap":
        kept = kept_map(run, method="umap")
        if kept is not None:
            return kept
        if run.scores["bits"]["distinct_codes"] <= UMAP_CODES:
            with suppress(ValueError, ModuleNotFoundError):
                return project_run(run, method="umap")
    return project_run(run, method="pca")


def draw_map(run: Run) -> None:
    """Draw UMAP and keep it with the run; without umap-learn the principal plane has to do."""
    with suppress(ValueError, ModuleNotFoundError):
        project_run(run, method="umap")


def map_sections(run: Run, dataset: Dataset | None) -> Iterator[Section]:
    """The map of the database's codes, as bubbles and as the pictures themselves."""
    if not len(run.database_index) or len(run.database_index) > MOST:
        return
    found = map_of(run)
    images = len(run.database_index)
    look = [
        f"{images:,} images have {int((found.counts > 0).sum()):,} different codes; the largest "
        f"bubble stands for {int(found.counts.max()):,} of them."
    ]
    if np.isfinite(found.trustworthiness):
        look.append(
            f"Trust {found.trustworthiness:.2f}: at 1 all neighbors on the map would be neighbors "
            "among the codes."
        )
    if found.method == "pca" and (share := found.settings.get("variance")) is not None:
        look.append(f"The two directions hold {float(np.sum(share)):.0%} of the variance.")
        look.append(
            f"UMAP needs the extra 'umap' and is drawn unasked for up to {UMAP_CODES:,} different "
            f"codes; `hashviz plot code_map {run.name}` draws it and keeps it for this page."
        )
    if found.note:
        look.append(found.note)
    plates = [map_plate(run, found)]
    if dataset is not None:
        plates.append(thumbnail_plate(run, found, dataset))
    yield Section("A map of the codes", plates, SEEING, look)


def thumbnail_plate(run: Run, found: Projection, dataset: Dataset) -> Plate:
    """The same map with the first image of every code, where there is room for one."""
    first = found.first_images()
    points = np.flatnonzero(first >= 0)
    points = points[np.argsort(-found.counts[points], kind="stable")][:PICTURES]
    rows = run.database_index[first[points]]
    kinds = plots.bubble_classes(found.class_counts(run.database_labels))[points]
    return Plate(
        "The same map with pictures, those of the largest bubbles first",
        lambda ax: plots.thumbnail_map(
            found.positions[points],
            dataset.images[rows],
            kinds=kinds,
            counts=found.counts[points],
            method=found.method,
            ax=ax,
        ),
        7.2,
        narrow_height=5.5,
        name="thumbnail_map",
    )


def map_plate(run: Run, found: Projection) -> Plate:
    """The map as a figure."""
    labels = found.class_counts(run.database_labels)
    width, height = plots.code_map_size(classes=len(run.classes))
    return Plate(
        f"Codes of the database, arranged by {plots.LAYOUT_NAMES[found.method]}",
        lambda ax: plots.code_map(
            found.positions,
            found.counts,
            labels,
            class_names=run.classes,
            centers=found.center_points if len(found.center_points) else None,
            trust=found.trust,
            method=found.method,
            ax=ax,
        ),
        height,
        narrow_height=height * NARROW / width + 1.2,
        width=width,
        name="code_map",
    )


def shared_maps(runs: Sequence[Run]) -> Iterator[Section]:
    """Maps of several runs over the same database, turned onto the first one."""
    first = runs[0]
    chosen = [
        run
        for run in runs[:PANELS]
        if run.config.data == first.config.data
        and len(np.intersect1d(run.database_index, first.database_index)) >= 2
    ]
    if len(chosen) < 2 or max(len(run.database_index) for run in chosen) > MOST:
        return
    maps = [map_of(run) for run in chosen]
    look = []
    if any(found.method == "pca" for found in maps):
        maps = [map_of(run, "pca") for run in chosen]
        look = [
            f"UMAP needs the extra 'umap' and is drawn unasked for up to {UMAP_CODES:,} different "
            "codes; `hashviz plot code_maps` with these runs draws it and keeps it for this page."
        ]
    turned = align(maps, [run.database_index for run in chosen])
    names = [name for name, run in zip(run_labels(runs), runs, strict=True) if run in chosen]
    panels = [
        plots.MapPanel(
            name,
            found.positions,
            found.counts,
            found.class_counts(run.database_labels),
            found.trust,
            found.center_points if len(found.center_points) else None,
            None if place == 0 else found.settings["agreement"],
            found.method,
        )
        for place, (run, name, found) in enumerate(zip(chosen, names, turned, strict=True))
    ]
    columns = min(3, len(panels))
    (width, height), (width_, height_) = (
        plots.code_maps_size(len(panels), c) for c in (columns, 1)
    )
    yield Section(
        "Maps of the codes, side by side",
        [
            Plate(
                "Codes of the database, run by run",
                lambda ax: plots.code_maps(
                    panels, class_names=first.classes, columns=columns, ax=ax
                ),
                height * 7.4 / width,
                lambda ax: plots.code_maps(panels, class_names=first.classes, columns=1, ax=ax),
                height_ * NARROW / width_,
                width=7.4,
                name="code_maps",
                missing=tuple(name for name in run_labels(runs) if name not in names),
            )
        ],
        SEEING + " Maps are turned and mirrored onto the first one, as far as they agree with it.",
        look,
    )
