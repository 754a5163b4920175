"""What all widgets share: a state to observe, the numbers of that state, one picture of it."""

import base64
import html
import importlib.util
import io
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import traitlets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from hashviz.plots import theme
from hashviz.plots.palette import ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 144
"""Pixels to an inch of the picture; a page shows 96 of them, so it stays sharp when enlarged."""
PAGE_DPI = 96
CAPTION = 0.5
"""Inches above the picture for the sentence; in the static picture only."""
LETTERS_PER_INCH = 13.5
"""Of the caption, so that a line of wide letters still fits."""


TWO_LINES = "line-height:1.4;min-height:2.8em;margin:0"
"""Room for the longest sentence, so that the live picture stays where it is."""


class Interactive(traitlets.HasTraits):
    """A picture that answers: `value` is its state, `numbers` is what the picture shows.

    A subclass measures, says, draws and offers controls. Everything follows from the traits tagged
    `state=True`: set one, by hand or by a control, and numbers, sentence and picture have followed
    when the assignment returns.

    The page keeps one message of each control under way and, of those that wait, the newest only
    (ipywidgets' own rule), so a slow machine skips steps instead of falling behind. The live
    picture is one image of fixed size whose bytes are replaced: nothing flickers, nothing jumps.
    """

    value = traitlets.Any().tag(state=True)
    numbers = traitlets.Dict()
    """What the picture shows, by name. It follows from the state: read it, do not set it."""

    size = (7.2, 3.6)
    """Width and height of the picture in inches."""

    def __init__(self, **state: Any):
        self._page: Figure = self._blank_page()
        self._view: Any = None
        self._followers: list[Callable[[], None]] = []
        super().__init__(**state)
        self._seen = self._state()
        self.numbers = self.measure()
        self.observe(self._changed, names=list(self.traits(state=True)))

    def measure(self) -> dict[str, Any]:
        """The numbers of the present state, computed by the library."""
        raise NotImplementedError

    def sentence(self) -> str:
        """What is to be seen now, with its numbers; two lines of the picture at most."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the present state, on axes from `self.axes`."""
        raise NotImplementedError

    def controls(self) -> Sequence[Any]:
        """Rows of ipywidgets to stand above the picture; asked for once, at the first show."""
        raise NotImplementedError

    def axes(self, left: float, bottom: float, width: float, height: float) -> "Axes":
        """Axes at a place of the picture, in inches, so that no layout is searched for."""
        wide, high = self.size[0], self.size[1] + CAPTION
        return self._page.add_axes((left / wide, bottom / high, width / wide, height / high))

    def follow(self, refresh: Callable[[], None]) -> None:
        """Call `refresh` now and after every change of the state: for what controls show."""
        self._followers.append(refresh)
        refresh()

    def png(self) -> bytes:
        """The picture with its sentence: what GitHub, a PDF or a reader without a kernel shows."""
        return self._picture(caption=True)

    def show(self) -> Any:
        """The live widget: controls, sentence, picture; the same object every time.

        Raises:
            ImportError: when ipywidgets is missing.
        """
        if self._view is None:
            self._view = self._build()
        return self._view

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.sentence()}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """The live widget, and for pages that cannot run it the picture and the sentence."""
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
            return  # several traits were set together, and the first has told it all
        self._seen = state
        self.numbers = self.measure()
        for refresh in self._followers:
            refresh()

    def _blank_page(self) -> Figure:
        """A figure without axes, made anew: to clear a used one takes longer."""
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
                "Keys and sliders need ipywidgets: `pip install hashviz[notebooks]`. "
                "The picture needs nothing: `.png()`."
            ) from error

        width = f"{round(PAGE_DPI * self.size[0])}px"
        height = f"{round(PAGE_DPI * self.size[1])}px"
        # Without a tooltip: the page cannot show an Image that has one (ipywidgets 8.1).
        image = ipywidgets.Image(
            format="png",
            layout=ipywidgets.Layout(
                width=width, height=height, max_width="100%", object_fit="contain"
            ),
        )
        sentence = ipywidgets.HTML(layout=ipywidgets.Layout(max_width=width))

        def refresh() -> None:
            says = html.escape(self.sentence())
            sentence.value = f'<p role="status" style="{TWO_LINES}">{says}</p>'
            image.value = self._picture(caption=False)

        rows = self.controls()
        self.follow(refresh)
        view = ipywidgets.VBox([*rows, sentence, image])
        view.add_class("hashviz-widget")
        return view
