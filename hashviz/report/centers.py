"""The chapters about hash centers: where they lie, how several merge, who is near."""

from collections.abc import Iterator

import numpy as np

from hashviz import plots
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
from hashviz.report.plates import Plate, Section
from hashviz.runs import Run


def center_sections(run: Run) -> Iterator[Section]:
    """The hash centers, where the method has any."""
    centers = run.centers
    if centers is None or not len(centers):
        return
    classes, bits = centers.shape
    quality = measure_centers(centers)
    apart = (bits - centers.astype(np.int64) @ centers.astype(np.int64).T) // 2
    look = [
        f"{bits} stored bits, {quality.distinct_columns} different: {quality.constant_columns} "
        f"constant, {quality.spoiled_columns - quality.constant_columns} repeating an earlier "
        f"one, {quality.useful_bits} that tell classes apart."
    ]
    if quality.forced_spoiled:
        look.append(f"{classes} classes force at least {quality.forced_spoiled} of those.")
    if classes > 1:
        look.append(
            f"The closest two centers differ in {quality.minimum} bits; bits/2 is {bits / 2:g}, "
            f"and no placement of {classes} centers gets beyond {quality.plotkin} (Plotkin)."
        )
    yield Section(
        "Hash centers",
        [
            Plate(
                "Bits of the centers",
                lambda ax: plots.hash_centers(centers, class_names=run.classes, ax=ax),
                min(2.3 + 0.17 * classes, 6.4),
                name="hash_centers",
            ),
            Plate(
                "Distances between the centers",
                lambda ax: plots.center_distances(
                    apart, bits=bits, plotkin=quality.plotkin, class_names=run.classes, ax=ax
                ),
                4.7,
                narrow_height=3.6,
                name="center_distances",
            ),
            _placements(classes, bits),
        ],
        "Before training, every class is given one code, and images are pulled towards the code of "
        "their class. Classes are told apart by the bits in which their centers differ, so a bit "
        "that is the same for all classes, or repeats another bit, is stored for nothing.",
        look,
    )
    if run.data.get("multi_label") or (run.database_labels.sum(1) > 1).any():
        yield from _merging(run, centers)
    if classes > 1:
        yield _around(run, centers)


def _placements(classes: int, bits: int) -> Plate:
    """What other schemes would have reached, for this and other numbers of classes."""
    largest = min(max(128, classes), 2 ** min(bits, 10))
    sizes = np.array([2**i for i in range(1, 11) if 2**i <= largest])
    schemes = {}
    for name in CENTERS:
        if name == "auto":
            continue
        schemes[name] = np.full(len(sizes), np.nan)
        for place, size in enumerate(sizes):
            try:
                placed = make_centers(name, int(size), bits)
            except ValueError:
                continue  # this scheme has no placement of that size
            schemes[name][place] = measure_centers(placed).minimum
    return Plate(
        "How far apart centers can be",
        lambda ax: plots.minimum_distances(
            sizes,
            schemes,
            bits=bits,
            plotkin=np.array([plotkin(int(c), bits) for c in sizes]),
            gilbert_varshamov=np.array([gilbert_varshamov(int(c), bits) for c in sizes]),
            ax=ax,
        ),
        4.2,
        narrow_height=4.4,
        name="minimum_distances",
    )


def _merging(run: Run, centers: np.ndarray) -> Iterator[Section]:
    """What images with several labels are pulled to."""
    labels = np.concatenate([run.query_labels, run.database_labels])
    several = labels.sum(1)
    even = np.flatnonzero((several > 0) & (several % 2 == 0))
    if not len(even):
        return
    shown = labels[even[0]]
    own, names = centers[shown], [run.classes[i] for i in np.flatnonzero(shown)]
    merged = merge_centers(shown[None], centers)[0]
    tied = tied_bits(labels, centers)
    kinds, apart = _pairs(centers)
    look = [
        f"{len(even):,} of {len(labels):,} images have an even number of labels; on average "
        f"{tied[even].mean():.0%} of the bits of their targets are coin tosses.",
        f"An image of {' and '.join(names)} has {int((own.sum(0, dtype=int) == 0).sum())} of "
        f"{run.config.bits} bits tossed.",
    ]
    plates = [
        Plate(
            f"Two ways to treat {' and '.join(names)}"[:90],
            lambda ax: plots.majority_vote(own, merged, names=names, ax=ax),
            2.1 + 0.28 * (len(own) + 2),
            name="majority_vote",
        )
    ]
    if kinds:
        plates.append(
            Plate(
                "How far apart the targets of two images are",
                lambda ax: plots.merged_distances(apart, kinds, bits=run.config.bits, ax=ax),
                1.7 + 0.5 * len(kinds),
                name="merged_distances",
            )
        )
    yield Section(
        "Several labels, one target",
        plates,
        "An image with several labels is pulled to the majority of their centers. Where these "
        "disagree evenly, a coin decides, and how it is tossed says how far apart images end up: "
        "one toss for all images pulls images without a common label together, a toss that always "
        "takes the first label forgets the second. Kept apart, the centers leave such bits to the "
        "image.",
        look,
    )


def _pairs(centers: np.ndarray, draws: int = 400) -> tuple[list[str], dict[str, np.ndarray]]:
    """Mean distances of targets over random pairs, for every rule for ties."""
    classes = len(centers)
    if classes < 4:
        return [], {}
    rng = np.random.default_rng(0)
    picked = np.stack([rng.permutation(classes)[:4] for _ in range(draws)])
    hot = np.eye(classes, dtype=bool)
    a, b, c, d = (hot[picked[:, i]] for i in range(4))
    kinds = {"{a, b} and {a}": a, "{a, b} and {a, c}": a | c, "{a, b} and {c, d}": c | d}
    apart = {}
    for rule in TIE_RULES:
        first = merge_centers(a | b, centers, rule)
        others = (merge_centers(other, centers, rule) for other in kinds.values())
        apart[rule] = np.array([(first != other).sum(1).mean() for other in others])
    return list(kinds), apart


def _around(run: Run, centers: np.ndarray) -> Section:
    """Where the codes of the database lie between the own and the nearest other center."""
    labeled = run.database_labels.any(1) & ~run.database_labels.all(1)
    labels = run.database_labels[labeled]
    far = distances(run.database_packed[labeled], pack(centers)).astype(np.int64)
    own = np.where(labels, far, run.config.bits + 1).min(1)
    other = np.where(labels, run.config.bits + 1, far).min(1)
    look = ["No image has both an own and another center."]
    if len(own):
        inside = (own < other).mean()
        look = [
            f"A code lies {own.mean():.1f} bits from its own nearest center on average and "
            f"{other.mean():.1f} from the nearest other one.",
            f"{inside:.1%} are nearer to their own center, {(own == 0).mean():.1%} lie on it.",
        ]
    return Section(
        "Codes around their centers",
        [
            Plate(
                "Distance to the own and to the nearest other center",
                lambda ax: plots.codes_around_centers(own, other, bits=run.config.bits, ax=ax),
                4.6,
                narrow_height=3.9,
                name="codes_around_centers",
            )
        ],
        "Every bubble is a number of database images. Far left they have reached the center of "
        "their class; in the shaded half another center is as near or nearer, and a search finds "
        "the wrong class first. With several labels the nearest own center counts.",
        look,
    )
