"""Notebook 11: how far a map of codes can be trusted, and which heap on it is no cluster."""

from collections.abc import Iterator

import numpy as np

from hashviz.centers.hadamard import hadamard
from hashviz_course.checks.exercise import WITHIN, Exercise, Rule, same_as

Case = tuple[np.ndarray, np.ndarray, int]
FULL = np.array([[int(bit) for bit in f"{number:05b}"] for number in range(32)]) * 2 - 1
"""All codes of five bits."""


def by_definition(codes: np.ndarray, positions: np.ndarray, k: int) -> float:
    """Count, for each point, how far down its true ranking the neighbors on the map are."""
    n, penalty = len(codes), 0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        away = {j: int((codes[i] != codes[j]).sum()) for j in others}
        shown = sorted(others, key=lambda j: ((positions[i] - positions[j]) ** 2).sum())
        for j in shown[:k]:
            rank = 1 + sum(away[other] < away[j] for other in others)
            penalty += max(0, rank - k)
    return 1 - 2 * penalty / (n * k * (2 * n - 3 * k - 1))


def codes_in_a_row(n: int) -> np.ndarray:
    """Return n codes, each one bit further from the first: without ties at the ends."""
    return np.where(np.arange(n - 1) < np.arange(n)[:, None], 1, -1)


def true_maps() -> Iterator[Case]:
    """Make codes in a row, drawn in this row: nothing to doubt."""
    for n, k in ((5, 1), (6, 1), (9, 2), (13, 3)):
        codes = codes_in_a_row(n)
        places = np.arange(n) * 1.0 + np.linspace(0, 0.1, n) ** 2
        yield codes, np.column_stack([places, np.zeros(n)]), k


def false_maps() -> Iterator[Case]:
    """Make codes in a row, placed at random."""
    rng = np.random.default_rng(11)
    for n, k in ((5, 1), (6, 1), (9, 2), (13, 3), (20, 4)):
        yield codes_in_a_row(n), rng.normal(size=(n, 2)), k


def equals() -> Iterator[Case]:
    """Make codes at equal distances: each of them has the first of their ranks."""
    rng = np.random.default_rng(12)
    for n, k in ((5, 1), (8, 1), (12, 2), (24, 5)):
        yield FULL[rng.permutation(32)[:n]], rng.normal(size=(n, 2)), k


agrees = same_as(by_definition, WITHIN)

trustworthiness = Exercise(
    name="trustworthiness",
    notebook="11",
    passed="trustworthiness is 1 for a true map, less for a false one, and fair to ties.",
    rules=(
        Rule("A map that shows true neighbors scores 1.", true_maps, same_as(lambda *_: 1, WITHIN)),
        Rule("A wrong neighbor costs how far down it is.", false_maps, agrees),
        Rule("Points at equal distance share the best of their ranks.", equals, agrees),
    ),
    hints=(
        "For each point i: its k nearest on the map, and for each of these, j, its rank in truth: "
        "1 + the number of other points that are strictly nearer to i in Hamming distance.",
        "A neighbor costs max(0, rank - k). Never count i itself, neither as a neighbor nor as a "
        "nearer point.",
        "rank = 1 + (away[others] < away[j]).sum(), where away = (codes != codes[i]).sum(1) and "
        "others is every point but i; at the end 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * total",
    ),
    library=by_definition,
)


# ---------------------------------------------------------------- heaps


def three_heaps() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the codes of the notebook, the heap of each on its map, and its family.

    It is here and not in the notebook because it gives away the answer to the bet: codes of eight
    families whose centers are 16 bits apart, three bits of each code wrong. The two large families
    are the clusters; the map puts the six small ones on one heap.
    """
    rng = np.random.default_rng(11)
    families = np.repeat(np.arange(8), [100, 100, 10, 10, 10, 10, 10, 10])
    codes = family(hadamard(32)[1:9][families].astype(np.int8), 3, rng)
    codes, first = np.unique(codes, axis=0, return_index=True)
    return codes, np.array([2, 0, 1, 1, 1, 1, 1, 1])[families[first]], families[first]


def by_spread(codes: np.ndarray, heaps: np.ndarray) -> int:
    """Return the heap whose members are farthest apart in truth."""
    spread = []
    for heap in range(3):
        own = codes[heaps == heap]
        spread.append(np.mean([(a != b).sum() for a in own for b in own]))
    return int(np.argmax(spread))


def family(centers: np.ndarray, flips: int, rng: np.random.Generator) -> np.ndarray:
    """Return one code for each row of `centers`, with `flips` of its bits flipped."""
    codes = centers.copy()
    for code in codes:
        code[rng.permutation(len(code))[:flips]] *= -1
    return codes


def heaped() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Make two clusters and a heap of unrelated codes, of any size and in any order."""
    small = np.array([[1, 1, 1, 1], [1, 1, 1, 1], [-1, -1, 1, 1], [1, 1, -1, -1],
                      [-1, -1, -1, -1], [-1, -1, -1, -1]])  # fmt: skip
    yield small, np.array([0, 0, 1, 1, 2, 2])
    yield small[[2, 0, 1, 3, 4, 5]], np.array([0, 1, 1, 0, 2, 2])
    rng = np.random.default_rng(13)
    for sizes, artifact in (((9, 9, 9), 2), ((5, 20, 8), 0), ((20, 5, 8), 1), ((8, 9, 30), 2),
                            ((30, 4, 9), 1), ((12, 12, 12), 0)):  # fmt: skip
        parts = []
        for heap, size in enumerate(sizes):
            start = rng.choice([-1, 1], 32)
            if heap == artifact:  # families far from each other, each of them tight
                centers = np.where(np.arange(32) // 2 ** np.arange(5)[:, None] % 2, start, -start)
                parts.append(family(centers[np.arange(size) % 5], 1, rng))
            else:
                parts.append(family(np.tile(start, (size, 1)), 3, rng))
        heaps = np.repeat(np.arange(3), sizes)
        order = rng.permutation(len(heaps))
        yield np.concatenate(parts)[order], heaps[order]


artifact = Exercise(
    name="artifact",
    notebook="11",
    passed="artifact finds the heap that is together on the map only.",
    rules=(
        Rule("The codes of the artifact differ the most.", heaped, same_as(by_spread)),
    ),
    hints=(
        "Forget the map. A cluster is a heap whose codes differ from each other in few bits.",
        "For each heap take its codes, codes[heaps == heap], and the mean number of bits in which "
        "two of them differ.",
        "spread = [np.mean([(a != b).sum() for a in own for b in own]) for own in (codes[heaps == "
        "heap] for heap in range(3))]; return int(np.argmax(spread))",
    ),
    library=by_spread,
)  # fmt: skip
