"""Answers to the exercise of notebook 09."""

import numpy as np

from hashviz.centers import make_centers


def solution(classes, bits, distance):
    rng = np.random.default_rng(0)
    while True:
        codes = []
        while len(codes) < classes:
            code = rng.choice([-1, 1], bits)
            if all((code != other).sum() >= distance for other in codes):
                codes.append(code)
        codes = np.array(codes)
        turned = codes * codes[0]
        if len(np.unique(turned, axis=1).T) == bits and not (turned == 1).all(0).any():
            return codes


def column_by_column(classes, bits, distance):
    """New balanced columns until all are different, then until the rows are far apart."""
    rng = np.random.default_rng(1)
    half = np.where(np.arange(classes) < classes // 2, 1.0, -1.0)
    while True:
        columns = {}
        while len(columns) < bits:
            column = rng.permutation(half if classes > 5 else rng.choice([-1.0, 1.0], classes))
            if len(set(column)) == 2:
                columns.setdefault(tuple(column * column[0]), column)
        codes = np.array(list(columns.values())).T
        away = (bits - codes @ codes.T) / 2 + bits * np.eye(classes)
        if away.min() >= distance:
            return codes.tolist()


def any_codes(classes, bits, distance):
    return np.random.default_rng(0).choice([-1, 1], (classes, bits))


def far_codes(classes, bits, distance):
    """As far apart as asked, whatever the columns."""
    rng, codes = np.random.default_rng(0), []
    while len(codes) < classes:
        code = rng.choice([-1, 1], bits)
        if all((code != other).sum() >= distance for other in codes):
            codes.append(code)
    return np.array(codes)


def first_rows(classes, bits, distance):
    return make_centers("hadamard-first", classes, bits)


def longer_rows(classes, bits, distance):
    """The rows of the next power of two, cut."""
    longer = 1 << (bits - 1).bit_length()
    return make_centers("hadamard-first", classes, longer)[:, :bits]


def spoiled(classes, bits, distance, sign):
    """Far enough apart, but the last bit is the first one, its opposite, or constant."""
    codes = solution(classes, bits, distance + (bits > 4))
    if bits > 4:
        codes[:, -1] = sign * codes[:, 0] if sign else 1
    return codes


RIGHT = {
    "solution": solution,
    "column by column, as lists": column_by_column,
    "the library": lambda c, b, d: make_centers("greedy", c, b),
}
WRONG = {
    "any codes": any_codes,
    "far apart only": far_codes,
    "first rows of Hadamard": first_rows,
    "first rows, cut": longer_rows,
    "a Hadamard matrix where there is one": lambda c, b, d: (
        make_centers("hadamard", c, b) if b != 48 else any_codes(c, b, d)
    ),
    "rows and columns exchanged": lambda c, b, d: solution(c, b, d).T,
    "0 and 1": lambda c, b, d: (solution(c, b, d) > 0).astype(int),
    "True and False": lambda c, b, d: solution(c, b, d) > 0,
    "one bit too many": lambda c, b, d: solution(c, b + 1, d),
    "one class twice": lambda c, b, d: np.vstack([solution(c, b, d)[:-1], solution(c, b, d)[:1]]),
    "a bit and its opposite": lambda c, b, d: spoiled(c, b, d, -1),
    "a bit twice": lambda c, b, d: spoiled(c, b, d, 1),
    "a constant bit": lambda c, b, d: spoiled(c, b, d, 0),
    "one bit nearer": lambda c, b, d: make_centers("random", c, b),
}
