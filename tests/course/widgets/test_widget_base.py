"""What every widget promises, for every widget."""

import base64
import builtins
import io
import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

from hashviz_course import widgets
from hashviz_course.widgets.base import LETTERS_PER_INCH
from tests.course.widgets.conftest import EVERY, PRESSES

pytest.importorskip("ipywidgets", reason="widgets need `pip install hashviz[notebooks]`")


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def picture_of(widget) -> bytes:
    return widget.show().children[-1].value


def every_widget(view):
    yield view
    for child in getattr(view, "children", ()):
        yield from every_widget(child)


def test_every_widget_of_the_package_is_in_this_test():
    made = {type(make()) for make in EVERY.values()}
    assert made == {getattr(widgets, name) for name in widgets.__all__} - {widgets.Interactive}


def test_the_package_does_not_load_ipywidgets_or_torch():
    code = "import hashviz_course.widgets, sys\n"
    code += "print([m in sys.modules for m in ('ipywidgets', 'torch')])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[False, False]"


def test_without_jupyter_the_way_out_is_named():
    code = "import sys; sys.modules['traitlets'] = None; import hashviz_course.widgets"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Widgets need Jupyter: `pip install 'hashviz[notebooks]'`" in told.stderr


@pytest.fixture(scope="module", params=EVERY)
def widget(request):
    """Every widget, shown once for all tests that leave its state alone."""
    made = EVERY[request.param]()
    made.show()
    return made


def test_one_output_carries_the_live_widget_the_picture_and_the_sentence(widget):
    bundle, metadata = widget._repr_mimebundle_()
    json.dumps([bundle, metadata])
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == widget.show().model_id
    assert bundle["text/plain"] == f"{type(widget).__name__}: {widget.sentence()}"
    png = base64.b64decode(bundle["image/png"])
    assert png == widget.png()
    # The page is told how large the picture is, whatever the number of pixels in the file.
    shown = metadata["image/png"]
    height, width, _ = pixels(png).shape
    assert abs(width / height - shown["width"] / shown["height"]) < 0.01
    assert (shown["width"], shown["height"]) == (
        round(96 * widget.size[0]),
        round(96 * (widget.size[1] + 0.5)),
    )
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_without_ipywidgets_picture_and_sentence_remain(make, monkeypatch):
    honest = builtins.__import__

    def refuse(name, *rest):
        if name.split(".")[0] == "ipywidgets":
            raise ImportError(name)
        return honest(name, *rest)

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(builtins, "__import__", refuse)
    widget = make()
    bundle, _ = widget._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png"}
    with pytest.raises(ImportError, match=r"pip install 'hashviz\[notebooks\]'"):
        widget.show()


def test_the_static_picture_is_the_live_one_under_its_sentence(widget, monkeypatch):
    static, live = pixels(widget.png()), pixels(picture_of(widget))
    assert (static[-len(live) :] == live).all()
    above = static[: -len(live)]
    assert above.min() < 128, "the sentence is missing"
    assert above.shape[0] > 0
    assert live.std() > 1, "the picture is empty"
    monkeypatch.setattr(widget, "sentence", lambda: "")
    assert (pixels(widget.png())[: -len(live)] == 255).all(), "the live picture is cut off"


@pytest.mark.parametrize("name", EVERY)
def test_a_control_changes_numbers_sentence_and_the_same_picture_and_the_way_back_is_exact(name):
    widget = EVERY[name]()
    view = widget.show()
    image, told = view.children[-1], view.children[-2]
    before = widget.value, dict(widget.numbers), told.value, image.value
    heard = []
    widget.observe(heard.append, "value")
    PRESSES[name](widget)
    assert widget.show() is view
    assert view.children[-1] is image
    assert heard
    assert widget.value != before[0]
    assert widget.numbers != before[1]
    assert told.value != before[2]
    assert image.value != before[3]
    assert pixels(image.value).shape == pixels(before[3]).shape, "the page would jump"
    widget.value = before[0]
    assert (widget.value, dict(widget.numbers), told.value, image.value) == before


def test_every_control_has_a_name_and_is_reached_by_the_tab_key(widget):
    import ipywidgets

    for control in every_widget(widget.show()):
        if isinstance(control, ipywidgets.Button):
            assert control.description
            assert control.tooltip
        elif hasattr(control, "value") and hasattr(control, "description"):
            assert control.description or isinstance(control, ipywidgets.HTML | ipywidgets.Label)
        assert getattr(control, "tabbable", None) is not False


def test_the_sentence_fits_into_its_two_lines(widget):
    assert len(textwrap.wrap(widget.sentence(), int(LETTERS_PER_INCH * widget.size[0]))) <= 2


def test_the_sentence_is_text_and_not_markup():
    widget = EVERY["LabelStrip"]()
    widget.sentence = lambda: "<b>a & b</b>"
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;" in widget.show().children[-2].value
