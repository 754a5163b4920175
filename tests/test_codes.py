"""Codes, packing and distances."""

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hashviz.codes import as_codes, as_numpy, distances, nearest, pack, sign, unpack, words

matrices = arrays.arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 140)))


def test_the_sign_of_zero_is_plus_one() -> None:
    assert sign(np.array([[-1.0, -0.0, 0.0, 1.0]])).tolist() == [[-1, 1, 1, 1]]


@given(matrices)
def test_unpacking_undoes_packing(bits: np.ndarray) -> None:
    codes = as_codes(bits)
    assert np.array_equal(unpack(pack(codes), bits.shape[1]), codes)


@given(matrices)
def test_distances_count_the_bits_that_differ(bits: np.ndarray) -> None:
    codes = as_codes(bits)
    expected = [[sum(x != y for x, y in zip(a, b, strict=True)) for b in codes] for a in codes]
    assert distances(pack(codes), pack(codes)).tolist() == expected


@given(matrices)
def test_distance_is_half_of_bits_minus_inner_product(bits: np.ndarray) -> None:
    codes = as_codes(bits).astype(int)
    expected = (codes.shape[1] - codes @ codes.T) // 2
    packed = pack(codes.astype(np.int8))
    assert np.array_equal(distances(packed, packed), expected)


@pytest.mark.parametrize("bits", [64, 65, 128, 129, 200])
def test_codes_of_several_machine_words_are_counted_to_their_last_bit(bits: int) -> None:
    codes = as_codes(np.random.default_rng(bits).integers(0, 2, (9, bits)))
    apart = (codes[:, None] != codes[None]).sum(2)
    assert np.array_equal(distances(pack(codes), pack(codes)), apart)


@pytest.mark.parametrize("codes", [[[-1, 1]], [[0, 1]], [[False, True]], torch.tensor([[-1.0, 1]])])
def test_codes_are_read_in_every_usual_form(codes: object) -> None:
    assert as_codes(codes).tolist() == [[-1, 1]]


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([1, -1], "a matrix"),
        ([[0.5, 1]], "take the sign"),
        ([[-1, 0, 1]], "-1, 0 and 1 together"),
        ([["a"]], "numbers or booleans"),
        ([[float("nan")]], "take the sign"),
    ],
)
def test_what_is_not_a_code_is_refused(codes: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_codes(codes)


def test_tensors_of_any_precision_become_arrays() -> None:
    tensor = torch.tensor([1.5], dtype=torch.bfloat16, requires_grad=True)
    assert as_numpy(tensor).tolist() == [1.5]


def test_a_word_holds_eight_bytes_and_is_padded_with_zeros() -> None:
    packed = np.arange(18, dtype=np.uint8).reshape(2, 9)
    assert words(packed).shape == (2, 2)
    assert words(packed).view(np.uint8)[:, :9].tolist() == packed.tolist()
    assert not words(packed).view(np.uint8)[:, 9:].any()


@given(
    st.lists(st.integers(0, 3), max_size=12),
    st.one_of(st.none(), st.integers(0, 14)),
    st.booleans(),
)
def test_nearest_is_sorted_by_distance_then_by_position(
    values: list[int], k: int | None, rows: bool
) -> None:
    expected = sorted(range(len(values)), key=lambda i: (values[i], i))[:k]
    array = np.array(values, np.int16)
    if rows:
        got = nearest(np.stack([array, -array]), k)
        assert got[1].tolist() == sorted(range(len(values)), key=lambda i: (-values[i], i))[:k]
        assert got[0].tolist() == expected
    else:
        assert nearest(array, k).tolist() == expected
