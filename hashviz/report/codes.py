"""The chapters about codes: hash centers, the codes, their bits, their distances."""

from collections.abc import Iterator

import numpy as np

from hashviz import metrics, plots
from hashviz.centers import measure_centers
from hashviz.report.naming import signed
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
            ),
            Plate(
                "Distances between the centers",
                lambda ax: plots.center_distances(
                    apart, bits=bits, plotkin=quality.plotkin, class_names=run.classes, ax=ax
                ),
                4.7,
                narrow_height=3.6,
            ),
        ],
        "Before training, every class is given one code, and images are pulled towards the code of "
        "their class. Classes are told apart by the bits in which their centers differ, so a bit "
        "that is the same for all classes, or repeats another bit, is stored for nothing.",
        look,
    )


def code_section(run: Run) -> Section:
    """The codes of the database."""
    bits = run.scores["bits"]
    total = len(run.database_codes)
    look = [
        f"{total:,} database images have {bits['distinct_codes']:,} different codes: "
        f"{total / max(bits['distinct_codes'], 1):.1f} images to a code on average.",
        f"{bits['useful']} of {run.config.bits} bits are different and not constant.",
    ]
    return Section(
        "The codes",
        [
            Plate(
                "Codes of the database",
                lambda ax: plots.code_matrix(
                    run.database_codes, run.database_labels, class_names=run.classes, ax=ax
                ),
                5.0,
                narrow_height=4.2,
            )
        ],
        "Every row is the code of one database image, rows of the same class together. Codes that "
        "know the classes show as blocks: alike inside a class, different between classes.",
        look,
    )


def bit_section(run: Run) -> Section:
    """Balance and correlation of the bits."""
    codes = run.database_codes
    balance = np.array(run.scores["bits"]["balance"], float)
    correlation = metrics.bit_correlation(codes)
    worst = int(np.abs(balance).argmax())
    n = len(codes)
    fair = int((np.abs(balance) <= 1.96 / n**0.5).sum())
    look = [
        f"{fair} of {len(balance)} bits are as balanced as a fair coin; bit {worst} is the least "
        f"balanced, +1 for {(1 + balance[worst]) / 2:.0%} of the images."
    ]
    if len(correlation) > 1:
        off = np.abs(correlation - np.diag(np.diagonal(correlation)))
        i, j = sorted(int(x) for x in np.unravel_index(off.argmax(), off.shape))
        look.append(
            f"Two bits correlate by {run.scores['bits']['mean_correlation']:.2f} on average "
            f"(absolute), bits {i} and {j} the most, by {signed(correlation[i, j])}."
        )
    return Section(
        "What each bit does",
        [
            Plate(
                "Balance of the bits",
                lambda ax: plots.bit_balance(balance, images=n, ax=ax),
                3.2,
                narrow_height=2.7,
            ),
            Plate(
                "Correlation of the bits",
                lambda ax: plots.bit_correlation(correlation, ax=ax),
                4.7,
                narrow_height=3.4,
            ),
        ],
        "A bit says most when it is +1 for half of the images, and adds most when it does not "
        "follow another bit. The mean of a bit is 0 when it is balanced; the shaded band is where "
        "95 % of fair coins would end.",
        look,
    )


def distance_section(run: Run) -> Section:
    """Distances of pairs that share a label against those that share none."""
    similar, dissimilar = (
        np.array(run.scores["distances"][key], np.int64) for key in ("similar", "dissimilar")
    )
    place = np.arange(len(similar))
    look = []
    if similar.sum() and dissimilar.sum():
        shares = similar / similar.sum(), dissimilar / dissimilar.sum()
        means = [float(share @ place) for share in shares]
        look = [
            f"Pairs that share a label differ in {means[0]:.1f} bits on average, others in "
            f"{means[1]:.1f}; random codes would differ in {run.config.bits / 2:g}.",
            f"{np.minimum(*shares).sum():.1%} of the two histograms overlap.",
        ]
    else:
        kind = "share a label" if similar.sum() else "share none"
        look.append(f"All pairs of query and database image {kind}: nothing can be told apart.")
    return Section(
        "Distances",
        [
            Plate(
                "Hamming distances of all pairs",
                lambda ax: plots.distance_histogram(similar, dissimilar, ax=ax),
                3.7,
                narrow_height=3.2,
            )
        ],
        "Every pair of a query and a database image is counted at the number of bits in which "
        "their codes differ. The further the two hills lie apart, the better a radius can "
        "separate what belongs together.",
        look,
    )
