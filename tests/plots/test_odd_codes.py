"""From codes to figures where there is little to see: drawn true, or said why not."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hashviz import metrics, plots
from hashviz.maps.projection import project


def coins(rng, n, bits):
    return np.where(rng.random((n, bits)) < 0.5, -1, 1).astype(np.int8)


def case(name, rng):
    """Query codes and labels, database codes and labels."""
    bits, n = 12, 40
    codes, labels = coins(rng, n, bits), rng.integers(0, 4, n)
    if name == "one class":
        labels = np.zeros(n, int)
    elif name == "all codes equal":
        codes = np.ones((n, bits), np.int8)
    elif name == "one image each":
        return codes[:1], labels[:1], codes[1:2], labels[1:2]
    elif name == "nothing relevant":
        return codes[:5], np.zeros(5, int), codes[5:], np.ones(n - 5, int)
    elif name == "one bit":
        codes = codes[:, :1]
    return codes[:8], labels[:8], codes[8:], labels[8:]


def drawings(query, query_labels, codes, labels):
    """Every figure that follows from codes and labels alone."""
    counts = metrics.distance_counts(query, query_labels, codes, labels)
    bits, n = codes.shape[1], len(codes)
    hot = metrics.align_labels(query_labels, labels)[1]
    ranks = np.unique(np.geomspace(1, n, 9).round().astype(int))
    chance = float(metrics.chance_average_precision(counts).mean())

    def curve(ties):
        scores = (metrics.precision_at, metrics.recall_at)
        return tuple(score(counts, ranks, ties).mean(0) for score in scores)

    precision, recall = curve("expected")
    worst, best = curve("pessimistic"), curve("optimistic")
    radius = (metrics.precision_by_radius(counts).mean(0), metrics.recall_by_radius(counts).mean(0))
    found = metrics.buckets(codes, hot)
    random = metrics.chance_sizes(n, bits, int(found.sizes[0]))
    known = {f"class {i}": column for i, column in enumerate(hot.T)}
    told = metrics.mutual_information(codes, known, permutations=5)
    history = np.stack([codes[::-1], codes, codes])
    flips, quiet = metrics.bit_flips(history), metrics.quiet_share(history)
    place = project(codes, method="pca")
    shown = place.class_counts(hot)
    panel = plots.MapPanel("a run", place.positions, place.counts, shown, place.trust,
                           method=place.method)  # fmt: skip
    return {
        "precision_recall": lambda ax: plots.precision_recall(
            *radius, chance=chance, radii=range(bits + 1), ax=ax
        ),
        "precision_recall_by_rank": lambda ax: plots.precision_recall_by_rank(
            ranks, precision, recall, worst=worst, best=best, chance=chance, ax=ax
        ),
        "precision_at_n": lambda ax: plots.precision_at_n(
            ranks, precision, band=(worst[0], best[0]), chance=chance, ax=ax
        ),
        "distance_histogram": lambda ax: plots.distance_histogram(
            *metrics.distance_histogram(counts), ax=ax
        ),
        "ball_occupancy": lambda ax: plots.ball_occupancy(
            metrics.ball_sizes(counts), database=n, cells=metrics.ball_cells(bits), ax=ax
        ),
        "bucket_occupancy": lambda ax: plots.bucket_occupancy(
            found.sizes, found.strangers, chance=random, ax=ax
        ),
        "bit_balance": lambda ax: plots.bit_balance(metrics.bit_balance(codes), images=n, ax=ax),
        "bit_correlation": lambda ax: plots.bit_correlation(metrics.bit_correlation(codes), ax=ax),
        "useful_bits": lambda ax: plots.useful_bits(
            metrics.bit_entropy(codes), metrics.bit_groups(codes), ax=ax
        ),
        "mutual_information": lambda ax: plots.mutual_information(
            told.values, told.names, limit=told.limit, entropy=told.entropy, ax=ax
        ),
        "code_matrix": lambda ax: plots.code_matrix(codes, hot, ax=ax),
        "bit_flips": lambda ax: plots.bit_flips(flips, quiet, ax=ax),
        "code_history": lambda ax: plots.code_history(history[:, 0], target=codes[0], ax=ax),
        "code_map": lambda ax: plots.code_map(
            place.positions, place.counts, shown, trust=place.trust, method="pca", ax=ax
        ),
        "code_maps": lambda ax: plots.code_maps([panel, panel], ax=ax),
    }


@pytest.mark.parametrize(
    "name", ["one class", "all codes equal", "one image each", "nothing relevant", "one bit"]
)
def test_odd_codes_become_figures_without_a_warning(name, rng):
    for dark, (figure_name, draw) in enumerate(drawings(*case(name, rng)).items()):
        with plots.theme(dark=dark % 2 == 1):
            figure = Figure()
            FigureCanvasAgg(figure)
            ax = draw(figure.subplots())
            figure.draw_without_rendering()
        written = " ".join(text.get_text() for text in ax.texts)
        assert ax.has_data() or ax.child_axes or "No " in written, figure_name
