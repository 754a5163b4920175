"""Figures as inline SVG that follows the reader's light or dark theme."""

import base64
import io
import re
import warnings
from collections.abc import Callable

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from hashviz import plots

DARK = "screen and (prefers-color-scheme:dark)"

LARGEST = 250_000
"""Letters of a figure's file that a page holds at most."""


class Drawings:
    """The figures of a page as inline SVG: each drawn once per width, in both themes at once.

    What differs between the themes becomes a variable of the page's style; the shapes of the
    letters are kept once for all figures.
    """

    def __init__(self) -> None:
        self.count = 0
        self.light = Figure()
        self.colors: dict[tuple[str, str], str] = {}
        self.glyphs: dict[str, str] = {}

    def svg(self, draw: Callable[[Axes], Axes], size: tuple[float, float], kind: str) -> str:
        """Return a figure of the kind "wide" or "narrow"."""
        self.count += 1
        light, dark = (self._plain(draw, size, shade) for shade in (False, True))
        if light[::2] == dark[::2]:
            pairs = zip(light, dark, strict=True)
            content = "".join(a if a == b else self._both(a, b) for a, b in pairs)
        else:
            content = f'<g class="light">{"".join(light)}</g><g class="dark">{"".join(dark)}</g>'
        width, height = (round(72 * side, 1) for side in size)
        return (
            f'<svg class="{kind}" viewBox="0 0 {width} {height}" aria-hidden="true" '
            f'xmlns:xlink="http://www.w3.org/1999/xlink">{content}</svg>'
        )

    def file(self) -> str:
        """Return the light figure of the last `svg` as a PDF, in an address that holds all of it.

        Empty where it is larger than `LARGEST`: pages stay small, and `hashviz plot` draws it.
        """
        file = io.BytesIO()
        with plots.theme(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            FigureCanvasPdf(self.light).print_pdf(file, metadata={"CreationDate": None})
        content = base64.b64encode(file.getvalue()).decode()
        return f"data:application/pdf;base64,{content}" if len(content) <= LARGEST else ""

    def _plain(
        self, draw: Callable[[Axes], Axes], size: tuple[float, float], dark: bool
    ) -> list[str]:
        """Return the figure in one theme, cut so that every second piece may depend on it."""
        file = io.StringIO()
        # A page holds the shapes of its letters: it looks the same on every machine.
        shapes = mpl.rc_context({"svg.fonttype": "path"})
        with plots.theme(dark), shapes, warnings.catch_warnings():
            # A class may be named in a script that the bundled font lacks: boxes, not a failure.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure = Figure(figsize=size, dpi=72, layout="constrained", facecolor="none")
            draw(figure.subplots())
            for ax in figure.axes:
                ax.set_facecolor("none")
            # Figure.savefig would draw everything twice.
            FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
            figure.set_layout_engine("none")  # everything has its place
        self.light = self.light if dark else figure
        svg = file.getvalue()
        svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.S)
        svg = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
        svg = re.sub(r'<path id="(DejaVuSans[^"]*)"[^>]*/>', self._keep, svg)
        svg = re.sub(r"<image [^>]*?/>", lambda m: _photograph(m[0]), svg, flags=re.S)
        # Other names are told apart from those of the other figures, and the unused ones dropped.
        used = dict.fromkeys(re.findall(r"#([A-Za-z][\w.-]*)", svg))
        names = {
            name: name if name.startswith("DejaVuSans") else f"f{self.count}-{place}"
            for place, name in enumerate(n for n in used if f'id="{n}"' in svg or n in self.glyphs)
        }
        svg = re.sub(
            r' id="([^"]+)"', lambda m: f' id="{names[m[1]]}"' if m[1] in names else "", svg
        )
        svg = re.sub(r"#([A-Za-z][\w.-]*)", lambda m: "#" + names.get(m[1], m[1]), svg)
        pieces = re.split(r"(<image [^>]*/>|#[0-9a-f]{6}\b)", svg)
        for place in range(0, len(pieces), 2):
            piece = re.sub(r"-?\d+\.\d{3,}", _rounded, pieces[place])
            pieces[place] = re.sub(r"<defs>\s*</defs>", "", re.sub(r"\s+", " ", piece))
        return pieces

    def _keep(self, glyph: re.Match[str]) -> str:
        self.glyphs[glyph[1]] = re.sub(r"\s+", " ", glyph[0])
        return ""

    def _both(self, light: str, dark: str) -> str:
        if light.startswith("<image"):
            return "".join(
                image.replace("<image", f'<image class="{shade}"', 1)
                for image, shade in ((light, "light"), (dark, "dark"))
            )
        return f"var({self.colors.setdefault((light, dark), f'--c{len(self.colors)}')})"

    def style(self) -> str:
        """Return the variables of both themes."""
        light = "".join(f"{name}:{pair[0]};" for pair, name in self.colors.items())
        dark = "".join(f"{name}:{pair[1]};" for pair, name in self.colors.items())
        return f":root{{{light}}}@media {DARK}{{:root{{{dark}}}}}"

    def letters(self) -> str:
        """Return the shapes that all figures refer to."""
        shapes = "".join(self.glyphs.values())
        return f'<svg class="letters" aria-hidden="true"><defs>{shapes}</defs></svg>'


def _rounded(number: re.Match[str]) -> str:
    value = float(number[0])
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else number[0]


def _photograph(element: str) -> str:
    """Return an image element with its picture as JPEG where it has more colors than a diagram."""
    from PIL import Image

    def lighter(match: re.Match[str]) -> str:
        image = Image.open(io.BytesIO(base64.b64decode(match[1])), formats=("PNG",))
        opaque = image.convert("RGBA").getchannel("A").getextrema()[0] == 255
        if not opaque or image.convert("RGB").getcolors(256) is not None:
            return re.sub(r"\s", "", match[0])
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG", quality=88, subsampling=0)
        return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()

    return re.sub(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)", lighter, element)
