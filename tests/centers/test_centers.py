import itertools
from math import acos, comb, pi

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hashviz.centers import (
    CENTERS,
    TIE_RULES,
    forced_spoiled,
    gilbert_varshamov,
    griesmer,
    hadamard,
    hamming_bound,
    is_hadamard_order,
    make_centers,
    measure_centers,
    merge_centers,
    plotkin,
    tied_bits,
)
from hashviz.centers.columns import column_representatives, nearest_pair, separate_columns

USUAL_BITS = [12, 16, 20, 24, 28, 32, 36, 48, 64, 128]
DOUBLED_BITS = [40, 56, 96]
LONG = [pytest.param(bits, marks=pytest.mark.slow) for bits in (48, 64, 128)]
CLASSES = [2, 6, 10, 80]
# Classes, bits, what Gilbert and Varshamov promise, what Plotkin allows.
BOUNDS = [
    (10, 12, 4, 6),
    (10, 16, 6, 8),
    (10, 24, 9, 12),
    (10, 32, 13, 17),
    (10, 48, 20, 26),
    (10, 64, 27, 35),
    (21, 12, 3, 6),
    (21, 48, 18, 24),
    (80, 64, 23, 32),
    (100, 16, 3, 6),
    (100, 32, 10, 15),
    (100, 64, 23, 32),
]
# Bits, distance, words of the largest codes: Best, Brouwer, MacWilliams, Odlyzko, Sloane 1978.
LARGEST_CODES = [
    (7, 3, 16),
    (8, 3, 20),
    (8, 4, 16),
    (9, 4, 20),
    (9, 5, 6),
    (10, 3, 72),
    (10, 4, 40),
    (11, 5, 24),
    (12, 5, 32),
    (15, 5, 256),
    (16, 6, 256),
    (23, 7, 4096),
    (24, 8, 4096),
]


def pair_distances(centers: np.ndarray) -> list[int]:
    return [int((a != b).sum()) for a, b in itertools.combinations(centers, 2)]


def useful_columns(centers: np.ndarray) -> set[tuple]:
    columns = [tuple((column * column[0]).tolist()) for column in centers.T]
    return {column for column in columns if -1 in column}


def placeable(scheme: str, classes: int, bits: int) -> bool:
    if classes > 2**bits:
        return False
    if scheme.startswith("hadamard") and classes > 2 * bits:
        return False
    if scheme == "linear":
        return classes <= 256
    if scheme == "random":
        return classes <= comb(bits, bits // 2) * (1 + bits % 2)
    if scheme == "hadamard-first":
        return bits & (bits - 1) == 0
    return scheme != "hadamard" or is_hadamard_order(bits)


# Matrices


@pytest.mark.parametrize("bits", [1, 2, 4, 8, *USUAL_BITS, *DOUBLED_BITS])
def test_rows_of_a_hadamard_matrix_are_orthogonal(bits):
    matrix = hadamard(bits).astype(int)
    assert set(np.unique(matrix)) <= {-1, 1}
    np.testing.assert_array_equal(matrix @ matrix.T, bits * np.eye(bits, dtype=int))


def test_orders_of_hadamard_matrices_are_1_2_and_multiples_of_4():
    orders = [bits for bits in range(1, 300) if is_hadamard_order(bits)]
    assert orders[:2] == [1, 2]
    assert all(bits % 4 == 0 for bits in orders[2:])
    for bits in orders:
        matrix = hadamard(bits).astype(int)
        assert (matrix @ matrix.T == bits * np.eye(bits)).all()


@pytest.mark.parametrize(("bits", "lower", "upper"), [(50, 48, 56), (13, 12, 16), (92, 88, 96)])
def test_an_order_out_of_reach_names_its_neighbors(bits, lower, upper):
    message = f"got bits={bits}; use bits={lower}, bits={upper} or centers='greedy'"
    with pytest.raises(ValueError, match=message):
        hadamard(bits)
    with pytest.raises(ValueError, match=message):
        make_centers("hadamard", 10, bits)


# The contract of every scheme


@pytest.mark.parametrize("scheme", CENTERS)
@pytest.mark.parametrize("bits", [12, 13, 32, *LONG])
@pytest.mark.parametrize("classes", CLASSES)
def test_centers_are_different_codes_set_by_the_seed(scheme, bits, classes):
    if not placeable(scheme, classes, bits):
        with pytest.raises(ValueError, match=r"centers='greedy'"):
            make_centers(scheme, classes, bits, seed=1)
        return
    centers = make_centers(scheme, classes, bits, seed=1)
    assert centers.dtype == np.int8
    assert centers.shape == (classes, bits)
    assert set(np.unique(centers)) <= {-1, 1}
    assert len(np.unique(centers, axis=0)) == classes
    np.testing.assert_array_equal(centers, make_centers(scheme, classes, bits, seed=1))
    if scheme != "hadamard-first":
        assert (centers != make_centers(scheme, classes, bits, seed=2)).any()


@pytest.mark.parametrize("scheme", ["hadamard", "greedy", "linear", "random"])
@pytest.mark.parametrize("bits", [12, 16, 24, 32, *LONG])
def test_columns_are_useless_only_where_that_is_forced(scheme, bits):
    for classes in [*range(2, 8), 10, 80]:
        if not placeable(scheme, classes, bits):
            continue
        centers = make_centers(scheme, classes, bits, seed=classes)
        quality = measure_centers(centers)
        forced = max(0, bits - (2 ** (classes - 1) - 1))
        # Balanced codes differ in an even number of bits; that costs a column in this one case.
        parity = scheme == "random" and bits == 2 ** (classes - 1)
        assert quality.constant_columns == 0
        assert quality.spoiled_columns == forced + parity
        assert len(useful_columns(centers)) == bits - forced - parity
        assert quality.minimum <= quality.plotkin


def test_no_balanced_placement_of_three_classes_in_four_bits_avoids_two_repeated_columns():
    balanced = [code for code in itertools.product((-1, 1), repeat=4) if sum(code) == 0]
    placements = itertools.combinations(balanced, 3)
    best = min(
        (quality.spoiled_columns, quality.constant_columns)
        for quality in (measure_centers(np.array(p, np.int8)) for p in placements)
        if quality.constant_columns == 0
    )
    assert best == (forced_spoiled(3, 4) + 1, 0)


@pytest.mark.parametrize("scheme", CENTERS)
def test_one_class_gets_one_code(scheme):
    centers = make_centers(scheme, 1, 16)
    quality = measure_centers(centers)
    assert centers.shape == (1, 16)
    assert quality.constant_columns == quality.spoiled_columns == quality.forced_spoiled == 16
    assert quality.minimum == quality.mean == quality.plotkin == 16


@pytest.mark.parametrize("scheme", ["auto", "greedy"])
def test_all_words_of_four_bits_are_centers_of_sixteen_classes(scheme):
    centers = make_centers(scheme, 16, 4)
    assert len(np.unique(centers, axis=0)) == 2**4


# Hadamard


@pytest.mark.parametrize("bits", USUAL_BITS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_hadamard_centers_of_ten_classes_are_half_the_bits_apart(bits, seed):
    centers = make_centers("hadamard", 10, bits, seed)
    assert set(pair_distances(centers)) == {bits // 2}
    assert len(useful_columns(centers)) == bits


@pytest.mark.parametrize("bits", [12, 32, 48, 64])
def test_more_classes_than_bits_add_opposite_centers(bits):
    for classes in (bits + 1, 2 * bits - 3, 2 * bits):
        distances = pair_distances(make_centers("hadamard", classes, bits))
        assert set(distances) == {bits // 2, bits}
        assert distances.count(bits) == classes - bits


@pytest.mark.parametrize("bits", [*USUAL_BITS, *DOUBLED_BITS])
def test_few_classes_trade_orthogonality_for_useful_columns_but_no_distance(bits):
    for classes in range(2, 11):
        assert nearest_pair(make_centers("hadamard", classes, bits, seed=bits)) >= bits // 2


def test_two_classes_get_opposite_codes_because_one_column_is_all_there_is():
    centers = make_centers("hadamard", 2, 32)
    np.testing.assert_array_equal(centers[0], -centers[1])
    quality = measure_centers(centers)
    assert quality.distinct_columns == 2 ** (2 - 1) - 1
    assert quality.spoiled_columns == quality.forced_spoiled == 31


@pytest.mark.parametrize("bits", [12, 24, 48])
def test_three_classes_reach_the_simplex_distance_of_two_thirds(bits):
    assert set(pair_distances(make_centers("hadamard", 3, bits))) == {2 * bits // 3}
    assert plotkin(3, bits) == 2 * bits // 3


@pytest.mark.parametrize(
    ("classes", "bits", "distinct", "constant"),
    [(10, 64, 16, 4), (10, 32, 16, 2), (10, 16, 16, 1), (21, 64, 32, 2)],
)
def test_the_first_rows_of_sylvester_repeat_their_columns(classes, bits, distinct, constant):
    quality = measure_centers(make_centers("hadamard-first", classes, bits))
    assert quality.minimum == bits // 2
    assert quality.distinct_columns == distinct == 2 ** (classes - 1).bit_length()
    assert quality.constant_columns == constant == bits // distinct
    assert quality.useful_bits == distinct - 1


def test_hadamard_centers_are_the_best_from_a_number_of_classes_on_that_the_text_names():
    for bits in (8, 12, 16, 20, 24, 32, 48, 64, 96, 128):
        most = 2 * ((bits + 4) // 6)
        assert plotkin(most, bits) > bits // 2
        assert {plotkin(classes, bits) for classes in range(most + 1, 2 * bits + 1)} == {bits // 2}


# Linear codes


def bch(m: int, designed: int) -> tuple[int, int, int]:
    """Length, dimension and distance of the extended BCH code of odd designed distance.

    Bose and Ray-Chaudhuri, 1960: with the zeros a, a^2, ..., a^(d - 1) and their conjugates, the
    length is 2^m - 1 and the distance d or more; a parity bit adds one to both.
    """
    length = 2**m - 1
    zeros = {i * 2**j % length for i in range(1, designed) for j in range(m)}
    return length + 1, length - len(zeros), designed + 1


@pytest.mark.parametrize("m", [4, 5, 6, pytest.param(7, marks=pytest.mark.slow)])
@pytest.mark.parametrize("k", [5, 6, 7])
def test_linear_centers_are_as_far_apart_as_shortened_and_punctured_bch_codes(m, k):
    codes = [bch(m, designed) for designed in range(3, 2 ** (m - 1), 2)]
    for length, dimension, distance in {c[:2]: c for c in codes if c[1] >= k}.values():
        for punctured in (0, 3):
            bits = length - (dimension - k) - punctured
            if bits >= 2**k:  # columns repeat, and are exchanged
                continue
            centers = make_centers("linear", 2**k, bits)
            assert distance - punctured <= nearest_pair(centers) <= griesmer(k, bits)


@pytest.mark.parametrize(
    ("bits", "best_known"), [(12, 4), (16, 6), (24, 10), (32, 14), (48, 22)]
)  # Brouwer's table of linear codes with 2^7 words
def test_a_hundred_linear_centers_are_as_far_apart_as_the_best_known_codes(bits, best_known):
    linear = nearest_pair(make_centers("linear", 100, bits))
    assert linear == nearest_pair(make_centers("auto", 100, bits)) == best_known


# The best of all


def auto_is_as_good_as_every_scheme(classes: int, bits: int, seed: int = 0) -> None:
    rivals = [name for name in CENTERS if name != "auto" and placeable(name, classes, bits)]
    best = max(nearest_pair(make_centers(name, classes, bits, seed)) for name in rivals)
    assert nearest_pair(make_centers("auto", classes, bits, seed)) == best


@pytest.mark.parametrize("bits", [8, 13, 32])
@pytest.mark.parametrize("classes", [2, 5, 10, 40])
def test_no_scheme_places_centers_farther_apart_than_auto(classes, bits):
    auto_is_as_good_as_every_scheme(classes, bits)


@pytest.mark.slow
@pytest.mark.parametrize("bits", range(8, 129))
def test_no_scheme_places_centers_farther_apart_than_auto_anywhere(bits):
    for classes in range(2 + bits % 3, 101, 3):
        auto_is_as_good_as_every_scheme(classes, bits, seed=bits)


@pytest.mark.parametrize(("bits", "distance"), [(32, 17), (48, 26), (64, 34)])
def test_ten_classes_can_be_farther_apart_than_hadamard_rows(bits, distance):
    assert nearest_pair(make_centers("auto", 10, bits)) == distance > bits // 2


def test_auto_is_the_scheme_it_took_for_the_same_seed():
    for classes, bits, taken in [
        (64, 32, "hadamard"), (10, 32, "greedy"), (100, 32, "linear"), (257, 20, "greedy"),
    ]:  # fmt: skip
        np.testing.assert_array_equal(
            make_centers("auto", classes, bits, 3), make_centers(taken, classes, bits, 3)
        )


# Random and greedy


@pytest.mark.parametrize(("classes", "bits"), [(2, 12), (10, 32), (80, 48), (924, 12)])
def test_random_centers_have_as_many_ones_as_minus_ones(classes, bits):
    assert (make_centers("random", classes, bits).sum(axis=1, dtype=int) == 0).all()


def test_random_centers_of_odd_length_are_balanced_up_to_one():
    assert set(np.abs(make_centers("random", 20, 13).sum(axis=1, dtype=int))) == {1}
    assert make_centers("random", 20, 5).shape == (2 * comb(5, 2), 5)


@pytest.mark.parametrize(
    ("classes", "bits"),
    [(classes, bits) for classes, bits, _, _ in BOUNDS],
)
def test_greedy_centers_are_farther_apart_than_gilbert_varshamov_and_random_ones(classes, bits):
    greedy = nearest_pair(make_centers("greedy", classes, bits))
    assert gilbert_varshamov(classes, bits) < greedy <= plotkin(classes, bits)
    assert nearest_pair(make_centers("random", classes, bits)) <= greedy


def test_greedy_centers_of_ten_classes_reach_the_plotkin_bound_at_32_bits():
    assert nearest_pair(make_centers("greedy", 10, 32)) == plotkin(10, 32) == 32 // 2 + 1


def test_hundreds_of_classes_fit():
    assert len(np.unique(make_centers("auto", 300, 32), axis=0)) == 300
    assert len(np.unique(make_centers("random", 300, 32), axis=0)) == 300


# Columns and distances


@given(
    arrays(
        np.int8, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.sampled_from([-1, 1])
    )
)
def test_columns_and_distances_are_what_a_slow_count_says(centers):
    quality = measure_centers(centers)
    bits = centers.shape[1]
    distances = pair_distances(centers) or [bits]
    constant = sum(len(set(column)) == 1 for column in centers.T.tolist())
    assert quality.minimum == min(distances)
    assert quality.mean == pytest.approx(sum(distances) / len(distances))
    assert quality.constant_columns == constant
    assert quality.distinct_columns == len(useful_columns(centers)) + (constant > 0)
    assert quality.useful_bits == len(useful_columns(centers))
    assert quality.forced_spoiled <= quality.spoiled_columns == bits - quality.useful_bits
    assert quality.minimum <= min(quality.plotkin, quality.hamming)


def test_the_nearest_pair_is_found_across_blocks():
    rng = np.random.default_rng(0)
    centers = np.where(rng.random((2500, 64)) < 0.5, np.int8(1), np.int8(-1))
    centers[2400] = centers[10]
    centers[2400, :3] *= -1
    assert nearest_pair(centers) == 3


@given(
    arrays(
        np.int8, st.tuples(st.integers(2, 7), st.integers(4, 20)), elements=st.sampled_from([-1, 1])
    ),
    st.integers(0, 5),
)
def test_separated_columns_are_as_different_as_they_can_be(centers, seed):
    assume(len(np.unique(centers, axis=0)) == len(centers))
    classes, bits = centers.shape
    separated = separate_columns(centers, np.random.default_rng(seed))
    assert len(useful_columns(separated)) == min(bits, 2 ** (classes - 1) - 1)
    assert (column_representatives(separated) >= 0).all()
    assert len(np.unique(separated, axis=0)) == classes


# Bounds


@pytest.mark.parametrize(
    ("classes", "bits", "somebody", "nobody"),
    BOUNDS,
)
def test_bounds_of_usual_placements(classes, bits, somebody, nobody):
    assert gilbert_varshamov(classes, bits) == somebody
    assert plotkin(classes, bits) == nobody


@pytest.mark.parametrize("bits", USUAL_BITS)
def test_hadamard_centers_are_optimal_for_a_full_matrix_and_its_negative(bits):
    assert plotkin(2 * bits, bits) == bits // 2
    assert plotkin(2 * bits + 1, bits) < bits // 2


@pytest.mark.parametrize(("bits", "distance", "words"), LARGEST_CODES)
def test_bounds_hold_for_the_largest_codes_there_are(bits, distance, words):
    assert gilbert_varshamov(words, bits) <= distance
    assert distance <= plotkin(words, bits)
    assert distance <= hamming_bound(words, bits)
    # One more word is impossible at this distance, so nothing may promise it.
    assert gilbert_varshamov(words + 1, bits) < distance


@pytest.mark.parametrize(("bits", "distance", "words"), [(7, 3, 16), (23, 7, 4096), (15, 3, 2048)])
def test_perfect_codes_meet_the_hamming_bound(bits, distance, words):
    assert hamming_bound(words, bits) == distance
    assert hamming_bound(words + 1, bits) < distance


def test_more_classes_than_codes_have_distance_zero():
    for bound in (plotkin, hamming_bound, gilbert_varshamov):
        assert bound(2**4 + 1, 4) == 0 < bound(2**4, 4)


@given(st.integers(1, 40), st.integers(1, 300))
def test_bounds_are_ordered_and_fall_with_more_classes(bits, classes):
    assume(classes + 1 <= 2**bits)
    for bound in (plotkin, hamming_bound, gilbert_varshamov):
        assert 1 <= bound(classes + 1, bits) <= bound(classes, bits) <= bits
    assert gilbert_varshamov(classes, bits) <= min(
        plotkin(classes, bits), hamming_bound(classes, bits)
    )


# Several labels


def label_sets(sets: list[set[int]], classes: int) -> np.ndarray:
    return np.array([[k in chosen for k in range(classes)] for chosen in sets])


@pytest.mark.parametrize("ties", TIE_RULES)
def test_a_single_label_gets_its_own_center(ties):
    centers = make_centers("hadamard", 10, 32)
    targets = merge_centers(np.eye(10, dtype=bool), centers, ties)
    np.testing.assert_array_equal(targets, centers)


@pytest.mark.parametrize("ties", TIE_RULES)
def test_bits_with_a_majority_follow_it(ties):
    centers = make_centers("hadamard", 21, 64)
    labels = np.random.default_rng(0).random((200, 21)) < 0.15
    targets = merge_centers(labels, centers, ties, seed=3)
    for image, target in zip(labels, targets, strict=True):
        votes = centers[image].sum(axis=0, dtype=int)
        assert (target[votes != 0] == np.sign(votes[votes != 0])).all()
    assert targets.dtype == np.int8
    assert set(np.unique(targets)) == {-1, 1}


def test_the_same_labels_always_get_the_same_target():
    centers = make_centers("hadamard", 10, 32)
    labels = label_sets([{1, 2}, {3, 4, 5, 6}, {1, 2}, set()], 10)
    targets = merge_centers(labels, centers, seed=5)
    np.testing.assert_array_equal(targets[0], targets[2])
    for row in range(4):
        alone = merge_centers(labels[row : row + 1], centers, seed=5)
        np.testing.assert_array_equal(alone[0], targets[row])
    assert (merge_centers(labels, centers, seed=6) != targets).any()


@pytest.mark.parametrize(
    ("ties", "single", "overlapping", "disjoint"),
    [("label-set", 1 / 4, 1 / 4 + acos(1 / 2) / pi / 4, 1 / 2), ("shared", 1 / 4, 1 / 4, 3 / 8)],
)
def test_distances_of_merged_centers_follow_the_tie_rule(ties, single, overlapping, disjoint):
    centers = make_centers("hadamard", 21, 2048)
    labels = label_sets([{0, 1}, {0}, {0, 2}, {3, 4}], 21)
    targets = merge_centers(labels, centers, ties)
    shares = [(targets[0] != target).mean() for target in targets[1:]]
    # Four standard deviations of a mean over 2048 bits.
    assert shares == pytest.approx([single, overlapping, disjoint], abs=4 * 0.5 / 2048**0.5)


def test_ties_of_two_labels_filled_from_the_first_forget_the_second():
    centers = make_centers("hadamard", 10, 64)
    targets = merge_centers(label_sets([{2, 7}], 10), centers, "first-label")
    np.testing.assert_array_equal(targets[0], centers[2])


@pytest.mark.parametrize("pair", [{0, 1}, {3, 8}, {2, 9}])
def test_two_orthogonal_centers_leave_half_of_the_bits_undecided(pair):
    centers = make_centers("hadamard", 10, 64)
    assert tied_bits(label_sets([pair], 10), centers) == [1 / 2]
    merged = merge_centers(label_sets([pair], 10), centers)
    assert tied_bits(label_sets([{0, 3, 5}, {4}, set()], 10), centers).tolist() == [0, 0, 1]
    # Each own center gets back the ties that went the other way: together they differ by K/2.
    assert sum(int((merged[0] != centers[k]).sum()) for k in pair) == 64 // 2


def test_four_labels_leave_three_eighths_of_the_bits_undecided_on_average():
    centers = make_centers("hadamard", 21, 64)
    sets = [set(chosen) for chosen in itertools.combinations(range(21), 4)]
    mean = tied_bits(label_sets(sets, 21), centers).mean()
    assert mean == pytest.approx(comb(4, 2) / 2**4, abs=0.01)


def test_images_without_labels_share_one_target_that_is_not_constant():
    centers = make_centers("hadamard", 10, 32)
    targets = merge_centers(np.zeros((3, 10), bool), centers)
    assert (targets == targets[0]).all()
    assert set(targets[0]) == {-1, 1}
    assert merge_centers(np.zeros((0, 10), bool), centers).shape == (0, 32)


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_centers("hadamart", 10, 32), r"'hadamart', did you mean 'hadamard'\?"),
        (lambda: make_centers("hadamart", 10, 32), "Choose from auto, greedy, hadamard, hadamard-"),
        (lambda: make_centers("xyz", 10, 32), "'xyz'; choose from"),
        (lambda: make_centers("auto", 2, 3), "at least 4 bits, got bits=3"),
        (lambda: make_centers("auto", 0, 32), "at least 1 class, got classes=0"),
        (lambda: make_centers("auto", 33, 5), r"got classes=33 with bits=5; use bits >= 6\."),
        (lambda: make_centers("hadamard", 25, 12), r"at most 2 \* bits classes.*use centers='gree"),
        (lambda: make_centers("hadamard", 25, 12), "or bits >= 13"),
        (lambda: make_centers("linear", 257, 32), "at most 256 classes, got classes=257; use cent"),
        (
            lambda: make_centers("hadamard-first", 33, 16),
            r"at most 2 \* bits classes, got classes=33",
        ),
        (lambda: make_centers("hadamard-first", 10, 48), "need a power of two bits, got bits=48"),
        (
            lambda: make_centers("random", 7, 4),
            "Only 6 codes of 4 bits are balanced, got classes=7",
        ),
        (lambda: measure_centers(np.zeros((2, 8), np.int8)), "matrix .* of -1 and"),
        (lambda: measure_centers(np.zeros((0, 8), np.int8)), r"non-empty .* got \(0, 8\)"),
        (lambda: gilbert_varshamov(0, 4), "got classes=0"),
        (lambda: hamming_bound(2, 0), "bits=0"),
    ],
)
def test_bad_numbers_are_refused_with_the_way_out(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bad_merges_are_refused():
    centers = make_centers("hadamard", 10, 32)
    with pytest.raises(ValueError, match="rule for ties 'csq'; choose from first-label, label-set"):
        merge_centers(np.eye(10, dtype=bool), centers, "csq")
    with pytest.raises(ValueError, match="same classes, got 9 and 10"):
        merge_centers(np.eye(9, dtype=bool), centers)
    with pytest.raises(ValueError, match="same classes, got 9 and 10"):
        tied_bits(np.eye(9, dtype=bool), centers)
