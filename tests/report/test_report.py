import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure

from hashviz.config import TrainConfig
from hashviz.data.base import Dataset, fingerprint
from hashviz.plots.palette import is_dark
from hashviz.report import render, report
from hashviz.report.chapters import sections
from hashviz.report.drawings import Drawings
from hashviz.report.naming import pictures_of, same_images
from hashviz.report.page import Section, page
from hashviz.report.registry import FIGURES, Subject, plate
from hashviz.runs import Side, save_run


def make_run(folder, *, bits=12, classes=("cat", "dog", "owl"), n=40, method="csq", centers=True,
             history=True, outputs=None, labels=None, data="digits", path="seed0", options=None,
             extra=None):  # fmt: skip
    """A run of made-up outputs around centers, and the data set it could have come from."""
    rng = np.random.default_rng(0)
    placed = np.where(rng.random((len(classes), bits)) < 0.5, -1, 1).astype(np.int8)
    if labels is None:
        labels = np.arange(len(classes)) == (np.arange(n) % len(classes))[:, None]
    if outputs is None:
        outputs = labels @ placed + 0.6 * rng.normal(size=(n, bits))
    outputs = outputs.astype(np.float32)
    cut = n // 4
    rows = np.arange(n, dtype=np.int64)
    run = save_run(
        folder / path,
        TrainConfig(method=method, data=data, bits=bits, options=options or {}),
        data={"classes": list(classes), "split": "holdout, seed 0: 10 queries", "k": None,
              **(extra or {})},
        environment={"python": "3.12", "device": "cpu <b>", "seconds": 1.5},
        history=[{"epoch": i, "seconds": i / 2.0, "images_per_second": 9.0, "center": 1 / i,
                  "quantization": 0.1} for i in (1, 2, 3)] if history else [],
        query=Side(outputs[:cut], labels[:cut], rows[:cut]),
        database=Side(outputs[cut:], labels[cut:], rows[cut:]),
        centers=placed if centers else None,
        codes_over_training=rng.integers(0, 256, (3, n - cut, -(-bits // 8)), np.uint8)
        if history else None,
    )  # fmt: skip
    images = rng.integers(0, 256, (n, 8, 8, 3)).astype(np.uint8)
    return run, Dataset("made up", images, labels, tuple(classes))


class Page(HTMLParser):
    """Text, addresses and unclosed elements of a page."""

    EMPTY = ("meta", "br", "img", "source", "link", "input")

    def __init__(self, page):
        super().__init__()
        self.open, self.addresses, self.text, self.tags = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in self.EMPTY:
            self.open.append(tag)
        names = ("src", "href", "xlink:href", "srcset", "poster", "action")
        self.addresses += [(tag, value) for name, value in attrs if name in names]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def words(page):
    return " ".join(" ".join(Page(page).text).split())


FILE = Drawings.file


@pytest.fixture(autouse=True, scope="module")
def pages_in_no_time() -> Iterator[None]:
    """Principal planes and no PDFs: UMAP and PDFs have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hashviz.report.figures.maps.UMAP_CODES", 0)
        patch.setattr(Drawings, "file", lambda self: "")
        yield


def keep_figures(monkeypatch, names):
    """Let pages have these figures only."""
    few = {name: rows for name, rows in FIGURES.items() if name in names}
    monkeypatch.setattr("hashviz.report.chapters.FIGURES", few)


SOME = {
    *("query_results", "hash_centers", "code_matrix", "useful_bits", "distance_histogram"),
    *("precision_at_n", "training_terms", "code_map"),
}
"""Pictures, matrices, bars, lines and scatter, of most chapters."""


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """A run, its data set and its page with some of its figures."""
    run, dataset = make_run(tmp_path_factory.mktemp("runs"))
    with pytest.MonkeyPatch.context() as patch:
        keep_figures(patch, SOME)
        return run, dataset, render(run, dataset=dataset)


def draw_all(run, dataset):
    """The sections of a page, every figure drawn."""
    found = sections(Subject([run], dataset))
    for each in [each for section in found for each in section.plates]:
        for narrow in (False, True)[: 1 + bool(each.narrow)]:
            figure = Figure(dpi=40)
            each.draw(figure.subplots(), narrow=narrow)
            figure.draw_without_rendering()
    return {section.title: " ".join([section.seeing, *section.look]) for section in found}


def test_the_page_is_written_into_the_folder_and_the_same_run_gives_the_same_page(
    tmp_path, monkeypatch
):
    keep_figures(monkeypatch, {"bit_gallery", "training_terms"})
    run, dataset = make_run(tmp_path)
    path = report(run, dataset=dataset)
    assert path == run.path / "derived" / "report.html"
    assert path.read_text() == render(run, dataset=dataset)
    assert not [p for p in path.parent.iterdir() if p.name.startswith(".")]


def test_the_page_stands_alone(example):
    assert stands_alone(example[2])


@pytest.mark.slow
def test_the_page_with_all_its_figures_stands_alone(tmp_path):
    run, dataset = make_run(tmp_path)
    page = render(run, dataset=dataset)
    assert stands_alone(page)
    assert names_are_told_apart(page)


def stands_alone(page):
    parsed = Page(page)
    assert parsed.open == []
    assert "script" not in parsed.tags
    for tag, address in parsed.addresses:
        assert address.startswith(("#", "data:image/")) or tag == "a", address
    assert "url(" not in re.sub(r"url\(#[\w.-]+\)", "", page)
    assert "@import" not in page
    return len(page.encode()) < 2_000_000


def test_a_page_has_contents(example):
    chapters = re.findall(r'<section id="([^"]+)">', example[2])
    assert len(chapters) > 5
    assert re.findall(r'<li><a href="#([^"]+)">', example[2]) == chapters


def test_every_figure_comes_with_a_pdf_to_keep_which_is_the_same_each_time(tmp_path):
    made = replace(plate("One", 2.0, function=lambda ax: ax), name="one")
    section, subject = Section("Few", [made], "", []), Subject([make_run(tmp_path)[0]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Drawings, "file", FILE)
        written = [page(subject, [section]) for _ in range(2)]
    assert written[0] == written[1]
    address = r'download="(\w+)\.pdf" href="data:application/pdf;base64,([^"]+)"'
    ((name, content),) = re.findall(address, written[0])
    assert name == "one"
    assert base64.b64decode(content).startswith(b"%PDF")


def test_every_name_that_a_figure_refers_to_is_there_once(example):
    assert names_are_told_apart(example[2])


def names_are_told_apart(page):
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))
    referred = set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r"url\(#([^)]+)\)", page))
    return referred <= set(names)


def test_every_color_variable_has_a_value_in_both_themes(example):
    used = set(re.findall(r"var\((--c\d+)\)", example[2]))
    assert used
    for name in used:
        assert len(re.findall(rf"{name}:#[0-9a-f]{{6}};", example[2])) == 2


def test_the_page_tells_method_protocol_score_and_command(example):
    run, _, page = example
    text = words(page)
    assert "CSQ on Handwritten digits, 12 bits" in text
    assert run.split in text
    assert f"{run.scores['map']['expected']:.3f}" in text
    assert f"chance gives {run.scores['map']['chance']:.3f}" in text
    assert "hashviz train csq --data digits --bits 12 --seed 0" in text
    assert 'href="https://arxiv.org/abs/1908.00347"' in page


def test_figures_come_with_what_to_look_for(example):
    run, _, page = example
    text = words(page)
    assert f"{run.scores['bits']['useful']} of 12 bits are different and not constant." in text
    assert re.search(r"12 stored bits, \d+ different", text)
    assert "A typical query has an average precision of" in text
    for title in ("What the search returns", "Hash centers", "The codes", "What each bit does",
                  "Distances", "Precision and recall", "Training"):  # fmt: skip
        assert f"<h2>{title}</h2>" in page
    numbers = [int(n) for n in re.findall(r"<b>Figure (\d+)\.</b>", page)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_fitted_method_has_no_centers_no_training_and_no_training_settings(tmp_path):
    run, _ = make_run(tmp_path, method="lsh", centers=False, history=False)
    run.environment["stopped"] = "loss is nan"
    found = sections(Subject([run]))
    titles = [section.title for section in found]
    assert titles == [
        "Why this hit", "What bits stand for", "A map of the codes", "The codes",
        "What each bit does", "Before the sign", "Distances", "Precision and recall",
    ]  # fmt: skip
    text = words(page(Subject([run], root=tmp_path), []))
    assert "epochs" not in text
    assert "Training stopped early (loss is nan)" in text


def test_without_its_images_a_page_says_so_shows_the_rest_and_runs_no_text(tmp_path, monkeypatch):
    # Names of classes stand in these figures, in the words beside them and in those of the page.
    keep_figures(monkeypatch, {"bit_agreement", "hash_centers", "distance_histogram"})
    names = ("<script>alert(1)</script>", "a&b", '"><img src=x>', "$x_$")
    run, dataset = make_run(
        tmp_path,
        classes=names,
        data="folder:/<b>x</b>",
        path="seed0-x",
        options={"quantization_weight": 0.5},
        extra={"split": f"holdout {names[0]}"},
    )
    changed = Dataset("made up", dataset.images, ~dataset.labels, dataset.classes)
    written = render(run, dataset=changed)
    parsed, text = Page(written), words(written)
    assert "The data set has changed" in text
    assert "What the search returns" not in text
    assert "<h2>Distances</h2>" in written
    assert not {"script", "img"} & set(parsed.tags)
    assert parsed.tags.count("b") == written.count("<figcaption>")
    for shown in (f"holdout {names[0]}", "folder:/<b>x</b>", "cpu <b>"):
        assert shown in text
    assert "--set quantization_weight=0.5" in text


def test_a_changed_pixel_is_a_changed_data_set(tmp_path):
    run, dataset = make_run(tmp_path)
    run.data["fingerprint"] = fingerprint(dataset)
    assert same_images(run, dataset)
    images = dataset.images.copy()
    images[0, 0, 0, 0] ^= 1
    assert not same_images(run, Dataset("made up", images, dataset.labels, dataset.classes))


def test_a_missing_data_set_is_a_reason_not_an_error(tmp_path):
    run, _ = make_run(tmp_path, data="cifar10")
    dataset, excuse = pictures_of(run, tmp_path / "nowhere")
    assert dataset is None
    assert "nowhere" in excuse


@pytest.mark.parametrize(
    ("case", "options", "title", "sentence"),
    [
        ("equal codes", {"outputs": np.ones((40, 12))}, "The codes", "have 1 different codes"),
        ("one class", {"classes": ("cat",)}, "Distances", "All pairs of query and database"),
        ("one query, four bits", {"n": 4, "bits": 4}, "Hash centers", "4 stored bits"),
        (
            "nothing relevant",
            {"labels": (np.arange(40) < 10)[:, None] == [True, False, False]},
            "Distances",
            "share none",
        ),
        (
            "several labels",
            {"labels": np.random.default_rng(1).random((40, 3)) < 0.6},
            "What the search returns",
            "average precision",
        ),
    ],
)
def test_odd_runs_have_true_sentences_and_figures(tmp_path, case, options, title, sentence):
    del case
    run, dataset = make_run(tmp_path, **options)
    told = draw_all(run, dataset)
    assert sentence in told[title]
    assert "nan" not in " ".join(told.values()).split()
    assert "nan" not in words(page(Subject([run]), []))


def test_a_figure_that_differs_in_shape_between_themes_is_kept_twice():
    def draw(ax):
        ax.plot([0, 1, 2] if is_dark() else [0, 1])
        return ax

    svg = Drawings().svg(draw, (2.0, 1.0), "wide")
    assert svg.count('<g class="light">') == svg.count('<g class="dark">') == 1
