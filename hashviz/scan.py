"""Compiled search: a pass over all codes that looks closely only where something near may be.

Codes are taken in blocks whose smallest distance the processor finds several codes at a time; only
a block that comes nearer than the k-th best so far is looked at code by code. Rows are met in
order, so of several at one distance the first stay, as they must. Importing this file imports
numba. Codes are tuples of uint64 columns, as in `hashviz.metrics.compiled`.
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit

from hashviz.metrics.compiled import count_range, distance, popcount

BLOCK = 128
TILE = 1 << 14  # rows that every query visits before the next: they stay in the cache


@njit(nogil=True, inline="always")
@no_type_check
def _least_distance(queries, i, words, start, buffer):
    """The smallest distance in a block; each loop is one that LLVM vectorizes."""
    least = np.uint64(1 << 62)
    query, block = queries[0][i], words[0][start : start + BLOCK]
    if len(words) == 1:
        for j in range(BLOCK):
            least = min(least, popcount(query ^ block[j]))
        return least
    for j in range(BLOCK):
        buffer[j] = popcount(query ^ block[j])
    for c in range(1, len(words)):
        query, block = queries[c][i], words[c][start : start + BLOCK]
        for j in range(BLOCK):
            buffer[j] += popcount(query ^ block[j])
    for j in range(BLOCK):
        least = min(least, buffer[j])
    return least


@njit(nogil=True)
@no_type_check
def _look(queries, i, words, start, stop, k, state, counts, rows, distances):
    """Keep the rows that are nearer than the threshold, and lower it when k are."""
    threshold, used, nearer = state
    for j in range(start, stop):
        d = np.int64(distance(queries, i, words, j))
        if d >= threshold:
            continue
        if used == len(rows):
            used = _forget(threshold, k - nearer, used, rows, distances)
        rows[used], distances[used] = j, d
        used += 1
        nearer += 1
        counts[d] += 1
        while nearer >= k:
            threshold -= 1
            nearer -= counts[threshold]
    state[0], state[1], state[2] = threshold, used, nearer


@njit(nogil=True)
@no_type_check
def _forget(threshold, spare, used, rows, distances):
    """Drop what can no longer be among the k nearest; of those at the threshold the first stay."""
    kept = 0
    for r in range(used):
        if distances[r] < threshold or (distances[r] == threshold and spare > 0):
            spare -= distances[r] == threshold
            rows[kept], distances[kept] = rows[r], distances[r]
            kept += 1
    return kept


@njit(nogil=True, cache=True)
@no_type_check
def scan(queries, words, k, radius, first, last, out_rows: Any, out_distances: Any) -> None:
    """The k nearest rows within the radius for queries first..last: best while k is small."""
    n, many = len(words[0]), last - first
    state = np.zeros((many, 3), np.int64)
    state[:, 0] = radius + 1
    counts = np.zeros((many, radius + 2), np.int64)
    rows = np.empty((many, 2 * k + 1024), np.int64)
    distances = np.empty((many, 2 * k + 1024), np.int64)
    buffer = np.empty(BLOCK, np.uint64)
    for tile in range(0, n, TILE):
        stop = min(n, tile + TILE)
        body = tile + (stop - tile) // BLOCK * BLOCK
        for q in range(many):
            i, s = first + q, state[q]
            for b in range(tile, body, BLOCK):
                if np.int64(_least_distance(queries, i, words, b, buffer)) < s[0]:
                    _look(queries, i, words, b, b + BLOCK, k, s, counts[q], rows[q], distances[q])
            _look(queries, i, words, body, stop, k, s, counts[q], rows[q], distances[q])
    for q in range(many):
        threshold, used, nearer = state[q]
        used = _forget(threshold, k - nearer, used, rows[q], distances[q])
        place = _starts(counts[q], threshold)
        for r in range(used):
            d = distances[q, r]
            out_rows[first + q, place[d]] = rows[q, r]
            out_distances[first + q, place[d]] = d
            place[d] += 1


@njit(nogil=True)
@no_type_check
def _starts(counts, last):
    """Where the rows of each distance up to `last` begin when they are sorted by it."""
    starts = np.zeros(len(counts), np.int64)
    for d in range(1, min(last, len(counts) - 1) + 1):
        starts[d] = starts[d - 1] + counts[d - 1]
    return starts


@njit(nogil=True, cache=True)
@no_type_check
def histograms(queries, words, first, last, counts: Any) -> None:
    """Rows at each distance from queries first..last."""
    lanes = np.zeros((8, counts.shape[1]), np.uint32)
    for i in range(first, last):
        lanes[:] = 0
        count_range(queries, i, words, None, 0, len(words[0]), lanes)
        for lane in range(8):
            for d in range(counts.shape[1]):
                counts[i, d] += lanes[lane, d]


@njit(nogil=True, cache=True)
@no_type_check
def fill(
    queries, words, counts, within, found, first, last, out_rows: Any, out_distances: Any
) -> None:
    """Rows within[i] or nearer, in order, up to found[i]: best while many are wanted."""
    n = len(words[0])
    buffer = np.empty(BLOCK, np.uint64)
    for i in range(first, last):
        place = _starts(counts[i], within[i])
        for b in range(0, n, BLOCK):
            stop = min(n, b + BLOCK)
            if stop == b + BLOCK and (
                np.int64(_least_distance(queries, i, words, b, buffer)) > within[i]
            ):
                continue
            for j in range(b, stop):
                d = np.int64(distance(queries, i, words, j))
                if d <= within[i] and place[d] < found[i]:
                    out_rows[i, place[d]] = j
                    out_distances[i, place[d]] = d
                    place[d] += 1
