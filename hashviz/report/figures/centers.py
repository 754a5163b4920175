"""Hash centers: where they lie, what several labels make of them, and who is near."""

import numpy as np

from hashviz.centers import (
    CENTERS,
    TIE_RULES,
    gilbert_varshamov,
    make_centers,
    measure_centers,
    merge_centers,
    plotkin,
    tied_bits,
)
from hashviz.codes import distances, pack
from hashviz.report.registry import Items, Need, Subject, figure, plate


def _even(labels: np.ndarray) -> np.ndarray:
    """Return the images whose labels can draw: those with two, four, ... of them."""
    several = labels.sum(1)
    return np.flatnonzero((several > 0) & (several % 2 == 0))


HAS_CENTERS = Need(
    "it has no hash centers", lambda run, s: run.centers is not None and len(run.centers) > 0
)
EVEN_LABELS = Need(
    "no image has two labels, or another even number",
    lambda run, s: len(_even(run.query_labels)) + len(_even(run.database_labels)) > 0,
)
TWO_CLASSES = Need("it has fewer than two classes", lambda run, s: len(run.classes) > 1)
FOUR_CLASSES = Need("it has fewer than four classes", lambda run, s: len(run.classes) > 3)

CHAPTER, LABELS, AROUND = "Hash centers", "Several labels, one target", "Codes around their centers"


@figure("run", CHAPTER, "the bits of the hash centers, wasted columns marked", HAS_CENTERS)
def hash_centers(s: Subject) -> Items:
    """Show the matrix of centers, and how many of its columns are wasted."""
    (classes, bits), quality = s.centers.shape, measure_centers(s.centers)
    high = min(2.3 + 0.17 * classes, 6.4)
    yield plate("Bits of the centers", high, s.centers, class_names=s.run.classes)
    useful, repeated = quality.useful_bits, quality.spoiled_columns - quality.constant_columns
    yield f"{bits} stored bits, {quality.distinct_columns} different, {useful} tell classes apart."
    yield f"{quality.constant_columns} are constant, {repeated} repeat an earlier one."
    if quality.forced_spoiled:
        yield f"{classes} classes force at least {quality.forced_spoiled} of those."


@figure("run", CHAPTER, "distances between the centers, with the Plotkin bound", HAS_CENTERS)
def center_distances(s: Subject) -> Items:
    """Show the distances between any two centers, against the bounds."""
    centers, quality = s.centers.astype(np.int64), measure_centers(s.centers)
    classes, bits = centers.shape
    apart = (bits - centers @ centers.T) // 2
    options = {"bits": bits, "plotkin": quality.plotkin, "class_names": s.run.classes}
    yield plate("Distances between the centers", (4.7, 3.6), apart, **options)
    if classes > 1:
        yield f"The closest two centers differ in {quality.minimum} bits; bits/2 is {bits / 2:g}."
        yield f"No placement of {classes} centers gets beyond {quality.plotkin} (Plotkin)."


@figure("run", CHAPTER, "closest centers of every scheme by the number of classes", HAS_CENTERS)
def minimum_distances(s: Subject) -> Items:
    """Show what other schemes would have reached, for this and other numbers of classes."""
    classes, bits = s.centers.shape
    largest = min(max(128, classes), 2 ** min(bits, 10))
    sizes = [2**i for i in range(1, 11) if 2**i <= largest]
    schemes = {name: np.full(len(sizes), np.nan) for name in CENTERS if name != "auto"}
    for name, found in schemes.items():
        for place, size in enumerate(sizes):
            try:
                found[place] = measure_centers(make_centers(name, size, bits)).minimum
            except ValueError:
                continue  # this scheme has no placement of that size
    bounds = {
        "plotkin": np.array([plotkin(size, bits) for size in sizes]),
        "gilbert_varshamov": np.array([gilbert_varshamov(size, bits) for size in sizes]),
    }
    title = "How far apart centers can be"
    yield plate(title, (4.2, 4.4), np.array(sizes), schemes, bits=bits, **bounds)


@figure("run", LABELS, "what the centers of an image's labels become", HAS_CENTERS, EVEN_LABELS)
def majority_vote(s: Subject) -> Items:
    """Show the target of the first image whose labels can draw, and how many images are like it."""
    labels, centers = np.concatenate([s.run.query_labels, s.run.database_labels]), s.centers
    even = _even(labels)
    shown = labels[even[0]]
    own, names = centers[shown], [s.run.classes[i] for i in np.flatnonzero(shown)]
    merged, both = merge_centers(shown[None], centers)[0], " and ".join(names)
    title = f"Two ways to treat {both}"[:90]
    yield plate(title, 2.66 + 0.28 * len(own), own, merged, names=names)
    yield f"{len(even):,} of {len(labels):,} images have an even number of labels."
    tied, tossed = tied_bits(labels, centers)[even].mean(), int((own.sum(0, dtype=int) == 0).sum())
    yield f"On average {tied:.0%} of the bits of their targets are coin tosses."
    yield f"An image of {both} has {tossed} of {s.run.config.bits} bits tossed."


@figure(
    "run", LABELS, "targets of pairs of labels, by tie rule", HAS_CENTERS, EVEN_LABELS, FOUR_CLASSES
)
def merged_distances(s: Subject) -> Items:
    """Show mean distances of targets over random pairs of label sets, for every rule for ties."""
    classes, rng = len(s.centers), np.random.default_rng(0)
    picked = np.stack([rng.permutation(classes)[:4] for _ in range(400)])
    a, b, c, d = np.eye(classes, dtype=bool)[picked.T]
    kinds = {"{a, b} and {a}": a, "{a, b} and {a, c}": a | c, "{a, b} and {c, d}": c | d}
    apart = {}
    for rule in TIE_RULES:
        first = merge_centers(a | b, s.centers, rule)
        others = (merge_centers(other, s.centers, rule) for other in kinds.values())
        apart[rule] = np.array([(first != other).sum(1).mean() for other in others])
    title = "How far apart the targets of two images are"
    yield plate(title, 3.2, apart, list(kinds), bits=s.run.config.bits)


@figure("run", AROUND, "codes by distance to own and other centers", HAS_CENTERS, TWO_CLASSES)
def codes_around_centers(s: Subject) -> Items:
    """Show where the codes of the database lie between the own and the nearest other center."""
    run, bits = s.run, s.run.config.bits
    labeled = run.database_labels.any(1) & ~run.database_labels.all(1)
    labels = run.database_labels[labeled]
    far = distances(run.database_packed[labeled], pack(s.centers)).astype(np.int64)
    own = np.where(labels, far, bits + 1).min(1)
    other = np.where(labels, bits + 1, far).min(1)
    title = "Distance to the own and to the nearest other center"
    yield plate(title, (4.6, 3.9), own, other, bits=bits)
    if not len(own):
        yield "No image has both an own and another center."
        return
    yield f"On average a code lies {own.mean():.1f} bits from its own nearest center."
    yield f"The nearest other center is {other.mean():.1f} bits away."
    yield f"{(own < other).mean():.1%} are nearer to their own, {(own == 0).mean():.1%} lie on it."
