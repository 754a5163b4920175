"""The chapters about codes: which images share one, what each bit does, how far they lie apart."""

import numpy as np

from hashviz import metrics, plots
from hashviz.methods import METHODS
from hashviz.methods.relaxation import RELAXATIONS
from hashviz.report.naming import method_of, signed
from hashviz.report.plates import Plate, Section
from hashviz.runs import Run


def code_section(run: Run) -> Section:
    """The codes of the database."""
    bits = run.scores["bits"]
    total = len(run.database_codes)
    found = metrics.buckets(run.database_codes, run.database_labels)
    chance = metrics.chance_sizes(total, run.config.bits, int(min(found.sizes[0], 4096)))
    look = [
        f"{total:,} database images have {bits['distinct_codes']:,} different codes: "
        f"{total / max(bits['distinct_codes'], 1):.1f} images to a code on average.",
        f"The fullest bucket (code) holds {found.sizes[0]:,} images; {found.strangers.sum():,} "
        f"images, {found.strangers.sum() / total:.1%}, share their bucket with one that has no "
        "label in common with them.",
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
                name="code_matrix",
            ),
            Plate(
                "Images that share a code",
                lambda ax: plots.bucket_occupancy(
                    found.sizes, found.strangers, chance=chance, ax=ax
                ),
                3.6,
                narrow_height=3.4,
                name="bucket_occupancy",
            ),
        ],
        "Every row is the code of one database image, rows of the same class together. Codes that "
        "know the classes show as blocks: alike inside a class, different between classes. "
        "The bars count the images by how many others have exactly their code.",
        look,
    )


def bit_section(run: Run) -> Section:
    """Balance and correlation of the bits."""
    codes = run.database_codes
    bits = run.scores["bits"]
    balance = np.array(bits["balance"], float)
    entropy = np.array(bits["entropy"], float)
    correlation = metrics.bit_correlation(codes)
    worst = int(np.abs(balance).argmax())
    n = len(codes)
    fair = int((np.abs(balance) <= 1.96 / n**0.5).sum())
    look = [
        f"{fair} of {len(balance)} bits are as balanced as a fair coin; bit {worst} is the least "
        f"balanced, +1 for {(1 + balance[worst]) / 2:.0%} of the images.",
        f"{bits['useful']} of {run.config.bits} bits are different and not constant; the entropies "
        f"of all bits add up to {entropy.sum():.1f}.",
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
                name="bit_balance",
            ),
            Plate(
                "Entropy of the bits, and which repeat another",
                lambda ax: plots.useful_bits(entropy, bits["same"], ax=ax),
                3.4,
                narrow_height=3.0,
                name="useful_bits",
            ),
            Plate(
                "Correlation of the bits",
                lambda ax: plots.bit_correlation(correlation, ax=ax),
                4.7,
                narrow_height=3.4,
                name="bit_correlation",
            ),
        ],
        "A bit says most when it is +1 for half of the images, and adds most when it does not "
        "follow another bit. The mean of a bit is 0 when it is balanced; the shaded band is where "
        "95 % of fair coins would end.",
        look,
    )


def distance_section(run: Run, counts: metrics.DistanceCounts) -> Section:
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
    balls, cells = metrics.ball_sizes(counts), metrics.ball_cells(run.config.bits)
    more = np.flatnonzero(cells > counts.database)
    if len(more):
        radius = int(more[0])
        look.append(
            f"From radius {radius} on a ball has more cells ({cells[radius]:,.0f}) than there are "
            f"images ({counts.database:,}): a look at every image is then faster."
        )
    return Section(
        "Distances",
        [
            Plate(
                "Hamming distances of all pairs",
                lambda ax: plots.distance_histogram(similar, dissimilar, ax=ax),
                3.7,
                narrow_height=3.2,
                name="distance_histogram",
            ),
            Plate(
                "Images within a radius",
                lambda ax: plots.ball_occupancy(
                    balls, database=counts.database, cells=cells, ax=ax
                ),
                3.8,
                narrow_height=3.4,
                name="ball_occupancy",
            ),
        ],
        "Every pair of a query and a database image is counted at the number of bits in which "
        "their codes differ. The further the two hills lie apart, the better a radius can "
        "separate what belongs together. The curve counts the images in a ball around a query: "
        "more than random codes would put there, because codes crowd.",
        look,
    )


def output_section(run: Run) -> Section:
    """What the method quantizes, before the sign."""
    outputs = run.database_outputs if len(run.database_outputs) else run.query_outputs
    if not outputs.size:
        seeing = "The network gives a number for every bit, and the code keeps only its sign."
        return Section("Before the sign", [], seeing, ["This run keeps codes and no outputs."])
    relaxed, formula = quantized(run, outputs)
    size = np.abs(relaxed)
    typical = float(size.mean())
    reach = 1.1 if size.max() <= 1 else max(1.5, float(np.quantile(size, 0.995)))
    edges = np.linspace(-reach, reach, 45)
    inside = relaxed.clip(-reach, reach)
    counts = np.stack([np.histogram(column, edges)[0] for column in inside.T])
    error = metrics.quantization_error(relaxed)[0]
    look = [
        f"{method_of(run)[0]} quantizes h = {formula}, with the outputs u of its last layer. The "
        f"mean size of h is {typical:.2f}; its mean squared gap to −1 or +1, the quantization "
        f"error, is {error:.2g}.",
        f"{float((size < 0.1 * typical).mean()):.1%} of the values are smaller than a tenth of the "
        "mean size: a little noise in the image would turn these bits.",
    ]
    return Section(
        "Before the sign",
        [
            Plate(
                f"What is quantized, of {len(outputs):,} images",
                lambda ax: plots.output_violins(
                    counts, edges, error=error, quantity=f"h = {formula}", ax=ax
                ),
                3.8,
                narrow_height=3.2,
                name="output_violins",
            )
        ],
        "The last layer gives a number u for every bit, and the code keeps only its sign. Drawn is "
        "what the method brings near −1 and +1 before that: u itself, or what its loss makes of "
        "it. What lies close to 0 is decided by little; what lies away from the dashed lines is "
        "lost by the rounding to −1 and +1.",
        look,
    )


def quantized(run: Run, outputs: np.ndarray) -> tuple[np.ndarray, str]:
    """What the method of a run replaces by the sign, and its formula; u of an unknown method."""
    row = METHODS.get(run.config.method)
    relaxation = RELAXATIONS["identity" if row is None else row.relaxation]
    return relaxation(outputs.astype(np.float64), run.config.options)
