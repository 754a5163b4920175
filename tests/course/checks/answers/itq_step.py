"""Answers to the exercise of notebook 05."""

import numpy as np
import torch


def codes(v, r):
    return np.where(v @ r >= 0, 1.0, -1.0)


def solution(v, r):
    p, _, qt = np.linalg.svd(codes(v, r).T @ v)
    return qt.T @ p.T


def other_way_round_in_torch(v, r):
    p, _, qt = torch.linalg.svd(torch.from_numpy(v.T @ codes(v, r)))
    return p @ qt


def changes_in_place(v, r):
    r[:] = solution(v, r)
    return r


def transposed(v, r):
    return solution(v, r).T


def least_squares(v, r):
    return np.linalg.lstsq(v, codes(v, r), rcond=None)[0]


def codes_without_rotation(v, r):
    p, _, qt = np.linalg.svd(np.where(v >= 0, 1.0, -1.0).T @ v)
    return qt.T @ p.T


def zero_is_a_third_value(v, r):
    p, _, qt = np.linalg.svd(np.sign(v @ r).T @ v)
    return qt.T @ p.T


def no_signs(v, r):
    p, _, qt = np.linalg.svd((v @ r).T @ v)
    return qt.T @ p.T


def random_rotation(v, r):
    return np.linalg.qr(np.random.default_rng(0).normal(size=r.shape))[0]


def keeps_the_scale(v, r):
    p, s, qt = np.linalg.svd(codes(v, r).T @ v)
    return qt.T @ np.diag(s) @ p.T


RIGHT = {"solution": solution, "the other way round, in torch": other_way_round_in_torch}
WRONG = {
    "transposed": transposed,
    "not moved": lambda v, r: r.copy(),
    "least squares": least_squares,
    "codes without the rotation": codes_without_rotation,
    "zero is a third value": zero_is_a_third_value,
    "no signs": no_signs,
    "random rotation": random_rotation,
    "keeps the scale": keeps_the_scale,
    "the codes": codes,
    "p times qt": lambda v, r: (lambda p, s, qt: p @ qt)(*np.linalg.svd(codes(v, r).T @ v)),
    "changes in place": changes_in_place,
    "identity": lambda v, r: np.eye(len(r)),
}
