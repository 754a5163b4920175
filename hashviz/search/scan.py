"""Compiled search: a pass over all codes that looks closely only where something near may be.

Codes are taken in blocks whose smallest distance the processor finds several codes at a time; only
a block that comes nearer than the k-th best so far is looked at code by code. Rows are met in
order, so of several at one distance the first stay, as they must. Importing this file imports
numba. Queries are a tuple of uint64 columns, so that their width is known when numba compiles; the
codes are all their first words, then all their second ones and so on, in one array, because numba
compiles many arrays to slow code (of 1,024 bits to code eight times as slow).
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit

from hashviz.metrics.popcount import popcount

BLOCK = 128
KEPT = 1 << 15  # rows that queries side by side keep in all: they stay in the cache as well
ROW_BITS = np.uint64(48)  # a kept row is one word: its distance above, its number below
ROW_MASK = np.uint64((1 << 48) - 1)
SAMPLE = 4096  # rows, in runs of 64, from which the first threshold is guessed
MANY = 64  # from so many wanted rows on a better guess repays a sample four times as large
TILE = 1 << 14  # words that every query visits before the next: they stay in the cache


@njit(nogil=True, inline="always")
@no_type_check
def _distance(queries, i, words, j):
    """Bits in which query i and row j differ."""
    n = len(words) // len(queries)
    bits = np.uint64(0)
    for c in range(len(queries)):
        bits += popcount(queries[c][i] ^ words[np.uint64(c * n + j)])
    return bits


@njit(nogil=True, inline="always")
@no_type_check
def _block_distances(queries, i, words, start, buffer):
    """Distances of a whole block; each loop is one that LLVM vectorizes.

    Indices without a sign need no look at what a negative one would mean.
    """
    n = len(words) // len(queries)
    for c in range(len(queries)):
        query, first = queries[c][i], np.uint64(c * n + start)
        if c == 0:
            for j in range(BLOCK):
                buffer[j] = popcount(query ^ words[first + np.uint64(j)])
        else:
            for j in range(BLOCK):
                buffer[j] += popcount(query ^ words[first + np.uint64(j)])


@njit(nogil=True, inline="always")
@no_type_check
def _least_distance(queries, i, words, start, buffer):
    """The smallest distance in a block."""
    least = np.uint64(1 << 62)
    if len(queries) == 1:  # nothing is written
        query, first = queries[0][i], np.uint64(start)
        for j in range(BLOCK):
            least = min(least, popcount(query ^ words[first + np.uint64(j)]))
        return least
    _block_distances(queries, i, words, start, buffer)
    for j in range(BLOCK):
        least = min(least, buffer[j])
    return least


@njit(nogil=True)
@no_type_check
def _look(queries, i, words, start, k, state, counts, kept, buffer):
    """Keep the rows of a block that are nearer than the threshold, and lower it when k are.

    Groups of eight with nothing near are passed over; in the others every row is written behind
    the kept ones and stays if it is near, so that no branch can be guessed wrong.
    """
    if state[1] + BLOCK > len(kept):
        _forget(k, state, kept)
    if len(queries) == 1:
        _block_distances(queries, i, words, start, buffer)
    threshold, used = np.uint64(state[0]), state[1]
    for group in range(0, BLOCK, 8):
        near = False
        for j in range(group, group + 8):
            near |= buffer[j] < threshold
        if near:
            for j in range(group, group + 8):
                kept[used] = buffer[j] << ROW_BITS | np.uint64(start + j)
                used += buffer[j] < threshold
    _count(used, k, state, counts, kept)


@njit(nogil=True)
@no_type_check
def _look_at_end(queries, i, words, start, stop, k, state, counts, kept):
    """The same for the rows behind the last whole block."""
    if state[1] + BLOCK > len(kept):
        _forget(k, state, kept)
    threshold, used = np.uint64(state[0]), state[1]
    for j in range(start, stop):
        d = _distance(queries, i, words, j)
        kept[used] = d << ROW_BITS | np.uint64(j)
        used += d < threshold
    _count(used, k, state, counts, kept)


@njit(nogil=True, inline="always")
@no_type_check
def _count(used, k, state, counts, kept):
    """Count the new rows by distance, and lower the threshold when k are nearer."""
    threshold, nearer = state[0], state[2] + used - state[1]
    for r in range(state[1], used):
        counts[kept[r] >> ROW_BITS] += 1
    while nearer >= k:
        threshold -= 1
        nearer -= counts[threshold]
    state[0], state[1], state[2] = threshold, used, nearer


@njit(nogil=True)
@no_type_check
def _forget(k, state, kept):
    """Drop what can no longer be among the k nearest; of those at the threshold the first stay."""
    threshold, spare, used = np.uint64(state[0]), k - state[2], 0
    for r in range(state[1]):
        d = kept[r] >> ROW_BITS
        if d < threshold or (d == threshold and spare > 0):
            spare -= d == threshold
            kept[used] = kept[r]
            used += 1
    state[1] = used


@njit(nogil=True)
@no_type_check
def _first_threshold(queries, i, words, k, radius, counts):
    """A distance within which some more than k rows are likely to lie, from a sample of rows.

    With it the first blocks need not all be looked at; if fewer lie within, all is done again.
    """
    n = len(words) // len(queries)
    if n < 4 * SAMPLE:
        return radius + 1
    size = 4 * SAMPLE if k >= MANY and n >= 16 * SAMPLE else SAMPLE
    runs = size // 64
    counts[:] = 0
    for run in range(runs):
        first = run * (n // runs)
        for j in range(first, first + 64):
            counts[min(radius + 1, np.int64(_distance(queries, i, words, j)))] += 1
    expected = k * size / n
    wanted, within = expected + 2 * np.sqrt(expected) + 1, 0
    for d in range(radius + 1):
        within += counts[d]
        if within >= wanted:
            return d + 1
    return radius + 1


@njit(nogil=True, cache=True)
@no_type_check
def scan(queries, words, k, radius, first, last, out_rows: Any, out_distances: Any) -> None:
    """The k nearest rows within the radius for queries first..last: best while k is small."""
    n, room = len(words) // len(queries), 2 * k + 8 * BLOCK
    rows = max(BLOCK, TILE // len(queries))
    together = max(1, min(last - first, KEPT // room))
    state = np.empty((together, 3), np.int64)  # threshold, rows kept, rows below the threshold
    counts = np.empty((together, radius + 2), np.int64)
    kept = np.empty((together, room), np.uint64)
    buffer = np.empty(BLOCK, np.uint64)
    guesses = np.empty(together, np.int64)
    for begin in range(first, last, together):
        many = min(together, last - begin)
        for q in range(many):
            guesses[q] = _first_threshold(queries, begin + q, words, k, radius, counts[q])
            counts[q] = 0
            state[q, 0], state[q, 1], state[q, 2] = guesses[q], 0, 0
        for tile in range(0, n, rows):
            stop = min(n, tile + rows)
            for q in range(many):
                _pass(
                    queries, begin + q, words, tile, stop, k, state[q], counts[q], kept[q], buffer
                )
        for q in range(many):
            if guesses[q] <= radius and state[q, 0] == guesses[q]:  # fewer than k lay within
                counts[q] = 0
                state[q, 0], state[q, 1], state[q, 2] = radius + 1, 0, 0
                _pass(queries, begin + q, words, 0, n, k, state[q], counts[q], kept[q], buffer)
            _forget(k, state[q], kept[q])
            place = _starts(counts[q], state[q, 0])
            for r in range(state[q, 1]):
                d = np.int64(kept[q, r] >> ROW_BITS)
                out_rows[begin + q, place[d]] = np.int64(kept[q, r] & ROW_MASK)
                out_distances[begin + q, place[d]] = d
                place[d] += 1


@njit(nogil=True)
@no_type_check
def _pass(queries, i, words, start, stop, k, state, counts, kept, buffer):
    """One query past the rows start..stop: what `_look` keeps of the blocks that come near."""
    body = start + (stop - start) // BLOCK * BLOCK
    for b in range(start, body, BLOCK):
        if np.int64(_least_distance(queries, i, words, b, buffer)) < state[0]:
            _look(queries, i, words, b, k, state, counts, kept, buffer)
    _look_at_end(queries, i, words, body, stop, k, state, counts, kept)


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
def fill(
    queries, words, counts, within, found, first, last, out_rows: Any, out_distances: Any
) -> None:
    """Rows within[i] or nearer, in order, up to found[i]: best while many are wanted."""
    n = len(words) // len(queries)
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
                d = np.int64(_distance(queries, i, words, j))
                if d <= within[i] and place[d] < found[i]:
                    out_rows[i, place[d]] = j
                    out_distances[i, place[d]] = d
                    place[d] += 1
