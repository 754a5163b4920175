"""Compiled loops over pairs of codes: popcounts into histograms, three billion pairs a second.

Importing this file imports numba, so `counts` does it only for work that repays it. Codes and
labels come as tuples of uint64 columns, one per 64 bits: a tuple's length is known when numba
compiles, so the loop over columns disappears. Eight histograms side by side let eight additions
run at once where one histogram would wait for itself. `no_type_check` keeps shape checks, which
numba cannot compile, out of the loops. numba's cache watches one file at a time: after a change
here, touch `hashviz/scan.py`, which uses these functions.
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit, types
from numba.extending import intrinsic


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


@njit(nogil=True)
@no_type_check
def count_range(query_words, i, words, weights, start, stop, histograms):
    """Add the rows start..stop to the eight histograms; `weights` says how often each counts."""
    body = start + (stop - start) // 8 * 8
    for j in range(start, body, 8):
        for lane in range(8):
            d = distance(query_words, i, words, j + lane)
            if weights is None:
                histograms[lane, d] += np.uint32(1)
            else:
                histograms[lane, d] += weights[j + lane]
    for j in range(body, stop):
        d = distance(query_words, i, words, j)
        histograms[0, d] += np.uint32(1) if weights is None else weights[j]


@njit(nogil=True, cache=True)
@no_type_check
def count_sorted(
    query_words, starts, stops, words, weights, first, last, total: Any, relevant: Any
) -> None:
    """Counts for queries first..last; the relevant rows of query i are starts[i]..stops[i]."""
    histograms = np.zeros((8, total.shape[1]), np.uint32)
    for i in range(first, last):
        histograms[:] = 0
        count_range(query_words, i, words, weights, starts[i], stops[i], histograms)
        for lane in range(8):
            for d in range(total.shape[1]):
                relevant[i, d] += histograms[lane, d]
        count_range(query_words, i, words, weights, 0, starts[i], histograms)
        count_range(query_words, i, words, weights, stops[i], len(words[0]), histograms)
        for lane in range(8):
            for d in range(total.shape[1]):
                total[i, d] += histograms[lane, d]


@njit(nogil=True, inline="always")
@no_type_check
def _grade(query_masks, i, masks, j, top):
    if top == np.uint64(1):
        shared = np.uint64(0)
        for c in range(len(masks)):
            shared |= query_masks[c][i] & masks[c][j]
        return np.uint64(shared != np.uint64(0))
    grade = np.uint64(0)
    for c in range(len(masks)):
        grade += popcount(query_masks[c][i] & masks[c][j])
    return min(grade, top)


@njit(nogil=True, cache=True)
@no_type_check
def count_graded(query_words, query_masks, words, masks, weights, first, last, counts: Any) -> None:
    """Counts per distance and number of shared labels, for queries first..last."""
    distances, grades = counts.shape[1], counts.shape[2]
    top = np.uint64(grades - 1)
    histograms = np.zeros((8, grades * distances), np.uint32)
    body = len(words[0]) // 8 * 8
    for i in range(first, last):
        histograms[:] = 0
        for j in range(0, body, 8):
            for lane in range(8):
                d = distance(query_words, i, words, j + lane)
                bin = d + _grade(query_masks, i, masks, j + lane, top) * np.uint64(distances)
                if weights is None:
                    histograms[lane, bin] += np.uint32(1)
                else:
                    histograms[lane, bin] += weights[j + lane]
        for j in range(body, len(words[0])):
            d = distance(query_words, i, words, j)
            bin = d + _grade(query_masks, i, masks, j, top) * np.uint64(distances)
            histograms[0, bin] += np.uint32(1) if weights is None else weights[j]
        for lane in range(8):
            for grade in range(grades):
                for d in range(distances):
                    counts[i, d, grade] += histograms[lane, grade * distances + d]
