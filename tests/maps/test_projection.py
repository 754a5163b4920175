"""Maps of codes: merged, exact, the same again, and honest about themselves."""

import builtins
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness

from hashviz.codes import pack
from hashviz.config import TrainConfig
from hashviz.maps.layouts import EuclideanSpace, HammingSpace, point_trust
from hashviz.maps.projection import (
    Projection,
    align,
    kept_map,
    project,
    project_outputs,
    project_run,
)
from hashviz.runs import Side, save_run


def some_codes(n, bits=16, groups=4, flip=0.12, seed=0):
    rng = np.random.default_rng(seed)
    heart = np.where(rng.random((groups, bits)) < 0.5, -1, 1)
    flips = np.where(rng.random((n, bits)) < flip, -1, 1)
    return (heart[np.arange(n) % groups] * flips).astype(np.int8)


def hamming_space(codes):
    return HammingSpace(codes, pack(codes))


def test_equal_codes_are_one_point_with_a_count():
    codes = np.array([[1, 1, 1], [1, -1, 1], [1, 1, 1], [1, 1, 1]], np.int8)
    p = project(codes, method="pca")
    assert p.positions.shape == (2, 2)
    assert p.counts[p.inverse].tolist() == [3, 1, 3, 3]
    assert p.counts.sum() == len(codes)
    assert p.first_images()[p.inverse].tolist() == [0, 1, 0, 0]
    labels = np.array([[1, 0], [0, 1], [0, 1], [1, 1]], bool)
    assert p.class_counts(labels)[p.inverse].tolist() == [[2, 2], [0, 1], [2, 2], [2, 2]]


def test_the_order_of_the_images_does_not_matter(rng):
    codes = some_codes(60)
    shuffled = rng.permutation(60)
    for method in ("pca", "distances"):
        one, two = project(codes, method=method), project(codes[shuffled], method=method)
        np.testing.assert_allclose(one.positions, two.positions)
        assert (one.inverse[shuffled] == two.inverse).all()


def test_pca_keeps_the_directions_of_all_images_not_of_distinct_codes():
    codes = some_codes(200, flip=0.3)
    p = project(codes, method="pca")
    centered = codes - codes.mean(0)
    values = np.linalg.svd(centered, compute_uv=False) ** 2
    at = p.positions[p.inverse]
    np.testing.assert_allclose((at**2).sum(0), values[:2])
    assert p.settings["variance"] == pytest.approx(values[:2].sum() / values.sum())


def test_a_center_lies_where_its_code_lies_and_weighs_nothing():
    codes = some_codes(40)
    centers = np.stack([codes[3], -codes[3]])
    alone, both = project(codes, method="pca"), project(codes, centers=centers, method="pca")
    assert both.center_points[0] == both.inverse[3]
    assert both.counts[both.center_points[1]] == 0
    assert both.first_images()[both.center_points[1]] == -1
    np.testing.assert_allclose(both.positions[both.inverse], alone.positions[alone.inverse])


def test_one_code_is_one_point_and_two_lie_at_their_distance():
    one = project(np.ones((5, 4), np.int8))
    assert one.positions.tolist() == [[0, 0]]
    assert "All 5 images have one code" in one.note
    assert one.trustworthiness == 1
    two = project(np.array([[1, 1, 1, 1], [1, -1, -1, -1], [1, 1, 1, 1]], np.int8))
    assert np.linalg.norm(np.subtract(*two.positions)) == pytest.approx(3, abs=1e-3)
    assert two.trust.tolist() == [1, 1]


def test_three_codes_keep_all_their_distances():
    codes = np.array([[1, 1, 1, 1], [-1, -1, 1, 1], [1, 1, -1, -1]], np.int8)
    p = project(codes, method="distances")
    at = p.positions[p.inverse]
    apart = [np.linalg.norm(at[i] - at[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(apart, [2, 2, 4], atol=0.02)
    assert p.settings["stress"] == pytest.approx(0, abs=0.01)


def test_few_codes_are_placed_by_distance_and_the_note_says_so():
    p = project(some_codes(12, groups=8, flip=0.3), neighbors=15)
    assert p.method == "distances"
    assert p.settings["method"] == "umap"
    assert "With only 12 distinct codes" in p.note


@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 9))
def test_every_small_map_is_finite_and_trusted_between_0_and_1(n, bits, seed):
    codes = some_codes(n, bits=bits, flip=0.4, seed=seed)
    for method in ("pca", "umap"):
        p = project(codes, method=method)
        assert np.isfinite(p.positions).all()
        assert (p.trust <= 1 + 1e-12).all()
        assert p.trust.min() >= -1e-12


def test_trust_equals_the_loops_of_its_definition():
    codes = np.unique(some_codes(50, flip=0.3), axis=0)
    positions = np.random.default_rng(0).random((len(codes), 2))
    n, k = len(codes), 5
    expected = []
    for i in range(n):
        apart = (codes != codes[i]).sum(1)
        on_map = np.linalg.norm(positions - positions[i], axis=1)
        near = sorted(set(range(n)) - {i}, key=lambda j: on_map[j])[:k]
        ranks = [1 + sum(apart[m] < apart[j] for m in range(n) if m != i) for j in near]
        penalty = sum(max(0, r - k) for r in ranks)
        expected.append(1 - 2 / (k * (2 * n - 3 * k - 1)) * penalty)
    np.testing.assert_allclose(point_trust(hamming_space(codes), positions, k), expected)


def test_without_ties_the_mean_is_the_trustworthiness_of_scikit_learn(rng):
    outputs = rng.normal(size=(80, 6))
    p = project_outputs(outputs, method="pca", neighbors=7)
    expected = trustworthiness(outputs, p.positions[p.inverse], n_neighbors=7)
    assert p.trustworthiness == pytest.approx(expected)


def test_of_very_many_points_a_fixed_sample_is_measured(monkeypatch):
    codes = np.unique(some_codes(300, flip=0.3), axis=0)
    space, positions = hamming_space(codes), codes[:, :2] + 0.01 * codes[:, 2:4]
    whole = point_trust(space, positions)
    monkeypatch.setattr("hashviz.maps.layouts.PAIRS_FOR_TRUST", 40 * len(codes))
    sampled = point_trust(space, positions)
    assert (~np.isnan(sampled)).sum() == 40
    np.testing.assert_array_equal(sampled, point_trust(space, positions))
    np.testing.assert_allclose(sampled[~np.isnan(sampled)], whole[~np.isnan(sampled)])


def test_points_that_coincide_on_the_map_are_still_not_their_own_neighbors():
    codes = np.unique(some_codes(60, flip=0.3), axis=0)
    trust = point_trust(hamming_space(codes), np.zeros((len(codes), 2)), 3)
    assert np.isfinite(trust).all()


@pytest.mark.parametrize("kind", ["codes", "outputs"])
def test_nearest_rows_are_exact_and_begin_with_the_row_itself(kind, rng):
    if kind == "codes":
        codes = np.unique(some_codes(70, flip=0.3), axis=0)
        space = hamming_space(codes)
        apart = (codes[:, None] != codes[None]).sum(2)
    else:
        space = EuclideanSpace(rng.normal(size=(70, 5)))
        apart = np.linalg.norm(space.rows[:, None] - space.rows[None], axis=2)
    ids, found = space.nearest(6)
    assert (ids[:, 0] == np.arange(len(ids))).all()
    np.testing.assert_allclose(found, np.sort(apart, axis=1)[:, :6], atol=1e-7)
    np.testing.assert_allclose(found, np.take_along_axis(apart, ids, 1), atol=1e-7)


def test_umap_parts_the_groups_the_same_way_twice_and_keeps_what_it_is_given():
    codes = some_codes(240, bits=32, flip=0.08)
    one, two = (project(codes, neighbors=8) for _ in range(2))
    assert one.method == "umap"
    np.testing.assert_array_equal(one.positions, two.positions)
    at, group = one.positions[one.inverse], np.arange(240) % 4
    hearts = np.stack([at[group == g].mean(0) for g in range(4)])
    nearest = np.linalg.norm(at[:, None] - hearts, axis=2).argmin(1)
    assert (nearest == group).mean() > 0.95
    assert one.trustworthiness > project(codes, method="pca", neighbors=8).trustworthiness
    assert one.trustworthiness > 0.9


def test_a_turned_copy_is_turned_back_by_the_images_both_show(rng):
    codes = some_codes(50, flip=0.3)
    first = project(codes, method="pca")
    images = np.arange(50)
    turn = np.array([[0.0, 1.0], [1.0, 0.0]])  # a mirror, too
    some = rng.permutation(50)[:30]
    other = replace(first, positions=3 * first.positions @ turn + 7, inverse=first.inverse[some])
    same, moved = align([first, other], [images, images[some]])
    assert same.settings["agreement"] == 1
    np.testing.assert_allclose(moved.positions, first.positions, atol=1e-9)
    assert moved.settings["agreement"] == pytest.approx(1)
    with pytest.raises(ValueError, match="images they share, got 1"):
        align([first, other], [images, np.r_[0, 100 + images[:29]]])


def test_a_map_without_extent_agrees_with_nothing():
    first = project(some_codes(9), method="pca")
    flat = project(np.ones((9, 4), np.int8))
    _, moved = align([first, flat], [np.arange(9)] * 2)
    assert moved.settings["agreement"] == 0
    assert np.isfinite(moved.positions).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"codes": np.ones((0, 4), np.int8)}, "at least one code"),
        ({"codes": some_codes(9), "method": "tsne"}, "Unknown kind of map 'tsne'"),
        ({"codes": some_codes(9), "neighbors": 1}, "at least 2 members"),
        ({"codes": some_codes(9), "centers": np.ones((2, 3))}, "Codes have 16 bits, but centers 3"),
        (
            {"codes": some_codes(2000, flip=0.4), "method": "distances"},
            "at most 600 distinct codes",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_way_out(arguments, message):
    with pytest.raises(ValueError, match=message):
        project(**arguments)
    with pytest.raises(ValueError, match="finite numbers"):
        project_outputs(np.array([[np.nan, 1.0]]))


def test_without_umap_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'hashviz\[umap\]'"):
        project(some_codes(200, flip=0.3))


def test_importing_brings_neither_umap_nor_torch():
    code = (
        "import sys, hashviz.maps.projection as p; p.project([[0, 1], [1, 1]], method='pca');"
        "assert not {'umap', 'torch', 'numba', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def run(tmp_path, rng):
    def side(n, first):
        outputs = rng.normal(size=(n, 8)).astype(np.float32)
        return Side(outputs, np.eye(2, dtype=bool)[np.arange(n) % 2], np.arange(first, first + n))

    return save_run(
        tmp_path / "digits" / "lsh" / "8bits" / "seed0",
        config=TrainConfig(method="lsh", data="digits", bits=8),
        data={"classes": ["a", "b"], "split": "", "image": [8, 8, 1]},
        environment={},
        history=[],
        query=side(12, 0),
        database=side(40, 12),
        centers=np.stack([np.ones(8, np.int8), -np.ones(8, np.int8)]),
    )


def test_a_run_keeps_its_map_and_draws_it_again_when_the_file_is_damaged(run, monkeypatch):
    first = project_run(run, method="pca")
    (file,) = (run.path / "derived").glob("projection-codes-pca-*.npz")
    with monkeypatch.context() as patch:
        patch.setattr(
            "hashviz.maps.projection.project", lambda *_, **__: pytest.fail("drawn again")
        )
        again = project_run(run, method="pca")
    for name, value in vars(first).items():
        np.testing.assert_array_equal(getattr(again, name), value, err_msg=name)
    assert isinstance(again, Projection)
    for damage in (b"", b"PK", file.read_bytes()[:-200]):
        file.write_bytes(damage)
        np.testing.assert_array_equal(project_run(run, method="pca").positions, first.positions)
    assert len(first.center_points) == 2


def test_a_map_that_was_not_drawn_yet_is_not_drawn_by_asking_for_it(run):
    assert kept_map(run, method="pca") is None
    assert not list((run.path / "derived").glob("projection-*"))
    drawn = project_run(run, method="pca")
    kept = kept_map(run, method="pca")
    assert kept is not None
    np.testing.assert_array_equal(kept.positions, drawn.positions)
    assert kept_map(run, method="pca", seed=1) is None


def test_a_map_that_is_not_judged_is_the_same_map_without_trust(rng):
    codes = np.where(rng.random((60, 12)) < 0.5, -1, 1)
    quick, judged = (project(codes, method="pca", judged=each) for each in (False, True))
    np.testing.assert_array_equal(quick.positions, judged.positions)
    assert np.isnan(quick.trust).all()
    assert np.isnan(quick.trustworthiness)


def test_other_settings_and_sides_are_other_files(run):
    project_run(run, method="pca")
    project_run(run, method="pca", seed=1)
    project_run(run, method="pca", side="query")
    outputs = project_run(run, method="pca", what="outputs")
    assert len(list((run.path / "derived").glob("projection-*.npz"))) == 4
    assert len(outputs.inverse) == len(run.database_sample)
    with pytest.raises(ValueError, match="codes or outputs, database or query"):
        project_run(run, side="train")


def test_trust_that_nobody_measured_is_not_counted(monkeypatch):
    monkeypatch.setattr("hashviz.maps.layouts.PAIRS_FOR_TRUST", 0)
    codes = some_codes(50, flip=0.3)
    monkeypatch.setattr(builtins, "print", lambda *_: pytest.fail("prints"))
    assert np.isnan(project(codes, method="pca").trustworthiness)
