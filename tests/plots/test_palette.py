import contextlib
import itertools
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from hashviz import plots
from hashviz.methods import METHODS
from hashviz.plots import looks, palette

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip


def linear(color):
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    x, y, z = TO_XYZ @ np.clip(rgb, 0, 1) / (0.95047, 1.0, 1.08883)
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def seen(color, eye):
    return lab(eye @ linear(color))


def difference(a, b, eye):
    return float(np.linalg.norm(seen(a, eye) - seen(b, eye)))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("eye", [np.eye(3), DEUTERANOPIA], ids=["typical", "deuteranopia"])
def test_classes_are_told_apart_with_and_without_red_and_green(dark, eye):
    with plots.theme(dark):
        colors = [palette.class_color(i) for i in range(8)]
    assert len(set(colors)) == 8
    assert min(difference(a, b, eye) for a, b in itertools.combinations(colors, 2)) > 11


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("eye", [np.eye(3), DEUTERANOPIA], ids=["typical", "deuteranopia"])
def test_right_and_wrong_are_far_apart_for_every_eye(dark, eye):
    with plots.theme(dark):
        assert difference(*palette.right_wrong(), eye) > 40


def test_the_two_tones_of_codes_differ_in_gray():
    minus, plus = seen(palette.MINUS, np.eye(3))[0], seen(palette.PLUS, np.eye(3))[0]
    assert minus - plus > 45
    for eye in (np.eye(3), DEUTERANOPIA):
        assert difference(palette.MINUS, palette.PLUS, eye) > 45


def test_distances_run_along_one_ramp_of_lightness():
    ramp = [seen(palette.sequential()(x), np.eye(3))[0] for x in np.linspace(0, 1, 33)]
    assert (np.diff(ramp) > 0).all()
    assert ramp[-1] - ramp[0] > 60


@pytest.mark.parametrize("dark", [False, True])
def test_correlations_fade_to_the_page_at_zero_and_their_signs_differ_for_every_eye(dark):
    with plots.theme(dark):
        cmap, page = palette.diverging(), palette.paper()
    assert difference(cmap(0.5), page, np.eye(3)) < 3
    for eye in (np.eye(3), DEUTERANOPIA):
        assert difference(cmap(0.0), cmap(1.0), eye) > 40
        assert difference(cmap(0.25), cmap(0.75), eye) > 40


@pytest.mark.parametrize("dark", [False, True])
def test_text_and_side_remarks_are_readable_on_the_page(dark):
    with plots.theme(dark):
        page = palette.lightness(palette.paper())
        for color, contrast in ((palette.ink(), 7), (palette.muted(), 4.5)):
            high, low = sorted((palette.lightness(color), page), reverse=True)
            assert (high + 0.05) / (low + 0.05) > contrast


@pytest.mark.parametrize("dark", [False, True])
def test_the_theme_ends_with_the_block_even_after_an_error(dark):
    before = dict(mpl.rcParams)
    with plots.theme(dark):
        assert palette.is_dark() is dark
        assert dict(mpl.rcParams) != before
    assert dict(mpl.rcParams) == before
    with pytest.raises(ZeroDivisionError), plots.theme(dark):
        _ = 1 / 0
    assert dict(mpl.rcParams) == before


def test_importing_the_plots_changes_no_setting_and_loads_no_pyplot():
    # rcParams["backend"] is left out: to look at it imports pyplot.
    code = (
        "import sys, hashviz; assert 'matplotlib' not in sys.modules\n"
        "import matplotlib as mpl\n"
        "look = lambda: {k: mpl.rcParams[k] for k in mpl.rcParams if k != 'backend'}\n"
        "before = look()\n"
        "import hashviz.plots\n"
        "assert look() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("eye", [np.eye(3), DEUTERANOPIA], ids=["typical", "deuteranopia"])
def test_the_first_32_looks_have_a_color_of_their_own_that_reads_on_the_page(dark, eye):
    with plots.theme(dark):
        colors = [plots.color_of(look) for look in range(32)]
        page = palette.paper()
    assert min(difference(a, b, eye) for a, b in itertools.combinations(colors, 2)) > 9
    assert min(difference(color, page, eye) for color in colors) > 20


def test_every_method_has_a_look_of_its_own_and_unknown_codes_are_gray():
    looks = [method.look for method in METHODS.values()]
    assert len(set(looks)) == len(METHODS)
    assert None not in looks
    assert plots.color_of(None) == palette.muted()


def test_beyond_the_palette_a_color_returns_with_another_marker():
    assert plots.color_of(40) == plots.color_of(8)
    assert plots.style_of(40) != plots.style_of(8)


def test_looks_differ_in_gray_and_neighbors_in_their_lines_too():
    looks = [plots.style_of(look) for look in range(480)]
    assert len({tuple(look.values()) for look in looks}) == 480
    points = [(look["marker"], look["fillstyle"]) for look in looks]
    assert all(len(set(points[i : i + 30])) == 30 for i in range(0, 480, 30))
    for first, second in itertools.pairwise(looks):
        assert first["linestyle"] != second["linestyle"]


@pytest.mark.parametrize("name", plots.THEMES)
def test_every_theme_embeds_fonts_that_publishers_accept_and_keeps_text_as_text(name):
    with plots.theme(name):
        kept = {key: mpl.rcParams[key] for key in ("pdf.fonttype", "ps.fonttype", "svg.fonttype")}
    assert kept == {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "none"}


def test_paper_has_eight_points_and_an_unknown_theme_is_refused():
    with plots.theme("paper"):
        assert mpl.rcParams["font.size"] == 8
        assert mpl.rcParams["figure.figsize"][0] == 3.35
    with pytest.raises(ValueError, match="Unknown theme 'papr', did you mean 'paper'"):
        plots.theme("papr").__enter__()


@pytest.mark.parametrize("dark", [False, True])
def test_a_ninth_class_has_another_color_and_another_marker(dark):
    with plots.theme(dark):
        assert len({palette.class_color(i) for i in range(32)}) == 32
        assert palette.class_color(32) == palette.class_color(0)
    assert looks.class_marker(8) != looks.class_marker(0)
    assert len({(palette.class_color(i), looks.class_marker(i)) for i in range(80)}) == 80


def test_new_axes_have_the_size_asked_for():
    ax = plots.new_axes(3, 2)
    assert tuple(ax.figure.get_size_inches()) == (3, 2)


@pytest.mark.parametrize("fails", [False, True])
def test_interactive_mode_that_begins_inside_a_theme_stays(fails):
    before = mpl.is_interactive()
    try:
        mpl.interactive(False)
        with contextlib.suppress(ZeroDivisionError), plots.theme():
            mpl.interactive(True)  # what the first import of pyplot does in Jupyter
            if fails:
                raise ZeroDivisionError
        assert mpl.is_interactive()
    finally:
        mpl.interactive(before)


def test_runs_of_one_method_share_its_color_and_no_two_look_the_same():
    styles = plots.run_styles([10, 0, *[10] * 7])
    assert {style["color"] for style in styles[2:]} == {plots.color_of(10)}
    assert styles[:2] == [plots.style_of(10), plots.style_of(0)]
    looks = {(style["linestyle"], style["marker"], style["fillstyle"]) for style in styles}
    assert len(looks) == len(styles)
