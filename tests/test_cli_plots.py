"""`hashviz report` of several runs, `hashviz plot` and `hashviz list plots`."""

import json

import numpy as np
import pytest

from hashviz import plots
from hashviz.__main__ import main
from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.report import render, sections
from hashviz.report.figures import (
    CHANGES,
    FIGURES,
    RESULT_FIGURES,
    figure_named,
    figure_of_result,
)
from hashviz.report.several import shared_sections
from hashviz.train import train
from tests.test_report import draw_all, make_run, words

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


def test_every_figure_of_a_report_can_be_plotted_and_every_name_is_a_function(runs):
    made, dataset = runs
    several = np.random.default_rng(1).random((40, 3)) < 0.6
    merged, _ = make_run(made[0].path.parents[3], path="made/csq/12bits/seed1", labels=several)
    found = set()
    for chapters in (
        sections(made[0], dataset),
        sections(merged, None),
        shared_sections(made, dataset),
    ):
        found |= {plate.name for section in chapters for plate in section.plates}
    elsewhere = {*RESULT_FIGURES, *CHANGES, *NETWORK, "merged_distances"}
    assert found | elsewhere == set(FIGURES)
    assert all(callable(getattr(plots, name)) for name in FIGURES)


def test_a_run_with_its_network_and_its_pictures_has_the_other_figures_too(tmp_path, cli):
    run = train(
        TrainConfig(method="dmsh", data="digits", bits=8, epochs=2, device="cpu", threads=1),
        runs=tmp_path / "runs",
    )
    found = {plate.name for section in sections(run, load_dataset("digits"))
             for plate in section.plates}  # fmt: skip
    assert found >= NETWORK | {"code_map", "bit_flips", "code_history", "bit_gallery"}
    for name in ("attack", "heat_on_both"):
        file = tmp_path / f"{name}.png"
        assert cli("plot", name, run.path, "-o", file)[0] == 0
        assert file.stat().st_size > 10_000


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
    from matplotlib.figure import Figure

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
        (["hash_centers", "RUN", "RUN", "-o", "x.png"], "drawn from one run"),
        (["ablation", "RUN", "-o", "x.png"], "hashviz ablate --json"),
        (["hash_centers", "RUN", "-o", "x.gif"], "written as .png, .svg or .pdf"),
        (["merged_distances", "RUN", "-o", "x.png"], "There is no 'merged_distances'"),
        (["hash_centers", "nowhere", "-o", "x.png"], "There is no run 'nowhere'"),
        (["ablation", "RESULT.json", "-o", "x.png"], "does not hold what"),
        (["ablation", "RESULT.json", "RUN", "-o", "x.png"], "from one result or from runs"),
    ],
)
def test_wrong_input_is_told_in_one_sentence(runs, cli, tmp_path, arguments, message):
    (tmp_path / "RESULT.json").write_text("{}")
    places = {"RUN": runs[0][0].path, "RESULT.json": tmp_path / "RESULT.json"}
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


def test_a_ranking_is_of_one_length_and_names_methods_by_their_titles(tmp_path):
    from matplotlib.figure import Figure

    source = tmp_path / "result.json"
    source.write_text(json.dumps(compare_result()))
    ax = figure_of_result("ranking", source).draw(Figure().subplots())
    assert [t.get_text() for t in ax.get_yticklabels()] == ["CSQ", "LSH"]
    assert "24 bits" in ax.get_xlabel()
    ax = figure_of_result("map_by_bits", source).draw(Figure().subplots())
    assert {"CSQ", "LSH"} <= {t.get_text() for t in ax.get_legend().get_texts()}


def test_shapley_needs_every_combination(cli, tmp_path):
    result = ablation_result()
    result["rows"].pop()
    source = tmp_path / "result.json"
    source.write_text(json.dumps(result))
    status, _, err = cli("plot", "shapley", source, "-o", tmp_path / "x.png")
    assert status == 2
    assert "1 of 4 are missing" in err


def test_the_page_of_several_runs_names_them_and_shows_them_together(runs, cli, tmp_path):
    made, dataset = runs
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
    assert "What enters, what leaves" in words(render(made, dataset=dataset))


def test_runs_of_different_splits_are_not_called_comparable(runs, tmp_path):
    made, _ = runs
    other, _ = make_run(tmp_path, path="o/csq/12bits/seed1", extra={"split": "holdout, seed 1"})
    told = " ".join(s for section in shared_sections([made[0], other], None) for s in section.look)
    assert "different protocols" in told


def test_a_run_beside_itself_and_equal_codes_draw(runs, tmp_path):
    made, dataset = runs
    equal, _ = make_run(tmp_path, path="o/itq/12bits/seed0", method="itq",
                        outputs=np.ones((40, 12)))  # fmt: skip
    for pair in ([made[0], made[0]], [made[0], equal], [equal, equal]):
        for section in shared_sections(pair, dataset):
            assert section.plates
    told = draw_all(equal, dataset)
    assert "The codes" in told
