"""Every suspect of the bug hunt has its bug and, as far as cases can tell, no other one."""

import numpy as np
import pytest

from hashviz_course.checks import n13_evaluators as evaluators
from hashviz_course.checks.n13_a_fair_ablation import EVALUATORS, convicted
from hashviz_course.checks.n13_evaluators import SUSPECTS, right_value
from tests.course.checks.answers.find_bugs import FIRST, SECOND


def case(query, database, query_labels, database_labels, k):
    return {
        "query_outputs": query, "database_outputs": database,
        "query_labels": query_labels, "database_labels": database_labels, "k": k,
    }  # fmt: skip


def row(*minus):
    return [-1 if place in minus else 1 for place in range(24)]


ALONE = {
    "bytes_not_bits": case([[1, 1]], [[-1, 1], [-1, -1]], [[1]], [[1], [0]], 4),
    "divided_by_hits": case([row()], [row(), row(0), row(0, 8), row(0, 8, 16)], [[1]],
                            [[1], [0], [0], [1]], 3),
    "zero_is_no_bit": case([[0]], [[1], [-1]], [[1]], [[1], [0]], 3),
    "cut_at_three": case([[1]], [[-1], [1]], [[1]], [[1], [0]], 1),
    "first_label_only": case([[-1]], [[-1], [-1]], [[0, 1]], [[1, 1], [1, 1]], 1),
    "empty_left_out": case([[1], [1]], [[1], [-1]], [[1], [0]], [[1], [0]], 3),
    "product_of_zeros_and_ones": case([[-1]], [[-1], [1]], [[1]], [[1], [0]], 3),
    "last_one_dropped": case([[1]], [[1]], [[1]], [[1]], 4),
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_a_small_case_convicts_one_suspect_and_no_other(name):
    guilty = [SUSPECTS[number].evaluate.__name__ for number in convicted(ALONE[name])]
    assert guilty == [name]


def test_the_order_of_the_file_and_trapezoids_are_wrong_where_equals_are():
    tie = case([[1]], [[1], [1], [-1]], [[1]], [[1], [0], [0]], 3)
    guilty = {SUSPECTS[number].evaluate.__name__ for number in convicted(tie)}
    assert guilty == {"order_of_the_file", "area_by_trapezoids"}
    assert evaluators.order_of_the_file(tie) == 1
    assert right_value(tie) == (1 + 1 / 2) / 2


def test_the_trapezoids_are_wrong_without_equals_too():
    late = case([[1, 1]], [[1, 1], [1, -1]], [[1]], [[0], [1]], 2)
    assert right_value(late) == 1 / 2
    assert evaluators.area_by_trapezoids(late) != 1 / 2


def test_the_right_value_is_that_of_the_sum_over_ranks():
    rng = np.random.default_rng(0)
    for _ in range(200):
        outputs, labels = rng.integers(-1, 2, (7, 3)), rng.integers(0, 2, (7, 2))
        k = int(rng.integers(1, 8))
        rows = [part.tolist() for part in (outputs[:2], outputs[2:], labels[:2], labels[2:])]
        some = case(*rows, k)
        slow = evaluators._mean(some, evaluators._distances(some), evaluators._relevant(some))
        assert np.isclose(right_value(some), slow)


def test_all_ten_are_wrong_somewhere_and_right_somewhere():
    harmless = case([[1]], [[1], [-1]], [[1]], [[1], [0]], 3)
    assert not convicted(harmless)
    guilty = set()
    for some in (FIRST, SECOND, ALONE["divided_by_hits"], ALONE["empty_left_out"],
                 case([[1]], [[1], [1]], [[1]], [[1], [0]], 3)):  # fmt: skip
        guilty |= set(convicted(some))
    for name in ("product_of_zeros_and_ones", "zero_is_no_bit"):
        guilty |= set(convicted(ALONE[name]))
    assert guilty == set(EVALUATORS)
    assert len({suspect.bug for suspect in SUSPECTS}) == 10


def test_what_is_no_case_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="k is a whole number"):
        convicted(FIRST | {"k": True})
    with pytest.raises(ValueError, match="equally long rows of outputs"):
        convicted(FIRST | {"query_outputs": [[1]]})
