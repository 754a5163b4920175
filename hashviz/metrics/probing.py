"""What an exact search touches: every code, or the cells of tables around the query."""

from math import comb
from typing import Any, NamedTuple

import numpy as np

from hashviz.codes import as_codes

PART = 16
"""Bits of a table's address, about: 65,536 cells are a table that memory likes."""


class Probing(NamedTuple):
    """The work of one query for its k nearest codes."""

    radius: int
    """Up to which distance all addresses around the query's were looked up; 0 for a scan."""
    cells: int
    """Addresses that were looked up."""
    touched: int
    """Codes whose distance to the query was computed."""


def scan_probing(codes: Any) -> Probing:
    """Return the work of a scan, which touches every code once and looks nothing up."""
    return Probing(0, 0, len(codes))


def table_probing(query: Any, codes: Any, k: int) -> Probing:
    r"""One table whose address is the whole code: balls of radius 0, 1, ... until k are found.

    The k-th nearest lies at distance r, so that $\sum_{i \le r} \binom{K}{i}$ cells are looked up:
    for r > 2 soon more than there are codes.

    >>> table_probing([1, 1, 1], [[1, 1, 1], [1, -1, 1], [-1, -1, -1]], 2)
    Probing(radius=1, cells=4, touched=2)
    """
    return multi_index_probing(query, codes, k, tables=1)


def multi_index_probing(query: Any, codes: Any, k: int, tables: int | None = None) -> Probing:
    r"""Multi-index hashing (Norouzi, Punjani, Fleet, CVPR 2012): a table for each part of a code.

    Whoever differs in at most $m(s + 1) - 1$ bits differs in at most s bits in one of m parts (the
    pigeonhole principle). So s = 0, 1, ... are looked up in all tables until the k-th of the codes
    found is that near; `tables` is one for every 16 bits, if not given.

    Raises:
        ValueError: when there are no tables, or more than bits.
    """
    apart = as_codes(codes) != as_codes([query])
    bits = apart.shape[1]
    tables = max(1, round(bits / PART)) if tables is None else tables
    if not 1 <= tables <= bits:
        raise ValueError(f"A code of {bits} bits has 1 to {bits} parts, got tables={tables}.")
    if k < 1 or not len(apart):
        raise ValueError(f"A search for k >= 1 codes needs some, got k={k} among {len(apart)}.")
    k = min(k, len(apart))
    parts = np.array_split(np.arange(bits), tables)
    nearest = np.min([apart[:, part].sum(1) for part in parts], axis=0)
    far = apart.sum(1)
    cells, radius = 0, 0
    while True:
        cells += sum(comb(len(part), radius) for part in parts)
        found = far[nearest <= radius]
        sure = tables * (radius + 1) - 1
        if len(found) >= k and np.partition(found, k - 1)[k - 1] <= sure:
            return Probing(radius, cells, len(found))
        radius += 1
