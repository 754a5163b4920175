"""Codes over training against slow loops."""

import numpy as np
import pytest

from hashviz import metrics


@pytest.fixture
def history(rng):
    """Nine epochs in which bits flip less and less."""
    steps = rng.random((8, 12, 6)) < np.linspace(0.6, 0, 8)[:, None, None]
    start = rng.random((1, 12, 6)) < 0.5
    return np.concatenate([start, start ^ np.logical_xor.accumulate(steps)])


def test_flips_are_counted_between_neighboring_epochs(history):
    epochs, images, bits = history.shape
    flips = metrics.bit_flips(history)
    assert flips.shape == (epochs - 1, bits)
    for step in range(epochs - 1):
        for bit in range(bits):
            changed = [history[step, i, bit] != history[step + 1, i, bit] for i in range(images)]
            assert flips[step, bit] == pytest.approx(np.mean(changed))


@pytest.mark.parametrize("window", [1, 3, 8, 20])
def test_quiet_bits_have_not_flipped_in_the_epochs_before(history, window):
    epochs, images, bits = history.shape
    share = metrics.quiet_share(history, window)
    for epoch in range(epochs):
        if epoch < window:
            assert np.isnan(share[epoch])
            continue
        quiet = [
            len({bool(history[e, i, bit]) for e in range(epoch - window, epoch + 1)}) == 1
            for i in range(images)
            for bit in range(bits)
        ]
        assert share[epoch] == pytest.approx(np.mean(quiet))


def test_bits_that_never_rest_are_never_quiet():
    """Told by the past alone: a share that looks ahead ends at 1 whatever the bits do."""
    restless = np.arange(6)[:, None, None] % 2 == np.zeros((1, 3, 4))
    np.testing.assert_array_equal(metrics.quiet_share(restless), [np.nan, 0, 0, 0, 0, 0])
    with pytest.raises(ValueError, match="at least one epoch, got epochs=0"):
        metrics.quiet_share(restless, 0)


def test_images_that_search_each_other_do_not_find_themselves(rng):
    codes = np.where(rng.random((15, 4)) < 0.5, -1, 1).astype(np.int8)
    labels = rng.random((15, 3)) < 0.4
    labels[0] = False
    counts = metrics.own_counts(codes, labels)
    total, relevant = np.zeros((15, 5), int), np.zeros((15, 5), int)
    for i in range(15):
        for j in range(15):
            if i != j:
                apart = int((codes[i] != codes[j]).sum())
                total[i, apart] += 1
                relevant[i, apart] += bool((labels[i] & labels[j]).any())
    np.testing.assert_array_equal(counts.total, total)
    np.testing.assert_array_equal(counts.relevant, relevant)
    assert counts.database == 14


def test_quality_over_training_is_that_of_each_epoch(history):
    labels = np.arange(history.shape[1]) % 3
    found = metrics.map_over_training(history.astype(np.uint8), labels)
    for epoch, value in zip(history, found, strict=True):
        own = metrics.own_counts(epoch, labels)
        assert value == pytest.approx(metrics.average_precision(own).mean())


def test_one_epoch_has_no_flips():
    assert metrics.bit_flips(np.ones((1, 3, 4), bool)).shape == (0, 4)


@pytest.mark.parametrize("shape", [(3, 4), (0, 3, 4), (2, 0, 4), (2, 3, 0)])
def test_what_is_no_history_is_refused_with_its_shape(shape):
    with pytest.raises(ValueError, match=r"\[epochs, images, bits\]"):
        metrics.bit_flips(np.ones(shape))


def test_one_image_cannot_search_others():
    with pytest.raises(ValueError, match="from two on"):
        metrics.own_counts(np.ones((1, 4)), [0])


def test_recall_of_the_best_and_worst_order_encloses_the_expected(rng):
    total = rng.integers(0, 6, (20, 9))
    total[:, 0] += 50 - total.sum(1).clip(max=50)
    total[:, -1] += total.sum(1).max() - total.sum(1)
    relevant = rng.integers(0, total + 1)
    counts = metrics.DistanceCounts(total, relevant, database=int(total[0].sum()))
    ranks = [1, 2, 7, 30, counts.database]
    low, middle, high = (
        metrics.recall_at(counts, ranks, ties) for ties in ("pessimistic", "expected", "optimistic")
    )
    assert (low <= middle + 1e-12).all()
    assert (middle <= high + 1e-12).all()
    taken = np.array(ranks) / np.maximum(relevant.sum(1), 1)[:, None]
    np.testing.assert_allclose(high, metrics.precision_at(counts, ranks, ties="optimistic") * taken)
    np.testing.assert_allclose(low[:, -1], high[:, -1])
