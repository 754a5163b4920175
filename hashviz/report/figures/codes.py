"""Codes: which images share one, what each bit does, how far codes lie apart."""

import numpy as np

from hashviz import metrics
from hashviz.methods import METHODS
from hashviz.methods.relaxation import RELAXATIONS
from hashviz.report.naming import method_of, signed
from hashviz.report.registry import Items, Subject, figure, plate
from hashviz.runs import Run

CODES, BITS, DISTANCES = "The codes", "What each bit does", "Distances"


@figure("run", CODES, "codes of the database, grouped by class")
def code_matrix(s: Subject) -> Items:
    """Show the codes of the database, row by row."""
    codes, labels, names = s.run.database_codes, s.run.database_labels, s.run.classes
    yield plate("Codes of the database", (5.0, 4.2), codes, labels, class_names=names)
    distinct, total = s.run.scores["bits"]["distinct_codes"], len(codes)
    yield f"{total:,} database images have {distinct:,} different codes."
    yield f"There are {total / max(distinct, 1):.1f} images per code on average."


@figure("run", CODES, "images that share a code, against random codes")
def bucket_occupancy(s: Subject) -> Items:
    """Show how many images share their code, and how many share it with a stranger."""
    total = len(s.run.database_codes)
    found = metrics.buckets(s.run.database_codes, s.run.database_labels)
    chance = metrics.chance_sizes(total, s.run.config.bits, int(min(found.sizes[0], 4096)))
    title = "Images that share a code"
    yield plate(title, (3.6, 3.4), found.sizes, found.strangers, chance=chance)
    yield f"The fullest bucket (code) holds {found.sizes[0]:,} images."
    many = found.strangers.sum()
    yield f"{many:,} images, {many / total:.1%}, share a code with one of other classes."


@figure("run", BITS, "mean of each bit")
def bit_balance(s: Subject) -> Items:
    """Show how balanced the bits are."""
    balance, n = np.array(s.run.scores["bits"]["balance"], float), len(s.run.database_codes)
    yield plate("Balance of the bits", (3.2, 2.7), balance, images=n)
    worst, fair = int(np.abs(balance).argmax()), int((np.abs(balance) <= 1.96 / n**0.5).sum())
    yield f"{fair} of {len(balance)} bits are as balanced as a fair coin."
    yield f"Bit {worst} is the least balanced, +1 for {(1 + balance[worst]) / 2:.0%} of the images."


@figure("run", BITS, "entropy of each bit, repeated and constant ones marked")
def useful_bits(s: Subject) -> Items:
    """Show how much each bit says, and which repeat another."""
    bits = s.run.scores["bits"]
    entropy = np.array(bits["entropy"], float)
    title = "Entropy of the bits, and which repeat another"
    yield plate(title, (3.4, 3.0), entropy, bits["same"])
    yield f"{bits['useful']} of {s.run.config.bits} bits are different and not constant."
    yield f"The entropies of all bits add up to {entropy.sum():.1f}."


@figure("run", BITS, "correlation of any two bits")
def bit_correlation(s: Subject) -> Items:
    """Show how the bits depend on each other."""
    correlation = metrics.bit_correlation(s.run.database_codes)
    yield plate("Correlation of the bits", (4.7, 3.4), correlation)
    if len(correlation) > 1:
        off = np.abs(correlation - np.diag(np.diagonal(correlation)))
        i, j = sorted(int(x) for x in np.unravel_index(off.argmax(), off.shape))
        mean = s.run.scores["bits"]["mean_correlation"]
        yield f"Two bits correlate by {mean:.2f} on average (absolute)."
        yield f"Bits {i} and {j} correlate the most, by {signed(correlation[i, j])}."


@figure("run", "Before the sign", "outputs before the sign, bit by bit")
def output_violins(s: Subject) -> Items:
    """Show what the method replaces by the sign; of an unknown method the outputs u themselves."""
    run = s.run
    outputs = run.database_outputs if len(run.database_outputs) else run.query_outputs
    if not outputs.size:
        yield "This run keeps codes and no outputs."
        return
    row = METHODS.get(run.config.method)
    relaxation = RELAXATIONS["identity" if row is None else row.relaxation]
    relaxed, formula = relaxation(outputs.astype(np.float64), run.config.options)
    size = np.abs(relaxed)
    typical = float(size.mean())
    reach = 1.1 if size.max() <= 1 else max(1.5, float(np.quantile(size, 0.995)))
    edges, inside = np.linspace(-reach, reach, 45), relaxed.clip(-reach, reach)
    counts = np.stack([np.histogram(column, edges)[0] for column in inside.T])
    error = metrics.quantization_error(relaxed)[0]
    title = f"What is quantized, of {len(outputs):,} images"
    yield plate(title, (3.8, 3.2), counts, edges, error=error, quantity=f"h = {formula}")
    small = float((size < 0.1 * typical).mean())
    yield f"{method_of(run)[0]} quantizes h = {formula}, with the outputs u of its last layer."
    yield f"The quantization error, the mean squared gap of h to −1 or +1, is {error:.2g}."
    yield f"{small:.1%} of the values are below a tenth of their mean size, {typical:.2f}."
    yield "A little noise in the image would flip those bits."


@figure("run", DISTANCES, "distances of pairs that share a label, and of the others")
def distance_histogram(s: Subject) -> Items:
    """Show the distances of pairs that share a label against those that share none."""
    similar, dissimilar = pair_counts(s.run)
    yield plate("Hamming distances of all pairs", (3.7, 3.2), similar, dissimilar)
    if not (similar.any() and dissimilar.any()):
        kind = "share a label" if similar.any() else "share none"
        yield f"All pairs of query and database image {kind}: nothing can be told apart."
        return
    shares = similar / similar.sum(), dissimilar / dissimilar.sum()
    means = [float(share @ np.arange(len(share))) for share in shares]
    yield f"Pairs that share a label differ in {means[0]:.1f} bits on average."
    yield f"Others differ in {means[1]:.1f} bits, random codes in {s.run.config.bits / 2:g}."
    yield f"{np.minimum(*shares).sum():.1%} of the two histograms overlap."


def pair_counts(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of pairs at each distance: of those that share a label, of the others."""
    counts = run.scores["distances"]
    return np.array(counts["similar"], np.int64), np.array(counts["dissimilar"], np.int64)


@figure("run", DISTANCES, "images within a radius, against the binomial law")
def ball_occupancy(s: Subject) -> Items:
    """Show how many images a Hamming ball holds, and from where on it has too many cells."""
    (counts,), cells = s.counts, metrics.ball_cells(s.run.config.bits)
    found, total = metrics.ball_sizes(counts), counts.database
    yield plate("Images within a radius", (3.8, 3.4), found, database=total, cells=cells)
    more = np.flatnonzero(cells > total)
    if len(more):
        most = f"{cells[more[0]]:,.0f}"
        yield f"From radius {more[0]} on a ball has more cells ({most}) than images ({total:,})."
        yield "From there on it is faster to look at every image."
