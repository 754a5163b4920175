"""Every figure on one page, for human eyes: 12 and 64 bits, 2, 10 and 80 classes, light and dark.

    uv run python tools/contact_sheet.py FOLDER [--only NAME] [--bits 12 64] [--classes 2 10 80]

writes one PNG per figure and theme, and `index.html` that shows them all. The arrays are made
up: codes scattered around random centers.
"""

import argparse
import html
from pathlib import Path

from gallery import Example, figures
from matplotlib.figure import Figure

from hashviz import plots


def main() -> None:
    """Draw and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", default="", help="draw only figures whose name holds this")
    parser.add_argument("--bits", type=int, nargs="+", default=[12, 64])
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 10, 80])
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
                    file = f"{name}-{bits}-{classes}-{shade}.png"
                    with plots.theme(dark):
                        figure = Figure(figsize=size, layout="constrained")
                        draw(figure.subplots())
                        figure.savefig(args.folder / file, dpi=100)
                    caption = html.escape(f"{name}, {bits} bits, {classes} classes")
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
