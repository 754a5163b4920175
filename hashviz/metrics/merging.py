"""Rows that are equal, once, with their number: training leaves few different codes.

The images of a class often share a few codes, so there are far fewer pairs of different rows than
pairs of images, with tens of thousands of them tens of times fewer.
"""

from collections.abc import Iterator

import numpy as np

from hashviz.codes import pack, words

Columns = tuple[np.ndarray, ...]
"""A table of uint64 words as its columns."""
Inverse = np.ndarray | slice
"""Which of the distinct rows each given row is; a slice of all where none were merged."""


def merge(
    codes: np.ndarray, labels: Columns
) -> tuple[Columns, Columns, Inverse, np.ndarray | None]:
    """Merge equal rows of code and label, if that leaves clearly fewer of them.

    Returns code columns, label columns, where each given row went, and how many went there. The
    distinct rows are sorted by label first.
    """
    columns = _columns(words(pack(codes)))
    keys = _keys((*columns, *labels))
    everything = columns, labels, slice(None), None
    sample = tuple(key[:: max(1, len(codes) // 4096)] for key in keys)
    if _starts_of_runs(sample)[1].mean() > 0.9:
        return everything
    order, fresh = _starts_of_runs(keys)
    if fresh.mean() > 0.9:
        return everything
    inverse = np.empty(len(codes), np.int64)
    inverse[order] = np.cumsum(fresh) - 1
    first = order[fresh]
    weights = np.diff(np.flatnonzero(np.append(fresh, True))).astype(np.uint32)
    return tuple(c[first] for c in columns), tuple(m[first] for m in labels), inverse, weights


def distinct(codes: np.ndarray) -> int:
    """Return the number of different rows."""
    return int(_starts_of_runs(_columns(words(pack(codes))))[1].sum())


def _keys(keys: Columns) -> Columns:
    """Return what rows are sorted by, the last first: one word if code and label fit into one."""
    if len(keys) == 2:
        bits = int(keys[0].max()).bit_length()
        if bits + int(keys[1].max()).bit_length() <= 64:
            return (keys[1].astype(np.uint64) << np.uint64(bits) | keys[0],)
    return keys


def _starts_of_runs(keys: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Return the order that sorts rows by the last key first, and where a new row begins."""
    order = np.lexsort(keys) if keys[1:] else np.argsort(keys[0])
    fresh = np.ones(len(order), bool)
    fresh[1:] = np.any([key[order[1:]] != key[order[:-1]] for key in keys], axis=0)
    return order, fresh


def single_and_heavy(
    weights: np.ndarray | None,
) -> Iterator[tuple[slice | np.ndarray, np.ndarray | None]]:
    """Yield rows that stand for one image, which are counted faster, and those for more."""
    if weights is None:
        yield slice(None), None
        return
    for some in (weights == 1, weights > 1):
        if some.any():
            yield some, None if weights[some][0] == 1 else weights[some]


def label_columns(labels: np.ndarray) -> Columns:
    """Return a bit for each label, 64 to a column."""
    return _columns(words(np.packbits(labels, axis=1)))


def _columns(table: np.ndarray) -> Columns:
    return tuple(np.ascontiguousarray(table[:, c]) for c in range(table.shape[1]))
