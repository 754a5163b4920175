"""Every figure on one page, for human eyes: 12 and 64 bits, 2, 10 and 80 classes, light and dark.

    uv run python -m tools.contact_sheet FOLDER [--only NAME] [--bits 12 64] [--classes 2 10 80]
                                                [--eyes typical gray deuteranopia]

writes one PNG per figure and theme, and `index.html` that shows them all. The arrays are made
up: codes scattered around random centers.
"""

import argparse
import html
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from hashviz import plots
from tools.gallery import Example, figures


def main() -> None:
    """Draw and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", default="", help="draw only figures whose name holds this")
    parser.add_argument("--bits", type=int, nargs="+", default=[12, 64])
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 10, 80])
    parser.add_argument("--eyes", nargs="+", default=["typical"], choices=plots.EYES)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    cards = []
    for bits in args.bits:
        for classes in args.classes:
            example = Example(bits, classes, several=classes == 10 and bits == 12)
            for name, size, draw in figures(example):
                if args.only not in name:
                    continue
                for dark in (False, True):
                    shade = "dark" if dark else "light"
                    with plots.theme(dark):
                        figure = Figure(figsize=size, dpi=100, layout="constrained")
                        canvas = FigureCanvasAgg(figure)
                        draw(figure.subplots())
                        canvas.draw()
                        pixels = np.asarray(canvas.buffer_rgba())
                    for eye in args.eyes:
                        file = f"{name}-{bits}-{classes}-{shade}-{eye}.png"
                        Image.fromarray(plots.seen_by(eye, pixels)).save(args.folder / file)
                        caption = html.escape(f"{name}, {bits} bits, {classes} classes, {eye}")
                        cards.append(
                            f'<figure class="{shade}"><img src="{file}" alt="">'
                            f"<figcaption>{caption}</figcaption></figure>"
                        )
    page = (
        "<!doctype html><meta charset=utf-8><title>Contact sheet</title><style>"
        "body{display:flex;flex-wrap:wrap;gap:16px;margin:16px;font:13px system-ui}"
        "figure{margin:0;padding:12px;border:1px solid #ccc}.dark{background:#15181d;color:#ccc}"
        "</style>" + "\n".join(cards)
    )
    (args.folder / "index.html").write_text(page)
    print(args.folder / "index.html")


if __name__ == "__main__":
    main()
