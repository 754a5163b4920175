"""Maps of codes: every distinct code once, placed in the plane so that near codes lie near.

Images with one code are one point with a count, because copies cost time and spoil neighborhoods.
Points stand in the order of their codes, so that a map does not depend on the order of the images.
How far a map is to be believed belongs to it: `trust` says it of every point.
"""

import hashlib
import io
import json
import math
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int64, Shaped

from hashviz.codes import as_codes, as_numpy, pack, unpack
from hashviz.config import unknown
from hashviz.files import write_file
from hashviz.maps.layouts import (
    LAYOUTS,
    EuclideanSpace,
    HammingSpace,
    Space,
    distance_layout,
    point_trust,
    principal_plane,
    umap_layout,
)
from hashviz.runs import Run

FORMAT = 1
"""Rises when the same codes and settings would give another map."""
FEW = 4
"""UMAP needs more neighborhoods than this to arrange."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Where each distinct code (or output) lies, how many images it stands for, and how true it is.

    `inverse` leads from an image to its point, `center_points` from a hash center to its point; a
    center that no image has is a point with count 0. `method` is what drew the map, `settings` what
    was asked for and what came out; `note` says where the two differ.
    """

    positions: Float[np.ndarray, "points 2"]
    counts: Int64[np.ndarray, " points"]
    inverse: Int64[np.ndarray, " n"]
    center_points: Int64[np.ndarray, " classes"]
    trust: Float[np.ndarray, " points"]
    """Per point, 1 where its neighbors on the map are neighbors in truth; nan if not measured."""
    trustworthiness: float
    """Mean trust of an image, over the points where it was measured."""
    method: str
    settings: dict[str, Any]
    note: str = ""

    def class_counts(self, labels: Shaped[np.ndarray, "n classes"]) -> Int64[np.ndarray, "_ _"]:
        """Return the images of each class at each point."""
        counted = np.zeros((len(self.positions), labels.shape[1]), np.int64)
        np.add.at(counted, self.inverse, labels.astype(np.int64))
        return counted

    def first_images(self) -> Int64[np.ndarray, " points"]:
        """Return the first image at each point, -1 at a center without images."""
        first = np.full(len(self.positions), -1, np.int64)
        first[self.inverse[::-1]] = np.arange(len(self.inverse))[::-1]
        return first


def project(
    codes: Any,
    *,
    centers: Any = None,
    method: str = "umap",
    neighbors: int = 15,
    seed: int = 0,
    judged: bool = True,
) -> Projection:
    """Draw a map of codes by Hamming distance; centers are placed along with them.

    With `judged` False its trust is not measured, which takes longer than the principal plane.

    Raises:
        ValueError: when there is no code, the method is unknown or too slow for so many codes, or
            there are fewer than 2 neighbors.
        ModuleNotFoundError: when UMAP is not installed.
    """
    codes = as_codes(codes)
    centers = as_codes(centers) if centers is not None else codes[:0]
    if centers.shape[1] != codes.shape[1]:
        raise ValueError(f"Codes have {codes.shape[1]} bits, but centers {centers.shape[1]}.")
    packed, points = np.unique(pack(np.concatenate([codes, centers])), axis=0, return_inverse=True)
    space = HammingSpace(unpack(packed, codes.shape[1]), packed)
    return _project(space, points.ravel(), len(codes), method, neighbors, seed, judged)


def project_outputs(
    outputs: Any, *, method: str = "umap", neighbors: int = 15, seed: int = 0
) -> Projection:
    """Draw a map of real outputs by Euclidean distance; raises as `project` does."""
    outputs = as_numpy(outputs)
    if outputs.ndim != 2 or not np.isfinite(outputs).all():
        raise ValueError(f"Outputs are a matrix of finite numbers, got shape {outputs.shape}.")
    rows, points = np.unique(outputs, axis=0, return_inverse=True)
    space = EuclideanSpace(rows.astype(np.float64))
    return _project(space, points.ravel(), len(outputs), method, neighbors, seed)


def project_run(run: Run, **options: Any) -> Projection:
    """Return the map of a run, from derived/ if it was made before.

    The options are method, neighbors and seed, as of `project`; side, "database" or "query"; and
    what, "codes" (with the run's centers) or "outputs". Of the database's outputs a run keeps a
    sample, whose positions are `run.database_sample`.

    Raises:
        ValueError: as `project` does, for another side, and when the run keeps no outputs.
    """
    kept = kept_map(run, **options)
    if kept is not None:
        return kept
    rows, centers, settings, path = _kept_at(run, **options)
    if options.get("what") == "outputs":
        projection = project_outputs(rows, **settings)
    else:
        projection = project(rows, centers=centers, **settings)
    if os.access(run.path, os.W_OK):
        write_file(path, _packed(projection))
    return projection


def kept_map(run: Run, **options: Any) -> Projection | None:
    """Return the map of `project_run` with these options if derived/ holds it, else None."""
    try:
        return _read(_kept_at(run, **options)[-1].read_bytes())
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None  # derived files may be deleted or damaged at any time


def align(projections: Sequence[Projection], images: Sequence[np.ndarray]) -> list[Projection]:
    r"""Turn, mirror, shift and scale maps to match the first, by shared images.

    $$\min_R \sum_i \lVert a_i - R b_i \rVert^2, \qquad R^\top R = I$$

    with both sets of points centered and of one spread, so that maps with little in common do not
    shrink.
    `images` names the image of every row of a projection, as `run.database_index` does. What the
    maps have in common stands in `settings["agreement"]`: 1 when one is a turned copy of the first,
    0 when there is nothing in it.

    Raises:
        ValueError: when a map shares fewer than two images with the first.
    """
    if not projections:
        return []
    first = projections[0]
    aligned = [replace(first, settings={**first.settings, "agreement": 1.0})]
    for projection, own in zip(projections[1:], images[1:], strict=True):
        _, here, there = np.intersect1d(images[0], own, return_indices=True)
        if len(here) < 2:
            raise ValueError(f"Maps are aligned by two or more images they share, got {len(here)}.")
        a = first.positions[first.inverse[here]]
        b = projection.positions[projection.inverse[there]]
        a_mean, b_mean = a.mean(0), b.mean(0)
        u, singular, v = np.linalg.svd((b - b_mean).T @ (a - a_mean))
        spread, spread_first = ((b - b_mean) ** 2).sum(), ((a - a_mean) ** 2).sum()
        scale = (spread_first / spread) ** 0.5 if spread * spread_first > 0 else 1.0
        agreement = singular.sum() ** 2 / (spread * spread_first) if spread * spread_first else 0.0
        moved = scale * (projection.positions - b_mean) @ (u @ v) + a_mean
        settings = {**projection.settings, "agreement": float(min(agreement, 1.0))}
        aligned.append(replace(projection, positions=moved, settings=settings))
    return aligned


def _project(
    space: Space,
    points: Int64[np.ndarray, " all"],
    images: int,
    method: str,
    neighbors: int,
    seed: int,
    judged: bool = True,
) -> Projection:
    if images == 0:
        raise ValueError("A map shows at least one code, got none.")
    if method not in LAYOUTS:
        raise unknown("kind of map", method, LAYOUTS)
    if neighbors < 2:
        raise ValueError(f"A neighborhood has at least 2 members, got neighbors={neighbors}.")
    settings: dict[str, Any] = {"method": method, "neighbors": neighbors, "seed": seed}
    inverse, center_points = points[:images], points[images:]
    counts = np.bincount(inverse, minlength=len(space.rows))
    note = ""
    if len(space.rows) == 1:
        note = f"All {images:,} images have one code: the map is one point."
    elif method == "umap" and len(space.rows) <= FEW * neighbors:
        method = "distances"
        note = (
            f"With only {len(space.rows)} distinct codes there are hardly any neighborhoods, so "
            "the map keeps distances instead."
        )
    start, share = principal_plane(space.rows, counts)
    settings["variance"] = share
    positions, several = start, len(space.rows) > 1
    if several and method == "distances":
        positions, settings["stress"] = distance_layout(space, start, seed)
    elif several and method == "umap":
        positions = umap_layout(space, start, neighbors, seed)
    trust = np.full(len(positions), np.nan)
    if judged:
        trust = point_trust(space, positions, neighbors, seed)
    known = np.isfinite(trust)
    there = counts[known]
    mean = float(np.average(trust[known], weights=there)) if there.any() else math.nan
    arrays = positions, counts, inverse, center_points, trust
    return Projection(*arrays, mean, method, settings, note)


def _kept_at(
    run: Run, side: str = "database", what: str = "codes", **options: Any
) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any], Path]:
    """Return the rows a map shows, their centers, all settings, and the file that keeps it."""
    if side not in ("database", "query") or what not in ("codes", "outputs"):
        raise ValueError(f"A map shows codes or outputs, database or query, got {side!r} {what!r}.")
    rows = getattr(run, f"{side}_{what}")
    if not len(rows):
        raise ValueError(f"A map shows at least one of the {what}, but {run.path} keeps none.")
    centers = run.centers if what == "codes" else None
    settings = {"method": "umap", "neighbors": 15, "seed": 0, **options}
    content = hashlib.sha256(json.dumps([FORMAT, what, rows.shape, settings]).encode())
    content.update(rows.tobytes())
    content.update(b"" if centers is None else centers.tobytes())
    name = f"projection-{what}-{settings['method']}-{content.hexdigest()[:16]}.npz"
    return rows, centers, settings, run.path / "derived" / name


ARRAYS = ("positions", "counts", "inverse", "center_points", "trust")


def _packed(projection: Projection) -> bytes:
    values = dict(vars(projection))
    arrays = {name: values.pop(name) for name in ARRAYS}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, words=np.array(json.dumps(values)), **arrays)
    return file.getvalue()


def _read(content: bytes) -> Projection:
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return Projection(**{name: file[name] for name in ARRAYS}, **json.loads(str(file["words"])))
