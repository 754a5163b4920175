"""Compiled loops over pairs of codes: popcounts into histograms, six billion pairs a second.

Importing this file imports numba, so `counts` does it only for work that repays it. Codes and
labels come as tuples of uint64 columns, one per 64 bits: a tuple's length is known when numba
compiles, so the loop over columns disappears. The bins of a chunk of rows are computed first, by a
loop that LLVM vectorizes, and counted then: two rows by one addition to a table of pairs of bins,
or, where rows have weights, into eight histograms side by side, because one would wait for itself.
`no_type_check` keeps shape checks, which numba cannot compile, out of the loops. numba's cache
watches one file at a time: after a change here, touch `hashviz/scan.py`, which uses these loops.
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

CHUNK = 2048  # rows whose bins are computed before they are counted
MOST_BINS = 140  # a table of their pairs still fits the nearest cache, or almost
FULL = 65_535 // (CHUNK // 2)  # chunks after which a 16-bit count of pairs might be too large
WORTH_PAIRS = 16_384  # rows for which adding up a table of pairs costs little


@intrinsic
@no_type_check
def popcount(typing_context, word):
    """Number of set bits, as the machine's own instruction."""

    def codegen(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), codegen


@njit(nogil=True, inline="always")
@no_type_check
def distance(query_words, i, words, j):
    """Bits in which query i and row j differ."""
    bits = np.uint64(0)
    for c in range(len(words)):
        bits += popcount(query_words[c][i] ^ words[c][j])
    return bits


@njit(nogil=True, inline="always")
@no_type_check
def _chunk_distances(query_words, i, words, start, buffer):
    """Distances of a chunk of rows; each loop is one that LLVM vectorizes."""
    for c in range(len(words)):
        query, block = query_words[c][i], words[c][start : start + CHUNK]
        if c == 0:
            for j in range(CHUNK):
                buffer[j] = np.uint32(popcount(query ^ block[j]))
        else:
            for j in range(CHUNK):
                buffer[j] += np.uint32(popcount(query ^ block[j]))


@njit(nogil=True)
@no_type_check
def _add_chunk(buffer, weights, start, histograms):
    """Count the bins of a chunk, each as often as its weight says."""
    for j in range(0, CHUNK, 8):
        for lane in range(8):
            if weights is None:
                histograms[lane, buffer[j + lane]] += np.uint32(1)
            else:
                histograms[lane, buffer[j + lane]] += weights[start + j + lane]


@njit(nogil=True)
@no_type_check
def _add_pairs(buffer, pairs, bins):
    """Count the bins of a chunk two at a time."""
    half = CHUNK // 2
    step, first, second = np.uint32(bins), buffer[:half], buffer[half:]
    for j in range(half):
        pairs[first[j] * step + second[j]] += np.uint16(1)


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


@njit(nogil=True)
@no_type_check
def _count_range(query_words, i, words, weights, start, stop, histograms, pairs, buffer, pending):
    """Add the rows start..stop; how many chunks wait in the table of pairs, which may be empty."""
    body = start + (stop - start) // CHUNK * CHUNK
    for chunk in range(start, body, CHUNK):
        _chunk_distances(query_words, i, words, chunk, buffer)
        if weights is None and len(pairs):
            if pending == FULL:
                _fold(pairs, histograms[0])
                pending = 0
            _add_pairs(buffer, pairs, histograms.shape[1])
            pending += 1
        else:
            _add_chunk(buffer, weights, chunk, histograms)
    for j in range(body, stop):
        d = distance(query_words, i, words, j)
        histograms[j % 8, d] += np.uint32(1) if weights is None else weights[j]
    return pending


@njit(nogil=True, cache=True)
@no_type_check
def count_sorted(
    query_words, starts, stops, words, weights, first, last, total: Any, relevant: Any
) -> None:
    """Counts for queries first..last; the relevant rows of query i are starts[i]..stops[i]."""
    n, bins = len(words[0]), total.shape[1]
    histograms = np.zeros((8, bins), np.uint32)
    buffer = np.empty(CHUNK, np.uint32)
    paired = weights is None and bins <= MOST_BINS and n >= WORTH_PAIRS
    pairs, none = np.zeros(bins * bins if paired else 0, np.uint16), np.zeros(0, np.uint16)
    for i in range(first, last):
        histograms[:] = 0
        begin, end = starts[i], stops[i]
        _count_range(query_words, i, words, weights, begin, end, histograms, none, buffer, 0)
        for lane in range(8):
            for d in range(bins):
                relevant[i, d] += histograms[lane, d]
        waiting = 0
        for start, stop in ((0, begin), (end, n)):
            waiting = _count_range(
                query_words, i, words, weights, start, stop, histograms, pairs, buffer, waiting
            )
        if waiting:
            _fold(pairs, histograms[0])
        for lane in range(8):
            for d in range(bins):
                total[i, d] += histograms[lane, d]


@njit(nogil=True, cache=True)
@no_type_check
def count_all(queries, words, first, last, counts: Any) -> None:
    """Rows at each distance from queries first..last."""
    n, bins = len(words[0]), counts.shape[1]
    histograms = np.zeros((8, bins), np.uint32)
    buffer = np.empty(CHUNK, np.uint32)
    paired = bins <= MOST_BINS and n >= WORTH_PAIRS
    pairs = np.zeros(bins * bins if paired else 0, np.uint16)
    for i in range(first, last):
        histograms[:] = 0
        if _count_range(queries, i, words, None, 0, n, histograms, pairs, buffer, 0):
            _fold(pairs, histograms[0])
        for lane in range(8):
            for d in range(bins):
                counts[i, d] += histograms[lane, d]


@njit(nogil=True, inline="always")
@no_type_check
def _chunk_grades(query_masks, i, masks, start, top, step, grades, buffer):
    """Add to each bin of a chunk `step` for every label shared, up to `top` of them."""
    grades[:] = 0
    for c in range(len(masks)):
        query, block = query_masks[c][i], masks[c][start : start + CHUNK]
        if top == np.uint32(1):
            for j in range(CHUNK):
                grades[j] |= np.uint32((query & block[j]) != np.uint64(0))
        else:
            for j in range(CHUNK):
                grades[j] += np.uint32(popcount(query & block[j]))
    for j in range(CHUNK):
        buffer[j] += min(grades[j], top) * step


@njit(nogil=True, inline="always")
@no_type_check
def _grade(query_masks, i, masks, j, top):
    """Labels that query i and row j share, up to `top` of them."""
    grade = np.uint64(0)
    for c in range(len(masks)):
        grade += popcount(query_masks[c][i] & masks[c][j])
    return min(grade, np.uint64(top))


@njit(nogil=True, cache=True)
@no_type_check
def count_graded(query_words, query_masks, words, masks, weights, first, last, counts: Any) -> None:
    """Counts per distance and number of shared labels, for queries first..last."""
    n, distances, grades = len(words[0]), counts.shape[1], counts.shape[2]
    top, step, bins = np.uint32(grades - 1), np.uint32(distances), grades * distances
    histograms = np.zeros((8, bins), np.uint32)
    buffer, shared = np.empty(CHUNK, np.uint32), np.empty(CHUNK, np.uint32)
    paired = weights is None and bins <= MOST_BINS and n >= WORTH_PAIRS
    pairs = np.zeros(bins * bins if paired else 0, np.uint16)
    body = n // CHUNK * CHUNK
    for i in range(first, last):
        histograms[:] = 0
        waiting = 0
        for chunk in range(0, body, CHUNK):
            _chunk_distances(query_words, i, words, chunk, buffer)
            _chunk_grades(query_masks, i, masks, chunk, top, step, shared, buffer)
            if paired:
                if waiting == FULL:
                    _fold(pairs, histograms[0])
                    waiting = 0
                _add_pairs(buffer, pairs, bins)
                waiting += 1
            else:
                _add_chunk(buffer, weights, chunk, histograms)
        if waiting:
            _fold(pairs, histograms[0])
        for j in range(body, n):
            bin = distance(query_words, i, words, j)
            bin += _grade(query_masks, i, masks, j, top) * np.uint64(distances)
            histograms[j % 8, bin] += np.uint32(1) if weights is None else weights[j]
        for lane in range(8):
            for grade in range(grades):
                for d in range(distances):
                    counts[i, d, grade] += histograms[lane, grade * distances + d]
