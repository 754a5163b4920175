"""One self-contained page about a run: what it is, what it scores, and what its codes look like.

The page loads nothing from anywhere: figures are inline SVG that follows the reader's light or
dark theme, with a narrow version for phones. Numbers come from the run's scores and from
`hashviz.metrics`; every figure stands beside two plain sentences and what to look for in this run.
"""

import base64
import html
import io
import itertools
import json
import re
import shlex
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from hashviz import metrics, plots
from hashviz.centers import measure_centers
from hashviz.data import DATASETS, Dataset, load_dataset
from hashviz.data.base import MissingData
from hashviz.files import write_file
from hashviz.hamming import distances
from hashviz.methods import METHODS
from hashviz.runs import Run

WIDE, NARROW = 6.4, 3.9
DARK = "screen and (prefers-color-scheme:dark)"
RESULTS = 10
TRAINING = ("epochs", "batch_size", "optimizer", "learning_rate", "weight_decay", "augment")
"""Settings that say nothing about a method that is fitted."""


@dataclass(frozen=True)
class Plate:
    """A figure to draw, with its height in inches; for phones, another drawing or height."""

    caption: str
    draw: Callable[[Axes], Axes]
    height: float
    narrow: Callable[[Axes], Axes] | None = None
    narrow_height: float | None = None
    width: float = WIDE


@dataclass(frozen=True)
class Section:
    """A chapter of the page: what the reader sees, and what to look for in this run."""

    title: str
    plates: list[Plate]
    seeing: str
    look: list[str]


def report(
    run: Run,
    path: Path | str | None = None,
    *,
    root: Path | str | None = None,
    dataset: Dataset | None = None,
) -> Path:
    """Write the page about a run to `path`, by default into its folder; returns the path.

    The pictures of the example queries come from `dataset`, or from the data set of the run's
    configuration below the data root; where it is missing the page says so and does without.
    """
    path = run.path / "derived" / "report.html" if path is None else Path(path)
    write_file(path, render(run, root=root, dataset=dataset).encode())
    return path


def render(run: Run, *, root: Path | str | None = None, dataset: Dataset | None = None) -> str:
    """The page about a run as one string."""
    dataset, excuse = (dataset, "") if dataset is not None else _pictures(run, root)
    if dataset is not None and not _same_images(run, dataset):
        dataset, excuse = None, "The data set has changed since this run was made."
    numbers, drawings = itertools.count(1), Drawings()
    body = [_header(run)]
    if excuse:
        body.append(f'<p class="excuse">No example queries here: {html.escape(excuse)}</p>')
    body += [_chapter(section, drawings, numbers) for section in sections(run, dataset)]
    body.append(_colophon(run))
    title = html.escape(f"{_method(run)[0]}, {_data_title(run)}, {run.config.bits} bits")
    style = STYLE + drawings.style()
    return PAGE.substitute(title=title, style=style, body="\n".join([drawings.letters(), *body]))


def sections(run: Run, dataset: Dataset | None) -> list[Section]:
    """The chapters that apply to a run, with their numbers and not yet drawn figures."""
    counts = metrics.distance_counts(
        run.query_codes, run.query_labels, run.database_codes, run.database_labels
    )
    return [
        *retrieval_sections(run, counts, dataset),
        *center_sections(run),
        code_section(run),
        bit_section(run),
        distance_section(run),
        curve_section(run, counts),
        *training_sections(run),
    ]


# ---------------------------------------------------------------- sections


def retrieval_sections(
    run: Run, counts: metrics.DistanceCounts, dataset: Dataset | None
) -> Iterator[Section]:
    """The typical, a weak and the worst query, by average precision."""
    if dataset is None:
        return
    precision = metrics.average_precision(counts, run.data.get("k"))
    order = np.argsort(-precision, kind="stable")
    last = len(order) - 1
    chosen = {
        "A typical query": (last // 2, "half of the queries do at least as well"),
        "A weak query": (last * 9 // 10, "nine in ten do at least as well"),
        "The worst query": (last, "no query does worse"),
    }
    plates, look, seen = [], [], set()
    for kind, (place, among) in chosen.items():
        query = int(order[place])
        value = f"{precision[query]:.3f}"
        if value in seen:
            continue
        seen.add(value)
        plate, right, shown, tied = _results(run, dataset, query, kind)
        plates.append(plate)
        sentence = (
            f"{kind} has an average precision of {value} ({among}); "
            f"{right} of its first {shown} results share a label with it"
        )
        if tied > 1:
            sentence += f", and {tied:,} database images are as near as the last one shown"
        look.append(sentence + ".")
    yield Section(
        "What the search returns",
        plates,
        "At the left stands a query, at the right the images whose codes are nearest to its own. "
        "Images in one box lie at the same distance: the code cannot say which of them is nearer, "
        "and their order here is that of the data set.",
        look,
    )


def _results(run: Run, dataset: Dataset, query: int, caption: str) -> tuple[Plate, int, int, int]:
    """The figure of one query, and: how many results are right, shown, and equal to the last."""
    far = distances(run.query_packed[query : query + 1], run.database_packed)[0]
    order = np.argsort(far, kind="stable")[:RESULTS]
    equal = np.bincount(far)[far[order]]
    relevant = (run.database_labels[order] & run.query_labels[query]).any(1)
    options: dict[str, Any] = {
        "relevant": relevant,
        "captions": [_names(run, row) for row in run.database_labels[order]],
        "query_caption": _names(run, run.query_labels[query]),
        "equal": equal,
        "query_code": run.query_codes[query],
        "result_codes": run.database_codes[order],
    }

    def draw(columns: int) -> Callable[[Axes], Axes]:
        return lambda ax: plots.query_results(
            dataset.images[run.query_index[query]],
            [dataset.images[i] for i in run.database_index[order]],
            far[order],
            columns=columns,
            ax=ax,
            **options,
        )

    wide, narrow = min(5, len(order)), min(3, len(order))
    sizes = [plots.query_results_size(len(order), run.config.bits, c) for c in (wide, narrow)]
    (width, height), (width_, height_) = sizes
    scale = 7.4 / width
    plate = Plate(
        caption, draw(wide), height * scale, draw(narrow), height_ * NARROW / width_, width=7.4
    )
    return plate, int(relevant.sum()), len(order), int(equal[-1]) if len(order) else 0


def center_sections(run: Run) -> Iterator[Section]:
    """The hash centers, where the method has any."""
    centers = run.centers
    if centers is None or not len(centers):
        return
    classes, bits = centers.shape
    quality = measure_centers(centers)
    apart = (bits - centers.astype(np.int64) @ centers.astype(np.int64).T) // 2
    look = [
        f"{bits} stored bits, {quality.distinct_columns} different: {quality.constant_columns} "
        f"constant, {quality.spoiled_columns - quality.constant_columns} repeating an earlier "
        f"one, {quality.useful_bits} that tell classes apart."
    ]
    if quality.forced_spoiled:
        look.append(f"{classes} classes force at least {quality.forced_spoiled} of those.")
    if classes > 1:
        look.append(
            f"The closest two centers differ in {quality.minimum} bits; bits/2 is {bits / 2:g}, "
            f"and no placement of {classes} centers gets beyond {quality.plotkin} (Plotkin)."
        )
    yield Section(
        "Hash centers",
        [
            Plate(
                "Bits of the centers",
                lambda ax: plots.hash_centers(centers, class_names=run.classes, ax=ax),
                min(2.3 + 0.17 * classes, 6.4),
            ),
            Plate(
                "Distances between the centers",
                lambda ax: plots.center_distances(
                    apart, bits=bits, plotkin=quality.plotkin, class_names=run.classes, ax=ax
                ),
                4.7,
                narrow_height=3.6,
            ),
        ],
        "Before training, every class is given one code, and images are pulled towards the code of "
        "their class. Classes are told apart by the bits in which their centers differ, so a bit "
        "that is the same for all classes, or repeats another bit, is stored for nothing.",
        look,
    )


def code_section(run: Run) -> Section:
    """The codes of the database."""
    bits = run.scores["bits"]
    total = len(run.database_codes)
    look = [
        f"{total:,} database images have {bits['distinct_codes']:,} different codes: "
        f"{total / max(bits['distinct_codes'], 1):.1f} images to a code on average.",
        f"{bits['useful']} of {run.config.bits} bits are different and not constant.",
    ]
    return Section(
        "The codes",
        [
            Plate(
                "Codes of the database",
                lambda ax: plots.code_matrix(
                    run.database_codes, run.database_labels, class_names=run.classes, ax=ax
                ),
                5.0,
                narrow_height=4.2,
            )
        ],
        "Every row is the code of one database image, rows of the same class together. Codes that "
        "know the classes show as blocks: alike inside a class, different between classes.",
        look,
    )


def bit_section(run: Run) -> Section:
    """Balance and correlation of the bits."""
    codes = run.database_codes
    balance = np.array(run.scores["bits"]["balance"], float)
    correlation = metrics.bit_correlation(codes)
    worst = int(np.abs(balance).argmax())
    n = len(codes)
    fair = int((np.abs(balance) <= 1.96 / n**0.5).sum())
    look = [
        f"{fair} of {len(balance)} bits are as balanced as a fair coin; bit {worst} is the least "
        f"balanced, +1 for {(1 + balance[worst]) / 2:.0%} of the images."
    ]
    if len(correlation) > 1:
        off = np.abs(correlation - np.diag(np.diagonal(correlation)))
        i, j = sorted(int(x) for x in np.unravel_index(off.argmax(), off.shape))
        look.append(
            f"Two bits correlate by {run.scores['bits']['mean_correlation']:.2f} on average "
            f"(absolute), bits {i} and {j} the most, by {_signed(correlation[i, j])}."
        )
    return Section(
        "What each bit does",
        [
            Plate(
                "Balance of the bits",
                lambda ax: plots.bit_balance(balance, images=n, ax=ax),
                3.2,
                narrow_height=2.7,
            ),
            Plate(
                "Correlation of the bits",
                lambda ax: plots.bit_correlation(correlation, ax=ax),
                4.7,
                narrow_height=3.4,
            ),
        ],
        "A bit says most when it is +1 for half of the images, and adds most when it does not "
        "follow another bit. The mean of a bit is 0 when it is balanced; the shaded band is where "
        "95 % of fair coins would end.",
        look,
    )


def distance_section(run: Run) -> Section:
    """Distances of pairs that share a label against those that share none."""
    similar, dissimilar = (
        np.array(run.scores["distances"][key], np.int64) for key in ("similar", "dissimilar")
    )
    place = np.arange(len(similar))
    look = []
    if similar.sum() and dissimilar.sum():
        shares = similar / similar.sum(), dissimilar / dissimilar.sum()
        means = [float(share @ place) for share in shares]
        look = [
            f"Pairs that share a label differ in {means[0]:.1f} bits on average, others in "
            f"{means[1]:.1f}; random codes would differ in {run.config.bits / 2:g}.",
            f"{np.minimum(*shares).sum():.1%} of the two histograms overlap.",
        ]
    else:
        kind = "share a label" if similar.sum() else "share none"
        look.append(f"All pairs of query and database image {kind}: nothing can be told apart.")
    return Section(
        "Distances",
        [
            Plate(
                "Hamming distances of all pairs",
                lambda ax: plots.distance_histogram(similar, dissimilar, ax=ax),
                3.7,
                narrow_height=3.2,
            )
        ],
        "Every pair of a query and a database image is counted at the number of bits in which "
        "their codes differ. The further the two hills lie apart, the better a radius can "
        "separate what belongs together.",
        look,
    )


def curve_section(run: Run, counts: metrics.DistanceCounts) -> Section:
    """Precision against recall by radius, precision among the first N."""
    scores = run.scores
    curve = {k: np.array(v, float) for k, v in scores["radius_curve"].items()}
    chance = float((counts.relevant.sum(1) / max(counts.database, 1)).mean())
    ranks = np.unique(np.geomspace(1, counts.database, 30).round().astype(int))
    precision = metrics.precision_at(counts, ranks).mean(0)
    radius = min(2, run.config.bits)
    hundred = min(100, counts.database)
    first = float(metrics.precision_at(counts, [hundred]).mean())
    look = [
        f"Within {radius} bits a query finds {curve['recall'][radius]:.0%} of what is relevant, at "
        f"a precision of {curve['precision'][radius]:.3f}; {curve['empty'][radius]:.1%} of the "
        "queries find nothing there, which counts as 0.",
        f"Of the first {hundred} results {first:.0%} are relevant; chance would give {chance:.0%}.",
    ]
    return Section(
        "Precision and recall",
        [
            Plate(
                "Precision and recall by radius",
                lambda ax: plots.precision_recall(
                    curve["precision"],
                    curve["recall"],
                    chance=chance,
                    radii=range(run.config.bits + 1),
                    ax=ax,
                ),
                4.0,
                narrow_height=3.2,
            ),
            Plate(
                "Precision among the first N results",
                lambda ax: plots.precision_at_n(ranks, precision, chance=chance, ax=ax),
                3.4,
                narrow_height=2.9,
            ),
        ],
        "Above, everything within a Hamming radius r is returned: a larger radius finds more "
        "(recall) of which less is relevant (precision). Below, the first N results are returned; "
        "inside equal distances the value is the mean over all orders.",
        look,
    )


def training_sections(run: Run) -> Iterator[Section]:
    """The loss terms, for a method that is trained."""
    terms = run.terms
    epochs = run.history.get("epoch", np.zeros(0))
    if not len(epochs) or not terms:
        return
    total = np.sum(list(terms.values()), axis=0)
    largest = max(terms, key=lambda name: terms[name][-1])
    seconds = run.history["seconds"][-1] if "seconds" in run.history else None
    clock = "" if seconds is None else f" and {seconds:.1f} seconds"
    look = [
        f"The loss went from {total[0]:.3g} to {total[-1]:.3g} in {len(epochs)} epochs{clock}.",
        f"At the end '{largest}' weighs most, with {terms[largest][-1]:.3g}.",
    ]
    yield Section(
        "Training",
        [
            Plate(
                "Terms of the loss",
                lambda ax: plots.training_terms(epochs, terms, ax=ax),
                3.4,
                narrow_height=2.9,
            )
        ],
        "The loss is a sum of named terms, drawn with the weight they have in it. The last epoch "
        "is what is scored above, not the best one.",
        look,
    )


# ---------------------------------------------------------------- parts of the page


def _header(run: Run) -> str:
    title, paper, url = _method(run)
    link = html.escape(paper)
    if url.startswith(("https://", "http://")):
        link = f'<a href="{html.escape(url)}">{link}</a>'
    scores = run.scores["map"]
    known = scores.get("expected") is not None
    number = f"{scores['expected']:.3f}" if known else "undefined"
    metric = "mAP" if run.data.get("k") is None else f"mAP@{run.data['k']:,}"
    sentence = "No query has a relevant image in the database, so there is nothing to average."
    if known:
        sentence = (
            f"{metric}, the mean over all orders of equal distances. The luckiest order gives "
            f"{scores['optimistic']:.4f}, the unluckiest {scores['pessimistic']:.4f}; "
            f"chance gives {scores['chance']:.3f}."
        )
    stopped = run.environment.get("stopped")
    warning = (
        f'<p class="excuse">Training stopped early ({html.escape(str(stopped))}); '
        "these are the codes of the last good epoch.</p>"
        if stopped
        else ""
    )
    data = html.escape(_data_title(run))
    return f"""<header>
<p class="eyebrow">{html.escape(run.name)}</p>
<h1>{html.escape(title)} <span>on {data}, {run.config.bits} bits</span></h1>
<p class="byline">{link}</p>
<div class="headline">
<p class="number">{number}</p>
<div>{_scale(scores) if known else ""}<p>{sentence}</p></div>
</div>
<p class="protocol">{html.escape(run.split)}</p>
{warning}</header>"""


def _scale(scores: dict[str, float]) -> str:
    """The headline on a line from 0 to 1: chance as a tick, the tie band, the expectation."""

    def x(value: float) -> float:
        return round(4 + 392 * min(max(value, 0.0), 1.0), 2)

    low, high = x(scores["pessimistic"]), x(scores["optimistic"])
    middle, chance = x(scores["expected"]), x(scores["chance"])
    anchor = "start" if chance < 40 else "end" if chance > 360 else "middle"
    return f"""<svg class="scale" viewBox="0 0 400 40" role="img" aria-hidden="true">
<line x1="4" x2="396" y1="16" y2="16" class="rail"/>
<rect x="{low}" width="{max(round(high - low, 2), 1)}" y="11" height="10" rx="2" class="band"/>
<line x1="{chance}" x2="{chance}" y1="9" y2="23" class="tick"/>
<circle cx="{middle}" cy="16" r="5.5" class="dot"/>
<text x="{chance}" y="36" text-anchor="{anchor}">chance</text>
</svg>"""


class Drawings:
    """The figures of a page as inline SVG: each drawn once per width, in both themes at once.

    What differs between the themes becomes a variable of the page's style; the shapes of the
    letters are kept once for all figures.
    """

    def __init__(self) -> None:
        self.count = 0
        self.colors: dict[tuple[str, str], str] = {}
        self.glyphs: dict[str, str] = {}

    def svg(self, draw: Callable[[Axes], Axes], size: tuple[float, float], kind: str) -> str:
        """A figure of the kind "wide" or "narrow"."""
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

    def _plain(
        self, draw: Callable[[Axes], Axes], size: tuple[float, float], dark: bool
    ) -> list[str]:
        """The figure under one theme, cut so that every second piece may depend on the theme."""
        file = io.StringIO()
        with plots.theme(dark), warnings.catch_warnings():
            # A class may be named in a script that the bundled font lacks: boxes, not a failure.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure = Figure(figsize=size, dpi=72, layout="constrained", facecolor="none")
            draw(figure.subplots()).set_facecolor("none")
            # Figure.savefig would draw everything twice.
            FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
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
        """The variables of both themes."""
        light = "".join(f"{name}:{pair[0]};" for pair, name in self.colors.items())
        dark = "".join(f"{name}:{pair[1]};" for pair, name in self.colors.items())
        return f":root{{{light}}}@media {DARK}{{:root{{{dark}}}}}"

    def letters(self) -> str:
        """The shapes that all figures refer to."""
        shapes = "".join(self.glyphs.values())
        return f'<svg class="letters" aria-hidden="true"><defs>{shapes}</defs></svg>'


def _rounded(number: re.Match[str]) -> str:
    value = float(number[0])
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else number[0]


def _photograph(element: str) -> str:
    """An image element with its picture as JPEG where it has more colors than a diagram."""
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


def _chapter(section: Section, drawings: Drawings, numbers: Iterator[int]) -> str:
    figures = []
    for plate in section.plates:
        number = next(numbers)
        caption = html.escape(plate.caption)
        small = (NARROW, plate.narrow_height or plate.height * 0.8)
        wide = drawings.svg(plate.draw, (plate.width, plate.height), "wide")
        narrow = drawings.svg(plate.narrow or plate.draw, small, "narrow")
        figures.append(
            f'<figure id="figure-{number}"><div role="img" aria-label="{caption}">{wide}{narrow}'
            f"</div><figcaption><b>Figure {number}.</b> {caption}</figcaption></figure>"
        )
    look = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in section.look)
    return f"""<section>
<h2>{html.escape(section.title)}</h2>
<div class="plates">{"".join(figures)}</div>
<aside><p>{html.escape(section.seeing)}</p><ul>{look}</ul></aside>
</section>"""


def _colophon(run: Run) -> str:
    row = METHODS.get(run.config.method)
    unused = () if row is None or row.trained else TRAINING
    settings = [
        (f.name.replace("_", " "), getattr(run.config, f.name))
        for f in fields(run.config)
        if f.name not in unused and getattr(run.config, f.name) not in (None, "", {})
    ]
    made = [(key.replace("_", " "), value) for key, value in run.environment.items() if value]
    commands = f"{_command(run)}\nhashviz report {shlex.quote(run.name)}"
    return f"""<footer>
<h2>How this was made</h2>
<pre>{html.escape(commands)}</pre>
<div class="tables">{_table("Settings", settings)}{_table("Environment", made)}</div>
</footer>"""


def _table(caption: str, rows: list[tuple[str, Any]]) -> str:
    cells = "".join(
        f"<tr><th scope=row>{html.escape(name)}</th><td>{html.escape(_plain(value))}</td></tr>"
        for name, value in rows
    )
    return f"<table><caption>{caption}</caption>{cells}</table>"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_plain(item)}" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _command(run: Run) -> str:
    """The command line that makes the run again; short where the folder's name says it suffices."""
    config = run.config
    ordinary = run.path.resolve().name == f"seed{config.seed}"
    words = ["hashviz", "train", config.method]
    for f in fields(config):
        value = getattr(config, f.name)
        told = (
            not ordinary and f.name not in ("method", "options") and value not in (f.default, None)
        )
        if told or f.name in ("data", "bits", "seed"):
            words += ["--" + f.name.replace("_", "-"), str(value)]
    for name, value in sorted(config.options.items()):
        text = value if isinstance(value, str) else json.dumps(value)
        words += ["--set", f"{name}={text}"]
    return shlex.join(words)


# ---------------------------------------------------------------- what the run is about


def _method(run: Run) -> tuple[str, str, str]:
    """Title, paper and address; of a method that this version does not know, its name alone."""
    row = METHODS.get(run.config.method)
    return (row.title, row.paper, row.url) if row else (run.config.method, "", "")


def _data_title(run: Run) -> str:
    row = DATASETS.get(run.config.data.partition(":")[0].partition("?")[0])
    return run.config.data if row is None or row.takes_path else row.title


def _names(run: Run, labels: np.ndarray) -> str:
    names = [run.classes[i] for i in np.flatnonzero(labels)]
    return ", ".join(names) or "no label"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _pictures(run: Run, root: Path | str | None) -> tuple[Dataset | None, str]:
    """The data set of a run, or the reason why there is none."""
    try:
        return load_dataset(run.config.data, root), ""
    except (MissingData, ValueError, OSError) as error:
        return None, str(error)


def _same_images(run: Run, dataset: Dataset) -> bool:
    """Whether the rows that the run names still carry the labels it saw."""
    rows = np.concatenate([run.query_index, run.database_index])
    labels = np.concatenate([run.query_labels, run.database_labels])
    if len(rows) and rows.max() >= len(dataset):
        return False
    return dataset.labels.shape[1] == labels.shape[1] and bool(
        (dataset.labels[rows] == labels).all()
    )


STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2328;--soft:#59616b;--line:#dfe2e6;
--accent:#0072b2;--wash:#f5f6f7}
@media screen and (prefers-color-scheme:dark){:root{--paper:#15181d;--ink:#e8eaed;--soft:#a3abb5;
--line:#2f353d;--accent:#4aa3df;--wash:#1c2026}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:17px/1.55 "Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L",P052,Georgia,serif;
-webkit-text-size-adjust:100%}
.page{max-width:1060px;margin:0 auto;padding:72px 32px 96px}
h1,h2{font-weight:400;line-height:1.2;margin:0;text-wrap:balance}
h1{font-size:44px;letter-spacing:-.01em}
h1 span{color:var(--soft)}
h2{font-size:28px;margin:0 0 20px}
a{color:var(--accent);text-underline-offset:3px;text-decoration-thickness:1px}
.eyebrow,.byline,.protocol,figcaption,table,caption,.excuse,.scale text{
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.eyebrow{font-size:13px;color:var(--soft);margin:0 0 14px;overflow-wrap:anywhere}
.byline{font-size:15px;margin:14px 0 0}
.headline{display:flex;gap:40px;align-items:center;margin:44px 0 0;padding:28px 0;
border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
.number{font-size:84px;line-height:1;margin:0;font-variant-numeric:lining-nums tabular-nums;
letter-spacing:-.02em}
.headline div{flex:1;max-width:560px}.headline div p{margin:10px 0 0}
.scale{display:block;width:100%;height:auto}
.rail{stroke:var(--line);stroke-width:2;stroke-linecap:round}.tick{stroke:var(--soft);stroke-width:1.5}
.band{fill:var(--accent);opacity:.35}.dot{fill:var(--accent)}
.scale text{fill:var(--soft);font-size:12px}
.protocol{font-size:14px;color:var(--soft);margin:16px 0 0}
.excuse{font-size:15px;background:var(--wash);padding:12px 16px;border-radius:4px;
margin:32px 0 0;overflow-wrap:anywhere}
section{display:grid;grid-template-columns:minmax(0,1fr) 280px;column-gap:52px;margin-top:88px}
section h2{grid-column:1/-1;padding-top:20px;border-top:1px solid var(--line)}
.plates{min-width:0}
figure{margin:0 0 36px;break-inside:avoid}
figure svg{display:block;width:100%;height:auto}
figure svg *{stroke-linejoin:round;stroke-linecap:butt}
.letters{position:absolute;width:0;height:0}.narrow,.dark{display:none!important}
@media screen and (prefers-color-scheme:dark){.light{display:none!important}
.dark{display:inline!important}}
figcaption{font-size:13px;color:var(--soft);margin-top:8px}figcaption b{font-weight:600}
aside{font-size:16px;align-self:start;position:sticky;top:32px}aside>p{margin:0 0 20px}
aside ul{list-style:none;margin:0;padding:0}
aside li{border-left:3px solid var(--accent);padding:0 0 0 14px;margin:0 0 16px}
footer{margin-top:88px}footer h2{padding-top:20px;border-top:1px solid var(--line)}
pre{font:14px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
background:var(--wash);border-radius:4px;padding:16px 18px;margin:0 0 32px;white-space:pre-wrap;
overflow-wrap:anywhere}
.tables{display:grid;grid-template-columns:1fr 1fr;gap:52px;align-items:start}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--soft);font-size:13px;padding-bottom:6px}
th,td{text-align:left;font-weight:400;padding:6px 0;border-top:1px solid var(--line);
vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);width:42%;padding-right:16px}
@media (max-width:860px){section{display:block;margin-top:64px}aside{position:static}
.plates{margin-bottom:4px}figure{margin-bottom:20px}.tables{grid-template-columns:1fr;gap:32px}}
@media screen and (max-width:600px){.wide{display:none!important}
.narrow{display:block!important}body{font-size:16px}.page{padding:36px 20px 64px}h1{font-size:32px}
h2{font-size:24px}.headline{display:block;margin-top:28px;padding:22px 0}
.number{font-size:64px;margin-bottom:16px}}
@media print{body{font-size:10.5pt}.page{max-width:none;padding:0}section{margin-top:28pt;
column-gap:24pt;grid-template-columns:minmax(0,1fr) 150pt}h2{break-after:avoid}a{color:inherit}}
"""

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>$title</title>
<style>$style</style>
</head>
<body><div class="page">
$body
</div></body>
</html>
""")
