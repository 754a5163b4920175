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
}  # fmt: skip
USUAL |= NEW

EMPTY = {
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
def test_the_given_axes_come_back_and_no_pyplot_figure_is_left(draw):
    from matplotlib import pyplot

    ax = Figure().subplots()
    assert draw(ax) is ax
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("draw", USUAL.values(), ids=USUAL)
def test_without_axes_a_figure_of_its_own_is_opened(draw):
    from matplotlib import pyplot

    ax = draw(None)
    assert [ax.get_figure().number] == pyplot.get_fignums()


@pytest.mark.parametrize("draw", USUAL.values(), ids=USUAL)
def test_drawing_changes_no_setting(draw):
    before = dict(mpl.rcParams)
    draw(Figure().subplots())
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("draw", EMPTY.values(), ids=EMPTY)
def test_nothing_to_draw_is_said_inside_the_axes(draw):
    ax = draw(Figure().subplots())
    assert any("No " in text.get_text() for text in ax.texts)
    render(ax.figure)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("draw", [*USUAL.values(), *EDGES.values()], ids=[*USUAL, *EDGES])
def test_usual_and_odd_inputs_render_under_both_themes(draw, dark):
    with plots.theme(dark):
        figure = Figure(layout="constrained")
        draw(figure.subplots())
        render(figure)


def boxes(ax):
    """The boxes of all texts that are seen, in pixels; text inside a legend is one block."""
    figure = ax.get_figure()
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = list(ax.texts)
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        texts.append(axis.label)
        low, high = sorted(axis.get_view_interval())
        pairs = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        texts += [label for at, label in pairs if low <= at <= high]
    for child in ax.child_axes:
        texts += [*child.texts, *child.get_yticklabels(), child._left_title]
    shown = [t for t in texts if t.get_visible() and t.get_text()]
    found = [(t.get_text(), t.get_window_extent(renderer)) for t in shown]
    if ax.get_legend() is not None:
        found.append(("legend", ax.get_legend().get_window_extent(renderer)))
    return found


@pytest.mark.parametrize("bits", [12, 128])
@pytest.mark.parametrize("classes", [2, 10, 80])
def test_text_never_overlaps_and_stays_on_the_page(bits, classes):
    rng = np.random.default_rng(0)
    names = [f"class {i:02d}" for i in range(classes)]
    centers = codes(classes, bits)
    centers[:, 0] = 1
    some, labels = codes(400, bits), one_hot(400, classes)
    apart = (bits - centers.astype(int) @ centers.T.astype(int)) // 2
    counts = rng.integers(1, 9, (2, bits + 1))
    draws = [
        *(lambda ax, draw=draw: draw(ax) for name, draw in NEW.items() if bits == 12),
        lambda ax: plots.majority_vote(centers[:5], some[0], names=names, ax=ax),
        lambda ax: plots.output_violins(
            rng.integers(0, 9, (bits, 40)), np.linspace(-2, 2, 41), error=0.123, ax=ax
        ),
        lambda ax: plots.useful_bits(
            np.append(np.ones(bits - 1), 0), [[0, 1, bits - 2]], ax=ax
        ),
        lambda ax: plots.bucket_occupancy(
            np.full(9, 10**classes.bit_length()), np.full(9, 9), chance=np.full(20, 0.05), ax=ax
        ),
        lambda ax: plots.ball_occupancy(
            np.geomspace(0.01, 1e6, bits + 1), database=10**6,
            cells=np.geomspace(1, 2.0**bits, bits + 1), ax=ax,
        ),
        lambda ax: plots.ranking(
            names[:12], np.linspace(0, 1, len(names[:12])), half_widths=np.ones(len(names[:12])),
            bands=(np.zeros(len(names[:12])), np.ones(len(names[:12]))), chance=0.5, ax=ax,
        ),
        lambda ax: plots.time_to_quality(
            np.geomspace(0.01, 900, len(names[:14])), np.linspace(0.2, 1, len(names[:14])),
            names[:14], chance=0.1, ax=ax,
        ),
        lambda ax: plots.hash_centers(centers, class_names=names, ax=ax),
        lambda ax: plots.center_distances(
            apart, bits=bits, plotkin=bits / 2, class_names=names, ax=ax
        ),
        lambda ax: plots.code_matrix(some, labels, class_names=names, ax=ax),
        lambda ax: plots.code_matrix(
            some, labels | np.roll(labels, 1, 1), class_names=names, ax=ax
        ),
        lambda ax: plots.bit_balance(np.append(np.zeros(bits - 1), 1), images=400, ax=ax),
        lambda ax: plots.bit_correlation(nan_correlation(bits), ax=ax),
        lambda ax: plots.distance_histogram(*counts, ax=ax),
        lambda ax: plots.training_terms(
            np.arange(9), {n: np.full(9, 0.1) for n in names[:6]}, ax=ax
        ),
        lambda ax: plots.precision_recall(
            np.linspace(1, 0.1, bits + 1), np.linspace(0, 1, bits + 1) ** 3,
            chance=0.1, radii=range(bits + 1), ax=ax,
        ),
        lambda ax: plots.query_results(
            picture(), [picture()] * 9, [0, 1, 1, 1, 1, 1, bits // 2, bits, bits],
            relevant=[True] * 9, captions=names[:1] * 9, query_caption=names[0],
            equal=[1, 500, 500, 500, 500, 500, 1, 2, 2],
            query_code=some[0], result_codes=some[1:10], ax=ax,
        ),
    ]  # fmt: skip
    for draw in draws:
        with plots.theme():
            figure = Figure(figsize=(6.4, 4.7), layout="constrained")
            ax = draw(figure.subplots())
            render(figure)
            found = boxes(ax)
            page = figure.bbox
        for place, (text, box) in enumerate(found):
            assert box.x0 >= page.x0 - 2, text
            assert box.x1 <= page.x1 + 2, text
            assert box.y0 >= page.y0 - 2, text
            assert box.y1 <= page.y1 + 2, text
            for other, box_ in found[place + 1 :]:
                across = min(box.x1, box_.x1) - max(box.x0, box_.x0)
                along = min(box.y1, box_.y1) - max(box.y0, box_.y0)
                assert across < 1 or along < 2, f"{text!r} over {other!r}"


@pytest.mark.parametrize("name", ["$x_$", r"$\frac$", "a\nb", "", "x" * 300, "<b>&amp;</b>"])
def test_names_of_classes_are_shown_as_they_are(name):
    for draw in (
        lambda ax: plots.hash_centers(codes(2, 12), class_names=[name, "b"], ax=ax),
        lambda ax: plots.code_matrix(codes(9, 12), one_hot(9, 2), class_names=[name, "b"], ax=ax),
        lambda ax: plots.training_terms(np.arange(2), {name: np.ones(2)}, ax=ax),
        lambda ax: plots.query_results(
            picture(), [picture()], [0], captions=[name], query_caption=name, ax=ax
        ),
    ):
        figure = Figure(layout="constrained")
        draw(figure.subplots())
        render(figure)
