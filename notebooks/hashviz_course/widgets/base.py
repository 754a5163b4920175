"""What all widgets share: a state to observe, the numbers of that state, one picture of it."""

import base64
import html
import importlib.util
import io
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from jaxtyping import Int8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

from hashviz.codes import as_codes
from hashviz.plots import theme
from hashviz.plots.palette import ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 144
"""Pixels to an inch of the picture; a page shows 96 of them, so it stays sharp when enlarged."""
PAGE_DPI = 96
CAPTION = 0.5
"""Inches above the picture for the sentence, in the static picture only."""
LETTERS_PER_INCH = 13.5
"""Of the caption, so that a line of wide letters still fits."""
TWO_LINES = "line-height:1.4;min-height:2.8em;margin:0"
"""Room for the longest sentence, so that the live picture stays where it is."""


class Interactive(traitlets.HasTraits):
    """A picture that answers: `value` is its state, `numbers` is what the picture shows.

    A subclass implements `measure`, `sentence`, `draw` and `controls`. Everything follows from the
    traits tagged `state=True`: set one, by hand or by a control, and numbers, sentence and picture
    are up to date when the assignment returns.

    For each control the page has one message under way and keeps only the newest of those that
    wait (ipywidgets' own rule), so a slow machine skips steps instead of falling behind. The live
    picture is one image of fixed size whose bytes are replaced: nothing flickers, nothing jumps.
    """

    value = traitlets.Any().tag(state=True)
    numbers = traitlets.Dict()
    """What the picture shows, by name. It follows from the state: read it, do not set it."""

    size: tuple[float, float] = (7.2, 3.6)
    """Width and height of the picture in inches; where they depend on the data, set first."""

    def __init__(self, **state: Any):
        self._page: Figure = self._blank_page()
        self._view: Any = None
        self._followers: list[Callable[[], None]] = []
        super().__init__(**state)
        self.start = self.value
        self._seen = self._state()
        self.numbers = self.measure()
        self.observe(self._changed, names=list(self.traits(state=True)))

    def measure(self) -> dict[str, Any]:
        """Return the numbers of the present state, computed by the library."""
        raise NotImplementedError

    def sentence(self) -> str:
        """Return what there is to see now, with its numbers; two lines of the picture at most."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the present state, on axes from `self.axes`."""
        raise NotImplementedError

    def controls(self) -> Sequence[Any]:
        """Return the rows of ipywidgets above the picture; called once, at the first show."""
        raise NotImplementedError

    def reset(self) -> None:
        """Go back to the value that the widget had at first."""
        self.value = self.start

    def axes(self, left: float, bottom: float, width: float, height: float) -> "Axes":
        """Return axes at a place of the picture, in inches, so that no layout is computed."""
        wide, high = self.size[0], self.size[1] + CAPTION
        return self._page.add_axes((left / wide, bottom / high, width / wide, height / high))

    def follow(self, refresh: Callable[[], None]) -> None:
        """Call `refresh` now and after every change of the state; for what controls show."""
        self._followers.append(refresh)
        refresh()

    def png(self) -> bytes:
        """Return the picture with its sentence, as GitHub or a PDF shows it."""
        return self._picture(caption=True)

    def show(self) -> Any:
        """Return the live widget: controls, sentence, picture; the same object every time.

        Raises:
            ImportError: when ipywidgets is missing.
        """
        if self._view is None:
            self._view = self._build()
        return self._view

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.sentence()}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Return the live widget, and the picture and the sentence for pages that cannot run it."""
        del include, exclude
        bundle: dict[str, Any] = {
            "text/plain": repr(self),
            "image/png": base64.b64encode(self.png()).decode("ascii"),
        }
        if importlib.util.find_spec("ipywidgets") is not None:
            bundle = {**self.show()._repr_mimebundle_(), **bundle}
        wide, high = self.size[0], self.size[1] + CAPTION
        shown = {"width": round(PAGE_DPI * wide), "height": round(PAGE_DPI * high)}
        return bundle, {"image/png": shown}

    def _state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.traits(state=True)}

    def _changed(self, _: Any) -> None:
        state = self._state()
        if state == self._seen:
            return  # several traits were set together, and the first call has seen them all
        self._seen = state
        self.numbers = self.measure()
        for refresh in self._followers:
            refresh()

    def _blank_page(self) -> Figure:
        """Return a new figure without axes; clearing a used one takes longer."""
        wide, high = self.size[0], self.size[1] + CAPTION
        page = Figure((wide, high), dpi=DPI, facecolor="white")
        page.set_layout_engine("none")
        FigureCanvasAgg(page)
        return page

    def _picture(self, caption: bool) -> bytes:
        with theme():
            page = self._page = self._blank_page()
            self.draw()
            if caption:
                lines = textwrap.wrap(self.sentence(), int(LETTERS_PER_INCH * self.size[0]))
                page.text(0.1 / self.size[0], 1 - 0.08 / (self.size[1] + CAPTION),
                          "\n".join(lines[:2]), va="top", size="small", color=ink())  # fmt: skip
            canvas: Any = page.canvas
            canvas.draw()
            pixels = canvas.buffer_rgba()
        drawn = Image.frombuffer("RGBA", canvas.get_width_height(), pixels).convert("RGB")
        if not caption:
            drawn = drawn.crop((0, round(CAPTION * DPI), *drawn.size))
        file = io.BytesIO()
        drawn.save(file, "PNG", compress_level=6 if caption else 1)
        return file.getvalue()

    def _build(self) -> Any:
        try:
            import ipywidgets
        except ImportError as error:
            raise ImportError(
                "Keys and sliders need ipywidgets: `pip install 'hashviz[notebooks]'`. "
                "The picture does not: `.png()`."
            ) from error

        width, height = (f"{round(PAGE_DPI * side)}px" for side in self.size)
        layout = {"width": width, "height": height, "max_width": "100%", "object_fit": "contain"}
        # Without a tooltip: the page cannot show an Image that has one (ipywidgets 8.1).
        image = ipywidgets.Image(format="png", layout=layout)
        sentence = ipywidgets.HTML(layout={"max_width": width})

        def refresh() -> None:
            says = html.escape(self.sentence())
            sentence.value = f'<p role="status" style="{TWO_LINES}">{says}</p>'
            image.value = self._picture(caption=False)

        rows = self.controls()
        self.follow(refresh)
        view = ipywidgets.VBox([*rows, sentence, image])
        view.add_class("hashviz-widget")
        return view


def one_query(
    query_code: ArrayLike, database_codes: ArrayLike, images: Sequence[Any] | np.ndarray
) -> tuple[Int8[np.ndarray, " bits"], Int8[np.ndarray, "n bits"]]:
    """Return the code of a query and those of a database that has an image for each.

    Raises:
        ValueError: when they do not belong together, or the database is empty.
    """
    code, codes = as_codes(np.asarray(query_code)[None])[0], as_codes(database_codes)
    if codes.shape[1] != len(code) or len(codes) != len(images) or not len(codes):
        raise ValueError(
            "Each image has a code, with as many bits as the query, got "
            f"{codes.shape[0]} codes of {codes.shape[1]} bits, {len(images)} images "
            f"and a query of {len(code)} bits; take all from one run."
        )
    return code, codes


def class_names(names: Sequence[str] | None, classes: int) -> list[str]:
    """Return a name for each class, its number where none is given.

    Raises:
        ValueError: when there are more or fewer names than classes.
    """
    found = [f"class {c}" for c in range(classes)] if names is None else list(names)
    if len(found) != classes:
        raise ValueError(f"Each of the {classes} classes has a name, got {len(found)} names.")
    return found
