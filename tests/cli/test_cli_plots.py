"""`hashviz report` of several runs, `hashviz plot` and `hashviz list plots`."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from hashviz import plots
from hashviz.cli.main import main
from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.plots import NOT_TO_READ
from hashviz.report.chapters import sections
from hashviz.report.export import draw, inches, size_of
from hashviz.report.figures.maps import map_of
from hashviz.report.named import figure_named, figure_of_results
from hashviz.report.naming import run_labels
from hashviz.report.registry import FIGURES, NARROW, WIDE, Subject, plate
from hashviz.training.jobs import train
from tests.report.test_report import keep_figures, make_run, words

RESULTS = Path(__file__).parents[2] / "results"
SIGNATURES = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


NETWORK = {"heat_on_both", "attack", "bit_origins"}
"""Figures that need the network of a run, not its codes alone."""


@pytest.fixture
def runs(tmp_path):
    """Two methods with 12 bits and one of them with 16, of one data set."""
    made = [
        make_run(tmp_path / "runs", path="made/csq/12bits/seed0"),
        make_run(tmp_path / "runs", path="made/lsh/12bits/seed0", method="lsh", centers=False,
                 history=False, outputs=np.random.default_rng(3).normal(size=(40, 12))),
        make_run(tmp_path / "runs", path="made/csq/16bits/seed0", bits=16),
    ]  # fmt: skip
    return [run for run, _ in made], made[0][1]


@pytest.fixture
def cli(capsys, tmp_path):
    def run(*arguments):
        status = main([*map(str, arguments), "--runs", str(tmp_path / "runs")])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def names_in(subject):
    return {plate.name for section in sections(subject) for plate in section.plates}


def test_every_figure_of_a_report_can_be_plotted_and_every_name_is_a_function(runs):
    made, dataset = runs
    several = np.random.default_rng(1).random((40, 3)) < 0.6
    merged, _ = make_run(made[0].path.parents[3], path="made/csq/12bits/seed1", labels=several)
    subjects = Subject(made, dataset), Subject(made[:1], dataset), Subject([merged])
    found = set().union(*map(names_in, subjects))
    of_results = {name for name, rows in FIGURES.items() if {"compare", "ablate"} & rows.keys()}
    assert found | of_results | NETWORK | {"merged_distances"} == set(FIGURES)
    assert all(callable(getattr(plots, name)) for name in FIGURES)


def test_one_figure_is_drawn_without_computing_the_others(runs, monkeypatch):
    made, dataset = runs
    for number in ("project_run", "kept_map"):
        monkeypatch.setattr(f"hashviz.report.figures.maps.{number}", None)
    monkeypatch.setattr("hashviz.report.figures.curves.fine_ranks", None)
    assert figure_named("bit_balance", made[:1], dataset).name == "bit_balance"
    assert figure_named("ranking", made, dataset).name == "ranking"


def test_a_run_with_its_network_and_its_pictures_has_the_other_figures_too(
    tmp_path, cli, monkeypatch
):
    monkeypatch.setattr("hashviz.report.figures.maps.UMAP_CODES", 0)
    run = train(
        TrainConfig(method="dmsh", data="digits", bits=8, epochs=2, device="cpu", threads=1),
        runs=tmp_path / "runs",
    )
    found = names_in(Subject([run], load_dataset("digits")))
    assert found >= NETWORK | {"code_map", "bit_flips", "code_history", "bit_gallery"}
    for name in ("attack", "heat_on_both"):
        file = tmp_path / f"{name}.png"
        assert cli("plot", name, run.path, "-o", file)[0] == 0
        assert file.stat().st_size > 10_000


SEVERAL = [name for name, rows in FIGURES.items() if "runs" in rows]


def test_of_several_runs_all_are_drawn_or_the_figure_is_refused(runs):
    several, dataset = runs
    other, _ = make_run(several[0].path.parents[3], path="dpn/12bits/seed0", method="dpn")
    several = [several[0], several[2], other]
    for name in SEVERAL:
        if name in TWO_ONLY:
            with pytest.raises(ValueError, match="it compares exactly two runs"):
                figure_named(name, several, dataset)
            continue
        figure = Figure(figsize=(9, 4), layout="constrained")
        FigureCanvasAgg(figure)
        figure_named(name, several, dataset).draw(figure.subplots())
        written = " ".join(text.get_text() for text in figure.findobj(Text)).lower()
        names = ["csq", "dpn"] if name == "map_by_bits" else run_labels(several)
        assert all(title.lower() in written for title in names), name


TWO_ONLY = {"results_change"}
"""What enters and leaves is a question about two runs."""


def test_a_figure_of_one_run_refuses_several_and_names_those_that_take_them(runs):
    for name in FIGURES.keys() - set(SEVERAL):
        with pytest.raises(ValueError, match=r"drawn from .* several runs are drawn by") as caught:
            figure_named(name, runs[0], None)
        assert str(caught.value).endswith(f"{', '.join(SEVERAL)}.")


def test_runs_beside_each_other_have_one_scale(runs):
    figure = Figure(figsize=(9, 4), layout="constrained")
    figure_named("distance_histogram", runs[0], None).draw(figure.subplots())
    panels = [ax for ax in figure.axes if ax.patches]
    assert len(panels) == len(runs[0])
    assert len({ax.get_ylim() for ax in panels}) == 1
    tops = [max(p.get_data().values.max() for p in ax.patches) for ax in panels]
    assert panels[0].get_ylim()[1] >= max(tops)


def test_a_paper_gets_its_width_its_text_and_its_fonts(runs, cli, tmp_path):
    paper = ["plot", "precision_at_n", runs[0][0].path, runs[0][1].path, "--theme", "paper"]
    for kind, width in (("svg", "3.35in"), ("svg", "8.5cm"), ("pdf", "85mm")):
        file = tmp_path / f"figure.{kind}"
        assert cli(*paper, "--width", width, "-o", file)[0] == 0
        points = inches(width) * 72
        content = file.read_bytes()
        if kind == "pdf":
            (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ", content)
            assert float(box) == pytest.approx(points, abs=0.01)
            assert b"/Type3" not in content
            assert b"/CIDFontType2" in content
        else:
            page = content.decode()
            (box,) = re.findall(r'<svg [^>]*width="([\d.]+)pt"', page)
            assert float(box) == pytest.approx(points, abs=0.01)
            assert "Precision at N</text>" in page
            assert "font-size: 8px" in page or "font: 8px" in page


def test_sentences_leave_a_figure_for_the_caption(runs):
    several, dataset = runs
    found = figure_named("code_map", several[:1], dataset)
    file = several[0].path / "map.svg"
    assert draw(found, file) == []
    sentence = NOT_TO_READ[map_of(several[0]).method]
    assert sentence.split()[-1] in file.read_text()
    (said,) = draw(found, file, caption=False)
    assert sentence in said
    assert sentence.split()[-1] not in file.read_text()


def test_the_height_of_a_figure_lies_between_those_of_page_and_phone():
    made = plate("", (4.0, 3.0), function=lambda ax: ax)
    with plots.theme():
        assert size_of(made) == ((WIDE, 4.0), False)
        assert size_of(made, NARROW) == ((NARROW, 3.0), True)
        (width, height), narrow = size_of(made, (WIDE + NARROW) / 2)
        assert (width, height, narrow) == (pytest.approx((WIDE + NARROW) / 2), 3.5, False)
        assert size_of(made, 2 * WIDE)[0] == (2 * WIDE, 8.0)
    with plots.theme("paper"):
        assert size_of(made, NARROW * 8 / 11.5)[0] == pytest.approx(
            (NARROW * 8 / 11.5, 3.0 * 8 / 11.5)
        )


def test_plots_are_listed_with_what_they_are_drawn_from(cli):
    status, out, _ = cli("list", "plots", "--json")
    assert status == 0
    assert [row["name"] for row in json.loads(out.splitlines()[-1])] == list(FIGURES)
    assert "hash_centers" in cli("list", "plots")[1]


@pytest.mark.parametrize("kind", SIGNATURES)
def test_one_figure_becomes_a_file_of_the_kind_its_name_says(runs, cli, tmp_path, kind):
    file = tmp_path / f"centers.{kind}"
    status, out, _ = cli("plot", "hash-centers", runs[0][0].path, "-o", file, "--json")
    assert status == 0
    assert json.loads(out.splitlines()[-1])["name"] == "hash_centers"
    assert file.read_bytes().startswith(SIGNATURES[kind])


def test_a_dark_figure_differs_and_the_same_figure_does_not(runs, cli, tmp_path):
    files = [tmp_path / name for name in ("a.svg", "b.svg", "dark.svg")]
    for file in files:
        dark = ["--dark"] if file.stem == "dark" else []
        assert cli("plot", "bit_balance", runs[0][0].path, "-o", file, *dark)[0] == 0
    first, second, dark = (file.read_bytes() for file in files)
    assert first == second != dark


def test_several_runs_share_one_legend(runs):
    made, _ = runs
    ax = figure_named("precision_recall", made, None).draw(Figure(figsize=(6, 4)).subplots())
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    names = ["CSQ, 12 bits", "LSH, 12 bits", "CSQ, 16 bits"]
    scores = [f"mAP {run.scores['map']['expected']:.3f}" for run in made]
    assert labels == [f"{name}: {score}" for name, score in zip(names, scores, strict=True)]
    first, _, third = (line for line in ax.lines if line.get_label() in labels)
    assert first.get_color() == third.get_color()
    assert first.get_linestyle() != third.get_linestyle()
    bands = [patch for patch in ax.patches if patch.get_alpha() == 0.2]
    assert len(bands) == len(made)  # what the order of ties leaves open, for every run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "RUN", "-o", "x.png"], "Unknown figure 'nothing'"),
        (["hash_centers", "RUN", "RUN", "-o", "x.png"], "several runs are drawn by "),
        (["ablation", "RUN", "-o", "x.png"], "hashviz ablate --json"),
        (["hash_centers", "RUN", "-o", "x.gif"], "written as .png, .svg or .pdf"),
        (["merged_distances", "RUN", "-o", "x.png"], "no image has two labels"),
        (["majority_vote", "RUN", "-o", "x.png"], "no image has two labels"),
        (["hash_centers", "LSH", "-o", "x.png"], "it has no hash centers"),
        (["map_by_bits", "RUN", "LSH", "-o", "x.png"], "all codes have one length"),
        (["results_change", "RUN", "LSH", "RUN", "-o", "x.png"], "exactly two runs"),
        (["query_results", "RUN", "-o", "x.png"], "images are not here: The data set has changed"),
        (["attack", "RUN", "-o", "x.png"], "no network was saved, or torch is missing"),
        (["bit_flips", "LSH", "-o", "x.png"], "it was fitted without epochs"),
        (["learning_curves", "RUN", "LSH", "-o", "x.png"], "it was fitted without epochs"),
        (["hash_centers", "nowhere", "-o", "x.png"], "There is no run 'nowhere'"),
        (["ablation", "RESULT.json", "-o", "x.png"], "does not hold what"),
        (["ablation", "nowhere.json", "-o", "x.png"], "There is no file 'nowhere.json'"),
        (["ablation", "RESULT.json", "RUN", "-o", "x.png"], "from result files or from runs"),
        (["bit_balance", "RUN", "-o", "x.png", "--width", "3"], "a number with its unit"),
        (["bit_balance", "RUN", "-o", "x.png", "--width", "3m"], "a number with its unit"),
        (["bit_balance", "RUN", "-o", "x.png", "--width", "99in"], "between 1 and 40 inches"),
        (["bit_balance", "RUN", "-o", "x.png", "--theme", "papr"], "did you mean 'paper'?"),
    ],
)
def test_wrong_input_is_told_in_one_sentence(runs, cli, tmp_path, arguments, message):
    (tmp_path / "RESULT.json").write_text("{}")
    places = {"RUN": runs[0][0].path, "LSH": runs[0][1].path}
    places["RESULT.json"] = tmp_path / "RESULT.json"
    status, _, err = cli("plot", *(places.get(word, word) for word in arguments))
    assert status == 2
    assert message in err
    assert len(err.splitlines()) == 1


def ablation_result():
    """What `hashviz ablate --json` prints, for all combinations of two weights."""
    rng = np.random.default_rng(0)
    rows = []
    for options in ({}, {"a": 0.0}, {"b": 0.0}, {"a": 0.0, "b": 0.0}):
        values = (0.8 - 0.3 * ("a" in options) - 0.1 * ("b" in options)
                  + 0.01 * rng.normal(size=3)).tolist()  # fmt: skip
        rows.append({"name": f"no {' '.join(options)}", "options": options,
                     "map": {"values": values}})  # fmt: skip
    return {"method": "csq", "data": "digits", "chance": 0.1, "rows": rows}


def compare_result():
    rows = [
        {"name": name, "bits": bits, "maps": [0.5, 0.6], "seconds": 0.5}
        for name in ("csq", "lsh")
        for bits in (12, 24)
    ]
    return {"data": "digits", "chance": 0.1, "rows": rows}


@pytest.mark.parametrize(
    ("name", "result"),
    [
        *((name, ablation_result()) for name in ("ablation", "response_curve", "shapley")),
        *((name, compare_result()) for name in ("ranking", "map_by_bits", "time_to_quality")),
    ],
)
def test_results_of_compare_and_ablate_become_figures(cli, tmp_path, name, result):
    source, file = tmp_path / "result.json", tmp_path / "x.png"
    source.write_text("progress\n" + json.dumps(result) + "\n")
    assert cli("plot", name, source, "-o", file)[0] == 0
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("place", ["league/digits.json", "dfeh-digits.json"])
def test_results_of_this_project_are_read_as_they_stand(cli, tmp_path, place):
    name = "ablation" if "dfeh" in place else "time_to_quality"
    assert len((RESULTS / place).read_text().splitlines()) > 10
    assert figure_of_results(name, [RESULTS / place]).draw(Figure(figsize=(6, 6)).subplots()).lines


def test_a_result_of_another_kind_is_told_from_a_file_that_is_none(tmp_path):
    source = tmp_path / "result.json"
    wrong = {
        json.dumps(ablation_result()): "drawn from runs or `hashviz compare --json`; .* 'ablate'",
        '{"dfeh": 1, "dmsh": 2}': "it has no rows",
        '{"rows": [{"name": "csq"}]}': "a row lacks its name or its scores",
        '{"rows": []}': "it has no rows",
        '{"rows": [': "is not JSON",
        "": "is not JSON",
    }
    for text, message in wrong.items():
        source.write_text(text)
        with pytest.raises(ValueError, match=message):
            figure_of_results("ranking", [source])


def test_several_results_stand_beside_each_other_under_one_legend(tmp_path):
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file, data in zip(files, ("digits", "scenes"), strict=True):
        file.write_text(json.dumps({**compare_result(), "data": data}, indent=1))
    figure = Figure(figsize=(7, 3), layout="constrained")
    figure_of_results("map_by_bits", files).draw(figure.subplots())
    figure.draw_without_rendering()
    panels = figure.axes[1:]
    assert [ax.get_title(loc="left") for ax in panels] == ["digits", "scenes"]
    assert [ax.get_legend() for ax in panels] == [None, None]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][:2] == ["CSQ", "LSH"]
    sizes = [ax.get_position().size for ax in panels]
    np.testing.assert_allclose(*sizes)


def test_a_ranking_is_of_one_length_and_names_methods_by_their_titles(tmp_path):
    source = tmp_path / "result.json"
    source.write_text(json.dumps(compare_result()))
    ax = figure_of_results("ranking", [source]).draw(Figure().subplots())
    assert [t.get_text() for t in ax.get_yticklabels()] == ["CSQ", "LSH"]
    assert "24 bits" in ax.get_xlabel()
    ax = figure_of_results("map_by_bits", [source]).draw(Figure().subplots())
    assert {"CSQ", "LSH"} <= {t.get_text() for t in ax.get_legend().get_texts()}


def test_shapley_needs_every_combination(cli, tmp_path):
    result = ablation_result()
    result["rows"].pop()
    source = tmp_path / "result.json"
    source.write_text(json.dumps(result))
    status, _, err = cli("plot", "shapley", source, "-o", tmp_path / "x.png")
    assert status == 2
    assert "1 of 4 are missing" in err


def test_the_page_of_several_runs_names_them_and_shows_them_together(
    runs, cli, tmp_path, monkeypatch
):
    made, dataset = runs
    monkeypatch.setattr("hashviz.report.drawings.Drawings.file", lambda self: "")
    keep_figures(monkeypatch, {"ranking", "precision_at_n", "distance_histogram"})
    page = tmp_path / "page.html"
    status, out, _ = cli("report", *(run.path for run in made), "-o", page, "--json")
    assert status == 0
    assert len(json.loads(out.splitlines()[-1])["runs"]) == 3
    text = words(page.read_text())
    assert "3 runs on Handwritten digits" in text
    for name in ("CSQ, 12 bits", "LSH, 12 bits", "CSQ, 16 bits"):
        assert name in text
    for title in ("Who is ahead", "Precision and recall", "Distances, run by run"):
        assert f"<h2>{title}</h2>" in page.read_text()
    assert FIGURES["results_change"]["runs"].chapter == "What enters, what leaves"
    assert list(FIGURES["results_change"]["runs"].items(Subject(made, dataset)))


def test_runs_of_different_splits_are_not_called_comparable(runs, tmp_path):
    made, _ = runs
    other, _ = make_run(tmp_path, path="o/csq/12bits/seed1", extra={"split": "holdout, seed 1"})
    found = sections(Subject([made[0], other]))
    told = " ".join(sentence for section in found for sentence in section.look)
    assert "different protocols" in told


def test_a_run_beside_itself_and_equal_codes_draw(runs, tmp_path):
    made, dataset = runs
    equal, _ = make_run(tmp_path, path="o/itq/12bits/seed0", method="itq",
                        outputs=np.ones((40, 12)))  # fmt: skip
    for pair in ([made[0], made[0]], [made[0], equal], [equal, equal]):
        for section in sections(Subject(pair, dataset)):
            assert section.plates
