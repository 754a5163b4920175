"""A new figure of a run is a function of `plots`, its row in `report` and its card: no list."""

import json
import sys

import pytest

from hashviz import plots
from hashviz.cli.main import main
from hashviz.report import figures, render
from hashviz.report.registry import FIGURES, Need, Subject, figure, plate
from tests.report.test_report import keep_figures, make_run, words

PLOT = '''
"""A figure that nobody has drawn before."""

from hashviz.plots.palette import new_axes

__all__ = ["label_counts"]


def label_counts(counts, *, ax=None, **bars):
    """Draw how many images have each label."""
    ax = new_axes() if ax is None else ax
    ax.bar(range(len(counts)), counts, **bars)
    return ax
'''

ROW = '''
"""Its row."""

from hashviz.plots.temporary_plot import label_counts as draw
from hashviz.report.registry import figure, plate


@figure("run", "The codes", "how many images have each label")
def label_counts(s):
    counts = s.run.database_labels.sum(0)
    yield plate("Images of each label", 3.0, counts, function=draw)
    yield f"The rarest label has {counts.min()} images."
'''


@pytest.fixture
def added(tmp_path, monkeypatch):
    """One file in the folder of plots and one in that of rows."""
    for package, name, text in ((plots, "temporary_plot", PLOT), (figures, "temporary_row", ROW)):
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / f"{name}.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    figures.load()
    yield
    del FIGURES["label_counts"]
    for module in ("hashviz.plots.temporary_plot", "hashviz.report.figures.temporary_row"):
        del sys.modules[module]


def test_a_figure_added_in_two_files_is_listed_drawn_and_in_the_report(
    added, tmp_path, capsys, monkeypatch
):
    run, _ = make_run(tmp_path / "runs", path="made/csq/12bits/seed0")
    assert main(["list", "plots", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    row = {"name": "label_counts", "from": "run", "about": "how many images have each label"}
    assert row in listed
    file = tmp_path / "x.svg"
    assert main(["plot", "label-counts", str(run.path), "-o", str(file)]) == 0
    assert file.read_text().startswith("<?xml")
    keep_figures(monkeypatch, {"label_counts"})
    text = words(render(run, root=tmp_path))
    assert "Figure 1. Images of each label" in text
    assert f"The rarest label has {run.database_labels.sum(0).min()} images." in text


def test_a_need_is_checked_before_anything_is_drawn_and_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("hashviz.report.registry.FIGURES", {})
    drawn = []

    @figure("runs", "A", "b", Need("it is of {0.run.config.bits} bits", lambda r, s: False))
    def never(s):
        drawn.append(s)
        yield plate("c", 1.0)

    from hashviz.report import registry

    row = registry.FIGURES["never"]["runs"]
    run, _ = make_run(tmp_path)
    assert list(row.items(Subject([run]))) == []
    with pytest.raises(ValueError, match=r"no 'never' of .*seed0: it is of 12 bits\.$"):
        row.check(Subject([run]))
    assert not drawn
