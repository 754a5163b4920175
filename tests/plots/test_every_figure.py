"""What every figure promises, for every figure: its axes, its silence, its edges."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hashviz import plots


def render(figure):
    FigureCanvasAgg(figure).draw()


def picture(value=0):
    return np.full((8, 8, 3), value, np.uint8)


def one_hot(n, classes):
    return np.arange(classes) == (np.arange(n) % max(classes, 1))[:, None]


def codes(n, bits):
    return np.where(np.random.default_rng(7).random((n, bits)) < 0.5, -1, 1).astype(np.int8)


def nan_correlation(bits):
    table = np.eye(bits)
    table[0] = table[:, 0] = np.nan
    return table


USUAL = {
    "hash_centers": lambda ax: plots.hash_centers(codes(10, 12), ax=ax),
    "center_distances": lambda ax: plots.center_distances(
        np.full((3, 3), 6) * (1 - np.eye(3, dtype=int)), bits=12, plotkin=8, ax=ax
    ),
    "code_matrix": lambda ax: plots.code_matrix(codes(30, 12), one_hot(30, 3), ax=ax),
    "bit_balance": lambda ax: plots.bit_balance(np.linspace(-1, 1, 12), images=50, ax=ax),
    "bit_correlation": lambda ax: plots.bit_correlation(nan_correlation(12), ax=ax),
    "distance_histogram": lambda ax: plots.distance_histogram(
        np.arange(13)[::-1], np.arange(13), ax=ax
    ),
    "training_terms": lambda ax: plots.training_terms(
        np.arange(3), {"similarity": np.ones(3), "quantization": np.zeros(3)}, ax=ax
    ),
    "precision_recall": lambda ax: plots.precision_recall(
        np.array([np.nan, 1.0, 0.5]), np.array([0.0, 0.5, 1.0]), chance=0.5, radii=(0, 1), ax=ax
    ),
    "precision_at_n": lambda ax: plots.precision_at_n(
        np.array([1, 10]), np.array([1.0, 0.5]), chance=0.1, ax=ax
    ),
    "query_results": lambda ax: plots.query_results(
        picture(), [picture(9)] * 3, [0, 0, 2], relevant=[True, False, True], ax=ax
    ),
}

NEW = {
    "minimum_distances": lambda ax: plots.minimum_distances(
        np.array([2, 4, 8]),
        {"hadamard": np.array([12, 6, np.nan]), "greedy": np.array([12, 6, 5])},
        bits=12, plotkin=np.array([12, 8, 6]), gilbert_varshamov=np.array([12, 5, 4]), ax=ax,
    ),
    "majority_vote": lambda ax: plots.majority_vote(codes(2, 12), codes(1, 12)[0], ax=ax),
    "merged_distances": lambda ax: plots.merged_distances(
        {"label-set": np.array([3, 4, 6]), "shared": np.array([3.0, 3.0, 4.5])},
        ["{a, b} and {a}", "{a, b} and {a, c}", "{a, b} and {c, d}"], bits=12, ax=ax,
    ),
    "codes_around_centers": lambda ax: plots.codes_around_centers(
        np.array([0, 1, 5]), np.array([5, 6, 2]), bits=12, ax=ax
    ),
    "output_violins": lambda ax: plots.output_violins(
        np.arange(40).reshape(4, 10), np.linspace(-2, 2, 11), error=0.1, ax=ax
    ),
    "useful_bits": lambda ax: plots.useful_bits(
        np.array([1.0, 0.5, 0.5, 0.0]), [[1, 2]], ax=ax
    ),
    "bucket_occupancy": lambda ax: plots.bucket_occupancy(
        np.array([9, 3, 1]), np.array([9, 0, 0]), chance=np.full(9, 0.1), ax=ax
    ),
    "ball_occupancy": lambda ax: plots.ball_occupancy(
        np.cumsum(np.arange(13)), database=78, cells=np.geomspace(1, 4096, 13), ax=ax
    ),
    "map_by_bits": lambda ax: plots.map_by_bits(
        np.array([12, 24]), {"csq": np.array([0.5, 0.9])},
        half_widths={"csq": np.array([0.1, np.nan])}, chance=0.1, ax=ax,
    ),
    "ranking": lambda ax: plots.ranking(
        ["csq", "lsh"], np.array([0.9, 0.4]), half_widths=np.array([0.05, np.nan]),
        bands=(np.array([0.8, 0.2]), np.array([1, 0.6])), chance=0.1, ax=ax,
    ),
    "time_to_quality": lambda ax: plots.time_to_quality(
        np.array([0.1, 9]), np.array([0.4, 0.9]), ["lsh", "csq"], chance=0.1, ax=ax
    ),
    "ablation": lambda ax: plots.ablation(
        ["no a", "no b"], np.array([[-0.2, -0.3], [0.0, 0.1]]),
        means=np.array([-0.25, 0.05]), half_widths=np.array([0.1, 0.2]), ax=ax,
    ),
    "response_curve": lambda ax: plots.response_curve(
        np.array([1.0, 0.0]), np.array([[0.5], [0.4]]), means=np.array([0.5, 0.4]),
        half_widths=np.full(2, np.nan), default=1.0, chance=0.1, ax=ax,
    ),
    "shapley": lambda ax: plots.shapley(
        ["a", "b"], np.array([[0.2, 0.3], [0.0, 0.1]]), means=np.array([0.25, 0.05]),
        half_widths=np.array([0.1, np.nan]), ax=ax,
    ),
    "results_change": lambda ax: plots.results_change(
        picture(), [picture(9)] * 4, [0, 1], [1, 3], relevant=[True, False, True, True], ax=ax
    ),
    "precision_recall_by_rank": lambda ax: plots.precision_recall_by_rank(
        np.array([1, 10, 90]), np.array([1.0, 0.6, 0.1]), np.array([0.1, 0.6, 1.0]),
        worst=(np.array([0.8, 0.5, 0.1]), np.array([0.08, 0.5, 1.0])),
        best=(np.array([1.0, 0.7, 0.1]), np.array([0.1, 0.7, 1.0])), chance=0.1, ax=ax,
    ),
    "learning_curves": lambda ax: plots.learning_curves(
        {"csq": np.array([1.0, 2]), "dpsh": np.array([90, 300])},
        {"csq": np.array([0.4, 0.9]), "dpsh": np.array([0.2, 0.5])},
        goal=0.6, chance=0.1, ax=ax,
    ),
    "bit_flips": lambda ax: plots.bit_flips(
        np.array([[0.4, 0.1], [0.1, 0.0]]), np.array([0.3, 0.8, 1.0]), ax=ax
    ),
    "code_history": lambda ax: plots.code_history(codes(5, 12), target=codes(1, 12)[0], ax=ax),
    "attack": lambda ax: plots.attack(
        picture(), picture(4), codes(1, 40)[0], -codes(1, 40)[0], target=codes(2, 40)[1], ax=ax
    ),
    "attack_steps": lambda ax: plots.attack_steps(
        np.array([0, 3]), np.array([6, 3]), bits=12, ax=ax
    ),
    "code_maps": lambda ax: plots.code_maps(
        [plots.MapPanel(name, np.eye(2), labels=one_hot(2, 2), agreement=0.5) for name in "ab"],
        ax=ax,
    ),
    "changed_results": lambda ax: plots.changed_results(
        ["no a", "no b"], np.array([[0.2, 0.3], [0.5, np.nan]]), k=10, ties=0.1, ax=ax
    ),
    "variants_results": lambda ax: plots.variants_results(
        picture(), [picture(9)] * 4, {"whole": [0, 1], "less": [1, 3]},
        relevant=[True, False, True, True], ax=ax,
    ),
    "label_strip": lambda ax: plots.label_strip(
        np.array([True, False, True]), np.array([1, 1 / 2, 2 / 3]), np.array([0.5, 0.5, 1]), k=2,
        ax=ax,
    ),
    "divisors": lambda ax: plots.divisors(
        ["hits", "answered"], np.array([0.5, np.nan]), ["1 / 2", "0 / 0"], ax=ax
    ),
    "tie_band": lambda ax: plots.tie_band(
        np.array([4, 8]), np.array([0.1, 0.4]), np.array([0.3, 0.5]), np.array([0.8, 0.6]),
        chosen=4, score=0.35, chance=0.1, ax=ax,
    ),
    "tie_orders": lambda ax: plots.tie_orders(
        np.arange(3), np.array([0.3, 0.4, 0.35]), worst=0.1, expected=0.3, best=0.8, ax=ax
    ),
    "plane_cells": lambda ax: plots.plane_cells(
        np.array([[1.0, 1], [-1, 0]]), codes(2, 2), np.eye(2), np.zeros(2), pair=(0, 1), ax=ax
    ),
    "cell_counts": lambda ax: plots.cell_counts(codes(2, 2), np.array([4, 1]), ax=ax),
    "distance_meter": lambda ax: plots.distance_meter(
        4, bits=12, plotkin=6, gilbert_varshamov=5, ax=ax
    ),
    "guess_and_truth": lambda ax: plots.guess_and_truth(
        np.array([4, 8]), np.array([0.2, 0.3]), np.array([0.1, 0.5]), xlabel="Bits", ax=ax
    ),
    "hamming_rings": lambda ax: plots.hamming_rings(
        picture(), [picture(9)] * 4, np.array([0, 1, 1, 3]), 1,
        relevant=np.array([True, False, True, True]), ax=ax,
    ),
    "output_histogram": lambda ax: plots.output_histogram(
        np.arange(10), np.linspace(-1, 1, 11), error=0.1, ax=ax
    ),
    "rank_changes": lambda ax: plots.rank_changes([1, 2, 3], [3, 1, 9], notes=["0", "1", "1"],
                                                  ax=ax),
    "ring_population": lambda ax: plots.ring_population(
        np.arange(13), np.arange(13.0)[::-1], 3, ax=ax
    ),
}  # fmt: skip
USUAL |= NEW

EMPTY = {
    "distance_meter": lambda ax: plots.distance_meter(
        0, bits=0, plotkin=0, gilbert_varshamov=0, ax=ax
    ),
    "guess_and_truth": lambda ax: plots.guess_and_truth(np.zeros(0), np.zeros(0), ax=ax),
    "hamming_rings": lambda ax: plots.hamming_rings(picture(), [], np.zeros(0, int), 1, ax=ax),
    "output_histogram": lambda ax: plots.output_histogram(np.zeros(2), np.arange(3), ax=ax),
    "rank_changes": lambda ax: plots.rank_changes([], [], ax=ax),
    "ring_population": lambda ax: plots.ring_population(np.zeros(1), np.zeros(1), 0, ax=ax),
    "tie_band": lambda ax: plots.tie_band(*(np.zeros(0),) * 4, ax=ax),
    "tie_orders": lambda ax: plots.tie_orders(
        np.zeros(0), np.zeros(0), worst=0.0, expected=0.0, best=0.0, ax=ax
    ),
    "plane_cells": lambda ax: plots.plane_cells(
        np.zeros((0, 2)), codes(0, 1), np.ones((1, 2)), np.zeros(1), ax=ax
    ),
    "cell_counts": lambda ax: plots.cell_counts(codes(0, 2), np.zeros(0, int), ax=ax),
    "label_strip": lambda ax: plots.label_strip(np.zeros(0, bool), np.zeros(0), np.zeros(0), ax=ax),
    "divisors": lambda ax: plots.divisors([], np.zeros(0), [], ax=ax),
    "precision_recall_by_rank": lambda ax: plots.precision_recall_by_rank(
        np.array([1, 2]), np.zeros(2), np.zeros(2), ax=ax
    ),
    "learning_curves": lambda ax: plots.learning_curves(
        {"csq": np.zeros(0)}, {"csq": np.zeros(0)}, ax=ax
    ),
    "bit_flips": lambda ax: plots.bit_flips(np.zeros((0, 12)), np.ones(1), ax=ax),
    "code_history": lambda ax: plots.code_history(codes(0, 12), ax=ax),
    "attack": lambda ax: plots.attack(
        picture()[:0], picture()[:0], codes(1, 4)[0], codes(1, 4)[0], ax=ax
    ),
    "attack_steps": lambda ax: plots.attack_steps(np.zeros(0), bits=12, ax=ax),
    "code_maps": lambda ax: plots.code_maps([], ax=ax),
    "variants_results": lambda ax: plots.variants_results(picture(), [], {}, ax=ax),
    "changed_results": lambda ax: plots.changed_results([], np.zeros((0, 3)), k=10, ax=ax),
    "code_map": lambda ax: plots.code_map(np.zeros((0, 2)), ax=ax),
    "bit_origins": lambda ax: plots.bit_origins(np.zeros((3, 4)), ax=ax),
    "no centers at all": lambda ax: plots.hash_centers(None, ax=ax),
    "minimum_distances": lambda ax: plots.minimum_distances(
        np.array([99]), {"hadamard": np.array([np.nan])}, bits=12, ax=ax
    ),
    "majority_vote": lambda ax: plots.majority_vote(codes(0, 12), ax=ax),
    "merged_distances": lambda ax: plots.merged_distances({}, [], bits=12, ax=ax),
    "codes_around_centers": lambda ax: plots.codes_around_centers(
        np.zeros(0), np.zeros(0), bits=12, ax=ax
    ),
    "output_violins": lambda ax: plots.output_violins(
        np.zeros((0, 3)), np.linspace(-1, 1, 4), ax=ax
    ),
    "useful_bits": lambda ax: plots.useful_bits(np.zeros(0), [], ax=ax),
    "bucket_occupancy": lambda ax: plots.bucket_occupancy(np.zeros(0, int), ax=ax),
    "ball_occupancy": lambda ax: plots.ball_occupancy(
        np.zeros(13), database=0, cells=np.ones(13), ax=ax
    ),
    "map_by_bits": lambda ax: plots.map_by_bits(np.zeros(0), {}, ax=ax),
    "ranking": lambda ax: plots.ranking(["csq"], np.array([np.nan]), ax=ax),
    "time_to_quality": lambda ax: plots.time_to_quality(np.zeros(0), np.zeros(0), [], ax=ax),
    "ablation": lambda ax: plots.ablation(
        [], np.zeros((0, 2)), means=np.zeros(0), half_widths=np.zeros(0), ax=ax
    ),
    "response_curve": lambda ax: plots.response_curve(
        np.zeros(0), np.zeros((0, 1)), means=np.zeros(0), half_widths=np.zeros(0), ax=ax
    ),
    "shapley": lambda ax: plots.shapley(
        [], np.zeros((0, 2)), means=np.zeros(0), half_widths=np.zeros(0), ax=ax
    ),
    "results_change": lambda ax: plots.results_change(picture(), [], [], [], ax=ax),
    "hash_centers": lambda ax: plots.hash_centers(codes(0, 12), ax=ax),
    "center_distances": lambda ax: plots.center_distances(np.zeros((1, 1), int), bits=12, ax=ax),
    "code_matrix": lambda ax: plots.code_matrix(codes(0, 12), one_hot(0, 3), ax=ax),
    "bit_balance": lambda ax: plots.bit_balance(np.zeros(0), ax=ax),
    "bit_correlation": lambda ax: plots.bit_correlation(np.zeros((0, 0)), ax=ax),
    "distance_histogram": lambda ax: plots.distance_histogram(
        np.zeros(13, int), np.zeros(13, int), ax=ax
    ),
    "training_terms": lambda ax: plots.training_terms(np.zeros(0), {}, ax=ax),
    "precision_recall": lambda ax: plots.precision_recall(
        np.full(13, np.nan), np.full(13, np.nan), ax=ax
    ),
    "precision_at_n": lambda ax: plots.precision_at_n(np.zeros(0), np.zeros(0), ax=ax),
    "query_results": lambda ax: plots.query_results(picture(), [], [], ax=ax),
}

EDGES = {
    "equal centers on the meter": lambda ax: plots.distance_meter(
        0, bits=1, plotkin=1, gilbert_varshamov=0, ax=ax
    ),
    "one point to guess": lambda ax: plots.guess_and_truth(np.ones(1), np.ones(1), ax=ax),
    "all images at distance 0": lambda ax: plots.hamming_rings(
        picture(), [picture(9)] * 3, np.zeros(3, int), 0, ax=ax
    ),
    "a ball around everything": lambda ax: plots.hamming_rings(
        picture(), [picture(9)], np.array([2]), 64, ax=ax
    ),
    "rankings of other items": lambda ax: plots.rank_changes([1], [2, 3], ax=ax),
    "one ring": lambda ax: plots.ring_population(np.array([0, 4]), np.ones(2), 0, ax=ax),
    "one length without ties": lambda ax: plots.tie_band(*(np.ones(1),) * 4, ax=ax),
    "orders that change nothing": lambda ax: plots.tie_orders(
        np.array([7]), np.ones(1), worst=1.0, expected=1.0, best=1.0, ax=ax
    ),
    "one point at the origin": lambda ax: plots.plane_cells(
        np.zeros((1, 2)), codes(1, 1), np.ones((1, 2)), np.zeros(1), ax=ax
    ),
    "a list of one miss": lambda ax: plots.label_strip(
        np.array([False]), np.zeros(1), np.zeros(1), k=9, ax=ax
    ),
    "one rank for precision and recall": lambda ax: plots.precision_recall_by_rank(
        np.array([1]), np.ones(1), np.ones(1), chance=1.0, ax=ax
    ),
    "one epoch in no time": lambda ax: plots.learning_curves(
        {"csq": np.zeros(1)}, {"csq": np.ones(1)}, goal=2.0, ax=ax
    ),
    "one bit that never flips": lambda ax: plots.bit_flips(np.zeros((1, 1)), ax=ax),
    "one epoch of one bit": lambda ax: plots.code_history(codes(1, 1), ax=ax),
    "an attack without effect": lambda ax: plots.attack(
        picture(), picture(), codes(1, 1)[0], codes(1, 1)[0], ax=ax
    ),
    "no step": lambda ax: plots.attack_steps(np.zeros(1), bits=1, ax=ax),
    "one map of one code": lambda ax: plots.code_maps(
        [plots.MapPanel("a", np.zeros((1, 2)))], ax=ax
    ),
    "one variant without results": lambda ax: plots.variants_results(
        picture(), [picture()], {"whole": [], "less": [0]}, ax=ax
    ),
    "one size": lambda ax: plots.minimum_distances(
        np.array([10]), {"greedy": np.array([6])}, bits=12, ax=ax
    ),
    "one label": lambda ax: plots.majority_vote(codes(1, 12), codes(1, 12)[0], ax=ax),
    "opposite centers": lambda ax: plots.majority_vote(
        np.array([[1] * 64, [-1] * 64], np.int8), np.ones(64, np.int8), ax=ax
    ),
    "codes on their centers": lambda ax: plots.codes_around_centers(
        np.zeros(4), np.zeros(4), bits=12, ax=ax
    ),
    "dead outputs": lambda ax: plots.output_violins(
        np.array([[0, 0], [5, 0]]), np.array([-1, 0, 1]), ax=ax
    ),
    "all bits constant": lambda ax: plots.useful_bits(np.zeros(4), [[0, 1, 2, 3]], ax=ax),
    "one bit only": lambda ax: plots.useful_bits(np.ones(1), [], ax=ax),
    "one bucket": lambda ax: plots.bucket_occupancy(np.array([100]), np.array([100]), ax=ax),
    "one image in balls": lambda ax: plots.ball_occupancy(
        np.ones(5), database=1, cells=np.array([1, 5, 11, 15, 16]), ax=ax
    ),
    "one length, one seed": lambda ax: plots.map_by_bits(
        np.array([12]), {"csq": np.array([1.0])}, ax=ax
    ),
    "one run in no time": lambda ax: plots.time_to_quality(
        np.array([0.0]), np.array([1.0]), ["lsh"], ax=ax
    ),
    "one seed": lambda ax: plots.ablation(
        ["no a"], np.zeros((1, 1)), means=np.zeros(1), half_widths=np.full(1, np.nan), ax=ax
    ),
    "one value": lambda ax: plots.response_curve(
        np.array([0.5]),
        np.array([[0.5, 0.6]]),
        means=np.array([0.55]),
        half_widths=np.array([0.6]),
        ax=ax,
    ),
    "nothing before": lambda ax: plots.results_change(picture(), [picture()], [], [0], ax=ax),
    "one class": lambda ax: plots.hash_centers(codes(1, 12), ax=ax),
    "two classes, 128 bits": lambda ax: plots.hash_centers(codes(2, 128), ax=ax),
    "two classes": lambda ax: plots.center_distances(np.array([[0, 5], [5, 0]]), bits=12, ax=ax),
    "equal centers": lambda ax: plots.center_distances(np.zeros((4, 4), int), bits=12, ax=ax),
    "one image": lambda ax: plots.code_matrix(codes(1, 12), one_hot(1, 3), ax=ax),
    "equal codes": lambda ax: plots.code_matrix(np.ones((9, 12), np.int8), one_hot(9, 1), ax=ax),
    "one bit": lambda ax: plots.code_matrix(codes(9, 1), ax=ax),
    "no class": lambda ax: plots.code_matrix(codes(9, 4), np.zeros((9, 0), bool), ax=ax),
    "no label": lambda ax: plots.code_matrix(codes(9, 4), np.zeros((9, 3), bool), ax=ax),
    "constant bits": lambda ax: plots.bit_balance(np.ones(12), images=1, ax=ax),
    "no correlation": lambda ax: plots.bit_correlation(np.full((4, 4), np.nan), ax=ax),
    "one class only": lambda ax: plots.distance_histogram(np.arange(13), np.zeros(13, int), ax=ax),
    "all at distance 0": lambda ax: plots.distance_histogram(
        np.array([4, 0, 0]), np.array([5, 0, 0]), ax=ax
    ),
    "one epoch": lambda ax: plots.training_terms(np.array([1]), {"a": np.array([0.5])}, ax=ax),
    "term of zeros": lambda ax: plots.training_terms(np.arange(4), {"a": np.zeros(4)}, ax=ax),
    "nan term": lambda ax: plots.training_terms(np.arange(2), {"a": np.full(2, np.nan)}, ax=ax),
    "half a nan": lambda ax: plots.training_terms(
        np.arange(3), {"a": np.array([2.0, np.nan, np.nan]), "b": -np.ones(3)}, ax=ax
    ),
    "one rank": lambda ax: plots.precision_at_n(np.array([1]), np.array([1.0]), ax=ax),
    "one result": lambda ax: plots.query_results(picture(), [picture()], [3], ax=ax),
    "wide, gray and tiny pictures": lambda ax: plots.query_results(
        np.zeros((2, 9), np.uint8),
        [np.zeros((9, 2, 1), np.uint8), np.zeros((1, 1, 3), np.uint8)],
        [1, 1],
        query_code=codes(1, 128)[0],
        result_codes=codes(2, 128),
        ax=ax,
    ),
}


@pytest.mark.parametrize("draw", USUAL.values(), ids=USUAL)
def test_the_given_axes_come_back_and_without_axes_a_figure_is_opened(draw):
    from matplotlib import pyplot

    ax, before = Figure().subplots(), dict(mpl.rcParams)
    assert draw(ax) is ax
    assert pyplot.get_fignums() == []
    assert [draw(None).get_figure().number] == pyplot.get_fignums()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("draw", EMPTY.values(), ids=EMPTY)
def test_nothing_to_draw_is_said_inside_the_axes(draw):
    ax = draw(Figure().subplots())
    assert any("No " in text.get_text() for text in ax.texts)


@pytest.mark.parametrize(("place", "name"), [*enumerate(EDGES)], ids=EDGES)
def test_odd_inputs_render(place, name):
    """In one theme or the other; the usual ones are drawn in both by the tests of the gallery."""
    with plots.theme(place % 2 == 1):
        figure = Figure(layout="constrained", dpi=50)
        EDGES[name](figure.subplots())
        render(figure)


def test_names_are_shown_as_they_are():
    names = ["$x_$", r"$\frac$", "a\nb", "", "x" * 300, "<b>&amp;</b>"]
    n = len(names)
    for draw in (
        lambda ax: plots.hash_centers(codes(n, 12), class_names=names, ax=ax),
        lambda ax: plots.code_matrix(codes(9, 12), one_hot(9, n), class_names=names, ax=ax),
        lambda ax: plots.training_terms(np.arange(2), dict.fromkeys(names, np.ones(2)), ax=ax),
        lambda ax: plots.query_results(
            picture(), [picture()] * n, range(n), captions=names, query_caption=names[1], ax=ax
        ),
    ):
        figure = Figure(layout="constrained", dpi=50)
        draw(figure.subplots())
        render(figure)
