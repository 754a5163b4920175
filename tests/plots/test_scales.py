"""Which scale a bit comes from, read back from the bars."""

import numpy as np

from hashviz import plots


def test_the_bars_of_a_bit_add_up_to_one_with_negative_shares_below_zero() -> None:
    shares = np.array([[0.25, 1.5], [0.75, -0.5]])
    ax = plots.new_axes()
    assert plots.bit_origins(shares, ["fine", "coarse"], ax=ax) is ax
    tops = np.array([p.get_height() for p in ax.patches]).reshape(2, 2)
    assert np.allclose(tops, shares)
    assert min(p.get_y() + min(p.get_height(), 0) for p in ax.patches) == -0.5
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["fine", "coarse"]


def test_constant_outputs_say_so() -> None:
    ax = plots.bit_origins(np.zeros((3, 8)))
    assert not ax.patches
    assert "constant" in ax.texts[0].get_text()
