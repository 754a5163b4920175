"""Compiled loops over pairs of codes: popcounts into histograms, six billion pairs a second.

Importing this file imports numba, so `counts` does it only for work that repays it. Codes and
labels come as tuples of uint64 columns, one per 64 bits: a tuple's length is known when numba
compiles, so the loop over columns disappears. The bins of a chunk of rows are computed first, by a
loop that LLVM vectorizes, and counted then: two rows by one addition to a table of pairs of bins,
or, where rows have weights, into eight histograms side by side, because one would wait for itself.
`no_type_check` keeps shape checks, which numba cannot compile, out of the loops.
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit

from hashviz.metrics.popcount import popcount

CHUNK = 2048  # rows whose bins are computed before they are counted
MOST_BINS = 140  # a table of their pairs still fits the nearest cache, or almost
FULL = 65_535 // (CHUNK // 2)  # chunks after which a 16-bit count of pairs might be too large
WORTH_PAIRS = 16_384  # rows for which adding up a table of pairs costs little


@njit(nogil=True, inline="always")
@no_type_check
def _bins_of(queries, i, words, start, stop, buffer):
    """Distances of the rows start..stop; each loop is one that LLVM vectorizes."""
    size = stop - start
    for c in range(len(words)):
        query, rows = queries[c][i], words[c][start:stop]
        if c == 0:
            for j in range(size):
                buffer[j] = np.uint32(popcount(query ^ rows[j]))
        else:
            for j in range(size):
                buffer[j] += np.uint32(popcount(query ^ rows[j]))


@njit(nogil=True)
@no_type_check
def _add(buffer, size, weights, start, histograms):
    """Count the first bins of the buffer, each as often as its weight says."""
    body = size // 8 * 8
    for j in range(0, body, 8):
        for lane in range(8):
            if weights is None:
                histograms[lane, buffer[j + lane]] += np.uint32(1)
            else:
                histograms[lane, buffer[j + lane]] += weights[start + j + lane]
    for j in range(body, size):
        histograms[0, buffer[j]] += np.uint32(1) if weights is None else weights[start + j]


@njit(nogil=True)
@no_type_check
def _add_pairs(buffer, size, pairs, histogram):
    """Count the first bins of the buffer two at a time."""
    half, step = size // 2, np.uint32(len(histogram))
    first, second = buffer[:half], buffer[half : 2 * half]
    for j in range(half):
        first[j] = first[j] * step + second[j]
    for j in range(half):
        pairs[first[j]] += np.uint16(1)
    if size % 2:
        histogram[buffer[size - 1]] += np.uint32(1)


@njit(nogil=True)
@no_type_check
def _fold(pairs, histogram):
    """Both members of every pair go to the histogram, and the table is empty again."""
    bins = len(histogram)
    for first in range(bins):
        row, total = pairs[first * bins : (first + 1) * bins], np.uint32(0)
        for second in range(bins):
            total += row[second]
            histogram[second] += row[second]
        histogram[first] += total
        row[:] = 0


@njit(nogil=True, inline="always")
@no_type_check
def _table_of_pairs(bins, rows, weights):
    """Room for the pairs of so many bins; none where counting one by one is better."""
    worth = weights is None and bins <= MOST_BINS and rows >= WORTH_PAIRS
    return np.zeros(bins * bins if worth else 0, np.uint16)


@njit(nogil=True)
@no_type_check
def _count(queries, i, words, grading, weights, start, stop, histograms, pairs, buffer, waiting):
    """Add the rows start..stop; returns how many chunks wait in the table of pairs."""
    for chunk in range(start, stop, CHUNK):
        end = min(stop, chunk + CHUNK)
        _bins_of(queries, i, words, chunk, end, buffer)
        if grading is not None:
            _add_grades(grading, i, chunk, end, buffer)
        if weights is None and len(pairs):
            if waiting == FULL:
                _fold(pairs, histograms[0])
                waiting = 0
            _add_pairs(buffer, end - chunk, pairs, histograms[0])
            waiting += 1
        else:
            _add(buffer, end - chunk, weights, chunk, histograms)
    return waiting


@njit(nogil=True, cache=True)
@no_type_check
def count_sorted(
    queries, starts, stops, words, weights, first, last, total: Any, relevant: Any
) -> None:
    """Counts for queries first..last; the relevant rows of query i are starts[i]..stops[i]."""
    n, bins = len(words[0]), total.shape[1]
    histograms = np.zeros((8, bins), np.uint32)
    buffer = np.empty(CHUNK, np.uint32)
    pairs, none = _table_of_pairs(bins, n, weights), np.zeros(0, np.uint16)
    for i in range(first, last):
        histograms[:] = 0
        begin, end = starts[i], stops[i]
        _count(queries, i, words, None, weights, begin, end, histograms, none, buffer, 0)
        for lane in range(8):
            for d in range(bins):
                relevant[i, d] += histograms[lane, d]
        waiting = 0
        for start, stop in ((0, begin), (end, n)):
            waiting = _count(
                queries, i, words, None, weights, start, stop, histograms, pairs, buffer, waiting
            )
        if waiting:
            _fold(pairs, histograms[0])
        for lane in range(8):
            for d in range(bins):
                total[i, d] += histograms[lane, d]


@njit(nogil=True, inline="always")
@no_type_check
def _add_grades(grading, i, start, stop, buffer):
    """Add to each bin `step` for every label that the row shares, up to `top` of them."""
    query_masks, masks, top, step, grades = grading
    size = stop - start
    if top == 1 and len(masks) == 1:
        query, rows = query_masks[0][i], masks[0][start:stop]
        for j in range(size):
            buffer[j] += np.uint32((query & rows[j]) != 0) * step
        return
    for c in range(len(masks)):
        query, rows = query_masks[c][i], masks[c][start:stop]
        if c == 0:
            for j in range(size):
                grades[j] = np.uint32(popcount(query & rows[j]))
        else:
            for j in range(size):
                grades[j] += np.uint32(popcount(query & rows[j]))
    for j in range(size):
        buffer[j] += min(grades[j], top) * step


@njit(nogil=True, cache=True)
@no_type_check
def count_graded(queries, query_masks, words, masks, weights, first, last, counts: Any) -> None:
    """Counts per distance and number of shared labels, for queries first..last."""
    n, distances, grades = len(words[0]), counts.shape[1], counts.shape[2]
    top, step, bins = np.uint32(grades - 1), np.uint32(distances), grades * distances
    histograms = np.zeros((8, bins), np.uint32)
    buffer, shared = np.empty(CHUNK, np.uint32), np.empty(CHUNK, np.uint32)
    grading = query_masks, masks, top, step, shared
    pairs = _table_of_pairs(bins, n, weights)
    for i in range(first, last):
        histograms[:] = 0
        if _count(queries, i, words, grading, weights, 0, n, histograms, pairs, buffer, 0):
            _fold(pairs, histograms[0])
        for lane in range(8):
            for grade in range(grades):
                for d in range(distances):
                    counts[i, d, grade] += histograms[lane, grade * distances + d]
